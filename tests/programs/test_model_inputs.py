"""The arrays that models get: what Keras rejects, and what it accepts."""

import numpy as np
import pytest

from tests.programs.test_check import check

HEAD = """
import keras
import numpy as np
from keras import layers
a, b = keras.Input((4,), name="a"), keras.Input((6,), name="b")
o = layers.Dense(1)(layers.concatenate([a, b]))
m = keras.Model({inputs}, o)
m.compile("sgd", "mse")
A, B, y = np.random.rand(8, 4), np.random.rand(8, 6), np.random.rand(8)
"""
REJECTED = ["A", "[A]", "[B, A]", "[A, B, B]", "{'a': A, 'bb': B}", "{'a': B, 'b': A}"]
ACCEPTED = ["[A, B]", "(A, B)", "{'a': A, 'b': B}", "{'b': B, 'c': B, 'a': A}"]


def found(tmp_path, program):
    return [each for each in check(tmp_path, program).diagnostics if each.name == "data-shape-mismatch"]


@pytest.mark.needs("keras", "tensorflow")
@pytest.mark.parametrize("inputs", ["[a, b]", "{'a': a, 'b': b}"])
@pytest.mark.parametrize("x", REJECTED + ACCEPTED)
def test_data_of_several_inputs(tmp_path, inputs, x):
    program = HEAD.format(inputs=inputs) + f"m.fit({x}, y, verbose=0)\n"
    if x in REJECTED:
        assert {each.severity for each in found(tmp_path, program)} == {"error"}
        with pytest.raises(ValueError, match=r"expects 2|incompatible|Missing data"):
            exec(program, {})
    else:
        assert found(tmp_path, program) == []
        exec(program, {})


@pytest.mark.needs("keras", "tensorflow")
def test_validation_data_of_several_inputs(tmp_path):
    program = HEAD.format(inputs="[a, b]") + "m.fit([A, B], y, validation_data=([B, A], y))\n"
    assert len(found(tmp_path, program)) == 2
    with pytest.raises(ValueError, match="incompatible"):
        exec(program, {})


@pytest.mark.parametrize("x", ["load()", "[load(), B]", "{name: A, 'b': B}", "[A, load()[:8]]"])
def test_unknown_data_is_not_reported(tmp_path, x):
    assert found(tmp_path, HEAD.format(inputs="[a, b]") + f"m.fit({x}, y)\n") == []


ONE_INPUT = """
import keras
import numpy as np
from keras import layers
x, y, one = np.random.rand(8, 4), np.random.rand(8, 2), np.random.rand(8, 1)
sequence, label = np.random.rand(8, 4, 1), np.arange(8.0).reshape(-1, 1)
dense = keras.Sequential([keras.Input((4,)), layers.Dense(2)])
narrow = keras.Sequential([keras.Input((1,)), layers.Dense(2)])
recurrent = keras.Sequential([keras.Input((4, 1)), layers.LSTM(2)])
for m in (dense, narrow, recurrent):
    m.compile("sgd", "mse")
"""
METHOD_CALLS = {
    "dense.fit(x, y)": None,
    "dense.fit(x, [[1.0, 2.0]] * 8)": "wrong-type",
    "narrow.fit([1.0, 2.0], y[:2])": "wrong-type",
    "narrow.fit((1, 2), y[:2])": "wrong-type",
    "dense.fit([x], [y])": None,
    "dense.evaluate([[1.0, 2.0, 3.0, 4.0]], y[:1])": "wrong-type",
    "dense.evaluate(x, y)": None,
    "dense.predict([[1.0, 2.0, 3.0, 4.0]])": "wrong-type",
    "narrow.predict([10])": "wrong-type",
    "dense.predict([x])": None,
    "dense.predict(x[:1])": None,
    "dense.predict(x[0])": "data-shape-mismatch",
    "dense.predict(x[0].reshape(1, 4))": None,
    "dense.predict(np.expand_dims(x[0], 0))": None,
    "narrow.predict(one[0])": None,
    "narrow.predict(label[:, 0])": None,
    "recurrent.predict(sequence[0])": None,
}


@pytest.mark.needs("keras", "tensorflow")
@pytest.mark.parametrize("call", METHOD_CALLS)
def test_data_of_methods(tmp_path, call):
    program, rule = f"{ONE_INPUT}{call}\n", METHOD_CALLS[call]
    found = {(each.name, each.severity) for each in check(tmp_path, program).diagnostics}
    severity = "warning" if rule == "wrong-type" else "error"  # Keras 2 accepts lists of numbers
    assert found & {(name, severity) for name in METHOD_CALLS.values()} == ({(rule, severity)} if rule else set())
    if rule is None:
        exec(program, {})
    else:
        with pytest.raises(ValueError, match=r"Unrecognized data type|Invalid input shape"):
            exec(program, {})


def test_lists_in_programs_for_keras_2(tmp_path):
    program = "import keras\nm = keras.models.Sequential()\nm.add(keras.layers.Dense(1, input_dim=1))\n"
    program += "m.compile(keras.optimizers.Adam(lr=0.01), 'mse')\nm.fit([1.0, 2.0], [2.0, 4.0], nb_epoch=500)\n"
    assert "wrong-type" not in {each.name for each in check(tmp_path, program).diagnostics}


