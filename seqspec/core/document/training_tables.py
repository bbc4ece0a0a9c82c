"""The tables `[compile]` and `[fit]`: the arguments of `Model.compile` and `Model.fit`."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Annotated, Any, ClassVar, Literal, Self

from annotated_types import Ge, Lt
from pydantic import Field

from seqspec.core.catalog.keras_object import conflict, given_arguments
from seqspec.core.catalog.markers import NEUTRAL
from seqspec.core.catalog.objects import LOSS, METRIC, OPTIMIZER, Callback, Loss, Metric, Optimizer
from seqspec.core.catalog.types import (
    Float,
    Maybe,
    Name,
    NonNegativeInt,
    NonNegativeNumber,
    Number,
    PositiveInt,
    read_by,
)
from seqspec.core.catalog.validation import validate, wrong_type
from seqspec.core.diagnostics.diagnostic import TreeFix, remove, set_value
from seqspec.core.diagnostics.message import Message, Setting, SpecOrProgram, TableName, Value, fmt, quote_value
from seqspec.core.diagnostics.violation import UNSET, Violation, Violations
from seqspec.core.document.base_table import Table
from seqspec.core.document.data_types import TrainableLayers
from seqspec.core.syntax.document import Tree

MaybeLoss = Maybe[Loss]

_TAGS = frozenset({"type", "custom", "class_name"})


def _losses(value: object) -> object:
    """One loss, or a list or table of losses, one per output."""
    if isinstance(value, list):
        return validate(list[MaybeLoss], value)
    if isinstance(value, dict) and not _TAGS.intersection(value) and value:
        return validate(dict[str, MaybeLoss], value)
    return LOSS.read(value)


def _metric_or_list(value: object) -> object:
    return validate(list[Metric], value) if isinstance(value, list) else METRIC.read(value)


class MetricOrMetrics:
    """Marks a metric, or a list of them."""


MetricOrList = Annotated[Any, *read_by(_metric_or_list, METRIC.text, MetricOrMetrics(), NEUTRAL)]
_METRICS = "a list of metrics"


def _metrics(value: object) -> object:
    """A list of metrics, or a table of lists by output; Keras does not accept a single metric."""
    if isinstance(value, dict) and not _TAGS.intersection(value):
        return validate(dict[str, MetricOrList], value)
    if isinstance(value, (str, dict)):
        help = f'write ["{value}"]' if isinstance(value, str) else "write it as a list: [ ... ]"
        recovered: object = UNSET
        with suppress(Violation, Violations):
            recovered = [METRIC.read(value)]
        raise wrong_type(_METRICS, value).replace(help=help, recovered_value=recovered, only_keras=3)
    return validate(list[MetricOrList], value)


def _class_weights(value: object) -> dict[int, float] | str:
    if value == "balanced":
        return "balanced"
    if not isinstance(value, dict):
        wrong = wrong_type(_CLASS_WEIGHTS, value)
        raise wrong.replace(help=fmt("write {}", Value("balanced"))) if isinstance(value, str) else wrong
    weights: dict[int, float] = {}
    violations: list[Violation] = []
    for key, entry in value.items():
        try:
            weight = validate(Number, entry)
        except Violation as violation:
            violations.append(violation.with_subject(f"class_weight of class {str(key)[:60]}").prefixed(key))
            continue
        if isinstance(key, int) or (key.isdecimal() and len(key) < 10):
            weights[int(key)] = weight
        else:
            violations.append(
                Violation(
                    "wrong-type",
                    fmt("class_weight must have class indices as keys, got {}", quote_value(key)),
                    path=(key,),
                    anchor="key",
                    help=fmt("write {}{}", Value({"0": 1.0, "1": 2.5}), _INDEX_OF_CLASS),
                )
            )
    if violations:
        raise Violations(violations)
    return weights


_INDEX_OF_CLASS = SpecOrProgram(
    fmt(": 0 is the first class in names of {}, without names the first in sorted order", TableName(("target",)))
)
_CLASS_WEIGHTS = fmt("{} from class indices to weights", SpecOrProgram(Message('"balanced", or a table'), "a dict"))


class LossOrLosses:
    """Marks a loss, or losses by output."""


class MetricList:
    """Marks metrics, as a list or by output."""


class WeightsByClass:
    """Marks weights by class index."""


Losses = Annotated[Any, *read_by(_losses, LOSS.text, LossOrLosses(), NEUTRAL)]
Metrics = Annotated[Any, *read_by(_metrics, _METRICS, MetricList(), NEUTRAL)]
ClassWeights = Annotated[
    dict[int, float] | Literal["balanced"], *read_by(_class_weights, _CLASS_WEIGHTS, WeightsByClass(), NEUTRAL)
]
"""Weights by class index."""


_RATE = "set learning_rate in the optimizer"


class Compile(Table):
    """How the model is compiled."""

    title = "[compile]"
    call = "compile()"

    optimizer: Maybe[Optimizer] = Field(default="rmsprop", description="The optimizer.")
    loss: Maybe[Losses] = Field(default=None, description="The loss.")
    loss_weights: Maybe[Float | list[Number] | dict[str, Number]] = Field(
        default=None, description="Weight of the loss in the total loss."
    )
    metrics: Maybe[Metrics] = Field(default=None, description="Metrics computed for each epoch.")
    weighted_metrics: Maybe[Metrics] = Field(default=None, description="Metrics weighted by sample and class weights.")
    run_eagerly: bool = Field(default=False, description="Whether to run eagerly, without a compiled graph.")
    steps_per_execution: PositiveInt = Field(default=1, description="Number of steps per compiled graph call.")
    jit_compile: Literal["auto"] | bool = Field(default="auto", description="Whether to compile with XLA.")
    auto_scale_loss: bool = Field(
        default=True, description="Whether to scale the loss automatically for mixed_float16."
    )

    @classmethod
    def unknown_argument(cls, key: str, tree: Mapping[str, object]) -> Violation:
        violation = super().unknown_argument(key, tree)
        if key not in ("learning_rate", "lr"):
            return violation
        name = tree.get("optimizer", "rmsprop")
        kind = OPTIMIZER.class_named(name) if isinstance(name, str) else None
        help: str = Message(SpecOrProgram(Message("write learning_rate in the table of the optimizer"), _RATE))
        fix = None
        rate = tree[key]
        if kind is not None and type(rate) in (int, float):
            optimizer = {"type": kind.__name__, "learning_rate": rate}
            help = fmt("write {}", Setting("optimizer", {"type": kind.__name__, "learning_rate": rate}))
            edits = (remove(("compile", key)), set_value(("compile", "optimizer"), optimizer))
            fix = TreeFix("move learning_rate into the optimizer", edits, safe=True)
        return violation.replace(
            label="belongs to the optimizer", help=help, fix=fix, suggestion=None, recovered_value=UNSET
        )

    @classmethod
    def absent(cls) -> Self:
        # Without the table the model is not compiled, so that it has no optimizer.
        return cls.model_construct(set(), optimizer=None)


class Fit(Table):
    """How the model is trained: one stage."""

    title = "[fit]"
    call = "fit()"
    renamed: ClassVar[Mapping[str, str]] = {"lr": "learning_rate"}

    epochs: NonNegativeInt = Field(default=1, description="Epochs.")
    batch_size: Maybe[PositiveInt] = Field(default=None, description="Batch size; 32 by default.")
    validation_split: Annotated[Number, Ge(0), Lt(1)] = Field(
        default=0.0, description="Fraction of the training data, taken from its end, to use for validation."
    )
    validation_batch_size: Maybe[PositiveInt] = Field(default=None, description="Batch size for validation.")
    validation_steps: Maybe[PositiveInt] = Field(default=None, description="Number of validation batches.")
    validation_freq: PositiveInt | list[int] = Field(
        default=1, description="Number of epochs between validations, or a list of epochs."
    )
    shuffle: bool | Literal["batch"] = Field(default=True, description="Whether to shuffle the samples.")
    class_weight: Maybe[ClassWeights] = Field(default=None, description="Weight of each class, by class index.")
    initial_epoch: NonNegativeInt = Field(default=0, description="Epoch at which to start.")
    steps_per_epoch: Maybe[PositiveInt] = Field(default=None, description="Number of batches per epoch.")
    verbose: Literal["auto"] | int = Field(
        default="auto", description="0 silent, 1 progress bar, 2 one line per epoch."
    )
    callbacks: Maybe[list[Callback]] = Field(default=None, description="Callbacks.")
    name: Name = Field(default=None, description="Name of the stage.")
    trainable: Maybe[TrainableLayers] = Field(
        default=None, description="Which layers this stage trains, by layer name."
    )
    batch_norm: Maybe[Literal["frozen", "trained"]] = Field(
        default=None, description="Whether this stage updates batch normalization."
    )
    optimizer: Maybe[Optimizer] = Field(default=None, description="Optimizer of this stage.")
    learning_rate: Maybe[NonNegativeNumber] = Field(
        default=None, description="Learning rate of this stage, for the optimizer of [compile]."
    )

    def check_arguments(self) -> None:
        if {"optimizer", "learning_rate"} <= self.model_fields_set:
            raise conflict(
                "learning_rate",
                "a stage has either optimizer or learning_rate",
                help="move the learning rate into the optimizer",
            )

    def fit_arguments(self) -> Tree:
        """The arguments of `Model.fit` that were written."""
        return {key: value for key, value in given_arguments(self).items() if key not in STAGE_KEYS}

    @property
    def recompiles(self) -> bool:
        """Whether the model is compiled again before this stage, with a new optimizer."""
        return not _RECOMPILING.isdisjoint(given_arguments(self))

    @classmethod
    def unknown_argument_help(cls, key: str) -> str | None:
        return _DATA.get(key)

    @classmethod
    def call_arguments(cls) -> tuple[str, ...]:
        return (*DATA_ARGUMENTS, *[key for key in cls.key_names() if key not in STAGE_KEYS])


STAGE_KEYS = frozenset({"name", "trainable", "batch_norm", "optimizer", "learning_rate"})
"""The keys of a stage for the trainer, which are not arguments of `Model.fit`."""

DATA_ARGUMENTS = ("x", "y", "validation_data", "sample_weight")
"""The arguments of `Model.fit` that are data, which a spec describes in other tables."""

_RECOMPILING = STAGE_KEYS - {"name"}

_DATA: dict[str, str] = {
    "x": fmt("the training data is described in {}", TableName(("data", "train"))),
    "y": fmt("the labels are described in {}", TableName(("target",))),
    "validation_data": fmt("the validation data is described in {}", TableName(("data", "validation"))),
    "samples": fmt("write it in {}", TableName(("data", "train"))),
    "sample_weight": "sample weights are data and cannot be declared in a spec",
}
