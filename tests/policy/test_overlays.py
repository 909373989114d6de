# SPDX-License-Identifier: GPL-2.0-or-later
"""Texts that lie on another, files outside of a text, and several projects for one series."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from builders_series import SIGNED, TAGGED, make_file, make_message, make_patch, make_series
from patchwatch.engine import judge
from patchwatch.errors import UsageError
from patchwatch.judging import chooser, judge_each
from patchwatch.model.series import Patch, Series
from patchwatch.model.verdict import Effect, Outcome, Verdict
from patchwatch.policy.loader import Policies, load_policies

BASE = """
schema = 1
source = [{ url = "https://example.org/policy", retrieved = 2026-01-01 }]
rule = [
  { use = "declared-ai-content", effect = "none" },
  { use = "missing-sign-off", effect = "ask" },
]
human = [{ id = "one", ask = "Why?" }]
select = { list-ids = ["frob.lists.example.org"], addresses = ["frob@lists.example.org"] }
[policy]
id = "frob"
version = "1"
status = "in-force"
stance = "allow"
effective = { from = 2026-01-01 }
[tag.Assisted-by]
means = "ai"
"""
UPPER = """
schema = 1
source = [{ url = "https://example.org/net-policy", retrieved = 2026-01-01 }]
select = { paths = ["net/**"] }
rule = [{ use = "declared-ai-content", effect = "decline", why = "not in net" }]
human = [{ id = "net", ask = "Was it tested on a network?" }]
[policy]
id = "frob-net"
version = "1"
status = "in-force"
stance = "forbid"
overlay-of = "frob"
effective = { from = 2026-02-01, until = 2026-11-30 }
"""


def load(folder: Path, *texts: str) -> Policies:
    for number, text in enumerate(texts):
        (folder / f"{number}.toml").write_text(text, encoding="utf-8")
    return load_policies([folder])


def faults(folder: Path, *texts: str) -> str:
    with pytest.raises(UsageError) as error:
        load(folder, *texts)
    return str(error.value)


def tagged(path: str, *, list_id: str = "frob.lists.example.org", date: datetime | None = None) -> Series:
    patch = make_patch(trailers=(TAGGED, SIGNED), files=(make_file(path),))
    return make_series([patch], list_id=list_id, **({} if date is None else {"date": date}))  # type: ignore[arg-type]


def effects(verdict: Verdict) -> dict[str, Effect]:
    return {finding.rule: finding.effect for finding in verdict.findings}


def test_overlay_judges_what_touches_its_paths_and_nothing_else(tmp_path: Path) -> None:
    policies = load(tmp_path, BASE, UPPER)
    inside = judge(tagged("net/a.c"), policies.select(tagged("net/a.c")))
    assert effects(inside) == {"declared-ai-content": Effect.DECLINE}
    assert inside.findings[0].clause == "https://example.org/net-policy"
    assert inside.policy.id == "frob"
    assert [question.id for question in inside.human] == ["one", "net"]
    assert inside.notes == ("with frob-net@1 on top (https://example.org/net-policy)",)
    outside = judge(tagged("fs/a.c"), policies.select(tagged("fs/a.c")))
    assert effects(outside) == {"declared-ai-content": Effect.NONE}
    assert inside.policy.digest != outside.policy.digest


def test_overlay_speaks_only_of_the_patches_that_touch_its_paths(tmp_path: Path) -> None:
    patches = [
        make_patch(n, trailers=(f"{TAGGED}{n}", SIGNED), files=(make_file(path),))
        for n, path in ((1, "fs/a.c"), (2, "net/b.c"))
    ]
    series = make_series(patches, list_id="frob.lists.example.org")
    verdict = judge(series, load(tmp_path, BASE, UPPER).select(series))
    assert [(f.effect, [e.message_id for e in f.evidence]) for f in verdict.findings] == [
        (Effect.NONE, ["1@example.org"]),
        (Effect.DECLINE, ["2@example.org"]),
    ]


@pytest.mark.parametrize(("day", "outcome"), [(31, Outcome.READY), (32, Outcome.DECLINE)])
def test_overlay_holds_inside_its_dates(tmp_path: Path, day: int, outcome: Outcome) -> None:
    date = datetime(2026, 1 + day // 32, day % 31 or 31, 12, tzinfo=UTC)
    series = tagged("net/a.c", date=date)
    assert judge(series, load(tmp_path, BASE, UPPER).select(series)).outcome is outcome


def test_overlay_is_left_out_where_one_version_is_named(tmp_path: Path) -> None:
    policies, series = load(tmp_path, BASE, UPPER), tagged("net/a.c")
    assert judge(series, chooser(policies, "frob@1")(series)).outcome is Outcome.READY
    assert judge(series, chooser(policies, "frob")(series)).outcome is Outcome.DECLINE
    assert judge(series, chooser(policies, "frob-net")(series)).outcome is Outcome.DECLINE
    assert judge(series, chooser(policies, "frob-net@1")(series)).outcome is Outcome.DECLINE


def test_overlay_never_chooses_a_project_by_path_alone(tmp_path: Path) -> None:
    series = tagged("net/a.c", list_id="other.lists.example.org")
    assert load(tmp_path, BASE, UPPER).select(series).ref.id == "none"


def test_overlay_that_is_only_proposed_is_left_alone(tmp_path: Path) -> None:
    upper = UPPER.replace('"in-force"', '"proposed"').replace('"decline", why = "not in net"', '"ask"')
    policies, series = load(tmp_path, BASE, upper), tagged("net/a.c")
    assert policies.select(series).notes == ()
    verdict = judge(series, policies.get("frob-net@1", series.date))
    assert verdict.outcome is Outcome.READY
    assert "without effect" in verdict.notes[0]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (('overlay-of = "frob"', 'overlay-of = "frop"'), "there is no policy 'frop'; did you mean `frob`?"),
        (('select = { paths = ["net/**"] }', ""), "select.paths: is required"),
        (
            ('"declared-ai-content", effect = "decline"', '"missing-sign-off", effect = "none"'),
            "rule[0].effect: `none` is lower than `ask`, which frob@1 says",
        ),
        (
            ('"declared-ai-content", effect = "decline"', '"missing-sign-off", effect = "off"'),
            "rule[0].effect: an overlay cannot switch a rule off",
        ),
        (('id = "net"', 'id = "one"'), "human[0].id: frob@1 asks 'one' already"),
        (
            ('stance = "forbid"', 'stance = "forbid"\nexempt-uses = ["review"]'),
            "policy.exempt-uses: an overlay cannot have it",
        ),
        (("schema = 1", 'schema = 1\ninherit = "_base-dco"'), "inherit: an overlay cannot have it"),
        (("[policy]", '[tag.assisted-by]\nmeans = "human"\n[policy]'), "tag.assisted-by: frob@1 has it already"),
    ],
)
def test_overlay_can_only_add_and_raise(tmp_path: Path, change: tuple[str, str], fault: str) -> None:
    assert fault in faults(tmp_path, BASE, UPPER.replace(*change))


def test_overlay_is_compared_only_with_texts_of_its_time(tmp_path: Path) -> None:
    strict = BASE.replace(
        '"declared-ai-content", effect = "none"', '"declared-ai-content", effect = "decline", why = "w"'
    )
    former = strict.replace('version = "1"', 'version = "0"').replace(
        "from = 2026-01-01 }", "from = 2025-01-01, until = 2025-12-31 }"
    )
    asks = UPPER.replace('"decline", why = "not in net"', '"ask"')
    assert load(tmp_path, BASE, former, asks).get("frob@1", None).ref.id == "frob"
    assert "`ask` is lower than `decline`, which frob@1 says" in faults(tmp_path, strict, former, asks)


def test_paths_without_overlay_are_a_fault(tmp_path: Path) -> None:
    text = BASE.replace("select = {", 'select = { paths = ["net/**"],')
    assert "select.paths: is for overlays only" in faults(tmp_path, text)


def test_files_outside_the_text_leave_every_count(tmp_path: Path) -> None:
    text = BASE.replace('stance = "allow"', 'stance = "allow"\nexclude-paths = ["lib/imported/**"]')
    policies = load(tmp_path, text.replace('effect = "none"', 'effect = "decline", why = "w"'))
    files = (make_file("lib/imported/a.c", 9), make_file("src/b.c", 2))
    mixed = make_series([make_patch(trailers=(TAGGED, SIGNED), files=files)])
    verdict = judge(mixed, policies.get("frob@1", None))
    assert verdict.outcome is Outcome.DECLINE
    assert len(verdict.sizes[0].roles) == 2
    assert [added for _, added, _ in verdict.sizes[0].by_role] == [2, 0, 0, 0, 0]
    imported = make_series([make_patch(trailers=(TAGGED, SIGNED), files=files[:1])])
    assert judge(imported, policies.get("frob@1", None)).outcome is Outcome.READY


def posted(*list_ids: str, recipients: tuple[str, ...] = (), tags: tuple[str, ...] = ()) -> Series:
    patches = []
    for number, list_id in enumerate(list_ids or ("",), 1):
        message = make_message(
            f"{number}@example.org", trailers=(TAGGED, SIGNED), list_id=list_id, recipients=recipients,
            subject=f"[PATCH {' '.join(tags)}] hw/foo: check the device",
        )  # fmt: skip
        patches.append(Patch(position=number, message=replace(message, prefix=replace(message.prefix, tags=tags))))
    return make_series(patches)


@pytest.mark.parametrize(
    ("series", "projects"),
    [
        (posted("frob.lists.example.org"), ["frob"]),
        (posted("frob.lists.example.org", "qemu-devel.nongnu.org"), ["frob", "qemu"]),
        (posted("frob.lists.example.org", recipients=("qemu-devel@nongnu.org",)), ["frob"]),
        (posted(recipients=("ivo@example.com", "qemu-devel@nongnu.org", "frob@lists.example.org")), ["frob", "qemu"]),
        (posted("unknown.example.org"), ["none"]),
        (posted(tags=("Frob",)), ["frob"]),
        (posted("qemu-devel.nongnu.org", tags=("frob",)), ["qemu"]),
    ],
)
def test_one_verdict_for_each_project(tmp_path: Path, series: Series, projects: list[str]) -> None:
    text = BASE.replace("select = {", 'select = { subject-prefixes = ["frob"],')
    policies = load(tmp_path, text)
    judged = judge_each([series], policies.choose_all, known=False)
    assert [one.id for one, _ in judged] == [series.id] * len(projects)
    assert [verdict.policy.id for _, verdict in judged] == projects
    assert policies.select(series).ref.id == projects[0]


def test_a_series_of_one_project_is_judged_once_beside_one_of_two(tmp_path: Path) -> None:
    policies = load(tmp_path, BASE)
    both, one = posted("frob.lists.example.org", "qemu-devel.nongnu.org"), posted("qemu-devel.nongnu.org")
    judged = judge_each([both, one], policies.choose_all, known=False)
    assert [verdict.policy.id for _, verdict in judged] == ["frob", "qemu", "qemu"]
    assert [series is both for series, _ in judged] == [True, True, False]
