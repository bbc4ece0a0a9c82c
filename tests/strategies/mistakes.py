"""Common mistakes, each inserted into a valid spec.

A mistake takes a `random.Random` and a document, which it changes in place (layers are tables). It returns where it
was planted (path, and whether the key or the value is wrong) with the rules that may tell of it, or None where the
document has no place for it.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

from hypothesis import strategies as st

from seqspec.core.catalog.index import LAYERS, layer_class
from seqspec.core.language.keys import ALIASES
from tests.fields import accepted
from tests.strategies.stacks import models


class Planted(NamedTuple):
    """Where a mistake stands, and the rules that may tell of it."""

    path: tuple[str | int, ...]
    rules: tuple[str, ...]
    anchor: str = "value"


Mistake = Callable[[Random, dict[str, Any]], Planted | None]


def documents(longest: int = 4) -> st.SearchStrategy[dict[str, Any]]:
    """Documents with a random model, mostly one that checks, and the tables for training; layers are tables."""
    return st.tuples(models(longest, illegal=0.0), st.booleans()).map(lambda drawn: _document(*drawn))


def _document(model: dict[str, Any], trains: bool) -> dict[str, Any]:
    layers = [{"type": entry} if isinstance(entry, str) else entry for entry in model["layers"]]
    document: dict[str, Any] = {"seqspec": 1, "model": {"name": "random", **model, "layers": layers}}
    if trains:
        document["compile"] = {"optimizer": {"type": "Adam", "learning_rate": 0.001}, "loss": "mse", "metrics": ["mae"]}
        document["fit"] = {"epochs": 3, "batch_size": 16, "callbacks": [{"type": "EarlyStopping", "patience": 2}]}
    return document


def _layer(rng: Random, document: dict[str, Any]) -> tuple[tuple[str | int, ...], dict[str, Any]]:
    layers = document["model"]["layers"]
    index = rng.randrange(len(layers))
    return ("model", "layers", index), layers[index]


def _argument(rng: Random, entry: dict[str, Any], *wanted: str) -> str | None:
    """The name of a given argument whose kind is just one of those wanted, and no special one of them."""
    declared = layer_class(entry["type"])
    assert declared is not None
    fitting = [
        name
        for name in declared.model_fields
        if name in entry and accepted(declared, name).what in wanted and entry[name] != "none"
    ]
    return rng.choice(fitting) if fitting else None


def misspelt_type(rng: Random, document: dict[str, Any]) -> Planted | None:
    path, entry = _layer(rng, document)
    # A longer word: of a short one another layer may be nearer.
    if len(entry["type"]) < 6:
        return None
    entry["type"] = entry["type"][:3] + entry["type"][2:]
    if entry["type"] in LAYERS or entry["type"] in ALIASES:
        return None
    return Planted((*path, "type"), ("unknown-layer",))


def unknown_type(rng: Random, document: dict[str, Any]) -> Planted | None:
    path, entry = _layer(rng, document)
    entry["type"] = "Zyzzyva"
    return Planted((*path, "type"), ("unknown-layer",))


def misspelt_argument(rng: Random, document: dict[str, Any]) -> Planted | None:
    path, entry = _layer(rng, document)
    declared = layer_class(entry["type"])
    names = [name for name in entry if name != "type" and len(name) > 4]
    if not names or declared is None:
        return None
    name = rng.choice(names)
    wrong = name[:3] + name[2:]
    if wrong in declared.model_fields:
        return None
    document_entry = {wrong if key == name else key: value for key, value in entry.items()}
    entry.clear()
    entry.update(document_entry)
    return Planted((*path, wrong), ("unknown-argument",), "key")


def unknown_argument(rng: Random, document: dict[str, Any]) -> Planted | None:
    path, entry = _layer(rng, document)
    entry["zyzzyva"] = rng.choice((1, "a", [2], {"b": 3}, True))
    return Planted((*path, "zyzzyva"), ("unknown-argument",), "key")


def number_as_text(rng: Random, document: dict[str, Any]) -> Planted | None:
    path, entry = _layer(rng, document)
    name = _argument(rng, entry, "integer", "number")
    if name is None or not isinstance(entry[name], (int, float)):
        return None
    entry[name] = str(entry[name])
    return Planted((*path, name), ("wrong-type",))


def part_of_a_number(rng: Random, document: dict[str, Any]) -> Planted | None:
    path, entry = _layer(rng, document)
    name = _argument(rng, entry, "integer")
    if name is None or not isinstance(entry[name], int):
        return None
    entry[name] += 0.5
    return Planted((*path, name), ("wrong-type",))


def wrong_kind_of_value(rng: Random, document: dict[str, Any]) -> Planted | None:
    path, entry = _layer(rng, document)
    name = _argument(rng, entry, "integer", "number", "boolean", "choice", "per-axis")
    if name is None:
        return None
    entry[name] = rng.choice(({"a": 1}, [[1]], [], {}))
    return Planted((*path, name), ("wrong-type", "bad-value"))


def word_for_a_truth(rng: Random, document: dict[str, Any]) -> Planted | None:
    path, entry = _layer(rng, document)
    name = _argument(rng, entry, "boolean")
    if name is None:
        return None
    entry[name] = rng.choice(("yes", "true", 1, 0, "False"))
    return Planted((*path, name), ("wrong-type",))


def wrong_choice(rng: Random, document: dict[str, Any]) -> Planted | None:
    path, entry = _layer(rng, document)
    name = _argument(rng, entry, "choice")
    if name is None or not isinstance(entry[name], str):
        return None
    entry[name] += "qx"
    return Planted((*path, name), ("bad-value",))


def misspelt_object(rng: Random, document: dict[str, Any]) -> Planted | None:
    path, entry = _layer(rng, document)
    name = _argument(rng, entry, "object")
    if name is None or not isinstance(entry[name], str):
        return None
    entry[name] += "qx"
    return Planted((*path, name), ("unknown-name",))


def unclosed_shorthand(rng: Random, document: dict[str, Any]) -> Planted | None:
    path, entry = _layer(rng, document)
    name = _argument(rng, entry, "object")
    if name is None or not isinstance(entry[name], str):
        return None
    entry[name] += rng.choice(("(", "(1", "(1,", "(a='x)", "((1)"))
    return Planted((*path, name), ("bad-shorthand",))


def missing_argument(rng: Random, document: dict[str, Any]) -> Planted | None:
    path, entry = _layer(rng, document)
    declared = layer_class(entry["type"])
    assert declared is not None
    required = [name for name in declared.required() if name in entry]
    if not required:
        return None
    del entry[rng.choice(required)]
    return Planted(path, ("missing-argument",))


def bad_name(rng: Random, document: dict[str, Any]) -> Planted | None:
    path, entry = _layer(rng, document)
    entry["name"] = rng.choice(("a b", "a/b", ".", "..", "é", "", "a\nb"))
    return Planted((*path, "name"), ("bad-name",))


def same_name_twice(rng: Random, document: dict[str, Any]) -> Planted | None:
    layers = document["model"]["layers"]
    if len(layers) < 2 or any("name" not in layer_class(entry["type"]).model_fields for entry in layers):
        return None
    first, second = sorted(rng.sample(range(len(layers)), 2))
    layers[first]["name"] = layers[second]["name"] = "twice"
    return Planted(("model", "layers", second, "name"), ("duplicate-name",))


def no_layer(rng: Random, document: dict[str, Any]) -> Planted | None:
    layers = document["model"]["layers"]
    index = rng.randrange(len(layers))
    layers[index] = rng.choice((3, True, ["Dense"], {"units": 3}, {}, 1.5))
    return Planted(("model", "layers", index), ("bad-layer-entry",))


def no_input(rng: Random, document: dict[str, Any]) -> Planted | None:
    del document["model"]["input"]
    return Planted(("model",), ("missing-input",))


def bad_size(rng: Random, document: dict[str, Any]) -> Planted | None:
    given = document["model"]["input"]
    path: tuple[str | int, ...] = ("model", "input")
    if isinstance(given, dict):
        given, path = given["shape"], (*path, "shape")
    if not given:
        return None
    axis = rng.randrange(len(given))
    given[axis] = rng.choice((-1, -5, 2.5, True, "a b", [3]))
    return Planted((*path, axis), ("bad-input",))


def wrong_rank(rng: Random, document: dict[str, Any]) -> Planted | None:
    layers = document["model"]["layers"]
    # Behind several tensors another mistake comes first.
    if any(entry.get("return_state") or entry.get("merge_mode", "concat") in (None, "none") for entry in layers):
        return None
    layers.append({"type": "Flatten"})
    layers.append({"type": "Conv3D", "filters": 2, "kernel_size": 1})
    return Planted(("model", "layers", len(layers) - 1), ("wrong-rank",))


def misspelt_table(rng: Random, document: dict[str, Any]) -> Planted | None:
    if "fit" not in document:
        return None
    name, wrong = rng.choice((("compile", "complie"), ("compile", "compiled"), ("fit", "fitt")))
    document[wrong] = document.pop(name)
    return Planted((wrong,), ("unknown-key",), "key")


def misspelt_key(rng: Random, document: dict[str, Any]) -> Planted | None:
    if "fit" not in document:
        return None
    table, name, wrong = rng.choice(
        (
            ("compile", "optimizer", "optimiser"),
            ("compile", "metrics", "metric"),
            ("fit", "epochs", "epoch"),
            ("fit", "batch_size", "batchsize"),
            ("model", "name", "nam"),
        )
    )
    document[table][wrong] = document[table].pop(name)
    return Planted((table, wrong), ("unknown-key",), "key")


def mistake_in_training(rng: Random, document: dict[str, Any]) -> Planted | None:
    if "fit" not in document:
        return None
    path, value, rules = rng.choice(
        (
            (("compile", "optimizer", "learning_rate"), "fast", ("unknown-name",)),
            (("compile", "optimizer", "type"), "Adma", ("unknown-name",)),
            (("compile", "loss"), "msee", ("unknown-name",)),
            (("compile", "metrics", 0), "acuracy", ("unknown-name",)),
            (("compile", "metrics"), "accuracy", ("wrong-type",)),
            (("fit", "epochs"), "3", ("wrong-type",)),
            (("fit", "epochs"), -1, ("bad-value",)),
            (("fit", "batch_size"), 0, ("bad-value",)),
            (("fit", "callbacks", 0, "patience"), "2", ("wrong-type",)),
            (("fit", "callbacks", 0, "type"), "EarlyStoping", ("unknown-name",)),
        )
    )
    target: Any = document
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    return Planted(path, rules)


def unknown_variable(rng: Random, document: dict[str, Any]) -> Planted | None:
    path, entry = _layer(rng, document)
    name = _argument(rng, entry, "integer", "number")
    if name is None:
        return None
    entry[name] = "$zyzzyva"
    return Planted((*path, name), ("unknown-variable",))


MISTAKES: list[Mistake] = [
    misspelt_type, unknown_type, misspelt_argument, unknown_argument, number_as_text, part_of_a_number,
    wrong_kind_of_value, word_for_a_truth, wrong_choice, misspelt_object, unclosed_shorthand, missing_argument,
    bad_name, same_name_twice, no_layer, no_input, bad_size, wrong_rank, misspelt_table, misspelt_key,
    mistake_in_training, unknown_variable,
]  # fmt: skip
