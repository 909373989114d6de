# SPDX-License-Identifier: GPL-2.0-or-later
"""The database holds the same series for any order of arrival, any split into runs, any copies and deletions."""

import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from builders_archive import ArchiveEvent, write_archive
from builders_posting import ANN, FOO, messages_of, patch_text, post, slots, talk, via_list
from patchwatch.assemble.series import assemble
from patchwatch.assemble.threads import mark_shared_ids
from patchwatch.ingest import ingest
from patchwatch.judging import chooser
from patchwatch.model.series import Series
from patchwatch.model.verdict import Effect, Level, Outcome
from patchwatch.policy.loader import load_policies
from patchwatch.sources.detect import open_source
from patchwatch.store.database import Database, open_database
from patchwatch.store.read import all_ids
from patchwatch.store.read_series import load_series
from patchwatch.triage import triage

DAY = 24 * 60
HOME = "Jo Doe <jo@example.com>"
RELAY = "Jo Doe via GitGitGadget <gitgitgadget@gmail.com>"
TOPIC = "20260101-topic-v{0}-{1}-" + "0123456789ab@example.org"

JOE = "Jo Doe <joe@example.net>"
BEA, BEATE, BEATA = (f"Bea Loe <{name}@example.com>" for name in ("bea", "beate", "beata"))


def linking(*mids: str) -> str:
    """Return the body of a patch that links former revisions."""
    return patch_text(mids[-1], below="".join(f"- Link to v{n}: <{mid}>\n" for n, mid in enumerate(mids, 1)))


KIM = "Kim Poe <kim@example.com>"
JOINED = [
    talk("[PATCH 0/2] joined", "j0", sender=KIM, minute=5 * DAY),
    post("[PATCH 1/2] first", "j1", "j0", sender=KIM, minute=5 * DAY),
    post("[PATCH 2/2] second", "j2", "j0", sender=KIM, minute=5 * DAY),
    talk("Re: [PATCH 2/2] second", "j3", "j2", sender=ANN, minute=5 * DAY + 9),
]
MAILS = [
    # a cover letter, its patches, one of them from another address, one by somebody else, answers before and after
    *(talk("[PATCH 0/3] whole", "c"), post("[PATCH 1/3] a", "p1", "c"), post("[PATCH 2/3] b", "p2", "c", sender=HOME)),
    *(post("[PATCH 3/3] c", "x3", "c", sender=ANN), post("[PATCH 3/3] c", "p3", "p2", minute=9)),
    *(talk("Re: [PATCH 2/3] b", "r1", "p2", sender=ANN, minute=5), talk("Re: x", "r2", "r1", minute=7)),
    # a part of it sent anew, then all of it
    post("[PATCH v2 2/3] b", "q2", "r1", minute=90),
    *(talk("[PATCH v3 0/2] whole", "d", "c", minute=DAY), post("[PATCH v3 1/2] a", "d1", "d", minute=DAY)),
    # patches without any thread, a repeat of one slot, a cover that is not known
    *(post("[PATCH net 1/2] u", "u1", minute=10), post("[PATCH net 2/2] v", "u2", minute=40)),
    *(post("[PATCH net 1/2] u", "u3", minute=70), post("[PATCH net 2/2] v", "w2", "lost", minute=30)),
    # revisions by topic, by change-id, and what only looks alike
    *(talk("[PATCH 0/1] one", TOPIC.format(1, 0)), talk("[PATCH v2 0/1] two", TOPIC.format(2, 0), minute=DAY)),
    post("[PATCH] e", "e1", body=patch_text("5", below="change-id: 20260101-e-1\n")),
    post("[PATCH v2] f", "e2", minute=DAY, body=patch_text("6", below="change-id: 20260101-e-1\n")),
    post("[PATCH v3] g", "e3", minute=DAY, sender=ANN, body=patch_text("6", below="change-id: 20260101-e-1\n")),
    post("[PATCH] h", "e4", minute=2 * DAY, body=patch_text("6")),
    # a link by its sender, by a stranger, by the same name from elsewhere: one way, and both ways
    *(post("[PATCH] k", "k1@x"), post("[PATCH v2] l", "k2@x", minute=DAY, body=linking("k1@x"))),
    post("[PATCH v3] m", "k3@x", minute=2 * DAY, sender=ANN, body=linking("k1@x", "k2@x")),
    post("[PATCH v4] n", "k4@x", minute=3 * DAY, sender=JOE, body=linking("k2@x")),
    post("[PATCH] o", "o1@x", sender=BEA),
    post("[PATCH v2] q", "o2@x", minute=DAY, sender=BEATE, body=linking("o1@x")),
    post("[PATCH v3] s", "o3@x", minute=2 * DAY, sender=BEA, body=linking("o1@x", "o2@x")),
    # one change-id under one name from two addresses
    post("[PATCH] t", "t1", sender=BEA, body=patch_text("7", below="change-id: 20260101-t-1\n")),
    post("[PATCH v2] y", "t2", minute=DAY, sender=BEATA, body=patch_text("8", below="change-id: 20260101-t-1\n")),
    # a relay, a Message-ID used twice
    talk("[PATCH 0/1] relayed", "pull.7.git.1767261600.gitgitgadget@gmail.com", sender=RELAY),
    *(post("[PATCH] i", "i"), post("[PATCH] j", "i", minute=3, sender=ANN)),
    # the same mail as other lists pass it on, and one that only says so
    *(JOINED[:3]),
    *(via_list(JOINED[0]), via_list(JOINED[1], munged=True), via_list(JOINED[3]), JOINED[3]),
    talk("Re: [PATCH 2/2] second", "j3", "j2", sender=ANN, minute=5 * DAY + 9, body="Other words.\n"),
]


