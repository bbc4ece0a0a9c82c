"""Mistakes that only Python can contain, and facts of NumPy and pandas that show one; Keras is the judge."""

import pytest

from tests.programs.test_check import check

HEAD = """
import numpy as np
import pandas as pd
from keras.optimizers import Adam, SGD
from keras.optimizers.schedules import CosineDecay, CosineDecayRestarts
from sklearn.datasets import load_iris
from sklearn.preprocessing import LabelEncoder, OneHotEncoder
def train(optimizer):
    m = keras.Sequential([keras.Input((4,)), Dense(1)])
    m.compile(optimizer, "mse")
    m.fit(np.random.rand(64, 4), np.random.rand(64), verbose=0)
"""
OPTIMIZERS = {
    "SGD(learning_rate=1)": True,
    "Adam(0)": True,
    "SGD(0.1, momentum=0)": True,
    "SGD(CosineDecayRestarts(1, 10, t_mul=2))": True,
    "SGD(learning_rate=1.0)": False,
    "SGD(CosineDecayRestarts(1.0, 10, t_mul=2))": False,
    "SGD(CosineDecay(1, 10))": False,
    "Adam(0.1, beta_1=0, weight_decay=1)": False,
}


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_integers_where_keras_needs_floats(tmp_path, optimizer):
    report = check(tmp_path, f"{HEAD}train({optimizer})")
    assert any(finding.name == "wrong-type" for finding in report.diagnostics) == OPTIMIZERS[optimizer]


@pytest.mark.slow
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_keras_rejects_these_integers(optimizer):
    program = f"import keras\nfrom keras.layers import Dense\n{HEAD}train({optimizer})"
    if OPTIMIZERS[optimizer]:
        with pytest.raises((ValueError, TypeError)):
            exec(program, {})
    else:
        exec(program, {})


def test_integers_are_valid_in_older_programs(tmp_path):
    assert check(tmp_path, f"{HEAD}train(SGD(lr=1))").ok


TABLE = "t = pd.read_csv('t.csv')\nX = t.drop(columns='y')\n"
FAULTS = {
    TABLE + "m = keras.Sequential([Dense(1, input_shape=X.shape)])\nm.compile('sgd', 'mse')\nm.fit(X, t['y'])": (
        "data-shape-mismatch",
        17,
    ),
    TABLE + "m = keras.Sequential([Dense(1, input_dim=7)])\nm.compile('sgd', 'mse')\nm.fit(t.iloc[:, 0:8], t['y'])": (
        "data-shape-mismatch",
        17,
    ),
    "d = np.loadtxt('t.csv', delimiter=',')\nm = keras.Sequential([Dense(1, input_dim=7)])\n"
    "m.compile('sgd', 'mse')\nm.fit(d[:, :8], d[:, 8])": ("data-shape-mismatch", 16),
    TABLE + "m = keras.Sequential([Dense(8, activation='softmax', input_dim=4)])\n"
    "m.compile('sgd', 'sparse_categorical_crossentropy')\nm.fit(X, pd.get_dummies(t['y']).values)": (
        "label-encoding-mismatch",
        18,
    ),
    "X = np.random.randn(500, 4) * 1000\nm = keras.Sequential([keras.Input((4,)), Dense(1)])\n"
    "m.compile('sgd', 'mse')\nm.fit(X, np.random.rand(500))": ("unscaled-input", 16),
    "y = np.random.randint(1, 6, 500)\n"
    "m = keras.Sequential([keras.Input((4,)), Dense(5, activation='softmax')])\n"
    "m.compile('sgd', 'sparse_categorical_crossentropy')\nm.fit(np.random.rand(500, 4), y)": (
        "output-units-mismatch",
        16,
    ),
    "y = keras.utils.to_categorical(np.array([1, 2, 3, 4, 5]))\n"
    "m = keras.Sequential([keras.Input((4,)), Dense(5, activation='softmax')])\n"
    "m.compile('sgd', 'categorical_crossentropy')\nm.fit(np.random.rand(5, 4), y)": ("output-units-mismatch", 16),
    "(x, y), _ = keras.datasets.imdb.load_data(num_words=20000)\n"
    "x = keras.utils.pad_sequences(x, maxlen=80)\n"
    "m = keras.Sequential([Embedding(10000, 8), LSTM(8), Dense(1, activation='sigmoid')])\n"
    "m.compile('adam', 'binary_crossentropy')\nm.fit(x, y)": ("embedding-index-out-of-range", 17),
    # Labels of pandas and scikit-learn whose number of classes is not known, or known from a dict.
    "y = OneHotEncoder().fit_transform(load_iris().target.reshape(-1, 1)).toarray()\n"
    "m = keras.Sequential([keras.Input((4,)), Dense(3, activation='softmax')])\n"
    "m.compile('sgd', 'sparse_categorical_crossentropy')\nm.fit(load_iris().data, y)": ("label-encoding-mismatch", 17),
    TABLE + "m = keras.Sequential([keras.Input((4,)), Dense(1, activation='sigmoid')])\n"
    "m.compile('sgd', 'binary_crossentropy')\nm.fit(X, t['y'].map({'a': 0, 'b': 1, 'c': 2}))": (
        "one-unit-for-multiclass",
        17,
    ),
    TABLE + "m = keras.Sequential([keras.Input((4,)), Dense(4, activation='softmax')])\n"
    "m.compile('sgd', 'categorical_crossentropy')\nm.fit(X, t['y'].astype('category').cat.codes)": (
        "label-encoding-mismatch",
        18,
    ),
    TABLE + "m = keras.Sequential([keras.Input((4,)), Dense(4, activation='softmax')])\n"
    "m.compile('sgd', 'categorical_crossentropy')\nm.fit(X, pd.factorize(t['y'])[0])": (
        "label-encoding-mismatch",
        18,
    ),
    TABLE
    + "m = keras.Sequential([Dense(1, input_dim=4)])\nm.compile('sgd', 'mse')\nm.fit(t[['a', 'b', 'c']], t['y'])": (
        "data-shape-mismatch",
        17,
    ),
    TABLE + "t['y'] = LabelEncoder().fit_transform(t['y'])\n"
    "m = keras.Sequential([keras.Input((4,)), Dense(3, activation='softmax')])\n"
    "m.compile('sgd', 'categorical_crossentropy')\nm.fit(X, t['y'].values)": ("label-encoding-mismatch", 19),
    "y = np.random.choice([-1, 1], 500)\nm = keras.Sequential([keras.Input((4,)), Dense(1, activation='sigmoid')])\n"
    "m.compile('sgd', 'binary_crossentropy')\nm.fit(np.random.rand(500, 4), y)": ("labels-out-of-range", 18),
    "k = keras.preprocessing.text.Tokenizer(num_words=3000)\nm = keras.Sequential([Dense(1, input_dim=2000)])\n"
    "m.compile('sgd', 'mse')\nm.fit(k.texts_to_matrix(texts), labels)": ("data-shape-mismatch", 16),
    "n = count()\nm = keras.Sequential([keras.Input((4,)), Dense(n / 2)])": ("wrong-type", 16),
}
SOUND = (
    TABLE + "f = t[['a', 'b']]\nf['c'] = t['a'] * t['b']\nm = keras.Sequential([Dense(1, input_dim=3)])\n"
    "m.compile('sgd', 'mse')\nm.fit(f, t['y'])",
    TABLE + "f = t[['a', 'b', 'c']]\nf.pop('c')\nm = keras.Sequential([Dense(1, input_dim=2)])\n"
    "m.compile('sgd', 'mse')\nm.fit(f, t['y'])",
    TABLE + "m = keras.Sequential([Dense(1, input_shape=X.shape[1:])])\nm.compile('sgd', 'mse')\nm.fit(X, t['y'])",
    TABLE + "m = keras.Sequential([Dense(1, input_shape=X.shape)])\nm.compile('sgd', 'mse')\nm.fit(other(X), t['y'])",
    TABLE + "m = keras.Sequential([Dense(1, input_dim=8)])\nm.compile('sgd', 'mse')\nm.fit(t.iloc[:, 0:8], t['y'])",
    "X = np.random.randn(500, 4)\nm = keras.Sequential([keras.Input((4,)), Dense(1)])\n"
    "m.compile('sgd', 'mse')\nm.fit(X, np.random.rand(500))",
    "n = count()\nm = keras.Sequential([keras.Input((4,)), Dense(n // 2), Dropout(1 / n)])",
)


