# SPDX-License-Identifier: GPL-2.0-or-later
"""Mails that end in each outcome, and what `check` writes about them in any format."""

import json
from typing import Any

from builders_cli import UNSIGNED, Result, list_mail, patch_body, run
from builders_mail import DIFF, mail_bytes

QEMU = "List-Id: <qemu-devel.nongnu.org>\n"
DAY = "Thu, 01 Oct 2026 10:00:00 +0000"
GENERATED = "New.\n\nGenerated-by: ChatGPT\nSigned-off-by: Jo Doe <jo@example.org>\n"
MAILS = {
    "ready": list_mail("ready@example.org"),
    "ask": list_mail("ask@example.org", body=patch_body(UNSIGNED)),
    "undetermined": list_mail("cut@example.org", body=patch_body()[: -len("int d;\n-- \n2.39\n") - 2]),
    "decline": mail_bytes(
        "[PATCH] hw/foo: new model", patch_body(GENERATED), mid="decline@example.org", headers=QEMU, date=DAY
    ),
    "prototype": mail_bytes(
        "[RFC PATCH] hw/foo: try", patch_body(UNSIGNED), mid="rfc@example.org", headers=QEMU, date=DAY
    ),
}
POLICY = {"prototype": "qemu@2026-05-v2", "decline": "qemu@2025-06"}
FORMATS = ("text", "json", "jsonl", "b4", "checkpatch", "sarif", "junit", "github", "html")

SKIPPED_TEST = """\
diff --git a/tests/test_foo.py b/tests/test_foo.py
index 1111111..2222222 100644
--- a/tests/test_foo.py
+++ b/tests/test_foo.py
@@ -7,3 +7,4 @@
 import pytest
-old = 1
+new = 1
+@pytest.mark.skip
 def test_it():
"""
__all__ = ["DIFF", "FORMATS", "MAILS", "POLICY", "SKIPPED_TEST", "check", "checked_json", "mbox"]


def mbox(*mails: bytes) -> bytes:
    """Return an mbox of *mails*."""
    return b"".join(b"From mboxrd@z Thu Jan  1 00:00:00 1970\n" + mail + b"\n" for mail in mails)


def check(outcome: str, kind: str, *options: str) -> Result:
    """Judge the mail that ends in *outcome*."""
    policy = ("--policy", POLICY[outcome]) if outcome in POLICY else ()
    return run("check", "-", *policy, "--format", kind, *options, stdin=MAILS[outcome])


def checked_json(outcome: str, kind: str, *options: str) -> Any:  # Any: the document is what is tested
    """Return the JSON of such a run."""
    return json.loads(check(outcome, kind, *options).out)
