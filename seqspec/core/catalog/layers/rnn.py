"""The recurrent layers of `keras/src/layers/rnn`: RNN, LSTM, GRU and SimpleRNN."""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

from annotated_types import Len
from pydantic import Field

from seqspec.core.catalog.dtypes import FLOATING
from seqspec.core.catalog.export_formats import Exports, Limit
from seqspec.core.catalog.keras_object import bad_argument, conflict
from seqspec.core.catalog.layer import (
    InferenceContext,
    Layer,
    NestedOutputs,
    Outputs,
    Phase,
    Sublayer,
    empty_axis,
    wrong_rank,
)
from seqspec.core.catalog.layer_inference import check_initializers, own_weights_with_trainable
from seqspec.core.catalog.layers.rnn_cells import (
    GatedUnits,
    GRUUnits,
    LSTMUnits,
    RecurrentLayer,
    RecurrentUnits,
    StackedRNNCells,
    StepState,
    cell_sublayer,
    require_steps,
    stack_cells,
)
from seqspec.core.catalog.markers import NEUTRAL
from seqspec.core.catalog.reading import LayerType
from seqspec.core.catalog.traits import Composition, Variables
from seqspec.core.catalog.types import NeutralBool
from seqspec.core.diagnostics.message import InputShape, Message, Setting, Value, fmt
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.shapes.tensor import Shape, Size, TensorSpec, WeightSpec, product


