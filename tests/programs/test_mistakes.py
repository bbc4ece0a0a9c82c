"""Mistakes of beginners in programs: each is an error of Keras, and of the check at the same line."""

import json
from textwrap import dedent

import keras
import numpy as np
import pytest

import seqspec
from seqspec.core.catalog.index import APPLICATIONS, LAYERS, layer_class
from seqspec.core.check.check import CheckSettings, check_source
from seqspec.programs.program_document import ProgramDocument, read_program
from seqspec.programs.python.calls import _ACCEPT_TENSORS

HEAD = "import keras\nfrom keras import layers\nfrom keras.layers import *\nfrom keras.models import Sequential\n"


def check(program):
    return seqspec.check(ProgramDocument({}, HEAD + dedent(program), "m.py", "python"))


def errors(program):
    """The rule, the line and the help of each error."""
    return [(d.name, d.span.line, d.help) for d in check(program).diagnostics if d.severity == "error"]


def failing_line(program):
    """The line at which Keras fails; None where it accepts the program."""
    try:
        exec(compile(HEAD + dedent(program), "m.py", "exec"), {})
    except Exception as error:
        traceback, line = error.__traceback__, None
        while traceback is not None:
            line = traceback.tb_lineno if traceback.tb_frame.f_code.co_filename == "m.py" else line
            traceback = traceback.tb_next
        return line
    return None


CLASSES = {
    "in the list": (
        """
        m = Sequential([
            keras.Input((8, 8, 1)),
            Flatten,
            Dense(10)])
        """,
        "write Flatten()",
    ),
    "added": (
        """
        m = Sequential()
        m.add(Dense(8, input_shape=(8,)))
        m.add(layers.BatchNormalization)
        m.add(Dense(2, activation="softmax"))
        """,
        "write layers.BatchNormalization()",
    ),
    "with required arguments": (
        """
        m = Sequential([keras.Input((8, 8, 1))])
        m.add(Conv2D)
        """,
        "write Conv2D(filters=..., kernel_size=...)",
    ),
}


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_is_not_a_layer(name):
    program, fix = CLASSES[name]
    ((rule, line, shown),) = errors(program)
    assert (rule, shown) == ("bad-layer-entry", fix)
    # Keras fails at the call, which starts at or before the class.
    assert failing_line(program) <= line


SHAPES = [
    ((32, 32, 3), (64, 64, 1)),
    ((28, 28, 1), (28, 28, 3)),
    ((28, 28, 3), (28, 28, 1)),
    ((28, 28, 1), (30, 30, 1)),
    ((28, 28, 1), (28, 28)),
    ((28, 28), (28, 28, 1)),
    ((28, 28, 1), (784,)),
    ((10,), (20,)),
    ((5, 1), (5,)),
    ((None, 4), (3, 4)),
    ((3, 4), (None, 4)),
    ((3, 4), (3, 5)),
]

INNER = {
    "a Sequential": "inner = Sequential([keras.Input({0}), {1}])",
    "a functional model": "i = keras.Input({0})\ninner = keras.Model(i, {1}(i))",
    "a model with an operation": "i = keras.Input({0})\ninner = keras.Model(i, keras.ops.abs({1}(i)))",
}
OUTER = {
    "called": "j = keras.Input({0})\nm = keras.Model(j, inner(j))",
    "in a Sequential": "m = Sequential([keras.Input({0}), inner])",
}


@pytest.mark.parametrize("layer", ["Dense(3)", "Flatten()"])
@pytest.mark.parametrize("outer", OUTER)
@pytest.mark.parametrize("inner", INNER)
def test_an_inner_model_accepts_the_shapes_that_keras_accepts(inner, outer, layer):
    for expected, received in SHAPES:
        program = f"{INNER[inner].format(expected, layer)}\n{OUTER[outer].format(received)}\n"
        # Some mistakes show when the model is run.
        sizes = (2, *(size or 3 for size in received))
        refused = failing_line(program + f"m(keras.ops.zeros({sizes}))") is not None
        reported = [at for rule, at, _ in errors(program) if rule == "shape-mismatch"]
        assert reported == ([4 + program.count("\n")] if refused else []), program


def test_the_layers_before_an_inner_model_are_followed():
    program = """
        g = Sequential()
        g.add(Dense(7 * 7 * 8, input_dim=16))
        g.add(Reshape((7, 7, 8)))
        g.add(Conv2DTranspose(1, 4, strides=2, padding="same"))
        d = Sequential()
        d.add(Conv2D(8, 3, input_shape=(28, 28, 1)))
        d.add(Flatten())
        d.add(Dense(1, activation="sigmoid"))
        gan = Sequential([g, d])
        """
    ((rule, line, _),) = errors(program)
    assert (rule, line) == ("shape-mismatch", failing_line(program))
    assert errors(program.replace("strides=2", "strides=4")) == []


def test_a_layer_that_is_not_called_is_no_output():
    program = """
        i = keras.Input((28, 28{}))
        x = Conv2D(32, 3, activation="relu")(i)
        x = Flatten()(x)
        x = Dense(10)
        m = keras.Model(i, x)
        """
    fixed = program.format(", 1")
    assert errors(fixed) == [("wrong-type", 9, "call it on a tensor: Dense(10)(...)")]
    assert failing_line(fixed) == 10
    # What is before it is checked too.
    ((first, line, _), _) = errors(program.format(""))
    assert (first, line) == ("wrong-rank", failing_line(program.format("")))
    # No other tensor is guessed.
    assert [rule for rule, _, _ in errors("i = keras.Input((4,))\nm = keras.Model(i, Dense(2))")] == ["wrong-type"]


