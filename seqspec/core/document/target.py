"""The table `[target]`: the format of one label."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from seqspec.core.catalog.dtypes import DTypeName
from seqspec.core.catalog.keras_object import conflict
from seqspec.core.catalog.types import Maybe, NameText, NonNegativeInt, PositiveInt
from seqspec.core.diagnostics.message import Declared, Setting, fmt, quote_value
from seqspec.core.diagnostics.suggest import Suggestion
from seqspec.core.diagnostics.violation import UNSET, Violation, Violations
from seqspec.core.document.base_table import Table, read_tagged
from seqspec.core.document.sizes import Range, SampleShape, Unit, require_unit
from seqspec.core.syntax.document import Tree

_CLASSES_DOC = "Number of classes."
_RANGE_DOC = "Minimum and maximum label, if different from the encoding's default."


class Target(Table):
    """The base class of all kinds of labels."""

    title = "[target]"
    trailing = ("shape", "range", "dtype", "class_counts", "names")

    if TYPE_CHECKING:
        kind: str

    shape: Maybe[SampleShape] = Field(
        default=None, description="Shape of one label, if different from the kind's default."
    )
    dtype: Maybe[DTypeName] = Field(default=None, description="Dtype of the labels.")
    class_counts: Maybe[list[NonNegativeInt] | dict[str, NonNegativeInt]] = Field(
        default=None, description="Number of samples per class."
    )
    names: Maybe[list[NameText]] = Field(default=None, description="Names of the classes.")

    def to_tree(self) -> Tree:
        """The table as plain data."""
        return {"kind": self.kind_of(), **super().to_tree()}

    @classmethod
    def kind_of(cls) -> str:
        """The value of `kind` for the class."""
        kind: str = cls.model_fields["kind"].default
        return kind


class Binary(Target):
    """One yes-or-no label."""

    kind: Literal["binary"] = Field(default="binary", description="The kind of label.")

    encoding: Literal["integer", "one_hot"] = Field(
        default="integer", description="Label encoding: 0 and 1, or one of two classes."
    )
    range: Maybe[Range] = Field(default=None, description=_RANGE_DOC)


class Multiclass(Target):
    """One of several classes."""

    kind: Literal["multiclass"] = Field(default="multiclass", description="The kind of label.")

    classes: PositiveInt = Field(description=_CLASSES_DOC)
    encoding: Literal["integer", "one_hot", "probabilities"] = Field(
        default="integer", description="Label encoding: class index, one-hot, or a probability for each class."
    )
    range: Maybe[Range] = Field(default=None, description=_RANGE_DOC)


class Multilabel(Target):
    """Any number of several classes."""

    kind: Literal["multilabel"] = Field(default="multilabel", description="The kind of label.")

    classes: PositiveInt = Field(description=_CLASSES_DOC)


class Regression(Target):
    """Real numbers."""

    kind: Literal["regression"] = Field(default="regression", description="The kind of label.")

    range: Maybe[Range] = Field(default=None, description="Minimum and maximum value.")
    scale: Literal["none", "standard", "min_max", "log"] = Field(
        default="none",
        description="How labels are scaled for training: to mean 0 and deviation 1 of the training set, to 0 to 1, or "
        "their logarithm to mean 0 and deviation 1. The trained model ends with layers that undo it.",
    )

    unit: Maybe[Unit] = Field(
        default=None,
        description="Unit that labels in a table may have beside the number, such as €; predictions are numbers in it.",
    )

    def check_arguments(self) -> None:
        require_unit(self.unit)
        if self.scale == "log" and self.range is not None and self.range[0] <= 0:
            raise conflict(
                "scale",
                f"the logarithm needs positive labels, but they range from {self.range[0]:g}",
                related=[(("range",), Declared())],
                help=fmt("write {}", Setting("scale", "standard")),
            )

    @property
    def trained_range(self) -> tuple[float, float] | None:
        """Minimum and maximum of the labels as the loss gets them; None if unknown."""
        if self.scale == "min_max":
            return 0.0, 1.0
        return self.range if self.scale == "none" else None

    @property
    def is_centered(self) -> bool:
        """Whether the loss gets labels of mean 0."""
        return self.scale in ("standard", "log")


class Reconstruction(Target):
    """The input itself."""

    kind: Literal["reconstruction"] = Field(default="reconstruction", description="The kind of label.")


AnyTarget = Annotated[Binary | Multiclass | Multilabel | Regression | Reconstruction, Field(discriminator="kind")]

KINDS: dict[str, type[Target]] = {
    target.kind_of(): target for target in (Binary, Multiclass, Multilabel, Regression, Reconstruction)
}
"""The kinds of labels by name."""


def read_target(tree: object, violations: list[Violation]) -> Target | None:
    """Reads the table `target`; mistakes are appended to `violations` with paths inside it."""
    if not isinstance(tree, Mapping):
        violations.append(Violation("wrong-type", f"[target] must be a table, got {quote_value(tree)}"))
        return None
    if "kind" not in tree and isinstance(tree.get("type"), str):
        violations.append(
            Violation(
                "unknown-key",
                "unknown key type in [target]",
                path=("type",),
                anchor="key",
                recovered_value="kind",
                **Suggestion("kind").arguments(),
            )
        )
        tree = {"kind": tree["type"], **{key: value for key, value in tree.items() if key != "type"}}
    classes = tree.get("classes")
    if isinstance(classes, (list, tuple)) and classes and all(isinstance(name, str) for name in classes):
        violations.append(
            Violation(
                "wrong-type",
                f"classes must be the number of classes, {len(classes)}, got their names",
                path=("classes",),
                help="write their names in the key names",
            )
        )
        tree = {"names": classes, **tree, "classes": len(classes)}
    try:
        return read_tagged(tree, "kind", KINDS, "[target]")
    except Violations as several:
        violations += several.items
        return None if several.recovered_value is UNSET else several.recovered_value
