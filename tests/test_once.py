# SPDX-License-Identifier: GPL-2.0-or-later
"""A finding that an earlier revision carried is dated back to it, also when the revisions come in separate runs."""

from pathlib import Path

import pytest

from builders_archive import write_archive
from builders_cli import added, run
from builders_mail import read
from builders_posting import post
from patchwatch.assemble.series import assemble
from patchwatch.judging import judge_all
from patchwatch.model.mail import Message
from patchwatch.policy.loader import load_policies
from patchwatch.store.database import open_database
from patchwatch.store.read_series import load_series

DIFF = "diff --git a/hw/foo.c b/hw/foo.c\n--- a/hw/foo.c\n+++ b/hw/foo.c\n@@ -1,1 +1,1 @@\n-a\n+{}\n"
UNSIGNED = f"It overflows.\n\n---\n hw/foo.c | 2 +-\n\n{DIFF}"
POLICIES = load_policies()


def unsigned(revision: int, title: str = "hw/foo: fix overflow", *, minute: int = 0) -> bytes:
    prefix = "PATCH" if revision == 1 else f"PATCH v{revision}"
    parent = "" if revision == 1 else "v1@example.org"
    name = f"v{revision}@example.org"
    return post(f"[{prefix}] {title}", name, parent, minute=minute or 1440 * revision, body=UNSIGNED.format(revision))


def since(mails: list[Message], *specs: str) -> dict[str, int]:
    by_id = {f"v{n}@example.org": spec for n, spec in enumerate(specs, 1)}

    judged = judge_all(assemble(mails), lambda one: POLICIES.get(by_id[one.id], None), known=False)
    return {
        one.id: finding.since_revision
        for one, verdict in judged
        for finding in verdict.findings
        if finding.rule == "missing-sign-off"
    }


def messages(*mails: bytes) -> list[Message]:
    return [read(mail) for mail in mails]


LINUX = "linux@7.3"


def test_it_is_dated_back_over_revisions_in_a_row() -> None:
    assert since(messages(unsigned(1), unsigned(2), unsigned(3)), LINUX, LINUX, LINUX) == {
        "v1@example.org": 1,
        "v2@example.org": 1,
        "v3@example.org": 1,
    }


def test_case_and_blanks_of_a_quote_do_not_matter_but_its_words_do() -> None:
    other = unsigned(2, "hw/foo: Fix  overflow")
    assert since(messages(unsigned(1), other), LINUX, LINUX)["v2@example.org"] == 1


def test_another_version_of_the_text_is_the_same_project_and_another_project_is_not() -> None:
    mails = messages(unsigned(1), unsigned(2))
    assert since(mails, "linux@7.0", LINUX)["v2@example.org"] == 1
    assert since(mails, "qemu@2025-06", LINUX)["v2@example.org"] == 2


def test_a_new_finding_is_not_dated_back() -> None:
    signed = unsigned(1).replace(b"It overflows.\n", b"It overflows.\n\nSigned-off-by: Jo Doe <jo@example.org>\n")
    assert since(messages(signed, unsigned(2)), LINUX, LINUX) == {"v2@example.org": 2}


@pytest.mark.parametrize("split", [True, False])
def test_separate_runs_give_the_same(tmp_path: Path, split: bool) -> None:
    first, second = unsigned(1), unsigned(2)
    archive, db = tmp_path / "foo", tmp_path / "p.db"
    if split:
        write_archive(archive, {0: added(first)})
        assert run("--db", db, "ingest", "--policy", "linux@7.3", archive).code == 0
    write_archive(archive, {0: added(first, second)})
    assert run("--db", db, "ingest", "--policy", "linux@7.3", archive).code == 0
    with open_database(str(db)) as opened, opened.reading() as conn:
        series, verdict = load_series(conn, "v2@example.org")
    assert series.earlier
    (finding,) = [one for one in verdict.findings if one.rule == "missing-sign-off"]
    assert finding.since_revision == 1
