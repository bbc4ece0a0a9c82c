"""Programs that compile or train a model several times: each call is checked, with the state at its time."""

import importlib
from textwrap import dedent

import pytest

import seqspec
from seqspec.programs.values.generation import KerasGeneration
from tests.programs.reading import generation, only, read
from tests.programs.test_check import found

HEAD = "import keras\nfrom keras import layers\n"
MODEL = "m = keras.Sequential([keras.Input((8,)), layers.Dense(8, 'relu'), layers.Dense(3, 'softmax')])\n"


def check(tmp_path, text, head=HEAD):
    path = tmp_path / "train.py"
    path.write_text(head + dedent(text), encoding="utf-8")
    return seqspec.check(path)


def errors(report):
    return [
        (name, line, text)
        for (name, line, text), each in zip(found(report), report.diagnostics)
        if each.severity == "error"
    ]


TRAINED = "m.compile('adam', 'mse')\nm.fit(x, y)\n"
WRONG = {
    TRAINED + "m.compile('adamm', 'mse')": ("unknown-name", 6, "adamm"),
    "m.compile('sgdd', 'mse')\n" + TRAINED: ("unknown-name", 4, "sgdd"),
    TRAINED + "m.fit(x, y, validation_split=2)": ("bad-value", 6, "2"),
    TRAINED + "m.compile('adam', 'sparse_categorical_crossentropy')\n"
    "m.fit(x, keras.utils.to_categorical([0, 1, 2], 3))": (
        "label-encoding-mismatch",
        6,
        "'sparse_categorical_crossentropy'",
    ),
    "for name in ('adam', 'sdg'):\n    m.compile(name, 'mse')\n    m.fit(x, y)": ("unknown-name", 5, "name"),
    "m.compile('adam', 'mse')\nfor part in range(99):\n    m.fit(x, y, epochs=1)\nm.fit(x, y, epochs=-3)": (
        "bad-value",
        7,
        "-3",
    ),
}


@pytest.mark.parametrize("text", WRONG)
def test_each_fit_is_checked(tmp_path, text):
    assert errors(check(tmp_path, text, HEAD + MODEL)) == [WRONG[text]]


def test_a_mistake_in_two_calls_is_reported_at_both(tmp_path):
    text = "m.compile('adam', 'mse')\nm.fit(x, y, epochs=-1)\nm.fit(x, y, epochs=-1)\n"
    assert [line for _, line, _ in errors(check(tmp_path, text, HEAD + MODEL))] == [5, 6]


LOGITS = "keras.losses.BinaryCrossentropy(from_logits=True)"


@pytest.mark.parametrize(
    ("activation", "first", "second", "line"),
    [
        ("", "'binary_crossentropy'", LOGITS, 6),
        (", activation='sigmoid'", LOGITS, "'binary_crossentropy'", 6),
        (", activation='sigmoid'", "'binary_crossentropy'", LOGITS, 4),
        ("", LOGITS, "'binary_crossentropy'", 4),
        ("", "'binary_crossentropy'", "'binary_crossentropy'", None),
    ],
)
def test_two_trainings_of_one_model_are_not_told_opposite_things(tmp_path, activation, first, second, line):
    model = f"m = keras.Sequential([keras.Input((8,)), layers.Dense(8, 'relu'), layers.Dense(1{activation})])\n"
    stages = "".join(f"m.compile('adam', {loss})\nm.fit(x, y)\n" for loss in (first, second))
    report = check(tmp_path, stages, HEAD + model)
    (logits,) = [each for each in report.diagnostics if "logits" in each.name]
    if line is None:
        assert logits.help == 'write activation="sigmoid"' and logits.fix is not None
    else:
        assert logits.help == f"change this training or its data: line {line} uses the same model"
        assert logits.fix is None


def test_a_model_trained_twice_is_one_model(tmp_path):
    text = "m.compile('adam', 'mse')\nm.fit(x, y, epochs=3)\nm.compile('sgd', 'mse')\nm.fit(x, y)\n"
    assert [model.name for model in check(tmp_path, text, HEAD + MODEL).models] == ["m"]


