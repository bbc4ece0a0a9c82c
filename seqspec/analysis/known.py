"""What is known of a whole document once its stack was walked: what the rules read.

Nothing is known of what holds a mistake: a table with one is as if it were absent, and the layers end before the first
one with one. So a rule may rely on every argument of what it reads, and no finding follows from another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from seqspec.analysis.facts import LayerReport
from seqspec.analysis.lazy import lazy
from seqspec.analysis.roles import CONVOLUTION
from seqspec.catalog.environment import Environment
from seqspec.diagnostics.problem import Problem
from seqspec.shapes.dims import BATCH
from seqspec.shapes.tensor import TensorSpec
from seqspec.spec.document import OUTPUTS, TABLES, DocumentSpec

if TYPE_CHECKING:
    from seqspec.analysis.chance import Seeded
    from seqspec.analysis.datasets import Split
    from seqspec.analysis.drops import Drop
    from seqspec.analysis.first_step import FirstStep
    from seqspec.analysis.flow import Flow
    from seqspec.analysis.head import Head
    from seqspec.analysis.labels import Labels
    from seqspec.analysis.linearity import Link
    from seqspec.analysis.logs import Logs
    from seqspec.analysis.masks import LostMask
    from seqspec.analysis.measured import Measured
    from seqspec.analysis.monitors import Monitor
    from seqspec.analysis.objective import Objective
    from seqspec.analysis.optimizing import Optimizing
    from seqspec.analysis.paths import NamedPath
    from seqspec.analysis.ranges import Arrival, Interval, Source
    from seqspec.analysis.recurrence import Recurrence
    from seqspec.analysis.run import Run
    from seqspec.analysis.signal import Level
    from seqspec.analysis.windows import Window
    from seqspec.spec.data import Data
    from seqspec.spec.outputs import Outputs
    from seqspec.spec.runtime import Runtime
    from seqspec.spec.target import Target
    from seqspec.spec.training import Compile, Fit


class Facts:
    """A document and what follows from it; everything that costs something is worked out when it is first asked for.

    Args:
        spec: The document as typed data.
        layers: The layers of its stack up to the first one that fails.
        env: The surroundings of its layers.
        problems: The mistakes that were found already, at paths of the expanded document.
    """

    def __init__(
        self, spec: DocumentSpec, layers: Sequence[LayerReport], env: Environment, problems: Iterable[Problem]
    ) -> None:
        self.spec = spec
        self.env = env
        damaged = {problem.path[0] for problem in problems if problem.path}
        self.tables: frozenset[str] = TABLES.intersection(spec.tree).difference(damaged)
        """The tables that the document has, without those that hold a mistake."""
        wrong = [problem.path for problem in problems if problem.path[:1] == ("model",)]
        indices = [path[2] for path in wrong if path[1:2] == ("layers",) and len(path) > 2 and isinstance(path[2], int)]
        whole = spec.stack is not None and len(layers) == len(spec.stack.layers)
        self.layers: Sequence[LayerReport] = layers[: min(indices, default=len(layers))]
        """The layers of the stack, up to the first one that fails or holds a mistake."""
        self.complete: bool = whole and not wrong and len(layers) > 0
        """Whether that is the whole stack, so that the last one is the model's head."""
        self.compile: Compile | None = self._sound("compile")
        """The table `[compile]`."""
        self.fit: Sequence[Fit] = self._sound("fit") or ()
        """The stages of `[fit]`; none where there is no such table."""
        self.target: Target | None = self._sound("target")
        """The table `[target]`."""
        self.data: Data | None = self._sound("data")
        """The table `[data]`."""
        self.runtime: Runtime | None = self._sound("runtime")
        """The table `[runtime]`."""
        self.trains: bool = "compile" in spec.tree or "fit" in spec.tree
        """Whether the document is about training, as one with `[compile]` or `[fit]` is."""
        self.input: TensorSpec | None = spec.stack.input if spec.stack is not None else None
        """What arrives at the model."""
        last = self.layers[-1].output if self.complete else None
        self.output: TensorSpec | None = None if isinstance(last, list) else last
        """What leaves the model; None where that is not known, or is several tensors."""

    def _sound(self, key: str) -> Any:
        """A table of the document; None where it is absent or holds a mistake."""
        return getattr(self.spec, key) if key in self.tables else None

    @lazy
    def outputs(self) -> Outputs:
        """The tables `[save]`, `[export]`, `[quantize]` and `[report]`."""
        from seqspec.spec.outputs import Outputs

        read = self.spec.outputs
        if read is None:
            return Outputs()
        return Outputs(**{key: getattr(read, key) for key in OUTPUTS if key in self.tables})

    @lazy
    def chain(self) -> list[LayerReport]:
        """The layers in the order in which they compute; a nested Sequential stands as the layers inside it."""
        return _unfolded(self.layers)

    @lazy
    def flow(self) -> Flow:
        """The layers as steps, each by what it does to the signal."""
        from seqspec.analysis.flow import Flow

        return Flow(self.layers)

    @lazy
    def links(self) -> list[Link]:
        """The pairs of layers with weights that follow each other."""
        from seqspec.analysis.linearity import find_links

        return find_links(self.flow)

    @lazy
    def is_linear(self) -> bool:
        """Whether the model is one linear map up to its last activation, though it has several layers for it."""
        from seqspec.analysis.linearity import is_linear

        return self.complete and is_linear(self.flow, self.links)

    @lazy
    def levels(self) -> list[Level]:
        """How the start values of each layer with weights scale the signal and the gradient."""
        from seqspec.analysis.signal import find_levels

        return find_levels(self.flow)

    @lazy
    def recurrences(self) -> list[Recurrence]:
        """The recurrent layers, those inside Bidirectional too."""
        from seqspec.analysis.recurrence import find_recurrences

        return find_recurrences(self.flow)

    @lazy
    def lost_masks(self) -> list[LostMask]:
        """The masks that a layer neither heeds nor hands on."""
        from seqspec.analysis.masks import find_lost_masks

        return find_lost_masks(self.chain)

    @lazy
    def unmasked(self) -> tuple[LayerReport, LayerReport] | None:
        """An embedding that makes no mask, and the layer behind it that would heed one."""
        from seqspec.analysis.masks import find_unmasked

        return find_unmasked(self.chain)

    @lazy
    def windows(self) -> list[Window]:
        """The windows of convolutions and poolings, and what they slide over."""
        from seqspec.analysis.windows import find_windows

        return find_windows(self.flow)

    @lazy
    def unnormalized(self) -> list[LayerReport]:
        """The convolutions of a model without any normalization; none where a layer is opaque."""
        if any(step.kind in ("norm", "opaque") for step in self.flow):
            return []
        return [step.entry for step in self.flow if step.type in CONVOLUTION]

    @lazy
    def drops(self) -> list[Drop]:
        """Every rate with which training drops values."""
        from seqspec.analysis.drops import find_drops

        return find_drops(self.flow)

    @lazy
    def head(self) -> Head | None:
        """What the model emits; None where that is not known."""
        from seqspec.analysis.head import find_head

        return find_head(self.layers, self.output.sample) if self.output is not None else None

    @lazy
    def head_before(self) -> Head | None:
        """What arrives at the layer with the head's activation; None where that is not known."""
        from seqspec.analysis.head import find_head

        if self.head is None or self.head.entry not in self.chain:
            return None
        before = self.chain[: self.chain.index(self.head.entry)]
        return find_head(before, self.head.entry.input.sample) if before else None

    @lazy
    def objective(self) -> Objective | None:
        """The loss; None where there is not exactly one of Keras."""
        from seqspec.analysis.objective import find_objective

        if self.compile is None or self.compile.loss is None:
            return None
        found = find_objective(self.compile.loss, self.spec.tree["compile"]["loss"])
        if found is not None and not found.loss and self.output is not None and self.output.sample:
            from seqspec.analysis.alignment import CROSS_ENTROPY, choose

            if self.labels is not None or self.output.sample[-1] == 1:
                labels = self.labels.shape if self.labels is not None else self.output.sample
                found.loss = CROSS_ENTROPY[choose((BATCH, *labels), (BATCH, *self.output.sample))]
        return found

    @lazy
    def labels(self) -> Labels | None:
        """What `[target]` says of the labels."""
        from seqspec.analysis.labels import Labels

        if self.target is None or self.input is None:
            return None
        train = self.data.train if self.data is not None else None
        return Labels(self.target, self.input.sample, train.range if train is not None else None)

    @lazy
    def first_step(self) -> FirstStep | None:
        """What the loss makes of labels and outputs; None where one of them is not known."""
        from seqspec.analysis.first_step import FirstStep

        if self.objective is None or self.labels is None or self.output is None or not self.output.sample:
            return None
        return FirstStep(self.objective, self.labels, self.output, self.head)

    @lazy
    def measured(self) -> list[Measured]:
        """What each metric makes of labels and outputs; none where the loss refuses them already."""
        from seqspec.analysis.measured import measure_all

        if self.compile is None or self.output is None:
            return []
        written = self.spec.tree["compile"]
        return measure_all(self.compile, written, self.objective, self.labels, self.output, self.head, self.first_step)

    @property
    def range_path(self) -> tuple[str | int, ...]:
        """Where it stands how large labels are, else what kind they are of."""
        if self.labels is not None and self.labels.kind == "reconstruction" and self.labels.bounded:
            return ("data", "train", "range")
        return ("target", "range" if self.labels is not None and self.labels.bounded else "kind")

    @lazy
    def words(self) -> frozenset[str]:
        """What the document has: the names of tables, classes, groups of layers, and written arguments."""
        from seqspec.analysis.words import words_of

        return words_of(self)

    @lazy
    def declared_range(self) -> tuple[Interval, Source] | None:
        """The values that arrive at the model, and where that is declared; None where nothing is known."""
        from seqspec.analysis.ranges import declared_range

        return declared_range(self)

    @lazy
    def ranges(self) -> Sequence[Interval | None]:
        """The values that arrive at each layer of `chain`, and at last those that leave it; None for unknown ones."""
        from seqspec.analysis.ranges import Ranges

        return Ranges(self.chain, self.declared_range[0] if self.declared_range is not None else None)

    @lazy
    def first_learner(self) -> Arrival | None:
        """The first layer with weights that learns from the inputs as they are, and what arrives there."""
        from seqspec.analysis.ranges import first_learner

        return first_learner(self)

    @lazy
    def splits(self) -> Sequence[Split]:
        """The samples that each stage of `fit` learns from and is watched with."""
        from seqspec.analysis.datasets import splits_of

        return splits_of(self)

    @lazy
    def optimizers(self) -> list[Optimizing]:
        """What makes the updates; none where the document does not say how the model is compiled."""
        if self.compile is None:
            return []
        from seqspec.analysis.optimizing import optimizers_of

        return optimizers_of(self.compile, self.spec.tree["compile"])

    @lazy
    def logs(self) -> Logs | None:
        """What is logged for each epoch; None where that cannot be known."""
        if self.compile is None:
            return None
        from seqspec.analysis.logs import logs_of

        return logs_of(self.compile, self.spec.tree["compile"])

    @lazy
    def runs(self) -> list[Run]:
        """What the stages of `[fit]` do."""
        if not self.fit:
            return []
        from seqspec.analysis.run import runs_of

        return runs_of(self)

    @lazy
    def monitors(self) -> list[Monitor]:
        """The callbacks that watch a number."""
        from seqspec.analysis.monitors import monitors_of

        return list(monitors_of(self))

    @lazy
    def updates(self) -> int | None:
        """The updates of all stages together; None where that is not known."""
        counts = [run.updates for run in self.runs]
        return sum(count for count in counts if count is not None) if counts and None not in counts else None

    @lazy
    def seeds(self) -> list[Seeded]:
        """Every seed of a layer or an initializer."""
        from seqspec.analysis.chance import seeds_of

        return seeds_of(self)

    @lazy
    def paths(self) -> list[NamedPath]:
        """The paths and addresses that the document names outside itself."""
        from seqspec.analysis.paths import named_paths

        return list(named_paths(self))

    def stage_path(self, index: int) -> tuple[str | int, ...]:
        """Where a stage of `[fit]` stands in the document."""
        return ("fit", index) if isinstance(self.spec.tree.get("fit"), list) else ("fit",)


def _unfolded(layers: Sequence[LayerReport]) -> list[LayerReport]:
    if all(entry.type != "Sequential" for entry in layers):
        return list(layers)
    return [
        inner for entry in layers for inner in (_unfolded(entry.layers) if entry.type == "Sequential" else (entry,))
    ]