CALLS = [
    ("a + b", None),
    ("a + c", "shape-mismatch"),
    ("a * c", "shape-mismatch"),
    ("keras.ops.subtract(a, c)", "shape-mismatch"),
    ("a / keras.Input((1,))", None),
    ("a - s", None),
    ("s - c", "shape-mismatch"),
    ("concatenate([a, c])", None),
    ("concatenate(a, c)", "wrong-type"),
    ("add(a, b)", "wrong-type"),
    ("Concatenate()(a, c)", "wrong-type"),
    ("Multiply()(a)", "wrong-type"),
    ("Add()(LSTM(4, return_state=True)(s))", None),
    ("LSTM(4, return_state=True)(s); o, h, k = o", None),
    ("LSTM(4, return_sequences=True)(s); o, h, k = o", "wrong-type"),
    ("LSTM(4, return_state=True)(s); h, o = o", "wrong-type"),
    ("GRU(4, return_state=True)(s); h, k, o = o", "wrong-type"),
    ("LSTM(4, return_state=True)(s); o, *h = o", None),
    ("Dense(4)(s); o, h = o", "wrong-type"),
]


@pytest.mark.parametrize(("call", "rule"), CALLS)
def test_calls_on_tensors_are_those_of_keras(call, rule):
    program = f"""
        a, b, c, s = keras.Input((4,)), keras.Input((4,)), keras.Input((3,)), keras.Input((5, 4))
        o = {call}
        m = keras.Model([a, b, c, s], o)
        """
    # Keras refuses inputs that no output needs; the call is on line 7.
    assert (failing_line(program.replace("m = keras.Model([a, b, c, s], o)", "")) == 7) is (rule is not None)
    reported = [(name, line) for name, line, _ in errors(program) if name in ("wrong-type", "shape-mismatch")]
    assert reported == ([] if rule is None else [(rule, 7)])


def test_an_operation_whose_result_is_not_known_is_not_said_to_be_checked():
    program = """
        i, j = keras.Input((4,)), keras.Input((4,), dtype="int32")
        m = keras.Model([i, j], Dense(2)(i + j))
        """
    assert failing_line(program) is None
    (model,) = check(program).coverage.models
    assert [reason.message for reason in model.reasons] == ["the output of i + j is not known"]


def test_a_tensor_is_no_argument_of_a_layer():
    program = """
        i = keras.Input((8, 8, 1))
        x = Flatten(i)
        o = Dense(10, activation="softmax")(x)
        m = keras.Model(i, o)
        """
    assert failing_line(program) == 7
    assert errors(program) == [("wrong-type", 7, "write Flatten()(i)")]
    assert [help for _, _, help in errors(program.replace("(i)\n", "(i, name='f')\n", 1))] == [
        "write Flatten(name='f')(i)"
    ]


def test_keras_creates_no_other_layer_with_a_tensor():
    tensor = keras.Input((4, 4))
    for name in LAYERS.keys() - APPLICATIONS.keys() - _ACCEPT_TENSORS:
        if layer_class(name).required():
            continue
        with pytest.raises((TypeError, ValueError, AttributeError, NotImplementedError)):
            getattr(keras.layers, name)(tensor)


CLASS = """
    class Net(keras.Model):
        def __init__(self, units=3):
            super().__init__()
            self.fc = Dense(8, activation="relu")
            self.head = Dense(units)
        def call(self, x):
            x = self.fc(x)
            return self.head(x)
    m = Net()
    m.compile("adam", "mse")
    m.fit(keras.ops.zeros((4, 2)), keras.ops.zeros((4, 3)), epochs=1, verbose=0)
    """

CLASS_MISTAKES = [
    ("self.fc(x)", "self.fc1(x)", ("unknown-name", 12)),
    ("return self.head(x)", "self.head(x)", ("bad-custom", 13)),
    ("super().__init__()", "self.units = units", ("bad-custom", 8)),
]
FINE_CLASSES = [
    ("super().__init__()", "keras.Model.__init__(self)"),
    ("super().__init__()", "super().__init__(); setattr(self, 'f' + 'c1', Dense(2)); self.fc1(keras.ops.ones((1, 2)))"),
    ("return self.head(x)", "if True:\n                return self.head(x)"),
    (
        "self.fc(x)",
        "self.dense(x)\n        def dense(self, x):\n            return self.fc(x)\n        def call(self, x):",
    ),
]


@pytest.mark.parametrize(("code", "mistake", "expected"), CLASS_MISTAKES)
def test_mistakes_in_classes_of_models(code, mistake, expected):
    program = CLASS.replace(code, mistake)
    assert failing_line(program) is not None and failing_line(CLASS) is None
    assert [(rule, line) for rule, line, _ in errors(program)] == [expected]


@pytest.mark.parametrize(("code", "other"), [("", ""), *FINE_CLASSES])
def test_classes_that_keras_accepts_have_no_error(code, other):
    program = CLASS.replace(code, other, 1) if code else CLASS
    assert failing_line(program) is None
    assert errors(program) == []


def test_the_unknown_tensor_of_a_model_is_named():
    report = check("i = keras.Input((4,))\nm = keras.Model(i, Dense(2)(helper.block(4)))")
    assert [d.message for d in report.diagnostics] == [
        "helper.block(4) is not known statically: the shapes of this functional model are not checked"
    ]


