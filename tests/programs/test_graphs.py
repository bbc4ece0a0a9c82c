"""Graphs of layer calls: shapes, dtypes and errors are those of the installed Keras."""

from __future__ import annotations

import ast
from textwrap import dedent

import keras
import numpy as np
import pytest
from hypothesis import given, settings

import seqspec
from seqspec.core.shapes.tensor import TensorSpec
from seqspec.programs.program_document import ProgramDocument
from seqspec.programs.python.evaluation import EVALUATORS
from seqspec.programs.python.interpreter import Interpreter
from seqspec.programs.python.tensor_specs import tensor_spec
from seqspec.programs.values.abstract_values import Environment, Frame
from tests.strategies.graphs import graph_lines

HEAD = "import keras\nfrom keras import layers\n"


def run(lines):
    """The tensors that Keras creates, by name, the lines that it rejects, and those that depend on these."""
    names = {"keras": keras, "layers": keras.layers}
    refused, skipped = set(), set()
    for number, line in enumerate(lines, 3):
        try:
            exec(line, names)
        except NameError:
            skipped.add(number)
        except Exception:
            refused.add(number)
    tensors = {name: value for name, value in names.items() if isinstance(value, keras.KerasTensor)}
    return tensors, refused, skipped


def interpret(text):
    """The variables of a program, and the interpreter that followed it."""
    interpreter, env = Interpreter(EVALUATORS), Environment()
    tree = ast.parse(text)
    interpreter.block(tree.body, Frame(env))
    return env.variables, interpreter


def fails_in_the_first_batch(inputs, output):
    """Keras builds a recurrent layer whose initial state has another size than its units, and cannot run it."""
    try:
        keras.Model(inputs, output).predict_on_batch(
            [np.zeros((1, *(size or 3 for size in x.shape[1:])), x.dtype) for x in inputs]
        )
    except Exception:
        return True
    return False


def compare(lines):
    """The number of tensors that are known; asserts that they are those of Keras."""
    tensors, refused, skipped = run(lines)
    text = HEAD + "\n".join(lines)
    variables, interpreter = interpret(text)
    known = 0
    for name, theirs in tensors.items():
        ours = tensor_spec(interpreter, variables[name])
        if isinstance(ours, TensorSpec):
            assert (ours.shape, ours.dtype) == (tuple(theirs.shape), theirs.dtype), f"{name} in\n{text}"
            known += 1
    inputs = [line.split(" = ")[0] for line in lines if "Input(" in line]
    results = [line.split(" = ")[0] for line in lines if "Input(" not in line]
    text += f"\nm = keras.Model([{', '.join(inputs)}], [{', '.join(results)}])"
    report = seqspec.check(ProgramDocument({}, text, "m.py", "python"))
    errors = {d.span.line for d in report.diagnostics if d.severity == "error" and d.span is not None}
    for line in errors - refused - skipped:
        name = lines[line - 3].split(" = ")[0]
        fed = [tensors[each] for each in inputs if each in tensors]
        why = text + "\n" + "\n".join(d.message for d in report.diagnostics)
        assert name in tensors and fails_in_the_first_batch(fed, tensors[name]), why
    return known, len(tensors), len(errors & refused), len(refused)


