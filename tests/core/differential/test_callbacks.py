"""Callbacks in real training: the logs that they read and their effects, compared with the rules."""

import warnings

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras.src.callbacks.monitor_callback import MonitorCallback
from keras.src.trainers.compile_utils import CompileMetrics

from seqspec.core.analysis.training.filenames import placeholder_mistake
from seqspec.core.catalog.metrics import NAMES
from seqspec.core.catalog.objects import CALLBACK, Named
from seqspec.core.compiler.keras_model import fresh_names
from seqspec.core.compiler.keras_objects import make
from tests.core.differential.training import document, facts_of, told, train
from tests.introspection import KERAS, is_available

NEEDS = {
    "PrecisionAtRecall": {"recall": 0.5},
    "RecallAtPrecision": {"precision": 0.5},
    "SensitivityAtSpecificity": {"specificity": 0.5},
    "SpecificityAtSensitivity": {"sensitivity": 0.5},
    "MeanIoU": {"num_classes": 2},
    "OneHotMeanIoU": {"num_classes": 2},
    "IoU": {"num_classes": 2, "target_class_ids": [0]},
    "OneHotIoU": {"num_classes": 2, "target_class_ids": [0]},
}
CLASSES = sorted(
    {(value.stands_for if isinstance(value, Named) else value).__name__ for value in NAMES.values()
     if not isinstance(value, Named) or value.stands_for is not None}
)  # fmt: skip
BARE = sorted(name for name, value in NAMES.items() if isinstance(value, Named))
TYPED = [{"type": name, **NEEDS.get(name, {})} for name in CLASSES]
NAMED = st.builds(lambda name: {"type": "AUC", "name": name}, st.sampled_from(["loss", "mae", "auc", "mine", "auc_1"]))


def compiled(compile):
    """Keras's own record of metrics, built for one output of one unit."""
    facts = facts_of(document(compile=compile))
    with fresh_names():
        metrics, weighted = (make(facts.compile.__dict__.get(key)) for key in ("metrics", "weighted_metrics"))
        record = CompileMetrics(metrics, weighted, output_names=["dense"])
        record.build(keras.ops.zeros((2, 1)), keras.ops.zeros((2, 1)))
    return facts, record


class Stub:
    """What a callback reads of a model to find the direction of a number."""

    def __init__(self, record):
        self.metrics = [record]


def direction(record, monitor):
    callback = MonitorCallback(monitor)
    callback.set_model(Stub(record))
    try:
        callback._set_monitor_op()
    except ValueError:
        return None
    return {keras.ops.less: "min", keras.ops.greater: "max"}[callback.monitor_op]


def agrees(compile):
    facts, record = compiled(compile)
    for metric in record.metrics:
        # The names are asked for, and some metrics have no result before they have seen a value.
        object.__setattr__(metric, "result", float)
    names = list(record.result())
    assert {"loss", *names} == set(facts.training.logs.names)
    assert [metric.logged for metric in facts.training.logs.shown] == names
    for name in ("loss", *names):
        assert (
            facts.training.logs.direction(name)
            == facts.training.logs.direction(f"val_{name}")
            == direction(record, name)
        ), name


@pytest.mark.parametrize(
    "metric", [*BARE, *TYPED], ids=lambda metric: metric if isinstance(metric, str) else metric["type"]
)
def test_metrics_have_names_and_directions(metric):
    agrees({"metrics": [metric]})


@settings(max_examples=30)
@given(
    st.lists(
        st.sampled_from(BARE) | st.sampled_from(TYPED) | NAMED,
        max_size=5,
    ),
    st.lists(st.sampled_from(["mae", "accuracy", "AUC"]) | st.sampled_from(TYPED[:4]), max_size=3),
)
def test_names_of_several_metrics(metrics, weighted):
    agrees({"metrics": metrics, "weighted_metrics": weighted})


def test_metrics_by_output_and_in_lists():
    agrees({"metrics": {"dense": ["mae", "mse"]}})
    # Keras surprise: 3.12 refuses a list that holds a metric beside lists.
    if KERAS > (3, 12):
        agrees({"metrics": [["mae"], "mse", ["mae", "mse"]]})