MISUSED = {
    "a layer as input": (
        """
        base = keras.applications.MobileNetV2(weights=None, include_top=False, input_shape=(32, 32, 3))
        last = base.get_layer("out_relu")
        x = GlobalAveragePooling2D()(last)
        """,
        "wrong-type",
    ),
    "one of the last layers": (
        """
        base = keras.applications.MobileNetV2(weights=None, include_top=False, input_shape=(32, 32, 3))
        x = GlobalAveragePooling2D()(base.layers[-1])
        """,
        "wrong-type",
    ),
    "models to merge": (
        """
        one = Sequential([keras.Input((4,)), Dense(3)])
        other = Sequential([keras.Input((4,)), Dense(3)])
        both = concatenate([one, other])
        """,
        "wrong-type",
    ),
    "a model as input": (
        """
        x = keras.Input((4,))
        inner = keras.Model(x, Dense(4)(x))
        outer = keras.Model(x, Dense(3)(x))
        y = outer(inner)
        """,
        "wrong-type",
    ),
    "no tensors": ("merged = concatenate()", "missing-argument"),
    "a tensor in a stack": (
        """
        x = keras.Input((4,))
        m = Sequential([Dense(4)(x)])
        """,
        "bad-layer-entry",
    ),
    "no outputs": (
        """
        x = keras.Input((4,))
        m = keras.Model(inputs=x, output_tensors=Dense(3)(x))
        """,
        "unexpected",
    ),
    "no model": (
        """
        x = keras.Input((8, 8, 3))
        y = MaxPooling2D()(x)
        z = Add()([Conv2D(3, 3)(x), y])
        """,
        "shape-mismatch",
    ),
}


@pytest.mark.parametrize("name", MISUSED)
def test_misused_values(name):
    program, rule = MISUSED[name]
    rule = "unknown-argument" if rule == "unexpected" else rule
    line = failing_line(program)
    assert line is not None
    assert (rule, line) in [(found, at) for found, at, _ in errors(program)]


def test_calls_without_a_model():
    fine = "x = keras.Input((8, 8, 3))\ny = Conv2D(3, 3, padding='same')(x)\nz = Add()([x, y])\n"
    assert not errors(fine)
    assert check(fine).diagnostics == []
    # A function that the file does not call has inputs of unknown shapes.
    assert not errors("def block(x):\n    return Add()([Conv2D(3, 3)(x), x])\n")


def test_unused_objects():
    head = "opt = keras.optimizers.SGD(0.1)\nstop = keras.callbacks.EarlyStopping()\n"
    model = "m = Sequential([keras.Input((4,)), Dense(1)])\n"
    used = "m.compile(opt, 'mse')\nm.fit(x, y, callbacks=[stop], validation_split=0.1)\n"
    assert "unused-object" not in {d.name for d in check(head + model + used).diagnostics}
    unused = check(head + model + "m.compile('sgd', 'mse')\nm.fit(x, y)\n").diagnostics
    assert [(d.span.line, d.message) for d in unused if d.name == "unused-object"] == [
        (5, "the optimizer opt is never used"),
        (6, "the callback stop is never used"),
    ]
    # Another file may import them.
    assert "unused-object" not in {d.name for d in check(head + model).diagnostics}


def test_models_of_other_files():
    program = """
    from nets import build
    model = build(3)
    model.compile(loss="categorical_crosentropy", optimizer="adam", metrics=["accuracy"])
    stop = keras.callbacks.EarlyStopping(monitor="val_acc")
    model.fit(x, y, epochs=3, validation_split=0.1, callbacks=[stop])
    """
    assert [(name, line) for name, line, _ in errors(program)] == [("unknown-name", 8), ("monitor-not-logged", 9)]
    assert not errors("from sklearn.svm import SVC\nclf = make()\nclf.fit(x, y)\nclf.fit(x, y, sample_weight=w)\n")


def test_missing_logs():
    model = "m = Sequential([keras.Input((4,)), Dense(1)])\nm.compile('sgd', 'mse', metrics=['mae', 'accuracy'])\n"

    def missing(code):
        return [(d.span.line, d.message.split()[0]) for d in check(model + code).diagnostics if d.name == "missing-log"]

    assert missing("h = m.fit(x, y)\nh.history['acc'], h.history['mae'], h.history['lr']") == [(8, '"acc"')]
    assert missing("h = m.fit(x, y)\nh.history['val_loss']") == [(8, '"val_loss"')]
    assert missing("m.fit(x, y, validation_split=0.1).history['val_acc']") == [(7, '"val_acc"')]
    assert not missing("h = m.fit(x, y, validation_data=(a, b))\nh.history['val_loss']")
    assert not missing("h = m.fit(x, y, validation_split=split)\nh.history['val_loss']")
    assert not missing("h = m.fit(x, y, callbacks=[Own()])\nh.history['own']")
    assert not missing("h = m.fit(x, y)\nif 'val_loss' in h.history:\n    h.history['val_loss']")
    assert not missing("h = m.fit(x, y)\nh = load()\nh.history['val_loss']")


