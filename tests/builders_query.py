# SPDX-License-Identifier: GPL-2.0-or-later
"""A small list whose series differ in all that a query can ask for, read into a database as `ingest` reads it."""

from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

from builders_archive import write_archive
from builders_cli import TAGGED, UNSIGNED, added, list_mail, patch_body
from builders_mail import DIFF
from patchwatch.ingest import ingest
from patchwatch.judging import chooser
from patchwatch.policy.loader import load_policies
from patchwatch.sources.git_archive import GitArchive
from patchwatch.store.database import Database
from patchwatch.store.query.context import Context
from patchwatch.store.query.find import find
from patchwatch.store.query.translate import read_query
from patchwatch.triage import triage

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DOCS = DIFF.replace("hw/foo.c", "docs/guide.rst")
TESTS = DIFF.replace("hw/foo.c", "tests/test_foo.c")
NVME = (
    DIFF.replace("hw/foo.c", "hw/nvme/host.c")
    .replace("int b;", "kmalloc_array(b);")
    .replace("-1,3 +1,4 @@", "-1,3 +1,4 @@ nvme_init")
)
DAY = "{:%a, %d %b %Y} 10:00:00 +0000"


def on(month: int, day: int) -> str:
    return DAY.format(datetime(2026, month, day, tzinfo=UTC))


def query_mails() -> list[bytes]:
    """
    Return ten mails; the series are named by their id before the `@`.

    pair: v2 of two patches with a cover letter, an answer that asks and a Reviewed-by; old: an undated year before;
    tagged: says AI; unsigned: a finding; docs, tests: files of one role; one, two: v1 and v2; lost: incomplete.
    """
    pat, ann = "Pat Reader <pat@example.com>", "Ann Öster <ann@example.net>"
    log = 'Sizes of requests wrap around.\n\nFixes: 123456789abc ("hw: begin")\nSigned-off-by: Ann <ann@example.net>\n'
    return [
        list_mail("old@example.org", "[PATCH] lib: ancient", patch_body(diff=DIFF.replace("hw", "lib")), date=on(1, 5)),
        list_mail("pair@example.org", "[PATCH v2 0/2] hw/nvme: fix race", "Two of them: überlauf.\n", date=on(11, 1),
                  sender=ann),
        list_mail("pair-1@example.org", "[PATCH v2 1/2] hw/nvme: fix race", patch_body(log, NVME), date=on(11, 1),
                  reply_to="pair@example.org", sender=ann),
        list_mail("pair-2@example.org", "[PATCH v2 2/2] hw/nvme: say why", patch_body(log, NVME + TESTS),
                  date=on(11, 1), reply_to="pair@example.org", sender=ann),
        list_mail("answer@example.com", "Re: [PATCH v2 1/2] hw/nvme: fix race",
                  "> Sizes of requests wrap around.\n\nWhich compiler shows this regression?\n\n"
                  "Reviewed-by: Pat Reader <pat@example.com>\n",
                  reply_to="pair-1@example.org", date=on(11, 2), sender=pat),
        list_mail("tagged@example.org", "[PATCH] hw/bar: say more", patch_body(TAGGED), date=on(11, 12)),
        list_mail("unsigned@example.org", "[RFC PATCH] hw/baz: no name", patch_body(UNSIGNED), date=on(11, 13)),
        list_mail("docs@example.org", "[PATCH] docs: explain 100% of it", patch_body(diff=DOCS), date=on(11, 14)),
        list_mail("one@example.org", "[PATCH] hw/frob: drop knob", patch_body(diff=DIFF.replace("foo", "frob")),
                  date=on(11, 15)),
        list_mail("two@example.org", "[PATCH v2] hw/frob: drop knob",
                  patch_body(diff=DIFF.replace("foo", "frob") + DOCS), date=on(11, 17)),
        list_mail("lost@example.org", "[PATCH 1/3] net: part of three", patch_body(diff=DIFF.replace("hw", "net")),
                  date=on(11, 19)),
    ]  # fmt: skip


def fill(db: Database, place: Path, mails: list[bytes], index: Collection[str] = ("prose", "quotes", "diff")) -> None:
    """Read mails into *db* as an archive, and judge them."""
    write_archive(place, {0: added(*mails)})
    ingest(GitArchive(place, "list"), db, location=str(place), index=index)
    triage(db, chooser(load_policies([]), "linux"), None, frozenset({"me@example.org"}))


def asked(db: Database, query: str, *, queue: bool = False, sort: str = "", **context: object) -> list[str]:
    """Return the names of the series that a query finds, newest first."""
    with db.reading() as conn:
        asking = Context(text=query, now=NOW, **context)  # type: ignore[arg-type]  # a builder takes any field
        condition = read_query(query, asking, conn, queue=queue).condition
        return [row.id.partition("@")[0] for row in find(conn, condition, sort=sort).rows]
