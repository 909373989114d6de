# SPDX-License-Identifier: GPL-2.0-or-later
"""`patchwatch rule`: what the rules check and why."""

import sys
from dataclasses import replace
from difflib import get_close_matches

from patchwatch.cli.browse import page
from patchwatch.cli.settings import Settings
from patchwatch.errors import UsageError
from patchwatch.reports.rule_examples import examples_folder, show_examples
from patchwatch.reports.rule_page import Card, Use, card_json, card_lines, list_json, list_lines, uses_of
from patchwatch.rules._found import fault_of, package_of
from patchwatch.rules.base import Rule, found_ids, load_rule, rule_ids


def run_rule(settings: Settings, wanted: str | None, *, as_json: bool) -> None:
    """Print all rules, or one in full."""
    policies = settings.policies
    names = (*rule_ids(), *(name for name in found_ids() if name not in rule_ids()))
    if wanted is None:
        uses = uses_of(policies)
        cards = [_card(load_rule(name), tuple(uses.get(name, ()))) for name in names]
        if as_json:
            sys.stdout.write(list_json(cards))
        else:
            page(settings, list_lines(cards))
        return
    if wanted not in names:
        near = get_close_matches(wanted, names, 3)
        raise UsageError(
            f"no rule {wanted!r}"
            + (f"; did you mean {' or '.join(near)}?" if near else "; `patchwatch rule` lists all")
        )
    rule = load_rule(wanted)
    card = _card(rule, tuple(uses_of(policies).get(wanted, ())))
    if not card.fault:
        card = replace(card, examples=tuple(show_examples(rule, policies, examples_folder())))
    if as_json:
        sys.stdout.write(card_json(card))
    else:
        page(settings, card_lines(card))


def _card(rule: type[Rule], uses: tuple[Use, ...]) -> Card:
    return Card(rule=rule, package=package_of(rule), fault=fault_of(rule), uses=uses)
