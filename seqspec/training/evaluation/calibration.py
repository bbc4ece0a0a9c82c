"""Calibration of a classifier on validation data: a temperature for its logits, of two classes with a shift too."""

from __future__ import annotations

import keras
import numpy as np

from seqspec.core.api.diagnostics import BuildError
from seqspec.training.data.labels import LabelEncoding
from seqspec.training.data.samples import Array
from seqspec.training.evaluation.classification import expected_error
from seqspec.training.evaluation.outputs import is_logits, probabilities, softmax
from seqspec.training.records import Scaling, TemperatureResults

_LEAST, _MOST = 0.05, 20.0
"""The smallest and the largest temperature."""
_STEPS = 60
_TOLERANCE = 1e-10
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
    model: keras.Model, outputs: Array, truth: Array, labels: LabelEncoding, scaling: Scaling | None = None
) -> TemperatureResults:
    """Divides the logits of a model by a temperature: the kernel and the bias of its last layer with weights.

    Of two classes, a shift of the log-odds is added to the bias. Class weights in training shift them, which no
    temperature undoes.

    Args:
        model: The model.
        outputs: Its outputs for validation data, (samples, outputs).
        truth: The class index of each sample, or the labels of multilabel targets, (samples, labels).
        labels: How labels are encoded.
        scaling: The temperature and the shift, by default those with the lowest log loss.
    """
    logits = logits_of(model, outputs, labels)
    if labels.kind == "multilabel":
        # Each label is a decision between two classes.
        logits, truth = np.stack([np.zeros(logits.size), logits.reshape(-1)], axis=1), truth.reshape(-1).astype(int)
    layer, size = logits_layer(model), outputs.shape[-1]
    has_shift = labels.kind != "multilabel" and size <= 2 and _shifts(layer, size)
    if scaling is None:
        scaling = Scaling()
        if len(truth):
            scaling = fit_platt(logits, truth) if has_shift else Scaling(fit_temperature(logits, truth))
    layer.kernel.assign(keras.ops.convert_to_numpy(layer.kernel) / scaling.temperature)
    if layer.bias is not None:
        bias = keras.ops.convert_to_numpy(layer.bias) / scaling.temperature
        added = [0.0, scaling.shift][-size:] if has_shift else [0.0]
        layer.bias.assign(bias + np.resize(np.array(added, bias.dtype), bias.shape))
    results: TemperatureResults = {"temperature": scaling.temperature}
    if has_shift:
        results["shift"] = scaling.shift
    if len(truth):
        before, after = softmax(logits), softmax(scaled(logits, scaling))
        results["log_loss"] = [log_loss(before, truth), log_loss(after, truth)]
        results["expected_error"] = [expected_error(before, truth), expected_error(after, truth)]
    return results


def scaled(logits: Array, scaling: Scaling) -> Array:
    """Calibrated logits, (samples, classes)."""
    values = logits / scaling.temperature
    return values + np.array([0.0, scaling.shift]) if scaling.shift else values


def _shifts(layer: keras.Layer, size: int) -> bool:
    """Whether the bias of a layer has a value for each of `size` outputs, also where a Reshape follows."""
    return layer.bias is not None and layer.bias.shape[-1] % size == 0


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


def fit_platt(logits: Array, truth: Array) -> Scaling:
    """The temperature, from 0.05 to 20, and the shift of the log-odds of two classes (Platt, 1999).

    Platt's targets replace 0 and 1, so that the fit is finite where both classes are separated or one is missing.

    Args:
        logits: The logits, (samples, 2).
        truth: The class index of each sample, 0 or 1.
    """
    odds, positive = logits[:, 1] - logits[:, 0], truth == 1
    count = int(positive.sum())
    target = np.where(positive, (count + 1) / (count + 2), 1 / (len(truth) - count + 2))
    slope, shift = _newton(odds, target)
    if not 1 / _MOST <= slope <= 1 / _LEAST:
        slope = min(max(slope, 1 / _MOST), 1 / _LEAST)
        _, shift = _newton(odds * slope, target, slope=1.0)
    return Scaling(1 / slope, shift)


def _newton(odds: Array, target: Array, slope: float | None = None) -> tuple[float, float]:
    """The slope, unless it is given, and the intercept of a logistic regression on one feature."""
    free = slope is None
    # Of log-odds with a large mean or spread the Newton matrix would be singular.
    center, spread = (float(odds.mean()), float(odds.std()) or 1.0) if free else (0.0, 1.0)
    x = np.stack([(odds - center) / spread, np.ones_like(odds)], axis=1)
    at = np.array([0.0 if free else 1.0, 0.0])
    columns = [0, 1] if free else [1]

    def loss(weights: Array) -> float:
        values = x @ weights
        return float((np.logaddexp(0, values) - target * values).mean())

    current = loss(at)
    for _ in range(_STEPS):
        predicted = 1 / (1 + np.exp(-np.clip(x @ at, -500, 500)))
        gradient = x[:, columns].T @ (predicted - target) / len(x)
        curvature = (x[:, columns].T * (predicted * (1 - predicted))) @ x[:, columns] / len(x)
        step = np.zeros(2)
        step[columns] = np.linalg.lstsq(curvature + np.eye(len(columns)) * _TOLERANCE, gradient, rcond=None)[0]
        # Newton's step may be too long where the curvature is small.
        while (following := loss(at - step)) > current and np.abs(step).max() > _TOLERANCE:
            step /= 2
        at, gained, current = at - step, current - following, following
        if gained < _TOLERANCE * 1e-3 and np.abs(step).max() < 1e-7:
            break
    if not free:
        return 1.0, float(at[1])
    return float(at[0] / spread), float(at[1] - at[0] * center / spread)


def log_loss(probability: Array, truth: Array) -> float:
    """The mean negative logarithm of the probability of the true class."""
    own = probability[np.arange(len(truth)), truth]
    return float(-np.log(np.clip(own, np.finfo(np.float64).tiny, 1)).mean())
