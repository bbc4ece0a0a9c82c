"""The classes and functions of `keras.losses`."""

from typing import Annotated, Literal

from annotated_types import Gt, Lt
from pydantic import Field

from seqspec.catalog.dtypes import COMPLEX, FLOATS, PolicyText, policy
from seqspec.catalog.keras_object import KerasObject
from seqspec.catalog.markers import Expects
from seqspec.catalog.objects import Named, named
from seqspec.catalog.types import Maybe, Number, PlainName
from seqspec.diagnostics.violation import Violation


class NullMeansNone:
    """Marks a value of which null is an own word."""


_Reduction = Annotated[
    Literal["sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none"] | None,
    Expects('"sum_over_batch_size" or "sum" or "mean" or "mean_with_sample_weight" or "none"'),
    NullMeansNone(),
]
"""How the losses of samples become one number; `null` is Keras's None and means the same as `"none"`."""

_REDUCTION_DOC = "How the losses of samples become one number."
_Name = PlainName
_Dtype = Maybe[PolicyText]
_DTYPE_DOC = "Dtype of the computation."
_LOGITS_DOC = "Whether the predictions come without softmax or sigmoid."
_SMOOTHING_DOC = "How far labels are moved towards a uniform distribution."
_Axes = Maybe[int | list[int]]


class Loss(KerasObject):
    """What training makes small."""

    def check_arguments(self) -> None:
        dtype = getattr(self, "dtype", None)
        if dtype and policy(dtype).compute not in FLOATS | COMPLEX:
            raise Violation(
                "bad-value",
                f'dtype must be a float dtype: a loss in {dtype} has no gradient, got "{dtype}"',
                path=("dtype",),
                help='remove dtype, or write dtype = "float32"',
            )


class MeanSquaredError(Loss):
    """Mean of squared differences."""

    reduction: _Reduction = Field(default="sum_over_batch_size", description=_REDUCTION_DOC)
    name: _Name = Field(default="mean_squared_error", description="Name.")
    dtype: _Dtype = Field(default=None, description=_DTYPE_DOC)


class MeanAbsoluteError(Loss):
    """Mean of absolute differences."""

    reduction: _Reduction = Field(default="sum_over_batch_size", description=_REDUCTION_DOC)
    name: _Name = Field(default="mean_absolute_error", description="Name.")
    dtype: _Dtype = Field(default=None, description=_DTYPE_DOC)


class MeanAbsolutePercentageError(Loss):
    """Mean of absolute differences in percent of the label."""

    reduction: _Reduction = Field(default="sum_over_batch_size", description=_REDUCTION_DOC)
    name: _Name = Field(default="mean_absolute_percentage_error", description="Name.")
    dtype: _Dtype = Field(default=None, description=_DTYPE_DOC)


class MeanSquaredLogarithmicError(Loss):
    """Mean of squared differences of logarithms."""

    reduction: _Reduction = Field(default="sum_over_batch_size", description=_REDUCTION_DOC)
    name: _Name = Field(default="mean_squared_logarithmic_error", description="Name.")
    dtype: _Dtype = Field(default=None, description=_DTYPE_DOC)


class CosineSimilarity(Loss):
    """The negative cosine of the angle between labels and predictions."""

    axis: int | list[int] = Field(default=-1, description="Axis of the vectors.")
    reduction: _Reduction = Field(default="sum_over_batch_size", description=_REDUCTION_DOC)
    name: _Name = Field(default="cosine_similarity", description="Name.")
    dtype: _Dtype = Field(default=None, description=_DTYPE_DOC)


class Huber(Loss):
    """Squares of small differences, absolute values of large ones."""

    delta: Number = Field(default=1.0, description="Where small ends and large begins.")
    reduction: _Reduction = Field(default="sum_over_batch_size", description=_REDUCTION_DOC)
    name: _Name = Field(default="huber_loss", description="Name.")
    dtype: _Dtype = Field(default=None, description=_DTYPE_DOC)


class LogCosh(Loss):
    """Logarithm of the hyperbolic cosine of differences."""

    reduction: _Reduction = Field(default="sum_over_batch_size", description=_REDUCTION_DOC)
    name: _Name = Field(default="log_cosh", description="Name.")
    dtype: _Dtype = Field(default=None, description=_DTYPE_DOC)


class Hinge(Loss):
    """Hinge loss, labels -1 and 1."""

    reduction: _Reduction = Field(default="sum_over_batch_size", description=_REDUCTION_DOC)
    name: _Name = Field(default="hinge", description="Name.")
    dtype: _Dtype = Field(default=None, description=_DTYPE_DOC)