def test_missing_results_of_evaluate():
    """Checked with Keras 3.15: without metrics `evaluate` returns a float, with n of them a list of n + 1."""
    model = "m = Sequential([keras.Input((4,)), Dense(1)])\nm.compile('sgd', 'mse'{})\nm.fit(x, y)\n"

    def lines(code, metrics=""):
        found = check(model.format(metrics) + code).diagnostics
        return [d.span.line - 7 for d in found if d.name == "missing-log"]

    assert lines("a, b = m.evaluate(x, y)\ns = m.evaluate(x, y)\nprint(s[1], m.evaluate(x, y)[0])") == [1, 3, 3]
    assert lines("a, b, c = m.evaluate(x, y)\ns = m.evaluate(x, y)\ns[1], s[2], s[-1]", ", metrics=['mae']") == [1, 3]
    assert not lines("a, *b = m.evaluate(x, y)\nm = load()\na, b = m.evaluate(x, y)")
    assert not lines("s = m.evaluate(x, y, return_dict=True)")
    assert not lines("m.compile('sgd', 'mse', metrics=['mae'])\na, b = m.evaluate(x, y)")
    assert not lines("if use:\n    a, b = m.evaluate(x, y)\na, b = other.evaluate(x, y)")
    assert lines(
        "for _ in range(2):\n    m.fit(x, y)\n    a, b = m.evaluate(x, y)\n    print(a, m.evaluate(x, y)[1])"
    ) == [3, 4]
    assert lines("if __name__ == '__main__':\n    h = m.fit(x, y)\n    h.history['mae']") == [3]
    assert not lines("s = m.evaluate(x, y)\nfor m in models:\n    s = m.evaluate(x, y)\n    s[1]")
    assert not lines("for _ in range(2):\n    a = h[1]\n    h = m.evaluate(x, y)")


def test_missing_logs_of_keras_2():
    """Keras before 2.3 logs "accuracy" as "acc" and "mae" as "mean_absolute_error"; no version logs more than that."""
    model = "m = Sequential([Dense(1, input_dim=4)])\nm.compile('sgd', 'mse', metrics={})\nh = m.fit({})\n"

    def missing(metrics, fit, key):
        program = HEAD + model.format(metrics, fit) + f"h.history['{key}']"
        found = check_source(ProgramDocument({}, program, "m.py", "python"), CheckSettings(keras="2.2")).diagnostics
        return [d.message.split()[0] for d in found if d.name == "missing-log"]

    assert missing(["accuracy"], "x, y", "val_acc") == missing(["acc"], "x, y, verbose=2", "val_acc") == ['"val_acc"']
    assert missing(["mae"], "x, y", "acc") == missing(["mae"], "x, y, validation_split=0.1", "acc") == ['"acc"']
    assert missing(["accuracy"], "x, y", "val_accuracy") and missing(["acc"], "x, y", "accuracy")
    for key in ("acc", "accuracy"):
        assert not missing(["accuracy"], "x, y", key)
    for key in ("val_acc", "val_accuracy", "val_loss"):
        assert not missing(["accuracy"], "x, y, validation_data=(x, y)", key)
    assert not missing(["mae"], "x, y", "mean_absolute_error") and not missing("[own]", "x, y", "acc")


BASE_CALLS = {
    "skipped base": ("    def __init__(self):\n        super(keras.layers.Layer, self).__init__()\n", "bad-custom", 4),
    "build without a shape": ("    def build(self, shape):\n        super().build()\n", "missing-argument", 4),
    "receiver passed": ("    def __init__(self):\n        super().__init__(self)\n", "unknown-argument", 4),
}


@pytest.mark.parametrize("name", BASE_CALLS)
def test_calls_of_base_classes(name):
    method, rule, line = BASE_CALLS[name]
    program = "class Own(keras.layers.Layer):\n" + method + "m = Sequential([keras.Input((4,)), Own(), Dense(1)])\n"
    assert [(found, at - 2) for found, at, _ in errors(program)] == [(rule, line + 1)]
    fine = method.replace("keras.layers.Layer, self", "Own, self").replace("build()", "build(shape)")
    assert not errors(program.replace(method, fine.replace("__init__(self)\n", "__init__()\n")))


def test_calls_of_the_base_class_of_callbacks():
    """Keras accepts a callback that is not initialized."""
    program = (
        "class Own(keras.callbacks.Callback):\n    def __init__(self):\n        super(keras.callbacks.Callback, self)"
    )
    assert not errors(program + ".__init__()\nown = Own()\n")


def test_metrics_of_outputs():
    model = "a = keras.Input((4,))\nm = keras.Model(a, [Dense(1)(a), Dense(1)(a)])\n"
    program = model + "m.compile('sgd', 'mse', metrics={})\n"
    found = [d.message for d in check(program.format("['mae']")).diagnostics if d.severity == "error"]
    assert found == ["metrics has 1 entry for 2 outputs"]
    assert not errors(program.format("[['mae'], ['mae']]"))
    assert not errors(program.format("[]"))


def test_samples_of_which_some_sizes_are_known():
    fit = "m = Sequential([Dense(1, input_shape=({},))])\nm.compile('sgd', 'mse')\nm.fit(a, y)\n"
    for data in ("import numpy as np\na = np.reshape(b, (b.shape[0], 7))\n", "a = load().reshape(-1, 7)\n"):
        assert [name for name, _, _ in errors(data + fit.format(8))] == ["data-shape-mismatch"]
        assert not errors(data + fit.format(7))
    model = "m = Sequential([keras.layers.Conv2D(3, 9), keras.layers.Flatten(), Dense(1)])\nm.compile('sgd', 'mse')\n"
    assert [name for name, _, _ in errors("a = load().reshape((-1, 5, 5, 1))\n" + model + "m.fit(a, y)")] == [
        "window-too-large"
    ]


