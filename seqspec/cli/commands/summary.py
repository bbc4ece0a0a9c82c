"""`seqspec summary`: layers, shapes, parameters, MACs and memory, before any framework is imported."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Sequence
from typing import Any

import click

from seqspec.analysis.analyze import AnalysisResult, analyze
from seqspec.analysis.summary import UnknownSize, summarize, unknown_sizes
from seqspec.cli.diff_markdown import code
from seqspec.cli.options import exit_on_errors, file_names, painter, read_input, set_option
from seqspec.output.markdown import escaped
from seqspec.output.text import Paint, columns, plain, visible

_BAR = 16
"""Characters of the longest bar."""
_EIGHTHS = ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")
_HEADERS = ("layer", "type", "output shape", "dtype", "parameters", "MACs", "activations")


@click.command("summary")
@click.argument("file", shell_complete=file_names)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["table", "markdown", "csv", "json"]),
    default="table",
    help="Output format; in a terminal the table has bars for parameters and MACs.",
)
@click.option("--markdown", is_flag=True, help="Short for --format markdown.")
@click.option(
    "--batch",
    type=click.IntRange(min=1),
    default=32,
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
    result = analyze(read_input(file), settings=settings)
    exit_on_errors(result.report)
    try:
        summary = summarize(result, batch, dict(_size(text, result) for text in dims))
    except UnknownSize as error:
        raise click.UsageError(f"--dim: {error}")
    paint = painter(sys.stdout)
    if markdown or format_ == "markdown":
        text = _markdown(summary)
    elif format_ == "table":
        text = _table(summary, paint)
    else:
        text = {"csv": _csv, "json": _json}[format_](summary)
    click.echo(text, nl=False, color=True)


def _size(text: str, result: AnalysisResult) -> tuple[str, int]:
    name, _, size = text.rpartition("=")
    if "=" not in text and size.isdecimal():
        unknown = unknown_sizes(result)
        if len(unknown) != 1:
            listed = ", ".join(unknown) or "none"
            raise click.UsageError(f"--dim {text}: write NAME=SIZE; the input's unknown sizes are {listed}")
        return unknown[0], int(size)
    if not name or not size.isdecimal():
        raise click.UsageError(f"--dim {text}: expected NAME=SIZE with an integer, such as T=128")
    return name, int(size)


def _json(summary: dict[str, Any]) -> str:
    return json.dumps(summary, indent=2) + "\n"


def _csv(summary: dict[str, Any]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(
        ["layer", "type", "output_shape", "dtype", "params", "trainable_params", "macs", "activation_bytes"]
    )
    for row in summary["layers"]:
        shape, dtype = _output(row)
        writer.writerow(
            [
                row["name"],
                row["type"],
                shape,
                dtype,
                row["params"],
                row["trainable_params"],
                row["macs"],
                row["activation_bytes"],
            ]
        )
    return out.getvalue()


def _rows(summary: dict[str, Any]) -> list[list[str]]:
    given = summary["input"]
    rows = [["input", "", _shape(given["shape"]), given["dtype"], "", "", ""]]
    for row in summary["layers"]:
        shape, dtype = _output(row)
        cost = [f"{row['params']:,}", _count(row["macs"]), _bytes(row["activation_bytes"])]
        rows.append([row["name"], row["type"], shape, dtype, *cost])
    return rows


def _table(summary: dict[str, Any], paint: Paint) -> str:
    """The table; in colour with bars for where parameters and MACs go."""
    lines = _align([list(_HEADERS), *_rows(summary)], right=(4, 5, 6))
    wide = max(columns(line) for line in lines)
    if paint is plain:
        rule = "─" * wide
    else:
        bars = [("parameters".ljust(_BAR), "MACs"), ("", ""), *_bars(summary)]
        painted = []
        for number, (line, (params, macs)) in enumerate(zip(lines, bars)):
            role = "bold" if number == 0 else "dim" if number > 1 and summary["layers"][number - 2]["frozen"] else ""
            left = _pad(line, wide, False)
            left = paint(left, role) if role else left
            left = f"{left}  {paint(params, 'info') if params else ''}{' ' * (_BAR - len(params))}"
            painted.append((f"{left}  {paint(macs, 'warning')}" if macs else left).rstrip())
        lines = painted
        rule = "─" * (wide + 4 + 2 * _BAR)
    title = paint(visible(summary["name"] or "model"), "bold")
    out = [title, rule, lines[0], rule, *lines[1:], rule, *_totals(summary)]
    return "\n".join(out) + "\n"


def _bars(summary: dict[str, Any]) -> list[tuple[str, str]]:
    """For each layer its parameters and MACs as bars; none for MACs that depend on an unknown size."""
    layers = summary["layers"]
    known = all(isinstance(row["macs"], int) for row in layers)
    return list(
        zip(
            _scaled([row["params"] for row in layers]),
            _scaled([row["macs"] if known else 0 for row in layers]),
        )
    )


def _scaled(sizes: Sequence[int]) -> list[str]:
    most = max(sizes, default=0)
    out = []
    for size in sizes:
        eighths = 0 if not size else max(1, round(size * _BAR * 8 / most))
        out.append("█" * (eighths // 8) + _EIGHTHS[eighths % 8])
    return out


def _markdown(summary: dict[str, Any]) -> str:
    """The table and the totals as Markdown; what comes from the spec is in code spans."""
    lines = [f"### {code(summary['name'] or 'model')}", "", f"| {' | '.join(_HEADERS)} |"]
    lines.append("| --- | --- | --- | --- | ---: | ---: | ---: |")
    for row in _rows(summary):
        cells = [code(cell, True) if index < 4 and cell else escaped(cell) for index, cell in enumerate(row)]
        lines.append(f"| {' | '.join(cells)} |")
    lines.append("")
    lines += [f"- {escaped(_squeezed(line))}" for line in _totals(summary)]
    return "\n".join(lines) + "\n"


def _squeezed(line: str) -> str:
    return " ".join(line.split())


def _totals(summary: dict[str, Any]) -> list[str]:
    memory = summary["memory"]
    frozen = summary["params"] - summary["trainable_params"]
    optimizer = "no [compile]" if memory["optimizer"] is None else _bytes(memory["optimizer"])
    lines = [
        f"parameters     {summary['params']:,} ({summary['trainable_params']:,} trainable, {frozen:,} non-trainable)",
        f"MACs           {_count(summary['macs'])} per sample",
        f"memory         weights {_bytes(memory['weights'])}, gradients {_bytes(memory['gradients'])}, "
        f"optimizer {optimizer}, activations {_bytes(memory['activations'])} for batch size {summary['batch']}",
    ]
    if summary["smallest"]:
        words = [
            f"{name} ≥ {size}" if size is not None else f"{name} unknown" for name, size in summary["smallest"].items()
        ]
        lines.append(f"valid for      {', '.join(words)}")
    return lines


def _output(row: dict[str, Any]) -> tuple[str, str]:
    outputs = row["output"] if isinstance(row["output"], list) else [row["output"]]
    return " ".join(_shape(output["shape"]) for output in outputs), outputs[0]["dtype"]


def _shape(shape: Sequence[int | str]) -> str:
    return f"({', '.join(map(str, shape))})"


def _count(value: int | str | None) -> str:
    if isinstance(value, str):
        # A formula with an unknown size that has no name has no meaning.
        return "unknown" if "?" in value else value
    return "" if value is None else f"{value:,}"


def _bytes(value: int | str | None) -> str:
    if value is None or (isinstance(value, str) and "?" in value):
        return "unknown"
    if isinstance(value, str):
        return f"{value} B"
    size = float(value)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.0f} B" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} TiB"


def _align(rows: list[list[str]], right: Sequence[int]) -> list[str]:
    rows = [[visible(cell) for cell in row] for row in rows]
    widths = [max(columns(row[index]) for row in rows) for index in range(len(rows[0]))]
    return [
        "  ".join(_pad(cell, widths[index], index in right) for index, cell in enumerate(row)).rstrip() for row in rows
    ]


def _pad(cell: str, width: int, right: bool) -> str:
    blank = " " * (width - columns(cell))
    return blank + cell if right else cell + blank
