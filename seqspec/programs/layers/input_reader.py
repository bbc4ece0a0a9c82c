"""The input of a model: what `Input`, the first layer or the data declares."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from seqspec.core.api.catalog import APPLICATIONS
from seqspec.core.api.diagnostics import Path
from seqspec.core.api.syntax import Tree
from seqspec.programs.keras_api.keras_names import is_input
from seqspec.programs.layers.fit_data import is_shape_attribute, is_whole_shape
from seqspec.programs.layers.program_model import ProgramModel
from seqspec.programs.values.abstract_values import (
    MAX_NESTED_MODELS,
    Argument,
    Array,
    InputPipeline,
    Invocation,
    KerasCall,
    List,
    ModelValue,
    NumpyInteger,
    Unknown,
    element_nodes,
    is_integer,
)
from seqspec.programs.values.array_values import dtype_name
from seqspec.programs.values.generation import KerasGeneration

_SEQUENCES = frozenset(
    "LSTM GRU SimpleRNN RNN CuDNNLSTM CuDNNGRU Conv1D Convolution1D Bidirectional TimeDistributed "
    "TimeDistributedDense".split()
)

_RECURRENT = ("GRU", "LSTM", "SimpleRNN")


def read_input_layer(model: ProgramModel, layer: KerasCall, number: int = 0) -> None:
    """Sets the input that a call of `Input` or an `InputLayer` is; `number` counts those of a graph."""
    batch = layer.argument("batch_shape", "batch_input_shape")
    shape = batch or layer.argument("shape", "input_shape", 0)
    if shape is None:
        return
    value = shape.value
    if is_integer(value) and layer.ref.name == "InputLayer" and model.generation < KerasGeneration.KERAS_3:
        shape = Argument(shape.key, (value,), shape.node, shape.keyword)
    size, dtype = layer.argument("batch_size"), layer.argument("dtype")
    set_input(model, shape, has_batch=batch is not None, batch_size=size, dtype=dtype, number=number)


def read_declared_input(model: ProgramModel, value: object, has_data: bool = False, depth: int = 0) -> None:
    """Sets the input that the first layer declares; the data can take precedence in Keras 3."""
    if isinstance(value, ModelValue) and depth < MAX_NESTED_MODELS:
        first = value.states[0].layers[:1] if value.states else ()
        if first and is_input(first[0].value):
            read_input_layer(model, first[0].value)
        elif first:
            read_declared_input(model, first[0].value, has_data, depth + 1)
        return
    if not isinstance(value, KerasCall) or value.ref.name in APPLICATIONS:
        return
    batch = value.argument("batch_input_shape", "batch_shape")
    shape = batch or value.argument("input_shape")
    dims, length = value.argument("input_dim"), value.argument("input_length")
    if dims is not None and value.ref.name in _RECURRENT and model.generation < KerasGeneration.KERAS_3:
        # Keras 1 and 2 ignore its input_shape then.
        shape = batch
    if shape is not None:
        set_input(model, shape, has_batch=batch is not None, batch_size=value.argument("batch_size"))
    elif value.ref.name == "Embedding":
        _read_embedding(model, value, length, has_data)
    elif dims is not None:
        is_sequence = value.ref.name in _SEQUENCES or length is not None
        given = [length, dims] if is_sequence else [dims]
        places = [dims.node if dim is None else dim.node for dim in given]
        set_input(model, dims, sizes=tuple(dim and dim.value for dim in given), places=places)
    elif value.ref.name == "Bidirectional" and (inner := value.argument("layer", 0)) is not None:
        read_declared_input(model, inner.value, has_data, depth + 1)


def _read_embedding(model: ProgramModel, layer: KerasCall, length: Argument | None, has_data: bool) -> None:
    # In Keras 3 its arguments do not build the model.
    model.unspecified.add("model_batch_size")
    newest = model.generation == KerasGeneration.KERAS_3
    if newest and has_data:
        return
    if length is not None:
        set_input(model, length, sizes=length.value if isinstance(length.value, (List, tuple)) else (length.value,))
        return
    # Keras 2 accepts sequences of any length, and Keras 3 those of the data.
    model.unspecified |= {"length"} if newest else set()
    set_input(model, Argument("input_shape", None, layer.node.func), sizes=(None,))


def declaring_samples(fit: Invocation | None) -> Array | None:
    """The samples of a call of `fit`, if they determine the input of a model that declares none."""
    samples = None if fit is None else fit.value("x", 0)
    value = samples.items[0] if isinstance(samples, InputPipeline) and samples.batches == 1 else samples
    if not isinstance(value, Array) or value.shape is None:
        return None
    return value if len(value.shape) > 1 or (value.dtype == "string" and value.shape) else None


def read_data_input(model: ProgramModel, fit: Invocation | None) -> None:
    """Sets the input to the shape of the samples of `fit`, with their dtype if it is not that of numbers."""
    argument, samples = None if fit is None else fit.argument("x", 0), declaring_samples(fit)
    if argument is not None and samples is not None and samples.shape is not None:
        dtype = Argument("dtype", "string", argument.node) if len(samples.shape) == 1 else None
        set_input(model, argument, sizes=samples.shape[1:], dtype=dtype)


def set_input(
    model: ProgramModel,
    shape: Argument,
    *,
    sizes: object = None,
    has_batch: bool = False,
    batch_size: Argument | None = None,
    dtype: Argument | None = None,
    places: Sequence[ast.AST] | None = None,
    number: int = 0,
) -> None:
    """Sets an input of a model.

    Args:
        model: The model.
        shape: The argument that declares it.
        sizes: The shape, if the argument is another value.
        has_batch: Whether the shape begins with the batch size.
        batch_size: An argument with the batch size.
        dtype: An argument with the dtype.
        places: The expressions of the sizes, if they are not items of the argument.
        number: The index among the inputs of a graph.
    """
    path: Path = ("model", "input") if not number else ("inputs", number - 1)
    value = shape.value if sizes is None else sizes
    value = (value,) if is_integer(value) and model.generation < KerasGeneration.KERAS_3 else value
    items = list(value.items if isinstance(value, List) else value) if isinstance(value, (List, tuple)) else None
    kind = None if dtype is None else dtype_name(dtype.value)
    size = None if batch_size is None else batch_size.value
    is_table = is_integer(size) or isinstance(kind, str)
    if items is not None and has_batch:
        if not items:
            return
        size, *items = items
        is_table = is_table or is_integer(size)
    if size is not None and not is_integer(size):
        model.unspecified.add("model_batch_size")
    if isinstance(value, (Unknown, Array)) or (items is None and not isinstance(value, (int, float, str))):
        # Nothing is known, not even the rank.
        model.input_known = False
        model.whole_shape = shape if not has_batch and is_whole_shape(value) else None
        return
    model.place(path, shape)
    shape_path: Path = (*path, "shape") if is_table else path
    model.values[shape_path] = shape.node
    read = value
    if items is not None:
        if not has_batch and items and isinstance(items[0], Unknown) and is_shape_attribute(shape.node):
            model.whole_shape = shape
        nodes = places or element_nodes(shape.node, len(items) + has_batch)[has_batch:]
        model.values.update({(*shape_path, index): node for index, node in enumerate(nodes)})
        read = [_size(model, item, (*shape_path, index)) for index, item in enumerate(items)]
    table: Tree = {"shape": read}
    if is_integer(size):
        table["batch_size"] = size
    if isinstance(kind, str) and kind != "float32" and dtype is not None:
        table["dtype"] = kind
        model.place((*path, "dtype"), dtype)
    holder, key = (model.tree["inputs"], number - 1) if number else (model.tree["model"], "input")
    holder[key] = table if is_table else read


def _size(model: ProgramModel, value: object, path: Path) -> object:
    if value is None:
        return "?"
    if isinstance(value, NumpyInteger):
        return int(value)
    if isinstance(value, (int, float, str)):
        return value
    unknown = value if isinstance(value, Unknown) else Unknown(model.values.get(path))
    model.add_unknown(path, unknown)
    return unknown


def fixes_input(value: object) -> bool:
    """Whether a base model determines its input shape."""
    if not isinstance(value, KerasCall) or value.ref.name not in APPLICATIONS:
        return False
    return value.argument("input_shape", "input_tensor") is not None
