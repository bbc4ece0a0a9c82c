"""ONNX: a file, written by tf2onnx and run by ONNX Runtime."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

import numpy as np

from seqspec.training.data.samples import Array
from seqspec.training.export.base import Exportable, Options, Runtime, require
from seqspec.training.export.errors import ExportError

DEFAULT_OPSET = 17
_INPUT = "input"


def write(target: Path, exportable: Exportable, options: Options) -> None:
    """Converts the function and checks the graph with `onnx.checker`."""
    onnx = require("onnx", "onnx", "the ONNX format")
    tf2onnx: Any = require("tf2onnx", "tf2onnx", "the ONNX format")
    logging.getLogger("tf2onnx").setLevel(logging.CRITICAL)
    try:
        proto, _ = tf2onnx.convert.from_function(
            exportable.function,
            [exportable.signature],
            opset=options.opset_version or DEFAULT_OPSET,
            custom_op_handlers={"Erfc": (_erfc, [])},
        )
    except Exception as error:
        # Tf2onnx and ONNX Runtime raise errors of many kinds.
        raise ExportError(f"tf2onnx cannot convert the model: {_first_line(error)}")
    unknown = _unknown_operations(onnx, proto)
    if unknown:
        raise ExportError(f"ONNX has no operation {', '.join(unknown)}", unknown)
    target.write_bytes(proto.SerializeToString())


def load(target: Path, exportable: Exportable) -> Runtime:
    """Opens the file on the CPU."""
    runtime: Any = require("onnxruntime", "onnxruntime", "running the ONNX file")
    options = runtime.SessionOptions()
    options.log_severity_level = 4
    try:
        session = runtime.InferenceSession(str(target), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        # Tf2onnx and ONNX Runtime raise errors of many kinds.
        raise ExportError(f"ONNX Runtime cannot load the file: {_first_line(error)}")
    name = session.get_inputs()[0].name

    def run(x: Array) -> Array:
        values = x.astype(object) if x.dtype.kind in "OSU" else x
        try:
            return np.asarray(session.run(None, {name: values})[0])
        except Exception as error:
            # Tf2onnx and ONNX Runtime raise errors of many kinds.
            raise ExportError(f"ONNX Runtime cannot run the file: {_first_line(error)}")

    return Runtime(f"onnxruntime {runtime.__version__}", run)


def _erfc(ctx: Any, node: Any, name: str, args: Any) -> Any:
    """TensorFlow's `Erfc`, the exact gelu, as 1 - Erf."""
    dtype = ctx.get_dtype(node.output[0])
    shape = ctx.get_shape(node.output[0])
    numpy_type = np.float32 if dtype != 11 else np.float64
    one = ctx.make_const(f"{name}_one", np.array(1, numpy_type))
    erf = ctx.make_node("Erf", [node.input[0]], dtypes=[dtype], shapes=[shape])
    outputs = node.output
    ctx.remove_node(node.name)
    return ctx.make_node("Sub", [one.output[0], erf.output[0]], outputs=outputs, dtypes=[dtype], shapes=[shape])


def _unknown_operations(onnx: Any, proto: Any) -> list[str]:
    """The operations of a graph that ONNX does not declare, those of loops and branches included."""
    version = next(each.version for each in proto.opset_import if each.domain in ("", "ai.onnx"))
    found: dict[str, None] = {}

    def visit(graph: Any) -> None:
        for node in graph.node:
            if node.domain in ("", "ai.onnx") and not onnx.defs.has(node.op_type, version, ""):
                found[node.op_type] = None
            for attribute in node.attribute:
                if attribute.HasField("g"):
                    visit(attribute.g)

    visit(proto.graph)
    return list(found)


def _first_line(error: Exception) -> str:
    text = re.sub(r"\s+", " ", str(error)).strip()
    return text[:300] or type(error).__name__
