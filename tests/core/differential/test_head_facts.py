"""Claims of the rules on output layer, loss and metrics, verified in real training with Keras."""

import keras
import numpy as np
import pytest
from keras import layers

import seqspec

SAMPLES = 12
INPUTS = np.random.default_rng(0).random((SAMPLES, 4)).astype("float32") * 4
NUMBERS = np.arange(SAMPLES) % 3
ONE_HOT = np.eye(3, dtype="float32")[NUMBERS]


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def crossentropy(p):
    return -np.log((p * ONE_HOT).sum(-1)).mean()


def binary_crossentropy(p):
    return -(ONE_HOT * np.log(p) + (1 - ONE_HOT) * np.log(1 - p)).mean()


def first_loss(stack, loss, y, x=INPUTS, **options):
    """The loss of the first batch in `fit`, and what the model had predicted for it."""
    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.Input(x.shape[1:]), *stack])
    model.compile("sgd", loss=loss, **options)
    predicted = np.asarray(model(x))
    return model.fit(x, y, batch_size=len(x), verbose=0).history["loss"][0], predicted


def head(units, activation=None, after=()):
    # A layer draws the seed of its weights when it is made: two heads of one test are equal, whatever ran before.
    keras.utils.set_random_seed(3)
    return [layers.Dense(units, activation=activation), *after]


def finds(name, stack, loss, target=None, metrics=None):
    document = {"seqspec": 1, "model": {"input": [4], "layers": stack}, "compile": {"loss": loss}}
    document |= {"target": target} if target else {}
    document["compile"] |= {"metrics": metrics} if metrics else {}
    return {found.name: found.severity for found in seqspec.check(document).diagnostics}.get(name)


LOGITS = {"type": "CategoricalCrossentropy", "from_logits": True}


@pytest.mark.filterwarnings("ignore")
def test_logits_after_a_softmax_are_put_right_only_directly_behind_it():
    loss, predicted = first_loss(head(3, "softmax"), keras.losses.CategoricalCrossentropy(from_logits=True), ONE_HOT)
    assert loss == pytest.approx(crossentropy(predicted), rel=1e-4)
    stack = [{"type": "Dense", "units": 3, "activation": "softmax"}]
    assert finds("from-logits-with-activation", stack, LOGITS) == "warning"

    moved = head(3, "softmax", [layers.Reshape((3,))])
    loss, predicted = first_loss(moved, keras.losses.CategoricalCrossentropy(from_logits=True), ONE_HOT)
    assert loss == pytest.approx(crossentropy(softmax(predicted)), rel=1e-4)
    stack = [*stack, {"type": "Reshape", "target_shape": [3]}]
    assert finds("from-logits-with-activation", stack, LOGITS) == "error"


def test_a_sigmoid_under_categorical_crossentropy_trains_a_softmax():
    loss, predicted = first_loss(head(3, "sigmoid"), "categorical_crossentropy", ONE_HOT)
    logits = np.log(predicted / (1 - predicted))
    assert loss == pytest.approx(crossentropy(softmax(logits)), rel=1e-3)
    assert abs(predicted.sum(-1) - 1).max() > 0.1
    stack = [{"type": "Dense", "units": 3, "activation": "sigmoid"}]
    assert finds("sigmoid-with-categorical-loss", stack, "categorical_crossentropy") == "warning"


def test_a_softmax_under_binary_crossentropy_trains_sigmoids():
    loss, predicted = first_loss(head(3, "softmax"), "binary_crossentropy", ONE_HOT)
    assert loss != pytest.approx(binary_crossentropy(predicted), rel=1e-2)
    moved = head(3, "softmax", [layers.Reshape((3,))])
    loss, predicted = first_loss(moved, "binary_crossentropy", ONE_HOT)
    assert loss == pytest.approx(binary_crossentropy(predicted), rel=1e-3)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("loss", ["categorical_crossentropy", "categorical_focal_crossentropy"])
@pytest.mark.parametrize("activation", ["sigmoid", "linear", "softmax"])
def test_a_loss_over_one_class_is_zero(loss, activation):
    positive = head(1, activation)
    positive[0].kernel_initializer = positive[0].bias_initializer = keras.initializers.Constant(0.3)
    value, _ = first_loss(positive, loss, np.ones((SAMPLES, 1)))
    assert value == pytest.approx(0, abs=1e-6)
    stack = [{"type": "Dense", "units": 1, "activation": activation}]
    assert finds("categorical-loss-with-one-unit", stack, loss) == "error"


def test_relu_without_any_class_is_no_number():
    dead = [layers.Dense(3, activation="relu", bias_initializer=keras.initializers.Constant(-100.0))]
    value, _ = first_loss(dead, "categorical_crossentropy", ONE_HOT)
    assert np.isnan(value)
    stack = [{"type": "Dense", "units": 3, "activation": "relu"}]
    assert finds("cross-entropy-on-non-probabilities", stack, "categorical_crossentropy") == "error"


