"""The layers of a program: statements and values that are followed, and notes where they cannot be."""

import pytest

from seqspec.programs.values.abstract_values import Unknown
from tests.programs.reading import layers_of, only, plain, read

FOLLOWED = {
    "list": "model = keras.Sequential([Dense(8), Dense(1)])",
    "tuple": "model = Sequential((layers.Dense(8), layers.Dense(1)))",
    "add": "model = Sequential()\nmodel.add(Dense(8))\nmodel.add(Dense(1))",
    "loop": "model = Sequential()\nfor n in [8, 1]:\n    model.add(Dense(n))",
    "range": "model = Sequential()\nfor i in range(2):\n    model.add(Dense(8 if i == 0 else 1))",
    "range of six": (
        "from six.moves import xrange\nmodel = Sequential()\n"
        "for i in xrange(2):\n    model.add(Dense(8 if i == 0 else 1))"
    ),
    "enumerate and zip": (
        "model = Sequential()\nfor i, (n, x) in enumerate(zip([8, 1], 'ab')):\n    model.add(Dense(n))"
    ),
    "while": "model = Sequential()\nn = 8\nwhile n >= 1:\n    model.add(Dense(n))\n    n //= 8",
    "break": "model = Sequential()\nfor n in (8, 1, 5):\n    if n == 5:\n        break\n    model.add(Dense(n))",
    "continue": "model = Sequential()\nfor n in (8, 5, 1):\n    if n == 5:\n        continue\n    model.add(Dense(n))",
    "unpacked": "tail = [Dense(1)]\nmodel = Sequential([Dense(8), *tail])",
    "comprehension": "model = Sequential([Dense(n) for n in (8, 3, 1) if n != 3])",
    "list grown": "stack = []\nstack.append(Dense(8))\nstack += [Dense(1)]\nmodel = Sequential(stack)",
    "list changed": "sizes = [8, 5]\nsizes[1] = 1\nmodel = Sequential([Dense(n) for n in sizes])",
    "condition": "deep = True\nmodel = Sequential([Dense(8)])\nif deep and not None:\n    model.add(Dense(1))",
    "else": (
        "deep = False\nmodel = Sequential([Dense(8)])\nif deep:\n    model.add(Dense(5))\n"
        "else:\n    model.add(Dense(1))"
    ),
    "function": "def f(n, m=1):\n    return Sequential([Dense(n), Dense(m)])\nmodel = f(8)",
    "keywords": (
        "def f(*sizes, **named):\n    return Sequential([Dense(sizes[0]), Dense(**named)])\nmodel = f(8, units=1)"
    ),
    "passed on": "def f(model, n):\n    model.add(Dense(n))\nmodel = Sequential()\nf(model, 8)\nf(model, 1)",
    "lambda": "block = lambda n: Dense(n)\nmodel = Sequential([block(8), block(1)])",
    "partial": "from functools import partial\nD = partial(Dense, activation='relu')\nmodel = Sequential([D(8), D(1)])",
    "method": (
        "class Net:\n    wide = 8\n    def __init__(self, last):\n        self.last = last\n"
        "        self.model = self.make()\n"
        "    def make(self):\n        m = Sequential()\n        m.add(Dense(self.wide))\n"
        "        m.add(Dense(self.last))\n"
        "        return m\nnet = Net(1)"
    ),
    "subclass": (
        "class Net(Sequential):\n    def __init__(self):\n        super().__init__()\n        self.add(Dense(8))\n"
        "        self.add(Dense(1))\nnet = Net()"
    ),
    "dict": "cfg = {'units': [8, 1]}\nmodel = Sequential()\nfor n in cfg['units']:\n    model.add(Dense(n))",
    "spread": "cfg = dict(units=8, activation='relu')\nmodel = Sequential([Dense(**cfg), Dense(1)])",
    "arithmetic": "n = 4\nmodel = Sequential([Dense(n * 2), Dense(max(n // 4, 1))])",
    "argparse": (
        "import argparse\np = argparse.ArgumentParser()\np.add_argument('--n', type=int, default=8)\n"
        "args = p.parse_args()\nmodel = Sequential([Dense(args.n), Dense(1)])"
    ),
    "flags": (
        "import tensorflow as tf\nf = tf.app.flags\nFLAGS = f.FLAGS\nf.DEFINE_integer('n', 8, 'units')\n"
        "model = Sequential([Dense(FLAGS.n), Dense(1)])"
    ),
    "numpy": "import numpy as np\nmodel = Sequential([Dense(int(np.prod((2, 4)))), Dense(np.max([1, 0]))])",
    "main": "if __name__ == '__main__':\n    model = Sequential([Dense(8), Dense(1)])",
    "uncalled": "def build():\n    return Sequential([Dense(8), Dense(1)])",
    "early return": (
        "def build(deep=False):\n    m = Sequential([Dense(8)])\n    if deep:\n"
        "        return None\n    m.add(Dense(1))\n    return m\nbuild()"
    ),
    "try": "try:\n    import tensorflow\nexcept ImportError:\n    pass\nmodel = Sequential([Dense(8), Dense(1)])",
    "with": "with open_strategy() as s:\n    model = Sequential([Dense(8), Dense(1)])",
    "pop": "model = Sequential([Dense(8), Dense(1), Dense(5)])\nmodel.pop()",
    "layers of another": "a = Sequential([Dense(8), Dense(1), Dense(5)])\nmodel = Sequential(a.layers[:-1])\na = None",
    "unknown argument of a function": "def f(n):\n    return Sequential([Dense(8), Dense(1)])\nf(unknown())",
}