@pytest.mark.needs("keras", "tensorflow")
def test_methods_of_the_class(tmp_path):
    program = "import keras\nm = keras.Sequential\nm.add(keras.layers.Dense(1))\nm.add(keras.layers.Dense(1))\n"
    (found,) = (each for each in check(tmp_path, program).diagnostics if each.severity == "error")
    assert found.name == "wrong-type"
    with pytest.raises(TypeError):
        exec(program, {})


def test_labels_in_a_known_shape(tmp_path):
    program = """
import keras
import numpy as np
x, y = np.load("x.npy").reshape(118, 45, 2), np.load("y.npy").reshape(118, 1)
m = keras.Sequential([keras.Input((45, 2)), keras.layers.LSTM(8, return_sequences=True), keras.layers.Dense(1)])
m.compile("adam", "mse")
m.fit(x, y, epochs=100)
"""
    assert "extra-output-axes" in {each.name for each in check(tmp_path, program).diagnostics}


@pytest.mark.parametrize(("scale", "expected"), [("", ["dataset-range-mismatch"]), (" / 255", [])])
def test_test_data_that_is_scaled_differently(tmp_path, scale, expected):
    program = f"""
import keras
(x, y), (x_test, y_test) = keras.datasets.mnist.load_data()
x, x_test = x / 255, x_test{scale}
m = keras.Sequential([keras.Input((28, 28)), keras.layers.Flatten(), keras.layers.Dense(10, activation="softmax")])
m.compile("adam", "sparse_categorical_crossentropy")
m.fit(x, y, validation_split=0.1)
m.evaluate(x_test, y_test)
"""
    found = [each for each in check(tmp_path, program).diagnostics if each.severity in ("error", "warning")]
    assert [each.name for each in found] == expected


SORTED = {
    "X, y = load_iris(return_X_y=True)": True,
    "X, y = load_wine(return_X_y=True)": True,
    "X, y = load_breast_cancer(return_X_y=True)": False,
    "X, y = np.random.rand(40, 4), np.concatenate([np.zeros(20), np.ones(20)])": True,
    "X, y = np.random.rand(40, 4), np.concatenate([np.ones(20), np.zeros(10), np.ones(10)])": False,
    "X, y = np.random.rand(40, 4), keras.utils.to_categorical(np.concatenate([np.zeros(20), np.ones(20)]))": True,
    "X, y = load_iris(return_X_y=True)\np = np.random.permutation(150)\nX, y = X[p], y[p]": False,
    "X, y = load_iris(return_X_y=True)\nX, y, _, _ = train_test_split(X, y)[::2] + [0, 0]": False,
}


@pytest.mark.needs("keras", "sklearn")
@pytest.mark.parametrize("data", SORTED)
def test_sorted_samples_that_are_split(tmp_path, data):
    head = "import keras\nimport numpy as np\nfrom sklearn.datasets import load_breast_cancer, load_iris, load_wine\n"
    head += f"from sklearn.model_selection import train_test_split\n{data}\n"
    names = {}
    exec(head, names)
    labels = names["y"].argmax(-1) if names["y"].ndim > 1 else names["y"]
    assert (np.diff(labels) >= 0).all() == SORTED[data]
    last = 2 if "one_hot" in data or "categorical" in data else 3
    loss = "categorical_crossentropy" if last == 2 else "sparse_categorical_crossentropy"
    program = f"""{head}
m = keras.Sequential([keras.layers.Dense(8, activation="relu"), keras.layers.Dense({last}, activation="softmax")])
m.compile("adam", "{loss}")
m.fit(X, y, validation_split=0.2)
"""
    assert ("unshuffled-split" in {each.name for each in check(tmp_path, program).diagnostics}) == SORTED[data]


@pytest.mark.needs("keras", "sklearn")
@pytest.mark.parametrize("splitter", ["KFold", "StratifiedKFold", "RepeatedStratifiedKFold", "StratifiedShuffleSplit"])
def test_sorted_samples_of_folds(tmp_path, splitter):
    """The row numbers of folds ascend, also with `shuffle=True`; those of the other splitters do not."""
    import sklearn.datasets
    import sklearn.model_selection

    x, y = sklearn.datasets.load_iris(return_X_y=True)
    shuffle = "shuffle=True" if splitter in ("KFold", "StratifiedKFold") else ""
    splits = getattr(sklearn.model_selection, splitter)(**({"shuffle": True} if shuffle else {}), random_state=1)
    rows, _ = next(splits.split(x, y))
    program = f"""
import keras
from sklearn.datasets import load_iris
from sklearn.model_selection import {splitter}
X, y = load_iris(return_X_y=True)
for rows, _ in {splitter}({shuffle}).split(X, y):
    m = keras.Sequential([keras.layers.Dense(8, activation="relu"), keras.layers.Dense(3, activation="softmax")])
    m.compile("adam", "sparse_categorical_crossentropy")
    m.fit(X[rows], y[rows], validation_split=0.2)
"""
    found = "unshuffled-split" in {each.name for each in check(tmp_path, program).diagnostics}
    assert found == (np.diff(y[rows]) >= 0).all()


@pytest.mark.needs("keras", "tensorflow")
@pytest.mark.parametrize("layer", ["Conv3D(2, 1)", "MaxPooling3D()", "ConvLSTM2D(2, 1)", "ConvLSTM3D(2, 1)"])
def test_a_model_without_input_is_tried_with_the_rank_that_a_later_layer_needs(tmp_path, layer):
    program = f"from keras import Sequential, layers\nm = Sequential([layers.Dense(4), layers.{layer}])\n"
    assert [each for each in check(tmp_path, program).diagnostics if each.severity == "error"] == []
    exec(program, {})
