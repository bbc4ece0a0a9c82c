"""The base class of layers: common arguments, shape and dtype inference, weights and cost."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from math import prod
from typing import TYPE_CHECKING, ClassVar, cast

from pydantic import Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema

from seqspec.core.catalog.dtype_rule import AS_DECLARED, DtypeRule, cannot_compute
from seqspec.core.catalog.dtypes import FLOATS, PolicyText, policy
from seqspec.core.catalog.exports import EVERYWHERE, Exports
from seqspec.core.catalog.inference_context import InferenceContext
from seqspec.core.catalog.keras_object import KerasObject, argument_of
from seqspec.core.catalog.objects import ACTIVATION, INITIALIZER, CustomUse, Regularizer
from seqspec.core.catalog.sparse import NEVER, SparseInput
from seqspec.core.catalog.traits import Composition, Role, SeveralInputs, Sublayer
from seqspec.core.catalog.types import Maybe, Name, NeutralBool
from seqspec.core.diagnostics.message import Message
from seqspec.core.diagnostics.quote import quote_value
from seqspec.core.diagnostics.snippet import Help, Setting, TableName, Value, Verbatim
from seqspec.core.diagnostics.violation import UNSET, Path, Violation
from seqspec.core.shapes.dims import MAX_BITS, Shape, Size, has_elements, show
from seqspec.core.shapes.interval import Interval
from seqspec.core.shapes.tensor import TensorSpec, WeightSpec

if TYPE_CHECKING:
    from seqspec.core.catalog.activations.base import Function
    from seqspec.core.catalog.regularizers import Regularizer as PenaltyClass

_USUAL = ("float32", "float16", "float64")

_WEIGHT_METHODS = ("infer_weights", "own_weights_as_flagged", "own_weights")

Outputs = TensorSpec | list[TensorSpec]
"""The output of a layer: one tensor, or a list if it also returns states."""


class NestedOutputs(list[TensorSpec]):
    """Several tensors that Keras nests in lists, such as the states of stacked cells; here the list is flat."""


class Layer(KerasObject):
    """A Keras layer.

    A concrete layer declares its arguments and overrides `compute_output_spec`, `own_weights`, `macs` and `mask`, whose
    input has already been cast, as by Keras before `call`.
    """

    supports_masking: ClassVar[bool] = False
    accepts_several_inputs: ClassVar[bool] = False
    """Whether Keras processes several tensors separately, such as the output and states of an LSTM."""

    accepts_shape_lists: ClassVar[bool | None] = None
    """Whether `compute_output_shape` accepts shapes of several tensors; by default as `accepts_several_inputs`."""

    has_hidden_layers: ClassVar[bool] = False
    """Whether its variables are those of internal layers that documents cannot refer to."""

    role: ClassVar[Role] = "opaque"
    """Its effect on the signal."""

    composition: ClassVar[Composition] = Composition.OTHER
    """How its output depends on those of its `sublayers`."""

    function: ClassVar[str | None] = None
    """The activation function that the class applies, as `ReLU` does."""

    adapted_argument: ClassVar[str | None] = None
    """The argument that the layer must learn from data with `adapt` if it is not given."""

    keeps_rank: ClassVar[bool] = False
    """Whether Keras rejects tensors of another rank after the layer is built."""

    dtype_rule: ClassVar[DtypeRule] = AS_DECLARED
    """The dtypes that its computation accepts and returns, which matter only if Keras runs it."""

    runs_as_inferred: ClassVar[bool] = False
    """Whether `run` never fails and equals `infer`, for float32 of known sizes without a mask."""

    weights_attribute: ClassVar[str] = ""
    """The attribute of the Keras layer with its own weights, also in weights files; empty for the layer itself."""

    several_inputs: ClassVar[SeveralInputs] = "each"
    """How Keras runs the layer on several tensors."""

    casts_any_dtype: ClassVar[bool] = False
    """Whether Keras casts any input before it runs the layer, not only floats."""

    follows_policy: ClassVar[bool] = True
    """Whether its default dtype policy is that of the model."""

    keras_class: ClassVar[str | None] = None
    """`"module:Class"` of the Python class, for a plugin layer; Keras layers are found by name."""

    exports: ClassVar[Exports] = EVERYWHERE
    """What the formats of `[export]` do not support."""

    sparse_input: ClassVar[SparseInput] = NEVER
    """The sparse tensors that TensorFlow can compute it for."""

    traced_sparse: ClassVar[SparseInput | None] = None
    """The sparse tensors that Keras can trace it for, where these are others."""

    initializer_arguments: ClassVar[frozenset[str]] = frozenset()
    """The arguments that are initializers of its variables."""

    default_function: ClassVar[str | None] = None
    """The default of `activation`."""

    has_sublayers: ClassVar[bool] = False
    """Whether its class overrides `sublayers`."""

    has_weights: ClassVar[bool] = False
    """Whether its class overrides one of the methods that return its variables."""

    has_macs: ClassVar[bool] = False
    """Whether its class overrides `macs`."""

    saves_outputs: ClassVar[bool] = True
    """Whether its class leaves `saved_for_backward` as it is: training keeps its outputs only."""

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
        cls.has_macs = cls.macs is not Layer.macs
        cls.saves_outputs = cls.saved_for_backward is Layer.saved_for_backward
        cls.has_weights = any(getattr(cls, name) is not getattr(Layer, name) for name in _WEIGHT_METHODS)
        activation = fields.get("activation")
        cls.default_function = cls.function or (activation and function_name(activation.default))

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        if cls is not Layer:
            return handler(source)
        # The base class is the type of a field with any layer, in a model of the user. The reader imports this module.
        schema: CoreSchema = import_module("seqspec.core.catalog.reading").schema_of_any_layer()
        return schema

    @classmethod
    def unknown_argument(cls, key: str, tree: Mapping[str, object]) -> Violation:
        violation = super().unknown_argument(key, tree)
        if key in ("input_shape", "input_dim", "batch_input_shape", "batch_shape"):
            # Arguments of every layer in Keras 2 that Keras 3 still accepts.
            given = tree[key]
            if key.startswith("batch"):
                shape = Help(Setting("input", [...]), ", without the batch size,")
            else:
                items = given if isinstance(given, list) else [given]
                shape = Help(Setting("input", Verbatim(quote_value(items))))
            violation = violation.replace(
                label=None,
                help="write " + shape + Help(" in ", TableName(("model",))),
                recovered_value=UNSET,
            )
        return violation

    def compute_dtype(self, env: InferenceContext) -> str:
        """The dtype in which the layer computes, which usually is the output dtype."""
        return (policy(self.dtype) if self.dtype else env.policy).compute

    def variable_dtype(self, env: InferenceContext) -> str:
        """The dtype of its weights."""
        return (policy(self.dtype) if self.dtype else env.policy).variable

    def check_versions(self, env: InferenceContext) -> None:
        """Raises a `Violation` for arguments that the constructor rejects only in some Keras versions."""

    def infer(self, x: TensorSpec, env: InferenceContext) -> Outputs:
        """The outputs of the layer for the input `x`, including masks; raises a `Violation` if Keras rejects it."""
        x = self.cast(x, env)
        y = self.compute_output_spec(x, env)
        self.check_initializers(x, env)
        if isinstance(y, list):
            return y
        if y.dims is not x.dims:
            require_bounded(y.dims)
        mask = self.mask(x, y)
        return y if y.mask is mask else y._replace(mask=mask)

    def infer_each(self, xs: Sequence[TensorSpec], env: InferenceContext) -> Outputs:
        """The output of the layer for several tensors; raises a `Violation` if it accepts only one."""
        if not self.accepts_several_inputs:
            raise Violation(
                "several-outputs",
                Message("expects one input tensor, but the previous layer returns ", len(xs), " (return_state)"),
                anchor="layer",
                help="remove return_state from the previous layer",
            )
        # Keras surprise: such layers only infer shapes; their computation fails on data.
        return [y for x in xs if isinstance(y := self.infer(x, env), TensorSpec)]

    def cast(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        """`x` as passed to `call`: floats are cast to the compute dtype, other dtypes are unchanged."""
        if not self.dtype and x.dtype == env.policy.compute:
            return x
        compute = self.compute_dtype(env)
        if x.dtype != compute and x.dtype in FLOATS and self.autocast:
            # Keras surprise: before 3.14 the cast lost the mask.
            return x._replace(dtype=compute, mask=x.mask if env.keras >= (3, 14) else None)
        return x

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> Outputs:
        """The output tensor for `x`, or several; raises a `Violation` if Keras rejects it."""
        raise NotImplementedError

    def run(self, x: TensorSpec, env: InferenceContext) -> Outputs:
        """The output when Keras executes `call` (inside a Pipeline) instead of `compute_output_shape`."""
        if env.cast is not None:
            env = env._replace(cast=None)
        self.require_input(x)
        x = x._replace(dtype=self.compute_dtype(env)) if self.casts_any_dtype else self.cast(x, env)
        y = self.call_spec(x, env)
        penalty = self.penalty
        if penalty is not None:
            for output in y if isinstance(y, list) else [y]:
                check_penalty(penalty, output, env, "activity_regularizer" not in self.without)
        return y

    def is_run_known(self, x: TensorSpec, env: InferenceContext) -> bool:
        """Whether `run` and `check_data` add nothing to `infer` for `x`."""
        if x.dtype != "float32" or env.policy.compute != "float32" or x.mask is not None or x.sparse:
            return False
        if not self.runs_as_inferred or not self.__pydantic_fields_set__.isdisjoint(_CHANGING_RUN):
            return False
        activation = self.__dict__.get("activation")
        return (activation is None or activation.runs_as_inferred) and has_elements(x.dims[1:])

    def run_each(self, xs: Sequence[TensorSpec], env: InferenceContext) -> Outputs:
        """Like `run`, for several input tensors."""
        if self.several_inputs == "each":
            return self.infer_each(xs, env)
        # Keras surprise: TensorFlow stacks several tensors of equal shape into one.
        if self.several_inputs == "packed" and all(x.shape == xs[0].shape for x in xs):
            return self.run(TensorSpec((len(xs), *xs[0].dims), xs[0].dtype), env)
        raise Violation(
            "several-outputs",
            Message("expects one input tensor, but the previous layer returns ", len(xs), " (return_state)"),
            anchor="layer",
            help="remove return_state from the previous layer",
        )

    @property
    def penalty(self) -> "PenaltyClass | None":
        """Its activity regularizer."""
        # A validated argument is an object, not its name.
        return cast("PenaltyClass | None", self.activity_regularizer)

    def require_input(self, x: TensorSpec) -> None:
        """Raises a `Violation` for inputs that Keras rejects before `call`."""

    def call_spec(self, x: TensorSpec, env: InferenceContext) -> Outputs:
        """The output of `call` for an already cast `x`; raises a `Violation` if it fails."""
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
        """The output dtype of the computation; raises a `Violation` for an unsupported dtype of `x`."""
        met = self.weight_dtype(env)
        if self.dtype_rule.refuses(x.dtype, met):
            raise cannot_compute(x.dtype, met, self.dtype_rule)
        return self.dtype_rule.result_dtype(x.dtype, met, y.dtype)

    def weight_dtype(self, env: InferenceContext) -> str:
        """The dtype of the weights in the computation."""
        if env.cast is None:
            return self.compute_dtype(env)
        return env.cast or self.variable_dtype(env)

    def compute_output_shape(self, x: TensorSpec, env: InferenceContext) -> Outputs:
        """The output of Keras's `build` and `compute_output_shape` for `x`.

        Wrappers use these instead of calling the inner layer, so that the input dtype is not checked.
        """
        x = TensorSpec(x.dims, self.compute_dtype(env))
        y = self.compute_output_spec(x, env)
        self.check_initializers(x, env)
        return y

    def check_call(self, x: TensorSpec, env: InferenceContext) -> None:
        """Raises a `Violation` for errors that occur only when Keras calls the layer, as inside a Pipeline."""

    def check_data(self, x: TensorSpec, env: InferenceContext) -> None:
        """Raises a `Violation` for errors that occur only at run time, not when Keras traces the layer."""
        if self.casts_any_dtype:
            require_numbers(x)

    def takes_sparse(self, x: TensorSpec) -> bool:
        """Whether TensorFlow can compute it for the sparse tensor `x`; see `sparse_input`."""
        return self.sparse_input.allows(self.__dict__, x)

    def traces_sparse(self, x: TensorSpec) -> bool:
        """Whether Keras can trace it for the sparse tensor `x`, as it does inside a Pipeline."""
        return self.takes_sparse(x) if self.traced_sparse is None else self.traced_sparse.allows(self.__dict__, x)

    def inference_output(self, x: TensorSpec, y: Outputs) -> Outputs:
        """The output for `x` in inference, if it returns `y` in training."""
        return y

    def infer_as_sublayer(self, x: TensorSpec, env: InferenceContext) -> Outputs:
        """The output as a sublayer of a layer that Keras has accepted."""
        try:
            return self.infer(x, env)
        except Violation:
            return self.compute_output_shape(x, env)

    def infer_weights(self, x: TensorSpec, env: InferenceContext) -> Sequence[WeightSpec]:
        """Its variables in Keras's order, for an `x` that `infer` has accepted, with `trainable` applied."""
        weights = self.own_weights_as_flagged(x, env)
        return weights if self.trainable else [weight._replace(trainable=False) for weight in weights]

    def own_weights_as_flagged(self, x: TensorSpec, env: InferenceContext) -> Sequence[WeightSpec]:
        """Its variables, each with its own trainable flag, as an enclosing layer sees them.

        Keras surprise: `trainable = false` on a layer that only contains others does not change the flags of their
        variables.
        """
        weights = self.own_weights(x, env)
        return weights if self.trainable else [weight._replace(trainable=False) for weight in weights]

    def stored_weights(self, weights: Sequence[WeightSpec]) -> Sequence[int]:
        """The variables that Keras stores with the layer itself, in file order.

        LoRA variables are merged into the kernel; variables of sublayers are stored with these.
        """
        if self.composition is not Composition.OTHER:
            return ()
        return [index for index, weight in enumerate(weights) if not weight.name.startswith("lora_")]

    def own_weights(self, x: TensorSpec, env: InferenceContext) -> Sequence[WeightSpec]:
        """Its variables, for a trainable layer."""
        return ()

    def initialized_variables(self, x: TensorSpec, env: InferenceContext) -> Iterator[tuple[str, tuple[int, ...], str]]:
        """The argument that initializes each variable, with the shape and dtype of the variable.

        By default found by name: `bias_initializer` for `bias`, `recurrent_initializer` for `recurrent_kernel`;
        overridden by layers with other names.
        """
        for weight in self.own_weights(x, env):
            for stem in (weight.name, weight.name.removesuffix("_kernel")):
                argument = f"{stem}_initializer"
                if argument in type(self).model_fields:
                    yield argument, weight.shape, weight.dtype
                    break

    def check_initializers(self, x: TensorSpec, env: InferenceContext) -> None:
        """Raises a `Violation` for a variable that its initializer cannot fill, such as a vector by an identity."""
        arguments = self.initializer_arguments
        if not arguments:
            return
        given = arguments & self.__pydantic_fields_set__
        usual = self.variable_dtype(env) in _USUAL
        if usual and not given:
            return
        for argument, shape, dtype in self.initialized_variables(x, env):
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
        """Multiply-accumulates per sample in matrix products and convolutions."""
        return 0

    def mask(self, x: TensorSpec, y: TensorSpec) -> Shape | None:
        """The shape of the output mask; None without a mask."""
        return x.mask if self.supports_masking else None

    def is_passthrough(self, x: TensorSpec, env: InferenceContext) -> bool:
        """Whether `call` returns its input tensor unchanged, which breaks the Keras graph."""
        return False

    def explain(self, violation: Violation, name: str) -> Violation:
        """The violation of a later layer, with notes if this layer, called `name`, has removed the missing axes."""
        return violation

    def fixed_input(self) -> TensorSpec | None:
        """The input that the layer determines, so that a model that starts with it needs no `input`."""
        return None

    def saved_for_backward(
        self, x: TensorSpec, outputs: Sequence[TensorSpec], env: InferenceContext
    ) -> Sequence[TensorSpec]:
        """The tensors that training keeps for the backward pass: the outputs of the layer and of its sublayers."""
        return outputs

    def sublayers(self, x: TensorSpec, env: InferenceContext) -> Sequence[Sublayer]:
        """The layers inside, in order of application; see `composition`."""
        return ()

    def sublayer_inputs(self, x: TensorSpec | None, env: InferenceContext) -> Mapping[Path, TensorSpec]:
        """The input of each sublayer by its path, for input `x`; empty if `x` is None, that is, unknown."""
        return {} if x is None else {inner.path: inner.input for inner in self.sublayers(self.cast(x, env), env)}

    @property
    def passes_sublayer_values(self) -> bool:
        """Whether its output values are those of its `sublayers`, possibly in another shape."""
        return self.has_sublayers and self.composition in (Composition.MODEL, Composition.APPLIED)

    @property
    def activation_function(self) -> str | None:
        """The name of its last activation, `"linear"` if not set, `"custom"` for custom ones; None without one."""
        if "activation" in self.__pydantic_fields_set__:
            return function_name(argument_of(self, "activation"))
        return self.default_function

    @property
    def needs_adapt(self) -> bool:
        """Whether it must be adapted to data because its state is not given."""
        return self.adapted_argument is not None and getattr(self, self.adapted_argument) is None

    @property
    def token_count(self) -> int | None:
        """The number of distinct output indices of a layer that encodes tokens or categories; None if unknown."""
        return None

    def output_range(self, x: Interval | None) -> Interval | None:
        """The range of its output in inference for input values in `x`; None if unknown."""
        if "passes_values" in self.traits or "augmentation" in self.traits:
            return x
        if self.role in ("weights", "activation"):
            function = ACTIVATION.module().function_class(self.activation_function)
            return None if function is None else function.output_range(x if self.role == "activation" else None)
        return None


