"""Labels: text to class indices, one-hot encoding, class counts, weights, baselines, the scale of a regression."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np

from seqspec.core.api.data import Target
from seqspec.core.api.diagnostics import Violation
from seqspec.core.api.messages import SHOWN, Setting, TableName, counted, fmt, shorten_list, suggest
from seqspec.core.api.spec import TypedSpec
from seqspec.core.api.training import TrainingLoss, find_objective
from seqspec.training.data.samples import Array
from seqspec.training.data.stored import StoredArray, Values, chunks
from seqspec.training.errors import DataError
from seqspec.training.records import JsonObject

_NUMERAL = re.compile(r"0|-?[1-9][0-9]{0,8}")
_CHUNK_ROWS = 2**20
_MAX_STORED = 4096
"""Maximum number of values of a mean label in labels.json."""
_MAX_MEDIAN = 2**22
"""Maximum number of labels that a median is computed from."""


class MakeViolation(Protocol):
    """Makes a violation at the source of the labels, or at the key `names` or `classes` of `[target]`."""

    def __call__(self, rule: str, message: str, key: str | None = None, *, help: str | None = None) -> Violation: ...


DEFAULT_THRESHOLD = 0.5
"""The probability from which the second of two classes is predicted."""


class ClassThreshold(NamedTuple):
    """The probability from which the second of two classes is predicted, and how it was chosen."""

    value: float
    chosen: str


def objective_of(spec: TypedSpec) -> TrainingLoss | None:
    """The loss of a spec; None if there is none, several, or a custom one."""
    return (
        None if "compile" not in spec.written else find_objective(spec.compile.loss, spec.tree["compile"].get("loss"))
    )


def ignored_class(spec: TypedSpec) -> int | None:
    """The class index of labels that the loss ignores."""
    objective = objective_of(spec)
    ignored: int | None = objective.argument("ignore_class") if objective is not None else None
    return ignored


@dataclass(frozen=True)
class LabelEncoding:
    """How labels are encoded for training.

    `names` are the classes by index, None if labels are numbers; `classes` is their number; `one_hot` says whether
    the model gets a vector per label, and `soft` whether that has a probability for each class; `kind` is that of
    `[target]`, or the one that the loss implies, or None. Labels with the index `ignored` belong to no class: the loss
    ignores them. `by_name` says that stored numbers are names of classes, such as 1 to 5, and not their indices.
    `threshold` is that of a binary classifier, None for 0.5.
    """

    kind: str | None
    names: list[str] | None = None
    classes: int | None = None
    one_hot: bool = False
    soft: bool = False
    ignored: int | None = None
    by_name: bool = False
    threshold: ClassThreshold | None = None

    def to_dict(self) -> JsonObject:
        """Plain data for labels.json."""
        record = {key: value for key, value in vars(self).items() if value or key not in ("by_name", "threshold")}
        return record if self.threshold is None else {**record, "threshold": self.threshold._asdict()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> LabelEncoding:
        """The inverse of `to_dict`; older files lack some keys."""
        known = {field.name: data[field.name] for field in fields(cls) if field.name in data}
        if (threshold := known.get("threshold")) is not None:
            known["threshold"] = ClassThreshold(threshold["value"], threshold["chosen"])
        return cls(**known)

    def class_names(self) -> list[str] | None:
        """The names of the classes in reports."""
        if self.names is not None:
            return self.names
        return None if self.classes is None else [str(index) for index in range(self.classes)]


def fit_labels(
    y: Values | None, target: Target | None, columns: Sequence[str] = (), ignored: int | None = None
) -> LabelEncoding:
    """The encoding of the labels: as declared in `[target]`, else derived from the training labels.

    `columns` are the label columns, which name the classes where each class has a column; `ignored` is the class index
    that the loss ignores.
    """
    kind = getattr(target, "kind", None)
    if kind == "reconstruction":
        return LabelEncoding(kind)
    classes = getattr(target, "classes", None)
    if kind == "binary":
        classes = 2
    encoding = getattr(target, "encoding", None)
    one_hot, soft = encoding == "one_hot", encoding == "probabilities"
    names = list(target.names) if target is not None and target.names else None
    if names is None and len(columns) > 1 and len(columns) == classes:
        names = list(columns)
    if isinstance(y, StoredArray):
        return LabelEncoding(kind, names, classes, one_hot, soft, ignored)
    if y is not None and y.dtype == object and names is None:
        distinct = sorted({str(value) for value in y.reshape(-1) if value is not None})
        names = distinct
        classes = classes if classes is not None else len(distinct)
    if kind is None and y is not None and y.ndim == 1 and classes is None and names is None and _is_integral(y):
        return LabelEncoding(None, ignored=ignored)
    by_name = kind in ("binary", "multiclass") and ignored is None and _are_names(y, names)
    return LabelEncoding(kind, names, classes, one_hot, soft, ignored, by_name)


def _are_names(y: Values | None, names: Sequence[str] | None) -> bool:
    """Whether numbers are the names of classes, such as 1 to 5 of the names "1" to "5", and not their indices."""
    if names is None or isinstance(y, StoredArray) or y is None or y.ndim != 1 or y.dtype.kind not in "iuf":
        return False
    if not all(_NUMERAL.fullmatch(name) for name in names) or [*map(int, names)] == [*range(len(names))]:
        return False
    return bool(np.isin(y, [int(name) for name in names]).all())


def encode_labels(
    y: Values, encoding: LabelEncoding, name: str, where: Callable[[int], str], violation: MakeViolation
) -> Values:
    """The labels of one set, encoded for training.

    Args:
        y: The labels as they are stored.
        encoding: What `fit_labels` returned for the training set.
        name: The set, for messages.
        where: From a row to what messages call it.
        violation: Makes a `Violation` from a rule and a message.
    """
    if isinstance(y, StoredArray):
        # Dense labels, such as segmentation masks, that do not fit in memory.
        for start, part in chunks(y):

            def where_in_part(row: int, start: int = start) -> str:
                return where(start + row)

            encode_labels(part, encoding, name, where_in_part, violation)
        return y.mapped(
            lambda part: np.asarray(encode_labels(part, encoding, name, where, violation)),
            dtype=encode_labels(y[:1], encoding, name, where, violation).dtype,
        )
    if encoding.by_name and y.dtype.kind in "iufb":
        y = np.array([str(int(value)) if value == int(value) else str(value) for value in y.tolist()], object)
    if y.dtype == object:
        return _one_hot(_indices(y, encoding, name, where, violation), encoding)
    single = y.ndim == 1 or y.shape[-1] == 1
    indices = encoding.kind in ("binary", "multiclass") and not encoding.soft and (single or not encoding.one_hot)
    if indices and y.dtype.kind in "fiub":
        flat = y.reshape(-1)
        if not _is_integral(flat):
            raise DataError(
                [violation("data-labels", f"labels of the {name} set are not integers, such as {flat[0]:g}")]
            )
        if encoding.classes is not None:
            # Before the conversion, which large numbers do not survive.
            _require_classes(y, encoding.classes, encoding.ignored, name, where, violation)
        if not single:
            # A map of classes, which may be large.
            return y if y.dtype.kind in "iu" else y.astype(np.int32)
        # (samples, 1) is one class per sample; a higher rank is a map of classes.
        return _one_hot(flat.astype(np.int32).reshape(y.shape if y.ndim > 2 else -1), encoding)
    if encoding.kind == "multilabel" and y.dtype.kind in "fiu":
        _require_zero_or_one(y, name, where, violation)
    if y.dtype.kind == "f" and y.ndim == 1 and encoding.kind is None and _is_integral(y) and encoding.classes is None:
        return y.astype(np.float32)
    return y.astype(np.float32) if y.dtype.kind == "f" else y


def _require_classes(
    y: Array,
    classes: int,
    ignored: int | None,
    name: str,
    where: Callable[[int], str],
    violation: MakeViolation,
) -> None:
    """Raises `DataError` for class indices outside of 0 to `classes` - 1."""
    flat = y.reshape(-1)
    outside = (flat < 0) | (flat >= classes)
    if ignored is not None:
        outside &= flat != ignored
    bad = np.flatnonzero(outside)
    if not len(bad):
        return
    shown = shorten_list(list(map(str, sorted({int(value) for value in flat[bad]}))))
    labels = f"{counted(len(bad), 'label')} of the {name} set {'is' if len(bad) == 1 else 'are'}"
    sample = int(bad[0]) // int(np.prod(y.shape[1:], dtype=np.int64))
    message = f"{labels} outside 0 to {classes - 1}: {shown} ({where(sample)})"
    help = "class indices start at 0" if flat.min() == 1 and flat.max() == classes else None
    raise DataError([violation("data-labels", message, help=help)])


def _require_zero_or_one(y: Array, name: str, where: Callable[[int], str], violation: MakeViolation) -> None:
    """Raises `DataError` for labels of several classes that are neither 0 nor 1."""
    flat = y.reshape(len(y), -1)
    bad = np.flatnonzero(((flat != 0) & (flat != 1)).any(axis=1))
    if len(bad):
        row = flat[bad[0]]
        value = row[(row != 0) & (row != 1)][0]
        samples = f"{counted(len(bad), 'sample')} of the {name} set"
        verb = "has" if len(bad) == 1 else "have"
        message = f"{samples} {verb} labels other than 0 and 1, such as {value:g} ({where(int(bad[0]))})"
        raise DataError([violation("data-labels", message)])


def _is_integral(y: Values) -> bool:
    return y.dtype.kind in "iub" or (y.dtype.kind == "f" and bool(np.all(y == np.round(y))))


def _indices(
    y: Array, encoding: LabelEncoding, name: str, where: Callable[[int], str], violation: MakeViolation
) -> Array:
    names: Sequence[str] = encoding.names or ()
    index = {name: number for number, name in enumerate(names)}
    if encoding.kind == "regression":
        raise DataError(
            [violation("data-labels", f"[target] declares regression, but the labels are strings, such as {y[0]!r}")]
        )
    unknown = [row for row, value in enumerate(y.reshape(-1)) if str(value) not in index]
    if unknown:
        values = sorted({str(y.reshape(-1)[row]) for row in unknown})
        shown = shorten_list(values)
        rows = shorten_list([where(row) for row in unknown[: SHOWN + 1]])
        verb = "is" if len(unknown) == 1 else "are"
        known = shorten_list(list(names))
        message = (
            f"{counted(len(unknown), 'label')} of the {name} set {verb} {shown} ({rows}), "
            f"but the known classes are {known}"
        )
        help: str | None = suggest(values[0], list(names)).label
        if help is None and len(unknown) == y.size and len(values) == len(names):
            help = fmt("if these are the classes, set {} in {}", Setting("names", values), TableName(("target",)))
        raise DataError([violation("data-labels", message, "names", help=help or "correct them, or leave them empty")])
    if encoding.classes is not None and len(names) != encoding.classes:
        listed = ", ".join(names[:SHOWN])
        plural = "class" if len(names) == 1 else "classes"
        message = f"the labels have {len(names)} {plural} ({listed}), but [target] declares {encoding.classes}"
        # No help for fewer classes than declared: the data may simply lack some of them.
        declare = fmt("set {} in {}", Setting("classes", len(names)), TableName(("target",)))
        more = len(names) > encoding.classes
        raise DataError([violation("data-labels", message, "classes", help=declare if more else None)])
    return np.array([index[str(value)] for value in y.reshape(-1)], np.int32)


def _one_hot(indices: Array, encoding: LabelEncoding) -> Array:
    if not encoding.one_hot or encoding.classes is None:
        return indices
    return np.eye(encoding.classes, dtype=np.float32)[indices]


def class_indices(y: Values | None, encoding: LabelEncoding) -> Array | None:
    """The class index of each encoded label, of a map that of each position; None where labels are not classes."""
    if y is None or isinstance(y, StoredArray) or encoding.kind not in ("binary", "multiclass", None) or encoding.soft:
        return None
    if encoding.one_hot and y.ndim > 1 and y.shape[-1] > 1:
        return np.asarray(y.argmax(axis=-1)).reshape(-1)
    if encoding.kind is None and y.ndim == 2 and y.shape[1] > 1:
        return None
    flat = y.reshape(-1)
    if encoding.kind is None and encoding.names is None and not (flat.dtype.kind in "iub" or _is_integral(flat)):
        return None
    return flat if flat.dtype.kind == "i" else flat.astype(np.int64)


def known_classes(y: Values | None, encoding: LabelEncoding) -> Array | None:
    """`class_indices` without those that the loss ignores."""
    indices = class_indices(y, encoding)
    return indices if indices is None or encoding.ignored is None else indices[indices != encoding.ignored]


def class_counts(indices: Array, classes: int | None = None) -> list[int]:
    """Samples of each class."""
    total = np.zeros(classes or 0, np.int64)
    # NumPy would make a copy of all indices.
    for start in range(0, len(indices), _CHUNK_ROWS):
        counts = np.bincount(indices[start : start + _CHUNK_ROWS], minlength=len(total))
        counts[: len(total)] += total
        total = counts
    return [int(count) for count in total]


class LabelBaseline(NamedTuple):
    """What is predicted without the inputs: the most frequent class, or the mean or median label (flattened).

    `low` and `high` are the smallest and the largest label, flattened; `shares` are those of the classes.
    """

    majority: int | None = None
    mean: Array | None = None
    low: Array | None = None
    high: Array | None = None
    median: Array | None = None
    shares: Array | None = None

    def to_dict(self) -> JsonObject:
        """Plain data for labels.json, without the mean of very large labels such as maps."""
        majority, *numbers = self
        stored = (None if number is None or number.size > _MAX_STORED else number.tolist() for number in numbers)
        return dict(zip(self._fields, (majority, *stored)))

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> LabelBaseline:
        """The inverse of `to_dict`; older files lack some keys."""
        numbers = (data.get(name) for name in cls._fields[1:])
        return cls(data["majority"], *(None if number is None else np.array(number, np.float64) for number in numbers))


def baseline_of(y: Values | None, encoding: LabelEncoding) -> LabelBaseline:
    """The predictions without inputs, from the encoded labels of the training set."""
    if y is None or not len(y):
        return LabelBaseline()
    if encoding.kind in ("binary", "multiclass"):
        indices = known_classes(y, encoding)
        if indices is None or not len(indices):
            return LabelBaseline()
        counts = np.array(class_counts(indices, encoding.classes), np.float64)
        return LabelBaseline(int(np.argmax(counts)), shares=counts / counts.sum())
    if encoding.kind not in ("regression", None) or y.dtype.kind not in "fiu":
        return LabelBaseline()
    return LabelBaseline(None, mean_label(y), *_limits(y), median_label(y))


def _limits(y: Values) -> tuple[Array, Array]:
    """The smallest and the largest of numeric labels, flattened."""
    low, high = np.array(np.inf), np.array(-np.inf)
    for _, part in chunks(y):
        flat = part.reshape(len(part), -1)
        low, high = np.minimum(low, flat.min(axis=0)), np.maximum(high, flat.max(axis=0))
    return np.asarray(low, np.float64), np.asarray(high, np.float64)


def mean_label(y: Values) -> Array:
    """The mean of numeric labels, flattened."""
    total = sum(part.reshape(len(part), -1).sum(axis=0, dtype=np.float64) for _, part in chunks(y))
    return np.asarray(total / len(y))


def median_label(y: Values) -> Array:
    """The median of numeric labels, flattened; of very many numbers that of some samples at equal distances."""
    step = -(-y.size // _MAX_MEDIAN)
    parts = [part.reshape(len(part), -1)[-start % step :: step] for start, part in chunks(y)]
    return np.asarray(np.median(np.concatenate(parts).astype(np.float64), axis=0))


def balanced_weights(indices: Array, classes: int | None) -> dict[int, float]:
    """Class weights with which all classes have the same total weight: samples / (classes * samples of the class)."""
    counts = class_counts(indices, classes)
    present = sum(count > 0 for count in counts)
    return {index: len(indices) / (present * count) for index, count in enumerate(counts) if count}


ScaleName = Literal["standard", "min_max", "log"]


@dataclass(frozen=True)
class LabelScale:
    """Learned from the training labels: `label = scaled * factor + offset`, with `log` its exponential.

    `factor` and `offset` have one value, or one for each of several labels.
    """

    name: ScaleName
    factor: tuple[float, ...]
    offset: tuple[float, ...]

    @property
    def is_log(self) -> bool:
        """Whether logarithms are scaled."""
        return self.name == "log"

    def scaled(self, y: Values) -> Values:
        """Labels as the loss gets them, in float32."""
        return y.mapped(self._scaled, dtype=np.float32) if isinstance(y, StoredArray) else self._scaled(y)

    def _scaled(self, y: Array) -> Array:
        values = np.log(y.astype(np.float64)) if self.is_log else y.astype(np.float64)
        return np.asarray((values - self.offset) / self.factor, np.float32).reshape(y.shape)

    def require_scalable(self, y: Values, name: str) -> None:
        """Raises `DataError` for labels of a set that have no logarithm."""
        if self.is_log:
            for _ in _rows(self.name, y, 1, name):
                pass


def fit_label_scale(name: ScaleName, y: Values, *, each: bool) -> LabelScale:
    """The scale of the training labels.

    Args:
        name: The value of `scale`.
        y: The labels, of shape (samples, ...).
        each: Whether the labels per sample are scaled each by itself, otherwise all are scaled alike.

    Raises:
        DataError: The labels have no logarithm, or are all equal.
    """
    columns = y.shape[1] if each and y.ndim == 2 else 1
    low, high = np.full(columns, np.inf), np.full(columns, -np.inf)
    count, total = 0, np.zeros(columns)
    for values in _rows(name, y, columns):
        low, high = np.minimum(low, values.min(axis=0)), np.maximum(high, values.max(axis=0))
        count, total = count + len(values), total + values.sum(axis=0)
    if bool((low == high).any()):
        raise _refused("all training labels are equal: there is nothing to scale", "none")
    if name == "min_max":
        return LabelScale(name, tuple((high - low).tolist()), tuple(low.tolist()))
    mean = total / count
    squares = sum(((values - mean) ** 2).sum(axis=0) for values in _rows(name, y, columns))
    return LabelScale(name, tuple(np.sqrt(squares / count).tolist()), tuple(mean.tolist()))


def _rows(name: ScaleName, y: Values, columns: int, of: str = "training") -> Iterator[Array]:
    """The labels, or their logarithms, in float64 of shape (values, columns), in parts."""
    for _, part in chunks(y):
        values = part.astype(np.float64).reshape(-1, columns)
        if name == "log":
            smallest = values.min(initial=np.inf)
            if smallest <= 0:
                raise _refused(f"the smallest {of} label is {smallest:g}, which has no logarithm", "standard")
            values = np.log(values)
        yield values


def _refused(message: str, instead: str) -> DataError:
    help = fmt("write {}", Setting("scale", instead))
    return DataError([Violation("data-labels", message, path=("target", "scale"), help=help)])
