"""An ONNX model from raw columns: the encoding as a graph of `ai.onnx.ml` and plain operators, before the model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from seqspec.training.data.encoding.encoder import Encoder
from seqspec.training.data.samples import Array
from seqspec.training.errors import ExportError
from seqspec.training.serving.encoding_graph import Operand, Operations, encoded
from seqspec.training.serving.raw_inputs import raw_inputs

if TYPE_CHECKING:
    from onnx import ModelProto

_LOOKUPS = "ai.onnx.ml"
_LOOKUPS_VERSION = 2
_CORE = "model/"
"""The beginning of the names of the model; those of columns have no "/"."""
_OWN = "encoding/"
_VECTOR = f"{_OWN}vector"


def with_encoding(core: ModelProto, encoder: Encoder, batch_size: int | None = None) -> ModelProto:
    """A model with an input per column, and the outputs of `core`, a model of encoded vectors.

    Raises:
        ExportError: There are columns of text, for which ONNX has no operators.
    """
    import onnx
    from onnx import TensorProto, helper

    types = {
        "float32": TensorProto.FLOAT,
        "string": TensorProto.STRING,
        "int64": TensorProto.INT64,
        "int32": TensorProto.INT32,
    }
    batch = "batch" if batch_size is None else batch_size
    inputs = raw_inputs(encoder)
    ops = _OnnxOperations()
    vector = encoded(ops, encoder, {(raw_input.column, raw_input.part): raw_input.name for raw_input in inputs})
    ops.add("Identity", [vector], name=_VECTOR)
    graph = helper.make_graph(
        ops.nodes,
        "encoding",
        [
            helper.make_tensor_value_info(raw_input.name, types[raw_input.dtype], [batch, raw_input.width])
            for raw_input in inputs
        ],
        [helper.make_tensor_value_info(_VECTOR, TensorProto.FLOAT, [batch, encoder.width])],
        ops.constants,
    )
    versions = {opset.domain or "ai.onnx": opset.version for opset in core.opset_import}
    opsets = {"": versions["ai.onnx"], _LOOKUPS: versions.get(_LOOKUPS, _LOOKUPS_VERSION)}
    imports = [helper.make_opsetid(domain, version) for domain, version in opsets.items()]
    encoding = helper.make_model(graph, opset_imports=imports, ir_version=core.ir_version)
    joined = (_VECTOR, f"{_CORE}{core.graph.input[0].name}")
    # The output keeps its name, by which callers ask for it, unless it is that of a column.
    is_column = core.graph.output[0].name in {raw_input.name for raw_input in inputs}
    prefixed = onnx.compose.add_prefix(core, _CORE, rename_outputs=is_column)
    merged = onnx.compose.merge_models(encoding, prefixed, io_map=[joined])
    onnx.checker.check_model(merged)
    return merged


class _OnnxOperations(Operations[str]):
    """Nodes and constants of a graph; tensors are names."""

    def __init__(self) -> None:
        from onnx import NodeProto, TensorProto

        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []

    def add(self, operator: str, inputs: Sequence[str], *, name: str = "", domain: str = "", **attributes: Any) -> str:
        """A node; returns the name of its output."""
        from onnx import helper

        name = name or f"{_OWN}{operator}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [name], name=name, domain=domain, **attributes))
        return name

    def constant(self, value: Array | np.generic) -> str:
        """The name of a constant."""
        from onnx import numpy_helper

        name = f"{_OWN}constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def apply(self, name: str, *operands: Operand[str]) -> str:
        names = [operand if isinstance(operand, str) else self.constant(operand) for operand in operands]
        if name == "log1p":
            return self._log1p(names[0])
        return self.add(_OPERATORS[name], names)

    def _log1p(self, x: str) -> str:
        from onnx import TensorProto

        # ONNX has no log(1 + x) that is exact for small values.
        double = self.add("Cast", [x], to=TensorProto.DOUBLE)
        return self.to_float(self.add("Log", [self.add("Add", [double, self.constant(np.float64(1))])]))

    def to_float(self, x: str) -> str:
        from onnx import TensorProto

        return self.add("Cast", [x], to=TensorProto.FLOAT)

    def to_int(self, x: str) -> str:
        from onnx import TensorProto

        return self.add("Cast", [x], to=TensorProto.INT32)

    def concatenate(self, parts: Sequence[str]) -> str:
        return self.add("Concat", parts, axis=-1)

    def take(self, x: str, places: Sequence[int]) -> str:
        return self.add("Gather", [x, self.constant(np.array(places, np.int64))], axis=-1)

    def expand(self, x: str) -> str:
        return self.add("Unsqueeze", [x, self.constant(np.array([-1], np.int64))])

    def sum(self, x: str) -> str:
        return self.add("ReduceSum", [x, self.constant(np.array([-1], np.int64))], keepdims=0)

    def zeros_like(self, x: str) -> str:
        return self.add("ConstantOfShape", [self.add("Shape", [x])])

    def lookup(self, x: str, values: Sequence[str] | Sequence[int]) -> str:
        keys: dict[str, Any] = {"keys_strings" if isinstance(values[0], str) else "keys_int64s": list(values)}
        codes = list(range(1, 1 + len(values)))
        code = self.add("LabelEncoder", [x], domain=_LOOKUPS, values_int64s=codes, default_int64=0, **keys)
        return self.to_float(self.add("Equal", [code, self.constant(np.array([0, *codes], np.int64))]))

    def words(self, x: str, words: Sequence[str]) -> str:
        raise ExportError(f"ONNX has no operation that splits the text {x} into words")


_OPERATORS = {
    "abs": "Abs", "add": "Add", "cos": "Cos", "divide": "Div", "equal": "Equal", "floor_divide": "Div",
    "greater_equal": "GreaterOrEqual", "is_nan": "IsNaN", "less": "Less", "logical_or": "Or", "maximum": "Max",
    "minimum": "Min", "mod": "Mod", "multiply": "Mul", "sign": "Sign", "sin": "Sin", "subtract": "Sub",
    "where": "Where",
}  # fmt: skip
"""Integers are divided toward zero, which is the floor, since none of them is negative."""
