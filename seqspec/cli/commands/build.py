"""`seqspec build`: the Keras model of a document, written to a file."""

from __future__ import annotations

import os
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import click

from seqspec.cli.options import exit_on_errors, file_names, file_option, set_option
from seqspec.core.check.check import Check, CheckSettings
from seqspec.core.diagnostics.errors import MissingPackageError
from seqspec.core.output.text import visible


@click.command("build")
@click.argument("file", shell_complete=file_names)
@file_option("-o", "--output", help="Output file; by default next to the spec, with the suffix .keras.")
@click.option(
    "--weights",
    type=click.Choice(["declared", "none"]),
    default="declared",
    show_default=True,
    help="none: initialize base models randomly and download nothing.",
)
@click.option(
    "--allow-custom",
    multiple=True,
    metavar="MODULE",
    help="A Python module whose classes the spec may import: installed, next to the spec, or in this folder.",
)
@file_option(
    "--allow-file",
    "allow_files",
    multiple=True,
    help="A vocabulary or weights file outside the project that the model may read.",
)
@set_option
def command(
    file: str,
    output: str | None,
    weights: str,
    allow_custom: tuple[str, ...],
    allow_files: tuple[str, ...],
    settings: tuple[str, ...],
) -> None:
    """Build the Keras model of a spec and save it as a .keras file."""
    target = Path(output) if output is not None else _default_target(file)
    if target.suffix != ".keras":
        raise click.UsageError(f"{target}: the output file must end in .keras")
    if not target.parent.is_dir():
        raise click.UsageError(f"{target.parent} is not a folder")
    check = Check.of(file, settings=settings, options=CheckSettings(allow_files=allow_files))
    exit_on_errors(check.linted)
    from seqspec.core.compiler.build import build_analyzed, require_all
    from seqspec.core.compiler.quiet_backend import import_keras
    from seqspec.core.diagnostics.errors import BuildError

    with _Progress(f"building {file}"):
        try:
            require_all(check, allow_custom, allow_files)
            import_keras()
            from seqspec.core.compiler.keras_model import save_model

            model = build_analyzed(
                check, allow_custom=allow_custom, allow_files=allow_files, download=weights != "none"
            )
            save_model(model, target)
        except MissingPackageError:
            raise
        except BuildError as error:
            raise click.ClickException(str(error))
        except OSError as error:
            raise click.ClickException(f"{target}: {error.strerror or error}")
    click.echo(f"{target}: {model.count_params():,} parameters, output {tuple(model.output_shape)}")


def _default_target(file: str) -> Path:
    path = Path(file)
    return path.with_name(path.name.removesuffix(path.suffix).removesuffix(".seqspec") + ".keras")


class _Progress:
    """A line on standard error with the seconds that a long build has taken, if that is a terminal."""

    def __init__(self, label: str) -> None:
        self._words = visible(label)
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> None:
        # While Keras is imported, standard error is redirected; this line is not.
        try:
            self._out = os.dup(sys.stderr.fileno())
        except (AttributeError, OSError, ValueError):
            return
        self._thread.start()

    def __exit__(self, *error: object) -> None:
        if not self._thread.is_alive():
            return
        self._done.set()
        self._thread.join()
        os.close(self._out)

    def _run(self) -> None:
        start = time.monotonic()
        terminal = os.isatty(self._out)
        shown = False
        while not self._done.wait(1):
            seconds = int(time.monotonic() - start)
            if terminal:
                self._write(f"\r{self._words} … {seconds} s")
            elif not shown:
                self._write(f"{self._words} …\n")
            shown = True
        if shown and terminal:
            self._write("\r\x1b[K")

    def _write(self, text: str) -> None:
        with suppress(OSError):
            os.write(self._out, text.encode(errors="backslashreplace"))
