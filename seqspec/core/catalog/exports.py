"""Declarations of what the formats of `[export]` do not support in a layer.

    exports = Exports(Limit(("openvino",), "TensorListReserve", fixes=("unroll",)))

The declarations are compared with the runtimes of the formats by `scripts/export-matrix` and a test.
"""

from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple

from seqspec.core.catalog.export_formats import INFERENCE, FormatName
from seqspec.core.shapes.tensor import TensorSpec

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