def function_name(activation: object) -> str:
    """The name of an activation, `"custom"` for a custom one."""
    if activation is None:
        return "linear"
    if isinstance(activation, str):
        return activation
    if isinstance(activation, CustomUse):
        return "custom"
    function = activation.function if isinstance(activation, Layer) else None
    return function or type(activation).__name__


def activated(activation: object, y: TensorSpec, env: InferenceContext) -> TensorSpec:
    """Applies an activation, an object or its name, to the result of a computation."""
    function = cast("Function", ACTIVATION.read(activation) if isinstance(activation, str) else activation)
    try:
        return function.trace_spec(y, env)
    except Violation as violation:
        raise violation.prefixed("activation")


def check_penalty(penalty: "PenaltyClass", y: TensorSpec, env: InferenceContext, declared: bool) -> None:
    """Raises a `Violation` for an activity regularizer that cannot be computed."""
    try:
        penalty.check_tensor(y.dims, y.dtype, env)
    except Violation as violation:
        # The factors of ActivityRegularization are arguments of the layer, so it has the violation.
        raise violation.prefixed("activity_regularizer") if declared else violation


def require_bounded(dims: Shape) -> None:
    """Raises a `Violation` for shapes above the limits on rank and size."""
    if len(dims) > _MAX_AXES:
        raise Violation("over-limit", f"rank {len(dims) - 1} exceeds the limit of {_MAX_AXES - 1}", anchor="layer")
    for size in dims:
        if type(size) is int and size > _MAX_SIZE:
            raise Violation("over-limit", "outputs a dimension with more than 60 digits", anchor="layer")


