"""What a run or a search reports while it goes on: one class per event, with the fields that `--format json` prints."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NotRequired, Self, TypedDict, TypeVar

from seqspec.core.api.diagnostics import Diagnostic
from seqspec.training.records import EpochRecord, Evaluation, FoldResults, JsonObject, Plan, SetEvaluation

if TYPE_CHECKING:
    from seqspec.core.api.search import SpaceSummary

EventFields = Mapping[str, Any]
"""What an event says, as the `report` of a caller receives it."""

EventCallback = Callable[[str, EventFields], None]
"""The `report` of `train`, `resume`, `search`, `resume_search` and `export`: gets the name and the fields of an event.

`evaluation` has the fields of `Evaluation`, and `leaks` where the check before training warned that the results may be
too good: the codes of these findings.
"""


@dataclass(frozen=True)
class Event:
    """Something that happened in a run or a search; `kind` is the name that callers and `--format json` know it by."""

    kind: ClassVar[str]

    def fields(self) -> EventFields:
        """What it says."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def of(cls, fields: EventFields) -> Self:
        """The event that says this: the inverse of `fields`."""
        return cls(**fields)


EventHandler = Callable[[Event], None]
"""Receives the events of a run, within the package."""

R = TypeVar("R", bound=Mapping[str, object])


@dataclass(frozen=True)
class RecordEvent(Event, Generic[R]):
    """An event that says what a record holds, which is also written to a file or has optional fields."""

    record: R

    def fields(self) -> EventFields:
        """The record."""
        return self.record

    @classmethod
    def of(cls, fields: EventFields) -> Self:
        """The event with this record."""
        return cls(fields)  # type: ignore[arg-type]  # the record of the class


class Subscriber:
    """An object that receives typed events; as the `report` of a caller it is also called with name and fields."""

    def receive(self, event: Event) -> None:
        """Receives an event."""
        raise NotImplementedError

    def __call__(self, event: str, fields: EventFields) -> None:
        """Receives an event by its name."""
        self.receive(event_of(event, fields))


def handler_of(report: EventCallback) -> EventHandler:
    """The handler that passes events on to the `report` of a caller."""
    if isinstance(report, Subscriber):
        return report.receive
    return lambda event: report(event.kind, event.fields())


def event_of(kind: str, fields: EventFields) -> Event:
    """The event of this kind."""
    classes: list[type[Event]] = [Event]
    for event in classes:
        classes += event.__subclasses__()
        if event.__dict__.get("kind") == kind:
            return event.of(fields)
    raise ValueError(f"there is no event {kind}")


def ignore(event: Event) -> None:
    """Ignores all events."""


def silent(event: str, fields: EventFields) -> None:
    """Ignores all events, as the `report` of a caller."""


@dataclass(frozen=True)
class FindingEvent(Event):
    """A warning of the check, or one that only the data shows.

    Attributes:
        diagnostic: The finding.
        message: Its message.
        line: Returns a line of the document, to show the place.
    """

    kind = "finding"
    diagnostic: Diagnostic
    message: str
    line: Callable[[str | None, int], str]


@dataclass(frozen=True)
class WarningEvent(Event):
    """Something that the user should know, and that no place of the spec causes."""

    kind = "warning"
    message: str


@dataclass(frozen=True)
class PlanEvent(RecordEvent[Plan]):
    """What the run will do."""

    kind = "plan"


@dataclass(frozen=True)
class StageEvent(Event):
    """A stage begins.

    Attributes:
        stage: Its index.
        name: Its name.
        epochs: Its epochs that are left.
        trainable: The trainable parameters.
    """

    kind = "stage"
    stage: int
    name: str
    epochs: int
    trainable: int


@dataclass(frozen=True)
class EpochBeginEvent(Event):
    """An epoch begins: its number from 1, the epochs of all stages, and its steps."""

    kind = "epoch_begin"
    epoch: int
    epochs: int
    steps: int


class ReportedEpoch(EpochRecord):
    """A line of history.jsonl, and the epochs of all stages."""

    epochs: int


@dataclass(frozen=True)
class EpochEvent(RecordEvent[ReportedEpoch]):
    """An epoch ended."""

    kind = "epoch"


@dataclass(frozen=True)
class CrossValidationEvent(Event):
    """A cross-validation begins: folds, their repetitions, the samples of each set, and the run folder."""

    kind = "cross_validation"
    folds: int
    repeats: int
    sets: Mapping[str, int]
    folder: str


@dataclass(frozen=True)
class FoldEpochBeginEvent(EpochBeginEvent):
    """An epoch of a fold begins."""

    kind = "fold_epoch_begin"
    fold: int
    folds: int


class FoldEpoch(ReportedEpoch):
    """The end of an epoch of a fold."""

    fold: int
    folds: int


@dataclass(frozen=True)
class FoldEpochEvent(RecordEvent[FoldEpoch]):
    """An epoch of a fold ended."""

    kind = "fold_epoch"


