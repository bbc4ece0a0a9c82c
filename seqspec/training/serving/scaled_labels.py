"""Training on scaled labels: metrics in the units of the labels, and the layers that undo the scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import keras

from seqspec.training.data.labels import LabelScale

if TYPE_CHECKING:
    from collections.abc import Callable

    Tensor = Any


UNDO_SCALE, UNDO_LOG = "undo_scale", "undo_log"
"""The names of the layers that undo the scale, which the spec does not have."""


def undoing_layers(scale: LabelScale) -> list[keras.Layer]:
    """The layers from scaled labels to labels, without weights; float32 under any dtype policy."""
    factor, offset = (values[0] if len(values) == 1 else list(values) for values in (scale.factor, scale.offset))
    layers: list[keras.Layer] = [keras.layers.Rescaling(factor, offset, dtype="float32", name=UNDO_SCALE)]
    if scale.is_log:
        layers.append(keras.layers.Activation("exponential", dtype="float32", name=UNDO_LOG))
    return layers


def with_undone_scale(model: keras.Model, scale: LabelScale) -> keras.Sequential:
    """The model with outputs in the units of the labels; it shares the layers, and is not compiled."""
    return keras.Sequential([*model.inputs, *model.layers, *undoing_layers(scale)], name=model.name)


def in_label_units(arguments: Mapping[str, object], scale: LabelScale) -> dict[str, object]:
    """The arguments of `compile` with metrics of scaled labels that are logged in the units of the labels."""
    layers = undoing_layers(scale)

    def undo(values: Tensor) -> Tensor:
        for layer in layers:
            values = layer(keras.ops.cast(values, "float32"))
        return values

    wrapped = {
        key: [UnscaledMetric(metric, undo) for metric in metrics]
        for key in ("metrics", "weighted_metrics")
        if isinstance(metrics := arguments.get(key), Sequence) and not isinstance(metrics, str)
    }
    return {**arguments, **wrapped}


class UnscaledMetric(keras.metrics.Metric):  # type: ignore[misc]  # Keras is untyped
    """A metric of labels and outputs whose scale is undone; it has the name of the metric in Keras."""

    def __init__(self, metric: object, undo: Callable[[Tensor], Tensor]) -> None:
        inner = keras.metrics.get(metric)
        if not isinstance(inner, keras.metrics.Metric):
            inner = keras.metrics.MeanMetricWrapper(inner, name=metric if isinstance(metric, str) else inner.__name__)
        elif isinstance(metric, str):
            inner.name = metric
        super().__init__(name=inner.name)
        self._inner = inner
        self._undo = undo

    def update_state(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor = None) -> None:
        """Adds a batch of scaled labels and outputs."""
        self._inner.update_state(self._undo(y_true), self._undo(y_pred), sample_weight=sample_weight)

    def result(self) -> Tensor:
        """The value in the units of the labels."""
        return self._inner.result()

    def reset_state(self) -> None:
        """Starts over."""
        self._inner.reset_state()
