"""The formats of `[export]`: one object declares all facts about a format.

From it follow the accepted values of `format`, the keys that a format accepts, its suffix, the messages, the line of
`seqspec python`, the requirements of the extra `export`, and the tables of docs/export.md (`scripts/generate`). The
module `seqspec.training.export.<name>` writes and runs the format.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal


@dataclass(frozen=True, kw_only=True)
class KerasExport:
    """How `Model.export` of Keras writes a format.

    Attributes:
        since: The Keras version that introduced the format; None if all supported versions have it.
        needs_signature: Whether the input must be given where the model has not been called on data.
    """

    since: str | None = None
    needs_signature: bool = False


@dataclass(frozen=True, kw_only=True)
class Described:
    """A row of the table of formats in docs/export.md."""

    written: str
    writer: str
    runtime: str


@dataclass(frozen=True, kw_only=True)
class ExportFormat:
    """The facts about a format.

    Attributes:
        name: The value of `format`, and the name of the module of `seqspec.training.export`.
        title: The name in messages, with an article where it needs one.
        keras: How Keras writes it; None if `Model.export` does not.
        described: Its row in the documentation; None for a format that only programs of Keras write.
        suffix: The suffix of its file; empty for a folder.
        is_suffix_required: Whether `filepath` must have the suffix.
        contents: The file that identifies a folder as an earlier export, which may be replaced.
        refused_suffix: A suffix of `filepath` that is that of a file in the folder.
        runs_in_tensorflow: Whether TensorFlow runs it, with all of its operations.
        options: The keys of `[export]` that not every format accepts, and this one does.
        has_columns: Whether its operations can look up strings, so that it accepts `input = "columns"`.
        backends: The backends that can write it; empty if each can.
        wrong_quantizations: The modes of `[quantize]` whose matrix products it does not have → what happens.
        requirements: The packages that write and run it, besides TensorFlow, as in pyproject.toml.
    """

    name: str
    title: str
    keras: KerasExport | None
    described: Described | None
    suffix: str = ""
    is_suffix_required: bool = True
    contents: str | None = None
    refused_suffix: str | None = None
    runs_in_tensorflow: bool = False
    options: frozenset[str] = frozenset()
    has_columns: bool = False
    backends: tuple[str, ...] = ()
    wrong_quantizations: Mapping[str, str] = field(default_factory=dict)
    requirements: tuple[str, ...] = ()

    @property
    def short_title(self) -> str:
        """The name without an article."""
        return self.title.removeprefix("a ")


_REFUSED = "cannot be exported to"

_DECLARED = (
    ExportFormat(
        name="tf_saved_model",
        title="a SavedModel",
        keras=KerasExport(),
        described=Described(
            written="a folder with the endpoint `serve`", writer="Keras, TensorFlow", runtime="TensorFlow"
        ),
        contents="saved_model.pb",
        runs_in_tensorflow=True,
        has_columns=True,
    ),
    ExportFormat(
        name="onnx",
        title="ONNX",
        # Keras surprise: without a signature, ONNX needs a model that has been called on data.
        keras=KerasExport(needs_signature=True),
        described=Described(written="an `.onnx` file", writer="tf2onnx", runtime="ONNX Runtime"),
        suffix=".onnx",
        is_suffix_required=False,
        options=frozenset({"opset_version"}),
        has_columns=True,
        wrong_quantizations={"float8": _REFUSED},
        requirements=("onnx>=1.17", "onnxruntime>=1.20", "tf2onnx>=1.17"),
    ),
    ExportFormat(
        name="openvino",
        title="OpenVINO",
        keras=KerasExport(),
        described=Described(
            written="an `.xml` and a `.bin` file", writer="OpenVINO", runtime="OpenVINO, on the CPU in float32"
        ),
        suffix=".xml",
        # Keras surprise: OpenVINO accepts int8, but computes wrong results.
        wrong_quantizations={"int8": "computes wrong outputs in", "float8": _REFUSED},
        requirements=("openvino>=2025.0",),
    ),
    ExportFormat(
        name="litert",
        title="LiteRT",
        keras=KerasExport(),
        described=Described(
            written="a `.tflite` file, without TensorFlow operations (Flex)",
            writer="TensorFlow",
            runtime="LiteRT (`ai-edge-litert`)",
        ),
        suffix=".tflite",
        options=frozenset({"optimize", "representative"}),
        backends=("tensorflow", "torch"),
        wrong_quantizations={"int8": _REFUSED, "float8": _REFUSED},
        requirements=("ai-edge-litert>=2.0",),
    ),
    ExportFormat(
        name="tfjs",
        title="TF.js",
        keras=None,
        described=Described(
            written="a folder with `model.json`, a graph model, and its weights in files of up to 4 MiB",
            writer="TensorFlow",
            runtime="TF.js (`@tensorflow/tfjs`) in Node.js, on its CPU backend",
        ),
        contents="model.json",
        refused_suffix=".json",
        backends=("tensorflow",),
        wrong_quantizations={"int8": _REFUSED, "float8": _REFUSED},
    ),
    ExportFormat(
        name="torch",
        title="Torch",
        keras=KerasExport(since="3.15"),
        described=None,
        backends=("torch",),
    ),
)

EXPORT_FORMATS: Mapping[str, ExportFormat] = {declared.name: declared for declared in _DECLARED}
"""The values of `format` in `[export]`."""

FORMATS = tuple(declared.name for declared in _DECLARED if declared.described is not None)
"""The formats that `seqspec export` writes and verifies."""

INFERENCE = tuple(name for name in FORMATS if not EXPORT_FORMATS[name].runs_in_tensorflow)
"""The formats of runtimes other than TensorFlow."""

if TYPE_CHECKING:
    FormatName = str
else:
    FormatName = Literal[tuple(EXPORT_FORMATS)]


def formats_with(option: str) -> tuple[str, ...]:
    """The formats that accept a key of `[export]` which not every format accepts, sorted."""
    return tuple(sorted(declared.name for declared in _DECLARED if option in declared.options))


def formats_with_columns() -> tuple[ExportFormat, ...]:
    """The formats that accept `input = "columns"`, sorted by name."""
    able = [declared for declared in _DECLARED if declared.has_columns]
    return tuple(sorted(able, key=lambda declared: declared.name))
