"""The outputs of a model for a set, in chunks, and the probabilities that they mean."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import keras
import numpy as np

from seqspec.training.data.feed import in_batches, in_order, shared
from seqspec.training.data.labels import LabelEncoding
from seqspec.training.data.prepared import SampleSet
from seqspec.training.data.samples import Array
from seqspec.training.data.stored import choose

_PART_BYTES = 2**24
"""Maximum bytes of outputs in memory at once."""


def output_size(model: keras.Model) -> int:
    """The number of output values per sample; unknown sizes count as 1."""
    shape = getattr(model, "output_shape", None) or ()
    return int(np.prod([size or 1 for size in shape[1:]], dtype=np.int64))


def output_parts(
    model: keras.Model, samples: SampleSet, batch_size: int, max_samples: int | None = None
) -> Iterator[tuple[slice, Array]]:
    """The outputs of the model in chunks of at most `max_samples` samples, each with the slice of its samples."""
    most = min(_PART_BYTES // (4 * output_size(model)), max_samples or len(samples) + batch_size - 1)
    count = max(1, most // batch_size) * batch_size
    if in_batches(samples):
        yield from _joined(_batch_outputs(model, samples, batch_size), count)
        return
    for start in range(0, len(samples), count):
        rows = slice(start, min(start + count, len(samples)))
        part = samples.x if rows == slice(0, len(samples)) else choose(samples.x, rows)
        yield rows, predict_outputs(model, SampleSet(part, None), batch_size)


def _joined(batches: Iterator[Array], count: int) -> Iterator[tuple[slice, Array]]:
    """Batches joined to chunks of `count` samples, a multiple of the batch size."""
    start, parts = 0, []
    for batch in batches:
        parts.append(batch)
        if sum(map(len, parts)) >= count:
            yield slice(start, start + count), np.concatenate(parts)
            start, parts = start + count, []
    if parts:
        yield slice(start, start + sum(map(len, parts))), np.concatenate(parts)


def predict_outputs(model: keras.Model, samples: SampleSet, batch_size: int) -> Array:
    """The outputs of the model for all samples."""
    if in_batches(samples):
        return np.concatenate(list(_batch_outputs(model, samples, batch_size)))
    with _single_steps(model):
        return np.asarray(model.predict(shared(samples.x), batch_size=batch_size, verbose=0))


@contextmanager
def _single_steps(model: keras.Model) -> Iterator[None]:
    """One batch per call: `predict` would trace each of the `steps_per_execution` batches."""
    steps = model.steps_per_execution
    if steps == 1:
        yield
        return
    # A function of another number of batches would leave some out.
    model.steps_per_execution, model.predict_function = 1, None
    try:
        yield
    finally:
        model.steps_per_execution, model.predict_function = steps, None


def _batch_outputs(model: keras.Model, samples: SampleSet, batch_size: int) -> Iterator[Array]:
    # `predict` would hold `steps_per_execution` batches in memory at once.
    for batch in in_order(SampleSet(samples.x, None), batch_size, labels=False):
        yield np.asarray(model.predict_on_batch(batch[0]))


def probabilities(model: keras.Model, outputs: Array, labels: LabelEncoding) -> Array:
    """Class probabilities (samples, classes): softmax or sigmoid of logits; one output becomes two classes."""
    values = outputs.astype(np.float64)
    several = labels.kind == "multilabel"
    if several or values.shape[1] == 1:
        if is_logits(model):
            values = 1 / (1 + np.exp(-np.clip(values, -500, 500)))
        return values if several else np.concatenate([1 - values, values], axis=1)
    return softmax(values) if is_logits(model) else values


def softmax(logits: Array) -> Array:
    """Class probabilities, (samples, classes)."""
    values = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(values / values.sum(axis=1, keepdims=True))


def is_logits(model: keras.Model) -> bool:
    """Whether the loss of the model is computed from logits."""
    loss = getattr(model, "loss", None)
    return bool(getattr(loss, "from_logits", False))
