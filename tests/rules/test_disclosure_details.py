# SPDX-License-Identifier: GPL-2.0-or-later
"""What a declaration tells, what an earlier revision told, and what is said beside the patch."""

import pytest

from builders_mail import read_mail
from builders_posting import ANN, JO, post, series_of, talk
from builders_rules import body, found, found_in_all, policy_of, verdict_of
from patchwatch.assemble.series import assemble
from patchwatch.engine import judge
from patchwatch.model.series import Series
from patchwatch.model.terms import Tag
from patchwatch.model.verdict import Effect, Finding, Level
from patchwatch.rules.declared_ai_content import DeclaredAiContent
from patchwatch.rules.inconsistent_disclosure import InconsistentDisclosure
from patchwatch.rules.missing_sign_off import MissingSignOff
from patchwatch.rules.sparse_disclosure import Aspect, SparseDisclosure

TAG = "Assisted-by: Claude:claude-opus-4-6\n"
OTHER_DIFF = body().replace("int b = 1", "int b = 7")


def revisions(*texts: str, title: str = "x", sender: str = JO) -> dict[str, Series]:
    """Post these bodies as v1, v2, ... of one patch; series by id."""
    mails = [
        post(f"[PATCH v{n}] {title}", f"v{n}@example.org", minute=n * 1440, body=text, sender=sender)
        for n, text in enumerate(texts, 1)
    ]
    return series_of(*mails)


def dropped(series: dict[str, Series]) -> dict[str, tuple[Finding, ...]]:
    return found_in_all(InconsistentDisclosure(), list(series.values()))


def test_a_dropped_declaration_quotes_the_old_line_and_the_new_subject() -> None:
    findings = dropped(revisions(body(TAG), body()))
    assert findings["v1@example.org"] == ()
    (finding,) = findings["v2@example.org"]
    assert finding.message == "v1 declared AI use here, this revision does not any more"
    assert [(e.message_id, e.line, e.quote) for e in finding.evidence] == [
        ("v1@example.org", 3, TAG.strip()),
        ("v2@example.org", None, "Subject: [PATCH v2] x"),
    ]


def test_what_was_dropped_stays_dropped_and_counts_from_the_revision_that_dropped_it() -> None:
    findings = dropped(revisions(body(TAG), body(), body()))
    assert [one.since_revision for one in findings["v3@example.org"]] == [2]


@pytest.mark.parametrize(
    "second",
    [
        body("Assisted-by: LLM\n"),
        body(log="It overflows. Written with Claude Code.\n\n"),
        body(below="This patch was written with Claude Code.\n\n"),
    ],
)
def test_a_declaration_in_another_form_or_place_is_still_one(second: str) -> None:
    assert dropped(revisions(body(TAG), second))["v2@example.org"] == ()


@pytest.mark.parametrize("first", [body(), body("Assisted-by: none\n"), body(log="Spelling by ChatGPT.\n\n")])
def test_what_was_no_declaration_cannot_be_dropped(first: str) -> None:
    assert dropped(revisions(first, body(TAG), body(TAG)))["v3@example.org"] == ()


def test_a_submitters_reply_and_the_cover_letter_declare_for_the_patch() -> None:
    old = post("[PATCH] x", "v1@example.org", body=body(TAG))
    new = post("[PATCH v2] x", "v2@example.org", minute=10, body=body())
    said = "Assisted-by: Claude Opus 4.6\n"
    for sender, count in ((JO, 0), (ANN, 1)):
        reply = talk("Re: [PATCH v2] x", "r@example.org", "v2@example.org", minute=20, sender=sender, body=said)
        assert len(dropped(series_of(old, new, reply))["v2@example.org"]) == count


def test_patches_are_the_same_by_patch_id_or_title_and_author() -> None:
    mails = [
        post("[PATCH 1/2] x: one", "a1@example.org", body=body(TAG)),
        post("[PATCH 2/2] x: two", "a2@example.org", "a1@example.org", body=OTHER_DIFF),
        post("[PATCH v2 1/2] x: two", "b1@example.org", minute=99, body=OTHER_DIFF),
        post("[PATCH v2 2/2] x: a new title", "b2@example.org", "b1@example.org", minute=99, body=body()),
    ]
    series = series_of(*mails)
    former = (series["a1@example.org"],)
    (finding,) = judge(series["b1@example.org"], policy_of(InconsistentDisclosure()), former=former).findings
    assert finding.evidence[1].quote == "Subject: [PATCH v2 2/2] x: a new title"


def test_patches_of_two_people_are_never_the_same() -> None:
    old = series_of(post("[PATCH] x", "v1@example.org", body=body(TAG)))["v1@example.org"]
    for sender, count in (("Jo Doe <jo@work.example.com>", 1), (ANN, 0), ("ann@example.net", 0)):
        new = series_of(post("[PATCH v2] x", "v2@example.org", sender=sender, body=body()))["v2@example.org"]
        assert len(judge(new, policy_of(InconsistentDisclosure()), former=(old,)).findings) == count


