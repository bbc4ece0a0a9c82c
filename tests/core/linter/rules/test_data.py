"""Boundaries of the rules on data: thresholds, unknown sizes, layers in between, overlapping rules."""

import json

import pytest

import seqspec
from seqspec.core.syntax.source import parse_text

CONV = {"type": "Conv2D", "filters": 4, "kernel_size": 3, "activation": "relu"}
DENSE = {"type": "Dense", "units": 4, "activation": "relu"}
HEAD = {"type": "Dense", "units": 3, "activation": "softmax"}
SCALE = {"type": "Rescaling", "scale": "1/255"}
TRAINED = {"compile": {"loss": "sparse_categorical_crossentropy"}, "fit": {"epochs": 5}}


def check(layers, shape=(8,), dtype=None, **tables):
    given = {"shape": list(shape), **({"dtype": dtype} if dtype else {})}
    report = seqspec.check({"seqspec": 1, "model": {"input": given, "layers": layers}, **tables})
    assert [found for found in report.diagnostics if found.code < "SEQ3"] == []
    return {found.name: found.severity for found in report.diagnostics if "SEQ6" <= found.code < "SEQ9"}


def data(**train):
    return {"train": train}


@pytest.mark.parametrize(
    ("low", "high", "severity"),
    [(0, 1, None), (-10, 10, None), (0, 10.5, "info"), (-20, 3, "info"), (0, 21, "warning"), (100, 101, "warning")],
)
def test_unscaled_input_severity_depends_on_the_range(low, high, severity):
    assert check([DENSE, HEAD], data=data(range=[low, high])).get("unscaled-input") == severity


@pytest.mark.parametrize(
    ("layers", "told"),
    [
        ([CONV], True),
        (["MaxPooling2D", CONV], True),
        ([{"type": "RandomFlip"}, CONV], True),
        ([{"type": "Sequential", "layers": [{"type": "Sequential", "layers": [CONV]}]}], True),
        (["Flatten", DENSE], True),
        ([SCALE, CONV], False),
        ([{"type": "Sequential", "layers": [SCALE]}, CONV], False),
        (["BatchNormalization", CONV], False),
        (["LayerNormalization", CONV], False),
        ([{**CONV, "activation": "linear"}, "BatchNormalization"], False),
        ([{**CONV, "activation": "relu"}, "BatchNormalization"], True),
        ([{"type": "Activation", "activation": "tanh"}, CONV], False),
        ([{"type": "AutoContrast"}, CONV], False),
        (["Normalization", CONV], False),
    ],
)
def test_unscaled_input_is_followed_through_layers(layers, told):
    found = check([*layers, "Flatten"], (16, 16, 3), data=data(range=[0, 255]))
    assert ("unscaled-input" in found) == told


def test_unscaled_input_is_not_reported_for_unknown_ranges():
    tree = {
        "custom": {"Scale": {"import": "mine:Scale", "output_shape": "same", "args": {"type": "object"}}},
        "data": data(range=[0, 255]),
    }
    assert "unscaled-input" not in check([{"custom": "Scale"}, DENSE], **tree)
    assert "unscaled-input" not in check([DENSE])
    assert "unscaled-input" not in check([DENSE], dtype="int32")
    assert "unscaled-input" not in check(
        [{"type": "Embedding", "input_dim": 300, "output_dim": 2}], data=data(range=[0, 255])
    )


def test_uint8_data_is_pixels_only_with_an_image_shape():
    assert "unscaled-input" in check([CONV], (16, 16, 3), data=data(dtype="uint8"))
    assert "unscaled-input" not in check([DENSE], (12,), data=data(dtype="uint8"))


def test_integer_input_is_one_finding():
    assert set(check([CONV], (16, 16, 3), "uint8")) == {"integer-input"}
    assert set(check(["Flatten", DENSE], (16, 16, 3), "uint8")) == {"unscaled-input"}
    assert check([DENSE], dtype="int32") == {"integer-input": "info"}
    assert check([CONV], (16, 16, 3), "int32", runtime={"backend": "jax"}) == {"integer-input": "info"}
    assert check([SCALE, CONV], (16, 16, 3), "uint8") == {}


