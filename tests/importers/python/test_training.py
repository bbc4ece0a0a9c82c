"""What compile and fit say: optimizer, loss, metrics, callbacks, and of labels only what the program says."""

import pytest

from tests.importers.python.reading import only, plain

MODEL = "m = Sequential([Dense(10, activation='softmax', input_shape=(4,))])\n"

COMPILES = {
    "m.compile('adam', 'mse', ['mae'])": {"optimizer": "adam", "loss": "mse", "metrics": ["mae"]},
    "m.compile(optimizer=keras.optimizers.SGD(lr=0.1, momentum=0.9), loss=keras.losses.mse)": {
        "optimizer": {"type": "SGD", "learning_rate": 0.1, "momentum": 0.9},
        "loss": "mse",
    },
    "m.compile(keras.optimizers.Adam(1e-3), keras.losses.CategoricalCrossentropy(from_logits=True))": {
        "optimizer": {"type": "Adam", "learning_rate": 0.001},
        "loss": {"type": "CategoricalCrossentropy", "from_logits": True},
    },
    "m.compile(keras.optimizers.SGD(lr=0.1, decay=1e-6), 'mse')": {
        "optimizer": {
            "type": "SGD",
            "learning_rate": {
                "type": "InverseTimeDecay",
                "initial_learning_rate": 0.1,
                "decay_steps": 1,
                "decay_rate": 1e-6,
            },
        },
        "loss": "mse",
    },
    "m.compile(loss=own_loss, optimizer='adam')": {"optimizer": "adam", "loss": {"custom": "OwnLoss"}},
    "m.compile('adam', 'logcosh', metrics=[own, 'mae'])": {"optimizer": "adam", "loss": "log_cosh", "metrics": ["mae"]},
}


@pytest.mark.parametrize("text", COMPILES)
def test_compile(text):
    assert only(MODEL + text).tree["compile"] == COMPILES[text]


def test_fit_and_callbacks():
    text = """
    stop = keras.callbacks.EarlyStopping(monitor="val_loss", patience=3)
    m.fit(x, y, 32, nb_epoch=5, callbacks=[stop, OwnCallback(), keras.callbacks.CSVLogger("log.csv")], verbose=False)
    """
    fit = only(MODEL + __import__("textwrap").dedent(text)).tree["fit"]
    assert fit == {
        "batch_size": 32,
        "epochs": 5,
        "verbose": 0,
        "callbacks": [
            {"type": "EarlyStopping", "monitor": "val_loss", "patience": 3},
            {"type": "CSVLogger", "filename": "log.csv"},
        ],
    }


LABELS = {
    "(x, y), _ = keras.datasets.mnist.load_data()": {"kind": "multiclass", "classes": 10},
    "(x, y), _ = keras.datasets.mnist.load_data()\ny = keras.utils.to_categorical(y)": {
        "kind": "multiclass",
        "classes": 10,
        "encoding": "one_hot",
    },
    "(x, y), _ = keras.datasets.imdb.load_data()": {"kind": "binary"},
    "(x, y), _ = keras.datasets.boston_housing.load_data()": {"kind": "regression"},
    "(x, y), _ = keras.datasets.cifar10.load_data()": {"kind": "multiclass", "classes": 10, "shape": [1]},
    "x, y = load(), load()": None,
    "x, y = load(), keras.utils.to_categorical(load(), 10)": None,
    "(x, y), _ = keras.datasets.mnist.load_data()\nkeep = y < 5\ny = y[keep]": None,
    "(x, y), _ = keras.datasets.mnist.load_data()\ny[y > 5] = 0": None,
}


@pytest.mark.parametrize("text", LABELS)
def test_labels(text):
    assert only(f"{text}\n{MODEL}m.fit(x, y)").tree.get("target") == LABELS[text]


def test_scaled_samples():
    text = "(x, y), _ = keras.datasets.mnist.load_data()\nx = x.reshape(60000, 784).astype('float32') / 255\n"
    train = only(text + MODEL + "m.fit(x, y)").tree["data"]["train"]
    assert train == {"samples": 60000, "shape": [784], "range": [0.0, 1.0]}


def test_unknown_values_are_named():
    model = only("m = Sequential([Dense(len(classes), input_dim=X.shape[1])])\nm.compile(Adam(lr=args.lr), 'mse')")
    assert plain(model.tree["model"]["input"]) == ["{X.shape[1]}"]
    assert plain(model.tree["model"]["layers"]) == [{"type": "Dense", "units": "{len(classes)}"}]