def test_poisson_of_what_is_below_zero_is_no_number():
    value, predicted = first_loss(head(1), "poisson", np.ones((SAMPLES, 1)), x=-INPUTS)
    value_of_other, other = first_loss(head(1), "poisson", np.ones((SAMPLES, 1)), x=INPUTS)
    assert (predicted.min() < 0 and np.isnan(value)) or (other.min() < 0 and np.isnan(value_of_other))
    assert finds("poisson-with-negative-output", [{"type": "Dense", "units": 1}], "poisson") == "error"


def test_logits_that_are_taken_for_probabilities():
    wrong, predicted = first_loss(head(3), "sparse_categorical_crossentropy", NUMBERS)
    right, _ = first_loss(head(3), keras.losses.SparseCategoricalCrossentropy(from_logits=True), NUMBERS)
    assert right == pytest.approx(crossentropy(softmax(predicted)), rel=1e-4)
    assert wrong > right + 0.5


def test_a_repeated_label_is_compared_with_every_output():
    y = np.arange(SAMPLES, dtype="float32")[:, None]
    value, predicted = first_loss(head(3), "mse", y)
    assert value == pytest.approx(((predicted - np.repeat(y, 3, axis=1)) ** 2).mean(), rel=1e-4)
    target = {"kind": "regression", "shape": [1]}
    assert finds("broadcast-loss", [{"type": "Dense", "units": 3}], "mse", target) == "error"


@pytest.mark.parametrize("reduction", ["sum", "none"])
def test_a_loss_that_is_not_averaged_steps_as_far_as_its_sum(reduction):
    def step(reduction, samples):
        keras.utils.set_random_seed(3)
        model = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
        model.compile(keras.optimizers.SGD(0.01), loss=keras.losses.MeanSquaredError(reduction=reduction))
        before = model.get_weights()[1]
        model.fit(INPUTS[:samples], ONE_HOT[:samples], batch_size=samples, verbose=0)
        return model.get_weights()[1] - before

    assert step(reduction, 12) == pytest.approx(step("sum", 12), rel=1e-4)
    assert step("sum", 12) == pytest.approx(step("sum_over_batch_size", 12) * 12, rel=1e-3)


CONSTANT = [
    ({"type": "Accuracy"}, 3, "softmax", "categorical_crossentropy"),
    ("categorical_accuracy", 1, "sigmoid", "binary_crossentropy"),
    ({"type": "TopKCategoricalAccuracy", "k": 3}, 3, "softmax", "categorical_crossentropy"),
    ("top_k_categorical_accuracy", 3, "softmax", "categorical_crossentropy"),
    ("f1_score", 1, "sigmoid", "binary_crossentropy"),
    ("pearson_correlation", 1, "linear", "mse"),
    ("concordance_correlation", 1, "linear", "mse"),
    ({"type": "MeanIoU", "num_classes": 2}, 1, "sigmoid", "binary_crossentropy"),
]
CHANGING = [
    ("accuracy", 3, "softmax", "categorical_crossentropy"),
    ({"type": "TopKCategoricalAccuracy", "k": 2}, 3, "softmax", "categorical_crossentropy"),
    ({"type": "F1Score", "threshold": 0.5}, 1, "sigmoid", "binary_crossentropy"),
    ({"type": "PearsonCorrelation", "axis": 0}, 1, "linear", "mse"),
    ("binary_accuracy", 1, "sigmoid", "binary_crossentropy"),
]


def shown(metric, units):
    """What the metric shows of several models for the same labels."""
    random = np.random.default_rng(9)
    y = ONE_HOT if units == 3 else (NUMBERS[:, None] > 0).astype("float32")
    for _ in range(5):
        made = (
            keras.metrics.get(
                metric if isinstance(metric, str) else {"class_name": metric["type"], "config": without(metric)}
            )
            if metric != "accuracy"
            else keras.metrics.CategoricalAccuracy()
        )
        p = random.random((SAMPLES, units)).astype("float32")
        made.update_state(y, softmax(p) if units == 3 else p)
        yield np.asarray(made.result()).round(6).tolist()


def without(metric):
    return {key: value for key, value in metric.items() if key != "type"}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("metric", "units", "activation", "loss"), CONSTANT + CHANGING, ids=str)
def test_constant_metrics(metric, units, activation, loss):
    values = {str(value) for value in shown(metric, units)}
    constant = (metric, units, activation, loss) in CONSTANT
    assert (len(values) == 1) == constant
    stack = [{"type": "Dense", "units": units, "activation": activation}]
    assert (finds("constant-metric", stack, loss, metrics=[metric]) is not None) == constant


