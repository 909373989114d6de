# SPDX-License-Identifier: GPL-2.0-or-later
"""
Options without pydantic.

Typer checks every value with a pydantic adapter: importing pydantic and building them costs seven times a
bare Python, on a command that b4 starts once per patch. Text needs no check and a closed set of words a
small one, so commands of these classes read both themselves. Where Typer's inside looks different from what
is expected here, its own way is taken: slower, and right.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from types import SimpleNamespace
from typing import get_args, get_origin

import typer
from typer.core import TyperCommand, TyperGroup

Reader = Callable[[str], object]


class QuickCommand(TyperCommand):
    """A command whose flags, text, paths and words are read without pydantic."""

    def get_params(self, ctx):  # type: ignore[no-untyped-def]  # Typer's own types are private
        """Return all parameters, each with its reader."""
        return _prepared(super().get_params(ctx))


class QuickGroup(TyperGroup):
    """A group of commands with the same shortcut for its own options."""

    def get_params(self, ctx):  # type: ignore[no-untyped-def]  # Typer's own types are private
        """Return all parameters, each with its reader."""
        return _prepared(super().get_params(ctx))


def _prepared(params: Sequence[object]) -> Sequence[object]:
    """Give every parameter that we can read a reader of its own."""
    for param in params:
        annotation = getattr(getattr(param, "type_descriptor", None), "annotation", None)
        many = get_origin(annotation) is list
        reader = _reader(get_args(annotation)[0] if many else annotation)
        if reader is not None and getattr(param, "_runtime_param", "") is None:
            param._runtime_param = SimpleNamespace(coerce=_coerce(reader, many=many))  # type: ignore[attr-defined]  # noqa: SLF001 - see above
    return params


def _coerce(reader: Reader, *, many: bool) -> Callable[..., object]:
    def coerce(value: object, **_: object) -> object:
        if many:
            return [reader(one) for one in value] if isinstance(value, list | tuple) else []
        return reader(value) if isinstance(value, str) else value

    return coerce


def _reader(annotation: object) -> Reader | None:
    if annotation is str or annotation is Path:
        return annotation
    if annotation is bool:
        return bool  # a flag comes as what it is, never as text
    if annotation is int:
        return _number
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return lambda word: _word(annotation, word)
    return None


def _number(word: str) -> int:
    """Read a count; none of our options takes a negative one."""
    if word.isascii() and word.isdigit() and len(word) < 16:
        return int(word)
    raise typer.BadParameter(f"{word!r} is not a number from 0 on.")


def _word(words: type[StrEnum], word: str) -> StrEnum:
    try:
        return words(word)
    except ValueError:
        raise typer.BadParameter(f"{word!r} is not one of {', '.join(words)}.") from None
