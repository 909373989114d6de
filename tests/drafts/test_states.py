# SPDX-License-Identifier: GPL-2.0-or-later
"""
What a second run finds and does: on Dovecot, a Maildir, an mbox, a file and notmuch, with the database in between.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest import mock

import pytest

from builders_imap import Dovecot, dovecot
from builders_shelves import EmlShelf, ImapShelf, MaildirShelf, MboxShelf, NotmuchShelf, Shelf
from patchwatch.cli.draft_store import storing
from patchwatch.cli.settings import Settings
from patchwatch.model.draft import Draft
from patchwatch.sinks.values import Place, StoredState
from patchwatch.store import drafts as rows
from patchwatch.store.database import Database, open_database
from peers import require

ABOUT = rows.About("cover@example.org", "cover@example.org", 1, "0")
MID = "pw.0123456789ab@example.com"
HEAD = (
    "From: Pat Maintainer <pat@example.com>\nTo: Jo Contributor <jo@example.org>\nCc: foo@lists.example.org\n"
    f"Subject: Re: [PATCH] x\nDate: Mon, 02 Nov 2026 09:30:00 +0000\nMessage-ID: <{MID}>\n"
    "In-Reply-To: <p@example.org>\nReferences: <p@example.org>\nMIME-Version: 1.0\n"
    "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
)
BY_HAND = HEAD.replace(MID, "hand@example.com").encode() + b"I answer myself.\n"
OTHER = b"Message-ID: <other@example.com>\nIn-Reply-To: <else@example.org>\nSubject: Re: lunch\n\nYes.\n"
KINDS = ["maildir", "mbox", "eml", "imap", "notmuch"]


class Crash(BaseException):
    """The power goes."""


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    require("dovecot", "dovecot-imapd")
    with dovecot() as running:
        yield running


@pytest.fixture(params=KINDS)
def shelf(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    match request.param:
        case "maildir":
            return MaildirShelf(tmp_path)
        case "mbox":
            return MboxShelf(tmp_path)
        case "eml":
            return EmlShelf(tmp_path)
        case "notmuch":
            require("notmuch", "notmuch")
            monkeypatch.setenv("NOTMUCH_CONFIG", "")
            return NotmuchShelf(tmp_path)
        case _:
            return ImapShelf(request.getfixturevalue("server"))


class Run:
    """patchwatch, once more, with this database and this sink."""

    def __init__(self, folder: Path, shelf: Shelf) -> None:
        self.shelf = shelf
        config = folder / "config.toml"
        config.write_text('me = ["pat@example.com"]\n' + shelf.config)
        self.settings = Settings(config_option=config, db_option=str(folder / "p.db"))
        self.path = folder / "p.db"
        open_database(str(self.path), create=True).close()

    @contextmanager
    def db(self) -> Iterator[Database]:
        with open_database(str(self.path)) as db:
            yield db

    def __call__(self, text: str = "Könnte das gehen?\n", *, force: bool = False, dry_run: bool = False) -> str:
        with self.db() as db, storing(self.settings, db, self.shelf.to, force=force, dry_run=dry_run) as store:
            return store.put(draft(text), ABOUT).state.value

    def lose_database(self) -> None:
        for path in self.path.parent.glob("p.db*"):
            path.unlink()
        open_database(str(self.path), create=True).close()

    def row(self) -> rows.DraftRow | None:
        with self.db() as db, db.reading() as conn:
            found = rows.drafts(conn, ())
        return found[0] if found else None


def draft(text: str) -> Draft:
    return Draft(message_id=MID, in_reply_to="p@example.org", data=(HEAD + text).encode())


@pytest.fixture
def run(tmp_path: Path, shelf: Shelf) -> Run:
    return Run(tmp_path, shelf)


def test_nothing_there_creates(run: Run, shelf: Shelf) -> None:
    assert run() == "created"
    assert shelf.mails() == [draft("Könnte das gehen?\n").data]


def test_a_dry_run_tells_the_state_and_changes_neither_sink_nor_database(run: Run, shelf: Shelf) -> None:
    assert run(dry_run=True) == "created"
    assert (shelf.mails(), run.row()) == ([], None)
    run()
    before = (shelf.mails(), run.row())
    assert run("Anders.\n", dry_run=True) == "refreshed"
    assert (shelf.mails(), run.row()) == before


def test_the_same_again_is_unchanged(run: Run, shelf: Shelf) -> None:
    run()
    before = shelf.mails()
    assert [run(), run()] == ["unchanged", "unchanged"]
    assert shelf.mails() == before


def test_our_own_older_text_is_refreshed_and_other_mail_stays(run: Run, shelf: Shelf) -> None:
    alone = isinstance(shelf, EmlShelf)
    run()
    if not alone:
        shelf.put(OTHER)
    assert run("Anders.\n") == "refreshed"
    assert sorted(shelf.mails()) == sorted([draft("Anders.\n").data, *([] if alone else [OTHER])])
    assert run("Anders.\n") == "unchanged"
    assert run() == "refreshed"


@pytest.mark.parametrize("later", ["Könnte das gehen?\n", "Anders.\n"])
def test_an_edited_draft_is_kept_for_good(run: Run, shelf: Shelf, later: str) -> None:
    run()
    shelf.edit(b"gehen", b"klappen")
    edited = shelf.mails()
    assert [run(later), run(later), run(later, force=True)] == ["kept-edited"] * 3
    assert shelf.mails() == edited
    shelf.edit(b"klappen", b"gehen")  # the person took it back: still theirs
    assert run(later) == "kept-edited"


def test_a_draft_that_was_sent_or_deleted_comes_back_by_force_only(run: Run, shelf: Shelf) -> None:
    run()
    shelf.clear()
    assert [run(), run("Anders.\n")] == ["kept-gone", "kept-gone"]
    assert shelf.mails() == []
    assert run("Anders.\n", force=True) == "created"
    assert shelf.mails() == [draft("Anders.\n").data]
    assert run("Anders.\n") == "unchanged"


def test_a_reply_by_hand_stops_ours(run: Run, shelf: Shelf) -> None:
    shelf.put(BY_HAND)
    assert run() == "exists-foreign"
    assert shelf.mails() == [BY_HAND]
    assert run.row() is None


def test_force_writes_beside_a_reply_by_hand(run: Run, shelf: Shelf) -> None:
    if isinstance(shelf, EmlShelf):
        pytest.skip("a file holds one mail")
    shelf.put(BY_HAND)
    assert run(force=True) == "created"
    assert len(shelf.mails()) == 2


def test_a_lost_database_is_made_anew_from_an_untouched_draft(run: Run, shelf: Shelf) -> None:
    run()
    run.lose_database()
    assert run() == "unchanged"
    assert run("Anders.\n") == "refreshed"
    assert shelf.mails() == [draft("Anders.\n").data]


def test_with_a_lost_database_another_text_counts_as_edited(run: Run, shelf: Shelf) -> None:
    run()
    run.lose_database()
    assert [run("Anders.\n"), run()] == ["kept-edited", "kept-edited"]
    assert shelf.mails() == [draft("Könnte das gehen?\n").data]


def test_a_client_that_only_re_encodes_leaves_it_unchanged(run: Run, shelf: Shelf) -> None:
    run()
    shelf.clear()
    coded = HEAD.replace("8bit", "quoted-printable").replace("Date: Mon, 02", "X-Mutt-Resume: 1\nDate: Tue, 03")
    shelf.put(coded.encode() + b"K=C3=B6nnte das gehen?  \n\n")
    if isinstance(shelf, NotmuchShelf):
        assert run() == "unchanged"
        return
    assert run() == "unchanged"
    assert run("Anders.\n") == "refreshed"
    assert shelf.mails() == [draft("Anders.\n").data]


def test_a_crash_after_the_intent_writes_once(run: Run, shelf: Shelf) -> None:
    with stopped_in_writing(), pytest.raises(Crash):
        run()
    assert shelf.mails() == []
    assert run() == "created"
    assert len(shelf.mails()) == 1


def test_a_crash_after_writing_is_resolved_without_a_second_copy(run: Run, shelf: Shelf) -> None:
    with stopped_before_confirming(), pytest.raises(Crash):
        run()
    assert len(shelf.mails()) == 1
    assert run() == "unchanged"
    shelf.clear()
    assert run() == "kept-gone"


@pytest.mark.parametrize("later", ["Anders.\n", "Noch anders.\n"])
def test_a_crash_between_writing_the_new_and_taking_out_the_old_leaves_one(run: Run, shelf: Shelf, later: str) -> None:
    run()
    with stopped_before_removing(), pytest.raises(Crash):
        run("Anders.\n")
    assert draft("Anders.\n").data in shelf.mails()
    assert run(later) in ("refreshed", "unchanged")
    assert shelf.mails() == [draft(later).data]
    assert run(later) == "unchanged"


def test_after_such_a_crash_what_was_edited_meanwhile_stays(run: Run, shelf: Shelf) -> None:
    run()
    with stopped_before_removing(), pytest.raises(Crash):
        run("Anders.\n")
    shelf.clear()
    shelf.put(draft("Könnte das gehen?\n").data)
    shelf.put(draft("Anders, aber von mir.\n").data)
    before = shelf.mails()
    assert run("Anders.\n") == "kept-edited"
    assert shelf.mails() == before


def moved(text: str = "Anders.\n") -> Draft:
    """The draft about the same posting that answers another mail of it."""
    data = draft(text).data.replace(b"0123456789ab", b"ba9876543210").replace(b"<p@", b"<q@")
    return Draft(message_id=MID.replace("0123456789ab", "ba9876543210"), in_reply_to="q@example.org", data=data)


def test_a_draft_that_now_answers_another_mail_of_the_posting_takes_the_place_of_the_first(
    run: Run, shelf: Shelf
) -> None:
    if isinstance(shelf, EmlShelf):
        pytest.skip("a file holds one mail, and no other takes its place")
    run()
    with run.db() as db, storing(run.settings, db, shelf.to, dry_run=True) as store:
        assert store.put(moved(), ABOUT).state == "refreshed"
    assert len(shelf.mails()) == 1
    with run.db() as db, storing(run.settings, db, shelf.to) as store:
        assert [store.put(moved(), ABOUT).state for _ in range(2)] == ["refreshed", "unchanged"]
    assert shelf.mails() == [moved().data]


def test_beside_an_edited_draft_about_the_posting_no_second_is_written(run: Run, shelf: Shelf) -> None:
    run()
    shelf.edit(b"gehen", b"klappen")
    before = shelf.mails()
    with run.db() as db, storing(run.settings, db, shelf.to) as store:
        assert store.put(moved(), ABOUT).state == "exists-foreign"
    assert shelf.mails() == before


@contextmanager
def stopped_in_writing() -> Iterator[None]:
    with mock.patch.object(Place, "replace", side_effect=Crash), _everywhere("replace"):
        yield


@contextmanager
def stopped_before_confirming() -> Iterator[None]:
    with mock.patch("patchwatch.store.drafts.confirm", side_effect=Crash):
        yield


@contextmanager
def stopped_before_removing() -> Iterator[None]:
    """Stop where the old copy is taken out; sinks that replace in one step stop right after it."""
    with mock.patch.object(Place, "drop", side_effect=Crash), stopped_before_confirming():
        yield


@contextmanager
def _everywhere(name: str) -> Iterator[None]:
    """Stop in the method *name* of each kind of place that has its own."""
    with ExitStack() as stack:
        for kind in Place.__subclasses__():
            if name in vars(kind):
                stack.enter_context(mock.patch.object(kind, name, side_effect=Crash))
        yield


def test_states_are_named_as_documented() -> None:
    assert [state.value for state in StoredState] == [
        "created", "unchanged", "refreshed", "kept-edited", "kept-gone", "exists-foreign",
    ]  # fmt: skip
