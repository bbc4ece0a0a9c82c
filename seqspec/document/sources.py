"""The tables `source`, `split` and `missing` of `[data]`: where samples come from, and which set they are in."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class DataTable(BaseModel):
    """Base of the tables of this module."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, allow_inf_nan=False, defer_build=True, populate_by_name=True
    )

    def to_tree(self) -> dict[str, Any]:
        """The table as a spec holds it: only the keys that were written."""
        return self.model_dump(exclude_unset=True, by_alias=True)


Columns = Annotated[list[str], Field(min_length=1)]


class ArraysSource(DataTable):
    """NumPy arrays: an .npz file, a folder of .npy files, or one .npy file. Pickled objects are refused."""

    type: Literal["arrays"] = Field(description="NumPy arrays.")
    path: str = Field(description="An .npz file, a folder that holds .npy files, or one .npy file.")
    x: str = Field(
        default="x", description="Name of the input array in the .npz file, or of its .npy file in the folder."
    )
    y: str | None = Field(
        default=None, description="Name of the label array; y where it exists. Beside one .npy file: a path."
    )
    weight: str | None = Field(default=None, description="Name of the array of sample weights.")


class TableSource(DataTable):
    """Rows of a CSV, TSV, JSON Lines, Parquet or Feather file."""

    type: Literal["table"] = Field(description="Rows of a table.")
    path: str = Field(description="A file, or a glob pattern such as data/*.csv.")
    format: Literal["csv", "tsv", "jsonl", "parquet", "feather"] | None = Field(
        default=None, description="File format; by default the suffix of the file name decides."
    )
    features: Columns | None = Field(default=None, description="Input columns; by default all that have no other use.")
    label: str | Columns | None = Field(default=None, description="Label column, or several of them.")
    weight: str | None = Field(default=None, description="Column of sample weights.")
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = Field(
        default=None, description="Delimiter of a CSV file."
    )


class ImagesSource(DataTable):
    """Image files; the folder of an image is its class."""

    type: Literal["images"] = Field(description="Image files, one folder per class.")
    path: str = Field(description="The folder that holds one folder per class.")
    size: Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=2, max_length=2)] | None = Field(
        default=None, description="Height and width that images are resized to."
    )
    channels: Literal[1, 3, 4] | None = Field(default=None, description="Channels: 1 gray, 3 RGB, 4 RGBA.")


class TextSource(DataTable):
    """Text files with one folder per class, or a text column of a table."""

    type: Literal["text"] = Field(description="Text files or a text column.")
    path: str = Field(description="The folder that holds one folder per class, or a table file.")
    column: str | None = Field(default=None, description="Text column of the table.")
    label: str | None = Field(default=None, description="Label column of the table.")


class SeriesSource(DataTable):
    """Windows over a time series stored as a table, oldest row first."""

    type: Literal["series"] = Field(description="Windows over a time series.")
    path: str = Field(description="A table file or a .npy file, oldest row first.")
    features: Columns | None = Field(default=None, description="Input columns; by default all numeric columns.")
    target: str | Columns | None = Field(default=None, description="Columns to forecast; by default the features.")
    window: Annotated[int, Field(ge=1)] = Field(description="Time steps in one input window.")
    horizon: Annotated[int, Field(ge=1)] = Field(default=1, description="Time steps to forecast.")
    stride: Annotated[int, Field(ge=1)] = Field(default=1, description="Time steps between two windows.")


class AudioSource(DataTable):
    """WAV files; the folder of a file is its class."""

    type: Literal["audio"] = Field(description="WAV files, one folder per class.")
    path: str = Field(description="The folder that holds one folder per class.")
    samples: Annotated[int, Field(ge=1)] = Field(
        description="Samples per clip: longer clips are cut, shorter ones padded with zeros."
    )


class PythonSource(DataTable):
    """A Python function that returns arrays; runs only where the caller allows its module."""

    type: Literal["python"] = Field(description="A Python function that returns (x, y) or (x, y, weight).")
    import_: str = Field(alias="import", pattern=r"^[\w.]+:\w+$", description='The function, as "module:function".')
    args: dict[str, Any] = Field(default_factory=dict, description="Keyword arguments of the function.")


