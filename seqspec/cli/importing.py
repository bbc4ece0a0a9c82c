"""What the importers of all front ends share: the options, how a spec is written, how findings are printed."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import click

from seqspec.cli.options import echo_findings, exit_on_configuration
from seqspec.core.analysis.report import Report
from seqspec.core.config.configuration import Configurations
from seqspec.core.config.settings import ConfigurationError
from seqspec.core.diagnostics.convert import at_source
from seqspec.core.diagnostics.diagnostic import Diagnostic
from seqspec.core.diagnostics.message import TOML, counted
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.syntax.document import Document
from seqspec.core.syntax.limits import Limits

_MIN_BYTES, _MIN_DEPTH = 1 << 23, 100
"""The JSON of Keras is longer and deeper than a spec."""
_FORMATS = ("toml", "json")


class ImportOptions(NamedTuple):
    """The options that decide how a saved model is read."""

    architecture: str | None = None
    theano: bool = False
    ignore_masked: bool = False
    input_shape: Sequence[int | None] | None = None
    layout: str = "keep"


class WeightOptions(NamedTuple):
    """The options of `seqspec import` for weights."""

    weights: str | None = None
    verify: str | None = None
    tolerance: float | None = None

    @property
    def is_set(self) -> bool:
        """Whether the weights are read."""
        return self.weights is not None or self.verify is not None


def configured_limits(file: str) -> Limits:
    """The limits that the configuration of a file declares; exits with status 2 if it is invalid."""
    try:
        return Configurations().of_file(file).limits
    except ConfigurationError as error:
        exit_on_configuration(error)


def import_limits(file: str) -> Limits:
    """The limits on a saved model, at least those that Keras's JSON needs."""
    limits = configured_limits(file)
    return limits._replace(bytes=max(limits.bytes, _MIN_BYTES), depth=max(limits.depth, _MIN_DEPTH))


class Importer(Protocol):
    """What a front end does for `seqspec import`."""

    def accepts(self, file: str, options: ImportOptions, weights: WeightOptions) -> bool:
        """Whether it imports a file."""

    def run(self, file: str, output: str | None, format_: str, options: ImportOptions, weights: WeightOptions) -> None:
        """Writes the spec, or exits with status 1."""


class Upgrader(Protocol):
    """What a front end does for `seqspec upgrade`."""

    def accepts(self, file: str) -> bool:
        """Whether it upgrades a file."""

    def run(self, file: str, output: str | None, options: ImportOptions, *, only_check: bool) -> bool:
        """Writes the file for the installed Keras; False if that failed or, with `only_check`, if it would change."""


def _read_shape(context: click.Context, option: click.Parameter, text: str | None) -> tuple[int | None, ...] | None:
    """The sizes of `"28,28,1"` or `"?,16"`, with None for an unknown one."""
    if text is None:
        return None
    sizes = [size.strip() for size in text.strip("()[] ").rstrip(",").split(",")]
    if not all(size == "?" or (size.isascii() and size.isdecimal() and int(size[:18]) > 0) for size in sizes):
        raise click.BadParameter('write the shape of one sample, such as "28,28,1" or "?,16"')
    return tuple(None if size == "?" else int(size) for size in sizes)


layout_option = click.option(
    "--layout",
    type=click.Choice(["keep", "channels_last"]),
    default="keep",
    show_default=True,
    help="For channels_first, which TensorFlow does not support on a CPU. keep: the input layout stays, and models of "
    "Keras 1 and 2 get Permute layers. channels_last: the whole model is converted, also one of Keras 3.",
)
input_shape_option = click.option(
    "--input-shape",
    callback=_read_shape,
    metavar="SIZES",
    help='Shape of one sample, such as "28,28,1" or "?,16", for a saved model without an input shape.',
)


def output_format(output: str | None, format_: str | None) -> str:
    """The format of the spec: as chosen, else by the suffix of the output file, else TOML."""
    suffix = Path(output).suffix.lower().removeprefix(".") if output is not None else ""
    return format_ or (suffix if suffix in _FORMATS else "toml")


def write_document(text: str, notes: Sequence[str], output: str | None) -> None:
    for note in notes:
        click.echo(f"note: {note}", err=True)
    if output is None:
        click.echo(text, nl=False)
    else:
        _write(text, output)


def print_report(report: Report, diagnostics: Sequence[Diagnostic], output: str | None, totals: bool = True) -> None:
    """Prints findings and the size of the model; exits with status 1 if a finding is an error."""
    echo_findings(diagnostics, report.line)
    if output is not None:
        params = f", {report.params:,} parameters" if totals else ""
        click.echo(f"{output}: {counted(len(report.layers), 'layer')}{params}")
    if any(diagnostic.severity == "error" for diagnostic in diagnostics):
        sys.exit(1)


def print_findings(diagnostics: Iterable[Diagnostic], document: Document) -> None:
    echo_findings(diagnostics, lambda _, number: document.line_text(number))


def print_violations(violations: Iterable[Violation], document: Document) -> None:
    """Prints violations; helps are rendered as TOML, also for a file in JSON."""
    print_findings([at_source(violation, document, notation=TOML) for violation in violations], document)


def _write(text: str, target: str) -> None:
    from seqspec.core.syntax.atomic_write import replace_text

    try:
        replace_text(target, text)
    except OSError as error:
        raise click.ClickException(f"{target}: {error.strerror or error}")