GRAPHS = {
    "residual": """
        i = keras.Input((16, 16, 3))
        x = layers.Conv2D(8, 3, padding="same")(i)
        y = layers.Conv2D(8, 1)(i)
        z = layers.add([x, y])
        o = layers.Dense(2)(layers.Flatten()(z))
        """,
    "u-net": """
        i = keras.Input((32, 32, 1))
        a = layers.Conv2D(4, 3, padding="same")(i)
        b = layers.Conv2D(8, 3, padding="same")(layers.MaxPooling2D()(a))
        u = layers.Conv2DTranspose(4, 2, strides=2)(b)
        c = layers.concatenate([u, a], axis=3)
        o = layers.Conv2D(1, 1, activation="sigmoid")(c)
        """,
    "states": """
        i = keras.Input((5, 3))
        s, h, c = layers.LSTM(4, return_sequences=True, return_state=True)(i)
        j = keras.Input((7, 3))
        d = layers.LSTM(4, return_sequences=True)(j, initial_state=[h, c])
        t = layers.Attention()([d, s])
        o = layers.Concatenate()([d, t])
        """,
    "states at once": """
        i = keras.Input((5, 3))
        r = layers.GRU(4, return_state=True)(i)
        h = r[1]
        o = layers.GRU(4)(i, initial_state=h)
        """,
    "transformer": """
        i = keras.Input((10,), dtype="int32")
        e = layers.Embedding(50, 16)(i)
        a = layers.MultiHeadAttention(num_heads=2, key_dim=8)(e, e)
        n = layers.LayerNormalization()(e + a)
        f = layers.Dense(16)(layers.Dense(32, activation="relu")(n))
        o = layers.GlobalAveragePooling1D()(layers.Add()([n, f]))
        """,
    "siamese": """
        i, j = keras.Input((8, 8, 1)), keras.Input((8, 8, 1))
        net = keras.Sequential([layers.Conv2D(4, 3), layers.Flatten(), layers.Dense(6)])
        a, b = net(i), net(j)
        d = keras.ops.abs(a - b)
        o = layers.Dense(1, activation="sigmoid")(d)
        """,
    "squeeze and excite": """
        i = keras.Input((8, 8, 16))
        s = layers.GlobalAveragePooling2D()(i)
        s = layers.Dense(16 // 4, activation="relu")(s)
        s = layers.Reshape((1, 1, i.shape[-1]))(layers.Dense(i.shape[-1], activation="sigmoid")(s))
        o = layers.multiply([i, s])
        """,
    "nested graphs": """
        i = keras.Input((6,))
        part = keras.Model(i, layers.add([layers.Dense(6)(i), i]))
        j = keras.Input((6,))
        x = part(j)
        o = layers.Dense(2)(x)
        """,
    "lambda": """
        i = keras.Input((6, 4))
        x = layers.Lambda(lambda t: t[:, -1] * 2.0)(i)
        y = layers.Lambda(lambda t: keras.ops.mean(t, axis=1))(i)
        o = layers.Dense(2)(layers.add([x, y]))
        """,
    "first step": """
        i = keras.Input((6, 4))
        x = layers.LSTM(8, return_sequences=True)(i)
        last = x[:, -1]
        o = layers.Dense(2)(last)
        """,
    "variational": """
        i = keras.Input((12,))
        h = layers.Dense(8, activation="relu")(i)
        mean = layers.Dense(2)(h)
        log = layers.Dense(2)(h)
        o = layers.Concatenate(axis=-1)([mean, log])
        """,
}


@pytest.mark.parametrize("graph", GRAPHS)
def test_every_tensor_has_the_shape_and_dtype_of_keras(graph):
    names = {"keras": keras, "layers": keras.layers}
    text = HEAD + dedent(GRAPHS[graph])
    exec(text, names)
    variables, interpreter = interpret(text)
    compared = 0
    for name, theirs in names.items():
        if isinstance(theirs, keras.KerasTensor):
            ours = tensor_spec(interpreter, variables[name])
            if graph == "nested graphs" and ours is None:
                continue
            assert isinstance(ours, TensorSpec), name
            assert (ours.shape, ours.dtype) == (tuple(theirs.shape), theirs.dtype), name
            compared += 1
    assert compared >= 2
    inputs = [name for name in ("i", "j") if name in names]
    text += f"\nm = keras.Model([{', '.join(inputs)}], o)\nm.compile('adam', 'mse')"
    report = seqspec.check(ProgramDocument({}, text, "m.py", "python"))
    assert [d.message for d in report.diagnostics if d.severity == "error"] == []
    (model,) = report.models
    assert model.complete


@settings(max_examples=60, deadline=None)
@given(graph_lines())
def test_generated_graphs_equal_keras(lines):
    compare(lines)


