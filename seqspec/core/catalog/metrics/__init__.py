"""The classes of `keras.metrics`."""

from seqspec.core.catalog.keras_object import KerasObject
from seqspec.core.catalog.objects import ClassIndex, Named, NameIndex, named
from seqspec.core.diagnostics.message import OWN_CLASS, fmt
from seqspec.core.language.keys import snake_case

CLASSES = ClassIndex(
    __name__,
    {
        "accuracy": (
            "Accuracy BinaryAccuracy CategoricalAccuracy SparseCategoricalAccuracy SparseTopKCategoricalAccuracy "
            "TopKCategoricalAccuracy"
        ),
        "confusion": (
            "AUC F1Score FBetaScore FalseNegatives FalsePositives Precision PrecisionAtRecall Recall RecallAtPrecision "
            "SensitivityAtSpecificity SpecificityAtSensitivity TrueNegatives TruePositives"
        ),
        "probabilistic": (
            "BinaryCrossentropy CategoricalCrossentropy CategoricalHinge Hinge KLDivergence Poisson "
            "SparseCategoricalCrossentropy SquaredHinge"
        ),
        "regression": (
            "ConcordanceCorrelation CosineSimilarity LogCoshError Mean MeanAbsoluteError MeanAbsolutePercentageError "
            "MeanSquaredError MeanSquaredLogarithmicError PearsonCorrelation R2Score RootMeanSquaredError Sum"
        ),
        "segmentation": "BinaryIoU IoU MeanIoU OneHotIoU OneHotMeanIoU",
    },
)
"""The metrics by their class."""

# Keras's second name of each class, as it makes it from the first.
_FUNCTIONS = dict(sorted((snake_case(name), name) for name in CLASSES))
ALIASES = {
    "bce": "BinaryCrossentropy",
    "mae": "MeanAbsoluteError",
    "mape": "MeanAbsolutePercentageError",
    "mse": "MeanSquaredError",
    "msle": "MeanSquaredLogarithmicError",
}
"""Keras's short names."""


def _named(name: str, metric: type[KerasObject] | None) -> type[KerasObject] | Named:
    return metric if metric is not None and metric.required() else named(name, metric)


NAMES = NameIndex(
    CLASSES,
    {
        **_FUNCTIONS,
        **{metric: metric for metric in _FUNCTIONS.values()},
        **ALIASES,
        **{alias.upper(): metric for alias, metric in ALIASES.items()},
        # By this name Keras chooses an accuracy after the shapes of labels and predictions.
        "accuracy": None,
        "Accuracy": None,
        "acc": None,
    },
    _named,
)
"""Every name that `Model.compile` reads as a metric."""

TYPED = NameIndex(CLASSES, {"Accuracy": "Accuracy", "accuracy": "Accuracy"})
"""The class for a type or a name with arguments, where the bare name leaves the choice to Keras."""

_BASE = ("is a base class and carries code", fmt("name a metric of Keras, or {}", OWN_CLASS))
REFUSED: dict[str, tuple[str, str]] = dict.fromkeys(
    ("Metric", "metric", "MeanMetricWrapper", "mean_metric_wrapper"), _BASE
)
"""The classes that a document cannot hold: why, and what to do instead."""
