# SPDX-License-Identifier: GPL-2.0-or-later
"""What several rules ask about a series: its marks, its sizes by role, which patches declare AI content."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from patchwatch.model.diff import Role
from patchwatch.model.mail import Mark, MarkKind, Message
from patchwatch.model.series import Series
from patchwatch.model.terms import Measure
from patchwatch.model.verdict import Effect, Evidence, Part
from patchwatch.rules._ai import Declared, ai_content, beside_the_patch, unsure
from patchwatch.rules._readings import Size, measure_patches
from patchwatch.rules.base import Context, Hit

# Verbs at the start of a title, behind its area. "fixed" is left out: fixed-clock, fixed size.
_FIX_WORDS = frozenset({"fix", "fixes", "fixing", "bugfix"})
# What people also fix, though no earlier commit broke anything that runs.
_NO_BUG = frozenset(
    """typo typos typoed typographical spelling misspelling misspellings grammar wording wordings comment comments
    kerneldoc kdoc doc docs documentation man manual manuals page pages markup example examples usage indent indentation
    whitespace whitespaces style checkpatch formatting capitalization copyright maintainers email header headers
    warning warnings duplication""".split()
)
_CUT = 80


def marks(message: Message, kind: MarkKind) -> tuple[Mark, ...]:
    """Return the marks of one kind, in the order of the mail."""
    return tuple(mark for mark in message.marks if mark.kind is kind)


def cite_mark(message: Message, mark: Mark, part: Part) -> Evidence:
    """Return the line of a mark as evidence."""
    return Evidence(message_id=message.message_id, part=part, line=mark.line, quote=mark.quote)


def fix_word(title: str) -> str:
    """Return the verb of a title that says a bug is fixed ("net: bar: fix ..."), "" for any other; a heuristic."""
    verb = title.rpartition(": ")[2].partition(" ")[0].casefold()
    if verb not in _FIX_WORDS:
        return ""
    words = "".join(char if char.isalnum() or char in "-_" else " " for char in title.casefold()).split()
    return verb if _NO_BUG.isdisjoint(words) else ""


def title_of(message: Message) -> str:
    """Return the title of a patch for a sentence, cut."""
    title = message.prefix.title or message.subject
    return title if len(title) <= _CUT else title[: _CUT - 3] + "..."


def lines_by_role(messages: Iterable[Message], context: Context) -> dict[Role, tuple[int, int]]:
    """Sum the lines added and removed, by the roles of the policy."""
    sums = {role: [0, 0] for role in Role}
    for message in messages:
        for change in message.files:
            both = sums[context.roles.role_of(change)]
            both[0] += change.added
            both[1] += change.removed
    return {role: (added, removed) for role, (added, removed) in sums.items()}


def patches_of(series: Series) -> tuple[Message, ...]:
    """Return the patches of a series, in order."""
    return tuple(patch.message for patch in series.patches)


def declared_patches(series: Series, context: Context) -> list[tuple[Message, tuple[Declared, ...]]]:
    """
    Return each patch that a counted, non-exempt declaration speaks about, with these declarations.

    A patch's own lines come first; those about the whole series are cited where a patch has none. A sentence below
    the cut that speaks of itself is none.
    """
    shared: list[Declared] = []
    own: dict[str, list[Declared]] = {}
    for declared in ai_content(series, context):
        if beside_the_patch(declared.disclosure):
            continue
        group = shared if declared.about is None else own.setdefault(declared.about.message_id, [])
        group.append(declared)
    found = ((patch, tuple(own.get(patch.message_id, shared))) for patch in patches_of(series))
    return [(patch, said) for patch, said in found if said]


def all_unsure(said: Iterable[Declared], context: Context) -> bool:
    """Whether no declaration proves content: then a finding is at most a question."""
    return all(unsure(declared.disclosure, context) for declared in said)


def evidence_of(said: Iterable[Declared]) -> tuple[Evidence, ...]:
    """Return the declaring lines, each once."""
    return tuple(dict.fromkeys(declared.evidence for declared in said))


class Sized(NamedTuple):
    """The declared patches that a measure counts together, what they declare, and how large they are."""

    patches: tuple[Message, ...]
    said: tuple[Declared, ...]
    size: Size

    def hit(self, words: str, context: Context, *, asks: bool = False) -> Hit:
        """Return what is found about them: at most a question where content or persons are not sure, or *asks*."""
        one = len(self.patches) == 1
        name = f'"{title_of(self.patches[0])}"' if one else f"the declared part ({len(self.patches)} patches)"
        unproven = asks or all_unsure(self.said, context) or self.size.measure.per == "author"
        text = f"{name} is {words} of {self.size.measure.limit} lines: {self.size}"
        return Hit(message=text, evidence=evidence_of(self.said), cap=Effect.ASK if unproven else None)


def measured(measure: Measure, series: Series, context: Context) -> Iterator[Sized]:
    """Size the declared patches of a series as the measure says: one by one, or all together."""
    declared = declared_patches(series, context)
    for part in [[one] for one in declared] if measure.per == "patch" else [declared] if declared else []:
        patches = tuple(patch for patch, _ in part)
        said = tuple(one for _, lines in part for one in lines)
        yield Sized(patches, said, measure_patches(measure, patches, context))
