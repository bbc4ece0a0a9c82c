"""The table `[data]`, with `[data.train]`, `[data.validation]` and `[data.test]`."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BeforeValidator, Field

from seqspec.core.catalog.dtypes import DTypeName
from seqspec.core.catalog.keras_object import conflict
from seqspec.core.catalog.markers import Absent
from seqspec.core.catalog.types import Maybe, NonNegativeInt
from seqspec.core.catalog.validation import wrong_type
from seqspec.core.diagnostics.message import Message, Setting, TableName, Value, fmt
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.document.base_table import Table
from seqspec.core.document.data_types import ColumnKinds, MissingValues, SetSplit, SourceOrPath
from seqspec.core.document.sizes import Range, SampleShape

if TYPE_CHECKING:
    from seqspec.core.document.sources import Source

SETS = ("train", "validation", "test")
"""The sets of samples, in their usual order."""


class Dataset(Table):
    """The known properties of one set of samples."""

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
    """The validation data."""

    title = "[data.validation]"


class TestData(Dataset):
    """The test data."""

    title = "[data.test]"


def _table(value: object) -> object:
    if not isinstance(value, (dict, Dataset)):
        raise wrong_type("a table", value)
    return value


class Data(Table):
    """The data sets; an empty table declares that a set exists."""

    title = "[data]"

    source: Maybe[SourceOrPath] = Field(default=None, description="Where the samples of all sets are read from.")
    split: Maybe[SetSplit] = Field(default=None, description="How the samples of source are divided into sets.")
    columns: Maybe[ColumnKinds] = Field(
        default=None, description="How the columns of a table are encoded as the input, in the order of their values."
    )
    missing: MissingValues = Field(default="error", description="What is done about missing values.")
    memory: Literal["auto", "load", "stream", "shard"] = Field(
        default="auto",
        description="Where samples are held: in memory, on disk, or divided among the workers of a Ray cluster.",
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
        given = self.model_fields_set
        for name in SETS if "source" in given else ():
            described = getattr(self, name)
            if described is not None and "source" in described.model_fields_set:
                raise Violation(
                    "conflicting-arguments",
                    f"source is set in [data] and in [data.{name}]",
                    path=(name, "source"),
                    help=fmt("keep one: source in {} with split, or a source for each set", TableName(("data",))),
                )
        if "split" in given and "source" not in given:
            raise conflict("split", "split needs source in [data]", help=fmt("add source to {}", TableName(("data",))))
        # A single fold has a validation set, whose measured properties are set there.
        folds = self.split is not None and "k-fold" in self.split.by and self.split.fold is None
        if folds and self.split is not None and self.validation is not None:
            raise Violation(
                "conflicting-arguments",
                f'by = "{self.split.by}" validates on each fold, and [data.validation] is another validation set',
                path=("validation",),
                anchor="key",
                help=fmt("remove {}", TableName(("data", "validation"))),
                related=[(("split", "by"), "folds")],
            )
        if "columns" in given and self.columns is not None:
            self._check_columns()

    def _check_columns(self) -> None:
        """Raises `Violation` unless all sources are tables whose input columns are declared once."""
        from seqspec.core.document.sources import source_of

        described: dict[tuple[str, ...], Data | Dataset | None] = {
            (): self,
            ("train",): self.train,
            ("validation",): self.validation,
            ("test",): self.test,
        }
        sources = {path: table.source for path, table in described.items() if table is not None and table.source}
        for path, source in sources.items():
            table = source_of(source)
            if table is not None and table.type != "table":
                raise Violation(
                    "conflicting-arguments",
                    f'columns needs a source with type = "table", not "{table.type}"',
                    path=("columns",),
                    anchor="key",
                    help="remove columns, or describe the source as a table",
                    related=[((*path, "source"), f'type = "{table.type}"')],
                )
            if table is not None and table.features is not None:
                raise Violation(
                    "conflicting-arguments",
                    "features and columns both declare the input columns",
                    path=(*path, "source", "features"),
                    anchor="key",
                    help=fmt("remove features: {} replaces it", TableName(("data", "columns"))),
                    related=[(("columns",), "the columns")],
                )
        if not sources:
            raise Violation(
                "conflicting-arguments",
                "columns needs source in [data]",
                path=("columns",),
                anchor="key",
                help=fmt("add source to {}", TableName(("data",))),
            )

    @property
    def training_source(self) -> "Source | None":
        """What the training set is read from: a table, or a path with a known suffix; None if nothing is declared."""
        from seqspec.core.document.sources import source_of

        described = self.train.source if self.train is not None else None
        return source_of(self.source) or source_of(described)

    @property
    def has_training_source(self) -> bool:
        """Whether the spec declares how the training set is read."""
        return self.training_source is not None

    @property
    def has_validation(self) -> bool:
        """Whether there is a validation set, either described or created by the split."""
        return self.validation is not None or (self.split is not None and bool(self.split.has_validation))

    @classmethod
    def unknown_argument_help(cls, key: str) -> str | None:
        if key in Dataset.model_fields:
            sets = [TableName(("data", name)) for name in SETS]
            return fmt("move {} to {}, {} or {}", key, *sets)
        return _ELSEWHERE.get(key) or _moved_key_help(key)


_ELSEWHERE: dict[str, str] = {
    **dict.fromkeys(("val", "valid", "dev"), fmt("write {}", TableName(("data", "validation")))),
    **dict.fromkeys(
        ("normalize", "normalization", "standardize", "scale", "rescale"),
        fmt("add the layer {} or {}", Value("Normalization"), Value({"type": "Rescaling", "scale": "1/255"})),
    ),
    **dict.fromkeys(
        ("augment", "augmentation"), fmt("add layers such as {} to the model", Value({"type": "RandomFlip"}))
    ),
}
"""Help for what other programs put beside the data, by its name there."""


def _moved_key_help(key: str) -> Message | None:
    """The spelling of a key of `source` or `split` that is in `[data]` itself; None for any other key."""
    from seqspec.core.document.sources import SOURCES, RandomSplit

    # A table has most of the keys that several sources have.
    for kind in ("table", *SOURCES):
        source = SOURCES[kind]
        name = source.renamed.get(key, key)
        if name in source.key_names():
            return fmt("describe the source: {}", Setting("source", {"type": kind, "path": ...} | _example(name)))
    if RandomSplit.renamed.get(key, key) in RandomSplit.key_names():
        return fmt("write {}", Setting("split", {"by": "random", "validation": 0.2, "test": 0.2}))
    return None


def _example(name: str) -> dict[str, object]:
    return {} if name in ("type", "path") else {name: ...}