def test_values_of_unknown_origin():
    """What a program does not determine is not an error."""
    base = "from conf import SIZE\nb = keras.applications.Xception(include_top=False, input_shape=SIZE)\n"
    assert not errors(base + "m = keras.Model(b.input, Dense(3)(keras.layers.Flatten()(b.output)))\n")
    outputs = (
        "m = build()\nm.compile('sgd', loss={'a': lambda t, p: p}, metrics={'a': ['mae']})\nm.fit(x, y, epochs=3)\n"
    )
    assert not errors("from nets import build\n" + outputs)
    frozen = "m = Sequential([keras.Input((5, 3)), keras.layers.SpatialDropout1D(0.2), keras.layers.LSTM(3)])\n"
    assert not errors(frozen + "m.layers[0].trainable = False\n")


def test_labels_that_are_missing_or_too_many():
    one = "a = keras.Input((4,))\nm = keras.Model(a, Dense(1)(a))\nm.compile('sgd', 'mse')\n"
    data = "import numpy as np\nx = np.zeros((9, 4))\n"
    assert errors(data + one + "m.fit(x, epochs=2)")
    assert not errors(data + one + "m.fit(x, x[:, :1])")


def test_concatenation_over_the_batch():
    inputs = "a, b = keras.Input((4,)), keras.Input((4,))\n"
    program = inputs + "m = keras.Model([a, b], keras.layers.Concatenate(axis={})([a, b]))\n"
    assert "bad-axis" in {d.name for d in check(program.format(0)).diagnostics}
    assert "bad-axis" not in {d.name for d in check(program.format(1)).diagnostics}


TWO_OUTPUTS = """
a = keras.Input((4,))
m = keras.Model(a, [Dense(1, 'sigmoid', name='churn')(a), Dense(1, name='spend')(a)])
m.compile('sgd', ['binary_crossentropy', 'mse'], metrics={metrics})
m.fit(x, [y, z], validation_split=0.5, callbacks=[keras.callbacks.EarlyStopping('{monitor}', mode='max')])
"""


@pytest.mark.needs("keras", "tensorflow")
@pytest.mark.parametrize(
    "metrics",
    ["{'churn': ['accuracy'], 'spend': ['mae']}", "[['accuracy'], ['mae', 'mse']]", "{'churn': 'accuracy'}", "None"],
)
def test_logs_of_several_outputs_are_those_of_keras(metrics):
    def reported(monitor):
        text = TWO_OUTPUTS.format(metrics=metrics, monitor=monitor)
        return "monitor-not-logged" in {name for name, _, _ in errors(text)}

    fit = TWO_OUTPUTS.format(metrics=metrics, monitor="val_loss").replace("m.fit(", "h = m.fit(verbose=0, x=")
    fit = fit.replace("x=x, [y, z]", "x=x, y=[y, y]")
    names = {"x": np.ones((8, 4)), "y": np.ones((8, 1))}
    exec(HEAD + fit, names)
    logged = set(names["h"].history)
    every = {"loss", "accuracy", "mae", "churn_loss", "churn_accuracy", "spend_mae", "spend_mse", "spend_accuracy"}
    for name in sorted(every | {f"val_{name}" for name in every}):
        assert reported(name) == (name not in logged), name


@pytest.mark.parametrize(
    "metrics", ["['accuracy', 'mae']", "{'churn': [own]}", "{'churn': keras.metrics.AUC()}", "own"]
)
def test_names_of_logs_that_are_not_certain(metrics):
    text = TWO_OUTPUTS.format(metrics=metrics, monitor="val_accuracy")
    assert "monitor-not-logged" not in {name for name, _, _ in errors(text)}


ATTENTION_CALLS = {
    "MultiHeadAttention(2, 4)(a)": "missing-argument",
    "MultiHeadAttention(2, 4)(a, a)": None,
    "MultiHeadAttention(2, 4)(query=a, value=a)": None,
    "MultiHeadAttention(2, 4)(*[a, a])": None,
    "MultiHeadAttention(2, 4)(a, **{'value': a})": None,
    "Attention()(a)": "wrong-type",
    "Attention()([a, a])": None,
}


@pytest.mark.needs("keras", "tensorflow")
@pytest.mark.parametrize("call", ATTENTION_CALLS)
def test_attention_needs_a_value(call):
    text = f"a = keras.Input((6, 8))\nx = {call}\nm = keras.Model(a, x)\n"
    rule = ATTENTION_CALLS[call]
    assert [name for name, _, _ in errors(text)] == ([] if rule is None else [rule])
    if rule is None:
        exec(HEAD + text, {})
    else:
        with pytest.raises((TypeError, ValueError)):
            exec(HEAD + text, {})


def test_what_follows_a_missing_value_or_input_is_checked():
    text = "a = keras.Input((6, 8))\nx = MultiHeadAttention(2, 4)(a)\nm = keras.Model(a, GlobalAveragePooling2D()(x))\n"
    assert [name for name, _, _ in errors(text)] == ["missing-argument", "wrong-rank"]
    towers = """
    a, b, c = keras.Input((4,)), keras.Input((4,)), keras.Input((3,))
    o = Dot(axes=1)([Add()([a, b]), c])
    m = keras.Model([a, c], Dense(1)(o))
    """
    assert sorted(name for name, _, _ in errors(towers)) == ["disconnected-output", "shape-mismatch"]


