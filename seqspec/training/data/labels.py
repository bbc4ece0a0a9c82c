"""Labels: text to class indices, one-hot encoding, class counts and weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqspec.diagnostics.suggest import suggest
from seqspec.training.data.samples import Array
from seqspec.training.data.stored import StoredArray, Values, chunks
from seqspec.training.errors import DataError

_SHOWN = 5
_AT_ONCE = 2**20


@dataclass(frozen=True)
class LabelEncoding:
    """How labels become what the model is trained on.

    `names` are the classes by index, None where labels are numbers already; `classes` their number; `one_hot` whether
    the model gets a vector per label; `kind` that of `[target]`, or None.
    """

    kind: str | None
    names: list[str] | None = None
    classes: int | None = None
    one_hot: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Plain data for labels.json."""
        return {"kind": self.kind, "names": self.names, "classes": self.classes, "one_hot": self.one_hot}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> LabelEncoding:
        """The inverse of `to_dict`."""
        return cls(data["kind"], data["names"], data["classes"], data["one_hot"])

    def class_names(self) -> list[str] | None:
        """What reports call the classes."""
        if self.names is not None:
            return self.names
        return None if self.classes is None else [str(index) for index in range(self.classes)]


def fit_labels(y: Values | None, target: Any) -> LabelEncoding:
    """The encoding of the labels: by `[target]` where it says something, else by the training labels."""
    kind = getattr(target, "kind", None)
    classes = getattr(target, "classes", None)
    if kind == "binary":
        classes = 2
    one_hot = getattr(target, "encoding", None) == "one_hot"
    names = list(target.names) if target is not None and target.names else None
    if isinstance(y, StoredArray):
        return LabelEncoding(kind, names, classes, one_hot)
    if y is not None and y.dtype == object and names is None:
        found = sorted({str(value) for value in y.reshape(-1) if value is not None})
        names = found
        classes = classes if classes is not None else len(found)
    if kind is None and y is not None and y.ndim == 1 and classes is None and names is None and _is_integral(y):
        return LabelEncoding(None, None, None, False)
    return LabelEncoding(kind, names, classes, one_hot)


def encode_labels(y: Values, encoding: LabelEncoding, name: str, where: Any, violation: Any) -> Values:
    """The labels of one set as the model is trained on them.

    Args:
        y: The labels as they are stored.
        encoding: What `fit_labels` returned for the training set.
        name: The set, for messages.
        where: From a row to what messages call it.
        violation: Makes a `Violation` from a rule and a message.
    """
    if isinstance(y, StoredArray):
        # Maps, such as the masks of a segmentation, that are too large for the memory.
        for start, part in chunks(y):
            encode_labels(part, encoding, name, lambda row, start=start: where(start + row), violation)
        return y.mapped(lambda part: np.asarray(encode_labels(part, encoding, name, where, violation)),
                        dtype=encode_labels(y[:1], encoding, name, where, violation).dtype)  # fmt: skip
    if y.dtype == object:
        return _one_hot(_indices(y, encoding, name, where, violation), encoding)
    if encoding.kind in ("binary", "multiclass") and y.dtype.kind in "fiub" and (y.ndim == 1 or y.shape[-1] == 1):
        flat = y.reshape(-1)
        if not _is_integral(flat):
            raise DataError(
                [violation("data-labels", f"labels of the {name} set are not integers, such as {flat[0]:g}")]
            )
        inner = int(np.prod(y.shape[1:], dtype=np.int64))
        if encoding.classes is not None:
            # Before the conversion, which large numbers do not survive.
            bad = np.flatnonzero((flat < 0) | (flat >= encoding.classes))
            if len(bad):
                found = sorted({int(value) for value in flat[bad]})
                shown = ", ".join(map(str, found[:_SHOWN])) + (", …" if len(found) > _SHOWN else "")
                message = (
                    f"{len(bad):,} labels of the {name} set are outside 0 to {encoding.classes - 1}: {shown} "
                    f"({where(int(bad[0]) // inner)})"
                )
                help = "class indices start at 0" if flat.min() == 1 and flat.max() == encoding.classes else None
                raise DataError([violation("data-labels", message, help=help)])
        # (samples, 1) is a class per sample; more axes are a map of classes.
        return _one_hot(flat.astype(np.int32).reshape(y.shape if y.ndim > 2 else -1), encoding)
    if y.dtype.kind == "f" and y.ndim == 1 and encoding.kind is None and _is_integral(y) and encoding.classes is None:
        return y.astype(np.float32)
    return y.astype(np.float32) if y.dtype.kind == "f" else y


