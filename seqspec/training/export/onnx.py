"""ONNX: a file, written by tf2onnx and run by ONNX Runtime."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from seqspec.training.data.encoding.encoder import Encoder
from seqspec.training.data.samples import Array
from seqspec.training.errors import ExportError
from seqspec.training.export.base import OUTPUT, Exportable, ExportRuntime, Options, require, require_stateless
from seqspec.training.serving.onnx_model import with_encoding

if TYPE_CHECKING:
    import onnx as onnx_types
    from onnxruntime import InferenceSession  # type: ignore[import-untyped]  # has no types
    from tf2onnx.graph import Graph, Node  # type: ignore[import-untyped]  # has no types

DEFAULT_OPSET = 17
_DOUBLE = 11
"""float64 in ONNX."""


def write(target: Path, exportable: Exportable, options: Options) -> None:
    """Converts the function and checks the graph with `onnx.checker`."""
    onnx = require("onnx", "onnx", "the ONNX format")
    tf2onnx = require("tf2onnx", "tf2onnx", "the ONNX format")
    # Tf2onnx leaves the assignment out, without an error.
    require_stateless(exportable, "ONNX")
    logging.getLogger("tf2onnx").setLevel(logging.CRITICAL)
    try:
        proto, _ = tf2onnx.convert.from_function(
            exportable.function,
            [exportable.signature],
            opset=options.opset_version or DEFAULT_OPSET,
            custom_op_handlers={"Erfc": (_erfc, []), "Expm1": (_expm1, [])},
        )
    except Exception as error:
        # Tf2onnx raises errors of many kinds.
        raise ExportError(f"tf2onnx cannot convert the model: {_first_line(error)}")
    unknown = _unknown_operations(onnx, proto)
    if unknown:
        raise ExportError(f"ONNX has no operation {', '.join(unknown)}", unknown)
    _name_output(proto.graph)
    onnx.helper.set_model_props(proto, dict(options.metadata))
    target.write_bytes(proto.SerializeToString())


def _name_output(graph: onnx_types.GraphProto) -> None:
    """Names the only output, which tf2onnx calls as the operation that computes it, such as `Identity:0`."""
    before = graph.output[0].name
    for node in graph.node:
        for names in (node.input, node.output):
            for index, name in enumerate(names):
                if name == before:
                    names[index] = OUTPUT
    graph.output[0].name = OUTPUT


def load(target: Path, exportable: Exportable) -> ExportRuntime:
    """Opens the file on the CPU."""
    session, runtime = open_session(target)
    name = session.get_inputs()[0].name
    return ExportRuntime(
        runtime, lambda x: run_session(session, {name: x.astype(object) if x.dtype.kind in "OSU" else x})
    )


def write_columns(target: Path, exportable: Exportable, encoder: Encoder, options: Options) -> None:
    """Writes a model with an input per column; raises `ExportError` for texts."""
    package = require("onnx", "onnx", "the ONNX format")
    with TemporaryDirectory() as folder:
        core = Path(folder) / "core.onnx"
        write(core, exportable, options)
        model = with_encoding(package.load(core), encoder, exportable.batch_size)
    target.write_bytes(model.SerializeToString())


def load_columns(target: Path) -> tuple[str, Callable[[Mapping[str, Array]], Array]]:
    """The runtime with its version, and the file as a function of columns."""
    session, name = open_session(target)
    return name, lambda columns: run_session(session, columns)


def open_session(target: Path) -> tuple[InferenceSession, str]:
    """The file opened by ONNX Runtime, and the runtime with its version; raises `ExportError`."""
    runtime = require("onnxruntime", "onnxruntime", "running the ONNX file")
    options = runtime.SessionOptions()
    options.log_severity_level = 4
    try:
        session = runtime.InferenceSession(str(target), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        # ONNX Runtime raises errors of many kinds.
        raise ExportError(f"ONNX Runtime cannot load the file: {_first_line(error)}")
    return session, f"onnxruntime {runtime.__version__}"


def run_session(session: InferenceSession, inputs: Mapping[str, Array]) -> Array:
    """The first output; raises `ExportError`."""
    try:
        return np.asarray(session.run(None, dict(inputs))[0])
    except Exception as error:
        # ONNX Runtime raises errors of many kinds.
        raise ExportError(f"ONNX Runtime cannot run the file: {_first_line(error)}")


def _erfc(ctx: Graph, node: Node, name: str, args: object) -> Node:
    """TensorFlow's `Erfc`, the exact gelu, as 1 - Erf."""
    erf = ctx.make_node("Erf", [node.input[0]], **_type_of(ctx, node))
    return _replaced(ctx, node, [_one(ctx, node, name), erf.output[0]])


def _expm1(ctx: Graph, node: Node, name: str, args: object) -> Node:
    """TensorFlow's `Expm1`, of celu, as Exp - 1."""
    exp = ctx.make_node("Exp", [node.input[0]], **_type_of(ctx, node))
    return _replaced(ctx, node, [exp.output[0], _one(ctx, node, name)])


def _type_of(ctx: Graph, node: Node) -> dict[str, list[object]]:
    return {"dtypes": [ctx.get_dtype(node.output[0])], "shapes": [ctx.get_shape(node.output[0])]}


def _one(ctx: Graph, node: Node, name: str) -> str:
    dtype = np.float64 if ctx.get_dtype(node.output[0]) == _DOUBLE else np.float32
    return str(ctx.make_const(f"{name}_one", np.array(1, dtype)).output[0])


def _replaced(ctx: Graph, node: Node, inputs: list[str]) -> Node:
    """Replaces a node by the difference of two tensors."""
    types, outputs = _type_of(ctx, node), node.output
    ctx.remove_node(node.name)
    return ctx.make_node("Sub", inputs, outputs=outputs, **types)


def _unknown_operations(onnx: ModuleType, proto: onnx_types.ModelProto) -> list[str]:
    """The operations of a graph that ONNX does not define, including those in loops and branches."""
    version = next(opset.version for opset in proto.opset_import if opset.domain in ("", "ai.onnx"))
    unknown: dict[str, None] = {}

    def visit(graph: onnx_types.GraphProto) -> None:
        for node in graph.node:
            if node.domain in ("", "ai.onnx") and not onnx.defs.has(node.op_type, version, ""):
                unknown[node.op_type] = None
            for attribute in node.attribute:
                if attribute.HasField("g"):
                    visit(attribute.g)

    visit(proto.graph)
    return list(unknown)


def _first_line(error: Exception) -> str:
    text = re.sub(r"\s+", " ", str(error)).strip()
    return text[:300] or type(error).__name__