@pytest.mark.slow
def test_most_tensors_and_errors_of_generated_graphs_are_known():
    totals = [0, 0, 0, 0]

    @settings(max_examples=400, deadline=None, database=None, derandomize=True)
    @given(graph_lines(20))
    def count(lines):
        totals[:] = [before + new for before, new in zip(totals, compare(lines))]

    count()
    known, tensors, errors, refused = totals
    assert known >= 0.9 * tensors and tensors > 1500
    assert errors >= 0.6 * refused


OUTPUTS = """
    i = keras.Input((4,))
    h = layers.Dense(3, name="h")(i)
    p, q = layers.Dense(1, name="p")(h), layers.Dense(1, name="q")(h)
    m = keras.Model(i, [p, q])
    """


def found_rules(text):
    report = seqspec.check(ProgramDocument({}, HEAD + text, "m.py", "python"))
    return {d.name for d in report.diagnostics if d.severity in ("error", "warning")}


def fitted(text):
    """The model of a program after one step of training."""
    names = {"keras": keras, "layers": keras.layers, "np": np}
    exec(text + "\nx, y = np.ones((8, 4)), np.ones((8, 1))\nm.fit(x, [y, y], verbose=0)", names)
    return names["m"]


def test_an_output_that_is_not_connected_is_an_error_of_keras():
    text = "i, j = keras.Input((4,)), keras.Input((4,))\no = layers.add([i, j])\nm = keras.Model(i, o)"
    assert "disconnected-output" in found_rules(text)
    with pytest.raises(ValueError, match="not connected"):
        exec(text, {"keras": keras, "layers": keras.layers})


@pytest.mark.parametrize("loss", ["{'p': 'mse', 'r': 'mse'}", "['mse', 'mse', 'mse']"])
def test_a_loss_of_an_unknown_output_is_an_error_of_keras(loss):
    text = dedent(OUTPUTS) + f"m.compile('sgd', loss={loss})"
    assert "unknown-output" in found_rules(text)
    with pytest.raises((ValueError, KeyError)):
        fitted(text)


def test_keras_does_not_train_an_output_without_a_loss():
    text = dedent(OUTPUTS) + "w = m.get_layer('q').get_weights()\nm.compile('sgd', loss=['mse'])"
    assert "output-without-loss" in found_rules(text)
    names = {"keras": keras, "layers": keras.layers, "np": np}
    exec(text + "\nx, y = np.ones((8, 4)), np.ones((8, 1))\nm.fit(x, [y, y], verbose=0)", names)
    assert all((a == b).all() for a, b in zip(names["w"], names["m"].get_layer("q").get_weights()))


def test_one_loss_and_a_loss_for_each_output_are_fine():
    for loss in ("'mse'", "['mse', 'mae']", "{'p': 'mse', 'q': 'mae'}"):
        text = dedent(OUTPUTS) + f"m.compile('sgd', loss={loss})"
        assert not {"unknown-output", "output-without-loss", "missing-loss"} & found_rules(text)
        fitted(text)


def test_keras_leaves_out_an_unused_layer():
    text = dedent(
        """
        i = keras.Input((4,))
        a = layers.Dense(3, activation="relu")(i)
        b = layers.BatchNormalization()(a)
        o = layers.Dense(2)(a)
        m = keras.Model(i, o)
        """
    )
    assert "unused-layer-call" in found_rules(text)
    names = {"keras": keras, "layers": keras.layers}
    exec(text, names)
    assert len(names["m"].layers) == 3


@pytest.mark.parametrize(
    "use",
    [
        "n = keras.Model(i, b)",
        "print(b.shape)",
        "others.append(b)",
        "c = b * 2\nsave(c)",
        "def later():\n  return b",
        "print(r.output.shape)",
    ],
)
def test_a_result_that_is_used_elsewhere_is_not_reported(use):
    text = (
        "i = keras.Input((4,))\na = layers.Dense(3)(i)\nr = layers.ReLU()\nb = r(a)\n"
        "m = keras.Model(i, layers.Dense(1)(a))\n"
    )
    assert "unused-layer-call" not in found_rules(text + use)


