# SPDX-License-Identifier: GPL-2.0-or-later
"""One mail that reached us several times is one; another mail with its Message-ID is another."""

from itertools import permutations

import pytest

from builders_mail import read
from builders_posting import ANN, FOO, JO, messages_of, patch_text, post, series_of, slots, talk, via_list
from patchwatch.assemble.copies import contents
from patchwatch.assemble.series import assemble
from patchwatch.assemble.threads import mark_shared_ids
from patchwatch.model.mail import DefectKind, Message

COVER = talk("[PATCH v2 0/2] two", "c", body="Both of them.\n-- \nJo\n")
FIRST, SECOND = post("[PATCH v2 1/2] a", "p1", "c"), post("[PATCH v2 2/2] b", "p2", "c")
ANSWER = talk("Re: [PATCH v2 2/2] b", "r", "p2", sender=ANN, body="> It overflows.\n\nWhere?\n")
GOOGLE = '-- \nYou received this message because you are subscribed to the Google Groups "foo" group.\n'
EZMLM = "\n---------------------------------------------------------------------\nTo unsubscribe, e-mail: foo\n"
GROUPS = "\n-=-=-=-=-=-=-=-=-=-=-=-\nGroups.io Links: You receive all messages sent to this group.\n"


def doubled(*mails: bytes) -> list[str]:
    """Return the Message-IDs that are told to be those of several mails."""
    marked = mark_shared_ids(messages_of(mails))
    odd = [one for one in marked if DefectKind.DUPLICATE_ID in [defect.kind for defect in one.defects]]
    return [one.message_id for one in odd]


def is_one(first: bytes, second: bytes) -> bool:
    found = contents([read(first), read(second)])
    assert len(found) == 2
    return len(set(found.values())) == 1


@pytest.mark.parametrize("munged", [False, True])
def test_a_series_over_two_lists_has_each_mail_once(munged: bool) -> None:
    mails = [COVER, FIRST, SECOND, ANSWER]
    copies = [via_list(mail, munged=munged) for mail in mails]
    assert doubled(*mails, *copies) == []
    (series,) = series_of(*mails, *copies).values()
    assert slots(series) == {1: "p1", 2: "p2"}
    assert [one.message_id for one in series.followups] == ["r"]
    assert series.complete
    assert series.revision == 2


def test_lists_that_have_a_part_each_make_a_whole() -> None:
    (series,) = series_of(via_list(COVER), via_list(FIRST), COVER, SECOND).values()
    assert series.complete
    assert slots(series) == {1: "p1", 2: "p2"}


def test_nothing_depends_on_the_order_of_arrival() -> None:
    mails = [COVER, via_list(COVER, munged=True), FIRST, via_list(FIRST), SECOND, talk("[PATCH v2 0/2] two", "c")]
    expected = series_of(*mails)
    assert len(expected) == 2
    assert all(series_of(*other) == expected for other in permutations(mails))


@pytest.mark.parametrize("footer", ["", GOOGLE, EZMLM, GROUPS, "-- \nTo unsubscribe from this list: send a line\n"])
@pytest.mark.parametrize("mail", [COVER, FIRST, ANSWER], ids=["cover", "patch", "answer"])
def test_footers_make_no_other_mail(mail: bytes, footer: str) -> None:
    assert is_one(mail, via_list(mail, footer=footer))


def test_another_encoding_of_the_text_makes_no_other_mail() -> None:
    encoded = COVER.replace(b"Both of", b"Bo=\nth=20of").replace(
        b"Date:", b"Content-Transfer-Encoding: quoted-printable\nDate:"
    )
    assert is_one(COVER, encoded)
    assert is_one(COVER, COVER.replace(b"\n", b"\r\n"))
    assert is_one(COVER, COVER.replace(b"Both of them.", b"Both  of them.  "))


@pytest.mark.parametrize(
    "other",
    [
        talk("[PATCH v2 0/2] two", "c", body="All of them.\n-- \nJo\n"),
        talk("[PATCH v2 0/2] three", "c", body="Both of them.\n-- \nJo\n"),
        talk("[PATCH v3 0/2] two", "c", body="Both of them.\n-- \nJo\n"),
        talk("[PATCH v2 0/2] two", "c", body="Both of them.\n-- \nJo\n", minute=1),
        talk("[PATCH v2 0/2] two", "c", body="Both of them.\n-- \nJo\n", sender=ANN),
        talk("[PATCH v2 0/2] two", "c", body="Both of them.\n-- \nJo\n", sender="Jo Doe <jo@example.net>"),
        via_list(talk("[PATCH v2 0/2] two", "c", body="Both of them.\n-- \nJo\n", sender=ANN), munged=True),
    ],
    ids=["text", "title", "revision", "date", "sender", "address", "munged sender"],
)
def test_another_content_is_another_mail_and_is_told(other: bytes) -> None:
    assert not is_one(COVER, other)
    assert doubled(COVER, other) == ["c", "c"]


def test_another_log_or_diff_under_one_message_id_is_told() -> None:
    assert doubled(FIRST, FIRST.replace(b"It overflows", b"It overran")) == ["p1", "p1"]
    other = post("[PATCH v2 1/2] a", "p1", "c", body=patch_text("7"))
    assert doubled(FIRST, other) == ["p1", "p1"]


def test_the_copy_of_a_list_speaks_for_one_without_and_the_least_changed_for_the_rest() -> None:
    def spoken(*mails: bytes) -> Message:
        (series,) = assemble(messages_of(mails))
        return series.head

    plain, changed, munged = post("[PATCH] a", "x"), via_list(post("[PATCH] a", "x")), post("[PATCH] a", "x")
    listed = post("[PATCH] a", "x", headers="List-Id: <bar.example.com>\n")
    munged = via_list(post("[PATCH] a", "x"), munged=True)
    assert spoken(plain, changed).list_id == FOO
    assert spoken(changed, munged).sender.email == "jo@example.org"
    assert spoken(changed, listed, plain, munged).subject == "[PATCH] a"
    assert spoken(changed, listed, plain, munged).list_id == "bar.example.com"


def test_a_munged_name_that_two_senders_bear_is_nobody(  # a false accusation would be worse than a mail too many
) -> None:
    first, second = talk("x", "c"), talk("x", "c", sender="Jo Doe <jo@example.net>")
    munged = via_list(talk("x", "c"), munged=True)
    assert len(set(contents(messages_of([first, second, munged])).values())) == 3
    assert JO.startswith("Jo Doe")


def test_mails_without_a_date_are_one_by_their_words() -> None:
    def undated(minute: int) -> bytes:
        late = f"Thu, 01 Jan 2026 10:{minute}:00 +0000"
        return FIRST.replace(b"Date:", f"Received: by x; {late}\nX-Date:".encode())

    assert is_one(undated(10), undated(20))
    assert is_one(undated(10), FIRST)


def test_thousands_of_copies_cost_linear_work() -> None:
    mails = messages_of([via_list(FIRST, munged=True), FIRST])
    many = [_renamed(mails[n % 2], n) for n in range(20_000)]
    assert len(set(contents(many).values())) == 1


def _renamed(message: Message, number: int) -> Message:
    from dataclasses import replace

    return replace(message, blob=f"{number:040}")