@pytest.mark.parametrize("text", FOLLOWED.values(), ids=FOLLOWED)
def test_layers_are_read(text):
    model = read(text)[-1]
    assert [(entry["type"], entry["units"]) for entry in model.tree["model"]["layers"]] == [("Dense", 8), ("Dense", 1)]
    assert model.complete


IMPORTS = [
    "import tensorflow as tf\nm = tf.keras.Sequential([tf.keras.layers.Dense(8)])",
    "from tensorflow import keras\nm = keras.models.Sequential([keras.layers.Dense(8)])",
    "from tensorflow.keras.layers import *\nfrom tensorflow.keras.models import *\nm = Sequential([Dense(8)])",
    (
        "from tensorflow.python.keras.layers import Dense as D\n"
        "from tensorflow.python.keras import Sequential as S\nm = S([D(8)])"
    ),
    "import keras.layers as L, keras\nm = keras.Sequential([L.core.Dense(8)])",
    "from keras.layers.core import Dense\nfrom keras.models import Sequential\nm = Sequential()\nm.add(Dense(8))",
    "import tensorflow.keras as k\nm = k.Sequential([k.layers.Dense(8)])",
    "m = Sequential([Dense(8)])",
]


@pytest.mark.parametrize("text", IMPORTS)
def test_imports_of_keras_are_all_understood(text):
    from seqspec.programs.program_document import read_program

    (model,) = read_program(text).models
    assert model.tree["model"]["layers"] == [{"type": "Dense", "units": 8}]


def test_torch_models_are_ignored():
    from seqspec.programs.program_document import read_program

    assert read_program("import torch.nn as nn\nm = nn.Sequential(nn.Linear(8, 1))").models == []


def test_unknown_conditions_create_both_models():
    models = read("m = Sequential([Dense(8)])\nif unknown():\n    m.add(Dropout(0.5))\nm.add(Dense(1))")
    assert [[e["type"] for e in m.tree["model"]["layers"]] for m in models] == [
        ["Dense", "Dropout", "Dense"],
        ["Dense", "Dense"],
    ]


def test_each_branch_can_create_a_model():
    models = read(
        "if unknown():\n    m = Sequential([Dense(8)])\nelse:\n    m = Sequential([Dense(1)])\nm.compile('adam', 'mse')"
    )
    assert [m.tree["model"]["layers"][0]["units"] for m in models] == [8, 1]
    assert all(m.tree["compile"]["loss"] == "mse" for m in models)


@pytest.mark.parametrize("text", ["m.add(d)", "m = Sequential([d])"])
def test_conditional_layers_create_both_models(text):
    head = "d = Dropout(0.5) if x else Flatten()\nm = Sequential()\n"
    models = read(head + text)
    assert {m.tree["model"]["layers"][0]["type"] for m in models if m.tree["model"]["layers"]} == {"Dropout", "Flatten"}


def test_branches_that_raise_create_no_model():
    assert layers_of(
        "m = Sequential([Dense(8)])\nif unknown():\n    m.add(Dense(5))\n    raise ValueError\nm.add(Dense(1))"
    ) == [
        ("Dense", 8),
        ("Dense", 1),
    ]


DOUBTFUL = {
    "unknown rounds": "m = Sequential([Dense(8)])\nfor n in unknown():\n    m.add(Dense(4))",
    "unknown end": (
        "m = Sequential([Dense(8)])\nfor n in [4, 2]:\n    if unknown():\n        break\n    m.add(Dense(n))"
    ),
    "unknown while": "m = Sequential([Dense(8)])\nwhile unknown():\n    m.add(Dense(4))",
    "unknown list": "m = Sequential(unknown())",
    "list filled in an unknown loop": (
        "stack = [Dense(8)]\nfor n in unknown():\n    stack.append(Dense(4))\nm = Sequential(stack)"
    ),
    "list filled on an unknown condition": (
        "stack = [Dense(8)]\nif unknown():\n    stack.append(Dense(4))\nm = Sequential(stack)"
    ),
    "rounds beyond counting": "m = Sequential([Dense(8)])\nfor i in range(10**9):\n    m.add(Dense(4))",
}


