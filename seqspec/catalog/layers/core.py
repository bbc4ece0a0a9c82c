"""Dense, Embedding and the other layers of `keras/src/layers/core`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from seqspec.catalog.arguments import Declaration, arg
from seqspec.catalog.dtypes import DType
from seqspec.catalog.environment import Environment
from seqspec.catalog.kinds import Boolean, Either, Integer, Kind, ListOf, Number, Optional, Text
from seqspec.catalog.layer import Layer, Outputs, need_rank_at_least, unknown_features_help
from seqspec.catalog.objects import ACTIVATION, CONSTRAINT, INITIALIZER, REGULARIZER
from seqspec.diagnostics.problem import Problem
from seqspec.shapes.dims import Dim, Shape, Size, product, show
from seqspec.shapes.einsum import Mismatch, Shapes, einsum_shapes, parse_equation
from seqspec.shapes.tensor import TensorSpec, WeightSpec


class NotInDocuments(Kind):
    """An argument that holds what only a program can make: a document may say `"none"`, which is the default."""

    neutral = True

    def __init__(self, reason: str, help: str) -> None:
        self.reason = reason
        self.help = help

    def read(self, value: Any) -> None:
        if value is not None and value != "none":
            raise Problem("bad-value", f"cannot be given in a document: {self.reason}", help=self.help, assume=None)

    def describe(self) -> str:
        return 'to be left out, or "none"'


_QUANTIZATION = NotInDocuments(
    "it holds quantizer objects, and matters only once trained weights are quantized",
    "leave it out, and quantize the trained model with the table [quantize]",
)
_WEIGHTS = NotInDocuments(
    "Keras takes an array of numbers here, not lists", "leave it out, and load weights into the built model"
)
# Keras surprise: 0 is accepted and means the same as none.
_RANK = Optional(Integer(minimum=0))
_ALPHA = Optional(Number(neutral=True))


def _check_lora(layer: Layer, rank: int | None, constraint: str) -> None:
    if rank and getattr(layer, constraint) is not None:
        raise Problem(
            "conflicting-arguments",
            f"lora_rank cannot be used together with {constraint}",
            path=("lora_rank",),
            label=f"not with {constraint}",
            help=f"remove {constraint}, or lora_rank",
        )


def _lora_dtype(layer: Layer, env: Environment) -> str:
    return "float32" if env.keras >= (3, 15) else layer.variable_dtype(env)


def _features(x: TensorSpec) -> int:
    """The size of the last axis, from which a kernel is made."""
    size = x.dims[-1]
    if isinstance(size, int):
        return size
    what = "number of features" if x.rank == 2 else "last axis"
    raise Problem(
        "unknown-size",
        f"needs a fixed {what} to make its kernel, but {show(x.sample)} arrives",
        on="layer",
        label="its size is unknown" if str(size) == "?" else f"{size} is unknown",
        help=unknown_features_help(x),
    )


class Dense(Layer):
    """A densely connected layer: activation(x · kernel + bias) on the last axis."""

    supports_masking = True

    units: int = arg(Integer(minimum=1), "Size of the output's last axis.")
    activation: Declaration | None = arg(Optional(ACTIVATION), "Activation of the output.", default=None)
    use_bias: bool = arg(Boolean(), "Whether a bias is added.", default=True)
    kernel_initializer: Declaration = arg(INITIALIZER, "Start values of the kernel.", default="glorot_uniform")
    bias_initializer: Declaration = arg(INITIALIZER, "Start values of the bias.", default="zeros")
    kernel_regularizer: Declaration | None = arg(Optional(REGULARIZER), "Penalty on the kernel.", default=None)
    bias_regularizer: Declaration | None = arg(Optional(REGULARIZER), "Penalty on the bias.", default=None)
    kernel_constraint: Declaration | None = arg(Optional(CONSTRAINT), "Constraint on the kernel.", default=None)
    bias_constraint: Declaration | None = arg(Optional(CONSTRAINT), "Constraint on the bias.", default=None)
    lora_rank: int | None = arg(_RANK, "Rank of a LoRA adapter.", default=None)
    lora_alpha: float | None = arg(_ALPHA, "Scale of the LoRA adapter.", default=None)
    quantization_config: None = arg(_QUANTIZATION, "Not for documents.", default=None, since="3.13")

    def check(self) -> None:
        _check_lora(self, self.lora_rank, "kernel_constraint")

    def output(self, x: TensorSpec, env: Environment) -> TensorSpec:
        need_rank_at_least(x, 2, "at least one axis of features")
        _features(x)
        return TensorSpec((*x.dims[:-1], self.units), self.compute_dtype(env))

    def variables(self, x: TensorSpec, env: Environment) -> Sequence[WeightSpec]:
        dtype = self.variable_dtype(env)
        features = _features(x)
        weights = [WeightSpec("kernel", (features, self.units), dtype, not self.lora_rank)]
        if self.use_bias:
            weights.append(WeightSpec("bias", (self.units,), dtype))
        if self.lora_rank:
            lora = _lora_dtype(self, env)
            weights.append(WeightSpec("lora_kernel_a", (features, self.lora_rank), lora))
            weights.append(WeightSpec("lora_kernel_b", (self.lora_rank, self.units), lora))
        return weights

    def macs(self, x: TensorSpec, y: TensorSpec, env: Environment) -> Size:
        return product(y.sample) * x.dims[-1]


class EinsumDense(Layer):
    """A dense layer whose product with the kernel is written as an einsum equation."""

    equation: str = arg(
        Text('an equation such as "abc,cd->abd"', neutral=False),
        'Input and kernel to output, one letter an axis, the batch included: "abc,cd->abd" or "...x,xy->...y".',
    )
    output_shape: Any = arg(
        Either(Integer(minimum=0), ListOf(Optional(Integer(minimum=0)))),
        'Shape of the output without batch and without what "..." stands for, "none" for an axis of any size.',
    )
    activation: Declaration | None = arg(Optional(ACTIVATION), "Activation of the output.", default=None)
    bias_axes: str | None = arg(
        Optional(Text("letters of the output", neutral=False)), "Axes of the output that have a bias.", default=None
    )
    kernel_initializer: Declaration = arg(INITIALIZER, "Start values of the kernel.", default="glorot_uniform")
    bias_initializer: Declaration = arg(INITIALIZER, "Start values of the bias.", default="zeros")
    kernel_regularizer: Declaration | None = arg(Optional(REGULARIZER), "Penalty on the kernel.", default=None)
    bias_regularizer: Declaration | None = arg(Optional(REGULARIZER), "Penalty on the bias.", default=None)
    kernel_constraint: Declaration | None = arg(Optional(CONSTRAINT), "Constraint on the kernel.", default=None)
    bias_constraint: Declaration | None = arg(Optional(CONSTRAINT), "Constraint on the bias.", default=None)
    lora_rank: int | None = arg(_RANK, "Rank of a LoRA adapter.", default=None)
    lora_alpha: float | None = arg(_ALPHA, "Scale of the LoRA adapter.", default=None)
    gptq_unpacked_column_size: int | None = arg(
        Optional(Integer()), "Number of kernel columns, kept for models quantized with GPTQ.", default=None
    )
    quantization_config: None = arg(_QUANTIZATION, "Not for documents.", default=None, since="3.13")

    def check(self) -> None:
        _check_lora(self, self.lora_rank, "kernel_constraint")
        if parse_equation(self.equation) is None:
            raise Problem(
                "bad-value",
                f'equation "{self.equation[:60]}" is none that this layer reads',
                path=("equation",),
                help='write input, kernel -> output, one letter an axis, the batch first: "ab,bc->ac", "...x,xy->...y" '
                'or "ab...,bc->ac..."',
            )

    def _shapes(self, x: TensorSpec, env: Environment) -> Shapes:
        equation = parse_equation(self.equation)
        assert equation is not None
        target = (self.output_shape,) if isinstance(self.output_shape, int) else self.output_shape
        try:
            shapes = einsum_shapes(equation, x.dims, target, self.bias_axes, env.keras >= (3, 15))
        except Mismatch as mismatch:
            argument = mismatch.argument or "equation"
            raise Problem(
                "bad-value" if mismatch.argument else "wrong-rank",
                f"{argument} {mismatch}",
                path=(argument,),
            ) from None
        self._need_fixed("kernel", equation.weight, shapes.weight)
        if shapes.bias is not None:
            self._need_fixed("bias", equation.output[len(equation.output) - len(shapes.bias) :], shapes.bias)
        return shapes

    def _need_fixed(self, weight: str, letters: str, shape: Shape) -> None:
        for index, size in enumerate(shape):
            if isinstance(size, Dim):
                letter = letters[index] if index < len(letters) else "?"
                raise Problem(
                    "unknown-size",
                    f"needs a fixed size for the axis {letter} of its {weight}, but {show(shape)} is not known",
                    on="layer",
                    label=f"{size} is unknown",
                    help="give that axis a number in output_shape, or in the input",
                )

    def output(self, x: TensorSpec, env: Environment) -> TensorSpec:
        return TensorSpec(self._shapes(x, env).output, self.compute_dtype(env))

    def variables(self, x: TensorSpec, env: Environment) -> Sequence[WeightSpec]:
        dtype = self.variable_dtype(env)
        shapes = self._shapes(x, env)
        kernel = _numbers(shapes.weight)
        weights = [WeightSpec("kernel", kernel, dtype, not self.lora_rank)]
        if shapes.bias is not None:
            weights.append(WeightSpec("bias", _numbers(shapes.bias), dtype))
        if self.lora_rank:
            lora = _lora_dtype(self, env)
            weights.append(WeightSpec("lora_kernel_a", (*kernel[:-1], self.lora_rank), lora))
            weights.append(WeightSpec("lora_kernel_b", (self.lora_rank, kernel[-1]), lora))
        return weights

    def macs(self, x: TensorSpec, y: TensorSpec, env: Environment) -> Size:
        equation = parse_equation(self.equation)
        assert equation is not None
        new = {
            letter: size
            for letter, size in zip(equation.weight, self._shapes(x, env).weight)
            if letter not in equation.input
        }
        return product(x.sample) * product(new.values())


def _numbers(shape: Shape) -> tuple[int, ...]:
    return tuple(size for size in shape if isinstance(size, int))


class Embedding(Layer):
    """A table of vectors: each whole number that arrives is replaced by its vector."""

    legacy = {"input_length": None}

    input_dim: int = arg(Integer(minimum=1), "Number of vectors: the greatest number that may arrive, plus one.")
    output_dim: int = arg(Integer(minimum=1), "Size of a vector.")
    embeddings_initializer: Declaration = arg(INITIALIZER, "Start values of the vectors.", default="uniform")
    embeddings_regularizer: Declaration | None = arg(Optional(REGULARIZER), "Penalty on the vectors.", default=None)
    embeddings_constraint: Declaration | None = arg(Optional(CONSTRAINT), "Constraint on the vectors.", default=None)
    mask_zero: bool = arg(Boolean(), "Whether 0 is padding, which later layers skip.", default=False)
    weights = arg(_WEIGHTS, "Not for documents.", default=None)
    lora_rank: int | None = arg(_RANK, "Rank of a LoRA adapter.", default=None)
    lora_alpha: float | None = arg(_ALPHA, "Scale of the LoRA adapter.", default=None)
    quantization_config: None = arg(_QUANTIZATION, "Not for documents.", default=None, since="3.13")

    def check(self) -> None:
        _check_lora(self, self.lora_rank, "embeddings_constraint")

    def cast(self, x: TensorSpec, env: Environment) -> TensorSpec:
        return x

    def output(self, x: TensorSpec, env: Environment) -> TensorSpec:
        # Keras surprise: floats and strings are accepted; call casts them to whole numbers, or fails.
        return TensorSpec((*x.dims, self.output_dim), self.compute_dtype(env))

    def variables(self, x: TensorSpec, env: Environment) -> Sequence[WeightSpec]:
        shape = (self.input_dim, self.output_dim)
        weights = [WeightSpec("embeddings", shape, self.variable_dtype(env), not self.lora_rank)]
        if self.lora_rank:
            lora = _lora_dtype(self, env)
            weights.append(WeightSpec("lora_embeddings_a", (self.input_dim, self.lora_rank), lora))
            weights.append(WeightSpec("lora_embeddings_b", (self.lora_rank, self.output_dim), lora))
        return weights

    def mask(self, x: TensorSpec, y: TensorSpec) -> Shape | None:
        return x.dims if self.mask_zero else None


# The argument has the name of the question that every layer answers; the question is asked of instances.
Embedding.weights = property(lambda self: partial(Layer.weights, self))


class ReversibleEmbedding(Embedding):
    """An embedding that a program can also call backwards, from vectors to scores; a document's model never does."""

    tie_weights: bool = arg(Boolean(), "Whether the way back uses the same vectors.", default=True)
    reverse_dtype: str | None = arg(Optional(DType()), "Dtype of the way back.", default=None)
    logit_soft_cap: float | None = arg(
        Optional(Number(neutral=True)), "Soft bound on the scores of the way back.", default=None
    )

    def check(self) -> None:
        super().check()
        if self.lora_rank and not self.tie_weights:
            raise Problem(
                "conflicting-arguments",
                "lora_rank cannot be used together with tie_weights = false",
                path=("lora_rank",),
                label="not with tie_weights = false",
                help="remove one of the two: Keras cannot add the untied weights after the adapter",
            )

    def apply(self, x: TensorSpec, env: Environment) -> Outputs:
        y = super().apply(x, env)
        # Keras surprise: since 3.14 the mask is made only when data arrives, so that the model is built without one.
        return y._replace(mask=None) if isinstance(y, TensorSpec) and env.keras >= (3, 14) else y

    def variables(self, x: TensorSpec, env: Environment) -> Sequence[WeightSpec]:
        weights = super().variables(x, env)
        if self.tie_weights:
            return weights
        back = WeightSpec("reverse_embeddings", (self.output_dim, self.input_dim), self.variable_dtype(env))
        return [*weights, back]

    def initialized(self, x: TensorSpec, env: Environment) -> Iterator[tuple[str, tuple[int, ...], str]]:
        for weight in self.variables(x, env):
            if not weight.name.startswith("lora"):
                yield "embeddings_initializer", weight.shape, weight.dtype


class Identity(Layer):
    """Passes on what arrives."""

    supports_masking = True
    takes_several = True

    def output(self, x: TensorSpec, env: Environment) -> TensorSpec:
        return TensorSpec(x.dims, x.dtype, sparse=x.sparse)


class _MaskValue(Number):
    """A number; also one as Keras saves it, a tensor of one element: `{ type = "__tensor__", value = [0.0] }`."""

    def read(self, value: Any) -> Any:
        if isinstance(value, dict) and value.get("type") == "__tensor__" and set(value) <= {"type", "value", "dtype"}:
            value = value.get("value")
            while isinstance(value, list) and len(value) == 1:
                value = value[0]
        return super().read(value)


class Masking(Layer):
    """Marks the steps of a sequence whose values all equal one number, so that later layers skip them."""

    mask_value: float = arg(_MaskValue(neutral=True), "The value of a step that is skipped.", default=0.0)

    def output(self, x: TensorSpec, env: Environment) -> TensorSpec:
        return TensorSpec(x.dims, self.compute_dtype(env))

    def mask(self, x: TensorSpec, y: TensorSpec) -> Shape | None:
        return x.dims[:-1]