MONITORED = [
    "val_loss",
    "loss",
    "val_acc",
    "accuracy",
    "val_accuracy",
    "val_mae_1",
    "fp",
    "learning_rate",
    "val_val_loss",
]
METRICS = ["accuracy", "mae", {"type": "MeanAbsoluteError", "name": "mae"}, {"type": "FalsePositives", "name": "fp"}]
VALIDATIONS = {
    "none": ({}, {}),
    "split": ({"validation_split": 0.5}, {}),
    "set": ({}, {"validation": {"samples": 4}}),
    "rare": ({"validation_split": 0.5, "validation_freq": 5}, {}),
    "second": ({"validation_split": 0.5, "validation_freq": [2]}, {}),
}
KINDS = {
    "EarlyStopping": {"patience": 50},
    "ReduceLROnPlateau": {"patience": 50},
    "ModelCheckpoint": {"save_best_only": True},
}
INERT = {
    "EarlyStopping": "Early stopping conditioned on metric",
    "ReduceLROnPlateau": "Learning rate reduction is conditioned on metric",
    "ModelCheckpoint": "Can save best model only with",
}


@pytest.fixture(scope="module")
def model():
    """One compiled model for all: what is compared does not depend on its weights."""
    from seqspec.core.compiler.build import build

    return build(document(compile={"metrics": METRICS}))


WATCHES = [(kind, mode, validation) for kind in KINDS for mode, validation in [
    ("auto", "none"), ("auto", "split"), ("auto", "rare"), ("auto", "second"), ("min", "none"),
]] + [("EarlyStopping", "auto", "set")]  # fmt: skip


