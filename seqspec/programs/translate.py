"""Converts the models found by the interpreter to readings."""

from __future__ import annotations

from seqspec.programs.interpreter import Interpreter
from seqspec.programs.reading import Path, Reading
from seqspec.programs.training import ModelReader, stages
from seqspec.programs.values import (
    Model,
    Unknown,
)


def readings(interpreter: Interpreter) -> list[Reading]:
    """Every model of a program in file order; equal models created by one call are listed once."""
    nested = _nested(interpreter)
    found: list[Reading] = []
    for model in interpreter.models:
        own: list[Reading] = []
        for state in model.states:
            if id(model) in nested and not state.calls:
                continue
            for number, stage in enumerate(stages(state)):
                reading = ModelReader(interpreter, model, state, stage, number, id(model) in nested).reading
                reading.names = set(model.names)
                if not any(same_tree(other.tree, reading.tree) and _has_calls_of(other, reading) for other in own):
                    own.append(reading)
        for reading in own:
            _add(reading, found)
    if interpreter.exhausted:
        found = [reading for reading in found if not any(_is_unfinished(reading, other) for other in found)]
    return sorted(
        found, key=lambda reading: (getattr(reading.node, "lineno", 0), getattr(reading.node, "col_offset", 0))
    )


def _add(reading: Reading, found: list[Reading]) -> None:
    """Adds a model unless one of the same call of `Sequential` contains everything of it.

    If it is only compiled or trained by other calls, it is a further stage of that model.
    """
    fuller = next((other for other in found if other.stage <= reading.stage and _contains(other, reading)), None)
    if fuller is not None:
        fuller.names |= reading.names
        if _has_calls_of(fuller, reading):
            return
        reading.stage = reading.stage or 1
    for other in list(found):
        if fuller is None and reading.stage <= other.stage and _contains(reading, other):
            reading.names |= other.names
            if _has_calls_of(reading, other):
                found.remove(other)
            other.stage = other.stage or 1
    found.append(reading)


def _is_unfinished(reading: Reading, other: Reading) -> bool:
    """Whether a model has only the first layers of another that the same call creates."""
    own, layers = reading.tree["model"]["layers"], other.tree["model"]["layers"]
    return reading.node is other.node and len(own) < len(layers) and same_tree(own, layers[: len(own)])


def _nested(interpreter: Interpreter) -> set[int]:
    """The models that are layers of others."""
    return {
        id(e.value)
        for model in interpreter.models
        for state in model.states
        for e in state.layers
        if isinstance(e.value, Model)
    }


def _contains(one: Reading, other: Reading) -> bool:
    """Whether a reading contains everything that another one of the same call of `Sequential` contains."""
    return one.node is other.node and all(
        key in one.tree and same_tree(one.tree[key], other.tree[key]) for key in other.tree
    )


def _has_calls_of(one: Reading, other: Reading) -> bool:
    """Whether the calls that compile and train a model are also those of another."""
    return all(path not in other.values or one.values.get(path) is other.values[path] for path in _CALLS)


_CALLS: tuple[Path, ...] = (("compile",), ("fit",))
"""The paths of the calls that train a model."""


def same_tree(one: object, other: object) -> bool:
    """Whether two parts of specs are equal; unknown values are compared by their text."""
    if isinstance(one, Unknown) and isinstance(other, Unknown):
        return one.text == other.text
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same_tree(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same_tree, one, other))
    return type(one) is type(other) and bool(one == other)
