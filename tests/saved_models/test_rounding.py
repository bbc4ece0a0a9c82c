"""The tolerance of the comparison follows from the rounding errors of a layer, and does not hide wrong weights."""

import numpy as np
import pytest

from seqspec.saved_models.converted_model import build_converted, check_conversion, convert
from seqspec.saved_models.saved_model import SavedModelError

pytestmark = pytest.mark.slow


def nearly_constant(keras):
    """Normalizes 100 + 0.001 x, of which float32 keeps two digits."""
    layers = keras.layers
    model = keras.Sequential([keras.Input((6,)), layers.Dense(8), layers.LayerNormalization(epsilon=1e-12),
                              layers.Dense(5, activation="tanh")])  # fmt: skip
    model.layers[0].kernel.assign(model.layers[0].kernel * 1e-3)
    model.layers[0].bias.assign(np.full(8, 100.0))
    return model


def nested(keras):
    layers = keras.layers
    inner = keras.Sequential([layers.Conv1D(8, 3, bias_initializer=keras.initializers.Constant(50)),
                              layers.LayerNormalization(epsilon=1e-12), layers.Conv1D(4, 2)])  # fmt: skip
    model = keras.Sequential([keras.Input((9, 4)), inner])
    kernel = inner.layers[0].kernel
    kernel.assign(kernel * 1e-3)
    return model


def small_variance(keras):
    """A BatchNormalization of large values that hardly vary."""
    layers = keras.layers
    model = keras.Sequential([keras.Input((4, 4, 3)), layers.Rescaling(1e-3, 300.0),
                              layers.BatchNormalization(epsilon=1e-9), layers.Conv2D(4, 3)])  # fmt: skip
    model.layers[1].moving_mean.assign(np.full(3, 300.0))
    model.layers[1].moving_variance.assign(np.full(3, 3e-7))
    return model


def half_input(keras):
    """Keras surprise: a LayerNormalization rounds to the dtype of its input."""
    layers = keras.layers
    return keras.Sequential([keras.Input((4,), dtype="float16"), layers.LayerNormalization(), layers.Dense(3)])


def dead(keras):
    """All outputs of the ReLU are zero, whatever its input is."""
    layers = keras.layers
    model = keras.Sequential([keras.Input((8, 3)), layers.Conv1D(4, 2, activation="relu"), layers.Conv1D(4, 3)])
    model.layers[0].bias.assign(np.full(4, -100.0))
    return model


MODELS = [nearly_constant, nested, small_variance, half_input, dead]


def imported(make, tmp_path):
    import keras

    keras.backend.clear_session()
    model = make(keras)
    numbers = np.random.default_rng(3)
    for weight in model.weights:
        if "gamma" in weight.path or "beta" in weight.path:
            weight.assign(numbers.uniform(-1, 1, weight.shape))
    model.save(tmp_path / "model.h5")
    found = convert(str(tmp_path / "model.h5"))
    return found, build_converted(found)


@pytest.mark.parametrize("make", MODELS)
def test_rounding_is_not_reported(make, tmp_path):
    found, built = imported(make, tmp_path)
    check = check_conversion(found, built)
    not_compared = ["conv1d (its outputs are all zero)"] if make is dead else []
    assert check.not_compared == not_compared
    assert check.compared == len(built.layers) - len(not_compared)


WRONG = [
    (nearly_constant, "layer_normalization/gamma"),
    (nearly_constant, "layer_normalization/beta"),
    (nearly_constant, "dense_1/kernel"),
    (nested, "conv1d/kernel"),
    (nested, "layer_normalization/gamma"),
    (nested, "layer_normalization/beta"),
    (nested, "conv1d_1/kernel"),
    (small_variance, "batch_normalization/gamma"),
    (small_variance, "batch_normalization/moving_mean"),
    (small_variance, "batch_normalization/moving_variance"),
    (small_variance, "conv2d/kernel"),
    (half_input, "layer_normalization/gamma"),
    (half_input, "layer_normalization/beta"),
    (half_input, "dense/kernel"),
    (dead, "conv1d_1/kernel"),
]


@pytest.mark.parametrize(("make", "path"), WRONG)
def test_comparison_detects_a_wrong_weight(make, path, tmp_path):
    """A kernel flipped, a vector in another order: what a wrong rule would do to them."""
    found, built = imported(make, tmp_path)
    weight = next(weight for weight in built.weights if weight.path.endswith(path))
    before = weight.numpy()
    before = before * np.linspace(0.9, 1.1, before.size).reshape(before.shape) if "moving" in path else before[::-1]
    weight.assign(before)
    with pytest.raises(SavedModelError, match="computes something else"):
        check_conversion(found, built)