def test_a_cover_letter_that_declared_is_missed_when_nothing_declares_any_more() -> None:
    cover = "Text.\nThis series was written with Claude Code.\n"
    mails = [
        talk("[PATCH 0/1] x", "a0@example.org", body=cover),
        post("[PATCH 1/1] x: one", "a1@example.org", "a0@example.org", body=body()),
        talk("[PATCH v2 0/1] x", "b0@example.org", minute=50),
        post("[PATCH v2 1/1] x: one", "b1@example.org", "b0@example.org", minute=50, body=body()),
    ]
    (finding,) = dropped(series_of(*mails))["b0@example.org"]
    assert [e.quote for e in finding.evidence] == [
        "This series was written with Claude Code.",
        "Subject: [PATCH v2 0/1] x",
    ]


def test_a_cover_letter_that_declares_now_speaks_for_all_patches() -> None:
    mails = [
        post("[PATCH] x: one", "a1@example.org", body=body(TAG)),
        talk("[PATCH v2 0/1] x", "b0@example.org", "a1@example.org", minute=50, body="Written with Claude Code.\n"),
        post("[PATCH v2 1/1] x: one", "b1@example.org", "b0@example.org", minute=50, body=body()),
    ]
    series = series_of(*mails)
    assert [link.id for link in series["b0@example.org"].earlier] == ["a1@example.org"]
    assert dropped(series)["b0@example.org"] == ()


def test_nothing_is_missed_of_a_cover_letter_when_a_patch_declares() -> None:
    mails = [
        talk("[PATCH 0/1] x", "a0@example.org", body="Text.\nThis series was written with Claude Code.\n"),
        post("[PATCH 1/1] x: one", "a1@example.org", "a0@example.org", body=body()),
        talk("[PATCH v2 0/1] x", "b0@example.org", minute=50),
        post("[PATCH v2 1/1] x: one", "b1@example.org", "b0@example.org", minute=50, body=body(TAG)),
    ]
    assert dropped(series_of(*mails))["b0@example.org"] == ()


def test_two_people_without_names_are_two_people() -> None:
    old = series_of(post("[PATCH] x", "v1@example.org", sender="jo@example.org", body=body(TAG)))["v1@example.org"]
    new = series_of(post("[PATCH v2] x", "v2@example.org", sender="ann@example.net", body=body()))["v2@example.org"]
    assert not judge(new, policy_of(InconsistentDisclosure()), former=(old,)).findings


def test_without_the_earlier_revision_the_rule_is_skipped() -> None:
    (lone,) = assemble([read_mail("[PATCH v2] x", body())])
    assert [one.reason for one in verdict_of(InconsistentDisclosure(), lone).skipped] == [
        "no earlier revision is at hand"
    ]
    (first,) = assemble([read_mail("[PATCH] x", body())])
    assert verdict_of(InconsistentDisclosure(), first).skipped == ()


ALL = "which tool it was, what the tool was given, which parts it made and how the result was tested"


def sparse(text: str, *tags: Tag, want: tuple[Aspect, ...] = ("tools", "prompts", "portions", "testing")) -> str:
    """Return what the declaration of one patch does not say, "" when it says all."""
    (series,) = assemble([read_mail(body=text)])
    findings = found(SparseDisclosure(want=want), series, *tags)
    assert all((f.level, f.effect) == (Level.INFO, Effect.NONE) for f in findings)
    return findings[0].message.removeprefix("the declaration does not say ") if findings else ""


def test_a_bare_declaration_leaves_all_open_that_is_wanted() -> None:
    assert sparse(body("Assisted-by: LLM\n")) == ALL
    assert sparse(body("Assisted-by: LLM\n"), want=("testing",)) == "how the result was tested"
    assert sparse(body("Assisted-by: LLM\n"), want=()) == ""


@pytest.mark.parametrize(
    ("text", "aspect", "told"),
    [
        (body(TAG), "tools", True),
        (body("Assisted-by: LLM sparse\n"), "tools", True),
        (body("Assisted-by: AI\n"), "tools", False),
        (body(f"Tested-by: Ann <ann@example.net>\n{TAG}"), "testing", True),
        (body(TAG, log="Boot-tested on two boards.\n\n"), "testing", True),
        (body(TAG, log="Not tested.\n\n"), "testing", True),
        (body(TAG, log="The device is in test mode.\n\n"), "testing", False),
        (body(TAG, below="> Tested on two boards.\n\n"), "testing", False),
        (body(TAG, log="The prompt was: check the pointer.\n\nClaude wrote it.\n\n"), "prompts", False),
        (body(TAG, log="The prompt given to Claude was: check the pointer.\n\n"), "prompts", True),
        (body(TAG, log="Wait for the shell prompt after boot.\n\n"), "prompts", False),
        (body(TAG, log="The tests were written by Claude Code.\n\n"), "portions", True),
        (body(TAG, log="Fix two functions.\n\n"), "portions", False),
        (body("AI-used-for: tests\n"), "portions", True),
    ],
)
def test_each_aspect_is_told_by_its_own_words(text: str, aspect: Aspect, told: bool) -> None:
    assert (sparse(text, want=(aspect,)) == "") == told