@pytest.mark.parametrize("text", DOUBTFUL.values(), ids=DOUBTFUL)
def test_doubtful_models_have_a_note(text):
    model = read(text)[-1]
    assert not model.complete and model.doubtful
    assert {note.kind for note in model.notes} <= {"unknown-loop", "unknown-layers"} and model.notes


CHANGED_IN_A_LOOP = [
    "n = 8\nfor x in unknown():\n    n = 16\nm = Sequential([Dense(n)])",
    "n = 8\nfor x in unknown():\n    m = Sequential([Dense(n)])\n    n *= 2",
    (
        "n = 8\nfirst = True\nfor x in unknown():\n    if first:\n        first = False\n"
        "    else:\n        n = 5\nm = Sequential([Dense(n)])"
    ),
    "n = 8\nif unknown():\n    n = 16\nm = Sequential([Dense(n)])",
    "sizes = [8]\nfor x in unknown():\n    sizes.append(x)\nm = Sequential([Dense(len(sizes))])",
    (
        "sizes = []\nfor x in unknown():\n    if not sizes:\n        sizes.append(x)\n"
        "m = Sequential([Dense(len(sizes) + 1)])"
    ),
]


@pytest.mark.parametrize("text", CHANGED_IN_A_LOOP)
def test_possibly_changed_values_are_unknown(text):
    (layer,) = read(text)[-1].tree["model"]["layers"]
    assert plain(layer["units"]).startswith("{")


def test_methods_of_unknown_values_are_unknown():
    """A method of something unknown is not known, whatever one does with it."""
    model = only(
        "shape = X.shape\nh, w = shape\nm = Sequential([Flatten(input_shape=(h, w)), Dense(len(shape.count))])"
    )
    assert plain(model.tree["model"]["input"]) == ["{h}", "{w}"]
    assert plain(model.tree["model"]["layers"][1]["units"]) == "{len(shape.count)}"


OWN = {
    "own-layer": "class Attention(keras.layers.Layer):\n    pass\nm = Sequential([Dense(8), Attention()])",
    "own-code": "m = Sequential([Dense(8), Lambda(lambda x: x)])",
    "functional": "inner = keras.Model(a, b)\nm = Sequential([inner, Dense(8)])",
    "unknown-layer": "m = Sequential([Dense(8), make_layer()])",
    "filled-elsewhere": "m = Sequential()\nfill(m)",
    "gone-layer": "m = Sequential([LocallyConnected1D(8, 3)])",
}


@pytest.mark.parametrize("kind", OWN)
def test_other_libraries_are_noted(kind):
    model = read(OWN[kind])[-1]
    assert kind in {note.kind for note in model.notes}
    assert not model.complete


def test_nested_models_are_layers():
    (model,) = read("inner = Sequential([Dense(8)])\nm = Sequential([inner, Dense(1)])")
    assert model.tree["model"]["layers"] == [
        {"type": "Sequential", "layers": [{"type": "Dense", "units": 8}]},
        {"type": "Dense", "units": 1},
    ]


@pytest.mark.parametrize("given", ["input_shape=(64, 48, 3)", "input_tensor=Input(shape=(64, 48, 3))"])
def test_base_models_have_their_input(given):
    model = only(f"model = Sequential([VGG16(include_top=False, {given}), Flatten()])")
    assert plain(model.tree["model"]["layers"][0]["input_shape"]) == [64, 48, 3]


def test_base_models_on_a_tensor_are_not_read():
    model = only("model = Sequential([VGG16(input_tensor=scaled(images), input_shape=(64, 64, 3)), Flatten()])")
    assert [note.kind for note in model.notes] == ["functional"]


def test_frozen_layers_of_a_base_model_are_read():
    text = """
    base = keras.applications.VGG16(include_top=False, input_shape=(64, 64, 3))
    for layer in base.layers:
        layer.trainable = False
    m = Sequential([base, Flatten(), Dense(1)])
    """
    base = only(text).tree["model"]["layers"][0]
    assert base == {"type": "VGG16", "include_top": False, "input_shape": [64, 64, 3], "trainable": False}


