# SPDX-License-Identifier: GPL-2.0-or-later
"""Whole situations of a maintainer, from bytes to what `check` prints; golden outputs lie beside the mails."""

import email
import json
import mailbox
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from builders_cli import run

FIXTURES = Path(__file__).parents[2] / "fixtures" / "mail"
POLICY = {
    "agent-as-co-author.eml": "linux@7.3",
    "agent-named-in-prose-until-7.2.eml": "linux@7.0",
    "agent-sign-off.eml": "linux@7.3",
    "analysis-only.eml": "qemu@2025-06",
    "author-says-so-in-a-reply.mbox": "qemu@2025-06",
    "base64-body.eml": "qemu@2025-06",
    "borderline-size.eml": "qemu@2026-05-v2",
    "disclosed-fix-until-7.2.eml": "linux@7.0",
    "disclosed-fix.eml": "linux@7.3",
    "disclosure-vanished-in-v3.mbox": "linux@7.3",
    "eight-bit-headers.eml": "linux@7.3",
    "feature-over-twenty-lines.eml": "qemu@2026-05-v2",
    "from-lines-in-the-log.mbox": "linux@7.3",
    "from-rewritten-by-the-list.eml": "none",
    "html-only.eml": "linux@7.3",
    "in-body-from.eml": "linux@7.3",
    "incomplete-series.mbox": "qemu@2025-06",
    "item-the-proposal-does-not-know.eml": "qemu@2026-05-v2",
    "latin-1-body.eml": "linux@7.3",
    "mangled-diff.eml": "linux@7.3",
    "names-beyond-ascii.eml": "none",
    "people-with-agent-names.mbox": "qemu@2025-06",
    "prose-in-cover-letter.mbox": "linux@7.3",
    "prototype-labelled-rfc.mbox": "qemu@2026-05-v2",
    "prototype-without-label.eml": "qemu@2026-05-v2",
    "pull-request.eml": "linux@7.3",
    "quoted-printable-body.eml": "linux@7.0",
    "rename-and-binary.eml": "none",
    "reply-with-a-diff.mbox": "linux@7.3",
    "review-bot-quotes-a-tag.mbox": "qemu@2025-06",
    "same-message-id-twice.mbox": "qemu@2025-06",
    "series-in-a-maildir": "linux@7.3",
    "signed-below-the-cut-only.eml": "linux@7.3",
    "stable-autosel.mbox": "linux@7.3",
    "tag-in-another-paragraph.eml": "linux@7.3",
    "tag-with-a-bare-name.eml": "linux@7.3",
    "terminal-escapes-in-subject.eml": "linux@7.3",
}
NAMES = sorted(POLICY)
FAILING = {"never": set(), "decline": {"decline"}, "ask": {"decline", "ask", "undetermined"}}

# The keys of INTERFACE.md section 3; a dict says what one element of a list or the object itself holds.
PERSON = {"name", "email"}
TOP = {"schema", "policy", "counts", "series", "defects"}
SERIES = set(
    "id list subject author date revision expected complete missing cover revisions state superseded_by label patches"
    " followups disclosures outcome findings skipped human".split()
)
INSIDE = {
    "revisions": {"revision", "id"},
    "patches": set(
        "message_id position subject author date patch_id files added removed by_role trailers defects".split()
    ),
    "followups": {"message_id", "author", "trailers"},
    "disclosures": set("message_id kind key value agent model tools uses place line quote".split()),
    "findings": set("rule level effect message waived since_revision evidence clause".split()),
    "skipped": {"rule", "reason"},
    "human": {"id", "ask"},
    "files": {"path", "old_path", "role", "added", "removed", "binary"},
    "trailers": {"key", "value", "line", "place"},
    "evidence": {"message_id", "part", "line", "quote"},
    "author": PERSON,
}
WORDS = {
    "outcome": {"ready", "ask", "prototype", "decline", "undetermined"},
    "level": {"fact", "info", "ok", "unknown"},
    "effect": {"none", "ask", "decline"},
    "state": {"open", "superseded", "merged"},
    "role": {"code", "tests", "docs", "generated", "build"},
    "part": {"header", "commit-log", "below-cut", "diff", "cover", "reply"},
}
PLACES = {"trailers", "body", "below-cut", "cover", "reply", "header"}
KINDS = {"trailer", "prose", "identity", "link", "branch"}


