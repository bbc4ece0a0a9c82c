"""Dtypes and dtype policies, and the dtypes that a computation accepts and returns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, NamedTuple

from seqspec.core.catalog.markers import SHAPING
from seqspec.core.catalog.types import read_by
from seqspec.core.catalog.validation import wrong_type
from seqspec.core.diagnostics.message import QUANTIZING, Value, fmt
from seqspec.core.diagnostics.suggest import SuggestionTemplate, suggest
from seqspec.core.diagnostics.violation import UNSET, Violation

FLOATS = frozenset({"float16", "float32", "float64", "bfloat16", "float8_e4m3fn", "float8_e5m2"})
COMPLEX = frozenset({"complex64", "complex128"})
INTEGERS = frozenset({"uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64"})
DTYPES = FLOATS | INTEGERS | COMPLEX | {"bool", "string"}
INT = "int64"
"""The dtype that Keras with TensorFlow uses for `"int"`, its only alias of a dtype."""

_MIXED = {"mixed_float16": ("float16", "float32"), "mixed_bfloat16": ("bfloat16", "float32")}
POLICIES = (DTYPES | {"int", *_MIXED}) - {"int8", "float8_e4m3fn", "float8_e5m2"}
"""The valid names for `dtype` of a layer."""


class Policy(NamedTuple):
    """A dtype policy: its name, the dtype of computation and the dtype of variables."""

    name: str
    compute: str
    variable: str


def policy(name: str) -> Policy:
    """The dtype policy with a name such as `"float32"` or `"mixed_float16"`."""
    dtype = INT if name == "int" else name
    compute, variable = _MIXED.get(name, (dtype, dtype))
    return Policy(name, compute, variable)


FLOAT32 = policy("float32")


def _dtype(value: object) -> str:
    if type(value) is not str:
        raise wrong_type(_DTYPE, value)
    if value in DTYPES or value == "int":
        return INT if value == "int" else value
    raise unknown(value, sorted(DTYPES))


def _policy_name(value: object) -> str:
    if isinstance(value, Mapping) and isinstance(value.get("name"), str) and set(value) <= {"name", "type"}:
        value = value["name"]
    if type(value) is not str:
        raise wrong_type(_POLICY, value)
    if value == "int8" or value.startswith("float8"):
        raise Violation(
            "bad-value",
            f'must not be "{value}", which Keras uses to quantize a trained model',
            help=fmt("write a float policy here and quantize the trained model with {}", QUANTIZING),
        )
    if value in DTYPES or value in _MIXED or value == "int":
        return value
    if "_from_" in value:
        plain = value.partition("_from_")[2]
        raise Violation(
            "bad-value",
            f'must not be the quantized policy "{value}", which is only for a trained model',
            help=fmt("write the float policy here and quantize the trained model with {}", QUANTIZING),
            recovered_value=plain if plain in DTYPES else UNSET,
        )
    raise unknown(value, [*sorted(DTYPES), *_MIXED])


_DTYPE = 'a dtype such as "float32"'
_POLICY = 'a dtype policy such as "float32" or "mixed_float16"'


class DTypeMark:
    """Marks the name of a dtype."""


class PolicyMark:
    """Marks the name of a dtype policy."""


DTypeName = Annotated[str, *read_by(_dtype, _DTYPE, DTypeMark(), SHAPING)]
"""The name of a dtype, such as `"int32"`."""

PolicyText = Annotated[str, *read_by(_policy_name, _POLICY, PolicyMark(), SHAPING)]
"""The `dtype` of a layer: the name of a dtype or of a mixed policy."""


def promoted(first: str, second: str) -> str:
    """The dtype to which Keras promotes two dtypes; "int" and "float" are Python scalars.

    Keras surprise: with TensorFlow uint64 becomes uint32, and complex128 complex64.
    """
    rank = max(_rank(first), _rank(second))
    if rank == 0:
        return "bool"
    if rank == 1:
        return _promoted_integers(first, second)
    bits = max((_BITS[dtype] for dtype in (first, second) if _rank(dtype) == rank), default=0)
    if rank == 3:
        return "complex64"
    if {first, second} == {"float16", "bfloat16"}:
        return "float32"
    wider = next((dtype for dtype in (first, second) if _rank(dtype) == 2 and _BITS[dtype] == bits), "")
    return "float32" if wider == "float" else wider


def _promoted_integers(first: str, second: str) -> str:
    both = [dtype for dtype in (first, second) if dtype not in ("bool", "int")]
    if not both:
        return "int32"
    signed = max((_BITS[dtype] for dtype in both if dtype[0] == "i"), default=0)
    unsigned = max((_BITS[dtype] for dtype in both if dtype[0] == "u"), default=0)
    if not signed:
        return f"uint{min(unsigned, 32)}"
    bits = max(signed, 2 * unsigned)
    return f"int{bits}" if bits <= 64 else "float32"


def _rank(dtype: str) -> int:
    return 0 if dtype == "bool" else 1 if "int" in dtype else 3 if dtype[0] == "c" else 2


_BITS = {name: int("".join(char for char in name if char.isdecimal()) or 0) for name in INTEGERS} | {
    "float": 0,
    "float16": 16,
    "bfloat16": 16,
    "float32": 32,
    "float64": 64,
    "complex64": 64,
    "complex128": 128,
}


def unknown(value: str, accepted: list[str]) -> Violation:
    """The violation for an unknown dtype."""
    meant = suggest(value, accepted, f"available: {', '.join(accepted)}", SuggestionTemplate.STRING)
    return Violation(
        "unknown-name", f'unknown dtype "{value}"', recovered_value=meant.word or UNSET, **meant.arguments()
    )


FLOATING = frozenset({"float16", "bfloat16", "float32", "float64"})

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
