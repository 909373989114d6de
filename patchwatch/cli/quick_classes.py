# SPDX-License-Identifier: GPL-2.0-or-later
"""
Data classes without a compiler.

For each frozen data class Python 3.11 and 3.12 write six functions as text and compile them; for the hundred classes
that `check` loads this is a fifth of its time. All but `__init__`, which is called for every mail, are made here from
closures that do the same. From 3.13 on Python compiles them at once, and nothing is done.
"""

import dataclasses
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from operator import attrgetter
from reprlib import recursive_repr
from typing import Any

# Names of arguments are those of the functions that are stood in for: some are called by name.
# ruff: noqa: ARG001, N807
Fields = Sequence[dataclasses.Field[Any]]  # Any: what a field holds
Values = Callable[[object], tuple[Any, ...]]


@contextmanager
def quick_classes() -> Iterator[None]:
    """Make data classes that are defined inside of this context the quick way."""
    ours = {"_repr_fn": _repr_fn, "_hash_fn": _hash_fn, "_cmp_fn": _cmp_fn, "_frozen_get_del_attr": _frozen_fns}
    known = sys.version_info[:2] in ((3, 11), (3, 12)) and all(hasattr(dataclasses, name) for name in ours)
    theirs = {name: getattr(dataclasses, name) for name in ours} if known else {}
    try:
        for name in theirs:
            setattr(dataclasses, name, ours[name])
        yield
    finally:
        for name, function in theirs.items():
            setattr(dataclasses, name, function)


def _values(names: Sequence[str]) -> Values:
    """Return what takes the values of these attributes out of an object, always as a tuple."""
    if len(names) > 1:
        return attrgetter(*names)
    if not names:
        return lambda _: ()
    one = attrgetter(names[0])
    return lambda value: (one(value),)


def _repr_fn(fields: Fields, globals: object) -> Callable[[object], str]:
    names = [field.name for field in fields]

    def __repr__(self: object) -> str:
        inside = ", ".join(f"{name}={getattr(self, name)!r}" for name in names)
        return f"{type(self).__qualname__}({inside})"

    return recursive_repr()(__repr__)


def _hash_fn(fields: Fields, globals: object) -> Callable[[object], int]:
    values = _values([field.name for field in fields])

    def __hash__(self: object) -> int:
        return hash(values(self))

    return __hash__


def _cmp_fn(name: str, op: str, self_tuple: str, other_tuple: str, globals: object) -> Callable[[object, object], Any]:
    """Return a comparison; *self_tuple* is the text `(self.a,self.b,)` of the values that it looks at."""
    values = _values([part.removeprefix("self.") for part in self_tuple.strip("()").split(",") if part])
    compare = attrgetter(name)

    def comparison(self: object, other: object) -> Any:  # Any: bool or NotImplemented
        if other.__class__ is not self.__class__:
            return NotImplemented
        return compare(values(self))(values(other))

    comparison.__name__ = name
    return comparison


def _frozen_fns(cls: type[Any], fields: Fields, globals: object) -> tuple[Callable[..., None], Callable[..., None]]:
    names = frozenset(field.name for field in fields)

    def __setattr__(self: object, name: str, value: object) -> None:
        if type(self) is cls or name in names:
            raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")
        super(cls, self).__setattr__(name, value)

    def __delattr__(self: object, name: str) -> None:
        if type(self) is cls or name in names:
            raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")
        super(cls, self).__delattr__(name)

    return __setattr__, __delattr__
