"""OpenVINO: an .xml file with the graph and a .bin file with the weights, run on the CPU by OpenVINO."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import numpy as np

from seqspec.training.data.samples import Array
from seqspec.training.errors import ExportError
from seqspec.training.export import tf_saved_model
from seqspec.training.export.base import Exportable, ExportRuntime, Options, require, require_stateless

_OPERATIONS = re.compile(
    r"(?:No translator found for|No conversion rule found for operations?:?|Conversion is failed for:) ?"
    r"([\w, ]+?)(?: node|\n|\.|$)"
)


def write(target: Path, exportable: Exportable, options: Options) -> None:
    """Converts a SavedModel of the model; weights stay float32."""
    ov = require("openvino", "openvino", "the OpenVINO format")
    # OpenVINO leaves the assignment out, without an error.
    require_stateless(exportable, "OpenVINO")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model"
        tf_saved_model.write(path, exportable, options)
        try:
            # `openvino.convert_model` sends telemetry over the network; this does not, and is faster.
            converted = ov.Core().read_model(str(path))
        except Exception as error:
            # OpenVINO raises errors of many kinds.
            operations = list(
                dict.fromkeys(
                    name for names in _OPERATIONS.findall(str(error)) for name in re.split(r"[, ]+", names) if name
                )
            )
            reason = f"OpenVINO has no operation {', '.join(operations)}" if operations else _reason(error)
            raise ExportError(reason, operations)
        for key, value in options.metadata.items():
            converted.set_rt_info(value, ["model_info", key])
        ov.save_model(converted, str(target), compress_to_fp16=False)


def load(target: Path, exportable: Exportable) -> ExportRuntime:
    """Compiles the model for the CPU, in float32."""
    ov = require("openvino", "openvino", "running the OpenVINO file")
    core = ov.Core()
    try:
        compiled = core.compile_model(str(target), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    except Exception as error:
        # OpenVINO raises errors of many kinds.
        raise ExportError(f"OpenVINO cannot load the file: {_reason(error)}")

    def run(x: Array) -> Array:
        try:
            return np.array(compiled([x])[compiled.outputs[0]])
        except Exception as error:
            # OpenVINO raises errors of many kinds.
            raise ExportError(f"OpenVINO cannot run the file: {_reason(error)}")

    return ExportRuntime(f"openvino {ov.__version__.split('-')[0]}", run)


def _reason(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"OpenVINO cannot convert the model: {' '.join(lines)[:300]}"
