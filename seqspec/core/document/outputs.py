"""The tables `[save]`, `[export]`, `[quantize]` and `[report]`: the outputs of training.

`[export]` can be a list of tables, `[[export]]`, one for each file.
"""

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from annotated_types import Ge, Gt, Le, Len, Lt
from pydantic import Field

from seqspec.core.catalog.export_formats import (
    EXPORT_FORMATS,
    ExportFormat,
    FormatName,
    formats_with,
    formats_with_columns,
)
from seqspec.core.catalog.keras_object import bad_argument, given_arguments
from seqspec.core.catalog.markers import Expects, Since, ValuesSince
from seqspec.core.catalog.types import Maybe, Number, PositiveInt, PositiveNumber
from seqspec.core.diagnostics.message import Message, Setting, fmt
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.document.base_table import Table
from seqspec.core.document.data_types import BestEpoch, DecisionThreshold, RepresentativeSamples

INT8 = ("int8", "full_int8")
"""The values of `optimize` that quantize weights and activations, which need representative samples."""


class Save(Table):
    """The file that holds the trained model."""

    title = "[save]"

    filepath: Annotated[str, Expects("a file name")] = Field(description="Path of the .keras file.")
    overwrite: bool = Field(
        default=True, description="Whether to overwrite an existing file; if not, it is refused before training."
    )
    zipped: Maybe[bool] = Field(default=None, description="Whether to write a single file instead of a folder.")
    weights: Maybe[Annotated[str, Expects("a file name")]] = Field(
        default=None, description="A file for the weights alone."
    )
    best: Maybe[BestEpoch] = Field(default=None, description="Which epoch is the best one.")
    serving: Literal["strings", "codes"] = Field(
        default="strings",
        description="Categories and texts of serving.keras in the run folder: strings, which need TensorFlow, or "
        "numbers; on JAX always numbers.",
    )

    def save_arguments(self) -> dict[str, object]:
        """The arguments of `Model.save` that were written."""
        return {key: value for key, value in given_arguments(self).items() if key not in SAVE_KEYS}

    def check_arguments(self) -> None:
        if self.weights is not None and not self.weights.endswith(".weights.h5"):
            raise bad_argument("weights", f'must end in .weights.h5, got "{self.weights[-60:]}"')
        if not self.filepath.endswith((".keras", ".h5", ".hdf5")) and self.zipped is not False:
            raise bad_argument("filepath", f'must end in .keras, got "{self.filepath[-60:]}"')


SAVE_KEYS = frozenset({"weights", "best", "serving"})
"""The keys of `[save]` for the trainer, which are not arguments of `Model.save`."""


_SINCE = {name: f.keras.since for name, f in EXPORT_FORMATS.items() if f.keras is not None and f.keras.since}
"""The values of `format` that only newer versions of Keras write; the others are written by seqspec with any Keras."""


class Export(Table):
    """Export for inference: a file or folder that is verified with its real runtime."""

    title = "[export]"

    filepath: Annotated[str, Expects("a path")] = Field(description="Path of the file or folder.")
    format: Annotated[FormatName, ValuesSince(_SINCE)] = Field(default="tf_saved_model", description="Export format.")
    batch_size: Maybe[PositiveInt] = Field(
        default=None, description="Fixed batch size; recurrent layers need one in LiteRT."
    )
    optimize: Literal["none", "dynamic", "float16", "int8", "full_int8"] = Field(
        default="none", description="Weights of a LiteRT file: float32, or smaller; full_int8 also has int8 inputs."
    )
    representative: Maybe[RepresentativeSamples] = Field(
        default=None, description="Samples on which int8 ranges are measured; by default 100 of the training set."
    )
    input: Literal["encoded", "columns"] = Field(
        default="encoded",
        description="Inputs of a model with [data.columns]: the encoded vector, or one per column, with the encoding "
        f"in the file ({' and '.join(declared.short_title for declared in formats_with_columns())}).",
    )
    opset_version: Maybe[Annotated[int, Ge(13), Le(18)]] = Field(
        default=None, description="Operator set of an ONNX file; 17 by default."
    )
    tolerance: Maybe[bool | PositiveNumber] = Field(
        default=None, description="Accepted difference from the model, relative to the largest output; false: any."
    )
    verbose: Maybe[bool] = Field(default=None, description="Whether the generated Python code prints progress.")

    @property
    def target_format(self) -> ExportFormat:
        """The declaration of the format."""
        return EXPORT_FORMATS[self.format]

    @classmethod
    def unknown_argument_help(cls, key: str) -> Message | None:
        return fmt("write {}", Setting("optimize", "int8")) if key.startswith("quantiz") else None

    def conflict_with(self, earlier: Sequence[Self]) -> Violation | None:
        if any(self.filepath == other.filepath for other in earlier):
            return bad_argument("filepath", f'"{self.filepath[-60:]}" is used by two exports')
        return None

    def check_arguments(self) -> None:
        self._check_path()
        if self.tolerance is True:
            raise bad_argument("tolerance", "must be a positive number or false, got true")
        for key, value, usual in (
            ("optimize", self.optimize, "none"),
            ("representative", self.representative, None),
            ("opset_version", self.opset_version, None),
        ):
            if value != usual and key not in self.target_format.options:
                raise bad_argument(key, f'needs format = {_either(formats_with(key))}, got format = "{self.format}"')
        if self.input == "columns" and not self.target_format.has_columns:
            able = _either([declared.name for declared in formats_with_columns()])
            raise bad_argument(
                "input",
                f'= "columns" needs format = {able}, got format = "{self.format}": it has no operations that look up '
                "strings",
                help=fmt(
                    "write {}, and encode the columns as encoding.json in the run folder says",
                    Setting("input", "encoded"),
                ),
            )
        if self.representative is not None and self.optimize not in INT8:
            raise bad_argument(
                "representative", f'needs optimize = "int8" or "full_int8", got optimize = "{self.optimize}"'
            )

    def _check_path(self) -> None:
        declared, path = self.target_format, self.filepath
        if declared.suffix and declared.is_suffix_required and not path.endswith(declared.suffix):
            raise bad_argument(
                "filepath", f'must end in {declared.suffix} for format = "{self.format}", got "{path[-60:]}"'
            )
        if declared.refused_suffix is not None and path.endswith(declared.refused_suffix):
            raise bad_argument(
                "filepath",
                f'must be a folder for format = "{self.format}", got "{path[-60:]}"',
                help=f"{declared.contents} and the weights are written in it",
            )


