"""Claims of the rules on data, cost and portability, verified with Keras on real values and batches."""

import importlib
import math

import keras
import numpy as np
import pytest
import tensorflow as tf

import seqspec
from seqspec.core.analysis.data.input_fit import check_input_fit
from seqspec.core.analysis.facts import Facts
from seqspec.core.analysis.layers.quantizing import quantized_layers
from seqspec.core.catalog.applications import pixels
from seqspec.core.catalog.index import APPLICATIONS, LAYERS, layer_class
from seqspec.core.check.check import Check
from tests.introspection import KERAS


@pytest.fixture
def rng():
    return np.random.default_rng(5)


def document(layers, shape, dtype=None, **tables):
    given = {"shape": list(shape), **({"dtype": dtype} if dtype else {})}
    return {"seqspec": 1, "model": {"input": given, "layers": layers}, **tables}


def facts_of(tree):
    result = Check.of(tree)
    errors = [found for found in result.report.diagnostics if found.code < "SEQ3"]
    assert errors == []
    return Facts(result.spec, result.layers, result.spec.environment, ())


def named(value):
    return value["type"] if isinstance(value, dict) else ""


def names(tree):
    return {found.name for found in seqspec.check(tree).diagnostics}


# Values of an interval through layers

IMAGE, ROW, STEPS = (8, 8, 3), (6,), (5, 4)
SCALING = [
    ({"type": "Rescaling", "scale": "1/127.5", "offset": -1}, IMAGE),
    ({"type": "Rescaling", "scale": -2.0, "offset": 0.5}, ROW),
    ({"type": "Rescaling", "scale": [0.5, 1.0, 2.0], "offset": [1.0, 0.0, -1.0]}, IMAGE),
    ({"type": "Normalization", "mean": [1.0, 2.0, 3.0], "variance": [4.0, 0.25, 1.0]}, IMAGE),
    ({"type": "Normalization", "mean": 3.0, "variance": 2.0, "axis": "none"}, ROW),
    ({"type": "Normalization", "mean": [103.939, 116.779, 123.68], "variance": [1.0, 1.0, 1.0]}, IMAGE),
    ({"type": "Normalization", "mean": 3.0, "variance": 0.25, "axis": "none", "invert": True}, ROW),
    ({"type": "Normalization"}, ROW),
    ({"type": "ZeroPadding2D"}, IMAGE),
    ({"type": "Masking", "mask_value": 2.0}, STEPS),
    ({"type": "UpSampling2D", "interpolation": "bilinear"}, IMAGE),
    ({"type": "UpSampling2D"}, IMAGE),
    ({"type": "Resizing", "height": 13, "width": 5}, IMAGE),
    ({"type": "CenterCrop", "height": 4, "width": 20}, IMAGE),
    ({"type": "Cropping2D"}, IMAGE),
    ({"type": "MaxPooling2D", "padding": "same", "pool_size": 3}, IMAGE),
    ({"type": "AveragePooling2D", "padding": "same", "pool_size": 3}, IMAGE),
    ({"type": "GlobalAveragePooling2D"}, IMAGE),
    ({"type": "GlobalMaxPooling1D"}, STEPS),
    ({"type": "AdaptiveAveragePooling2D", "output_size": 3}, IMAGE),
    ({"type": "UnitNormalization"}, ROW),
    ({"type": "Flatten"}, IMAGE),
    ({"type": "RepeatVector", "n": 2}, ROW),
    ({"type": "TimeDistributed", "layer": {"type": "Rescaling", "scale": 0.1}}, STEPS),
    ({"type": "Pipeline", "layers": [{"type": "Rescaling", "scale": 0.1}, "Flatten"]}, IMAGE),
    *[({"type": "Activation", "activation": name}, ROW) for name in ("relu", "tanh", "sigmoid", "linear", "softsign")],
    *[({"type": "Dense", "units": 4, "activation": name}, ROW) for name in ("softmax", "hard_sigmoid", "relu6")],
    *[({"type": name, "rate": 0.4}, ROW) for name in ("Dropout", "AlphaDropout", "GaussianDropout")],
    ({"type": "GaussianNoise", "stddev": 0.4}, ROW),
]  # fmt: skip
INTERVALS = [(0, 255), (-3.0, 1.5)]


