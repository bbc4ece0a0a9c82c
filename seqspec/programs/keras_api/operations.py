"""Operations on tensors that are not layers: as the layer that computes the same, or as a step that keeps shapes."""

from __future__ import annotations

from collections.abc import Sequence

from seqspec.core.api.catalog import ACTIVATION
from seqspec.programs.keras_api.keras_names import MERGING
from seqspec.programs.values.abstract_values import Argument, Call, KerasCall, Ref
from seqspec.programs.values.data_loaders import CENTERED, PIXELS, PREPROCESSED
from seqspec.programs.values.tensors import Operation, SymbolicTensor, has_tensor, is_tensor

_MODULES = ("activations", "backend", "ops", "nn", "math")
"""The modules whose functions with the name of an activation are that activation."""

_TF_ACTIVATIONS = ("sigmoid", "tanh")
"""The activations that TensorFlow has at its top level."""

ELEMENTWISE = frozenset(
    "abs absolute cast ceil clip clip_by_value cos elu exp expm1 floor gelu l2_normalize leaky_relu log log1p "
    "log_softmax maximum minimum neg negative normalize pow preprocess_input relu relu6 round rsqrt selu sigmoid sign "
    "silu sin softmax softplus softsign sqrt square stop_gradient swish tanh".split()
)
"""The functions and operators that keep the shape of a single tensor."""

ARITHMETIC = ("add", "sub", "mul", "truediv", "pow", "multiply", "subtract", "divide")
"""The operators and functions that keep the shape of a tensor where the other operand is a number."""


_MODES = {"sum": "Add", "mul": "Multiply", "concat": "Concatenate", "ave": "Average", "max": "Maximum", "dot": "Dot"}
"""The layer of each mode of `merge` of Keras 1."""

_MERGE_ARGUMENTS = {"concat_axis": ("Concatenate", "axis"), "dot_axes": ("Dot", "axes"), "name": ("", "name")}
_MERGE_POSITIONS: tuple[str | int, ...] = ("inputs", "mode", "concat_axis", "dot_axes")


def merging_layer(ref: Ref, call: Call) -> tuple[KerasCall, Sequence[Argument]] | None:
    """The layer that a function such as `keras.layers.add` creates, and what it is called on."""
    if len(ref.path) < 3 or ref.path[1] not in ("layers", "engine"):
        return None
    inputs = call.argument(0, "inputs")
    if inputs is None:
        return None
    # Tensors that are not in a list are a mistake, which is reported at the call.
    others = [argument for argument in call.arguments if argument is not inputs and not has_tensor(argument.value)]
    if ref.name == "merge":
        return _merge_of_keras_1(ref, call, inputs, others)
    name = MERGING.get(ref.name)
    if name is None:
        return None
    shifted = [argument.shift(-1) for argument in others]
    return KerasCall(Ref(("keras", "layers", name), ref.source), Call(shifted, call.node, call.open)), [inputs]


def _merge_of_keras_1(
    ref: Ref, call: Call, inputs: Argument, others: Sequence[Argument]
) -> tuple[KerasCall, Sequence[Argument]] | None:
    mode = call.value("mode", 1)
    name = _MODES.get(mode if isinstance(mode, str) else "sum") if mode is None or isinstance(mode, str) else None
    if name is None:
        return None
    arguments = []
    for other in others:
        key = other.key if isinstance(other.key, str) else str(_MERGE_POSITIONS[min(other.key, 3)])
        layer, argument = _MERGE_ARGUMENTS.get(key, ("-", ""))
        if layer in ("", name):
            arguments.append(Argument(argument, other.value, other.node, None, True))
    return KerasCall(Ref(("keras", "layers", name), ref.source), Call(arguments, call.node)), [inputs]


