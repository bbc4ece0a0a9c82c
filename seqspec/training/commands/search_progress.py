"""The line of a terminal with the trials that are running."""

from __future__ import annotations

import shutil
import time
from itertools import pairwise

from seqspec.training.commands.training_console import Bar
from seqspec.training.events import Event, SearchDoneEvent, SearchEvent, TrialEpochEvent, TrialEvent

_MAX_RUNNING = 4


class SearchProgress(Bar):
    """How many trials ended, the time left, the best, and the epochs of those that are running."""

    def __init__(self) -> None:
        super().__init__()
        self._since = time.monotonic()
        self._trials = self._before = self._ended = 0
        self._names: list[str] = []
        self._running: dict[int, int] = {}
        self._first: float | None = None
        self._epochs = 0
        self._end: float | None = None
        self._best = ""
        self._activity = "checking the space and reading the data"
        self.show()

    def record(self, event: Event) -> None:
        """Takes what an event says."""
        with self._lock:
            if isinstance(event, SearchEvent):
                self._since = time.monotonic()
                self._trials, self._names = event.trials, [name for name, _ in event.objectives]
                self._before = self._ended = event.ended_trials
                self._activity = "starting"
            elif isinstance(event, TrialEpochEvent):
                self._running[event.trial] = event.epoch
                self._estimate()
            elif isinstance(event, TrialEvent):
                row = event.record["trial"]
                self._running.pop(row["number"], None)
                self._ended += 1
                self._epochs += row["epochs"]
                if self._first is None:
                    self._first = time.monotonic() - row["seconds"]
                self._estimate()
                self._activity = (
                    "starting the next trial" if self._ended < self._trials else "evaluating the best trial"
                )
                if event.record["best"]:
                    from seqspec.training.search.text import shown

                    self._best = f"best {shown(row[self._names[0]])} (trial {row['number']})"
            elif isinstance(event, SearchDoneEvent):
                self._active = False

    def _estimate(self) -> None:
        """Estimates when the last trial ends, from the trials that ended and the epochs of those that are running.

        The time before the first trial is left out: it imports Keras and reads the data.
        """
        ended, now = self._ended - self._before, time.monotonic()
        if ended < 2 or self._first is None:
            return
        mean = max(1.0, self._epochs / ended)
        partial = sum(min(1.0, epoch / mean) for epoch in self._running.values())
        left = max(0.0, self._trials - self._ended - partial)
        self._end = now + (now - self._first) / (ended + partial) * left

    def _text(self) -> str:
        spent = time.monotonic() - self._since
        parts = [f"{self._ended} of {self._trials} trials" if self._trials else ""]
        left = None if self._end is None or self._ended >= self._trials else max(0.0, self._end - time.monotonic())
        parts.append(duration(spent) + ("" if left is None else f", about {duration(left)} left"))
        parts.append(self._best)
        running = [f"{number}: epoch {epoch}" for number, epoch in sorted(self._running.items())][:_MAX_RUNNING]
        parts.append("  ".join(running) or self._activity)
        return "  ".join(filter(None, parts))[: shutil.get_terminal_size().columns - 1]


def duration(seconds: float) -> str:
    """A duration in its largest unit, with the next one below 10."""
    units = (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1))
    for (unit, size), (below, smaller) in pairwise(units):
        if seconds >= size:
            whole, rest = divmod(int(seconds), size)
            return f"{whole} {unit} {rest // smaller} {below}" if whole < 10 else f"{whole} {unit}"
    return f"{seconds:.0f} s"
