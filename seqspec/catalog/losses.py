"""The classes and functions of `keras.losses`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seqspec.catalog.arguments import Declaration, arg
from seqspec.catalog.dtypes import PolicyName
from seqspec.catalog.kinds import Boolean, Choice, Either, Integer, ListOf, Number, Optional, Text
from seqspec.catalog.objects import Named


class Reduction(Choice):
    """How the losses of samples become one number; `null` is Keras's None and means the same as `"none"`."""

    def __init__(self) -> None:
        super().__init__("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none")

    def read(self, value: Any) -> Any:
        return None if value is None else super().read(value)


_REDUCTION = Reduction()
_REDUCTION_DOC = "How the losses of samples become one number."
_NAME = Optional(Text("a name"))
_DTYPE = Optional(PolicyName())
_DTYPE_DOC = "Dtype of the computation."
_LOGITS_DOC = "Whether the predictions come without softmax or sigmoid."
_SMOOTHING_DOC = "How far labels are moved towards a uniform distribution."
_AXES = Optional(Either(Integer(), ListOf(Integer())))


class Loss(Declaration):
    """What training makes small."""


class MeanSquaredError(Loss):
    """Mean of squared differences."""

    reduction: str | None = arg(_REDUCTION, _REDUCTION_DOC, default="sum_over_batch_size")
    name: str | None = arg(_NAME, "Name.", default="mean_squared_error")
    dtype: str | None = arg(_DTYPE, _DTYPE_DOC, default=None)


class MeanAbsoluteError(Loss):
    """Mean of absolute differences."""

    reduction: str | None = arg(_REDUCTION, _REDUCTION_DOC, default="sum_over_batch_size")
    name: str | None = arg(_NAME, "Name.", default="mean_absolute_error")
    dtype: str | None = arg(_DTYPE, _DTYPE_DOC, default=None)


class MeanAbsolutePercentageError(Loss):
    """Mean of absolute differences in percent of the label."""

    reduction: str | None = arg(_REDUCTION, _REDUCTION_DOC, default="sum_over_batch_size")
    name: str | None = arg(_NAME, "Name.", default="mean_absolute_percentage_error")
    dtype: str | None = arg(_DTYPE, _DTYPE_DOC, default=None)


class MeanSquaredLogarithmicError(Loss):
    """Mean of squared differences of logarithms."""

    reduction: str | None = arg(_REDUCTION, _REDUCTION_DOC, default="sum_over_batch_size")
    name: str | None = arg(_NAME, "Name.", default="mean_squared_logarithmic_error")
    dtype: str | None = arg(_DTYPE, _DTYPE_DOC, default=None)


class CosineSimilarity(Loss):
    """The negative cosine of the angle between labels and predictions."""

    axis: int = arg(Either(Integer(), ListOf(Integer())), "Axis of the vectors.", default=-1)
    reduction: str | None = arg(_REDUCTION, _REDUCTION_DOC, default="sum_over_batch_size")
    name: str | None = arg(_NAME, "Name.", default="cosine_similarity")
    dtype: str | None = arg(_DTYPE, _DTYPE_DOC, default=None)


class Huber(Loss):
    """Squares of small differences, absolute values of large ones."""

    delta: float = arg(Number(), "Where small ends and large begins.", default=1.0)
    reduction: str | None = arg(_REDUCTION, _REDUCTION_DOC, default="sum_over_batch_size")
    name: str | None = arg(_NAME, "Name.", default="huber_loss")
    dtype: str | None = arg(_DTYPE, _DTYPE_DOC, default=None)


class LogCosh(Loss):
    """Logarithm of the hyperbolic cosine of differences."""

    reduction: str | None = arg(_REDUCTION, _REDUCTION_DOC, default="sum_over_batch_size")
    name: str | None = arg(_NAME, "Name.", default="log_cosh")
    dtype: str | None = arg(_DTYPE, _DTYPE_DOC, default=None)


class Hinge(Loss):
    """Hinge loss, labels -1 and 1."""

    reduction: str | None = arg(_REDUCTION, _REDUCTION_DOC, default="sum_over_batch_size")
    name: str | None = arg(_NAME, "Name.", default="hinge")
    dtype: str | None = arg(_DTYPE, _DTYPE_DOC, default=None)


class SquaredHinge(Loss):
    """Square of the hinge loss, labels -1 and 1."""

    reduction: str | None = arg(_REDUCTION, _REDUCTION_DOC, default="sum_over_batch_size")
    name: str | None = arg(_NAME, "Name.", default="squared_hinge")
    dtype: str | None = arg(_DTYPE, _DTYPE_DOC, default=None)


class CategoricalHinge(Loss):
    """Hinge loss between the right class and the strongest wrong one."""

    reduction: str | None = arg(_REDUCTION, _REDUCTION_DOC, default="sum_over_batch_size")
    name: str | None = arg(_NAME, "Name.", default="categorical_hinge")
    dtype: str | None = arg(_DTYPE, _DTYPE_DOC, default=None)


