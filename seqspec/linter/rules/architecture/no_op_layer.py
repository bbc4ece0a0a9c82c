"""Layer that has no effect.

What it does: finds `Flatten` of what is flat, `Reshape` and `Permute` that change nothing, `Activation` with
`"linear"`, pooling and upsampling by 1, padding and cropping by 0.

Why it hurts: it costs little, but it hides what its author had in mind, mostly another layer or another size.

Example:
    seqspec = 1

    [model]
    input = [28, 28, 1]
    layers = [
      { type = "Conv2D", filters = 16, kernel_size = 3, activation = "relu" },
      "GlobalAveragePooling2D",
      "Flatten",
      { type = "Dense", units = 10, activation = "softmax" },
    ]

Instead:
    seqspec = 1

    [model]
    input = [28, 28, 1]
    layers = [
      { type = "Conv2D", filters = 16, kernel_size = 3, activation = "relu" },
      "GlobalAveragePooling2D",
      { type = "Dense", units = 10, activation = "softmax" },
    ]

Confidence: certain. A dropout of 0 is left alone, with which a block or a variable turns dropout off, and so is
`Identity`, which says what it does.

References:
    deepmufl 66087653 (Ghanbari et al., 2023)
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.analysis.roles import LAYOUT, POOLING
from seqspec.diagnostics.tree_fix import TreeFix, remove
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    if facts.flow.last_learned < 0:
        return
    for entry in facts.flat_layers:
        if entry.type not in _WORDS or entry.layer.dtype is not None or isinstance(entry.output, list):
            continue
        layer, x, y = entry.layer, entry.input, entry.output
        if x.dims != y.dims:
            continue
        if entry.type == "Activation":
            if entry.activation != "linear":
                continue
        elif entry.type == "Permute":
            if list(layer.dims) != list(range(1, x.rank)):
                continue
        elif "Pooling" in entry.type and any(size != 1 for size in _sizes(layer.pool_size)):
            continue
        yield Violation(
            RULE.name,
            f"{_WORDS[entry.type]}: {x} arrives and leaves",
            path=entry.path,
            anchor="layer",
            label="without effect",
            help="remove it",
            fix=TreeFix("remove it", (remove(entry.path),)) if isinstance(entry.path[-1], int) else None,
        )


def _sizes(size: object) -> list[object]:
    return list(size) if isinstance(size, (list, tuple)) else [size]


_WORDS = {
    "Flatten": "flattens what is flat",
    "Reshape": "gives the shape that arrives",
    "Permute": "leaves the axes in their order",
    "Activation": "applies no activation",
}
_WORDS |= {f"{kind}Pooling{rank}D": "pools one value at a time" for kind in ("Max", "Average") for rank in (1, 2, 3)}
_WORDS |= {f"UpSampling{rank}D": "grows by a factor of 1" for rank in (1, 2, 3)}
_WORDS |= {f"ZeroPadding{rank}D": "pads nothing" for rank in (1, 2, 3)}
_WORDS |= {f"Cropping{rank}D": "crops nothing" for rank in (1, 2, 3)}


RULE = Rule(
    code="SEQ466",
    name="no-op-layer",
    severity="info",
    requires=Requires(layers=LAYOUT | POOLING | {"Activation"}),
    check=check,
    docs=__doc__,
)
