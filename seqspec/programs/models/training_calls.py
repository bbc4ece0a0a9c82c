"""The stages of the training of a model: its calls of `compile` and `fit`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from seqspec.programs.values.abstract_values import Invocation, KerasCall, ModelState


class FitCall(NamedTuple):
    """A call of `fit` and the call of `compile` before it; a call of `compile` that no `fit` follows.

    Attributes:
        compiled: The call of `compile`.
        fit: The call of `fit`.
        trainable: The values assigned to `trainable` of layers when the training starts; None if it is not known when.
        continues: Whether the model has been trained before.
    """

    compiled: Invocation | None = None
    fit: Invocation | None = None
    trainable: Mapping[int, object] | None = None
    continues: bool = False


def training_stages(state: ModelState) -> list[FitCall]:
    """The stages of the training of a model; the first one belongs to its first `fit`, or its last `compile`."""
    stages: list[FitCall] = []
    compiled: Invocation | None = None
    trainable: Mapping[int, object] | None = None
    trained = is_open = False
    for call in state.calls:
        if call.method == "compile":
            if is_open and compiled is not None:
                stages.append(FitCall(compiled, None, compiled.trainable, trained))
            compiled, trainable, is_open = call, None, True
        else:
            # Keras collects the trainable weights in the first fit after compile.
            trainable = call.trainable if trainable is None else trainable
            stages.append(FitCall(compiled, call, trainable, trained))
            trained, is_open = True, False
    if is_open or not stages:
        trainable = None if compiled is None or state.stepped != compiled.trainable else compiled.trainable
        stages.append(FitCall(compiled, None, trainable, trained))
    first = next((index for index, stage in enumerate(stages) if stage.fit is not None), len(stages) - 1)
    return [stages[first], *stages[:first], *stages[first + 1 :]]


def only_predicts(state: ModelState, nested: bool) -> bool:
    """Whether a model is only compiled: it is part of another one, or its weights are loaded."""
    if state.used & {"evaluate", "train_on_batch"} or any(call.method != "compile" for call in state.calls):
        return False
    return nested or bool(state.used) or any(_has_set_weights(entry.value) for entry in state.layers)


def _has_set_weights(layer: object) -> bool:
    return isinstance(layer, KerasCall) and "set_weights" in layer.attributes