def test_input_scaled_twice_depends_on_the_resulting_range():
    signed = {"type": "Rescaling", "scale": "1/127.5", "offset": -1}
    assert "input-scaled-twice" in check([SCALE, SCALE, CONV], (16, 16, 3))
    assert "input-scaled-twice" in check([signed, CONV], (16, 16, 3), data=data(range=[0.0, 1.0]))
    assert "input-scaled-twice" in check([{"type": "Rescaling", "scale": 0}, CONV], (16, 16, 3))
    assert "input-scaled-twice" not in check(
        [SCALE, {"type": "Rescaling", "scale": 2.0, "offset": -1}, CONV], (16, 16, 3)
    )
    assert "input-scaled-twice" not in check([signed, CONV], (16, 16, 3), data=data(range=[0, 255]))


def test_preprocessing_not_adapted_requires_training():
    assert check(["Normalization", HEAD]) == {}
    assert check(["Normalization", HEAD], **TRAINED) == {"preprocessing-not-adapted": "warning"}
    assert (
        check(
            [{"type": "Discretization", "num_bins": 4}, {"type": "CategoryEncoding", "num_tokens": 4}, HEAD], **TRAINED
        ).get("preprocessing-not-adapted")
        == "error"
    )
    given = {"type": "Normalization", "mean": 0.0, "variance": 4.0, "axis": "none"}
    assert "preprocessing-not-adapted" not in check([given, HEAD], **TRAINED)


@pytest.mark.parametrize(
    ("declared", "shape", "severity"),
    [
        ((16, 16, 1), [16, 16, 1], None),
        ((16, 16, 1), [16, 16], "info"),
        ((16, 16, 1), [20, 16, 1], "warning"),
        ((16, 16, 1), [16, 16, 3], "error"),
        ((16, 16, 1), [256], "error"),
        (("H", "W", 1), [20, 16, 1], None),
        (("H", "W", 1), ["H", "W", 1], None),
        ((16, 16, 1), ["H", 16, 1], None),
    ],
)
def test_sample_shape_is_compared_with_the_input(declared, shape, severity):
    found = check([CONV, "GlobalAveragePooling2D", HEAD], declared, data=data(shape=shape), **TRAINED)
    assert found.get("data-shape-mismatch") == severity


@pytest.mark.parametrize(
    ("layer", "shape", "validation", "fixable"),
    [
        ("Flatten", [20, 20, 1], None, [True]),
        ("Flatten", [16, 16, 1], [20, 20, 1], [False]),
        (CONV, [16, 16], None, [False]),
    ],
)
def test_the_input_is_not_changed_to_what_does_not_fit(layer, shape, validation, fixable):
    """Not to the size of other data if that of the training data fits, nor to a rank that a layer rejects."""
    tables = {"train": {"shape": shape}} | ({"validation": {"shape": validation}} if validation else {})
    model = {"input": [16, 16, 1], "layers": [layer, "Flatten", HEAD]}
    text = json.dumps({"seqspec": 1, "model": model, "data": tables, **TRAINED})
    found = seqspec.check(parse_text(text, "a.json", "json")).diagnostics
    fixes = [each.fix is not None for each in found if each.name == "data-shape-mismatch"]
    assert fixes == fixable


def test_batch_size_in_the_input_shape_is_recognized():
    fit = {"fit": {"epochs": 3, "batch_size": 64}}
    assert "batch-size-in-input-shape" in check([DENSE, HEAD], (64, 8), **fit)
    assert "batch-size-in-input-shape" not in check([{"type": "LSTM", "units": 4}, HEAD], (64, 8), **fit)
    assert "batch-size-in-input-shape" not in check([DENSE, HEAD], (64,), **fit)
    assert "batch-size-in-input-shape" in check([DENSE, HEAD], (180,), data=data(samples=180))
    assert "batch-size-in-input-shape" not in check([DENSE, HEAD], (8,), data=data(samples=8))
    assert "batch-size-in-input-shape" not in check([DENSE, HEAD], (180,), data=data(samples=180, shape=[180]))