def require_storable(weights: Iterable[WeightSpec]) -> None:
    """Raises a `Violation` for a variable that is too large for TensorFlow, which counts elements with 63 bits."""
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


_CHANGING_RUN = ("dtype", "activity_regularizer")
"""The common arguments that matter when Keras runs a layer."""

_MAX_ELEMENTS = 2**63 - 1
_MAX_AXES = 64
_MAX_SIZE = 2**MAX_BITS - 1


def require_rank(x: TensorSpec, rank: int, expected: str) -> None:
    """Raises a `Violation` unless `x` has this rank, batch included. `expected` is the required shape of one sample."""
    if len(x.dims) != rank:
        raise wrong_rank(x, f"expected input of shape {expected}", rank)


def cannot_compute_sparse(condition: str = "") -> Violation:
    """The violation for a layer that TensorFlow cannot compute for a sparse tensor."""
    return Violation(
        "wrong-dtype",
        "cannot compute a sparse tensor",
        condition=condition,
        anchor="layer",
        help=Help("remove ", Setting("sparse", True), " from the layer that returns the sparse tensor"),
    )


def require_numbers(x: TensorSpec) -> None:
    """Raises a `Violation` for strings, which TensorFlow cannot cast."""
    if x.dtype == "string":
        raise Violation("wrong-dtype", "expects numbers, got text (dtype string)", anchor="layer")


