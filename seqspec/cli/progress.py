"""The progress bar of a long run."""

from __future__ import annotations

import sys
import time
from collections.abc import Generator, Iterator

from seqspec.core.output.base import CheckedDocument

_PATIENCE = 1.0
"""Seconds before anything is shown."""

_PAUSE = 0.1
_WIDTH = 30
_CLEAR = "\r\x1b[K"


def progress(documents: Iterator[CheckedDocument], total: int) -> Generator[CheckedDocument, None, None]:
    """Yields the documents and shows a progress bar on standard error, if that is a terminal."""
    if total < 2 or not sys.stderr.isatty():
        yield from documents
        return
    shared = sys.stdout.isatty()
    due = time.monotonic() + _PATIENCE
    shown = False
    try:
        for count, document in enumerate(documents, 1):
            if shown and shared and document.diagnostics:
                # Findings are printed to the same terminal and replace the bar.
                _draw(_CLEAR)
                shown = False
            yield document
            now = time.monotonic()
            if now >= due:
                due = now + _PAUSE
                sys.stdout.flush()
                done = _WIDTH * count // total
                _draw(f"{_CLEAR}[{'#' * done}{'.' * (_WIDTH - done)}] {count:,} of {total:,} files")
                shown = True
    finally:
        if shown:
            _draw(_CLEAR)


def _draw(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()
