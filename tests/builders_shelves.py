# SPDX-License-Identifier: GPL-2.0-or-later
"""Each kind of sink from the user's side: what lies there, and what a mail client does to it."""

import os
import re
import subprocess
from abc import ABC, abstractmethod
from pathlib import Path

from builders_imap import Dovecot
from patchwatch.sinks.mbox import mbox_mail, plain_mail, split_mbox


class Shelf(ABC):
    """One empty place for drafts; *to* names it for `--to`, *config* is what the configuration must say of it."""

    to: str
    config = ""

    @abstractmethod
    def mails(self) -> list[bytes]:
        """Return all mails that are not marked as deleted, LF line ends."""

    @abstractmethod
    def put(self, data: bytes) -> None:
        """Store a mail as a client of the user does."""

    @abstractmethod
    def clear(self) -> None:
        """Delete all mails as a client of the user does."""

    def edit(self, old: bytes, new: bytes) -> None:
        """Change the words of the only mail, as a client does: the changed mail is another one."""
        (data,) = self.mails()
        assert old in data
        self.clear()
        self.put(data.replace(old, new))


class MaildirShelf(Shelf):
    """A Maildir."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "Drafts"
        self.to = f"maildir:{self.path}"
        self._count = 0

    def mails(self) -> list[bytes]:
        found = [path for name in ("cur", "new") for path in sorted((self.path / name).glob("*"))]
        return [path.read_bytes() for path in found if "T" not in path.name.rpartition(":2,")[2]]

    def put(self, data: bytes) -> None:
        self._count += 1
        for name in ("cur", "new", "tmp"):
            (self.path / name).mkdir(parents=True, exist_ok=True)
        (self.path / "new" / f"{self._count}.client").write_bytes(data)

    def clear(self) -> None:
        for name in ("cur", "new"):
            for path in (self.path / name).glob("*"):
                path.unlink()


class MboxShelf(Shelf):
    """An mbox file."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "drafts.mbox"
        self.to = f"mbox:{self.path}"

    def mails(self) -> list[bytes]:
        return [plain_mail(mail) for mail in split_mbox(self.path.read_bytes() if self.path.exists() else b"")]

    def put(self, data: bytes) -> None:
        with self.path.open("ab") as stream:
            stream.write(mbox_mail(data))

    def clear(self) -> None:
        self.path.write_bytes(b"")


class EmlShelf(Shelf):
    """A single file."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "draft.eml"
        self.to = f"eml:{self.path}"

    def mails(self) -> list[bytes]:
        return [self.path.read_bytes()] if self.path.exists() else []

    def put(self, data: bytes) -> None:
        self.path.write_bytes(data)

    def clear(self) -> None:
        self.path.unlink()


class ImapShelf(Shelf):
    """The drafts folder of a server."""

    def __init__(self, server: Dovecot, folder: str = "Drafts") -> None:
        self.server, self.folder = server, folder
        self.to = "imap:test"
        self.config = (
            f'[imap.test]\nhost = "127.0.0.1"\nport = {server.port}\nuser = "alice"\ntls = false\n'
            'password_command = "printf secret"\n'
        )
        self.clear()

    def mails(self) -> list[bytes]:
        with self.server.open() as imap:
            if not imap.open(self.folder).exists:
                return []
            kept = [uid for uid, (_, flags) in imap.threading().items() if "\\deleted" not in flags]
            return [data for uid in kept if (data := imap.read(uid)) is not None]

    def put(self, data: bytes) -> None:
        with self.server.open() as imap:
            imap.append(self.folder, data, r"(\Seen)")

    def clear(self) -> None:
        with self.server.open() as imap:
            if imap.open(self.folder, write=True).exists:
                for uid in imap.sizes(1):
                    imap.remove(uid)


class NotmuchShelf(Shelf):
    """A notmuch mail store of its own."""

    to = "notmuch"

    def __init__(self, folder: Path) -> None:
        self.root = folder / "mail"
        self.settings = folder / "notmuch-config"
        self.root.mkdir()
        self.settings.write_text(
            f"[database]\npath={self.root}\n[user]\nname=Pat\nprimary_email=pat@example.com\n[new]\ntags=\n"
        )
        os.environ["NOTMUCH_CONFIG"] = str(self.settings)  # the fixture takes it away again
        self.run("new")

    def run(self, *arguments: str, data: bytes = b"") -> str:
        """Run notmuch."""
        done = subprocess.run(["notmuch", *arguments], input=data, capture_output=True, check=True)
        return done.stdout.decode()

    def mails(self) -> list[bytes]:
        names = self.run("search", "--output=files", "tag:draft and not tag:deleted").split("\n")
        data = [Path(name).read_bytes() for name in names if name]
        return [re.sub(rb"\AX-Notmuch-Emacs-Draft: True\n", b"", one) for one in data]

    def put(self, data: bytes) -> None:
        self.run("insert", "--folder=drafts", "--create-folder", "+draft", "-inbox", "-unread", data=data)

    def clear(self) -> None:
        for path in self.root.rglob("*"):
            if path.is_file() and ".notmuch" not in path.parts:
                path.unlink()
        self.run("new")

    def edit(self, old: bytes, new: bytes) -> None:
        """As notmuch's own commands see a changed file: another text under the same name and id."""
        (name,) = self.run("search", "--output=files", "tag:draft").split()
        path = Path(name)
        path.write_bytes(path.read_bytes().replace(old, new))
        self.run("reindex", "tag:draft")