class Recurrent(RecurrentLayer):
    """A layer that processes a sequence step by step: the base class of all recurrent layers."""

    role = "recurrent"
    traits = frozenset({"mask_user"})
    supports_masking = True
    axes: ClassVar[int] = 3
    """The required rank of the input, including the batch size; 0 if Keras does not check it."""
    exports = Exports(
        Limit(("litert",), "TensorListReserve", ("batch_size", "unroll"), lambda layer: not layer.unroll),
        Limit(("onnx", "openvino", "tfjs"), "AssignVariableOp", when=lambda layer: layer.stateful),
    )
    needs: ClassVar[str] = "(time, features)"
    variables = Variables("cell")

    return_sequences: bool = Field(
        default=False, description="Whether to return the output of every time step instead of only the last one."
    )
    return_state: bool = Field(
        default=False, description="Whether to return the final states in addition to the output."
    )
    go_backwards: bool = Field(default=False, description="Whether to process the sequence in reverse.")
    stateful: bool = Field(
        default=False,
        description="Whether the final states of a batch are the initial states of the next; requires batch_size.",
    )
    # Keras surprise: an unknown number of steps is accepted here, and the first call fails.
    unroll: NeutralBool = Field(
        default=False, description="Whether to unroll the loop; only for a known, small number of time steps."
    )
    zero_output_for_mask: NeutralBool = Field(
        default=False, description="Whether masked time steps output zeros instead of repeating the previous output."
    )

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> Outputs:
        # Keras surprise: the input dtype is never checked; strings are accepted until the first call.
        if env.phase is not Phase.SHAPE and self.axes and len(x.dims) != self.axes:
            raise self.wrong_axes(x)
        return self._outputs(x, env)

    def _outputs(self, x: TensorSpec, env: InferenceContext) -> Outputs:
        self.check_build(x, env)
        if len(x.dims) < 2:
            raise self.wrong_axes(x)
        step = (x.dims[0], *x.dims[2:])
        self.check_shape(step, env)
        dtype = self.compute_dtype(env)
        shape = self.step_output(step)
        time = (x.dims[1],) if self.return_sequences else ()
        y = TensorSpec((x.dims[0], *time, *shape), dtype)
        if not self.return_state:
            return y
        states = [TensorSpec((x.dims[0], *state), dtype) for state in self._flat_states(step)]
        by_cell = self.step_states(step)
        nested = any(isinstance(state, list) for state in by_cell)
        return NestedOutputs([y, *states], 1 + len(by_cell)) if nested else [y, *states]

    def check_build(self, x: TensorSpec, env: InferenceContext) -> None:
        """Raises a `Violation` if the weights or states cannot be created."""
        self.check_versions(env)
        # Keras surprise: without a feature axis, a known batch size is used as the number of features.
        if len(x.dims) < 3 and not isinstance(x.dims[0], int):
            raise self.wrong_axes(x)
        self.check_step((x.dims[0], *x.dims[2:]), env)
        if self.stateful and not isinstance(x.dims[0], int):
            raise Violation(
                "unknown-size",
                "is stateful and requires a fixed batch size",
                path=("stateful",),
                label="requires batch_size",
                help=fmt("write {}, or remove stateful", InputShape([...], {"batch_size": 32})),
            )
        if self.stateful:
            self.check_shape((x.dims[0], *x.dims[2:]), env)

    def check_shape(self, step: Shape, env: InferenceContext) -> None:
        """Raises a `Violation` if a step has no output although its weights can be created."""

    def check_call(self, x: TensorSpec, env: InferenceContext) -> None:
        if env.phase is Phase.TRACE and self.stateful:
            raise conflict(
                "stateful",
                "cannot be stateful inside a Pipeline, where Keras creates no variables",
                help="remove stateful, or move the layer out of the Pipeline",
            )
        if len(x.dims) != (self.axes or 3):
            wrong = self.wrong_axes(x)
            if self.unroll:
                note = "or, unrolled, broadcasts the samples of a batch against each other"
                wrong = wrong.replace(notes=(*wrong.notes, note))
            raise wrong
        if x.dtype == "string":
            raise Violation("wrong-dtype", "expects numeric input, got dtype string", anchor="layer")
        if env.phase is Phase.TRACE:
            self._check_trace(x, env)

    def _check_trace(self, x: TensorSpec, env: InferenceContext) -> None:
        if x.dims[1] == 0:
            raise empty_axis("time step", x)
        first, *_ = cells = self.called_cells()
        if 0 < getattr(first, "dropout", 0) < 1 and x.dtype not in FLOATING:
            raise Violation(
                "wrong-dtype",
                f"cannot apply dropout to dtype {x.dtype}",
                path=("dropout",) if first is self else ("cell",),
                help=fmt(
                    "insert {} before this layer, which converts integers to floats",
                    Value({"type": "Rescaling", "scale": 1.0}),
                ),
            )
        for cell in cells:
            whole = next((name for name in ("dropout", "recurrent_dropout") if getattr(cell, name, 0) >= 1), None)
            if whole is not None and env.keras < (3, 14):
                raise bad_argument(whole, "cannot be 1 inside a Pipeline before Keras 3.14")
            cell.check_activations((x.dims[0], *x.dims[2:]), env)
        if self.unroll and not isinstance(x.dims[1], int):
            raise Violation(
                "unknown-size",
                f"cannot unroll its loop: the number of time steps is unknown ({x.dims[1]})",
                path=("unroll",),
                help="remove unroll",
            )

    def called_cells(self) -> Sequence[RecurrentLayer]:
        """The cells that are called in each step, in order."""
        return [self]

    def _flat_states(self, step: Shape) -> list[Shape]:
        flat: list[Shape] = []
        for state in self.step_states(step):
            for shape in state if isinstance(state, list) else [state]:
                if isinstance(shape, list):
                    raise conflict(
                        "return_state",
                        "cannot return the states of nested StackedRNNCells",
                        help="put all cells into one list, or remove return_state",
                    )
                flat.append(shape)
        return flat

    def wrong_axes(self, x: TensorSpec) -> Violation:
        """The violation for a tensor of the wrong rank."""
        return wrong_rank(x, f"expected input of shape {self.needs}", self.axes or 3, self._rank_help(x))

    def _rank_help(self, x: TensorSpec) -> str:
        sample = x.sample
        if len(sample) == 1:
            return fmt(
                "pass a sequence: set {} on the preceding recurrent layer, or add a time axis with {}",
                Setting("return_sequences", True),
                Value({"type": "Reshape", "target_shape": [-1, 1]}),
            )
        if not sample:
            return "a sequence has a time axis and a feature axis"
        rest = product(sample[1:])
        reshape = Message()
        if isinstance(rest, int):
            steps = sample[0] if isinstance(sample[0], int) else -1
            flat = Value({"type": "Reshape", "target_shape": [steps, rest]})
            reshape = fmt(" (here equivalent to {})", flat)
        flatten_steps = Value({"type": "TimeDistributed", "layer": "Flatten"})
        flatten = fmt("{} before it flattens each time step to a vector", flatten_steps) + reshape
        if len(sample) == 3:
            return flatten + "; for video frames use ConvLSTM2D, which expects (time, height, width, channels)"
        return flatten + f"; or use ConvLSTM{len(sample) - 2}D" if len(sample) < 6 else flatten

    def own_weights(self, x: TensorSpec, env: InferenceContext) -> Sequence[WeightSpec]:
        # The states of a stateful layer are not weights: Keras does not track them.
        return self.step_weights((x.dims[0], *x.dims[2:]), env)

    def macs(self, x: TensorSpec, y: TensorSpec, env: InferenceContext) -> Size:
        return self.step_macs((x.dims[0], *x.dims[2:])) * x.dims[1]

    def mask(self, x: TensorSpec, y: TensorSpec) -> Shape | None:
        return x.mask if self.return_sequences else None

    def cell_check(self, step: Shape, env: InferenceContext) -> None:
        # Keras surprise: a recurrent layer is accepted as a cell, since it also has states.
        self.check_build(TensorSpec(step), env)
        check_initializers(self, TensorSpec(step), env)

    def cell_output(self, step: Shape) -> Shape:
        first = self.step_states(step[:1] + step[2:])[0]
        if isinstance(first, list):
            raise Violation(
                "bad-value",
                f"{type(self).__name__} with several cells cannot itself be a cell",
                help="put all cells into one list",
                anchor="layer",
            )
        assert isinstance(first, tuple)
        return first

    def cell_macs(self, step: Shape) -> Size:
        # Keras surprise: until it runs, a step without its own time axis is accepted; its cost is counted as 0.
        return self.macs(TensorSpec(step), TensorSpec(step), InferenceContext()) if len(step) > 1 else 0

    def explain(self, violation: Violation, name: str) -> Violation:
        if self.return_sequences:
            return violation
        help = fmt(
            'set {} on the previous layer, "{}": it returns only the last time step',
            Setting("return_sequences", True),
            name,
        )
        return violation.replace(help=help)


