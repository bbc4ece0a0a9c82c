"""Arguments by position and by older names, compared with the installed Keras where they are Keras's own."""

import inspect

import keras
import pytest

from seqspec.core.catalog.index import LAYERS, layer_class
from seqspec.programs.keras_api.signatures import OBJECTS, positional_arguments
from tests.programs.reading import HEAD, read


def first_arguments(made):
    """The arguments that a class or function of Keras takes by position."""
    function = made.__init__ if inspect.isclass(made) else made
    parameters = inspect.signature(function).parameters.values()
    return [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD and p.name != "self"][:6]


KERAS = {
    name: getattr(keras.layers, name, None) or getattr(keras.applications, name, None)
    for name in LAYERS
    if name not in ("Sequential", "Pipeline")
}


@pytest.mark.parametrize("name", KERAS)
def test_positional_arguments_of_layers_equal_keras(name):
    order = positional_arguments(layer_class(name))
    expected = first_arguments(KERAS[name])
    assert order[: len(expected)] == expected, f"name the order of {name} in seqspec/programs/keras_api/signatures.py"
    # The message for a layer that is called with values alone names these.
    required = [field for field, declared in layer_class(name).model_fields.items() if declared.is_required()]
    assert required == expected[: len(required)]


@pytest.mark.parametrize("family", OBJECTS)
def test_positional_arguments_of_objects_equal_keras(family):
    module = keras.optimizers.schedules if family == "schedules" else getattr(keras, family)
    compared = 0
    for known in OBJECTS[family].names().values():
        found = known if isinstance(known, type) else known.stands_for
        made = getattr(module, found.__name__, None) if found is not None else None
        if inspect.isclass(made):
            expected = first_arguments(made)[:3]
            assert list(found.model_fields)[: len(expected)] == expected, found.__name__
            compared += 1
    assert compared or family == "activations"


OLD = {
    "Convolution2D(32, 3, 5)": {"type": "Conv2D", "filters": 32, "kernel_size": [3, 5]},
    "Conv2D(32, 3, 5, border_mode='same')": {"type": "Conv2D", "filters": 32, "kernel_size": [3, 5], "padding": "same"},
    "Conv2D(32, 3, 2)": {"type": "Conv2D", "filters": 32, "kernel_size": 3, "strides": 2},
    "Conv2D(32, 3, 2, 'same')": {"type": "Conv2D", "filters": 32, "kernel_size": 3, "strides": 2, "padding": "same"},
    "Conv2D(32, 4, 4, padding='valid')": {
        "type": "Conv2D",
        "filters": 32,
        "kernel_size": 4,
        "strides": 4,
        "padding": "valid",
    },
    "SeparableConv2D(32, 3, 1)": {"type": "SeparableConv2D", "filters": 32, "kernel_size": 3, "strides": 1},
    "Conv2DTranspose(32, 3, 2, 'same')": {
        "type": "Conv2DTranspose",
        "filters": 32,
        "kernel_size": 3,
        "strides": 2,
        "padding": "same",
    },
    "Conv2D(32, 3, 3, activation='relu')": {
        "type": "Conv2D",
        "filters": 32,
        "kernel_size": [3, 3],
        "activation": "relu",
    },
    "Conv2D(32, (3, 3), (2, 2))": {"type": "Conv2D", "filters": 32, "kernel_size": [3, 3], "strides": [2, 2]},
    "Convolution1D(nb_filter=8, filter_length=3, border_mode='same', subsample_length=2)": {
        "type": "Conv1D",
        "filters": 8,
        "kernel_size": 3,
        "padding": "same",
        "strides": 2,
    },
    "Convolution3D(8, 3, 4, 5)": {"type": "Conv3D", "filters": 8, "kernel_size": [3, 4, 5]},
    "Conv2D(nb_filter=8, nb_row=3, nb_col=5)": {"type": "Conv2D", "filters": 8, "kernel_size": [3, 5]},
    "Dense(8, 'uniform')": {"type": "Dense", "units": 8, "kernel_initializer": "random_uniform"},
    "Dense(8, 'relu')": {"type": "Dense", "units": 8, "activation": "relu"},
    "Dense(output_dim=8, init='normal')": {"type": "Dense", "units": 8, "kernel_initializer": "random_normal"},
    "Dropout(p=0.5)": {"type": "Dropout", "rate": 0.5},
    "Dropout(0.5)": {"type": "Dropout", "rate": 0.5},
    "LeakyReLU(alpha=0.2)": {"type": "LeakyReLU", "negative_slope": 0.2},
    "LeakyReLU(0.2)": {"type": "LeakyReLU", "negative_slope": 0.2},
    "LSTM(8, dropout_W=0.2, dropout_U=0.3)": {"type": "LSTM", "units": 8, "dropout": 0.2, "recurrent_dropout": 0.3},
    "MaxPool2D(2, 2)": {"type": "MaxPooling2D", "pool_size": 2, "strides": 2},
    "UpSampling2D((2, 2))": {"type": "UpSampling2D", "size": [2, 2]},
    "ZeroPadding2D((1, 1))": {"type": "ZeroPadding2D", "padding": [1, 1]},
    "BatchNormalization(mode=0)": {"type": "BatchNormalization"},
    "TimeDistributedDense(8)": {"type": "Dense", "units": 8},
    "CuDNNGRU(8)": {"type": "GRU", "units": 8, "reset_after": True},
    "Dense(8, W_regularizer=keras.regularizers.l2(0.01))": {
        "type": "Dense",
        "units": 8,
        "kernel_regularizer": {"type": "L2", "l2": 0.01},
    },
    "Dense(8, activation=keras.activations.relu)": {"type": "Dense", "units": 8, "activation": "relu"},
    "Dense(8, activation=LeakyReLU(0.1))": {
        "type": "Dense",
        "units": 8,
        "activation": {"type": "leaky_relu", "negative_slope": 0.1},
    },
    "Dense(8, activaton='relu')": {"type": "Dense", "units": 8, "activaton": "relu"},
}


@pytest.mark.parametrize("text", OLD)
def test_arguments_have_their_keras_3_names(text):
    assert read(f"m = Sequential([{text}])")[-1].tree["model"]["layers"] == [OLD[text]]


def test_third_argument_of_tf_convolutions_is_strides():
    """In tf.keras the third number of a convolution has always been its strides."""
    from seqspec.programs.program_document import read_program

    text = HEAD.replace("keras", "tensorflow.keras").replace("import tensorflow.keras", "from tensorflow import keras")
    (model,) = read_program(text + "m = Sequential([Conv2D(32, 3, 2)])").models
    assert model.tree["model"]["layers"] == [{"type": "Conv2D", "filters": 32, "kernel_size": 3, "strides": 2}]


def test_channels_first_is_read():
    from tests.programs.reading import only

    text = "from keras import backend as K\nK.set_image_dim_ordering('th')\nm = Sequential([MaxPooling2D(2), Dense(8)])"
    assert only(text).tree["model"]["layers"][0]["data_format"] == "channels_first"
    text = "m = Sequential([Convolution2D(8, 3, 3, border_mode='same', input_shape=(3, 32, 32))])"
    assert only(text).tree["model"]["layers"][0]["data_format"] == "channels_first"
    text = "m = Sequential([Conv2D(8, 3, padding='same', input_shape=(3, 32, 32))])"
    assert "data_format" not in only(text).tree["model"]["layers"][0]
