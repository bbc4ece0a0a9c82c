"""Assumptions of the architecture rules, measured with Keras: fans, deviations, mean field, linearity, masks."""

import itertools
import warnings
from importlib import import_module

import keras
import numpy as np
import pytest
from keras.src.initializers.random_initializers import compute_fans

from seqspec.core.analysis.layers.signal import moments, spread_of
from seqspec.core.catalog.objects import INITIALIZER
from seqspec.core.check.check import Check, check


def facts_of(model, **tables):
    return Check.of({"seqspec": 1, "model": model, **tables}).facts


def made(value, home=keras.layers):
    """The object of Keras that a table means, made without any code of seqspec."""
    if isinstance(value, str) and home is keras.layers:
        value = {"type": value}
    if not isinstance(value, dict):
        return value
    arguments = {
        key: made(entry, keras.layers if key == "layer" else keras.initializers)
        for key, entry in value.items()
        if key != "type"
    }
    return getattr(home, value["type"])(**arguments)


def built(model, seed=1):
    keras.utils.set_random_seed(seed)
    dtype = "int32" if any(entry == "Embedding" or "Embedding" in str(entry) for entry in model["layers"]) else None
    return keras.Sequential([keras.Input(model["input"], dtype=dtype), *map(made, model["layers"])])


def names_of(model, **tables):
    return {found.name for found in check({"seqspec": 1, "model": model, **tables}).diagnostics}


def outputs(model, x, training=False):
    """What leaves each layer."""
    found = []
    for layer in model.layers:
        x = layer(x, training=training) if "training" in layer._call_signature.parameters else layer(x)
        found.append(np.array(x))
    return found


