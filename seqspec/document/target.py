"""The table `[target]`: what one label looks like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from seqspec.catalog.arguments import arg
from seqspec.catalog.dtypes import DType
from seqspec.catalog.kinds import Choice, Either, Integer, ListOf, Optional, TableOf, Text, show_value
from seqspec.diagnostics.violation import UNSET, Violation
from seqspec.document.sizes import Range, SampleShape
from seqspec.document.table import Table
from seqspec.shapes.dims import Shape

_CLASSES_DOC = "Number of classes."
_RANGE_DOC = "Least and greatest label, where that is not what the encoding says."


class Target(Table):
    """What all kinds of labels have."""

    title = "[target]"
    tag = "kind"
    kind: ClassVar[str]
    last = ("shape", "dtype", "class_counts", "names")

    shape: Shape | None = arg(
        Optional(SampleShape()), "Shape of one label, where it is not what the kind says.", default=None
    )
    dtype: str | None = arg(Optional(DType()), "Dtype of the labels.", default=None)
    class_counts: Any = arg(
        Optional(Either(ListOf(Integer(minimum=0)), TableOf(Integer(minimum=0)))), "Samples of each class.",
        default=None,
    )  # fmt: skip
    names: Sequence[str] | None = arg(Optional(ListOf(Text("a name"))), "Names of the classes.", default=None)

    def to_tree(self) -> dict[str, Any]:
        """The table as a document holds it."""
        return {"kind": self.kind, **super().to_tree()}


class Binary(Target):
    """Yes or no."""

    kind = "binary"

    encoding: str = arg(Choice("integer", "one_hot"), "0 and 1, or one of two.", default="integer")
    range: tuple[float, float] | None = arg(Optional(Range()), _RANGE_DOC, default=None)


class Multiclass(Target):
    """One of several classes."""

    kind = "multiclass"

    classes: int = arg(Integer(minimum=1), _CLASSES_DOC)
    encoding: str = arg(
        Choice("integer", "one_hot", "probabilities"),
        "The number of the class, one-hot, or a probability for each class.",
        default="integer",
    )
    range: tuple[float, float] | None = arg(Optional(Range()), _RANGE_DOC, default=None)


class Multilabel(Target):
    """Any number of several classes."""

    kind = "multilabel"

    classes: int = arg(Integer(minimum=1), _CLASSES_DOC)


class Regression(Target):
    """Real numbers."""

    kind = "regression"

    range: tuple[float, float] | None = arg(Optional(Range()), "Least and greatest value.", default=None)


class Reconstruction(Target):
    """The input itself."""

    kind = "reconstruction"


KINDS: dict[str, type[Target]] = {
    target.kind: target for target in (Binary, Multiclass, Multilabel, Regression, Reconstruction)
}
"""The kinds of labels by name."""


def read_target(tree: Any, violations: list[Violation]) -> Target | None:
    """Reads the table `target`; mistakes are appended to `problems` at paths within it."""
    if not isinstance(tree, Mapping):
        violations.append(Violation("wrong-type", f"[target] is a table, got {show_value(tree)}"))
        return None
    if "kind" not in tree:
        violations.append(
            Violation("missing-key", "[target] has no kind", help=f"add kind: {Choice(*KINDS).describe()}")
        )
        return None
    kind = tree["kind"]
    try:
        kind = Choice(*KINDS).read(kind)
    except Violation as violation:
        violation.message = f"kind {violation.message}"
        violations.append(violation.prefixed("kind"))
        if violation.recovered_value is UNSET:
            return None
        kind = violation.recovered_value
    return KINDS[kind].read(tree, violations)