@pytest.mark.parametrize(
    ("before", "values", "told"),
    [
        ([], [0, 9], False),
        ([], [0, 10], True),
        ([], [0, 1], True),
        ([], [0.0, 0.5], True),
        ([], [-1, 9], True),
        ([{"type": "Hashing", "num_bins": 11}], None, True),
        ([{"type": "Hashing", "num_bins": 10}], None, False),
        ([{"type": "IntegerLookup", "vocabulary": [*range(10)]}], None, True),
        ([{"type": "IntegerLookup", "vocabulary": [*range(9)]}], None, False),
        ([{"type": "IntegerLookup", "max_tokens": 11}], None, True),
        ([{"type": "Discretization", "bin_boundaries": [0.0, 1.0]}], [0, 99], False),
    ],
)
def test_token_range_is_compared_with_the_embedding(before, values, told):
    tables = {"data": data(range=values)} if values else {}
    dtype = "float32" if before and before[0]["type"] == "Discretization" else "int64"
    embedding = {"type": "Embedding", "input_dim": 10, "output_dim": 2}
    dtype = "float32" if values and any(end != int(end) for end in values) else dtype
    found = check([*before, embedding, "Flatten", HEAD], (4,), dtype, **tables)
    assert ("embedding-index-out-of-range" in found) == told


MANY = {"target": {"kind": "multiclass", "classes": 3}}


@pytest.mark.parametrize(
    ("weights", "told"),
    [
        ({"0": 1.0, "1": 2.0, "2": 3.0}, False),
        ({"0": 1.0, "2": 3.0}, True),
        ({"0": 1.0, "1": 2.0, "2": 3.0, "3": 1.0}, True),
        ({"0": 1.0, "1": 0.0, "2": 3.0}, True),
    ],
)
def test_class_weight_keys_must_be_classes(weights, told):
    fit = {"epochs": 5, "class_weight": weights}
    found = check([HEAD], **MANY, compile=TRAINED["compile"], fit=fit)
    assert ("class-weight-mismatch" in found) == told


@pytest.mark.parametrize(
    ("counts", "extra", "severity"),
    [
        ([100, 100, 90], {}, None),
        ([500, 100, 100], {}, "info"),
        ([1000, 100, 100], {}, "warning"),
        ([1000, 100, 0], {}, "warning"),
        ([1000, 100, 100], {"class_weight": {"0": 1.0, "1": 9.0, "2": 9.0}}, None),
    ],
)
def test_class_imbalance_severity_depends_on_the_ratio(counts, extra, severity):
    target = {"kind": "multiclass", "classes": 3, "class_counts": counts}
    found = check([HEAD], target=target, compile=TRAINED["compile"], fit={"epochs": 5, **extra})
    assert found.get("class-imbalance") == severity


@pytest.mark.parametrize("watched", [["AUC"], [{"type": "F1Score"}], ["accuracy", "MeanIoU(num_classes=2)"]])
def test_class_imbalance_is_not_reported_with_a_suitable_metric(watched):
    target = {"kind": "binary", "class_counts": [5000, 50]}
    compile = {"loss": "binary_crossentropy", "metrics": watched}
    layers = [{"type": "Dense", "units": 1, "activation": "sigmoid"}]
    assert "class-imbalance" not in check(layers, target=target, compile=compile, fit={"epochs": 5})