class Store:
    """A database that is fed by an archive which grows, run by run."""

    def __init__(self, folder: Path) -> None:
        self._archive = folder / "archive"
        self._database = str(folder / "x.db")
        self._events: list[ArchiveEvent] = []
        self._choose = chooser(load_policies([]), "linux")

    def run(self, events: Sequence[ArchiveEvent]) -> int:
        """Add events to the archive, read them, assemble; return how many series were written."""
        self._events += events
        write_archive(self._archive, {0: self._events})
        with open_database(self._database, create=True) as db:
            ingest(open_source(str(self._archive)), db, location=str(self._archive))
            return triage(db, self._choose)

    def series(self) -> "Found":
        """Return all series with their verdicts, by id."""
        with open_database(self._database) as db:
            return _all(db)


Told = list[tuple[str, Level, Effect, int]]
Found = dict[str, tuple[Series, Outcome, Told]]


def _all(db: Database) -> Found:
    found: Found = {}
    with db.reading() as conn:
        for id_ in all_ids(conn):
            series, verdict = load_series(conn, id_)
            # Without the sentences: that of `incomplete-series` says whether a patch may still be under way.
            told = [(one.rule, one.level, one.effect, one.since_revision) for one in verdict.findings]
            found[id_] = (series, verdict.outcome, told)
    return found


def stored(*runs: Sequence[ArchiveEvent]) -> Found:
    """Feed a new database run by run and return its series."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        for events in runs:
            store.run(events)
        return store.series()


def added(mails: Sequence[bytes]) -> list[ArchiveEvent]:
    return [("m", mail) for mail in mails]


EXPECTED = stored(added(MAILS))
# Not shrunk: each try writes a repository and a database, and the first failure tells enough.
FEW = settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large),
    phases=(Phase.explicit, Phase.generate),
)


def test_the_mails_of_this_test_make_many_kinds_of_series() -> None:
    assert {"c", "q2", "d", "u1", "u3", "w2", "e2", "e3", "e4", "i"} <= set(EXPECTED)
    notes = {id_: one.notes for id_, (one, *_) in EXPECTED.items()}
    assert notes["k1@x"] == ("continued-by ann@example.net: k3@x",)
    assert notes["k4@x"] == ("continues jo@example.org: k2@x",)
    assert notes["e1"] == ("continued-by ann@example.net: e3",)
    assert EXPECTED["o2@x"][0].superseded_by == "o3@x"
    assert EXPECTED["t1"][0].superseded_by == "t2"
    assert slots(EXPECTED["j0"][0]) == {1: "j1", 2: "j2"}
    assert [one.message_id for one in EXPECTED["j0"][0].followups] == ["j3", "j3"]
    assert EXPECTED["j0"][0].head.list_id == FOO


def test_the_database_says_what_a_whole_assembly_says() -> None:
    whole = {one.id: one for one in assemble(mark_shared_ids(messages_of(MAILS)))}
    assert set(whole) == set(EXPECTED)
    for id_, (stored_one, *_) in EXPECTED.items():
        one = whole[id_]
        assert (stored_one.notes, stored_one.earlier, stored_one.state, stored_one.superseded_by) == (
            *(one.notes, one.earlier, one.state, one.superseded_by),
        ), id_
        assert slots(stored_one) == slots(one)


@FEW
@given(st.permutations(MAILS), st.lists(st.integers(1, len(MAILS) - 1), max_size=4), st.sampled_from(MAILS))
def test_any_order_and_split_and_copies_give_the_same_series(mails: list[bytes], cuts: list[int], copy: bytes) -> None:
    places = [0, *sorted(set(cuts)), len(mails)]
    runs = [added(mails[start:stop]) for start, stop in pairwise(places)]
    assert stored(*runs, added([copy])) == EXPECTED


@FEW
@given(st.permutations(MAILS), st.integers(1, 6), st.integers(0, len(MAILS)), st.booleans())
def test_deletions_leave_what_would_be_without_the_mails(mails: list[bytes], count: int, cut: int, back: bool) -> None:
    gone, rest = mails[:count], mails[count:]
    runs = [added(mails[:cut]), added(mails[cut:]), [("d", mail) for mail in gone]]
    if back:
        runs.append(added(gone))
    assert stored(*runs) == (EXPECTED if back else stored(added(rest)))


def test_a_late_patch_writes_only_the_series_of_its_sender(tmp_path: Path) -> None:
    others = [post(f"[PATCH] o{n}", f"o{n}", sender=f"P {n} <p{n}@example.com>") for n in range(20)]
    answered = [talk("Re: o", f"r{n}", f"o{n}", minute=9) for n in range(5)]
    early = [talk("[PATCH 0/2] whole", "c"), post("[PATCH 1/2] a", "p1", "c")]
    store = Store(tmp_path)
    store.run(added([*others, *answered, *early]))
    before = store.series()
    written = store.run(added([post("[PATCH 2/2] b", "p2", "c", minute=50)]))
    after = store.series()
    assert [id_ for id_ in after if after[id_] != before.get(id_)] == ["c"]
    assert written == 1
