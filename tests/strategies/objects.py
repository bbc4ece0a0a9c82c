"""Random objects (initializers, losses, optimizers, ...), created and called by Keras and compared with seqspec."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import keras
import numpy as np

import seqspec
from seqspec.core.catalog import objects as families
from seqspec.core.catalog.keras_object import KerasObject
from seqspec.core.compiler.keras_objects import make
from seqspec.core.diagnostics.violation import UNSET
from tests.fields import accepted
from tests.introspection import KERAS
from tests.keras_oracle import plain
from tests.strategies.stacks import random_value

FAMILIES = {
    "initializers": families.INITIALIZER,
    "regularizers": families.REGULARIZER,
    "constraints": families.CONSTRAINT,
    "schedules": families.SCHEDULE,
    "optimizers": families.OPTIMIZER,
    "losses": families.LOSS,
    "metrics": families.METRIC,
}
_SKIPPED = {"dtype", "name", "seed"}
LABELS = np.array([[0, 1, 0, 0], [1, 0, 0, 0]], "float32")
CLASSES = LABELS.argmax(-1).astype("float32")
"""The same as class indices, for sparse losses and metrics."""
SHAPE = (3, 4)


class Outcome(NamedTuple):
    """What became of an object: "made", "refused", or a disagreement: "wrong accept", "wrong refusal", "silent"."""

    kind: str
    message: str
    table: dict[str, Any]


@cache
def classes(family: str) -> dict[str, Any]:
    """The declarations of a family by the names of their classes."""
    found: dict[str, Any] = {}
    for declared in FAMILIES[family].names().values():
        declared = getattr(declared, "stands_for", declared)
        if isinstance(declared, type) and issubclass(declared, KerasObject):
            found[declared.__name__] = declared
    return found


def random_object(rng: random.Random) -> tuple[str, dict[str, Any]]:
    """A family and the table of an object of it, with some of its arguments."""
    family = rng.choice(list(FAMILIES))
    name = rng.choice(sorted(classes(family)))
    declared = classes(family)[name]
    table: dict[str, Any] = {"type": name}
    for argument, field in declared.model_fields.items():
        if argument in _SKIPPED or (not field.is_required() and rng.random() > 0.35):
            continue
        value = random_value(rng, argument, accepted(declared, argument), None, 0.1, 0, name)
        if value is not UNSET:
            table[argument] = value
    return family, table


def document(family: str, table: dict[str, Any]) -> dict[str, Any]:
    """A document that uses an object where an object of its family belongs."""
    layer: dict[str, Any] = {"type": "Dense", "units": SHAPE[1], "activation": "softmax"}
    compiled: dict[str, Any] = {"loss": "categorical_crossentropy", "optimizer": "sgd"}
    target: dict[str, Any] = {"kind": "multiclass", "classes": SHAPE[1], "encoding": "one_hot"}
    match family:
        case "initializers" | "regularizers" | "constraints":
            layer[f"kernel_{family[:-1]}"] = table
        case "metrics":
            compiled["metrics"] = [table]
        case "schedules":
            compiled["optimizer"] = {"type": "SGD", "learning_rate": table}
        case _:
            compiled["loss" if family == "losses" else "optimizer"] = table
    if sparse(table):
        target = {"kind": "multiclass", "classes": SHAPE[1]}
        if family == "metrics":
            compiled["loss"] = "sparse_categorical_crossentropy"
    return {
        "seqspec": 1,
        "keras": "=={}.{}.*".format(*KERAS),
        "model": {"input": [SHAPE[0]], "layers": [layer]},
        "target": target,
        "compile": compiled,
    }


def sparse(table: dict[str, Any]) -> bool:
    """Whether a loss or metric expects class indices."""
    return table["type"].startswith("Sparse")


def made(family: str, table: dict[str, Any]) -> Any:
    """The object that Keras makes of the table itself."""
    home = keras.optimizers.schedules if family == "schedules" else getattr(keras, family)
    arguments = {key: plain(value) for key, value in table.items() if key != "type"}
    return getattr(home, table["type"])(**arguments)


def use(family: str, used: Any, labels: Any) -> None:
    """What the first step of training does with an object."""
    guesses = np.full(LABELS.shape, 0.25, "float32")
    match family:
        case "initializers":
            used(SHAPE)
        case "regularizers" | "constraints":
            used(keras.ops.ones(SHAPE))
        case "schedules":
            float(used(3))
        case "losses":
            used(labels, guesses)
        case "metrics":
            used.update_state(labels, guesses)
            used.result()
        case "optimizers":
            weight = keras.Variable(np.ones(SHAPE, "float32"))
            used.build([weight])
            used.apply([keras.ops.ones(SHAPE)])


def outcome(seed: int) -> Outcome:
    """Checks the object of a seed, lets Keras make and use it, and compares."""
    family, table = random_object(random.Random(seed))
    return compare(family, table)


def compare(family: str, table: dict[str, Any]) -> Outcome:
    """Whether seqspec and Keras agree on an object: its constructor, and its first use as seqspec makes it."""
    report = seqspec.check(document(family, table))
    errors = [d for d in report.diagnostics if d.severity == "error"]
    warned = any(d.code >= "SEQ3" and d.severity == "warning" for d in report.diagnostics)
    labels = CLASSES if sparse(table) else LABELS
    refused = [d for d in errors if d.code < "SEQ3" or d.name == "fails-on-first-batch"]
    if refused:
        failure = _failure(family, lambda: made(family, table), labels)
        return Outcome("refused", failure, table) if failure else Outcome("wrong refusal", refused[0].message, table)
    failure = _failure(family, lambda: make(FAMILIES[family].read(table)), labels)
    if not failure:
        return Outcome("made", "", table)
    if errors or (warned and failure.startswith("use")):
        return Outcome("refused", failure, table)
    return Outcome("silent" if failure.startswith("use") else "wrong accept", failure, table)


def _failure(family: str, construct: Callable[[], Any], labels: Any) -> str:
    """At which phase Keras fails, and why; empty where it does not."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            used = construct()
        except Exception as error:
            return f"made: {type(error).__name__}: {str(error)[:200]}"
        try:
            use(family, used, labels)
        except Exception as error:
            return f"use: {type(error).__name__}: {str(error)[:200]}"
    return ""
