"""The tables `source`, `split` (folds included) and `missing` of `[data]`."""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar, Literal, TypeVar, get_args

from annotated_types import Ge, Le, Len, MinLen
from pydantic import AfterValidator, Field

from seqspec.core.catalog.field_kind import kind_of_field
from seqspec.core.catalog.keras_object import bad_argument, conflict
from seqspec.core.catalog.types import Maybe, NonNegativeInt, PositiveInt, UnitInterval
from seqspec.core.diagnostics.message import TableName, fmt, quote_value
from seqspec.core.diagnostics.violation import UNSET, Violation
from seqspec.core.document.base_table import Table
from seqspec.core.document.columns import DATE_PARTS, CalendarParts, DateFormat
from seqspec.core.document.data_types import GapPolicy
from seqspec.core.document.table_formats import Dialect, TableFormatName, table_format_of


class FoldSplit(Table):
    """Base of the splits into folds: the model is trained once per fold, then on all samples but the test set."""

    renamed: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(("k", "n_splits", "n_folds", "splits"), "folds"),
        "n_repeats": "repeats",
        **dict.fromkeys(("test_size", "test_split"), "test"),
    }
    has_validation: ClassVar[bool] = True

    folds: Annotated[int, Ge(2), Le(100)] = Field(default=5, description="Number of folds.")
    test: UnitInterval = Field(default=0.0, description="Fraction for testing, which is in no fold.")
    fold: Maybe[PositiveInt] = Field(
        default=None, description="The only fold to train, from 1; by default all of them, then the final model."
    )

    def check_arguments(self) -> None:
        if self.test >= 1:
            raise Violation("bad-value", "no samples are left for training", path=("test",))
        if self.fold is not None and self.fold > self.count:
            raise bad_argument("fold", f"must be at most {self.count}, got {self.fold}")

    @property
    def count(self) -> int:
        """The number of trainings before that of the final model."""
        return self.folds

    @property
    def fractions(self) -> dict[str, float]:
        """The fractions of the sets before the first one is divided into folds."""
        return {"train": 1.0 - self.test, "test": self.test}


class ShuffledFoldSplit(FoldSplit):
    """Base of the splits into random folds."""

    repeats: Annotated[int, Ge(1), Le(100)] = Field(
        default=1, description="How often the samples are divided into new folds."
    )
    seed: Maybe[NonNegativeInt] = Field(default=None, description="Seed of the folds; by default that of the run.")

    @property
    def count(self) -> int:
        return self.folds * self.repeats


class KFoldSplit(ShuffledFoldSplit):
    """Samples are assigned to folds at random."""

    title = 'a split with by = "k-fold"'

    by: Literal["k-fold"] = Field(description="Cross-validation: random folds, each of which validates once.")
    stratify: bool = Field(default=False, description="Whether each class has the same share of every fold.")


class GroupKFoldSplit(ShuffledFoldSplit):
    """Samples of one group stay in one fold."""

    title = 'a split with by = "group-k-fold"'

    by: Literal["group-k-fold"] = Field(description="Cross-validation: no group is in two folds.")
    column: str = Field(description="Column that names the group.")


class TimeKFoldSplit(FoldSplit):
    """Each fold validates on the samples after those that it trains on."""

    title = 'a split with by = "time-k-fold"'

    by: Literal["time-k-fold"] = Field(description="Cross-validation on growing parts, each validated by the next.")
    column: Maybe[str] = Field(
        default=None, description="Column to sort by; by default rows are in chronological order."
    )
    gap: NonNegativeInt = Field(default=0, description="Samples that are dropped between two sets.")


T = TypeVar("T", bound=Table)

Columns = Annotated[list[str], MinLen(1)]

_PATH_NAMES = {"kind": "type", **dict.fromkeys(("folder", "directory", "dir", "file", "filename"), "path")}
_LABEL_NAMES = dict.fromkeys(("labels", "target", "targets", "y"), "label")


def _function(value: str) -> str:
    if not re.fullmatch(r"[\w.]+:\w+", value):
        raise Violation("bad-value", f'must be of the form "module:function", got {quote_value(value)}')
    return value


