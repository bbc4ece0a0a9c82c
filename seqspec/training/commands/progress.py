"""`seqspec.Progress`: what the commands print, for the functions."""

from __future__ import annotations

from seqspec.training.commands.search import SearchOutput
from seqspec.training.commands.training_console import TextOutput
from seqspec.training.events import Event, Subscriber


class Progress(Subscriber):
    """Prints the events of a training or a search as the commands do: `seqspec.search(..., report=Progress())`.

    It is the `report` of `train`, `resume`, `search` and `resume_search`.
    """

    def __init__(self) -> None:
        self._search, self._train = SearchOutput(has_line=False), TextOutput(has_bar=False)

    def receive(self, event: Event) -> None:
        """Prints an event."""
        output = self._search if self._search.shows(event) else self._train
        output.receive(event)
