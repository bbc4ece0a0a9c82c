"""The comparison of two documents as data."""

from __future__ import annotations

import json

from seqspec.core.analysis.data.declared_data import BATCH_SIZE
from seqspec.core.compare import ABSENT, Comparison, Difference, LayerChange, Part, facts_of


def render(comparison: Comparison, old: str, new: str) -> str:
    """The JSON text; a value of one side only lacks the key of the other side."""
    data = {
        "version": 1,
        "old": old,
        "new": new,
        "changed": comparison.changed,
        "absent": comparison.absent,
        "unreadable": comparison.unreadable,
        "model": [_difference(item) for item in comparison.model],
        "layers": [_layer(change) for change in comparison.layers],
        "tables": {
            name: [_difference(item) for item in differences] for name, differences in comparison.tables.items()
        },
        "totals": {name: {"old": before, "new": after} for name, (before, after) in comparison.totals.items()},
        "batch": BATCH_SIZE,
        "fixed": [diagnostic.to_dict() for diagnostic in comparison.fixed],
        "new_findings": [diagnostic.to_dict() for diagnostic in comparison.new],
    }
    return json.dumps(data, indent=2, default=str) + "\n"


def _difference(difference: Difference) -> dict[str, object]:
    sides = {"old": difference.old, "new": difference.new}
    return {"path": difference.path, **{side: item for side, item in sides.items() if item is not ABSENT}}


def _layer(change: LayerChange) -> dict[str, object]:
    return {
        "change": change.kind,
        "old": _part(change.old),
        "new": _part(change.new),
        "arguments": [_difference(item) for item in change.arguments],
        "facts": [_difference(item) for item in change.facts],
    }


def _part(part: Part | None) -> dict[str, object] | None:
    if part is None:
        return None
    output, params, macs = facts_of(part)
    return {
        "index": part.index,
        "name": part.name,
        "type": part.type,
        "arguments": part.arguments,
        "output": output,
        "params": params,
        "macs": macs,
    }
