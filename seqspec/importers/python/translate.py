"""A model that the interpreter met as a spec tree, with the place of every value."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from typing import Any

from seqspec.catalog.arguments import Declaration
from seqspec.catalog.index import APPLICATIONS
from seqspec.catalog.objects import ACTIVATION, CALLBACK, LOSS, METRIC, Object
from seqspec.document.training import Fit
from seqspec.importers.keras_json import legacy
from seqspec.importers.python import targets
from seqspec.importers.python.interpreter import Interpreter
from seqspec.importers.python.names import INPUTS, family_of
from seqspec.importers.python.reading import Path, Reading, Slot
from seqspec.importers.python.signatures import (
    OBJECTS,
    SHAPES,
    WORDS,
    accepts,
    as_taken,
    bind_layer,
    bind_object,
    is_required,
    layer_declaration,
    names_of,
    object_declaration,
)
from seqspec.importers.python.values import (
    Argument,
    Class,
    Data,
    Dict,
    Either,
    Function,
    Instance,
    Invocation,
    KerasObject,
    List,
    Method,
    Model,
    Own,
    Ref,
    State,
    Unknown,
)
from seqspec.language.names import is_name

_INTEGERS = (6, 68, 1009)
_FLOATS = (0.0007, 0.2, 0.8)
_TRIES: tuple[Any, ...] = (
    True, False, "same", "valid", "relu", "sigmoid", "linear", "softmax", "adam", "sgd",
    "glorot_uniform", "random_normal", "zeros", "channels_last",
)  # fmt: skip
_PATHS = ("unknown.keras", "unknown.weights.h5", "unknown.h5")
_OF_PATHS = ("filepath", "filename", "log_dir", "backup_dir", "root")
_COMPILE = ("optimizer", "loss", "metrics", "loss_weights", "sample_weight_mode", "weighted_metrics")
"""The arguments of `compile` by position, as Keras 1 and 2 had them."""

_LEFT_OUT = object()
_NOT_KNOWN = object()
"""Stands for a required argument of which nothing is known, so that the layer's output is not known."""


def readings(run: Interpreter) -> list[Reading]:
    """Every model of a program, in the order of the file; equal ones of one place once."""
    nested = _nested(run)
    found: list[Reading] = []
    for model in run.models:
        own: list[tuple[dict[str, Any], Reading]] = []
        for state in model.states:
            if id(model) in nested and not state.compiled and not state.fits:
                continue
            reading = _Translation(run, model, state).reading
            if not any(_alike(reading.tree, tree) for tree, _ in own):
                own.append((reading.tree, reading))
        for _, reading in own:
            if any(other.node is reading.node and _says_more(other.tree, reading.tree) for other in found):
                continue
            found = [
                other for other in found if other.node is not reading.node or not _says_more(reading.tree, other.tree)
            ]
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