def with_trait(trait):
    """The layers of the catalogue that have a trait."""
    return sorted(name for name in LAYERS if trait in layer_class(name).traits)


@pytest.mark.parametrize(("layer", "shape"), SCALING, ids=named)
def test_values_lie_in_the_interval_that_is_worked_out(layer, shape, rng):
    if not hasattr(keras.layers, layer["type"]):
        pytest.skip("not in this Keras")
    model = None
    for low, high in INTERVALS:
        facts = facts_of(document([layer], shape, data={"train": {"range": [low, high]}}))
        y = facts.flat_layers[0].layer.output_range(facts.inputs.ranges[0])
        model = model or seqspec.build(document([layer], shape))
        ends = np.stack([np.full(shape, low), np.full(shape, high)])
        x = np.concatenate([ends, rng.uniform(low, high, (6, *shape)), rng.choice([low, high], (4, *shape))])
        values = np.asarray(model(x.astype("float32"), training=False))
        assert y is not None
        slack = 1e-4 * max(1.0, float(abs(values).max()))
        assert y.low - slack <= values.min() and values.max() <= y.high + slack
        if y.is_attained and layer["type"] not in ("ZeroPadding2D", "Masking"):
            assert values.min() == pytest.approx(y.low, abs=slack) and values.max() == pytest.approx(y.high, abs=slack)


CHANGES = {
    "RandomCrop": {"height": 8, "width": 8},
    "RandomRotation": {"factor": 0.2},
    "RandomZoom": {"height_factor": 0.2},
    "RandomTranslation": {"height_factor": 0.2, "width_factor": 0.2},
    "RandomShear": {"x_factor": 0.2},
    "RandomGrayscale": {},
    "RandomColorDegeneration": {"factor": 0.5},
    "RandomContrast": {"factor": 0.3},
    "RandomHue": {"factor": 0.3},
    "RandomPosterization": {"factor": 4},
    "RandomSaturation": {"factor": [0.6, 0.9]},
    "RandomSharpness": {"factor": 0.8},
    "RandomBrightness": {"factor": 0.2},
    "RandomColorJitter": {"brightness_factor": 0.2, "saturation_factor": 0.3},
}


@pytest.mark.parametrize("kind", with_trait("augmentation"))
def test_random_changes_pass_images_on_when_the_model_is_used(kind, rng):
    if not hasattr(keras.layers, kind):
        pytest.skip("not in this Keras")
    image = rng.uniform(0, 255, (4, *IMAGE)).astype("float32")
    layer = getattr(keras.layers, kind)(**CHANGES.get(kind, {}))
    np.testing.assert_allclose(np.asarray(layer(image, training=False)), image, atol=1e-2)


@pytest.mark.parametrize(
    "kind", [kind for kind in with_trait("augmentation") if "value_range" in layer_class(kind).model_fields]
)
def test_augmentation_strength_depends_on_the_value_range(kind, rng):
    if not hasattr(keras.layers, kind):
        pytest.skip("not in this Keras")
    image = rng.uniform(0, 1, (8, 16, 16, 3)).astype("float32")
    options = CHANGES.get(kind, {})
    right, wrong = (
        np.asarray(getattr(keras.layers, kind)(**options, value_range=value_range, seed=3)(image, training=True))
        for value_range in ((0, 1), (0, 255))
    )
    entry = {"type": kind, **options}
    told = "augmentation-value-range" in names(document([{"type": "Rescaling", "scale": "1/255"}, entry], IMAGE))
    assert told == (abs(right - wrong).mean() > 0.1)


def test_an_image_layer_takes_a_batch_without_channels_for_one_image():
    batch = np.arange(4 * 2 * 3).reshape(4, 2, 3).astype("float32")
    flipped = [np.asarray(keras.layers.RandomFlip("vertical", seed=seed)(batch, training=True)) for seed in range(8)]
    assert any(np.array_equal(one, batch[::-1]) for one in flipped)
    assert "batch-as-image" in names(document([{"type": "RandomFlip", "mode": "vertical"}, "Flatten"], (2, 3)))