def _by_tag(tag: str, tables: Iterable[type[T]]) -> Mapping[str, type[T]]:
    """Tables by the only value of their key `tag`."""
    return {kind_of_field(table.model_fields[tag]).choices[0]: table for table in tables}


class SourceTable(Table):
    """Base of the sources."""

    reader: ClassVar[str]
    """The module and the function in `seqspec.training.data` that read it."""
    described: ClassVar[str]
    """What is read, in docs/training.md."""


class ArraysSource(SourceTable):
    """NumPy arrays: an .npz file, a folder of .npy files, or one .npy file. Pickled objects are refused."""

    title = 'a source with type = "arrays"'
    reader = "arrays:read_arrays"
    described = "an .npz file, a folder of .npy files, or one .npy file; pickled objects are refused"
    renamed = _PATH_NAMES | {"features": "x", "labels": "y", "label": "y"}

    type: Literal["arrays"] = Field(description="NumPy arrays.")
    path: str = Field(description="An .npz file, a folder that holds .npy files, or one .npy file.")
    x: str = Field(
        default="x", description="Name of the input array in the .npz file, or of its .npy file in the folder."
    )
    y: Maybe[str] = Field(
        default=None, description="Name of the label array; y where it exists. Beside one .npy file: a path."
    )
    weight: Maybe[str] = Field(default=None, description="Name of the array of sample weights.")


class TableSource(Dialect, SourceTable):
    """Rows of a file in one of `TABLE_FORMATS`."""

    title = 'a source with type = "table"'
    reader = "table_source:read_table"
    described = (
        "{texts} (also compressed: {suffixes}); {others}. PyArrow reads them; without it {readable} can be "
        "read, more slowly. `path` may be a pattern such as `data/*.csv`"
    )
    renamed = _PATH_NAMES | _LABEL_NAMES | dict.fromkeys(("columns", "inputs", "x"), "features")

    type: Literal["table"] = Field(description="Rows of a table.")
    path: str = Field(description="A file, or a glob pattern such as data/*.csv.")
    format: Maybe[TableFormatName] = Field(
        default=None, description="File format; by default the suffix of the file name decides."
    )
    features: Maybe[Columns] = Field(default=None, description="Input columns; by default all that have no other use.")
    label: Maybe[str | Columns] = Field(default=None, description="Label column, or several of them.")
    weight: Maybe[str] = Field(default=None, description="Column of sample weights.")
    id: Maybe[str] = Field(
        default=None, description="Column that identifies a row: kept in predictions and messages, not an input."
    )
    ignore: Maybe[list[str]] = Field(default=None, description="Columns that are deliberately not used.")

    @classmethod
    def unknown_argument(cls, key: str, tree: Mapping[str, object]) -> Violation:
        violation = super().unknown_argument(key, tree)
        if violation.suggestion != "features" or not isinstance(tree[key], Mapping):
            return violation
        help = fmt("write {}", TableName(("data", "columns")))
        return violation.replace(help=help, label=None, suggestion=None, recovered_value=UNSET)


class ImagesSource(SourceTable):
    """Image files; the folder of an image is its class."""

    title = 'a source with type = "images"'
    reader = "folders:read_images"
    described = "image files, one folder per class (needs Pillow)"
    renamed = _PATH_NAMES | dict.fromkeys(("image_size", "target_size", "img_size"), "size")

    type: Literal["images"] = Field(description="Image files, one folder per class.")
    path: str = Field(description="The folder that holds one folder per class.")
    size: Maybe[Annotated[list[PositiveInt], Len(2, 2)]] = Field(
        default=None, description="Height and width that images are resized to."
    )
    channels: Maybe[Literal[1, 3, 4]] = Field(default=None, description="Channels: 1 gray, 3 RGB, 4 RGBA.")
    crop_to_aspect_ratio: bool = Field(
        default=False, description="Whether to crop the center of an image instead of distorting it to the size."
    )


