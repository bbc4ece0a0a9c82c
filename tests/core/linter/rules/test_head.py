"""Boundaries of the rules on the head, the loss, the metrics and the labels."""

import json

import pytest

import seqspec
from seqspec.core.check.fix import fix


def dense(units, activation=None, **more):
    return {"type": "Dense", "units": units, **({"activation": activation} if activation else {}), **more}


def found(layers, loss=None, *, target=None, metrics=None, input=(8,), **tables):
    """The rules of the head that speak, with their severity."""
    document = {"seqspec": 1, "model": {"input": list(input), "layers": layers}, **tables}
    if loss or metrics:
        document["compile"] = {**({"loss": loss} if loss else {}), **({"metrics": metrics} if metrics else {})}
    if target:
        document["target"] = target
    report = seqspec.check(document)
    assert not [entry for entry in report.diagnostics if entry.code < "SEQ3"], report.diagnostics
    return {entry.name: entry.severity for entry in report.diagnostics if entry.code.startswith("SEQ3")}


@pytest.mark.parametrize(
    "tail",
    [
        [{"type": "Sequential", "layers": [dense(3)]}],
        [{"type": "Sequential", "layers": [{"type": "Sequential", "layers": [dense(3)]}]}],
        [dense(3), "Flatten"],
        [dense(3), {"type": "Activation", "activation": "linear"}],
        [dense(6), {"type": "Reshape", "target_shape": [2, 3]}],
        [dense(3), "BatchNormalization"],
        [{"type": "SpectralNormalization", "layer": dense(3)}],
    ],
)
def test_last_activation_is_found_through_layers_that_preserve_values(tail):
    assert found(tail, "categorical_crossentropy").get("logits-without-from-logits") == "error"


FAULTY = {
    "a convolution after Flatten": (
        [32, 32, 3],
        ["Flatten", {"type": "Conv2D", "filters": 8, "kernel_size": 3}, "Flatten"],
    ),
    "a window that is too large": (
        [32, 3],
        [{"type": "Conv1D", "filters": 8, "kernel_size": 99}, "GlobalAveragePooling1D"],
    ),
    "sequences that are not returned": ([32, 3], [{"type": "LSTM", "units": 3}, {"type": "LSTM", "units": 3}]),
    "a misspelt activation": ([32], [dense(8, "rellu")]),
    "a layer that cannot be read": ([32], [dense("64"), "Dropout"]),
    "no input": (None, [{"type": "LSTM", "units": 3}]),
    "an output layer whose input size is unknown": (["?", 3], ["Flatten"]),
}


def errors(input, layers, head, loss, **tables):
    model = {"layers": [*layers, head]} | ({"input": input} if input else {})
    report = seqspec.check({"seqspec": 1, "model": model, "compile": {"loss": loss}, **tables})
    return {entry.name for entry in report.diagnostics if entry.severity == "error"}


@pytest.mark.parametrize(("input", "layers"), FAULTY.values(), ids=FAULTY.keys())
def test_head_is_known_after_an_error_in_an_earlier_layer(input, layers):
    assert "softmax-over-one" in errors(input, layers, dense(1, "softmax"), "mse")
    assert "logits-without-from-logits" in errors(input, layers, dense(10), "categorical_crossentropy")
    assert len(errors(input, layers, dense(10, "softmax"), "categorical_crossentropy")) >= 1
    assert not {"softmax-over-one", "logits-without-from-logits"} & errors(
        input, layers, dense(10, "softmax"), "categorical_crossentropy"
    )


@pytest.mark.parametrize(
    "layers",
    [
        [{"type": "Conv1D", "filters": 8, "kernel_size": 99}],
        [{"type": "LSTM", "units": 3}, {"type": "LSTM", "units": 3, "return_sequences": True}],
        [{"type": "LSTM", "units": "3", "return_sequences": 2}],
        ["GlobalAveragePooling2D", {"type": "Reshape", "target_shape": [3, 1]}],
    ],
)
def test_head_is_unknown_if_its_rank_depends_on_an_error(layers):
    found = errors([32, 3], layers, dense(1), "mse", target={"kind": "multiclass", "classes": 3})
    assert found <= {"wrong-rank", "window-too-large", "wrong-type", "missing-argument"}


