"""The tables `[data.train]`, `[data.validation]`, `[data.test]`: what is known of the inputs."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from seqspec.catalog.dtypes import DTypeName
from seqspec.catalog.keras_object import given_arguments
from seqspec.catalog.markers import Absent
from seqspec.catalog.types import Maybe, NonNegativeInt
from seqspec.catalog.validation import wrong_type
from seqspec.diagnostics.snippet import Help, Setting, TableName, Value
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
        if key in Dataset.model_fields:
            sets = [TableName(("data", name)) for name in ("train", "validation", "test")]
            return Help(f"move {key} to ", sets[0], ", ", sets[1], " or ", sets[2])
        return _source_help(key) or _ELSEWHERE.get(key)


_ELSEWHERE: dict[str, str | Help] = {
    **dict.fromkeys(
        ("by", "stratify", "test_size", "train_size", "val_size", "val_split", "validation_split", "test_split"),
        Help("write ", Setting("split", {"by": "random", "validation": 0.2, "test": 0.2})),
    ),
    **dict.fromkeys(("val", "valid", "dev"), Help("write ", TableName(("data", "validation")))),
    **dict.fromkeys(("batch_size", "epochs", "shuffle", "class_weight"), Help("write it in ", TableName(("fit",)))),
    **dict.fromkeys(
        ("normalize", "normalization", "standardize", "scale", "rescale"),
        Help("add the layer ", Value("Normalization"), " or ", Value({"type": "Rescaling", "scale": "1/255"})),
    ),
    **dict.fromkeys(
        ("augment", "augmentation"), Help("add layers such as ", Value({"type": "RandomFlip"}), " to the model")
    ),
}
"""What other programs call a part of the data, with the place that it has in a spec."""

_SOURCE_KEYS = {
    **dict.fromkeys(("kind", "type", "folder", "directory", "dir", "file", "filename"), "path"),
    **dict.fromkeys(("labels", "target", "targets", "y"), "label"),
    **dict.fromkeys(("columns", "inputs", "x"), "features"),
    **dict.fromkeys(("image_size", "target_size", "img_size"), "size"),
}


def _source_help(key: str) -> Help | None:
    """How the key of a source is written, by its name or another one that people use."""
    from seqspec.document.sources import SOURCES

    meant = _SOURCE_KEYS.get(key, key)
    # A path is what all sources have, and a label most tables.
    kinds = ("table", *SOURCES)
    kind = next((kind for kind in kinds if meant in SOURCES[kind].key_names()), None)
    if kind is None:
        return None
    example = {"type": kind, "path": ..., **({} if meant == "path" else {meant: ...})}
    return Help("describe the source: ", Setting("source", example))


def read_data(tree: object, violations: list[Violation]) -> Data | None:
    """Reads the table `data`; mistakes are appended to `violations`, with paths relative to the table."""
    return Data.read_table(tree, violations)