_OF_HEADS = (
    "activity_regularizer", "attention_axes", "bias_constraint", "bias_initializer", "bias_regularizer", "dropout",
    "flash_attention", "kernel_constraint", "kernel_initializer", "kernel_regularizer", "seed", "sliding_window",
    "use_bias", "use_gate",
)  # fmt: skip
ATTENTION: dict[str, tuple[str, ...]] = {
    # Keras 2 has `causal`.
    "AdditiveAttention": ("use_scale", "dropout", "causal"),
    "Attention": ("use_scale", "score_mode", "dropout", "seed", "causal"),
    "GroupQueryAttention": ("head_dim", "num_query_heads", "num_key_value_heads", *_OF_HEADS),
    "MultiHeadAttention": ("num_heads", "key_dim", "value_dim", "output_shape", *_OF_HEADS),
}
"""The layers that need several tensors, of which the catalogue of specs has no class, and their arguments."""


def is_attention(source: object) -> bool:
    """Whether something is a layer of which only the output is known."""
    return isinstance(source, KerasCall) and source.ref.name in ATTENTION


def is_identity(tensor: SymbolicTensor) -> bool:
    """Whether an operation returns its input."""
    return isinstance(tensor.source, Operation) and _preprocessed_range(tensor.source) == PIXELS


def keeps_shape(tensor: SymbolicTensor) -> bool:
    """Whether an operation keeps the shape of its only tensor, at other values."""
    operation = tensor.source
    if not isinstance(operation, Operation) or len(tensor.inputs) != 1:
        return False
    if operation.name in ARITHMETIC:
        return all(is_tensor(a.value) or isinstance(a.value, (int, float)) for a in tensor.arguments)
    return operation.name in ELEMENTWISE


def as_layer(tensor: SymbolicTensor) -> KerasCall | None:
    """The layer that computes the same as an operation on one tensor; None if there is none."""
    operation = tensor.source
    if not isinstance(operation, Operation) or len(tensor.inputs) != 1:
        return None
    others = [argument for argument in tensor.arguments if not is_tensor(argument.value)]
    if _is_activation(operation) and not others:
        return _layer(tensor, "Activation", [Argument("activation", operation.name, tensor.node)])
    if _preprocessed_range(operation) == CENTERED and not others:
        return _rescaling(tensor, 1 / 127.5, -1.0)
    number = others[0].value if len(others) == 1 else None
    if len(tensor.arguments) != 2 or not isinstance(number, (int, float)) or isinstance(number, bool):
        return None
    first = is_tensor(tensor.arguments[0].value)
    if operation.name == "truediv" and first and number != 0:
        return _rescaling(tensor, 1 / number, 0.0)
    # An integer keeps the dtype of integer tensors.
    if operation.name == "mul" and isinstance(number, float):
        return _rescaling(tensor, number, 0.0)
    if operation.name in ("add", "sub") and isinstance(number, float):
        sign = 1.0 if first or operation.name == "add" else -1.0
        return _rescaling(tensor, sign, -number if operation.name == "sub" and first else number)
    return None


def _is_activation(operation: Operation) -> bool:
    path = operation.path
    if ACTIVATION.named(operation.name) is None or len(path) < 2:
        return False
    if path[0] == "tensorflow" and len(path) == 2:
        return operation.name in _TF_ACTIVATIONS
    return path[-2] in _MODULES and path[0] in ("keras", "tensorflow")


def _preprocessed_range(operation: Operation) -> tuple[float, float] | None:
    """The range of pixels after `preprocess_input`; None for other operations."""
    if operation.name != "preprocess_input" or operation.path[:2] != ("keras", "applications"):
        return None
    return PREPROCESSED.get(operation.path[-2])


def _rescaling(tensor: SymbolicTensor, scale: float, offset: float) -> KerasCall:
    arguments = [Argument("scale", scale, tensor.node)]
    return _layer(tensor, "Rescaling", [*arguments, *([Argument("offset", offset, tensor.node)] if offset else [])])


def _layer(tensor: SymbolicTensor, name: str, arguments: Sequence[Argument]) -> KerasCall:
    return KerasCall(Ref(("keras", "layers", name), "keras"), Call([*arguments], tensor.node))  # type: ignore[arg-type]  # an operator is not a call
