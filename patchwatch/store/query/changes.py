# SPDX-License-Identifier: GPL-2.0-or-later
"""Terms on two rows: what differs from the previous revision, and how the draft of a series stands."""

from sqlalchemy import Select, and_, exists, not_, or_, select

from patchwatch.store.query.context import Condition, Context
from patchwatch.store.query.facts import word_of
from patchwatch.store.query.tree import Term
from patchwatch.store.schema import draft, file, finding, message, msgid, series, series_message, trailer

_before = series.alias("before")


def changed(term: Term, context: Context) -> Condition:
    """Find series that differ from their previous revision in rules, size, files or trailers."""
    word = word_of(term, context)
    if word == "size":
        other = or_(_before.c.added_code != series.c.added_code, _before.c.removed_code != series.c.removed_code)
    else:
        other = or_(*_one_sided(word))
    return exists(select(_before.c.id).where(_before.c.id == series.c.previous_id, other).correlate(series))


def _one_sided(word: str) -> tuple[Condition, Condition]:
    """Return: this one has something that the former has not, and the reverse."""
    mine, theirs = (_things(word, side) for side in (series, _before))
    return (
        exists(mine.except_(theirs).subquery().select()),
        exists(theirs.except_(mine).subquery().select()),
    )


def _things(word: str, side: object) -> Select[str]:
    """Select the rules, files or trailers of one of the two series."""
    owner = series.c.id if side is series else _before.c.id
    if word == "rules":
        found: Select[str] = select(finding.c.rule).where(finding.c.series_id == owner, finding.c.effect != "none")
        return found.correlate(series, _before)
    member = series_message.c
    table = file if word == "files" else trailer
    what = [file.c.path] if word == "files" else [trailer.c.key, trailer.c.value]
    rows = select(*what).join(series_message, member.message_id == table.c.message_id)
    return rows.where(member.series_id == owner, member.role == "patch").correlate(series, _before)


def drafted(term: Term, context: Context) -> Condition:
    """Find series by the draft about them: none, one that is there, edited, sent, or about an older revision."""
    word = word_of(term, context)
    about = select(draft.c.message_id).where(draft.c.root == series.c.root, draft.c.state != "dropped")
    if word == "new":
        return not_(exists(about.correlate(series)))
    here = and_(draft.c.revision == series.c.revision, draft.c.written_at.is_not(None))
    sent = draft.c.message_id.in_(select(msgid.c.mid).join(message, message.c.msgid_id == msgid.c.id))
    fits = {
        "written": and_(here, not_(sent)),
        "edited": and_(here, draft.c.state == "kept-edited"),
        "sent": sent,
        "stale": and_(draft.c.revision < series.c.revision, draft.c.written_at.is_not(None), not_(sent)),
    }[word]
    return exists(about.where(fits).correlate(series))