def test_an_unknown_mode_flips_nothing_and_mixup_leaves_labels(rng):
    images = rng.uniform(0, 1, (8, *IMAGE)).astype("float32")
    for seed in range(4):
        flip = keras.layers.RandomFlip("horizontally", seed=seed)
        assert np.array_equal(np.asarray(flip(images, training=True)), images)
    mixed = keras.layers.MixUp(seed=1)(images, training=True)
    assert not np.allclose(np.asarray(mixed), images)
    assert tf.is_tensor(mixed)


RESIZE = {"type": "Resizing", "height": 4, "width": 4}
FAILING_IMAGES = [
    (RESIZE, (8, 8, 3)),
    ({**RESIZE, "interpolation": "cubic"}, (8, 8, 3)),
    ({**RESIZE, "interpolation": "lanczos3"}, (8, 8, 1)),
    ({**RESIZE, "crop_to_aspect_ratio": True, "pad_to_aspect_ratio": True}, (8, 8, 3)),
    ({**RESIZE, "pad_to_aspect_ratio": True, "fill_mode": "reflect"}, (8, 8, 3)),
    ({"type": "RandomSaturation", "factor": [0.6, 0.9]}, (8, 8, 1)),
    ({"type": "RandomSaturation", "factor": [0.6, 0.9]}, (8, 8, 3)),
    ({"type": "RandomHue", "factor": 0.3}, (8, 8, 2)),
    ({"type": "RandomGrayscale"}, (8, 8, 3)),
    ({"type": "RandomGrayscale"}, (8, 8, 2)),
    ({"type": "RandomSharpness", "factor": 0.8}, (8, 8, 3)),
    ({"type": "RandomRotation", "factor": 0.1, "dtype": "float64"}, (8, 8, 3)),
    ({"type": "CenterCrop", "height": 4, "width": 4}, (8, 8, 5)),
    ({"type": "RandomPosterization", "factor": 4}, (8, 8, 1)),
]


@pytest.mark.parametrize(("layer", "shape"), FAILING_IMAGES, ids=named)
def test_image_layers_fail_with_images_where_they_are_said_to(layer, shape, rng):
    if not hasattr(keras.layers, layer["type"]):
        pytest.skip("not in this Keras")
    tree = document([layer, "GlobalAveragePooling2D", {"type": "Dense", "units": 1}], shape)
    model = seqspec.build(tree)
    model.compile("sgd", "mse")
    try:
        model.train_on_batch(rng.uniform(0, 255, (4, *shape)).astype("float32"), np.zeros((4, 1)))
        fails = False
    except Exception:
        fails = True
    assert fails == ("unsupported-image-layer-input" in names(tree))


# Base models


def range_of(values):
    return float(values.min()), float(values.max())


@pytest.mark.parametrize("name", sorted(APPLICATIONS))
def test_pixels_of_base_models_are_those_of_preprocess_input(name):
    declared = layer_class(name)
    module = importlib.import_module(getattr(keras.applications, name).__module__)
    ends = np.stack([np.zeros((2, 2, 3)), np.full((2, 2, 3), 255.0)]).astype("float32")
    low, high = range_of(np.asarray(module.preprocess_input(ends.copy())))
    entry = document([{"type": name, "include_top": False}], (160, 160, 3))
    expected = facts_of(entry).layers[0].layer.expects
    assert (expected.low, expected.high) == pytest.approx((low, high), abs=0.01)
    if "include_preprocessing" in declared.model_fields:
        outside = document([{"type": name, "include_top": False, "include_preprocessing": False}], (160, 160, 3))
        assert facts_of(outside).layers[0].layer.expects != pixels.BYTES


INSIDE = ["MobileNetV3Small", "EfficientNetV2B0", "ConvNeXtTiny"]


