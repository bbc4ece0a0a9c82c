"""Pictures of the models of programs: graphs, and models with sizes that the program does not determine."""

import json
import xml.etree.ElementTree as ElementTree
from textwrap import dedent

import pytest
from click.testing import CliRunner

import seqspec
from seqspec.cli.main import cli
from seqspec.core.diagram.description import DiagramLayer, Unreached

HEAD = "import keras\nfrom keras import layers\nfrom keras.layers import *\nfrom keras import Input\n"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def plot(tmp_path):
    """Draws a program."""

    def draw(program, name="m.py", selected=""):
        (tmp_path / name).write_text(HEAD + dedent(program))
        return seqspec.plot(f"{tmp_path / name}{selected}")

    return draw


def shown(node):
    return node.layer.type if isinstance(node.layer, (DiagramLayer, Unreached)) else f"{node.kind} {node.name}"


RESIDUAL = """
    i = Input((8, 8, 3), name="image")
    x = Conv2D(4, 3, padding="same")(i)
    y = BatchNormalization()(x)
    y = ReLU()(y)
    z = add([x, y / 2.0])
    m = keras.Model(i, GlobalAveragePooling2D()(z))
    m.compile("adam", "mse")
    """


def test_nodes_and_edges_of_a_graph(plot):
    nodes = plot(RESIDUAL).diagram.nodes
    assert [shown(node) for node in nodes] == [
        "input image", "Conv2D", "BatchNormalization", "ReLU", "call truediv", "Add", "GlobalAveragePooling2D",
        "output ",
    ]  # fmt: skip
    assert [node.inputs for node in nodes] == [(), (0,), (1,), (2,), (3,), (1, 4), (5,), (6,)]
    assert [str(node.outputs[0]) for node in nodes] == ["(8, 8, 3)", *["(8, 8, 4)"] * 5, "(4)", "(4)"]
    # 3 * 3 * 3 * 4 + 4, and 4 weights for each channel
    assert [node.layer.params for node in nodes if node.layer] == [112, 16, 0, 0, 0]


def test_every_format_has_the_graph(plot):
    drawn = plot(RESIDUAL)
    words = [element.text or "" for element in ElementTree.fromstring(drawn.svg()).iter(f"{SVG}text")]
    assert {"Input", "image", "Conv2D", "Add", "truediv", "Output", "(8, 8, 4)", "112"} <= set(words)
    assert "1 -->" not in drawn.mermaid().split("n0")[0]
    edges = [(0, 1), (1, 2), (2, 3), (3, 4), (1, 5), (4, 5), (5, 6), (6, 7)]
    for text, arrow in ((drawn.mermaid(), "-->|"), (drawn.dot(), "-> ")):
        found = [line.split() for line in text.splitlines() if arrow in line and line.strip().startswith("n")]
        assert [(int(line[0][1:]), "".join(line)) for line in found] and len(found) == len(edges)
    assert [f"  n{start} -> n{end} " in drawn.dot() for start, end in edges] == [True] * len(edges)
    assert "<table>" in drawn.html()


def test_several_inputs_and_outputs_and_a_shared_layer(plot):
    nodes = plot("""
        a, b = Input((8,), name="a"), Input((8,))
        d = Dense(4)
        m = keras.Model([a, b], [d(a), Dense(2, name="kind")(d(b))])
        """).diagram.nodes
    assert [shown(node) for node in nodes if node.kind != "call"] == ["input a", "input b", "output ", "output kind"]
    first, second = (node.layer for node in nodes if node.layer is not None and node.layer.name == "dense")
    assert (first.params, second.params) == (36, 0) and "shared" in second.arguments[0][1]
    assert [node.inputs for node in nodes if node.kind == "call"] == [(0,), (1,), (3,)]


def test_unknown_parts_and_errors_are_marked(plot):
    drawn = plot("""
        from nets import Own
        i = Input((8, 8, 3))
        x = Own(4)(i)
        y = Conv2D(4, 3)(i)
        z = Add()([y, Conv2D(4, 5)(i)])
        m = keras.Model(i, [x, Flatten()(z)])
        """)
    nodes = {shown(node): node for node in drawn.diagram.nodes}
    assert str(nodes["Own"].outputs[0]) == "?" and isinstance(nodes["Own"].layer, Unreached)
    assert drawn.diagram.findings[nodes["Add"].layer.finding].name == "shape-mismatch"
    assert "SEQ217" in drawn.svg() and "SEQ217" in drawn.mermaid() and "SEQ217" in drawn.dot()


def test_sizes_that_are_not_known_have_their_names(plot):
    chain = plot("""
        m = keras.Sequential([Input((X.shape[1],)), Dense(len(names), activation="softmax")])
        m.compile("adam", "mse")
        """)
    (dense,) = chain.diagram.entries
    assert str(dense.outputs[0]) == "(len(names))" and dense.params is None
    # With most sizes, one of the layers fails: what follows has no shape.
    chain = plot("m = keras.Sequential([Input((n, n, 3)), Conv2D(n, 60), MaxPooling2D(k), Flatten(), Dense(k)])")
    assert [layer.type for layer in chain.diagram.unreached][-1] == "Dense" and "units k" in chain.svg()
    graph = plot("""
        i = Input((n,))
        m = keras.Model(i, add([Dense(n)(i), Dense(n)(i)]))
        """)
    assert {str(node.outputs[0]) for node in graph.diagram.nodes} == {"(n)"}


def test_one_of_several_models_is_selected(plot, tmp_path):
    program = """
        i = Input((8,))
        code = Dense(2)(i)
        encoder = keras.Model(i, code)
        encoder.compile("adam", "mse")
        other = keras.Model(i, add([i, Dense(8)(code)]))
        """
    assert len(plot(program, selected=":other").diagram.nodes) == 5
    assert [layer.type for layer in plot(program, selected=":8").diagram.entries] == ["Dense"]
    with pytest.raises(seqspec.SpecError, match="several models: encoder"):
        plot(program)
    result = CliRunner().invoke(cli, ["plot", f"{tmp_path / 'm.py'}:none", "--format", "dot"])
    assert result.exit_code == 1 and 'unknown model "none"' in result.stderr


def test_layers_outside_of_the_only_model_are_no_second_one(plot):
    head = plot("""
        a, b = Input((8,)), Input((4,))
        x = concatenate([Dense(2)(a), Dense(2)(b)])
        m = keras.Model([a, b], [Dense(5, activation="softmax", name="kind")(x), Dense(1, name="price")(x)])
        unused = Dense(3)(x)
        m.compile("adam", {"kind": "categorical_crossentropy", "price": "mse"})
        """)
    assert len(head.diagram.nodes) == 9


def test_a_notebook_is_drawn(plot):
    code = HEAD + dedent(RESIDUAL)
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": code}
    text = json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    path = plot.__closure__[0].cell_contents / "n.ipynb"
    path.write_text(text)
    assert len(seqspec.plot(path).diagram.nodes) == 8