def test_merging_a_tensor_with_itself():
    head = "i = keras.Input((4,))\nh = layers.Dense(4)(i)\n"
    assert "merge-of-identical" in found_rules(head + "m = keras.Model(i, layers.Add()([h, h]))")
    assert "merge-of-identical" not in found_rules(head + "m = keras.Model(i, layers.multiply([h, h]))")
    assert "merge-of-identical" not in found_rules(head + "m = keras.Model(i, layers.add([h, i]))")


def test_each_output_has_its_own_loss():
    text = dedent(OUTPUTS) + "m.compile('sgd', loss={'p': 'mse', 'q': 'binary_crossentropy'})"
    report = seqspec.check(ProgramDocument({}, HEAD + text, "m.py", "python"))
    (found,) = [d for d in report.diagnostics if d.name == "logits-without-from-logits"]
    assert found.message.startswith('q (Dense "q")')


def test_an_error_names_the_variables_and_lines_of_the_inputs():
    text = "i = keras.Input((8, 8, 3))\na = layers.Conv2D(4, 3)(i)\nz = layers.add([a, i])\nm = keras.Model(i, z)"
    report = seqspec.check(ProgramDocument({}, HEAD + text, "m.py", "python"))
    (found,) = [d for d in report.diagnostics if d.name == "shape-mismatch"]
    assert found.subject == "z (Add): "
    assert all(part in found.notes[0] for part in ("(6, 6, 4)", "a (line 4)", "(8, 8, 3)", "i (line 3)"))


def test_calls_of_nested_models_are_bounded():
    text = (
        "def wrap(m):\n  i = keras.Input((4,))\n  x = m(i)\n  return keras.Model(i, layers.Add()([x, m(x)]))\n"
        "i = keras.Input((4,))\nm = keras.Model(i, layers.Add()([layers.Dense(4)(i), i]))\n"
        "for _ in range(30):\n  m = wrap(m)\n"
    )
    report = seqspec.check(ProgramDocument({}, HEAD + text, "m.py", "python"))
    assert {d.name for d in report.diagnostics} == {"not-followed"}


@pytest.mark.parametrize(
    "call", ["MultiHeadAttention(2, 4)(i, i", "GroupQueryAttention(4, 4, 2)(i, i", "Attention()([i, i]"]
)
def test_attention_scores_are_a_second_result(call):
    head = "i = keras.Input((7, 4))\n"
    lines = f"x, scores = layers.{call}, return_attention_scores=True)\n"
    assert not run((head + lines).splitlines())[1]
    text = head + lines + "m = keras.Model(i, layers.Dense(4)(x))"
    assert "wrong-type" not in found_rules(text)
    text = head + f"x = layers.{call})\nm = keras.Model(i, layers.Conv2D(2, 3)(x))"
    assert "wrong-rank" in found_rules(text)


def test_augmented_assignment_is_the_same_operation():
    lines = [
        "i = keras.Input((4,))",
        "t = (layers.Dense(3)(i),)",
        "t += (layers.Dense(3)(i),)",
        "z = layers.Concatenate()([*t])",
        "z *= 2.0",
        "z /= 3",
    ]
    expected = run(lines)[0]["z"]
    names, interpreter = interpret(HEAD + "\n".join(lines))
    spec = tensor_spec(interpreter, names["z"])
    assert isinstance(spec, TensorSpec) and spec.shape == expected.shape


@pytest.mark.parametrize("line", ["a, b = keras.ops.sum(i)", "a = keras.Model(i, d)(keras.ops.sum(i))"])
def test_scalars_are_not_followed(line):
    text = f"i = keras.Input((7, 4))\nd = layers.Dense(3)(i)\n{line}\nm = keras.Model(i, layers.Dense(3)(a))"
    report = seqspec.check(ProgramDocument({}, HEAD + text, "m.py", "python"))
    assert {d.name for d in report.diagnostics} >= {"not-followed"}