@dataclass(frozen=True)
class FoldEvent(Event):
    """A fold is trained: its number from 1, its run folder, the epoch of its best model, and its metrics."""

    kind = "fold"
    fold: int
    folds: int
    folder: str
    epoch: int
    metrics: Mapping[str, float]


@dataclass(frozen=True)
class FoldsEvent(RecordEvent[FoldResults]):
    """All folds are trained."""

    kind = "folds"


@dataclass(frozen=True)
class FinalEvent(Event):
    """The final model of a cross-validation is trained: its epochs, on these samples."""

    kind = "final"
    epochs: int
    samples: int


@dataclass(frozen=True)
class EvaluationEvent(RecordEvent[Evaluation]):
    """The model is evaluated; `leaks` are the codes of findings that the results may be too good."""

    kind = "evaluation"
    leaks: Sequence[str] = ()

    def fields(self) -> EventFields:
        """Those of the evaluation, and `leaks` if there are any."""
        return {**self.record, "leaks": self.leaks} if self.leaks else self.record

    @classmethod
    def of(cls, fields: EventFields) -> Self:
        """The inverse of `fields`."""
        evaluation = {key: field for key, field in fields.items() if key != "leaks"}
        return replace(super().of(evaluation), leaks=fields.get("leaks", ()))


@dataclass(frozen=True)
class VerdictEvent(Event):
    """What the results mean: the fields of each `Diagnosis`, the most important first."""

    kind = "verdict"
    diagnoses: Sequence[JsonObject]


@dataclass(frozen=True)
class SavedEvent(Event):
    """The model is saved, in these files."""

    kind = "saved"
    files: Sequence[str]


@dataclass(frozen=True)
class ExportEvent(RecordEvent[JsonObject]):
    """A file is exported (the fields of `Exported`), or cannot be (`filepath`, `format` and `error`)."""

    kind = "export"


@dataclass(frozen=True)
class ModelEvent(Event):
    """Which model of a run is exported."""

    kind = "model"
    model: str


@dataclass(frozen=True)
class ReportEvent(Event):
    """The report is written."""

    kind = "report"
    file: str


@dataclass(frozen=True)
class DoneEvent(Event):
    """The run ended, in this state."""

    kind = "done"
    folder: str
    state: str


@dataclass(frozen=True)
class SearchEvent(Event):
    """A search begins or is resumed; the fields are those of `[search]`, with what is known of space and data."""

    kind = "search"
    folder: str
    trials: int
    ended_trials: int
    workers: int
    folds: int | None
    repeats: int
    final: str
    space: SpaceSummary
    objectives: Sequence[tuple[str, str]]
    pruner: str
    min_epochs: int
    sets: Mapping[str, int]


# "from" is a keyword of Python.
SearchTaken = TypedDict("SearchTaken", {"from": str, "taken": int, "trials": int})
"""How many of the trials of another search were taken over."""


@dataclass(frozen=True)
class SearchTakenEvent(RecordEvent[SearchTaken]):
    """Trials of another search were taken over."""

    kind = "search_taken"


@dataclass(frozen=True)
class TrialEpochEvent(Event):
    """A trial has trained an epoch."""

    kind = "trial_epoch"
    trial: int
    epoch: int
    logs: Mapping[str, float]


class EndedTrial(TypedDict):
    """The row of a trial, why it failed, whether it is the best so far, and the standard errors of its objectives."""

    trial: JsonObject
    error: str | None
    best: bool
    standard_errors: NotRequired[Sequence[float]]


@dataclass(frozen=True)
class TrialEvent(RecordEvent[EndedTrial]):
    """A trial ended."""

    kind = "trial"


@dataclass(frozen=True)
class RetrainedEvent(Event):
    """The best trial was trained on training and validation set: its number, run folder and epochs."""

    kind = "retrained"
    trial: int
    folder: str
    epochs: int


@dataclass(frozen=True)
class TestedEvent(Event):
    """The best trial was evaluated on the test set, for the how manieth time; None without a test set."""

    kind = "test"
    trial: int
    result: SetEvaluation | None
    evaluations: int


@dataclass(frozen=True)
class SearchStoppingEvent(Event):
    """The search was interrupted, and waits for its trials."""

    kind = "search_stopping"
    folder: str


@dataclass(frozen=True)
class SearchDoneEvent(Event):
    """The search is done.

    Attributes:
        folder: Its folder.
        best: The row of the best trial.
        objectives: The names of the objectives.
        rejected: Candidates that were not trained, by the rule that rejected them.
        equal: Candidates that are equal to earlier ones.
        trials: The trials that were trained.
        budget: Those that `[search]` allows.
        ended: Why it ended before.
        pareto: The numbers of the trials that no other dominates, of several objectives.
        spec: The file with the best spec.
        report: The report.
    """

    kind = "search_done"
    folder: str
    best: JsonObject
    objectives: Sequence[str]
    rejected: Mapping[str, int]
    equal: int
    trials: int
    budget: int
    ended: str | None
    pareto: Sequence[int]
    spec: str
    report: str