Source = Annotated[
    ArraysSource | TableSource | ImagesSource | TextSource | SeriesSource | AudioSource | PythonSource,
    Field(discriminator="type"),
]

Fraction = Annotated[float, Field(ge=0, le=1)]


class FractionSplit(DataTable):
    """Base of the splits that are given by fractions."""

    train: Fraction | None = Field(default=None, description="Fraction for training; by default the rest.")
    validation: Fraction = Field(default=0.0, description="Fraction for validation.")
    test: Fraction = Field(default=0.0, description="Fraction for testing.")

    @model_validator(mode="after")
    def _at_most_one(self) -> "FractionSplit":
        held_out = self.validation + self.test
        if (self.train or 0.0) + held_out > 1 + 1e-9:
            raise ValueError(f"the fractions sum to {(self.train or 0.0) + held_out:g}, more than 1")
        if self.train == 0 or (self.train is None and held_out >= 1):
            raise ValueError("no samples are left for training")
        return self

    @property
    def fractions(self) -> dict[str, float]:
        """The fraction of each set."""
        train = 1.0 - self.validation - self.test if self.train is None else self.train
        return {"train": train, "validation": self.validation, "test": self.test}


class RandomSplit(FractionSplit):
    """Samples are assigned at random."""

    by: Literal["random"] = Field(description="At random.")
    stratify: bool = Field(default=False, description="Whether each class has the same share of every set.")


class GroupSplit(FractionSplit):
    """Samples of one group stay in one set."""

    by: Literal["group"] = Field(description="By group: no group is in two sets.")
    column: str = Field(description="Column that names the group.")


class TimeSplit(FractionSplit):
    """The oldest samples train, the newest test."""

    by: Literal["time"] = Field(description="By time: training data is older than validation and test data.")
    column: str | None = Field(
        default=None, description="Column to sort by; by default rows are in chronological order."
    )
    gap: Annotated[int, Field(ge=0)] = Field(default=0, description="Samples that are dropped between two sets.")


class ColumnSplit(DataTable):
    """A column names the set of each sample: train, validation or test."""

    by: Literal["column"] = Field(description="By the values train, validation and test of a column.")
    column: str = Field(description="Column that names the set.")
    group: str | None = Field(default=None, description="Column whose values must not be in two sets.")
    time: str | None = Field(default=None, description="Column by which training data must be older.")


class HashSplit(FractionSplit):
    """A hash of a column assigns samples, so that adding rows moves no sample to another set."""

    by: Literal["hash"] = Field(description="By a hash of a column: stable when rows are added.")
    column: str = Field(description="Column that is hashed.")


Split = Annotated[
    RandomSplit | GroupSplit | TimeSplit | ColumnSplit | HashSplit,
    Field(discriminator="by"),
]


class Fill(DataTable):
    """Missing values are replaced; statistics come from the training set."""

    fill: Literal["mean", "median"] | float | int = Field(description="mean, median, or a constant.")


Missing = Literal["error", "drop"] | Fill


class LastLayers(DataTable):
    """The last layers of a nested model are trained, the others are frozen."""

    last: Annotated[int, Field(ge=1)] = Field(description="Number of layers, counted from the end.")


Trainable = bool | LastLayers


class Best(DataTable):
    """Which epoch is the best one."""

    monitor: str = Field(default="val_loss", description="The logged value that decides.")
    mode: Literal["min", "max", "auto"] = Field(default="auto", description="Whether lower or higher is better.")


def source_of(value: "Source | str | None") -> "Source | None":
    """A source given by its path alone, as a table; None where the suffix does not say what the file is."""
    if not isinstance(value, str):
        return value
    suffix = value.lower().rpartition(".")[2]
    if suffix in ("npz", "npy"):
        return ArraysSource(type="arrays", path=value)
    if suffix in ("csv", "tsv", "jsonl", "ndjson", "parquet", "feather", "arrow"):
        return TableSource(type="table", path=value)
    return None