def test_the_input_of_a_base_model_with_branches_after_it():
    text = """
    train = keras.utils.image_dataset_from_directory("p", image_size=(224, 224))
    val = keras.utils.image_dataset_from_directory("q", image_size=(256, 256))
    base = keras.applications.EfficientNetB0(include_top=False, input_shape=(224, 224, 3))
    i = keras.Input((224, 224, 3))
    r = Rescaling(1 / 255)(i)
    x = base({before})
    o = Concatenate()([{pool}()(x), GlobalMaxPooling2D()(x)])
    m = keras.Model(i, Dense(5, activation="softmax")(o))
    m.compile("adam", "sparse_categorical_crossentropy")
    m.fit(train, validation_data=val, epochs=30)
    """

    def found(before, pool):
        rules = ("base-model-input-range", "data-shape-mismatch")
        diagnostics = check(text.format(before=before, pool=pool)).diagnostics
        return sorted((each.name, each.severity) for each in diagnostics if each.name in rules)

    ranges, sizes = ("base-model-input-range", "warning"), "data-shape-mismatch"
    assert found("r", "GlobalAveragePooling2D") == [ranges, (sizes, "warning")]
    assert found("r", "Flatten") == [ranges, (sizes, "error")]
    assert found("i", "GlobalAveragePooling2D") == [(sizes, "warning")]
    # Where two paths meet before it, the values are not known.
    assert found("Add()([r, i])", "GlobalAveragePooling2D") == [(sizes, "warning")]


LOGS = {
    "keys that the program adds": "h.history['acc'] = h.history['mae']\nh.history['acc']",
    "a key that is tested before": "if 'acc' not in h.history:\n    raise SystemExit\nh.history['acc']",
    "a branch on the version": "if keras.__version__ < '2.3':\n    h.history['acc']",
    "another history of the same name": "[h.history['acc'] for h in histories]",
    "another history in a function": "f = lambda h: h.history['acc']",
}


@pytest.mark.parametrize("name", LOGS)
def test_logs_that_may_exist(name):
    model = "m = Sequential([keras.Input((4,)), Dense(1)])\nm.compile('sgd', 'mse', metrics=['mae'])\n"
    assert not errors(f"{model}h = m.fit(x, y)\n{LOGS[name]}")
    assert errors(f"{model}h = m.fit(x, y)\nh.history['acc']")


def test_logs_of_code():
    """A callback, a `train_step` and several outputs may log anything."""
    fit = "h = m.fit(x, y, callbacks=[keras.callbacks.EarlyStopping('own'), {}])\nh.history['own']\n"
    model = "m = Sequential([keras.Input((4,)), Dense(1)])\nm.compile('sgd', 'mse')\n"
    assert not errors(model + fit.format("keras.callbacks.LambdaCallback(on_epoch_end=log)"))
    own = "class Own(keras.{}):\n    def train_step(self, data):\n        return {{'own': 0}}\n"
    sequential = own.format("Sequential") + "m = Own([keras.Input((4,)), Dense(1)])\nm.compile('sgd', 'mse')\n"
    assert not errors(sequential + fit.format(""))
    functional = own.format("Model") + "a = keras.Input((4,))\nm = Own(a, Dense(4)(a))\nm.compile('sgd', 'mse')\n"
    assert not errors(functional + fit.format(""))
    assert not errors("import numpy as np\n" + functional + "m.fit(np.zeros((9, 4)))\n")
    outputs = "a = keras.Input((4,))\nm = keras.Model(a, [Dense(n)(a) for n in sizes])\nm.compile('sgd', 'mse')\n"
    assert not errors(outputs + fit.format(""))
    external = "from nets import build\nm = build(3)\nm.compile('sgd', 'mse', metrics=['mae'])\n"
    assert not errors(external + fit.format(""))


def test_labels_in_unknown_arguments():
    model = "import numpy as np\nm = Sequential([keras.Input((4,)), Dense(1)])\nm.compile('sgd', 'mse')\n"
    assert not errors(model + "m.fit(np.zeros((9, 4)), **data)\n")


def test_calls_of_bases_with_defaults():
    """`build` of `Wrapper` needs no shape, and a class may skip the `__init__` of a layer such as `Dense`."""
    wrapper = "class Own(keras.layers.Wrapper):\n    def build(self, shape=None):\n        super().build()\n"
    assert not errors(wrapper + "m = Sequential([keras.Input((4,)), Own(Dense(3)), Dense(1)])\n")
    dense = "class Own(Dense):\n    def __init__(self):\n        super(Dense, self).__init__()\n"
    assert not errors(dense + "m = Sequential([keras.Input((4,)), Own(), Dense(1)])\n")


def test_notebooks_that_are_read_in_part():
    """A cell that is not read may use an object, or train again."""
    cells = [
        "import keras\nopt = keras.optimizers.SGD(0.1)\nm = keras.Sequential([keras.Input((4,))])",
        "m.compile('sgd', 'mse')",
    ]
    for cell, count in (("1 +", 0), ("1", 1)):
        notebook = json.dumps({"cells": [{"cell_type": "code", "source": each} for each in (*cells, cell)]})
        found = [note for note in read_program(notebook, notebook=True).notes if note.rule == "unused-object"]
        assert len(found) == count


def test_objects_that_are_read_by_name():
    model = "m = Sequential([keras.Input((4,)), Dense(1)])\nm.compile(getattr(config, 'opt'), 'mse')\n"
    program = "opt = keras.optimizers.SGD(0.1)\n" + model
    assert "unused-object" not in {d.name for d in check(program).diagnostics}