class KLDivergence(Loss):
    """Kullback-Leibler divergence between two distributions."""

    reduction: str | None = arg(_REDUCTION, _REDUCTION_DOC, default="sum_over_batch_size")
    name: str | None = arg(_NAME, "Name.", default="kl_divergence")
    dtype: str | None = arg(_DTYPE, _DTYPE_DOC, default=None)


class Poisson(Loss):
    """Poisson loss, for counts."""

    reduction: str | None = arg(_REDUCTION, _REDUCTION_DOC, default="sum_over_batch_size")
    name: str | None = arg(_NAME, "Name.", default="poisson")
    dtype: str | None = arg(_DTYPE, _DTYPE_DOC, default=None)


class BinaryCrossentropy(Loss):
    """Cross-entropy for labels that are 0 or 1."""

    from_logits: bool = arg(Boolean(), _LOGITS_DOC, default=False)
    label_smoothing: float = arg(Number(), _SMOOTHING_DOC, default=0.0)
    axis: int = arg(Integer(), "Axis that is averaged.", default=-1)
    reduction: str | None = arg(_REDUCTION, _REDUCTION_DOC, default="sum_over_batch_size")
    name: str | None = arg(_NAME, "Name.", default="binary_crossentropy")
    dtype: str | None = arg(_DTYPE, _DTYPE_DOC, default=None)


class BinaryFocalCrossentropy(Loss):
    """Binary cross-entropy with less weight on what is already right."""

    apply_class_balancing: bool = arg(Boolean(), "Whether classes are weighted by alpha.", default=False)
    alpha: float = arg(Number(), "Weight of class 1; class 0 has the rest.", default=0.25)
    gamma: float = arg(Number(), "How strongly easy samples lose weight.", default=2.0)
    from_logits: bool = arg(Boolean(), _LOGITS_DOC, default=False)
    label_smoothing: float = arg(Number(), _SMOOTHING_DOC, default=0.0)
    axis: int = arg(Integer(), "Axis that is averaged.", default=-1)
    reduction: str | None = arg(_REDUCTION, _REDUCTION_DOC, default="sum_over_batch_size")
    name: str | None = arg(_NAME, "Name.", default="binary_focal_crossentropy")
    dtype: str | None = arg(_DTYPE, _DTYPE_DOC, default=None)


class CategoricalCrossentropy(Loss):
    """Cross-entropy for one-hot labels."""

    from_logits: bool = arg(Boolean(), _LOGITS_DOC, default=False)
    label_smoothing: float = arg(Number(), _SMOOTHING_DOC, default=0.0)
    axis: int = arg(Integer(), "Axis of the classes.", default=-1)
    reduction: str | None = arg(_REDUCTION, _REDUCTION_DOC, default="sum_over_batch_size")
    name: str | None = arg(_NAME, "Name.", default="categorical_crossentropy")
    dtype: str | None = arg(_DTYPE, _DTYPE_DOC, default=None)


class CategoricalFocalCrossentropy(Loss):
    """Categorical cross-entropy with less weight on what is already right."""

    alpha: float | Sequence[float] = arg(
        Either(Number(), ListOf(Number())), "Weight of all classes, or of each.", default=0.25
    )
    gamma: float = arg(Number(), "How strongly easy samples lose weight.", default=2.0)
    from_logits: bool = arg(Boolean(), _LOGITS_DOC, default=False)
    label_smoothing: float = arg(Number(), _SMOOTHING_DOC, default=0.0)
    axis: int = arg(Integer(), "Axis of the classes.", default=-1)
    reduction: str | None = arg(_REDUCTION, _REDUCTION_DOC, default="sum_over_batch_size")
    name: str | None = arg(_NAME, "Name.", default="categorical_focal_crossentropy")
    dtype: str | None = arg(_DTYPE, _DTYPE_DOC, default=None)


class SparseCategoricalCrossentropy(Loss):
    """Cross-entropy for labels that are whole numbers."""

    from_logits: bool = arg(Boolean(), _LOGITS_DOC, default=False)
    ignore_class: int | None = arg(Optional(Integer()), "A label that does not count.", default=None)
    reduction: str | None = arg(_REDUCTION, _REDUCTION_DOC, default="sum_over_batch_size")
    axis: int = arg(Integer(), "Axis of the classes.", default=-1)
    name: str | None = arg(_NAME, "Name.", default="sparse_categorical_crossentropy")
    dtype: str | None = arg(_DTYPE, _DTYPE_DOC, default=None)


