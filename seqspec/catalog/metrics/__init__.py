"""The classes of `keras.metrics`."""

from seqspec.catalog.keras_object import KerasObject
from seqspec.catalog.metrics.classification import (
    AUC,
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    F1Score,
    FalseNegatives,
    FalsePositives,
    FBetaScore,
    Precision,
    PrecisionAtRecall,
    Recall,
    RecallAtPrecision,
    SensitivityAtSpecificity,
    SparseCategoricalAccuracy,
    SparseTopKCategoricalAccuracy,
    SpecificityAtSensitivity,
    TopKCategoricalAccuracy,
    TrueNegatives,
    TruePositives,
)
from seqspec.catalog.metrics.probabilistic import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    CategoricalHinge,
    Hinge,
    KLDivergence,
    Poisson,
    SparseCategoricalCrossentropy,
    SquaredHinge,
)
from seqspec.catalog.metrics.regression import (
    ConcordanceCorrelation,
    CosineSimilarity,
    LogCoshError,
    Mean,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    PearsonCorrelation,
    R2Score,
    RootMeanSquaredError,
    Sum,
)
from seqspec.catalog.metrics.segmentation import (
    BinaryIoU,
    IoU,
    MeanIoU,
    OneHotIoU,
    OneHotMeanIoU,
)
from seqspec.catalog.objects import Named, named

# Keras's second name of each class, as it makes it from the first.
_CLASSES: dict[str, type[KerasObject]] = {
    "accuracy": Accuracy,
    "auc": AUC,
    "binary_accuracy": BinaryAccuracy,
    "binary_crossentropy": BinaryCrossentropy,
    "binary_io_u": BinaryIoU,
    "categorical_accuracy": CategoricalAccuracy,
    "categorical_crossentropy": CategoricalCrossentropy,
    "categorical_hinge": CategoricalHinge,
    "concordance_correlation": ConcordanceCorrelation,
    "cosine_similarity": CosineSimilarity,
    "f1_score": F1Score,
    "f_beta_score": FBetaScore,
    "false_negatives": FalseNegatives,
    "false_positives": FalsePositives,
    "hinge": Hinge,
    "io_u": IoU,
    "kl_divergence": KLDivergence,
    "log_cosh_error": LogCoshError,
    "mean": Mean,
    "mean_absolute_error": MeanAbsoluteError,
    "mean_absolute_percentage_error": MeanAbsolutePercentageError,
    "mean_io_u": MeanIoU,
    "mean_squared_error": MeanSquaredError,
    "mean_squared_logarithmic_error": MeanSquaredLogarithmicError,
    "one_hot_io_u": OneHotIoU,
    "one_hot_mean_io_u": OneHotMeanIoU,
    "pearson_correlation": PearsonCorrelation,
    "poisson": Poisson,
    "precision": Precision,
    "precision_at_recall": PrecisionAtRecall,
    "r2_score": R2Score,
    "recall": Recall,
    "recall_at_precision": RecallAtPrecision,
    "root_mean_squared_error": RootMeanSquaredError,
    "sensitivity_at_specificity": SensitivityAtSpecificity,
    "sparse_categorical_accuracy": SparseCategoricalAccuracy,
    "sparse_categorical_crossentropy": SparseCategoricalCrossentropy,
    "sparse_top_k_categorical_accuracy": SparseTopKCategoricalAccuracy,
    "specificity_at_sensitivity": SpecificityAtSensitivity,
    "squared_hinge": SquaredHinge,
    "sum": Sum,
    "top_k_categorical_accuracy": TopKCategoricalAccuracy,
    "true_negatives": TrueNegatives,
    "true_positives": TruePositives,
}
_ALIASES: dict[str, type[KerasObject]] = {
    "bce": BinaryCrossentropy,
    "mae": MeanAbsoluteError,
    "mape": MeanAbsolutePercentageError,
    "mse": MeanSquaredError,
    "msle": MeanSquaredLogarithmicError,
}

NAMES: dict[str, type[KerasObject] | Named] = {
    name: metric if metric.required() else named(name, metric)
    for name, metric in [
        *_CLASSES.items(),
        *((metric.__name__, metric) for metric in _CLASSES.values()),
        *_ALIASES.items(),
        *((alias.upper(), metric) for alias, metric in _ALIASES.items()),
    ]
} | {
    # By this name Keras chooses an accuracy after the shapes of labels and predictions.
    name: named(name, None)
    for name in ("accuracy", "Accuracy", "acc")
}
"""Every name that `Model.compile` reads as a metric."""

_TYPES = {"Accuracy": Accuracy, "accuracy": Accuracy}


def typed(name: str) -> type[KerasObject] | None:
    """The class for a type or a name with arguments, where the bare name leaves the choice to Keras."""
    return _TYPES.get(name)


_BASE = ("is a base class and carries code", "name a metric of Keras, or declare a class of your own under [custom]")
REFUSED: dict[str, tuple[str, str]] = dict.fromkeys(
    ("Metric", "metric", "MeanMetricWrapper", "mean_metric_wrapper"), _BASE
)
"""The classes that a document cannot hold: why, and what to do instead."""
