# SPDX-License-Identifier: GPL-2.0-or-later
"""
`git range-diff` between two mailed revisions, with the help of a git tree.

Both are applied to an index of our own and committed to objects of our own; those of the tree are only borrowed.
Its work tree, index, refs, configuration and hooks are neither read nor written.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from patchwatch.sources.git_env import BorrowedObjects, GitProblem, is_object_id
from patchwatch.sources.git_tree import GitTree

_OUTPUT_CAP = 1 << 20
_NOBODY = ("-c", "user.name=patchwatch", "-c", "user.email=patchwatch@localhost", "-c", "commit.gpgSign=false")
_BASE = b"base-commit:"


def range_diff(tree: str, before: Sequence[bytes], after: Sequence[bytes]) -> str:
    """
    Return what `git range-diff` says about two lists of patch mails, in order.

    *tree* is `PATH` or `PATH#BRANCH`. Each revision goes on the base-commit that its mails name, when the tree has
    it, else on the tip of the tree. Raises GitProblem, with a text for people, when one does not apply.
    """
    with GitTree(tree) as found, tempfile.TemporaryDirectory(prefix="patchwatch-") as own:
        tip = found.tip()
        with BorrowedObjects([Path(own), found.object_folder], len(tip)) as git:
            (git.directory / "shallow").write_text("".join(f"{one}\n" for one in sorted(found.boundary)))
            ranges = [_applied(git, tip, mails, name) for name, mails in (("first", before), ("second", after))]
            code, output = git.ask("range-diff", "--no-color", "--creation-factor=80", *ranges)
            if code:
                raise GitProblem(f"git range-diff: {git.complaint()}")
    return output[:_OUTPUT_CAP].decode("utf-8", "replace")


def _applied(git: BorrowedObjects, tip: str, mails: Sequence[bytes], name: str) -> str:
    """Commit *mails* on their base and return the range `BASE..TIP`."""
    base = next(
        (one for one in map(_base, mails) if one and git.ask("cat-file", "-e", f"{one}^{{commit}}")[0] == 0), tip
    )
    if git.ask("read-tree", base)[0]:
        raise GitProblem(f"its commit {base[:12]} cannot be read: {git.complaint()}")
    at = base
    for number, mail in enumerate(mails, 1):
        parsed = git.directory / "mail", git.directory / "log", git.directory / "patch"
        parsed[0].write_bytes(mail)
        with parsed[0].open("rb") as file:
            told = git.start("mailinfo", "--encoding=UTF-8", str(parsed[1]), str(parsed[2]), stdin=file)
            info = told.communicate()[0]
        subject = next((line[9:] for line in info.split(b"\n") if line.startswith(b"Subject: ")), b"")
        parsed[1].write_bytes(subject + b"\n\n" + parsed[1].read_bytes())
        if told.returncode or git.ask("apply", "--cached", "--3way", "--whitespace=nowarn", str(parsed[2]))[0]:
            raise GitProblem(f"patch {number} of the {name} revision does not apply to {base[:12]}")
        at = _commit(git, at, parsed[1])
    return f"{base}..{at}"


def _commit(git: BorrowedObjects, parent: str, log: Path) -> str:
    code, tree = git.ask("write-tree")
    if not code:
        code, commit = git.ask(*_NOBODY, "commit-tree", tree.decode().strip(), "-p", parent, "-F", str(log))
    if code:
        raise GitProblem(f"a patch cannot be committed: {git.complaint()}")
    return commit.decode().strip()


def _base(mail: bytes) -> str | None:
    """Return the commit of the last `base-commit:` line, as git format-patch and b4 write it."""
    head, mark, rest = mail.rpartition(b"\n" + _BASE)
    found = rest.split(b"\n", 1)[0].strip().decode("ascii", "replace") if mark and head else ""
    return found if is_object_id(found) else None
