"""What the names of metrics say."""

_HIGHER = ("acc", "auc", "precision", "recall", "f1", "iou", "r2")


def is_higher_better(name: str) -> bool:
    """Whether a larger value of a metric is a better one; of an unknown metric, as of a loss, a smaller one is."""
    bare = name.rpartition(".")[2].removeprefix("val_")
    return any(part in bare for part in _HIGHER)