def golden(name: str, kind: str) -> Path:
    return FIXTURES / f"{name.removesuffix('.eml').removesuffix('.mbox')}.{kind}"


def document(name: str) -> Any:  # the document is what is tested here
    return json.loads(golden(name, "json").read_text(encoding="utf-8"))


def mails(name: str) -> list[bytes]:
    """Read the mails with the standard library alone; mboxrd quoting is undone."""
    path = FIXTURES / name
    if path.suffix == ".eml":
        return [path.read_bytes()]
    if path.suffix == ".mbox":
        box = mailbox.mbox(path, create=False)
        # A mailbox iterates over messages, not keys; its parts end with the blank line before the separator.
        return [re.sub(rb"(?m)^>(>*From )", rb"\1", box.get_bytes(key)) for key in box.keys()]  # noqa: SIM118
    return [one.read_bytes() for folder in ("cur", "new") for one in sorted((path / folder).iterdir())]


def body(data: bytes) -> bytes:
    payload = email.message_from_bytes(data).get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload


def bodies(name: str) -> dict[str, list[bytes]]:
    """Return the bodies by Message-ID, transfer encoding undone: two mails may carry the same."""
    found: dict[str, list[bytes]] = {}
    for data in mails(name):
        message_id = str(email.message_from_bytes(data)["Message-ID"]).strip("<>")
        found.setdefault(message_id, []).append(body(data))
    return found


def decoded(name: str) -> dict[str, list[list[str]]]:
    """Return the lines of the decoded bodies by Message-ID."""
    charset = "latin-1" if "latin-1" in name else "utf-8"
    return {key: [one.decode(charset).split("\n") for one in same] for key, same in bodies(name).items()}


