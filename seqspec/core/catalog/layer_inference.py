"""Derives outputs, variables and common errors of a layer from its declaration."""

from collections.abc import Iterable, Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING, Protocol, cast

from seqspec.core.catalog.dtypes import FLOATING, FLOATS, cannot_compute
from seqspec.core.catalog.keras_object import argument_of
from seqspec.core.catalog.layer import InferenceContext, Inputs, Layer, Outputs, PathPrefix, Phase, require_numbers
from seqspec.core.catalog.objects import ACTIVATION, INITIALIZER
from seqspec.core.diagnostics.message import Value, fmt
from seqspec.core.diagnostics.violation import Path, Violation
from seqspec.core.shapes.tensor import MAX_BITS, Shape, TensorSpec, WeightSpec, has_elements

if TYPE_CHECKING:
    from seqspec.core.catalog.activations.base import ActivationFunction
    from seqspec.core.catalog.regularizers import Regularizer

_USUAL = ("float32", "float16", "float64")

_MAX_ELEMENTS = 2**63 - 1
_MAX_AXES = 64
_MAX_WEIGHT_AXES = 254
"""TensorFlow has no tensors of a higher rank."""
_MAX_SIZE = 2**MAX_BITS - 1


def output_spec(layer: Layer, x: Inputs, env: InferenceContext) -> Outputs:
    """The outputs of a layer, masks included, in the phase of `env`; raises a `Violation` if Keras rejects the input.

    In the phase `SHAPE`, the dtype of the input is not checked.
    """
    if not isinstance(x, TensorSpec):
        return _output_of_several(layer, x, env)
    if env.phase is Phase.TRACE:
        return _traced_output(layer, x, env)
    if env.phase is Phase.SHAPE:
        x = TensorSpec(x.dims, layer.compute_dtype(env))
        y = layer.compute_output_spec(x, env)
        check_initializers(layer, x, env)
        return y
    x = cast_input(layer, x, env)
    y = layer.compute_output_spec(x, env)
    check_initializers(layer, x, env)
    if isinstance(y, list):
        return y
    if y.dims is not x.dims:
        _require_bounded(y.dims)
    since = layer.mask_on_data_since
    mask = layer.mask(x, y) if since is None or env.keras < since else None
    return y if y.mask is mask else y._replace(mask=mask)


def cast_input(layer: Layer, x: TensorSpec, env: InferenceContext) -> TensorSpec:
    """`x` as passed to `call`: floats are cast to the compute dtype, other dtypes are unchanged."""
    if not layer.casting.floats or (not layer.dtype and x.dtype == env.policy.compute):
        return x
    compute = layer.compute_dtype(env)
    if x.dtype != compute and x.dtype in FLOATS and layer.autocast:
        # Keras surprise: before 3.14 the cast lost the mask.
        return x._replace(dtype=compute, mask=x.mask if env.keras >= (3, 14) else None)
    return x


def _traced_output(layer: Layer, x: TensorSpec, env: InferenceContext) -> Outputs:
    if env.cast is not None:
        env = env._replace(cast=None)
    layer.require_input(x)
    x = x._replace(dtype=layer.compute_dtype(env)) if layer.casting.others else cast_input(layer, x, env)
    y = output_of_call(layer, x, env)
    penalty = layer.penalty
    if penalty is not None:
        for output in y if isinstance(y, list) else [y]:
            _check_penalty(penalty, output, env, "activity_regularizer" not in layer.without)
    return y


def output_of_call(layer: Layer, x: TensorSpec, env: InferenceContext) -> Outputs:
    """The output of tracing `call` alone for an already cast `x`; raises a `Violation` if it fails."""
    y = layer.compute_output_spec(x, env)
    check_initializers(layer, x, env)
    if isinstance(y, TensorSpec):
        _require_bounded(y.dims)
        y = y._replace(dtype=result_dtype(layer, x, y, env))
        activation = None if layer.role == "recurrent" else argument_of(layer, "activation")
        if activation is not None:
            y = activated(activation, y, env)
        y = y._replace(mask=layer.mask(x, y))
    layer.check_call(x, env)
    return y


def check_on_data(layer: Layer, x: TensorSpec, env: InferenceContext) -> None:
    """Raises a `Violation` for errors that occur only when the layer runs on data, not when Keras traces it."""
    x = cast_input(layer, x, env)
    if layer.casting.others:
        require_numbers(x)
    layer.check_call(x, env.at(Phase.DATA))


