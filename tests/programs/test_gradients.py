"""Losses and outputs without a gradient: Keras raises ValueError in `fit`."""

from textwrap import dedent, indent

import pytest

import seqspec

HEAD = "import keras\nfrom keras import layers, ops\n\n"


def errors(tmp_path, text):
    file = tmp_path / "program.py"
    file.write_text(HEAD + dedent(text), encoding="utf-8")
    return [(each.name, each.span.line) for each in seqspec.check(file).diagnostics if each.severity == "error"]


LOSSES = [
    ("return ops.mean(ops.abs(y_true - ops.round(y_pred)))", 5),
    ("ranks = ops.argsort(y_pred)\nreturn ops.mean(ops.cast(ranks, 'float32') - y_true)", 5),
    ("return ops.mean(ops.cast(y_pred > 0.5, 'float32') * y_true)", 5),
    ("total = 0.0\nfor _ in range(2):\n    total += ops.sum(ops.floor(y_pred))\nreturn total", 7),
    ("return ops.mean(ops.cast(ops.cast(y_pred, 'int32'), 'float32'))", 5),
    ("return ops.mean(ops.abs(ops.round(y_true) - y_pred))", None),
    ("return ops.mean(ops.square(y_true - y_pred) * ops.round(y_pred))", None),
    ("hard = ops.round(y_pred)\nreturn ops.mean(y_pred + ops.stop_gradient(hard - y_pred))", None),
    ("return ops.mean(ops.where(y_pred > 0.5, y_pred, y_true))", None),
    ("return ops.mean(ops.cast(y_pred, 'float32'))", None),
    ("points = y_true\nreturn ops.mean(ops.cast(y_pred, points.dtype) - points)", None),
    ("return ops.mean(ops.one_hot(ops.cast(y_true, 'int32'), 3)) * ops.mean(y_pred)", None),
]
MODEL = "model = keras.Sequential([keras.Input((4,)), layers.Dense(3)])\nmodel.compile(loss=own)\n"


def loss(body):
    return f"def own(y_true, y_pred):\n{indent(body, '    ')}\n\n{MODEL}"


@pytest.mark.parametrize(("body", "line"), LOSSES)
def test_a_loss_needs_a_gradient(tmp_path, body, line):
    assert errors(tmp_path, loss(body)) == ([("no-gradient", line)] if line else [])


@pytest.mark.needs("tensorflow")
@pytest.mark.parametrize(("body", "line"), LOSSES)
def test_keras_finds_no_gradient_of_these_losses(body, line):
    import keras
    import numpy as np

    names = {"keras": keras, "layers": keras.layers, "ops": keras.ops}
    exec(loss(body), names)
    data = np.random.default_rng(1).random((8, 4)), np.ones((8, 3))
    if line is None:
        names["model"].fit(*data, verbose=0)
        return
    with pytest.raises(ValueError, match="No gradients"):
        names["model"].fit(*data, verbose=0)


@pytest.mark.parametrize("body", ["return helper(ops.round(y_pred))", "return ops.mean(f(lambda: ops.round(y_pred)))"])
def test_code_that_is_not_followed_may_have_a_gradient(tmp_path, body):
    assert errors(tmp_path, loss(body)) == []


def test_a_loss_of_a_file_without_models_is_known_by_its_name(tmp_path):
    file = tmp_path / "losses.py"
    body = "(y_true, y_pred):\n    return K.mean(K.round(y_pred) - y_true)\n"
    for name, expected in (("rounded_loss", ["warning"]), ("rounded", []), ("hamming_loss", [])):
        file.write_text(f"from tensorflow.keras import backend as K\n\ndef {name}{body}", encoding="utf-8")
        found = [each.severity for each in seqspec.check(file).diagnostics if each.name == "no-gradient"]
        assert found == expected


def test_a_loss_of_numpy_is_a_metric(tmp_path):
    file = tmp_path / "losses.py"
    head = "import numpy as np\nfrom keras import layers\n\nlayer = layers.Dense(3)\n\n"
    file.write_text(f"{head}def own_loss(y_true, y_pred):\n    return np.round(y_pred)\n", encoding="utf-8")
    assert [each.name for each in seqspec.check(file).diagnostics] == []


OUTPUTS = [
    ("ops.argmax(x, axis=-1)", True),
    ("ops.cast(ops.round(x), 'float32')", True),
    ("layers.Flatten()(ops.floor(x))", True),
    ("layers.Dense(1)(ops.round(x))", False),
    ("x + ops.round(x)", False),
    ("ops.relu(x)", False),
]
FUNCTIONAL = """
i = keras.Input((4,))
x = layers.Dense(3)(i)
model = keras.Model(i, {})
model.compile(loss="mse")
"""


@pytest.mark.parametrize(("output", "is_cut"), OUTPUTS)
def test_an_output_that_is_trained_needs_a_gradient(tmp_path, output, is_cut):
    text = FUNCTIONAL.format(output)
    found = errors(tmp_path, text + "model.fit(x, y, epochs=9)\n")
    assert [name for name, line in found] == (["no-gradient"] if is_cut else [])
    assert errors(tmp_path, text + "model.predict(x)\n") == []


@pytest.mark.needs("tensorflow")
@pytest.mark.parametrize(("output", "is_cut"), OUTPUTS)
def test_keras_finds_no_gradient_of_these_outputs(output, is_cut):
    import keras
    import numpy as np

    names = {"keras": keras, "layers": keras.layers, "ops": keras.ops}
    exec(FUNCTIONAL.format(output), names)
    model = names["model"]
    data = np.ones((8, 4)), np.ones((8, *model.output_shape[1:]))
    if not is_cut:
        model.fit(*data, verbose=0)
        return
    with pytest.raises(ValueError, match="No gradients"):
        model.fit(*data, verbose=0)
