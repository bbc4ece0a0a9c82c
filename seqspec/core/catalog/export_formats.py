"""The formats of `[export]`: all facts about each, and what they do not support in a layer."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from seqspec.core.shapes.tensor import TensorSpec


class KerasExport(NamedTuple):
    """How `Model.export` of Keras writes a format.

    Attributes:
        since: The Keras version that introduced the format; None if all supported versions have it.
        needs_signature: Whether the input must be given where the model has not been called on data.
    """

    since: str | None = None
    needs_signature: bool = False


class Described(NamedTuple):
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


Fix = Literal["batch_size", "unroll"]
"""The ways to avoid a limit: a fixed `batch_size` in `[export]`, or `unroll = true` in the layer."""


def always(layer: object) -> bool:
    """For a limit that does not depend on the arguments of the layer."""
    return True


class Limit(NamedTuple):
    """An operation of a layer that formats do not support.

    Attributes:
        formats: The formats.
        operation: The name of the operation in TensorFlow.
        fixes: The ways to avoid the operation; any one suffices.
        when: Returns whether a layer with its arguments needs the operation.
        dtypes: The dtypes of the input for which it is needed.
        sizes: Whether it is needed for every input, or for an unknown size besides the batch alone.
    """

    formats: tuple[FormatName, ...]
    operation: str
    fixes: tuple[Fix, ...] = ()
    when: Callable[[Any], bool] = always
    dtypes: Literal["any", "numbers", "strings"] = "any"
    sizes: Literal["any", "unknown"] = "any"

    def applies_to(self, layer: object, x: TensorSpec) -> bool:
        """Whether a layer with its arguments needs the operation for an input."""
        kind = "strings" if x.dtype == "string" else "numbers"
        return (
            self.dtypes in ("any", kind)
            and (self.sizes == "any" or not all(isinstance(size, int) for size in x.dims[1:]))
            and self.when(layer)
        )


class Exports:
    """The declaration of a layer.

    Attributes:
        limits: The unsupported operations; a layer without limits is supported by all `FORMATS`.
        left_out: Whether the layer is only active in training, so that an export omits it.
    """

    def __init__(self, *limits: Limit, left_out: bool = False) -> None:
        self.limits = limits
        self.left_out = left_out

    def limits_of(self, layer: object, format: str, x: TensorSpec) -> Iterator[Limit]:
        """The limits that apply to a layer with its arguments and an input in a format."""
        for limit in (*self.limits, STRINGS):
            if format in limit.formats and limit.applies_to(layer, x):
                yield limit


STRINGS = Limit(("openvino",), "Identity of strings", dtypes="strings")
"""The limit of every layer: OpenVINO's runtime accepts no arrays of strings."""

EVERYWHERE = Exports()


COUNTED = Limit(
    ("openvino", "litert"), "DenseBincount", when=lambda layer: layer.output_mode in ("multi_hot", "count", "tf_idf")
)
"""The limit of layers that encode categories as vectors."""


def resize_limits(translates: Callable[[Any], bool], bicubic: tuple[FormatName, ...] = INFERENCE) -> tuple[Limit, ...]:
    """The limits of a layer with the argument `interpolation`.

    Args:
        translates: Returns whether a layer with its arguments is computed by `ScaleAndTranslate`.
        bicubic: The formats that do not support bicubic interpolation.
    """
    return (
        Limit(INFERENCE, "ScaleAndTranslate", when=translates),
        Limit(bicubic, "ResizeBicubic", when=lambda layer: layer.interpolation == "bicubic"),
    )