class RNN(Recurrent):
    """Processes a sequence with a given cell, or with several stacked cells."""

    composition = Composition.CELLS
    axes = 0
    variables = Variables("cell", freeze=False)

    cell: (
        Annotated[Layer, LayerType("a cell such as LSTMCell")]
        | Annotated[list[Annotated[Layer, LayerType("a cell")]], Len(1)]
    ) = Field(description="The cell, or a list of stacked cells.")

    def check_arguments(self) -> None:
        try:
            if isinstance(self.cell, list):
                require_steps(self.cell)
            else:
                require_steps([self.cell])
        except Violation as violation:
            path = violation.path if isinstance(self.cell, list) else violation.path[1:]
            raise violation.replace(path=path).prefixed("cell") from None

    @property
    def stepper(self) -> RecurrentLayer:
        """The single cell that computes each step."""
        if isinstance(self.cell, list):
            return stack_cells(self.cell)
        assert isinstance(self.cell, RecurrentLayer)
        return self.cell

    def check_step(self, step: Shape, env: InferenceContext) -> None:
        try:
            self.stepper.cell_check(step, env)
        except Violation as violation:
            # A list of cells is written under `cell` itself, without the `cells` of a StackedRNNCells.
            path = violation.path[1:] if isinstance(self.cell, list) else violation.path
            raise violation.replace(path=path).prefixed("cell") from None

    def step_weights(self, step: Shape, env: InferenceContext) -> Sequence[WeightSpec]:
        return own_weights_with_trainable(self.stepper, TensorSpec(step), env)

    def step_states(self, step: Shape) -> list[StepState]:
        return self.stepper.step_states(step)

    def step_output(self, step: Shape) -> Shape:
        return self.stepper.cell_output(step)

    def step_macs(self, step: Shape) -> Size:
        return self.stepper.cell_macs(step)

    def check_call(self, x: TensorSpec, env: InferenceContext) -> None:
        super().check_call(x, env)
        # Keras surprise: a cell makes its dropout mask in the dtype of its inputs before it casts them.
        incoming, previous = self.compute_dtype(env), type(self).__name__
        for cell in self.called_cells():
            dtype = cell.compute_dtype(env)
            if dtype != incoming and 0 < getattr(cell, "dropout", 0) < 1:
                raise Violation(
                    "wrong-dtype",
                    f"cannot apply dropout in a cell that computes in {dtype}: {previous} computes in {incoming}",
                    path=("cell",),
                    help="write the same dtype in the layer and in its cell",
                )
            incoming, previous = dtype, type(cell).__name__

    def called_cells(self) -> Sequence[RecurrentLayer]:
        cells = _flat([self.stepper])
        if any(isinstance(cell, Recurrent) for cell in cells):
            raise Violation("bad-value", "expects a recurrent cell, got a recurrent layer", path=("cell",))
        return [cell for cell in cells if isinstance(cell, RecurrentLayer)]

    def sublayers(self, x: TensorSpec, env: InferenceContext) -> Sequence[Sublayer]:
        incoming = TensorSpec((x.dims[0], *x.dims[2:]), x.dtype)
        if isinstance(self.cell, list):
            return [
                inner._replace(path=("cell", *inner.path[1:]), attribute="cell/cells")
                for inner in self.stepper.sublayers(incoming, env)
            ]
        return [cell_sublayer(("cell",), self.stepper, incoming, env)]