def test_a_tag_in_the_form_of_the_policy_names_the_tool_as_the_policy_wants() -> None:
    form = Tag(key="Assisted-by", grammar="words", first="literal:LLM", rest="tool")
    assert sparse(body("Assisted-by: LLM\n"), form, want=("tools",)) == ""


def test_cover_letter_and_reply_may_tell_what_the_patch_does_not() -> None:
    cover = talk("[PATCH 0/1] x", "0@example.org", body="I have tested all of it on two boards.\n")
    patch = post("[PATCH 1/1] x: y", "1@example.org", "0@example.org", body=body(TAG))
    rule = SparseDisclosure(want=("testing",))
    assert not found(rule, series_of(cover, patch)["0@example.org"])
    for sender, count in ((JO, 0), (ANN, 1)):
        told = "Claude Code wrote it.\nI tested it on two boards.\n"
        reply = talk("Re: [PATCH] x: y", "2@example.org", "1@example.org", minute=9, sender=sender, body=told)
        lone = post("[PATCH] x: y", "1@example.org", body=body(TAG))
        assert len(found(rule, series_of(lone, reply)["1@example.org"])) == count


@pytest.mark.parametrize("text", [body(), body("Assisted-by: none\n"), body("Assisted-by: Ann <ann@example.net>\n")])
def test_nothing_is_sparse_where_nothing_is_declared(text: str) -> None:
    assert sparse(text) == ""


def test_an_agents_address_or_mailer_is_no_declaration_that_could_be_sparse() -> None:
    for headers, sender in (("X-Mailer: claude-code/2.1\n", JO), ("", "Claude <noreply@anthropic.com>")):
        (series,) = assemble([read_mail(body=body(), headers=headers, sender=sender)])
        assert found(DeclaredAiContent(), series)
        assert not found(SparseDisclosure(), series)


def test_a_label_below_the_cut_decides_nothing_under_a_ban() -> None:
    (series,) = assemble([read_mail(body=body(below="LLM generated explanations, may be wrong:\n\nIt is safe.\n\n"))])
    (finding,) = found(DeclaredAiContent(), series)
    assert finding.effect is Effect.NONE
    assert not found(SparseDisclosure(), series)
    (asked,) = assemble([read_mail(body=body(log="With help of ChatGPT, the cause was easy to see.\n\n"))])
    assert [f.effect for f in found(DeclaredAiContent(), asked)] == [Effect.ASK]


def test_a_model_that_is_said_to_be_unknown_is_not_repeated() -> None:
    (series,) = assemble([read_mail(body=body("Assisted-by: qoder:(unknown)\n"))])
    assert [f.message for f in found(DeclaredAiContent(), series)] == ["the mail declares content made with qoder"]


@pytest.mark.parametrize(
    ("subject", "effect"),
    [
        ("[PATCH] x: y", Effect.ASK),
        ("[PATCH v2 3/4] x: y", Effect.ASK),
        ("[Interdiff v3~v4 4/4] x: y", Effect.NONE),
        ("[PATCH 3/2] TEST CODE", Effect.NONE),
        ("[PATCH] DO NOT MERGE: x: y", Effect.NONE),
        ("[DO NOT MERGE PATCH] x: y", Effect.NONE),
        ("[PATCH HACK] x: y", Effect.NONE),
        ("[PATCH] x: test the device", Effect.ASK),
    ],
)
def test_no_sign_off_is_asked_for_what_is_only_shown(subject: str, effect: Effect) -> None:
    (series,) = assemble([read_mail(subject, body(signed=False))])
    assert [f.effect for f in found(MissingSignOff(), series)] == [effect]


@pytest.mark.parametrize(
    ("trailers", "message"),
    [
        ("", "no Signed-off-by of a person in the commit log"),
        ("Cc: Ann <ann@example.net>\n", "no Signed-off-by of a person in the commit log"),
        (
            "Cc: Ann <ann@example.net>\nFixes: 0123456789ab\n",
            "no Signed-off-by of a person among the 2 trailer lines of the commit log",
        ),
        ("Signeo-off-by: Jo <jo@example.org>\n", "no Signed-off-by of a person; `Signeo-off-by:` is not read as one"),
        (
            "Signed-off-by: Claude <noreply@anthropic.com>\n",
            "no Signed-off-by of a person in the commit log; a sign-off of an agent is none",
        ),
    ],
)
def test_what_is_missing_is_said_in_plain_words(trailers: str, message: str) -> None:
    (series,) = assemble([read_mail(body=body(trailers, signed=False))])
    (finding,) = found(MissingSignOff(), series)
    assert finding.message == message