def objects(value: object, name: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Give every object below *value* with the key it stands under."""
    if isinstance(value, dict):
        yield name, value
        for key, inner in value.items():
            yield from objects(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from objects(inner, name)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["text", "json"])
def test_the_output_is_the_one_people_have_read(name: str, kind: str, request: pytest.FixtureRequest) -> None:
    result = run("check", "--policy", POLICY[name], "--format", kind, "--fail-on", "never", FIXTURES / name)
    path = golden(name, "txt" if kind == "text" else kind)
    if request.config.getoption("--update-golden", default=False):
        path.write_text(result.out, encoding="utf-8")
    assert result.code == 0
    assert result.out == path.read_text(encoding="utf-8")


def test_every_fixture_has_a_policy_and_every_golden_file_a_fixture() -> None:
    expected = {FIXTURES / name for name in NAMES} | {golden(name, kind) for name in NAMES for kind in ("txt", "json")}
    assert set(FIXTURES.iterdir()) - {FIXTURES / "ORIGIN"} == expected


@pytest.mark.parametrize("name", NAMES)
def test_quotes_of_evidence_and_disclosures_stand_on_their_lines(name: str) -> None:
    there = decoded(name)
    quoted = [
        one
        for series in document(name)["series"]
        for one in (*series["disclosures"], *(e for finding in series["findings"] for e in finding["evidence"]))
    ]
    for one in quoted:
        if one["line"] is None:
            assert one.get("part", one.get("place")) == "header"
            assert one["quote"].partition(": ")[0] in ("Subject", "From")
        else:
            lines = [lines[one["line"] - 1] for lines in there[one["message_id"]]]
            assert any(one["quote"] in line if name.startswith("html") else one["quote"] == line for line in lines)


@pytest.mark.parametrize("name", NAMES)
def test_trailers_stand_on_their_lines(name: str) -> None:
    there = decoded(name)
    for series in document(name)["series"]:
        for message in (*series["patches"], *series["followups"]):
            for one in message["trailers"]:
                lines = [lines[one["line"] - 1] for lines in there[message["message_id"]]]
                assert any(line.removeprefix("<p>").startswith(f"{one['key']}:") for line in lines)


@pytest.mark.parametrize("name", NAMES)
def test_all_documented_keys_are_there_and_all_words_are_known(name: str) -> None:
    whole = document(name)
    assert set(whole) >= TOP
    assert whole["schema"] == "patchwatch.check/1"
    assert set(whole["counts"]) >= {"messages", "patches", "covers", "replies", "pulls", "other"}
    assert set(whole["policy"]) >= {"id", "version", "status", "source"}
    assert whole["counts"]["messages"] == sum(whole["counts"].values()) - whole["counts"]["messages"]
    for series in whole["series"]:
        assert set(series) >= SERIES
        for key, value in objects(series):
            assert set(value) >= INSIDE.get(key, set()), key
            for word, allowed in WORDS.items():
                assert value.get(word, next(iter(allowed))) in allowed
            assert key not in ("trailers", "disclosures") or value["place"] in PLACES
            assert key != "disclosures" or value["kind"] in KINDS


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("fail_on", list(FAILING))
def test_the_exit_code_follows_the_outcomes_of_open_series(name: str, fail_on: str) -> None:
    found = {series["outcome"] for series in document(name)["series"] if series["state"] == "open"}
    result = run("check", "--policy", POLICY[name], "--fail-on", fail_on, FIXTURES / name)
    assert result.code == int(bool(found & FAILING[fail_on]))


@pytest.mark.parametrize("name", NAMES)
def test_text_holds_no_control_characters_but_line_ends(name: str) -> None:
    text = golden(name, "txt").read_text(encoding="utf-8")
    assert not [char for char in text if char != "\n" and (ord(char) < 32 or 127 <= ord(char) < 160)]
    assert not set(text) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u200e\u200f\ufeff")


@pytest.mark.parametrize("name", NAMES)
def test_git_sees_the_same_patch_and_the_same_counts(name: str) -> None:
    there = bodies(name)
    for series in document(name)["series"]:
        for patch in series["patches"]:
            if {defect["kind"] for defect in patch["defects"]} & {"diff", "no-diff"}:
                continue  # git refuses these, too
            counts = {("-", "-") if f["binary"] else (str(f["added"]), str(f["removed"])) for f in patch["files"]}
            assert (patch["patch_id"], counts) in [_git_sees(mail) for mail in there[patch["message_id"]]]


def _git_sees(data: bytes) -> tuple[str, set[tuple[str, ...]]]:
    """Return the patch id and the lines added and removed per file, as git finds them."""
    patch_id = _git("patch-id", "--stable", data=data).split()[0]
    return patch_id, {tuple(line.split("\t", 2)[:2]) for line in _git("apply", "--numstat", data=data).splitlines()}


def _git(*arguments: str, data: bytes) -> str:
    return subprocess.run(["git", *arguments], input=data, capture_output=True, check=True).stdout.decode()


def test_the_fixtures_show_every_rule_that_asks_and_every_outcome() -> None:
    from patchwatch.model.verdict import Effect
    from patchwatch.policy.loader import load_policies
    from patchwatch.rules.base import rule_ids

    policies = load_policies()
    uses = [use for name in set(POLICY.values()) for use in policies.get(name, None).rules]
    asking = {use.rule.id for use in uses if use.effect is not Effect.NONE}
    series = [one for name in NAMES for one in document(name)["series"]]
    shown = {finding["rule"] for one in series for finding in one["findings"]}
    assert asking - {"agent-author", "agent-sent-mail"} <= shown <= set(rule_ids())  # these have mails of their own
    assert {one["outcome"] for one in series} == WORDS["outcome"]


def test_people_who_share_a_name_with_a_tool_disclose_nothing() -> None:
    (series,) = document("people-with-agent-names.mbox")["series"]
    assert series["disclosures"] == []
    assert series["outcome"] == "ready"
