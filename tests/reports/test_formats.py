# SPDX-License-Identifier: GPL-2.0-or-later
"""The formats of `check` that other programs read: the same grades in each, and readers that are not ours."""

import json
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from junitparser import JUnitXml
from sarif_pydantic import Sarif

from builders_cli import UNSIGNED, list_mail, patch_body, run
from builders_judged import FORMATS, MAILS, SKIPPED_TEST, check, checked_json, mbox
from patchwatch.reports.results import line_in_file

FIXTURES = Path(__file__).parents[2] / "fixtures" / "mail"
SITUATIONS = sorted(path for path in FIXTURES.iterdir() if path.suffix in (".eml", ".mbox"))


def test_the_mails_end_in_the_outcomes_they_are_named_after() -> None:
    for outcome in MAILS:
        assert checked_json(outcome, "json")["series"][0]["outcome"] == outcome


@pytest.mark.parametrize(
    ("outcome", "status"),
    [("decline", "fail"), ("ask", "warn"), ("undetermined", "warn"), ("ready", "pass"), ("prototype", "pass")],
)
def test_b4_gets_one_entry_of_strings_that_names_the_text(outcome: str, status: str) -> None:
    (entry,) = checked_json(outcome, "b4")
    assert set(entry) == {"tool", "status", "summary", "url", "details"}
    assert all(isinstance(value, str) for value in entry.values())
    assert (entry["tool"], entry["status"]) == ("patchwatch", status)
    assert entry["summary"].startswith("qemu@" if outcome in ("decline", "prototype") else "linux@7.3: ")


@pytest.mark.parametrize(
    ("outcome", "word"),
    [("decline", "ERROR:"), ("ask", "WARNING:"), ("undetermined", "WARNING:"), ("ready", ""), ("prototype", "")],
)
def test_checkpatch_lines_are_only_what_somebody_acts_on(outcome: str, word: str) -> None:
    result = check(outcome, "checkpatch")
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert bool(lines) == bool(word)
    assert all(line.startswith("-:") for line in lines)
    assert not word or any(line.split(": ", 2)[1].startswith(word) for line in lines)
    assert ("ERROR:" in result.out) == (word == "ERROR:")


@pytest.mark.parametrize(
    ("outcome", "level"),
    [("decline", "error"), ("ask", "warning"), ("undetermined", "warning"), ("ready", ""), ("prototype", "")],
)
def test_sarif_levels_follow_the_effect(outcome: str, level: str) -> None:
    levels = [one["level"] for one in checked_json(outcome, "sarif")["runs"][0]["results"]]
    assert next(iter(levels), "") in (level, level or "note")
    assert ("error" in levels) == (level == "error")
    assert ("warning" in levels) == (level == "warning" or (level == "error" and "warning" in levels))


@pytest.mark.parametrize("path", SITUATIONS, ids=lambda path: path.name)
def test_a_reader_of_sarif_that_is_not_ours_takes_it(path: Path) -> None:
    text = run("check", "--format", "sarif", "--fail-on", "never", path).out
    (found,) = Sarif.model_validate_json(text).runs
    rules = found.tool.driver.rules or []
    for one in found.results or []:
        assert one.rule_id == rules[one.rule_index if one.rule_index is not None else -1].id
        assert one.message.text
        assert one.locations


def test_fingerprints_survive_a_shift_of_lines_and_tell_mails_apart() -> None:
    def prints(log: str, mid: str = "1@example.org") -> set[str]:
        out = run(
            "check", "-", "--policy", "linux", "--format", "sarif", stdin=list_mail(mid, body=patch_body(log))
        ).out
        return {one["partialFingerprints"]["patchwatch/v1"] for one in json.loads(out)["runs"][0]["results"]}

    tagged = "Why.\n\nSigned-off-by: Claude <noreply@anthropic.com>\nSigned-off-by: Jo Doe <jo@example.org>\n"
    assert prints(tagged)
    assert prints(tagged) == prints(f"More.\n\n{tagged}")
    assert prints(UNSIGNED) != prints(tagged)


@pytest.mark.parametrize(
    ("outcome", "options", "failures"),
    [("decline", (), 1), ("ask", (), 0), ("ask", ("--fail-on", "ask"), 1), ("undetermined", ("--fail-on", "ask"), 1),
     ("undetermined", (), 0), ("ready", ("--fail-on", "ask"), 0), ("prototype", ("--fail-on", "ask"), 0)],
)  # fmt: skip
def test_junit_fails_cases_as_the_exit_code_does(outcome: str, options: tuple[str, ...], failures: int) -> None:
    found = JUnitXml.fromstring(check(outcome, "junit", *options).out.encode())
    assert bool(found.failures) == bool(failures)
    assert found.tests > 5
    (suite,) = list(found)
    cases = list(suite)
    assert len(cases) == suite.tests == found.tests
    assert all(": " in case.name for case in cases)
    told = [case for case in cases if case.system_out or any(one.text for one in case.result)]
    assert bool(told) == (outcome != "ready")


@pytest.mark.parametrize("path", SITUATIONS, ids=lambda path: path.name)
def test_a_reader_of_junit_that_is_not_ours_counts_what_we_counted(path: Path) -> None:
    text = run("check", "--format", "junit", "--fail-on", "never", path).out
    found = JUnitXml.fromstring(text.encode())
    stated = found.tests, found.failures, found.errors
    found.update_statistics()  # type: ignore[no-untyped-call]  # junitparser has types for a part of it
    assert stated == (found.tests, found.failures, found.errors)
    for suite in ET.fromstring(text):
        assert int(suite.get("skipped", "-1")) == len(suite.findall("testcase/skipped"))


