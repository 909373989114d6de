# SPDX-License-Identifier: GPL-2.0-or-later
"""
`check --format html`: one page that needs nothing else, loads nothing and runs nothing.

All words of a mail pass `_text`; the page forbids scripts, images and requests by its own policy (CSP), so that even
a mistake here could not make it do anything.
"""

import hashlib
from base64 import b64encode
from collections.abc import Iterator, Sequence
from html import escape

from patchwatch.model.series import Series, State
from patchwatch.model.verdict import Finding, Level, PolicyRef, Verdict
from patchwatch.reports.clean import several
from patchwatch.reports.replies import day
from patchwatch.reports.results import policy_name

# C0 but tab and line feed, DEL, C1, bidi controls, zero-width marks, surrogates: shown as U+FFFD.
_ODD = [*range(9), *range(11, 32), *range(127, 160), 0x61C, 0x200B, 0x200E, 0x200F, 0xFEFF]
_ODD += [*range(0x202A, 0x202F), *range(0x2066, 0x206A), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF]
_HARMLESS = dict.fromkeys(_ODD, "\ufffd")
_STYLE = """
body { font: 16px/1.45 system-ui, sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em; color: #1b1b1b; }
article { border: 1px solid #c8c8c8; border-radius: 6px; padding: .2em 1.2em 1em; margin: 1.2em 0; }
h2 { font-size: 1.1em; overflow-wrap: anywhere; }
.outcome { display: inline-block; border: 1px solid currentColor; border-radius: 4px; padding: 0 .45em; }
.ready { color: #1a6b2c; } .ask { color: #7a5600; } .decline { color: #8a1f5c; } .prototype { color: #10577a; }
.undetermined { color: #555; } .facts, .quiet { color: #555; }
blockquote { margin: .3em 0 .3em 1em; padding-left: .8em; border-left: 3px solid #c8c8c8; overflow-wrap: anywhere; }
code { overflow-wrap: anywhere; } li { margin: .5em 0; }
@media (prefers-color-scheme: dark) { body { background: #161616; color: #e4e4e4; } a { color: #8ab4f8; }
.ready { color: #7fd694; } .ask { color: #e8c268; } .decline { color: #eb9ac8; } .prototype { color: #82c4e6; }
.undetermined, .facts, .quiet { color: #aaa; } }
"""


def render_html(judged: Sequence[tuple[Series, Verdict]], unread: Sequence[str] = ()) -> Iterator[str]:
    """Yield the page piece by piece; *unread* says what could not be read."""
    digest = b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    yield (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" '
        f"content=\"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>patchwatch: {_text(several(len(judged), 'verdict'))}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<h1>{_text(several(len(judged), 'verdict'))}</h1>\n"
    )
    if unread:
        yield f"<p>Could not be read:</p>\n<ul>{''.join(f'<li>{_text(one)}</li>' for one in unread)}</ul>\n"
    for series, verdict in judged:
        yield from _article(series, verdict)
    yield "</body>\n</html>\n"


def _article(series: Series, verdict: Verdict) -> Iterator[str]:
    outcome = verdict.outcome.value
    yield f'<article>\n<h2><span class="outcome {outcome}">{outcome}</span> {_text(series.subject)}</h2>\n'
    total = "?" if series.expected is None else str(series.expected)
    facts = [str(series.author), day(series.date), f"v{series.revision}", f"{len(series.patches)} of {total} patches"]
    facts += [series.label] if series.label else []
    facts += [series.state.value] if series.state is not State.OPEN else []
    yield f'<p class="facts">{_text(", ".join(facts))}<br><code>{_text(series.id)}</code><br>'
    yield f"policy: {_policy(verdict.policy, policy_name(verdict))}</p>\n"
    disclosed = [(one, message) for message in series.messages for one in message.disclosures]
    yield from _list("Disclosed", [_quote(one.quote, message.subject) for one, message in disclosed])
    subjects = {message.message_id: message.subject for message in (*series.messages, *series.followups)}
    shown = [_finding(one, subjects) for one in verdict.findings if one.level is not Level.OK]
    yield from _list("Findings", shown)
    yield from _list("For a person to answer", [_text(one.ask) for one in verdict.human])
    skipped = [f'<span class="quiet">{_text(f"{one.rule}: {one.reason}")}</span>' for one in verdict.skipped]
    yield from _list("Not looked at", skipped)
    yield "</article>\n"


def _list(title: str, items: Sequence[str]) -> Iterator[str]:
    if items:
        yield f"<h3>{title}</h3>\n<ul>\n{''.join(f'<li>{one}</li>' + chr(10) for one in items)}</ul>\n"


def _finding(finding: Finding, subjects: dict[str, str]) -> str:
    grade = finding.effect.value if finding.level is Level.FACT else finding.level.value
    waived = " (waived)" if finding.waived else ""
    quotes = "".join(
        _quote(
            one.quote,
            f"{subjects.get(one.message_id, one.message_id)}, {one.part.value}"
            + ("" if one.line is None else f" line {one.line}"),
        )
        for one in finding.evidence
    )
    head = f"<strong>{_text(finding.rule)}</strong> ({_text(grade)}{waived}): {_text(finding.message)}"
    return f"{head}{quotes}{_link(finding.clause, finding.clause)}"


def _quote(quote: str, where: str) -> str:
    return f'<blockquote><code>{_text(quote)}</code><br><span class="quiet">{_text(where)}</span></blockquote>'


def _policy(ref: PolicyRef, name: str) -> str:
    return f"{_link(ref.source, name)}, {_text(ref.status)}"


def _link(url: str, text: str) -> str:
    """Return a link for addresses of the web, else the text alone."""
    if not url.startswith(("https://", "http://")):
        return _text(text)
    return f'<a rel="noopener noreferrer" href="{_text(url)}">{_text(text)}</a>'


def _text(text: str) -> str:
    return escape(text.translate(_HARMLESS), quote=True)
