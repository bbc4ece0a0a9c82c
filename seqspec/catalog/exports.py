"""How a layer gets into the file formats of `[export]`: what each layer declares in its class.

    exports = Exports((Limit(("openvino",), "TensorListReserve", fixes=("unroll",)),))

The declarations are compared with what the runtimes of the formats do, by `scripts/export-matrix` and a test.
"""

from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple

Format = Literal["tf_saved_model", "onnx", "openvino", "litert", "tfjs"]
Fix = Literal["batch_size", "unroll"]
"""What makes a format possible: a fixed `batch_size` in `[export]`, or `unroll = true` in the layer."""

FORMATS: tuple[Format, ...] = ("tf_saved_model", "onnx", "openvino", "litert", "tfjs")
"""The formats that `seqspec export` writes and verifies."""

NAMES = {
    "tf_saved_model": "a SavedModel",
    "onnx": "ONNX",
    "openvino": "OpenVINO",
    "litert": "LiteRT",
    "tfjs": "TF.js",
    "torch": "Torch",
}
"""What messages call the formats."""


def always(layer: object) -> bool:
    """For a limit that does not depend on the arguments of the layer."""
    return True


class Limit(NamedTuple):
    """An operation of a layer that formats do not have.

    Attributes:
        formats: The formats.
        operation: What TensorFlow calls the operation.
        fixes: What replaces the operation by others, any one of them.
        when: Whether a layer with its arguments needs the operation.
        numbers_only: Whether text as input does not need it.
    """

    formats: tuple[Format, ...]
    operation: str
    fixes: tuple[Fix, ...] = ()
    when: Callable[[Any], bool] = always
    numbers_only: bool = False


class Exports(NamedTuple):
    """The declaration of a layer.

    Attributes:
        limits: What formats do not have; a layer without limits is in all of `FORMATS`.
        left_out: Whether the layer only changes training samples, so that an export leaves it out.
    """

    limits: tuple[Limit, ...] = ()
    left_out: bool = False

    def limits_of(self, layer: object, format: str, dtype: str) -> Iterator[Limit]:
        """The limits that a layer with its arguments and an input of this dtype meets in a format."""
        for limit in self.limits:
            if format in limit.formats and limit.when(layer) and not (limit.numbers_only and dtype == "string"):
                yield limit


EVERYWHERE = Exports()
