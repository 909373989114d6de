# SPDX-License-Identifier: GPL-2.0-or-later
"""Values that travel between the layers: frozen, slotted, made of tuples."""
