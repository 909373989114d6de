# SPDX-License-Identifier: GPL-2.0-or-later
"""`patchwatch list`, `show` and `db upgrade`."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import Connection

from patchwatch.assemble.cost import review_cost
from patchwatch.cli.choosing import body_lines
from patchwatch.cli.mails import Mails, delivery_value, measures_of
from patchwatch.cli.settings import Settings
from patchwatch.cli.signatures import with_signatures
from patchwatch.errors import InputError, UsageError
from patchwatch.model.series import Series
from patchwatch.model.verdict import Verdict
from patchwatch.parse.addresses import message_ids
from patchwatch.parse.headers import split_headers
from patchwatch.reports.jsonable import series_value
from patchwatch.reports.text import Style, show_lines
from patchwatch.store.base_rates import with_base_rates
from patchwatch.store.database import open_database, upgrade
from patchwatch.store.deliveries import deliveries_of
from patchwatch.store.read import resolve_series
from patchwatch.store.read_series import load_series


def run_show(settings: Settings, wanted: str, *, as_json: bool, attest: bool = False, online: bool = False) -> None:
    """Print one series in full."""
    if online and not attest:
        raise UsageError("--online is about signatures: give --attest too")
    with open_database(settings.database) as db, db.reading() as conn:
        series, verdict = load_series(conn, series_id(conn, wanted))
        verdict = with_base_rates(conn, series, _explained(settings, series, verdict))
        mails = Mails(conn, settings.spool)
        measures = measures_of(series, mails)
        cost = review_cost(series, verdict.sizes, lambda mail: body_lines(mails.data(mail)))
        copies = deliveries_of(conn, (*series.messages, *series.followups)) if as_json else []
        if attest:
            (series,) = with_signatures([series], mails.data, online=online)
    if as_json:
        value = series_value(series, verdict, measures, lambda *_: cost)
        document = {"schema": "patchwatch.show/1", "series": value, "deliveries": list(map(delivery_value, copies))}
        sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=1) + "\n")
        return
    page(settings, show_lines(series, verdict, Style(settings.colour), measures, lambda *_: cost))


def _explained(settings: Settings, series: Series, verdict: Verdict) -> Verdict:
    """Add what the text leaves to people, where the very text that judged is still known."""
    from patchwatch.engine import with_terms

    name = f"{verdict.policy.id}@{verdict.policy.version}"
    policies = settings.policies
    if name not in map(str, policies.profiles):
        return verdict
    policy = policies.get(name, None)
    verdict = replace(verdict, policy=replace(verdict.policy, until=policy.ref.until))
    return with_terms(verdict, series, policy) if policy.ref.digest == verdict.policy.digest else verdict


def run_upgrade(settings: Settings) -> None:
    """Migrate the database."""
    before, after = upgrade(settings.database)
    settings.say(f"{settings.database}: at revision {after}" + ("" if before == after else f" (was {before})"))


def series_id(conn: Connection, wanted: str) -> str:
    """Find the series that the user means; `-` reads a mail from stdin and takes its Message-ID."""
    if wanted != "-":
        return resolve_series(conn, wanted)
    ids = message_ids(split_headers(sys.stdin.buffer.read(1 << 20)).plain("message-id"))
    if not ids:
        raise InputError("stdin: no mail with a Message-ID (in mutt: set pipe_decode=no)")
    return resolve_series(conn, ids[0])


def page(settings: Settings, lines: Iterable[str]) -> None:
    """Write lines, through the user's pager on a terminal, as git does."""
    text = "".join(f"{line}\n" for line in lines)
    pager = os.environ.get("GIT_PAGER", os.environ.get("PAGER", "less"))
    if settings.no_pager or not sys.stdout.isatty() or pager in ("", "cat"):
        sys.stdout.write(text)
        return
    environment = {**os.environ, "LESS": os.environ.get("LESS", "FRX")}
    try:
        subprocess.run(pager, shell=True, input=text, text=True, env=environment, check=False)  # noqa: S602 - as git
    except OSError:
        sys.stdout.write(text)
