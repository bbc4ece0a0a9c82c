"""Calibration: the temperature that the logits of a classifier are divided by, chosen on validation data."""

from __future__ import annotations

import keras
import numpy as np

from seqspec.core.diagnostics.errors import BuildError
from seqspec.training.data.labels import LabelEncoding
from seqspec.training.data.samples import Array
from seqspec.training.evaluation import expected_error, is_logits, probabilities, softmax
from seqspec.training.records import TemperatureResults

_LEAST, _MOST = 0.05, 20.0
"""The smallest and the largest temperature."""
_STEPS = 60
_SMALLEST = 2.0**-25
"""Half the distance of 1 to the next smaller float32: what a probability of 1 can lack."""
_WEIGHTLESS = ("Activation", "Softmax", "Reshape", "Flatten", "Dropout", "SpatialDropout1D", "SpatialDropout2D")
"""Layers after the last one with weights that a division of its output may precede."""
_SCALABLE = ("Dense", "EinsumDense", "Conv1D", "Conv2D", "Conv3D")
_ACTIVATIONS = ("linear", "softmax", "sigmoid")


def logits_layer(model: keras.Model) -> keras.Layer:
    """The layer whose kernel and bias determine the logits; raises `BuildError` for a model without one."""
    for layer in reversed(model.layers):
        kind = type(layer).__name__
        activation = keras.activations.serialize(layer.activation) if hasattr(layer, "activation") else "linear"
        if kind in _SCALABLE and activation in _ACTIVATIONS:
            return layer
        if kind not in _WEIGHTLESS or activation not in _ACTIVATIONS:
            break
    raise BuildError(
        f"[report] calibrate divides the logits of the last layer with weights, which must be one of "
        f"{', '.join(_SCALABLE)} without another activation than softmax or sigmoid; {layer.name} is {kind}"
    )


def calibrate(
    model: keras.Model, outputs: Array, truth: Array, labels: LabelEncoding, temperature: float | None = None
) -> TemperatureResults:
    """Divides the logits of a model by a temperature: the kernel and the bias of its last layer with weights.

    Args:
        model: The model.
        outputs: Its outputs for validation data, (samples, outputs).
        truth: The class index of each sample, or the labels of multilabel targets, (samples, labels).
        labels: How labels are encoded.
        temperature: The temperature, by default the one with the lowest log loss.
    """
    logits = logits_of(model, outputs, labels)
    if labels.kind == "multilabel":
        # Each label is a decision between two classes.
        logits, truth = np.stack([np.zeros(logits.size), logits.reshape(-1)], axis=1), truth.reshape(-1).astype(int)
    found = fit_temperature(logits, truth) if temperature is None and len(truth) else temperature or 1.0
    layer = logits_layer(model)
    for weight in (layer.kernel, layer.bias) if layer.bias is not None else (layer.kernel,):
        weight.assign(keras.ops.convert_to_numpy(weight) / found)
    results: TemperatureResults = {"temperature": found}
    if len(truth):
        before, after = softmax(logits), softmax(logits / found)
        results["log_loss"] = [log_loss(before, truth), log_loss(after, truth)]
        results["expected_error"] = [expected_error(before, truth), expected_error(after, truth)]
    return results


def logits_of(model: keras.Model, outputs: Array, labels: LabelEncoding) -> Array:
    """The logits (samples, classes) of outputs, up to a number per sample; of multilabel targets one per label."""
    values = outputs.astype(np.float64)
    if labels.kind == "multilabel":
        if is_logits(model):
            return values
        clipped = np.clip(values, _SMALLEST, 1 - _SMALLEST)
        return np.asarray(np.log(clipped) - np.log1p(-clipped))
    if is_logits(model):
        return values if values.shape[1] > 1 else np.concatenate([np.zeros_like(values), values], axis=1)
    least = _SMALLEST if values.shape[1] == 1 else float(np.finfo(np.float32).tiny)
    return np.asarray(np.log(np.clip(probabilities(model, outputs, labels), least, 1)))


def fit_temperature(logits: Array, truth: Array) -> float:
    """The temperature with the lowest log loss, from 0.05 to 20.

    Args:
        logits: The logits, (samples, classes).
        truth: The class index of each sample.
    """
    own = logits[np.arange(len(truth)), truth].mean()
    # The log loss is convex in the inverse of the temperature: its derivative increases.
    low, high = np.log(1 / _MOST), np.log(1 / _LEAST)
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if (softmax(logits * np.exp(middle)) * logits).sum(axis=1).mean() < own:
            low = middle
        else:
            high = middle
    return float(np.exp(-(low + high) / 2))


def log_loss(probability: Array, truth: Array) -> float:
    """The mean negative logarithm of the probability of the true class."""
    own = probability[np.arange(len(truth)), truth]
    return float(-np.log(np.clip(own, np.finfo(np.float64).tiny, 1)).mean())
