"""The shapes of symbolic tensors while a program is followed, for `x.shape[-1]` in conditions and arguments."""

from __future__ import annotations

import ast

from seqspec.core.api.catalog import InferenceContext, Outputs, read_layer
from seqspec.core.api.diagnostics import Violation
from seqspec.core.api.shapes import Graph, GraphCall, TensorSpec, dtypes, walk_graph
from seqspec.programs.graphs.functional_models import input_tensor, nested_graph
from seqspec.programs.graphs.tensor_shapes import inference, main_inputs
from seqspec.programs.keras_api.keras_names import is_input
from seqspec.programs.keras_api.operations import is_identity
from seqspec.programs.layers.input_reader import read_declared_input, read_input_layer
from seqspec.programs.layers.layer_reader import LayerReader
from seqspec.programs.layers.object_reader import contains_unknown
from seqspec.programs.layers.program_model import ProgramModel
from seqspec.programs.python.interpreter import Interpreter
from seqspec.programs.values.abstract_values import KerasCall, ModelValue, Unknown
from seqspec.programs.values.tensors import UNINFERRED, SymbolicTensor


def tensor_shape(interpreter: Interpreter, tensor: SymbolicTensor | KerasCall, node: ast.AST) -> object:
    """`tensor.shape`: a tuple with None for sizes that Keras does not know either; an `Unknown` where it is unknown."""
    spec = tensor_spec(interpreter, tensor)
    return spec.shape if isinstance(spec, TensorSpec) else Unknown(node)


def tensor_spec(interpreter: Interpreter, tensor: object) -> Outputs | None:
    """The shape and dtype of a tensor, as far as the layers before it are known now."""
    pending = [tensor]
    while pending:
        last = pending[-1]
        if not isinstance(last, SymbolicTensor) or last.spec is not UNINFERRED:
            pending.pop()
            continue
        waiting = [
            source for source in main_inputs(last) if isinstance(source, SymbolicTensor) and source.spec is UNINFERRED
        ]
        if waiting:
            pending += waiting
        else:
            last.spec = _infer(interpreter, last)
    return _known(interpreter, tensor)


def declared_input(interpreter: Interpreter, value: KerasCall | ModelValue) -> TensorSpec | None:
    """The input that a layer or model declares, `Input` among them; None where it is not known."""
    model = ProgramModel(None, value.node, interpreter.generation)
    if is_input(value):
        read_input_layer(model, value)
    else:
        read_declared_input(model, value)
    declared = model.tree["model"].get("input")
    return None if contains_unknown(declared) else input_tensor(declared)


def _known(interpreter: Interpreter, value: object) -> Outputs | None:
    if isinstance(value, SymbolicTensor):
        return value.spec if isinstance(value.spec, (TensorSpec, list)) else None
    return declared_input(interpreter, value) if isinstance(value, KerasCall) else None


def _infer(interpreter: Interpreter, tensor: SymbolicTensor) -> Outputs | None:
    inputs = [_known(interpreter, value) for value in main_inputs(tensor)]
    if is_identity(tensor):
        return inputs[0]
    operation = inference(tensor)
    layers = []
    if operation is None:
        if nested_graph(tensor.source) is not None or not isinstance(tensor.source, (KerasCall, ModelValue)):
            return None
        entry = _read_layer(interpreter, tensor.source, tensor.node)
        layers = [None if entry is None else read_layer(entry, [])]
    sources = tuple(-1 - at for at in range(len(inputs)))
    call = GraphCall(0 if layers else None, sources, tuple("" for _ in inputs), operation)
    specs = [spec if isinstance(spec, TensorSpec) else None for spec in inputs]
    if any(isinstance(spec, list) for spec in inputs):
        return operation(inputs[0]) if operation is not None and isinstance(inputs[0], list) else None
    violations: list[Violation] = []
    context = InferenceContext(dtypes.policy(interpreter.policy_name))
    return walk_graph(layers, Graph(specs, [call], [0]), context, (), violations).tensors[0]


def _read_layer(interpreter: Interpreter, value: KerasCall | ModelValue, node: ast.AST) -> object:
    """A layer as in a spec; None if it is not completely known."""
    model = ProgramModel(None, node, interpreter.generation)
    model.kind = "functional"
    reader = LayerReader(model, "tensorflow" not in interpreter.sources, interpreter.data_format == "channels_first")
    entry = reader.layer(value, value.node, ("model", "layers", 0))
    return None if model.opaque or model.omitted or contains_unknown(entry) else entry