def require_rank_at_least(x: TensorSpec, rank: int, expected: str) -> None:
    """Raises a `Violation` unless `x` has at least the rank `rank`, batch included."""
    if len(x.dims) < rank:
        raise wrong_rank(x, f"expected input of shape {expected}", rank)


def wrong_rank(x: TensorSpec, message: str, rank: int, help: str | Help | None = None) -> Violation:
    """The violation for a tensor of the wrong rank."""
    have = len(x.dims) - 1
    return Violation(
        "wrong-rank",
        Message(message, ", got ", show(x.sample)),
        label=Message("expects rank ", rank - 1, ", got rank ", have),
        anchor="layer",
        help=help,
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
        help=Help("write ", Value({"type": "Pipeline", "layers": [name]}), f", or use {name} in the data pipeline"),
    )


def require_known(size: Size, noun: str) -> int:
    """The size as a number; raises a `Violation` if it is unknown."""
    if isinstance(size, int):
        return size
    raise Violation(
        "unknown-size",
        Message("needs a known number of ", noun, " to create its weights, got ", size),
        label=Message(size, " is unknown"),
        anchor="layer",
    )


VOCABULARY_SIZE = "vocabulary"
"""The symbolic size of a vector with an entry per word, in a layer that is not adapted yet."""


def unknown_features_help(x: TensorSpec) -> str | Help:
    """The help for an unknown size of the last axis."""
    size = str(x.dims[-1])
    names = "".join(c if c.isalnum() or c == "_" else " " for c in size).split()
    if VOCABULARY_SIZE in names:
        return Help("set max_tokens and ", Setting("pad_to_max_tokens", True), " there, or list the vocabulary")
    named = " and ".join(sorted({name for name in names if not name.isdecimal()}))
    number = "numbers" if " and " in named else "a number"
    fix = f"set {named or 'the unknown dimension'} to {number} in the model's input"
    if x.rank > 2:
        return f"{fix}, or move that axis forward with Permute"
    if size.isidentifier():
        return fix
    pooling = "GlobalAveragePooling1D (sequences) or GlobalAveragePooling2D (images)"
    return f"{fix}, or use {pooling} instead of Flatten"
