# SPDX-License-Identifier: GPL-2.0-or-later
"""A point is raised once per series: in a later revision it is not drafted again, or at least marked."""

from dataclasses import replace

import pytest

from builders_drafts import AUTHOR, ME, NOW, finding, first_seen, message, series, target, unsigned, verdict
from patchwatch.drafts.compose import compose
from patchwatch.drafts.refuse import NoDraft, Reason, heard_by_others, unraised
from patchwatch.model.mail import MessageKind, Person
from patchwatch.model.series import Series
from patchwatch.model.verdict import Verdict

V3 = series(revision=3)
OTHER = Person("Rae Viewer", "rae@example.com")


def since(judged: Verdict, *revisions: int) -> Verdict:
    dated = zip(judged.findings, revisions, strict=True)
    return replace(judged, findings=tuple(replace(one, since_revision=revision) for one, revision in dated))


def body(whole: Series, judged: Verdict, heard: tuple[int, ...] = ()) -> str:
    return " ".join(compose(target(), whole, judged, ME, now=NOW, heard=heard).data.decode().split())


def test_a_repeated_point_says_since_when() -> None:
    assert "This is as in v2." in body(V3, since(verdict(finding()), 2))
    assert "as in v" not in body(V3, first_seen(V3, verdict(finding())))
    assert "as in v" not in body(series(), verdict(finding()))


def test_of_several_points_the_repeated_one_is_marked() -> None:
    text = body(V3, since(verdict(finding(), unsigned()), 1, 3))
    assert text.count("(as in v1)") == 1
    assert "This is as in" not in text


def test_a_point_that_people_talked_about_is_not_raised_again() -> None:
    repeated = since(verdict(finding()), 2)
    with pytest.raises(NoDraft) as caught:
        compose(target(), V3, repeated, ME, now=NOW, heard=(2,))
    assert caught.value.refusal.reason is Reason.ANSWERED
    assert caught.value.refusal.overridable
    assert "as in v2" in str(caught.value)
    assert "This is as in v2." in body(V3, repeated, heard=(1,))  # v1 did not have it


def test_what_is_new_is_raised_alone() -> None:
    text = body(V3, since(verdict(finding(), unsigned()), 1, 3), heard=(1,))
    assert "Signed-off-by" in text
    assert "as in v1" not in text
    assert [one.rule for one in unraised(V3, since(verdict(finding(), unsigned()), 1, 3), {2}).findings] == [
        "missing-sign-off"
    ]


def reply(sender: Person, *, is_automatic: bool = False) -> Series:
    mail = message("r@example.org", kind=MessageKind.REPLY, author=sender, is_automatic=is_automatic)
    return series(followups=(mail,))


@pytest.mark.parametrize(
    ("earlier", "heard"),
    [(series(), False), (reply(OTHER), True), (reply(AUTHOR), False), (reply(OTHER, is_automatic=True), False)],
)
def test_only_a_reply_of_another_person_counts(earlier: Series, heard: bool) -> None:
    assert heard_by_others(earlier) is heard
