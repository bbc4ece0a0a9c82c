"""Writes random models of an older Keras with their predictions.

    KERAS_BACKEND=tensorflow python random_models.py FOLDER NAME COUNT [SEED]

NAME begins the names of the files: k1 with keras==1.2.2, the names of keras2.py for Keras 2 and TensorFlow's Keras, k3 with
keras==3.0.5. The layers have random options, in random order; what this Keras refuses is left out. Each model is saved in
a random format, as the other scripts of this folder do; compare.py imports them.
"""

import os
import random
import sys

import numpy as np
from writing import fill, write_model, write_predictions

FOLDER, GENERATION, COUNT = sys.argv[1], sys.argv[2], int(sys.argv[3])
FIRST = int(sys.argv[4]) if len(sys.argv) > 4 else 0
TF, ONE, THREE = GENERATION.startswith("tk"), GENERATION == "k1", GENERATION.startswith("k3")
if TF:
    from tensorflow import keras

    K, L, Sequential = keras.backend, keras.layers, keras.Sequential
else:
    import keras
    from keras import backend as K
    from keras import layers as L
    from keras.models import Sequential
THEANO = not TF and K.backend() == "theano"
PREFIX = GENERATION + ("_theano" if THEANO else "") + "_random"
rng = random.Random()
numbers = np.random.RandomState()
first = False  # Whether channels come first in the model that is being made.


def some(*options):
    return rng.choice(options)


def maybe(share=0.5):
    return rng.random() < share


ACTIVATIONS = ["linear", "relu", "tanh", "sigmoid", "hard_sigmoid", "softplus", "softsign"]
if not ONE:
    ACTIVATIONS += ["elu", "selu"]
if TF or THREE:
    ACTIVATIONS += ["swish", "gelu", "exponential", "relu6" if THREE else "relu"]


def activation():
    return rng.choice(ACTIVATIONS)


def weights():
    """Options of layers with weights that do not change what they compute, in names of this Keras."""
    options = {}
    start = "init" if ONE else "kernel_initializer"
    if maybe(0.3):
        options[start] = some("he_normal", "lecun_uniform", "glorot_uniform", "zero" if ONE else "zeros", "orthogonal")
    if maybe(0.2):
        options["W_regularizer" if ONE else "kernel_regularizer"] = keras.regularizers.l2(0.01)
    if maybe(0.1):
        constraints = keras.constraints
        options["W_constraint" if ONE else "kernel_constraint"] = some(
            constraints.maxnorm(2) if hasattr(constraints, "maxnorm") else constraints.MaxNorm(2),
            constraints.nonneg() if hasattr(constraints, "nonneg") else constraints.NonNeg(),
        )
    if maybe(0.2):
        options["bias" if ONE else "use_bias"] = False
    return options


def named(options):
    if maybe(0.15):
        options["trainable"] = False
    return options


def dense():
    return L.Dense(rng.randint(2, 7), activation=activation(), **named(weights()))


def sizes(rank, least=1, most=3):
    return tuple(rng.randint(least, most) for _ in range(rank))


def order():
    if not maybe(0.15):
        return {}
    return {"dim_ordering": some("th", "tf")} if ONE else {"data_format": some("channels_first", "channels_last")}


def padding(*more):
    return some("valid", "same", *more)


def convolution(rank):
    filters, size = rng.randint(2, 5), sizes(rank)
    if ONE:
        options = dict(activation=activation(), border_mode=padding(), **named(weights()))
        if rank == 1:
            if maybe(0.3):
                return L.AtrousConvolution1D(filters, size[0], atrous_rate=2, **options)
            return L.Convolution1D(filters, size[0], subsample_length=some(1, 2), **options)
        options.update(order())
        if rank == 2 and maybe(0.2):
            return L.AtrousConvolution2D(filters, *size, atrous_rate=(2, 2), **options)
        return getattr(L, "Convolution%dD" % rank)(filters, *size, subsample=sizes(rank, 1, 2), **options)
    options = dict(activation=activation(), **named(weights()))
    if maybe(0.3):
        options["dilation_rate"] = rng.randint(1, 3)
    else:
        options["strides"] = sizes(rank, 1, 2)
    options["padding"] = padding("causal") if rank == 1 else padding()
    if (NEW and maybe(0.3)) and rank < 3:
        options["groups"] = some(1, 2)
        filters = 4
    if rank > 1 or TF:
        options.update(order())
    return getattr(L, "Conv%dD" % rank)(filters, size, **options)


NEW = GENERATION in ("tk24", "tk215") or THREE