def _flat(cells: Sequence[Layer]) -> list[Layer]:
    return [leaf for cell in cells for leaf in (_flat(cell.cells) if isinstance(cell, StackedRNNCells) else [cell])]


class _CudnnLayer(Recurrent):
    """The base class of LSTM and GRU, which can use cuDNN kernels for whole sequences."""

    # Keras surprise: `true` is accepted without a GPU, and the first call fails.
    use_cudnn: NeutralBool | Annotated[Literal["auto"], NEUTRAL] = Field(
        default="auto", description='Whether to use the cuDNN kernel; "auto" uses it when possible.'
    )

    def check_call(self, x: TensorSpec, env: InferenceContext) -> None:
        super().check_call(x, env)
        if env.phase is not Phase.TRACE:
            return
        assert isinstance(self, GatedUnits)
        if self.use_cudnn is True:
            raise Violation(
                "bad-value",
                fmt("{} requires a GPU where Keras runs the layer, as inside a Pipeline", Setting("use_cudnn", True)),
                path=("use_cudnn",),
                help=fmt("write {}, which uses a GPU if there is one", Setting("use_cudnn", "auto")),
            )
        if self.implementation == 1 and self.dropout > 0 >= self.recurrent_dropout and self.use_cudnn is not False:
            # Keras surprise: its list of dropout masks, one per gate, is treated as a single mask.
            raise conflict(
                "implementation",
                "cannot use dropout with implementation = 1 when called in training mode",
                help=fmt("remove implementation, or write {}", Setting("use_cudnn", False)),
            )


class LSTM(_CudnnLayer, LSTMUnits):
    """Long short-term memory: processes a sequence (time, features) with gates and two states."""

    traits = frozenset({"ignores_rate_one", "mask_user"})


class GRU(_CudnnLayer, GRUUnits):
    """Gated recurrent unit: processes a sequence (time, features) with gates and one state."""

    traits = frozenset({"ignores_rate_one", "mask_user"})


class SimpleRNN(Recurrent, RecurrentUnits):
    """A fully connected recurrent layer: each step uses its input and the output of the previous step."""

    @property
    def penalty(self) -> None:
        """None. Keras surprise: its activity_regularizer is accepted and ignored."""
