"""The whole document as typed data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seqspec.catalog.arguments import plain
from seqspec.catalog.environment import NEWEST
from seqspec.catalog.layer import Layer
from seqspec.diagnostics.problem import Problem
from seqspec.spec.custom import CustomClass, read_custom, resolve_custom
from seqspec.spec.model import Stack, read_model


class Model:
    """The table `[model]`, for writing a spec in Python.

    Args:
        input: The shape of one sample without the batch, or the long form as a dict; None where the first layer fixes it.
        layers: The stack, made of the classes of `seqspec.layers` (or of entries as a document has them).
        name: The name of the Keras model.
    """

    def __init__(
        self,
        *,
        layers: Sequence[Layer | Mapping[str, Any] | str],
        input: Sequence[int | str | None] | Mapping[str, Any] | None = None,
        name: str | None = None,
    ) -> None:
        self.input = input
        self.layers = list(layers)
        self.name = name

    def to_tree(self) -> dict[str, Any]:
        """The table as a document holds it."""
        tree: dict[str, Any] = {} if self.name is None else {"name": self.name}
        if self.input is not None:
            tree["input"] = plain(self.input)
        return {**tree, "layers": plain(self.layers)}


class Spec:
    """A document that checks: its expanded tree and the typed tables.

    Built in Python from a `Model` and tables, or by `seqspec.load` from a document. Raises `seqspec.SpecError` where the
    check finds an error. `tree` is the expanded document; `stack`, `target`, `compile`, `fit`, `data`, `runtime` and
    `outputs` are its typed tables (None where a table is absent).
    """

    tree: dict[str, Any]
    stack: Stack | None
    custom: dict[str, CustomClass]
    keras: tuple[int, int]
    dtype_policy: str
    target: Any
    compile: Any
    fit: Any
    data: Any
    runtime: Any
    outputs: Any

    def __init__(self, *, model: Model | Mapping[str, Any], **tables: Any) -> None:
        tree = {"seqspec": 1, "model": plain(model), **{key: plain(value) for key, value in tables.items()}}
        from seqspec.analysis.check import examine
        from seqspec.analysis.report import SpecError

        examination = examine(tree)
        if not examination.report.ok or examination.spec is None:
            raise SpecError(examination.report)
        self.__dict__.update(vars(examination.spec))

    def to_dict(self) -> dict[str, Any]:
        """The expanded document, long form."""
        return self.tree