def _is_integral(y: Values) -> bool:
    return y.dtype.kind in "iub" or (y.dtype.kind == "f" and bool(np.all(y == np.round(y))))


def _indices(y: Array, encoding: LabelEncoding, name: str, where: Any, violation: Any) -> Array:
    names: Sequence[str] = encoding.names or ()
    index = {each: number for number, each in enumerate(names)}
    if encoding.kind == "regression":
        raise DataError(
            [violation("data-labels", f"[target] declares regression, but the labels are strings, such as {y[0]!r}")]
        )
    unknown = [row for row, value in enumerate(y.reshape(-1)) if str(value) not in index]
    if unknown:
        values = sorted({str(y.reshape(-1)[row]) for row in unknown})
        shown = ", ".join(values[:_SHOWN]) + (", …" if len(values) > _SHOWN else "")
        rows = ", ".join(where(row) for row in unknown[:_SHOWN]) + (", …" if len(unknown) > _SHOWN else "")
        message = f"{len(unknown):,} labels of the {name} set are not among the known classes: {shown} ({rows})"
        help = suggest(values[0], list(names)).label or f"the classes are {', '.join(names[:20])}"
        raise DataError([violation("data-labels", message, help=help)])
    if encoding.classes is not None and len(names) != encoding.classes:
        listed = ", ".join(names[:_SHOWN])
        plural = "class" if len(names) == 1 else "classes"
        message = f"the labels have {len(names)} {plural} ({listed}), but [target] declares {encoding.classes}"
        raise DataError([violation("data-labels", message)])
    return np.array([index[str(value)] for value in y.reshape(-1)], np.int32)


def _one_hot(indices: Array, encoding: LabelEncoding) -> Array:
    if not encoding.one_hot or encoding.classes is None:
        return indices
    return np.eye(encoding.classes, dtype=np.float32)[indices]


def class_indices(y: Values | None, encoding: LabelEncoding) -> Array | None:
    """The class index of each encoded label; None where labels are not classes."""
    if y is None or isinstance(y, StoredArray) or encoding.kind not in ("binary", "multiclass", None):
        return None
    if y.ndim == 2 and y.shape[1] > 1:
        return np.asarray(y.argmax(axis=1)) if encoding.one_hot else None
    flat = y.reshape(-1)
    if encoding.kind is None and encoding.names is None and not (flat.dtype.kind in "iub" or _is_integral(flat)):
        return None
    return flat if flat.dtype.kind == "i" else flat.astype(np.int64)


def class_counts(indices: Array, classes: int | None = None) -> list[int]:
    """Samples of each class."""
    total = np.zeros(classes or 0, np.int64)
    # NumPy would make a copy of all indices.
    for start in range(0, len(indices), _AT_ONCE):
        counts = np.bincount(indices[start : start + _AT_ONCE], minlength=len(total))
        counts[: len(total)] += total
        total = counts
    return [int(count) for count in total]


def balanced_weights(indices: Array, classes: int | None) -> dict[int, float]:
    """Class weights such that every class weighs the same in total: samples / (classes * samples of the class)."""
    counts = class_counts(indices, classes)
    present = sum(count > 0 for count in counts)
    return {index: len(indices) / (present * count) for index, count in enumerate(counts) if count}