def test_label_weights_must_match_the_units():
    metric = {"type": "AUC", "multi_label": True, "label_weights": [1.0, 2.0]}
    for units, expected in ((2, {}), (4, {"incompatible-metric": "error"})):
        assert found([dense(units, "sigmoid")], "binary_crossentropy", metrics=[metric]) == expected


@pytest.mark.parametrize("argument", ["negative_slope", "alpha"])
def test_deprecated_argument_does_not_hide_findings(argument):
    document = {
        "seqspec": 1,
        "model": {"input": [8], "layers": [dense(4), {"type": "LeakyReLU", argument: 0.2}]},
        "compile": {"loss": "sparse_categorical_crossentropy"},
    }
    assert "logits-without-from-logits" in {entry.name for entry in seqspec.check(document).diagnostics}


def test_file_outside_the_project_does_not_hide_findings(tmp_path):
    outside = tmp_path / "words.txt"
    outside.write_text("a\nb\n")
    layers = [
        {"type": "StringLookup", "vocabulary": str(outside)},
        {"type": "Embedding", "input_dim": 9, "output_dim": 4},
        "Flatten",
        dense(3),
    ]
    document = {
        "seqspec": 1,
        "model": {"input": {"shape": [5], "dtype": "string"}, "layers": layers},
        "compile": {"loss": "sparse_categorical_crossentropy"},
    }
    names = {entry.name for entry in seqspec.check(document).diagnostics}
    assert {"file-not-allowed", "logits-without-from-logits"} <= names


def test_time_distributed_output_layer_is_checked():
    layers = [{"type": "TimeDistributed", "layer": dense(3, "relu")}]
    assert "cross-entropy-on-non-probabilities" in found(layers, "categorical_crossentropy", input=(5, 8))


def test_custom_layer_hides_the_last_activation():
    custom = {"Mine": {"import": "mine:Mine", "output_shape": "same"}}
    layers = [dense(3), {"custom": "Mine"}]
    assert found(layers, "categorical_crossentropy", custom=custom) == {}
    assert found([dense(1, "softmax"), {"custom": "Mine"}], "mse", custom=custom).keys() <= {"softmax-over-one"}


def test_custom_loss_has_no_findings():
    custom = {"mine": {"import": "mine:loss", "kind": "loss"}}
    assert found([dense(3)], {"custom": "mine"}, custom=custom) == {}


def test_losses_of_several_outputs_are_not_checked():
    assert found([dense(3)], ["mse", "categorical_crossentropy"]) == {}


@pytest.mark.parametrize("loss", [["categorical_crossentropy"], "crossentropy", "ce"])
def test_loss_is_recognized_in_all_forms(loss):
    assert "logits-without-from-logits" in found([dense(3)], loss)


def test_crossentropy_depends_on_the_labels():
    target = {"kind": "multiclass", "classes": 3}
    assert found([dense(3, "softmax")], "crossentropy", target=target) == {}
    assert found([dense(3, "softmax")], "crossentropy", target={**target, "encoding": "one_hot"}) == {}
    assert found([dense(1, "sigmoid")], "crossentropy", target={"kind": "binary"}) == {}
    assert "output-units-mismatch" in found([dense(2, "softmax")], "crossentropy", target=target)


def test_errors_are_warnings_without_training():
    assert found([dense(1, "softmax")]) == {"softmax-over-one": "warning"}


@pytest.mark.parametrize(
    ("range", "severity"), [([0, 1], None), ([0, 1.01], "error"), ([-0.5, 0.5], "error"), (None, "warning")]
)
def test_bounded_output_is_compared_with_the_label_range(range, severity):
    target = {"kind": "regression", "shape": [1], **({"range": range} if range else {})}
    assert found([dense(1, "sigmoid")], "mse", target=target).get("bounded-regression-output") == severity


