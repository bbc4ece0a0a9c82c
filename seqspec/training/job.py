"""The description of a training, which does not change while it is carried out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import floor
from typing import TYPE_CHECKING

from seqspec.core.api.spec import Fit, TypedSpec
from seqspec.training.data.prepared import PreparedData, SampleSet
from seqspec.training.data.samples import Array
from seqspec.training.errors import StopToken
from seqspec.training.events import EventHandler
from seqspec.training.planning.folds import Folds, final_stage
from seqspec.training.planning.plan import RunPlan
from seqspec.training.run_folder.folder import RunFolder

if TYPE_CHECKING:
    from seqspec.training.strategies.strategy import SingleDevice


@dataclass(frozen=True)
class Start:
    """Where training begins.

    Attributes:
        weights: The weights of another run, in the order of `Model.get_weights`; None for initial ones.
        resumes: Whether training continues from the last checkpoint.
        extra_epochs: The epochs that all `resume` commands have added to the last stage.
        added_epochs: Those of them that this `resume` command adds.
    """

    weights: Sequence[Array] | None = None
    resumes: bool = False
    extra_epochs: int = 0
    added_epochs: int = 0


@dataclass(frozen=True)
class TrainingJob:
    """The training of one run, or the share of one worker in it.

    Attributes:
        folder: The run folder.
        plan: What determines the run.
        data: The sets and what was learned from the training set.
        start: Where training begins.
        strategy: How the model is replicated.
        report: Receives the events of the run.
        folds: The results of the folds, which are trained first; None without folds.
        stop: What ends the training early.
    """

    folder: RunFolder
    plan: RunPlan
    data: PreparedData
    start: Start
    strategy: SingleDevice
    report: EventHandler
    folds: Folds | None = None
    stop: StopToken = field(default_factory=StopToken)

    @property
    def spec(self) -> TypedSpec:
        """The spec."""
        return self.plan.spec

    @cached_property
    def stages(self) -> list[Fit]:
        """The stages; one of Keras's defaults where the spec has no `[fit]`."""
        stages = list(self.spec.fit or [Fit()])
        if self.folds is None:
            return stages
        return [final_stage(stage, epochs) for stage, epochs in zip(stages, self.folds.epochs)]

    @property
    def last_epochs(self) -> list[int]:
        """The last epoch of each stage, those included that `resume` has added."""
        *others, last = (stage.epochs for stage in self.stages)
        return [*others, last + self.start.extra_epochs]

    @property
    def total_epochs(self) -> int:
        """The epochs of all stages."""
        return sum(max(0, last - stage.initial_epoch) for last, stage in zip(self.last_epochs, self.stages))

    def sets_of(self, stage: Fit) -> tuple[SampleSet, SampleSet | None]:
        """Training and validation set of a stage, with labels as the loss gets them."""
        train, validation = self.data.scaled("train"), self.data.scaled("validation")
        assert train is not None
        if validation is None and stage.validation_split:
            # The last samples, as in Keras.
            cut = floor(len(train) * (1.0 - stage.validation_split))
            return train.part(slice(0, cut)), train.part(slice(cut, None))
        return train, validation
