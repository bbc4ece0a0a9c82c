"""Facts about a whole spec after its layers were inferred, which the rules read.

Facts exclude everything that has an error: reading a key with an error ends the rule, and the layers end before the
first one with an error. If it can be repaired (`analysis.repairs`), the rules run for several repaired models instead.
A rule can rely on every argument that it reads, and no finding is a consequence of another.

Each fact is a function of other facts, in a module of its own; here their inputs are passed, once per spec. Modules
that not every spec needs are imported when their fact is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import prod
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from seqspec.core.analysis.flow import Flow
from seqspec.core.analysis.head import Head, find_head, head_before
from seqspec.core.analysis.known_tables import Damaged, known_tables
from seqspec.core.analysis.layer_report import LayerReport, with_inner_layers
from seqspec.core.analysis.layers.arguments import (
    DropoutRate,
    Recurrence,
    Window,
    find_dropout_rates,
    find_recurrences,
    find_windows,
)
from seqspec.core.analysis.layers.ranges import (
    FirstWeightedLayer,
    Ranges,
    RangeSource,
    declared_range,
    find_first_weighted_layer,
)
from seqspec.core.cached_property import cached_property
from seqspec.core.catalog.layer import InferenceContext
from seqspec.core.catalog.traits import Composition
from seqspec.core.diagnostics.codes import is_error
from seqspec.core.diagnostics.violation import Path, Violation
from seqspec.core.document.base_table import UnknownValueError
from seqspec.core.document.tables import OPTIONAL_TABLES
from seqspec.core.document.typed_spec import TypedSpec
from seqspec.core.shapes.tensor import TensorSpec

if TYPE_CHECKING:
    from seqspec.core.analysis.data.declared_data import Labels, Split
    from seqspec.core.analysis.files import ExternalPath
    from seqspec.core.analysis.graph import GraphWalk
    from seqspec.core.analysis.layers.linearity import LinearPair
    from seqspec.core.analysis.layers.masks import DroppedMask
    from seqspec.core.analysis.layers.seeds import SeedUse
    from seqspec.core.analysis.layers.signal import SignalGain
    from seqspec.core.analysis.training.loss_compatibility import LossCompatibility
    from seqspec.core.analysis.training.losses_and_metrics import CompiledMetric, MetricResult
    from seqspec.core.analysis.training.objective import TrainingLoss
    from seqspec.core.analysis.training.optimizers import OptimizerUse
    from seqspec.core.analysis.training.stages import Logs, Monitor, TrainingStage
    from seqspec.core.document.data import Data, Dataset
    from seqspec.core.document.outputs import Export, Quantize, Save
    from seqspec.core.document.runtime import Runtime
    from seqspec.core.document.target import Target
    from seqspec.core.document.training_tables import Compile, Fit
    from seqspec.core.shapes.tensor import Interval


T = TypeVar("T")


class StackFacts:
    """The layers of the model together."""

    def __init__(self, facts: Facts, is_hidden: bool = False) -> None:
        self._facts = facts
        self._is_hidden = is_hidden

    @cached_property
    def params(self) -> int:
        """The number of parameters of all layers."""
        return sum([prod(weight.shape) for entry in self._facts.layers for weight in entry.weights])

    @cached_property
    def layer_arguments(self) -> frozenset[str]:
        """The arguments that are written in layers, including inner and output layers; each also
        by its last part: a `kernel_regularizer` is a `regularizer`.
        """
        written = frozenset().union(*[entry.layer.__pydantic_fields_set__ for entry in self.inspected_layers])
        return written.union([key.rpartition("_")[2] for key in written])

    @cached_property
    def inspected_layers(self) -> list[LayerReport]:
        """The layers and their inner layers, and the output layers if these are known despite errors."""
        return with_inner_layers(
            self._facts.layers if self._facts.has_full_stack else [*self._facts.layers, *self._facts.output.layers]
        )

    @cached_property
    def layer_types(self) -> frozenset[str]:
        """The types of all layers, including those inside wrappers, nested models and pipelines."""
        return frozenset([entry.type for entry in with_inner_layers(self._facts.layers)])

    @cached_property
    def flow(self) -> Flow:
        """The layers as steps, each with its effect on the signal."""
        return Flow(self._facts.layers, self._is_hidden)

    @cached_property
    def linear_pairs(self) -> list[LinearPair]:
        """The pairs of consecutive layers with weights."""
        from seqspec.core.analysis.layers.linearity import find_linear_pairs

        return find_linear_pairs(self.flow)

    @cached_property
    def is_linear(self) -> bool:
        """Whether the model is a single linear map up to its last activation, despite several layers."""
        from seqspec.core.analysis.layers.linearity import is_linear

        return self._facts.has_full_stack and is_linear(self.flow, self.linear_pairs)

    @cached_property
    def signal_gains(self) -> list[SignalGain]:
        """The factors by which the initial weights of each layer scale the signal and the gradient."""
        from seqspec.core.analysis.layers.signal import find_signal_gains

        return find_signal_gains(self.flow)

    @cached_property
    def recurrences(self) -> list[Recurrence]:
        """The recurrent layers, including those inside Bidirectional."""
        return find_recurrences(self.flow)

    @cached_property
    def dropped_masks(self) -> list[DroppedMask]:
        """The masks that a layer neither uses nor propagates."""
        from seqspec.core.analysis.layers.masks import find_dropped_masks, find_dropped_masks_of_graph

        graph = self._facts.graph
        return find_dropped_masks(self._facts.flat_layers) if graph is None else find_dropped_masks_of_graph(graph)

    @cached_property
    def unmasked_embedding(self) -> tuple[LayerReport, LayerReport] | None:
        """An embedding that creates no mask, and the layer after it that would use one."""
        from seqspec.core.analysis.layers.masks import find_unmasked_embedding

        return find_unmasked_embedding(self._facts.flat_layers)

    @cached_property
    def windows(self) -> list[Window]:
        """The windows of convolutions and pooling layers, and the input that they are applied to."""
        return find_windows(self.flow)

    @cached_property
    def unnormalized_convolutions(self) -> list[LayerReport]:
        """The convolutions of a model without normalization; empty if a layer is opaque."""
        if any(step.kind in ("norm", "opaque") for step in self.flow):
            return []
        return [step.entry for step in self.flow if "convolution" in step.entry.traits]

    @cached_property
    def dropout_rates(self) -> list[DropoutRate]:
        """All dropout rates."""
        return find_dropout_rates(self.flow)

    @cached_property
    def seeds(self) -> list[SeedUse]:
        """All seeds of layers and initializers."""
        from seqspec.core.analysis.layers.seeds import find_seeds

        return find_seeds(self._facts.flat_layers, self._facts.env)


class InputFacts:
    """The data sets, and the values that the layers receive."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    @cached_property
    def datasets(self) -> list[tuple[str, Dataset]]:
        """The declared datasets, in their usual order."""
        if not self._facts.has("data"):
            return []
        from seqspec.core.analysis.data.declared_data import find_datasets

        return find_datasets(self._facts.data)

    @cached_property
    def splits(self) -> Sequence[Split]:
        """The samples that each stage of `[fit]` is trained and validated on."""
        from seqspec.core.analysis.data.declared_data import Split

        return [Split(number, stage, self._facts.data) for number, stage in enumerate(self._facts.fit)]

    @property
    def declared_input(self) -> object:
        """The input of the model as written."""
        declared: object = self._facts.spec.tree["model"].get("input")
        return declared

    @cached_property
    def unscaled_columns(self) -> list[str] | None:
        """The columns that `[data.columns]` does not scale; None without that table."""
        if self._facts.data.columns is None:
            return None
        from seqspec.core.document.columns import unscaled

        return unscaled(self._facts.data.columns)

    @cached_property
    def declared_range(self) -> tuple[Interval, RangeSource] | None:
        """The value range of the model input, and where it is declared; None if unknown."""
        if self.unscaled_columns == []:
            return None
        return declared_range(self._facts.data.train, self._facts.input, self.declared_input)

    @cached_property
    def ranges(self) -> Sequence[Interval | None]:
        """The value ranges of the inputs of `flat_layers`, and last the output range; None where unknown."""
        if self._facts.graph is not None:
            return [None] * (len(self._facts.flat_layers) + 1)
        return Ranges(self._facts.flat_layers, self.declared_range)

    @cached_property
    def first_weighted_layer(self) -> FirstWeightedLayer | None:
        """The first layer with weights that receives the (scaled) model input, and its value range."""
        return find_first_weighted_layer(self._facts.flat_layers, self.ranges)


