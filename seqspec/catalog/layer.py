"""The base of every layer: the arguments that all layers take, and the questions that the analysis asks."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import prod
from typing import Any, ClassVar

from pydantic import Field

from seqspec.catalog.dtype_rule import AS_DECLARED, DtypeRule, cannot_compute
from seqspec.catalog.dtypes import FLOATS, PolicyText, policy
from seqspec.catalog.exports import EVERYWHERE, Exports
from seqspec.catalog.inference_context import InferenceContext
from seqspec.catalog.keras_object import KerasObject, argument_of
from seqspec.catalog.objects import ACTIVATION, INITIALIZER, CustomUse, Regularizer
from seqspec.catalog.traits import Composition, Role, Sublayer
from seqspec.catalog.types import Maybe, Name, NeutralBool
from seqspec.diagnostics.message import Message
from seqspec.diagnostics.quote import quote_value
from seqspec.diagnostics.snippet import Help, Setting, TableName, Value, Written
from seqspec.diagnostics.violation import UNSET, Violation
from seqspec.shapes.dims import MAX_BITS, Shape, Size, has_elements, show
from seqspec.shapes.interval import Interval
from seqspec.shapes.tensor import TensorSpec, WeightSpec

_USUAL = ("float32", "float16", "float64")

Outputs = TensorSpec | list[TensorSpec]
"""The output of a layer: one tensor, or a list if it also returns states."""


class NestedOutputs(list[TensorSpec]):
    """Several tensors that Keras keeps in nested lists, such as the states of stacked cells; here they are flat."""


class Layer(KerasObject):
    """A Keras layer.

    A concrete layer declares its arguments and overrides `compute_output_spec`, `own_weights`, `macs` and `mask`. Their
    input has already been cast as Keras casts it before `call`.
    """

    supports_masking: ClassVar[bool] = False
    takes_several: ClassVar[bool] = False
    """Whether Keras lets several tensors pass, such as the output and the states of an LSTM, each on its own."""

    lists_shapes: ClassVar[bool | None] = None
    """Whether `compute_output_shape` accepts the shapes of several tensors, where `takes_several` does not say it."""

    composite: ClassVar[bool] = False
    """Whether its variables are those of layers inside, which no document names."""

    role: ClassVar[Role] = "opaque"
    """What it does to the signal."""

    composition: ClassVar[Composition] = Composition.OTHER
    """How its output follows from those of its `sublayers`."""

    function: ClassVar[str | None] = None
    """The activation function that the class itself applies, as `ReLU` does."""

    adapted_argument: ClassVar[str | None] = None
    """The argument without which the layer has to learn it from data, with `adapt`."""

    keeps_rank: ClassVar[bool] = False
    """Whether Keras, once it has built the layer, rejects tensors of another rank."""

    dtype_rule: ClassVar[DtypeRule] = AS_DECLARED
    """The dtypes that its computation takes and returns, which matters only where Keras runs it."""

    runs_as_inferred: ClassVar[bool] = False
    """Whether `run` never fails and returns what `infer` returns, for float32 of known sizes without a mask."""

    weights_attribute: ClassVar[str] = ""
    """The attribute of the Keras layer that has its own weights, also in weights files; empty for the layer itself."""

    several: ClassVar[str] = "each"
    """What becomes of several tensors where Keras runs the layer: "each" its own, "packed" into one, or "refused"."""

    casts_all: ClassVar[bool] = False
    """Whether Keras casts whatever is the input before it runs the layer, not only floats."""

    follows_policy: ClassVar[bool] = True
    """Whether it has the dtype policy of the model where it has none of its own."""

    builds: ClassVar[str | None] = None
    """`"module:Class"` of the Python class, for a layer of another package; Keras's own are found by their names."""

    exports: ClassVar[Exports] = EVERYWHERE
    """How it gets into the file formats of `[export]`."""

    initializer_arguments: ClassVar[frozenset[str]] = frozenset()
    """The arguments that are initializers of its variables."""

    default_function: ClassVar[str | None] = None
    """The activation function that it applies where `activation` is not given."""

    has_sublayers: ClassVar[bool] = False
    """Whether its class says in `sublayers` which layers are inside."""

    trailing: ClassVar[tuple[str, ...]] = ("activity_regularizer", "autocast", "trainable", "dtype", "name")

    activity_regularizer: Maybe[Regularizer] = Field(default=None, description="Regularizer for the layer's output.")
    autocast: NeutralBool = Field(
        default=True, description="Whether floating-point inputs are cast to the compute dtype."
    )
    trainable: NeutralBool = Field(default=True, description="Whether training updates the weights.")
    dtype: Maybe[PolicyText] = Field(default=None, description="Dtype or dtype policy of the layer.")
    name: Name = Field(default=None, description="Name of the layer, unique in the model.")

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: object) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        fields = cls.model_fields
        cls.initializer_arguments = frozenset([name for name in fields if name.endswith("_initializer")])
        cls.has_sublayers = cls.sublayers is not Layer.sublayers
        activation = fields.get("activation")
        cls.default_function = cls.function or (activation and function_name(activation.default))

    @classmethod
    def unknown_argument(cls, key: str, tree: Mapping[str, object]) -> Violation:
        violation = super().unknown_argument(key, tree)
        if key in ("input_shape", "input_dim", "batch_input_shape", "batch_shape"):
            # Arguments of every layer in Keras 2, which Keras 3 still takes.
            given = tree[key]
            if key.startswith("batch"):
                shape = Help(Setting("input", [...]), ", without the batch size,")
            else:
                items = given if isinstance(given, list) else [given]
                shape = Help(Setting("input", Written(quote_value(items))))
            violation = violation.replace(
                label=None,
                help="write " + shape + Help(" in ", TableName(("model",))),
                recovered_value=UNSET,
            )
        return violation

    def compute_dtype(self, env: InferenceContext) -> str:
        """The dtype in which the layer computes, and mostly what it returns."""
        return (policy(self.dtype) if self.dtype else env.policy).compute

    def variable_dtype(self, env: InferenceContext) -> str:
        """The dtype in which the layer keeps its weights."""
        return (policy(self.dtype) if self.dtype else env.policy).variable

    def check_in(self, env: InferenceContext) -> None:
        """Raises the `Violation` for arguments that only some versions of Keras refuse when the layer is
        constructed.
        """

    def infer(self, x: TensorSpec, env: InferenceContext) -> Outputs:
        """The outputs of the layer for input `x`, masks included; raises the `Violation` for what Keras rejects."""
        x = self.cast(x, env)
        y = self.compute_output_spec(x, env)
        self.check_initializers(x, env)
        if isinstance(y, list):
            return y
        require_bounded(y.dims)
        mask = self.mask(x, y)
        return y if y.mask is mask else y._replace(mask=mask)

    def infer_each(self, xs: Sequence[TensorSpec], env: InferenceContext) -> Outputs:
        """The output of the layer for several tensors; raises the `Violation` where it takes only one."""
        if not self.takes_several:
            raise Violation(
                "several-outputs",
                Message("expects one input tensor, but the previous layer returns ", len(xs), " (return_state)"),
                anchor="layer",
                help="remove return_state from the previous layer",
            )
        # Keras surprise: such layers only report the input shape; what they compute fails when it is called on data.
        return [y for x in xs if isinstance(y := self.infer(x, env), TensorSpec)]

    def cast(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        """`x` as `call` gets it: floats are cast to the compute dtype, everything else is left alone."""
        if not self.dtype and x.dtype == env.policy.compute:
            return x
        compute = self.compute_dtype(env)
        if x.dtype != compute and x.dtype in FLOATS and self.autocast:
            # Keras surprise: before 3.14 the cast lost the mask.
            return x._replace(dtype=compute, mask=x.mask if env.keras >= (3, 14) else None)
        return x

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> Outputs:
        """The tensor that the layer returns for `x`, or several; raises `Violation` where Keras refuses."""
        raise NotImplementedError

    def run(self, x: TensorSpec, env: InferenceContext) -> Outputs:
        """The output when Keras executes `call` (inside a Pipeline) instead of `compute_output_shape`."""
        if env.cast is not None:
            env = env._replace(cast=None)
        self.require_input(x)
        x = x._replace(dtype=self.compute_dtype(env)) if self.casts_all else self.cast(x, env)
        y = self.called(x, env)
        penalty = self.penalty
        if penalty is not None:
            for one in y if isinstance(y, list) else [y]:
                check_penalty(penalty, one, env, "activity_regularizer" not in self.without)
        return y

    def is_run_known(self, x: TensorSpec, env: InferenceContext) -> bool:
        """Whether `infer` already says what `run` and `check_data` would find for `x`."""
        if not self.runs_as_inferred or x.dtype != "float32" or x.mask is not None or x.sparse:
            return False
        if self.compute_dtype(env) != "float32" or self.penalty is not None:
            return False
        activation = argument_of(self, "activation")
        return (activation is None or activation.runs_as_inferred) and has_elements(x.dims[1:])

    def run_each(self, xs: Sequence[TensorSpec], env: InferenceContext) -> Outputs:
        """The same for several input tensors."""
        if self.several == "each":
            return self.infer_each(xs, env)
        # Keras surprise: TensorFlow makes one tensor of several of one shape.
        if self.several == "packed" and all(x.shape == xs[0].shape for x in xs):
            return self.run(TensorSpec((len(xs), *xs[0].dims), xs[0].dtype), env)
        raise Violation(
            "several-outputs",
            Message("expects one input tensor, but the previous layer returns ", len(xs), " (return_state)"),
            anchor="layer",
            help="remove return_state from the previous layer",
        )

    @property
    def penalty(self) -> Any:
        """The penalty on its output."""
        return self.activity_regularizer

    def require_input(self, x: TensorSpec) -> None:
        """Raises for inputs that Keras rejects before `call`."""

    def called(self, x: TensorSpec, env: InferenceContext) -> Outputs:
        """The output of `call` for an already cast `x`; raises where it fails."""
        y = self.trace_spec(x, env)
        self.check_call(x, env)
        return y

    def trace_spec(self, x: TensorSpec, env: InferenceContext) -> Outputs:
        """The output spec of tracing `call`.

        By default the result of `compute_output_spec` in the dtype that TensorFlow infers; overridden by layers whose
        output Keras otherwise derives from the arguments.
        """
        y = self.compute_output_spec(x, env)
        self.check_initializers(x, env)
        if isinstance(y, list):
            return y
        require_bounded(y.dims)
        y = y._replace(dtype=self.result_dtype(x, y, env))
        activation = argument_of(self, "activation")
        if activation is not None:
            y = activated(activation, y, env)
        return y._replace(mask=self.mask(x, y))

    def result_dtype(self, x: TensorSpec, y: TensorSpec, env: InferenceContext) -> str:
        """The dtype that the computation returns; raises for an `x` that it does not take."""
        met = self.weight_dtype(env)
        if self.dtype_rule.refuses(x.dtype, met):
            raise cannot_compute(x.dtype, met, self.dtype_rule)
        return self.dtype_rule.result_dtype(x.dtype, met, y.dtype)

    def weight_dtype(self, env: InferenceContext) -> str:
        """The dtype that weights have while the layer runs, whose dtype meets that of `x`."""
        if env.cast is None:
            return self.compute_dtype(env)
        return env.cast or self.variable_dtype(env)

    def compute_output_shape(self, x: TensorSpec, env: InferenceContext) -> Outputs:
        """What Keras's `build` and `compute_output_shape` make of `x`.

        Wrappers ask these instead of calling the layer inside, so that no one looks at the dtype of its input.
        """
        x = TensorSpec(x.dims, self.compute_dtype(env))
        y = self.compute_output_spec(x, env)
        self.check_initializers(x, env)
        return y

    def check_call(self, x: TensorSpec, env: InferenceContext) -> None:
        """Raises the `Violation` that Keras meets only when it really calls the layer, as it does inside a Pipeline."""

    def check_data(self, x: TensorSpec, env: InferenceContext) -> None:
        """Raises the `Violation` that occurs only at run time, not when Keras traces the layer."""
        if self.casts_all:
            require_numbers(x)

    def takes_sparse(self, x: TensorSpec) -> bool:
        """Whether TensorFlow can compute it for a sparse tensor, such as Hashing with `sparse = true` returns."""
        return False

    def traces_sparse(self, x: TensorSpec) -> bool:
        """Whether Keras can trace it for a sparse tensor, as it does inside a Pipeline."""
        return self.takes_sparse(x)

    def outside_training(self, x: TensorSpec, y: Outputs) -> Outputs:
        """What it returns for `x` in `predict` and validation, where it returns `y` in training."""
        return y

    def inside(self, x: TensorSpec, env: InferenceContext) -> Outputs:
        """What it returns as a part of another layer that Keras has accepted."""
        try:
            return self.infer(x, env)
        except Violation:
            return self.compute_output_shape(x, env)

    def infer_weights(self, x: TensorSpec, env: InferenceContext) -> Sequence[WeightSpec]:
        """Its variables in Keras's order, for an `x` that `infer` has accepted; `trainable` is taken into account."""
        own = self.own_weights_as_flagged(x, env)
        return own if self.trainable else [weight._replace(trainable=False) for weight in own]

    def own_weights_as_flagged(self, x: TensorSpec, env: InferenceContext) -> Sequence[WeightSpec]:
        """Its variables, each with the flag that it carries itself, which is all that a layer around this one sees.

        Keras surprise: `trainable = false` on a layer that only holds others flags no variable of theirs.
        """
        own = self.own_weights(x, env)
        return own if self.trainable else [weight._replace(trainable=False) for weight in own]

    def stored_weights(self, weights: Sequence[WeightSpec]) -> Sequence[int]:
        """Which of its variables Keras stores with the layer itself, in their order in the file.

        Those of LoRA are merged into the kernel; those of the layers inside are stored with these.
        """
        if self.composition is not Composition.OTHER:
            return ()
        return [index for index, weight in enumerate(weights) if not weight.name.startswith("lora_")]

    def own_weights(self, x: TensorSpec, env: InferenceContext) -> Sequence[WeightSpec]:
        """Its variables as they are while the layer is trainable."""
        return ()

    def initialized(self, x: TensorSpec, env: InferenceContext) -> Iterator[tuple[str, tuple[int, ...], str]]:
        """The argument that fills each variable, with the shape and dtype that it has to fill.

        Found by Keras's own naming, `bias` by `bias_initializer`, `recurrent_kernel` by `recurrent_initializer`; a
        layer that fills its variables in another way says so here.
        """
        for weight in self.own_weights(x, env):
            for stem in (weight.name, weight.name.removesuffix("_kernel")):
                argument = f"{stem}_initializer"
                if argument in type(self).model_fields:
                    yield argument, weight.shape, weight.dtype
                    break

    def check_initializers(self, x: TensorSpec, env: InferenceContext) -> None:
        """Raises the `Violation` for a variable that its initializer cannot fill: an identity that is not a
        matrix, ...
        """
        given = self.initializer_arguments & self.__pydantic_fields_set__
        usual = self.variable_dtype(env) in _USUAL
        if usual and not given:
            return
        for argument, shape, dtype in self.initialized(x, env):
            initializer = getattr(self, argument)
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

    def macs(self, x: TensorSpec, y: TensorSpec, env: InferenceContext) -> Size:
        """Multiply-adds for one sample: those of matrix products and convolutions, the only ones that matter."""
        return 0

    def mask(self, x: TensorSpec, y: TensorSpec) -> Shape | None:
        """The shape of the output mask; None without one."""
        return x.mask if self.supports_masking else None

    def is_passthrough(self, x: TensorSpec, env: InferenceContext) -> bool:
        """Whether `call` returns its input tensor itself, which breaks the Keras graph."""
        return False

    def explain(self, violation: Violation, name: str) -> Violation:
        """The violation of a later layer, with what this one, called `name`, has to do with the axes that it lost."""
        return violation

    def fixed_input(self) -> TensorSpec | None:
        """The input that the layer itself fixes, where a model may begin with it and name no `input`."""
        return None

    def saved_for_backward(
        self, x: TensorSpec, outputs: Sequence[TensorSpec], env: InferenceContext
    ) -> Sequence[TensorSpec]:
        """The tensors that training keeps for the backward pass: what the layer returns, and what layers inside
        return.
        """
        return outputs

    def sublayers(self, x: TensorSpec, env: InferenceContext) -> Sequence[Sublayer]:
        """The layers inside, in the order in which they are applied; `composition` says how."""
        return ()

    @property
    def passes_sublayer_values(self) -> bool:
        """Whether the values that it outputs are those of its `sublayers`, at most in another shape."""
        return self.composition in (Composition.MODEL, Composition.APPLIED)

    @property
    def activation_function(self) -> str | None:
        """The name of the activation that it applies last, `"linear"` where that is not set; None for a layer without
        one, `"custom"` for one of the author's own.
        """
        if "activation" in self.__pydantic_fields_set__:
            return function_name(argument_of(self, "activation"))
        return self.default_function

    @property
    def needs_adapt(self) -> bool:
        """Whether what it has to learn from data is not given."""
        return self.adapted_argument is not None and getattr(self, self.adapted_argument) is None

    @property
    def token_count(self) -> int | None:
        """The number of indices that it outputs, for a layer that encodes tokens or categories; None if unknown."""
        return None

    def output_range(self, x: Interval | None) -> Interval | None:
        """The values that it outputs at inference for input values in `x`; None where these are not known."""
        if "passes_values" in self.traits or "augmentation" in self.traits:
            return x
        if self.role in ("weights", "activation"):
            found = ACTIVATION.module().function_class(self.activation_function)
            return None if found is None else found.output_range(x if self.role == "activation" else None)
        return None


def function_name(activation: object) -> str:
    """The name of the activation that a layer holds, `"custom"` for one of the author's own."""
    if activation is None:
        return "linear"
    if isinstance(activation, str):
        return activation
    if isinstance(activation, CustomUse):
        return "custom"
    function = activation.function if isinstance(activation, Layer) else None
    return function or type(activation).__name__


def activated(activation: Any, y: TensorSpec, env: InferenceContext) -> TensorSpec:
    """What an activation makes of the tensor that a computation returns."""
    if isinstance(activation, str):
        activation = ACTIVATION.read(activation)
    try:
        made: TensorSpec = activation.trace_spec(y, env)
    except Violation as violation:
        raise violation.prefixed("activation")
    return made


def check_penalty(penalty: Any, y: TensorSpec, env: InferenceContext, declared: bool) -> None:
    """Raises where a penalty on the output cannot be worked out."""
    try:
        penalty.check_tensor(y.dims, y.dtype, env)
    except Violation as violation:
        # The factors of ActivityRegularization are its own arguments: the layer is the place.
        raise violation.prefixed("activity_regularizer") if declared else violation


def require_bounded(dims: Shape) -> None:
    """Raises for shapes above the limits on rank and size."""
    if len(dims) > _MAX_AXES:
        raise Violation("over-limit", f"rank {len(dims) - 1} exceeds the limit of {_MAX_AXES - 1}", anchor="layer")
    for size in dims:
        if type(size) is int and size.bit_length() > MAX_BITS:
            raise Violation("over-limit", "outputs a dimension with more than 60 digits", anchor="layer")


def require_storable(weights: Iterable[WeightSpec]) -> None:
    """Raises for a variable that TensorFlow cannot make on any machine: it counts elements with 63 bits."""
    for weight in weights:
        count = prod(weight.shape)
        if count > _MAX_ELEMENTS or (count == 0 and max(weight.shape) > _MAX_ELEMENTS):
            sizes = " × ".join(map(str, weight.shape))
            raise Violation(
                "bad-value",
                Message(
                    "the weight ",
                    weight.name,
                    " would have ",
                    sizes,
                    " elements; TensorFlow supports at most ",
                    _MAX_ELEMENTS,
                ),
                anchor="layer",
            )


_MAX_ELEMENTS = 2**63 - 1
_MAX_AXES = 64


def require_rank(x: TensorSpec, rank: int, what: str) -> None:
    """Raises unless `x` has exactly `rank` axes, batch included. `what` names the shape of one sample it needs."""
    if len(x.dims) != rank:
        raise wrong_rank(x, f"expected input of shape {what}", rank)


def cannot_compute_sparse(condition: str = "") -> Violation:
    """The violation of a layer that TensorFlow cannot compute for a sparse tensor."""
    return Violation(
        "wrong-dtype",
        "cannot compute a sparse tensor",
        condition=condition,
        anchor="layer",
        help=Help("remove ", Setting("sparse", True), " from the layer that returns the sparse tensor"),
    )


def require_numbers(x: TensorSpec) -> None:
    """Raises for text, which TensorFlow does not cast."""
    if x.dtype == "string":
        raise Violation("wrong-dtype", "expects numbers, got text (dtype string)", anchor="layer")


def require_rank_at_least(x: TensorSpec, rank: int, what: str) -> None:
    """Raises unless `x` has `rank` axes or more, batch included."""
    if len(x.dims) < rank:
        raise wrong_rank(x, f"expected input of shape {what}", rank)


def wrong_rank(x: TensorSpec, message: str, rank: int, help: str | Help | None = None) -> Violation:
    """The violation for a tensor with too few or too many axes."""
    have = len(x.dims) - 1
    return Violation(
        "wrong-rank",
        Message(message, ", got ", show(x.sample)),
        label=Message("expects rank ", rank - 1, ", got rank ", have),
        anchor="layer",
        help=help,
    )


def explain_lost_axes(violation: Violation, before: Sequence[tuple[Layer, str, TensorSpec, Outputs]]) -> Violation:
    """Asks the nearest layer before that changed the number of axes about a tensor that has the wrong number.

    `before` are the layers passed so far: each with its name, its input and output.
    """
    if violation.rule == "wrong-rank":
        for layer, name, x, y in reversed(before):
            if isinstance(y, list) or len(y.dims) != len(x.dims):
                return layer.explain(violation, name)
    return violation


def passthrough_violation(layer: Layer, x: TensorSpec) -> Violation:
    """The violation for a layer that returns its input unchanged.

    Keras surprise: it accepts that only of the first layers of a model, with another one after, and then leaves those
    layers out silently.
    """
    name = type(layer).__name__
    return Violation(
        "unsupported-layer",
        f"returns its {x.dtype} input unchanged, and Keras cannot connect the model through such a layer here",
        anchor="layer",
        help=Help("write ", Value({"type": "Pipeline", "layers": [name]}), f", or use {name} in the data pipeline"),
    )


def require_known(size: Size, what: str) -> int:
    """The size as a number; raises where it is not known before it is called on data."""
    if isinstance(size, int):
        return size
    raise Violation(
        "unknown-size",
        Message("needs a known number of ", what, " to create its weights, got ", size),
        label=Message(size, " is unknown"),
        anchor="layer",
    )


def unknown_features_help(x: TensorSpec) -> str:
    """What to write where the size of the last axis must be known and is not."""
    size = str(x.dims[-1])
    names = "".join(c if c.isalnum() or c == "_" else " " for c in size).split()
    named = " and ".join(sorted({name for name in names if not name.isdecimal()}))
    number = "numbers" if " and " in named else "a number"
    fix = f"set {named or 'the unknown dimension'} to {number} in the model's input"
    if x.rank > 2:
        return f"{fix}, or move that axis forward with Permute"
    if size.isidentifier():
        return fix
    pooling = "GlobalAveragePooling1D (sequences) or GlobalAveragePooling2D (images)"
    return f"{fix}, or use {pooling} instead of Flatten"
