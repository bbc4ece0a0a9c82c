"""Training without any trainable weights.

What it does: Detects a model compiled for training without trainable weights: all layers are frozen, or none has
weights. Also detects a model with trainable weights only in and before a layer that computes integers or looks up
indices, through which no gradient passes.

Why is this bad? Without trainable weights, Keras warns once and runs all epochs with the same loss. Without a gradient,
`fit` raises "No gradients provided for any variable" on the first batch.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, trainable = false, activation = "relu" },
      { type = "Dense", units = 1, trainable = false, activation = "sigmoid" },
    ]

    [target]
    kind = "binary"

    [data.train]

    [data.validation]

    [compile]
    optimizer = { type = "Adam", learning_rate = 1e-3 }
    loss = "binary_crossentropy"
    metrics = ["accuracy"]

    [fit]
    epochs = 30

Use instead:
    -  { type = "Dense", units = 16, trainable = false, activation = "relu" },
    -  { type = "Dense", units = 1, trainable = false, activation = "sigmoid" },
    +  { type = "Dense", units = 16, activation = "relu" },
    +  { type = "Dense", units = 1, activation = "sigmoid" },

     epochs = 30
    +callbacks = [{ type = "EarlyStopping", patience = 5, restore_best_weights = true }]

Confidence: certain.

References:
    keras.optimizers: the warning "The model does not have any trainable weights."
"""

from collections.abc import Iterator

from seqspec.core.analysis.head_fixes import dense_fix
from seqspec.core.catalog.dtypes import INTEGERS
from seqspec.core.catalog.objects import CustomUse
from seqspec.core.catalog.traits import Composition
from seqspec.core.linter.rules import (
    Facts,
    Findings,
    LayerReport,
    Requires,
    Sequence,
    Setting,
    at_layer,
    finding,
    fmt,
    rule,
)
from seqspec.core.shapes.tensor import TensorSpec

_INTEGERS = INTEGERS | {"bool"}


@rule(
    "SEQ522",
    "error",
    graphs="each",
    any_of=(Requires(tables=("compile",)), Requires(tables=("fit",))),
    depends_on=("trainable",),
)
def check(facts: Facts) -> Findings:
    if not facts.has_full_stack or facts.tables.isdisjoint(("compile", "fit")):
        return
    custom = any(isinstance(entry.layer, CustomUse) for entry in facts.flat_layers)
    steps = [entry for entry, _ in _uncast(facts.layers)]
    # Another branch of a graph may carry the gradient.
    first = 0 if facts.graph is not None else _first_reached(facts)
    if any(_has_trainable_weights(entry) for entry in steps[first:]):
        return
    if any(_has_trainable_weights(entry) for entry in steps):
        # The penalty of a regularizer has a gradient of its own.
        if not custom and "regularizer" not in facts.stack.layer_arguments:
            last = steps[first - 1]
            yield finding(
                "no weight is trained: no gradient passes through integers, which the layer "
                + ("returns" if _returns_indices(last) else "computes with"),
                **at_layer(last),
                notes=('Keras raises "No gradients provided for any variable" on the first batch of fit',),
                help="add a layer with weights after it, such as Dense",
            )
        return
    # Keras checks the flag of each variable, which those inside a frozen wrapper keep.
    if custom or any(entry.trained_params for entry in facts.layers):
        return
    frozen = [entry for entry in facts.layers if entry.params]
    if not frozen and not facts.fit:
        return
    yield finding(
        "the model has no trainable weights"
        + (": every layer with weights is frozen" if frozen else ": no layer has weights"),
        path=frozen[-1].path if frozen else ("model", "layers"),
        anchor="layer" if frozen else "key",
        help=fmt("remove {} from a layer, or add a layer such as Dense after it", Setting("trainable", False))
        if frozen
        else "add a layer with weights, such as Dense",
        fix=None if frozen else dense_fix(facts),
    )


def _has_trainable_weights(entry: LayerReport) -> bool:
    return any(weight.trainable and weight.size for weight in entry.weights)


def _returns_indices(entry: LayerReport) -> bool:
    return "token_index" in entry.traits and _are_integers(entry.outputs)


def _are_integers(tensors: Sequence[TensorSpec]) -> bool:
    return all(tensor.dtype in _INTEGERS for tensor in tensors)


def _first_reached(facts: Facts) -> int:
    """The index of the first layer of `_uncast` that a gradient reaches.

    Integers come from the input or from a layer that returns indices: one that declares an integer dtype may compute
    floats all the same.
    """
    first, integers = 0, facts.input is not None and _are_integers([facts.input])
    for index, (entry, is_cast) in enumerate(_uncast(facts.layers)):
        integers = integers and not is_cast
        if "token_index" in entry.traits or (integers and "integer_arithmetic" in entry.traits):
            first = index + 1
        if "token_index" in entry.traits:
            integers = _are_integers(entry.outputs)
        elif first != index + 1:
            integers = integers and not entry.weights and _are_integers(entry.outputs)
    return first


def _uncast(layers: Sequence[LayerReport]) -> Iterator[tuple[LayerReport, bool]]:
    """The layers in order of computation, those inside others in their place; and whether their input is cast.

    A nested model casts its input; Pipeline and TimeDistributed pass on the integers that they receive.
    """
    for entry in layers:
        is_model = entry.composition is Composition.MODEL
        if is_model or entry.composition is Composition.PIPELINE or "inner_call_only" in entry.traits:
            for index, (inner, is_cast) in enumerate(_uncast(entry.layers)):
                yield inner, is_cast or (is_model and index == 0)
        else:
            yield entry, False