@pytest.mark.parametrize("activation", ["elu", "selu", "gelu", "leaky_relu", "linear"])
def test_half_bounded_activation_is_reported_for_negative_targets(activation):
    hears = found([dense(1, activation)], "mse", target={"kind": "regression", "range": [-9, 9]})
    assert ("bounded-regression-output" in hears) == (activation in ("elu", "selu", "gelu"))


def test_autoencoder_output_may_be_bounded():
    assert found([dense(4, "relu"), dense(8, "sigmoid")], "mse") == {}
    assert (
        found([dense(4, "relu"), dense(8, "sigmoid")], "binary_crossentropy", target={"kind": "reconstruction"}) == {}
    )
    data = {"train": {"range": [0, 255]}}
    hears = found([dense(8, "sigmoid")], "mse", target={"kind": "reconstruction"}, data=data)
    assert hears.get("bounded-regression-output") == "error"


@pytest.mark.parametrize(
    ("smoothing", "severity"), [(0, None), (0.49, None), (0.5, "warning"), (1, "error"), (-0.1, "error")]
)
def test_label_smoothing_severity_depends_on_its_value(smoothing, severity):
    loss = {"type": "CategoricalCrossentropy", "label_smoothing": smoothing}
    assert found([dense(3, "softmax")], loss).get("invalid-label-smoothing") == severity


@pytest.mark.parametrize(("k", "constant"), [(2, False), (3, True), (4, True)])
def test_top_k_of_all_classes_is_constant(k, constant):
    metrics = [{"type": "TopKCategoricalAccuracy", "k": k}]
    assert ("constant-metric" in found([dense(3, "softmax")], "categorical_crossentropy", metrics=metrics)) == constant


@pytest.mark.parametrize(("units", "severity"), [(9, "error"), (10, None), (11, "warning"), (1, None)])
def test_units_are_compared_with_the_number_of_classes(units, severity):
    hears = found(
        [dense(units, "softmax")], "sparse_categorical_crossentropy", target={"kind": "multiclass", "classes": 10}
    )
    assert hears.get("output-units-mismatch") == severity
    assert units != 1 or hears["categorical-loss-with-one-unit"] == "error"


def test_ignored_class_has_no_unit():
    loss = {"type": "SparseCategoricalCrossentropy", "ignore_class": 3}
    assert found([dense(4, "softmax")], loss, target={"kind": "multiclass", "classes": 3}) == {}


def test_unknown_sizes_are_assumed_to_match():
    lstm = {"type": "LSTM", "units": 4, "return_sequences": True}
    target = {"kind": "multiclass", "classes": 3, "shape": ["S"]}
    assert found([lstm, dense(3, "softmax")], "sparse_categorical_crossentropy", target=target, input=("T", 8)) == {}
    target = {"kind": "multiclass", "classes": 3, "shape": [7]}
    assert found([lstm, dense(3, "softmax")], "sparse_categorical_crossentropy", target=target, input=("T", 8)) == {}
    hears = found([lstm, dense(3, "softmax")], "sparse_categorical_crossentropy", target=target, input=(5, 8))
    assert hears == {"label-encoding-mismatch": "error"}


def test_dense_prediction_of_image_size_is_not_reported():
    conv = {"type": "Conv2D", "filters": 4, "kernel_size": 3, "padding": "same", "activation": "relu"}
    head = dense(3, "softmax")
    assert found([conv, head], "categorical_crossentropy", input=(8, 8, 1)) == {}
    hears = found([conv, "MaxPooling2D", head], "categorical_crossentropy", input=(8, 8, 1))
    assert hears == {"extra-output-axes": "warning"}
    per_pixel = {"kind": "multiclass", "classes": 3, "encoding": "one_hot", "shape": [4, 4, 3]}
    assert found([conv, "MaxPooling2D", head], "categorical_crossentropy", input=(8, 8, 1), target=per_pixel) == {}


