# SPDX-License-Identifier: GPL-2.0-or-later
"""What is particular to single files and to Maildirs, and how sinks are named."""

import mailbox
import stat
from pathlib import Path

import pytest

from patchwatch.errors import PatchwatchError, UsageError
from patchwatch.model.draft import Draft
from patchwatch.sinks.compare import content_hash, header_ids
from patchwatch.sinks.open import open_sink
from patchwatch.sinks.values import StoredState

MAIL = (
    b"From: pat@example.com\nTo: jo@example.org\nSubject: Re: x\nMessage-ID: <pw.a1@example.com>\n"
    b"In-Reply-To: <p@example.org>\n\nHello\n"
)
DRAFT = Draft(message_id="pw.a1@example.com", in_reply_to="p@example.org", data=MAIL)
BY_HAND = b"From: pat@example.com\nMessage-ID: <hand@example.com>\nIn-Reply-To:\n <p@example.org>\n\nI answer myself\n"


def maildir(path: Path, **mails: bytes) -> Path:
    for name in ("cur", "new", "tmp"):
        (path / name).mkdir(parents=True)
    for name, data in mails.items():
        (path / "cur" / f"{name}:2,S").write_bytes(data)
    return path


@pytest.mark.parametrize("where", ["", "eml", "smtp:/x", "imap:work", "/tmp/x", "eml:", "maildir:", "eml:a\0b"])
def test_an_unknown_place_is_named_with_what_is_known(where: str) -> None:
    with pytest.raises(UsageError, match=r"eml:PATH|maildir:PATH"):
        open_sink(where)


@pytest.mark.parametrize("kind", ["eml", "maildir"])
def test_the_home_tilde_is_expanded(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert open_sink(f"{kind}:~/drafts").put(DRAFT).where.startswith(str(tmp_path / "drafts"))


def test_opening_a_sink_creates_nothing(tmp_path: Path) -> None:
    open_sink(f"maildir:{tmp_path}/d")
    open_sink(f"eml:{tmp_path}/e")
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no folder"):
        open_sink(f"eml:{tmp_path}/no/x.eml").put(DRAFT)


def test_a_folder_or_dangling_link_is_no_file_for_a_draft(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("", "link"):
        with pytest.raises(UsageError, match="name a"):
            open_sink(f"eml:{tmp_path / name}").put(DRAFT)
    assert not (tmp_path / "nowhere").exists()


def test_a_file_of_somebody_else_stays(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(b"my notes\n")
    assert open_sink(f"eml:{path}").put(DRAFT).state is StoredState.EXISTS_FOREIGN
    with pytest.raises(PatchwatchError, match="nothing was stored"):
        open_sink(f"eml:{path}").put(DRAFT, force=True)
    assert path.read_bytes() == b"my notes\n"


def test_a_new_maildir_is_one_that_others_can_read(tmp_path: Path) -> None:
    path = tmp_path / "Mail" / "Drafts"
    where = Path(open_sink(f"maildir:{path}").put(DRAFT).where)
    assert where.parent == path / "cur"
    assert where.name.endswith(":2,DS")
    assert list((path / "tmp").iterdir()) == []
    box = mailbox.Maildir(str(path), create=False)
    (mail,) = box
    assert mail["Message-ID"] == "<pw.a1@example.com>"
    assert mail.get_flags() == "DS"
    modes = {stat.S_IMODE(p.stat().st_mode) for p in (path.parent, path, *(path / n for n in ("cur", "new", "tmp")))}
    assert modes == {0o700}


def test_two_drafts_get_two_files(tmp_path: Path) -> None:
    sink = open_sink(f"maildir:{tmp_path}/d")
    other = Draft(
        message_id="pw.a2@example.com",
        in_reply_to="q@example.org",
        data=MAIL.replace(b"pw.a1", b"pw.a2").replace(b"p@example", b"q@example"),
    )
    assert sink.put(DRAFT).where != sink.put(other).where
    assert len(list((tmp_path / "d" / "cur").iterdir())) == 2


def test_a_reply_written_by_hand_stops_the_draft(tmp_path: Path) -> None:
    path = maildir(tmp_path / "d", hand=BY_HAND)
    stored = open_sink(f"maildir:{path}").put(DRAFT)
    assert (stored.state, Path(stored.where).name) == (StoredState.EXISTS_FOREIGN, "hand:2,S")
    assert len(list((path / "cur").iterdir())) == 1


def test_a_reply_in_the_trash_or_to_another_mail_stops_nothing(tmp_path: Path) -> None:
    path = maildir(tmp_path / "d", other=BY_HAND.replace(b"<p@", b"<pp@"))
    (path / "cur" / "gone:2,ST").write_bytes(BY_HAND)
    assert open_sink(f"maildir:{path}").put(DRAFT).state is StoredState.CREATED


def test_message_ids_are_compared_exactly(tmp_path: Path) -> None:
    path = maildir(tmp_path / "d", like=MAIL.replace(b"<pw.a1@", b"<xpw.a1@").replace(b"<p@", b"<q@"))
    assert open_sink(f"maildir:{path}").put(DRAFT).state is StoredState.CREATED


def test_a_draft_that_mutt_postponed_again_is_found_in_new(tmp_path: Path) -> None:
    path = maildir(tmp_path / "d")
    (path / "new" / "1.x").write_bytes(b"X-Mutt-References: <p@example.org>\n" + MAIL)
    assert open_sink(f"maildir:{path}").put(DRAFT).state is StoredState.UNCHANGED


def test_an_edited_copy_beside_ours_counts(tmp_path: Path) -> None:
    path = maildir(tmp_path / "d", ours=MAIL)
    (path / "new" / "1.x").write_bytes(MAIL.replace(b"Hello", b"Hi"))
    assert open_sink(f"maildir:{path}").put(DRAFT).state is StoredState.KEPT_EDITED


def test_a_draft_that_the_user_deleted_is_not_written_again(tmp_path: Path) -> None:
    path = maildir(tmp_path / "d")
    (path / "cur" / "gone:2,DST").write_bytes(MAIL)
    assert open_sink(f"maildir:{path}").put(DRAFT).state is StoredState.KEPT_GONE


def test_a_folder_that_is_no_maildir_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(UsageError, match="is no Maildir"):
        open_sink(f"maildir:{tmp_path}").put(DRAFT)
    with pytest.raises(UsageError, match="is not a folder"):
        open_sink(f"maildir:{tmp_path}/thesis.tex").put(DRAFT)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]


def test_dates_and_header_order_do_not_count_but_text_and_people_do() -> None:
    lines = MAIL.split(b"\n")
    turned = b"\n".join([lines[2], b"Date: today", lines[1], *lines[3:]])
    assert content_hash(turned) == content_hash(MAIL)
    assert content_hash(MAIL.replace(b"\n", b"\r\n")) == content_hash(MAIL)
    assert content_hash(MAIL.replace(b"jo@", b"max@")) != content_hash(MAIL)
    assert content_hash(MAIL.replace(b"Hello", b"Hello!")) != content_hash(MAIL)
    assert content_hash(b"Bcc: boss@example.com\n" + MAIL) != content_hash(MAIL)


def test_header_ids_stop_at_the_body() -> None:
    assert header_ids(b"A: <x@y>\nmessage-id:\n <a@b>\n <c@d>\n\nMessage-ID: <e@f>\n", "Message-ID") == ("a@b", "c@d")
