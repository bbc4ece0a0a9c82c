"""Labels against predictions: which losses and metrics Keras computes in the first step, and which it refuses."""

import itertools
import os

import numpy as np
import pytest

from seqspec.analysis.alignment import loss_step
from seqspec.analysis.measures import Measure, metric_step
from seqspec.analysis.objective import Objective
from seqspec.catalog.losses import NAMES as LOSSES
from seqspec.catalog.metrics import NAMES as METRICS
from seqspec.catalog.objects import LOSS, METRIC, Named
from seqspec.shapes.dims import BATCH

keras = pytest.importorskip("keras")

from keras.src.trainers.compile_utils import CompileLoss, CompileMetrics  # noqa: E402

WIDE = bool(os.environ.get("SEQSPEC_WIDE"))
BATCH_SIZE = 8

PREDICTIONS = [(1,), (2,), (3,), (5, 1), (5, 3), (4, 6, 1), (4, 6, 3)]
LABELS = [(), (1,), (2,), (3,), (5,), (5, 1), (5, 3), (4, 6), (4, 6, 1), (4, 6, 3)]
if WIDE:
    PREDICTIONS += [(5,), (1, 1), (1, 3), (5, 2), (4, 1, 3), (1, 1, 3), (2, 4, 6, 3)]
    LABELS += [(6,), (1, 1), (1, 3), (5, 2), (4, 1), (1, 1, 3), (2, 4, 6), (2, 4, 6, 1)]


def names(table):
    """A name for every class that the table knows, and those by which Keras chooses."""
    found = {}
    for name, entry in table.items():
        kind = entry.stands_for if isinstance(entry, Named) else entry
        found.setdefault(kind if kind is not None else name.lower(), name)
    return sorted(found.values())


def labels(shape, classes):
    random = np.random.default_rng(7)
    return random.integers(0, classes, (BATCH_SIZE, *shape)).astype("float32")


def predictions(shape):
    random = np.random.default_rng(11)
    values = random.random((BATCH_SIZE, *shape)).astype("float32") + 0.1
    return values / values.sum(-1, keepdims=True) if shape[-1] > 1 else values / 2


def refuses(step, *arguments):
    """Whether Keras raises."""
    try:
        step(*arguments)
    except Exception:  # of many kinds: Keras's own, TensorFlow's, AutoGraph's, Python's
        return True
    return False


def with_mask(array, mask):
    tensor = keras.ops.convert_to_tensor(array)
    if mask is not None:
        tensor._keras_mask = keras.ops.ones((BATCH_SIZE, *mask), dtype="bool")
    return tensor


def masks(shape):
    return [None, shape[:1]] if len(shape) == 2 else [None]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", [*names(LOSSES), "CategoricalGeneralizedCrossEntropy"])
def test_losses(name):
    declared = LOSS.read({"type": name} if name not in LOSSES else name)
    objective = Objective(declared, name, ())
    wrong = []
    for y, p in itertools.product(LABELS, PREDICTIONS):
        for mask in masks(p):
            given = labels(y, 1 if p[-1] == 1 else 2)
            loss = keras.losses.CategoricalGeneralizedCrossEntropy() if name not in LOSSES else name
            refused = refuses(CompileLoss(loss), given, with_mask(predictions(p), mask))
            told = loss_step(objective, (BATCH, *y), (BATCH, *p), None if mask is None else (BATCH, *mask))
            if told.refused != refused:
                wrong.append(f"labels {y}, predictions {p}, mask {mask}: Keras {'refuses' if refused else 'takes'}")
    assert not wrong, "\n".join(wrong)


ARGUMENTS = {
    "IoU": {"num_classes": 3, "target_class_ids": [0]},
    "MeanIoU": {"num_classes": 3},
    "OneHotIoU": {"num_classes": 3, "target_class_ids": [0]},
    "OneHotMeanIoU": {"num_classes": 3},
    "PrecisionAtRecall": {"recall": 0.5},
    "RecallAtPrecision": {"precision": 0.5},
    "SensitivityAtSpecificity": {"specificity": 0.5},
    "SpecificityAtSensitivity": {"sensitivity": 0.5},
}
VARIANTS = [
    ("Precision", {"class_id": 1}),
    ("Recall", {"top_k": 2}),
    ("Recall", {"thresholds": [0.0, 0.5, 1.0]}),
    ("AUC", {"multi_label": True}),
    ("AUC", {"from_logits": True}),
    ("F1Score", {"average": "micro"}),
    ("FBetaScore", {"average": "macro", "threshold": 0.5}),
    ("MeanIoU", {"num_classes": 3, "sparse_y_pred": False}),
    ("IoU", {"num_classes": 3, "target_class_ids": [0], "sparse_y_true": False, "sparse_y_pred": False}),
    ("SparseTopKCategoricalAccuracy", {"k": 2}),
    ("Accuracy", {}),
    ("R2Score", {"class_aggregation": None}),
]


def every_metric():
    for name in names(METRICS):
        found = METRICS[name]
        kind = found.stands_for if isinstance(found, Named) else found
        yield (
            (name, None)
            if kind is None or kind.__name__ not in ARGUMENTS
            else (kind.__name__, ARGUMENTS[kind.__name__])
        )
    yield from VARIANTS


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "arguments"), every_metric(), ids=lambda value: str(value))
def test_metrics(name, arguments):
    written = name if arguments is None else {"type": name, **arguments}
    measure = Measure(METRIC.read(written), written, ())
    wrong = []
    for y, p in itertools.product(LABELS, PREDICTIONS):
        for mask in masks(p):
            metric = name if arguments is None else getattr(keras.metrics, name)(**arguments)
            given = labels(y, 1 if p[-1] == 1 else 2)
            step = CompileMetrics([metric], None)
            refused = refuses(step.update_state, given, with_mask(predictions(p), mask))
            told = metric_step(measure, (BATCH, *y), (BATCH, *p), None if mask is None else (BATCH, *mask))
            if told.refused != refused:
                wrong.append(f"labels {y}, predictions {p}, mask {mask}: Keras {'refuses' if refused else 'takes'}")
    assert not wrong, "\n".join(wrong)
