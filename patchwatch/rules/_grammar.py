# SPDX-License-Identifier: GPL-2.0-or-later
"""The closed grammars of tag values, read leniently where a text sets no character set."""

from patchwatch.model.terms import Tag

MAX_VALUE = 512
_ODD = frozenset("<>@")
_NO_TOOL = frozenset("<>@()[]#")


def fits(tag: Tag, value: str) -> bool:
    """Whether *value* (unfolded, stripped) has the form the policy gives for this tag, or one it also accepts."""
    return _fits(tag, value) or any(_fits(other, value) for other in tag.also_accept)


def describe(tag: Tag) -> str:
    """Say what the value should look like, in the policy's words."""
    match tag.grammar:
        case "words":
            return f"{_form_name(tag.first)} [{_form_name(tag.rest)}...]" if tag.rest else _form_name(tag.first)
        case "list":
            item = " | ".join(tag.items) if tag.items else _form_name(tag.item)
            return f"a list of {item}, separated by {tag.separator!r}"
        case "person":
            return "Name <address>"
        case _:
            return "a text"


def _fits(tag: Tag, value: str) -> bool:
    if not value or len(value) > MAX_VALUE:
        return False
    match tag.grammar:
        case "words":
            return _fits_words(tag, value)
        case "list":
            return all(_fits_item(tag, part.strip()) for part in _split(value, tag.separator))
        case "person":
            return value[0] not in "<(" and (value.count("<") == value.count(">") <= 1)
        case _:
            return True


def _fits_words(tag: Tag, value: str) -> bool:
    """The first form, then tools; an agent's name may hold single blanks, a tool may stand in brackets."""
    head, colon, tail = value.partition(":")
    words = tail.split() if tag.first == "agent:model" and colon else value.split()
    if tag.first == "agent:model":
        if not colon or not words or tail[:1].isspace() or not _is_form("agent:model", f"{head}:{words[0]}"):
            return False
    elif not words or not _is_form(tag.first, words[0]):
        return False
    rest = _brackets_opened(" ".join(words[1:]))
    return rest is not None and (not rest or (bool(tag.rest) and all(_is_form(tag.rest, word) for word in rest)))


def _brackets_opened(text: str) -> list[str] | None:
    """Return the words of *text*, those in `[a, b]` one by one; None when brackets do not match."""
    words: list[str] = []
    while text:
        before, bracket, after = text.partition("[")
        words += before.split()
        if not bracket:
            return words
        inside, closing, text = after.partition("]")
        if not closing or "[" in inside:
            return None
        words += inside.replace(",", " ").split()
    return words


def _fits_item(tag: Tag, item: str) -> bool:
    name, bracket, _note = item.partition("(")
    if bracket and tag.note == "parenthesised" and item.endswith(")"):
        item = name.strip()
    if tag.items:
        return item.casefold() in {known.casefold() for known in tag.items}
    return _is_form(tag.item or "name", item)


def _split(value: str, separator: str) -> list[str]:
    """Split at the separator, not inside parentheses."""
    parts, depth, start = [], 0, 0
    for at, char in enumerate(value):
        if char == separator and not depth:
            parts.append(value[start:at])
            start = at + 1
        else:
            depth = max(0, depth + (char == "(") - (char == ")"))
    return [*parts, value[start:]]


def _is_form(form: str, text: str) -> bool:
    if form.startswith("literal:"):
        return text.casefold() == form.removeprefix("literal:").casefold()
    match form:
        case "agent:model":
            agent, _, model = text.partition(":")
            return _is_form("name", agent) and _is_form("model", model)
        case "model":
            return bool(text) and not _ODD.intersection(text) and len(text.split()) == 1
        case "tool":
            return bool(text) and not _NO_TOOL.intersection(text) and len(text.split()) == 1
        case _:
            return text == " ".join(text.split()) and text[:1].isalnum() and not _ODD.intersection(text)


def _form_name(form: str) -> str:
    return form.removeprefix("literal:") if form.startswith("literal:") else form.upper()
