"""What a computation takes and returns: the dtypes that matter where Keras runs a layer instead of asking for its
shape.

Keras builds most models from shapes alone. Inside a Pipeline it runs the layers, so that TensorFlow sees every dtype:
there integers stay integers in a MaxPooling2D, and a Dropout refuses them.
"""

from __future__ import annotations

from typing import NamedTuple

from seqspec.catalog.dtypes import DTYPES, promoted
from seqspec.diagnostics.violation import Violation

FLOATING = frozenset({"float16", "bfloat16", "float32", "float64"})
COMPLEX = frozenset({"complex64", "complex128"})
SIGNED = frozenset({"int8", "int16", "int32", "int64"})
UNSIGNED = frozenset({"uint8", "uint16", "uint32", "uint64"})
REAL = FLOATING | SIGNED | UNSIGNED
NUMBERS = REAL | COMPLEX
POOLED = REAL - {"uint32", "uint64"}
"""What TensorFlow pools, and resizes."""

INTERPOLATIONS = ("bilinear", "nearest", "lanczos3", "lanczos5", "bicubic", "area")
"""The ways of resizing that Keras knows where it resizes."""

NO_TEXT = NUMBERS | {"bool"}
ANY = DTYPES


class DtypeRule(NamedTuple):
    """The dtypes that a computation takes and the one that it returns.

    `gives` is "declared" for what the layer is said to return anyway, "incoming" for the input, "joined" for what this
    and the layer's weights become together, "int" and "float" for the input joined with a plain number. `same` asks
    that the input has the dtype of the weights, or of the noise, that it meets.
    """

    takes: frozenset[str] = ANY
    gives: str = "declared"
    same: bool = False

    def refuses(self, dtype: str, met: str) -> bool:
        """Whether it fails for the input and meets weights of the dtype `met`."""
        return dtype not in self.takes or (self.same and dtype != met)

    def result(self, dtype: str, met: str, declared: str) -> str:
        """The dtype that it returns for one that it takes."""
        if self.gives == "declared":
            return declared
        if self.gives == "arriving":
            return dtype
        return promoted(dtype, met if self.gives == "joined" else self.gives)


AS_DECLARED = DtypeRule()
PRESERVE = DtypeRule(ANY, "arriving")
"""Values only change their places."""

FLOATS_ONLY = DtypeRule(FLOATING, "arriving")
OWN_FLOATS = DtypeRule(FLOATING, "arriving", same=True)
"""Floats meet weights or noise, which nothing casts to their dtype."""

PROMOTE = DtypeRule(NO_TEXT, "joined")


def cannot_compute(dtype: str, met: str, dtype_rule: DtypeRule) -> Violation:
    """The violation for a tensor of a dtype that a computation does not take."""
    wanted = met if dtype_rule.same else "numbers" if "int32" in dtype_rule.takes else "floats"
    text = dtype == "string" or not dtype_rule.takes
    return Violation(
        "wrong-dtype",
        f"expects {wanted}, got dtype {dtype}",
        label=f"got {dtype}",
        help=None
        if text
        else 'insert { type = "Rescaling", scale = 1.0 } before this layer, which converts integers to floats',
        anchor="layer",
    )
