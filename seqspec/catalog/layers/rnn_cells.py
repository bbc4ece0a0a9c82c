"""The recurrent units, as cells for `RNN` and as the halves from which `LSTM`, `GRU` and `SimpleRNN` are made.

A unit answers for one step of a sequence: what it needs of the step, its weights, the sizes of its states and output.
`step` is the shape of one step with the batch first.
"""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

from annotated_types import Ge, Le, Len
from pydantic import Field

from seqspec.catalog.inference_context import InferenceContext
from seqspec.catalog.layer import Layer, activated, require_known
from seqspec.catalog.objects import (
    Activation,
    Constraint,
    Initializer,
    Regularizer,
)
from seqspec.catalog.reading import LayerType
from seqspec.catalog.traits import Composition, Sublayer
from seqspec.catalog.types import Maybe, NeutralBool, NeutralNumber, PositiveInt
from seqspec.diagnostics.message import Message
from seqspec.diagnostics.snippet import Help, Setting, Value
from seqspec.diagnostics.violation import Violation
from seqspec.shapes.arrays import broadcast
from seqspec.shapes.dims import Shape, Size, show
from seqspec.shapes.tensor import TensorSpec, WeightSpec

Seed = Maybe[Annotated[int, Ge(-(2**63)), Le(2**63 - 1)]]


class Steps(Layer):
    """A layer that works step by step with states: a cell, or a recurrent layer with its cell."""

    can_be_cell: ClassVar[bool] = True

    def check_step(self, step: Shape, env: InferenceContext) -> None:
        """Raises the `Violation` where no weights can be made for such a step."""
        raise NotImplementedError

    def step_weights(self, step: Shape, env: InferenceContext) -> Sequence[WeightSpec]:
        """The weights of the cell, for a step that `check_step` has accepted."""
        raise NotImplementedError

    def step_states(self, step: Shape) -> list[Any]:
        """The shape of each state without the batch; a list of shapes for each cell of a stack that has several."""
        raise NotImplementedError

    def step_output(self, step: Shape) -> Shape:
        """The shape of the output of one step, without the batch."""
        raise NotImplementedError

    def step_macs(self, step: Shape) -> Size:
        """Multiply-adds of one step."""
        raise NotImplementedError

    def cell_check(self, step: Shape, env: InferenceContext) -> None:
        """`check_step` and the initial weights of the weights, where this layer is the cell of another."""
        self.check_step(step, env)
        self.check_initializers(TensorSpec(step), env)

    def cell_output(self, step: Shape) -> Shape:
        """`step_output` where this layer is the cell of another."""
        return self.step_output(step)

    def cell_macs(self, step: Shape) -> Size:
        """`step_macs` where this layer is the cell of another."""
        return self.step_macs(step)

    bare: ClassVar[bool] = False
    """Whether what its activation returns is the new state, with no gate before it."""

    def check_activations(self, step: Shape, env: InferenceContext) -> None:
        """Raises for an activation that cannot be computed, or returns another shape than the state has."""
        state: tuple[Size, ...] = (step[0], *self.activated_shape(step))
        for name in ("activation", "recurrent_activation"):
            activation = getattr(self, name, None)
            if activation is None:
                continue
            try:
                made = activated(activation, TensorSpec(state, self.compute_dtype(env)), env)
            except Violation as violation:
                raise violation.replace(path=(name, *violation.path[1:])) from None
            if made.dims != state and (self.bare or broadcast(state, made.dims) != state):
                raise Violation(
                    "shape-mismatch",
                    Message(
                        name, " changes the shape of the state from ", show(state[1:]), " to ", show(made.dims[1:])
                    ),
                    path=(name,),
                    help="choose a different activation",
                )

    def activated_shape(self, step: Shape) -> Shape:
        """The shape, without batch, of what its activations get."""
        return ()


def require_bias_initializer(initializer: object) -> None:
    """Raises where Keras would call a missing initializer to fill the bias beside that of the forget gate."""
    if initializer is None:
        raise Violation(
            "conflicting-arguments",
            "bias_initializer cannot be none when unit_forget_bias is true",
            path=("bias_initializer",),
            help=Help("write ", Setting("bias_initializer", "zeros"), ", or ", Setting("unit_forget_bias", False)),
        )


