"""Generates the statements before `model.fit` of a stage: frozen layers, optimizer, class weights, `adapt`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seqspec.core.analysis.layer_report import LayerReport
from seqspec.core.catalog.keras_object import KerasObject
from seqspec.core.catalog.layer_inference import needs_adapt
from seqspec.core.codegen.values import literal, text
from seqspec.core.document.training import Compile, Fit


def adapt_lines(layers: Sequence[LayerReport]) -> Iterator[str]:
    """`adapt` for each layer that learns from the training inputs."""
    for index, report in enumerate(layers):
        if not needs_adapt(report.layer):
            continue
        inputs = "x_train" if index == 0 else f"keras.Sequential(model.layers[:{index}])(x_train)"
        yield f"model.layers[{index}].adapt({inputs})"


def trainable_lines(stage: Fit) -> Iterator[str]:
    """The statements that freeze and unfreeze layers."""
    unfrozen: list[tuple[str, object]] = []
    for name, wanted in (stage.trainable or {}).items():
        layer = f"model.get_layer({text(name)})"
        yield f"{layer}.trainable = {wanted is not False}"
        last = getattr(wanted, "last", None)
        if last is not None:
            yield f"for layer in {layer}.layers[:-{last}]:"
            yield "    layer.trainable = False"
            yield f"for layer in {layer}.layers[-{last}:]:"
            yield "    layer.trainable = True"
        if wanted is not False:
            unfrozen.append((layer, wanted))
    trained = stage.batch_norm == "trained"
    nested = [f'getattr({layer}, "layers", [])' for layer, wanted in unfrozen if wanted is True or not trained]
    for layers in ["model.layers", *nested] if stage.batch_norm == "frozen" else nested:
        yield f"for layer in {layers}:"
        yield "    if isinstance(layer, keras.layers.BatchNormalization):"
        yield f"        layer.trainable = {trained}"


def with_schedule(compiled: Compile) -> KerasObject | None:
    """The optimizer with a learning rate schedule."""
    optimizer = compiled.optimizer
    if isinstance(optimizer, KerasObject) and isinstance(getattr(optimizer, "learning_rate", None), KerasObject):
        return optimizer
    return None


def learning_rate_lines(stage: Fit) -> Iterator[str]:
    """The learning rate of the stage, for the compiled optimizer."""
    if stage.learning_rate is not None:
        yield f"model.optimizer.learning_rate = {literal(stage.learning_rate)}"


def class_weight_lines(stage: Fit, one_hot: bool) -> Iterator[str]:
    """Balanced class weights, as the variable `class_weight`."""
    if stage.class_weight == "balanced":
        classes = "keras.ops.argmax(y_train, axis=-1)" if one_hot else "y_train"
        yield f"counts = [int(count) for count in keras.ops.bincount({classes})]"
        yield "class_weight = {"
        yield "    index: len(y_train) / (sum(count > 0 for count in counts) * count)"
        yield "    for index, count in enumerate(counts)"
        yield "    if count"
        yield "}"
