# SPDX-License-Identifier: GPL-2.0-or-later
"""Progress bars of several things at once: on a terminal only, and only when a run turns out to be long."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from threading import RLock, Timer
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_QUIET_SECONDS = 1.0


@dataclass(slots=True)
class _Bar:
    text: str
    total: Callable[[], int | None]
    done: int = 0
    task: "TaskID | None" = None


class Bars:
    """A context in which bars may be shown; *shown* says whether anybody would see them. Any thread may use it."""

    def __init__(self, *, shown: bool, wait: float = _QUIET_SECONDS) -> None:
        self._lock = RLock()
        self._bars: dict[str, _Bar] = {}
        self._progress: Progress | None = None
        self._timer = Timer(wait, self._open) if shown else None

    def __enter__(self) -> Self:
        if self._timer is not None:
            self._timer.daemon = True
            self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        with self._lock:
            self._timer = None
            if self._progress is not None:
                self._progress.stop()

    def begin(self, name: str, text: str, total: Callable[[], int | None] = lambda: None) -> None:
        """Begin the bar *name*, or give it another *text*; *total* is asked when it is shown, None is not known."""
        with self._lock:
            bar = self._bars.get(name)
            if bar is None:
                bar = self._bars[name] = _Bar(text, total)
            bar.text = text
            self._show(bar)

    def advance(self, name: str, number: int) -> None:
        """Count *number* more things done."""
        with self._lock:
            if (bar := self._bars.get(name)) is not None:
                bar.done += number
                self._show(bar)

    def end(self, name: str) -> None:
        """Take a bar away."""
        with self._lock:
            bar = self._bars.pop(name, None)
            if bar is not None and bar.task is not None and self._progress is not None:
                self._progress.remove_task(bar.task)

    def _open(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        with self._lock:
            if self._timer is None:  # the run has ended meanwhile
                return
            columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
            self._progress = Progress(*columns, console=Console(stderr=True), transient=True)
            self._progress.start()
            for bar in self._bars.values():
                self._show(bar)

    def _show(self, bar: _Bar) -> None:
        if self._progress is None:
            return
        if bar.task is None:
            total = None
            with suppress(Exception):  # a bar without an end is still a bar
                total = bar.total()
            bar.task = self._progress.add_task(bar.text, total=total)
        self._progress.update(bar.task, description=bar.text, completed=bar.done)
