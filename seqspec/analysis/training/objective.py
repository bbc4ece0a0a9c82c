"""The training objective: the loss and its requirements on predictions and labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seqspec.catalog import losses
from seqspec.catalog.keras_object import given_arguments
from seqspec.catalog.objects import CustomUse, Named
from seqspec.diagnostics.violation import Path

_WORDS = {
    loss: function
    for function, loss in losses.FUNCTIONS.items()
    if "_" in function or loss in ("Huber", "Hinge", "Poisson", "Dice")
}


class Objective:
    """The single loss of a model.

    Attributes:
        loss: The name of the Keras class; for `"crossentropy"` the one that Keras selects by the shapes, `""` if
            these are unknown.
        word: Its name in messages.
        path: Its path in the expanded spec.
        arguments: The arguments given in the spec.
    """

    def __init__(self, declared: Any, written: Any, path: Path) -> None:
        named = isinstance(declared, Named)
        found = declared.stands_for if named else type(declared)
        self.loss: str = "" if found is None else found.__name__
        self.word: str = (
            written if isinstance(written, str) and "(" not in written else _WORDS.get(self.loss, self.loss)
        )
        self.path = path
        self.arguments: Mapping[str, Any] = {} if named else given_arguments(declared)
        self._table = isinstance(written, dict)

    def argument(self, name: str, default: object = None) -> Any:
        """The value of an argument as written, or `default`, which must be that of Keras."""
        return self.arguments.get(name, default)

    def place(self, name: str) -> Path:
        """The path of an argument, or of the loss if it is not written."""
        return (*self.path, name) if self._table and name in self.arguments else self.path

    @property
    def traits(self) -> frozenset[str]:
        """The traits of the loss: see `catalog.traits.LOSS_TRAITS`; none if Keras selects it by unknown shapes."""
        return losses.CLASSES.traits(self.loss)

    @property
    def from_logits(self) -> bool:
        """Whether it expects predictions without softmax or sigmoid."""
        return bool(self.argument("from_logits", False))


def find_objective(loss: Any, written: Any) -> Objective | None:
    """The loss of `[compile]`; None if there is none, several, or a custom one."""
    path: Path = ("compile", "loss")
    if isinstance(loss, dict) and len(loss) == 1:
        ((key, loss),) = loss.items()
        written, path = written[key], (*path, key)
    elif isinstance(loss, list) and len(loss) == 1:
        loss, written, path = loss[0], written[0], (*path, 0)
    if loss is None or isinstance(loss, (dict, list, CustomUse)):
        return None
    return Objective(loss, written, path)
