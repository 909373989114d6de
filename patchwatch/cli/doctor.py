# SPDX-License-Identifier: GPL-2.0-or-later
"""`patchwatch doctor`: look at everything that a run needs, change nothing, and say what to do."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass

from patchwatch.cli.settings import Settings
from patchwatch.errors import PatchwatchError
from patchwatch.reports.clean import one_line

OK, WARNING, FAULT = "ok", "warning", "fault"


@dataclass(frozen=True, slots=True)
class Check:
    """What was found about one *subject*; *advice* says what to do, "" for what is ok."""

    status: str
    subject: str
    text: str
    advice: str = ""


Checker = Callable[[Settings], Iterator[Check]]


def run_doctor(settings: Settings, *, as_json: bool) -> int:
    """Print all checks; return 1 when one is a fault."""
    found = list(all_checks(settings))
    if as_json:
        document = {"schema": "patchwatch.doctor/1", "checks": [asdict(one) for one in found]}
        sys.stdout.write(f"{json.dumps(document, indent=2)}\n")
    else:
        for one in found:
            if not settings.quiet or one.status != OK:
                advice = f"; {one.advice}" if one.advice else ""
                sys.stdout.write(f"{one.status:8} {one_line(f'{one.subject}: {one.text}{advice}')}\n")
    return int(any(one.status == FAULT for one in found))


def all_checks(settings: Settings) -> Iterator[Check]:
    """Yield the checks of all parts; what keeps one part from being looked at is a fault of it."""
    from patchwatch.cli.doctor_places import check_archives, check_database, check_disk, check_drafts
    from patchwatch.cli.doctor_tools import check_clock, check_git, check_identity, check_lists, check_tools

    if (fault := _config_fault(settings)) is not None:
        yield fault
        from patchwatch.config import Config

        settings.config = Config()  # the rest is looked at as far as it goes without it
    else:
        yield Check(OK, "configuration", _config_name(settings))
    parts: Sequence[tuple[str, Checker]] = (
        ("git", check_git), ("lists", check_lists), ("archives", check_archives), ("database", check_database),
        ("clock", check_clock), ("disk", check_disk), ("drafts", check_drafts), ("identity", check_identity),
        ("programs", check_tools),
    )  # fmt: skip
    for name, checker in parts:
        try:
            yield from checker(settings)
        except PatchwatchError as error:
            yield Check(FAULT, name, str(error))
        except OSError as error:
            yield Check(FAULT, name, f"cannot be looked at: {error.strerror or error}")


def _config_fault(settings: Settings) -> Check | None:
    try:
        config = settings.config
        config.lists_by_tree()
        config.since()
    except PatchwatchError as error:
        return Check(FAULT, "configuration", str(error), "correct it; until then nothing of it is used")
    return None


def _config_name(settings: Settings) -> str:
    from patchwatch.config import config_path

    path = settings.config_option or config_path()
    return str(path) if path.exists() else f"none (`patchwatch init` writes {path})"