def _says_more(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether a tree has everything that another one of the same model has."""
    return all(key in one and _alike(one[key], other[key]) for key in other)


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, Unknown) and isinstance(other, Unknown):
        return one.text == other.text
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_alike(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_alike, one, other))
    return type(one) is type(other) and bool(one == other)


class _Translation:
    """Translates one state of a model."""

    def __init__(self, run: Interpreter, model: Model, state: State) -> None:
        self.run = run
        self.keras_2 = "tensorflow" not in run.sources
        self.reading = Reading(model.label, model.node)
        self.channels_first = run.data_format == "channels_first" or (self.keras_2 and _means_channels_first(state))
        self._model(model, state)
        if state.compiled is not None:
            self._compile(state.compiled)
        for fit in state.fits:
            self._fit(fit)
        if isinstance(run.policy, str) and run.policy != "float32":
            self.reading.tree["runtime"] = {"dtype_policy": run.policy}

    # The model.

    def _model(self, model: Model, state: State) -> None:
        reading = self.reading
        table = reading.tree["model"]
        if isinstance(model.name, str) and is_name(model.name):
            table["name"] = model.name
            reading.values["model", "name"] = model.name_node or model.node
        for doubt in state.doubts:
            reading.complete = False
            messages = {
                "unknown-loop": f"layers are added in a loop whose rounds the file does not say: {doubt.text}",
                "unknown-layers": f"the layers come from a value that the file does not say: {doubt.text}",
            }
            reading.note(doubt.kind, messages.get(doubt.kind, doubt.text), doubt.node)
        entries = list(state.layers)
        if entries and _is_input(entries[0].value):
            self._input_layer(entries[0].value)
            entries = entries[1:]
        elif entries:
            self._declared(entries[0].value)
        if "input" not in table and state.built is not None:
            self._shape(state.built.value, state.built, batch=True)
        if "input" not in table and state.fits:
            self._from_data(state.fits[0])
        reading.values["model", "layers"] = model.node
        layers = []
        for index, entry in enumerate(entries):
            layers.append(self.layer(entry.value, entry.node, ("model", "layers", index)))
        table["layers"] = layers
        if not layers and reading.complete:
            reading.complete = False
            reading.note("filled-elsewhere", "no layers are added to this model in this file", model.node)
        if "input" not in table:
            reading.input_known = _fixes_input(entries[0].value) if entries else False

    def _input_layer(self, layer: KerasObject) -> None:
        batch = layer.argument("batch_shape", "batch_input_shape")
        given = batch or layer.argument("shape", "input_shape", 0)
        if given is not None and type(given.value) is int and layer.ref.name == "InputLayer":
            given = Argument(given.key, (given.value,), given.node, given.keyword)
        size = layer.argument("batch_size")
        dtype = layer.argument("dtype")
        if given is not None:
            self._shape(given.value, given, batch is not None, size, dtype)
        self._input_name(layer)

    def _input_name(self, layer: KerasObject) -> None:
        """Names of inputs matter only where data are fed by name, which no stack needs."""

    def _declared(self, value: Any) -> None:
        """What the first layer says of the input."""
        if isinstance(value, Model):
            first = value.states[0].layers[:1] if value.states else ()
            if first and _is_input(first[0].value):
                self._input_layer(first[0].value)
            elif first:
                self._declared(first[0].value)
            return
        if not isinstance(value, KerasObject) or value.ref.name in APPLICATIONS:
            return
        batch = value.argument("batch_input_shape", "batch_shape")
        given = batch or value.argument("input_shape")
        if given is not None:
            self._shape(given.value, given, batch is not None, value.argument("batch_size"))
            return
        dims, length = value.argument("input_dim"), value.argument("input_length")
        if value.ref.name == "Embedding":
            if length is not None:
                items = length.value if isinstance(length.value, (List, tuple)) else (length.value,)
                self._shape(items, length)
            elif value.argument("mask_zero") is None or True:
                self._shape((None,), Argument("input_shape", None, value.node.func))
            return
        if dims is not None:
            sizes: tuple[Any, ...] = (dims.value,)
            if value.ref.name in _SEQUENCES or length is not None:
                sizes = (length.value if length is not None else None, dims.value)
            self._shape(sizes, dims, nodes=[length, dims] if len(sizes) == 2 else [dims])
            return
        inner = value.argument("layer", 0)
        if value.ref.name == "Bidirectional" and inner is not None:
            self._declared(inner.value)

    def _from_data(self, fit: Invocation) -> None:
        samples = fit.argument("x", 0)
        if (
            samples is not None
            and isinstance(samples.value, Data)
            and samples.value.shape
            and len(samples.value.shape) > 1
        ):
            self._shape(samples.value.shape[1:], samples)

    def _shape(
        self,
        value: Any,
        argument: Argument,
        batch: bool = False,
        batch_size: Argument | None = None,
        dtype: Argument | None = None,
        nodes: list[Argument | None] | None = None,
    ) -> None:
        reading = self.reading
        path: Path = ("model", "input")
        kind = self.plain(dtype.value) if dtype is not None else None
        long = (batch_size is not None and type(batch_size.value) is int) or isinstance(kind, str)
        items = list(value.items if isinstance(value, List) else value) if isinstance(value, (List, tuple)) else None
        size: Any = batch_size.value if batch_size is not None else None
        shift = 0
        if items is not None and batch:
            if not items:
                return
            size, items, shift = items[0], items[1:], 1
            long = long or type(size) is int
        at: Path = (*path, "shape") if long else path
        reading.values[path] = argument.node
        reading.values[at] = argument.node
        if argument.keyword is not None and not argument.spread:
            reading.keys[path] = argument.keyword
        sizes: Any
        if isinstance(value, (Unknown, Data)) or (items is None and not isinstance(value, (int, float, str))):
            # Nothing is known, not even how many sizes there are.
            reading.input_known = False
            reading.values.pop(path), reading.values.pop(at, None)
            return
        if items is None:
            sizes = value
        else:
            sizes = []
            elements = argument.node.elts if isinstance(argument.node, (ast.Tuple, ast.List)) else []
            for index, item in enumerate(items):
                own = (*at, index)
                if nodes is not None and nodes[index] is not None:
                    reading.values[own] = nodes[index].node  # type: ignore[union-attr]
                elif nodes is None and len(elements) == len(items) + shift:
                    reading.values[own] = elements[index + shift]
                else:
                    reading.values[own] = argument.node
                sizes.append(self._size(item, own))
        table: dict[str, Any] = {"shape": sizes}
        if type(size) is int:
            table["batch_size"] = size
        if isinstance(kind, str) and kind != "float32":
            table["dtype"] = kind
        reading.tree["model"]["input"] = table if long else sizes

    def _size(self, value: Any, path: Path) -> Any:
        if value is None:
            return "?"
        if isinstance(value, Unknown):
            self._slot(path, value, _sizes(value, len(self.reading.slots)), True)
            return value
        if isinstance(value, float) and value.is_integer():
            return value
        if isinstance(value, (int, float, str)):
            return value
        unknown = Unknown(self.reading.values.get(path))
        self._slot(path, unknown, _sizes(unknown, len(self.reading.slots)), True)
        return unknown

    # Layers.

    def layer(self, value: Any, node: ast.AST, path: Path) -> Any:
        """A layer as an entry of `layers`."""
        reading = self.reading
        reading.values[path] = node
        if isinstance(value, Model):
            return self._sequential(value, path)
        if isinstance(value, KerasObject) and _is_input(value):
            return self._opaque("unknown-layer", "an input in the middle of the model", node, path)
        if isinstance(value, KerasObject) and family_of(value.ref) in ("layers", "applications"):
            return self._keras_layer(value, path)
        if isinstance(value, Either):
            kept = [item for item in value.values if not isinstance(item, Unknown)]
            if len(kept) == 1:
                return self.layer(kept[0], node, path)
            return self._opaque(
                "unknown-condition", f"which layer this is depends on a condition: {Unknown(node).text}", node, path
            )
        if isinstance(value, (Ref, Class)):
            name = value.name if isinstance(value, Ref) else value.node.name
            if isinstance(value, Ref) and value.is_keras:
                return {"type": name}
            return self._opaque("own-layer", f"{name} is a class, not a layer", node, path)
        if isinstance(value, (Own, Instance, Function, Method, KerasObject)):
            name = _own_name(value)
            return self._opaque(
                "own-layer", f"{name} is not a Keras layer, so shapes after it are not known", node, path
            )
        if isinstance(value, (str, int, float, bool, type(None), tuple, List, Dict)):
            return self._opaque("unknown-layer", f"{Unknown(node).text} is not a layer", node, path)
        return self._opaque(
            "unknown-layer", f"the file does not say which layer this is: {Unknown(node).text}", node, path
        )

    def _opaque(self, kind: str, message: str, node: ast.AST, path: Path) -> Any:
        self.reading.opaque.append(path)
        self.reading.complete = False
        self.reading.note(kind, message, node)
        return {"custom": _identifier(Unknown(node).text)}

    def _sequential(self, model: Model, path: Path) -> Any:
        reading = self.reading
        reading.values[*path, "type"] = getattr(model.node, "func", model.node)
        if len({(state.layers, state.doubts) for state in model.states}) != 1 or model.states[0].doubts:
            return self._opaque(
                "unknown-condition", "the layers of this model depend on what the file does not say", model.node, path
            )
        state = model.states[0]
        entries = state.layers[1:] if state.layers and _is_input(state.layers[0].value) else state.layers
        table: dict[str, Any] = {"type": "Sequential"}
        if isinstance(model.name, str) and is_name(model.name):
            table["name"] = model.name
        reading.values[*path, "layers"] = model.node
        table["layers"] = [
            self.layer(entry.value, entry.node, (*path, "layers", index)) for index, entry in enumerate(entries)
        ]
        return table

    def _keras_layer(self, call: KerasObject, path: Path) -> Any:
        reading = self.reading
        name = call.ref.name
        reading.values[*path, "type"] = _last_name(call.node.func)
        found, extra = layer_declaration(name)
        if name == "Lambda" or any(
            isinstance(a.value, (Function, Method)) and a.key in (0, "function") for a in call.arguments
        ):
            return self._opaque(
                "own-code", "Lambda layers contain Python code, so shapes after it are not known", call.node, path
            )
        if found is None:
            if name in legacy.GONE:
                return self._opaque("gone-layer", f"Keras 3 has no {name}: {legacy.GONE[name]}", call.node, path)
            if name in ("Layer", "Wrapper"):
                return self._opaque("own-layer", f"{name} is a base class", call.node, path)
            return {"type": name}
        table: dict[str, Any] = {"type": found.__name__, **extra}
        if call.open is not None:
            reading.complete = False
            reading.note("unknown-arguments", f"the file does not say all arguments of {name}: {call.open}", call.node)
        for bound in bind_layer(found, call, self.keras_2):
            key = bound.key
            if key is None or (key in SHAPES and key not in names_of(found)):
                continue
            if key == "input_shape" and found.__name__ not in APPLICATIONS:
                continue
            own = (*path, key)
            if key == "weights" and found.__name__ not in APPLICATIONS:
                reading.note("left-out", f"the initial weights of {name} are not read", bound.argument.node)
                continue
            reading.place(own, bound.argument)
            value = self._argument(found, key, bound.value, bound.argument.node, own)
            if value is _NOT_KNOWN:
                reading.opaque.append(path)
                continue
            if value is _LEFT_OUT:
                reading.values.pop(own, None)
                continue
            table[key] = value
        trainable = call.attributes.get("trainable")
        if isinstance(trainable, Argument) and isinstance(trainable.value, bool):
            table["trainable"] = trainable.value
            reading.place((*path, "trainable"), trainable)
        if "adapted" in call.attributes:
            reading.unsaid.add("adapt")
        self._finish_layer(found, call, table, path)
        return table

    def _finish_layer(self, found: type[Declaration], call: KerasObject, table: dict[str, Any], path: Path) -> None:
        reading = self.reading
        if self.channels_first and "data_format" in names_of(found) and "data_format" not in table:
            table["data_format"] = "channels_first"
            reading.values[*path, "data_format"] = call.node
        name = table.get("name")
        if name is not None and not (isinstance(name, str) and is_name(name)) and isinstance(name, (Unknown, str)):
            table.pop("name")
            reading.slots = [slot for slot in reading.slots if slot.path != (*path, "name")]

    def _argument(self, found: type[Declaration], key: str, value: Any, node: ast.AST, path: Path) -> Any:
        """An argument of a layer or an object; `_LEFT_OUT` where nothing can be said of it."""
        if value is None and key.endswith("_initializer"):
            # Keras then takes the initializer that suits the dtype.
            return _LEFT_OUT
        made = self.value(as_taken(found, key, value), node, path, key)
        if isinstance(made, Unknown):
            tries = _tries(found, key, made, len(self.reading.slots))
            if not tries and is_required(found, key) and not is_size_like(found, key):
                self.reading.note("left-out", f"{key} is not known: {made.text}", node)
                return _NOT_KNOWN
            if not tries and not is_required(found, key):
                self.reading.note("left-out", f"{key} is not known: {made.text}", node)
                self.reading.left_out.append(path[:-1])
                return _LEFT_OUT
            self._slot(path, made, tries or _sizes(made, len(self.reading.slots)), type((tries or (0,))[0]) is int)
        elif isinstance(made, list):
            for index, item in enumerate(made):
                if isinstance(item, Unknown):
                    self._slot((*path, index), item, _sizes(item, len(self.reading.slots)), True)
        return made

    def value(self, value: Any, node: ast.AST, path: Path, key: str) -> Any:
        """A value as a spec holds it; an `Unknown` where the file does not say it."""
        if value is None or isinstance(value, (bool, int, float)):
            return value
        if isinstance(value, str):
            return WORDS.get(value, value) if key.endswith(("initializer", "loss", "metrics")) else value
        if isinstance(value, (tuple, List)):
            return self._list(value, node, path, key)
        if isinstance(value, Dict):
            return self._table(value, node, path, key)
        if isinstance(value, Unknown):
            return value
        if isinstance(value, Ref):
            return self._named(value, node)
        if isinstance(value, Model) or (
            isinstance(value, KerasObject) and family_of(value.ref) in ("layers", "applications")
        ):
            if key in ("layer", "backward_layer", "cell", "cells", "layers"):
                return self.layer(value, getattr(value, "node", node), path)
            if isinstance(value, KerasObject) and key == "activation":
                return self._activation(value, path)
            return Unknown(node)
        if isinstance(value, KerasObject):
            return self.object(value, path)
        if key in ("layer", "backward_layer", "cell"):
            return self.layer(value, node, path)
        if isinstance(value, (Function, Method, Class, Own, Instance)):
            self.reading.note("own-code", f"{key} is the program's own code, and is not followed", node)
        return Unknown(node)

    def _list(self, value: Any, node: ast.AST, path: Path, key: str) -> Any:
        if isinstance(value, List) and value.lost is not None:
            return value.lost if value.lost.node is not None else Unknown(node)
        items = value.items if isinstance(value, List) else value
        elements = node.elts if isinstance(node, (ast.Tuple, ast.List)) and len(node.elts) == len(items) else None
        found = []
        for index, item in enumerate(items):
            own = elements[index] if elements is not None else node
            self.reading.values[*path, index] = own
            found.append(self.value(item, own, (*path, index), key))
        return found

    def _table(self, value: Dict, node: ast.AST, path: Path, key: str) -> Any:
        if value.lost is not None:
            return Unknown(node)
        found = {}
        for name, item in value.items.items():
            found[str(name)] = self.value(item, node, (*path, str(name)), key)
        return found

    def _named(self, ref: Ref, node: ast.AST) -> Any:
        """The name that a function or class of Keras has as a string."""
        family = OBJECTS.get(family_of(ref) or "")
        name = ref.name
        if len(ref.path) > 2 and ref.path[-2] == "Reduction":
            return legacy.value("reduction", name.lower())
        if family is not None:
            if family.named(name) is not None:
                return name
            found = object_declaration(family, name)
            return WORDS.get(name, name) if found is None else {"type": found.__name__}
        if ref.path[0] == "tensorflow" and len(ref.path) == 2 and re.fullmatch(r"(u?int|b?float)\d+|string|bool", name):
            return name
        if ref.path[:2] == ("keras", "backend") or ref.path[0] == "tensorflow":
            for known in (ACTIVATION, LOSS):
                if known.named(name) is not None:
                    return name
        if ref.is_keras and LOSS.named(name) is not None:
            return name
        return Unknown(node)

    def _activation(self, value: KerasObject, path: Path) -> Any:
        """A layer that stands for the activation that it applies: `activation=LeakyReLU(0.1)`."""
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", value.ref.name).lower()
        found = ACTIVATION.typed(name)
        layer, _ = layer_declaration(value.ref.name)
        if found is None or layer is None:
            return Unknown(value.node)
        table: dict[str, Any] = {"type": name}
        for bound in bind_layer(layer, value, self.keras_2):
            if bound.key in names_of(found):
                made = self._argument(
                    found, bound.key or "", bound.value, bound.argument.node, (*path, bound.key or "")
                )
                if made is not _LEFT_OUT and made is not _NOT_KNOWN:
                    table[bound.key or ""] = made
        return table

    def object(self, value: KerasObject, path: Path) -> Any:
        """An optimizer, a loss, an initializer, ... as a table."""
        reading = self.reading
        family_name = family_of(value.ref) or ""
        family = OBJECTS.get(family_name)
        if family is None:
            return Unknown(value.node)
        found = object_declaration(family, value.ref.name)
        reading.values[path] = value.node
        reading.values[*path, "type"] = _last_name(value.node.func)
        if found is None:
            return {"type": value.ref.name}
        table: dict[str, Any] = {"type": found.__name__}
        if value.open is not None:
            reading.note("unknown-arguments", f"the file does not say all arguments of {value.ref.name}", value.node)
        decay = value.argument("decay")
        for bound in bind_object(found, family_name, value):
            if bound.key is None:
                continue
            own = (*path, bound.key)
            reading.place(own, bound.argument)
            made = self._argument(found, bound.key, bound.value, bound.argument.node, own)
            if made is not _LEFT_OUT:
                table[bound.key] = made
        if (
            family_name == "optimizers"
            and decay is not None
            and isinstance(decay.value, (int, float))
            and decay.value > 0
        ):
            rate = table.get("learning_rate", 0.001 if found.__name__ != "SGD" else 0.01)
            if isinstance(rate, (int, float)):
                # As Keras 2 applied it: a little less after every step.
                schedule = {"initial_learning_rate": rate, "decay_steps": 1, "decay_rate": decay.value}
                table["learning_rate"] = {"type": "InverseTimeDecay", **schedule}
                reading.values[*path, "learning_rate"] = decay.node
        return table

    def plain(self, value: Any) -> Any:
        """A dtype, as a string."""
        if isinstance(value, Ref):
            return value.name
        return value if isinstance(value, str) else None

    # Compile and fit.

    def _compile(self, call: Invocation) -> None:
        reading = self.reading
        table: dict[str, Any] = {}
        reading.values["compile",] = call.node
        for argument in call.arguments:
            key = argument.key if isinstance(argument.key, str) else _at(_COMPILE, argument.key)
            if key in ("metrics", "weighted_metrics") and isinstance(argument.value, (Unknown, Either)):
                reading.unsaid.add("metrics")
                continue
            path: Path = ("compile", key)
            if key in (
                "sample_weight_mode",
                "target_tensors",
                "experimental_run_tf_function",
                "distribute",
                "class_mode",
                "theano_mode",
            ):
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

    def _known_metrics(self, value: list[Any], node: ast.AST) -> list[Any]:
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
        table: dict[str, Any] = {}
        order = (
            ["x", "y", *names_of(Fit)]
            if call.method == "fit"
            else ["generator", "steps_per_epoch", "epochs", "verbose", "callbacks"]
        )
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
            if value is _LEFT_OUT or value is _NOT_KNOWN or (value is None and not accepts(Fit, key, None)):
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
            items = (items,) if isinstance(items, KerasObject) else ()
        elements = (
            argument.node.elts
            if isinstance(argument.node, (ast.List, ast.Tuple)) and len(argument.node.elts) == len(items)
            else None
        )
        found: list[Any] = []
        for index, item in enumerate(items):
            node = elements[index] if elements is not None else argument.node
            if not isinstance(item, KerasObject) or family_of(item.ref) != "callbacks":
                if isinstance(item, (Instance, Own)):
                    self.reading.note("left-out", f"the callback {_own_name(item)} is the program's own", node)
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

    def _slot(self, path: Path, unknown: Unknown, values: tuple[Any, ...], is_size: bool) -> None:
        self.reading.slots.append(Slot(path, unknown, values, is_size))


_SEQUENCES = frozenset(
    "LSTM GRU SimpleRNN RNN CuDNNLSTM CuDNNGRU Conv1D Convolution1D Bidirectional TimeDistributed TimeDistributedDense".split()
)


def _means_channels_first(state: State) -> bool:
    """Whether a program in the words of Keras 1 gives its images the channels first, as Theano had them.

    Keras 1 took the order from the user's own configuration, which no program says.
    """
    first = state.layers[0].value if state.layers else None
    if not isinstance(first, KerasObject) or not first.ref.name.endswith("2D"):
        return False
    words = {
        argument.key
        for entry in state.layers
        if isinstance(entry.value, KerasObject)
        for argument in entry.value.arguments
    }
    given = first.argument("input_shape")
    sizes = given.value.items if given is not None and isinstance(given.value, List) else given.value if given else None
    if not isinstance(sizes, tuple) or len(sizes) != 3 or words.isdisjoint(_KERAS_1_WORDS):
        return False
    return sizes[0] in (1, 3) and sizes[2] not in (1, 3)


_KERAS_1_WORDS = frozenset(("border_mode", "nb_filter", "nb_row", "init", "subsample", "output_dim", "W_regularizer"))


def _at(names: Sequence[str], index: int) -> str:
    return names[index] if index < len(names) else f"argument {index + 1}"


def _is_input(value: Any) -> bool:
    return isinstance(value, KerasObject) and value.ref.name in INPUTS


def _fixes_input(value: Any) -> bool:
    return (
        isinstance(value, KerasObject) and value.ref.name in APPLICATIONS and value.argument("input_shape") is not None
    )


def _own_name(value: Any) -> str:
    if isinstance(value, Instance):
        return value.cls.node.name if value.cls is not None else "this"
    if isinstance(value, Own):
        return value.name
    if isinstance(value, KerasObject):
        return value.ref.name
    return getattr(value, "name", None) or "this function"


def _last_name(node: ast.expr) -> ast.AST:
    """The name of a class in the expression that calls it."""
    return node


def _identifier(text: str) -> str:
    name = re.sub(r"\W+", "_", text).strip("_")[:40]
    return name if name and not name[0].isdigit() else f"own_{name}"


def _sizes(unknown: Unknown, salt: int) -> tuple[Any, ...]:
    """Sizes that an unknown one is tried with, other ones for every unknown."""
    choices = [choice for choice in unknown.choices if type(choice) is int]
    if choices and len(choices) == len(unknown.choices):
        return tuple((choices * 3)[:3]) if len(choices) < 3 else (choices[0], choices[len(choices) // 2], choices[-1])
    return tuple(base + salt for base in _INTEGERS)


def is_size_like(found: type[Declaration], key: str) -> bool:
    """Whether an argument takes integers."""
    return accepts(found, key, 2)


def _tries(found: type[Declaration], key: str, unknown: Unknown, salt: int) -> tuple[Any, ...]:
    """Values that an unknown argument is tried with; none where nothing fits."""
    if key in _OF_PATHS:
        return _PATHS
    if unknown.choices:
        plain = [choice for choice in unknown.choices if isinstance(choice, (int, float, str, bool))]
        if plain and all(accepts(found, key, choice) for choice in plain):
            return tuple((plain * 3)[:3]) if len(plain) < 3 else (plain[0], plain[len(plain) // 2], plain[-1])
    integers = [value for value in _sizes(Unknown(text=""), salt) if accepts(found, key, value)]
    if len(integers) == 3 and not accepts(found, key, 0.5):
        return tuple(integers)
    floats = [value for value in _FLOATS if accepts(found, key, value)]
    if len(floats) == 3:
        return tuple(floats)
    if len(integers) == 3:
        return tuple(integers)
    others = [value for value in _TRIES if accepts(found, key, value)]
    # What takes any string is not known by a string.
    if accepts(found, key, "no word of Keras"):
        return ()
    return tuple((others * 3)[:3]) if len(others) > 1 else ()


def _holds_unknown(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_unknown, value.values()))
    return any(map(_holds_unknown, value)) if isinstance(value, list) else isinstance(value, Unknown)


def _holds_code(value: Any) -> bool:
    """Whether a required part of a callback is code, such as the function of a LearningRateScheduler."""
    return isinstance(value, dict) and any(
        isinstance(item, Unknown) and key in ("schedule", "on_epoch_end") for key, item in value.items()
    )


__all__ = ["readings", "Object", "legacy"]