INPUTS = {
    "Dense(1, input_shape=(4, 5))": [4, 5],
    "Dense(1, input_dim=4)": [4],
    "keras.Input((4, None)), Dense(1)": [4, "?"],
    "InputLayer(input_shape=(4,)), Dense(1)": [4],
    "LSTM(1, input_dim=4, input_length=9)": [9, 4],
    "LSTM(1, batch_input_shape=(2, 9, 4))": {"shape": [9, 4], "batch_size": 2},
    "Embedding(100, 8, input_length=9)": [9],
    "Embedding(100, 8), LSTM(4)": ["?"],
    "Bidirectional(LSTM(1, input_shape=(9, 4)))": [9, 4],
    "Sequential([keras.Input((4,)), Dense(2)]), Dense(1)": [4],
    "keras.Input((4,), dtype='int32'), Dense(1)": {"shape": [4], "dtype": "int32"},
    "Dense(1, input_shape=(784))": 784,
}


@pytest.mark.parametrize("text", INPUTS)
def test_inputs_are_read(text):
    assert read(f"m = Sequential([{text}])")[-1].tree["model"]["input"] == INPUTS[text]


def test_input_comes_from_build_or_data():
    assert only("m = Sequential([Dense(1)])\nm.build((None, 4))").tree["model"]["input"] == [4]
    text = "import numpy as np\nx = np.zeros((50, 7))\nm = Sequential([Dense(1)])\nm.fit(x, unknown())"
    assert only(text).tree["model"]["input"] == [7]
    assert only(text).tree["data"]["train"] == {"samples": 50, "shape": [7], "range": [0, 0]}


@pytest.mark.parametrize("first", ["keras.Input((4,)), ", ""])
def test_layers_attribute_equals_keras(first):
    """`model.layers` leaves out the input, which is no layer of a Sequential model."""
    model = only(
        f"""
        model = Sequential([{first}Normalization(), Dense(8, name="a"), Dense(4), Dense(1)])
        model.layers[0].adapt(load())
        model.get_layer("a").trainable = False
        model.get_layer(index=-1).trainable = False
        for layer in model.layers[2:3]:
            layer.trainable = False
        """
    )
    frozen = [layer.get("trainable") for layer in model.tree["model"]["layers"]]
    assert frozen == [None, False, False, False] and "adapt" in model.unspecified


CHOSEN_CLASSES = {
    "if gpu():\n    rnn = GRU\nelse:\n    import functools\n    rnn = functools.partial(GRU, reset_after=False)": [
        {"type": "GRU", "units": 4},
        {"type": "GRU", "reset_after": False, "units": 4},
    ],
    "rnn = LSTM if gpu() else GRU": [{"type": "LSTM", "units": 4}, {"type": "GRU", "units": 4}],
    "if gpu():\n    rnn = LSTM\nelse:\n    rnn = LSTM": [{"type": "LSTM", "units": 4}],
}


@pytest.mark.parametrize("text", CHOSEN_CLASSES)
def test_conditional_classes_create_both_models(text):
    """A condition that is not known chooses the class, or a partial of it: both models are read."""
    models = read(f"{text}\nm = Sequential([keras.Input((4, 2)), rnn(4)])")
    assert [model.tree["model"]["layers"][0] for model in models] == CHOSEN_CLASSES[text]
    assert all(model.complete for model in models)


def test_tensorflow_initializers_are_read():
    text = """
    import tensorflow as tf
    start = tf.random_normal_initializer(0.0, 0.02)
    m = Sequential([Dense(4, kernel_initializer=start, bias_initializer=tf.zeros_initializer())])
    """
    assert only(text).tree["model"]["layers"] == [
        {
            "type": "Dense",
            "units": 4,
            "kernel_initializer": {"type": "RandomNormal", "mean": 0.0, "stddev": 0.02},
            "bias_initializer": {"type": "Zeros"},
        }
    ]


def test_decay_of_an_unknown_rate_has_a_note():
    text = "m = Sequential([Dense(4)])\nm.compile(keras.optimizers.SGD(lr=rate(), decay=0.1), 'mse')"
    assert [note.kind for note in only(text).notes] == ["left-out"]


@pytest.mark.parametrize(
    "head",
    [
        "m = Sequential([Dense(3, **options)])",
        "def dense(n, **more):\n    return Dense(n, **more)\nm = Sequential([dense(3, **options)])",
        "def dense(n, activation=None):\n    return Dense(n, activation)\nm = Sequential([dense(3, **options)])",
        "class A:\n    def __init__(self, **more):\n        self.m = Sequential([Dense(3, **more)])\nA(**options)",
    ],
)
def test_arguments_in_an_unknown_dict_are_not_taken_for_defaults(head):
    (layer,) = only(f"options = read()\n{head}").tree["model"]["layers"]
    assert isinstance(layer["activation"], Unknown)
