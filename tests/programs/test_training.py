"""Arguments of compile and fit: optimizer, loss, metrics, callbacks, and the labels that the program determines."""

import pytest

import seqspec
from tests.programs.reading import only, plain

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
def test_compile_is_read(text):
    assert only(MODEL + text).tree["compile"] == COMPILES[text]


def test_fit_and_callbacks_are_read():
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
def test_labels_of_fit_become_targets(text):
    assert only(f"{text}\n{MODEL}m.fit(x, y)").tree.get("target") == LABELS[text]


BY_LOSS = {
    ("np.random.randint(0, 10, (100,))", "sparse_categorical_crossentropy"): {"kind": "multiclass", "classes": 10},
    ("np.random.randint(0, 10, (100,))", "categorical_crossentropy"): {"kind": "multiclass", "classes": 10},
    ("np.random.randint(0, 10, (100, 1))", "binary_crossentropy"): {"kind": "multiclass", "classes": 10, "shape": [1]},
    ("np.random.randint(0, 10, (100,))", "mse"): {"kind": "regression", "range": [0, 9]},
    ("np.random.randint(0, 10, (100,))", "poisson"): None,
    ("np.random.randint(1, 11, (100,))", "sparse_categorical_crossentropy"): {
        "kind": "multiclass",
        "classes": 11,
        "range": [1, 10],
    },
    ("np.random.randint(0, n, (100,))", "sparse_categorical_crossentropy"): None,
    ("np.random.randint(0, 2, (100, 5))", "binary_crossentropy"): {"kind": "multilabel", "classes": 5},
    ("np.random.randint(0, 2, (100, 5))", "categorical_crossentropy"): None,
    ("np.random.randint(0, 2, (100, 9, 1))", "binary_crossentropy"): {"kind": "binary", "shape": [9, 1]},
    ("np.array([[0], [1], [1], [0]])", "mse"): {"kind": "binary", "shape": [1], "class_counts": [2, 2]},
    ("np.concatenate([np.zeros(3), np.ones(9)])", "mse"): {"kind": "binary", "class_counts": [3, 9]},
    ("np.ones((100, 1))", "binary_crossentropy"): None,
    ("np.random.uniform(3, 9, (100, 2))", "mae"): {"kind": "regression", "range": [3, 9], "shape": [2]},
    ("np.random.uniform(3, 9, (n, 2))", "mae"): {"kind": "regression", "range": [3, 9], "shape": [2]},
    ("np.random.uniform(-1, 1, 100)", "binary_crossentropy"): {"kind": "regression", "range": [-1, 1]},
    ("np.random.rand(100, 10)", "categorical_crossentropy"): None,
    ("np.random.randn(100, 10)", "categorical_crossentropy"): None,
    ("np.random.rand(100, 10)", "own_loss"): {"kind": "regression", "range": [0, 1], "shape": [10]},
    ("np.random.randn()", "mse"): None,
    ("np.random.dirichlet(np.ones(4), 100)", "mae"): {"kind": "multiclass", "classes": 4, "encoding": "probabilities"},
    ("to_categorical(load(), 2)[:50]", "mse"): None,
    ("to_categorical(np.random.randint(0, 2, 50), 2)", "mse"): {"kind": "binary", "encoding": "one_hot"},
    ("keras.datasets.mnist.load_data()[0][1] / 255", "sparse_categorical_crossentropy"): {
        "kind": "multiclass",
        "classes": 10,
        "range": [0, 9 / 255],
    },
    ("x", "mse"): {"kind": "reconstruction"},
    ("x + 1", "mse"): None,
}


@pytest.mark.parametrize(("labels", "loss"), BY_LOSS)
def test_labels_depend_on_the_loss(labels, loss):
    loss = loss if loss == "own_loss" else repr(loss)
    text = f"import numpy as np\nfrom keras.utils import to_categorical\nx = load()\n{MODEL}"
    model = only(f"{text}m.compile('adam', {loss})\nm.fit(x, {labels})")
    assert model.tree.get("target") == BY_LOSS[labels, loss.strip("'")]


def test_validation_data_are_described():
    text = "import numpy as np\nx = np.random.rand(90, 4)\nx_val = np.zeros((10, 4))\n"
    model = only(f"{text}{MODEL}m.compile('adam', 'mse')\nm.fit(x, load(), validation_data=(x_val, load()))")
    assert model.tree["data"] == {
        "train": {"samples": 90, "shape": [4], "range": [0.0, 1.0]},
        "validation": {"samples": 10, "shape": [4], "range": [0, 0]},
    }


def test_unknown_arguments_of_fit_have_a_note():
    """Whether there is validation data, and for how many epochs the model is trained, is not known."""
    model = only(MODEL + "m.compile('adam', 'mse')\nm.fit(x, y, **options)")
    assert "fit" not in model.tree and "data" not in model.tree
    assert [note.kind for note in model.notes] == ["unknown-arguments"]


def test_callbacks_with_unknown_arguments_are_read_with_models_of_other_files():
    callbacks = "[keras.callbacks.EarlyStopping(monitor='val_loss'), keras.callbacks.OrbaxCheckpoint(folder)]"
    model = only(f"m = load()\nm.fit(x, y, callbacks={callbacks})")
    first, second = model.tree["fit"]["callbacks"]
    assert first == {"type": "EarlyStopping", "monitor": "val_loss"}
    assert plain(second) == "{keras.callbacks.OrbaxCheckpoint(folder)}"


def test_scaled_samples_have_their_range():
    text = "(x, y), _ = keras.datasets.mnist.load_data()\nx = x.reshape(60000, 784).astype('float32') / 255\n"
    train = only(text + MODEL + "m.fit(x, y)").tree["data"]["train"]
    assert train == {"samples": 60000, "shape": [784], "range": [0.0, 1.0]}


def test_unknown_values_have_their_code():
    model = only("m = Sequential([Dense(len(classes), input_dim=X.shape[1])])\nm.compile(Adam(lr=args.lr), 'mse')")
    assert plain(model.tree["model"]["input"]) == ["{X.shape[1]}"]
    assert plain(model.tree["model"]["layers"]) == [{"type": "Dense", "units": "{len(classes)}"}]


def test_any_truth_value_is_a_shuffle(tmp_path):
    """Both versions of Keras accept `shuffle=0.2`."""
    path = tmp_path / "m.py"
    text = "import keras\nm = keras.Sequential([keras.Input((8,)), keras.layers.Dense(1)])\nm.compile('sgd', 'mse')\n"
    path.write_text(f"{text}m.fit(x, y, epochs=20, shuffle=0.2)\n")
    assert [each.name for each in seqspec.check(path).diagnostics if each.severity == "error"] == []
