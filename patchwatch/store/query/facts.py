# SPDX-License-Identifier: GPL-2.0-or-later
"""Terms on series: what was found, counted, judged, answered."""

import re
from datetime import timedelta

from sqlalchemy import and_, exists, func, not_, or_, select, true

from patchwatch.model.history import SLACK, YOUNG
from patchwatch.store.message_rows import sender_key
from patchwatch.store.query.context import Condition, Context, contains, value_of, within
from patchwatch.store.query.prefixes import PREFIXES
from patchwatch.store.query.tree import Term
from patchwatch.store.query.values import BadValueError, Range, age_range, number_range
from patchwatch.store.schema import (
    disclosure,
    file,
    finding,
    merged,
    message,
    patch_role,
    series,
    series_message,
    trailer,
    waits,
)

_COUNTED = {"size": series.c.added_code, "tests": series.c.added_tests, "patches": series.c.patches}
_KINDS = {"tag": "trailer", "prose": "prose", "identity": "identity"}
_OWN = series_message.c.role.in_(["cover", "patch"])


def word_of(term: Term, context: Context) -> str:
    """Return the value, which must be one of the words that the prefix takes."""
    known, value = PREFIXES[term.prefix].words, term.value.lower()
    if value not in known:
        raise context.fault(term, f"{term.prefix}: takes {', '.join(known)}")
    return value


def counted(term: Term, context: Context) -> Condition:
    """Compare lines, tests, patches or files."""
    wanted = _numbers(term, context)
    if term.prefix != "files":
        return within(_COUNTED[term.prefix], wanted)
    paths = select(func.count(file.c.path.distinct())).join(
        series_message, series_message.c.message_id == file.c.message_id
    )
    mine = paths.where(series_message.c.series_id == series.c.id, series_message.c.role == "patch")
    return within(mine.correlate(series).scalar_subquery(), wanted)


def revision(term: Term, context: Context) -> Condition:
    """Compare the revision; `latest` is the newest one known."""
    if term.value.lower() == "latest":
        return series.c.latest.is_(true())
    return within(series.c.revision, _numbers(term, context))


def age(term: Term, context: Context) -> Condition:
    """Compare how long ago it was posted, or the ball last moved."""
    try:
        old = age_range(term.value)
    except BadValueError as error:
        raise context.fault(term, f"{term.prefix}: takes {error}") from None
    now = int(context.now.timestamp())
    wanted = Range(None if old.high is None else now - old.high, None if old.low is None else now - old.low)
    if term.prefix == "age":
        return within(series.c.posted_at, wanted)
    return series.c.id.in_(select(waits.c.series_id).where(within(waits.c.since_at, wanted)))


def waiting(term: Term, context: Context) -> Condition:
    """Find by who owes the next mail."""
    return series.c.id.in_(select(waits.c.series_id).where(waits.c.waits_for == word_of(term, context)))


def stated_ai(term: Term, context: Context) -> Condition:
    """Find by what is stated about the use of AI."""
    value = word_of(term, context)
    if value in ("yes", "no"):
        return series.c.disclosed.is_(value == "yes")
    return and_(series.c.disclosed, _disclosed(disclosure.c.kind == _KINDS[value]))


def agent(term: Term, _: Context) -> Condition:
    """Find by agent or model as disclosed."""
    if term.prefix == "agent":
        return and_(series.c.disclosed, contains(series.c.agents, value_of(term)))
    return and_(series.c.disclosed, _disclosed(contains(disclosure.c.model, value_of(term))))


def _disclosed(condition: Condition) -> Condition:
    rows = select(disclosure.c.message_id).join(series_message, series_message.c.message_id == disclosure.c.message_id)
    return exists(rows.where(series_message.c.series_id == series.c.id, _OWN, condition).correlate(series))


def rule(term: Term, context: Context) -> Condition:
    """Find by the rule of a finding; waived ones count where the query says `waived:yes`."""
    value = value_of(term).lower()
    if not re.fullmatch(r"[a-z0-9*?-]{1,80}", value):
        raise context.fault(term, "rule: takes the id of a rule, or a glob such as *-size")
    if "*" in value or "?" in value:
        like = value.replace("*", "%").replace("?", "_")
        fits: Condition = finding.c.rule.like(like)
    else:
        fits = finding.c.rule == value
    if not context.waived:
        fits = and_(fits, not_(finding.c.waived))
    return series.c.id.in_(select(finding.c.series_id).where(fits))