class SquaredHinge(Loss):
    """Square of the hinge loss, labels -1 and 1."""

    reduction: _Reduction = Field(default="sum_over_batch_size", description=_REDUCTION_DOC)
    name: _Name = Field(default="squared_hinge", description="Name.")
    dtype: _Dtype = Field(default=None, description=_DTYPE_DOC)


class CategoricalHinge(Loss):
    """Hinge loss between the right class and the strongest wrong one."""

    reduction: _Reduction = Field(default="sum_over_batch_size", description=_REDUCTION_DOC)
    name: _Name = Field(default="categorical_hinge", description="Name.")
    dtype: _Dtype = Field(default=None, description=_DTYPE_DOC)


class KLDivergence(Loss):
    """Kullback-Leibler divergence between two distributions."""

    reduction: _Reduction = Field(default="sum_over_batch_size", description=_REDUCTION_DOC)
    name: _Name = Field(default="kl_divergence", description="Name.")
    dtype: _Dtype = Field(default=None, description=_DTYPE_DOC)


class Poisson(Loss):
    """Poisson loss, for counts."""

    reduction: _Reduction = Field(default="sum_over_batch_size", description=_REDUCTION_DOC)
    name: _Name = Field(default="poisson", description="Name.")
    dtype: _Dtype = Field(default=None, description=_DTYPE_DOC)


class BinaryCrossentropy(Loss):
    """Cross-entropy for labels that are 0 or 1."""

    from_logits: bool = Field(default=False, description=_LOGITS_DOC)
    label_smoothing: Number = Field(default=0.0, description=_SMOOTHING_DOC)
    axis: int = Field(default=-1, description="Axis that is averaged.")
    reduction: _Reduction = Field(default="sum_over_batch_size", description=_REDUCTION_DOC)
    name: _Name = Field(default="binary_crossentropy", description="Name.")
    dtype: _Dtype = Field(default=None, description=_DTYPE_DOC)


class BinaryFocalCrossentropy(Loss):
    """Binary cross-entropy with less weight on what is already right."""

    apply_class_balancing: bool = Field(default=False, description="Whether classes are weighted by alpha.")
    alpha: Number = Field(default=0.25, description="Weight of class 1; class 0 has the rest.")
    gamma: Number = Field(default=2.0, description="How strongly easy samples lose weight.")
    from_logits: bool = Field(default=False, description=_LOGITS_DOC)
    label_smoothing: Number = Field(default=0.0, description=_SMOOTHING_DOC)
    axis: int = Field(default=-1, description="Axis that is averaged.")
    reduction: _Reduction = Field(default="sum_over_batch_size", description=_REDUCTION_DOC)
    name: _Name = Field(default="binary_focal_crossentropy", description="Name.")
    dtype: _Dtype = Field(default=None, description=_DTYPE_DOC)


class CategoricalCrossentropy(Loss):
    """Cross-entropy for one-hot labels."""

    from_logits: bool = Field(default=False, description=_LOGITS_DOC)
    label_smoothing: Number = Field(default=0.0, description=_SMOOTHING_DOC)
    axis: int = Field(default=-1, description="Axis of the classes.")
    reduction: _Reduction = Field(default="sum_over_batch_size", description=_REDUCTION_DOC)
    name: _Name = Field(default="categorical_crossentropy", description="Name.")
    dtype: _Dtype = Field(default=None, description=_DTYPE_DOC)


class CategoricalFocalCrossentropy(Loss):
    """Categorical cross-entropy with less weight on what is already right."""

    alpha: Number | list[Number] = Field(default=0.25, description="Weight of all classes, or of each.")
    gamma: Number = Field(default=2.0, description="How strongly easy samples lose weight.")
    from_logits: bool = Field(default=False, description=_LOGITS_DOC)
    label_smoothing: Number = Field(default=0.0, description=_SMOOTHING_DOC)
    axis: int = Field(default=-1, description="Axis of the classes.")
    reduction: _Reduction = Field(default="sum_over_batch_size", description=_REDUCTION_DOC)
    name: _Name = Field(default="categorical_focal_crossentropy", description="Name.")
    dtype: _Dtype = Field(default=None, description=_DTYPE_DOC)


