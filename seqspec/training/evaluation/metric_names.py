"""What the names of metrics say."""

import re
from functools import cache

_HIGHER = ("acc", "auc", "precision", "recall", "f1", "iou", "r2")
"""Parts of names that users choose."""
KERAS_NAMES = {
    "accuracy": ("accuracy", "acc", "binary_accuracy", "categorical_accuracy", "sparse_categorical_accuracy"),
    "auc": ("auc",),
    "mae": ("mae", "mean_absolute_error"),
    "rmse": ("rmse", "root_mean_squared_error"),
    "f1": ("f1_score",),
    "macro_f1": ("f1_score",),
}
"""The names of metrics of Keras by that of their interval."""


def is_higher_better(name: str) -> bool:
    """Whether a larger value of a metric is a better one; of an unknown metric, as of a loss, a smaller one is."""
    bare = name.lower().rpartition(".")[2].removeprefix("val_").removeprefix("weighted_")
    plain = re.sub(r"_\d+$", "", bare).replace("_", "")
    return plain in _maximized() or any(part in bare for part in _HIGHER)


@cache
def _maximized() -> frozenset[str]:
    """The metrics of Keras that are maximized, in lower case."""
    from seqspec.core.api.catalog import CLASSES

    return frozenset(name.lower() for name, kind in CLASSES.items() if getattr(kind, "direction", None) == "max")
