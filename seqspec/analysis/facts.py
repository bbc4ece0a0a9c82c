"""What is known of a whole document once its stack was walked: what the rules read.

Nothing is known of what holds a mistake: a table with one is as if it were absent, and the layers end before the first
one with one. So a rule may rely on every argument of what it reads, and no finding follows from another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod
from typing import TYPE_CHECKING

from seqspec.analysis.layer_report import LayerReport
from seqspec.analysis.lazy import lazy, worked_out
from seqspec.analysis.roles import CONVOLUTION
from seqspec.catalog.inference_context import InferenceContext
from seqspec.diagnostics.violation import Violation
from seqspec.document.document import OUTPUTS, DocumentSpec
from seqspec.document.tables import OPTIONAL_TABLES
from seqspec.shapes.tensor import TensorSpec

if TYPE_CHECKING:
    from seqspec.analysis.datasets import Split
    from seqspec.analysis.dropout_rates import Drop
    from seqspec.analysis.flow import Flow
    from seqspec.analysis.head import Head
    from seqspec.analysis.labels import Labels
    from seqspec.analysis.linearity import Link
    from seqspec.analysis.logs import Logs
    from seqspec.analysis.loss_compatibility import FirstStep
    from seqspec.analysis.masks import LostMask
    from seqspec.analysis.metric_results import Measured
    from seqspec.analysis.monitors import Monitor
    from seqspec.analysis.objective import Objective
    from seqspec.analysis.optimizers import Optimizing
    from seqspec.analysis.paths import NamedPath
    from seqspec.analysis.ranges import Arrival, Interval, Source
    from seqspec.analysis.recurrence import Recurrence
    from seqspec.analysis.seeds import SeedUse
    from seqspec.analysis.signal import Level
    from seqspec.analysis.stages import Run
    from seqspec.analysis.windows import Window
    from seqspec.document.data import Data, Dataset
    from seqspec.document.outputs import Outputs
    from seqspec.document.runtime import Runtime
    from seqspec.document.target import Target
    from seqspec.document.training import Compile, Fit


class Facts:
    """A document and what follows from it; everything that costs something is worked out when it is first asked for.

    Args:
        spec: The document as typed data.
        layers: The layers of its stack up to the first one that fails.
        env: The surroundings of its layers.
        problems: The mistakes that were found already, at paths of the expanded document.
    """

    def __init__(
        self, spec: DocumentSpec, layers: Sequence[LayerReport], env: InferenceContext, violations: Iterable[Violation]
    ) -> None:
        self.spec = spec
        self.env = env
        damaged = [violation.path for violation in violations if violation.path]
        self.tables: frozenset[str] = OPTIONAL_TABLES.intersection(spec.tree).difference([path[0] for path in damaged])
        """The tables that the document has, without those that hold a mistake."""
        wrong = [path for path in damaged if path[0] == "model"]
        indices = [path[2] for path in wrong if path[1:2] == ("layers",) and len(path) > 2 and isinstance(path[2], int)]
        whole = spec.stack is not None and len(layers) == len(spec.stack.layers)
        self.layers: Sequence[LayerReport] = layers[: min(indices, default=len(layers))]
        """The layers of the stack, up to the first one that fails or holds a mistake."""
        self.complete: bool = whole and not wrong and len(layers) > 0
        """Whether that is the whole stack, so that the last one is the model's head."""
        self.compile: Compile | None = spec.compile if "compile" in self.tables else None
        """The table `[compile]`."""
        self.fit: Sequence[Fit] = (spec.fit if "fit" in self.tables else None) or ()
        """The stages of `[fit]`; none where there is no such table."""
        self.target: Target | None = spec.target if "target" in self.tables else None
        """The table `[target]`."""
        self.data: Data | None = spec.data if "data" in self.tables else None
        """The table `[data]`."""
        self.runtime: Runtime | None = spec.runtime if "runtime" in self.tables else None
        """The table `[runtime]`."""
        self.trains: bool = "compile" in spec.tree or "fit" in spec.tree
        """Whether the document is about training, as one with `[compile]` or `[fit]` is."""
        self.input: TensorSpec | None = spec.stack.input if spec.stack is not None else None
        """What arrives at the model."""
        last = self.layers[-1].output if self.complete else None
        self.output: TensorSpec | None = None if isinstance(last, list) else last
        """What leaves the model; None where that is not known, or is several tensors."""

    @lazy
    def outputs(self) -> Outputs:
        """The tables `[save]`, `[export]`, `[quantize]` and `[report]`."""
        from seqspec.document.outputs import Outputs

        read = self.spec.outputs
        if read is None:
            return Outputs()
        return Outputs(**{key: getattr(read, key) for key in OUTPUTS if key in self.tables})

    @lazy
    def params(self) -> int:
        """The number of parameters of all layers."""
        return sum([prod(weight.shape) for entry in self.layers for weight in entry.weights])

    @lazy
    def chain(self) -> list[LayerReport]:
        """The layers in the order in which they compute; a nested Sequential stands as the layers inside it."""
        return _unfolded(self.layers)

    flow: lazy[Flow] = worked_out("flow:Flow", "layers")
    """The layers as steps, each by what it does to the signal."""

    links: lazy[list[Link]] = worked_out("linearity:find_links", "flow")
    """The pairs of layers with weights that follow each other."""

    @lazy
    def is_linear(self) -> bool:
        """Whether the model is one linear map up to its last activation, though it has several layers for it."""
        from seqspec.analysis.linearity import is_linear

        return self.complete and is_linear(self.flow, self.links)

    levels: lazy[list[Level]] = worked_out("signal:find_levels", "flow")
    """How the start values of each layer with weights scale the signal and the gradient."""

    recurrences: lazy[list[Recurrence]] = worked_out("recurrence:find_recurrences", "flow")
    """The recurrent layers, those inside Bidirectional too."""

    lost_masks: lazy[list[LostMask]] = worked_out("masks:find_lost_masks", "chain")
    """The masks that a layer neither heeds nor hands on."""

    unmasked: lazy[tuple[LayerReport, LayerReport] | None] = worked_out("masks:find_unmasked", "chain")
    """An embedding that makes no mask, and the layer behind it that would heed one."""

    windows: lazy[list[Window]] = worked_out("windows:find_windows", "flow")
    """The windows of convolutions and poolings, and what they slide over."""

    @lazy
    def unnormalized(self) -> list[LayerReport]:
        """The convolutions of a model without any normalization; none where a layer is opaque."""
        if any(step.kind in ("norm", "opaque") for step in self.flow):
            return []
        return [step.entry for step in self.flow if step.type in CONVOLUTION]

    drops: lazy[list[Drop]] = worked_out("dropout_rates:find_drops", "flow")
    """Every rate with which training drops values."""

    head: lazy[Head | None] = worked_out("head:head_of")
    """What the model emits; None where that is not known."""

    head_before: lazy[Head | None] = worked_out("head:head_before")
    """What arrives at the layer with the head's activation; None where that is not known."""

    objective: lazy[Objective | None] = worked_out("objective:objective_of")
    """The loss; None where there is not exactly one of Keras."""

    labels: lazy[Labels | None] = worked_out("labels:labels_of")
    """What `[target]` says of the labels."""

    first_step: lazy[FirstStep | None] = worked_out("loss_compatibility:first_step_of")
    """What the loss makes of labels and outputs; None where one of them is not known."""

    measured: lazy[list[Measured]] = worked_out("metric_results:measured_of")
    """What each metric makes of labels and outputs; none where the loss refuses them already."""

    @property
    def range_path(self) -> tuple[str | int, ...]:
        """Where it stands how large labels are, else what kind they are of."""
        if self.labels is not None and self.labels.kind == "reconstruction" and self.labels.bounded:
            return ("data", "train", "range")
        return ("target", "range" if self.labels is not None and self.labels.bounded else "kind")

    words: lazy[frozenset[str]] = worked_out("words:words_of")
    """What the document has: the names of tables, classes, groups of them, and written arguments."""

    declared_range: lazy[tuple[Interval, Source] | None] = worked_out("ranges:declared_range")
    """The values that arrive at the model, and where that is declared; None where nothing is known."""

    ranges: lazy[Sequence[Interval | None]] = worked_out("ranges:Ranges", "chain", "declared_range")
    """The values that arrive at each layer of `chain`, and at last those that leave it; None for unknown ones."""

    first_learner: lazy[Arrival | None] = worked_out("ranges:first_learner")
    """The first layer with weights that learns from the inputs as they are, and what arrives there."""

    sets: lazy[list[tuple[str, Dataset]]] = worked_out("datasets:sets_of")
    """The sets of samples that the document names, in their usual order."""

    splits: lazy[Sequence[Split]] = worked_out("datasets:splits_of")
    """The samples that each stage of `fit` learns from and is watched with."""

    optimizers: lazy[list[Optimizing]] = worked_out("optimizers:optimizers_of", "compile", "spec.tree")
    """What makes the updates; none where the document does not say how the model is compiled."""

    @lazy
    def logs(self) -> Logs | None:
        """What is logged for each epoch; None where that cannot be known."""
        if self.compile is None:
            return None
        from seqspec.analysis.logs import logs_of

        return logs_of(self.compile, self.spec.tree["compile"])

    runs: lazy[list[Run]] = worked_out("stages:runs_of")
    """What the stages of `[fit]` do."""

    monitors: lazy[list[Monitor]] = worked_out("monitors:monitors_of")
    """The callbacks that watch a number."""

    @lazy
    def updates(self) -> int | None:
        """The updates of all stages together; None where that is not known."""
        counts = [run.updates for run in self.runs]
        return sum(count for count in counts if count is not None) if counts and None not in counts else None

    seeds: lazy[list[SeedUse]] = worked_out("seeds:seeds_of")
    """Every seed of a layer or an initializer."""

    paths: lazy[list[NamedPath]] = worked_out("paths:named_paths")
    """The paths and addresses that the document names outside itself."""

    def stage_path(self, index: int) -> tuple[str | int, ...]:
        """Where a stage of `[fit]` stands in the document."""
        return ("fit", index) if isinstance(self.spec.tree.get("fit"), list) else ("fit",)


def _unfolded(layers: Sequence[LayerReport]) -> list[LayerReport]:
    if all(entry.type != "Sequential" for entry in layers):
        return list(layers)
    return [
        inner for entry in layers for inner in (_unfolded(entry.layers) if entry.type == "Sequential" else (entry,))
    ]