def is_same_on_data(layer: Layer, x: TensorSpec, env: InferenceContext) -> bool:
    """Whether the computation for `x` is known to succeed, with the output that was inferred."""
    if x.dtype != "float32" or env.policy.compute != "float32" or x.mask is not None or x.sparse:
        return False
    if not layer.same_in_all_phases or not layer.__pydantic_fields_set__.isdisjoint(_CHANGING_CALL):
        return False
    activation = layer.__dict__.get("activation")
    return (activation is None or activation.same_in_all_phases) and has_elements(x.dims[1:])


_CHANGING_CALL = ("dtype", "activity_regularizer")
"""The common arguments that matter when Keras runs a layer."""


class _AcceptsList(Protocol):
    def compute_output_spec(self, x: Inputs, env: InferenceContext) -> Outputs: ...


def _output_of_several(layer: Layer, xs: Sequence[TensorSpec], env: InferenceContext) -> Outputs:
    inferred, traced = layer.several_inputs[:2]
    if env.phase is Phase.TRACE and traced != "each":
        # Keras surprise: TensorFlow stacks several tensors of equal shape into one.
        if traced == "packed" and all(x.shape == xs[0].shape for x in xs):
            return _traced_output(layer, TensorSpec((len(xs), *xs[0].dims), xs[0].dtype), env)
        raise refused_inputs(xs)
    build = env.at(Phase.BUILD)
    if inferred == "together":
        y = cast(_AcceptsList, layer).compute_output_spec(xs, build)
        penalty = layer.penalty
        if penalty is not None and env.phase is Phase.TRACE and isinstance(y, TensorSpec):
            _check_penalty(penalty, y, env, declared=True)
        return y
    if inferred == "refused":
        raise refused_inputs(xs)
    # Keras surprise: such layers only infer shapes; their computation fails on data.
    return [y for x in xs if isinstance(y := output_spec(layer, x, build), TensorSpec)]


def refused_inputs(xs: Sequence[TensorSpec]) -> Violation:
    """The violation for several tensors as the input of a layer that accepts one."""
    return Violation(
        "several-outputs",
        fmt("expects one input tensor, but the previous layer returns {} (return_state)", len(xs)),
        anchor="layer",
        help="remove return_state from the previous layer",
    )


def result_dtype(layer: Layer, x: TensorSpec, y: TensorSpec, env: InferenceContext) -> str:
    """The output dtype of the computation; raises a `Violation` for an unsupported dtype of `x`."""
    rule, weights_dtype = layer.dtype_rule, weight_dtype(layer, env)
    if rule.keeps_bool and x.dtype == "bool" and layer.compute_dtype(env) in FLOATING:
        return "bool"
    if rule.refuses(x.dtype, weights_dtype):
        raise cannot_compute(x.dtype, weights_dtype, rule)
    if rule.keeps_before is not None and env.keras < rule.keeps_before:
        return x.dtype
    return rule.result_dtype(x.dtype, weights_dtype, y.dtype)


def weight_dtype(layer: Layer, env: InferenceContext) -> str:
    """The dtype of the weights, or of the noise, in the computation."""
    if env.cast is None or not layer.has.weights:
        return layer.compute_dtype(env)
    return env.cast or layer.variable_dtype(env)


def activated(activation: object, y: TensorSpec, env: InferenceContext) -> TensorSpec:
    """Applies an activation, an object or its name, to the result of a computation."""
    function = cast("ActivationFunction", ACTIVATION.read(activation) if isinstance(activation, str) else activation)
    with PathPrefix("activation"):
        return function.compute_output_spec(y, env)


def _check_penalty(penalty: "Regularizer", y: TensorSpec, env: InferenceContext, declared: bool) -> None:
    """Raises a `Violation` for an activity regularizer that cannot be computed."""
    try:
        penalty.check_tensor(y.dims, y.dtype, env.keras)
    except Violation as violation:
        # The factors of ActivityRegularization are arguments of the layer, so it has the violation.
        raise violation.prefixed("activity_regularizer") if declared else violation


def layer_weights(layer: Layer, x: TensorSpec, env: InferenceContext) -> Sequence[WeightSpec]:
    """The variables of a layer in Keras's order, for a cast `x` that Keras accepts, with `trainable` applied."""
    weights = layer.own_weights(x, env)
    return weights if layer.trainable else [weight._replace(trainable=False) for weight in weights]


def own_weights_with_trainable(layer: Layer, x: TensorSpec, env: InferenceContext) -> Sequence[WeightSpec]:
    """The variables of a layer, each with its own trainable flag, as an enclosing layer sees them."""
    return layer_weights(layer, x, env) if layer.variables.freeze else layer.own_weights(x, env)


