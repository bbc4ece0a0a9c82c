"""Calls of layers outside of models: in custom layers, functions and excerpts. Keras refuses them wherever they are."""

import inspect
from textwrap import dedent

import pytest

import seqspec
from seqspec.programs.keras_api.operations import ATTENTION

HEAD = "import keras\nfrom keras import layers\n"


def found(tmp_path, text, head=HEAD):
    """The findings in a file: rule, line and severity."""
    file = tmp_path / "program.py"
    file.write_text(head + dedent(text), encoding="utf-8")
    return [(each.name, each.span.line, each.severity) for each in seqspec.check(file).diagnostics]


CUSTOM = """
    class Block(layers.Layer):
        def __init__(self, units=None):
            super().__init__()
            self.inner = {}

        def call(self, x):
            return self.inner(x)
"""


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        ("layers.Dense(4, actvation='relu')", "unknown-argument"),
        ("layers.LayerNormalisation()", "unknown-layer"),
        ("layers.MultiHeadAtention(2, 8)", "unknown-layer"),
        ("layers.Dense(4, activation='rellu')", "unknown-name"),
        ("layers.Dense(-4)", "bad-value"),
        ("layers.Dropout(0.2, training=True)", "unknown-argument"),
        ("layers.MultiHeadAttention(2, 8, return_attention_scores=True)", "unknown-argument"),
        ("layers.Bidirectional(layers.LSTM(4, activaton='relu'))", "unknown-argument"),
        ("layers.Dense(units)", None),
        ("layers.Dense(4, **options)", None),
        ("layers.MultiHeadAttention(2, 8, name='heads', dropout=0.1)", None),
        ("layers.Dense(4, name='a'), layers.Dense(4, name='a')", None),
    ],
)
def test_a_layer_in_a_custom_layer_is_checked(tmp_path, layer, expected):
    errors = [(name, line) for name, line, severity in found(tmp_path, CUSTOM.format(layer)) if severity == "error"]
    assert errors == ([(expected, 7)] if expected else [])


@pytest.mark.needs("keras")
@pytest.mark.parametrize(
    "code",
    [
        "Dropout(0.2, training=True)",
        "MultiHeadAttention(num_heads=2, key_dim=4, return_attention_scores=True)",
        "Dense(4, actvation='relu')",
    ],
)
def test_keras_refuses_these_arguments(code):
    import keras

    with pytest.raises((TypeError, ValueError)):
        eval(f"layers.{code}", {"layers": keras.layers})


@pytest.mark.needs("keras")
@pytest.mark.parametrize("name", ATTENTION)
def test_attention_layers_have_these_arguments(name):
    import keras

    cls = getattr(keras.layers, name, None)
    if cls is None:
        pytest.skip("newer than the installed Keras")
    own = set(inspect.signature(cls.__init__).parameters) - {"self", "kwargs"}
    assert own <= set(ATTENTION[name])


def test_the_help_names_the_call(tmp_path):
    file = tmp_path / "program.py"
    for layer in ("Dropout(0.1, training=True)", "Attention(training=True)"):
        file.write_text(f"{HEAD}layer = layers.{layer}\n", encoding="utf-8")
        (finding,) = seqspec.check(file).diagnostics
        assert "training" in finding.help and "called" in finding.help


@pytest.mark.parametrize(
    "text",
    [
        "y = tf.keras.layers.Dense(4, actvation='relu')(x)",
        "y = tensorflow.keras.layers.Dense(4, actvation='relu')(x)",
        "m = tensorflow.keras.Sequential()\nm.add(tensorflow.keras.layers.Dense(4, actvation='relu'))",
    ],
)
def test_an_excerpt_without_imports_is_read_by_the_path_of_its_names(tmp_path, text):
    assert [name for name, _, severity in found(tmp_path, text, "") if severity == "error"] == ["unknown-argument"]


def test_branches_exclude_values_of_detached_layers(tmp_path):
    text = """
        def scale(x, height=None):
            y = layers.Resizing(height, height)(x)
            return layers.Dense(4, **options())(y)
    """
    assert [each for each in found(tmp_path, text) if each[2] != "info"] == []


REFUSED = [
    "with pytest.raises(ValueError):\n    layers.Dense(-1)",
    "with self.assertRaises(TypeError):\n    layers.MultiHeadAttention(2, 8, fancy=1)",
    "try:\n    inner = layers.LSTM(4, fancy=1)\nexcept (TypeError, ValueError):\n    inner = layers.LSTM(4)",
]


@pytest.mark.parametrize("code", REFUSED)
def test_a_program_may_expect_that_a_call_is_refused(tmp_path, code):
    assert found(tmp_path, code) == []


def test_a_caught_error_of_another_kind_says_nothing(tmp_path):
    code = "try:\n    inner = layers.LSTM(4, fancy=1)\nexcept OSError:\n    pass"
    assert [name for name, *_ in found(tmp_path, code)] == ["unknown-argument"]


@pytest.mark.parametrize("name", ["Print", "Slice", "Sum"])
def test_builtin_functions_are_no_misspelt_layers(tmp_path, name):
    code = f"""
        class {name}(layers.Layer):
            def call(self, x):
                return x

        value = {name.lower()}([])
    """
    assert found(tmp_path, code) == []
