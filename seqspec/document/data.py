"""The tables `[data.train]`, `[data.validation]`, `[data.test]`: what is known of the inputs."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from seqspec.catalog.dtypes import DTypeName
from seqspec.catalog.keras_object import given_arguments
from seqspec.catalog.markers import Absent
from seqspec.catalog.types import Maybe, NonNegativeInt
from seqspec.catalog.validation import wrong_type
from seqspec.diagnostics.snippet import Help, TableName
from seqspec.diagnostics.violation import Violation
from seqspec.document.data_types import MissingValues, SetSplit, SourceOrPath
from seqspec.document.sizes import Range, SampleShape
from seqspec.document.table import Table


class Dataset(Table):
    """One set of samples, as far as it is known."""

    title = "[data.…]"

    samples: Maybe[NonNegativeInt] = Field(default=None, description="Number of samples.")
    shape: Maybe[SampleShape] = Field(default=None, description="Shape of one stored sample.")
    dtype: Maybe[DTypeName] = Field(default=None, description="Dtype of the stored samples.")
    range: Maybe[Range] = Field(default=None, description="Minimum and maximum value.")
    ordered: bool = Field(default=False, description="Whether the samples are sorted by class or time.")
    source: Maybe[SourceOrPath] = Field(default=None, description="Path of the data.")


class TrainData(Dataset):
    """The training data."""

    title = "[data.train]"


class ValidationData(Dataset):
    """What training is monitored with."""

    title = "[data.validation]"


class TestData(Dataset):
    """What the trained model is evaluated on."""

    title = "[data.test]"


def _table(value: object) -> Any:
    if not isinstance(value, (dict, Dataset)):
        raise wrong_type("a table", value)
    return value


class Data(Table):
    """The data sets; an empty table declares that the set exists."""

    title = "[data]"

    source: Maybe[SourceOrPath] = Field(default=None, description="Where the samples of all sets are read from.")
    split: Maybe[SetSplit] = Field(default=None, description="How the samples of source are divided into sets.")
    missing: MissingValues = Field(default="error", description="What is done about missing values.")
    memory: Literal["auto", "load", "stream"] = Field(
        default="auto", description="Whether samples are held in memory: auto streams what does not fit."
    )
    train: Annotated[TrainData | None, BeforeValidator(_table), Absent()] = Field(
        default=None, description="The training data."
    )
    validation: Annotated[ValidationData | None, BeforeValidator(_table), Absent()] = Field(
        default=None, description="The validation data."
    )
    test: Annotated[TestData | None, BeforeValidator(_table), Absent()] = Field(
        default=None, description="The test data."
    )

    def check_arguments(self) -> None:
        given = given_arguments(self)
        for name in ("train", "validation", "test"):
            described = given.get(name)
            if "source" in given and described is not None and "source" in given_arguments(described):
                raise Violation(
                    "conflicting-arguments",
                    f"source is set in [data] and in [data.{name}]",
                    path=(name, "source"),
                    help=Help("keep one: source in ", TableName(("data",)), " with split, or a source for each set"),
                )
        if "split" in given and "source" not in given:
            raise Violation(
                "conflicting-arguments",
                "split needs source in [data]",
                path=("split",),
                help=Help("add source to ", TableName(("data",))),
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
    def unknown_argument_help(cls, key: str) -> str | Help | None:
        return (
            Help(
                f"move {key} to ",
                TableName(("data", "train")),
                ", ",
                TableName(("data", "validation")),
                " or ",
                TableName(("data", "test")),
            )
            if key in Dataset.model_fields
            else None
        )


def read_data(tree: object, violations: list[Violation]) -> Data | None:
    """Reads the table `data`; mistakes are appended to `violations`, with paths relative to the table."""
    return Data.read_table(tree, violations)
