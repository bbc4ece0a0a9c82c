"""A column of labels: numbers, or names of classes, and what is reported about them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seqspec.core.api.catalog import CustomUse
from seqspec.core.api.check import CheckedSpec
from seqspec.core.api.data import Regression, Target, source_of
from seqspec.core.api.diagnostics import Path, Violation
from seqspec.core.api.language import escaped
from seqspec.core.api.messages import Setting, TableName, counted, fmt, quote_value, shorten
from seqspec.core.api.shapes import BATCH, TensorSpec
from seqspec.core.api.spec import TypedSpec
from seqspec.core.api.training import TrainingLoss, loss_step
from seqspec.training.data.labels import class_indices, objective_of
from seqspec.training.data.prepared import PreparedData
from seqspec.training.data.read_context import ReadContext
from seqspec.training.data.samples import Array, shape_text
from seqspec.training.data.shards import Column
from seqspec.training.data.stored import StoredArray, Values
from seqspec.training.data.tables.cells import (
    DECIMAL_HELP,
    arrow_texts,
    as_list,
    as_numbers,
    as_objects,
    is_missing,
    is_number,
    kind_of,
)
from seqspec.training.data.tables.number_text import decimal_of, is_digits_and_marks, unit_of
from seqspec.training.errors import DataError

_MAX_LABEL = 40
"""Characters of a label that are shown."""


class TextAfterNumbers(Exception):
    """A label is text, but earlier ones were read as numbers."""


class LabelColumn:
    """Collects a column of labels: numbers where all values are, else names of classes, None where one is missing.

    Args:
        name: The column.
        context: The context in which its table is read.
        shared: Texts that equal ones share, as in `as_objects`.
        as_text: Whether the values are known to be names.
    """

    def __init__(self, name: str, context: ReadContext, shared: dict[str, str], *, as_text: bool) -> None:
        self._name, self._context, self._shared, self._as_text = name, context, shared, as_text
        self._parts: list[Array] = []
        self._untrimmed = 0
        self._example = ""

    def add(self, values: Column, start: int) -> None:
        """Adds the rows from `start` on.

        Raises:
            TextAfterNumbers: The column has to be read again, with `as_text`.
            DataError: Labels are neither numbers nor names.
        """
        numbers = None if self._as_text else self._numbers(values, start)
        if numbers is None:
            self._as_text = True
            self._parts.append(self._names(as_list(values)))
            self._count_untrimmed(values)
        else:
            self._parts.append(numbers)

    def _numbers(self, values: Column, start: int) -> Array | None:
        """The values as numbers; None where they are names, from the first row on."""
        if not _is_bool(values):
            try:
                return _compact(as_numbers(values))
            except (ValueError, TypeError):
                pass
        if isinstance(self._context.target, Regression):
            raise _not_a_number(as_list(values), self._name, start, self._context)
        if start:
            raise TextAfterNumbers
        return None

    def _names(self, values: Sequence[object]) -> Array:
        kind = next((kind for kind in map(kind_of, values) if kind in ("lists", "objects", "bytes")), None)
        if kind is not None:
            message = f"column {self._name} has {kind}, not class names or numbers"
            raise self._context.error("data-labels", message, "label")
        texts = [None if is_missing(value) else str(value) for value in values]
        if _is_trimmed(self._context.target):
            texts = [None if text is None else text.strip() or None for text in texts]
        return as_objects(texts, self._shared)

    def _count_untrimmed(self, values: Column) -> None:
        if isinstance(values, list):
            untrimmed = [value for value in values if isinstance(value, str) and value != value.strip()]
        elif (texts := arrow_texts(values)) is None:
            return
        else:
            import pyarrow.compute as pc

            untrimmed = texts.filter(pc.not_equal(texts, pc.utf8_trim_whitespace(texts))).to_pylist()
        self._untrimmed += len(untrimmed)
        self._example = self._example or next(iter(untrimmed), "")

    def finish(self) -> Array:
        """The labels."""
        return np.concatenate(self._parts)

    def untrimmed(self) -> list[Violation]:
        """The finding in training for names with white space around them, if there are any."""
        if not self._untrimmed or self._context.trained or not _is_trimmed(self._context.target):
            return []
        have = "label has" if self._untrimmed == 1 else "labels have"
        shown = quote_value(self._example[:_MAX_LABEL], typed=False)
        message = f"{self._untrimmed:,} {have} white space around the name, such as {shown}: it does not count"
        return [self._context.violation("data-labels", message, "label", severity="info")]


def _is_trimmed(target: Target | None) -> bool:
    """Whether white space around class names does not count: unless it is that of declared names."""
    names = getattr(target, "names", None)
    return names is None or all(name == name.strip() for name in names)


def _not_a_number(values: Sequence[object], name: str, start: int, context: ReadContext) -> DataError:
    """The error for the first label that is not a number."""
    place = next((place for place, value in enumerate(values) if not is_number(value)), 0)
    shown = str(values[place])[:_MAX_LABEL]
    message = f"`{shorten(name)}` has {quote_value(shown, typed=False)} (row {start + place + 1:,}), not a number"
    unit = unit_of(shown)
    help: str = "correct it, or leave the cell empty"
    if unit is not None and unit != context.label_unit:
        condition = "" if context.label_unit is None else "if the labels have this unit, "
        setting = Setting("unit", escaped({"unit": unit})["unit"])
        help = fmt("{}set {} in {}", condition, setting, TableName(("target",)))
    elif is_digits_and_marks(shown) or decimal_of([shown]) == ",":
        help = DECIMAL_HELP
    return context.error("data-labels", message, "label", help=help)


def _compact(values: Array) -> Array:
    """Numbers as float32 if that is exact for all of them, since labels stay in memory while data is streamed."""
    with np.errstate(over="ignore"):
        short = values.astype(np.float32)
    return short if np.array_equal(short, values, equal_nan=True) else values


def _is_bool(values: Column) -> bool:
    if isinstance(values, list):
        return any(isinstance(value, bool) for value in values)
    return str(values.type) == "bool"


Shape = Sequence[int | None]


def require_trainable_labels(checked: CheckedSpec, data: PreparedData) -> None:
    """Raises `DataError` for labels that the model cannot be trained on.

    Keras would fail at the first step, or broadcast labels and outputs without an error.
    """
    spec = checked.spec
    if "compile" not in spec.written or data.train.y is None or not checked.layers:
        return
    output = checked.layers[-1].output
    if isinstance(output, list):
        return
    if spec.target is not None:
        _require_declared_shape(spec, data.train.y, output)
    elif (objective := objective_of(spec)) is not None:
        _require_loss(spec, objective, data, output)


def require_weightable_classes(spec: TypedSpec, data: PreparedData) -> None:
    """Raises `DataError` for a `class_weight` of a stage that Keras cannot apply, or would apply to wrong classes."""
    violations = []
    for index, stage in enumerate(spec.fit):
        if stage.class_weight is not None and (fault := _weights_fault(stage.class_weight, data)) is not None:
            path = (*spec.stage_path(index), "class_weight")
            violations.append(Violation("data-labels", fault[0], path=path, help=fault[1]))
    if violations:
        raise DataError(violations)


def _weights_fault(class_weight: object, data: PreparedData) -> tuple[str, str | None] | None:
    """The message and help for class weights that do not fit the training labels."""
    y, labels = data.train.y, data.labels
    if data.train.weight is not None:
        return "Keras accepts either class_weight or the weights of samples", "remove one of them"
    if class_weight == "balanced" and data.train_classes() is None:
        return 'class_weight = "balanced" needs one class label per sample', None
    if y is None or y.ndim == 1 or y.shape[-1] == 1 or labels.one_hot:
        return None
    if class_indices(y[:1], labels) is not None:
        # Keras surprise: it takes the largest index along the last axis for the class.
        shape = shape_text(y.shape[1:])
        return (
            f"class_weight needs one class per sample, but the labels have shape {shape}",
            "use a loss for rare classes, such as categorical_focal_crossentropy with one-hot labels",
        )
    return None


def _require_loss(spec: TypedSpec, objective: TrainingLoss, data: PreparedData, output: TensorSpec) -> None:
    """Compares labels that the spec does not declare with what the loss accepts."""
    sample = output.sample
    for name, samples in data.sets.items():
        y = samples.y
        if y is None:
            continue
        step = loss_step(objective, (BATCH, *y.shape[1:]), (BATCH, *sample), output.mask)
        if step.refused or step.broadcasts:
            fault = f"but {objective.name} compares them with outputs of shape {shape_text(_sizes(output))}"
            if _has_output_shape(objective, y, sample):
                fault = f"as one-hot labels have, but {objective.name} expects class indices"
            message = f"labels of the {name} set have shape {shape_text(y.shape[1:])}, {fault}"
            raise _refused(spec, message, _other_loss(objective, y, sample))
        if isinstance(y, StoredArray) or not y.size or "cross_entropy" not in objective.traits:
            continue
        if "sparse" not in objective.traits:
            low, high = np.asarray(y).min(), np.asarray(y).max()
            if low < 0 or high > 1:
                # The cross-entropy would have no minimum.
                span = f"from {low:g} to {high:g}, but {objective.name} expects 0 to 1"
                raise _refused(spec, f"labels of the {name} set range {span}")
        elif isinstance(sample[-1], int):
            _require_class_indices(spec, objective, name, np.asarray(y), sample[-1])


def _other_loss(objective: TrainingLoss, y: Values, sample: Sequence[object]) -> str | None:
    """The cross-entropy for the other encoding of classes, if that is the mistake."""
    if _has_output_shape(objective, y, sample):
        return "for one-hot labels use categorical_crossentropy"
    if "categorical" in objective.traits and len(y.shape) == len(sample):
        return "for class indices use sparse_categorical_crossentropy"
    return None


def _has_output_shape(objective: TrainingLoss, y: Values, sample: Sequence[object]) -> bool:
    """Whether labels have the shape of the outputs where the loss expects class indices."""
    return "sparse" in objective.traits and tuple(y.shape[1:]) == tuple(sample)


def _require_class_indices(spec: TypedSpec, objective: TrainingLoss, name: str, y: Array, units: int) -> None:
    """Refuses labels that are not the index of an output unit."""
    flat = y.reshape(-1)
    if (ignored := objective.argument("ignore_class")) is not None:
        flat = flat[flat != ignored]
    fractions = flat[flat != np.floor(flat)]
    if len(fractions):
        raise _refused(spec, f"labels of the {name} set are not class indices, such as {fractions[0]:g}")
    if not len(flat) or (flat.min() >= 0 and flat.max() < units):
        return
    low, high = int(flat.min()), int(flat.max())
    shifted = low == 1 and high == units
    raise _refused(
        spec,
        f"labels of the {name} set range from {low} to {high}, but the model has {counted(units, 'output unit')}",
        "class indices start at 0" if low < 0 or shifted else f"the output layer needs {high + 1} units",
    )


def _require_declared_shape(spec: TypedSpec, y: Values, output: TensorSpec) -> None:
    """Compares the shape of labels with that of the kind of `[target]`."""
    assert spec.target is not None and "compile" in spec.written
    kind, encoding = spec.target.kind, getattr(spec.target, "encoding", "integer")
    loss = spec.compile.loss
    name = loss if isinstance(loss, str) else type(loss).__name__
    if kind == "reconstruction" or isinstance(loss, CustomUse) or name.lower() == "ctc":
        return
    label_shape, outputs = y.shape[1:], _sizes(output)
    indices = kind == "multiclass" and encoding == "integer"
    if indices:
        allowed = [outputs[:-1], (*outputs[:-1], 1)]
    else:
        allowed = [outputs, *([outputs[:-1]] if outputs[-1:] == (1,) else [])]
    if spec.target.shape is not None or any(_fits(label_shape, allowed_shape) for allowed_shape in allowed):
        return
    message = f"labels of the train set have shape {shape_text(label_shape)}, the model outputs {shape_text(outputs)}"
    help = None
    if indices and _fits(label_shape, outputs):
        message = f"labels of the train set have shape {shape_text(label_shape)}, but [target] declares class indices"
        one_hot = fmt("set {} in {}", Setting("encoding", "one_hot"), TableName(("target",)))
        help = fmt("{} and a loss for one-hot labels such as categorical_crossentropy", one_hot)
    raise _refused(spec, message, help)


def _refused(spec: TypedSpec, message: str, help: str | None = None) -> DataError:
    """The error for labels, at the source of the training set."""
    path: Path = ()
    if "data" in spec.written:
        path = ("data", "source" if source_of(spec.data.source) is not None else "train")
    return DataError([Violation("data-labels", message, path=path, help=help)])


def _sizes(output: TensorSpec) -> Shape:
    return tuple(size if isinstance(size, int) else None for size in output.sample)


def _fits(shape: Shape, wanted: Shape) -> bool:
    return len(shape) == len(wanted) and all(size in (have, None) for have, size in zip(shape, wanted))