BASE = HEAD + (
    "base = keras.applications.MobileNetV2(include_top=False, input_shape=(160, 160, 3), pooling='avg')\n"
    "m = keras.Sequential([keras.Input((160, 160, 3)), layers.Rescaling(1 / 127.5, offset=-1), base, "
    "layers.Dense(5, 'softmax')])\n"
)
FINE_TUNED = {
    "base.trainable = False\nm.compile('adam', 'mse')\nm.fit(x, y)\nbase.trainable = True\n"
    "m.compile(keras.optimizers.Adam(1e-5), 'mse')\nm.fit(x, y)": [],
    "m.compile('adam', 'mse')\nbase.trainable = False\nm.fit(x, y)\nbase.trainable = True": [],
    "for layer in base.layers[:-20]:\n    layer.trainable = False\nm.compile('adam', 'mse')\nm.fit(x, y)": [],
    "last = False\nfor layer in base.layers:\n    if layer.name == 'block_16_expand':\n        last = True\n"
    "    layer.trainable = last\nm.compile('adam', 'mse')\nm.fit(x, y)": [],
    "m.compile('adam', 'mse')\nm.fit(x, y)\nbase.trainable = False": ["base-model-learning-rate"],
}


@pytest.mark.parametrize("text", FINE_TUNED)
def test_trainable_is_read_when_training_starts(tmp_path, text):
    names = [each.name for each in check(tmp_path, text, BASE).diagnostics]
    assert [name for name in names if name.startswith("base-model")] == FINE_TUNED[text]


@pytest.mark.needs("keras")
def test_keras_collects_trainable_weights_at_the_first_fit():
    """What the reader assumes of `trainable` after `compile`."""
    import keras
    import numpy as np

    keras.utils.set_random_seed(1)
    layer = keras.layers.Dense(2)
    model = keras.Sequential([keras.Input((2,)), layer, keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    layer.trainable = False
    before = layer.get_weights()[0]
    model.fit(np.ones((4, 2)), np.ones((4, 1)), verbose=0)
    assert (layer.get_weights()[0] == before).all()


@pytest.mark.parametrize(
    "text",
    [
        TRAINED + "m.compile(keras.optimizers.Adam(1e-6), 'mse')\nm.fit(x, y)",
        "m.compile('adam', 'mse')\nfor part in files():\n    m.fit(np.zeros((64, 8)), y, epochs=1)",
        "m.compile('adam', 'mse')\nm.fit(np.zeros((64, 8)), y)\nm.fit(np.zeros((64, 8)), y)",
    ],
)
def test_later_stages_start_with_trained_weights(tmp_path, text):
    report = check(tmp_path, text, "import numpy as np\n" + HEAD + MODEL)
    assert {each.name for each in report.diagnostics} & {"learning-rate-too-low", "few-updates"} == set()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("net = {}", "net.layers[1] (Dense): "),
        ("class A:\n    def __init__(self):\n        self.net = {}", "self.net.layers[1] (Dense): "),
        ("def build():\n    return {}", "build().layers[1] (Dense): "),
        ("{}.summary()", "model.layers[1] (Dense): "),
        ("class Net(keras.Sequential):\n    def __init__(self):\n        super().__init__()\n"
         "        self.add(keras.Input((2,)))\n        self.add(layers.Dense(3))\n        self.add(layers.Dense(-1))",
         "Net().layers[1] (Dense): "),
    ],
)  # fmt: skip
def test_messages_use_the_expression_of_the_model(tmp_path, text, name):
    made = "keras.Sequential([keras.Input((8,)), layers.Dense(8), layers.Dense(-1)])"
    (error,) = [each for each in check(tmp_path, text.format(made)).diagnostics if each.severity == "error"]
    assert error.message.startswith(name)
    assert error.subject == name


def test_shared_layers_are_named_as_in_the_program(tmp_path):
    text = "d = layers.Dense(8)\nnet = keras.Sequential([keras.Input((8,)), d, d])\n"
    (found,) = [each for each in check(tmp_path, text).diagnostics if each.name == "not-followed"]
    assert "net.layers[0]" in found.message


def test_learning_rate_with_decay_has_its_span(tmp_path):
    text = "m.compile(keras.optimizers.Adam(lr=1e-7, decay=1e-6), 'mse')\n"
    report = check(tmp_path, text, HEAD + MODEL)
    assert ("learning-rate-too-low", 4, "1e-7") in found(report)


@pytest.mark.needs("keras")
@pytest.mark.parametrize("name", ["np_utils", "vis_utils", "generic_utils"])
def test_modules_of_keras_2_set_the_generation(name):
    assert generation(f"from keras.utils import {name}") == KerasGeneration.KERAS_2
    with pytest.raises(ImportError):
        importlib.import_module(f"keras.utils.{name}")


