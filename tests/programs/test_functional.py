"""Functional models of which the layers form one chain: they are read, and checked, as the same `Sequential` is."""

from textwrap import dedent

import pytest
from click.testing import CliRunner

import seqspec
from seqspec.cli.main import cli
from seqspec.programs.program_document import ProgramDocument
from tests.programs.reading import HEAD, layers_of, only, read

CHAINS = {
    "calls": """
        i = keras.Input((8,))
        x = Dense(4, activation="relu")(i)
        m = keras.Model(i, Dense(2)(x))
        """,
    "keyword": "i = Input(shape=(8,))\nx = Dense(4)(i)\nx = Dense(2)(x)\nm = keras.Model(inputs=i, outputs=x)",
    "lists": "i = Input((8,))\nx = Dense(4)(i)\nm = keras.Model([i], [Dense(2)(x)])",
    "loop": "x = i = Input((8,))\nfor n in (4, 2):\n  x = Dense(n)(x)\nm = keras.Model(i, x)",
    "function": """
        def block(x, n):
            return Dense(n)(x)
        def build():
            i = Input((8,))
            return keras.Model(i, block(block(i, 4), 2))
        m = build()
        """,
    "layer first": "a, b = Dense(4), Dense(2)\ni = Input((8,))\nm = keras.Model(i, b(a(i)))",
    "in a list": "i = Input((8,))\nx = i\nfor layer in [Dense(4), Dense(2)]:\n  x = layer(x)\nm = keras.Model(i, x)",
    "of outputs": "i = Input((8,))\na = Dense(4)\nb = Dense(2)\nb(a(i))\nm = keras.Model(i, b.output)",
    "callable object": """
        class Block:
            def __init__(self, n):
                self.dense = Dense(n)
            def __call__(self, x):
                return self.dense(x)
        i = Input((8,))
        m = keras.Model(i, Block(2)(Block(4)(i)))
        """,
    "class with inputs": """
        class Net(keras.Model):
            def train_step(self, data):
                return {}
        i = Input((8,))
        m = Net(i, Dense(2)(Dense(4)(i)))
        """,
    "super": """
        class Net(keras.Model):
            def __init__(self, n):
                i = Input((8,))
                super().__init__(inputs=i, outputs=Dense(2)(Dense(n)(i)))
        m = Net(4)
        """,
}


@pytest.mark.parametrize("program", CHAINS)
def test_a_chain_is_read_as_its_layers(program):
    model = only(CHAINS[program])
    assert [entry["units"] for entry in model.tree["model"]["layers"]] == [4, 2]
    assert model.tree["model"]["input"] == [8]
    assert model.complete


def test_a_class_with_a_straight_call_is_read():
    model = only(
        """
        class Net(keras.Model):
            def __init__(self):
                super().__init__()
                self.a = Dense(4, activation="relu")
                self.b = Dense(2)
            def call(self, x):
                return self.b(self.a(x))
        net = Net()
        net.build((None, 8))
        """
    )
    assert [entry["units"] for entry in model.tree["model"]["layers"]] == [4, 2]
    assert (model.tree["model"]["input"], model.kind, model.complete) == ([8], "subclass", True)


def test_calls_of_super_in_three_classes_end():
    text = """
    class Base(keras.Model):
        def __init__(self):
            super().__init__()
            self.hidden = Dense(8)

        def call(self, inputs):
            hidden = self.hidden(inputs)
            return hidden + hidden

    class Middle(Base):
        def call(self, inputs):
            outputs = super().call(inputs)
            return outputs + outputs

    class Last(Middle):
        pass

    model = Last()
    model.compile("adam", "mse")
    """
    assert not read(text)[-1].complete


def test_operations_become_the_layers_that_compute_the_same():
    found = only(
        """
        import tensorflow as tf
        i = Input((32, 32, 3))
        x = i / 255.0
        x = keras.applications.mobilenet_v2.preprocess_input(x)
        x = tf.nn.relu(Conv2D(4, 3)(x))
        m = keras.Model(i, keras.applications.vgg16.preprocess_input(x))
        """
    )
    layers = found.tree["model"]["layers"]
    assert [entry.get("type") for entry in layers] == ["Rescaling", "Rescaling", "Conv2D", "Activation", None]
    assert layers[0]["scale"] == pytest.approx(1 / 255)
    assert (layers[1]["scale"], layers[1]["offset"]) == (pytest.approx(1 / 127.5), -1.0)
    # An operation of its own keeps the shape.
    assert found.complete and "custom" in layers[4]


def test_a_base_model_and_its_output_belong_to_the_model():
    head = "m = keras.Model(base.input, Dense(3)(GlobalAveragePooling2D()(base.output)))"
    assert layers_of(f"base = keras.applications.VGG16(include_top=False, input_shape=(64, 64, 3))\n{head}") == [
        "VGG16",
        "GlobalAveragePooling2D",
        ("Dense", 3),
    ]


