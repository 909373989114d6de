# SPDX-License-Identifier: GPL-2.0-or-later
"""
Mails that are made to stop, slow or mislead a parser, each as a function of its size; all are invented.

`SHAPES` are single mails, `CROWDS` many mails that only hurt together. The size counts what the shape repeats.
"""

from base64 import b64encode
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from hashlib import sha1
from itertools import cycle, islice

from patchwatch.assemble.series import assemble
from patchwatch.judging import chooser, judge_all
from patchwatch.model.mail import Message, RawMessage
from patchwatch.model.series import Series
from patchwatch.model.verdict import Verdict
from patchwatch.parse.mail import read_message
from patchwatch.policy.loader import Policies, load_policies

Shape = Callable[[int], bytes]
Crowd = Callable[[int], list[bytes]]

_FILE = "diff --git a/x.c b/x.c\nindex 1111111..2222222 100644\n--- a/x.c\n+++ b/x.c\n"


def mail(body: str | bytes = "Text.\n", headers: str = "", subject: str = "[PATCH] x: y", mid: str = "1") -> bytes:
    """Return a mail of one invented person; *headers* are further lines, each with its LF."""
    text = body.encode("utf-8", "surrogateescape") if isinstance(body, str) else body
    top = f"From: Jo <jo@example.org>\nSubject: {subject}\nDate: Thu, 01 Jan 2026 10:00:00 +0000\n"
    return (top + f"Message-ID: <{mid}@example.org>\n{headers}\n").encode() + text


def raw(data: bytes) -> RawMessage:
    """Return bytes as a source would give them."""
    return RawMessage(blob=sha1(data, usedforsecurity=False).hexdigest(), data=data, origin="test")


def field(name: str, unit: str, times: int, join: str = "\n ") -> str:
    """Return a folded header field of *times* units."""
    return f"{name}: " + join.join([unit] * times) + "\n"


def numbered(form: str, times: int) -> str:
    """Return *times* lines of *form*, `#` replaced by their number."""
    head, _, tail = form.partition("#")
    return "".join([f"{head}{n}{tail}\n" for n in range(times)]) if "#" in form else f"{form}\n" * times


def signed(text: str) -> str:
    """Return *text* as a commit log with a small diff below."""
    return f"{text}\n---\n{_FILE}@@ -1 +1 @@\n-a\n+b\n-- \n2.39\n"


def diff(text: str) -> str:
    """Return *text* below a signed-off log."""
    return f"Log.\n\nSigned-off-by: Jo <jo@example.org>\n---\n{text}-- \n2.39\n"


def multipart(inner: str, boundary: str = "b") -> bytes:
    """Return a multipart mail; *inner* begins with the first boundary."""
    return mail(inner, f'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="{boundary}"\n')


def nested(depth: int) -> bytes:
    """Return multiparts inside one another."""
    head = "".join([f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(depth)])
    return mail("", "MIME-Version: 1.0\n" + head + "\nText.\n")


def encoded(body: bytes, encoding: str, ctype: str = "text/plain; charset=utf-8") -> bytes:
    """Return a mail whose body carries a transfer encoding."""
    return mail(body, f"Content-Type: {ctype}\nContent-Transfer-Encoding: {encoding}\n")