def test_recurrent_layer_that_returns_sequences_is_named():
    lstm = {"type": "LSTM", "units": 4, "return_sequences": True}
    document = {
        "seqspec": 1,
        "model": {"input": [5, 8], "layers": [lstm, dense(1)]},
        "target": {"kind": "regression", "shape": [1]},
        "compile": {"loss": "mse"},
    }
    (finding,) = [entry for entry in seqspec.check(document).diagnostics if entry.name == "extra-output-axes"]
    assert "/model/layers/0/return_sequences" in [place.pointer for place in finding.related]
    document["model"]["layers"][0]["return_sequences"] = False
    assert seqspec.check(document).ok


@pytest.mark.parametrize("metric", ["accuracy", "AUC", "Precision", {"type": "F1Score", "threshold": 0.5}])
def test_binary_metrics_are_valid_for_one_sigmoid_unit(metric):
    target = {"kind": "binary", "shape": [1]}
    assert found([dense(1, "sigmoid")], "binary_crossentropy", target=target, metrics=[metric]) == {}


def test_one_head_mistake_is_one_finding():
    assert found([dense(10, "softmax")], "categorical_crossentropy", target={"kind": "multiclass", "classes": 10}) == {
        "label-encoding-mismatch": "error"
    }
    assert found([dense(2, "softmax")], "binary_crossentropy", target={"kind": "binary"}) == {
        "softmax-with-binary-loss": "error"
    }
    target = {"kind": "multilabel", "classes": 3}
    assert found([dense(3, "softmax")], "sparse_categorical_crossentropy", target=target) == {
        "categorical-loss-for-multilabel": "error"
    }
    assert found([dense(1, "sigmoid")], "binary_crossentropy", target={"kind": "multiclass", "classes": 3}) == {
        "one-unit-for-multiclass": "error"
    }


def test_distillation_may_use_accuracy():
    target = {"kind": "regression", "shape": [10]}
    assert found([dense(10)], "mse", target=target, metrics=["categorical_accuracy"]) == {}
    assert found([dense(1)], "mse", metrics=["accuracy"]) == {"accuracy-for-regression": "warning"}


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ({"kind": "multiclass", "classes": 5}, False),
        ({"kind": "multiclass", "classes": 5, "range": [0, 4]}, False),
        ({"kind": "multiclass", "classes": 5, "range": [1, 3]}, False),
        ({"kind": "multiclass", "classes": 5, "range": [1, 5]}, True),
        ({"kind": "multiclass", "classes": 5, "range": [-1, 4]}, True),
        ({"kind": "multiclass", "classes": 5, "range": [0, 0.02]}, True),
        ({"kind": "multiclass", "classes": 5, "range": [0, 4.5]}, True),
    ],
)
def test_class_count_is_compared_with_the_label_range(target, told):
    layers = [dense(16, "relu"), dense(5, "softmax")]
    assert ("labels-out-of-range" in found(layers, "sparse_categorical_crossentropy", target=target)) is told
    passed = {"type": "SparseCategoricalCrossentropy", "ignore_class": -1}
    assert "labels-out-of-range" not in found(layers, passed, target=target)


@pytest.mark.parametrize(
    ("loss", "activation", "told"),
    [("binary_crossentropy", "sigmoid", True), ("hinge", "tanh", False), ("mse", "tanh", False)],
)
def test_labels_of_minus_one_and_one_are_valid_for_hinge(loss, activation, told):
    names = found([dense(16, "relu"), dense(1, activation)], loss, target={"kind": "binary", "range": [-1, 1]})
    assert ("labels-out-of-range" in names) is told


@pytest.mark.parametrize(("low", "high", "told"), [(0, 1, False), (0.1, 0.9, False), (0, 100, True)])
def test_probability_labels_must_be_between_0_and_1(low, high, told):
    target = {"kind": "multiclass", "classes": 5, "encoding": "probabilities", "range": [low, high]}
    names = found([dense(16, "relu"), dense(5, "softmax")], "categorical_crossentropy", target=target)
    assert ("labels-out-of-range" in names) is told


