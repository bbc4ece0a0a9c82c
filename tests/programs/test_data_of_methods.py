"""The samples that `fit` and `predict` receive, where their shapes are not known."""

import pytest

import seqspec

MODEL = """import keras
import numpy as np
from data import x, y, others, labels, parts

model = keras.Sequential([keras.Input({shape}), keras.layers.Dense(3, activation="softmax")])
model.compile(loss="sparse_categorical_crossentropy", optimizer="adam")
"""


def errors(tmp_path, text, shape="(8,)"):
    file = tmp_path / "program.py"
    file.write_text(MODEL.format(shape=shape) + text, encoding="utf-8")
    return [(each.name, each.message) for each in seqspec.check(file).diagnostics if each.severity == "error"]


@pytest.mark.parametrize(
    ("text", "sample"),
    [
        ("model.fit(x, y, epochs=9)\nmodel.predict(x[3])", "x[3]"),
        ("model.evaluate(x, y)\nmodel.predict(x[0])", "x[0]"),
        ("model.fit(x, y, epochs=9, validation_data=(others, labels))\nmodel.predict(others[2])", "others[2]"),
        ("model.fit(x, y, epochs=9)\nmodel.predict(x[3:4])", None),
        ("model.fit(x, y, epochs=9)\nmodel.predict(parts[3])", None),
        ("model.fit(x, y, epochs=9)\nmodel.predict(x['test'])", None),
        ("model.fit(x, y, epochs=9)\nx = np.array_split(x, 4)\nmodel.predict(x[1])", None),
        ("model.fit(x, y, epochs=9)\nx = [x[:9], x[9:]]\nmodel.predict(x[1])", None),
        ("model.fit(parts, epochs=9)\nmodel.predict(parts[1])", None),
    ],
)
def test_a_sample_of_the_training_data_is_no_batch(tmp_path, text, sample):
    expected = [("data-shape-mismatch", f"predict takes a batch of samples, got one sample: {sample}")]
    assert errors(tmp_path, text) == (expected if sample else [])


def test_keras_adds_an_axis_of_size_1(tmp_path):
    assert errors(tmp_path, "model.fit(x, y, epochs=9)\nmodel.predict(x[3])", "(1,)") == []


@pytest.mark.needs("tensorflow")
@pytest.mark.parametrize("size", [1, 8])
def test_keras_refuses_one_sample(size):
    import keras
    import numpy as np

    model = keras.Sequential([keras.Input((size,)), keras.layers.Dense(3)])
    x = np.ones((9, size))
    if size == 1:
        model.predict(x[3], verbose=0)
        return
    with pytest.raises(ValueError, match=r"incompatible|[Ss]hape"):
        model.predict(x[3], verbose=0)


@pytest.mark.parametrize(
    ("samples", "is_array"),
    [("np.concatenate(parts)", True), ("np.vstack(parts)", True), ("parts", False), ("concatenate(parts)", False)],
)
def test_joined_arrays_have_no_labels(tmp_path, samples, is_array):
    found = [name for name, _ in errors(tmp_path, f"model.fit({samples}, epochs=9)")]
    assert found == (["missing-argument"] if is_array else [])


SEQUENCES = """from keras import Input, Sequential
from keras.layers import LSTM, Dense
from data import steps, x, y

batch_size = 16
model = Sequential([{}, LSTM(8), Dense(1)])
model.compile(loss="mse", optimizer="adam")
model.fit(x, y, batch_size={}, epochs=9)
"""


@pytest.mark.parametrize(
    ("start", "size", "is_batch"),
    [
        ("Input((batch_size, 8))", "batch_size", True),
        ("Input((batch_size, 8))", "32", False),
        ("Input((steps, 8))", "batch_size", False),
        ("Input(batch_shape=(batch_size, steps, 8))", "batch_size", False),
    ],
)
def test_the_input_shape_has_no_batch_size(tmp_path, start, size, is_batch):
    file = tmp_path / "program.py"
    file.write_text(SEQUENCES.format(start, size), encoding="utf-8")
    found = [(each.span.line, each.severity) for each in seqspec.check(file).diagnostics if each.code == "SEQ604"]
    assert found == ([(6, "warning")] if is_batch else [])