class OutputFacts:
    """An output of the model, its labels, loss and metrics."""

    def __init__(self, facts: Facts, layers: Sequence[LayerReport]) -> None:
        self._facts = facts
        self.layers = layers
        """All layers, or only the last ones if they are known despite errors in earlier layers; empty if unknown."""
        last = layers[-1].output if layers else None
        self.tensor: TensorSpec | None = None if isinstance(last, list) else last
        """The output tensor; None if it is unknown or a list of tensors."""

    @cached_property
    def head(self) -> Head | None:
        """The output of the model; None if unknown."""
        return find_head(self.layers, self.tensor.sample) if self.tensor is not None else None

    @cached_property
    def head_before(self) -> Head | None:
        """The input of the layer with the output activation; None if unknown."""
        layers = self._facts.flat_layers if self._facts.graph is None else _flattened(self.layers)
        return head_before(self.head, layers) if self.head is not None else None

    @cached_property
    def labels(self) -> Labels | None:
        """The labels declared in `[target]`; None without that table or without an input."""
        if self._facts.target is None or self._facts.input is None:
            return None
        from seqspec.core.analysis.data.declared_data import Labels

        # The labels of a reconstruction are the inputs.
        train = (
            self._facts.data.train if self._facts.has("data") and self._facts.target.kind == "reconstruction" else None
        )
        return Labels(self._facts.target, self._facts.input.sample, train.range if train is not None else None)

    @property
    def label_range_path(self) -> tuple[str | int, ...]:
        """The path where the range of the labels is declared, or else their kind."""
        if self.labels is not None and self.labels.kind == "reconstruction" and self.labels.bounded:
            return ("data", "train", "range")
        return ("target", "range" if self.labels is not None and self.labels.bounded else "kind")

    @cached_property
    def objective(self) -> TrainingLoss | None:
        """The loss; None unless there is exactly one built-in loss."""
        if self._facts.compile.loss is None:
            return None
        from seqspec.core.analysis.training.loss_compatibility import find_objective_for

        return find_objective_for(
            self._facts.compile.loss, self._facts.spec.tree["compile"]["loss"], self.labels, self.tensor
        )

    @cached_property
    def loss_compatibility(self) -> LossCompatibility | None:
        """Compatibility of the loss with labels and outputs; None if one of them is unknown."""
        if self.objective is None or self.labels is None or self.tensor is None or not self.tensor.sample:
            return None
        from seqspec.core.analysis.training.loss_compatibility import LossCompatibility

        return LossCompatibility(self.objective, self.labels, self.tensor, self.head)

    @cached_property
    def metrics(self) -> list[CompiledMetric]:
        """The built-in metrics of `[compile]`, the weighted ones last."""
        if not self._facts.has("compile"):
            return []
        from seqspec.core.analysis.training.losses_and_metrics import find_metrics

        written = self._facts.spec.tree["compile"]
        return [
            metric
            for key in ("metrics", "weighted_metrics")
            for metric in find_metrics(getattr(self._facts.compile, key), written.get(key), ("compile", key))
        ]

    @cached_property
    def counts_two_classes(self) -> bool:
        """Whether labels are two classes though no `[target]` says so: one probability, and a metric that counts."""
        if self.labels is not None or self.head is None or "probability" not in self.head.traits:
            return False
        return self.head.sample[-1:] == (1,) and any(metric.counts_classes for metric in self.metrics)

    @cached_property
    def metric_results(self) -> list[MetricResult]:
        """The outcome of each metric for labels and outputs; empty if the loss already fails."""
        if not self._facts.has("compile"):
            return []
        refused = self.loss_compatibility is not None and self.loss_compatibility.step.refused
        if not self.metrics or self.tensor is None or not self.tensor.sample or refused:
            return []
        from seqspec.core.analysis.training.losses_and_metrics import MetricResult

        return [MetricResult(metric, self.objective, self.labels, self.tensor, self.head) for metric in self.metrics]


