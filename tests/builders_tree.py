# SPDX-License-Identifier: GPL-2.0-or-later
"""Small git trees, and the mails that git itself makes of their commits; nothing of the user's set-up is used."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

from builders_archive import ENV

ANN = "Ann Onym <ann@example.org>"
BEN = "Ben Bow <ben@example.com>"
LIST_HEADERS = "To: list@example.com\nList-Id: <linux-foo.vger.kernel.org>\n"
BASE = "".join(f"line {n}\n" for n in range(1, 31))


class Project:
    """A repository with a work tree; `commit` writes files and commits them on the branch that is checked out."""

    def __init__(self, place: Path, object_format: str = "sha1") -> None:
        self.path = place
        place.mkdir(parents=True)
        self.when = 1_767_261_600  # 2026-01-01
        self.run("init", "-q", "-b", "master", f"--object-format={object_format}")
        self.commit("base", {"foo.c": BASE, "bar.c": BASE})

    def run(self, *arguments: str, data: bytes = b"", author: str = ANN, config: tuple[str, ...] = ()) -> str:
        """Run git there and return its output, stripped."""
        name, _, email = author.rstrip(">").partition(" <")
        environment = {
            **ENV,
            "GIT_AUTHOR_NAME": name,
            "GIT_AUTHOR_EMAIL": email,
            "GIT_AUTHOR_DATE": f"{self.when} +0000",
            "GIT_COMMITTER_DATE": f"{self.when} +0000",
        }
        command = ["git", "-C", str(self.path), *config, *arguments]
        done = subprocess.run(command, input=data, check=True, env=environment, stdout=subprocess.PIPE)
        return done.stdout.decode().strip()

    def commit(self, message: str, files: Mapping[str, str | None], author: str = ANN) -> str:
        """Commit *files* (None: deleted) an hour after the commit before; return the commit's id."""
        self.when += 3600
        for name, text in files.items():
            path = self.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            if text is not None:
                path.write_text(text)
        self.run("add", "-A")
        self.run("commit", "-q", "--allow-empty", "-m", message, author=author)
        return self.run("rev-parse", "HEAD")

    def mail(self, commit: str, mid: str, *, prefix: str = "PATCH", reply_to: str = "", date: str = "") -> bytes:
        """Return a commit as the mail that `git format-patch` makes of it, posted to a list with an id of its own."""
        text = self.run("format-patch", "--stdout", "-1", f"--subject-prefix={prefix}", "--no-signature", commit)
        head, _, body = text.partition("\n\n")
        lines = [line for line in head.split("\n")[1:] if not (date and line.startswith("Date:"))]
        answered = f"In-Reply-To: <{reply_to}>\nReferences: <{reply_to}>\n" if reply_to else ""
        dated = f"Date: {date}\n" if date else ""
        shown = "\n".join(lines)
        return f"{shown}\nMessage-ID: <{mid}>\n{dated}{answered}{LIST_HEADERS}\n{body}\n".encode()


def changed(number: int, text: str = "changed", base: str = BASE) -> str:
    """Return the text of a file with line *number* replaced."""
    return base.replace(f"line {number}\n", f"{text} {number}\n")
