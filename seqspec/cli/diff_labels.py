"""The labels of layers, values and numbers in the output of `seqspec diff`."""

from __future__ import annotations

import json
from collections.abc import Mapping

from seqspec.core.analysis.data.declared_data import BATCH_SIZE
from seqspec.core.check.summary_text import memory_size
from seqspec.core.compare import ABSENT, Difference, Part
from seqspec.core.diagnostics.message import shorten

_MAX_LENGTH = 200

MEMORY = ("weights", "gradients", "optimizer", "activations")
ALL = {"old": "everything is new", "new": "everything was removed"}
"""The text for a document that exists on one side only."""

LABELS = {
    "parameters": "parameters",
    "trainable": "trainable parameters",
    "macs": "MACs",
    "weights": "weight memory",
    "gradients": "gradient memory",
    "optimizer": "optimizer memory",
    "activations": f"activation memory (batch size {BATCH_SIZE})",
}


def value(item: object) -> str:
    """A value as TOML, shortened."""
    return shorten(_value(item), _MAX_LENGTH)


def _value(item: object) -> str:
    if isinstance(item, Mapping):
        inner = ", ".join(f"{key} = {_value(entry)}" for key, entry in item.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(item, (list, tuple)):
        return f"[{', '.join(map(_value, item))}]"
    return json.dumps(item, ensure_ascii=False, default=str)


def fact_name(difference: Difference) -> str:
    """The label of a fact of a layer."""
    return LABELS.get(difference.path, difference.path)


def fact(item: object) -> str:
    """A fact of a layer: its output, or a count."""
    return f"{item:,}" if isinstance(item, int) else str(item)


def change(difference: Difference) -> str:
    """`old → new`, or the added or removed value."""
    if difference.old is ABSENT:
        return f"{value(difference.new)} (added)"
    if difference.new is ABSENT:
        return f"{value(difference.old)} (removed)"
    return f"{value(difference.old)} → {value(difference.new)}"


def layer(part: Part) -> str:
    """`dense_1 (Dense)`."""
    return f"{part.name} ({part.type})" if part.name else part.type


def arguments(part: Part) -> str:
    """The arguments of a layer in one line."""
    return ", ".join(f"{key} = {value(item)}" for key, item in part.arguments.items() if key != "name")


def total(name: str, item: int | str | None) -> str:
    """A total: a number with its unit, a formula of unknown sizes, or "unknown"."""
    if name in MEMORY:
        return memory_size(item)
    return "unknown" if item is None else fact(item)


def growth(old: int | str | None, new: int | str | None) -> str:
    """`+12.5%`, or nothing if it is unknown."""
    if not isinstance(old, int) or not isinstance(new, int) or old == new or old == 0:
        return ""
    percent = 100 * (new - old) / old
    return f"{percent:+,.1f} %" if abs(percent) < 1000 else f"× {new / old:,.1f}"


def counts(kinds: list[str]) -> str:
    """`1 layer added, 2 changed`."""
    parts: list[str] = []
    for kind in ("added", "removed", "moved", "changed", "affected"):
        count = kinds.count(kind)
        if count:
            noun = f" layer{'' if count == 1 else 's'}" if not parts else ""
            parts.append(f"{count}{noun} {kind}{' by a changed input shape' if kind == 'affected' else ''}")
    return ", ".join(parts)
