"""The layers of a model."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from seqspec.core.api.catalog import APPLICATIONS, LAYERS, KerasObject, PerAxis, all_marks, field_type, legacy
from seqspec.core.api.diagnostics import Path
from seqspec.core.api.language import is_name
from seqspec.core.api.messages import nearest
from seqspec.programs.keras_api.keras_names import family_of, is_input, is_misspelt_layer
from seqspec.programs.keras_api.operations import keeps_shape
from seqspec.programs.keras_api.signatures import SHAPES, BoundArgument, argument_names, bind_layer, layer_declaration
from seqspec.programs.layers.candidates import candidate_values
from seqspec.programs.layers.object_reader import ObjectReader, custom_name, pools
from seqspec.programs.layers.program_model import ProgramModel
from seqspec.programs.values.abstract_values import (
    MAX_NESTED_MODELS,
    Argument,
    Class,
    CodeViolation,
    CustomValue,
    Dict,
    EarlierLayers,
    Either,
    FunctionValue,
    Instance,
    KerasCall,
    List,
    Method,
    ModelState,
    ModelValue,
    NumpyInteger,
    Ref,
    Unknown,
    is_integer,
)
from seqspec.programs.values.tensors import SymbolicTensor

_FUNCTIONAL = "a functional model that is not a chain is not read in a stack, so shapes after it are not known"


_PYTHON_INTEGERS = {
    **dict.fromkeys(("cropping", "n", "padding", "size")),
    **dict.fromkeys(("input_dim", "output_dim", "units"), 3),
}
"""Arguments, besides those with one number per axis, that accept no integers of NumPy; `filters` and others do.