class TextSource(SourceTable):
    """Text files with one folder per class, or a text column of a table."""

    title = 'a source with type = "text"'
    reader = "folders:read_texts"
    described = ".txt files, one folder per class, or a column of a table"
    renamed = _PATH_NAMES | _LABEL_NAMES

    type: Literal["text"] = Field(description="Text files or a text column.")
    path: str = Field(description="The folder that holds one folder per class, or a table file.")
    column: Maybe[str] = Field(default=None, description="Text column of the table.")
    label: Maybe[str] = Field(default=None, description="Label column of the table.")


class GapFill(Table):
    """Missing time steps are filled from those around them; longer gaps stay gaps."""

    title = "gaps"

    fill: Literal["linear", "last"] = Field(
        description="linear between the steps before and after the gap, or the last value before it."
    )
    max: PositiveInt = Field(description="Longest gap that is filled, in steps; no window crosses a longer one.")


class SeriesSource(Dialect, SourceTable):
    """Windows over one or several time series stored as a table, oldest row first."""

    title = 'a source with type = "series"'
    reader = "series.reader:read_series"
    described = "windows over one or several time series, oldest row first: see [Time series](#time-series)"
    renamed = (
        _PATH_NAMES
        | {"columns": "features", "targets": "target", "label": "target"}
        | dict.fromkeys(("date_format", "time_format"), "format")
        | dict.fromkeys(("date", "timestamp", "datetime", "time_column"), "time")
        | dict.fromkeys(("groups", "item_id", "series_id", "unique_id"), "group")
        | dict.fromkeys(("future_covariates", "known_covariates", "known_covariates_names"), "known")
        | dict.fromkeys(("lookback", "context_length", "input_chunk_length", "window_length"), "window")
        | dict.fromkeys(("steps", "prediction_length", "output_chunk_length", "fh"), "horizon")
        | {"seasonality": "season", "period": "season"}
    )

    type: Literal["series"] = Field(description="Windows over a time series.")
    path: str = Field(description="A table file or a .npy file, oldest row first.")
    time: Maybe[str] = Field(
        default=None, description="Column of the time stamps: ISO 8601 dates or date times, or integers."
    )
    format: Maybe[DateFormat] = Field(
        default=None, description="Format of the time stamps as in strptime, such as %d/%m/%Y; by default as in time."
    )
    group: Maybe[str] = Field(default=None, description="Column that names the series of each row; one series without.")
    features: Maybe[Columns] = Field(default=None, description="Input columns; by default all numeric columns.")
    target: Maybe[str | Columns] = Field(default=None, description="Columns to forecast; by default the features.")
    known: Maybe[Columns] = Field(
        default=None, description="Input columns whose values are known for the steps to forecast, such as holidays."
    )
    calendar: Maybe[CalendarParts] = Field(
        default=None,
        description="Inputs from the time stamps, known for the steps to forecast: the sine and cosine of month, "
        "season (day of the year), weekday and hour, and whether it is weekend.",
    )
    window: PositiveInt = Field(description="Time steps in one input window.")
    horizon: PositiveInt = Field(default=1, description="Time steps to forecast.")
    stride: PositiveInt = Field(default=1, description="Time steps between two windows.")
    gaps: GapPolicy = Field(
        default="error", description="What is done about missing time steps; no window crosses a gap that is left."
    )
    season: Maybe[PositiveInt] = Field(
        default=None, description="Time steps of a season, for the seasonal baseline; by default from the time stamps."
    )

    @property
    def known_values(self) -> int:
        """The number of inputs that are known for each step to forecast: those of `known` and of `calendar`."""
        return len(self.known or ()) + sum(DATE_PARTS[part] for part in self.calendar or ())

    @property
    def targets(self) -> list[str]:
        """The columns to forecast, as far as they are written."""
        return [self.target] if isinstance(self.target, str) else list(self.target or self.features or ())

    def check_arguments(self) -> None:
        uses = [
            ("time", [self.time] if self.time else []),
            ("group", [self.group] if self.group else []),
            ("target", self.targets),
            ("known", list(self.known or ())),
        ]
        for number, (key, names) in enumerate(uses):
            for other, others in uses[:number]:
                twice = next((name for name in names if name in others), None)
                if twice is not None:
                    # A target that is known would be an input of its own forecast.
                    message = f'column "{twice}" is both {other} and {key}'
                    # Without target, the features are forecast.
                    where = key if key in self.model_fields_set else "features"
                    help = f"remove it from {where}, or name another column in {other}"
                    raise conflict(where, message, help=help)
        for name in self.features or ():
            if name in (self.time, self.group):
                message = f'column "{name}" is {"time" if name == self.time else "group"}, not a feature'
                raise conflict("features", message, help="remove it from features")
        if self.time is None:
            for key, message in (
                ("gaps", "gaps are found by time stamps"),
                ("format", "format is that of time stamps"),
                ("calendar", "calendar is that of time stamps"),
            ):
                if key in self.model_fields_set:
                    raise conflict(key, f"{message}, and time is not set", help=f"set time, or remove {key}")


