# SPDX-License-Identifier: GPL-2.0-or-later
"""The words that options of `check` take."""

FORMATS = ("text", "json", "jsonl", "b4", "checkpatch", "sarif", "junit", "github", "html")
FAIL_ON = ("ask", "decline", "never")
