# SPDX-License-Identifier: GPL-2.0-or-later
"""Lines for the configuration of other programs, printed by `init`; tests give them to these programs."""


def b4_config(policy: str = "") -> str:
    """
    Return the section of a git configuration that makes b4 ask patchwatch, for a maintainer and a contributor.

    The mail of a review names its list, which chooses the policy. What a contributor prepares names none, so there
    *policy* is given; without one `git config patchwatch.policy` chooses.
    """
    given = f" --policy {policy}" if policy else ""
    return (
        "[b4]\n"
        "\treview-perpatch-check-cmd = patchwatch check --format b4 -\n"
        "\treview-series-check-cmd = patchwatch check --format b4 -\n"
        f"\tprep-perpatch-check-cmd = patchwatch check --format checkpatch{given} -\n"
        "\tam-perpatch-check-cmd = patchwatch check --format checkpatch -\n"
    )