UNUSED = """
i, j = keras.Input((4,)), keras.Input((3,))
o = layers.Dense(1)(i)
{}m = keras.Model({}, o)
m.compile("sgd", "mse")
"""


def test_keras_accepts_an_input_that_it_does_not_use():
    text = UNUSED.format("", "[i, j]")
    assert "unused-input" in found_rules(text)
    names = {"keras": keras, "layers": keras.layers}
    exec(text, names)
    names["m"].fit([np.zeros((8, 4)), np.zeros((8, 3))], np.zeros((8, 1)), verbose=0)
    assert "unused-input" in found_rules(UNUSED.format("both = [i, j]\n", "both"))
    assert "unused-input" in found_rules(UNUSED.format("", "[i, keras.Input((2,))]"))


@pytest.mark.parametrize(
    "use",
    [
        "weighted = o * j\n",
        "def own_loss(y, p):\n    return (y - p) * j\n",
        "all = [i, j]\nprint(all)\n",
        "o = layers.concatenate([o, unknown(j)])\n",
        "o = layers.LSTM(3)(layers.RepeatVector(2)(i), initial_state=[j, j])\n",
    ],
)
def test_an_input_that_is_used_elsewhere_is_not_reported(use):
    assert "unused-input" not in found_rules(UNUSED.format(use, "[i, j]"))


def paths(*blocks, merge="a = layers.Add()([a, b])"):
    """A model with two branches, the second without layers, and lines before and after the merge."""
    before, inside, after = blocks
    lines = ["i = keras.Input((8, 8, 4))", "a = i", *before, "b = a", *inside, merge, *after]
    return "\n".join([*lines, "m = keras.Model(i, layers.Dense(1)(layers.GlobalAveragePooling2D()(a)))"])


CONV = "a = layers.Conv2D(4, 3, padding='same')(a)"
RELU = "a = layers.Conv2D(4, 3, padding='same', activation='relu')(a)"
NORM = "a = layers.BatchNormalization()(a)"
DROP = "a = layers.Dropout(0.2)(a)"


def every_rule(text):
    """The rules of all findings, advice included."""
    return {found.name for found in seqspec.check(ProgramDocument({}, HEAD + text, "m.py", "python")).diagnostics}


LARGE = RELU.replace(")(a)", ", kernel_initializer=keras.initializers.RandomNormal(0, 9))(a)")

NEIGHBOURS = {
    "bias-before-batch-norm": [CONV, NORM, "a = layers.ReLU()(a)"],
    "dropout-before-batch-norm": [RELU, DROP, NORM],
    "dropout-before-pooling": [RELU, DROP, "a = layers.MaxPooling2D(1)(a)"],
    "double-activation": [RELU, "a = layers.LeakyReLU()(a)"],
    "missing-nonlinearity": [CONV, RELU],
    "hidden-softmax": [CONV.replace(")(a)", ", activation='softmax')(a)"), RELU],
    "selu-with-dropout": [RELU.replace("relu", "selu"), DROP, RELU],
    "stacked-dropout": ["a = layers.Dropout(0.55)(a)"] * 4,
    "kernel-initializer-scale": [
        RELU.replace(")(a)", ", kernel_initializer=keras.initializers.RandomNormal(0, 9))(a)")
    ],
    "selu-initializer": [RELU.replace("'relu'", "'selu', kernel_initializer='he_normal'")],
    "stacked-exponential": [RELU.replace("relu", "exponential"), RELU.replace("relu", "exponential"), RELU],
}


@pytest.mark.parametrize("rule", NEIGHBOURS)
def test_neighbours_on_each_path_of_a_graph(rule):
    lines = NEIGHBOURS[rule]
    for blocks in ((lines, [RELU], [RELU]), ([RELU], lines, [RELU]), ([RELU], [RELU], lines)):
        assert rule in every_rule(paths(*blocks))
    assert rule not in every_rule(paths([RELU], [RELU], [RELU]))


FIRST = {"dropout-before-batch-norm": 2, "dropout-before-pooling": 2}
"""The number of lines up to the first of the two layers, where it is not the first line."""