class SparseCategoricalCrossentropy(Loss):
    """Cross-entropy for labels that are whole numbers."""

    from_logits: bool = Field(default=False, description=_LOGITS_DOC)
    ignore_class: Maybe[int] = Field(default=None, description="A label that does not count.")
    reduction: _Reduction = Field(default="sum_over_batch_size", description=_REDUCTION_DOC)
    axis: int = Field(default=-1, description="Axis of the classes.")
    name: _Name = Field(default="sparse_categorical_crossentropy", description="Name.")
    dtype: _Dtype = Field(default=None, description=_DTYPE_DOC)


class CategoricalGeneralizedCrossEntropy(Loss):
    """A cross-entropy that bears wrong labels, for labels that are whole numbers."""

    q: Annotated[Number, Gt(0), Lt(1)] = Field(
        default=0.5, description="0 is near cross-entropy, 1 near absolute error."
    )
    reduction: _Reduction = Field(default="sum_over_batch_size", description=_REDUCTION_DOC)
    name: _Name = Field(default="categorical_generalized_cross_entropy", description="Name.")
    dtype: _Dtype = Field(default=None, description=_DTYPE_DOC)


class CTC(Loss):
    """Connectionist temporal classification: sequences of labels without their positions."""

    reduction: _Reduction = Field(default="sum_over_batch_size", description=_REDUCTION_DOC)
    name: _Name = Field(default="ctc", description="Name.")
    dtype: _Dtype = Field(default=None, description=_DTYPE_DOC)


class Dice(Loss):
    """One minus the overlap of masks."""

    reduction: _Reduction = Field(default="sum_over_batch_size", description=_REDUCTION_DOC)
    name: _Name = Field(default="dice", description="Name.")
    axis: _Axes = Field(default=None, description="Axes that the overlap is taken over; all where none are given.")
    dtype: _Dtype = Field(default=None, description=_DTYPE_DOC)


class Tversky(Loss):
    """One minus the overlap of masks, with weights for what is too much and too little."""

    alpha: Number = Field(default=0.5, description="Weight of false positives.")
    beta: Number = Field(default=0.5, description="Weight of false negatives.")
    reduction: _Reduction = Field(default="sum_over_batch_size", description=_REDUCTION_DOC)
    name: _Name = Field(default="tversky", description="Name.")
    axis: _Axes = Field(default=None, description="Axes that the overlap is taken over; all where none are given.")
    dtype: _Dtype = Field(default=None, description=_DTYPE_DOC)


class Circle(Loss):
    """Circle loss: embeddings of one class come together, those of others part."""

    gamma: Number = Field(default=80.0, description="Scale.")
    margin: Number = Field(default=0.4, description="How far classes should part.")
    remove_diagonal: bool = Field(default=True, description="Whether a sample is not compared with itself.")
    reduction: _Reduction = Field(default="sum_over_batch_size", description=_REDUCTION_DOC)
    name: _Name = Field(default="circle", description="Name.")
    dtype: _Dtype = Field(default=None, description=_DTYPE_DOC)


_FUNCTIONS: dict[str, type[Loss]] = {
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
_ALIASES: dict[str, type[Loss]] = {
    "bce": BinaryCrossentropy,
    "kld": KLDivergence,
    "mae": MeanAbsoluteError,
    "mape": MeanAbsolutePercentageError,
    "mse": MeanSquaredError,
    "msle": MeanSquaredLogarithmicError,
}

_CALLED: dict[str, type[Loss]] = {
    **_FUNCTIONS,
    **_ALIASES,
    **{alias.upper(): loss for alias, loss in _ALIASES.items()},
    **{loss.__name__: loss for loss in _FUNCTIONS.values()},
}

NAMES: dict[str, type[KerasObject] | Named] = {
    **{name: named(name, loss) for name, loss in _CALLED.items()},
    # Cross-entropy after the shapes of labels and predictions.
    **{name: named(name, None) for name in ("crossentropy", "ce")},
}
"""Every name that `Model.compile` reads as a loss."""


ONLY_TYPED = ("CategoricalGeneralizedCrossEntropy",)
"""The names that only `typed` reads."""


def typed(name: str) -> type[KerasObject] | None:
    """The class for a loss that Keras does not read by its bare name."""
    return CategoricalGeneralizedCrossEntropy if name in ONLY_TYPED else None


_BASE = ("is a base class and carries code", "name a loss of Keras, or declare a class of your own under [custom]")
REFUSED: dict[str, tuple[str, str]] = {"Loss": _BASE, "LossFunctionWrapper": _BASE}
"""The classes that a document cannot hold: why, and what to do instead."""
