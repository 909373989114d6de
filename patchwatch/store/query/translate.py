# SPDX-License-Identifier: GPL-2.0-or-later
"""The tree of a query to one condition on the table of series; values of the user are bound parameters, all of them."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlalchemy import Connection, and_, not_, or_, true

from patchwatch.store.query import changes, facts, mails
from patchwatch.store.query.context import Condition, Context
from patchwatch.store.query.parser import parse_query
from patchwatch.store.query.prefixes import PREFIXES
from patchwatch.store.query.tree import And, Node, Not, Or, Term, terms
from patchwatch.store.text_index import parts_of

Translator = Callable[[Term, Context], Condition]

_TRANSLATORS: dict[str, Translator] = {
    "": mails.bare,
    **{name: mails.words for name, prefix in PREFIXES.items() if prefix.fields},
    **dict.fromkeys(("d", "dt", "rt"), mails.dated),
    **dict.fromkeys(("dfpre", "dfpost", "dfblob"), mails.blob_ids),
    **dict.fromkeys(("l", "list"), facts.posted_to),
    **dict.fromkeys(("size", "tests", "files", "patches"), facts.counted),
    **dict.fromkeys(("age", "since"), facts.age),
    **dict.fromkeys(("agent", "model"), facts.agent),
    **dict.fromkeys(("state", "outcome"), facts.state),
    **dict.fromkeys(("trailer", "got"), facts.given),
    **dict.fromkeys(("role", "only"), facts.role),
    "m": mails.message_id,
    "mid": mails.whole_id,
    "dfn": mails.file_name,
    "patchid": mails.patch_id,
    "ai": facts.stated_ai,
    "rule": facts.rule,
    "waived": facts.waived,
    "complete": facts.complete,
    "rev": facts.revision,
    "waits": facts.waiting,
    "who": facts.who,
    "changed": changes.changed,
    "policy": facts.policy,
    "merged": facts.in_tree,
    "draft": changes.drafted,
}

# What `list` shows when the query says nothing about it.
_QUEUE = (Term("rev", "latest"), Term("state", "open"))
_SILENT_ON = {"rev": frozenset({"rev"}), "state": frozenset({"state", "merged"})}


@dataclass(frozen=True, slots=True)
class Query:
    """A query that was read: its tree as asked, and its condition."""

    tree: Node
    condition: Condition


def read_query(text: str, context: Context, conn: Connection, *, queue: bool = True) -> Query:
    """
    Read a query and translate it. Raises QueryError.

    *queue*: only the newest revisions of open series, as far as the query does not speak of revision and state.
    """
    tree = parse_query(text)
    if queue:
        tree = in_queue(tree)
    waived = any(term.prefix == "waived" and term.value.lower() == "yes" for term in terms(tree))
    sqlite, parts, recent = conn.dialect.name == "sqlite", parts_of(conn), _is_recent(tree)
    context = replace(context, text=text, sqlite=sqlite, parts=parts, waived=waived, recent=recent)
    return Query(tree, translate(tree, context))


def _is_recent(tree: Node) -> bool:
    """Whether a query as a whole is about series up to some age."""
    parts = tree.parts if isinstance(tree, And) else (tree,)
    return any(isinstance(one, Term) and one.prefix == "age" and one.value[:1] in (".", "<") for one in parts)


def in_queue(tree: Node) -> Node:
    """Add what the queue is by default, where the query does not say otherwise."""
    named = {term.prefix for term in terms(tree) if term.prefix != "state" or _is_state(term)}
    if any(term.value.lower() == "superseded" for term in terms(tree) if term.prefix == "state"):
        named.add("rev")
    more = [term for term in _QUEUE if not named & _SILENT_ON[term.prefix]]
    if not more:
        return tree
    parts = tree.parts if isinstance(tree, And) else (tree,)
    return And((*parts, *more)) if len(parts) + len(more) > 1 else more[0]


def _is_state(term: Term) -> bool:
    return term.prefix == "state" and term.value.lower() in ("open", "superseded", "merged")


def translate(node: Node, context: Context) -> Condition:
    """Translate one node; the parser bounds the depth."""
    match node:
        case Term():
            return _TRANSLATORS[node.prefix](node, context)
        case Not(part):
            return not_(translate(part, context))
        case And(parts):
            return and_(true(), *(translate(one, context) for one in parts))
        case Or(parts):
            return or_(*(translate(one, context) for one in parts))
