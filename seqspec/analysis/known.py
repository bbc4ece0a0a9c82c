"""What is known of a whole document once its stack was walked: what the rules read.

Nothing is known of what holds a mistake: a table with one is as if it were absent, and the layers end before the first
one with one. So a rule may rely on every argument of what it reads, and no finding follows from another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from seqspec.analysis.facts import LayerReport
from seqspec.analysis.lazy import lazy
from seqspec.analysis.roles import CONVOLUTION, GROUPS
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
    from seqspec.analysis.ranges import Interval
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
        self._damaged = {problem.path[0] for problem in problems if problem.path}
        wrong = [problem.path for problem in problems if problem.path[:1] == ("model",)]
        indices = [path[2] for path in wrong if path[1:2] == ("layers",) and len(path) > 2 and isinstance(path[2], int)]
        whole = spec.stack is not None and len(layers) == len(spec.stack.layers)
        self.layers: Sequence[LayerReport] = layers[: min(indices, default=len(layers))]
        """The layers of the stack, up to the first one that fails or holds a mistake."""
        self.complete: bool = whole and not wrong and len(layers) > 0
        """Whether that is the whole stack, so that the last one is the model's head."""

    @property
    def compile(self) -> Compile | None:
        """The table `[compile]`."""
        return self.spec.compile if "compile" not in self._damaged else None

    @property
    def fit(self) -> Sequence[Fit]:
        """The stages of `[fit]`; none where there is no such table."""
        return (self.spec.fit or ()) if "fit" not in self._damaged else ()

    @property
    def target(self) -> Target | None:
        """The table `[target]`."""
        return self.spec.target if "target" not in self._damaged else None

    @property
    def data(self) -> Data | None:
        """The table `[data]`."""
        return self.spec.data if "data" not in self._damaged else None

    @property
    def runtime(self) -> Runtime | None:
        """The table `[runtime]`."""
        return self.spec.runtime if "runtime" not in self._damaged else None

    @lazy
    def outputs(self) -> Outputs:
        """The tables `[save]`, `[export]`, `[quantize]` and `[report]`."""
        from seqspec.spec.outputs import Outputs

        read = self.spec.outputs
        if read is None:
            return Outputs()
        return Outputs(**{key: getattr(read, key) for key in OUTPUTS if key not in self._damaged})

    @property
    def trains(self) -> bool:
        """Whether the document is about training, as one with `[compile]` or `[fit]` is."""
        return "compile" in self.spec.tree or "fit" in self.spec.tree

    @property
    def input(self) -> TensorSpec | None:
        """What arrives at the model."""
        return self.spec.stack.input if self.spec.stack is not None else None

    @property
    def output(self) -> TensorSpec | None:
        """What leaves the model; None where that is not known, or is several tensors."""
        if not self.complete or not self.layers or isinstance(self.layers[-1].output, list):
            return None
        return self.layers[-1].output

    @lazy
    def chain(self) -> list[LayerReport]:
        """The layers in the order in which they compute; a nested Sequential stands as the layers inside it."""
        return list(_unfolded(self.layers))

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
        """What the document has.

        The names of its tables, of the classes of all layers (those inside others too), of the groups that these belong
        to (`analysis.roles.GROUPS`), and of callbacks.
        """
        found = {table for table in TABLES if table in self.spec.tree and table not in self._damaged}
        _collect(self.layers, found)
        found.update([word for word, kinds in GROUPS.items() if not found.isdisjoint(kinds)])
        for stage in self.fit:
            found.update([type(callback).__name__ for callback in stage.callbacks or ()])
        return frozenset(found)

    @lazy
    def ranges(self) -> list[Interval | None]:
        """The values that arrive at each layer of `chain`; None where nothing is known."""
        from seqspec.analysis.ranges import ranges_of

        return ranges_of(self)

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


def _unfolded(layers: Sequence[LayerReport]) -> Iterator[LayerReport]:
    for entry in layers:
        if entry.type == "Sequential":
            yield from _unfolded(entry.layers)
        else:
            yield entry


_HOLDERS = frozenset(
    {"Sequential", "Pipeline", "TimeDistributed", "Bidirectional", "SpectralNormalization", "RNN", "StackedRNNCells"}
)


def _collect(layers: Sequence[LayerReport], found: set[str]) -> None:
    for entry in layers:
        found.add(entry.type)
        if entry.type in _HOLDERS:
            _collect(entry.layers, found)
