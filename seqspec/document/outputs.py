"""The tables `[save]`, `[export]`, `[quantize]` and `[report]`: what becomes of the trained model.

Keys of the first three are the arguments of `Model.save`, `Model.export` and `Model.quantize`.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from seqspec.catalog.markers import Expects
from seqspec.catalog.types import Maybe
from seqspec.diagnostics.violation import Violation
from seqspec.document.data_types import BestEpoch
from seqspec.document.table import Table


class Save(Table):
    """The file that holds the trained model."""

    title = "[save]"

    filepath: Annotated[str, Expects("a file name")] = Field(description="Path of the .keras file.")
    overwrite: bool = Field(default=True, description="Whether to overwrite an existing file.")
    zipped: Maybe[bool] = Field(default=None, description="Whether to write a single file instead of a folder.")
    weights: Maybe[Annotated[str, Expects("a file name")]] = Field(
        default=None, description="A file for the weights alone."
    )
    best: Maybe[BestEpoch] = Field(default=None, description="Which epoch is the best one.")

    def check_arguments(self) -> None:
        if self.weights is not None and not self.weights.endswith(".weights.h5"):
            raise Violation(
                "bad-value",
                f'weights must end in .weights.h5, got "{self.weights[-60:]}"',
                path=("weights",),
            )
        if not self.filepath.endswith((".keras", ".h5", ".hdf5")) and self.zipped is not False:
            raise Violation(
                "bad-value",
                f'filepath must end in .keras, got "{self.filepath[-60:]}"',
                path=("filepath",),
            )


class Export(Table):
    """Export for inference."""

    title = "[export]"

    filepath: Annotated[str, Expects("a path")] = Field(description="Path of the file or folder.")
    format: Literal["tf_saved_model", "onnx", "openvino", "litert", "torch"] = Field(
        default="tf_saved_model", description="Export format."
    )
    verbose: Maybe[bool] = Field(default=None, description="Whether to print progress.")

    def check_arguments(self) -> None:
        if self.format == "litert" and not self.filepath.endswith(".tflite"):
            raise Violation(
                "bad-value",
                f'filepath must end in .tflite for format = "litert", got "{self.filepath[-60:]}"',
                path=("filepath",),
            )


class Quantize(Table):
    """Quantization of the trained model."""

    title = "[quantize]"

    mode: Literal["int8", "int4", "float8"] = Field(description="Quantization mode.")
    filters: Maybe[Annotated[str, Expects("a pattern")] | list[Annotated[str, Expects("a pattern")]]] = Field(
        default=None, description="Name patterns of the layers to quantize."
    )


class Report(Table):
    """A file about the training."""

    title = "[report]"

    filepath: Annotated[str, Expects("a file name")] = Field(description="Path of the JSON file.")
    evaluate: list[Literal["train", "validation", "test"]] = Field(
        default=["test"], description="Datasets on which the model is evaluated."
    )
    html: bool = Field(default=True, description="Whether the run folder gets a report.html.")
    plots: Maybe[list[Literal["history", "confusion", "calibration", "learning_rate", "predictions"]]] = Field(
        default=None, description="Which plots are made; by default all that suit the model."
    )
    per_class: bool = Field(default=True, description="Whether precision, recall and F1 of each class are reported.")


class Outputs:
    """The four tables, each None where it is absent."""

    __slots__ = ("save", "export", "quantize", "report")

    def __init__(
        self,
        save: Save | None = None,
        export: Export | None = None,
        quantize: Quantize | None = None,
        report: Report | None = None,
    ) -> None:
        self.save = save
        self.export = export
        self.quantize = quantize
        self.report = report


OUTPUT_KEYS: dict[str, type[Table]] = {"save": Save, "export": Export, "quantize": Quantize, "report": Report}
"""The tables by their key in the document."""


def read_outputs(tree: Mapping[str, Any], violations: list[Violation]) -> Outputs:
    """Reads the four tables out of the whole document; mistakes are appended at paths within the document."""
    read: dict[str, Any] = {}
    for key, table in OUTPUT_KEYS.items():
        if key in tree:
            found: list[Violation] = []
            read[key] = table.read_table(tree[key], found)
            violations.extend(violation.prefixed(key) for violation in found)
    return Outputs(**read)
