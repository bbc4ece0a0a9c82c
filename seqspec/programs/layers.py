"""The layers of a model and its input."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

from seqspec.core.catalog import legacy
from seqspec.core.catalog.index import APPLICATIONS, LAYERS
from seqspec.core.catalog.keras_object import KerasObject
from seqspec.core.catalog.markers import all_marks, field_type
from seqspec.core.catalog.types import PerAxis
from seqspec.core.diagnostics.suggest import nearest
from seqspec.core.language.names import is_name
from seqspec.programs.candidate_values import sizes
from seqspec.programs.names import family_of, is_input, is_misspelt_layer
from seqspec.programs.objects import LEFT_OUT, NOT_KNOWN, ObjectReader, own_name
from seqspec.programs.reading import Path
from seqspec.programs.signatures import (
    SHAPES,
    Bound,
    bind_layer,
    layer_declaration,
    names_of,
)
from seqspec.programs.values import (
    MAX_NESTED_MODELS,
    Argument,
    Class,
    CustomObject,
    Data,
    Dict,
    Either,
    Function,
    Instance,
    Invocation,
    KerasCall,
    List,
    Method,
    Model,
    NumpyInteger,
    Ref,
    State,
    Unknown,
    is_integer,
)

_SEQUENCES = frozenset(
    "LSTM GRU SimpleRNN RNN CuDNNLSTM CuDNNGRU Conv1D Convolution1D Bidirectional TimeDistributed "
    "TimeDistributedDense".split()
)

_FUNCTIONAL = "a functional model is not read, so shapes after it are not known"


_PYTHON_INTEGERS = frozenset("cropping input_dim n output_dim padding size units".split())
"""Arguments, besides those with one number per axis, that accept no integers of NumPy; `filters` and others do."""

_PYTHON_INTEGERS_OF = frozenset({("GroupNormalization", "groups")})
"""Such arguments of single classes."""


class LayerReader(ObjectReader):
    """Reads the layers of one model."""

    channels_first: bool
    trainable: Mapping[int, object] | None = None
    """The values assigned to `trainable` of layers when the model is trained; None if these are the last ones."""

    def _model(self, model: Model, state: State) -> None:
        reading = self.reading
        table = reading.tree["model"]
        if isinstance(model.name, str) and is_name(model.name):
            table["name"] = model.name
            reading.values["model", "name"] = model.name_node or model.node
        for doubt in state.doubts:
            reading.complete = False
            reading.doubtful = True
            messages = {
                "unknown-loop": f"layers are added in a loop of unknown length: {doubt.text}",
                "unknown-layers": f"the layers come from a value that is not known statically: {doubt.text}",
            }
            reading.note(doubt.kind, messages.get(doubt.kind, doubt.text), doubt.node)
        entries = list(state.layers)
        if entries and is_input(entries[0].value):
            self._input_layer(entries[0].value)
            entries = entries[1:]
        elif entries:
            self._declared(entries[0].value)
        if "input" not in table:
            # Keras builds the model for the batches that it is called on.
            reading.unspecified.add("model_batch_size")
        if "input" not in table and state.built is not None:
            self._shape(state.built.value, state.built, batch=True)
        fit = next((call for call in state.calls if call.method != "compile"), None)
        if "input" not in table and fit is not None:
            self._from_data(fit)
        reading.values["model", "layers"] = model.node
        layers = []
        for index, entry in enumerate(entries):
            layers.append(self.layer(entry.value, entry.node, ("model", "layers", index)))
            before = next((i for i, other in enumerate(entries[:index]) if other.value is entry.value), None)
            if before is not None and _has_weights(entry.value):
                other = f"{reading.expression}.layers[{before}]"
                text = f"{own_name(entry.value)} shares its weights with {other}, which is not followed"
                reading.note("shared-layer", text, entry.node)
        table["layers"] = layers
        if not layers and reading.complete:
            reading.complete = False
            reading.note("filled-elsewhere", "no layers are added to this model in this file", model.node)
        if "input" not in table:
            reading.input_known = _fixes_input(entries[0].value) if entries else False

    def _input_layer(self, layer: KerasCall) -> None:
        batch = layer.argument("batch_shape", "batch_input_shape")
        given = batch or layer.argument("shape", "input_shape", 0)
        if given is not None and is_integer(given.value) and layer.ref.name == "InputLayer":
            given = Argument(given.key, (given.value,), given.node, given.keyword)
        size = layer.argument("batch_size")
        dtype = layer.argument("dtype")
        if given is not None:
            self._shape(given.value, given, batch is not None, size, dtype)

    def _declared(self, value: object, depth: int = 0) -> None:
        """The input that the first layer declares."""
        if isinstance(value, Model) and depth < MAX_NESTED_MODELS:
            first = value.states[0].layers[:1] if value.states else ()
            if first and is_input(first[0].value):
                self._input_layer(first[0].value)
            elif first:
                self._declared(first[0].value, depth + 1)
            return
        if not isinstance(value, KerasCall) or value.ref.name in APPLICATIONS:
            return
        batch = value.argument("batch_input_shape", "batch_shape")
        given = batch or value.argument("input_shape")
        if given is not None:
            self._shape(given.value, given, batch is not None, value.argument("batch_size"))
            return
        dims, length = value.argument("input_dim"), value.argument("input_length")
        if value.ref.name == "Embedding":
            # In Keras 3 its arguments do not build the model.
            self.reading.unspecified.add("model_batch_size")
            if length is not None:
                items = length.value if isinstance(length.value, (List, tuple)) else (length.value,)
                self._shape(items, length)
            else:
                # Keras 2 accepts sequences of any length.
                self._shape((None,), Argument("input_shape", None, value.node.func))
            return
        if dims is not None:
            sizes: tuple[object, ...] = (dims.value,)
            if value.ref.name in _SEQUENCES or length is not None:
                sizes = (length.value if length is not None else None, dims.value)
            self._shape(sizes, dims, nodes=[length, dims] if len(sizes) == 2 else [dims])
            return
        inner = value.argument("layer", 0)
        if value.ref.name == "Bidirectional" and inner is not None:
            self._declared(inner.value, depth + 1)

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
        value: object,
        argument: Argument,
        batch: bool = False,
        batch_size: Argument | None = None,
        dtype: Argument | None = None,
        nodes: list[Argument | None] | None = None,
    ) -> None:
        reading = self.reading
        path: Path = ("model", "input")
        kind = self.plain(dtype.value) if dtype is not None else None
        long = (batch_size is not None and is_integer(batch_size.value)) or isinstance(kind, str)
        items = list(value.items if isinstance(value, List) else value) if isinstance(value, (List, tuple)) else None
        size: object = batch_size.value if batch_size is not None else None
        shift = 0
        if items is not None and batch:
            if not items:
                return
            size, items, shift = items[0], items[1:], 1
            long = long or is_integer(size)
        if size is not None and not is_integer(size):
            reading.unspecified.add("model_batch_size")
        at: Path = (*path, "shape") if long else path
        reading.values[path] = argument.node
        reading.values[at] = argument.node
        if argument.keyword is not None and not argument.spread:
            reading.keys[path] = argument.keyword
        sizes: object
        if isinstance(value, (Unknown, Data)) or (items is None and not isinstance(value, (int, float, str))):
            # Nothing is known, not even the rank.
            reading.input_known = False
            reading.values.pop(path), reading.values.pop(at, None)
            return
        if items is None:
            sizes = value
        else:
            sizes = shape = []
            elements = argument.node.elts if isinstance(argument.node, (ast.Tuple, ast.List)) else []
            for index, item in enumerate(items):
                own = (*at, index)
                declared = nodes[index] if nodes is not None else None
                if declared is not None:
                    reading.values[own] = declared.node
                elif nodes is None and len(elements) == len(items) + shift:
                    reading.values[own] = elements[index + shift]
                else:
                    reading.values[own] = argument.node
                shape.append(self._size(item, own))
        table: dict[str, object] = {"shape": sizes}
        if is_integer(size):
            table["batch_size"] = size
        if isinstance(kind, str) and kind != "float32" and dtype is not None:
            table["dtype"] = kind
            reading.place((*path, "dtype"), dtype)
        reading.tree["model"]["input"] = table if long else sizes

    def _size(self, value: object, path: Path) -> object:
        if value is None:
            return "?"
        if isinstance(value, NumpyInteger):
            return int(value)
        if isinstance(value, Unknown):
            self._slot(path, value, sizes(value, len(self.reading.slots)), True)
            return value
        if isinstance(value, float) and value.is_integer():
            return value
        if isinstance(value, (int, float, str)):
            return value
        unknown = Unknown(self.reading.values.get(path))
        self._slot(path, unknown, sizes(unknown, len(self.reading.slots)), True)
        return unknown

    def layer(self, value: object, node: ast.AST, path: Path) -> object:
        """A layer as an entry of `layers`."""
        reading = self.reading
        reading.values[path] = node
        if isinstance(value, Model) and self.depth >= MAX_NESTED_MODELS:
            return self._opaque("unknown-layer", "models are nested too deeply", node, path)
        if isinstance(value, Model):
            self.depth += 1
            try:
                return self._sequential(value, path)
            finally:
                self.depth -= 1
        if isinstance(value, KerasCall) and is_input(value):
            return self._opaque("unknown-layer", "an input in the middle of the model", node, path)
        if isinstance(value, KerasCall) and family_of(value.ref) in ("layers", "applications"):
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
        if isinstance(value, (CustomObject, Instance, Function, Method, KerasCall)):
            name = own_name(value)
            if isinstance(value, CustomObject) and value.kind == "model":
                return self._opaque("functional", _FUNCTIONAL, node, path)
            return self._opaque(
                "own-layer", f"{name} is not a Keras layer, so shapes after it are not known", node, path
            )
        if isinstance(value, (str, int, float, bool, type(None), tuple, List, Dict)):
            return self._opaque("unknown-layer", f"{Unknown(node).text} is not a layer", node, path)
        return self._opaque(
            "unknown-layer", f"the layer type is not known statically: {Unknown(node).text}", node, path
        )

    def _opaque(self, kind: str, message: str, node: ast.AST, path: Path, help: str | None = None) -> object:
        self.reading.opaque[path] = node
        self.reading.complete = False
        self.reading.note(kind, message, node, help)
        return {"custom": _identifier(Unknown(node).text)}

    def _sequential(self, model: Model, path: Path) -> object:
        reading = self.reading
        reading.values[*path, "type"] = getattr(model.node, "func", model.node)
        if len({(state.layers, state.doubts) for state in model.states}) != 1 or model.states[0].doubts:
            return self._opaque(
                "unknown-condition",
                "the layers of this model depend on values that are not known statically",
                model.node,
                path,
            )
        state = model.states[0]
        entries = state.layers[1:] if state.layers and is_input(state.layers[0].value) else state.layers
        table: dict[str, object] = {"type": "Sequential"}
        if isinstance(model.name, str) and is_name(model.name):
            table["name"] = model.name
        reading.values[*path, "layers"] = model.node
        table["layers"] = [
            self.layer(entry.value, entry.node, (*path, "layers", index)) for index, entry in enumerate(entries)
        ]
        return table

    def _keras_layer(self, call: KerasCall, path: Path) -> object:
        reading = self.reading
        name = call.ref.name
        reading.values[*path, "type"] = call.node.func
        misspelt = is_misspelt_layer(call.ref)
        found, extra = layer_declaration((nearest(name, LAYERS) or name) if misspelt else name)
        if name == "Lambda" or any(
            isinstance(a.value, (Function, Method)) and a.key in (0, "function") for a in call.arguments
        ):
            return self._opaque(
                "own-code", "Lambda layers contain Python code, so shapes after it are not known", call.node, path
            )
        if found is None:
            if name in legacy.GONE:
                return self._opaque("gone-layer", f"{name} {legacy.GONE[name]}", call.node, path, _successor(call))
            if name in ("Layer", "Wrapper"):
                return self._opaque("own-layer", f"{name} is a base class", call.node, path)
            return {"type": name}
        table: dict[str, object] = {"type": name if misspelt else found.__name__, **extra}
        if call.open is not None:
            reading.complete = False
            reading.note("unknown-arguments", f"not all arguments of {name} are known: {call.open}", call.node)
        misnamed: dict[str, Argument] = {}
        positional: set[str] = set()
        for bound in bind_layer(found, call, self.keras_2):
            if bound.key == "input_tensor" and found.__name__ in APPLICATIONS:
                if bound.value is not None and not is_input(bound.value):
                    return self._opaque("functional", _FUNCTIONAL, call.node, path)
                given = bound.value.argument("shape", 0) if is_input(bound.value) else None
                if given is None or call.argument("input_shape") is not None:
                    continue
                bound = Bound("input_shape", bound.old, given, given.value)
            key = bound.key
            if key is None or (key in SHAPES and key not in names_of(found)):
                continue
            if key == "input_shape" and found.__name__ not in APPLICATIONS:
                continue
            own = (*path, key)
            if key == "weights" and found.__name__ not in APPLICATIONS:
                reading.note("left-out", f"the initial weights of {name} are not read", bound.argument.node)
                continue
            if key not in names_of(found):
                misnamed[key] = bound.argument
                continue
            if self._is_repeated(call, bound, positional):
                continue
            reading.place(own, bound.argument)
            value = bound.value
            if key == "input_shape" and isinstance(value, Unknown):
                value = _image_shape(value, bound.argument.node)
            if isinstance(value, NumpyInteger):
                self._require_python_integer(found, key, bound.argument)
                value = int(value)
            value = self._argument(found, key, value, bound.argument.node, own)
            if value is NOT_KNOWN:
                reading.opaque[path] = call.node
                continue
            if value is LEFT_OUT:
                reading.values.pop(own, None)
                continue
            table[key] = value
        self._misnamed(found, table, misnamed, path)
        attributes = call.attributes if self.trainable is None else {"trainable": self.trainable.get(id(call))}
        trainable = attributes.get("trainable")
        if isinstance(trainable, Argument) and isinstance(trainable.value, bool):
            table["trainable"] = trainable.value
            reading.place((*path, "trainable"), trainable)
        elif trainable is not None:
            # Of a base model, some layers are frozen.
            reading.unspecified.add("trainable")
        if "adapted" in call.attributes:
            reading.unspecified.add("adapt")
        self._finish_layer(found, call, table, path)
        return table

    def _require_python_integer(self, found: type[KerasObject], key: str, argument: Argument) -> None:
        """Adds a note on an integer of NumPy that Keras does not accept as this argument."""
        field = found.model_fields.get(key)
        window = field is not None and any(isinstance(mark, PerAxis) for mark in all_marks(field_type(field)))
        if window or key in _PYTHON_INTEGERS or (found.__name__, key) in _PYTHON_INTEGERS_OF:
            code = Unknown(argument.node).text
            self.reading.note(
                "numpy-integer",
                f"{key} must be a Python int, got a NumPy integer: {code}",
                argument.node,
                f"write int({code})",
            )

    def _finish_layer(self, found: type[KerasObject], call: KerasCall, table: dict[str, object], path: Path) -> None:
        reading = self.reading
        if self.channels_first and "data_format" in names_of(found) and "data_format" not in table:
            table["data_format"] = "channels_first"
            reading.values[*path, "data_format"] = call.node
        name = table.get("name")
        if name is not None and not (isinstance(name, str) and is_name(name)) and isinstance(name, (Unknown, str)):
            table.pop("name")
            reading.slots = [slot for slot in reading.slots if slot.path != (*path, "name")]


def means_channels_first(state: State) -> bool:
    """Whether a Keras 1 program uses channels-first images, the Theano ordering.

    Keras 1 read the order from the user's configuration file, which is not part of the program.
    """
    first = state.layers[0].value if state.layers else None
    if not isinstance(first, KerasCall) or not first.ref.name.endswith("2D"):
        return False
    words = {
        argument.key
        for entry in state.layers
        if isinstance(entry.value, KerasCall)
        for argument in entry.value.arguments
    }
    given = first.argument("input_shape")
    sizes = given.value.items if given is not None and isinstance(given.value, List) else given.value if given else None
    if not isinstance(sizes, tuple) or len(sizes) != 3:
        return False
    if words.isdisjoint(legacy.KERAS_1_ARGUMENTS) and not any(_has_kernel_sizes(entry.value) for entry in state.layers):
        return False
    return sizes[0] in (1, 3) and sizes[2] not in (1, 3)


def _successor(call: KerasCall) -> str | None:
    """How to write a layer that was removed, if it is `Merge`."""
    if call.ref.name != "Merge":
        return None
    mode = call.argument("mode", 1)
    layer = legacy.MERGES.get(str(mode.value) if mode is not None else "sum")
    return "build a functional model with " + (f"keras.layers.{layer}" if layer is not None else "a layer that merges")


def _image_shape(unknown: Unknown, node: ast.AST) -> object:
    """The input shape of a base model whose sizes are not known."""
    return (*(Unknown(node, text=f"{unknown.text}[{axis}]") for axis in (0, 1)), 3)


def _has_kernel_sizes(value: object) -> bool:
    """Whether a convolution has the size of its kernel as separate numbers: `Convolution2D(64, 3, 3)`."""
    if not isinstance(value, KerasCall) or not value.ref.name.startswith(("Convolution", "Conv")):
        return False
    sizes = [argument.value for argument in value.arguments if argument.key in (1, 2)]
    return len(sizes) == 2 and all(map(is_integer, sizes))


def _has_weights(value: object) -> bool:
    if isinstance(value, Model):
        return True
    found = layer_declaration(value.ref.name)[0] if isinstance(value, KerasCall) else None
    return found is not None and (found.has_weights or found.has_hidden_layers)


def _fixes_input(value: object) -> bool:
    """Whether a base model determines its input shape."""
    if not isinstance(value, KerasCall) or value.ref.name not in APPLICATIONS:
        return False
    return value.argument("input_shape", "input_tensor") is not None


def _identifier(text: str) -> str:
    name = re.sub(r"\W+", "_", text).strip("_")[:40]
    return name if name and not name[0].isdigit() else f"own_{name}"