def _either(names: Sequence[str]) -> str:
    return " or ".join(f'"{name}"' for name in names)


class Quantize(Table):
    """Quantization of the trained model."""

    title = "[quantize]"

    mode: Literal["int8", "int4", "float8"] = Field(description="Quantization mode.")
    filters: Annotated[
        Maybe[Annotated[str, Expects("a pattern")] | list[Annotated[str, Expects("a pattern")]]], Since("3.13")
    ] = Field(default=None, description="Name patterns of the layers to quantize.")


DEFAULT_LEVEL = 0.95
"""The confidence level of the intervals of metrics."""


class Threshold(Table):
    """What the threshold of a binary classifier is chosen for, on validation data."""

    title = "threshold"

    recall: Maybe[Annotated[Number, Gt(0), Le(1)]] = Field(
        default=None, description="Minimum recall of the second class: the highest threshold that reaches it."
    )
    cost: Maybe[Annotated[list[Annotated[Number, Ge(0)]], Len(2, 2)]] = Field(
        default=None, description="Cost of a false positive and of a false negative: the lowest total cost."
    )

    def check_arguments(self) -> None:
        if (self.recall is None) == (self.cost is None):
            raise Violation("conflicting-arguments", "threshold needs either recall or cost")


class EvaluationReport(Table):
    """How the trained model is evaluated, and the file about it."""

    title = "[report]"

    filepath: Maybe[Annotated[str, Expects("a file name")]] = Field(default=None, description="Path of the JSON file.")
    evaluate: list[Literal["train", "validation", "test"]] = Field(
        default=["test"], description="Datasets on which the model is evaluated."
    )
    html: bool = Field(default=True, description="Whether the run folder gets a report.html.")
    plots: Maybe[list[Literal["history", "confusion", "calibration", "learning_rate", "predictions"]]] = Field(
        default=None, description="Plots that are also written as SVG and PNG files, by matplotlib."
    )
    per_class: bool = Field(default=True, description="Whether precision, recall and F1 of each class are reported.")
    interval: Annotated[Number, Ge(0), Lt(1)] = Field(
        default=DEFAULT_LEVEL, description="Confidence level of the intervals of metrics; 0: no intervals."
    )
    threshold: DecisionThreshold = Field(
        default=0.5,
        description="Binary labels: the probability from which the second class is predicted; a number, or what it is "
        "chosen for on validation data.",
    )
    calibrate: bool = Field(
        default=False,
        description="Whether the logits of the saved model are divided by a temperature, which is chosen on validation "
        "data, so that probabilities match frequencies; of two classes their log-odds are shifted too.",
    )
    loggers: Maybe[list[Annotated[str, Expects("a name")]]] = Field(
        default=None, description='Experiment trackers that get the metrics: "tensorboard", "mlflow", "wandb".'
    )


OUTPUT_KEYS: dict[str, type[Table]] = {"save": Save, "export": Export, "quantize": Quantize, "report": EvaluationReport}
"""The tables by their key in the document."""
