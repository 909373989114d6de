# SPDX-License-Identifier: GPL-2.0-or-later
"""
Terms on mails, those of lore: a series is found when one of its mails fits, a patch, its cover letter or a reply.

Words are asked of the index of words; FTS5 and `tsquery` have languages of their own, of which values become no part:
what is sent are words of letters, digits and `_`, in quotes.
"""

import re

from sqlalchemy import ColumnElement, Select, and_, bindparam, cast, column, exists, func, or_, select, table
from sqlalchemy.dialects.postgresql import TSQUERY

from patchwatch.parse.words import split_words
from patchwatch.store.query.context import Condition, Context, any_of, value_of, within
from patchwatch.store.query.prefixes import PREFIXES, PROSE, QUOTES
from patchwatch.store.query.tree import Term
from patchwatch.store.query.values import BadValueError, time_range
from patchwatch.store.schema import delivery, file, message, msgid, series, series_message

_words = table("mail_words", column("rowid"), column("message_id"), column("mail_words"), column("words"))
_BARE = "sfnb"
_MAX_STARS = 8
_GLOB = re.compile(r"\*\*/|\*\*|\*|\?|[^*?]+")
_GLOBS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def of_mails(mails: Select[int]) -> Condition:
    """Whether one of a series' mails is among *mails* (rows); patches of others in its thread are not its own."""
    member = series_message.c
    return series.c.id.in_(select(member.series_id).where(member.role != "foreign", member.message_id.in_(mails)))


def bare(term: Term, context: Context) -> Condition:
    """Find a word or phrase in subject, sender, file names, text or Message-ID."""
    _need(term, context, PROSE, "a word without a prefix")
    value = value_of(term).strip("<>")
    fields = _BARE + ("q" if QUOTES in context.parts else "")
    found = []
    if split_words(value):
        found.append(of_mails(_by_words(term, context, fields)))
    if "@" in value:
        found.append(of_mails(_by_id(term)))
    if not found:
        raise context.fault(term, "no letters or digits to look for")
    return any_of(*found)


def words(term: Term, context: Context) -> Condition:
    """Find words in the fields of a prefix."""
    prefix = PREFIXES[term.prefix]
    fields = prefix.fields
    if prefix.part:
        _need(term, context, prefix.part, f"{prefix.name}:")
        if QUOTES not in context.parts and prefix.part == PROSE:
            fields = fields.replace("q", "")  # what is quoted stands in another mail of the thread
    return of_mails(_by_words(term, context, fields))


def blob_ids(term: Term, context: Context) -> Condition:
    """Find blob ids by any beginning of 7 or more digits."""
    value = term.value.lower()
    if not re.fullmatch(r"[0-9a-f]{7,64}", value):
        raise context.fault(term, "7 or more hexadecimal digits of a blob id")
    return words(Term(term.prefix, f"{value}*", term.at), context)


def message_id(term: Term, _: Context) -> Condition:
    """Find a Message-ID by the whole or a part of it."""
    return of_mails(_by_id(term))


def whole_id(term: Term, _: Context) -> Condition:
    """Find a whole Message-ID."""
    wanted = value_of(term).removeprefix("<").removesuffix(">")
    return of_mails(select(message.c.id).join(msgid).where(msgid.c.mid == wanted))


def dated(term: Term, context: Context) -> Condition:
    """Find mails by their Date, or by when the archive got them."""
    try:
        wanted = time_range(term.value, context.now, seconds=term.prefix == "rt")
    except BadValueError as error:
        raise context.fault(term, f"{term.prefix}: takes {error}") from None
    if term.prefix == "rt":
        return of_mails(select(delivery.c.message_id).where(within(delivery.c.arrived_at, wanted)))
    return of_mails(select(message.c.id).where(within(message.c.sent_at, wanted)))


def patch_id(term: Term, context: Context) -> Condition:
    """Find a patch id by any beginning of 7 or more digits."""
    value = term.value.lower()
    if not re.fullmatch(r"[0-9a-f]{7,64}", value):
        raise context.fault(term, "7 or more digits of a patch id, as git patch-id --stable prints it")
    return of_mails(select(message.c.id).where(context.begins(message.c.patch_id, value)))


def file_name(term: Term, context: Context) -> Condition:
    """Find a file by its path, the beginning of it, parts of it, or a glob as in policy files."""
    value = value_of(term)
    path: ColumnElement[str] = file.c.path
    if term.quoted or not ("*" in value or "?" in value):
        found = _with_file(context.begins(path, value), context)
        if value.endswith("/") or not split_words(value):  # a directory, from the root
            return found
        return or_(found, of_mails(_by_words(term, context, "n")))
    if sum(map(value.count, "*?")) > _MAX_STARS:
        raise context.fault(term, f"more than {_MAX_STARS} wildcards in one glob")
    pattern = "".join(_GLOBS.get(part) or re.escape(part) for part in _GLOB.findall(value))
    fits = path.regexp_match(f"^{pattern}$")
    start = re.split(r"[*?]", value, maxsplit=1)[0]
    return _with_file(and_(context.begins(path, start), fits) if start else fits, context)


def _with_file(fits: Condition, context: Context) -> Condition:
    """Whether a mail of the series has such a file; asked of each series where the query leaves only some days."""
    if not context.recent:
        return of_mails(select(file.c.message_id).where(fits))
    member = series_message.c
    rows = select(file.c.message_id).join(series_message, member.message_id == file.c.message_id)
    return exists(rows.where(member.series_id == series.c.id, member.role != "foreign", fits).correlate(series))


def _by_id(term: Term) -> Select[int]:
    value = value_of(term).removeprefix("<").removesuffix(">")
    found = func.lower(msgid.c.mid).contains(value.lower(), autoescape=True)
    return select(message.c.id).join(msgid).where(found)


def _by_words(term: Term, context: Context, fields: str) -> Select[int]:
    value, star = value_of(term), False
    if not term.quoted and "*" in value:
        if value.index("*") < len(value) - 1:
            raise context.fault(term, "a * stands at the end of a word")
        star = True
    found = split_words(value)
    if not found:
        raise context.fault(term, "no letters or digits to look for")
    if context.sqlite:
        phrases = [f'"{" ".join(f"{at}:{word}" for word in found)}"' + ("*" if star else "") for at in fields]
        return select(_words.c.rowid).where(_words.c.mail_words.op("MATCH")(" OR ".join(phrases)))
    ends = ":*" if star else ""
    phrases = ["(" + " <-> ".join(f"'{at}:{word}'" for word in found) + f"{ends})" for at in fields]
    wanted = cast(bindparam(None, " | ".join(phrases)), TSQUERY)
    return select(_words.c.message_id).where(_words.c.words.op("@@")(wanted))


def _need(term: Term, context: Context, part: str, what: str) -> None:
    if part not in context.parts:
        hint = f'put index = ["prose", "{part}"] into the configuration' if part != PROSE else 'index = ["prose"] does'
        raise context.fault(term, f"{what} needs an index that this database has not: {hint}, then run ingest")
