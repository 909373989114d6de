# SPDX-License-Identifier: GPL-2.0-or-later
"""The profiles that ship: valid, cited, chosen by list and date."""

from datetime import UTC, datetime

import pytest

from builders_series import make_series
from patchwatch.errors import UsageError
from patchwatch.parse.roles import DEFAULT_ROLES
from patchwatch.policy.files import Profile, inherited
from patchwatch.policy.links import link_faults
from patchwatch.policy.loader import load_policies
from patchwatch.policy.schema import json_schema, shape_faults
from patchwatch.policy.select import glob_match

POLICIES = load_policies()
CONCRETE = [profile for profile in POLICIES.profiles if not profile.abstract]


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize("profile", POLICIES.profiles, ids=str)
def test_shipped_profile_has_no_fault(profile: Profile) -> None:
    assert shape_faults(profile.data) == []
    versions = {other.version: other.data for other in POLICIES.profiles if other.id == profile.id}
    assert link_faults(profile.data, inherited(profile, POLICIES.profiles), versions) == []


@pytest.mark.parametrize("profile", CONCRETE, ids=str)
def test_shipped_profile_is_cited_and_named_like_its_file(profile: Profile) -> None:
    policy = POLICIES.get(str(profile), None)
    assert policy.ref.source.startswith("https://")
    assert all(use.clause.startswith("https://") for use in policy.rules)
    assert len(policy.ref.digest) == 64
    assert profile.path.stem in (f"{profile.id}-{profile.version}", profile.id)


def test_default_roles_are_those_of_the_base() -> None:
    assert POLICIES.get("linux@7.3", None).roles == DEFAULT_ROLES


@pytest.mark.parametrize(
    ("spec", "at", "version"),
    [
        ("linux", "2026-01-05T23:59:59", "none@1"),
        ("linux", "2026-01-06T00:00:00", "linux@7.0"),
        ("linux", "2026-08-02T23:59:59", "linux@7.0"),
        ("linux", "2026-08-03T00:00:00", "linux@7.3"),
        ("qemu", "2025-06-23T12:00:00", "none@1"),
        ("qemu", "2025-06-24T00:00:00", "qemu@2025-06"),
        ("qemu", "2026-09-01T00:00:00", "qemu@2025-06"),
        ("none", "1999-01-01T00:00:00", "none@1"),
    ],
)
def test_text_in_force_at_the_date_judges(spec: str, at: str, version: str) -> None:
    ref = POLICIES.get(spec, day(at)).ref
    assert f"{ref.id}@{ref.version}" == version


def test_days_are_utc_days() -> None:
    local = datetime.fromisoformat("2026-08-03T01:00:00+02:00")
    assert POLICIES.get("linux", local).ref.version == "7.0"


def test_named_version_is_taken_whatever_the_date() -> None:
    policy = POLICIES.get("qemu@2026-05-v2", day("2020-01-01"))
    assert policy.ref.version == "2026-05-v2"
    assert not policy.binding


def test_unreadable_date_accuses_nobody_and_says_so() -> None:
    policy = POLICIES.get("qemu", None)
    assert policy.ref.id == "none"
    assert policy.notes == ("the mail has no readable date, so no version of qemu was chosen",)


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ("qmeu", "did you mean qemu? there is "),
        ("linux@7.3x", "; there is linux@7.0, linux@7.3"),
        ("_base-dco", " there is "),
    ],
)
def test_unknown_policy_names_the_nearest_and_then_what_exists(spec: str, told: str) -> None:
    with pytest.raises(UsageError) as error:
        POLICIES.get(spec, None)
    text = str(error.value)
    assert text.startswith(f"no policy {spec!r};")
    assert told in text
    names = text.rpartition("there is ")[2].split(", ")
    assert names == sorted(names)
    assert "_base-dco" not in names


@pytest.mark.parametrize(
    ("list_id", "project"),
    [
        ("linux-kernel.vger.kernel.org", "linux"),
        ("netdev.vger.kernel.org", "linux"),
        ("linux-erofs.lists.ozlabs.org", "linux"),
        ("linux-arm-kernel.lists.infradead.org", "linux"),
        ("linux-mm.kvack.org", "linux"),
        ("git.vger.kernel.org", "git"),
        ("util-linux.vger.kernel.org", "util-linux"),
        ("linux-man.vger.kernel.org", "man-pages"),
        ("fio.vger.kernel.org", "none"),
        ("dash.vger.kernel.org", "none"),
        ("iwd.lists.linux.dev", "none"),
        ("opensbi.lists.infradead.org", "none"),
        ("qemu-block.nongnu.org", "qemu"),
        ("QEMU-Devel.nongnu.org", "qemu"),
        ("lists.example.org", "none"),
        ("", "none"),
    ],
)
def test_list_chooses_the_project(list_id: str, project: str) -> None:
    assert POLICIES.select(make_series(list_id=list_id)).ref.id == project


def test_list_id_beats_addresses() -> None:
    series = make_series(list_id="git.vger.kernel.org", recipients=("linux-kernel@vger.kernel.org",))
    assert POLICIES.select(series).ref.id == "git"


@pytest.mark.parametrize(
    ("recipients", "project"),
    [
        (("ivo@example.com", "qemu-devel@nongnu.org"), "qemu"),
        (("git@vger.kernel.org",), "git"),
        (("linux-foo@vger.kernel.org",), "linux"),
        (("ivo@example.com",), "none"),
    ],
)
def test_addresses_choose_where_no_list_is_named(recipients: tuple[str, ...], project: str) -> None:
    assert POLICIES.select(make_series(recipients=recipients)).ref.id == project


def test_series_without_date_is_judged_by_nobody() -> None:
    assert POLICIES.select(make_series(list_id="qemu-devel.nongnu.org", date=None)).ref.id == "none"


@pytest.mark.parametrize(
    ("pattern", "text", "answer"),
    [
        ("*.vger.kernel.org", "git.vger.kernel.org", True),
        ("*.vger.kernel.org", "vger.kernel.org", False),
        ("*.vger.kernel.org", "git.vger.kernel.org.example.com", False),
        ("qemu-*.nongnu.org", "qemu-devel.nongnu.org", True),
        ("a*b*c", "a-b-b-c", True),
        ("a*b*c", "a-c", False),
        ("?x", "ax", True),
        ("?x", "x", False),
        ("*", "", True),
        ("", "a", False),
        ("a.b", "aXb", False),
    ],
)
def test_globs(pattern: str, text: str, answer: bool) -> None:
    assert glob_match(pattern, text) is answer


def test_editors_get_a_schema_that_knows_the_words() -> None:
    text = str(json_schema())
    assert "only-roles" in text
    assert "maintainer-discretion" in text
