"""Labels and predictions: the losses and metrics that Keras computes in the first step, and those that fail."""

import functools
import itertools
import os

import keras
import numpy as np
import pytest
from keras.src.losses.loss import squeeze_or_expand_to_same_rank
from keras.src.trainers.compile_utils import CompileLoss, CompileMetrics

import seqspec
from seqspec.core.analysis.training.losses_and_metrics import CompiledMetric, loss_step, metric_step
from seqspec.core.analysis.training.objective import TrainingLoss
from seqspec.core.catalog.losses import NAMES as LOSSES
from seqspec.core.catalog.metrics import NAMES as METRICS
from seqspec.core.catalog.objects import LOSS, METRIC, Named
from seqspec.core.shapes.tensor import BATCH
from tests.nightly import rest_nightly

WIDE = bool(os.environ.get("SEQSPEC_WIDE"))
BATCH_SIZE = 8

PREDICTIONS = [(1,), (2,), (3,), (5, 1), (5, 3), (4, 6, 1), (4, 6, 3)]
LABELS = [(), (1,), (2,), (3,), (5,), (5, 1), (5, 3), (4, 6), (4, 6, 1), (4, 6, 3)]
if WIDE:
    PREDICTIONS += [(5,), (1, 1), (1, 3), (5, 2), (4, 1, 3), (1, 1, 3), (2, 4, 6, 3)]
    LABELS += [(6,), (1, 1), (1, 3), (5, 2), (4, 1), (1, 1, 3), (2, 4, 6), (2, 4, 6, 1)]


NEW = tuple(int(part) for part in keras.__version__.split(".")[:2]) >= (3, 15)


def differs(metric, y, p):
    """Whether an older Keras refuses what this one takes: overlaps of one label, or of numbers of no class."""
    return not NEW and metric.lower().replace("_", "").endswith("iou") and (y.ndim < 2 or y.min() < 0 or y.max() > 1)


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
    objective = TrainingLoss(declared, name, ())
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


@pytest.mark.sampled(4)
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "arguments"), every_metric(), ids=str)
def test_metrics(name, arguments):
    written = name if arguments is None else {"type": name, **arguments}
    measure = CompiledMetric(METRIC.read(written), written, ())
    wrong = []
    for y, p in itertools.product(LABELS, PREDICTIONS):
        for mask in masks(p):
            metric = name if arguments is None else getattr(keras.metrics, name)(**arguments)
            given = labels(y, 1 if p[-1] == 1 else 2)
            step = CompileMetrics([metric], None)
            refused = refuses(step.update_state, given, with_mask(predictions(p), mask))
            if differs(name, given, p):
                continue
            told = metric_step(measure, (BATCH, *y), (BATCH, *p), None if mask is None else (BATCH, *mask))
            if told.refused != refused:
                wrong.append(f"labels {y}, predictions {p}, mask {mask}: Keras {'refuses' if refused else 'takes'}")
    assert not wrong, "\n".join(wrong)


HEADS = {
    "one number": ([4], [], ["linear", "sigmoid", "tanh"], 1),
    "two numbers": ([4], [], ["softmax", "sigmoid"], 2),
    "three numbers": ([4], [], ["softmax", "linear"], 3),
    "one number a step": ([5, 4], ["lstm"], ["sigmoid", "linear"], 1),
    "three numbers a step": ([5, 4], ["lstm"], ["softmax"], 3),
    "one number a pixel": ([4, 6, 2], ["conv"], ["sigmoid"], 1),
    "three numbers a pixel": ([4, 6, 2], ["conv"], ["softmax"], 3),
}
BEFORE = {
    "lstm": {"type": "LSTM", "units": 2, "return_sequences": True},
    "conv": {"type": "Conv2D", "filters": 2, "kernel_size": 3, "padding": "same", "activation": "relu"},
}
TARGETS = [
    {"kind": "binary"},
    {"kind": "binary", "shape": [1]},
    {"kind": "binary", "encoding": "one_hot"},
    {"kind": "multiclass", "classes": 3},
    {"kind": "multiclass", "classes": 3, "shape": [1]},
    {"kind": "multiclass", "classes": 3, "encoding": "one_hot"},
    {"kind": "multilabel", "classes": 3},
    {"kind": "regression", "range": [-3, 3]},
    {"kind": "regression", "range": [0, 1], "shape": [1]},
    {"kind": "regression", "range": [0, 1], "shape": [3]},
    {"kind": "binary", "shape": [5]},
    {"kind": "binary", "shape": [5, 1]},
    {"kind": "multiclass", "classes": 3, "shape": [5]},
    {"kind": "multiclass", "classes": 3, "encoding": "one_hot", "shape": [5, 3]},
    {"kind": "regression", "range": [0, 1], "shape": [5, 1]},
    {"kind": "binary", "shape": [4, 6]},
    {"kind": "multiclass", "classes": 3, "shape": [4, 6]},
    {"kind": "multiclass", "classes": 3, "encoding": "one_hot", "shape": [4, 6, 3]},
]


