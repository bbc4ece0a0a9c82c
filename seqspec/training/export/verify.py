"""The outputs of an exported file compared with those of the model."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from seqspec.core.document.outputs import INT8
from seqspec.training.data.samples import Array
from seqspec.training.export.base import Exportable, Runtime, batches
from seqspec.training.export.errors import ExportError

TOLERANCES = {"none": 1e-4, "float16": 5e-3, "dynamic": 0.1, "int8": 0.1, "full_int8": 0.1}
"""The accepted difference by `optimize`, in parts of the largest output; see `Comparison.error`."""

BATCH = 32
_TIMED_SECONDS = 0.3
_TIMED_RUNS = 50


@dataclass(frozen=True)
class Comparison:
    """How far the outputs of a file are from those of the model.

    Attributes:
        samples: The number of samples compared.
        difference: The largest absolute difference.
        relative: `difference` in parts of the largest output (at least 1e-6).
        spread: The root mean square of the differences in parts of that of the outputs.
        same_class: The fraction of samples with the same class; None if the outputs are not one vector per sample.
    """

    samples: int
    difference: float
    relative: float
    spread: float
    same_class: float | None

    def error(self, optimize: str) -> float:
        """The error that is compared with the tolerance: `spread` for quantized weights, otherwise `relative`."""
        return self.spread if optimize in ("dynamic", *INT8) else self.relative


def compare(expected: Array, found: Array) -> Comparison:
    """Compares outputs (samples, ...); raises `ExportError` for other shapes."""
    if expected.shape != found.shape:
        raise ExportError(f"the exported file outputs the shape {found.shape}, the model {expected.shape}")
    if expected.dtype.kind in "OSU":
        wrong = expected.astype(str) != found.astype(str)
        share = float(wrong.mean()) if wrong.size else 0.0
        return Comparison(len(expected), share, share, share, None)
    left, right = expected.astype(np.float64), found.astype(np.float64)
    equal = (left == right) | (np.isnan(left) & np.isnan(right))
    gap = np.where(equal, 0.0, np.abs(left - right))
    gap = np.where(np.isfinite(gap), gap, np.inf)
    finite = np.abs(left[np.isfinite(left)])
    scale = max(float(finite.max(initial=0.0)), 1e-6)
    power = max(float(np.sqrt((finite**2).mean())) if finite.size else 0.0, 1e-6)
    difference = float(gap.max(initial=0.0))
    spread = float(np.sqrt((gap**2).mean())) / power if gap.size else 0.0
    return Comparison(len(left), difference, difference / scale, spread, _same_class(left, right))


def _same_class(left: Array, right: Array) -> float | None:
    if left.ndim != 2 or left.shape[1] < 2 or not len(left):
        return None
    return float((left.argmax(axis=1) == right.argmax(axis=1)).mean())


def outputs_of(runtime: Runtime, x: Array, batch_size: int | None) -> Array:
    """The outputs of a file, computed in batches of its fixed batch size; otherwise of one sample, then of up to 32."""
    if batch_size is not None:
        return np.concatenate([runtime.run(part)[:count] for part, count in batches(x, batch_size)])
    # A converter that has read the batch size from somewhere writes a file that works for one size alone.
    starts = [0, *range(1, len(x), BATCH)]
    return np.concatenate([runtime.run(x[start:end]) for start, end in zip(starts, [*starts[1:], len(x)])])


def predict(exportable: Exportable, x: Array) -> Array:
    """The outputs of the inference model, computed in the same batches."""
    function: Callable[[Array], object] = exportable.function
    return outputs_of(Runtime("keras", lambda part: np.asarray(function(part))), x, exportable.batch_size)


def latency(runtime: Runtime, x: Array, batch_size: int | None) -> float:
    """The median time of one sample in microseconds, in batches of one or of the fixed size, after one warm-up run."""
    part, _ = next(batches(x, batch_size or 1))
    runtime.run(part)
    times: list[float] = []
    end = time.perf_counter() + _TIMED_SECONDS
    while len(times) < _TIMED_RUNS and (not times or time.perf_counter() < end):
        begin = time.perf_counter()
        runtime.run(part)
        times.append(time.perf_counter() - begin)
    return float(np.median(times)) / len(part) * 1e6