def check_initializers(layer: Layer, x: TensorSpec, env: InferenceContext) -> None:
    """Raises a `Violation` for a variable that its initializer cannot fill, such as a vector by an identity."""
    arguments = layer.has.initializers
    if not arguments:
        return
    given = arguments & layer.__pydantic_fields_set__
    usual = layer.variable_dtype(env) in _USUAL
    if usual and not given:
        return
    for argument, shape, dtype in layer.initialized_variables(x, env):
        initializer = getattr(layer, argument)
        if initializer is None or (usual and argument not in given):
            continue
        if isinstance(initializer, str):
            initializer = INITIALIZER.read(initializer)
        violation: Violation | None = initializer.refuses(shape, dtype)
        if violation is None:
            continue
        violation = violation.with_subject(argument)
        if argument in given:
            raise violation.replace(path=(argument,))
        raise violation.replace(anchor="layer", help=f"choose a different {argument}")


def traces_sparse(layer: Layer, x: TensorSpec) -> bool:
    """Whether Keras can trace it for the sparse tensor `x`, as it does inside a Pipeline."""
    traced = layer.sparse_input.traced
    return layer.takes_sparse(x) if traced is None else traced.allows(layer.__dict__, x)


def is_passthrough(layer: Layer, x: TensorSpec, env: InferenceContext) -> bool:
    """Whether `call` returns its input tensor unchanged, which breaks the Keras graph."""
    return layer.casting.returns_input and cast_input(layer, x, env) is x


def needs_adapt(layer: Layer) -> bool:
    """Whether it must be adapted to data because its state is not given."""
    return layer.variables.adapted is not None and getattr(layer, layer.variables.adapted) is None


def sublayer_inputs(layer: Layer, x: TensorSpec | None, env: InferenceContext) -> Mapping[Path, TensorSpec]:
    """The input of each sublayer by its path, for input `x`; empty if `x` is None, that is, unknown."""
    if x is None:
        return {}
    return {inner.path: inner.input for inner in layer.sublayers(cast_input(layer, x, env), env)}


def _require_bounded(dims: Shape) -> None:
    """Raises a `Violation` for shapes above the limits on rank and size."""
    if len(dims) > _MAX_AXES:
        raise Violation("over-limit", f"rank {len(dims) - 1} exceeds the limit of {_MAX_AXES - 1}", anchor="layer")
    for size in dims:
        if type(size) is int and size > _MAX_SIZE:
            raise Violation("over-limit", "outputs a dimension with more than 60 digits", anchor="layer")


def require_storable(weights: Iterable[WeightSpec]) -> None:
    """Raises a `Violation` for a variable of too many axes, or too large for TensorFlow, which counts with 63 bits."""
    for weight in weights:
        if len(weight.shape) > _MAX_WEIGHT_AXES:
            raise Violation(
                "bad-value",
                fmt(
                    "the weight {} would have {} axes; TensorFlow supports at most {}",
                    weight.name,
                    len(weight.shape),
                    _MAX_WEIGHT_AXES,
                ),
                anchor="layer",
            )
        count = prod(weight.shape)
        if count > _MAX_ELEMENTS or (count == 0 and max(weight.shape) > _MAX_ELEMENTS):
            sizes = " × ".join(map(str, weight.shape))
            raise Violation(
                "bad-value",
                fmt(
                    "the weight {} would have {} elements; TensorFlow supports at most {}",
                    weight.name,
                    sizes,
                    _MAX_ELEMENTS,
                ),
                anchor="layer",
            )


def explain_lost_axes(violation: Violation, before: Sequence[tuple[Layer, str, TensorSpec, Outputs]]) -> Violation:
    """Explains a wrong rank by the nearest previous layer that changed the rank.

    `before` are the previous layers, each with its name, input and output.
    """
    if violation.rule == "wrong-rank":
        for layer, name, x, y in reversed(before):
            if isinstance(y, list) or len(y.dims) != len(x.dims):
                return layer.explain(violation, name)
    return violation


def passthrough_violation(layer: Layer, x: TensorSpec) -> Violation:
    """The violation for a layer that returns its input unchanged.

    Keras surprise: it accepts this only for the first layers of a model that has further layers, and then omits them
    silently.
    """
    name = type(layer).__name__
    return Violation(
        "unsupported-layer",
        f"returns its {x.dtype} input unchanged, and Keras cannot connect the model through such a layer here",
        anchor="layer",
        help=fmt("write {}, or use {} in the data pipeline", Value({"type": "Pipeline", "layers": [name]}), name),
    )