@pytest.mark.sampled(3)
@pytest.mark.parametrize("name", INSIDE)
def test_application_input_ranges_equal_keras(name):
    model = getattr(keras.applications, name)(include_top=False, weights=None, input_shape=(64, 64, 3))
    x = np.stack([np.zeros((64, 64, 3)), np.full((64, 64, 3), 255.0)]).astype("float32")
    for layer in model.layers[1:4]:
        scales = layer.layers[:1] if isinstance(layer, keras.Sequential) else [layer]
        for one in scales:
            if isinstance(one, (keras.layers.Rescaling, keras.layers.Normalization)):
                x = np.asarray(one(x))
    expected = (
        facts_of(document([{"type": name, "include_top": False, "include_preprocessing": False}], (64, 64, 3)))
        .layers[0]
        .layer.expects
    )
    assert range_of(x) == pytest.approx((expected.low, expected.high), abs=0.01)


@pytest.mark.parametrize(
    "scheme", [pixels.SIGNED, pixels.STANDARD, pixels.CENTERED], ids=["signed", "standard", "centered"]
)
def test_the_layer_that_is_recommended_makes_these_pixels(scheme):
    facts = facts_of(document([scheme.layer, "Flatten"], IMAGE, data={"train": {"range": [0, 255]}}))
    made = facts.inputs.ranges[1]
    assert (made.low, made.high) == pytest.approx((scheme.low, scheme.high), abs=0.01)


# Shapes of samples

DENSE = {"type": "Dense", "units": 2}
POOLED = [{"type": "Conv2D", "filters": 2, "kernel_size": 3}, "GlobalAveragePooling2D", DENSE]
FED = [
    (POOLED, (9, 9, 1), (9, 9, 1)),
    (POOLED, (9, 9, 1), (12, 7, 1)),
    (POOLED, (9, 9, 1), (9, 9)),
    (POOLED, (9, 9, 1), (9, 9, 3)),
    (POOLED, (9, 9, 3), (9, 9)),
    (POOLED, ("H", "W", 1), (7, 8, 1)),
    ([DENSE], (10,), (9,)),
    ([DENSE], (10,), (10, 1)),
    ([DENSE], (10,), (1, 10)),
    ([DENSE], (1,), ()),
    (["Flatten", DENSE], (4, 6), (6, 4)),
    (["Flatten", DENSE], (4, 6), (4, 7)),
    ([{"type": "Reshape", "target_shape": [5, 2]}, {"type": "LSTM", "units": 2}], (10,), (8,)),
    ([{"type": "LSTM", "units": 2}], (5, 3), (7, 3)),
    ([{"type": "LSTM", "units": 2}], (5, 3), (5, 3, 1)),
    ([{"type": "Sequential", "layers": [DENSE, DENSE]}], (5,), (6,)),
    ([{"type": "TimeDistributed", "layer": DENSE}], (4, 5), (3, 5)),
    ([{"type": "Embedding", "input_dim": 9, "output_dim": 2}, "Flatten", DENSE], (4,), (5,)),
    ([{"type": "Permute", "dims": [2, 1]}, DENSE], (4, 5), (5, 5)),
]


@pytest.mark.parametrize(("layers", "declared", "shape"), FED)
def test_samples_of_other_shapes_fit_where_keras_takes_them(layers, declared, shape):
    tree = document(layers, declared)
    facts = facts_of(tree)
    fed = check_input_fit(shape, facts.input, facts.spec.stack.layers, facts.layers, facts.env)
    model = seqspec.build(tree)
    try:
        model.predict_on_batch(np.ones((2, *shape), "float32"))
        taken = True
    except Exception:
        taken = False
    assert taken == (not fed.rank and fed.refusing is None)


# Sets and labels


