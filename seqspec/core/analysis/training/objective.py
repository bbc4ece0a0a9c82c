"""The training objective: the loss and its requirements on predictions and labels."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Any

from seqspec.core.catalog import losses
from seqspec.core.catalog.keras_object import KerasObject, given_arguments
from seqspec.core.catalog.objects import CustomUse, Named
from seqspec.core.diagnostics.violation import Path

_WORDS = {
    loss: function
    for function, loss in losses.FUNCTIONS.items()
    if "_" in function or loss in ("Huber", "Hinge", "Poisson", "Dice")
}


class TrainingLoss:
    """The single loss of a model.

    Attributes:
        loss: The name of the Keras class; for `"crossentropy"` the one that Keras selects by the shapes, `""` if
            these are unknown.
        traits: The traits of the loss: see `catalog.traits.LOSS_TRAITS`; none if Keras selects it by unknown shapes.
        name: Its name in messages.
        path: Its path in the expanded spec.
        arguments: The arguments given in the spec.
    """

    def __init__(self, declared: KerasObject | Named, written: object, path: Path) -> None:
        loss_class = declared.stands_for if isinstance(declared, Named) else type(declared)
        self.loss: str = "" if loss_class is None else loss_class.__name__
        self.traits = losses.CLASSES.traits(self.loss)
        self.name: str = (
            written if isinstance(written, str) and "(" not in written else _WORDS.get(self.loss, self.loss)
        )
        self.path = path
        self.arguments: Mapping[str, object] = {} if isinstance(declared, Named) else given_arguments(declared)
        self._table = isinstance(written, dict)

    def argument(self, name: str, default: object = None) -> Any:
        """The value of an argument as written, or `default`, which must be that of Keras."""
        return self.arguments.get(name, default)

    def path_of(self, name: str) -> Path:
        """The path of an argument, or of the loss if it is not written."""
        return (*self.path, name) if self._table and name in self.arguments else self.path

    def with_loss(self, loss: str) -> TrainingLoss:
        """The same objective, with the class that Keras selects for its name."""
        selected = copy(self)
        selected.loss = loss
        selected.traits = losses.CLASSES.traits(loss)
        return selected

    @property
    def from_logits(self) -> bool:
        """Whether it expects predictions without softmax or sigmoid."""
        return bool(self.argument("from_logits", False))


def find_objective(loss: Any, written: Any) -> TrainingLoss | None:
    """The loss of `[compile]`; None if there is none, several, or a custom one."""
    path: Path = ("compile", "loss")
    if isinstance(loss, dict) and len(loss) == 1:
        ((key, loss),) = loss.items()
        written, path = written[key], (*path, key)
    elif isinstance(loss, list) and len(loss) == 1:
        loss, written, path = loss[0], written[0], (*path, 0)
    if loss is None or isinstance(loss, (dict, list, CustomUse)):
        return None
    return TrainingLoss(loss, written, path)
