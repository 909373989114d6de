# SPDX-License-Identifier: GPL-2.0-or-later
"""The mails in the policy files that ship: each policy says what its file says it says."""

import pytest

from patchwatch.cli.policy_examples import try_example
from patchwatch.policy.files import Profile, read_examples
from patchwatch.policy.links import example_faults
from patchwatch.policy.loader import load_policies
from patchwatch.policy.schema import ExampleTable

POLICIES = load_policies()
EXAMPLES = [(profile, example) for profile in POLICIES.profiles for example in read_examples(profile.path)]


@pytest.mark.parametrize(
    ("profile", "example"), EXAMPLES, ids=[f"{profile}-{example['id']}" for profile, example in EXAMPLES]
)
def test_shipped_example_is_judged_as_it_says(profile: Profile, example: ExampleTable) -> None:
    assert try_example(profile, example, POLICIES).differences == ()


@pytest.mark.parametrize("profile", [one for one in POLICIES.profiles if not one.abstract], ids=str)
def test_shipped_examples_have_no_faults(profile: Profile) -> None:
    examples = read_examples(profile.path)
    assert example_faults(examples) == []
    assert examples


def changed(example: ExampleTable, **changes: object) -> ExampleTable:
    return {**example, **changes}  # type: ignore[typeddict-item]  # keys of an example


def test_each_kind_of_difference_is_told() -> None:
    profile = POLICIES.find("linux@7.3")
    example = next(one for one in read_examples(profile.path) if one["outcome"] == "ready")

    def told(**changes: object) -> str:
        return "\n".join(try_example(profile, changed(example, **changes), POLICIES).differences)

    assert told() == ""
    assert told(outcome="ask") == "the outcome is ready, not ask"
    assert told(findings=["undisclosed-ai"]) == "undisclosed-ai says nothing"
    assert told(mail="Subject: hello\n\nHello\n") == "there is no patch series in the mail"
    unsigned = example["mail"].replace("Signed-off-by", "Seen-by")
    assert "missing-sign-off asks, which is not expected" in told(mail=unsigned, outcome="ask")


def test_the_newest_series_of_an_mbox_is_the_one_that_counts() -> None:
    profile = POLICIES.find("linux@7.3")
    example = next(one for one in read_examples(profile.path) if one["outcome"] == "ready")
    first = example["mail"].replace("Signed-off-by", "Seen-by").replace("Message-ID: <", "Message-ID: <v1.")
    first = first.replace("[PATCH", "[PATCH v1", 1)
    second = example["mail"].replace("[PATCH", "[PATCH v2", 1)
    mbox = "".join(f"From mboxrd@z Thu Jan  1 00:00:00 1970\n{mail.strip()}\n\n" for mail in (first, second))
    assert try_example(profile, changed(example, mail=mbox), POLICIES).differences == ()