def test_two_class_columns_have_equal_metrics():
    random = np.random.default_rng(9)
    p = softmax(random.normal(size=(50, 2)).astype("float32"))
    y = np.eye(2, dtype="float32")[random.integers(0, 2, 50)]
    shown = []
    for metric in (keras.metrics.Precision(), keras.metrics.Recall(), keras.metrics.CategoricalAccuracy()):
        metric.update_state(y, p)
        shown.append(float(metric.result()))
    assert shown == pytest.approx([shown[0]] * 3)


def test_accuracy_over_columns_of_a_model_that_never_says_yes():
    metric = keras.metrics.BinaryAccuracy()
    metric.update_state(np.eye(10, dtype="float32"), np.full((10, 10), 0.1, dtype="float32"))
    assert float(metric.result()) == pytest.approx(0.9)


REAL = [
    (1, "sigmoid", "binary_crossentropy", NUMBERS > 0, ["accuracy"]),
    (1, "sigmoid", "binary_crossentropy", NUMBERS > 0, ["binary_crossentropy"]),
    (1, "sigmoid", "binary_crossentropy", ONE_HOT, []),
    (3, "softmax", "sparse_categorical_crossentropy", NUMBERS, ["accuracy", "sparse_top_k_categorical_accuracy"]),
    (3, "softmax", "sparse_categorical_crossentropy", NUMBERS, ["top_k_categorical_accuracy"]),
    (3, "softmax", "sparse_categorical_crossentropy", NUMBERS, ["Precision"]),
    (3, "softmax", "sparse_categorical_crossentropy", NUMBERS, ["AUC"]),
    (3, "softmax", "sparse_categorical_crossentropy", NUMBERS, ["f1_score"]),
    (3, "softmax", "sparse_categorical_crossentropy", NUMBERS, ["categorical_accuracy"]),
    (3, "softmax", "sparse_categorical_crossentropy", ONE_HOT, []),
    (3, "softmax", "categorical_crossentropy", NUMBERS, []),
    (3, "softmax", "categorical_crossentropy", ONE_HOT, ["sparse_categorical_accuracy"]),
    (2, "softmax", "sparse_categorical_crossentropy", NUMBERS, []),
    (2, "softmax", "binary_crossentropy", NUMBERS > 0, []),
    (3, "linear", "mse", NUMBERS, []),
    (3, "linear", "mse", ONE_HOT, ["mae", "r2_score"]),
    (1, "linear", "mse", NUMBERS, ["mean"]),
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("units", "activation", "loss", "y", "metrics"), REAL)
def test_real_training_refuses_what_the_check_says(units, activation, loss, y, metrics):
    """The same path with a compiled graph, an unknown batch size and weights that are updated."""
    kind = {"kind": "multiclass", "classes": 3} if y.dtype != bool else {"kind": "binary"}
    if y.ndim == 2:
        kind["encoding"] = "one_hot"
    if loss == "mse":
        kind = {"kind": "regression", **({"shape": [3]} if y.ndim == 2 else {})}
    try:
        first_loss(head(units, activation), loss, y, metrics=metrics)
        refused = False
    except Exception:
        refused = True
    stack = [{"type": "Dense", "units": units, "activation": activation}]
    document = {"seqspec": 1, "model": {"input": [4], "layers": stack}, "target": kind}
    report = seqspec.check(document | {"compile": {"loss": loss, "metrics": metrics}})
    assert report.ok != refused


def test_numbers_of_classes_out_of_range_fail_and_fractions_are_cut_off():
    stack = [{"type": "Dense", "units": 3, "activation": "softmax"}]
    loss = "sparse_categorical_crossentropy"
    for low, high in ((1, 3), (-1, 1)):
        with pytest.raises(Exception, match="label value"):
            first_loss(head(3, "softmax"), loss, NUMBERS + low)
        target = {"kind": "multiclass", "classes": 3, "range": [low, high]}
        assert finds("labels-out-of-range", stack, loss, target) == "error"
    scaled, _ = first_loss(head(3, "softmax"), loss, NUMBERS / 255)
    zeros, _ = first_loss(head(3, "softmax"), loss, NUMBERS * 0)
    assert scaled == pytest.approx(zeros)
    target = {"kind": "multiclass", "classes": 3, "range": [0, 2 / 255]}
    assert finds("labels-out-of-range", stack, loss, target) == "error"


def test_poisson_of_a_softmax_is_the_cross_entropy_of_one_hot_labels():
    poisson, predicted = first_loss(head(3, "softmax"), "poisson", ONE_HOT)
    assert poisson == pytest.approx((1 + crossentropy(predicted)) / 3, rel=1e-4)
    target = {"kind": "multiclass", "classes": 3, "encoding": "one_hot"}
    assert (
        finds(
            "softmax-with-regression-loss", [{"type": "Dense", "units": 3, "activation": "softmax"}], "poisson", target
        )
        is None
    )
