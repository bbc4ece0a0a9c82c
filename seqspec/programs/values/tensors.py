"""Symbolic tensors: inputs of functional models, and the results of calls of layers and operations on them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice, product
from typing import TypeGuard, TypeVar

from seqspec.core.api.catalog import APPLICATIONS
from seqspec.programs.values.abstract_values import (
    Argument,
    Call,
    Dict,
    Either,
    KerasCall,
    List,
    ModelValue,
    Ref,
    Unknown,
    known_items,
)

Choices = Mapping[object, int]
"""The way that is taken at each branch on an unknown condition, or the value that is taken of an `Either`."""

MAX_ALTERNATIVES = 4
"""Maximum number of alternatives of a tensor, after branches on unknown conditions."""

_OTHERS = object()
"""Marks choices beside which there are others that are not followed."""

_MAX_COMBINATIONS = 64
"""Maximum number of combinations of alternatives that are tried."""

_MAX_DEPTH = 4
"""Maximum nesting of lists and dicts of tensors."""


SHAPE_ATTRIBUTES = ("shape", "_keras_shape", "dtype", "ndim", "rank")
"""The attributes of a tensor about its shape, which are not read."""


UNINFERRED = object()
"""Marks a tensor of which the shape has not been inferred."""


class SymbolicTensor:
    """A symbolic tensor: the result of a call, or an input without a shape.

    Attributes:
        source: The layer, model or `Operation` that is called, or an unknown value; a `Doubt` for a tensor that an
            unknown loop changes; None for an input.
        inputs: What it is computed from: tensors, and unknown values.
        node: The expression.
        arguments: The arguments of the call.
        index: The position of one of several outputs of its only input.
        inlined: Whether its layers belong to the model itself, as those of `base.output`.
        targets: The number of variables to which its only input is unpacked; None where it is not certain.
    """

    __slots__ = (
        "arguments", "choices", "index", "inlined", "inputs", "is_certain", "label", "node", "source", "spec",
        "targets",
    )  # fmt: skip

    def __init__(
        self,
        source: object,
        inputs: Sequence[object],
        node: ast.AST,
        arguments: Sequence[Argument] = (),
        index: int | None = None,
        inlined: bool = False,
    ) -> None:
        self.source = source
        self.inputs = tuple(inputs)
        self.node = node
        self.arguments = arguments
        self.index = index
        self.inlined = inlined
        self.targets: int | None = None
        self.choices: Choices = {}
        """What must be chosen so that the program computes it."""
        self.is_certain = False
        """Whether the call is outside of loops, and of branches on unknown conditions."""
        self.label: str | None = None
        """The first variable that holds it."""
        self.spec: object = UNINFERRED
        """Its shape and dtype, inferred when the program reads its shape."""

    def __repr__(self) -> str:
        return f"Tensor({self.source!r})"


_PLAIN = (int, float, str, bool)


class Operation:
    """An operation on tensors that is not a layer: `x / 255`, `tf.cast(x, tf.float32)`, `x[:, 0]`.

    Attributes:
        name: The name of the function or operator, without its module.
        path: The canonical path of the function; empty for an operator or method.
    """

    __slots__ = ("name", "path")

    def __init__(self, name: str, path: tuple[str, ...] = ()) -> None:
        self.name = name
        self.path = path

    def __repr__(self) -> str:
        return f"Operation({self.name})"


def is_tensor(value: object) -> TypeGuard[SymbolicTensor | KerasCall]:
    """Whether a value is a symbolic tensor; the call of `Input` is one."""
    return isinstance(value, SymbolicTensor) or (isinstance(value, KerasCall) and value.ref.name == "Input")


def has_tensor(value: object, depth: int = 0) -> bool:
    """Whether a value is a tensor, or contains one in its lists, tuples, dicts or alternatives."""
    return is_tensor(value) or any(has_tensor(item, depth + 1) for item in _items(value, depth))


def tensors_in(values: Iterable[object], depth: int = 0) -> Iterator[object]:
    """The tensors in values, and the unknown values beside them in the same list."""
    for value in values:
        if is_tensor(value):
            yield value
            continue
        items = _items(value, depth)
        if isinstance(value, Either):
            yield Unknown(text="one of several values")
        elif any(has_tensor(item, depth + 1) for item in items):
            yield from (tensor for item in items for tensor in _with_unknown(item, depth + 1))


def _with_unknown(value: object, depth: int) -> Iterator[object]:
    if isinstance(value, Unknown):
        yield value
    else:
        yield from tensors_in((value,), depth)


def _items(value: object, depth: int) -> Sequence[object]:
    if depth > _MAX_DEPTH:
        return ()
    if isinstance(value, Either):
        return value.values
    if isinstance(value, Dict) and value.unknown is None:
        return tuple(value.items.values())
    items = known_items(value)
    if not isinstance(items, tuple) or (items and isinstance(items[0], _PLAIN)):
        # No list of numbers contains tensors, and it may be long.
        return ()
    return items


def alternatives(value: object) -> list[object]:
    """A value that contains tensors of several branches as each of its alternatives."""
    return [alternative for alternative, _ in _ways(value)]


_Way = tuple[object, Choices]


def _ways(value: object, depth: int = 0) -> list[_Way]:
    """The alternatives of a value, with what must be chosen for each."""
    if isinstance(value, SymbolicTensor):
        return [(value, value.choices)]
    if not isinstance(value, (Either, List, tuple, Dict)) or not has_tensor(value):
        return [(value, {})]
    if isinstance(value, Either):
        ways = []
        for index, element in enumerate(value.values):
            if has_tensor(element) or isinstance(element, Unknown):
                inner = [(one, _joined((choices, {value: index}))) for one, choices in _ways(element, depth + 1)]
                ways += [(one, choices) for one, choices in inner if choices is not None]
        return _first(ways)
    combined = _combined([_ways(item, depth + 1) for item in _items(value, depth)])
    if len(combined) < 2:
        return [(value, choices) for _, choices in combined] or [(value, {})]
    if isinstance(value, Dict):
        return [(Dict(dict(zip(value.items, items))), choices) for items, choices in combined]
    return [(items if isinstance(value, tuple) else List(items), choices) for items, choices in combined]


def _combined(ways: Sequence[Sequence[_Way]]) -> list[tuple[tuple[object, ...], Choices]]:
    """The combinations of alternatives that a run of the program can have."""
    combinations: list[tuple[tuple[object, ...], Choices]] = []
    for way in islice(product(*ways), _MAX_COMBINATIONS):
        choices = _joined([choices for _, choices in way])
        if choices is not None:
            combinations.append((tuple(element for element, _ in way), choices))
    return _first(combinations)


_Value = TypeVar("_Value")


def _first(ways: list[tuple[_Value, Choices]]) -> list[tuple[_Value, Choices]]:
    """As many of several alternatives as are followed."""
    if len(ways) <= MAX_ALTERNATIVES:
        return ways
    return [(alternative, {**choices, _OTHERS: 0}) for alternative, choices in ways[:MAX_ALTERNATIVES]]


def has_others(tensors: Iterable[SymbolicTensor]) -> bool:
    """Whether tensors are some of more alternatives than are followed."""
    return any(_OTHERS in tensor.choices for tensor in tensors)


def _joined(every: Iterable[Choices]) -> Choices | None:
    """All these choices; None where two of them exclude each other."""
    joined: dict[object, int] = {}
    for choices in every:
        for key, way in choices.items():
            if joined.setdefault(key, way) != way:
                return None
    return joined


def argument_alternatives(arguments: Sequence[Argument]) -> list[tuple[Sequence[Argument], Choices]]:
    """The arguments of a call on tensors of several branches, once for each of them, with what must be chosen."""
    ways = _combined([_ways(argument.value) for argument in arguments])
    if len(ways) < 2:
        return [(arguments, choices) for _, choices in ways] or [(arguments, {})]
    return [
        ([replace(argument, value=value) for argument, value in zip(arguments, way)], choices) for way, choices in ways
    ]


def merge(layer: KerasCall, inputs: Sequence[Argument], call: Call) -> object:
    """The tensor that a function such as `concatenate` returns from values that are not known to be tensors."""
    items = known_items(inputs[0].value)
    values = items if isinstance(items, tuple) else (inputs[0].value,)
    return SymbolicTensor(layer, values, call.node, inputs)


def part(tensor: SymbolicTensor, index: int, node: ast.AST, targets: int | None) -> SymbolicTensor:
    """One of several outputs of a call, which a program unpacks to this number of variables."""
    result = SymbolicTensor(tensor.source, (tensor,), node, index=index)
    result.targets = targets
    result.choices = tensor.choices
    return result


def base_input(base: KerasCall | ModelValue) -> object:
    """The input of a base model, or of a `Sequential` model."""
    return _base_tensors(base)[0]


def base_output(base: KerasCall | ModelValue) -> object:
    """The output of a base model, whose layers then belong to the models that are created from it."""
    return _base_tensors(base)[1]


def _base_tensors(base: KerasCall | ModelValue) -> tuple[object, object]:
    if base.tensors is None:
        start = base.value("input_tensor") if isinstance(base, KerasCall) else None
        if not is_tensor(start):
            start = _images(base) if isinstance(base, KerasCall) else None
        start = start or SymbolicTensor(None, (), base.node)
        if isinstance(start, SymbolicTensor) and start.source is None and base.label is not None:
            start.label = f"{base.label}.input"
        base.tensors = (start, SymbolicTensor(base, (start,), base.node, inlined=True))
    return base.tensors


def _images(base: KerasCall) -> KerasCall | None:
    """The input of a base model without its top and without a shape: images of any size; None for any other one."""
    if base.open is not None or base.value("include_top", 0) is not False or base.ref.name not in APPLICATIONS:
        return None
    if base.argument("input_shape", "input_tensor", 2, 3) is not None:
        return None
    shape = Argument("shape", (None, None, 3), base.node)
    return KerasCall(Ref(("keras", "layers", "Input"), "keras"), Call([shape], base.node))
