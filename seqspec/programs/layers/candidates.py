"""The values that are tried in place of those that a program does not determine."""

from __future__ import annotations

from collections.abc import Sequence

from seqspec.core.api.catalog import KerasObject
from seqspec.programs.keras_api.signatures import accepts
from seqspec.programs.values.abstract_values import Unknown, is_integer

_AXES = ("axis", "axes")
ANY_AXIS = (-1, 1, 2)
_INTEGERS = (6, 68, 1009)
_FLOATS = (0.0007, 0.2, 0.8)
_OTHER_VALUES: tuple[object, ...] = (
    True, False, "same", "valid", "relu", "sigmoid", "linear", "softmax", "adam", "sgd",
    "glorot_uniform", "random_normal", "zeros", "channels_last",
)  # fmt: skip
_PATHS = ("unknown.keras", "unknown{epoch}.weights.h5", "unknown.h5")
_PATH_ARGUMENTS = ("filepath", "filename", "log_dir", "backup_dir", "root")


def candidate_sizes(unknown: Unknown, salt: int) -> tuple[object, ...]:
    """Candidate sizes for an unknown size, different for every unknown."""
    choices = [choice for choice in unknown.choices if is_integer(choice)]
    if choices and len(choices) == len(unknown.choices):
        return _three(choices)
    return tuple(base + salt for base in _INTEGERS)


def _three(choices: Sequence[object]) -> tuple[object, ...]:
    """Three of several values, some of them repeated where there are fewer."""
    return (choices[0], choices[len(choices) // 2], choices[-1]) if len(choices) > 2 else tuple([*choices] * 3)[:3]


def is_size_like(cls: type[KerasObject], key: str) -> bool:
    """Whether an argument accepts integers."""
    return accepts(cls, key, 2)


def candidate_values(cls: type[KerasObject], key: str, unknown: Unknown, salt: int) -> tuple[object, ...]:
    """Candidate values for an unknown argument; empty if there are none."""
    if key in _PATH_ARGUMENTS:
        return _PATHS
    if key in _AXES and not unknown.choices:
        return ANY_AXIS
    if unknown.choices:
        plain = [choice for choice in unknown.choices if isinstance(choice, (int, float, str, bool))]
        if plain and all(accepts(cls, key, choice) for choice in plain):
            return _three(plain)
    integers = [value for value in candidate_sizes(Unknown(text=""), salt) if accepts(cls, key, value)]
    if len(integers) == 3 and not accepts(cls, key, 0.5):
        return tuple(integers)
    floats = [value for value in _FLOATS if accepts(cls, key, value)]
    if len(floats) == 3:
        return tuple(floats)
    if len(integers) == 3:
        return tuple(integers)
    others = [value for value in _OTHER_VALUES if accepts(cls, key, value)]
    # An argument that accepts any string has no set of known values.
    if accepts(cls, key, "arbitrary string"):
        return ()
    return tuple((others * 3)[:3]) if len(others) > 1 else ()
