"""The outputs of an exported file compared with those of the model, on samples of the data or random ones."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqspec.core.api.check import Check, Facts
from seqspec.core.api.data import Representative
from seqspec.core.api.spec import INT8
from seqspec.training.data.labels import LabelEncoding, class_indices
from seqspec.training.data.prepared import SampleSet
from seqspec.training.data.samples import Array
from seqspec.training.errors import ExportError
from seqspec.training.export.base import Exportable, ExportRuntime, batches

TOLERANCES = {"none": 1e-4, "float16": 5e-3, "dynamic": 0.1, "int8": 0.1, "full_int8": 0.1}
"""The accepted difference by `optimize`, in parts of the largest output; see `OutputComparison.error`."""

BATCH = 32
_TIMED_SECONDS = 0.3
_TIMED_RUNS = 50


@dataclass(frozen=True)
class OutputComparison:
    """How far the outputs of a file are from those of the model.

    Attributes:
        samples: The number of samples compared.
        difference: The largest absolute difference.
        relative: `difference` in parts of the largest output (at least 1e-6).
        spread: The root mean square of the differences in parts of that of the outputs.
        same_class: The fraction of samples with the same class; None if the outputs are not a vector of classes.
        of_value: The largest difference in parts of the value of the model, at least of 1.
    """

    samples: int
    difference: float
    relative: float
    spread: float
    same_class: float | None
    of_value: float

    def error(self, optimize: str) -> float:
        """The error that is compared with the tolerance: `spread` for quantized weights, otherwise `relative`."""
        return self.spread if optimize in ("dynamic", *INT8) else self.relative


def compare(expected: Array, actual: Array, has_classes: bool = True) -> OutputComparison:
    """Compares outputs (samples, ...), also by class if they have classes; raises `ExportError` for other shapes."""
    if expected.shape != actual.shape:
        raise ExportError(f"the exported file outputs the shape {actual.shape}, the model {expected.shape}")
    if expected.dtype.kind in "OSU":
        wrong = expected.astype(str) != actual.astype(str)
        share = float(wrong.mean()) if wrong.size else 0.0
        return OutputComparison(len(expected), share, share, share, None, share)
    left, right = expected.astype(np.float64), actual.astype(np.float64)
    equal = (left == right) | (np.isnan(left) & np.isnan(right))
    gap = np.where(equal, 0.0, np.abs(left - right))
    gap = np.where(np.isfinite(gap), gap, np.inf)
    finite = np.abs(left[np.isfinite(left)])
    scale = max(float(finite.max(initial=0.0)), 1e-6)
    power = max(float(np.sqrt((finite**2).mean())) if finite.size else 0.0, 1e-6)
    difference = float(gap.max(initial=0.0))
    spread = float(np.sqrt((gap**2).mean())) / power if gap.size else 0.0
    same_class = _same_class(left, right) if has_classes else None
    known = np.where(np.isfinite(left), np.abs(left), 1.0)
    of_value = float((gap / np.maximum(known, 1.0)).max(initial=0.0))
    return OutputComparison(len(left), difference, difference / scale, spread, same_class, of_value)


def _same_class(left: Array, right: Array) -> float | None:
    if left.ndim != 2 or left.shape[1] < 2 or not len(left):
        return None
    return float((left.argmax(axis=1) == right.argmax(axis=1)).mean())


def outputs_of(runtime: ExportRuntime, x: Array, batch_size: int | None) -> Array:
    """The outputs of a file, computed in batches of its fixed batch size; otherwise of one sample, then of up to 32."""
    if batch_size is not None:
        return np.concatenate([runtime.run(part)[:count] for part, count in batches(x, batch_size)])
    # A converter that has read the batch size from somewhere writes a file that works for one size alone.
    starts = [0, *range(1, len(x), BATCH)]
    return np.concatenate([runtime.run(x[start:end]) for start, end in zip(starts, [*starts[1:], len(x)])])


def predict(exportable: Exportable, x: Array) -> Array:
    """The outputs of the inference model, computed in the same batches."""
    function: Callable[[Array], object] = exportable.function
    return outputs_of(ExportRuntime("keras", lambda part: np.asarray(function(part))), x, exportable.batch_size)


def latency(runtime: ExportRuntime, x: Array, batch_size: int | None) -> float:
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


MAX_SAMPLES = 500
"""Maximum number of samples with which a file is verified."""
RANDOM_SAMPLES = 32
_UNKNOWN_SIZE = 16


@dataclass(frozen=True)
class CheckSamples:
    """Inputs for verification.

    Attributes:
        x: The inputs, (samples, ...).
        classes: The class index of each sample; None if labels are not classes or not known.
        source: Where they come from, for messages.
        sets: The sets of the data, from which representative samples are taken; empty without data.
    """

    x: Array
    classes: Array | None
    source: str
    sets: Mapping[str, SampleSet]

    def representative(self, wanted: Representative | None) -> tuple[Array, str]:
        """The samples for int8 calibration, and where they come from.

        Raises:
            ExportError: There are no samples of the data, or not of the set that the spec names.
        """
        if not self.sets:
            raise ExportError(f"int8 ranges are measured on samples of the data, but there are only {self.source}")
        named, wanted = wanted is not None, wanted or Representative()
        samples = self.sets.get(wanted.set)
        if samples is None or not len(samples):
            if named:
                raise ExportError(f'representative names the set "{wanted.set}", of which the data has no samples')
            return self.x[: wanted.samples], self.source
        rows = np.linspace(0, len(samples) - 1, min(wanted.samples, len(samples))).astype(np.int64)
        return _plain(samples.x[rows]), f"the {wanted.set} set"


def samples_of(sets: Mapping[str, SampleSet], labels: LabelEncoding) -> CheckSamples:
    """Samples of the test set, or else of the validation or training set."""
    name = next(set_name for set_name in ("test", "validation", "train") if set_name in sets and len(sets[set_name]))
    samples = sets[name]
    rows = slice(0, MAX_SAMPLES)
    y = None if samples.y is None else np.asarray(samples.y[rows])
    return CheckSamples(_plain(samples.x[rows]), class_indices(y, labels), f"the {name} set", sets)


def random_samples(check: Check, shape: tuple[int | None, ...], dtype: str) -> CheckSamples:
    """Random inputs in the range that the spec declares or the first layers require.

    Args:
        check: The check of the spec.
        shape: The shape of the model's input, whose first axis is the batch.
        dtype: The dtype of the model's input.
    """
    rng = np.random.default_rng(0)
    sizes = [_UNKNOWN_SIZE if size is None else size for size in shape[1:]]
    count = max(RANDOM_SAMPLES, shape[0] or 0)
    bounds = _range_of(Facts(check.spec, check.layers, check.spec.environment, ()), dtype)
    x: Array
    if dtype == "string":
        words = np.array(["the", "a", "red", "green", "blue", "one", "two", "unknown word"], object)
        x = rng.choice(words, (count, *sizes))
    elif np.dtype(dtype).kind in "iu":
        low, high = bounds or (0, 9)
        x = rng.integers(int(low), int(high) + 1, (count, *sizes)).astype(dtype)
    elif np.dtype(dtype).kind == "b":
        x = rng.integers(0, 2, (count, *sizes)).astype(bool)
    elif bounds is None:
        x = rng.normal(size=(count, *sizes)).astype(dtype)
    else:
        x = rng.uniform(*bounds, (count, *sizes)).astype(dtype)
    return CheckSamples(x, None, "random inputs", {})


def _range_of(facts: Facts, dtype: str) -> tuple[float, float] | None:
    """The minimum and maximum input; None if neither the spec nor the first layer determines them."""
    first: Any = facts.flat_layers[0].layer if facts.flat_layers else None
    kind = type(first).__name__
    if kind in ("Embedding", "ReversibleEmbedding"):
        return 0, first.input_dim - 1
    if kind == "CategoryEncoding" and first.num_tokens:
        return 0, first.num_tokens - 1
    declared = facts.inputs.declared_range
    if declared is not None and declared[0].is_attained:
        return declared[0].low, declared[0].high
    if kind == "Rescaling":
        return 0, 255
    return None


def _plain(x: Array) -> Array:
    """Samples of equal shape as one array; samples of different lengths cannot be exported together."""
    if x.dtype == object and len(x) and isinstance(x[0], np.ndarray):
        size = min(len(array) for array in x)
        return np.stack([array[:size] for array in x])
    return x
