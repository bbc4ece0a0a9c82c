"""Options and small services that several commands share."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import IO, TYPE_CHECKING, Any, NoReturn, TypeVar

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from seqspec.analysis.report import Report
    from seqspec.diagnostics.diagnostic import Diagnostic
    from seqspec.output.text import Paint
    from seqspec.syntax.document import Document

F = TypeVar("F", bound=Callable[..., Any])


def output_file(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """The value of --output: None, for standard output, also where it is `-`."""
    return None if value == "-" else value


def file_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The `shell_complete` of every argument and option that takes a file or a folder."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="file")]


def set_option(command: F) -> F:
    """`--set NAME=VALUE`, as often as wanted."""
    return click.option(
        "--set",
        "settings",
        multiple=True,
        metavar="NAME=VALUE",
        help="Override a value of the spec, such as vars.width=64 or layers.head.units=5.",
    )(command)


def read_input(file: str) -> str | Document:
    """What a command analyzes: the name of a file, or the document on standard input for `-`."""
    if file != "-":
        return file
    from seqspec.syntax.limits import LIMITS
    from seqspec.syntax.source import parse_bytes

    return parse_bytes(sys.stdin.buffer.read(LIMITS.bytes + 1), "<stdin>", LIMITS)


def say(text: str, err: bool = False) -> None:
    """Prints a text as it is: whoever painted it has decided on its colours."""
    click.echo(text, err=err, color=True)


def painter(stream: IO[str] | None) -> Paint:
    """Colours where the stream is a terminal; NO_COLOR and FORCE_COLOR are obeyed."""
    from seqspec.output.text import ansi, plain

    if os.environ.get("NO_COLOR"):
        return plain
    if os.environ.get("FORCE_COLOR", "0") not in ("", "0", "false"):
        return ansi
    return ansi if stream is not None and stream.isatty() and os.environ.get("TERM") != "dumb" else plain


def exit_on_errors(report: Report) -> None:
    """Prints the errors of a document that another command needs whole, and ends with status 1 if there are any."""
    if not report.ok:
        exit_on_findings(report.diagnostics, report.line)


def exit_on_findings(diagnostics: Sequence[Diagnostic], line: Callable[[str | None, int], str]) -> NoReturn:
    """Prints the errors among the findings and ends with status 1."""
    from seqspec.output.text import full

    paint = painter(sys.stderr)
    errors = [diagnostic for diagnostic in diagnostics if diagnostic.severity == "error"]
    for diagnostic in errors:
        say(full(diagnostic, line, paint) + "\n", err=True)
    click.echo(f"{len(errors)} error{'' if len(errors) == 1 else 's'}; aborted", err=True)
    sys.exit(1)


def placement_options(command: F) -> F:
    """Adds `--devices`, `--engine` and `--workers`: where a run is trained."""
    options = (
        click.option(
            "--devices", type=click.IntRange(min=1), metavar="N", help="Devices of this machine, or of each worker."
        ),
        click.option(
            "--engine",
            type=click.Choice(["local", "ray", "jax"]),
            help="ray: Ray starts the workers. jax: this is one of the processes that srun or mpirun started.",
        ),
        click.option("--workers", type=click.IntRange(min=1), metavar="N", help="Worker processes, for --engine ray."),
    )
    for option in reversed(options):
        command = option(command)
    return command
