"""A summary as text: a table, Markdown, CSV or JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from itertools import islice

from seqspec.core.check.summary import LayerSummary, SpaceSummary, Summary
from seqspec.core.output.markdown import code_span, escaped
from seqspec.core.output.text import Paint, columns, plain, visible

_BAR = 16
"""The length of the longest bar in characters."""
_EIGHTHS = ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")
_COLUMNS = 12
"""The number of encoded columns that are listed."""
_HEADERS = ("layer", "type", "output shape", "dtype", "parameters", "MACs", "activations")


def as_json(summary: Summary) -> str:
    """The summary as JSON."""
    return json.dumps(summary, indent=2) + "\n"


def as_csv(summary: Summary) -> str:
    """One row per layer as CSV."""
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


def _rows(summary: Summary) -> list[list[str]]:
    given = summary["input"]
    rows = [["input", "", _shape(given["shape"]), given["dtype"], "", "", ""]]
    for row in summary["layers"]:
        shape, dtype = _output(row)
        cost = [f"{row['params']:,}", _count(row["macs"]), memory_size(row["activation_bytes"])]
        rows.append([row["name"], row["type"], shape, dtype, *cost])
    return rows


def as_table(summary: Summary, paint: Paint) -> str:
    """The table; with color also bars for the distribution of parameters and MACs."""
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


def _bars(summary: Summary) -> list[tuple[str, str]]:
    """For each layer its parameters and MACs as bars; none for MACs that depend on an unknown size."""
    layers = summary["layers"]
    macs = [row["macs"] for row in layers]
    known = [number for number in macs if isinstance(number, int)]
    return list(
        zip(_scaled([row["params"] for row in layers]), _scaled(known if len(known) == len(macs) else [0] * len(macs)))
    )


def _scaled(sizes: Sequence[int]) -> list[str]:
    most = max(sizes, default=0)
    out = []
    for size in sizes:
        eighths = 0 if not size else max(1, round(size * _BAR * 8 / most))
        out.append("█" * (eighths // 8) + _EIGHTHS[eighths % 8])
    return out


def as_markdown(summary: Summary) -> str:
    """The table and the totals as Markdown; text from the spec is in code spans."""
    lines = [f"### {code_span(summary['name'] or 'model')}", "", f"| {' | '.join(_HEADERS)} |"]
    lines.append("| --- | --- | --- | --- | ---: | ---: | ---: |")
    for row in _rows(summary):
        cells = [code_span(cell, True) if index < 4 and cell else escaped(cell) for index, cell in enumerate(row)]
        lines.append(f"| {' | '.join(cells)} |")
    lines.append("")
    lines += [f"- {escaped(_squeezed(line))}" for line in _totals(summary)]
    return "\n".join(lines) + "\n"


def _squeezed(line: str) -> str:
    return " ".join(line.split())


def _totals(summary: Summary) -> list[str]:
    memory = summary["memory"]
    frozen = summary["params"] - summary["trainable_params"]
    optimizer = "no [compile]" if memory["optimizer"] is None else memory_size(memory["optimizer"])
    lines = [
        f"parameters     {summary['params']:,} ({summary['trainable_params']:,} trainable, {frozen:,} non-trainable)",
        f"MACs           {_count(summary['macs'])} per sample",
        f"memory         weights {memory_size(memory['weights'])}, gradients {memory_size(memory['gradients'])}, "
        f"optimizer {optimizer}, activations {memory_size(memory['activations'])} for batch size {summary['batch']}",
    ]
    if "columns" in summary:
        lines.insert(0, _encoded(summary["columns"]))
    if summary["smallest"]:
        parts = [
            f"{name} ≥ {size}" if size is not None else f"{name} unknown" for name, size in summary["smallest"].items()
        ]
        lines.append(f"valid for      {', '.join(parts)}")
    if "search" in summary:
        lines.append(f"search space   {_space(summary['search'])}")
    return lines


def _space(space: SpaceSummary) -> str:
    """The share of valid combinations, and the ranges of their sizes."""
    how = "checked" if space["exact"] else "drawn"
    text = f"{space['parameters']} parameters; {space['valid']:,} of {space['combinations']:,} combinations {how} valid"
    params, macs, memory = space["params"], space["macs"], space["memory"]
    if params is not None:
        text += f"; {params['min']:,} to {params['max']:,} parameters of the model"
    if macs is not None:
        text += f", {_count(macs['min'])} to {_count(macs['max'])} MACs"
    if memory is not None:
        text += f", {memory_size(memory['min'])} to {memory_size(memory['max'])}"
    return text


def _encoded(widths: Mapping[str, int | None]) -> str:
    """The number of values of each encoded column; a `?` is learned from the training set."""
    total = sum(width or 0 for width in widths.values())
    known = None not in widths.values()
    shown = [f"{name} {'?' if width is None else width}" for name, width in islice(widths.items(), _COLUMNS)]
    rest = [f"… ({len(widths) - _COLUMNS} more)"] if len(widths) > _COLUMNS else []
    head = f"input ({total})" if known else f"input (≥ {total})"
    return f"{head.ljust(14)} {', '.join([*shown, *rest])}"


def _output(row: LayerSummary) -> tuple[str, str]:
    outputs = row["output"] if isinstance(row["output"], list) else [row["output"]]
    return " ".join(_shape(output["shape"]) for output in outputs), outputs[0]["dtype"]


def _shape(shape: Sequence[int | str]) -> str:
    return f"({', '.join(map(str, shape))})"


def _count(value: int | str | None) -> str:
    if isinstance(value, str):
        # A formula with an unnamed size would be meaningless.
        return "unknown" if "?" in value else value
    return "" if value is None else f"{value:,}"


def memory_size(value: int | str | None) -> str:
    """Bytes in binary units, or their formula."""
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
