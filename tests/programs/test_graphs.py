"""Graphs of layer calls: shapes, dtypes and errors are those of the installed Keras."""

from __future__ import annotations

import ast

import keras
import pytest
from hypothesis import given, settings

import seqspec
from seqspec.core.shapes.tensor import TensorSpec
from seqspec.programs.abstract_values import Environment, Frame
from seqspec.programs.interpreter import Interpreter
from seqspec.programs.program_document import ProgramDocument
from seqspec.programs.tensor_specs import tensor_spec
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
    interpreter, env = Interpreter(), Environment()
    tree = ast.parse(text)
    interpreter.block(tree.body, Frame(env))
    return env.variables, interpreter


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
    assert errors <= refused | skipped, text + "\n" + "\n".join(d.message for d in report.diagnostics)
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
    from textwrap import dedent

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
