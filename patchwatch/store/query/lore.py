# SPDX-License-Identifier: GPL-2.0-or-later
"""The search on lore that comes nearest to a query, and which of its terms lore has none for."""

from dataclasses import dataclass
from urllib.parse import quote_plus

from patchwatch.store.query.parser import parse_query
from patchwatch.store.query.prefixes import PREFIXES
from patchwatch.store.query.tree import And, Node, Not, Or, Term, terms

LORE = "https://lore.kernel.org"


@dataclass(frozen=True, slots=True)
class LoreSearch:
    """*url* is "" where lore has nothing to search; *left_out* are terms as written."""

    url: str
    left_out: tuple[str, ...]


def lore_search(text: str, base: str = LORE) -> LoreSearch:
    """Return the search for the query as written; what the queue adds by default is not looked for there."""
    tree = parse_query(text)
    left_out = tuple(str(term) for term in terms(tree) if not _name(term))
    kept = _kept(tree)
    if kept is None:
        return LoreSearch("", left_out)
    place = "all"
    lists = {term.value.partition(".")[0] for term in terms(tree) if _name(term) == "l"}
    if len(lists) == 1:
        place = next(iter(lists)).partition("@")[0]
    return LoreSearch(f"{base}/{place}/?q={quote_plus(_written(kept, top=True))}", left_out)


def _name(term: Term) -> str | None:
    """Return the prefix on lore ("" for a bare word is one), None where there is none."""
    if not term.prefix:
        return " "
    name = PREFIXES[term.prefix].lore
    globs = term.prefix == "dfn" and ("*" in term.value or "?" in term.value)
    return None if not name or globs else name


def _kept(node: Node) -> Node | None:
    """Return what lore can be asked; a NOT or an OR with a part that it cannot goes as a whole."""
    match node:
        case Term():
            return node if _name(node) else None
        case Not(part):
            return node if all(map(_name, terms(part))) else None
        case Or(parts):
            return node if all(_name(term) for part in parts for term in terms(part)) else None
        case And(parts):
            kept = tuple(one for part in parts if (one := _kept(part)) is not None)
            return And(kept) if len(kept) > 1 else kept[0] if kept else None


def _written(node: Node, *, top: bool = False) -> str:
    match node:
        case Term():
            value = f'"{node.value}"' if node.quoted else node.value
            return value if not node.prefix else f"{_name(node)}:{value}"
        case Not(part):
            return f"NOT {_written(part)}"
        case And(parts) | Or(parts):
            joined = (" " if isinstance(node, And) else " OR ").join(map(_written, parts))
            return joined if top else f"({joined})"