SHAPES = [(3, 5), (64, 10), (3, 3, 3, 16), (5, 16, 32), (2, 2, 2, 4, 8), (3, 3, 8, 1), (7,), (4, 4, 16, 3)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_fans(shape):
    assert INITIALIZER.read("he_normal").fans(shape) == compute_fans(shape)


INITIALIZERS = [
    *[{"type": kind} for kind in ("GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "LecunNormal")],
    *[{"type": kind} for kind in ("LecunUniform", "RandomNormal", "TruncatedNormal", "RandomUniform", "Orthogonal")],
    {"type": "VarianceScaling", "scale": 2.0, "mode": "fan_out", "distribution": "untruncated_normal"},
    {"type": "VarianceScaling", "scale": 0.5, "mode": "fan_avg", "distribution": "uniform"},
    {"type": "RandomNormal", "mean": 0.5, "stddev": 0.2},
    {"type": "RandomUniform", "minval": 0.0, "maxval": 2.0},
    {"type": "TruncatedNormal", "stddev": 1.0},
    {"type": "Orthogonal", "gain": 3.0},
    {"type": "Constant", "value": -0.3},
    {"type": "Ones"},
    {"type": "Zeros"},
]


@pytest.mark.parametrize("table", INITIALIZERS, ids=lambda table: " ".join(map(str, table.values())))
@pytest.mark.parametrize("shape", [(80, 120), (200, 40), (3, 3, 24, 64)], ids=str)
def test_spread_of_start_values(table, shape):
    keras.utils.set_random_seed(3)
    values = np.array(made(table, keras.initializers)(shape))
    assert spread_of(INITIALIZER.read(table), shape) == pytest.approx(np.sqrt(np.mean(values**2)), rel=0.04, abs=1e-9)


@pytest.mark.parametrize("variance", [0.01, 1.0, 9.0])
@pytest.mark.parametrize(
    "name",
    ["relu", "relu6", "leaky_relu", "elu", "selu", "tanh", "sigmoid", "hard_sigmoid", "hard_tanh", "softsign",
     "softplus", "silu", "gelu", "linear"],
)  # fmt: skip
def test_moments_of_activations(name, variance):
    values = np.random.default_rng(0).normal(0, variance**0.5, 400_000).astype("float32")
    function = getattr(keras.activations, name)
    square, slope = moments(name, variance)
    left, right = np.array(function(values - 0.005)), np.array(function(values + 0.005))
    assert square == pytest.approx(np.mean(np.array(function(values)) ** 2), rel=0.02)
    assert slope == pytest.approx(np.mean(((right - left) / 0.01) ** 2), rel=0.05)


def dense(units, activation, start="glorot_uniform"):
    return {"type": "Dense", "units": units, "activation": activation, "kernel_initializer": start}


def conv(filters, activation, start="glorot_uniform", **more):
    layer = {"type": "Conv2D", "filters": filters, "kernel_size": 3, "activation": activation}
    return {**layer, "kernel_initializer": start, **more}


FIELDS = {
    "relu": {"input": [200], "layers": [dense(units, "relu") for units in (300, 200, 400, 300)]},
    "relu he": {"input": [200], "layers": [dense(units, "relu", "he_normal") for units in (300, 200, 400, 300)]},
    "sigmoid": {"input": [200], "layers": [dense(300, "sigmoid")] * 5},
    "tanh": {"input": [200], "layers": [dense(300, "tanh")] * 5},
    "selu": {"input": [200], "layers": [dense(300, "selu", "lecun_normal")] * 4},
    "selu he": {"input": [200], "layers": [dense(300, "selu", "he_normal")] * 4},
    "narrow": {"input": [200], "layers": [dense(300, "relu", {"type": "RandomUniform"})] * 4},
    "wide": {"input": [200], "layers": [dense(300, "tanh", {"type": "RandomNormal", "stddev": 0.3})] * 3},
    "linear": {"input": [200], "layers": [dense(100, "linear", "orthogonal"), dense(300, "linear", "he_uniform")]},
    "separate": {"input": [200], "layers": [dense(300, "linear"), {"type": "ReLU"}, dense(300, "linear"), "Softmax"]},
    "valid convolutions": {"input": [20, 20, 16], "layers": [conv(48, "relu")] * 3},
    "strided convolutions": {"input": [21, 21, 24], "layers": [conv(48, "relu", "he_normal", strides=2)] * 2},
    "groups": {"input": [16, 16, 32], "layers": [conv(64, "tanh", groups=4)] * 2},
    "transposed": {
        "input": [10, 10, 32],
        "layers": [
            {"type": "Conv2DTranspose", "filters": 48, "kernel_size": 4, "strides": 2, "padding": "same"},
            {"type": "LeakyReLU", "negative_slope": 0.2},
            {"type": "Conv2DTranspose", "filters": 48, "kernel_size": 4, "strides": 2, "padding": "same"},
        ],
    },
    "normalized": {
        "input": [200],
        "layers": [dense(300, "relu"), dense(300, "linear"), "LayerNormalization", "ReLU", dense(300, "tanh")],
    },
}


def mean_square(values, name):
    # At the border of a transposed convolution fewer windows meet.
    return np.mean((values[:, 4:-4, 4:-4] if name == "transposed" else values) ** 2)


@pytest.mark.parametrize("name", FIELDS)
def test_the_mean_field_of_the_signal(name):
    model = FIELDS[name]
    x = np.random.default_rng(1).normal(size=(64, *model["input"])).astype("float32")
    facts = facts_of(model)
    measured = np.sqrt(
        np.mean([[mean_square(y, name) for y in outputs(built(model, seed), x)] for seed in (1, 2, 3)], 0)
    )
    assert facts.stack.signal_gains
    for level in facts.stack.signal_gains:
        if level.activation == "softmax":
            continue
        # An activation that is a layer of its own comes after the weights, and a normalization between.
        index = level.index
        while index + 1 < len(measured) and facts.stack.flow[index + 1].kind in ("activation", "norm"):
            index += 1
        assert level.output_mean_square**0.5 == pytest.approx(measured[index], rel=0.12), level.index


@pytest.mark.parametrize("name", ["relu", "relu he", "sigmoid", "tanh", "selu he", "narrow", "wide"])
def test_the_mean_field_of_the_gradient(name):
    import tensorflow as tf

    model = FIELDS[name]
    levels = facts_of(model).stack.signal_gains
    real = built(model)
    rng = np.random.default_rng(2)
    x = tf.constant(rng.normal(size=(64, *model["input"])).astype("float32"))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = real(x)
        weights = tf.constant(rng.normal(size=y.shape).astype("float32"))
        total = tf.reduce_sum(y * weights)
    gradient = np.sqrt(np.mean(np.array(tape.gradient(total, x)) ** 2))
    assert np.prod([level.back for level in levels]) ** 0.5 == pytest.approx(gradient, rel=0.2)


LINEAR_STACKS = {
    "dense": ([12], [dense(8, "linear"), "BatchNormalization", {"type": "Dropout", "rate": 0.5}]),
    "rescaled": ([12], [{"type": "Rescaling", "scale": 0.5}, dense(8, "linear"), "Identity"]),
    "convolutions": (
        [8, 8, 3],
        [conv(6, "linear"), {"type": "AveragePooling2D", "pool_size": 2}, conv(4, "linear"), "Flatten"],
    ),
    "layout": ([8, 8, 3], ["ZeroPadding2D", conv(6, "linear"), "UpSampling2D", {"type": "Permute", "dims": [2, 1, 3]}]),
    "transposed": ([4, 4, 3], [{"type": "Conv2DTranspose", "filters": 4, "kernel_size": 3}, "GlobalAveragePooling2D"]),
    "separable": ([8, 8, 3], [{"type": "SeparableConv2D", "filters": 4, "kernel_size": 3}, "Cropping2D"]),
    "repeated": (
        [12],
        [dense(8, "linear"), {"type": "RepeatVector", "n": 3}, {"type": "Reshape", "target_shape": [8, 3]}],
    ),
}
BENT_STACKS = {
    "relu": ([12], [dense(8, "relu")]),
    "activation": ([12], [dense(8, "linear"), {"type": "Activation", "activation": "tanh"}]),
    "prelu": ([12], [dense(8, "linear"), "PReLU", "ReLU"]),
    "max pooling": ([8, 8, 3], [conv(6, "linear"), {"type": "MaxPooling2D", "pool_size": 2}]),
    "global max": ([8, 8, 3], [conv(6, "linear"), "GlobalMaxPooling2D"]),
    "recurrent": ([6, 4], [{"type": "LSTM", "units": 4}]),
    "softmax": ([12], [dense(8, "linear"), "Softmax"]),
}


@pytest.mark.parametrize("name", [*LINEAR_STACKS, *BENT_STACKS])
def test_linear_activations_are_linear(name):
    linear = name in LINEAR_STACKS
    shape, layers = (LINEAR_STACKS if linear else BENT_STACKS)[name]
    model = {"input": shape, "layers": layers}
    bends = [step.is_nonlinear or step.kind == "max_pool" for step in facts_of(model).stack.flow]
    assert any(bends) is not linear
    real = built(model)
    rng = np.random.default_rng(4)
    x, y = (rng.normal(size=(16, *shape)).astype("float32") * 3 for _ in range(2))
    # A map with an offset: f(x + y) + f(0) = f(x) + f(y).
    left = np.array(real(x + y)) + np.array(real(np.zeros_like(x)))
    right = np.array(real(x)) + np.array(real(y))
    assert np.allclose(left, right, atol=1e-3) is linear


CONSTANT = {
    "both constant": ("tanh", "ones", "ones", "error"),
    "zeros and ones": ("sigmoid", "zeros", "ones", "error"),
    "both zeros": ("tanh", "zeros", "zeros", "error"),
    "zeros under relu": ("relu", "zeros", "glorot_uniform", "error"),
    "ones before random": ("tanh", "ones", "glorot_uniform", "warning"),
    "zeros before random": ("tanh", "zeros", "glorot_uniform", "warning"),
    "random": ("tanh", "glorot_uniform", "glorot_uniform", None),
}


@pytest.mark.parametrize("name", CONSTANT)
def test_a_constant_kernel(name):
    activation, first, second, severity = CONSTANT[name]
    model = {"input": [6], "layers": [dense(5, activation, first), dense(4, "tanh", second), dense(1, "sigmoid")]}
    report = check({"seqspec": 1, "model": model, "compile": {"loss": "binary_crossentropy"}})
    told = [found for found in report.diagnostics if found.name == "constant-kernel-initializer"]
    assert (told[0].severity if told else None) == severity
    real = built(model)
    rng = np.random.default_rng(5)
    x = rng.normal(size=(64, 6)).astype("float32")
    real.compile(keras.optimizers.SGD(0.5), "binary_crossentropy")
    real.fit(x, (x[:, 0] > 0).astype("float32"), epochs=5, verbose=0)
    kernel = np.array(real.layers[0].kernel)
    # An error is what never changes: units that cannot be told from each other.
    assert np.allclose(kernel, kernel[:, :1], atol=1e-6) is (severity == "error")


@pytest.mark.parametrize(
    ("shape", "layer", "constant"),
    [
        ([1], "LayerNormalization", True),
        ([4], "LayerNormalization", False),
        ([8], {"type": "GroupNormalization", "groups": 8}, True),
        ([8], {"type": "GroupNormalization", "groups": -1}, True),
        ([8], {"type": "GroupNormalization", "groups": 4}, False),
        ([3, 8], {"type": "GroupNormalization", "groups": 8}, False),
        ([5, 1], "LayerNormalization", True),
        ([5, 1], {"type": "LayerNormalization", "axis": [1, 2]}, False),
        ([1], "RMSNormalization", False),
    ],
    ids=str,
)
def test_normalization_over_one_value(shape, layer, constant):
    model = {"input": shape, "layers": [layer]}
    x = np.random.default_rng(7).normal(size=(8, *shape)).astype("float32")
    values = np.array(built(model)(x))
    assert np.allclose(values, values[:1], atol=1e-4) is constant
    assert ("normalization-over-one" in names_of(model)) is constant


def test_batch_normalization_of_a_single_vector_is_constant():
    x = np.random.default_rng(8).normal(size=(5, 1, 6)).astype("float32")
    layer = keras.layers.BatchNormalization()
    assert all(np.allclose(np.array(layer(one, training=True)), 0) for one in x)


def test_batch_normalization_cancels_a_bias():
    x = np.random.default_rng(9).normal(size=(32, 6)).astype("float32")
    weights = keras.layers.Dense(4)
    norm = keras.layers.BatchNormalization()
    first = np.array(norm(weights(x), training=True))
    weights.bias.assign([5.0, -3.0, 1.0, 100.0])
    assert np.allclose(first, np.array(norm(weights(x), training=True)), atol=1e-3)
    behind = np.array(norm(keras.activations.relu(weights(x)), training=True))
    assert not np.allclose(behind, np.array(norm(keras.activations.relu(weights(x) - 2), training=True)), atol=1e-2)


NEW = tuple(map(int, keras.__version__.split(".")[:2])) >= (3, 14)
DROPS = {
    "Dropout": "nothing passes",
    "SpatialDropout1D": "nothing passes",
    "AlphaDropout": "fails",
    "GaussianDropout": "fails",
    "SimpleRNN": "nothing passes",
    "LSTM": "all passes",
    "GRU": "all passes",
}
"""What becomes of a rate of 1 in training, since Keras 3.14; before, all of them fail."""


@pytest.mark.parametrize("name", DROPS)
def test_a_dropout_of_everything(name):
    recurrent = name in ("LSTM", "GRU", "SimpleRNN")
    layer = {"type": name, "units": 3, "dropout": 1.0} if recurrent else {"type": name, "rate": 1.0}
    model = {"input": [5, 4], "layers": [layer]}
    report = check({"seqspec": 1, "keras": ">=3.14" if NEW else "<3.14", "model": model, "compile": {"loss": "mse"}})
    (told,) = [found for found in report.diagnostics if found.name == "full-dropout"]
    assert told.severity == ("warning" if NEW and DROPS[name] == "all passes" else "error")
    x = np.random.default_rng(10).normal(size=(8, 5, 4)).astype("float32")
    real = built(model)
    if not NEW or DROPS[name] == "fails":
        with pytest.raises((ValueError, ZeroDivisionError)):
            real(x, training=True)
        return
    values = np.array(real(x, training=True))
    assert np.allclose(values, values[:1]) is (DROPS[name] == "nothing passes")
    assert np.allclose(values, np.array(real(x, training=False))) is (DROPS[name] == "all passes")


def test_dense_in_time_distributed_is_dense():
    model = {"input": [5, 4], "layers": [{"type": "TimeDistributed", "layer": {"type": "Dense", "units": 3}}]}
    assert "redundant-time-distributed" in names_of(model)
    inner = keras.layers.Dense(3)
    x = np.random.default_rng(11).normal(size=(8, 5, 4)).astype("float32")
    assert np.allclose(np.array(keras.layers.TimeDistributed(inner)(x)), np.array(inner(x)), atol=1e-6)


def test_exponentials_overflow():
    model = {"input": [2], "layers": [dense(5, "exponential")] * 3 + [dense(1, "linear")]}
    x = np.random.default_rng(12).normal(size=(256, 2)).astype("float32")
    assert not np.isfinite(outputs(built(model), x * 3)[-1]).all()
    assert facts_of({**model, "layers": model["layers"][:2]}).stack.signal_gains[-1].output_mean_square > 100


def test_most_of_a_window_over_one_value_never_learns():
    model = {"input": [1, 1, 3], "layers": [conv(4, "relu", padding="same"), "Flatten", dense(1, "linear")]}
    assert "kernel-on-single-position" in names_of(model)
    real = built(model)
    before = np.array(real.layers[0].kernel)
    x = np.random.default_rng(13).normal(size=(64, 1, 1, 3)).astype("float32")
    real.compile("sgd", "mse")
    real.fit(x, x[:, 0, 0, :1], epochs=2, verbose=0)
    moved = np.any(np.array(real.layers[0].kernel) != before, axis=(2, 3))
    assert moved.sum() == 1 and moved[1, 1]


EMBEDDING = {"type": "Embedding", "input_dim": 20, "output_dim": 4, "mask_zero": True}
MASKED = {
    "heeded": ([6], [EMBEDDING, {"type": "LSTM", "units": 3}]),
    "averaged": ([6], [EMBEDDING, {"type": "Dropout", "rate": 0.1}, "GlobalAveragePooling1D"]),
    "convolved": ([6], [EMBEDDING, {"type": "Conv1D", "filters": 3, "kernel_size": 2}, {"type": "LSTM", "units": 3}]),
    "flattened": ([6], [EMBEDDING, "Flatten"]),
    "greatest": ([6], [EMBEDDING, "GlobalMaxPooling1D"]),
    "reshaped": ([6], [EMBEDDING, {"type": "Reshape", "target_shape": [3, 8]}, {"type": "GRU", "units": 3}]),
    "permuted": ([6], [EMBEDDING, {"type": "Permute", "dims": [2, 1]}]),
    "pooled": ([6], [EMBEDDING, {"type": "MaxPooling1D"}, {"type": "GRU", "units": 3}]),
    "normalized": ([6], [EMBEDDING, "LayerNormalization", "BatchNormalization", {"type": "GRU", "units": 3}]),
    "both ways": (
        [6],
        [
            EMBEDDING,
            {"type": "Bidirectional", "layer": {"type": "LSTM", "units": 3, "return_sequences": True}},
            "Flatten",
        ],
    ),
    "values": ([6, 4], [{"type": "Masking"}, {"type": "Dense", "units": 3}, "Flatten"]),
    "steps": ([6, 4], [{"type": "Masking"}, {"type": "TimeDistributed", "layer": {"type": "Dense", "units": 3}}]),
}


@pytest.mark.parametrize("name", MASKED)
def test_masks_are_lost_as_in_keras(name):
    shape, layers = MASKED[name]
    model = {"input": {"shape": shape, "dtype": "int32"} if EMBEDDING in layers else shape, "layers": layers}
    lost = [found.entry.name for found in facts_of(model).stack.dropped_masks]
    keras.backend.clear_session()
    # Keras warns when the layer is first called.
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        built({"input": shape, "layers": layers})(np.ones((2, *shape), "int32" if EMBEDDING in layers else "float32"))
    text = [str(entry.message) for entry in told if "destroy the mask" in str(entry.message)]
    assert {entry.split("'")[1] for entry in text} == set(lost)


RECURRENT = {
    "LSTM": {"recurrent_activation": "hard_sigmoid", "unroll": True, "use_bias": False},
    "GRU": {"recurrent_activation": "hard_sigmoid", "unroll": True, "use_bias": False, "reset_after": False},
}


@pytest.mark.parametrize("kind", RECURRENT)
def test_cudnn_requirements_equal_keras(kind):
    # The package has a function of this name too.
    rnn = import_module("keras.src.backend.tensorflow.rnn")
    supports = getattr(rnn, f"_do_{kind.lower()}_arguments_support_cudnn")
    choices = RECURRENT[kind]
    keys = ["activation", "recurrent_activation", "unroll", "use_bias", *(["reset_after"] if kind == "GRU" else [])]
    for count in range(len(choices) + 1):
        for chosen in itertools.combinations(choices, count):
            given = {key: choices[key] for key in chosen}
            layer = getattr(keras.layers, kind)(3, **given)
            fast = bool(supports(**{key: getattr(layer, key) for key in keys}))
            model = {"input": [4, 2], "layers": [{"type": kind, "units": 3, **given}]}
            assert ("no-cudnn-kernel" in names_of(model)) is not fast, given


@pytest.mark.parametrize("rate", [0.0, 0.3])
def test_recurrent_dropout_keeps_from_cudnn(rate):
    # Keras asks for cuDNN only where `not self.recurrent_dropout`.
    model = {"input": [4, 2], "layers": [{"type": "LSTM", "units": 3, "recurrent_dropout": rate}]}
    assert ("no-cudnn-kernel" in names_of(model)) is bool(made(model["layers"][0]).recurrent_dropout)


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("kind", ["Conv1D", "MaxPooling1D"])
def test_positions_that_no_window_reads(kind, padding):
    """`strides-exceed-window` fires only where a position has no effect in Keras, and with padding "same" wherever."""
    for size, window, strides in itertools.product((1, 3, 6, 7), (1, 2, 3), (1, 2, 3, 4)):
        if padding == "valid" and window > size:
            continue
        key = (
            {"filters": 1, "kernel_size": window, "kernel_initializer": "ones"}
            if kind == "Conv1D"
            else {"pool_size": window}
        )
        layer = {"type": kind, **key, "strides": strides, "padding": padding}
        model = {"input": [size, 1], "layers": [layer]}
        x = np.eye(size, dtype="float32")[..., None]
        read = np.array(built(model)(x)).any(axis=(1, 2))
        fires = "strides-exceed-window" in names_of(model)
        assert fires <= (not read.all()), layer
        assert padding == "valid" or fires == (not read.all()), layer
