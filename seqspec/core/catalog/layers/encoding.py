"""Functions shared by the layers that encode categories as vectors."""

from seqspec.core.catalog.dtypes import INTEGERS
from seqspec.core.catalog.keras_object import conflict
from seqspec.core.diagnostics.message import Setting, fmt
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.shapes.arrays import bag_shape, one_hot_shape
from seqspec.core.shapes.tensor import BATCH, Interval, Shape, Size, TensorSpec, all_known, show

_COUNTED = ("float32", "float64", "int32", "int64")
_UNCOUNTED = INTEGERS - {"int32", "int64"}
_SUMS = {"bool": "int32", "int8": "int32", "int16": "int32", "uint8": "uint32", "uint16": "uint32"}


def check_sparse(sparse: bool, output_mode: str) -> None:
    """Raises a `Violation` if indices, which are always dense, are requested as a sparse tensor."""
    if sparse and output_mode == "int":
        raise conflict(
            "sparse",
            fmt(
                '{} requires an output_mode that returns vectors, such as "multi_hot", got "int"',
                Setting("sparse", True),
            ),
            help="remove sparse, or add an output_mode",
        )


def encoded(dims: Shape, mode: str, depth: Size, dtype: str, sparse: bool, indices: str = "int64") -> TensorSpec:
    """The vectors that Keras computes for category indices of dtype `indices` when it runs the layer.

    Keras surprise: they often differ from what shape inference reports for the same layers. Several axes are
    reduced along the first axis after the batch size, not along the last.
    """
    if mode == "one_hot":
        out = _one_hot(dims, depth, dtype, sparse)
    elif len(dims) > 2:
        out = (dims[0], *dims[2:], depth)
        if sparse:
            raise _cannot_be_sparse(dims)
        if dtype == "string" or (mode == "multi_hot" and dtype.startswith("complex")):
            raise _wrong_dtype(dtype)
        if mode == "count":
            dtype = _SUMS.get(dtype, dtype)
    else:
        out = bag_shape(dims, depth)
        if not sparse and indices in _UNCOUNTED:
            raise _wrong_dtype(indices)
        if sparse:
            if indices not in ("int32", "int64"):
                raise Violation(
                    "wrong-dtype",
                    f"supports sparse output only for int32 and int64 indices, got {indices}",
                    anchor="layer",
                )
            out = out if len(out) == 1 else (BATCH, depth)
        elif dtype not in _COUNTED:
            raise _wrong_dtype(dtype)
    return TensorSpec(out, dtype, sparse=sparse)


def _one_hot(dims: Shape, depth: Size, dtype: str, sparse: bool) -> Shape:
    if len(dims) > 1 and not isinstance(dims[-1], int):
        raise Violation(
            "unknown-size",
            fmt("needs a known number of categories inside a Pipeline, got {}", show(dims[1:])),
            label=f"{dims[-1]} is unknown",
            anchor="layer",
        )
    if dtype == "string":
        raise _wrong_dtype(dtype)
    out = one_hot_shape(dims, depth)
    if sparse and not all_known(out):
        raise _cannot_be_sparse(dims)
    return out


def _cannot_be_sparse(dims: Shape) -> Violation:
    return Violation(
        "unknown-size",
        fmt("{} is not supported for input {} inside a Pipeline", Setting("sparse", True), show(dims[1:])),
        path=("sparse",),
        help="remove sparse",
    )


def _wrong_dtype(dtype: str) -> Violation:
    return Violation(
        "wrong-dtype",
        f"cannot output vectors of dtype {dtype} inside a Pipeline",
        anchor="layer",
        help=fmt("write {}", Setting("dtype", "float32")),
    )


def encoded_range(output_mode: str, token_count: int | None) -> Interval | None:
    """The output range of a layer that encodes tokens or categories."""
    if output_mode in ("one_hot", "multi_hot", "binary"):
        return Interval(0, 1)
    return Interval(0, token_count - 1) if output_mode == "int" and token_count is not None else None
