# SPDX-License-Identifier: GPL-2.0-or-later
"""The query language of `list`: words to tokens, tokens to a tree, the tree to one condition on the table of series."""
