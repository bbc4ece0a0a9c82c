"""What a program says in `compile` and `fit`."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from seqspec.catalog.objects import CALLBACK, METRIC
from seqspec.document.training import Fit
from seqspec.importers.compile_arguments import DROPPED, KERAS_2_ORDER
from seqspec.importers.python import targets
from seqspec.importers.python.interpreter import Interpreter
from seqspec.importers.python.layers import LayerReader, means_channels_first
from seqspec.importers.python.names import family_of
from seqspec.importers.python.objects import LEFT_OUT, NOT_KNOWN, own_name
from seqspec.importers.python.reading import Path, Reading
from seqspec.importers.python.signatures import (
    accepts,
    names_of,
    object_declaration,
)
from seqspec.importers.python.values import (
    Argument,
    CustomObject,
    Either,
    Instance,
    Invocation,
    KerasCall,
    List,
    Model,
    State,
    Unknown,
)

_FIT = ("x", "y", "batch_size", "epochs", "verbose", "callbacks", "validation_split", "validation_data", "shuffle")
"""The arguments of `fit` by position."""

_FIT_GENERATOR = ("generator", "steps_per_epoch", "epochs", "verbose", "callbacks", "validation_data")


class ModelReader(LayerReader):
    """Reads one model in one of the states that it can be in."""

    def __init__(self, run: Interpreter, model: Model, state: State) -> None:
        self.run = run
        self.keras_2 = "tensorflow" not in run.sources
        self.reading = Reading(model.label, model.node)
        self.channels_first = run.data_format == "channels_first" or (self.keras_2 and means_channels_first(state))
        self._model(model, state)
        if state.compiled is not None:
            self._compile(state.compiled)
        for fit in state.fits:
            self._fit(fit)
        if isinstance(run.policy, str) and run.policy != "float32":
            self.reading.tree["runtime"] = {"dtype_policy": run.policy}

    def _compile(self, call: Invocation) -> None:
        reading = self.reading
        table: dict[str, object] = {}
        reading.values["compile",] = call.node
        for argument in call.arguments:
            key = argument.key if isinstance(argument.key, str) else _at(KERAS_2_ORDER, argument.key)
            if key in ("metrics", "weighted_metrics") and isinstance(argument.value, (Unknown, Either)):
                reading.unsaid.add("metrics")
                continue
            path: Path = ("compile", key)
            if key in DROPPED:
                continue
            reading.place(path, argument)
            value = self.value(argument.value, argument.node, path, key)
            if key in ("loss", "optimizer") and isinstance(value, Unknown):
                kept = self._own_loss(value, argument) if key == "loss" else None
                if kept is None:
                    reading.note("left-out", f"{key} is not known: {value.text}", argument.node)
                    continue
                value = kept
            if key in ("metrics", "weighted_metrics") and isinstance(value, list):
                value = self._known_metrics(value, argument.node)
            if isinstance(value, Unknown):
                reading.note("left-out", f"{key} is not known: {value.text}", argument.node)
                continue
            if isinstance(value, (list, dict)) and _holds_unknown(value) and key not in ("optimizer", "loss"):
                reading.note("left-out", f"{key} is not known as a whole", argument.node)
                reading.unsaid.add(key)
                continue
            if value is None and key not in ("loss", "metrics"):
                continue
            table[key] = value
        if table:
            reading.tree["compile"] = table

    def _own_loss(self, value: Unknown, argument: Argument) -> Any:
        """A loss that is not Keras's, or not known: nothing is said of it but that it is there."""
        self.reading.tree.setdefault("custom", {})["OwnLoss"] = {"import": "program:OwnLoss", "kind": "loss"}
        return {"custom": "OwnLoss"}

    def _known_metrics(self, value: Sequence[object], node: ast.AST) -> list[object]:
        kept = [
            item
            for item in value
            if not isinstance(item, Unknown) and not (isinstance(item, (list, dict)) and _holds_unknown(item))
        ]
        if len(kept) < len(value):
            self.reading.note("left-out", "metrics of the program's own are left out", node)
            self.reading.unsaid.add("metrics")
        # Paths of those after one that is left out would be wrong.
        return (
            kept if len(kept) == len(value) else [item for item in kept if isinstance(item, str) and METRIC.named(item)]
        )

    def _fit(self, call: Invocation) -> None:
        reading = self.reading
        reading.values["fit",] = call.node
        table: dict[str, object] = {}
        order = _FIT if call.method == "fit" else _FIT_GENERATOR
        data = reading.tree.setdefault("data", {})
        for argument in call.arguments:
            key = argument.key if isinstance(argument.key, str) else _at(order, argument.key)
            key = {
                "nb_epoch": "epochs",
                "nb_worker": "workers",
                "show_accuracy": "workers",
                "nb_val_samples": "workers",
                "samples_per_epoch": "workers",
            }.get(key, key)
            if key == "validation_data" and argument.value is not None:
                data["validation"] = {}
                reading.place(("data", "validation"), argument)
            if key not in names_of(Fit):
                continue
            path: Path = ("fit", key)
            reading.place(path, argument)
            if key == "callbacks":
                found = self._callbacks(argument, path)
                if found:
                    table[key] = found
                continue
            value = self._argument(Fit, key, argument.value, argument.node, path)
            if value is LEFT_OUT or value is NOT_KNOWN or (value is None and not accepts(Fit, key, None)):
                continue
            if isinstance(value, (list, dict)) and _holds_unknown(value):
                reading.slots = [slot for slot in reading.slots if slot.path[: len(path)] != path]
                continue
            table[key] = value
        if not data:
            del reading.tree["data"]
        if call.argument("y", 1) is None or call.method != "fit":
            # A dataset or generator has batches of its own.
            unknown = Unknown(call.node, text="the batch size of the data")
            table.setdefault("batch_size", unknown)
            if table["batch_size"] is unknown:
                self._slot(("fit", "batch_size"), unknown, (1, 32, 100), False)
        reading.tree["fit"] = table
        targets.describe(reading, call)

    def _callbacks(self, argument: Argument, path: Path) -> list[Any]:
        """The callbacks that Keras brings; those of the program's own are left out."""
        value = argument.value
        items = value.items if isinstance(value, List) and value.lost is None else value
        if not isinstance(items, tuple):
            items = (items,) if isinstance(items, KerasCall) else ()
        elements = (
            argument.node.elts
            if isinstance(argument.node, (ast.List, ast.Tuple)) and len(argument.node.elts) == len(items)
            else None
        )
        found: list[object] = []
        for index, item in enumerate(items):
            node = elements[index] if elements is not None else argument.node
            if not isinstance(item, KerasCall) or family_of(item.ref) != "callbacks":
                if isinstance(item, (Instance, CustomObject)):
                    self.reading.note("left-out", f"the callback {own_name(item)} is the program's own", node)
                continue
            if object_declaration(CALLBACK, item.ref.name) is None:
                continue
            own = (*path, len(found))
            before = len(self.reading.slots)
            made = self.object(item, own)
            if _holds_code(made):
                del self.reading.slots[before:]
                continue
            found.append(made)
        return found


def _at(names: Sequence[str], index: int) -> str:
    return names[index] if index < len(names) else f"argument {index + 1}"


def _holds_unknown(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_unknown, value.values()))
    return any(map(_holds_unknown, value)) if isinstance(value, list) else isinstance(value, Unknown)


def _holds_code(value: object) -> bool:
    """Whether a required part of a callback is code, such as the function of a LearningRateScheduler."""
    return isinstance(value, dict) and any(
        isinstance(item, Unknown) and key in ("schedule", "on_epoch_end") for key, item in value.items()
    )