@pytest.mark.parametrize(
    ("outcome", "command"),
    [("decline", "error"), ("ask", "warning"), ("undetermined", "warning"), ("ready", ""), ("prototype", "notice")],
)
def test_github_gets_annotations(outcome: str, command: str) -> None:
    first, *_ = [*check(outcome, "github").out.splitlines(), ""]
    assert first.startswith(f"::{command} file=hw/foo.c,title=" if command else "")
    assert command or not first


def test_github_shows_ten_of_a_kind_and_tells_how_many_more() -> None:
    many = [list_mail(f"{n}@example.org", f"[PATCH] hw/foo: change {n}", patch_body(UNSIGNED)) for n in range(14)]
    lines = run("check", "-", "--format", "github", stdin=mbox(*many)).out.splitlines()
    warnings = [line for line in lines if line.startswith("::warning ")]
    assert len(warnings) == 11
    assert warnings[-1] == "::warning title=patchwatch::4 more results of this kind"


def test_github_escapes_what_ends_a_property_or_a_command() -> None:
    name = "a,b::c%d.c"
    diff = SKIPPED_TEST.replace("tests/test_foo.py", name)
    mail = list_mail("1@example.org", "[PATCH] 100% ::error::x", patch_body(UNSIGNED, diff))
    line = run("check", "-", "--format", "github", stdin=mail).out.splitlines()[0]
    assert "file=a%2Cb%3A%3Ac%25d.c,title=missing-sign-off (linux@7.3)::" in line
    assert "[PATCH] 100%25 ::error::x" in line


@pytest.mark.parametrize(("at", "wanted"), [(6, 7), (7, None), (8, 8), (9, 9), (10, 10), (5, None), (1, None)])
def test_a_line_of_a_diff_is_told_as_one_of_the_file(at: int, wanted: int | None) -> None:
    found = line_in_file(SKIPPED_TEST.splitlines(), at)
    assert found == (None if wanted is None else ("tests/test_foo.py", wanted))


@pytest.mark.parametrize("line", ["@@ -1,3 x", "@@ -a,b +c,d @@", "@@", "@@ -1,3 +" + "9" * 5000 + " @@"])
def test_a_broken_hunk_header_is_no_place(line: str) -> None:
    assert line_in_file(["+++ b/x.c", line, "+x"], 3) is None


class Page(HTMLParser):
    """What a page would load, run or send; all that is not text and structure."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


def test_the_page_loads_and_runs_nothing() -> None:
    evil = '<script>alert(1)</script><img src="https://example.org/x.png" onerror=x>'
    mail = list_mail("1@example.org", f"[PATCH] {evil}", patch_body(f"{evil}\n\nGenerated-by: <b>ChatGPT</b>\n"))
    text = run("check", "-", "--policy", "qemu@2025-06", "--format", "html", "--fail-on", "never", stdin=mail).out
    page = Page()
    page.feed(text)
    assert {tag for tag, _ in page.seen} <= set(
        "html head meta title style body h1 h2 h3 article span p br code ul li blockquote a strong".split()
    )
    assert not [name for _, attrs in page.seen for name in attrs if name.startswith("on") or name in ("src", "style")]
    assert all((a["href"] or "").startswith("https://") for tag, a in page.seen if tag == "a")
    assert "default-src &#x27;none&#x27;" in text or "default-src 'none'" in text
    assert "&lt;script&gt;alert(1)" in text


def test_the_page_has_findings_quotes_clauses_and_questions() -> None:
    text = check("decline", "html").out
    for part in ("Generated-by: ChatGPT", "declared-ai-content", "https://www.qemu.org/", 'class="outcome decline"'):
        assert part in text


@pytest.mark.parametrize("kind", FORMATS)
def test_mail_without_series_is_a_whole_document_in_every_format(kind: str) -> None:
    result = run("check", "-", "--format", kind, stdin=list_mail("hello@example.org", "hello", "Good morning.\n"))
    assert result.code == 0
    if kind in ("json", "sarif", "b4"):
        json.loads(result.out)
    elif kind == "junit":
        assert ET.fromstring(result.out).get("tests") == "0"
    elif kind == "html":
        assert result.out.endswith("</html>\n")
    else:
        assert result.out == ""
    assert (result.err == "") == (kind in ("b4", "checkpatch"))


def test_superseded_postings_are_no_results() -> None:
    second = list_mail("v2@example.org", "[PATCH v2] hw/foo: fix overflow", date="Thu, 08 Oct 2026 10:00:00 +0000")
    both = mbox(list_mail("v1@example.org", body=patch_body(UNSIGNED)), second)
    assert run("check", "-", "--format", "checkpatch", stdin=both).out == ""
    assert json.loads(run("check", "-", "--format", "sarif", stdin=both).out)["runs"][0]["results"] == []


def test_what_could_not_be_read_is_told_in_every_format_for_machines(tmp_path: Path) -> None:
    box = mbox(list_mail("1@example.org"), list_mail("2@example.org")[:100])
    (tmp_path / "cut.mbox").write_bytes(box)
    for kind in ("b4", "checkpatch", "sarif", "github", "html"):
        assert "cut.mbox#2" in run("check", "--format", kind, tmp_path / "cut.mbox").out, kind
