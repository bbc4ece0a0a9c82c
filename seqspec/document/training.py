"""The tables `[compile]` and `[fit]`: the arguments of `Model.compile` and `Model.fit`."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from seqspec.catalog.arguments import Declaration, arg
from seqspec.catalog.kinds import (
    Boolean,
    Choice,
    Either,
    Float,
    Integer,
    Kind,
    ListOf,
    Number,
    Optional,
    TableOf,
    show_value,
)
from seqspec.catalog.objects import CALLBACK, LOSS, METRIC, OPTIMIZER
from seqspec.diagnostics.violation import Violation, Violations
from seqspec.document.table import Table


class Losses(Kind):
    """One loss; or, as Keras takes them too, a list or a table of losses, one an output."""

    neutral = True

    def __init__(self) -> None:
        self.several = ListOf(Optional(LOSS))
        self.named = TableOf(Optional(LOSS))

    def read(self, value: Any) -> Any:
        if isinstance(value, list):
            return self.several.read(value)
        if isinstance(value, dict) and not ({"type", "custom", "class_name"} & set(value)) and value:
            return self.named.read(value)
        return LOSS.read(value)

    def describe(self) -> str:
        return LOSS.describe()


class Metrics(Kind):
    """A list of metrics; Keras takes a table by output too, but never one metric alone."""

    neutral = True

    def __init__(self) -> None:
        one = MetricOrList()
        self.several = ListOf(one)
        self.named = TableOf(one)

    def read(self, value: Any) -> Any:
        if isinstance(value, dict) and not ({"type", "custom", "class_name"} & set(value)):
            return self.named.read(value)
        if isinstance(value, (str, dict)):
            violation = self.refuse(value)
            violation.help = f'write ["{value}"]' if isinstance(value, str) else "write [ ... ] around it"
            with suppress(Violation, Violations):
                violation.recovered_value = [METRIC.read(value)]
            raise violation
        return self.several.read(value)

    def describe(self) -> str:
        return "a list of metrics"


class MetricOrList(Kind):
    neutral = True

    def read(self, value: Any) -> Any:
        return ListOf(METRIC).read(value) if isinstance(value, list) else METRIC.read(value)

    def describe(self) -> str:
        return METRIC.describe()


class ClassWeights(Kind):
    """Weights by class number."""

    neutral = True

    def read(self, value: Any) -> dict[int, float]:
        if not isinstance(value, dict):
            raise self.refuse(value)
        weights: dict[int, float] = {}
        violations: list[Violation] = []
        for key, entry in value.items():
            try:
                weight = Number().read(entry)
            except Violation as violation:
                violation.message = f"class_weight of class {key[:60]} {violation.message}"
                violations.append(violation.prefixed(key))
                continue
            if key.isdecimal() and len(key) < 10:
                weights[int(key)] = weight
            else:
                violations.append(
                    Violation(
                        "wrong-type",
                        f"class_weight needs class numbers as keys, got {show_value(key)}",
                        path=(key,),
                        anchor="key",
                        help='write { "0" = 1.0, "1" = 2.5 }',
                    )
                )
        if violations:
            raise Violations(violations)
        return weights

    def describe(self) -> str:
        return "a table from class numbers to weights"


class Compile(Table):
    """How the model is compiled."""

    title = "[compile]"

    optimizer: Declaration | None = arg(Optional(OPTIMIZER), "The optimizer.", default="rmsprop")
    loss: Any = arg(Optional(Losses()), "The loss.", default=None)
    loss_weights: Any = arg(
        Optional(Either(Float(), ListOf(Number()), TableOf(Number()))), "Weight of the loss.", default=None
    )
    metrics: Any = arg(Optional(Metrics()), "What is shown for each epoch.", default=None)
    weighted_metrics: Any = arg(Optional(Metrics()), "The same, with sample and class weights.", default=None)
    run_eagerly: bool = arg(Boolean(), "Whether steps run without a compiled graph.", default=False)
    steps_per_execution: int = arg(Integer(minimum=1), "Steps in one call of the graph.", default=1)
    jit_compile: bool | str = arg(Either(Choice("auto"), Boolean()), "Whether XLA compiles.", default="auto")
    auto_scale_loss: bool = arg(Boolean(), "Whether mixed_float16 scales the loss by itself.", default=True)


class Fit(Table):
    """How the model is trained: one stage."""

    title = "[fit]"

    batch_size: int | None = arg(Optional(Integer(minimum=1)), "Samples in a batch; Keras takes 32.", default=None)
    epochs: int = arg(Integer(minimum=0), "Epochs.", default=1)
    verbose: int | str = arg(Either(Choice("auto"), Integer()), "0 silent, 1 progress bar, 2 a line.", default="auto")
    callbacks: list[Declaration] | None = arg(Optional(ListOf(CALLBACK)), "Callbacks.", default=None)
    validation_split: float = arg(
        Number(minimum=0, below=1), "Part at the end of the training data that is kept for validation.", default=0.0
    )
    shuffle: bool | str = arg(Either(Boolean(), Choice("batch")), "Whether samples are mixed.", default=True)
    class_weight: dict[int, float] | None = arg(Optional(ClassWeights()), "Weight of each class.", default=None)
    initial_epoch: int = arg(Integer(minimum=0), "Epoch to start from.", default=0)
    steps_per_epoch: int | None = arg(Optional(Integer(minimum=1)), "Batches in an epoch.", default=None)
    validation_steps: int | None = arg(Optional(Integer(minimum=1)), "Batches of validation.", default=None)
    validation_batch_size: int | None = arg(
        Optional(Integer(minimum=1)), "Samples in a batch of validation.", default=None
    )
    validation_freq: int | list[int] = arg(
        Either(Integer(minimum=1), ListOf(Integer())), "Epochs between validations, or the epochs.", default=1
    )

    @classmethod
    def unknown_help(cls, key: str) -> str | None:
        return _DATA.get(key)


_DATA = {
    "x": "the training data is described in [data.train]",
    "y": "the labels are described in [target]",
    "validation_data": "the validation data is described in [data.validation]",
    "sample_weight": "weights of samples are data, which a document does not hold",
}


def read_compile(tree: Any, violations: list[Violation]) -> Compile | None:
    """Reads the table `compile`; mistakes are appended to `problems` at paths within it."""
    return Compile.read_table(tree, violations)


def read_fit(tree: Any, violations: list[Violation]) -> list[Fit] | None:
    """Reads the table `fit`, or a list of tables, as a list of stages; None where one could not be read."""
    if isinstance(tree, Mapping):
        stage = Fit.read_table(tree, violations)
        return None if stage is None else [stage]
    if not isinstance(tree, list):
        violations.append(Violation("wrong-type", f"[fit] is a table or a list of tables, got {show_value(tree)}"))
        return None
    stages: list[Fit] = []
    complete = True
    for index, entry in enumerate(tree):
        found: list[Violation] = []
        stage = Fit.read_table(entry, found)
        violations.extend(violation.prefixed(index) for violation in found)
        if stage is None:
            complete = False
        else:
            stages.append(stage)
    return stages if complete else None
