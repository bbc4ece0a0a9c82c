"""The recurrent cells for `RNN`, and the base classes that they share with `LSTM`, `GRU` and `SimpleRNN`.

They handle one time step of a sequence: its requirements, weights, states and output. `step` is the shape of one time
step with the batch size first.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, ClassVar

from annotated_types import Ge, Le, Len
from pydantic import Field

from seqspec.core.catalog.keras_object import KerasObject, conflict
from seqspec.core.catalog.layer import InferenceContext, Layer, PathPrefix, Phase, Sublayer, require_known
from seqspec.core.catalog.layer_inference import activated, check_initializers, own_weights_with_trainable
from seqspec.core.catalog.objects import Activation, Constraint, Initializer, Regularizer
from seqspec.core.catalog.reading import LayerType
from seqspec.core.catalog.traits import Composition, Variables
from seqspec.core.catalog.types import Maybe, NeutralBool, NeutralNumber, PositiveInt
from seqspec.core.diagnostics.message import Message, Setting, Value, fmt
from seqspec.core.diagnostics.violation import Path, Violation
from seqspec.core.shapes.arrays import broadcast
from seqspec.core.shapes.tensor import Shape, Size, TensorSpec, WeightSpec, show

Seed = Maybe[Annotated[int, Ge(-(2**63)), Le(2**63 - 1)]]


StepState = Shape | list[Any]
"""The shape of a state of a cell, or the nested list of the states of a stacked cell."""


class RecurrentLayer(Layer):
    """A layer that works step by step with states: a cell, or a recurrent layer with its cell."""

    can_be_cell: ClassVar[bool] = True

    def check_step(self, step: Shape, env: InferenceContext) -> None:
        """Raises a `Violation` if no weights can be created for the step."""
        raise NotImplementedError

    def step_weights(self, step: Shape, env: InferenceContext) -> Sequence[WeightSpec]:
        """The weights of the cell, for a step that `check_step` has accepted."""
        raise NotImplementedError

    def step_states(self, step: Shape) -> list[StepState]:
        """The shape of each state without the batch size; a list for each stacked cell with several states."""
        raise NotImplementedError

    def step_output(self, step: Shape) -> Shape:
        """The shape of the output of one step, without the batch size."""
        raise NotImplementedError

    def step_macs(self, step: Shape) -> Size:
        """Multiply-accumulates of one step."""
        raise NotImplementedError

    def cell_check(self, step: Shape, env: InferenceContext) -> None:
        """`check_step` and the check of initializers, if this layer is the cell of another one."""
        self.check_step(step, env)
        check_initializers(self, TensorSpec(step), env)

    def cell_output(self, step: Shape) -> Shape:
        """`step_output`, if this layer is the cell of another one."""
        return self.step_output(step)

    def cell_macs(self, step: Shape) -> Size:
        """`step_macs`, if this layer is the cell of another one."""
        return self.step_macs(step)

    bare: ClassVar[bool] = False
    """Whether the output of its activation is the new state, without a gate."""

    def check_activations(self, step: Shape, env: InferenceContext) -> None:
        """Raises a `Violation` for an activation that cannot be computed or changes the shape of the state."""
        state: tuple[Size, ...] = (step[0], *self.activated_shape(step))
        for name in ("activation", "recurrent_activation"):
            activation = getattr(self, name, None)
            if activation is None:
                continue
            try:
                output = activated(activation, TensorSpec(state, self.compute_dtype(env)), env)
            except Violation as violation:
                raise violation.replace(path=(name, *violation.path[1:])) from None
            if output.dims != state and (self.bare or broadcast(state, output.dims) != state):
                raise Violation(
                    "shape-mismatch",
                    fmt(
                        "{} changes the shape of the state from {} to {}", name, show(state[1:]), show(output.dims[1:])
                    ),
                    path=(name,),
                    help="choose a different activation",
                )

    def activated_shape(self, step: Shape) -> Shape:
        """The input shape of its activations, without the batch size."""
        return ()


def require_bias_initializer(initializer: object) -> None:
    """Raises a `Violation` if Keras would call a missing bias initializer."""
    if initializer is None:
        raise conflict(
            "bias_initializer",
            "bias_initializer cannot be none when unit_forget_bias is true",
            help=fmt("write {}, or {}", Setting("bias_initializer", "zeros"), Setting("unit_forget_bias", False)),
        )


class RecurrentArguments(KerasObject):
    """The arguments of all recurrent units that Keras has for their weights, activations and dropout."""

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
    # Keras surprise: rates outside of [0, 1] are accepted and clipped.
    dropout: NeutralNumber = Field(
        default=0.0, description="Fraction of the input units dropped during training, 0 to 1."
    )
    recurrent_dropout: NeutralNumber = Field(
        default=0.0, description="Fraction of the recurrent state units dropped during training, 0 to 1."
    )
    seed: Seed = Field(default=None, description="Random seed for dropout.")


class RecurrentUnits(RecurrentArguments, RecurrentLayer):
    """The arguments of all recurrent units, and their weights: one kernel and one recurrent kernel for all gates."""

    bare = True

    leading = ("units",)
    gates: ClassVar[int] = 1
    states: ClassVar[int] = 1

    units: PositiveInt = Field(description="Number of units: the size of the output and of the state.")

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

    def step_states(self, step: Shape) -> list[StepState]:
        return [(self.units,)] * self.states

    def step_output(self, step: Shape) -> Shape:
        return (self.units,)

    def activated_shape(self, step: Shape) -> Shape:
        return (self.units,)

    def step_macs(self, step: Shape) -> Size:
        return (step[-1] + self.units) * (self.units * self.gates)


class GatedUnits(RecurrentUnits):
    """The arguments that LSTM and GRU share."""

    bare = False

    through_kwargs: ClassVar[tuple[str, ...]] = ("implementation",)
    """Arguments that Keras's constructor accepts only through `**kwargs`."""

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

    def initialized_variables(self, x: TensorSpec, env: InferenceContext) -> Iterator[tuple[str, tuple[int, ...], str]]:
        for argument, shape, dtype in super().initialized_variables(x, env):
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