class CategoricalGeneralizedCrossEntropy(Loss):
    """A cross-entropy that bears wrong labels, for labels that are whole numbers."""

    q: float = arg(Number(above=0, below=1), "0 is near cross-entropy, 1 near absolute error.", default=0.5)
    reduction: str | None = arg(_REDUCTION, _REDUCTION_DOC, default="sum_over_batch_size")
    name: str | None = arg(_NAME, "Name.", default="categorical_generalized_cross_entropy")
    dtype: str | None = arg(_DTYPE, _DTYPE_DOC, default=None)


class CTC(Loss):
    """Connectionist temporal classification: sequences of labels without their positions."""

    reduction: str | None = arg(_REDUCTION, _REDUCTION_DOC, default="sum_over_batch_size")
    name: str | None = arg(_NAME, "Name.", default="ctc")
    dtype: str | None = arg(_DTYPE, _DTYPE_DOC, default=None)


class Dice(Loss):
    """One minus the overlap of masks."""

    reduction: str | None = arg(_REDUCTION, _REDUCTION_DOC, default="sum_over_batch_size")
    name: str | None = arg(_NAME, "Name.", default="dice")
    axis: Any = arg(_AXES, "Axes that the overlap is taken over; all where none are given.", default=None)
    dtype: str | None = arg(_DTYPE, _DTYPE_DOC, default=None)


class Tversky(Loss):
    """One minus the overlap of masks, with weights for what is too much and too little."""

    alpha: float = arg(Number(), "Weight of false positives.", default=0.5)
    beta: float = arg(Number(), "Weight of false negatives.", default=0.5)
    reduction: str | None = arg(_REDUCTION, _REDUCTION_DOC, default="sum_over_batch_size")
    name: str | None = arg(_NAME, "Name.", default="tversky")
    axis: Any = arg(_AXES, "Axes that the overlap is taken over; all where none are given.", default=None)
    dtype: str | None = arg(_DTYPE, _DTYPE_DOC, default=None)


class Circle(Loss):
    """Circle loss: embeddings of one class come together, those of others part."""

    gamma: float = arg(Number(), "Scale.", default=80.0)
    margin: float = arg(Number(), "How far classes should part.", default=0.4)
    remove_diagonal: bool = arg(Boolean(), "Whether a sample is not compared with itself.", default=True)
    reduction: str | None = arg(_REDUCTION, _REDUCTION_DOC, default="sum_over_batch_size")
    name: str | None = arg(_NAME, "Name.", default="circle")
    dtype: str | None = arg(_DTYPE, _DTYPE_DOC, default=None)


_FUNCTIONS: dict[str, type[Declaration]] = {
    "binary_crossentropy": BinaryCrossentropy,
    "binary_focal_crossentropy": BinaryFocalCrossentropy,
    "categorical_crossentropy": CategoricalCrossentropy,
    "categorical_focal_crossentropy": CategoricalFocalCrossentropy,
    "categorical_hinge": CategoricalHinge,
    "circle": Circle,
    "cosine_similarity": CosineSimilarity,
    "ctc": CTC,
    "dice": Dice,
    "hinge": Hinge,
    "huber": Huber,
    "kl_divergence": KLDivergence,
    "log_cosh": LogCosh,
    "mean_absolute_error": MeanAbsoluteError,
    "mean_absolute_percentage_error": MeanAbsolutePercentageError,
    "mean_squared_error": MeanSquaredError,
    "mean_squared_logarithmic_error": MeanSquaredLogarithmicError,
    "poisson": Poisson,
    "sparse_categorical_crossentropy": SparseCategoricalCrossentropy,
    "squared_hinge": SquaredHinge,
    "tversky": Tversky,
}
_ALIASES = {
    "bce": BinaryCrossentropy,
    "kld": KLDivergence,
    "mae": MeanAbsoluteError,
    "mape": MeanAbsolutePercentageError,
    "mse": MeanSquaredError,
    "msle": MeanSquaredLogarithmicError,
}

NAMES: dict[str, type[Declaration] | Named] = {
    name: Named(name, loss)
    for name, loss in [
        *_FUNCTIONS.items(),
        *_ALIASES.items(),
        *((alias.upper(), loss) for alias, loss in _ALIASES.items()),
        *((loss.__name__, loss) for loss in _FUNCTIONS.values()),
        # Cross-entropy after the shapes of labels and predictions.
        ("crossentropy", None),
        ("ce", None),
    ]
}
"""Every name that `Model.compile` reads as a loss."""


ONLY_TYPED = ("CategoricalGeneralizedCrossEntropy",)
"""The names that only `typed` reads."""


def typed(name: str) -> type[Declaration] | None:
    """The class for a loss that Keras does not read by its bare name."""
    return CategoricalGeneralizedCrossEntropy if name in ONLY_TYPED else None


_BASE = ("is a base class and carries code", "name a loss of Keras, or declare a class of your own under [custom]")
REFUSED: dict[str, tuple[str, str]] = {"Loss": _BASE, "LossFunctionWrapper": _BASE}
"""The classes that a document cannot hold: why, and what to do instead."""
