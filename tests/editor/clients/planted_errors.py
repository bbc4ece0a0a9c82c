"""Mistakes that every editor must show: their locations, and the words that the messages must contain.

Each is made in the same document, which every engine gets in its own format.
"""

from __future__ import annotations

import copy
from typing import Any, NamedTuple

from seqspec.core.diagnostics.diagnostic import Span
from seqspec.core.syntax.source import parse_text
from tests.spec_text import to_json, to_toml

DOCUMENT: dict[str, Any] = {
    "seqspec": 1,
    "model": {
        "name": "digits",
        "input": [28, 28, 1],
        "layers": [
            {"type": "Conv2D", "filters": 8, "kernel_size": 3, "padding": "same", "activation": "relu"},
            "MaxPooling2D",
            {"type": "TimeDistributed", "layer": {"type": "LSTM", "units": 4, "return_sequences": True}},
            {"type": "Dense", "units": 10, "kernel_initializer": {"type": "HeNormal", "seed": 1}},
        ],
    },
    "target": {"kind": "multiclass", "classes": 10},
    "compile": {"optimizer": {"type": "Adam", "learning_rate": 0.001}, "loss": "mse", "metrics": ["accuracy"]},
    "fit": {"epochs": 3, "callbacks": [{"type": "EarlyStopping", "patience": 2}]},
}

Path = tuple[str | int, ...]
GONE = object()
CONV: Path = ("model", "layers", 0)
DENSE: Path = ("model", "layers", 3)


class Mistake(NamedTuple):
    """A value put at a path, or a key renamed; `at` is where it must be shown, `names` what must be named.

    `vscode` is what VS Code's message names instead, where the schema gives it words of its own; `tombi` what tombi
    names, which tells of a key by those that there are; `checker` what check-jsonschema does.
    """

    path: Path
    value: Any
    names: str
    vscode: str | None = None
    tombi: str | None = None
    checker: str | None = None
    at: Path | None = None
    anchor: str = "value"

    def document(self) -> dict[str, Any]:
        """The document with the mistake."""
        tree = copy.deepcopy(DOCUMENT)
        table: Any = tree
        for key in self.path[:-1]:
            table = table[key]
        last = self.path[-1]
        if self.value is GONE:
            del table[last]
        elif self.anchor == "key":
            # The same value under another key, in the same place.
            renamed = {self.value if key == last else key: value for key, value in table.items()}
            table.clear()
            table.update(renamed)
        else:
            table[last] = self.value
        return tree

    @property
    def place(self) -> Path:
        """Where it must be shown."""
        if self.at is not None:
            return self.at
        if self.value is GONE:
            return self.path[:-1]
        return (*self.path[:-1], self.value) if self.anchor == "key" else self.path

    def text(self, format: str) -> str:
        """The document as an editor holds it."""
        return (to_toml if format == "toml" else to_json)(self.document())

    def span(self, format: str, anchor: str | None = None, up: int = 0) -> Span:
        """Where the mistake stands in the text, or the key of it; the table around it with `up`."""
        place = self.place[: len(self.place) - up]
        found = parse_text(self.text(format), format=format).span(place, anchor or self.anchor)
        assert found is not None
        return found


MISTAKES = {
    "a layer that does not exist": Mistake((*CONV, "type"), "Conv2d", '"Conv2D"'),
    "a bare layer that does not exist": Mistake(("model", "layers", 1), "MaxPoolin2D", "MaxPooling2D", "layer"),
    "a bare layer that needs arguments": Mistake(("model", "layers", 1), "Dense", "Dense", "layer"),
    "a misspelt argument": Mistake((*CONV, "filters"), "filter", "filter", anchor="key"),
    "an argument of another layer": Mistake((*DENSE, "units"), "filters", "filters", anchor="key", tombi="units"),
    "a missing argument": Mistake((*CONV, "kernel_size"), GONE, "kernel_size"),
    "a number in quotes": Mistake((*DENSE, "units"), "10", "10", "a positive integer"),
    "a part of a number": Mistake((*DENSE, "units"), 10.5, "integer", tombi="Integer"),
    "a number that is too small": Mistake((*DENSE, "units"), 0, "1"),
    "a word for true": Mistake(("model", "layers", 2, "layer", "return_sequences"), "yes", "yes", "true or false"),
    "a word that is none of a few": Mistake((*CONV, "padding"), "smae", "same"),
    "an activation that does not exist": Mistake((*CONV, "activation"), "rellu", "relu", "an activation"),
    "a shorthand that is not closed": Mistake((*CONV, "activation"), "relu(max_value=6", "relu", "an activation"),
    "an argument of an initializer": Mistake(
        (*DENSE, "kernel_initializer", "seed"), "sed", "sed", anchor="key", tombi="seed"
    ),
    "an initializer that does not exist": Mistake((*DENSE, "kernel_initializer", "type"), "HeNormel", '"HeNormal"'),
    "a layer inside another": Mistake(("model", "layers", 2, "layer", "units"), GONE, "units"),
    "too many sizes": Mistake((*CONV, "kernel_size"), [3, 3, 3], "2", checker="too long"),
    "a size that is no size": Mistake(("model", "input"), [28, 28, -1], "0", at=("model", "input", 2)),
    "a misspelt table": Mistake(("compile",), "compil", "compil", anchor="key"),
    "a misspelt key": Mistake(("compile", "optimizer"), "optimiser", "optimiser", anchor="key", tombi="optimizer"),
    "an optimizer that does not exist": Mistake(("compile", "optimizer"), "adm", "adm", "an optimizer"),
    "an argument of an optimizer": Mistake(
        ("compile", "optimizer", "learning_rate"), "lr", "lr", anchor="key", tombi="learning_rate"
    ),
    "one metric without a list": Mistake(("compile", "metrics"), "accuracy", "accuracy", "a list of metrics"),
    "a callback that does not exist": Mistake(("fit", "callbacks", 0, "type"), "EarlyStoping", '"EarlyStopping"'),
    "a kind of label that does not exist": Mistake(("target", "kind"), "multi", '"multiclass"'),
    "labels without their number": Mistake(("target", "classes"), GONE, "classes"),
    "a model without layers": Mistake(("model", "layers"), GONE, "layers"),
    "a document without its version": Mistake(("seqspec",), GONE, "seqspec"),
}
"""Each mistake by what it is."""
