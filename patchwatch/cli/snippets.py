# SPDX-License-Identifier: GPL-2.0-or-later
"""Lines for the configuration of other programs, printed by `init`; tests give them to these programs."""

# The mail of a review names its list, which chooses the policy. What a contributor prepares names none.
_B4 = (
    ("review-perpatch-check-cmd", "patchwatch check --format b4 -"),
    ("review-series-check-cmd", "patchwatch check --format b4 -"),
    ("prep-perpatch-check-cmd", "patchwatch check --format checkpatch{policy} -"),
    ("am-perpatch-check-cmd", "patchwatch check --format checkpatch -"),
)


def b4_commands(policy: str = "") -> str:
    """
    Return the git commands that have b4 ask patchwatch, for a maintainer and a contributor.

    *policy* judges what a contributor prepares; without one `git config patchwatch.policy` chooses.
    """
    given = f" --policy {policy}" if policy else ""
    return "".join(f"git config --global --add b4.{key} '{value.format(policy=given)}'\n" for key, value in _B4)
