"""Specs with extreme values: zero, negative, huge, tiny and empty ones for every argument of every class.

What they are about is that a check ends with findings, whatever it is given.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from random import Random
from typing import Any

import seqspec
from seqspec.core.schema.spec_schema import schema
from tests import CASES

VALUES: tuple[Any, ...] = (
    0, 1, -1, 2, 7, 1000, 2**31, 2**63, -(2**63), 10**30, 10**400, -(10**400),
    0.0, -0.0, 0.5, 1.0, 1.5, -0.5, 5e-324, 1e-30, 1e30, 1e200, 1.7e308, -1.7e308,
    [], [0], [-1], [0, 0], [1, 2], [2**63, 1], [0.0, 1.7e308], [1.0, -1.0], [[]], [10**400],
    {}, None, True, False, "", "none", "0", "relu",
)  # fmt: skip

TABLES = {
    "compile": "Compile", "fit": "Fit", "data": "Data", "runtime": "Runtime", "save": "Save", "export": "Export",
    "quantize": "Quantize", "report": "EvaluationReport", "model": "Model",
}  # fmt: skip
PLACES: dict[str, tuple[str | int, ...]] = {
    "Layer": ("model", "layers", 0),
    "Activation": ("model", "layers", 1, "activation"),
    "Initializer": ("model", "layers", 1, "kernel_initializer"),
    "Regularizer": ("model", "layers", 1, "kernel_regularizer"),
    "Constraint": ("model", "layers", 1, "kernel_constraint"),
    "Optimizer": ("compile", "optimizer"),
    "LearningRateSchedule": ("compile", "optimizer", "learning_rate"),
    "Loss": ("compile", "loss"),
    "Metric": ("compile", "metrics", 0),
    "Callback": ("fit", "callbacks", 0),
}
"""Where an object of each family is in `plain`."""
INPUTS = ([8], [16, 4], [32, 32, 3], [8, 8, 8, 2], [None, 4])


def plain(rng: Random) -> dict[str, Any]:
    """A small document in which every family has a place."""
    return {
        "seqspec": 1,
        "model": {
            "input": rng.choice(INPUTS),
            "layers": [
                {"type": "Dense", "units": 4, "activation": "relu"},
                {"type": "Dense", "units": 4, "activation": "relu", "kernel_initializer": "random_normal"},
                {"type": "Dense", "units": 1},
            ],
        },
        "target": {"kind": rng.choice(["regression", "binary"])},
        "compile": {"loss": "mse", "optimizer": {"type": "SGD", "learning_rate": 0.01}, "metrics": ["mae"]},
        "fit": {"epochs": 2, "batch_size": 4, "callbacks": [{"type": "EarlyStopping", "monitor": "loss"}]},
        "data": {"train": {"samples": 100, "range": [0.0, 1.0]}},
    }


@cache
def arguments() -> dict[tuple[str, str], list[str]]:
    """The arguments of every class by family and name, from the JSON Schema."""
    found: dict[tuple[str, str], list[str]] = {}
    for key, definition in schema()["$defs"].items():
        family, _, name = key.partition(".")
        if family in PLACES and name and "." not in name and "properties" in definition:
            found[family, name] = [argument for argument in definition["properties"] if argument != "type"]
    return found


@cache
def keys() -> dict[str, list[str]]:
    """The keys of every table, from the JSON Schema."""
    definitions = schema()["$defs"]
    return {table: list(definitions[name]["properties"]) for table, name in TABLES.items()}


@cache
def _required() -> dict[str, list[str]]:
    closed = {key: value for key, value in schema()["$defs"].items() if key.endswith(".closed")}
    return {key.split(".")[1]: value.get("required", []) for key, value in closed.items()}


@cache
def golden() -> list[dict[str, Any]]:
    """The golden documents that stand alone."""
    trees = []
    for path in sorted(CASES.rglob("*")):
        if path.suffix in (".toml", ".json"):
            text = path.read_text(encoding="utf-8")
            try:
                tree = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
            except ValueError:
                continue
            if isinstance(tree, dict) and "extends" not in tree:
                trees.append(tree)
    return trees


def with_class(family: str, name: str, rng: Random) -> tuple[dict[str, Any], dict[str, Any]]:
    """A document with an object of a class, and that object."""
    tree = plain(rng)
    made: dict[str, Any] = {"type": name}
    for argument in _required().get(name, []):
        if argument != "type":
            made[argument] = rng.choice([1, 2, 0.5, [1, 2], [1], {"type": "Dense", "units": 2}, "relu", "a"])
    *path, last = PLACES[family]
    holder: Any = tree
    for key in path:
        holder = holder[key]
    holder[last] = made
    return tree, made


def every_argument(rng: Random) -> Iterator[dict[str, Any]]:
    """A document for every argument of every class and every key of every table, each with an extreme value."""
    for (family, name), names in arguments().items():
        for argument in names:
            tree, made = with_class(family, name, rng)
            made[argument] = rng.choice(VALUES)
            yield tree
    for table, names in keys().items():
        for key in names:
            tree = plain(rng)
            tree.setdefault(table, {})[key] = rng.choice(VALUES)
            yield tree


def random_document(rng: Random) -> dict[str, Any]:
    """A golden document, or one with an object of some class, with up to three extreme values."""
    if rng.random() < 0.7:
        tree = deepcopy(rng.choice(golden()))
    else:
        tree, _ = with_class(*rng.choice(list(arguments())), rng)
    for _ in range(rng.randint(1, 3)):
        tables = [found for found in _tables(tree) if found is not tree]
        if not tables:
            break
        table = rng.choice(tables)
        known = [names for (_, name), names in arguments().items() if name == table.get("type")]
        choices = [*(key for key in table if key != "type"), *(known[0] if known and rng.random() < 0.4 else ())]
        if choices:
            table[rng.choice(choices)] = deepcopy(rng.choice(VALUES))
    return tree


def _tables(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _tables(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _tables(inner)


def failure(tree: dict[str, Any]) -> str | None:
    """How a check of a document fails; None where it ends with findings, none of them an internal error."""
    try:
        report = seqspec.check(tree)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return next((found.message for found in report.diagnostics if found.name == "internal-error"), None)
