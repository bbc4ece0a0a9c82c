"""Writes the output of a command to standard output or a file, which is replaced atomically."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable

import click


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