class AudioSource(SourceTable):
    """WAV files; the folder of a file is its class."""

    title = 'a source with type = "audio"'
    reader = "folders:read_audio"
    described = "WAV files, one folder per class"
    renamed = _PATH_NAMES

    type: Literal["audio"] = Field(description="WAV files, one folder per class.")
    path: str = Field(description="The folder that holds one folder per class.")
    samples: PositiveInt = Field(description="Samples per clip: longer clips are cut, shorter ones padded with zeros.")


class PythonSource(SourceTable):
    """A Python function that returns arrays; runs only where the caller allows its module."""

    title = 'a source with type = "python"'
    reader = "arrays:read_python"
    described = "what a function returns: `(x, y)` or `(x, y, weight)`. It runs only with `--allow-custom MODULE`"

    type: Literal["python"] = Field(description="A Python function that returns (x, y) or (x, y, weight).")
    import_: Annotated[str, AfterValidator(_function)] = Field(
        alias="import", description='The function, as "module:function".'
    )
    args: dict[str, Any] = Field(default={}, description="Keyword arguments of the function.")


Source = ArraysSource | TableSource | ImagesSource | TextSource | SeriesSource | AudioSource | PythonSource
SOURCES: Mapping[str, type[SourceTable]] = _by_tag("type", get_args(Source))
"""The sources by their `type`."""


class FractionSplit(Table):
    """Base of the splits that are given by fractions."""

    renamed: ClassVar[Mapping[str, str]] = {
        "train_size": "train",
        **dict.fromkeys(
            ("val", "valid", "dev", "eval", "val_size", "val_split", "validation_size", "validation_split"),
            "validation",
        ),
        **dict.fromkeys(("test_size", "test_split"), "test"),
    }

    train: Maybe[UnitInterval] = Field(default=None, description="Fraction for training; by default the rest.")
    validation: UnitInterval = Field(default=0.0, description="Fraction for validation.")
    test: UnitInterval = Field(default=0.0, description="Fraction for testing.")

    def check_arguments(self) -> None:
        held_out = self.validation + self.test
        if (self.train or 0.0) + held_out > 1 + 1e-9:
            raise Violation("bad-value", f"the fractions sum to {(self.train or 0.0) + held_out:g}, more than 1")
        if self.train == 0 or (self.train is None and held_out >= 1):
            raise Violation("bad-value", "no samples are left for training")

    @property
    def has_validation(self) -> bool:
        """Whether there is a validation set."""
        return self.validation > 0

    @property
    def fractions(self) -> dict[str, float]:
        """The fraction of each set."""
        train = 1.0 - self.validation - self.test if self.train is None else self.train
        return {"train": train, "validation": self.validation, "test": self.test}


class SeededSplit(FractionSplit):
    """Base of the splits that depend on a seed."""

    seed: Maybe[NonNegativeInt] = Field(
        default=None, description="Seed of the split; by default that of the run, so that runs can differ in both."
    )


class RandomSplit(SeededSplit):
    """Samples are assigned at random."""

    title = 'a split with by = "random"'

    by: Literal["random"] = Field(description="At random.")
    stratify: bool = Field(default=False, description="Whether each class has the same share of every set.")


class GroupSplit(SeededSplit):
    """Samples of one group stay in one set."""

    title = 'a split with by = "group"'

    by: Literal["group"] = Field(description="By group: no group is in two sets.")
    column: str = Field(description="Column that names the group.")


