# SPDX-License-Identifier: GPL-2.0-or-later
"""
What a database knows about the submitter and the list of a series, as of the date of that series.

Nothing here looks past the mail's Date, so that judging again later gives the same answer. All looks back are
bounded, so that somebody with any number of series costs no more than somebody with a few hundred.
"""

from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from patchwatch.model.diff import FileChange
from patchwatch.model.disclosure import Disclosure

ENOUGH = 200  # series of a list that a percentile needs
ENOUGH_TO_COMPARE = 50  # series, for a plain share of them
YOUNG = timedelta(days=90)  # a database that knows less of a list cannot tell who is new there
SLACK = timedelta(minutes=1)  # a patch may be dated before its cover letter
WINDOW = timedelta(days=365)
ODD = 2  # postings older than all others: somebody's clock may have been wrong
MOST = 500  # postings that are looked back at
# Changed lines of a patch: a bucket ends with each of these, the last one is open.
BUCKETS = (1, 3, 10, 30, 100, 300)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A line of a reviewer that is a full question, by its form, and when it was answered or lost its point."""

    message_id: str
    line: int | None
    quote: str
    at: datetime
    closed: datetime | None

    def open_at(self, moment: datetime) -> bool:
        """Whether it was asked before *moment* and not closed then."""
        return self.at < moment and (self.closed is None or self.closed >= moment)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredPatch:
    """A patch and what was declared for it, by itself or by the cover letter; no matter for which use."""

    message_id: str
    files: tuple[FileChange, ...]
    added: int  # lines outside tests and generated files
    disclosures: tuple[Disclosure, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """
    One posting of one revision.

    *root* is the id of the first revision that is known; *project* is the id of the policy that the posting falls
    under, else the domain of the list. *subject* is the whole Subject of its head
    (Message-ID *head_id*), unfolded; *added* counts lines
    outside tests and generated files. *settled* is when its thread said that all of it was applied.
    """

    id: str
    root: str
    head_id: str
    list_id: str
    project: str
    date: datetime
    revision: int
    subject: str
    added: int
    declared: tuple[DeclaredPatch, ...] = ()
    questions: tuple[Asked, ...] = ()
    settled: datetime | None = None
    merged: bool = False
    backport: bool = False

    @property
    def first(self) -> bool:
        """Whether it begins a work of its own: no revision of a former posting, and no copy for a stable tree."""
        return self.root == self.id and not self.backport

    def ended_at(self, moment: datetime) -> bool:
        """Whether it was said to be applied before *moment*, or was found in a tree (no matter when)."""
        return self.merged or (self.settled is not None and self.settled < moment)


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A first revision on a list: when, by whom, how large, and whether it is the first series known of that person."""

    at: float
    sender: str
    added: int
    newcomer: bool


