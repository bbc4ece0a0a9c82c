"""The models that the interpreter met, as readings."""

from __future__ import annotations

from collections.abc import Mapping

from seqspec.importers.python.interpreter import Interpreter
from seqspec.importers.python.reading import Reading
from seqspec.importers.python.training import ModelReader
from seqspec.importers.python.values import (
    Model,
    Unknown,
)


def readings(run: Interpreter) -> list[Reading]:
    """Every model of a program, in the order of the file; equal ones of one place once."""
    nested = _nested(run)
    found: list[Reading] = []
    for model in run.models:
        own: list[tuple[dict[str, object], Reading]] = []
        for state in model.states:
            if id(model) in nested and not state.compiled and not state.fits:
                continue
            reading = ModelReader(run, model, state).reading
            reading.names = set(model.names)
            if not any(alike(reading.tree, tree) for tree, _ in own):
                own.append((reading.tree, reading))
        for _, reading in own:
            fuller = next((o for o in found if o.node is reading.node and _says_more(o.tree, reading.tree)), None)
            if fuller is not None:
                fuller.names |= reading.names
                continue
            for other in list(found):
                if other.node is reading.node and _says_more(reading.tree, other.tree):
                    reading.names |= other.names
                    found.remove(other)
            found.append(reading)
    return sorted(
        found, key=lambda reading: (getattr(reading.node, "lineno", 0), getattr(reading.node, "col_offset", 0))
    )


def _nested(run: Interpreter) -> set[int]:
    """The models that are layers of others."""
    return {
        id(e.value)
        for model in run.models
        for state in model.states
        for e in state.layers
        if isinstance(e.value, Model)
    }


def _says_more(one: Mapping[str, object], other: Mapping[str, object]) -> bool:
    """Whether a tree has everything that another one of the same model has."""
    return all(key in one and alike(one[key], other[key]) for key in other)


def alike(one: object, other: object) -> bool:
    """Whether two parts of specs are equal; unknown values are by their text."""
    if isinstance(one, Unknown) and isinstance(other, Unknown):
        return one.text == other.text
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(alike, one, other))
    return type(one) is type(other) and bool(one == other)