def test_freezing_part_of_a_model_with_the_layers_of_a_base_leaves_the_rest_unknown():
    model = only(
        """
        base = keras.applications.VGG16(include_top=False, input_shape=(64, 64, 3))
        m = keras.Model(base.input, Dense(3)(Flatten()(base.output)))
        for layer in m.layers[:-3]:
            layer.trainable = False
        """
    )
    assert "trainable" in model.unspecified
    assert not any("trainable" in entry for entry in model.tree["model"]["layers"])


def test_freezing_the_first_layers_counts_the_input():
    model = only(
        """
        i = Input((8,))
        m = keras.Model(i, Dense(2)(Dense(4)(i)))
        for layer in m.layers[:2]:
            layer.trainable = False
        """
    )
    assert [entry.get("trainable") for entry in model.tree["model"]["layers"]] == [False, None]


def test_encoders_share_their_layers():
    models = read(
        """
        i = Input((8,))
        code = Dense(4, activation="relu")(i)
        encoder = keras.Model(i, code)
        z = Input((4,))
        decoder = keras.Model(z, Dense(8)(z))
        auto = keras.Model(i, decoder(encoder(i)))
        auto.compile("adam", "mse")
        """
    )
    (auto,) = [model for model in models if "compile" in model.tree]
    assert [entry["type"] for entry in auto.tree["model"]["layers"]] == ["Sequential", "Sequential"]


@pytest.mark.parametrize(
    ("program", "topology"),
    [
        ("i = Input((8,))\na = Dense(4)(i)\nb = Dense(4)(i)\nm = keras.Model(i, add([a, b]))", "branches"),
        ("i = Input((8,))\nm = keras.Model(i, [Dense(4)(i), Dense(2)(i)])", "several_io"),
        ("i, j = Input((8,)), Input((8,))\nm = keras.Model([i, j], Add()([i, j]))", "several_io"),
        ("i = Input((8,))\nm = keras.Model(i, load(i))", "chain"),
        ("i = Input((8,))\nm = keras.Model(i, unknown)", "unknown"),
    ],
)
def test_topologies(program, topology):
    assert only(program).topology == topology


def test_a_loop_of_unknown_length_is_told():
    model = only("x = i = Input((8,))\nfor n in sizes:\n  x = Dense(8)(x)\nm = keras.Model(i, x)")
    assert model.doubtful and [note.kind for note in model.notes] == ["unknown-loop"]


def findings(program):

    report = seqspec.check(ProgramDocument({}, HEAD + dedent(program), "m.py", "python"))
    # Findings about old names are those of another test.
    found = [d for d in report.diagnostics if d.severity != "info" and not d.code.startswith("SEQ82")]
    return [(d.name, d.severity) for d in found]


def test_rules_and_errors_hold_for_chains():
    found = findings(
        """
        i = Input((28, 28, 1))
        x = Conv2D(8, 3, activaton="relu")(i)
        x = Flatten()(x)
        m = keras.Model(i, Dense(10, activation="softmax")(x))
        m.compile("adam", loss="binary_crossentropy")
        """
    )
    assert ("unknown-argument", "error") in found
    assert ("softmax-with-binary-loss", "warning") in found


