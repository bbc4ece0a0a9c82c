"""Initial states of recurrent layers: they have as many values as the layer has units."""

import pytest

import seqspec

HEAD = "import keras\nfrom keras import layers\n\nwords = keras.Input((6, 5))\nothers = keras.Input((7, 5))\n"
LSTM = "_, h, c = layers.LSTM({}, return_state=True)(words)\ny = layers.LSTM(4)(others, initial_state=[h, c])\n"
GRU = "h = layers.Bidirectional(layers.GRU({}){})(words)\ny = layers.GRU(4)(others, initial_state=h)\n"
UNKNOWN = "h = layers.Bidirectional(layers.GRU(n))(words)\ny = layers.GRU({})(others, initial_state=[h])\n"
END = "model = keras.Model([words, others], y)\n"

PROGRAMS = [
    (LSTM.format(4), None),
    (LSTM.format(8), "the initial state has 8 values, but LSTM has 4 units"),
    (GRU.format(4, ""), "the initial state has 8 values, but GRU has 4 units"),
    (GRU.format(2, ""), None),
    (GRU.format(4, ", merge_mode='sum'"), None),
]


def errors(tmp_path, text):
    file = tmp_path / "program.py"
    file.write_text(HEAD + text + END, encoding="utf-8")
    return [(each.name, each.message) for each in seqspec.check(file).diagnostics if each.severity == "error"]


@pytest.mark.parametrize(("text", "message"), PROGRAMS)
def test_a_state_has_the_size_of_the_units(tmp_path, text, message):
    assert errors(tmp_path, text) == ([("shape-mismatch", message)] if message else [])


@pytest.mark.needs("tensorflow")
@pytest.mark.parametrize(("text", "message"), PROGRAMS)
def test_keras_refuses_other_sizes(text, message):
    import numpy as np

    names = {}
    exec(HEAD + text + END, names)
    data = [np.ones((2, 6, 5)), np.ones((2, 7, 5))]
    if message is None:
        names["model"].predict(data, verbose=0)
        return
    with pytest.raises(ValueError, match=r"[Dd]imensions must be equal"):
        names["model"].predict(data, verbose=0)


def test_both_directions_have_twice_the_units_whatever_these_are(tmp_path):
    message = "the initial state has 2 * n values, but GRU has n units"
    assert errors(tmp_path, "from sizes import m, n\n" + UNKNOWN.format("n")) == [("shape-mismatch", message)]
    assert errors(tmp_path, "from sizes import m, n\n" + UNKNOWN.format("m")) == []
    assert errors(tmp_path, "from sizes import m, n\n" + UNKNOWN.format("2 * n")) == []
