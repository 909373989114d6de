# SPDX-License-Identifier: GPL-2.0-or-later
"""`patchwatch draft new` and `write` on a small ingested archive."""

import os
import shutil
from pathlib import Path

import pytest

from builders_archive import write_archive
from builders_cli import Result, added, example_archive, list_mail, patch_body, run
from builders_mail import mail_bytes

UNSIGNED, TAGGED, PAIR = "20261004.unsigned@example.org", "20261003.tagged@example.org", "20261001.1-0@example.org"
GOLDEN = """\
From: Pat Maintainer <pat@example.com>
To: Jo Doe <jo@example.org>
Cc: list@example.com
Subject: Re: [PATCH] hw/baz: no name
Date: DATE
Message-ID: <pw.f8e22ce8e8ca@example.com>
In-Reply-To: <20261004.unsigned@example.org>
References: <20261004.unsigned@example.org>
MIME-Version: 1.0
Content-Type: text/plain; charset=us-ascii
Content-Transfer-Encoding: 7bit

On Sun, Oct 04, 2026 at 10:00:00AM +0000, Jo Doe wrote:
> It overflows.

Thanks for the patch. I see no Signed-off-by of yours in the commit log
of this patch. We can only apply patches that have one:
https://docs.kernel.org/process/submitting-patches.html#sign-your-work-the-developer-s-certificate-of-origin
Could you add yours in v2? (`git format-patch -s` does it.)

{}
Pat Maintainer
""".format("-- ")  # an editor would take the blank away


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A folder with an archive, a database and a configuration that names who writes."""
    _ingest(tmp_path, example_archive(tmp_path / "foo"))
    return tmp_path


def _ingest(folder: Path, archive: Path) -> None:
    (folder / "config.toml").write_text('[drafts]\nname = "Pat Maintainer"\nemail = "pat@example.com"\n')
    assert run("--db", folder / "p.db", "ingest", archive).code == 0


def draft(work: Path, *arguments: str | Path, stdin: bytes = b"") -> Result:
    return run("--db", work / "p.db", "--config", work / "config.toml", "draft", *arguments, stdin=stdin)


def undated(text: str) -> str:
    return "".join("Date: DATE\n" if line.startswith("Date: ") else line for line in text.splitlines(keepends=True))


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_new_prints_the_draft_and_nothing_else(work: Path) -> None:
    before = set(files(work))
    result = draft(work, "new", UNSIGNED)
    assert (result.code, result.err) == (0, "")
    assert undated(result.out) == GOLDEN
    assert set(files(work)) == before


def test_new_stores_it_too_when_a_place_is_named(work: Path) -> None:
    result = draft(work, "new", UNSIGNED, "--to", f"eml:{work}/d.eml")
    assert result.complaint == f"draft created: {work}/d.eml"
    assert undated((work / "d.eml").read_text()) == undated(result.out) == GOLDEN


def test_the_identity_may_come_from_git(work: Path) -> None:
    result = run("--db", work / "p.db", "draft", "new", UNSIGNED)
    assert result.code == 2
    assert "user.email" in result.complaint
    (Path(os.environ["HOME"]) / ".gitconfig").write_text("[user]\nname = Gil Git\nemail = gil@example.net\n")
    result = run("--db", work / "p.db", "draft", "new", UNSIGNED)
    assert result.out.startswith("From: Gil Git <gil@example.net>\n")


@pytest.mark.parametrize("wanted", [TAGGED, PAIR])
def test_nothing_to_say_is_no_draft(work: Path, wanted: str) -> None:
    result = draft(work, "new", wanted)
    assert (result.code, result.out) == (1, "")
    assert "nothing-to-say" in result.complaint
    assert draft(work, "write", wanted, "--to", f"eml:{work}/d.eml").code == 1
    assert not (work / "d.eml").exists()


@pytest.mark.parametrize(
    ("mail", "reason"),
    [
        (list_mail("r@example.org", "[PATCH 1/2] hw/foo: half", patch_body("No.\n\n")), "undetermined"),
        (
            list_mail("r@example.org", "[PATCH] hw/foo: mine", patch_body("No.\n\n"), sender="P M <pat@example.com>"),
            "own-mail",
        ),
        (
            mail_bytes(
                "[PATCH] hw/foo: proposal",
                patch_body(
                    "No.\n\nAssisted-by: Claude <noreply@anthropic.com>\nSigned-off-by: Jo Doe <jo@example.org>\n"
                ),
                mid="r@example.org",
                headers="List-Id: <unknown.lists.example.org>\n",
            ),
            "nothing-to-say",
        ),
    ],
    ids=["incomplete series", "own mail", "a list without a text"],
)
def test_a_refused_draft_says_why_and_writes_nothing(tmp_path: Path, mail: bytes, reason: str) -> None:
    _ingest(tmp_path, write_archive(tmp_path / "foo", {0: added(mail)}))
    before = files(tmp_path)
    for words in (("new", "r@example.org"), ("write", "r@example.org", "--to", f"eml:{tmp_path}/d.eml")):
        result = draft(tmp_path, *words)
        assert (result.code, result.out) == (1, "")
        assert f"no draft: {reason}: " in result.complaint
    assert {name: data for name, data in files(tmp_path).items() if not name.startswith("p.db")} == {
        name: data for name, data in before.items() if not name.startswith("p.db")
    }


def test_a_superseded_revision_gets_no_draft(tmp_path: Path) -> None:
    first = list_mail("v1@example.org", body=patch_body("No.\n\n"), date="Thu, 01 Oct 2026 10:00:00 +0000")
    second = list_mail("v2@example.org", "[PATCH v2] hw/foo: fix overflow", date="Thu, 08 Oct 2026 10:00:00 +0000")
    _ingest(tmp_path, write_archive(tmp_path / "foo", {0: added(first, second)}))
    result = draft(tmp_path, "new", "v1@example.org")
    assert (result.code, result.out) == (1, "")
    assert "no draft: superseded: " in result.complaint


def test_write_stores_once_and_says_unchanged_the_second_time(work: Path) -> None:
    where = f"eml:{work}/d.eml"
    assert draft(work, "write", UNSIGNED, "--to", where).complaint == f"draft created: {work}/d.eml"
    stored = (work / "d.eml").read_bytes()
    assert undated(stored.decode()) == GOLDEN
    assert (work / "d.eml").stat().st_mode & 0o777 == 0o600
    assert draft(work, "write", UNSIGNED, "--to", where).complaint == f"draft unchanged: {work}/d.eml"
    assert (work / "d.eml").read_bytes() == stored


def test_an_edited_draft_is_kept(work: Path) -> None:
    where = f"eml:{work}/d.eml"
    draft(work, "write", UNSIGNED, "--to", where)
    edited = (work / "d.eml").read_bytes().replace(b"Could you", b"Would you please")
    (work / "d.eml").write_bytes(edited)
    result = draft(work, "write", UNSIGNED, "--to", where)
    assert (result.code, result.complaint) == (0, f"draft kept-edited: {work}/d.eml")
    assert (work / "d.eml").read_bytes() == edited


def test_write_into_a_maildir_once(work: Path) -> None:
    where = f"maildir:{work}/Drafts"
    assert "draft created: " in draft(work, "write", UNSIGNED, "--to", where).complaint
    assert "draft unchanged: " in draft(work, "write", UNSIGNED, "--to", where).complaint
    (stored,) = [path for path in (work / "Drafts").rglob("*") if path.is_file()]
    assert undated(stored.read_text()) == GOLDEN
    assert stored.name.endswith(":2,DS") or ":2," in stored.name


def test_a_dry_run_writes_nothing(work: Path) -> None:
    before = set(files(work))
    for where in (f"eml:{work}/d.eml", f"maildir:{work}/Drafts"):
        result = draft(work, "write", UNSIGNED, "--to", where, "--dry-run")
        assert result.code == 0
        assert "(dry run)" in result.complaint
    assert set(files(work)) == before
    assert not (work / "Drafts").exists()


def test_the_configured_place_is_taken(work: Path) -> None:
    with (work / "config.toml").open("a") as config:
        config.write(f'to = "eml:{work}/configured.eml"\n')
    assert draft(work, "write", UNSIGNED).complaint == f"draft created: {work}/configured.eml"


@pytest.mark.parametrize("to", [(), ("--to", "nonsense"), ("--to", "smtp:example.org"), ("--to", "imap:work")])
def test_without_a_place_nothing_is_stored(work: Path, to: tuple[str, ...]) -> None:
    result = draft(work, "write", UNSIGNED, *to)
    assert (result.code, result.out) == (2, "")
    assert "maildir:PATH" in result.complaint


def test_a_folder_that_is_not_there_is_one_line(work: Path) -> None:
    result = draft(work, "write", UNSIGNED, "--to", f"eml:{work}/no/such/d.eml")
    assert result.code in (2, 3)
    assert str(work) in result.complaint


def test_without_the_archive_there_is_no_draft(work: Path) -> None:
    shutil.rmtree(work / "foo")
    result = draft(work, "new", UNSIGNED)
    assert (result.code, result.out) == (3, "")
    assert str(work / "foo") in result.complaint


def test_a_mail_from_stdin_names_the_series(work: Path) -> None:
    mail = list_mail(UNSIGNED, "[PATCH] hw/baz: no name")
    assert undated(draft(work, "new", "-", stdin=mail).out) == GOLDEN


def test_b4_takes_no_trailer_from_a_stored_draft(work: Path) -> None:
    from patchwatch.adapters.b4 import harvested_trailers

    draft(work, "write", UNSIGNED, "--to", f"eml:{work}/d.eml")
    assert harvested_trailers((work / "d.eml").read_bytes()) == []
