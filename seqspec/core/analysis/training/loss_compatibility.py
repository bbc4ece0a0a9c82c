"""The first training step of a spec with `[target]`: whether labels and outputs are compatible, and why not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from seqspec.core.analysis.head import Head, backwards
from seqspec.core.analysis.layer_report import LayerReport
from seqspec.core.analysis.training.losses_and_metrics import CROSS_ENTROPY, LossStep, loss_step, selected_kind
from seqspec.core.analysis.training.objective import TrainingLoss, find_objective
from seqspec.core.diagnostics.message import Setting, fmt
from seqspec.core.diagnostics.violation import Path
from seqspec.core.shapes.tensor import BATCH, Shape, TensorSpec

if TYPE_CHECKING:
    from seqspec.core.analysis.data.declared_data import Labels


class LossCompatibility:
    """How the loss processes labels and outputs.

    Attributes:
        step: Whether Keras raises an error, or broadcasts one against the other.
        reasons: Why: `"axes"` (outputs have axes that labels do not), `"no axes"` (the opposite), `"units"`
            (too few outputs, or a different number), `"spare"` (more outputs than classes, which Keras accepts),
            `"encoding"` (one-hot instead of class indices, or the opposite), `"shape"` (any other error),
            `"broadcast"` (any other broadcast). Empty if another rule reports it.
    """

    def __init__(self, objective: TrainingLoss, labels: Labels, output: TensorSpec, head: Head | None) -> None:
        mask = output.mask
        self.step: LossStep = loss_step(objective, (BATCH, *labels.shape), (BATCH, *output.sample), mask)
        self.reasons = frozenset(_reasons(self.step, objective, labels, output.sample, head))


def _reasons(
    step: LossStep, objective: TrainingLoss, labels: Labels, outputs: Shape, head: Head | None
) -> Iterator[str]:
    wrong = step.refused or step.broadcasts
    if not labels.classes:
        if wrong and len(outputs) > len(labels.shape) + (outputs[-1:] == (1,) and labels.shape[-1:] != (1,)):
            yield "axes" if len(outputs) > 1 else "shape" if step.refused else "broadcast"
        elif wrong:
            yield "shape" if step.refused else "broadcast"
        return
    units = outputs[-1] if outputs else 0
    integer = labels.encoding == "integer"
    dropped = 0 if integer and not (labels.shape[-1:] == (1,) and len(labels.shape) == len(outputs)) else 1
    places = labels.shape[: len(labels.shape) - dropped]
    if len(outputs) - 1 != len(places):
        if wrong:
            yield "axes" if len(outputs) - 1 > len(places) else "no axes"
        return
    if _reported_elsewhere(objective, labels, units, head):
        if step.refused and not integer and "sparse" in objective.traits and labels.kind != "multilabel":
            # The single unit is reported elsewhere; more units alone would not make the loss accept these labels.
            yield "encoding"
        return
    explained = False
    if isinstance(units, int) and units != (labels.classes if integer else labels.shape[-1]):
        if not integer:
            explained = wrong
        elif "exclusive" in objective.traits or units > 1:
            explained = "exclusive" in objective.traits and units < labels.classes
            if (
                "exclusive" in objective.traits
                and units > labels.classes
                and objective.argument("ignore_class") is None
            ):
                yield "spare"
        if explained:
            yield "units"
    if step.refused and integer and not objective.traits.isdisjoint(("categorical", "binary", "hinge")) and units != 1:
        yield "encoding"
    elif step.refused and not integer and "sparse" in objective.traits:
        yield "encoding"
    elif wrong and not explained:
        yield "shape" if step.refused else "broadcast"


def _reported_elsewhere(objective: TrainingLoss, labels: Labels, units: object, head: Head | None) -> bool:
    if units == 1 and "exclusive" in objective.traits:
        return True
    if (
        units == 1
        and labels.encoding == "integer"
        and labels.classes > 2
        and not objective.traits.isdisjoint(("binary", "hinge"))
    ):
        return True
    if labels.kind == "multilabel" and "exclusive" in objective.traits:
        return True
    mistaken = "binary" in objective.traits and labels.encoding == "integer"
    return mistaken and head is not None and head.distribution


def find_objective_for(
    loss: object, written: object, labels: Labels | None, output: TensorSpec | None
) -> TrainingLoss | None:
    """The loss of `[compile]`; the class that Keras selects for `"crossentropy"` depends on labels and output.

    None unless there is exactly one built-in loss.
    """
    objective = find_objective(loss, written)
    if objective is None or objective.loss or output is None or not output.sample:
        return objective
    if labels is not None or output.sample[-1] == 1:
        shape = labels.shape if labels is not None else output.sample
        return objective.with_loss(CROSS_ENTROPY[selected_kind((BATCH, *shape), (BATCH, *output.sample))])
    return objective


def better_loss(objective: TrainingLoss, labels: Labels) -> str | dict[str, object] | None:
    """The loss of the same family for labels in this encoding, as a spec writes it."""
    if labels.kind == "multilabel":
        return None
    is_sparse = labels.encoding == "integer"
    if objective.from_logits:
        return {"type": f"{'Sparse' if is_sparse else ''}CategoricalCrossentropy", "from_logits": True}
    return "sparse_categorical_crossentropy" if is_sparse else "categorical_crossentropy"


def layer_keeping_axes(layers: Sequence[LayerReport]) -> tuple[Path | None, str]:
    """The layer that keeps axes that labels do not have, if there is one, and the suggested fix."""
    rank = 0
    for entry in backwards(layers):
        rank = rank or entry.outputs[0].rank - 2
        if entry.role == "recurrent" and entry.argument("return_sequences", False):
            return (*entry.path, "return_sequences"), fmt(
                "set {} in the last recurrent layer", Setting("return_sequences", False)
            )
        if entry.outputs[0].rank < 3:
            break
    pool = f'"Flatten" or "GlobalAveragePooling{rank}D"' if 1 <= rank <= 3 else '"Flatten"'
    return None, f"add {pool} before the last layer"


def layer_dropping_axes(layers: Sequence[LayerReport]) -> tuple[Path | None, str]:
    """The layer that drops axes that labels have, if there is one, and the suggested fix."""
    for entry in backwards(layers):
        if entry.role == "recurrent" and not entry.argument("return_sequences", True):
            return entry.path, fmt("set {} in the last recurrent layer", Setting("return_sequences", True))
        if entry.type == "Flatten" or "global_pooling" in entry.traits:
            return entry.path, f"remove the {entry.type} to keep one output per position"
    return None, "make the output of the model have the same rank as the labels"
