# SPDX-License-Identifier: GPL-2.0-or-later
"""`patchwatch who`."""

import sys
from datetime import UTC, datetime

from patchwatch.cli.browse import page
from patchwatch.cli.settings import Settings
from patchwatch.errors import UsageError
from patchwatch.parse.addresses import parse_person
from patchwatch.reports.text import Style
from patchwatch.reports.who import who_json, who_lines
from patchwatch.store.database import open_database
from patchwatch.store.who import about


def run_who(settings: Settings, words: str, *, as_json: bool, limit: int) -> None:
    """Print the facts on one address; `me` is the user's."""
    address = settings.config.me[0] if words == "me" and settings.config.me else parse_person(words).email
    if "@" not in address:
        raise UsageError(f"who: {words!r} is no address such as jo@example.org")
    with open_database(settings.database) as db, db.reading() as conn:
        found = about(conn, address)
    if as_json:
        sys.stdout.write(who_json(found))
    else:
        page(settings, who_lines(found, datetime.now(UTC), Style(settings.colour), limit))
