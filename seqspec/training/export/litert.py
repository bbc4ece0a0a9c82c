"""LiteRT (TensorFlow Lite): a .tflite file, converted by TensorFlow and run by LiteRT's interpreter."""

from __future__ import annotations

import json
import re
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from seqspec.core.api.spec import INT8
from seqspec.training.data.samples import Array
from seqspec.training.errors import ExportError
from seqspec.training.export import tf_saved_model
from seqspec.training.export.base import METADATA, Exportable, ExportRuntime, Options, require

_OPERATIONS = re.compile(r"^\s*(?:Flex|tf\.)(\w+)|error: loc\(.*?fused\[\"(\w+):", re.MULTILINE)


def write(target: Path, exportable: Exportable, options: Options) -> None:
    """Converts a SavedModel of the model, with LiteRT's own operations alone."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model"
        tf_saved_model.write(path, exportable, options)
        converter = tf.lite.TFLiteConverter.from_saved_model(str(path))
        # TensorFlow's operations would need the Flex delegate, which interpreters on devices do not have.
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
        converter.experimental_enable_resource_variables = True
        _optimize(converter, exportable, options)
        try:
            content = converter.convert()
        except Exception as error:
            # The converter raises errors of many kinds.
            text = str(error)
            operations = list(dict.fromkeys(first or second for first, second in _OPERATIONS.findall(text)))
            if operations:
                raise ExportError(f"LiteRT has no operation {', '.join(operations)}", operations)
            raise ExportError(f"LiteRT cannot convert the model: {' '.join(text.split())[:300]}")
    target.write_bytes(content)
    # A zip archive at the end is where TensorFlow Lite has labels; interpreters do not read it.
    with zipfile.ZipFile(target, "a") as archive:
        archive.writestr(zipfile.ZipInfo(METADATA), json.dumps(dict(options.metadata)))


def _optimize(converter: tf.lite.TFLiteConverter, exportable: Exportable, options: Options) -> None:
    kind = options.optimize
    if kind == "none":
        return
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if kind == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if kind not in INT8:
        return
    samples = options.representative
    if samples is None or not len(samples):
        raise ExportError(f'optimize = "{kind}" needs representative samples')
    size = exportable.batch_size or 1

    def representative() -> Iterator[list[Array]]:
        for start in range(0, len(samples) - size + 1, size):
            yield [samples[start : start + size]]

    converter.representative_dataset = representative
    if kind == "full_int8":
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = tf.int8
        converter.inference_output_type = tf.int8


def load(target: Path, exportable: Exportable) -> ExportRuntime:
    """Opens the file in the interpreter of ai-edge-litert."""
    package = require("ai_edge_litert.interpreter", "ai-edge-litert", "running the LiteRT file")
    try:
        interpreter = package.Interpreter(model_path=str(target))
        entry, result = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
        known: tuple[int, ...] | None = tuple(entry["shape"])
        if (entry["shape_signature"][1:] < 0).any():
            # LiteRT would prepare it for unknown sizes of 1, for which a convolution can be too large.
            known = None
        else:
            interpreter.allocate_tensors()
    except Exception as error:
        # The interpreter raises errors of many kinds.
        raise ExportError(f"LiteRT cannot load the file: {' '.join(str(error).split())[:300]}")
    shape = [known]

    def run(x: Array) -> Array:
        try:
            if shape[0] != x.shape:
                interpreter.resize_tensor_input(entry["index"], x.shape)
                interpreter.allocate_tensors()
                shape[0] = x.shape
            interpreter.set_tensor(entry["index"], _quantized(x, entry))
            interpreter.invoke()
        except (RuntimeError, ValueError) as error:
            raise ExportError(f"LiteRT cannot run the file: {' '.join(str(error).split())[:300]}")
        return _restored(np.array(interpreter.get_tensor(result["index"])), result)

    return ExportRuntime(f"ai-edge-litert {_version()}", run)


def _quantized(x: Array, detail: Mapping[str, Any]) -> Array:
    wanted = np.dtype(detail["dtype"])
    scale, zero = detail["quantization"]
    if wanted != np.int8 or not scale or x.dtype == np.int8:
        return x
    limits = np.iinfo(wanted)
    return np.asarray(np.clip(np.round(x / scale) + zero, limits.min, limits.max), wanted)


def _restored(y: Array, detail: Mapping[str, Any]) -> Array:
    scale, zero = detail["quantization"]
    if y.dtype != np.int8 or not scale:
        return y
    return np.asarray((y.astype(np.float32) - zero) * np.float32(scale), np.float32)


def _version() -> str:
    from importlib.metadata import version

    return version("ai-edge-litert")
