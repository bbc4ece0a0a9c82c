"""The tables `[save]`, `[export]`, `[quantize]` and `[report]`: what becomes of the trained model.

Keys of the first three are the arguments of `Model.save`, `Model.export` and `Model.quantize`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seqspec.catalog.arguments import arg
from seqspec.catalog.kinds import Boolean, Choice, Either, ListOf, Optional, Text
from seqspec.diagnostics.violation import Violation
from seqspec.document.table import Table


class Save(Table):
    """The file that holds the trained model."""

    title = "[save]"

    filepath: str = arg(Text("a file name"), "The file, ending in .keras.")
    overwrite: bool = arg(Boolean(), "Whether a file that is there is replaced.", default=True)
    zipped: bool | None = arg(Optional(Boolean()), "Whether it is one file, or a folder.", default=None)

    def check(self) -> None:
        if not self.filepath.endswith((".keras", ".h5", ".hdf5")) and self.zipped is not False:
            raise Violation(
                "bad-value",
                f'filepath needs a name that ends in .keras, got "{self.filepath[-60:]}"',
                path=("filepath",),
            )


class Export(Table):
    """The model for inference alone."""

    title = "[export]"

    filepath: str = arg(Text("a path"), "The file or folder.")
    format: str = arg(
        Choice("tf_saved_model", "onnx", "openvino", "litert", "torch"), "Which format.", default="tf_saved_model"
    )
    verbose: bool | None = arg(Optional(Boolean()), "Whether it says what it does.", default=None)

    def check(self) -> None:
        if self.format == "litert" and not self.filepath.endswith(".tflite"):
            raise Violation(
                "bad-value",
                f'filepath with format = "litert" needs a name that ends in .tflite, got "{self.filepath[-60:]}"',
                path=("filepath",),
            )


class Quantize(Table):
    """The trained model with small weights."""

    title = "[quantize]"

    mode: str = arg(Choice("int8", "int4", "float8"), "How small.")
    filters: str | Sequence[str] | None = arg(
        Optional(Either(Text("a pattern"), ListOf(Text("a pattern")))), "Patterns of the layers that change.",
        default=None,
    )  # fmt: skip


class Report(Table):
    """A file about the training."""

    title = "[report]"

    filepath: str = arg(Text("a file name"), "The file, as JSON.")
    evaluate: Sequence[str] = arg(
        ListOf(Choice("train", "validation", "test")), "The sets that the model is judged by.", default=("test",)
    )


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