@pytest.mark.parametrize(
    ("training", "validation", "rule"),
    [
        ("seed=1, validation_split=0.25", "seed=1, validation_split=0.25", None),
        ("seed=1, validation_split=0.25", "seed=2, validation_split=0.25", "overlapping-subsets"),
        ("seed=1, validation_split=0.25", "shuffle=False, validation_split=0.25", "overlapping-subsets"),
        ("shuffle=False, seed=1, validation_split=0.25", "shuffle=False, seed=2, validation_split=0.25", None),
        ("seed=1, validation_split=0.25", "seed=1, validation_split=0.5", "overlapping-subsets"),
        ("seed=1, validation_split=0.5", "seed=1, validation_split=0.25", None),
        ("validation_split=0.25", "validation_split=0.25", "missing-argument"),
    ],
)
def test_subsets_of_a_folder(tmp_path, monkeypatch, training, validation, rule):
    """A finding where the file paths of the two data sets overlap in Keras, or where it refuses the calls."""
    monkeypatch.chdir(tmp_path)
    for number in range(16):
        file = tmp_path / "pictures" / "ab"[number % 2] / f"{number}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        keras.utils.save_img(file, np.zeros((8, 8, 3)))
    calls = f"""
        folder = "pictures"
        read = keras.utils.image_dataset_from_directory
        train = read(folder, subset="training", image_size=(8, 8), {training})
        validation = read(folder, subset="validation", image_size=(8, 8), {validation})
    """
    program = (
        calls
        + """
        model = Sequential([keras.Input((8, 8, 3)), Flatten(), Dense(1, activation="sigmoid")])
        model.compile("adam", "binary_crossentropy")
        model.fit(train.prefetch(2), validation_data=validation.map(lambda x, y: (x, y)))
    """
    )
    names = [name for name, _, _ in errors(program)]
    assert names == ([] if rule is None else [rule])
    if rule == "missing-argument":
        with pytest.raises(ValueError, match="seed"):
            exec(HEAD + dedent(calls), {})
        return
    values = {}
    exec(HEAD + dedent(calls), values)
    assert bool(set(values["train"].file_paths) & set(values["validation"].file_paths)) == (rule is not None)


def test_the_same_subset_twice():
    program = """
        read = keras.utils.image_dataset_from_directory
        train = read("pictures", subset="training", image_size=(8, 8), seed=1, validation_split=0.2)
        validation = read({folder!r}, subset="training", image_size=(8, 8), seed=1, validation_split=0.2)
        model = Sequential([keras.Input((8, 8, 3)), Flatten(), Dense(1, activation="sigmoid")])
        model.compile("adam", "binary_crossentropy")
        model.fit(train, validation_data=validation)
    """
    assert errors(program.format(folder="pictures")) == [("overlapping-subsets", 8, 'write subset="validation"')]
    assert errors(program.format(folder="others")) == []


def test_positional_arguments_of_fit():
    assert errors("""
        model = Sequential([keras.Input((4,)), Dense(1)])
        model.compile("adam", "mse")
        model.fit(x, y, 32, 3, 0, None, 0.0, None, True, None, None, 3, 5, 2, 8, 1)
    """) == [("no-epochs", 8, "write epochs=6")]


def test_parts_of_one_subset_do_not_overlap():
    program = """
        data = keras.utils.image_dataset_from_directory(
            "pictures", subset="training", image_size=(8, 8), shuffle=False, validation_split=0.2
        )
        model = Sequential([keras.Input((8, 8, 3)), Flatten(), Dense(1, activation="sigmoid")])
        model.compile("adam", "binary_crossentropy")
        model.fit({}, validation_data={})
    """
    assert errors(program.format("data.skip(9)", "data.take(9)")) == []
    assert [name for name, *_ in errors(program.format("data", "data"))] == ["overlapping-subsets"]


def test_layers_that_call_creates():
    program = """
        class Net(keras.Model):
            def __init__(self):
                super().__init__()
                self.out = Dense(1)
            def call(self, x):
                x = keras.layers.{layer}(x)
                return self.out(x)
        model = Net()
        model.compile("sgd", "mse")
        model.fit(keras.ops.ones((4, 3)), keras.ops.ones((4, 1)), verbose=0)
    """
    help = "create the layer in __init__, and call it here"
    assert errors(program.format(layer="Dense(2)")) == [("bad-custom", 11, help)]
    assert failing_line(program.format(layer="Dense(2)")) is not None
    assert errors(program.format(layer="ReLU()")) == []
    assert failing_line(program.format(layer="ReLU()")) is None


LOOP = """
    import tensorflow as tf
    model = Sequential([keras.Input((3,)), Dense(2), {layer}, Dense(4)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    for x, y in tf.data.Dataset.from_tensor_slices((tf.ones((8, 3)), tf.zeros(8))).batch(4):
        with tf.GradientTape() as tape:
            outputs = model({inputs})
            value = loss({arguments})
        grads = tape.gradient(value, {variables})
"""


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"inputs": "x"}, [("missing-argument", 11, "write model(x, training=True)")]),
        ({"inputs": "x", "layer": "ReLU()"}, []),
        # The gradients of the inputs, as for a saliency map.
        ({"inputs": "x", "variables": "x"}, []),
        ({"inputs": "x, training=False"}, []),
        ({"arguments": "outputs, y"}, [("wrong-type", 12, "write loss(y, outputs)")]),
    ],
)
def test_training_loops(changes, expected):
    values = {
        "layer": "Dropout(0.5)",
        "inputs": "x, training=True",
        "arguments": "y, outputs",
        "variables": "model.trainable_variables",
    }
    found = check(LOOP.format(**(values | changes))).diagnostics
    assert [(d.name, d.span.line, d.help) for d in found if d.severity != "info"] == expected


def test_input_dim_is_corrected_as_a_number():
    program = """
        x, y = np.random.rand(64, 20), np.random.rand(64)
        model = Sequential([Dense(1, input_dim=21)])
        model.compile("adam", "mse")
        model.fit(x, y, verbose=0)
    """
    program = "import numpy as np\n" + dedent(program)
    assert [help for _, _, help in errors(program)] == ["write input_dim=20"]
    (fix,) = [d.fix for d in check(program).diagnostics if d.severity == "error"]
    assert [edit.text for edit in fix.edits] == ["20"]
    assert failing_line(program) is not None and failing_line(program.replace("21", "20")) is None


