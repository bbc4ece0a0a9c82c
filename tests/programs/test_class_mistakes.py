"""Mistakes in custom layers, losses and callbacks that their code shows."""

from textwrap import dedent, indent

import pytest

import seqspec

HEAD = "import keras\nfrom keras import layers\n"


def found(tmp_path, text):
    """The findings in a file that are not information: rule, line and severity."""
    file = tmp_path / "program.py"
    file.write_text(HEAD + dedent(text), encoding="utf-8")
    diagnostics = seqspec.check(file).diagnostics
    return [(each.name, each.span.line, each.severity) for each in diagnostics if each.severity != "info"]


def layer(call, init="self.inner = layers.Dense(2)"):
    """A custom layer with these bodies of `__init__`, after that of the base class, and `call`."""
    body = f"def __init__(self):\n    super().__init__()\n{indent(dedent(init), '    ')}\n"
    body += f"def call(self, x):\n{indent(dedent(call), '    ')}\n"
    return "class Block(layers.Layer):\n" + indent(body, "    ")


CREATED = [
    ("return layers.Dense(2)(x)", 8),
    ("inner = layers.Dense(2)\nreturn inner(x)", 8),
    ("return layers.TimeDistributed(layers.Dense(2))(x)", 8),
    ("return layers.Activation('relu')(x)", None),
    ("return layers.TimeDistributed(self.inner)(x)", None),
    ("return layers.Concatenate()([x, self.inner(x)])", None),
    ("if self.inner is None:\n    self.inner = layers.Dense(2)\nreturn self.inner(x)", None),
]


@pytest.mark.parametrize(("call", "line"), CREATED)
def test_a_layer_is_not_created_in_each_call(tmp_path, call, line):
    assert found(tmp_path, layer(call)) == ([("bad-custom", line, "error")] if line else [])


@pytest.mark.needs("tensorflow")
@pytest.mark.parametrize(("call", "line"), CREATED)
def test_keras_refuses_variables_that_each_call_creates(call, line):
    import keras
    import numpy as np

    names = {"keras": keras, "layers": keras.layers}
    exec(layer(call), names)
    samples = np.zeros((4, 3, 5))
    inputs = keras.Input((3, 5))
    model = keras.Model(inputs, names["Block"]()(inputs))
    model.compile(loss="mse")
    if line is None:
        model.predict(samples, verbose=0)
        return
    with pytest.raises(ValueError, match="on the first call"):
        model.predict(samples, verbose=0)


CALLBACK = """
class Watch(keras.callbacks.Callback):
    limit = 3

    def on_epoch_end(self, epoch, logs=None):
        {}

    def evaluate(self):
        pass
"""


@pytest.mark.parametrize(
    ("statement", "is_wrong"),
    [
        ("self.predict(x)", True),
        ("self.save('a.keras')", True),
        ("self.model.predict(x)", False),
        ("self.evaluate()", False),
        ("self.save = print", False),
    ],
)
def test_a_callback_has_no_methods_of_the_model(tmp_path, statement, is_wrong):
    assert found(tmp_path, CALLBACK.format(statement)) == ([("unknown-name", 8, "error")] if is_wrong else [])


OTHER_RECEIVERS = [
    "@staticmethod\ndef run(model, x):\n    return model.predict(x)",
    "def on_epoch_end(self, epoch, logs=None):\n    def run(self):\n        self.predict(1)\n    run(self.model)",
]


@pytest.mark.parametrize("method", OTHER_RECEIVERS)
def test_a_method_may_have_a_model_as_its_first_argument(tmp_path, method):
    assert found(tmp_path, "class Watch(keras.callbacks.Callback):\n" + indent(method, "    ")) == []


@pytest.mark.needs("keras")
def test_callbacks_of_keras_have_no_methods_of_models():
    import keras

    from seqspec.programs.python.misused_values import _OF_MODELS

    assert not any(hasattr(keras.callbacks.Callback, name) for name in _OF_MODELS)
    assert all(hasattr(keras.Model, name) for name in _OF_MODELS)


LOSS = """
class Own(keras.losses.Loss):
    def __init__(self):
        {}

    def call(self, y_true, y_pred):
        return y_true - y_pred
"""


@pytest.mark.parametrize(
    ("call", "is_wrong"),
    [("super(keras.losses.Loss, self).__init__()", True), ("super(Own, self).__init__()", False)],
)
def test_a_loss_calls_the_init_of_its_base_class(tmp_path, call, is_wrong):
    assert found(tmp_path, LOSS.format(call)) == ([("bad-custom", 6, "error")] if is_wrong else [])


@pytest.mark.needs("keras")
def test_a_loss_that_skips_it_has_no_name():
    import keras

    names = {"keras": keras}
    exec(LOSS.format("super(keras.losses.Loss, self).__init__()"), names)
    with pytest.raises(AttributeError):
        print(names["Own"]().name)


INIT = """
class Own(layers.Layer):
    def __init__(self, units, name="own", **options):
        {}
"""


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("self.name = name; super().__init__(**options)", 6),
        ("self.units = units; super().__init__(**options)", None),
        ("self.name = name; super().__init__(name=name, **options)", None),
        ("super().__init__(**options); self.name = name", None),
        ("options['name'] = name; self.name = name; super().__init__(**options)", None),
    ],
)
def test_the_init_of_the_base_class_sets_the_name(tmp_path, body, line):
    assert found(tmp_path, INIT.format(body)) == ([("bad-custom", line, "warning")] if line else [])


@pytest.mark.needs("keras")
def test_a_name_that_is_set_before_is_lost():
    import keras

    names = {"layers": keras.layers}
    exec(INIT.format("self.name = name; super().__init__(**options)"), names)
    assert names["Own"](3, name="mine").name != "mine"


OWN = """
class Scale(layers.Layer):
    def call(self, x):
        return 2 * x

x = keras.Input((4,))
y = {}
"""


@pytest.mark.parametrize(
    ("imports", "code", "is_wrong"),
    [
        ("", "scale()(x)", True),
        ("", "Scale()(x)", False),
        ("from helpers import *", "scale()(x)", False),
        ("from helpers import scale", "scale()(x)", False),
        ("from keras.layers import *", "scale()(x)", True),
    ],
)
def test_the_name_of_a_class_in_another_case_is_not_defined(tmp_path, imports, code, is_wrong):
    found_ = [name for name, _, _ in found(tmp_path, imports + OWN.format(code))]
    assert found_ == (["unknown-name"] if is_wrong else [])