@dataclass(frozen=True, slots=True)
class ListFacts:
    """Series and messages of one list, oldest first; *logs* are (when, changed lines, lines of the log) of patches."""

    starts: tuple[Start, ...] = ()
    logs: tuple[tuple[float, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Figures:
    """
    What is usual on a list: over the 365 days before the first day of the month of a series.

    A fixed window makes the numbers the same for all series of that month, and for all times of judging.
    """

    since: datetime
    until: datetime
    facts: ListFacts
    _known: dict[tuple[object, ...], object] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def series(self) -> int:
        """Return how many series began in the window."""
        first, last = self._window()
        return last - first

    def burst(self, days: int, percentile: int) -> int | None:
        """Return what so many of the series do not exceed: series by their submitter in the *days* up to them."""
        if self.series < ENOUGH:
            return None
        return nearest_rank(self._bursts(days), percentile)

    def first_series(self) -> tuple[int, ...]:
        """Return the added lines of the series by people who were new on the list, sorted."""
        found = self._known.get(("first",))
        if not isinstance(found, tuple):
            first, last = self._window()
            found = tuple(sorted(start.added for start in self.facts.starts[first:last] if start.newcomer))
            self._known["first",] = found
        return found

    def log_lines(self, changed: int, percentile: int) -> int | None:
        """Return what the logs of so many of the patches with about as many changed lines do not exceed."""
        if self.series < ENOUGH:
            return None
        lines = self._logs().get(bucket(changed), ())
        return nearest_rank(lines, percentile) if len(lines) >= ENOUGH else None

    def _window(self) -> tuple[int, int]:
        found = self._known.get(("window",))
        if not isinstance(found, tuple):
            starts = self.facts.starts
            found = tuple(bisect_left(starts, t.timestamp(), key=_when) for t in (self.since, self.until))
            self._known["window",] = found
        return found[0], found[1]

    def _bursts(self, days: int) -> tuple[int, ...]:
        found = self._known.get(("bursts", days))
        if not isinstance(found, tuple):
            first, last = self._window()
            before = bisect_left(self.facts.starts, (self.since - timedelta(days=days)).timestamp(), key=_when)
            found = tuple(sorted(_bursts(self.facts.starts[before:last], days, first - before)))
            self._known["bursts", days] = found
        return found

    def _logs(self) -> dict[int, tuple[int, ...]]:
        found = self._known.get(("logs",))
        if not isinstance(found, dict):
            by_bucket: dict[int, list[int]] = defaultdict(list)
            logs = self.facts.logs
            first, last = (bisect_left(logs, t.timestamp(), key=lambda log: log[0]) for t in (self.since, self.until))
            for _, changed, lines in logs[first:last]:
                by_bucket[bucket(changed)].append(lines)
            found = {key: tuple(sorted(lines)) for key, lines in by_bucket.items()}
            self._known["logs",] = found
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """
    What is known of one series' submitter and list as of its date.

    *person* are all postings of the submitter's addresses that the caller knows, oldest first, also later ones:
    *before* says how many of them are dated before the series. *oldest_mail* is the date of the first mail of any
    kind by the submitter, *known_since* that of the oldest posting known on the list. *known_else*: something
    says that the submitter wrote before all the same (a revision above 1, the same name with another address).
    """

    date: datetime
    list_id: str
    project: str
    root: str
    figures: Figures
    person: Sequence[Posting] = ()
    before: int = 0
    oldest_mail: datetime | None = None
    known_since: datetime | None = None
    known_else: bool = False

    @property
    def first_time(self) -> bool | None:
        """Whether no mail of the submitter is older; None when the database cannot tell."""
        if self.before or (self.oldest_mail is not None and self.oldest_mail < self.date - SLACK):
            return False
        if self.known_else or self.known_since is None or self.date - self.known_since < YOUNG:
            return None
        return True

    @property
    def former(self) -> Posting | None:
        """The newest earlier posting of the same work, None for a first one."""
        return next((posting for posting in self.recent(0) if posting.root == self.root), None)

    def recent(self, days: int) -> Iterator[Posting]:
        """Yield the earlier postings of the last *days* (0: ever), newest first; at most `MOST`."""
        start = self.date - timedelta(days=days) if days else datetime.min.replace(tzinfo=UTC)
        for number in range(self.before - 1, max(-1, self.before - 1 - MOST), -1):
            if self.person[number].date <= start:
                return
            yield self.person[number]

    def others(self, days: int) -> Iterator[Posting]:
        """Yield the newest revision of each other work of the last *days* (0: ever), newest first."""
        seen = {self.root}
        for posting in self.recent(days):
            if posting.root not in seen:
                seen.add(posting.root)
                yield posting

    def declared_by_author(self, window_days: int) -> tuple[DeclaredPatch, ...]:
        """Return the patches with a declaration in the newest earlier revision of each other work, newest first."""
        return tuple(patch for posting in self.others(window_days) for patch in posting.declared)

    def added_by_author(self, window_days: int) -> int:
        """Return the lines added by `declared_by_author`, outside tests and generated files."""
        return sum(patch.added for patch in self.declared_by_author(window_days))


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseRate:
    """
    How usual a finding is: *having* of *series* works on the list carry it, of those that its rule could look at.

    Counted are works (all revisions of one are one) that fell under the same policy, from *since* up to the
    series that is shown. *among* says which: series, or first series.
    """

    list_id: str
    series: int
    having: int
    since: datetime
    among: str = "series"

    @property
    def enough(self) -> bool:
        """Whether there are enough series to compare with."""
        return self.series >= ENOUGH_TO_COMPARE


def bucket(changed: int) -> int:
    """Return the class of a diff size: the number of a bucket."""
    return bisect_left(BUCKETS, changed)


def nearest_rank(ordered: Sequence[int], percentile: int) -> int | None:
    """Return the value that so many percent do not exceed; None for nothing."""
    if not ordered:
        return None
    rank = -(-len(ordered) * min(max(percentile, 1), 100) // 100)
    return ordered[rank - 1]


def window_of(date: datetime) -> tuple[datetime, datetime]:
    """Return the window whose figures a series of *date* is compared with."""
    until = date.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return until - WINDOW, until


def _when(start: Start) -> float:
    return start.at


def _bursts(starts: Sequence[Start], days: int, skip: int) -> Iterator[int]:
    """Yield for each start after the first *skip* how many its sender had in the *days* up to it, itself included."""
    times: dict[str, deque[float]] = defaultdict(deque)
    for number, start in enumerate(starts):
        own = times[start.sender]
        while own and own[0] <= start.at - days * 86_400:
            own.popleft()
        own.append(start.at)
        if number >= skip:
            yield len(own)
