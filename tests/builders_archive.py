# SPDX-License-Identifier: GPL-2.0-or-later
"""Build public-inbox v2 archives, ordinary and odd ones, with git fast-import; nothing of the user's set-up is used."""

import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

ENV = {
    "PATH": os.environ.get("PATH", os.defpath),
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.org",
    "LC_ALL": "C",
}
ArchiveEvent = tuple[str, bytes]


def git(repo: Path, *arguments: str, data: bytes = b"") -> str:
    """Run git on a bare repository and return its output, stripped."""
    command = ["git", f"--git-dir={repo}", *arguments]
    return subprocess.run(command, input=data, check=True, env=ENV, stdout=subprocess.PIPE).stdout.decode().strip()


def write_epoch(
    repo: Path, events: Iterable[ArchiveEvent], when: int = 1_700_000_000, object_format: str = "sha1"
) -> None:
    """
    Write an epoch with one commit per event, anew if it exists.

    An event is ("m", mail), ("d", mail of a deleted message), ("m", b"") for a purged mail, ("", b"")
    for a commit with an empty tree. A path with a mode before it ("120000 m", "100755 m") or another
    path ("x", "m/x") makes an odd commit.
    """
    shutil.rmtree(repo, ignore_errors=True)
    init = ["git", "init", "-q", "--bare", "-b", "master", f"--object-format={object_format}", str(repo)]
    subprocess.run(init, check=True, env=ENV)
    shutil.rmtree(repo / "hooks", ignore_errors=True)
    out: list[bytes] = []
    for n, (place, mail) in enumerate(events):
        who = b"A <a@example.org> %d +0000\n" % (when + n)
        out += [b"commit refs/heads/master\nauthor ", who, b"committer ", who, b"data 2\ns\ndeleteall\n"]
        if place:
            mode, _, path = place.rpartition(" ")
            out.append(b"M %s inline %s\ndata %d\n%s\n" % ((mode or "100644").encode(), path.encode(), len(mail), mail))
    command = ["git", f"--git-dir={repo}", "fast-import", "--quiet", "--date-format=raw"]
    subprocess.run(command, input=b"".join(out), check=True, env=ENV)


def write_archive(inbox: Path, epochs: dict[int, list[ArchiveEvent]]) -> Path:
    """Write the epochs of an archive below *inbox* and return it."""
    for number, events in epochs.items():
        write_epoch(inbox / "git" / f"{number}.git", events)
    return inbox


def make_mail(number: int | str, body: str = "Hello.\n") -> bytes:
    """Return a small mail with Message-ID `NUMBER@example.org`."""
    head = f"From: Ann Onym <ann@example.org>\nSubject: mail {number}\nDate: Thu, 1 Jan 2026 10:00:00 +0000\n"
    return f"{head}Message-ID: <{number}@example.org>\n\n{body}".encode()


def mails_below(folder: Path) -> dict[int, list[Path]]:
    """Return the mails `folder/EPOCH/*.eml` in the order of their names."""
    return {int(epoch.name): sorted(epoch.glob("*.eml")) for epoch in sorted(folder.iterdir()) if epoch.is_dir()}


def write_shipped(inbox: Path, mails: Path) -> Path:
    """
    Write an archive that can lie in a repository: one pack an epoch, plain refs, the same bytes every time.

    A mail whose name ends in `-spam.eml` is deleted again at the end of its epoch. Nothing is compressed,
    so that the bytes do not hang on the version of zlib.
    """
    for number, paths in mails_below(mails).items():
        repo = inbox / "git" / f"{number}.git"
        events = [("m", path.read_bytes()) for path in paths]
        events += [("d", path.read_bytes()) for path in paths if path.stem.endswith("-spam")]
        write_epoch(repo, events, when=1_783_000_000 + 10_000_000 * number)
        tip = git(repo, "rev-parse", "HEAD")
        plain = ("core.compression=0", "pack.threads=1", "pack.writeReverseIndex=false", "repack.writeBitmaps=false")
        options = [word for setting in plain for word in ("-c", setting)]
        git(repo, *options, "repack", "-a", "-d", "-F", "-q", "--window=0")
        for path in repo.iterdir():
            if path.name != "objects":
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        for path in (repo / "objects").iterdir():
            if path.name != "pack":
                shutil.rmtree(path)
        (repo / "HEAD").write_text("ref: refs/heads/master\n")
        (repo / "config").write_text("[core]\n\trepositoryformatversion = 0\n\tbare = true\n")
        (repo / "refs" / "heads").mkdir(parents=True)
        (repo / "refs" / "heads" / "master").write_text(f"{tip}\n")
    return inbox
