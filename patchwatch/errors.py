# SPDX-License-Identifier: GPL-2.0-or-later
"""Errors that a user can act on; each kind knows the exit code of the command."""

from typing import ClassVar


class PatchwatchError(Exception):
    """Something the user can act on: says what was read, what was expected, what to do next."""

    exit_code: ClassVar[int] = 2


class UsageError(PatchwatchError):
    """A command line, configuration or policy file that cannot be obeyed."""


class InputError(PatchwatchError):
    """A source that is not readable mail, or a thing that was asked for and is not there."""

    exit_code = 3


class ServerError(PatchwatchError):
    """A network or server failure."""

    exit_code = 4


class DatabaseError(PatchwatchError):
    """A database that is locked, full, read-only, damaged or of another schema."""

    exit_code = 5
