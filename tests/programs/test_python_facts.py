"""Mistakes that only Python can contain, and facts of NumPy and pandas that show one; Keras is the judge."""

import pytest

from tests.programs.test_check import check

HEAD = """
import numpy as np
import pandas as pd
from keras.optimizers import Adam, SGD
from keras.optimizers.schedules import CosineDecay, CosineDecayRestarts
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
        15,
    ),
    TABLE + "m = keras.Sequential([Dense(1, input_dim=7)])\nm.compile('sgd', 'mse')\nm.fit(t.iloc[:, 0:8], t['y'])": (
        "data-shape-mismatch",
        15,
    ),
    "d = np.loadtxt('t.csv', delimiter=',')\nm = keras.Sequential([Dense(1, input_dim=7)])\n"
    "m.compile('sgd', 'mse')\nm.fit(d[:, :8], d[:, 8])": ("data-shape-mismatch", 14),
    TABLE + "m = keras.Sequential([Dense(8, activation='softmax', input_dim=4)])\n"
    "m.compile('sgd', 'sparse_categorical_crossentropy')\nm.fit(X, pd.get_dummies(t['y']).values)": (
        "label-encoding-mismatch",
        16,
    ),
    "X = np.random.randn(500, 4) * 1000\nm = keras.Sequential([keras.Input((4,)), Dense(1)])\n"
    "m.compile('sgd', 'mse')\nm.fit(X, np.random.rand(500))": ("unscaled-input", 14),
    "y = np.random.randint(1, 6, 500)\n"
    "m = keras.Sequential([keras.Input((4,)), Dense(5, activation='softmax')])\n"
    "m.compile('sgd', 'sparse_categorical_crossentropy')\nm.fit(np.random.rand(500, 4), y)": (
        "output-units-mismatch",
        14,
    ),
    "y = keras.utils.to_categorical(np.array([1, 2, 3, 4, 5]))\n"
    "m = keras.Sequential([keras.Input((4,)), Dense(5, activation='softmax')])\n"
    "m.compile('sgd', 'categorical_crossentropy')\nm.fit(np.random.rand(5, 4), y)": ("output-units-mismatch", 14),
    "(x, y), _ = keras.datasets.imdb.load_data(num_words=20000)\n"
    "x = keras.utils.pad_sequences(x, maxlen=80)\n"
    "m = keras.Sequential([Embedding(10000, 8), LSTM(8), Dense(1, activation='sigmoid')])\n"
    "m.compile('adam', 'binary_crossentropy')\nm.fit(x, y)": ("embedding-index-out-of-range", 15),
    "n = count()\nm = keras.Sequential([keras.Input((4,)), Dense(n / 2)])": ("wrong-type", 14),
}
SOUND = (
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