class TrainingFacts:
    """The stages of `[fit]`, their callbacks and optimizers."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    @cached_property
    def optimizers(self) -> list[OptimizerUse]:
        """The optimizers that update weights; empty without `[compile]`."""
        if not self._facts.has("compile"):
            return []
        from seqspec.core.analysis.training.optimizers import find_optimizers

        return find_optimizers(self._facts.compile, self._facts.spec.tree)

    @cached_property
    def logs(self) -> Logs | None:
        """The values logged after each epoch; None if unknown."""
        from seqspec.core.analysis.training.stages import logs_of

        return logs_of(self._facts.compile, self._facts.spec.tree["compile"]) if self._facts.has("compile") else None

    @cached_property
    def callback_types(self) -> frozenset[str]:
        """The classes of all callbacks."""
        return frozenset([type(callback).__name__ for stage in self._facts.fit for callback in stage.callbacks or ()])

    @cached_property
    def stages(self) -> list[TrainingStage]:
        """The stages of `[fit]`."""
        from seqspec.core.analysis.training.stages import TrainingStage

        separate: bool | None
        try:
            separate = self._facts.data.has_validation
        except UnknownValueError:
            separate = None
        return [
            TrainingStage(split, self._facts.stage_path(split.number), separate) for split in self._facts.inputs.splits
        ]

    @cached_property
    def monitors(self) -> list[Monitor]:
        """The callbacks that monitor a logged value."""
        if self.logs is None or not self._facts.fit:
            return []
        from seqspec.core.analysis.training.stages import find_monitors

        return find_monitors(self.stages, self._facts.spec.tree["fit"], self.logs, lambda: self.optimizers)

    @cached_property
    def updates(self) -> int | None:
        """The number of updates of all stages; None if unknown."""
        counts = [stage.updates for stage in self.stages]
        return sum(count for count in counts if count is not None) if counts and None not in counts else None


class FileFacts:
    """The files that a spec reads and writes."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    @property
    def save(self) -> Save | None:
        """The table `[save]`; None without it, or if it has an error."""
        return self._facts.spec.save if "save" in self._facts.tables else None

    @property
    def quantize(self) -> Quantize | None:
        """The table `[quantize]`; None without it, or if it has an error."""
        return self._facts.spec.quantize if "quantize" in self._facts.tables else None

    @cached_property
    def exports(self) -> list[tuple[Path, Export]]:
        """The tables of `[export]`, each with its path in the spec."""
        spec = self._facts.spec
        if "export" not in self._facts.tables:
            return []
        return [(spec.export_path(index), export) for index, export in enumerate(spec.export)]

    def _outputs(self) -> Iterator[tuple[Path, str | None]]:
        """The files of `[save]`, `[report]` and `[export]`, with their paths in the spec."""
        save = self.save
        if save is not None:
            yield ("save", "filepath"), save.filepath
        if "report" in self._facts.tables:
            yield ("report", "filepath"), self._facts.spec.report.filepath
        if save is not None:
            yield ("save", "weights"), save.weights
        for path, export in self.exports:
            yield (*path, "filepath"), export.filepath

    @cached_property
    def external_paths(self) -> list[ExternalPath]:
        """The external paths and URLs of the spec."""
        from seqspec.core.analysis.files import find_external_paths

        callbacks = [
            ((*self._facts.stage_path(index), "callbacks", number), callback)
            for index, stage in enumerate(self._facts.fit)
            for number, callback in enumerate(stage.callbacks or ())
        ]
        source = self._facts.data.source
        outputs = [(path, text) for path, text in self._outputs() if text is not None]
        return find_external_paths(outputs, callbacks, self._facts.inputs.datasets, self._facts.flat_layers, source)


