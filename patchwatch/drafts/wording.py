# SPDX-License-Identifier: GPL-2.0-or-later
"""
The texts of a draft: string.Template files, checked when loaded, filled and laid out.

A rule's file is `<rule>.below-cut.txt` (when all evidence is below the cut), `<rule>.<effect>.txt`, `<rule>.txt`
or `finding.txt`, the first that exists. Its sections are `[fact]`, `[rule]`, `[ask]` for a reply about one finding
and `[point]` for a list of several; without sections the file is the whole reply about one. `single.txt` and
`several.txt` join them, `reply.txt` stands around the result. Names are those of b4's reply templates and ours;
lines that start with `#` are dropped. Templates cannot run code.
"""

from collections.abc import Mapping
from pathlib import Path
from string import Template

from patchwatch.drafts.points import Point
from patchwatch.drafts.safety import unsafe_line
from patchwatch.drafts.text import WIDTH, wrap
from patchwatch.errors import UsageError
from patchwatch.model.verdict import Part

_B4_NAMES = ("firstname", "fromname", "fromemail", "subject", "sentdate", "msgid", "myname", "myemail", "signature")
_FACT_NAMES = (
    "facts",
    "files",
    "quote",
    "about",
    "line",
    "place",
    "patches",
    "size",
    "counts",
    "limit",
    "keys",
    "since",
)
_OUR_NAMES = (*_FACT_NAMES, "clause", "url", "ask")
_COMMON_NAMES = ("thanks", "next", "work")
NAMES = frozenset((*_B4_NAMES, *_OUR_NAMES, *_COMMON_NAMES))
_FRAME_NAMES = frozenset((*_B4_NAMES, "reply"))
_SECTIONS = ("fact", "rule", "ask", "point")
_MOST_POINTS = 3
_COUNTED = {2: ("Two", "both"), 3: ("Three", "all")}
_MAX_TEMPLATE = 64 * 1024

Sections = Mapping[str, str]


class Templates:
    """
    The texts, by file name without `.txt`: those of the package, and over them those of *folders* in order.

    The package's own are read at first use; `check` reads all and tells all faults at once.
    """

    def __init__(self, *folders: Path) -> None:
        self._folders = (Path(__file__).parent / "templates", *folders)
        self._texts: dict[str, Sections] | None = None

    def check(self) -> None:
        """Read all files; UsageError with a line `file:line: what` for each fault."""
        faults: list[str] = []
        texts: dict[str, Sections] = {}
        for path in (p for folder in self._folders for p in sorted(folder.glob("*.txt"))):
            texts[path.stem] = _load(path, faults)
        if faults:
            raise UsageError("\n".join(faults))
        self._texts = texts

    def get(self, *names: str) -> Sections:
        """Return the first of *names* that exists; the last one must."""
        if self._texts is None:
            self.check()
        assert self._texts is not None  # noqa: S101 - for the type checker
        found = next((name for name in names if name in self._texts), names[-1])
        return self._texts[found]


DEFAULT = Templates()


def _load(path: Path, faults: list[str]) -> Sections:
    """Read one file into its sections ("" for the text outside any) and note its *faults*."""
    try:
        with path.open("rb") as stream:
            text = stream.read(_MAX_TEMPLATE).decode()
    except (OSError, UnicodeDecodeError) as error:
        faults.append(f"{path}: cannot be read: {error}")
        return {"": ""}
    sections: dict[str, list[str]] = {"": []}
    current = ""
    known = _FRAME_NAMES if path.stem == "reply" else NAMES
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("#"):
            continue
        if line.startswith("[") and line[1:-1] in _SECTIONS and line.endswith("]"):
            current = line[1:-1]
            sections[current] = []
            continue
        faults.extend(f"{path}:{number}: {fault}" for fault in _faults(line, known))
        sections[current].append(line)
    if path.stem == "reply" and "${reply}" not in text:
        faults.append(f"{path}: has no line with ${{reply}}, which is the reply itself")
    return {name: "\n".join(lines).strip("\n") for name, lines in sections.items()}


def _faults(line: str, known: frozenset[str]) -> list[str]:
    template = Template(line)
    if not template.is_valid():
        return ["a $ that starts no name; write $$ for a dollar sign"]
    unknown = [name for name in template.get_identifiers() if name not in known]
    if unknown:
        return [f"unknown name ${{{unknown[0]}}}; known are {', '.join(sorted(known))}"]
    if unsafe_line(line) is not None:
        return ["a program would act on this line (a trailer, a Cc, a command); put it into quotes"]
    return []


