"""Learning rates, and training settings that are ineffective or harmful in Keras, compared with the rules."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqspec.core.analysis.training.optimizers import rate_at, rates
from seqspec.core.catalog.objects import OPTIMIZER, SCHEDULE
from seqspec.core.compiler.keras_objects import make
from tests.core.differential.training import document, facts_of, told, train
from tests.introspection import KERAS, is_available

rate = st.floats(1e-5, 1.0)
steps = st.integers(1, 200)
SCHEDULES = st.one_of(
    st.fixed_dictionaries(
        {"type": st.sampled_from(["ExponentialDecay", "InverseTimeDecay"]), "initial_learning_rate": rate,
         "decay_steps": steps, "decay_rate": st.floats(0.1, 1.1)},
        optional={"staircase": st.booleans()},
    ),
    st.fixed_dictionaries(
        {"type": st.just("PolynomialDecay"), "initial_learning_rate": rate, "decay_steps": steps},
        optional={"end_learning_rate": rate, "power": st.sampled_from([0.5, 1.0, 2.0]), "cycle": st.booleans()},
    ),
    st.fixed_dictionaries(
        {"type": st.just("CosineDecay"), "initial_learning_rate": rate, "decay_steps": steps},
        optional={"alpha": st.floats(0, 1), "warmup_target": rate, "warmup_steps": st.integers(0, 50)},
    ),
    st.fixed_dictionaries(
        {"type": st.just("CosineDecayRestarts"), "initial_learning_rate": rate, "first_decay_steps": steps},
        optional={"t_mul": st.sampled_from([1.0, 1.5, 2.0]), "m_mul": st.floats(0.1, 1), "alpha": st.floats(0, 1)},
    ),
    st.lists(st.integers(1, 200), min_size=1, max_size=4, unique=True).flatmap(
        lambda boundaries: st.fixed_dictionaries(
            {"type": st.just("PiecewiseConstantDecay"), "boundaries": st.just(sorted(boundaries)),
             "values": st.lists(rate, min_size=len(boundaries) + 1, max_size=len(boundaries) + 1)}
        )
    ),
)  # fmt: skip


@settings(max_examples=80)
@given(SCHEDULES, st.lists(st.integers(0, 500), min_size=1, max_size=6))
def test_schedules_are_those_of_keras(table, at):
    declared = SCHEDULE.read(table)
    theirs = make(declared)
    for step in at:
        if table["type"] == "CosineDecayRestarts" and _restarts(table, step):
            continue
        assert rate_at(declared, step) == pytest.approx(float(theirs(step)), rel=2e-3, abs=1e-6)


def _restarts(table, step):
    """Whether a step is so near to a restart that single precision may see it on the other side."""
    exact = rate_at(SCHEDULE.read(table), step)
    return any(
        abs(exact - rate_at(SCHEDULE.read(table), step + d)) > 0.05 * exact for d in (-1e-3, 1e-3) if step + d > 0
    )


@settings(max_examples=40)
@given(SCHEDULES, st.integers(1, 300))
def test_the_rates_of_a_run_hold_its_extremes(table, updates):
    declared = SCHEDULE.read(table)
    every = [rate_at(declared, step) for step in range(updates)]
    found = rates(declared, updates)
    if table["type"] == "CosineDecayRestarts" or declared.__dict__.get("cycle") or table.get("staircase"):
        assert max(found) <= max(every) * 1.001 + 1e-9
    else:
        assert max(found) == pytest.approx(max(every), rel=1e-3)
        assert min(found) == pytest.approx(min(every), rel=1e-3, abs=1e-9)
    end = declared.decay_end
    if end is not None:
        assert rate_at(declared, end + 1) == pytest.approx(rate_at(declared, end + 50))


OPTIMIZERS = sorted({found.__name__ for found in OPTIMIZER.names().values()} | {"Lamb"})
PLAIN = [name for name in OPTIMIZERS if name not in ("LossScaleOptimizer", "MultiOptimizer")]
CURVE = {"type": "PolynomialDecay", "initial_learning_rate": 0.25, "decay_steps": 10}


@pytest.mark.parametrize(
    "given", [{}, {"learning_rate": 0.125}, {"learning_rate": CURVE}], ids=["default", "set", "curve"]
)
@pytest.mark.parametrize("name", PLAIN)
def test_initial_learning_rates_equal_keras(name, given):
    if not is_available(OPTIMIZER.class_named(name).since):
        pytest.skip(f"Keras {KERAS} has no {name}")
    [known] = facts_of(document(compile={"optimizer": {"type": name, **given}})).training.optimizers
    theirs = make(known.optimizer)
    assert known.rates(None)[0] == pytest.approx(float(theirs.learning_rate))
    assert known.scheduled == (given.get("learning_rate") is CURVE)


def weights_after(optimizer):
    """The weights after three steps on the same gradient, from a model made with the same seed."""
    made = make(OPTIMIZER.read(optimizer))
    variable = keras.Variable(np.ones(3, "float32"))
    for gradient in ([3.0, -0.5, 2.0], [1.0, 0.25, -2.0], [0.5, 4.0, 1.0]):
        made.apply([keras.ops.convert_to_tensor(gradient)], [variable])
    return np.array(variable)


@pytest.mark.parametrize("name", ["clipnorm", "clipvalue", "global_clipnorm"])
@pytest.mark.parametrize("limit", [-1.0, 0.0, 0.1, 100.0])
def test_limits_of_gradients(name, limit):
    plain = weights_after({"type": "SGD", "learning_rate": 0.1})
    clipped = weights_after({"type": "SGD", "learning_rate": 0.1, name: limit})
    off = "ineffective-clipping" in told(
        document(compile={"optimizer": {"type": "SGD", "learning_rate": 0.1, name: limit}})
    )
    assert off == (limit <= 0)
    assert np.array_equal(plain, clipped) == (off or limit == 100)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_nesterov(momentum):
    table = {"type": "SGD", "learning_rate": 0.1, "momentum": momentum}
    same = np.array_equal(weights_after(table), weights_after({**table, "nesterov": True}))
    assert same == ("nesterov-without-momentum" in told(document(compile={"optimizer": {**table, "nesterov": True}})))


@pytest.mark.parametrize("beta", ["beta_1", "beta_2"])
@pytest.mark.parametrize("name", ["Adam", "AdamW"])
def test_a_mean_that_takes_nothing_in(name, beta):
    table = {"type": name, "learning_rate": 0.001, "weight_decay": 0.0, beta: 1.0}
    after = weights_after(table)
    assert np.isnan(after).all() if beta == "beta_1" else np.array_equal(after, np.ones(3, "float32"))
    assert told(document(compile={"optimizer": table}))["decay-out-of-range"] == "error"


@pytest.mark.parametrize("rate", [0.0, -0.1, 0.1])
def test_rates_that_do_not_learn(rate):
    tree = document(compile={"optimizer": {"type": "SGD", "learning_rate": rate}})
    before = np.ones(3, "float32")
    after = weights_after({"type": "SGD", "learning_rate": rate})
    assert np.array_equal(before, after) == (rate == 0)
    assert ("nonpositive-learning-rate" in told(tree)) == (rate <= 0)


@pytest.mark.parametrize(
    "warmup", [{}, {"warmup_steps": 5}, {"warmup_target": 0.5}, {"warmup_target": 0.5, "warmup_steps": 5}]
)
def test_warmups(warmup):
    table = {"type": "CosineDecay", "initial_learning_rate": 0.1, "decay_steps": 10, **warmup}
    theirs = make(SCHEDULE.read(table))
    rises = float(theirs(0)) == pytest.approx(0.1) and float(theirs(5)) > float(theirs(1))
    tree = document(compile={"optimizer": {"type": "Adam", "learning_rate": table}}, data={"train": {"samples": 400}})
    assert ("ineffective-warmup" in told(tree)) == (bool(warmup) and not rises)


@pytest.mark.parametrize("fit", [{}, {"epochs": 0}, {"epochs": 2, "initial_epoch": 2}, {"initial_epoch": 1}], ids=str)
def test_epochs_that_do_not_run(fit):
    tree = document((), fit)
    outcome = train(tree)
    assert (outcome.epochs == 0) == (not outcome.moved) == ("no-epochs" in told(tree))


def test_fit_without_optimizer_fails_as_in_keras():
    tree = document(compile={"optimizer": "none"})
    assert isinstance(train(tree).error, AttributeError)
    assert told(tree)["fit-without-optimizer"] == "error"


@pytest.mark.parametrize("frozen", [False, True])
def test_models_without_trainable_weights_are_found(frozen):
    head = {"type": "Dense", "units": 1, "activation": "sigmoid", "trainable": not frozen}
    tree = document(model={"input": [3], "layers": [head]})
    outcome = train(tree)
    assert any("does not have any trainable weights" in text for text in outcome.said) == frozen
    assert outcome.moved == (not frozen)
    assert ("no-trainable-weights" in told(tree)) == frozen


@pytest.mark.parametrize("penalty", ["none", "l2"])
def test_penalties_alone(penalty):
    tree = document(
        model={"input": [3], "layers": [{"type": "Dense", "units": 1, "kernel_regularizer": penalty}]},
        compile={"loss": "none", "metrics": "none"},
    )
    outcome = train(tree)
    assert (outcome.error is None) == ("only-regularization-loss" in told(tree)) == (penalty == "l2")


def test_a_split_beside_a_set():
    tree = document((), {"validation_split": 0.99}, data={"train": {"samples": 8}, "validation": {"samples": 4}})
    # A split of 0.99 of 8 samples is refused where Keras looks at it.
    assert train(tree).error is None
    assert "validation-split-ignored" in told(tree)


@pytest.mark.parametrize("per_epoch", [1, 2, 3])
def test_steps_beyond_the_data(per_epoch):
    tree = document((), {"epochs": 1, "steps_per_epoch": per_epoch})
    out = any("ran out of data" in text for text in train(tree).said)
    assert out == ("steps-exceed-samples" in told(tree)) == (per_epoch > 2)


STATEFUL = {"input": {"shape": [4, 2], "batch_size": 4}, "layers": [
    {"type": "LSTM", "units": 2, "stateful": True}, {"type": "Dense", "units": 1, "activation": "sigmoid"},
]}  # fmt: skip
BATCHES = [(4, 8, None), (2, 8, None), (4, 10, None), (4, 8, 8), (4, 8, 6)]


@pytest.mark.parametrize(("batch", "samples", "validation"), BATCHES)
def test_batches_of_stateful_layers(batch, samples, validation):
    data = {"train": {"samples": samples}} | ({"validation": {"samples": validation}} if validation else {})
    tree = document(
        (), {"epochs": 1, "batch_size": batch, "shuffle": False}, {"metrics": "none"}, model=STATEFUL, data=data
    )
    assert (train(tree).error is not None) == (told(tree).get("stateful-batch-mismatch") == "error")


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_head_dtype_decides_loss_scaling(dtype):
    policy = "float32" if dtype == "float32" else f"mixed_{dtype}"
    tree = document(runtime={"dtype_policy": policy})
    model = train(tree).model
    assert model(np.ones((1, 3))).dtype == dtype
    assert ("half-precision-output" in told(tree)) == (dtype != "float32")
    scaled = type(model.optimizer).__name__ == "LossScaleOptimizer"
    assert scaled == (dtype == "float16")
