"""The tables `[data.train]`, `[data.validation]`, `[data.test]`: what is known of the inputs."""

from __future__ import annotations

from typing import Any

from seqspec.catalog.arguments import arg
from seqspec.catalog.dtypes import DType
from seqspec.catalog.kinds import Anything, Boolean, Either, Integer, Kind, Optional, TableOf, Text
from seqspec.diagnostics.violation import UNSET, Violation, Violations
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
        Optional(Either(Text("a path"), TableOf(Anything()))), "Where the samples are read from.", default=None
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

    train: Dataset | None = arg(SampleSet("[data.train]"), "What the model learns from.", default=None)
    validation: Dataset | None = arg(SampleSet("[data.validation]"), "What it is watched with.", default=None)
    test: Dataset | None = arg(SampleSet("[data.test]"), "What it is judged by at the end.", default=None)

    @classmethod
    def unknown_help(cls, key: str) -> str | None:
        return f"put {key} into [data.train], [data.validation] or [data.test]" if key in Dataset.arguments else None


def read_data(tree: Any, violations: list[Violation]) -> Data | None:
    """Reads the table `data`; mistakes are appended to `problems` at paths within it."""
    return Data.read_table(tree, violations)
