"""What the formats of `[export]` cannot hold of a model, by the declarations of its layers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from seqspec.analysis.layer_report import LayerReport, with_inner_layers
from seqspec.catalog.exports import FORMATS, NAMES, Fix, Limit
from seqspec.catalog.objects import CustomUse


class ExportLimit(NamedTuple):
    """An operation of a layer that a format does not have.

    Attributes:
        entry: The layer.
        limit: What its class declares.
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
        # The backward layer of a Bidirectional layer has the place of the forward one.
        if isinstance(entry.layer, CustomUse) or entry.path in seen:
            continue
        limit = next(_limits(entry, format, batch_size), None)
        if limit is not None:
            seen.add(entry.path)
            fixes = tuple(fix for fix in limit.fixes if fix != "unroll" or _can_unroll(entry))
            others = tuple(other for other in FORMATS if next(_limits(entry, other, None), None) is None)
            yield ExportLimit(entry, limit, fixes, others)


def limit_text(found: ExportLimit, format: str) -> str:
    """What messages say of a limit, after the name of the layer."""
    return f"needs the operation {found.limit.operation}, which {NAMES[format]} does not have"


def _limits(entry: LayerReport, format: str, batch_size: int | None) -> Iterator[Limit]:
    fixed = batch_size is not None or isinstance(entry.input.dims[0], int)
    for limit in entry.layer.exports.limits_of(entry.layer, format, entry.input.dtype):
        if not ("batch_size" in limit.fixes and fixed):
            yield limit


def _can_unroll(entry: LayerReport) -> bool:
    return entry.input.rank > 1 and isinstance(entry.input.dims[1], int)