class TimeSplit(FractionSplit):
    """The oldest samples train, the newest test."""

    title = 'a split with by = "time"'

    by: Literal["time"] = Field(description="By time: training data is older than validation and test data.")
    column: Maybe[str] = Field(
        default=None, description="Column to sort by; by default rows are in chronological order."
    )
    gap: NonNegativeInt = Field(default=0, description="Samples that are dropped between two sets.")


class ColumnSplit(Table):
    """A column names the set of each sample: train, validation or test."""

    title = 'a split with by = "column"'
    has_validation: ClassVar[bool] = True

    by: Literal["column"] = Field(description="By the values train, validation and test of a column.")
    column: str = Field(description="Column that names the set.")
    group: Maybe[str] = Field(default=None, description="Column whose values must not be in two sets.")
    time: Maybe[str] = Field(default=None, description="Column by which training data must be older.")


class HashSplit(FractionSplit):
    """A hash of a column assigns samples, so that adding rows moves no sample to another set."""

    title = 'a split with by = "hash"'

    by: Literal["hash"] = Field(description="By a hash of a column: stable when rows are added.")
    column: str = Field(description="Column that is hashed.")


Split = RandomSplit | GroupSplit | TimeSplit | ColumnSplit | HashSplit | KFoldSplit | GroupKFoldSplit | TimeKFoldSplit
SPLITS: Mapping[str, type[Table]] = _by_tag("by", get_args(Split))
"""The splits by their `by`."""


class Fill(Table):
    """Missing values are replaced; statistics come from the training set."""

    title = "missing"

    fill: Literal["mean", "median"] | float | int = Field(description="mean, median, or a constant.")


Missing = Literal["error", "drop"] | Fill


class LastLayers(Table):
    """The last layers of a nested model are trained, the others are frozen."""

    title = "an entry of trainable"

    last: PositiveInt = Field(description="Number of layers, counted from the end.")


class Best(Table):
    """Which epoch is the best one."""

    title = "best"

    monitor: str = Field(default="val_loss", description="The logged value that decides.")
    mode: Literal["min", "max", "auto"] = Field(default="auto", description="Whether lower or higher is better.")


class Representative(Table):
    """The samples on which the ranges of int8 values are measured."""

    title = "representative"

    set: Literal["train", "validation", "test"] = Field(default="train", description="The dataset.")
    samples: PositiveInt = Field(default=100, description="Number of samples.")


def source_of(value: "Source | str | None") -> "Source | None":
    """The source for a path alone, by its suffix; None for an unknown suffix."""
    if not isinstance(value, str):
        return value
    if value.lower().endswith((".npz", ".npy")):
        return ArraysSource(type="arrays", path=value)
    return None if table_format_of(value) is None else TableSource(type="table", path=value)


_OTHER_FILES: Mapping[tuple[str, ...], str] = {
    (".xlsx", ".xls", ".xlsm", ".ods"): "save the sheet as CSV, or convert it to Parquet",
    (".zip", ".tar", ".tgz", ".tar.gz", ".7z", ".rar"): "unpack it",
    (".pkl", ".pickle", ".rds", ".rdata", ".sav", ".dta", ".sas7bdat"): "convert it to CSV or Parquet",
    (".db", ".sqlite", ".sqlite3"): "export the table as CSV or Parquet",
    (".txt", ".dat", ".data"): "if it is a table, rename it to .csv or .tsv",
}


def unreadable_data(path: str) -> str | None:
    """What to do about data that no source reads, such as a workbook or a URL; None for other paths."""
    if re.match(r"[a-z][a-z0-9+.-]+://", path, re.I):
        return "download it first: sources are local files"
    lower = path.lower()
    if table_format_of(lower) is not None:
        return None
    return next((help for suffixes, help in _OTHER_FILES.items() if lower.endswith(suffixes)), None)


def is_data(path: str) -> bool:
    """Whether a path looks like data, not like a spec: by its suffix, or because it is a URL."""
    return source_of(path) is not None or (unreadable_data(path) is not None and not path.lower().endswith(".txt"))