def separable(rank):
    filters, size = rng.randint(2, 5), sizes(rank)
    if ONE:
        return L.SeparableConvolution2D(
            filters, *size, subsample=some((1, 1), (2, 2)), depth_multiplier=rng.randint(1, 2), border_mode=padding(),
            activation=activation()
        )  # fmt: skip
    options = dict(padding=padding(), depth_multiplier=rng.randint(1, 2), activation=activation(), use_bias=maybe(0.7))
    options["strides"] = rng.randint(1, 2)
    if maybe(0.2):
        options["strides"], options["dilation_rate"] = 1, 2
    options.update(order() if rank == 2 or TF else {})
    if maybe():
        return getattr(L, "SeparableConv%dD" % rank)(filters, size, **options)
    return getattr(L, "DepthwiseConv%dD" % rank)(size, **options)


def transposed(rank):
    filters, size = rng.randint(2, 4), sizes(rank)
    options = dict(padding=padding(), activation=activation(), **weights())
    options["strides"] = sizes(rank, 1, 2)
    if (TF or GENERATION == "k224") and rank == 2 and maybe(0.3):
        options["output_padding"] = 0
    options.update(order())
    return getattr(L, "Conv%dDTranspose" % rank)(filters, size, **options)


def local(rank):
    return getattr(L, "LocallyConnected%dD" % rank)(rng.randint(2, 4), *((2,) * rank if ONE else (2,)))


def pooling(rank):
    kind = some("Max", "Average")
    if maybe(0.3):
        return getattr(L, "Global%sPooling%dD" % (kind, rank))(
            **({"keepdims": maybe()} if GENERATION == "tk215" or THREE else {})
        )
    size = rng.randint(2, 3) if rank == 1 else sizes(rank, 1, 3)
    stride = some(None, 1, 2) if rank == 1 else some(None, sizes(rank, 1, 2))
    if ONE:
        name, options = ("pool_length", {"stride": stride}) if rank == 1 else ("pool_size", {"strides": stride})
        options.update({name: size, "border_mode": padding()}, **(order() if rank > 1 else {}))
        return getattr(L, "%sPooling%dD" % (kind, rank))(**options)
    return getattr(L, "%sPooling%dD" % (kind, rank))(
        size, strides=stride, padding=padding(), **(order() if rank > 1 or TF else {})
    )


def moved(rank):
    kind = some("ZeroPadding", "Cropping", "UpSampling")
    pairs = tuple((rng.randint(0, 2), rng.randint(0, 1)) for _ in range(rank))
    if kind == "UpSampling":
        options = {} if rank == 1 else order()
        if rank == 2 and not ONE and GENERATION != "k216" and maybe(0.3):
            options["interpolation"] = some("nearest", "bilinear")
        return getattr(L, "UpSampling%dD" % rank)(rng.randint(1, 3) if rank == 1 else sizes(rank, 1, 2), **options)
    value = pairs[0] if rank == 1 else pairs
    if ONE and kind == "ZeroPadding" and rank > 1:
        value = sizes(rank, 0, 2)
    return getattr(L, "%s%dD" % (kind, rank))(value, **(order() if rank > 1 else {}))


def normalization():
    if (TF or THREE) and maybe(0.4):
        if GENERATION != "tk24" and maybe(0.3):
            return L.UnitNormalization() if maybe() else L.GroupNormalization(some(1, -1))
        return L.LayerNormalization(
            epsilon=some(1e-3, 1e-6, 0.1), center=maybe(0.7), scale=maybe(0.7), axis=some(-1, -1, [-1], 1)
        )
    if ONE:
        return L.BatchNormalization(axis=some(-1, -1, 1), epsilon=some(1e-3, 1e-6, 0.1), mode=some(0, 0, 0, 0, 1, 2))
    return L.BatchNormalization(
        axis=some(-1, -1, -1, 1), epsilon=some(1e-3, 1e-5, 0.1), center=maybe(0.7), scale=maybe(0.7), **named({})
    )


def activation_layer():
    kind = some("Activation", "Activation", "LeakyReLU", "PReLU", "ELU", "ThresholdedReLU", "Softmax", "ReLU")
    if kind == "Activation":
        return L.Activation(some(*ACTIVATIONS + ["softmax"]))
    if kind == "PReLU":
        return L.PReLU(**({"shared_axes": [1]} if maybe(0.3) else {}))
    if kind == "ReLU":
        options = {"max_value": some(None, 1.5)}
        if GENERATION != "k224":
            options.update(negative_slope=some(0.0, 0.2), threshold=some(0.0, 0.3))
        return L.ReLU(**options)
    if kind == "Softmax":
        return L.Softmax(axis=some(-1, 1))
    return getattr(L, kind)(some(0.2, 0.5))


def nothing():
    kinds = ["Dropout", "GaussianNoise", "GaussianDropout", "ActivityRegularization", "SpatialDropout1D"]
    kind = some(*kinds + ([] if ONE else ["AlphaDropout"]))
    return getattr(L, kind)(0.3)


