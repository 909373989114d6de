# SPDX-License-Identifier: GPL-2.0-or-later
"""The rule inconsistent-disclosure."""

from collections.abc import Iterator
from typing import ClassVar

from patchwatch.model.mail import Message
from patchwatch.model.series import Series
from patchwatch.model.verdict import Level, Skipped
from patchwatch.parse.subject import match_key
from patchwatch.rules._ai import Declared, ai_content
from patchwatch.rules.base import Context, Example, Hit, Rule, cite_subject


class InconsistentDisclosure(Rule):
    """
    AI use was declared in an earlier revision of a patch, and is not declared any more.

    Patches of one author are the same when their titles or patch ids are equal. A declaration anywhere in
    the newer revision that speaks of the patch is enough, in whatever form: in the patch, in its cover letter
    or in a reply of the submitter. There are good reasons to drop one, such as a rewrite by hand, so this only
    informs. The newest earlier revision that declared something is quoted. What declares more than before is
    fine, and when no earlier revision is at hand the rule is skipped.
    """

    id: ClassVar[str] = "inconsistent-disclosure"
    level: ClassVar[Level] = Level.FACT
    title: ClassVar[str] = "a declaration of an earlier revision is gone"
    sources: ClassVar[tuple[str, ...]] = ("https://docs.kernel.org/process/generated-content.html",)
    examples: ClassVar[tuple[Example, ...]] = (
        Example(file="dropped-in-v2.mbox", flagged=True, policy="linux@7.3"),
        Example(file="kept-in-v2.mbox", flagged=False, policy="linux@7.3"),
        Example(file="moved-to-the-cover-letter.mbox", flagged=False, policy="linux@7.3"),
        Example(file="added-in-v2.mbox", flagged=False, policy="linux@7.3"),
    )

    def check(self, series: Series, context: Context) -> Iterator[Hit | Skipped]:
        """Yield one hit for each patch, or cover letter, whose declaration is gone."""
        if not context.former:
            if series.earlier or series.revision > 1:
                yield Skipped(rule=self.id, reason="no earlier revision is at hand")
            return
        now = ai_content(series, context)
        if any(declared.about is None for declared in now):
            return
        declaring = {declared.about.message_id for declared in now if declared.about is not None}
        before = _declared_before(context)
        for message in (patch.message for patch in series.patches):
            if message.message_id not in declaring:
                yield from _dropped(message, next((before[key] for key in _keys(message) if key in before), None))
        if not now:
            yield from _dropped(series.head, before.get(_WHOLE))


_Key = tuple[str, str, str]
_Before = tuple[int, Declared]
_WHOLE: _Key = ("series", "", "")


def _declared_before(context: Context) -> dict[_Key, _Before]:
    """Index the declarations of former revisions by what they speak about; the newest revision wins."""
    found: dict[_Key, _Before] = {}
    for former in reversed(context.former):
        for declared in ai_content(former, context):
            keys = [_WHOLE] if declared.about is None else _keys(declared.about)
            for key in keys:
                found.setdefault(key, (former.revision, declared))
    return found


def _keys(message: Message) -> list[_Key]:
    """Return by what two mails are one patch: the author's address or name, with the patch id or the title."""
    author = message.author
    people = [who for who in (author.email.casefold(), author.name.casefold()) if who]
    works = [("title", match_key(message.prefix.title))]
    if message.patch_id is not None:
        works.insert(0, ("patch-id", message.patch_id))
    return [(kind, work, who) for kind, work in works for who in people]


def _dropped(message: Message, before: _Before | None) -> Iterator[Hit]:
    """Yield a hit that quotes what was declared about *message*, and its subject as what was searched now."""
    if before is not None:
        revision, declared = before
        text = f"v{revision} declared AI use here, this revision does not any more"
        yield Hit(message=text, evidence=(declared.evidence, cite_subject(message)))