def test_stages_pair_compile_and_fit():
    """The first `fit` comes first; a `compile` that nothing follows is a stage too."""
    models = read(
        "m = Sequential([Dense(2)])\nm.compile('sgd')\nm.compile('adam')\nm.fit(x, y, epochs=1)\n"
        "m.fit(x, y, epochs=2)\nm.compile('nadam')"
    )
    stages = [
        (model.stage, model.tree["compile"]["optimizer"], model.tree.get("fit", {}).get("epochs")) for model in models
    ]
    assert stages == [(0, "adam", 1), (1, "sgd", None), (2, "adam", 2), (3, "nadam", None)]


GENERATOR = (
    "g = keras.Sequential([keras.Input((8,)), layers.Dense(4, 'tanh')])\ng.compile('adam', 'binary_crossentropy')\n"
)


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ("", True),
        ("m = keras.Sequential([g, layers.Dense(1)])\n", False),
        ("m = keras.Sequential([g, layers.Dense(1)])\ng.train_on_batch(x, y)\n", True),
        ("m = keras.Sequential([g, layers.Dense(1)])\ng.fit(x, y)\n", True),
        ("g.load_weights('g.weights.h5')\ng.predict(x)\n", False),
        ("g.load_weights('g.weights.h5')\ng.evaluate(x, y)\n", True),
        ("g.predict(x)\n", False),
        ("g.predict(x)\ng.fit(x, y)\n", True),
        ("g.predict(x)\ng.evaluate(x, y)\n", True),
        ("g.predict(x)\ntrain(g)\n", True),
    ],
)
def test_models_that_only_predict_are_not_checked_for_training(tmp_path, more, found):
    """Keras 1 and 2 needed `compile` for `predict`, and the parts of a GAN are often compiled."""
    names = {each.name for each in check(tmp_path, GENERATOR + more).diagnostics}
    assert ("cross-entropy-on-non-probabilities" in names) is found


@pytest.mark.needs("keras")
def test_arguments_of_add_for_the_layer_are_reported(tmp_path):
    text = "m = keras.Sequential()\nm.add(layers.Dense(1), activation='sigmoid')\n"
    (error,) = [each for each in check(tmp_path, text).diagnostics if each.severity == "error"]
    assert (error.name, error.span.line, error.span.column) == ("unknown-argument", 4, 24)
    assert "add()" in error.message
    import keras

    with pytest.raises(TypeError, match="activation"):
        keras.Sequential().add(keras.layers.Dense(1), activation="sigmoid")


CHANGED = """
import numpy as np
m = keras.Sequential([keras.Input((6,)), Dense(8), Dense(4)])
m.compile("sgd", "mse")
m.fit(np.random.rand(32, 6), np.random.rand(32, 4))
"""


def test_layers_that_change_after_training_do_not_change_it():
    first, second = read(CHANGED + "m.pop()\nm.compile('sgd', 'mse')\nm.fit(np.zeros((32, 6)), np.random.rand(32, 8))")
    assert [len(model.tree["model"]["layers"]) for model in (first, second)] == [2, 1]
    assert [model.tree["target"]["shape"] for model in (first, second)] == [[4], [8]]
    (only_trained,) = read(CHANGED + "m.pop()\nfeatures = m.predict(x)")
    assert len(only_trained.tree["model"]["layers"]) == 2
    first, second = read(CHANGED + "m.add(Dense(2))\nm.fit(np.zeros((32, 6)), np.random.rand(32, 2))")
    assert second.tree["compile"] == first.tree["compile"] and second.tree["target"]["shape"] == [2]


def test_a_model_whose_weights_are_set_is_not_trained():
    text = """
    m = keras.Sequential([keras.Input((6,)), Dense(8, activation="relu")])
    for layer in m.layers:
        layer.set_weights(other())
    m.compile("sgd", "categorical_crossentropy")
    """
    assert "training" in only(text).unspecified


FROZEN = "d = keras.Sequential([keras.Input((4,)), layers.Dense(1, activation='sigmoid')])\n"
COMPILED = "d.compile('sgd', 'binary_crossentropy')\n"
STEP = "d.train_on_batch(np.ones((4, 4)), np.zeros((4, 1)))\n"
OFF, ON = "d.trainable = False\n", "d.trainable = True\n"


@pytest.mark.needs("keras", "tensorflow")
@pytest.mark.parametrize(
    ("text", "found"),
    [
        (OFF + COMPILED + STEP, True),
        (OFF + COMPILED + ON + STEP, False),
        (COMPILED + STEP + OFF + STEP, False),
        (COMPILED + OFF + "keras.Sequential([layers.Dense(4, 'relu'), d]).compile('sgd', 'mse')\n", False),
    ],
)
def test_layers_count_as_trained_by_their_state_in_compile_and_the_first_step(tmp_path, text, found):
    """Keras 3 decides it in the first step, Keras 2 in compile."""
    program = "import numpy as np\n" + FROZEN + text
    assert ("no-trainable-weights" in {each.name for each in check(tmp_path, program).diagnostics}) is found
    names = {}
    exec(HEAD + program.replace(COMPILED, COMPILED + "before = d.get_weights()[0].copy()\n"), names)
    if STEP in text:
        assert (names["before"] == names["d"].get_weights()[0]).all() == found


