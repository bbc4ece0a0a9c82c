"""The line of a terminal with the trials that are running."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING

from seqspec.training.commands.training_console import Bar

if TYPE_CHECKING:
    from seqspec.training.records import EventFields

_MAX_RUNNING = 4


class SearchProgress(Bar):
    """How many trials ended, the time left, the best, and the epochs of those that are running."""

    def __init__(self) -> None:
        super().__init__()
        self._since = time.monotonic()
        self._trials = self._before = self._ended = 0
        self._names: list[str] = []
        self._running: dict[int, int] = {}
        self._best = ""
        self._activity = "checking the space and reading the data"
        self.show()

    def record(self, event: str, fields: EventFields) -> None:
        """Takes what an event says."""
        with self._lock:
            if event == "search":
                self._since = time.monotonic()
                self._trials, self._names = fields["trials"], [name for name, _ in fields["objectives"]]
                self._before = self._ended = fields["ended_trials"]
                self._activity = "starting"
            elif event == "trial_epoch":
                self._running[fields["trial"]] = fields["epoch"]
            elif event == "trial":
                row = fields["trial"]
                self._running.pop(row["number"], None)
                self._ended += 1
                self._activity = (
                    "starting the next trial" if self._ended < self._trials else "evaluating the best trial"
                )
                if fields["best"]:
                    from seqspec.training.search.text import shown

                    self._best = f"best {shown(row[self._names[0]])} (trial {row['number']})"
            elif event == "search_done":
                self._active = False

    def _text(self) -> str:
        spent = time.monotonic() - self._since
        parts = [f"{self._ended} of {self._trials} trials" if self._trials else ""]
        left, ended = self._trials - self._ended, self._ended - self._before
        known = ended > 1 and left > 0
        parts.append(duration(spent) + (f", about {duration(spent / ended * left)} left" if known else ""))
        parts.append(self._best)
        running = [f"{number}: epoch {epoch}" for number, epoch in sorted(self._running.items())][:_MAX_RUNNING]
        parts.append("  ".join(running) or self._activity)
        return "  ".join(filter(None, parts))[: shutil.get_terminal_size().columns - 1]


def duration(seconds: float) -> str:
    """A duration in its largest unit, with the next one below 10."""
    for unit, below, size in (("d", "h", 86_400), ("h", "min", 3600), ("min", "s", 60)):
        if seconds >= size:
            whole, rest = divmod(int(seconds), size)
            smaller = {"h": 3600, "min": 60, "s": 1}[below]
            return f"{whole} {unit} {rest // smaller} {below}" if whole < 10 else f"{whole} {unit}"
    return f"{seconds:.0f} s"
