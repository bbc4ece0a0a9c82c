"""The base class of layers: common arguments, shape and dtype inference, weights and cost, and their context."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar, NamedTuple, cast

from pydantic import Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema

from seqspec.core.catalog.dtypes import AS_DECLARED, FLOAT32, DtypeRule, Policy, PolicyText, policy
from seqspec.core.catalog.export_formats import EVERYWHERE, Exports
from seqspec.core.catalog.keras_object import KerasObject, argument_of
from seqspec.core.catalog.objects import ACTIVATION, CustomUse, Regularizer
from seqspec.core.catalog.traits import (
    NEVER,
    Capabilities,
    Casting,
    Composition,
    Role,
    SeveralInputs,
    SparseInput,
    Variables,
)
from seqspec.core.catalog.types import Maybe, Name, NeutralBool
from seqspec.core.diagnostics.message import Setting, TableName, Verbatim, fmt, quote_value
from seqspec.core.diagnostics.violation import UNSET, Violation
from seqspec.core.language.keras import NEWEST, Version
from seqspec.core.shapes.tensor import Interval, Shape, Size, TensorSpec, WeightSpec, show

if TYPE_CHECKING:
    from seqspec.core.catalog.regularizers import Regularizer as PenaltyClass


class Phase(Enum):
    """What Keras does with a layer, on which the output and the errors depend."""

    BUILD = "build"
    """It calls the layer while it builds a model. Most layers then infer their output from arguments and shapes."""
    SHAPE = "shape"
    """It calls `build` and `compute_output_shape` only, as wrappers do with their inner layer."""
    TRACE = "trace"
    """It traces `call`, as inside a Pipeline."""
    DATA = "data"
    """It runs `call` on data; only `Layer.check_call` sees this phase."""


class InferenceContext(NamedTuple):
    """The context of a layer.

    `policy` is the dtype policy of the model, `keras` the version (major, minor), `cast` the dtype to which an
    enclosing layer casts all weights while it runs, "" if it does not, and `phase` what Keras does with the layer.
    """

    policy: Policy = FLOAT32
    keras: Version = NEWEST
    cast: str | None = None
    phase: Phase = Phase.BUILD

    def at(self, phase: Phase) -> "InferenceContext":
        """The same context in another phase."""
        return self if self.phase is phase else self._replace(phase=phase)


class Sublayer(NamedTuple):
    """A layer inside another one, its path in the table of that one, and its input.

    `attribute` leads to it, or to the list that it is in, in the Keras object and in weights files; empty where it is
    the first key of the path. `output` is its output where it cannot be inferred from the layer alone.
    """

    path: tuple[str | int, ...]
    layer: "Layer"
    input: TensorSpec
    attribute: str = ""
    output: TensorSpec | None = None


Outputs = TensorSpec | list[TensorSpec]
"""The output of a layer: one tensor, or a list if it also returns states."""

Inputs = TensorSpec | Sequence[TensorSpec]
"""The input of a layer, which is the output of the one before."""


class NestedOutputs(list[TensorSpec]):
    """Several tensors that Keras nests in lists, such as the states of stacked cells; here the list is flat.

    `entries` is the length of Keras's outer list.
    """

    def __init__(self, tensors: Iterable[TensorSpec], entries: int) -> None:
        super().__init__(tensors)
        self.entries = entries


class Layer(KerasObject):
    """A Keras layer.

    A concrete layer declares its arguments and overrides `compute_output_spec`, `own_weights`, `macs` and `mask`, whose
    input has already been cast, as by Keras before `call`. `layer_inference` derives everything else.
    """

    supports_masking: ClassVar[bool] = False
    mask_on_data_since: ClassVar[tuple[int, int] | None] = None
    """The Keras version since which the mask exists only on data, so that a model is built without it."""

    several_inputs: ClassVar[SeveralInputs] = SeveralInputs()
    """How Keras handles several tensors as its input."""

    role: ClassVar[Role] = "opaque"
    """Its effect on the signal."""

    composition: ClassVar[Composition] = Composition.OTHER
    """How its output depends on those of its `sublayers`."""

    function: ClassVar[str | None] = None
    """The activation function that the class applies, as `ReLU` does."""

    keeps_rank: ClassVar[bool] = False
    """Whether Keras rejects tensors of another rank after the layer is built."""

    dtype_rule: ClassVar[DtypeRule] = AS_DECLARED
    """The dtypes that its computation accepts and returns, which matter only if Keras runs it."""

    same_in_all_phases: ClassVar[bool] = False
    """Whether its computation never fails and returns what was inferred, for float32 of known sizes without a mask."""

    keras_class: ClassVar[str | None] = None
    """`"module:Class"` of the Python class, for a plugin layer; Keras layers are found by name."""

    exports: ClassVar[Exports] = EVERYWHERE
    """What the formats of `[export]` do not support."""

    sparse_input: ClassVar[SparseInput] = NEVER
    """The sparse tensors that TensorFlow can compute it for."""

    casting: ClassVar[Casting] = Casting()
    """How Keras converts its input before it calls it."""

    variables: ClassVar[Variables] = Variables()
    """How Keras keeps its variables."""

    has: ClassVar[Capabilities] = Capabilities()
    """What it has, which follows from its fields and the methods that its class overrides."""

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
        activation = fields.get("activation")
        cls.has = Capabilities(
            sublayers=cls.sublayers is not Layer.sublayers,
            weights=cls.own_weights is not Layer.own_weights,
            macs=cls.macs is not Layer.macs,
            saved_tensors=cls.saved_for_backward is not Layer.saved_for_backward,
            initializers=frozenset([name for name in fields if name.endswith("_initializer")]),
            activation=cls.function or (activation and function_name(activation.default)),
        )

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
            table = TableName(("model",))
            if key.startswith("batch"):
                help = fmt("write {}, without the batch size, in {}", Setting("input", [...]), table)
            else:
                items = tree[key] if isinstance(tree[key], list) else [tree[key]]
                help = fmt("write {} in {}", Setting("input", Verbatim(quote_value(items))), table)
            violation = violation.replace(label=None, help=help, recovered_value=UNSET)
        return violation

    def compute_dtype(self, env: InferenceContext) -> str:
        """The dtype in which the layer computes, which usually is the output dtype."""
        return (policy(self.dtype) if self.dtype else env.policy).compute

    def variable_dtype(self, env: InferenceContext) -> str:
        """The dtype of its weights."""
        return (policy(self.dtype) if self.dtype else env.policy).variable

    def check_versions(self, env: InferenceContext) -> None:
        """Raises a `Violation` for arguments that the constructor rejects only in some Keras versions."""

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> Outputs:
        """The output tensor for `x`, or several; raises a `Violation` if Keras rejects it.

        The output depends on `env.phase` for a layer whose computation differs from what Keras infers. Of a traced
        layer, `dtype_rule` and `activation` are applied to the output afterwards. `x` may be a list for layers whose
        `several_inputs` say so.
        """
        raise NotImplementedError

    def require_input(self, x: TensorSpec) -> None:
        """Raises a `Violation` for inputs that Keras rejects before `call`."""

    def check_call(self, x: TensorSpec, env: InferenceContext) -> None:
        """Raises a `Violation` for errors that occur only when Keras traces `call`, or only when it runs on data.

        Called in both of these phases. Errors of the output shape belong in `compute_output_spec`.
        """

    @property
    def penalty(self) -> "PenaltyClass | None":
        """Its activity regularizer."""
        # A validated argument is an object, not its name.
        return cast("PenaltyClass | None", self.activity_regularizer)

    def takes_sparse(self, x: TensorSpec) -> bool:
        """Whether TensorFlow can compute it for the sparse tensor `x`; see `sparse_input`."""
        return self.sparse_input.allows(self.__dict__, x)

    def inference_output(self, x: TensorSpec, y: Outputs) -> Outputs:
        """The output for `x` in inference, if it returns `y` in training."""
        return y

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

    def macs(self, x: TensorSpec, y: TensorSpec, env: InferenceContext) -> Size:
        """Multiply-accumulates per sample in matrix products and convolutions."""
        return 0

    def mask(self, x: TensorSpec, y: TensorSpec) -> Shape | None:
        """The shape of the output mask; None without a mask."""
        return x.mask if self.supports_masking else None

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

    @property
    def passes_sublayer_values(self) -> bool:
        """Whether its output values are those of its `sublayers`, possibly in another shape."""
        return self.has.sublayers and self.composition in (Composition.MODEL, Composition.APPLIED)

    @property
    def activation_function(self) -> str | None:
        """The name of its last activation, `"linear"` if not set, `"custom"` for custom ones; None without one."""
        if "activation" in self.__pydantic_fields_set__:
            return function_name(argument_of(self, "activation"))
        return self.has.activation

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


class PathPrefix:
    """Prepends these keys to the path of a violation that is raised inside."""

    def __init__(self, *keys: str | int) -> None:
        self.keys = keys

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, Violation):
            raise error.prefixed(*self.keys) from None


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
        help=fmt("remove {} from the layer that returns the sparse tensor", Setting("sparse", True)),
    )


def require_numbers(x: TensorSpec) -> None:
    """Raises a `Violation` for strings, which TensorFlow cannot cast."""
    if x.dtype == "string":
        raise Violation("wrong-dtype", "expects numbers, got text (dtype string)", anchor="layer")


def require_rank_at_least(x: TensorSpec, rank: int, expected: str) -> None:
    """Raises a `Violation` unless `x` has at least the rank `rank`, batch included."""
    if len(x.dims) < rank:
        raise wrong_rank(x, f"expected input of shape {expected}", rank)


def wrong_rank(x: TensorSpec, message: str, rank: int, help: str | None = None) -> Violation:
    """The violation for a tensor of the wrong rank."""
    have = len(x.dims) - 1
    return Violation(
        "wrong-rank",
        fmt("{}, got {}", message, show(x.sample)),
        label=fmt("expects rank {}, got rank {}", rank - 1, have),
        anchor="layer",
        help=help,
    )


def require_known(size: Size, noun: str) -> int:
    """The size as a number; raises a `Violation` if it is unknown."""
    if isinstance(size, int):
        return size
    raise unknown_size(fmt("needs a known number of {} to create its weights, got {}", noun, size), size)


def unknown_size(statement: str, size: Size, x: TensorSpec | None = None) -> Violation:
    """The violation for an input `x` with an unknown size."""
    if x is not None:
        statement = fmt("{}, got {}", statement, show(x.sample))
    return Violation("unknown-size", statement, label=fmt("{} is unknown", size), anchor="layer")


def empty_axis(noun: str, x: TensorSpec) -> Violation:
    """The violation for an input `x` without the channels or time steps that Keras sums."""
    return Violation("shape-mismatch", fmt("expected at least one {}, got {}", noun, show(x.sample)), anchor="layer")


VOCABULARY_SIZE = "vocabulary"
"""The symbolic size of a vector with an entry per word, in a layer that is not adapted yet."""


def unknown_features_help(x: TensorSpec) -> str:
    """The help for an unknown size of the last axis."""
    size = str(x.dims[-1])
    names = "".join(c if c.isalnum() or c == "_" else " " for c in size).split()
    if VOCABULARY_SIZE in names:
        return fmt("set max_tokens and {} there, or list the vocabulary", Setting("pad_to_max_tokens", True))
    named = " and ".join(sorted({name for name in names if not name.isdecimal()}))
    number = "numbers" if " and " in named else "a number"
    fix = f"set {named or 'the unknown dimension'} to {number} in the model's input"
    if x.rank > 2:
        return f"{fix}, or move that axis forward with Permute"
    if size.isidentifier():
        return fix
    pooling = "GlobalAveragePooling1D (sequences) or GlobalAveragePooling2D (images)"
    return f"{fix}, or use {pooling} instead of Flatten"