def waived(term: Term, context: Context) -> Condition:
    """Find series with a waived finding."""
    found = series.c.id.in_(select(finding.c.series_id).where(finding.c.waived))
    return found if word_of(term, context) == "yes" else not_(found)


def state(term: Term, context: Context) -> Condition:
    """Find by state or outcome."""
    value = word_of(term, context)
    if value in PREFIXES["outcome"].words:
        return series.c.outcome == value
    return series.c.state == value


def complete(term: Term, context: Context) -> Condition:
    """Find by whether all patches are there."""
    return series.c.complete.is_(word_of(term, context) == "yes")


def given(term: Term, _context: Context) -> Condition:
    """Find by a trailer of the patches (`trailer:`), or one that a reply gave (`got:`)."""
    key, _, text = value_of(term).partition(":")
    fits = func.lower(trailer.c.key) == key.strip().lower()
    if text.strip():
        fits = and_(fits, contains(trailer.c.value, text.strip()))
    where = series_message.c.role == "followup" if term.prefix == "got" else _OWN
    rows = select(trailer.c.message_id).join(series_message, series_message.c.message_id == trailer.c.message_id)
    return exists(rows.where(series_message.c.series_id == series.c.id, where, fits).correlate(series))


def who(term: Term, context: Context) -> Condition:
    """Find by author: who is new or known here, oneself, an address, a part of a name."""
    value = value_of(term)
    if value in ("new", "known"):
        before = message.c.sent_at < series.c.posted_at - int(SLACK / timedelta(seconds=1))
        earlier = exists(select(message.c.id).where(message.c.sender_key == series.c.sender, before).correlate(series))
        if value == "known":
            return earlier
        oldest = select(func.min(series.alias("every").c.posted_at)).scalar_subquery()
        return and_(not_(earlier), series.c.posted_at >= oldest + int(YOUNG / timedelta(seconds=1)))
    if value == "me":
        if not context.me:
            raise context.fault(term, "who:me needs to know you: put me = [address] into the configuration")
        return func.lower(series.c.author_email).in_(sorted(context.me))
    if "@" in value:
        return or_(func.lower(series.c.author_email) == value.lower(), series.c.sender == sender_key(value))
    return or_(contains(series.c.author_name, value), contains(series.c.author_email, value))


def role(term: Term, context: Context) -> Condition:
    """Find by what the files are for: one of them, or all of them."""
    value = word_of(term, context)
    rows = select(patch_role.c.series_id).where(patch_role.c.series_id == series.c.id).correlate(series)
    has = exists(rows.where(patch_role.c.role == value))
    return has if term.prefix == "role" else and_(has, not_(exists(rows.where(patch_role.c.role != value))))


def policy(term: Term, _context: Context) -> Condition:
    """Find by policy, `id` or `id@version`."""
    name, _, version = value_of(term).partition("@")
    fits: Condition = series.c.policy_id == name
    return and_(fits, series.c.policy_version == version) if version else fits


def posted_to(term: Term, context: Context) -> Condition:
    """Find by list: a configured name, a List-Id or its first part, an address."""
    value = value_of(term).strip("<>").lower()
    names = {value, value.replace("@", ".", 1), *context.lists.get(value_of(term), ())}
    found = func.lower(series.c.list_id)
    return or_(found.in_(sorted(names)), found.startswith(f"{value}.", autoescape=True))


def in_tree(term: Term, _: Context) -> Condition:
    """Find what is in a git tree: at all, or in the one whose name holds the value, or by its commit."""
    value = value_of(term)
    if value.lower() in ("yes", "no"):
        found = series.c.state == "merged"
        return found if value.lower() == "yes" else not_(found)
    fits = or_(
        contains(merged.c.tree, value), func.lower(merged.c.commit_id).startswith(value.lower(), autoescape=True)
    )
    return series.c.id.in_(select(merged.c.series_id).where(fits))


def _numbers(term: Term, context: Context) -> Range:
    try:
        return number_range(term.value)
    except BadValueError as error:
        raise context.fault(term, f"{term.prefix}: takes {error}") from None
