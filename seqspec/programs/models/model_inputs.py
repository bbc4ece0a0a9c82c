"""The data of a model with several inputs: one array for each input, in their order or by their names."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from itertools import pairwise

from seqspec.core.api.messages import counted
from seqspec.programs.graphs.functional_models import leaves
from seqspec.programs.keras_api.keras_names import is_input
from seqspec.programs.layers.program_model import ProgramModel
from seqspec.programs.python.external_models import WRAPPED
from seqspec.programs.values.abstract_values import (
    Argument,
    Array,
    Dict,
    Invocation,
    KerasCall,
    ModelState,
    Unknown,
    are_integers,
    element_nodes,
    is_integer,
    item_node,
    known_items,
)
from seqspec.programs.values.tensors import is_tensor


def note_inputs(model: ProgramModel, structure: object, fit: Invocation) -> None:
    """Notes the samples of `fit` that Keras rejects: another number of arrays, other shapes, missing names.

    Args:
        model: The model.
        structure: The inputs with which it was created: a list or a dict of the results of `keras.Input`.
        fit: The call of `fit`.
    """
    inputs = [value for value in leaves(structure) if is_input(value)]
    if len(inputs) < 2 or len(inputs) != len(leaves(structure)) or any(value.argument("tensor") for value in inputs):
        return
    names = [value.value("name") for value in inputs]
    if isinstance(structure, Dict):
        names = list(structure.items)
    samples, validation = fit.argument("x", 0), fit.argument("validation_data", 7)
    pair = None if validation is None else validation.value
    if samples is not None:
        _note_data(model, inputs, names, samples)
    if validation is not None and isinstance(pair, tuple) and pair:
        _note_data(model, inputs, names, Argument("x", pair[0], element_nodes(validation.node, len(pair))[0]))


def note_method_data(model: ProgramModel, method: str, data: Argument) -> None:
    """Notes what a method does not take as samples or labels: a list of numbers; in `predict`, one sample."""
    if method != WRAPPED and _is_plain(data.value):
        message = f"{method} takes arrays, got a {'tuple' if isinstance(data.value, tuple) else 'list'} of numbers"
        help = f"write np.array({Unknown(data.node).text})"
        model.note("wrong-type", message, data.node, help, only_keras=3)
    elif method == "predict" and isinstance(data.value, Array):
        _note_single_sample(model, data.value, data.node)
    elif method == WRAPPED and isinstance(data.value, Array):
        _note_wrapped_samples(model, data.value, data.node)


def _is_plain(value: object, depth: int = 0) -> bool:
    """Whether a value is a list of numbers, or of such lists."""
    items = known_items(value)
    if isinstance(items, (int, float)):
        return depth > 0
    return isinstance(items, tuple) and len(items) > 0 and depth < _MAX_RANK and _is_plain(items[0], depth + 1)


_MAX_RANK = 8


def _note_single_sample(model: ProgramModel, sample: Array, node: ast.AST) -> None:
    """Notes one sample in place of a batch of samples."""
    sizes, shape = model.tree["model"].get("input"), sample.shape
    if not isinstance(sizes, list) or shape is None or len(sizes) != len(shape) or sizes[-1:] == [1]:
        # Keras adds an axis of size 1 itself.
        return
    if sizes and are_integers(shape) and list(shape) == sizes:
        message = f"predict takes a batch of samples, got one sample of shape {_tuple(shape)}"
        help = f"write np.expand_dims({Unknown(node).text}, 0)"
        model.note("data-shape-mismatch", message, node, help)


def note_single_items(model: ProgramModel, state: ModelState) -> None:
    """Notes `predict(x[3])` where the model is trained on or evaluated with `x`, whose shape is not known."""
    sizes = model.tree["model"].get("input")
    if not isinstance(sizes, list) or sizes[-1:] in ([], [1]) or model.tree.get("inputs"):
        return
    wholes = list(_samples_with_labels(state))
    for method, data in state.data:
        match data.node, data.value:
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=int(index))), Unknown() as item:
                is_item = item.node is data.node and any(_is_item(item, name, *whole) for whole in wholes)
                if method != "predict" or not is_item:
                    continue
                message = f"predict takes a batch of samples, got one sample: {name}[{index}]"
                help = f"write {name}[{index}:{index + 1}]"
                model.note("data-shape-mismatch", message, data.node, help)


def _samples_with_labels(state: ModelState) -> Iterator[tuple[ast.AST, object]]:
    """The samples that methods get beside labels, which are arrays: a generator has both in its items."""
    for (method, samples), (other, labels) in pairwise(state.data):
        if method == other and labels.key in (1, "y"):
            yield samples.node, samples.value
    for call in state.calls:
        validation = call.argument("validation_data", 7) if call.method == "fit" else None
        if validation is not None and isinstance(validation.node, ast.Tuple) and isinstance(validation.value, tuple):
            yield from zip(validation.node.elts[:1], validation.value[:1])


def _is_item(item: Unknown, name: str, node: ast.AST, value: object) -> bool:
    """Whether an item is one of the value that a variable has had before."""
    if not isinstance(node, ast.Name) or node.id != name:
        return False
    return any(
        operand is value
        or (isinstance(operand, Unknown) and isinstance(value, Unknown) and operand.identity == value.identity)
        for operand in item.operands
    )


def note_batch_axis(model: ProgramModel, fit: Invocation) -> None:
    """Notes `input_shape=(batch_size, 8)` beside `fit(batch_size=batch_size)`."""
    size = fit.argument("batch_size", 2)
    sizes = model.tree["model"].get("input")
    first = model.values.get(("model", "input", 0))
    if size is None or not isinstance(sizes, list) or len(sizes) < 2 or _has_shape(fit):
        return
    if isinstance(first, ast.Name) and isinstance(size.node, ast.Name) and first.id == size.node.id:
        message = f"the input shape begins with {first.id}, but it does not include the batch"
        help = "leave it out, or pass batch_shape to Input"
        model.note("data-shape-mismatch", message, first, help, "warning")


def _has_shape(fit: Invocation) -> bool:
    samples = fit.argument("x", 0)
    return samples is not None and isinstance(samples.value, Array) and samples.value.shape is not None


def _note_wrapped_samples(model: ProgramModel, samples: Array, node: ast.AST) -> None:
    """Notes samples of an estimator that have another shape than the input of the model."""
    sizes, shape = model.tree["model"].get("input"), samples.shape
    if not isinstance(sizes, list) or not shape or not are_integers(tuple(sizes)) or not are_integers(shape[1:]):
        return
    if len(sizes) == len(shape) - 1 and list(shape[1:]) != sizes:
        message = f"the declared input is {_tuple(sizes)}, but samples have shape {_tuple(shape[1:])}"
        model.note("data-shape-mismatch", message, node)


def _note_data(model: ProgramModel, inputs: Sequence[KerasCall], names: Sequence[object], data: Argument) -> None:
    """Notes what is wrong with samples for inputs of these names, None where unknown."""
    items, node = known_items(data.value), data.node
    if isinstance(items, Dict):
        if items.unknown is None and all(isinstance(name, str) for name in (*names, *items.items)):
            _note_names(model, names, items, node)
            for value, name in zip(inputs, names):
                _note_shape(model, value, items.items.get(name), item_node(node, name))
        return
    arrays = (items,) if isinstance(items, Array) else items
    if not isinstance(arrays, tuple) or not all(isinstance(array, Array) and array.shape for array in arrays):
        return
    if len(arrays) != len(inputs):
        message = f"the model has {len(inputs)} inputs, but {counted(len(arrays), 'array')} of samples"
        help = "pass a list with one array each"
        model.note("data-shape-mismatch", message, node, help)
        return
    for value, array, place in zip(inputs, arrays, element_nodes(node, len(arrays))):
        _note_shape(model, value, array, place)


def _note_names(model: ProgramModel, names: Sequence[object], data: Dict, node: ast.AST) -> None:
    missing = [name for name in names if name not in data.items]
    if missing:
        message = f'there are no samples for the input "{missing[0]}"'
        model.note("data-shape-mismatch", message, node, f"inputs: {', '.join(map(str, names))}")


def _note_shape(model: ProgramModel, value: KerasCall, samples: object, node: ast.AST) -> None:
    """Notes samples with other sizes than their input; a last axis of size 1 may be added or dropped."""
    declared = known_items(value.value("shape", 0))
    shape = samples.shape[1:] if isinstance(samples, Array) and samples.shape else None
    if not isinstance(declared, tuple) or shape is None or len(declared) != len(shape) or not are_integers(shape):
        return
    pairs = [(size, other) for size, other in zip(declared, shape) if is_integer(size) and size != other]
    if pairs and 1 not in (declared[-1], shape[-1]):
        name = value.value("name")
        label = f'the input "{name}"' if isinstance(name, str) else "the input"
        message = f"{label} is {_tuple(declared)}, but its samples have shape {_tuple(shape)}"
        model.note("data-shape-mismatch", message, node)


def _tuple(sizes: Sequence[object]) -> str:
    """A shape as in other messages, without the comma of a tuple of one item."""
    return f"({', '.join('None' if size is None else str(size) for size in sizes)})"


def note_labels(model: ProgramModel, tensors: tuple[object, object], fit: Invocation) -> None:
    """Notes several arrays of labels for the only output of a model with several inputs."""
    labels, inputs = fit.argument("y", 1), known_items(tensors[0])
    items = None if labels is None else known_items(labels.value)
    if labels is None or not isinstance(inputs, tuple) or len(inputs) < 2 or not is_tensor(tensors[1]):
        return
    if isinstance(items, tuple) and len(items) > 1 and all(isinstance(item, (Array, Unknown)) for item in items):
        message = f"there are {len(items)} arrays of labels, but the model has one output"
        model.note("data-shape-mismatch", message, labels.node, "pass one array")
