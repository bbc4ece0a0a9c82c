"""The inputs on which an exported file is compared with the model: those of the data, or random ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqspec.core.analysis.analyze import AnalysisResult, environment
from seqspec.core.analysis.facts import Facts
from seqspec.core.document.sources import Representative
from seqspec.training.data.labels import LabelEncoding, class_indices
from seqspec.training.data.prepare import SampleSet
from seqspec.training.data.samples import Array
from seqspec.training.export.errors import ExportError

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
        found = self.sets.get(wanted.set)
        if found is None or not len(found):
            if named:
                raise ExportError(f'representative names the set "{wanted.set}", of which the data has no samples')
            return self.x[: wanted.samples], self.source
        rows = np.linspace(0, len(found) - 1, min(wanted.samples, len(found))).astype(np.int64)
        return _plain(found.x[rows]), f"the {wanted.set} set"


def samples_of(sets: Mapping[str, SampleSet], labels: LabelEncoding) -> CheckSamples:
    """Samples of the test set, or else of the validation or training set."""
    name = next(each for each in ("test", "validation", "train") if each in sets and len(sets[each]))
    found = sets[name]
    rows = slice(0, MAX_SAMPLES)
    y = None if found.y is None else np.asarray(found.y[rows])
    return CheckSamples(_plain(found.x[rows]), class_indices(y, labels), f"the {name} set", sets)


def random_samples(analysis: AnalysisResult, shape: tuple[int | None, ...], dtype: str) -> CheckSamples:
    """Random inputs in the range that the spec declares or the first layers require.

    Args:
        analysis: The check of the spec.
        shape: The shape of the model's input, whose first axis is the batch.
        dtype: The dtype of the model's input.
    """
    rng = np.random.default_rng(0)
    sizes = [_UNKNOWN_SIZE if size is None else size for size in shape[1:]]
    count = max(RANDOM_SAMPLES, shape[0] or 0)
    spec = analysis.spec
    facts = Facts(spec, analysis.report.layers, environment(spec), ()) if spec is not None else None
    bounds = _range_of(facts, dtype)
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


def _range_of(facts: Facts | None, dtype: str) -> tuple[float, float] | None:
    """The minimum and maximum input; None if neither the spec nor the first layer determines them."""
    first: Any = facts.flat_layers[0].layer if facts is not None and facts.flat_layers else None
    kind = type(first).__name__
    if kind in ("Embedding", "ReversibleEmbedding"):
        return 0, first.input_dim - 1
    if kind == "CategoryEncoding" and first.num_tokens:
        return 0, first.num_tokens - 1
    declared = facts.inputs.declared_range if facts is not None else None
    if declared is not None and declared[0].is_attained:
        return declared[0].low, declared[0].high
    if kind == "Rescaling":
        return 0, 255
    return None


def _plain(x: Array) -> Array:
    """Samples of equal shape as one array; samples of different lengths cannot be exported together."""
    if x.dtype == object and len(x) and isinstance(x[0], np.ndarray):
        size = min(len(each) for each in x)
        return np.stack([each[:size] for each in x])
    return x
