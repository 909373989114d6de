# SPDX-License-Identifier: GPL-2.0-or-later
"""Triage of mailed patch series under a project's AI-contribution policy."""

__version__ = "0.1.0"