class Cell(RecurrentLayer):
    """A layer that computes one step; it also needs a state as input, so it is only valid inside an RNN."""

    instead: ClassVar[str] = ""

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> TensorSpec:
        wrapped = env.phase is Phase.SHAPE
        raise Violation(
            "unsupported-layer",
            "computes one time step and can only be used inside an RNN layer"
            if wrapped
            else "computes one time step and needs a state input, so it cannot be used as a layer",
            label="a cell, not a layer",
            help=self._wrap_in_rnn_help(),
            anchor="layer",
        )

    def _wrap_in_rnn_help(self) -> Message:
        wrapped = Value({"type": "RNN", "cell": {"type": type(self).__name__, ...: ...}})
        return Message(f"write {self.instead}, or " if self.instead else "write ", wrapped)

    def own_weights(self, x: TensorSpec, env: InferenceContext) -> Sequence[WeightSpec]:
        return self.step_weights(x.dims, env)

    def macs(self, x: TensorSpec, y: TensorSpec, env: InferenceContext) -> Size:
        return self.step_macs(x.dims)


def cell_sublayer(path: Path, layer: RecurrentLayer, x: TensorSpec, env: InferenceContext) -> Sublayer:
    """The sublayer of a cell, whose output only the layer around it can compute."""
    if not isinstance(layer, Cell):
        return Sublayer(path, layer, x)
    y = TensorSpec((x.dims[0], *layer.step_output(x.dims)), layer.compute_dtype(env))
    return Sublayer(path, layer, x, output=y)


class LSTMCell(Cell, LSTMUnits):
    """One step of an LSTM, for use inside RNN."""

    traits = frozenset({"ignores_rate_one"})
    instead = "LSTM"


class GRUCell(Cell, GRUUnits):
    """One step of a GRU, for use inside RNN."""

    traits = frozenset({"ignores_rate_one"})
    instead = "GRU"


class SimpleRNNCell(Cell, RecurrentUnits):
    """One step of a SimpleRNN, for use inside RNN."""

    instead = "SimpleRNN"


def stack_cells(cells: list[Layer]) -> "StackedRNNCells":
    """The single cell that Keras creates from a list of cells."""
    return StackedRNNCells.model_construct(cells=cells)


def require_steps(cells: Sequence[Layer]) -> None:
    """Raises a `Violation` unless all layers are cells."""
    for index, cell in enumerate(cells):
        if not isinstance(cell, RecurrentLayer) or not cell.can_be_cell:
            raise not_a_cell(cell).prefixed(index)


def not_a_cell(layer: Layer) -> Violation:
    """The violation for a layer without state."""
    return Violation(
        "bad-value",
        f"expects a recurrent cell, got {type(layer).__name__}",
        label="expects a cell",
        help="cells are LSTMCell, GRUCell, SimpleRNNCell and StackedRNNCells; "
        "TimeDistributed applies any layer to every time step",
        anchor="layer",
    )


class StackedRNNCells(Cell):
    """Several cells that are applied in sequence in each step."""

    composition = Composition.CELLS
    variables = Variables(freeze=False)

    cells: Annotated[list[Annotated[Layer, LayerType("a cell")]], Len(1)] = Field(
        description="The cells, from input to output."
    )

    def check_arguments(self) -> None:
        with PathPrefix("cells"):
            require_steps(self.cells)

    def check_step(self, step: Shape, env: InferenceContext) -> None:
        for index, (cell, incoming) in enumerate(self.each(step)):
            with PathPrefix("cells", index):
                cell.cell_check(incoming, env)

    def each(self, step: Shape) -> list[tuple[RecurrentLayer, Shape]]:
        """Every cell with its input step."""
        cells: list[tuple[RecurrentLayer, Shape]] = []
        for cell in self.cells:
            assert isinstance(cell, RecurrentLayer)
            cells.append((cell, step))
            step = (step[0], *cell.cell_output(step))
        return cells

    def step_weights(self, step: Shape, env: InferenceContext) -> Sequence[WeightSpec]:
        return [
            weight
            for cell, incoming in self.each(step)
            for weight in own_weights_with_trainable(cell, TensorSpec(incoming), env)
        ]

    def step_states(self, step: Shape) -> list[StepState]:
        stacked = []
        for cell, incoming in self.each(step):
            states = cell.step_states(incoming)
            # Keras stores a single state size of a cell as a number, that of a recurrent layer as a list.
            single = isinstance(cell, Cell) and isinstance(cell, RecurrentUnits) and cell.states == 1
            stacked.append(states[0] if single else states)
        return stacked

    def step_output(self, step: Shape) -> Shape:
        # Each cell is called once, because stacks can be nested.
        for cell in self.cells:
            assert isinstance(cell, RecurrentLayer)
            step = (step[0], *cell.cell_output(step))
        return step[1:]

    def step_macs(self, step: Shape) -> Size:
        total: Size = 0
        for cell, incoming in self.each(step):
            total = total + cell.cell_macs(incoming)
        return total

    def sublayers(self, x: TensorSpec, env: InferenceContext) -> Sequence[Sublayer]:
        return [
            cell_sublayer(("cells", index), cell, TensorSpec(incoming, x.dtype), env)
            for index, (cell, incoming) in enumerate(self.each(x.dims))
        ]