def document(head, activation, loss, target, metrics=None):
    input, before, _, units = HEADS[head]
    layers = [BEFORE[name] for name in before] + [{"type": "Dense", "units": units, "activation": activation}]
    compiled = {"loss": loss, **({"metrics": metrics} if metrics else {})}
    return {"seqspec": 1, "model": {"input": input, "layers": layers}, "target": target, "compile": compiled}


def labels_of(target):
    """A batch of labels as `[target]` describes them, every class among them."""
    kind = target["kind"]
    random = np.random.default_rng(5)
    if kind == "regression":
        low, high = target["range"]
        return random.uniform(low, high, (BATCH_SIZE, *target.get("shape", []))).astype("float32")
    classes = target.get("classes", 2)
    if kind == "multilabel":
        return random.integers(0, 2, (BATCH_SIZE, classes)).astype("float32")
    one_hot = target.get("encoding") == "one_hot"
    shape = target.get("shape", [classes] if one_hot else [])
    numbers = np.arange(BATCH_SIZE * int(np.prod(shape[:-1] if one_hot else shape))) % classes
    if one_hot:
        return np.eye(classes, dtype="float32")[numbers].reshape(BATCH_SIZE, *shape)
    return numbers.reshape(BATCH_SIZE, *shape).astype("float32")


def emitted(head):
    input, before, _, units = HEADS[head]
    return (*(input[:-1] if before else []), units)


NAMED_METRICS = [name for name in names(METRICS) if isinstance(METRICS[name], Named)]
ABOUT_REFUSAL = {"label-encoding-mismatch", "incompatible-metric"}
"""Errors that say of a document that Keras refuses it."""


@pytest.mark.sampled(3)
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("loss", names(LOSSES))
def test_documents_and_losses(loss):
    """What Keras refuses, or repeats to fit, is an error; what it takes is not called refused."""
    wrong = []
    for (head, (_, _, activations, _)), target in itertools.product(HEADS.items(), TARGETS):
        y, p = labels_of(target), predictions(emitted(head))
        refused = refuses(CompileLoss(loss), y, p)
        for activation in activations:
            report = seqspec.check(document(head, activation, loss, target))
            errors = {found.name for found in report.diagnostics if found.severity == "error"}
            if (refused and not errors) or (not refused and errors & ABOUT_REFUSAL):
                wrong.append(
                    f"{head}, {activation}, {target}: Keras {'refuses' if refused else 'takes'}, told {errors}"
                )
            elif not refused and spreads(loss, y, p) and not errors:
                wrong.append(f"{head}, {activation}, {target}: Keras repeats one to fit the other, nothing is told")
    assert not wrong, "\n".join(wrong)


@functools.cache
def refuses_loss(loss, head, target):
    """Whether Keras refuses the labels of a target, by its index, for every metric that is tried beside the loss."""
    return refuses(CompileLoss(loss), labels_of(TARGETS[target]), predictions(emitted(head)))


def spreads(loss, y, p):
    """Whether Keras has to repeat labels or predictions to compute a loss of pairs of them."""
    if loss in ("ce", "crossentropy", "circle", "ctc", "sparse_categorical_crossentropy"):
        return False
    y, p = squeeze_or_expand_to_same_rank(y, p)
    return not y.shape == p.shape == np.broadcast_shapes(y.shape, p.shape)


@pytest.mark.sampled(3)
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("metric", rest_nightly(NAMED_METRICS, *NAMED_METRICS[::3]))
def test_documents_and_metrics(metric):
    """With a loss that takes the labels, a metric that Keras refuses is an error and no other one is."""
    fitting = {"sigmoid": "binary_crossentropy", "linear": "mse", "tanh": "mse"}
    wrong = []
    for (head, (_, _, activations, _)), target in itertools.product(HEADS.items(), TARGETS):
        y, p = labels_of(target), predictions(emitted(head))
        for activation in activations:
            sparse = target["kind"] == "multiclass" and target.get("encoding") != "one_hot"
            softmax = "sparse_categorical_crossentropy" if sparse else "categorical_crossentropy"
            loss = fitting.get(activation, softmax)
            if refuses_loss(loss, head, TARGETS.index(target)):
                continue
            if differs(metric, y, p):
                continue
            refused = refuses(CompileMetrics([metric], None).update_state, y, p)
            report = seqspec.check(document(head, activation, loss, target, [metric]))
            told = any(
                found.name == "incompatible-metric" and found.severity == "error" for found in report.diagnostics
            )
            if refused != told:
                wrong.append(f"{head}, {activation}, {loss}, {target}: Keras {'refuses' if refused else 'takes'}")
    assert not wrong, "\n".join(wrong)
