"""The dtypes that a computation accepts and returns, which matter if Keras runs a layer instead of inferring its shape.

Keras builds most models from shapes only. Inside a Pipeline it runs the layers, so that dtypes matter: integers stay
integers in a MaxPooling2D, and a Dropout rejects them.
"""

from __future__ import annotations

from typing import NamedTuple

from seqspec.core.catalog.dtypes import DTYPES, promoted
from seqspec.core.diagnostics.message import fmt
from seqspec.core.diagnostics.snippet import Value
from seqspec.core.diagnostics.violation import Violation

FLOATING = frozenset({"float16", "bfloat16", "float32", "float64"})
COMPLEX = frozenset({"complex64", "complex128"})
SIGNED = frozenset({"int8", "int16", "int32", "int64"})
UNSIGNED = frozenset({"uint8", "uint16", "uint32", "uint64"})
REAL = FLOATING | SIGNED | UNSIGNED
NUMBERS = REAL | COMPLEX
POOLED = REAL - {"uint32", "uint64"}
"""The dtypes that TensorFlow can pool and resize."""

INTERPOLATIONS = ("bilinear", "nearest", "lanczos3", "lanczos5", "bicubic", "area")
"""The interpolation methods of Keras."""

NO_TEXT = NUMBERS | {"bool"}
ANY = DTYPES


class DtypeRule(NamedTuple):
    """The dtypes that a computation accepts and the one that it returns.

    Attributes:
        accepted: The dtypes of the input with which it does not fail.
        result: `"declared"` (the declared output dtype), `"input"` (the input dtype), `"joined"` (input and weight
            dtype promoted), `"int"` or `"float"` (input promoted with a Python scalar).
        must_match_weights: Whether the input must have the dtype of the weights, or of the noise.
        keeps_bool: Whether a boolean input is accepted and returned as such where the layer computes with floats.
        keeps_before: The Keras version before which the result has the dtype of the input.
    """

    accepted: frozenset[str] = ANY
    result: str = "declared"
    must_match_weights: bool = False
    keeps_bool: bool = False
    keeps_before: tuple[int, int] | None = None

    def refuses(self, dtype: str, weight_dtype: str) -> bool:
        """Whether it fails for an input of this dtype with weights of `weight_dtype`."""
        return dtype not in self.accepted or (self.must_match_weights and dtype != weight_dtype)

    def result_dtype(self, dtype: str, weight_dtype: str, declared: str) -> str:
        """The dtype that it returns for an input of an accepted dtype."""
        if self.result == "declared":
            return declared
        if self.result == "input":
            return dtype
        return promoted(dtype, weight_dtype if self.result == "joined" else self.result)


AS_DECLARED = DtypeRule()
PRESERVE = DtypeRule(ANY, "input")
"""Values are only moved."""

FLOATS_ONLY = DtypeRule(FLOATING, "input")
OWN_FLOATS = DtypeRule(FLOATING, "input", must_match_weights=True)
"""Floats are combined with weights or noise, which are not cast to their dtype."""

PROMOTE = DtypeRule(NO_TEXT, "joined")


def cannot_compute(dtype: str, weight_dtype: str, dtype_rule: DtypeRule) -> Violation:
    """The violation for a tensor of a dtype that a computation does not accept."""
    wanted = (
        weight_dtype if dtype_rule.must_match_weights else "numbers" if "int32" in dtype_rule.accepted else "floats"
    )
    text = dtype == "string" or not dtype_rule.accepted
    return Violation(
        "wrong-dtype",
        f"expects {wanted}, got dtype {dtype}",
        label=f"got {dtype}",
        help=None
        if text
        else fmt(
            "insert {} before this layer, which converts integers to floats", Value({"type": "Rescaling", "scale": 1.0})
        ),
        anchor="layer",
    )
