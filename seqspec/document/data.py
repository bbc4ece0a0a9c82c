"""The tables `[data.train]`, `[data.validation]`, `[data.test]`: what is known of the inputs."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from seqspec.catalog.dtypes import DTypeName
from seqspec.catalog.markers import Absent, Expects
from seqspec.catalog.types import Maybe, NonNegativeInt
from seqspec.catalog.validation import wrong_type
from seqspec.diagnostics.violation import Violation
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
    source: Maybe[Annotated[str, Expects("a path")] | dict[str, Any]] = Field(
        default=None, description="Path of the data."
    )


class TrainData(Dataset):
    """The training data."""

    title = "[data.train]"


class ValidationData(Dataset):
    """What training is monitored with."""

    title = "[data.validation]"


class TestData(Dataset):
    """What the trained model is evaluated on."""

    title = "[data.test]"


def _table(value: Any) -> Any:
    if not isinstance(value, (dict, Dataset)):
        raise wrong_type("a table", value)
    return value


class Data(Table):
    """The data; a table that is there, be it empty, says that there is such a set."""

    title = "[data]"

    train: Annotated[TrainData | None, BeforeValidator(_table), Absent()] = Field(
        default=None, description="The training data."
    )
    validation: Annotated[ValidationData | None, BeforeValidator(_table), Absent()] = Field(
        default=None, description="The validation data."
    )
    test: Annotated[TestData | None, BeforeValidator(_table), Absent()] = Field(
        default=None, description="The test data."
    )

    @classmethod
    def unknown_argument_help(cls, key: str) -> str | None:
        return f"move {key} to [data.train], [data.validation] or [data.test]" if key in Dataset.model_fields else None


def read_data(tree: Any, violations: list[Violation]) -> Data | None:
    """Reads the table `data`; mistakes are appended to `problems` at paths within it."""
    return Data.read_table(tree, violations)