@pytest.mark.parametrize("rule", [rule for rule in NEIGHBOURS if len(NEIGHBOURS[rule]) > 1 and "stacked" not in rule])
def test_nothing_is_said_where_another_layer_receives_the_output(rule):
    lines, first = NEIGHBOURS[rule], FIRST.get(rule, 1)
    merge = "a = layers.Concatenate()([a, b])"
    assert rule not in every_rule(paths(lines[:first], lines[first:], [RELU], merge=merge))


def test_nothing_is_said_about_a_layer_that_is_called_twice():
    shared = ["n = layers.Conv2D(4, 3, padding='same')", "b = n(b)", "a = n(a)", NORM]
    assert "bias-before-batch-norm" not in every_rule(paths([RELU], shared, [RELU]))


def test_a_merge_between_two_layers_is_no_path():
    """The bias is part of the sum, and Add of two linear maps is what a residual block is."""
    assert "bias-before-batch-norm" not in every_rule(paths([RELU], [CONV], [NORM, "a = layers.ReLU()(a)"]))
    assert "missing-nonlinearity" not in every_rule(paths([RELU], [RELU, CONV], [RELU]))


RESIZED = """
i = keras.Input((8, 6, 3))
a = layers.Lambda(lambda x: tf.image.resize({call}))(i)
b = layers.Add()([a, keras.Input((16, 12, 3))])
m = keras.Model(i, a)
"""


@pytest.mark.parametrize(
    "call", ["x, (16, 12)", "x, (16, 13)", "x, size=(int(x.shape[1]) * 2, x.shape[2] * 2)", "x, n"]
)
def test_resized_images(call):
    import tensorflow as tf

    text = HEAD + "import tensorflow as tf\n" + RESIZED.format(call=call)
    variables, interpreter = interpret(text)
    spec = tensor_spec(interpreter, variables["a"])
    if call == "x, n":
        assert spec is None
        return
    theirs = eval(f"lambda x: tf.image.resize({call})", {"tf": tf})(np.zeros((1, 8, 6, 3), "float32"))
    assert (spec.shape[1:], spec.dtype) == (tuple(theirs.shape[1:]), theirs.dtype.name)
    assert ("shape-mismatch" in every_rule(text[len(HEAD) :])) is (theirs.shape[2] != 12)


def test_factors_of_resize_images():
    text = HEAD + "from keras import backend as K\ni = keras.Input((8, 6, 3))\na = K.resize_images(i, 2, 3, {})\n"
    for layout, shape in (("'channels_last'", (None, 16, 18, 3)), ("'channels_first'", None), ("data_format=d", None)):
        variables, interpreter = interpret(text.format(layout))
        spec = tensor_spec(interpreter, variables["a"])
        assert (spec and spec.shape) == shape


UNET = """
def build(shape, n):
    i = keras.Input({shape})
    a = layers.Conv2D(n, 3, strides=2, padding="same", activation="relu")(i)
    b = layers.Conv2D(n, 3, strides=2, padding="same", activation="relu")(a)
    c = layers.Conv2D(n, 3, strides=2, padding="same", activation="relu")(b)
    c = layers.Conv2DTranspose(n, 3, strides=2, padding="same", activation="relu")(c)
    d = layers.Conv2DTranspose(n, 3, strides=2, padding="same", activation="relu")(layers.concatenate([c, b]))
    return keras.Model(i, layers.Concatenate()([d, a]))
"""


@pytest.mark.parametrize("shape", ["shape", "(*shape, 1)", "(shape[0], shape[1], 3)"])
def test_sizes_that_can_be_halved(shape):
    """A U-Net fits images whose sizes are multiples of 8."""
    text = UNET.format(shape=shape)
    assert "shape-mismatch" not in every_rule(text)
    assert "shape-mismatch" in every_rule(
        text.replace("Concatenate()([d, a])", "Add()([c, layers.ZeroPadding2D()(c)])")
    )


