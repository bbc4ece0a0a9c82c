"""What training makes small: the losses of a document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from seqspec.catalog.objects import CustomUse, Named
from seqspec.diagnostics.problem import Path

if TYPE_CHECKING:
    from seqspec.spec.training import Compile


class Loss:
    """One loss: its declaration and its place; `kind` is its Keras class, or `"crossentropy"` or `"custom"`."""

    def __init__(self, declaration: Any, path: Path) -> None:
        self.declaration = declaration
        self.path = path

    @property
    def kind(self) -> str:
        """The Keras class; `"crossentropy"` where Keras chooses one by shapes, `"custom"` for an author's own."""
        if isinstance(self.declaration, CustomUse):
            return "custom"
        if isinstance(self.declaration, Named):
            return self.declaration.stands_for.__name__ if self.declaration.stands_for is not None else "crossentropy"
        return type(self.declaration).__name__


def losses_of(compile: Compile, tree: Mapping[str, Any]) -> list[Loss]:
    """The losses of `[compile]`, whose table in the expanded document is `tree`; none where there is none."""
    value, path = compile.loss, ("compile", "loss")
    if value is None or "loss" not in tree:
        return []
    if isinstance(value, list):
        return [Loss(entry, (*path, index)) for index, entry in enumerate(value) if entry is not None]
    if isinstance(value, dict):
        return [Loss(entry, (*path, key)) for key, entry in value.items() if entry is not None]
    return [Loss(value, path)]