def prose(templates: Templates, points: list[tuple[Point, dict[str, str]]], common: Mapping[str, str]) -> str:
    """Return the text below the quote, not yet wrapped; *points* come with their words, the weightiest first."""
    if len(points) == 1:
        return _single(templates, *points[0], common)
    return _several(templates, points, common)


def _sections(templates: Templates, point: Point) -> Sections:
    below_cut = [f"{point.rule}.below-cut"] if all(e.part is Part.BELOW_CUT for e in point.evidence) else []
    return templates.get(*below_cut, f"{point.rule}.{point.effect}", point.rule, "finding")


def _single(templates: Templates, point: Point, words: Mapping[str, str], common: Mapping[str, str]) -> str:
    sections = _sections(templates, point)
    known = {**common, **words}
    known["facts"] = _fill(sections.get("fact", "${facts}"), {**known, "clause": "", "ask": ""})
    known["clause"] = _fill(sections.get("rule", ""), {**known, "facts": words["facts"], "ask": ""})
    known["ask"] = _fill(sections.get("ask", ""), {**known, "facts": words["facts"]})
    whole = sections[""]
    return _fill(whole or templates.get("single")[""], known)


def _several(templates: Templates, points: list[tuple[Point, dict[str, str]]], common: Mapping[str, str]) -> str:
    shown, rest = points[:_MOST_POINTS], len(points) - _MOST_POINTS
    urls = list(dict.fromkeys(point.clause for point, _ in shown))
    rows: list[str] = []
    for point, words in shown:
        text = _sections(templates, point).get("point") or templates.get("finding")["point"]
        since = f" (as in v{point.since})" if words["since"] else ""
        rows.append("- " + _fill(text, {**common, **words, "clause": "", "ask": ""}).replace("\n", " ") + since)
        if len(urls) > 1 and point.clause:
            rows.append(f"  {point.clause}")
    if rest > 0:
        rows.append(f"- and {rest} smaller point{'s' if rest > 1 else ''}")
    count, every = _COUNTED[len(shown)]
    known = {**common, **dict.fromkeys(_OUR_NAMES, "")}
    known["facts"] = "\n".join(rows)
    known["clause"] = f"{count} points{f', {every} from this text:' if len(urls) == 1 and urls[0] else ':'}"
    known["url"] = urls[0] if len(urls) == 1 else ""
    known["ask"] = f"Could you look at these for {common['next']}?"
    return _fill(templates.get("several")[""], known)


def _fill(text: str, words: Mapping[str, str]) -> str:
    """Fill in *words*; lines that come out empty go, and the first letter is a capital (`this line names ...`)."""
    lines = []
    for line in text.split("\n"):
        filled = Template(line).substitute(words).rstrip()
        if filled or not line.strip():
            lines.append(filled)
    kept = "\n".join(lines)
    return kept[:1].upper() + kept[1:]


def lay_out(text: str, width: int = WIDTH) -> list[str]:
    """
    Return *text* as lines: running prose is filled to *width*, URLs, lists, quotes and tables keep their lines.

    A blank line follows a table or list when prose goes on below it.
    """
    lines: list[str] = []
    paragraph: list[str] = []

    def flush() -> None:
        if paragraph:
            lines.extend(wrap(" ".join(paragraph), width))
            paragraph.clear()

    for line in text.split("\n"):
        if line and not _stands_alone(line):
            if not paragraph and lines and lines[-1].startswith(("  ", "- ")):
                lines.append("")
            paragraph.append(line)
            continue
        flush()
        lines.extend(wrap(line, width) if line.startswith("- ") else [line.rstrip()])
    flush()
    return lines


def _stands_alone(line: str) -> bool:
    return line.startswith(("  ", ">", "- ")) or ("://" in line and " " not in line)


def frame(templates: Templates, reply: list[str], signature: str, words: Mapping[str, str]) -> str:
    """
    Return the whole body: *reply* inside `reply.txt`, then `-- ` and *signature* unless the frame has them.

    As with b4, the reply is the quote and the prose; lines of the frame are not wrapped.
    """
    lines: list[str] = []
    for line in templates.get("reply")[""].split("\n"):
        if line.strip() == "${reply}":
            lines.extend(reply)
        else:
            known = {**words, "reply": "\n".join(reply), "signature": signature}
            lines.extend(Template(line).substitute(known).split("\n"))
    body = [line if line == "-- " else line.rstrip() for line in lines]
    while body and not body[-1]:
        body.pop()
    if "-- " not in body:
        body += ["", "-- ", *(line.rstrip() for line in signature.split("\n"))]
    return "\n".join(body) + "\n"
