"""Converts the models found by the interpreter to readings."""

from __future__ import annotations

from collections.abc import Mapping

from seqspec.importers.python.interpreter import Interpreter
from seqspec.importers.python.reading import Reading
from seqspec.importers.python.training import ModelReader
from seqspec.importers.python.values import (
    Model,
    Unknown,
)


def readings(interpreter: Interpreter) -> list[Reading]:
    """Every model of a program in file order; equal models created by one call are listed once."""
    nested = _nested(interpreter)
    found: list[Reading] = []
    for model in interpreter.models:
        own: list[tuple[dict[str, object], Reading]] = []
        for state in model.states:
            if id(model) in nested and not state.compiled and not state.fits:
                continue
            reading = ModelReader(interpreter, model, state).reading
            reading.names = set(model.names)
            if not any(same_tree(reading.tree, tree) for tree, _ in own):
                own.append((reading.tree, reading))
        for _, reading in own:
            fuller = next((o for o in found if o.node is reading.node and _contains(o.tree, reading.tree)), None)
            if fuller is not None:
                fuller.names |= reading.names
                continue
            for other in list(found):
                if other.node is reading.node and _contains(reading.tree, other.tree):
                    reading.names |= other.names
                    found.remove(other)
            found.append(reading)
    if interpreter.exhausted:
        found = [reading for reading in found if not any(_is_unfinished(reading, other) for other in found)]
    return sorted(
        found, key=lambda reading: (getattr(reading.node, "lineno", 0), getattr(reading.node, "col_offset", 0))
    )


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


def _contains(one: Mapping[str, object], other: Mapping[str, object]) -> bool:
    """Whether a tree contains everything that another tree of the same model contains."""
    return all(key in one and same_tree(one[key], other[key]) for key in other)


def same_tree(one: object, other: object) -> bool:
    """Whether two parts of specs are equal; unknown values are compared by their text."""
    if isinstance(one, Unknown) and isinstance(other, Unknown):
        return one.text == other.text
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same_tree(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same_tree, one, other))
    return type(one) is type(other) and bool(one == other)