@pytest.mark.parametrize("share", [0.01, 0.1, 0.2, 1 / 3, 0.5, 0.9, 0.99])
def test_splits_are_keras_own(share):
    from keras.src.trainers.data_adapters.array_slicing import train_validation_split

    for samples in (1, 2, 3, 5, 10, 12, 99, 100, 101):
        fit = {"validation_split": share, "batch_size": 4}
        tables = {"compile": {"loss": "mse"}, "fit": fit, "data": {"train": {"samples": samples}}}
        tree = document([{"type": "Dense", "units": 1}], (2,), **tables)
        facts = facts_of(tree)
        (split,) = facts.inputs.splits
        try:
            train, validation = train_validation_split((np.zeros(samples),), share)
        except ValueError:
            assert 0 in (split.train, split.validation)
            assert "empty-dataset" in names(tree)
        else:
            assert (split.train, split.validation) == (len(train[0]), len(validation[0]))
            assert split.steps == math.ceil(len(train[0]) / 4)


def test_class_weights_that_are_not_given_are_one():
    from keras.src.trainers.data_adapters.data_adapter_utils import class_weight_to_sample_weights

    weights = class_weight_to_sample_weights(np.array([0, 1, 2]), {1: 5.0, 3: 9.0})
    assert np.asarray(weights).tolist() == [1.0, 5.0, 1.0]


@pytest.mark.parametrize("layer", [
    {"type": "Discretization", "num_bins": 3},
    {"type": "IntegerLookup"},
    {"type": "StringLookup"},
    {"type": "TextVectorization"},
], ids=lambda layer: layer["type"])  # fmt: skip
def test_layers_that_were_never_adapted_fail(layer):
    dtype = {"Discretization": "float32", "IntegerLookup": "int64"}.get(layer["type"], "string")
    model = seqspec.build(document([layer], (1,), dtype))
    x = np.zeros((2, 1), dtype) if dtype != "string" else tf.constant([["a"], ["b"]])
    with pytest.raises(Exception, match=r"adapt|vocabulary|[Tt]able"):
        model.predict_on_batch(x)


def test_a_normalization_that_was_never_adapted_passes_values_on():
    x = np.array([[3.0, -40.0]], "float32")
    assert np.array_equal(seqspec.build(document(["Normalization"], (2,))).predict_on_batch(x), x)


EXTRA = {
    "Conv": {"filters": 2, "kernel_size": 3},
    "Sepa": {"filters": 2, "kernel_size": 3},
    "Dept": {"kernel_size": 3},
    "Dens": {"units": 2},
    "LSTM": {"units": 2},
    "GRU": {"units": 2},
}


SHAPES = {"Dense": (6,), "LSTM": (6, 2), "GRU": (6, 2)}


@pytest.mark.parametrize("dtype", ["uint8", "int32", "bool"])
@pytest.mark.parametrize("kind", [*with_trait("no_integers"), *SHAPES])
def test_whole_numbers_fail_in_convolutions(kind, dtype):
    rank = next((rank for rank in (1, 2, 3) if f"{rank}D" in kind), 0)
    steps = (3,) if kind.startswith("ConvLSTM") else ()
    shape = SHAPES.get(kind) or (*steps, *(6,) * rank, 2)
    model = seqspec.build(document([{"type": kind, **EXTRA[kind[:4]]}], shape, dtype))
    try:
        model.predict_on_batch(np.ones((2, *shape), dtype))
        fails = False
    except TypeError:
        fails = True
    assert fails == ("no_integers" in layer_class(kind).traits)


# Chance


def test_equal_seeds_give_equal_weights_and_drop_the_same_places():
    he = "he_normal(seed=1)"
    layers = [{"type": "Dense", "units": 6, "kernel_initializer": he} for _ in range(2)]
    tree = document([*layers, {"type": "Dense", "units": 6, "kernel_initializer": "he_normal(seed=2)"}], (6,))
    first, second, third = (layer.get_weights()[0] for layer in seqspec.build(tree).layers)
    assert np.array_equal(first, second) and not np.array_equal(first, third)
    assert "repeated-seed" in names(tree)
    drops = document([{"type": "Dropout", "rate": 0.5, "seed": 3}, {"type": "Dropout", "rate": 0.5, "seed": 3}], (40,))
    ones = np.ones((2, 40), "float32")
    made = [np.asarray(layer(ones, training=True)) for layer in seqspec.build(drops).layers]
    assert np.array_equal(*made)
    assert "repeated-seed" in names(drops)