CELLS = ("LSTM", "GRU", "SimpleRNN")


def recurrent(batch=None, sequences=None):
    kind = some(*CELLS)
    sequences = maybe() if sequences is None else sequences
    options = dict(
        activation=some("tanh", "tanh", *ACTIVATIONS[:6]), return_sequences=sequences, go_backwards=maybe(0.2)
    )
    gates = some("sigmoid", "hard_sigmoid", "tanh")
    units = rng.randint(2, 5)
    if maybe(0.1):
        options["unroll"] = True
    if kind != "SimpleRNN":
        options["inner_activation" if ONE else "recurrent_activation"] = gates
        if maybe(0.3):  # Otherwise the default of this Keras.
            del options["inner_activation" if ONE else "recurrent_activation"]
    if ONE:
        options.update(consume_less=some("cpu", "mem", "gpu"), dropout_W=some(0.0, 0.2))
        return getattr(L, kind)(units, **options)
    options.update(use_bias=maybe(0.8), dropout=some(0.0, 0.2), recurrent_dropout=some(0.0, 0.0, 0.2))
    if kind == "GRU" and GENERATION != "k216" and maybe():
        options["reset_after"] = maybe()
    if kind == "LSTM":
        options["unit_forget_bias"] = maybe()
    if not THREE and not TF and maybe(0.4):
        options["implementation"] = some(1, 2)
    if (TF or not ONE) and not THREE and maybe(0.2):
        cells = [cell() for _ in range(rng.randint(1, 3))]
        return L.RNN(
            cells if len(cells) > 1 or maybe() else cells[0],
            return_sequences=sequences, go_backwards=options["go_backwards"], unroll=options.get("unroll", False)
        )  # fmt: skip
    return getattr(L, kind)(units, **options)


def cell():
    kind = some(*CELLS)
    options = dict(activation=some("tanh", "hard_sigmoid", "relu"), use_bias=maybe(0.8))
    if kind != "SimpleRNN":
        options["recurrent_activation"] = some("sigmoid", "hard_sigmoid")
    if kind == "GRU" and GENERATION != "k216":
        options["reset_after"] = maybe()
    if kind == "LSTM" and options["activation"] == "hard_sigmoid":
        options["activation"] = "tanh"
    return getattr(L, kind + "Cell")(rng.randint(2, 4), **options)


def bidirectional():
    return L.Bidirectional(recurrent(), merge_mode=some("concat", "sum", "mul", "ave"))


def conv_lstm():
    filters, size = rng.randint(2, 3), sizes(2)
    options = dict(return_sequences=maybe(), go_backwards=maybe(0.2), activation=some("tanh", "relu", "linear"))
    gates = some("sigmoid", "hard_sigmoid", None)
    if gates:
        options["inner_activation" if ONE else "recurrent_activation"] = gates
    if ONE:
        return L.ConvLSTM2D(filters, *size, border_mode=padding(), **options)
    options.update(padding=padding(), use_bias=maybe(0.8), **order())
    if maybe(0.3):
        options["strides"] = (1, 2)
    elif maybe(0.2):
        options["dilation_rate"] = 2
    return L.ConvLSTM2D(filters, size, **options)


def nested(make):
    return Sequential([make() for _ in range(rng.randint(1, 3))])


