"""The command `seqspec`: each subcommand is a module of this package, imported when it is called."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from contextlib import suppress
from typing import Any, NoReturn

import click

from seqspec import __version__

_INTERRUPTED = 130
"""The exit code after Ctrl-C."""

_COMMANDS = {
    "check": "Check specs: report everything that Keras would reject, with its line.",
    "explain": "Explain a rule: what it does, why it matters and what to use instead.",
    "rules": "List the rules.",
    "baseline": "Record current findings as a baseline, so that only new ones are reported.",
    "config": "Print the effective configuration and the origin of each setting.",
    "summary": "Print the layers of a spec with shapes, parameters and cost.",
    "plot": "Draw the model of a spec: shapes, parameters, MACs, and findings where they are.",
    "expand": "Print the expanded spec, with variables, blocks and shorthand resolved.",
    "fmt": "Format specs, or convert them between TOML and JSON.",
    "diff": "Print the semantic changes between two specs, or since a git revision.",
    "upgrade": "Migrate specs to the current language version, and saved models to the installed Keras.",
    "python": "Generate the equivalent Keras code.",
    "train": "Train the model of a spec, evaluate it and save it in a run folder.",
    "resume": "Continue a run where it was interrupted, or extend it.",
    "evaluate": "Evaluate the model of a run.",
    "predict": "Predict for new samples with the model of a run.",
    "export": "Export a trained model to ONNX, OpenVINO, LiteRT, ..., verified with their runtimes.",
    "runs": "List, show, compare and delete runs.",
    "build": "Build the Keras model of a spec and save it as a .keras file.",
    "import": "Convert a saved model of any Keras, with its weights, or a Keras program to a spec.",
    "new": "Create a commented spec from a template.",
    "schema": "Print the JSON Schema of specs, for editors and other tools.",
    "lsp": "Run the language server over standard input and output, as editors do.",
    "serve": "Open the playground: a local web editor with a live model diagram.",
    "completion": "Print the shell completion script for bash, zsh or fish.",
}
_MODULES = {
    "import": "seqspec.cli.commands.import_",
    **{
        name: f"seqspec.training.commands.{name}"
        for name in ("train", "resume", "evaluate", "predict", "export", "runs")
    },
    **{name: f"seqspec.editor.commands.{name}" for name in ("lsp", "serve")},
}
_GARBAGE_AFTER = 100_000
"""Python's garbage collection threshold; its default is 700."""
_REPORT_REQUEST = "please report it, with the output of SEQSPEC_TRACEBACK=1"


class _LazyGroup(click.Group):
    """A group whose commands are imported when they run, so that `check` does not import what `build` needs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        from importlib import import_module

        command: click.Command = import_module(_MODULES.get(cmd_name, f"seqspec.cli.commands.{cmd_name}")).command
        return command

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except click.ClickException as error:
            # File names and arguments may contain control characters, which a terminal would execute.
            from seqspec.core.output.text import visible

            error.message = "\n".join(map(visible, error.message.split("\n")))  # type: ignore[misc]  # click: str
            raise
        except KeyboardInterrupt:
            click.echo("seqspec: interrupted", err=True)
            sys.exit(130)
        except RuntimeError as error:
            from seqspec.core.linter.parallel import CheckError
            from seqspec.core.output.text import visible

            if not isinstance(error, CheckError) or os.environ.get("SEQSPEC_TRACEBACK"):
                raise
            click.echo(f"seqspec: {visible(str(error))}\n{_REPORT_REQUEST}", err=True)
            sys.exit(2)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and args[0] not in _COMMANDS:
            from seqspec.core.diagnostics.suggest import Form, suggest

            hint = suggest(args[0], _COMMANDS, form=Form.SHELL).label or f"available: {', '.join(_COMMANDS)}"
            ctx.fail(f"unknown command {args[0]!r}; {hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


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
