"""The output of a command: to standard output or a file, which is replaced atomically, and a progress bar."""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Generator, Iterable, Iterator

import click

from seqspec.core.output.base import CheckedDocument


class CannotWrite(click.ClickException):
    """The output cannot be written; exits with status 2, because the findings were lost."""

    exit_code = 2


def write(pieces: Iterable[str | bytes], file: str | None = None) -> None:
    """Writes the pieces of an output as they are produced."""
    if file is not None:
        from seqspec.core.syntax.atomic_write import replace_pieces

        try:
            replace_pieces(file, pieces)
        except OSError as error:
            raise CannotWrite(f"{file}: {error.strerror or error}")
        return
    stream = sys.stdout
    try:
        for piece in pieces:
            if isinstance(piece, bytes):
                stream.buffer.write(piece)
            else:
                stream.write(piece)
        stream.flush()
    except OSError as error:
        # Python would fail again when it flushes the buffer at exit.
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
        if error.errno == errno.EPIPE:
            # The reader has closed the pipe.
            sys.exit(1)
        raise CannotWrite(f"standard output: {error.strerror or error}")


def echo_note(message: str) -> None:
    """Prints a note that is not a finding, to standard error."""
    from seqspec.core.output.text import visible

    click.echo(f"seqspec: {visible(message)}", err=True)


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
