# SPDX-License-Identifier: GPL-2.0-or-later
"""
`check --format junit`: one test suite a series, one test case for each rule and patch.

There is no official schema; what is written here is what the common readers agree on.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from xml.etree import ElementTree as ET

from patchwatch.model.series import Series
from patchwatch.model.verdict import Verdict
from patchwatch.reports.results import Grade, Judged, Result, counted, place, policy_name, results

# XML 1.0 has no way to write these (https://www.w3.org/TR/xml/#charsets); a carriage return would end a line of a log.
_FORBIDDEN = dict.fromkeys((*range(9), *range(11, 32), *range(55296, 57344), 65534, 65535), "�")


def render_junit(judged: Judged, rules: Mapping[str, Sequence[str]], *, asks_fail: bool) -> str:
    """
    Return the document; *rules* are those that each policy (`id@version`) runs, in its order.

    *asks_fail* is `--fail-on ask`: then questions fail a test case, else they pass with their text.
    """
    root = ET.Element("testsuites", name="patchwatch")
    totals = [0, 0, 0]
    for series, verdict in counted(judged):
        suite = _suite(series, verdict, rules.get(policy_name(verdict), ()), asks_fail=asks_fail)
        totals = [total + int(suite.get(key, "0")) for total, key in zip(totals, _COUNTS, strict=True)]
        root.append(suite)
    for key, total in list(zip(_COUNTS, totals, strict=True))[:2]:  # readers know no `skipped` here
        root.set(key, str(total))
    root.set("errors", "0")
    ET.indent(root, " ")
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


_COUNTS = ("tests", "failures", "skipped")


def _suite(series: Series, verdict: Verdict, rules: Iterable[str], *, asks_fail: bool) -> ET.Element:
    """Write one case for each rule and patch; a rule about the whole series has one case of its own."""
    found: defaultdict[tuple[str, str], list[Result]] = defaultdict(list)
    for one in results([(series, verdict)]):
        found[one.finding.rule, "" if one.message is None else one.message.message_id].append(one)
    skipped = {one.rule: one.reason for one in verdict.skipped}
    patches = {patch.message.message_id: patch.message.subject for patch in series.patches}
    subjects = {"": series.subject, series.head.message_id: series.subject, **patches}
    suite = ET.Element("testsuite", name=_xml(series.subject), errors="0", time="0")
    for rule in dict.fromkeys((*rules, *(rule for rule, _ in found), *skipped)):
        about = [mid for name, mid in found if name == rule and mid not in patches]
        for mid in (*patches, *about):
            case = ET.SubElement(suite, "testcase", classname=_xml(policy_name(verdict)), time="0")
            case.set("name", _xml(f"{rule}: {subjects.get(mid, series.subject)}"))
            if rule in skipped and (rule, mid) not in found:
                ET.SubElement(case, "skipped", message=_xml(skipped[rule]))
            _tell(case, found.get((rule, mid), ()), asks_fail=asks_fail)
    for key, tag in zip(_COUNTS, ("testcase", "testcase/failure", "testcase/skipped"), strict=True):
        suite.set(key, str(len(suite.findall(tag))))
    return suite


def _tell(case: ET.Element, found: Iterable[Result], *, asks_fail: bool) -> None:
    failing = {Grade.ERROR, Grade.WARNING} if asks_fail else {Grade.ERROR}
    texts = [(one, "\n".join(filter(None, (one.text, _evidence(one), one.finding.clause)))) for one in found]
    failed = [text for one, text in texts if one.grade in failing]
    told = [text for one, text in texts if one.grade not in failing]
    if failed:
        failure = ET.SubElement(case, "failure", type="finding", message=_xml(failed[0].partition("\n")[0]))
        failure.text = _xml("\n\n".join(failed))
    if told:
        ET.SubElement(case, "system-out").text = _xml("\n\n".join(told))


def _evidence(one: Result) -> str:
    return f"{place(one)}: {one.evidence.quote}" if one.evidence is not None else ""


def _xml(text: str) -> str:
    return text.translate(_FORBIDDEN)
