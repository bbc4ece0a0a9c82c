"""Integer input to a layer that computes in floating point.

What it does: finds whole numbers (an input with `dtype = "uint8"`, `"int32"`, ...) that reach a layer which computes
with floats.

Why it hurts: Keras casts floats to the dtype of a layer, but not whole numbers. TensorFlow has no convolution for
them: the model is built, and the first batch fails. Dense and recurrent layers convert them by themselves; there it is
a hint, as bytes are mostly pixels that want to be scaled.

Example:
    seqspec = 1

    [model]
    input = { shape = [32, 32, 3], dtype = "uint8" }
    layers = [
      { type = "Conv2D", filters = 16, kernel_size = 3, activation = "relu" },
      "GlobalAveragePooling2D",
      { type = "Dense", units = 10, activation = "softmax" },
    ]

Instead:
    seqspec = 1

    [model]
    input = { shape = [32, 32, 3], dtype = "uint8" }
    layers = [
      { type = "Rescaling", scale = "1/255" },
      { type = "Conv2D", filters = 16, kernel_size = 3, activation = "relu" },
      "GlobalAveragePooling2D",
      { type = "Dense", units = 10, activation = "softmax" },
    ]

Confidence: certain for convolutions on the TensorFlow backend, found by running every one of them. The other backends
convert; with `backend = "jax"` or `"torch"` in [runtime] nothing is said of them.

References:
    UMLAUT, "input not float" (Schoop et al., 2021)
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.analysis.ranges import FAILING, INTEGERS, WHOLE_NUMBERS
from seqspec.diagnostics.tree_fix import TreeFix, insert
from seqspec.diagnostics.violation import Path, Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    x = facts.input
    declared = facts.spec.tree["model"].get("input")
    found = facts.first_weighted_layer if x is not None and x.dtype in WHOLE_NUMBERS else None
    if x is None or found is None or found.entry.input.dtype not in WHOLE_NUMBERS or not isinstance(declared, dict):
        return
    entry, where = found.entry, _dtype_path(declared)
    backend = facts.runtime.backend if facts.runtime is not None else None
    fails = entry.type in FAILING and backend in (None, "tensorflow")
    if not fails and found.values is not None and found.values.met and found.values.size > 10:
        return
    pixels = x.dtype == "uint8"
    scaling = {"type": "Rescaling", "scale": "1/255"}
    yield Violation(
        RULE.name,
        f"gets {entry.input.dtype}"
        + (": TensorFlow has no convolution for it" if fails else ", and computes in floats"),
        path=entry.path,
        anchor="layer",
        severity=None if fails else "info",
        related=[(where, f"{x.dtype} here")],
        help='put { type = "Rescaling", scale = "1/255" } before it'
        if pixels
        else 'write dtype = "float32" in the input',
        fix=TreeFix("scale the pixels", (insert(entry.path, scaling),)) if pixels else None,
    )


def _dtype_path(declared: dict[str, object]) -> Path:
    return ("model", "input", "dtype") if "dtype" in declared else ("model", "input")


RULE = Rule(
    code="SEQ616",
    name="integer-input",
    severity="error",
    requires=Requires(dtypes=INTEGERS),
    check=check,
    docs=__doc__,
)