def test_splits_and_dataset_ranges_are_compared():
    fit = {"compile": TRAINED["compile"], "fit": {"epochs": 5, "validation_split": 0.01}}
    assert check([HEAD], **fit, data=data(samples=1)).get("empty-dataset") == "error"
    assert "empty-dataset" not in check([HEAD], **fit, data={**data(samples=1), "validation": {}})
    assert "empty-dataset" not in check([HEAD], **fit)
    assert "unshuffled-split" in check([HEAD], **MANY, **fit, data=data(ordered=True))
    regression = {"target": {"kind": "regression"}, "compile": {"loss": "mse"}, "fit": fit["fit"]}
    assert "unshuffled-split" not in check([{"type": "Dense", "units": 1}], **regression, data=data(ordered=True))
    for values, told in (([0, 4], False), ([0, 255], True), ([5, 6], True)):
        sets = {**data(range=[0, 1]), "test": {"range": values}}
        assert ("dataset-range-mismatch" in check([HEAD], data=sets)) == told


TOP = {"include_top": False, "pooling": "avg", "trainable": False}


@pytest.mark.parametrize(
    ("kind", "scaling", "values", "told"),
    [
        ("EfficientNetB0", [], [0, 255], False),
        ("EfficientNetB0", [], [0, 1], True),
        ("EfficientNetB0", [SCALE], None, True),
        ("EfficientNetB0", [], None, False),
        ("MobileNetV2", [], [0, 255], True),
        ("MobileNetV2", [], [-1, 1], False),
        ("MobileNetV2", [{"type": "Rescaling", "scale": "1/127.5", "offset": -1}], None, False),
        ("MobileNetV2", [{"type": "Rescaling", "scale": 2.0, "offset": -1}], None, False),
        ("MobileNetV2", [SCALE], None, True),
        ("ResNet50", [SCALE], None, True),
        ("ResNet50", [], [-123.68, 151.06], False),
        ("DenseNet121", [], [-2.1, 2.6], False),
        ("DenseNet121", [SCALE], [0, 255], True),
    ],
)
def test_base_model_input_range_is_checked(kind, scaling, values, told):
    tables = {"data": data(range=values)} if values else {}
    found = check([*scaling, {"type": kind, **TOP}, HEAD], (96, 96, 3), **tables)
    assert ("base-model-input-range" in found) == told


def test_base_model_without_weights_accepts_any_pixels():
    model = {"type": "MobileNetV2", **TOP, "trainable": True, "weights": "none"}
    assert check([model, HEAD], (96, 96, 3), data=data(range=[0, 255])) == {}


def test_base_model_top_depends_on_the_layers_after_it():
    base = {"type": "MobileNetV2"}
    assert "base-model-top" in check([base, HEAD], (224, 224, 3))
    assert check([base], (224, 224, 3)) == {}
    own = {**base, "weights": "none", "classes": 64, "classifier_activation": "relu"}
    assert "base-model-top" not in check([own, HEAD], (224, 224, 3))


@pytest.mark.parametrize(
    ("optimizer", "severity"),
    [
        ("adam", "warning"),
        ("adam(5e-4)", "info"),
        ("adam(1e-5)", None),
        ("sgd(0.01)", "info"),
        ("sgd(0.01, 0.9)", "warning"),
        ({"type": "CosineDecay"}, None),
    ],
)
def test_base_model_learning_rate_depends_on_trainable_weights(optimizer, severity):
    if isinstance(optimizer, dict):
        schedule = {**optimizer, "initial_learning_rate": 1e-5, "decay_steps": 100}
        optimizer = {"type": "Adam", "learning_rate": schedule}
    compile = {"loss": "sparse_categorical_crossentropy", "optimizer": optimizer}
    base = {"type": "MobileNetV2", "include_top": False, "pooling": "avg"}
    assert check([base, HEAD], (96, 96, 3), compile=compile).get("base-model-learning-rate") == severity
    assert "base-model-learning-rate" not in check([{**base, "trainable": False}, HEAD], (96, 96, 3), compile=compile)
    assert "base-model-learning-rate" not in check([{**base, "weights": "none"}, HEAD], (96, 96, 3), compile=compile)


