# SPDX-License-Identifier: GPL-2.0-or-later
"""What a reply says about the next step: closed phrases of its sender's own lines, nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders_mail import read_mail
from patchwatch.model.mail import MarkKind
from patchwatch.parse.steps import steps_in


def steps(text: str) -> list[str]:
    mail = read_mail("Re: [PATCH] x", text)
    return [mark.kind.value for mark in mail.marks if mark.kind is not MarkKind.UNQUOTED]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("Thanks, I'll send v3.", "next-version"),
        ("Ok, will refine it in v2.", "next-version"),
        ("Will fix in the next version.", "next-version"),
        ("Good catch, I will address this in the\nnext revision.", "next-version"),
        ("Fixed in v3, thanks.", "next-version"),
        ("I will rework this one and resubmit later.", "next-version"),
        ("I will propose a new patch.", "next-version"),
        ("Sure, let me respin.", "next-version"),
        ("Looks fine, I will fix it up when applying.", "acts"),
        ("I'll also apply this later today.", "acts"),
        ("Let's fold it into the other one.", "acts"),
        ("I will have a look this weekend.", "looks"),
        ("Will test it later.", "looks"),
        ("Please ignore this patch.", "withdrawn"),
        ("My fault, just ignore the change.", "withdrawn"),
    ],
)
def test_a_line_announces_the_next_step(line: str, kind: str) -> None:
    assert steps(f"> I'll quote.\n\nHello Jo,\n{line}\nRegards,\nAnn\n") == [kind]


@pytest.mark.parametrize(
    "line",
    [
        "If you agree, I'll send v3.",
        "I will not send v3.",
        "I would send v3.",
        "Should I send v3? I'll do as you say, shall I?",
        "I'll do that in a follow-up patch.",
        "Then it will fix the other case.",
        "Ravi will send v3.",
        "The multi will send v3.",
        "Please ignore this patch if it is not needed.",
        "> I'll send v3.",
        "v3 will come some day.",
    ],
)
def test_conditions_questions_and_others_announce_nothing(line: str) -> None:
    assert steps(f"{line}\n") == []


def test_whom_a_question_greets_is_kept_and_a_greeting_alone_is_not() -> None:
    assert steps("Hi Ann,\n\nis it right?\n") == ["greets"]
    assert steps("Hi Ann,\n\nit is right.\n") == []


def test_the_line_is_quoted_where_it_stands() -> None:
    (mark,) = read_mail("Re: [PATCH] x", "> a\n\nFine.\n  I'll send v2.\n").marks
    assert (mark.kind, mark.line, mark.quote) == (MarkKind.NEXT_VERSION, 4, "I'll send v2.")


def test_a_program_announces_nothing() -> None:
    assert read_mail("Re: [PATCH] x", "I'll send v2.\n", headers="Auto-Submitted: auto-replied\n").marks == ()


@given(st.lists(st.text("i'll wsendv23. ,?for", max_size=60), max_size=6))
def test_any_lines_give_at_most_one_mark_of_each_kind(lines: list[str]) -> None:
    kept = [line.strip() or "x" for line in lines]
    found = steps_in(list(enumerate(kept)), [line.lower() for line in kept], asks=True)
    assert len({mark.kind for mark in found}) == len(found)