class _ReliableTable(Generic[T]):
    """A table of a spec as `Facts.reliable` returns it, which is called once."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, facts: Facts, owner: type) -> T:
        table: T = facts.reliable(self._name)
        facts.__dict__[self._name] = table
        return table


class Facts:
    """A spec and the facts derived from it; everything expensive is computed lazily.

    Args:
        spec: The typed spec.
        layers: The layers up to the first one that fails.
        env: The inference context of the layers.
        violations: The errors found so far, at paths of the expanded spec.
        graph: The walk through the calls of a model that is not a stack; `layers` are then those of all calls.
    """

    compile: _ReliableTable[Compile] = _ReliableTable()
    """The table `[compile]`."""
    fit: _ReliableTable[Sequence[Fit]] = _ReliableTable()
    """The stages of `[fit]`; empty without that table."""
    target: _ReliableTable[Target | None] = _ReliableTable()
    """The table `[target]`; None without it."""
    data: _ReliableTable[Data] = _ReliableTable()
    """The table `[data]`."""
    runtime: _ReliableTable[Runtime] = _ReliableTable()
    """The table `[runtime]`."""

    def __init__(
        self,
        spec: TypedSpec,
        layers: Sequence[LayerReport],
        env: InferenceContext,
        violations: Iterable[Violation],
        graph: GraphWalk | None = None,
    ) -> None:
        self.spec = spec
        self.env = env
        self.graph = graph
        # Warnings and the policy do not affect the facts, since Keras accepts the value.
        errors = [error for error in violations if error.path and is_error(error) and error.rule != "policy"]
        self._known = known_tables(spec, errors)
        damaged = [name for name, known in self._known.items() if isinstance(known, Damaged)]
        self.tables: frozenset[str] = OPTIONAL_TABLES.intersection(spec.tree).difference(damaged)
        """The tables of the spec that are not damaged; reading one of their keys that has an error raises
        `UnknownValueError`, as does reading a damaged table.
        """
        wrong = [error.path for error in errors if error.path[0] == "model"]
        indices = [path[2] for path in wrong if path[1:2] == ("layers",) and len(path) > 2 and isinstance(path[2], int)]
        whole = graph is None and len(layers) == len(spec.stack.layers)
        self.layers: Sequence[LayerReport] = layers[: min(indices, default=len(layers))]
        """The layers up to the first one that fails or has an error; of a graph, those without an error."""
        if graph is not None:
            self.layers = [entry for entry in layers if entry.path[2] not in indices]
        self.has_full_stack: bool = whole and not wrong and len(layers) > 0
        """Whether these are all layers, so that the last one is the output layer."""
        self.is_training_document: bool = "compile" in spec.tree or "fit" in spec.tree
        """Whether the spec describes training, that is, has `[compile]` or `[fit]`."""
        self.input: TensorSpec | None = spec.stack.input
        """The input of the model."""
        last_layers: Sequence[LayerReport] = self.layers if self.has_full_stack else ()
        in_layers = [path for path in wrong if path[1:2] == ("layers",)]
        if graph is not None:
            last_layers = graph.output_segment
            last_layers = [] if any(entry not in self.layers for entry in last_layers) else last_layers
        elif wrong and "model" in spec.written and len(in_layers) == len(indices):
            from seqspec.core.analysis.output_layers import output_layers

            last_layers = output_layers(spec.stack, spec.tree["model"].get("layers") or (), in_layers, env)
        self.stack = StackFacts(self)
        self.inputs = InputFacts(self)
        self.output = OutputFacts(self, last_layers)
        """The output of a stack."""
        self.training = TrainingFacts(self)
        self.files = FileFacts(self)

    def has(self, name: str) -> bool:
        """Whether the spec has a table of the top level; raises `UnknownValueError` if it is damaged."""
        self.reliable(name)
        return name in self.spec.written

    def reliable(self, name: str) -> Any:
        """The table of a name without the keys that have errors; raises `UnknownValueError` if it is damaged."""
        table = self._known[name] if name in self._known else getattr(self.spec, name)
        if isinstance(table, Damaged):
            raise UnknownValueError(name)
        return table

    @cached_property
    def flat_layers(self) -> list[LayerReport]:
        """The layers in order of computation, with nested Sequential models flattened."""
        return _flattened(self.layers)

    @cached_property
    def paths(self) -> list[Facts]:
        """The facts of a graph for each of its paths without branches, whose layers are then all layers."""
        if self.graph is None:
            return []
        known = set(map(id, self.layers))
        return [
            self._of_path(layers, is_hidden)
            for layers, is_hidden in self.graph.paths()
            if layers and all(id(entry) in known for entry in layers)
        ]

    def _of_path(self, layers: list[LayerReport], is_hidden: bool) -> Facts:
        path = Facts.__new__(Facts)
        path.__dict__.update(self.__dict__)
        path.__dict__.pop("flat_layers", None)
        path.layers, path.has_full_stack = layers, False
        path.stack = StackFacts(path, is_hidden)
        return path

    def layers_before(self, entry: LayerReport) -> list[LayerReport] | None:
        """The layers between the first input of a graph and one of its layers; None unless they are one path."""
        path = None if self.graph is None else self.graph.path_to(entry)
        return None if path is None else _flattened(path)

    def stage_path(self, index: int) -> tuple[str | int, ...]:
        """The path of a stage of `[fit]` in the spec."""
        return self.spec.stage_path(index)


def _flattened(layers: Sequence[LayerReport]) -> list[LayerReport]:
    flat = []
    for entry in layers:
        if entry.has_sublayers and entry.composition is Composition.MODEL:
            flat += _flattened(entry.layers)
        else:
            flat.append(entry)
    return flat