class Units(Steps):
    """The arguments of all recurrent units, and their weights: one kernel and one recurrent kernel for all gates."""

    bare = True

    gates: ClassVar[int] = 1
    states: ClassVar[int] = 1

    units: PositiveInt = Field(description="Number of units: the size of the output and of the state.")
    activation: Maybe[Activation] = Field(default="tanh", description="Activation function of the output.")
    use_bias: bool = Field(default=True, description="Whether to add a bias.")
    kernel_initializer: Maybe[Initializer] = Field(
        default="glorot_uniform", description="Initializer for the input kernel."
    )
    recurrent_initializer: Maybe[Initializer] = Field(
        default="orthogonal", description="Initializer for the recurrent kernel."
    )
    bias_initializer: Maybe[Initializer] = Field(default="zeros", description="Initializer for the bias.")
    kernel_regularizer: Maybe[Regularizer] = Field(default=None, description="Regularizer for the input kernel.")
    recurrent_regularizer: Maybe[Regularizer] = Field(default=None, description="Regularizer for the recurrent kernel.")
    bias_regularizer: Maybe[Regularizer] = Field(default=None, description="Regularizer for the bias.")
    kernel_constraint: Maybe[Constraint] = Field(default=None, description="Constraint for the input kernel.")
    recurrent_constraint: Maybe[Constraint] = Field(default=None, description="Constraint for the recurrent kernel.")
    bias_constraint: Maybe[Constraint] = Field(default=None, description="Constraint for the bias.")
    # Keras surprise: rates outside 0 to 1 are accepted and cut to that range.
    dropout: NeutralNumber = Field(
        default=0.0, description="Fraction of the input units dropped during training, 0 to 1."
    )
    recurrent_dropout: NeutralNumber = Field(
        default=0.0, description="Fraction of the recurrent state units dropped during training, 0 to 1."
    )
    seed: Seed = Field(default=None, description="Random seed for dropout.")

    def check_step(self, step: Shape, env: InferenceContext) -> None:
        require_known(step[-1], "features")

    def step_weights(self, step: Shape, env: InferenceContext) -> Sequence[WeightSpec]:
        dtype = self.variable_dtype(env)
        width = self.units * self.gates
        weights = [
            WeightSpec("kernel", (require_known(step[-1], "features"), width), dtype),
            WeightSpec("recurrent_kernel", (self.units, width), dtype),
        ]
        if self.use_bias:
            weights.append(WeightSpec("bias", self.bias_shape(width), dtype))
        return weights

    def bias_shape(self, width: int) -> tuple[int, ...]:
        """The shape of the bias of `width` gate outputs."""
        return (width,)

    def step_states(self, step: Shape) -> list[Any]:
        return [(self.units,)] * self.states

    def step_output(self, step: Shape) -> Shape:
        return (self.units,)

    def activated_shape(self, step: Shape) -> Shape:
        return (self.units,)

    def step_macs(self, step: Shape) -> Size:
        return (step[-1] + self.units) * (self.units * self.gates)


class GatedUnits(Units):
    """The arguments that LSTM and GRU share."""

    bare = False

    through_kwargs: ClassVar[tuple[str, ...]] = ("implementation",)
    """Arguments that Keras's constructor takes without naming them in its signature or that of a base class."""

    recurrent_activation: Maybe[Activation] = Field(default="sigmoid", description="Activation function of the gates.")
    implementation: int = Field(
        default=2, description="Internal: 1 computes each gate separately, 2 all gates at once."
    )


class LSTMUnits(GatedUnits):
    """The unit of LSTM: four gates, two states."""

    gates = 4
    states = 2

    unit_forget_bias: NeutralBool = Field(
        default=True, description="Whether the forget gate's bias is initialized to 1."
    )

    def initialized(self, x: TensorSpec, env: InferenceContext) -> Any:
        for argument, shape, dtype in super().initialized(x, env):
            if argument == "bias_initializer" and self.unit_forget_bias:
                require_bias_initializer(self.bias_initializer)
                # The forget gate's quarter is filled with ones, the two parts around it by the initializer.
                yield argument, (self.units,), dtype
                yield argument, (self.units * 2,), dtype
            else:
                yield argument, shape, dtype


class GRUUnits(GatedUnits):
    """The unit of GRU: three gates, one state."""

    gates = 3

    reset_after: bool = Field(
        default=True, description="Whether the reset gate is applied after the matrix product, with two biases."
    )

    def bias_shape(self, width: int) -> tuple[int, ...]:
        return (2, width) if self.reset_after else (width,)