INNER = "b = keras.Sequential([keras.Input((8,)), layers.Dense(4, 'relu')])\nb.trainable = False\n"
HEAD_LAYER = "layers.Dense(1, activation='sigmoid')"
STACK = f"m = keras.Sequential([keras.Input((8,)), b, {HEAD_LAYER}])\n"
CHAIN = f"i = keras.Input((8,))\nm = keras.Model(i, {HEAD_LAYER}(b(i)))\n"
BRANCHES = f"i = keras.Input((8,))\nm = keras.Model(i, {HEAD_LAYER}(layers.Concatenate()([i, b(i)])))\n"
COMPILE = "m.compile('sgd', 'binary_crossentropy')\n"
FIT = "m.fit(np.ones((4, 8)), np.zeros((4, 1)), verbose=0)\n"
THAW = "b.trainable = True\n"


@pytest.mark.parametrize("model", [STACK, CHAIN, BRANCHES])
@pytest.mark.parametrize(
    ("text", "found"),
    [
        (COMPILE + FIT + THAW + FIT * 2, True),
        (COMPILE + FIT + THAW + COMPILE + FIT, False),
        (COMPILE + THAW + FIT, False),
        (COMPILE + FIT + FIT, False),
    ],
)
def test_trainable_changes_after_compile(tmp_path, model, text, found):
    program = "import numpy as np\n" + INNER + model + text
    assert ("trainable-without-compile" in {each.name for each in check(tmp_path, program).diagnostics}) is found


@pytest.mark.needs("keras", "tensorflow")
@pytest.mark.parametrize("compile", ["", COMPILE])
def test_keras_trains_what_was_trainable_in_the_first_fit(compile):
    names = {}
    text = COMPILE + FIT + THAW + compile + "before = b.get_weights()[1].copy()\n" + FIT
    exec(HEAD + "import numpy as np\n" + INNER.replace("'relu'", "'tanh'") + CHAIN + text, names)
    assert (names["before"] == names["b"].get_weights()[1]).all() == (not compile)


@pytest.mark.parametrize(
    "between",
    [
        "from helpers import again\nagain(m)\n",
        "if flag:\n    m.compile('sgd', 'mse')\n",
        "m.train_function = None\n",
        "def again(model):\n    model.compile('sgd', 'mse')\nagain(m)\n",
    ],
)
def test_a_model_that_may_be_compiled_again_is_not_reported(tmp_path, between):
    program = "import numpy as np\n" + INNER + CHAIN + COMPILE + FIT + THAW + between + FIT
    assert "trainable-without-compile" not in {each.name for each in check(tmp_path, program).diagnostics}


def test_a_layer_of_another_trained_model_is_not_reported(tmp_path):
    program = INNER + CHAIN + "d = keras.Sequential([b])\nd.compile('sgd', 'mse')\n" + COMPILE + FIT + THAW + FIT
    assert "trainable-without-compile" not in {each.name for each in check(tmp_path, program).diagnostics}


POLICY = "keras.mixed_precision.set_global_policy('mixed_float16')\n"
BUILD = "def build():\n    return Sequential([Dense(3)])\n"


@pytest.mark.parametrize(("text", "policy"), [
    (f"{BUILD}m = build()\n{POLICY}", None),
    (f"{BUILD}{POLICY}m = build()", "mixed_float16"),
    (f"{BUILD}{POLICY}", "mixed_float16"),
    (f"m = Sequential([Dense(3)])\ndef later():\n    {POLICY}", None),
    (f"def other():\n    {POLICY}{BUILD}", None),
])  # fmt: skip
def test_a_dtype_policy_holds_for_the_models_after_it(text, policy):
    assert only(text).tree.get("runtime", {}).get("dtype_policy") == policy


def test_a_builder_called_before_and_after_a_dtype_policy_creates_two_models():
    policies = {frozenset(m.names): m.tree.get("runtime") for m in read(f"{BUILD}a = build()\n{POLICY}b = build()")}
    assert policies == {
        frozenset({"build", "a"}): None,
        frozenset({"build", "b"}): {"dtype_policy": "mixed_float16"},
    }