@pytest.mark.parametrize("text", FAULTS)
def test_faults_are_found_on_their_line(tmp_path, text):
    findings = check(tmp_path, HEAD + text).diagnostics
    assert FAULTS[text] in [(finding.name, finding.span.line) for finding in findings]


@pytest.mark.parametrize("text", SOUND)
def test_sound_programs_have_no_errors_and_warnings(tmp_path, text):
    assert [each.name for each in check(tmp_path, HEAD + text).diagnostics if each.severity != "info"] == []


NAMES = {
    "keras.Sequential([keras.Input((4,)), Dense(8), Dense(8, name='dense')])": True,
    "keras.Sequential([keras.Input((4,)), Dense(8), Dense(8), Dense(8, name='dense_1')])": True,
    "keras.Sequential([keras.Input((4,)), Dense(8, name='dense'), Dense(8)])": True,
    "keras.Sequential([keras.Input((4,)), Dense(8), Dense(8, name='dense_1')])": False,
    "Dense(3)\nkeras.Sequential([keras.Input((4,)), Dense(8), Dense(8, name='dense')])": False,
    "Dense(3)\nkeras.Sequential([keras.Input((4,)), Dense(8), Dense(8, name='dense_1')])": True,
    "keras.Sequential([keras.Input((4,)), Dense(8), Dropout(0.1, name='dense_1')])": False,
}


@pytest.mark.parametrize("text", NAMES)
def test_automatic_names_are_known(tmp_path, text):
    names = [finding.name for finding in check(tmp_path, text).diagnostics]
    assert ("duplicate-name" in names) == NAMES[text]


@pytest.mark.parametrize("before", ["def f():\n    return Dense(3)\nf()\n", "for _ in data:\n    Dense(3)\n"])
def test_automatic_names_are_unknown_where_layers_are_created_elsewhere(tmp_path, before):
    text = before + "m = keras.Sequential([keras.Input((4,)), Dense(8), Dense(8, name='dense')])"
    assert "duplicate-name" not in [finding.name for finding in check(tmp_path, text).diagnostics]


@pytest.mark.slow
@pytest.mark.parametrize("text", NAMES)
def test_automatic_names_are_those_of_keras(text):
    import keras

    keras.utils.clear_session()
    program = "import keras\nfrom keras.layers import *\n" + text
    if NAMES[text]:
        with pytest.raises(ValueError, match="unique names"):
            exec(program, {})
    else:
        exec(program, {})