def test_layers_of_base_models():
    """The layers after `get_layer(...).output` are read, though its shape is not known."""
    text = """
base = keras.applications.VGG16(include_top=False, weights=None, input_shape=(64, 64, 3))
a = layers.Conv2D(8, 1, activation="{}")(base.get_layer("block4_pool").output)
b = layers.Conv2D(8, 1, activation="relu")(base.layers[9].output)
m = keras.Model(base.input, [layers.Dense(3)(layers.Flatten()(a)), b])
"""
    assert "unknown-name" in every_rule(text.format("rely"))
    assert {"unknown-name", "disconnected-output"}.isdisjoint(every_rule(text.format("relu")))


def test_models_between_layers():
    """Keras creates an input with the shape of the tensor."""
    text = "i = keras.Input((4,))\na = layers.Dense(10)(i)\nb = keras.Input(({},))\nm = keras.Model([a, b], a + b)\n"
    text = text.replace("a + b", "layers.add([a, b])")
    assert "shape-mismatch" not in every_rule(text.format(10))
    assert "shape-mismatch" in every_rule(text.format(9))


def test_inputs_of_other_models_are_inputs_too():
    text = """
first = keras.applications.MobileNetV2(include_top=False, weights=None, input_shape=(32, 32, 3))
out = layers.Dense(1)(first.output)
m = keras.Model({}, out)
"""
    assert "disconnected-output" in every_rule(text.format("keras.Input((32, 32, 3))"))
    with pytest.raises(ValueError):
        exec(HEAD + text.format("keras.Input((32, 32, 3))"), {})
    for known in ("first.input", "first.inputs", "load()"):
        assert "disconnected-output" not in every_rule(text.format(known))


MASKS = """
i = keras.Input((20,), dtype="int32")
e = layers.Embedding(50, 8, mask_zero=True)(i)
a = {}(e)
m = keras.Model(i, layers.Dense(1)(layers.concatenate([{}, layers.GRU(4)(e)])))
"""


@pytest.mark.parametrize(
    ("layer", "user", "is_dropped"),
    [
        ("layers.Conv1D(8, 3)", "layers.LSTM(4)(a)", True),
        ("layers.Conv1D(8, 3)", "layers.LSTM(4)(layers.Dropout(0.1)(a))", True),
        ("layers.Conv1D(8, 3)", "layers.GlobalMaxPooling1D()(a)", False),
        ("layers.Dropout(0.1)", "layers.LSTM(4)(a)", False),
        ("keras.Sequential([layers.LSTM(8, return_sequences=True)])", "layers.LSTM(4)(a)", False),
    ],
)
def test_dropped_masks_of_a_graph(layer, user, is_dropped):
    """Only where a later layer of the same branch would use the mask."""
    assert ("dropped-mask" in every_rule(MASKS.format(layer, user))) is is_dropped


@pytest.mark.parametrize("activation", ["relu", None])
def test_embeddings_of_floats_in_a_graph(activation):
    lines = [f"a = layers.Dense(4, activation={activation!r})(layers.Flatten()(i))", "b = layers.Embedding(9, 4)(a)"]
    text = "\n".join(["i = keras.Input((8, 8, 4))", *lines, "c = layers.Dense(4)(layers.Flatten()(i))"])
    found = every_rule(text + "\nm = keras.Model(i, layers.concatenate([layers.Flatten()(b), c]))")
    assert "non-integer-indices" in found


def test_the_initial_weights_of_an_output_may_be_small():
    small = "kernel_initializer=keras.initializers.RandomNormal(0, 0.0001)"
    text = "i = keras.Input((64,))\na = layers.Dense(8, activation='relu'%s)(i)\n"
    text += "b = layers.Dense(8, activation='tanh')(i)\n"
    text += f"m = keras.Model(i, layers.Dense(3, {small})(layers.Dense(64, activation='relu')(layers.add([a, b]))))"
    assert "kernel-initializer-scale" not in every_rule(text % "")
    assert "kernel-initializer-scale" in every_rule(text % f", {small}")
