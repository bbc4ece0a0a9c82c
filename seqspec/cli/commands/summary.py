"""`seqspec summary`: layers, shapes, parameters, MACs and memory, without importing a framework."""

from __future__ import annotations

import sys

import click

from seqspec.cli.options import exit_on_errors, file_names, format_option, painter, read_input, set_option
from seqspec.core.analysis.data.declared_data import BATCH_SIZE
from seqspec.core.check.check import Check
from seqspec.core.check.summary import UnknownSize, summarize, unknown_sizes
from seqspec.core.check.summary_text import as_csv, as_json, as_markdown, as_table


@click.command("summary")
@click.argument("file", shell_complete=file_names)
@format_option(
    ["table", "markdown", "csv", "json"],
    "Output format; in a terminal the table has bars for parameters and MACs.",
    default="table",
)
@click.option("--markdown", is_flag=True, help="Short for --format markdown.")
@click.option(
    "--batch",
    type=click.IntRange(min=1),
    default=BATCH_SIZE,
    show_default=True,
    help="Batch size for the activation memory.",
)
@click.option(
    "--dim",
    "dims",
    multiple=True,
    metavar="[NAME=]SIZE",
    help="Size for an unknown input dimension, such as T=128; NAME is optional if only one is unknown.",
)
@set_option
def command(
    file: str, format_: str, markdown: bool, batch: int, dims: tuple[str, ...], settings: tuple[str, ...]
) -> None:
    """Print the layers of a spec with shapes, parameters and cost.

    MACs (multiply-accumulates) are per sample. Memory counts values only, without framework overhead.
    """
    check = Check.of(read_input(file), settings=settings)
    exit_on_errors(check.validation)
    try:
        summary = summarize(check, batch, dict(_size(text, check) for text in dims))
    except UnknownSize as error:
        raise click.UsageError(f"--dim: {error}")
    if check.spec.search is not None:
        summary["search"] = check.space_report.summary()
    if markdown or format_ == "markdown":
        text = as_markdown(summary)
    elif format_ == "table":
        text = as_table(summary, painter(sys.stdout))
    else:
        text = {"csv": as_csv, "json": as_json}[format_](summary)
    click.echo(text, nl=False, color=True)


def _size(text: str, check: Check) -> tuple[str, int]:
    name, _, size = text.rpartition("=")
    if "=" not in text and size.isdecimal():
        unknown = unknown_sizes(check)
        if len(unknown) != 1:
            listed = ", ".join(unknown) or "none"
            raise click.UsageError(f"--dim {text}: write NAME=SIZE; the input's unknown sizes are {listed}")
        return unknown[0], int(size)
    if not name or not size.isdecimal():
        raise click.UsageError(f"--dim {text}: expected NAME=SIZE with an integer, such as T=128")
    return name, int(size)
