"""The shapes and dtypes that operations on tensors return, as Keras infers them; None where that is not known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

from seqspec.core.api.catalog import Concatenate
from seqspec.core.api.diagnostics import Violation
from seqspec.core.api.shapes import DTYPES, FLOATS, Dim, Size, TensorSpec, broadcast
from seqspec.core.api.shapes import Operation as Inference
from seqspec.programs.keras_api.operations import ARITHMETIC, ELEMENTWISE, is_attention
from seqspec.programs.values.abstract_values import KerasCall, are_integers, is_integer, known_items
from seqspec.programs.values.array_values import dtype_name
from seqspec.programs.values.tensors import Operation, SymbolicTensor, has_tensor, is_tensor, tensors_in

Values = Mapping[str | int, object]
"""The arguments that are not tensors, by position or keyword."""

_Handler = Callable[[Sequence[TensorSpec], Values], TensorSpec | None]
_ANY_DTYPE = frozenset("abs absolute clip clip_by_value maximum minimum neg negative sign square stop_gradient".split())


def inference(tensor: SymbolicTensor) -> Inference | None:
    """The function that infers the output of an operation; None where it is not known."""
    if tensor.index is not None:
        return _part(tensor.index)
    source = tensor.source
    values = {a.key: a.value for a in tensor.arguments if not has_tensor(a.value)}
    if isinstance(source, KerasCall):
        handler = _attention_handler(source)
        # Arguments of the call by position are tensors and masks.
        keywords = [a for a in tensor.arguments if isinstance(a.key, str) and not has_tensor(a.value)]
        values = {a.key: a.value for a in (*source.arguments, *keywords)}
    elif isinstance(source, Operation):
        handler = _HANDLERS.get(source.name)
        if source.name in ARITHMETIC:
            values = {"operator": source.name, **values}
        if source.name == "getitem":
            return _getitem(values)
    else:
        return None
    return None if handler is None else lambda tensors: _inferred(handler, tensors, values)


def _inferred(handler: _Handler, tensors: Sequence[TensorSpec], values: Values) -> TensorSpec | None:
    if not tensors or any(tensor.sparse or tensor.ragged for tensor in tensors):
        return None
    return _with_axes(handler(tensors, values))


def _with_axes(result: TensorSpec | None) -> TensorSpec | None:
    """A tensor with a batch size; None for a scalar, which no layer accepts."""
    return result if result is not None and result.dims else None


def _part(index: int) -> Inference:
    return lambda tensors: tensors[index] if index < len(tensors) > 1 else None


def _value(values: Values, *keys: str | int) -> Any:
    value = next((values[key] for key in keys if key in values), None)
    return known_items(value)


def _elementwise(tensors: Sequence[TensorSpec], values: Values) -> TensorSpec | None:
    x = tensors[0]
    return TensorSpec(x.dims, x.dtype) if len(tensors) == 1 and x.dtype in FLOATS else None


def _elementwise_of_any_dtype(tensors: Sequence[TensorSpec], values: Values) -> TensorSpec | None:
    numbers = all(is_integer(value) for value in values.values())
    if len(tensors) == 1 and numbers:
        return TensorSpec(tensors[0].dims, tensors[0].dtype)
    return _elementwise(tensors, values) if len(tensors) == 1 else _broadcast(tensors, values)


def _cast(tensors: Sequence[TensorSpec], values: Values) -> TensorSpec | None:
    name = dtype_name(_value(values, 1, "dtype"))
    return TensorSpec(tensors[0].dims, name) if len(tensors) == 1 and name in DTYPES else None


def _arithmetic(tensors: Sequence[TensorSpec], values: Values) -> TensorSpec | None:
    if len(tensors) > 1:
        return _broadcast(tensors, values)
    others = [value for key, value in values.items() if key not in ("operator", "name")]
    x = tensors[0]
    if len(others) != 1 or not isinstance(others[0], (int, float)) or isinstance(others[0], bool):
        return None
    keeps = x.dtype in FLOATS or (is_integer(others[0]) and values["operator"] in ("add", "sub", "mul"))
    return TensorSpec(x.dims, x.dtype) if keeps and x.dtype != "bool" else None


def _broadcast(tensors: Sequence[TensorSpec], values: Values) -> TensorSpec | None:
    if len(tensors) != 2 or tensors[0].dtype != tensors[1].dtype or tensors[0].dtype not in FLOATS:
        return None
    dims = broadcast(tensors[0].dims, tensors[1].dims)
    return None if dims is None else TensorSpec(dims, tensors[0].dtype)


def _concatenate(tensors: Sequence[TensorSpec], values: Values) -> TensorSpec | None:
    axis = _value(values, 1, "axis")
    axis = -1 if axis is None else axis
    if not is_integer(axis) or len({tensor.dtype for tensor in tensors}) > 1:
        return None
    try:
        dims = Concatenate(axis=axis).merged([tensor.dims for tensor in tensors])
    except (Violation, ValueError):
        return None
    return TensorSpec(dims, tensors[0].dtype)


def _stack(tensors: Sequence[TensorSpec], values: Values) -> TensorSpec | None:
    first, axis = tensors[0], _value(values, 1, "axis")
    axis = 0 if axis is None else axis
    if not is_integer(axis) or not -first.rank - 1 <= axis <= first.rank:
        return None
    if any(tensor.dims != first.dims or tensor.dtype != first.dtype for tensor in tensors):
        return None
    at = axis % (first.rank + 1)
    return TensorSpec((*first.dims[:at], len(tensors), *first.dims[at:]), first.dtype)


def _reduce(tensors: Sequence[TensorSpec], values: Values) -> TensorSpec | None:
    x, axis = tensors[0], _value(values, 1, "axis")
    keep = _value(values, 2, "keepdims", "keep_dims") or False
    axes = tuple(range(x.rank)) if axis is None else (axis,) if is_integer(axis) else axis
    if len(tensors) > 1 or not isinstance(axes, tuple) or not are_integers(axes) or not isinstance(keep, bool):
        return None
    if x.dtype not in FLOATS or not all(-x.rank <= axis < x.rank for axis in axes):
        return None
    reduced = {axis % x.rank for axis in axes}
    sizes = [1 if at in reduced else size for at, size in enumerate(x.dims) if keep or at not in reduced]
    return TensorSpec(tuple(sizes), x.dtype)


def _expand_dims(tensors: Sequence[TensorSpec], values: Values) -> TensorSpec | None:
    x, axis = tensors[0], _value(values, 1, "axis")
    axis = -1 if axis is None else axis
    if len(tensors) > 1 or not is_integer(axis) or not -x.rank - 1 <= axis <= x.rank:
        return None
    at = axis % (x.rank + 1)
    return TensorSpec((*x.dims[:at], 1, *x.dims[at:]), x.dtype)


def _squeeze(tensors: Sequence[TensorSpec], values: Values) -> TensorSpec | None:
    x, axis = tensors[0], _value(values, 1, "axis")
    if len(tensors) > 1 or not is_integer(axis) or not -x.rank <= axis < x.rank or x.dims[axis] != 1:
        return None
    at = axis % x.rank
    return TensorSpec((*x.dims[:at], *x.dims[at + 1 :]), x.dtype)


def _transpose(tensors: Sequence[TensorSpec], values: Values) -> TensorSpec | None:
    x, order = tensors[0], _value(values, 1, "perm", "axes", "pattern")
    if len(tensors) > 1 or not isinstance(order, tuple) or not are_integers(order):
        return None
    if sorted(order) != list(range(x.rank)):
        return None
    return TensorSpec(tuple(x.dims[at] for at in order), x.dtype)


def _resize(tensors: Sequence[TensorSpec], values: Values) -> TensorSpec | None:
    """`tf.image.resize` with a size, `keras.backend.resize_images` with factors."""
    x, size = tensors[0], _value(values, 1, "size")
    layout = values.get("data_format", values.get(3)) or "channels_last"
    if len(tensors) > 1 or x.rank != 4 or x.dtype != "float32" or layout != "channels_last":
        return None
    second = values.get(2)
    if is_integer(size) and is_integer(second):
        size = tuple(old * new if isinstance(old, int) else Dim() for old, new in zip(x.dims[1:], (size, second)))
    elif not isinstance(size, tuple) or not are_integers(size) or values.get("preserve_aspect_ratio"):
        return None
    return TensorSpec((x.dims[0], *size, x.dims[3]), x.dtype) if len(size) == 2 else None


def _reshape(tensors: Sequence[TensorSpec], values: Values) -> TensorSpec | None:
    x, shape = tensors[0], _value(values, 1, "shape", "newshape")
    if len(tensors) > 1 or not isinstance(shape, tuple) or not are_integers(shape) or shape[:1] != (-1,):
        return None
    sample = x.dims[1:]
    if not are_integers(shape[1:]) or min(shape[1:], default=1) < 1 or not are_integers(sample):
        return None
    return TensorSpec((x.dims[0] if prod(shape[1:]) == prod(sample) else Dim(), *shape[1:]), x.dtype)


def _getitem(values: Values) -> Inference:
    parts = [values[key] for key in sorted(key for key in values if isinstance(key, int))]

    def infer(tensors: Sequence[TensorSpec]) -> TensorSpec | None:
        if len(tensors) > 1:
            index = parts[0] if len(parts) == 1 else None
            return tensors[index] if is_integer(index) and -len(tensors) <= index < len(tensors) else None
        return _with_axes(_indexed(tensors[0], parts))

    return infer


def _indexed(x: TensorSpec, parts: Sequence[object]) -> TensorSpec | None:
    consumed = sum(part is not None and part is not ... for part in parts)
    if consumed > x.rank or sum(part is ... for part in parts) > 1:
        return None
    sizes: list[Size] = []
    remaining = list(x.dims)
    for part in parts:
        if part is None:
            sizes.append(1)
        elif part is ...:
            while len(remaining) > sum(p is not None and p is not ... for p in parts[parts.index(...) + 1 :]):
                sizes.append(remaining.pop(0))
        elif is_integer(part):
            remaining.pop(0)
        elif isinstance(part, slice):
            size = remaining.pop(0)
            whole = part == slice(None)
            sizes.append(size if whole else len(range(size)[part]) if isinstance(size, int) else Dim())
        else:
            return None
    return TensorSpec((*sizes, *remaining), x.dtype)


def _returns_scores(values: Values) -> bool:
    """Whether a call may return two tensors."""
    return values.get("return_attention_scores", False) is not False


def _multi_head_attention(tensors: Sequence[TensorSpec], values: Values) -> TensorSpec | None:
    x = tensors[0]
    if x.dtype != "float32" or "output_shape" in values or "dtype" in values or _returns_scores(values):
        return None
    return TensorSpec(x.dims, x.dtype)


def _attention(tensors: Sequence[TensorSpec], values: Values) -> TensorSpec | None:
    if len(tensors) not in (2, 3) or tensors[0].dtype != "float32" or "dtype" in values or _returns_scores(values):
        return None
    return TensorSpec((*tensors[0].dims[:-1], tensors[1].dims[-1]), "float32")


_HANDLERS: dict[str, _Handler] = {
    **dict.fromkeys(ELEMENTWISE, _elementwise),
    **dict.fromkeys(_ANY_DTYPE, _elementwise_of_any_dtype),
    **dict.fromkeys(ARITHMETIC, _arithmetic),
    **dict.fromkeys("max mean min prod std sum var".split(), _reduce),
    **dict.fromkeys((f"reduce_{name}" for name in "max mean min prod std sum variance".split()), _reduce),
    "cast": _cast,
    "concat": _concatenate,
    "concatenate": _concatenate,
    "expand_dims": _expand_dims,
    "permute_dimensions": _transpose,
    "reshape": _reshape,
    **dict.fromkeys("resize resize_bicubic resize_bilinear resize_images resize_nearest_neighbor".split(), _resize),
    "squeeze": _squeeze,
    "stack": _stack,
    "transpose": _transpose,
}


def _attention_handler(layer: KerasCall) -> _Handler | None:
    if not is_attention(layer):
        return None
    return _attention if layer.ref.name in ("AdditiveAttention", "Attention") else _multi_head_attention


def main_inputs(tensor: SymbolicTensor) -> list[object]:
    """The tensors that a call computes from, without masks and other tensors of keyword arguments."""
    if isinstance(tensor.source, Operation) or tensor.index is not None or not tensor.arguments:
        return list(tensor.inputs)
    first = next((a for a in tensor.arguments if a.key in (0, "inputs", "x", "query")), None)
    if is_attention(tensor.source):
        values = next((a for a in tensor.arguments if a.key in (1, "value")), None)
        return list(tensors_in(a.value for a in (first, values) if a is not None))
    if first is None:
        return list(tensor.inputs)
    return list(tensors_in([first.value])) or ([first.value] if not is_tensor(first.value) else [])