def test_augmentation_without_effect_is_reported():
    bright = {"type": "RandomBrightness", "factor": 0.2}
    ranged = {**bright, "value_range": [0, 1]}
    image = (16, 16, 3)
    assert "augmentation-value-range" in check([SCALE, bright, CONV], image)
    assert "augmentation-value-range" not in check([SCALE, ranged, CONV], image)
    assert "augmentation-value-range" not in check([bright, SCALE, CONV], image, data=data(range=[0, 255]))
    assert "augmentation-value-range" in check([bright, CONV], image, data=data(range=[0, 1]))
    assert "augmentation-value-range" in check([ranged, SCALE, CONV], image, data=data(range=[0, 255]))
    assert check([bright, CONV], image) == {}
    assert "augmentation-after-features" in check([CONV, {"type": "RandomFlip"}], image)
    assert "augmentation-after-features" not in check(["Normalization", {"type": "RandomFlip"}, CONV], image)
    assert "strong-augmentation" in check([{"type": "RandomRotation", "factor": [-0.5, 0.0]}, CONV], image)
    assert "strong-augmentation" not in check([{"type": "RandomRotation", "factor": 0.2}, CONV], image)
    assert check([{"type": "RandomRotation", "factor": 0}, CONV], image) == {"no-op-augmentation": "info"}
    inside = {"type": "Pipeline", "layers": [{"type": "RandomFlip", "mode": "sideways"}]}
    assert "no-op-augmentation" in check([inside, CONV], image)
    assert "mixup-without-labels" not in check([{"type": "MixUp"}, CONV], image, target={"kind": "reconstruction"})


@pytest.mark.parametrize(
    ("low", "high", "optimizer", "loss", "severity"),
    [
        (0, 100, "sgd", "mse", None),
        (0, 101, "adam", "mse", "info"),
        (-101, 0, "adam", "mae", "info"),
        (0, 299, "sgd", "mse", "info"),
        (0, 300, "sgd", "mse", "warning"),
        (0, 300, {"type": "SGD", "clipnorm": 1.0}, "mse", "info"),
        (0, 300, "sgd", "mae", "info"),
        (0, 10_000, "adam", "mse", "info"),
        (0, 10_001, "adam", "huber", "warning"),
        (1, 10_001, "adam", "msle", None),
    ],
)
def test_unscaled_target_severity_depends_on_the_range(low, high, optimizer, loss, severity):
    target = {"kind": "regression", "range": [low, high]}
    names = check([DENSE, {"type": "Dense", "units": 1}], target=target, compile={"optimizer": optimizer, "loss": loss})
    assert names.get("unscaled-target") == severity


@pytest.mark.parametrize(
    "last",
    [
        [{"type": "Dense", "units": 1}, {"type": "Rescaling", "scale": 1000}],
        [{"type": "Dense", "units": 1, "activation": "exponential"}],
        [{"type": "Dense", "units": 1, "bias_initializer": {"type": "Constant", "value": 300_000}}],
        [{"type": "Dense", "units": 1}, {"type": "Normalization", "mean": 1.0, "variance": 4.0, "invert": True}],
    ],
)
def test_unscaled_target_is_not_reported_for_scaled_outputs(last):
    compiled = {"optimizer": "adam", "loss": "mse"}
    target = {"kind": "regression", "range": [0, 700_000]}
    assert "unscaled-target" not in check([DENSE, *last], target=target, compile=compiled)


def test_zero_output_bias_does_not_scale_the_target():
    last = {"type": "Dense", "units": 1, "bias_initializer": "zeros"}
    target = {"kind": "regression", "range": [0, 700_000]}
    compiled = {"optimizer": "adam", "loss": "mse"}
    assert check([DENSE, last], target=target, compile=compiled)["unscaled-target"] == "warning"


def test_augmentation_value_range_requires_a_known_range():
    embedding = {"type": "Embedding", "input_dim": 9, "output_dim": 2}
    assert "embedding-index-out-of-range" not in check([DENSE, embedding, "Flatten", HEAD], data=data(range=[0, 1]))
    brightness = {"type": "RandomBrightness", "factor": 0.1, "value_range": [0, 1]}
    assert "augmentation-value-range" not in check(
        [CONV, brightness, "Flatten", HEAD], (32, 32, 3), data=data(range=[0, 1])
    )