# Quantization and export

TWO = [{"type": "Dense", "units": 4, "name": "head"}, {"type": "Dense", "units": 4, "name": "tail"}]
QUANTIZED = [
    ([{"type": "Conv2D", "filters": 2, "kernel_size": 3}, "GlobalAveragePooling2D"], (8, 8, 1), None),
    (TWO, (8,), None),
    (TWO, (8,), "ead"),
    (TWO, (8,), ["^ail", "x"]),
    ([{"type": "Embedding", "input_dim": 8, "output_dim": 4}, "Flatten", {"type": "Dense", "units": 4}], (3,), None),
    ([{"type": "TimeDistributed", "layer": {"type": "Dense", "units": 2}}, {"type": "LSTM", "units": 2}], (3, 4), None),
    ([{"type": "Sequential", "layers": [{"type": "Dense", "units": 2, "name": "inner"}]}], (4,), "inner"),
    ([{"type": "Bidirectional", "layer": {"type": "GRU", "units": 2}}], (3, 4), None),
]  # fmt: skip


@pytest.mark.parametrize("mode", ["int8", "float8"])
@pytest.mark.parametrize(("layers", "shape", "filters"), QUANTIZED)
def test_quantization_changes_the_layers_that_are_foretold(layers, shape, filters, mode):
    quantize = {"mode": mode, **({"filters": filters} if filters else {})}
    tree = document(layers, shape, quantize=quantize)
    facts = facts_of(tree)
    told = sorted(entry.name for entry in quantized_layers(facts.layers, facts.files.quantize))
    if filters and KERAS < (3, 13):
        pytest.skip("filters came with Keras 3.13")
    model = seqspec.build(document(layers, shape))
    model.quantize(mode, **({"filters": filters} if filters else {}))
    leaves = [layer for layer in model._flatten_layers() if not list(layer._layers)]
    assert told == sorted(layer.name for layer in leaves if layer.quantization_mode == mode)
    assert ("ineffective-quantization" in names(tree)) or told


@pytest.mark.parametrize("policy", ["float16", "mixed_float16", "mixed_bfloat16", "float64"])
def test_keras_refuses_int8_in_float16(policy):
    tree = document([{"type": "Dense", "units": 4}], (8,), runtime={"dtype_policy": policy})
    model = seqspec.build(tree)
    told = "quantized-float16" in names({**tree, "quantize": {"mode": "int8"}})
    try:
        model.quantize("int8")
    except ValueError:
        assert told
    else:
        assert not told


EXPORTED = [
    ({"type": "LSTM", "units": 2}, (4, 3), None),
    ({"type": "LSTM", "units": 2, "unroll": True}, (4, 3), None),
    ({"type": "SimpleRNN", "units": 2}, (4, 3), None),
    ({"type": "IntegerLookup", "vocabulary": [4, 5]}, (1,), "int64"),
    ({"type": "TextVectorization", "vocabulary": ["a", "b"]}, (1,), "string"),
    ({"type": "StringLookup", "vocabulary": ["a", "b"]}, (1,), "string"),
    ({"type": "Hashing", "num_bins": 3}, (1,), "int64"),
    ({"type": "Conv1D", "filters": 2, "kernel_size": 2}, (4, 3), None),
]


@pytest.mark.sampled(4)
@pytest.mark.skipif(KERAS < (3, 13), reason="exports to LiteRT came with Keras 3.13")
@pytest.mark.parametrize(("layer", "shape", "dtype"), EXPORTED, ids=named)
def test_litert_flex_layers_equal_declarations(layer, shape, dtype, tmp_path):
    tree = document([layer], shape, dtype)
    file = tmp_path / "model.tflite"
    seqspec.build(tree).export(file, format="litert", verbose=False)
    told = "unsupported-in-export-format" in names({**tree, "export": {"filepath": "model.tflite", "format": "litert"}})
    assert told == (b"Flex" in file.read_bytes())
