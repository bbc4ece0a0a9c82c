"""EinsumDense, in a separate module since few models need it."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from seqspec.core.catalog.dtypes import PROMOTE
from seqspec.core.catalog.layer import InferenceContext, Layer, Phase
from seqspec.core.catalog.layer_inference import check_initializers
from seqspec.core.catalog.layers.kernel import KernelArguments, QuantizableArguments
from seqspec.core.catalog.markers import SHAPING, Expects
from seqspec.core.catalog.objects import Activation
from seqspec.core.catalog.types import Maybe, NonNegativeInt
from seqspec.core.diagnostics.message import fmt
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.shapes.arrays import broadcast
from seqspec.core.shapes.einsum import EquationMismatch, Shapes, contracted, einsum_shapes, parse_equation
from seqspec.core.shapes.tensor import Dim, Shape, Size, TensorSpec, WeightSpec, product, show


class EinsumDense(QuantizableArguments, KernelArguments, Layer):
    """A dense layer whose product with the kernel is written as an einsum equation."""

    role = "weights"
    traits = frozenset({"dense", "quantizable"})
    dtype_rule = PROMOTE

    leading = ("equation", "output_shape", "activation", "bias_axes")
    trailing = ("gptq_unpacked_column_size", "quantization_config", *Layer.trailing)

    equation: Annotated[str, Expects('an equation such as "abc,cd->abd"'), SHAPING] = Field(
        description='Einsum equation including the batch axis, such as "abc,cd->abd" or "...x,xy->...y".'
    )
    output_shape: NonNegativeInt | list[Maybe[NonNegativeInt]] = Field(
        description='Output shape without the batch axis and the axes of "..."; "none" for an axis of any size.'
    )
    activation: Maybe[Activation] = Field(default=None, description="Activation function of the output.")
    bias_axes: Maybe[Annotated[str, Expects("letters of the output"), SHAPING]] = Field(
        default=None, description="Output axes with a bias."
    )
    gptq_unpacked_column_size: Maybe[int] = Field(
        default=None, description="Number of unpacked kernel columns of a model quantized with GPTQ."
    )

    def check_arguments(self) -> None:
        super().check_arguments()
        if parse_equation(self.equation) is None:
            raise Violation(
                "bad-value",
                f'invalid equation "{self.equation[:60]}"',
                path=("equation",),
                help='write "input,kernel->output" with one letter per axis, batch first: "ab,bc->ac", "...x,xy->...y" '
                'or "ab...,bc->ac..."',
            )

    def _shapes(self, x: TensorSpec, env: InferenceContext) -> Shapes:
        equation = parse_equation(self.equation)
        assert equation is not None
        target = (self.output_shape,) if isinstance(self.output_shape, int) else self.output_shape
        try:
            shapes = einsum_shapes(equation, x.dims, target, self.bias_axes, env.keras >= (3, 15))
        except EquationMismatch as mismatch:
            argument = mismatch.argument or "equation"
            raise Violation(
                "bad-value" if mismatch.argument else "wrong-rank", f"{argument} {mismatch}", path=(argument,)
            ) from None
        self._need_fixed("kernel", equation.weight, shapes.weight)
        if shapes.bias is not None:
            self._need_fixed("bias", equation.output[len(equation.output) - len(shapes.bias) :], shapes.bias)
        return shapes

    def _need_fixed(self, weight: str, letters: str, shape: Shape) -> None:
        for index, size in enumerate(shape):
            if isinstance(size, Dim):
                letter = letters[index] if index < len(letters) else "?"
                raise Violation(
                    "unknown-size",
                    fmt("needs a known size for axis {} of its {}, got {}", letter, weight, show(shape)),
                    anchor="layer",
                    label=fmt("{} is unknown", size),
                    help="set that axis to a number in output_shape or in the input",
                )

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        shapes = self._shapes(x, env)
        dims = shapes.output
        if env.phase is Phase.TRACE:
            # Keras creates the weights before it computes with them.
            check_initializers(self, x, env)
            dims = self._contracted(x, shapes)
        return TensorSpec(dims, self.compute_dtype(env))

    def _contracted(self, x: TensorSpec, shapes: Shapes) -> Shape:
        """The shape that is computed, which may differ from the declared one."""
        equation = parse_equation(self.equation)
        assert equation is not None
        try:
            dims = contracted(equation, x.dims, shapes.weight)
        except EquationMismatch as mismatch:
            raise Violation("wrong-rank", f"equation {mismatch}", path=("equation",)) from None
        if shapes.bias is None:
            return dims
        added = broadcast(dims, shapes.bias)
        if added is None:
            raise Violation(
                "shape-mismatch",
                fmt("cannot add a bias of shape {} to the output {}", show(shapes.bias), show(dims[1:])),
                path=("bias_axes",),
            )
        return added

    def own_weights(self, x: TensorSpec, env: InferenceContext) -> Sequence[WeightSpec]:
        dtype = self.variable_dtype(env)
        shapes = self._shapes(x, env)
        kernel = _numbers(shapes.weight)
        weights = [WeightSpec("kernel", kernel, dtype, not self.lora_rank)]
        if shapes.bias is not None:
            weights.append(WeightSpec("bias", _numbers(shapes.bias), dtype))
        return weights + self.adapter_weights("kernel", kernel, dtype, env)

    def macs(self, x: TensorSpec, y: TensorSpec, env: InferenceContext) -> Size:
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
