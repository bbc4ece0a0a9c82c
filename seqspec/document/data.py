"""The tables `[data.train]`, `[data.validation]`, `[data.test]`: what is known of the inputs."""

from __future__ import annotations

from typing import Any

from seqspec.catalog.arguments import arg, given_arguments
from seqspec.catalog.dtypes import DType
from seqspec.catalog.kinds import Boolean, Integer, Kind, Optional
from seqspec.diagnostics.violation import UNSET, Violation, Violations
from seqspec.document.pydantic_kind import Typed, TypedOrText
from seqspec.document.sizes import Range, SampleShape
from seqspec.document.table import Table
from seqspec.shapes.dims import Shape


class Dataset(Table):
    """One set of samples, as far as it is known."""

    title = "[data.…]"

    samples: int | None = arg(Optional(Integer(minimum=0)), "Number of samples.", default=None)
    shape: Shape | None = arg(Optional(SampleShape()), "Shape of one sample, as it is stored.", default=None)
    dtype: str | None = arg(Optional(DType()), "Dtype of the samples, as they are stored.", default=None)
    range: tuple[float, float] | None = arg(Optional(Range()), "Least and greatest value.", default=None)
    ordered: bool = arg(Boolean(), "Whether the samples are sorted by class or time.", default=False)
    source: Any = arg(
        Optional(TypedOrText("Source", "a path or a table with type")), "Where the samples are read from.", default=None
    )


class SampleSet(Kind):
    neutral = True

    def __init__(self, title: str) -> None:
        self.type: type[Dataset] = type("Dataset", (Dataset,), {"title": title, "__doc__": Dataset.__doc__})

    def read(self, value: Any) -> Any:
        if not isinstance(value, dict):
            raise self.refuse(value)
        violations: list[Violation] = []
        made = self.type.read(value, violations)
        if violations:
            raise Violations(violations, UNSET if made is None else made)
        return made

    def describe(self) -> str:
        return "a table"


class Data(Table):
    """The data; a table that is there, be it empty, says that there is such a set."""

    title = "[data]"

    source: Any = arg(
        Optional(TypedOrText("Source", "a path or a table with type")),
        "Where the samples of all sets are read from.",
        default=None,
    )
    split: Any = arg(
        Optional(Typed("Split", "a table with by")), "How the samples of source are divided into sets.", default=None
    )
    missing: Any = arg(
        TypedOrText("Missing", '"error", "drop" or a table with fill'), "What is done about missing values.",
        default="error",
    )  # fmt: skip
    train: Dataset | None = arg(SampleSet("[data.train]"), "What the model learns from.", default=None)
    validation: Dataset | None = arg(SampleSet("[data.validation]"), "What it is watched with.", default=None)
    test: Dataset | None = arg(SampleSet("[data.test]"), "What it is judged by at the end.", default=None)

    def check(self) -> None:
        given = given_arguments(self)
        if isinstance(self.missing, str) and self.missing not in ("error", "drop"):
            raise Violation(
                "bad-value",
                f'missing must be "error", "drop" or {{ fill = ... }}, got "{self.missing[:60]}"',
                path=("missing",),
            )
        for name in ("train", "validation", "test"):
            described = given.get(name)
            if "source" in given and described is not None and "source" in given_arguments(described):
                raise Violation(
                    "conflicting-arguments",
                    f"source is set in [data] and in [data.{name}]",
                    path=(name, "source"),
                    help="keep one: source in [data] with split, or a source for each set",
                )
        if "split" in given and "source" not in given:
            raise Violation(
                "conflicting-arguments", "split needs source in [data]", path=("split",), help="add source to [data]"
            )

    @property
    def has_training_source(self) -> bool:
        """Whether the spec says how the training set is read: by a table, or by a path whose suffix says it."""
        from seqspec.document.sources import source_of

        described = self.train.source if self.train is not None else None
        return source_of(self.source) is not None or source_of(described) is not None

    @property
    def has_validation(self) -> bool:
        """Whether there is a validation set: one that is described, or one that the split makes."""
        return self.validation is not None or (
            self.split is not None and (self.split.by == "column" or self.split.validation > 0)
        )

    @classmethod
    def unknown_help(cls, key: str) -> str | None:
        return f"put {key} into [data.train], [data.validation] or [data.test]" if key in Dataset.arguments else None


def read_data(tree: Any, violations: list[Violation]) -> Data | None:
    """Reads the table `data`; mistakes are appended to `problems` at paths within it."""
    return Data.read_table(tree, violations)
