"""The command `seqspec`: its subcommands are those of `seqspec.cli.command_table`."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from contextlib import suppress
from typing import Any, NoReturn

import click

from seqspec import __version__
from seqspec.cli.command_table import commands, needs_extra

_INTERRUPTED = 130
"""The exit code after Ctrl-C."""

_GARBAGE_AFTER = 100_000
"""Python's garbage collection threshold; its default is 700."""
_REPORT_REQUEST = "please report it, with the output of SEQSPEC_TRACEBACK=1"


class _LazyGroup(click.Group):
    """A group whose commands are imported when they run, so that `check` does not import what `build` needs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(commands())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = commands().get(cmd_name)
        if entry is None:
            return None
        with needs_extra(entry):
            command: click.Command = entry.load()
        return command

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except click.ClickException as error:
            # File names and arguments may contain control characters, which a terminal would execute.
            from seqspec.core.output.text import visible

            error.message = "\n".join(map(visible, error.message.split("\n")))  # type: ignore[misc]  # click: str
            raise
        except ModuleNotFoundError:
            entry = commands().get(ctx.invoked_subcommand or "")
            if entry is None:
                raise
            with needs_extra(entry):
                raise
        except KeyboardInterrupt:
            click.echo("seqspec: interrupted", err=True)
            sys.exit(_INTERRUPTED)
        except RuntimeError as error:
            from seqspec.core.check.parallel import CheckError
            from seqspec.core.output.text import visible

            if not isinstance(error, CheckError) or os.environ.get("SEQSPEC_TRACEBACK"):
                raise
            click.echo(f"seqspec: {visible(str(error))}\n{_REPORT_REQUEST}", err=True)
            sys.exit(2)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and args[0] not in commands():
            from seqspec.core.diagnostics.suggest import SuggestionTemplate, suggest

            hint = (
                suggest(args[0], commands(), form=SuggestionTemplate.SHELL).label
                or f"available: {', '.join(commands())}"
            )
            ctx.fail(f"unknown command {args[0]!r}; {hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        entries = commands().values()
        for group in dict.fromkeys(entry.group for entry in entries):
            with formatter.section(group):
                formatter.write_dl([(entry.name, entry.help) for entry in entries if entry.group == group])


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="seqspec")
def cli() -> None:
    """Keras Sequential models written as data: checked in milliseconds, built by Keras."""


def main() -> None:
    """Runs the command line; an internal error ends with status 2 and one line, no stack trace."""
    try:
        _run()
    except SystemExit as end:
        if end.code == _INTERRUPTED and "keras" in sys.modules:
            _leave(_INTERRUPTED)
        raise


def _run() -> None:
    # Most objects of a command are classes and modules, which stay alive; collecting garbage takes a quarter of a short
    # run.
    gc.set_threshold(_GARBAGE_AFTER)
    atexit.register(gc.freeze)
    for stream in (sys.stdout, sys.stderr):
        # A character that the terminal's encoding lacks must not end the run.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        cli(prog_name="seqspec")
    except KeyboardInterrupt:
        _end("seqspec: interrupted", _INTERRUPTED)
    except OSError as error:
        # The findings could not be printed: the disk is full, or the pipe is closed.
        _end(f"seqspec: the output cannot be written: {error.strerror or error}")
    except RecursionError:
        _end("seqspec: the spec is nested too deeply for this Python")
    except Exception as error:
        # An internal error is reported without a stack trace.
        if os.environ.get("SEQSPEC_TRACEBACK"):
            raise
        _end(f"seqspec: internal error: {type(error).__name__}: {str(error)[:300]}\n{_REPORT_REQUEST}")


def _leave(status: int) -> NoReturn:
    """Ends the process without finalizing Python, in which threads that JAX is still computing in crash."""
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, AttributeError, ValueError):
            stream.flush()
    os._exit(status)


def _end(message: str, status: int = 2) -> None:
    with suppress(OSError, AttributeError):
        sys.stderr.write(message + "\n")
    # Standard output may be closed, and Python would report that again at exit.
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115
    sys.exit(status)


if __name__ == "__main__":
    main()
