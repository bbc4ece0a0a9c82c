"""The operations of a model that formats of `[export]` do not support, as declared by its layers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from seqspec.core.analysis.layer_report import LayerReport, with_inner_layers
from seqspec.core.catalog.activations.base import ActivationFunction
from seqspec.core.catalog.export_formats import EXPORT_FORMATS, FORMATS, Fix, Limit
from seqspec.core.catalog.objects import CustomUse
from seqspec.core.diagnostics.message import Setting, TableName, fmt, join
from seqspec.core.document.outputs import Export
from seqspec.core.shapes.tensor import show

_LONG = 200
"""The number of time steps from which an unrolled layer results in a large graph."""


class ExportLimit(NamedTuple):
    """An operation of a layer that a format does not support.

    Attributes:
        entry: The layer.
        limit: The limit that its class declares.
        fixes: The fixes that are possible with its arguments and its input.
        others: The formats that have all operations of the layer.
    """

    entry: LayerReport
    limit: Limit
    fixes: tuple[Fix, ...]
    others: tuple[str, ...]


def export_limits(layers: Sequence[LayerReport], format: str, batch_size: int | None = None) -> Iterator[ExportLimit]:
    """The limits that a model meets in a format, in layer order; at most one per layer.

    Args:
        layers: The layers of the model.
        format: A format of `[export]`.
        batch_size: The fixed batch size of the export.
    """
    seen = set()
    for entry in with_inner_layers(layers):
        # The backward layer of a Bidirectional layer has the path of the forward one.
        if isinstance(entry.layer, CustomUse) or entry.path in seen:
            continue
        limit = next(_limits(entry, format, batch_size), None)
        if limit is not None:
            seen.add(entry.path)
            fixes = tuple(fix for fix in limit.fixes if fix != "unroll" or _can_unroll(entry))
            others = tuple(other for other in FORMATS if next(_limits(entry, other, None), None) is None)
            yield ExportLimit(entry, limit, fixes, others)


def limit_text(limit: ExportLimit, format: str) -> str:
    """The description of a limit in messages, after the name of the layer."""
    if limit.limit.sizes == "unknown":
        return f"can only be exported for known sizes, got {show(limit.entry.input.sample)}"
    return f"needs the operation {limit.limit.operation}, which {EXPORT_FORMATS[format].title} does not have"


def limit_help(limit: ExportLimit) -> str:
    """What avoids a limit: other settings, or another format."""
    ways: list[str] = []
    if limit.limit.sizes == "unknown":
        return "replace the unknown sizes of the input by integers"
    if "batch_size" in limit.fixes:
        ways.append(
            fmt("set {} in {}", Setting(Export.key_of(lambda table: table.batch_size), 1), TableName(("export",)))
        )
    steps = limit.entry.input.dims[1] if limit.entry.input.rank > 1 else None
    if "unroll" in limit.fixes and isinstance(steps, int) and steps <= _LONG:
        ways.append(fmt("set {}", Setting("unroll", True)) + (" in the layer" if ways else ""))
    others = [EXPORT_FORMATS[name].title for name in limit.others]
    if others:
        *before, last = others
        ways.append(fmt("export to {} or {}", ", ".join(before), last) if before else fmt("export to {}", last))
    return join(", or ", ways) if ways else "remove the layer, or export the model without it"


def _limits(entry: LayerReport, format: str, batch_size: int | None) -> Iterator[Limit]:
    fixed = batch_size is not None or isinstance(entry.input.dims[0], int)
    activations = [value for value in vars(entry.layer).values() if isinstance(value, ActivationFunction)]
    for declared in (entry.layer, *activations):
        for limit in declared.exports.limits_of(declared, format, entry.input):
            if not ("batch_size" in limit.fixes and fixed):
                yield limit


def _can_unroll(entry: LayerReport) -> bool:
    return entry.input.rank > 1 and isinstance(entry.input.dims[1], int)
