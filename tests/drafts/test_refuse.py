# SPDX-License-Identifier: GPL-2.0-or-later
"""When no draft is made, and what the reason is called."""

from dataclasses import replace

import pytest

from builders_drafts import AUTHOR, LIST, ME, NOW, evidence, finding, message, series, target, unsigned, verdict
from patchwatch.drafts.compose import compose, target_message
from patchwatch.drafts.refuse import TEXTS, NoDraft, Reason, Refusal, refusal
from patchwatch.errors import UsageError
from patchwatch.model.draft import Identity, Target
from patchwatch.model.mail import MessageKind, Person
from patchwatch.model.series import Series, State
from patchwatch.model.verdict import Effect, Level, Outcome, Verdict

BOT = Person("kernel test robot", "lkp@intel.com")


def of(target_: Target, series_: Series, verdict_: Verdict) -> str | None:
    found = refusal(target_, series_, verdict_, ME)
    return None if found is None else str(found.reason)


def test_a_fact_of_a_text_in_force_is_no_reason_to_refuse() -> None:
    assert of(target(), series(), verdict(finding())) is None


@pytest.mark.parametrize(
    ("judged", "reason"),
    [
        (verdict(), "nothing-to-say"),
        (verdict(finding(level=Level.OK, effect=Effect.NONE), outcome=Outcome.READY), "nothing-to-say"),
        (verdict(finding(level=Level.INFO, effect=Effect.NONE), outcome=Outcome.READY), "not-fact"),
        (verdict(finding(level=Level.INFO), outcome=Outcome.ASK), "not-fact"),
        (verdict(finding(effect=Effect.NONE), outcome=Outcome.READY, status="proposed"), "not-in-force"),
        (verdict(finding(), status="unwritten"), "not-in-force"),
        (verdict(finding(), status="withdrawn"), "not-in-force"),
        (verdict(finding(), outcome=Outcome.UNDETERMINED), "undetermined"),
        (verdict(finding(), outcome=Outcome.PROTOTYPE), "prototype"),
        (verdict(finding(waived=True), outcome=Outcome.READY), "waived"),
    ],
)
def test_verdicts_that_ask_nothing_of_the_author(judged: Verdict, reason: str) -> None:
    assert of(target(), series(), judged) == reason


def test_a_text_that_was_superseded_later_still_binds_the_mails_of_its_time() -> None:
    assert of(target(), series(), verdict(finding(), status="superseded")) is None


def test_waived_findings_are_not_mentioned_beside_others() -> None:
    judged = verdict(finding(waived=True), unsigned())
    draft = compose(target(), series(), judged, ME, now=NOW).data.decode()
    assert "Signed-off-by" in draft
    assert "Where a tool helped" not in draft


@pytest.mark.parametrize(
    ("mail", "whole", "reason"),
    [
        (target("other@example.org"), series(), "not-a-patch"),
        (target("r@example.org"), series(followups=(message("r@example.org", kind=MessageKind.REPLY),)), "reply"),
        (target("r@example.org"), series(foreign=(message("r@example.org", kind=MessageKind.PULL),)), "pull-request"),
        (target(), series(message(kind=MessageKind.OTHER)), "not-a-patch"),
        (target(sender=ME.person), series(), "own-mail"),
        (target(sender=Person("", "PAT@OLD.example.com")), series(), "own-mail"),
        (target(sender=LIST, original_from=ME.person), series(), "own-mail"),
        (target(), series(author=ME.person), "own-mail"),
        (target(sender=BOT), series(), "bot"),
        (target(sender=Person("", "syzbot+4711@appspotmail.example")), series(), "bot"),
        (target(automatic="Auto-Submitted: auto-generated"), series(), "automatic"),
        (target(sender=Person("", "MAILER-DAEMON@example.org")), series(), "automatic"),
        (target(), series(message(is_automatic=True)), "automatic"),
        (target(), series(state=State.SUPERSEDED, superseded_by="v2@example.org"), "superseded"),
        (target(), series(state=State.MERGED), "merged"),
    ],
)
def test_mails_that_are_not_answered(mail: Target, whole: Series, reason: str) -> None:
    assert of(mail, whole, verdict(finding())) == reason
    with pytest.raises(NoDraft) as caught:
        compose(mail, whole, verdict(finding()), ME, now=NOW)
    assert str(caught.value).startswith(f"no draft: {reason}: ")