The value is the version of Keras that alone refuses them; None if every version does.
"""

_PYTHON_INTEGERS_OF = frozenset({("GroupNormalization", "groups")})
"""Such arguments of single classes."""


class LayerReader(ObjectReader):
    """Reads the layers of one model.

    Args:
        result: The model as read so far.
        keras_2: Whether the program uses the `keras` package, whose older versions had their own names.
        channels_first: Whether it uses channels-first images.
        trainable: The values assigned to `trainable` of layers when the model is trained; None if these are the last
            ones.
    """

    def __init__(
        self,
        result: ProgramModel,
        keras_2: bool,
        channels_first: bool = False,
        trainable: Mapping[int, object] | None = None,
    ) -> None:
        super().__init__(result, keras_2)
        self.channels_first = channels_first
        self.trainable = trainable

    def layer(self, value: object, node: ast.AST, path: Path) -> object:
        """A layer as an entry of `layers`."""
        self.result.values[path] = node
        if isinstance(value, ModelValue) and self.depth < MAX_NESTED_MODELS:
            self.depth += 1
            try:
                return self._sequential(value, path)
            finally:
                self.depth -= 1
        if isinstance(value, KerasCall) and not is_input(value) and family_of(value.ref) in ("layers", "applications"):
            return self._keras_layer(value, path)
        if isinstance(value, Ref) and value.is_keras:
            return self._layer_class(value, node, path)
        if isinstance(value, SymbolicTensor) and keeps_shape(value):
            return self._operation(value, node, path)
        if isinstance(value, Either):
            layers = [item for item in value.values if not isinstance(item, Unknown)]
            if len(layers) == 1:
                return self.layer(layers[0], node, path)
        if isinstance(value, SymbolicTensor) and self.result.kind == "sequential":
            message = f"{Unknown(value.node).text} is a tensor, not a layer"
            self.result.note("bad-layer-entry", message, value.node, "create a functional model")
            return self._opaque(value.node, path)
        return self._opaque_layer(*_opaque_reason(value, node), node, path)

    def _layer_class(self, ref: Ref, node: ast.AST, path: Path) -> object:
        """A class in place of a layer: no version of Keras creates the layer itself."""
        cls = layer_declaration(ref.name)[0] if family_of(ref) == "layers" else None
        if cls is not None:
            code = Unknown(node).text
            code = code if code.endswith(ref.name) else ref.name
            arguments = ", ".join(f"{name}=..." for name in cls.required())
            self.result.note(
                "bad-layer-entry", f"{ref.name} is a class, not a layer", node, f"write {code}({arguments})"
            )
            self.result.omitted.append(path)
        return {"type": ref.name}

    def _operation(self, tensor: SymbolicTensor, node: ast.AST, path: Path) -> object:
        """An operation that keeps the shape, as a custom layer that does."""
        name = _identifier(Unknown(node).text)
        self.result.tree.setdefault("custom", {})[name] = {"import": f"program:{name}"}
        self.result.add(CodeViolation(None, f"{Unknown(node).text} is not a layer", node, kind="operation"))
        return {"custom": name}

    def _opaque_layer(self, kind: str, message: str, node: ast.AST, path: Path, help: str | None = None) -> object:
        self.result.not_followed(kind, message, node, help)
        return self._opaque(node, path)

    def _opaque(self, node: ast.AST, path: Path) -> object:
        self.result.opaque[path] = node
        self.result.complete = False
        return {"custom": _identifier(Unknown(node).text)}

    def _sequential(self, model: ModelValue, path: Path) -> object:
        result = self.result
        result.values[*path, "type"] = getattr(model.node, "func", model.node)
        if len({(state.layers, state.doubts) for state in model.states}) != 1 or model.states[0].doubts:
            if any(doubt.kind == "graph" for doubt in model.states[0].doubts):
                return self._opaque_layer("functional", _FUNCTIONAL, model.node, path)
            message = "the layers of this model depend on values that are not known statically"
            return self._opaque_layer("unknown-condition", message, model.node, path)
        state = model.states[0]
        entries = state.layers[1:] if state.layers and is_input(state.layers[0].value) else state.layers
        table: dict[str, object] = {"type": "Sequential"}
        if isinstance(model.name, str) and is_name(model.name):
            table["name"] = model.name
        result.values[*path, "layers"] = model.node
        table["layers"] = [
            self.layer(entry.value, entry.node, (*path, "layers", index)) for index, entry in enumerate(entries)
        ]
        return table

    def _keras_layer(self, call: KerasCall, path: Path) -> object:
        result = self.result
        name = call.ref.name
        result.values[*path, "type"] = getattr(call.node, "func", call.node)
        misspelt = is_misspelt_layer(call.ref)
        cls, extra = layer_declaration((nearest(name, LAYERS) or name) if misspelt else name)
        if misspelt and cls is not None and _has_other_arguments(cls, call, self.keras_2):
            cls = None
        if name == "Lambda" or isinstance(call.value(0, "function"), (FunctionValue, Method)):
            message = "Lambda layers contain Python code, so shapes after it are not known"
            return self._opaque_layer("own-code", message, call.node, path)
        if cls is None:
            if name in legacy.GONE:
                help = _removed_layer_help(call)
                return self._opaque_layer("gone-layer", f"{name} {legacy.GONE[name]}", call.node, path, help)
            if name in ("Layer", "Wrapper"):
                return self._opaque_layer("own-layer", f"{name} is a base class", call.node, path)
            return {"type": name}
        table: dict[str, object] = {"type": name if misspelt else cls.__name__, **extra}
        has_size = call.open is not None or call.argument("pool_size", "pool_length", 0) is not None
        if cls.__name__.startswith("AveragePooling") and not has_size:
            table["pool_size"] = 2  # the default of Keras 2
            message = f"missing argument pool_size for {name}"
            result.note("missing-argument", message, call.node, "write pool_size=2", only_keras=3)
        if call.open is not None:
            result.complete = False
            result.left_out(f"not all arguments of {name} are known: {call.open}", call.node, "unknown-arguments")
            result.omitted.append(path)
        arguments = list(bind_layer(cls, call, self.keras_2))
        if cls.__name__ in APPLICATIONS:
            for bound in arguments:
                is_inside = result.kind != "sequential" and isinstance(bound.value, SymbolicTensor)
                if bound.key == "input_tensor" and not (bound.value is None or is_input(bound.value) or is_inside):
                    return self._opaque_layer("functional", _FUNCTIONAL, call.node, path)
            arguments = list(_application_arguments(arguments))
        else:
            arguments = list(self._own_arguments(cls, name, arguments))
        if not self._read_arguments(cls, call, self._python_integers(cls, arguments), table, path):
            result.opaque[path] = call.node
        if call.open is not None and "activation" in argument_names(cls) and "activation" not in table:
            # A layer without an activation means something else than a layer with one.
            unknown = Unknown(text=f'{call.open}["activation"]')
            table["activation"] = unknown
            self.result.add_unknown((*path, "activation"), unknown, candidate_values(cls, "activation", unknown, 0))
        self._read_attributes(cls, call, table, path)
        self._finish_layer(cls, call, table, path)
        return table

    def _own_arguments(
        self, cls: type[KerasObject], name: str, arguments: Iterable[BoundArgument]
    ) -> Iterator[BoundArgument]:
        """The arguments of a layer without those that declare the input of the model or initial weights."""
        for bound in arguments:
            if bound.key == "weights":
                self.result.left_out(f"the initial weights of {name} are not read", bound.argument.node)
            elif bound.key != "input_shape" and (bound.key not in SHAPES or bound.key in argument_names(cls)):
                yield bound

    def _python_integers(self, cls: type[KerasObject], arguments: Iterable[BoundArgument]) -> Iterator[BoundArgument]:
        """The arguments with integers of Python in place of those of NumPy, and of floats that Keras accepts."""
        for bound in arguments:
            if isinstance(bound.value, tuple) and any(isinstance(size, float) for size in bound.value) and pools(cls):
                # Keras only requires that `int()` accepts each of several sizes.
                bound = bound._replace(value=tuple(_whole(size, bound.argument.node) for size in bound.value))
            if isinstance(bound.value, NumpyInteger) and bound.key is not None:
                self._require_python_integer(cls, bound.key, bound.argument)
                bound = bound._replace(value=int(bound.value))
            yield bound

    def _read_attributes(self, cls: type[KerasObject], call: KerasCall, table: dict[str, object], path: Path) -> None:
        """Attributes that the program assigns to a layer, and whether it adapts the layer."""
        attributes = call.attributes if self.trainable is None else {"trainable": self.trainable.get(id(call))}
        trainable = attributes.get("trainable")
        if "trainable" not in argument_names(cls):
            pass
        elif isinstance(trainable, Argument) and isinstance(trainable.value, bool):
            table["trainable"] = trainable.value
            self.result.place((*path, "trainable"), trainable)
        elif trainable is not None:
            # Of a base model, some layers are frozen.
            self.result.unspecified.add("trainable")
        if "adapted" in call.attributes:
            self.result.unspecified.add("adapt")

    def _require_python_integer(self, cls: type[KerasObject], key: str, argument: Argument) -> None:
        """Adds a note on an integer of NumPy that Keras does not accept as this argument."""
        field = cls.model_fields.get(key)
        window = field is not None and any(isinstance(mark, PerAxis) for mark in all_marks(field_type(field)))
        if window or key in _PYTHON_INTEGERS or (cls.__name__, key) in _PYTHON_INTEGERS_OF:
            code = Unknown(argument.node).text
            message = f"{key} must be a Python int, got a NumPy integer: {code}"
            only_keras = _PYTHON_INTEGERS.get(key)
            self.result.note("bad-value", message, argument.node, f"write int({code})", only_keras=only_keras)

    def _finish_layer(self, cls: type[KerasObject], call: KerasCall, table: dict[str, object], path: Path) -> None:
        result = self.result
        if self.channels_first and "data_format" in argument_names(cls) and "data_format" not in table:
            table["data_format"] = "channels_first"
            result.values[*path, "data_format"] = call.node
        name = table.get("name")
        if name is not None and not (isinstance(name, str) and is_name(name)) and isinstance(name, (Unknown, str)):
            table.pop("name")
            result.unknown_values = [unknown for unknown in result.unknown_values if unknown.path != (*path, "name")]


def _opaque_reason(value: object, node: ast.AST) -> tuple[str, str]:
    """The kind of a note on something that is not a readable layer, and its text."""
    code = Unknown(node).text
    if isinstance(value, EarlierLayers):
        return "earlier-layers", "the layers before this one are not in this file"
    if isinstance(value, ModelValue):
        return "unknown-layer", "models are nested too deeply"
    if is_input(value):
        return "unknown-layer", "an input in the middle of the model"
    if isinstance(value, Either):
        return "unknown-condition", f"which layer this is depends on a condition: {code}"
    if isinstance(value, (Ref, Class)):
        name = value.name if isinstance(value, Ref) else value.node.name
        return "own-layer", f"{name} is a class, not a layer"
    if isinstance(value, SymbolicTensor):
        return "unknown-layer", f"{code} is not a layer, so shapes after it are not known"
    if isinstance(value, CustomValue) and value.kind == "model":
        return "functional", _FUNCTIONAL
    if isinstance(value, (CustomValue, Instance, FunctionValue, Method, KerasCall)):
        return "own-layer", f"{custom_name(value)} is not a Keras layer, so shapes after it are not known"
    if isinstance(value, (str, int, float, bool, type(None), tuple, List, Dict)):
        return "unknown-layer", f"{code} is not a layer"
    return "unknown-layer", f"the layer type is not known statically: {code}"


def is_theano_ordered(state: ModelState) -> bool:
    """Whether a Keras 1 program uses channels-first images, the Theano ordering.

    Keras 1 read the order from the user's configuration file, which is not part of the program.
    """
    entries = [entry.value for entry in state.layers[:2]]
    declared = next((value for value in entries[:1] if is_input(value)), None)
    first = next((value for value in entries if value is not declared), None)
    if not isinstance(first, KerasCall) or not first.ref.name.endswith("2D"):
        return False
    words = {
        argument.key
        for entry in state.layers
        if isinstance(entry.value, KerasCall)
        for argument in entry.value.arguments
    }
    shape = first.argument("input_shape") if declared is None else declared.argument("shape", 0)
    sizes = shape.value.items if shape is not None and isinstance(shape.value, List) else shape.value if shape else None
    if not isinstance(sizes, tuple) or len(sizes) != 3:
        return False
    if words.isdisjoint(legacy.KERAS_1_ARGUMENTS) and not any(_has_kernel_sizes(entry.value) for entry in state.layers):
        return False
    return sizes[0] in (1, 3) and sizes[2] not in (1, 3)


def _has_other_arguments(cls: type[KerasObject], call: KerasCall, keras_2: bool) -> bool:
    """Whether a call has arguments that a layer does not have: then it is not the one that was meant."""
    keys = {bound.key for bound in bind_layer(cls, call, keras_2)}
    return not keys <= {None, *SHAPES, *argument_names(cls)}


def _removed_layer_help(call: KerasCall) -> str | None:
    """How to write a layer that was removed, if it is `Merge`."""
    if call.ref.name != "Merge":
        return None
    mode = call.argument("mode", 1)
    layer = legacy.MERGES.get(str(mode.value) if mode is not None else "sum")
    return "build a functional model with " + (f"keras.layers.{layer}" if layer is not None else "a layer that merges")


def _application_arguments(arguments: Sequence[BoundArgument]) -> Iterator[BoundArgument]:
    """The arguments of a base model, whose input shape may come from its `input_tensor`."""
    has_shape = any(bound.argument.key == "input_shape" for bound in arguments)
    for bound in arguments:
        if bound.key == "input_tensor":
            shape = bound.value.argument("shape", 0) if is_input(bound.value) else None
            if shape is None or has_shape:
                continue
            bound = BoundArgument("input_shape", shape, shape.value)
        if bound.key == "input_shape" and isinstance(bound.value, (Unknown, Ref)):
            bound = bound._replace(value=_unknown_image_shape(bound.argument.node))
        if bound.key == "input_shape" or bound.key not in SHAPES:
            yield bound


def _unknown_image_shape(node: ast.AST) -> object:
    """The input shape of a base model whose sizes are not known."""
    return (*(Unknown(node, text=f"{Unknown(node).text}[{axis}]") for axis in (0, 1)), 3)


def _has_kernel_sizes(value: object) -> bool:
    """Whether a convolution has the size of its kernel as separate numbers: `Convolution2D(64, 3, 3)`."""
    if not isinstance(value, KerasCall) or not value.ref.name.startswith(("Convolution", "Conv")):
        return False
    sizes = [argument.value for argument in value.arguments if argument.key in (1, 2)]
    return len(sizes) == 2 and all(map(is_integer, sizes))


def has_weights(value: object) -> bool:
    if isinstance(value, ModelValue):
        return True
    cls = layer_declaration(value.ref.name)[0] if isinstance(value, KerasCall) else None
    return cls is not None and (cls.has.weights or cls.variables.hidden)


def _identifier(text: str) -> str:
    name = re.sub(r"\W+", "_", text).strip("_")[:40]
    return name if name and not name[0].isdigit() else f"own_{name}"


def _whole(size: object, node: ast.AST) -> object:
    if not isinstance(size, float):
        return size
    return int(size) if size.is_integer() else Unknown(node, choices=(max(int(size), 1), int(size) + 1))