class Cell(Steps):
    """A layer that makes one step; it takes a state beside its input, so it is only inside an RNN."""

    instead: ClassVar[str] = ""

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        raise Violation(
            "unsupported-layer",
            "computes one time step and needs a state input, so it cannot be used as a layer",
            label="a cell, not a layer",
            help=self._way_out(),
            anchor="layer",
        )

    def compute_output_shape(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        raise Violation(
            "unsupported-layer",
            "computes one time step and can only be used inside an RNN layer",
            label="a cell, not a layer",
            help=self._way_out(),
            anchor="layer",
        )

    def _way_out(self) -> Help:
        wrapped = Value({"type": "RNN", "cell": {"type": type(self).__name__, ...: ...}})
        return Help(f"write {self.instead}, or " if self.instead else "write ", wrapped)

    def own_weights(self, x: TensorSpec, env: InferenceContext) -> Sequence[WeightSpec]:
        return self.step_weights(x.dims, env)

    def inside(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        return TensorSpec((x.dims[0], *self.step_output(x.dims)), self.compute_dtype(env))

    def macs(self, x: TensorSpec, y: TensorSpec, env: InferenceContext) -> Size:
        return self.step_macs(x.dims)


class LSTMCell(Cell, LSTMUnits):
    """One step of an LSTM, for use inside RNN."""

    traits = frozenset({"ignores_rate_one"})
    instead = "LSTM"


class GRUCell(Cell, GRUUnits):
    """One step of a GRU, for use inside RNN."""

    traits = frozenset({"ignores_rate_one"})
    instead = "GRU"


class SimpleRNNCell(Cell, Units):
    """One step of a SimpleRNN, for use inside RNN."""

    instead = "SimpleRNN"


def stack_cells(cells: list[Layer]) -> "StackedRNNCells":
    """The one cell that Keras makes of a list of cells."""
    return StackedRNNCells.model_construct(cells=cells)


def require_steps(cells: Sequence[Layer]) -> None:
    """Raises unless every layer can serve as a cell."""
    for index, cell in enumerate(cells):
        if not isinstance(cell, Steps) or not cell.can_be_cell:
            raise not_a_cell(cell).prefixed(index)


def not_a_cell(layer: Layer) -> Violation:
    """The violation for a layer that keeps no state."""
    return Violation(
        "bad-value",
        f"expects a recurrent cell, got {type(layer).__name__}",
        label="expects a cell",
        help="cells are LSTMCell, GRUCell, SimpleRNNCell and StackedRNNCells; "
        "TimeDistributed applies any layer to every time step",
        anchor="layer",
    )


class StackedRNNCells(Cell):
    """Several cells, one above the other, that together make one step."""

    composition = Composition.CELLS

    cells: Annotated[list[Annotated[Layer, LayerType("a cell")]], Len(1)] = Field(
        description="The cells, from input to output."
    )

    def check_arguments(self) -> None:
        try:
            require_steps(self.cells)
        except Violation as violation:
            raise violation.prefixed("cells")

    def check_step(self, step: Shape, env: InferenceContext) -> None:
        for index, (cell, arriving) in enumerate(self.each(step)):
            try:
                cell.cell_check(arriving, env)
            except Violation as violation:
                raise violation.prefixed("cells", index)

    def each(self, step: Shape) -> list[tuple[Steps, Shape]]:
        """Every cell with the step of the input there."""
        found: list[tuple[Steps, Shape]] = []
        for cell in self.cells:
            assert isinstance(cell, Steps)
            found.append((cell, step))
            step = (step[0], *cell.cell_output(step))
        return found

    def own_weights_as_flagged(self, x: TensorSpec, env: InferenceContext) -> Sequence[WeightSpec]:
        return self.own_weights(x, env)

    def step_weights(self, step: Shape, env: InferenceContext) -> Sequence[WeightSpec]:
        return [
            weight
            for cell, arriving in self.each(step)
            for weight in cell.own_weights_as_flagged(TensorSpec(arriving), env)
        ]

    def step_states(self, step: Shape) -> list[Any]:
        found = []
        for cell, arriving in self.each(step):
            states = cell.step_states(arriving)
            # Keras writes a single state of a unit as a number, that of a whole recurrent layer as a list.
            single = isinstance(cell, Cell) and isinstance(cell, Units) and cell.states == 1
            found.append(states[0] if single else states)
        return found

    def step_output(self, step: Shape) -> Shape:
        # Each cell is called once: stacks may be in stacks.
        for cell in self.cells:
            assert isinstance(cell, Steps)
            step = (step[0], *cell.cell_output(step))
        return step[1:]

    def step_macs(self, step: Shape) -> Size:
        total: Size = 0
        for cell, arriving in self.each(step):
            total = total + cell.cell_macs(arriving)
        return total

    def sublayers(self, x: TensorSpec, env: InferenceContext) -> Sequence[Sublayer]:
        return [
            Sublayer(("cells", index), cell, TensorSpec(arriving, x.dtype))
            for index, (cell, arriving) in enumerate(self.each(x.dims))
        ]