@pytest.mark.parametrize("bad", ["", "with blank@example.org", "x" * 1000, "a\n@b", "é@example.org", "a>b@c"])
def test_a_message_id_that_cannot_be_written_is_a_reason(bad: str) -> None:
    with pytest.raises(NoDraft) as caught:
        compose(target(bad), series(message(bad)), verdict(finding()), ME, now=NOW)
    assert caught.value.refusal.reason is Reason.NO_MESSAGE_ID


@pytest.mark.parametrize("bad", ["", "jo", "jo@", "@example.org", "jö@example.org", "jo@exa mple.org", "a,b@c.d"])
def test_an_author_without_usable_address_is_a_reason(bad: str) -> None:
    with pytest.raises(NoDraft) as caught:
        compose(target(sender=Person("Jo", bad)), series(), verdict(finding()), ME, now=NOW)
    assert caught.value.refusal.reason is Reason.NO_ADDRESS


def test_an_identity_without_address_is_a_fault_of_the_configuration() -> None:
    nobody = Identity(person=Person("Pat", "pat"))
    with pytest.raises(UsageError, match=r"user\.email"):
        compose(target(), series(), verdict(finding()), nobody, now=NOW)


@pytest.mark.parametrize(
    "path",
    ["Fixes: 1234567890ab", "Acked-by: x@example.org", "Link: x", "hw/foo.c: ask jo@example.org"],
)
def test_a_file_name_that_would_become_a_trailer_stops_the_draft(path: str) -> None:
    mail = message()
    whole = series(replace(mail, files=(replace(mail.files[0], path=path),)))
    with pytest.raises(NoDraft) as caught:
        compose(target(), whole, verdict(finding("outside-allowed-scenario")), ME, now=NOW)
    assert caught.value.refusal.reason is Reason.UNSAFE
    assert path in caught.value.refusal.detail


def test_every_reason_has_a_sentence_and_few_can_be_overridden() -> None:
    assert set(TEXTS) == set(Reason)
    assert all(text.endswith(".") for text in TEXTS.values())
    overridable = {str(r) for r in Reason if not Refusal(r).stops(force=True)}
    assert all(Refusal(r).stops(force=False) for r in Reason)
    assert overridable == {"answered", "author-asked", "too-old", "recent", "exists-foreign", "cap"}


def test_the_cover_letter_is_answered_unless_all_is_about_one_patch() -> None:
    cover = message("cover@example.org", kind=MessageKind.COVER)
    whole = series(message("p1@example.org"), message("p2@example.org"), cover=cover)
    one, two = unsigned("p1@example.org"), unsigned("p2@example.org")
    assert target_message(whole, verdict(one, two)) is cover
    assert target_message(whole, verdict(two)).message_id == "p2@example.org"
    both = finding("undisclosed-ai", evidence("p1@example.org"), evidence("p2@example.org"))
    assert target_message(whole, verdict(both)) is cover
    waived = finding("undisclosed-ai", evidence("p1@example.org"), waived=True)
    assert target_message(whole, verdict(two, waived)).message_id == "p2@example.org"
    in_reply = finding("undisclosed-ai", evidence("reply@example.org"))
    assert target_message(whole, verdict(in_reply)) is cover


def test_without_a_cover_letter_the_first_patch_stands_for_the_series() -> None:
    whole = series(message("p1@example.org"), message("p2@example.org"))
    judged = verdict(unsigned("p1@example.org"), unsigned("p2@example.org"))
    assert target_message(whole, judged).message_id == "p1@example.org"
    assert whole.author == AUTHOR