VALID = {
    "a quotient that is cut off is an integer": (
        "def build(n):\n"
        "    hidden = Dense(int(n / 2), 'relu'), Dense(round(n / 2), 'relu')\n"
        "    return Sequential([keras.Input((4,)), *hidden, Dense(1)])\n",
        ("int(n / 2)", "n / 2"),
    ),
    "the shapes of several inputs are not guessed": (
        "def build(shape):\n"
        "    a, b = keras.Input(shape), keras.Input((40,))\n"
        "    return keras.Model([a, b], Concatenate()([a, UpSampling2D(2)(Reshape((1, 1, 40))(b))]))\n",
        ("keras.Input(shape)", "keras.Input((8,))"),
    ),
    "no calculation has None": (
        "class Sizes:\n"
        "    units = None\n"
        "def build(n, units):\n"
        "    a, b = keras.Input((n, 3)), keras.Input((5, 3))\n"
        "    c = Dense(2 * Sizes.units)(a)\n"
        "    d = Bidirectional(LSTM(units, return_sequences=True))(b)\n"
        "    return keras.Model([a, b], Dot(axes=[2, 2])([c, d]))\n",
        ("2 * Sizes.units", "2 * units + 1"),
    ),
    "a method under a condition that the defaults do not meet": (
        "class Networks:\n"
        "    def __init__(self, shape=(64, 64, 3)):\n"
        "        self.shape = shape\n"
        "        self.model = self.small() if self.shape[0] == 28 else self.large()\n"
        "    def small(self):\n"
        "        return Sequential([keras.Input(self.shape), Reshape((28 * 28 * 3,)), Dense(1)])\n"
        "    def large(self):\n"
        "        return Sequential([keras.Input(self.shape), Flatten(), Dense(1)])\n",
        ("== 28", "== 64"),
    ),
    "a model of fixed weights that predicts": (
        "def embed(x, weights):\n"
        "    model = Sequential([keras.Input((9,)), Embedding(100, 8, trainable=False)])\n"
        "    model.compile('rmsprop', 'mse')\n"
        "    return model.predict(x)\n",
        ("return model.predict(x)", "return model.fit(x, x)"),
    ),
    "a layer of given weights that are not trained": (
        "def blur(kernel):\n"
        "    layer = DepthwiseConv2D(3, use_bias=False)\n"
        "    a = keras.Input((8, 8, 3))\n"
        "    b = layer(a)\n"
        "    layer.set_weights([kernel])\n"
        "    layer.trainable = False\n"
        "    model = keras.Model(a, b)\n"
        "    model.compile('adam', 'mse')\n"
        "    return model\n",
        ("    layer.set_weights([kernel])\n", ""),
    ),
    "a class that takes the attributes of another model": (
        "class Copy(keras.Model):\n"
        "    def __init__(self, model):\n"
        "        self.__dict__.update(model.__dict__)\n"
        "        self.inner = model\n"
        "copy = Copy(Sequential([keras.Input((4,)), Dense(1)]))\n",
        ("self.__dict__.update(model.__dict__)", "self.name = 'copy'"),
    ),
    "a call of compile under a condition that the settings do not meet": (
        "RESUMED = True\n"
        "def train(model, x, y):\n"
        "    if not RESUMED:\n"
        "        model.compile('adam', 'mse')\n"
        "    model.fit(x, y)\n"
        "train(Sequential([keras.Input((4,)), Dense(1)]), data, labels)\n",
        ("model.compile('adam', 'mse')", "pass"),
    ),
    "a method of an object of the program that is called compile": (
        "def train(self):\n    self.model = self.architecture.compile(model_name='a', loss='mse')\n",
        ("self.model = ", ""),
    ),
    "a model that other code sets": (
        "class Networks:\n"
        "    def __init__(self):\n"
        "        self.inner = self.build()\n"
        "        a, b = keras.Input((4,)), keras.Input((3,))\n"
        "        self.model = keras.Model([a, b], Concatenate()([self.inner([a, b]), self.inner([b, a])]))\n"
        "    def build(self):\n"
        "        pass\n",
        ("self.inner([b, a])", "keras.Input((2,))"),
    ),
    "the inputs of a model are a list": (
        "a = keras.Input((5,))\n"
        "inner = keras.Model(a, Dense(3)(a))\n"
        "b = keras.Input(inner.inputs[0].shape[1:])\n"
        "model = keras.Model(b, inner(b))\n",
        ("inputs[0].shape[1:]", "inputs[0].shape[2:]"),
    ),
    "the fields of a data class": (
        "from dataclasses import dataclass\n"
        "@dataclass\n"
        "class Settings:\n"
        "    units: int\n"
        "    activation: str = None\n"
        "    def build(self):\n"
        "        model = Sequential([keras.Input((4,)), Dense(self.units, self.activation)])\n"
        "        model.compile('adam', 'categorical_crossentropy')\n"
        "        return model\n"
        "Settings(3, activation='softmax').build()\n",
        (", activation='softmax')", ")"),
    ),
}
"""Programs without an error, each with a change after which there is one."""


@pytest.mark.parametrize("case", VALID)
def test_valid_programs_have_no_errors(case):
    program, (old, new) = VALID[case]
    assert errors(program) == []
    assert errors(program.replace(old, new)) != []
