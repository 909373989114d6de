# SPDX-License-Identifier: GPL-2.0-or-later
"""What a comparison says: equal, different for a reason that has a name, or unexplained."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from oracles.corpus import Mail

EQUAL = "equal"
UNEXPLAINED = ""


class Finding(NamedTuple):
    """
    One fact of one mail, compared.

    *verdict* is EQUAL, UNEXPLAINED or the name of a class; *hint* says in numbers, never in the mail's
    words, how an unexplained one differs.
    """

    where: str
    fact: str
    verdict: str
    hint: str = ""


class Judge(Protocol):
    """A module that compares mails with one oracle; CLASSES gives each reason to differ its sentence."""

    NAME: str
    CLASSES: Mapping[str, str]

    def compare(self, mails: Sequence[Mail]) -> Iterator[Finding]:
        """Give a finding for each fact of each mail that both sides can say something about."""
        ...


class Tally:
    """Findings counted by fact and verdict; those that are not equal are kept."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.counts: dict[str, Counter[str]] = {}
        self.unexplained: list[Finding] = []
        self.named: list[Finding] = []

    def add(self, findings: Iterator[Finding]) -> None:
        """Count *findings*."""
        for finding in findings:
            known = finding.verdict == EQUAL or finding.verdict in self.judge.CLASSES
            verdict = finding.verdict if known else UNEXPLAINED
            self.counts.setdefault(finding.fact, Counter())[verdict] += 1
            if verdict == UNEXPLAINED:
                self.unexplained.append(finding)
            elif verdict != EQUAL:
                self.named.append(finding)

    def explained(self) -> Counter[str]:
        """Return how often each class was the reason."""
        total = Counter[str]()
        for counts in self.counts.values():
            total += counts
        return Counter({name: n for name, n in total.items() if name not in (EQUAL, UNEXPLAINED)})

    def listing(self) -> str:
        """Return one line for each difference that has a name."""
        return "".join(f"    {found.verdict} {found.fact} <{found.where}>\n" for found in sorted(self.named))

    def table(self) -> str:
        """Return a table for people: facts, then classes with their sentences, then what is unexplained."""
        rows = [f"\n{self.judge.NAME}", f"  {'fact':<12} {'compared':>9} {'equal':>7} {'explained':>9} unexplained"]
        for fact, counts in sorted(self.counts.items()):
            explained = counts.total() - counts[EQUAL] - counts[UNEXPLAINED]
            rows.append(f"  {fact:<12} {counts.total():>9} {counts[EQUAL]:>7} {explained:>9} {counts[UNEXPLAINED]:>11}")
        rows += [f"    {n:>6} {name}: {self.judge.CLASSES[name]}" for name, n in self.explained().most_common()]
        rows += [f"    UNEXPLAINED {found.fact} <{found.where}> {found.hint}" for found in self.unexplained[:200]]
        return "\n".join(rows)


def same(where: str, fact: str, *, equal: bool, reason: str = UNEXPLAINED, hint: str = "") -> Finding:
    """Return a finding: equal, else for *reason*."""
    return Finding(where, fact, EQUAL if equal else reason, "" if equal or reason else hint)