def lines_of(unit: str, size: int) -> str:
    """Return *unit* over and over, *size* characters in all."""
    return unit * (size // len(unit))


_HEADERS: dict[str, Shape] = {
    "references": lambda n: mail(headers=field("References", "<a.long.id.of.a.mail@example.org>", n)),
    "references that differ": lambda n: mail(headers="References:\n" + numbered(" <#@example.org>", n)),
    "references without end": lambda n: mail(headers=field("References", "<a", n, "")),
    "message ids in one field": lambda n: mail(headers=field("Message-ID", "<i@x>", n)),
    "message id fields": lambda n: mail(headers=numbered("Message-ID: <#@example.org>", n)),
    "opening brackets in the subject": lambda n: mail(subject="[" * n),
    "nested brackets": lambda n: mail(subject="[" * n + "]" * n),
    "bracket groups": lambda n: mail(subject="[PATCH]" * n),
    "brackets over folds": lambda n: mail(subject="[\n " * n),
    "counters": lambda n: mail(subject="[PATCH " + "1/2 " * n + "]"),
    "reply marks": lambda n: mail(subject="Re: " * n),
    "q words": lambda n: mail(subject="\n ".join(["=?utf-8?q?Jos=C3=A9?="] * n)),
    "b words": lambda n: mail(subject="\n ".join(["=?utf-8?b?Sm9zw6k=?="] * n)),
    "broken words": lambda n: mail(subject=" ".join(["=?x?b?!!?=", "=?utf-8?q?", "=?utf-8?b?A?=", "=?"] * (n // 4))),
    "word starts": lambda n: mail(subject="=?a?q?" * n),
    "unfinished words": lambda n: mail(subject="=?utf-8?q?" + "a" * n),
    "words in addresses": lambda n: mail(headers=field("To", "=?utf-8?q?J=C3=B3?= <a@example.org>", n, ",\n ")),
    "huge subject": lambda n: mail(subject="x" * n),
    "huge unknown field": lambda n: mail(headers=field("X-Filler", "x" * 70, n // 72)),
    "fields": lambda n: mail(headers=numbered("X-#: y", n)),
    "lines that are no field": lambda n: mail(headers="no field\n" * n),
    "fields with a blank": lambda n: mail(headers="Subject : x\n" * n),
    "colons": lambda n: mail(headers=":\n" * n),
    "a block of folds": lambda n: mail(headers="X:\n" + " \n" * n),
    "carriage returns": lambda n: mail(headers="X: y\r" * n),
    "addresses": lambda n: mail(headers=field("To", "Jo <jo@example.org>", n, ",\n ")),
    "addresses with a quote": lambda n: mail(headers='To: "' + ",".join(["a@example.org"] * n) + "\n"),
    "quotes": lambda n: mail(headers="To: " + '"",' * n + "\n"),
    "comments": lambda n: mail(headers="To: " + "(" * n + "a@example.org" + ")" * n + "\n"),
    "comments without end": lambda n: mail(headers="Cc: " + "a@b(" * n + "\n"),
    "groups": lambda n: mail(headers="To: " + ":;," * n + "\n"),
    "groups without end": lambda n: mail(headers="To: " + "a:" * n + "\n"),
    "angles": lambda n: mail(headers="To: (" + "<" * n + "\nCc: " + "<>" * n + "\n"),
    "backslashes": lambda n: mail(headers='To: "' + "\\" * n + "\n"),
    "content type parameters": lambda n: mail(headers="Content-Type: text/plain" + ";\n a=b" * n + "\n"),
    "content type quotes": lambda n: mail(headers='Content-Type: text/plain; a="' + '\\"' * n + "\n"),
    "continued parameters": lambda n: mail(
        headers="Content-Type: text/plain;\n" + numbered(" charset*#*=utf-8''%41;", n)
    ),
    "percents": lambda n: mail(headers="Content-Type: text/plain; name*=x''" + "%4" * n + "\n"),
    "a date of digits": lambda n: mail(headers="").replace(b"Thu, 01", b"1" * n),
    "a date of blanks": lambda n: mail(headers="").replace(b"Thu, 01", b" " * n + b"Thu,"),
    "received": lambda n: mail(headers=field("Received", "x;", n)),
    "list id": lambda n: mail(headers="List-Id: " + "<a" * n + "\n"),
    "no body": lambda n: mail()[:60] + b"x" * n,
}
_PARTS: dict[str, Shape] = {
    "nested multiparts": nested,
    "sibling parts": lambda n: multipart("--b\n\nText.\n" * n),
    "boundaries": lambda n: multipart("--b\n" * n),
    "boundary lookalikes": lambda n: multipart("--b\n\n" + "--bX\n" * n),
    "boundary lookalikes in a line": lambda n: multipart("--b\n\n" + "--b" * n),
    "boundaries with blanks": lambda n: multipart("--b" + " " * 2000 + "\n--bx" * n),
    "periodic boundary": lambda n: multipart("-" * n, "-" * 1000),
    "parts of junk headers": lambda n: multipart("--b\n" + ("a\n" * 1000 + "--b\n") * n),
    "parts of encodings": lambda n: multipart(numbered("--b\nContent-Transfer-Encoding: #\n\nx", n)),
    "nested with a full text": lambda n: nested(20) + b"x\n" * n,
    "forwarded mails": lambda n: multipart("--b\nContent-Type: message/rfc822\n\nFrom: a\n\n\ndiff --git a b\n" * n),
    "html": lambda n: mail("<" * n, "Content-Type: text/html\n"),
    "html tags": lambda n: mail("<p>" * n, "Content-Type: text/html\n"),
    "base64": lambda n: encoded(b64encode(b"word\n" * (n // 7)), "base64"),
    "base64 in lines": lambda n: encoded(b"QUFBQUFBQUFBQUFBQUFBQUFBQUE=\n" * (n // 29), "base64"),
    "broken base64": lambda n: encoded(b"A" * n + b"!=A", "base64"),
    "quoted-printable": lambda n: encoded(b"=41" * (n // 3), "quoted-printable"),
    "soft breaks": lambda n: encoded(b"=\n" * (n // 2), "quoted-printable"),
    "lone equals signs": lambda n: encoded(b"=" * n, "quoted-printable"),
    "blanks before a break": lambda n: encoded(b" " * n + b"\n", "quoted-printable"),
    "unknown encoding": lambda n: encoded(b"begin 644 x\n" * (n // 12), "x-uuencode"),
    "wrong charset": lambda n: encoded(b"\xff\xfe\n" * (n // 3), "8bit", "text/plain; charset=utf-8"),
    "shift state charset": lambda n: encoded(b"\x1b$B" * (n // 3), "7bit", "text/plain; charset=iso-2022-jp"),
    "utf-16": lambda n: encoded(b"\xd8\x00" * (n // 2), "8bit", "text/plain; charset=utf-16"),
}
_LOGS: dict[str, Shape] = {
    "known trailers": lambda n: mail(signed("Log.\n\n" + numbered("Acked-by: Jo # <jo@example.org>", n))),
    "unknown trailers": lambda n: mail(signed("Log.\n\n" + "Word: text\n" * n)),
    "trailers apart": lambda n: mail(signed("Log.\n\n" + "Acked-by: Jo <jo@example.org>\n\n" * n)),
    "unknown trailers apart": lambda n: mail(signed("Log.\n\n" + "Word: text\nplain\n" * n)),
    "folded trailers": lambda n: mail(signed("Log.\n\n" + "Acked-by: Jo\n <jo@example.org>\n" * n)),
    "one folded trailer": lambda n: mail(signed("Log.\n\nAcked-by: Jo\n" + " x\n" * n)),
    "agent trailers": lambda n: mail(signed("Log.\n\n" + numbered("Assisted-by: Claude:claude-#", n))),
    "agent trailers of many words": lambda n: mail(signed("\n" + ("Assisted-by: Claude:" + "(a) [" * 90 + "\n") * n)),
    "agent trailers below the cut": lambda n: mail(signed("\n---\n" + numbered("Assisted-by: Claude:claude-#", n))),
    "trailers in a reply": lambda n: mail(numbered("Acked-by: Jo # <jo@example.org>", n), subject="Re: x"),
    "trailers with a gap": lambda n: mail(signed("Acked-by: Jo\n" + " x\n" * n + "\nAcked-by: Jo\n"), subject="Re: x"),
    "bracket notes": lambda n: mail(signed("Log.\n\n" + "Word: x\n[jo: y]\n" * n)),
    "comment paragraphs": lambda n: mail(signed("Log.\n\n" + "# x\n\n" * n)),
    "quoted lines": lambda n: mail("> > quoted AI text\n" * n, subject="Re: [PATCH] x: y"),
    "prose with AI": lambda n: mail(signed("The AI engine of this GPU. It uses AI; AI is on.\n" * n)),
    "prose with Claude": lambda n: mail(signed("Claude and Cursor said, Codex and Claude did. Claude!\n" * n)),
    "prose that discloses": lambda n: mail(signed("This was written with the help of Claude Code.\n" * n)),
    "prose in a reply": lambda n: mail("Was this written by AI? Claude may be used.\n" * n, subject="Re: x"),
    "session links": lambda n: mail(signed("https://claude.ai/code/session_1\n" * n)),
    "a long line": lambda n: mail(signed("x" * n)),
    "a long line of words": lambda n: mail(signed(lines_of("using Claude Code. AI; ", n))),
    "a long line of colons": lambda n: mail(signed("Log.\n\n" + lines_of("a: ", n))),
    "a long trailer": lambda n: mail(signed("Log.\n\nAssisted-by: " + lines_of("Claude:", n))),
    "many long lines": lambda n: mail(signed(("Claude AI. " * 180 + "\n") * (n // 2000))),
    "in-body fields": lambda n: mail(signed("From: Jo <jo@example.org>\n" + " x\n" * n)),
    "in-body names": lambda n: mail(signed(numbered("From: Jo # <jo@example.org>", n))),
    "cut lines": lambda n: mail("---\n" * n + "--- a\n" * n),
    "footers": lambda n: mail("_" * 60 + "\n" + "_" * n),
    "signatures": lambda n: mail("-- \n" * n),
    "change ids": lambda n: mail(signed("change-id: x\n" * n)),
    "empty lines": lambda n: mail("\n" * n),
    "short lines": lambda n: mail(lines_of("ab\n", n)),
    "short lines in a diff": lambda n: mail(diff(_FILE + f"@@ -0,0 +1,{n // 3} @@\n" + lines_of("+b\n", n))),
    "short trailers": lambda n: mail(signed(lines_of("a:b\n", n))),
    "NUL": lambda n: mail(b"\0" * n),
    "control characters": lambda n: mail(signed(lines_of("\x01\x1b[31m\x7f\u202e\r\n", n))),
    "bare carriage returns": lambda n: mail("\r" * n),
    "8-bit text": lambda n: mail(b"\xe4\n" * (n // 2)),
}
_TEST = _FILE.replace("x.c", "tests/test_x.py")
_DIFFS: dict[str, Shape] = {
    "hunks": lambda n: mail(diff(_FILE + "@@ -1 +1 @@\n-a\n+b\n" * n)),
    "hunks of a test": lambda n: mail(diff(_TEST + "@@ -1 +1 @@\n-def test_a():\n+@pytest.mark.skip\n" * n)),
    "new tests": lambda n: mail(diff(_TEST + f"@@ -0,0 +1,{n} @@\n" + "+def test_a():\n" * n)),
    "a new test without end": lambda n: mail(
        diff(_TEST + f"@@ -0,0 +1,{n + 1} @@\n+def test_a():\n" + '+  f("\'a"b\n' * n)
    ),
    "headings": lambda n: mail(signed("# x\n" * n), subject="[PATCH 0/1] x: y"),
    "underlines": lambda n: mail(signed("x\n===\n" * n)),
    "tools": lambda n: mail(signed("sed -i and awk, " * n)),
    "hunks of a language": lambda n: mail(diff(_FILE + '@@ -1 +1 @@\n-/* a\n+"/*" b */\n' * n)),
    "comment openers": lambda n: mail(diff(_FILE + "@@ -1 +1 @@\n-a\n+" + '"/*' * n + "\n")),
    "comment openers, open": lambda n: mail(diff(_FILE + "@@ -1 +1 @@\n-a\n+" + "/**/" * n + "\n")),
    "a hunk that promises much": lambda n: mail(diff(_FILE + "@@ -1,1000000000 +1,1000000000 @@\n" + " a\n" * n)),
    "a hunk that promises more": lambda n: mail(diff(_FILE + f"@@ -1,{9 * n} +1,{9 * n} @@\n" + "-a\n+b\n" * n)),
    "hunks that promise much": lambda n: mail(diff(_FILE + "@@ -1,99999 +1,99999 @@\n-a\n+b\n" * n)),
    "hunks without a file": lambda n: mail(diff("@@ -1,99999 +1,99999 @@\n-a\n+b\n" * n)),
    "hunks after a torn one": lambda n: mail(diff(_FILE + "@@ -1,3 +1,3 @@\nx\ny\n" * n)),
    "a hunk header of digits": lambda n: mail(diff(_FILE + "@@ -" + "1" * n + " +1 @@\n")),
    "hunk headers of digits": lambda n: mail(diff(_FILE + ("@@ -" + "1" * 90 + ",1" * 90 + "\n-a\n") * n)),
    "files": lambda n: mail(
        diff("".join([_FILE.replace("x.c", f"d/{k}.c") + "@@ -1 +1 @@\n-a\n+b\n" for k in range(n)]))
    ),
    "files without git": lambda n: mail(diff("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n" * n)),
    "mode changes": lambda n: mail(diff(numbered("diff --git a/# b/x\nold mode 1\nnew mode 2", n))),
    "files with long names": lambda n: mail(
        diff("".join([_FILE.replace("x.c", f"{'test_/' * 100}{k}.c") + "@@ -1 +1 @@\n-a\n+b\n" for k in range(n)]))
    ),
    "a file with a long name": lambda n: mail(diff(_FILE.replace("x.c", "test/" * (n // 5)) + "@@ -1 +1 @@\n-a\n+b\n")),
    "a quoted name": lambda n: mail(
        diff(_FILE.replace("a/x.c", '"a/' + "\\303\\\\" * n + '"') + "@@ -1 +1 @@\n-a\n+b\n")
    ),
    "diff lines": lambda n: mail(diff("diff --git a/x b/x\n" * n)),
    "diff words": lambda n: mail(diff("diff \n" * n)),
    "diff words and text": lambda n: mail(diff("diff is here\nand\n there\n" * n)),
    "old names": lambda n: mail(diff("--- a/x\n" * n)),
    "old and new names": lambda n: mail(diff("--- a/x\n+++ b/x\n" * n)),
    "header lines": lambda n: mail(diff("diff --git a/x b/x\n" + "index 1..2\n" * n)),
    "binary patches": lambda n: mail(diff("diff --git a/x b/x\nindex 1..2\nGIT binary patch\nliteral 1\nIcmZ\n\n" * n)),
    "a binary patch": lambda n: mail(
        diff("diff --git a/x b/x\nindex 1..2\nGIT binary patch\nliteral 1\n" + "zabcde\n" * n)
    ),
    "binary lines": lambda n: mail(diff("diff -r x\nBinary files a and b differ\n" * n)),
    "combined diffs": lambda n: mail(diff("diff --cc x\nindex 1,2..3\n@@@ -1 -1 +1 @@@\n--a\n++b\n" * n)),
    "stray hunks and files": lambda n: mail(diff(("@@ -1 +1 @@\nx\n" + _FILE) * n)),
    "flowed diff": lambda n: mail(
        "Log.\n---\n" + _FILE.replace("\n", "\n ") + "@@ -1,2 +1,2 @@\n -a\n +b\n  c\n" * n,
        "Content-Type: text/plain; format=flowed; delsp=yes\n",
    ),
    "wrapped diff": lambda n: mail(diff(_FILE + "@@ -1,3 +1,3 @@\n-a long\nline\n+b long\nline\n" * n)),
    "context lines that are empty": lambda n: mail(diff(_FILE + f"@@ -1,{n} +1,{n + 1} @@\n" + "\n" * n + "+b\n")),
    "no newline marks": lambda n: mail(
        diff(_FILE + f"@@ -1,{n} +1,{n} @@\n" + "-a\n\\ No newline at end of file\n" * n)
    ),
    "a base64 diff": lambda n: encoded(b64encode(diff(_FILE + "@@ -1 +1 @@\n-a\n+b\n" * n).encode()), "base64"),
}
SHAPES: dict[str, Shape] = {**_HEADERS, **_PARTS, **_LOGS, **_DIFFS}


def _patch(number: int, of: int, mid: str, answers: str = "", title: str = "x: y") -> bytes:
    claims = f"In-Reply-To: <{answers}@example.org>\nReferences: <{answers}@example.org>\n" if answers else ""
    body = diff(f"{_FILE}@@ -1 +1 @@\n-a\n+b{mid}\n")
    return mail(body, claims, f"[PATCH {number}/{of}] {title}", mid)


def _reply(mid: str, answers: str, body: str = "Text.\n") -> bytes:
    claims = f"In-Reply-To: <{answers}@example.org>\nReferences: <{answers}@example.org>\n"
    return mail(body + mid, claims, "Re: [PATCH 1/1] x: y", mid)


def _cycles(count: int, length: int) -> list[bytes]:
    """Return *count* mails in loops of *length*."""
    loops = [list(range(at, min(at + length, count))) for at in range(0, count, length)]
    return [_reply(f"{n}", f"{loop[index - 1]}") for loop in loops for index, n in enumerate(loop)]


CROWDS: dict[str, Crowd] = {
    "replies in one line": lambda n: [_patch(1, 1, "0"), *(_reply(f"{k}", f"{k - 1}") for k in range(1, n))],
    "replies in one line, unanchored": lambda n: [_reply(f"{k}", f"{k - 1}") for k in range(1, n)],
    "replies to one patch": lambda n: [_patch(1, 1, "0"), *(_reply(f"{k}", "0") for k in range(1, n))],
    "patches in one line": lambda n: [_patch(k, n, f"{k}", f"{k - 1}" if k > 1 else "") for k in range(1, n + 1)],
    "patches in one line, no total": lambda n: [
        mail(
            diff(f"{_FILE}@@ -1 +1 @@\n-a\n+{k}\n"), f"In-Reply-To: <{k - 1}@example.org>\n", f"[PATCH v{k}] x", f"{k}"
        )
        for k in range(n)
    ],
    "one Message-ID": lambda n: [_reply("1", "0", f"{k} ") for k in range(n)],
    "patches with one Message-ID": lambda n: [
        mail(diff(f"{_FILE}@@ -1 +1 @@\n-a\n+{k}\n"), subject="[PATCH 1/2] x") for k in range(n)
    ],
    "patches for one slot": lambda n: [_patch(1, 2, f"{k}", "cover") for k in range(n)],
    "patches for one slot of a cover": lambda n: [
        mail("Text.\n", subject="[PATCH 0/2] x", mid="cover"),
        *(_patch(1, 2, f"{k}", "cover") for k in range(n)),
    ],
    "patches of one time": lambda n: [_patch(k % 9 + 1, 9, f"{k}") for k in range(n)],
    "covers of one time": lambda n: [mail(f"{k}\n", subject="[PATCH 0/9] x", mid=f"{k}") for k in range(n)],
    "revisions of one title": lambda n: [
        mail(diff(f"{_FILE}@@ -1 +1 @@\n-a\n+{k}\n"), subject=f"[PATCH v{k % 999}] x", mid=f"{k}") for k in range(n)
    ],
    "postings of one title": lambda n: [
        mail(diff(f"{_FILE}@@ -1 +1 @@\n-a\n+{k}\n"), subject="[PATCH] x", mid=f"{k}") for k in range(n)
    ],
    "postings of one change-id": lambda n: [
        mail(f"Text.\n---\nchange-id: x\n{_FILE}@@ -1 +1 @@\n-a\n+{k}\n", subject=f"[PATCH v{k}] x{k}", mid=f"{k}")
        for k in range(n)
    ],
    "one loop": lambda n: _cycles(n, n),
    "loops of two": lambda n: _cycles(n, 2),
    "mails that answer themselves": lambda n: [_reply(f"{k}", f"{k}") for k in range(n)],
    "tied by references": lambda n: [
        mail("x", "References: " + " ".join(f"<{j}@example.org>" for j in range(k, k + 9)) + "\n", f"Re: {k}", f"m{k}")
        for k in range(n)
    ],
    "tied in reverse": lambda n: [_reply(f"{k}", f"{k + 1}") for k in islice(cycle(range(n)), n)],
    "empty mails": lambda n: [b"%d" % k for k in range(n)],
    "huge totals": lambda n: [
        mail(diff(f"{_FILE}@@ -1 +1 @@\n-a\n+{k}\n"), subject=f"[PATCH 1/9999] {k}", mid=f"{k}") for k in range(n)
    ],
}


Judged = list[tuple[Series, Verdict]]


def judged_mails(raws: Iterable[RawMessage]) -> tuple[list[Message], Judged]:
    """Read, assemble and judge mails as `patchwatch check` does, under a policy of many rules and one of scenarios."""
    found = {raw.blob: read_message(raw) for raw in raws}
    messages = list(found.values())
    return messages, judged(messages)


def judged(messages: Sequence[Message]) -> Judged:
    """Assemble and judge under both policies; return the verdicts of the first."""
    series = assemble(messages)
    first, _ = (judge_all(series, chooser(policies(), spec), known=False) for spec in ("linux@7.3", "qemu@2026-05-v2"))
    return first


@cache
def policies() -> Policies:
    """Return the shipped policies, read once."""
    return load_policies()
