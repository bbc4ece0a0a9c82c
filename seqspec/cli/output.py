"""Where the output of a command goes: standard output, or a file that is replaced as a whole."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable

import click


class CannotWrite(click.ClickException):
    """The output cannot be written; ends with status 2, as what was found is not known to anybody."""

    exit_code = 2


def write(pieces: Iterable[str | bytes], file: str | None = None) -> None:
    """Writes the pieces of an output as they come."""
    if file is not None:
        from seqspec.syntax.atomic_write import replace_pieces

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
        # What is still in the buffer would fail once more when Python ends.
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
        if error.errno == errno.EPIPE:
            # The reader has seen enough.
            sys.exit(1)
        raise CannotWrite(f"standard output: {error.strerror or error}")


def counted(count: int, noun: str) -> str:
    """`1 document`, `2,000 documents`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def tell(message: str) -> None:
    """A remark that is not a finding."""
    from seqspec.output.text import visible

    click.echo(f"seqspec: {visible(message)}", err=True)