def reshape(shape):
    if len(shape) > 1 and maybe(0.3):
        axes = list(range(1, len(shape) + 1))
        rng.shuffle(axes)
        return L.Permute(tuple(axes))
    if None in shape:
        return L.Flatten()
    count = int(np.prod(shape))
    divisors = [n for n in range(1, count + 1) if count % n == 0]
    one = rng.choice(divisors)
    return L.Reshape(some((one, count // one), (count,), (1, one, count // one)))


def shape_of(model):
    """The output shape without the batch size; Keras 3 does not know it before the first layer."""
    return tuple((model.output_shape if model.layers or not THREE else model._layers[0].batch_shape)[1:])


def layer(shape):
    """A layer for an input of this shape, without the batch size."""
    rank = len(shape)
    makers = [dense, normalization, activation_layer, activation_layer, nothing, lambda: reshape(shape)]
    if rank == 1:
        makers += [dense, dense, lambda: L.RepeatVector(rng.randint(2, 4)), lambda: nested(dense)]
        if ONE:
            makers += [lambda: L.MaxoutDense(4, nb_feature=2), lambda: L.Highway()] if maybe(0.2) else []
    if rank == 2:
        makers += [recurrent, recurrent, bidirectional, bidirectional, lambda: convolution(1), lambda: pooling(1)]
        makers += [lambda: moved(1), lambda: L.TimeDistributed(dense()), L.Flatten]
        makers += [lambda: L.TimeDistributed(nested(dense)), lambda: nested(lambda: convolution(1))]
        makers += [lambda: L.Masking(some(0.0, 0.5))] if maybe(0.3) else []
        makers += [lambda: local(1)] if maybe(0.1) else []
        if not ONE:
            makers += [lambda: separable(1)]
        if TF or THREE:
            makers += [lambda: transposed(1)]
    if rank == 3:
        makers += [lambda: convolution(2)] * 3 + [lambda: pooling(2)] * 2 + [lambda: moved(2), L.Flatten]
        makers += [lambda: separable(2)] * 2 + [lambda: nested(lambda: convolution(2))]
        makers += [lambda: transposed(2)] * (not ONE)
        makers += [lambda: local(2)] if maybe(0.1) else []
        makers += [lambda: L.TimeDistributed(convolution(1)), lambda: L.TimeDistributed(recurrent())]
    if rank == 4:
        makers += [lambda: convolution(3)] * 2 + [lambda: pooling(3), lambda: moved(3), conv_lstm, conv_lstm]
        makers += [lambda: L.TimeDistributed(convolution(2)), lambda: L.TimeDistributed(pooling(2)), L.Flatten]
    return rng.choice(makers)()


def stack():
    """A model, and its input."""
    batch = some(None, None, None, 2, 3)
    kind = some("vector", "tokens", "sequence", "sequence", "image", "image", "volume")
    shape = {
        "vector": (rng.randint(2, 7),),
        "tokens": (rng.randint(4, 8),),
        "sequence": (rng.randint(4, 9), rng.randint(1, 4)),
        "image": (rng.randint(5, 9), rng.randint(5, 9), rng.randint(1, 4)),
        "volume": (rng.randint(3, 5), rng.randint(4, 6), rng.randint(4, 6), rng.randint(1, 3)),
    }[kind]
    model = Sequential()
    if THREE:
        model.add(keras.Input(shape, batch_size=batch))
    if kind == "tokens":
        options = {"mask_zero": maybe()}
        if not THREE:
            options["input_length"] = shape[0]
        given = {"batch_input_shape": (batch, shape[0])} if batch and not THREE else {}
        model.add(L.Embedding(12, rng.randint(2, 5), **dict(options, **given)))
        data = numbers.randint(0, 12, (batch or 4,) + shape)
        if maybe():
            data[:, -2:] = 0
        if TF and not model.built:
            model.build((batch,) + shape)
    else:
        data = numbers.uniform(-1, 1, (batch or 4,) + shape).astype("float32")
        if not TF and not THREE:
            model.add(L.Activation("linear", batch_input_shape=(batch,) + shape))
        elif TF:
            model.add(L.InputLayer(batch_input_shape=(batch,) + shape))
    count, tries = rng.randint(2, 6), 0
    while count and tries < 40:
        tries += 1
        before = len(model.layers)
        try:
            model.add(layer(shape_of(model)))
            if not shape_of(model) or not all(size is None or size > 0 for size in shape_of(model)):
                raise ValueError("empty")
            count -= 1
        except Exception:
            # This Keras does not have such a layer, or refuses its options or its input.
            while len(model.layers) > before:
                model.pop()
    return model, data, batch


def formats():
    if ONE:
        return ["h5", "h5", "weights"]
    if not TF and not THREE:
        return ["h5", "h5", "weights"]
    if THREE:
        return ["h5", "keras", "weights3"]
    return ["h5", "h5", "savedmodel", "checkpoint", "weights"] + (
        ["keras", "weights3"] if GENERATION == "tk215" else []
    )


def write(seed):
    global first
    rng.seed(seed)
    numbers.seed(seed)
    if not THEANO:
        K.clear_session()
    first = maybe(0.15) and not (TF or THREE)
    if ONE:
        K.set_image_dim_ordering("th" if first else "tf")
    else:
        (keras.config if THREE else K).set_image_data_format("channels_first" if first else "channels_last")
    model, data, batch = stack()
    fill(model.layers, numbers, 0.6)
    if not ONE and maybe(0.3):
        model.compile(some("adam", "sgd", "rmsprop"), some("mse", "mae"), metrics=["mae"])
    predictions = np.asarray(model.predict(data, batch_size=batch or 4, verbose=0))
    if not np.isfinite(predictions).all():
        return "not finite"
    kind = rng.choice(formats())
    name = "%s_%d_%s" % (PREFIX, seed, kind)
    path = os.path.join(FOLDER, name)
    write_model(model, path, kind, newest=GENERATION == "tk215")
    write_predictions(path, data, predictions)
    return "wrote " + name + ": " + " ".join(type(one).__name__ for one in model.layers)


for seed in range(FIRST, FIRST + COUNT):
    try:
        print(write(seed))
    except Exception as error:
        print("FAILED", seed, type(error).__name__, str(error)[:150].replace("\n", " "))
    sys.stdout.flush()