def test_probability_labels_are_valid_for_distribution_losses():
    target = {"kind": "multiclass", "classes": 5, "encoding": "probabilities"}
    for loss in ("categorical_crossentropy", "kl_divergence", "mse"):
        assert found([dense(16, "relu"), dense(5, "softmax")], loss, target=target) == {}
    for loss in ("binary_crossentropy", "mse", "mae"):
        assert found([dense(16, "relu"), dense(5, "sigmoid")], loss, target=target) == {
            "sigmoid-for-multiclass": "warning"
        }
    assert found([dense(16, "relu"), dense(5)], "mse", target=target) == {
        "regression-loss-for-classification": "warning"
    }
    names = found([dense(16, "relu"), dense(5, "softmax")], "sparse_categorical_crossentropy", target=target)
    assert names == {"label-encoding-mismatch": "error"}


def test_poisson_with_softmax_depends_on_the_labels():
    layers = [dense(16, "relu"), dense(3, "softmax")]
    assert found(layers, "poisson", target={"kind": "regression", "shape": [3], "range": [0, 40]}) == {
        "softmax-with-regression-loss": "error"
    }
    # Of one-hot labels it is the cross-entropy.
    assert found(layers, "poisson", target={"kind": "multiclass", "classes": 3, "encoding": "one_hot"}) == {}
    assert found(layers, "poisson") == {}


def test_regression_loss_is_reported_beside_a_constant_output():
    target = {"kind": "binary"}
    assert found([dense(16, "relu"), dense(1, "softmax")], "mse", target=target) == {
        "softmax-over-one": "error",
        "regression-loss-for-classification": "warning",
    }


def test_softmax_over_one_is_found_in_wrappers():
    document = {"input": [5, 4], "layers": [{"type": "TimeDistributed", "layer": dense(1, "softmax")}]}
    told = [
        one for one in seqspec.check({"seqspec": 1, "model": document}).diagnostics if one.name == "softmax-over-one"
    ]
    assert [one.pointer for one in told] == ["/model/layers/0/layer/activation"]


@pytest.mark.parametrize("kind", ["PearsonCorrelation", "ConcordanceCorrelation", "CategoricalCrossentropy"])
@pytest.mark.parametrize(("axis", "known"), [(-1, True), (1, True), (2, False), (4, False), (-3, False)])
def test_metric_axis_must_exist(kind, axis, known):
    names = found([dense(4, "softmax")], "categorical_crossentropy", metrics=[{"type": kind, "axis": axis}])
    assert ("incompatible-metric" in names) == (not known)


@pytest.mark.parametrize(
    "layers",
    [
        [{"type": "SeparableConv1D", "filters": 4, "kernel_size": 3, "depthwise_regularizer": "l2"}],
        [{"type": "Bidirectional", "layer": {"type": "LSTM", "units": 3, "recurrent_regularizer": "l2"}}],
        [{"type": "ActivityRegularization", "l2": 0.1}, dense(1)],
    ],
)
def test_regularizer_replaces_a_missing_loss(layers):
    document = {"seqspec": 1, "model": {"input": [8, 3], "layers": layers}, "compile": {"optimizer": "adam"}, "fit": {}}
    names = {entry.name for entry in seqspec.check(document).diagnostics}
    assert "only-regularization-loss" in names
    assert "missing-loss" not in names


@pytest.mark.parametrize(("encoding", "loss"), [("one_hot", "Sparse"), ("integer", "")])
def test_fix_of_the_loss_keeps_from_logits(tmp_path, encoding, loss):
    wrong = {"type": f"{loss}CategoricalCrossentropy", "from_logits": True}
    meant = {"type": f"{'' if loss else 'Sparse'}CategoricalCrossentropy", "from_logits": True}
    document = {
        "seqspec": 1,
        "model": {"input": [8], "layers": [dense(3)]},
        "target": {"kind": "multiclass", "classes": 3, "encoding": encoding},
        "compile": {"optimizer": "adam", "loss": wrong},
    }
    path = tmp_path / "model.seqspec.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    assert "label-encoding-mismatch" in {found.name for found in seqspec.check(path).diagnostics}
    mended = fix(path, unsafe=True)
    assert mended.report.diagnostics == []
    assert json.loads(mended.text)["compile"]["loss"] == meant