EVERY_RUN = [
    *(watch for watch in WATCHES if watch[0] == "EarlyStopping"),
    ("ReduceLROnPlateau", "auto", "none"),
    ("ModelCheckpoint", "auto", "split"),
]
"""Each way to watch a number by one callback, as all inherit it, and each callback once."""


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("kind", "mode", "validation"),
    [pytest.param(*watch, marks=[] if watch in EVERY_RUN else [pytest.mark.nightly]) for watch in WATCHES],
)
def test_monitor_equals_keras(kind, mode, validation, model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(type(model), "save", lambda self, path, **kwargs: None)
    fit, data = VALIDATIONS[validation]
    x, y = np.random.default_rng(0).random((8, 3), dtype="float32"), np.ones((8, 1), "float32")
    apart = {"validation_data": (x[:4], y[:4])} if data else {}
    for name in MONITORED:
        own = {"type": kind, "monitor": name, "mode": mode, **KINDS[kind]}
        if kind == "ModelCheckpoint":
            own["filepath"] = "best.keras"
        tree = document([own], fit, {"metrics": METRICS}, data={"train": {"samples": 8}, **data})
        [monitor] = facts_of(tree).training.monitors
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            try:
                callback = make(CALLBACK.read(own))
                model.fit(x, y, epochs=2, batch_size=8, verbose=0, callbacks=[callback], **fit, **apart)
                raised = False
            except ValueError as error:
                assert "isn't able to automatically determine" in str(error)
                raised = True
        assert raised == monitor.raises, name
        if not raised:
            missing = 2 - (monitor.watched if monitor.logged else 0)
            assert sum(INERT[kind] in str(entry.message) for entry in said) == missing, name
        findings = told(tree)
        assert ("monitor-not-logged" in findings) == (not monitor.logged), name
        assert ("monitor-without-direction" in findings) == (raised and monitor.logged), name
        assert findings.get("monitor-not-logged", "error") == "error"


@pytest.mark.parametrize("name", [*MONITORED, "val_mae"])
def test_a_checkpoint_of_every_epoch_only_fails_for_its_mode(name, model, tmp_path):
    own = {"type": "ModelCheckpoint", "filepath": str(tmp_path / "all.keras"), "monitor": name}
    tree = document([own], {}, {"metrics": METRICS})
    callback = make(CALLBACK.read(own))
    x, y = np.ones((8, 3), "float32"), np.ones((8, 1), "float32")
    try:
        model.fit(x, y, epochs=1, verbose=0, callbacks=[callback])
        raised = False
    except ValueError:
        raised = True
    assert bool({"monitor-not-logged", "monitor-without-direction"} & set(told(tree))) == raised


def never_better(kind, patience, **more):
    # No change is large enough to count as progress.
    return {"type": kind, "monitor": "loss", "patience": patience, "min_delta": 1e9, **more}


@pytest.mark.sampled(3)
@pytest.mark.parametrize("patience", [0, 1, 3])
@pytest.mark.parametrize("epochs", [1, 2, 3, 5])
def test_patience_against_epochs(patience, epochs):
    stopping = document([never_better("EarlyStopping", patience)], {"epochs": epochs})
    outcome = train(stopping)
    assert ("patience-exceeds-epochs" in told(stopping)) == (outcome.epochs == epochs)
    lowering = document([never_better("ReduceLROnPlateau", patience)], {"epochs": epochs})
    rates = train(lowering).logged["learning_rate"]
    # The rate is logged before it is lowered, so what happens after the last epoch is not seen, and of no use.
    assert ("patience-exceeds-epochs" in told(lowering)) == (rates[-1] == rates[0])


@pytest.mark.parametrize("start", [0, 1, 2])
def test_patience_from_a_later_epoch(start):
    tree = document([never_better("EarlyStopping", 1, start_from_epoch=start)], {"epochs": 4})
    assert ("patience-exceeds-epochs" in told(tree)) == (train(tree).epochs == 4)


@pytest.mark.parametrize(("stop", "plateau"), [(1, 1), (2, 1), (1, 2), (2, 2), (3, 2), (0, 1)])
def test_patience_against_patience(stop, plateau):
    tree = document([never_better("ReduceLROnPlateau", plateau), never_better("EarlyStopping", stop)], {"epochs": 9})
    rates = train(tree).logged["learning_rate"]
    assert ("early-stopping-before-reduce-lr" in told(tree)) == (rates[-1] == rates[0])


@pytest.mark.parametrize(
    "more", [{"min_lr": 0.01}, {"min_lr": 0.5}, {"min_lr": 0.001}, {"factor": -0.5}, {"factor": 0}]
)
def test_plateau_lowers_rates_as_keras(more):
    tree = document([never_better("ReduceLROnPlateau", 1, **more)], {"epochs": 3})
    rates = train(tree).logged["learning_rate"]
    assert ("ineffective-reduce-lr" in told(tree)) == (rates[2] == rates[0] or rates[2] == 0)


SCHEDULE = {"type": "ExponentialDecay", "initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.9}


@pytest.mark.parametrize("rate", [0.1, SCHEDULE], ids=["number", "schedule"])
def test_a_schedule_beside_a_plateau(rate):
    tree = document(
        [never_better("ReduceLROnPlateau", 1)], {"epochs": 3}, {"optimizer": {"type": "SGD", "learning_rate": rate}}
    )
    outcome = train(tree)
    assert isinstance(outcome.error, TypeError) == ("schedule-with-reduce-lr-on-plateau" in told(tree))
    assert outcome.error is None or "not settable" in str(outcome.error)


@pytest.mark.sampled(3)
@pytest.mark.parametrize("ema", [False, True])
@pytest.mark.parametrize("own", [{}, {"swap_on_epoch": True}], ids=["end", "epoch"])
@pytest.mark.parametrize("validation", ["none", "split", "rare"])
def test_averages(ema, own, validation):
    optimizer = {"type": "SGD", "learning_rate": 0.01, "use_ema": ema}
    tree = document([{"type": "SwapEMAWeights", **own}], VALIDATIONS[validation][0], {"optimizer": optimizer})
    outcome, found = train(tree), told(tree)
    assert ("swap-ema-without-use-ema" in found) == (not ema)
    assert (outcome.error is not None) == (found.get("swap-ema-without-use-ema") == "error")


FILES = [
    "{epoch}", "{epoch:02d}-{val_loss:.2f}", "{epoch:02d}-{loss:.2f}", "{val_acc}", "{}", "{0}", "{loss:d}",
    "{epoch:d}", "{epoch:.2f}", "{loss:s}", "{epoch", "epoch}", "{{epoch}}", "{batch}", "{accuracy:>8.3f}", "{loss!r}",
    "{learning_rate}", "{loss:%}", "{epoch:x}", "{loss:x}", "{epoch:,}",
]  # fmt: skip


@pytest.mark.sampled(4)
@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("own", [{}, {"save_freq": 3}], ids=["epoch", "batches"])
@pytest.mark.parametrize("validation", ["none", "second"])
def test_names_of_checkpoints(name, own, validation, model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(type(model), "save", lambda self, path, **kwargs: None)
    fit = VALIDATIONS[validation][0]
    checkpoint = {"type": "ModelCheckpoint", "filepath": f"{name}.keras", **own}
    tree = document([checkpoint], fit, {"metrics": METRICS})
    x, y = np.ones((8, 3), "float32"), np.ones((8, 1), "float32")
    try:
        model.fit(x, y, epochs=2, batch_size=2, verbose=0, callbacks=[make(CALLBACK.read(checkpoint))], **fit)
        raised = False
    except (KeyError, IndexError, ValueError):
        raised = True
    assert ("invalid-checkpoint-path" in told(tree)) == raised


@given(st.text("{}:.dfx0epochls!", max_size=12))
def test_any_name_of_a_checkpoint(text):
    try:
        text.format(epoch=1, loss=0.5)
        fills = True
    except (KeyError, IndexError, ValueError, AttributeError):
        fills = False
    except TypeError:
        return
    found = placeholder_mistake(text, ["epoch", "loss"])
    assert fills <= (found is None)
    # Attributes, conversions and nested formats are left to Keras.
    assert (
        (found is None) == fills
        or any(sign in text for sign in ".!")
        or text.count("{") > text.count("}")
        or ":{" in text
    )


@pytest.mark.parametrize(("monitor", "freq"), [("loss", 1), ("loss", 2), ("loss", 3), ("val_loss", 1), ("val_loss", 4)])
def test_the_best_between_epochs(monitor, freq, tmp_path):
    own = {"type": "ModelCheckpoint", "filepath": str(tmp_path / "a.keras"), "monitor": monitor, "save_best_only": True,
           "save_freq": freq}  # fmt: skip
    tree = document([own], {"batch_size": 2}, data={"train": {"samples": 8}, "validation": {"samples": 4}})
    outcome = train(tree)
    unheeded = any("Can save best model only" in text for text in outcome.said)
    assert (isinstance(outcome.error, TypeError) or unheeded) == ("save-best-with-save-freq" in told(tree))


@pytest.mark.parametrize("freq", [0, 1, 4, 5])
def test_checkpoints_that_are_never_reached(freq, tmp_path):
    tree = document(
        [{"type": "ModelCheckpoint", "filepath": str(tmp_path / "{epoch}-{batch}.keras"), "save_freq": freq}]
    )
    train(tree)
    made = len(list(tmp_path.iterdir()))
    assert ("checkpoint-never-saved" in told(tree)) == (made == 0 or freq == 0)
    assert freq or made == 4


@pytest.mark.parametrize("mode", ["auto", "min", "max", "maximum", "Min"])
def test_modes(mode):
    tree = document([never_better("EarlyStopping", 9, mode=mode)])
    unknown = any("is unknown, fallback" in text for text in train(tree).said)
    assert unknown == ("unknown-monitor-mode" in told(tree))


def test_callbacks_are_all_compared():
    """A callback that Keras has is one that watches, or one of those that need nothing from the logs."""
    classes = {name for name in CALLBACK.names() if is_available(CALLBACK.names()[name].since)}
    assert {name for name in classes if issubclass(getattr(keras.callbacks, name), MonitorCallback)} == {
        name for name in classes if "monitor" in CALLBACK.names()[name].model_fields
    }