FINE = {
    "an input that depends on a condition": """
        def build(tensor=None):
            image = Input((8,)) if tensor == name else Input((8,), name="image")
            x = Dense(4, activation="relu")(image)
            return keras.Model(image, Dense(2)(x))
        """,
    "a shape that the caller gives": """
        def build(input_shape=None):
            base = keras.applications.ResNet50(include_top=False, input_shape=input_shape)
            return keras.Model(base.input, Dense(3)(Flatten()(base.output)))
        """,
    "a class that trains itself": """
        class Net(keras.Model):
            def train_step(self, data):
                return {}
        i = Input((8,))
        m = Net(i, Dense(2)(i))
        m.compile(optimizer="adam")
        m.fit(x, y, epochs=20)
        """,
    "a size of a tensor": """
        i = Input((8, 6, 2))
        x = Conv2D(4, 3)(i)
        x = Reshape((x.shape[1] * x.shape[2], x.shape[3]))(x)
        m = keras.Model(i, x)
        """,
    "a size of an unknown tensor": """
        x = i = Input((8, 6, n))
        x = unknown(x)
        x = Reshape((x.shape[1] * x.shape[2], x.shape[3]))(x)
        m = keras.Model(i, x)
        """,
    "a condition on a shape": """
        def block(x, n):
            skip = x
            if x.shape[-1] != n:
                skip = Conv2D(n, 1)(x)
            return add([skip, Conv2D(n, 3, padding="same")(x)])
        i = Input((8, 8, 3))
        m = keras.Model(i, block(block(i, 16), 16))
        """,
    "axes of a layer of an own class": """
        i = Input((8,))
        x = Mine(4)(i)
        m = keras.Model(i, Dense(2)(x))
        """,
    "channels first": """
        from keras.layers import merge
        i = Input(shape=(1, 28, 28))
        x = Convolution2D(8, 3, 3, border_mode="valid", activation="relu")(i)
        m = keras.Model(input=i, output=MaxPooling2D((2, 2))(x))
        """,
    "an own layer that adds the loss": """
        i = Input((8,))
        y = Vae()([i, Dense(8)(i)])
        m = keras.Model(i, y)
        m.compile("adam", loss=None)
        m.fit(x, epochs=30)
        """,
    "add_loss": """
        i = Input((8,))
        y = Dense(8)(i)
        m = keras.Model(i, y)
        m.add_loss(keras.ops.mean(y))
        m.compile("adam")
        m.fit(x, epochs=30)
        """,
    "layers that are called in turn": """
        i = Input((5,))
        a, b = Dense(5, name="a"), Dense(5, name="b")
        m = keras.Model(i, a(b(a(b(i)))))
        """,
    "names in a nested model": """
        i = Input((5,))
        inner = keras.Model(i, add([Dense(5, name="a")(i), i]))
        j = Input((5,))
        m = keras.Model(j, Dense(2, name="a")(inner(j)))
        """,
    "a discriminator that is frozen for the generator": """
        d = Sequential([Input((8,)), Dense(1, activation="sigmoid")])
        d.compile("adam", "binary_crossentropy")
        d.trainable = False
        z = Input((4,))
        gan = keras.Model(z, d(Dense(8, activation="relu")(z)))
        gan.compile("adam", "binary_crossentropy")
        d.train_on_batch(x, y)
        gan.train_on_batch(x, y)
        """,
    "both orders of axes": """
        if keras.backend.backend() == name:
            keras.backend.set_image_dim_ordering("tf")
        else:
            keras.backend.set_image_dim_ordering("th")
        i = Input((32, 32, 3))
        x = MaxPooling2D(4)(i)
        x = MaxPooling2D(4)(x)
        m = keras.Model(i, MaxPooling2D(2)(x))
        """,
    "a serialized initializer": """
        i = Input((8,))
        config = {"scale": 0.3, "mode": "fan_out", "distribution": "uniform"}
        start = {"class_name": "VarianceScaling", "config": config}
        m = keras.Model(i, Dense(2, kernel_initializer=start)(i))
        """,
}


@pytest.mark.parametrize("program", FINE)
def test_what_keras_accepts_has_no_error(program):
    assert [name for name, severity in findings(FINE[program]) if severity == "error"] == []


def test_a_shape_error_of_one_of_several_branches_is_not_certain():
    program = """
        def build(deep):
            i = Input((8,))
            x = Dense(4)(i) if deep else Dense(6)(i)
            y = Dense(4)(i) if deep else Dense(6)(i)
            return keras.Model(i, add([x, y]))
        """
    assert findings(program) == []


def test_a_chain_is_imported_and_a_graph_is_refused(tmp_path):

    chain = "import keras\nfrom keras import layers\ni = keras.Input((8,))\nx = layers.Dense(4)(i)\n"
    (tmp_path / "m.py").write_text(chain + "m = keras.Model(i, layers.Dense(2)(x), name='net')\n")
    result = CliRunner().invoke(cli, ["import", str(tmp_path / "m.py")])
    assert result.exit_code == 0
    assert 'name = "net"' in result.stdout and result.stdout.count('"Dense"') == 2
    reasons = {
        "m = keras.Model(i, layers.add([x, layers.Dense(4)(i)]))": "m (line 5) branches at i (line 3),",
        "y = layers.Dense(4)(x)\nm = keras.Model(i, layers.add([x, y]))": "m (line 6) branches at x (line 4),",
        "m = keras.Model([i, keras.Input((4,))], x)": "m (line 5) has 2 inputs and 1 output,",
        "m = keras.Model(i, [x, layers.Dense(4)(x)])": "m (line 5) has 1 input and 2 outputs,",
        "d = layers.Dense(4)\ny = d(d(x))\nm = keras.Model(i, y)": "calls a layer a second time for the output,",
        "y = x[:, :2]\nm = keras.Model(i, layers.Dense(4)(y))": "computes y (line 5) with the operation getitem,",
    }
    for code, reason in reasons.items():
        (tmp_path / "m.py").write_text(f"{chain}{code}\n")
        result = CliRunner().invoke(cli, ["import", str(tmp_path / "m.py")])
        assert result.exit_code == 1
        assert f"{reason} and a spec describes a single chain of layers" in result.stderr


def test_a_shared_layer_counts_its_weights_once():
    text = """
        i, j = Input((8,)), Input((8,))
        shared = Dense(4)
        m = keras.Model([i, j], add([shared(i), shared(j)]))
        """

    (model,) = seqspec.check(ProgramDocument({}, HEAD + dedent(text), "m.py", "python")).models
    assert sum(layer.params for layer in model.layers) == 8 * 4 + 4
