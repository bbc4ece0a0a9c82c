"""Posted code: excerpts without imports, without the line that creates the model, with data that is not shown."""

from textwrap import dedent

import pytest

import seqspec

IMPORTS = "from keras.layers import *\nfrom keras.models import *\n"


def check(tmp_path, text):
    """The findings in a file: rule, line and severity."""
    file = tmp_path / "post.py"
    file.write_text(dedent(text), encoding="utf-8")
    return [(each.name, each.span.line, each.severity) for each in seqspec.check(file).diagnostics]


def errors(tmp_path, text):
    return [(name, line) for name, line, severity in check(tmp_path, text) if severity == "error"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = Input(shape=(9,))\ny = Conv1D(4, 3)(x)", [("wrong-rank", 2)]),
        ("model.add(LSTM(4, input_shape=(9, 2)))\nmodel.add(LSTM(4))", [("wrong-rank", 2)]),
        ("model.add(layers.Conv2D(4, 9, input_shape=(8, 8, 1)))", [("window-too-large", 1)]),
        ("net.add(Dense(4, input_dim=8))\nnet.compile('adamm', 'mse')", [("unknown-name", 2)]),
        ("y = concatenate([Input((4, 3)), Input((5, 2))], axis=1)\nz = Flatten()(y)", [("shape-mismatch", 1)]),
    ],
)
def test_code_without_imports_is_read_with_the_usual_ones(tmp_path, text, expected):
    assert errors(tmp_path, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "def concatenate(parts): ...\ny = concatenate([Input((4, 3)), Input((5, 2))])\nz = Flatten()(y)",
        "from jax.experimental.stax import Dense, Flatten\nDense(-1)",
        "import torch\nmodel.add(Dense(-1))",
        "seen.add(Dropout)\nprint(merge(a, b))",
        "a, b = np.zeros((2, 3)), np.zeros((4, 3))\nc = concatenate([a, b])\nDense(8)",
    ],
)
def test_other_code_without_imports_has_no_findings(tmp_path, text):
    assert check(tmp_path, text) == []


def test_layers_before_the_first_line_are_unknown(tmp_path):
    text = "model.add(Dense(1))\nmodel.add(Activation('softmax'))\nmodel.compile('adam', 'binary_crossentropy')\n"
    found = check(tmp_path, text)
    assert ("not-followed", 1, "info") in found
    assert ("softmax-over-one", 2, "error") in found
    assert errors(tmp_path, "model.add(Dense(4))\nmodel.add(LSTM(4))") == []


OPAQUE = IMPORTS + "model = Sequential([Input((9,)), Lambda(scale), {}])\nmodel.compile('adam', {})\n"


@pytest.mark.parametrize(
    ("layers", "loss", "expected"),
    [
        ("Dense(1, activation='softmax')", "'mse'", [("softmax-over-one", 3)]),
        (
            "Dense(4), Dense(3, activation='relu')",
            "'categorical_crossentropy'",
            [("cross-entropy-on-non-probabilities", 3)],
        ),
        ("LSTM(4), LSTM(4)", "'mse'", [("wrong-rank", 3)]),
        ("Dense(4), Dense(1)", "'mse'", []),
        ("Reshape((3, 3)), LSTM(4)", "'mse'", []),
        ("Lambda(other)", "'categorical_crossentropy'", []),
        ("Activation('softmax')", "'categorical_crossentropy'", []),
    ],
)
def test_layers_after_one_that_is_not_followed_are_checked(tmp_path, layers, loss, expected):
    assert errors(tmp_path, OPAQUE.format(layers, loss)) == expected


def test_a_model_of_the_program_is_not_created_again(tmp_path):
    text = IMPORTS + "def block(model):\n    model.add(LSTM(4))\n\nmodel = build()\nmodel.add(Dense(1))"
    assert check(tmp_path, text) == []


def test_a_tensor_is_not_added_as_a_layer(tmp_path):
    text = IMPORTS + "x = Input((8, 8, 1))\ny = model.add(Conv2D(4, 3)(x))"
    assert errors(tmp_path, text) == [("bad-layer-entry", 4)]


def test_a_tensor_in_a_list_of_layers_is_reported_where_it_is_made(tmp_path):
    text = "parts = [\n    concatenate([left(), right()]),\n    Dense(2),\n]\nmodel = Sequential(parts)"
    assert errors(tmp_path, text) == [("bad-layer-entry", 2)]


def test_the_shape_of_a_part_of_a_split_includes_the_samples(tmp_path):
    split = "from sklearn.model_selection import train_test_split\nx, t, y, u = train_test_split(X, Y)\n"
    layer = "model = Sequential()\nmodel.add(Conv1D(4, 3, input_shape={}))\n"
    assert errors(tmp_path, IMPORTS + split + layer.format("x.shape")) == [("data-shape-mismatch", 6)]
    assert errors(tmp_path, IMPORTS + split + layer.format("x.shape[1:]")) == []
    assert errors(tmp_path, IMPORTS + layer.format("image.shape")) == []


def test_unknown_image_sizes_can_be_those_of_the_base_model(tmp_path):
    text = """
        from keras.applications import VGG16
        from keras import Input, Model

        def build(rows, columns):
            inputs = Input((rows, columns, 3))
            base = VGG16(include_top=False, input_shape=({}, 224, 3))
            return Model(inputs, base(inputs))
    """
    assert errors(tmp_path, text.format(224)) == []
    assert errors(tmp_path, text.format(224).replace("Input((rows", "Input((96")) == [("shape-mismatch", 7)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("classifier.fit_generator(data, samples_per_epoch=80)", ["Model.fit_generator was removed in Keras 3"]),
        (
            "y = merge([a, b], mode='concat')",
            ["the module keras.layers.merge was removed in Keras 3", "the function merge was removed in Keras 2"],
        ),
        (
            "callbacks = [EarlyStopping()]\nmodel.fit(data, epochs=2, workers=4)",
            ["fit: workers was removed in Keras 3"],
        ),
    ],
)
def test_names_of_keras_2_are_found_without_imports(tmp_path, text, expected):
    file = tmp_path / "post.py"
    file.write_text(text, encoding="utf-8")
    (note,) = (each for each in seqspec.check(file).diagnostics if each.name == "older-keras")
    assert (note.label, note.message.partition(" ")[0]) == (expected[0], str(len(expected)))


@pytest.mark.parametrize(
    ("layer", "lines"),
    [
        ("Conv2D(8, 3, 3)", [("keras1-name", 2)]),
        ("Conv2D(8, 3, 2)", []),
        ("Conv2D(8, 4, 4)", []),
        ("Conv2D(8, 3, strides=3)", []),
    ],
)
def test_a_kernel_size_by_axis_is_a_stride(tmp_path, layer, lines):
    text = f"from tensorflow.keras.layers import *\ny = {layer}(Input((32, 32, 3)))"
    assert [(name, line) for name, line, severity in check(tmp_path, text) if severity == "warning"] == lines


def test_layers_after_an_unknown_tensor_are_checked(tmp_path):
    start = "x = LSTM(50, return_sequences=True)(inputs)\nx = {}(x)\n"
    assert errors(tmp_path, start.format("LSTM(4)") + "x = LSTM(4)(x)") == [("wrong-rank", 3)]
    assert errors(tmp_path, start.format("LSTM(4, return_sequences=True)") + "x = LSTM(4)(x)") == []
    assert errors(tmp_path, IMPORTS + "def f(x):\n    y = BatchNormalization(axis=AXIS)(x)\n    return ReLU()(y)") == []


FUNCTIONAL = IMPORTS + "x = Dense(4)(stem(i))\ny = {}(x)\nmodel = Model(i, y)\nmodel.compile('adam', {})\n"


@pytest.mark.parametrize(
    ("layer", "loss", "expected"),
    [
        ("Dense(1, activation='softmax')", "'mse'", [("softmax-over-one", 4)]),
        ("Dense(3, activation='relu')", "'categorical_crossentropy'", [("cross-entropy-on-non-probabilities", 4)]),
        ("Dense(3, activation='softmax')", "'categorical_crossentropy'", []),
        ("Dense(1)", "'mse'", []),
    ],
)
def test_the_last_layers_of_a_functional_model_are_checked(tmp_path, layer, loss, expected):
    assert errors(tmp_path, FUNCTIONAL.format(layer, loss)) == expected


def test_a_layer_is_called_on_an_array(tmp_path):
    text = "import numpy as np\nfrom keras.layers import Conv2D\nx = np.ones({})\ny = Conv2D(2, 3)(x)\n"
    assert errors(tmp_path, text.format("(4, 28, 28)")) == [("wrong-rank", 4)]
    assert errors(tmp_path, text.format("(4, 28, 28, 3)")) == []


def test_an_axis_that_is_not_known_is_not_out_of_range(tmp_path):
    text = IMPORTS + "model = Sequential([Input((9,)), BatchNormalization(axis={}), Dense(3)])\n"
    assert errors(tmp_path, text.format("AXIS")) == []
    assert errors(tmp_path, text.format("2")) == [("bad-axis", 3)]


def test_a_class_of_a_layer_without_imports(tmp_path):
    text = "class Own(Layer):\n    def build(self):\n        super().build()"
    assert errors(tmp_path, text) == [("missing-argument", 3)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            ">>> model.add(Dense(3))\n3\n>>> model.compile(\n... 'adamm')",
            [("syntax-error", 1, 1), ("unknown-name", 4, 6)],
        ),
        (
            "In [1]: model = Sequential()\nOut[1]: <>\nIn [2]: model.compile('adamm')",
            [("syntax-error", 1, 1), ("unknown-name", 3, 24)],
        ),
        ("  net.add(Dense(3))\n  net.compile('adamm')", [("syntax-error", 1, 2), ("unknown-name", 2, 16)]),
        (
            "net.add(Dense(3))\n    net.add(Dense(4))\n    net.compile('adamm')",
            [("syntax-error", 2, 4), ("unknown-name", 3, 18)],
        ),
        ("x = = 3\nnet.add(Dense(4))\nnet.compile('adamm')", [("syntax-error", 1, 5), ("unknown-name", 3, 14)]),
        ("net.add(Dense(4))\nprint 'x'\nnet.compile('adamm')", [("syntax-error", 2, 1), ("unknown-name", 3, 14)]),
        ("net.add(Dense(7 / 2, input_dim=3))\nprint net", [("syntax-error", 2, 1)]),
        ("net.add(Dense(3\nnet.fit(", [("syntax-error", 2, 8)]),
    ],
)
def test_code_is_read_around_what_is_not_python(tmp_path, text, expected):
    file = tmp_path / "post.py"
    file.write_text(text, encoding="utf-8")
    found = [each for each in seqspec.check(file).diagnostics if each.severity == "error"]
    assert sorted((each.name, each.span.line, each.span.column) for each in found) == expected


BASE = "base = VGG16(include_top=False{})\nx = {}(base.output)\nmodel = Model(base.input, Dense(2)(x))\n"


@pytest.mark.parametrize(
    ("arguments", "layer", "expected"),
    [
        ("", "Flatten()", [("unknown-size", 3)]),
        ("", "GlobalAveragePooling2D()", []),
        (", input_shape=(64, 64, 3)", "Flatten()", []),
        (", **options", "Flatten()", []),
    ],
)
def test_a_base_model_without_a_shape_takes_images_of_any_size(tmp_path, arguments, layer, expected):
    assert errors(tmp_path, BASE.format(arguments, layer)) == expected


def test_a_listing_with_numbers(tmp_path):
    assert errors(tmp_path, " 7 net.add(Dense(3))\n 8\n 9 net.compile('adamm')") == [
        ("syntax-error", 1),
        ("unknown-name", 3),
    ]


OLD = """
from keras.layers.core import Dense, TimeDistributedDense
from keras.models import Sequential
import keras.backend as K
model = Sequential()
model.add(Convolution2D(rows, k, k, border_mode="same"))
model.add(Convolution2D(rows, k, k))
model.add(TimeDistributedDense(4, init="uniform"))
model.compile("sgd", "mse", class_mode="binary")
model.fit(x, y, nb_epoch=3, show_accuracy=True)
print(K.mean(a), K.max(a), K.mean(b))
"""


def test_what_keras_3_refuses_has_one_line_where_the_first_is(tmp_path):
    """The names in it prove that the program is for an older Keras, as its requirements would."""
    file = tmp_path / "post.py"
    file.write_text(OLD, encoding="utf-8")
    found = [each for each in seqspec.check(file).diagnostics if each.name == "older-keras"]
    assert [(each.span.line, each.message, each.label) for each in found] == [
        (2, "12 places will fail in Keras 3: --select migration", "the module keras.layers.core was removed in Keras 3")
    ]


def test_a_project_for_an_older_keras_has_one_note_a_program(tmp_path):
    (tmp_path / "requirements.txt").write_text("keras==2.3.1\n", encoding="utf-8")
    found = [message for name, line, message in notes(tmp_path, OLD) if name == "older-keras"]
    assert [message.partition(": ")[0] for message in found] == ["10 places will fail in Keras 3"]


def notes(tmp_path, text):
    file = tmp_path / "post.py"
    file.write_text(dedent(text), encoding="utf-8")
    return [(each.name, each.span.line, each.message) for each in seqspec.check(file).diagnostics]


BASES = {
    "base": "from keras.applications import VGG16\nmodel = VGG16(weights=None, include_top=False)",
    "functional": "i = Input((4,))\nmodel = Model(i, Dense(2)(i))",
    "sequential": "model = Sequential([Input((4,)), Dense(3, activation='relu'), Dense(2)])",
}
LISTS = ["model.layers.pop()", "del model.layers[-1]", "model.layers.append(Dense(3))"]


@pytest.mark.parametrize("change", LISTS)
@pytest.mark.parametrize("base", BASES.values(), ids=BASES)
def test_a_change_of_the_list_of_layers_does_not_change_the_model(tmp_path, base, change):
    found = [line for name, line, _ in notes(tmp_path, f"{IMPORTS}{base}\n{change}") if name == "layers-of-copy"]
    assert found == ([] if change.startswith("del") and "VGG16" in base else [len(f"{IMPORTS}{base}".split("\n")) + 1])


@pytest.mark.needs("keras")
@pytest.mark.parametrize("change", LISTS)
@pytest.mark.parametrize("base", list(BASES.values())[1:], ids=list(BASES)[1:])
def test_keras_returns_a_copy_of_the_list_of_layers(base, change):
    scope = {}
    exec(f"{IMPORTS}{base}", scope)
    before = [layer.name for layer in scope["model"].layers]
    exec(change, scope)
    assert [layer.name for layer in scope["model"].layers] == before


@pytest.mark.parametrize(
    "text",
    [
        "last = model.layers.pop()",
        "layers = model.layers\nlayers.pop()\nother = Sequential(layers)",
        "model.layers.pop()\nmodel.outputs = [model.layers[-1].output]",
    ],
)
def test_a_list_of_layers_may_be_used_or_the_model_changed_by_hand(tmp_path, text):
    assert "layers-of-copy" not in [name for name, *_ in notes(tmp_path, f"{IMPORTS}{BASES['sequential']}\n{text}")]


@pytest.mark.parametrize("method", ["add(Dense(2))", "pop()"])
@pytest.mark.parametrize("base", list(BASES.values())[:2], ids=list(BASES)[:2])
def test_only_sequential_models_have_add_and_pop(tmp_path, base, method):
    assert [name for name, _ in errors(tmp_path, f"{IMPORTS}{base}\nmodel.{method}")] == ["unknown-name"]


@pytest.mark.needs("keras")
def test_keras_has_add_and_pop_in_sequential_models_only():
    import keras

    assert not any(hasattr(keras.Model, name) for name in ("add", "pop"))
    assert all(hasattr(keras.Sequential, name) for name in ("add", "pop"))


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("import tensorflow_hub as hub\nm = tf.keras.Sequential([hub.KerasLayer(url), Dense(2)])", [3]),
        ("layer = hub.KerasLayer(url)\nm = tf.keras.Sequential()\nm.add(layer)", [4]),
        ("import tf_keras\nm = tf_keras.Sequential([hub.KerasLayer(url)])", []),
        (
            "class Net(tf.keras.Model):\n  def __init__(self):\n    self.a = hub.KerasLayer(url)",
            [],
        ),
    ],
)
def test_layers_of_tensorflow_hub_are_of_keras_2(tmp_path, text, lines):
    text = text if "tf_keras" in text else f"import tensorflow as tf\n{text}"
    assert [line for name, line, _ in check(tmp_path, text) if name == "rejected-value"] == lines


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("model.compile(optimizer=Adam(1e-5), loss='accuracy', metrics=['mse'])", [("unknown-name", 1)]),
        ("x = L.Conv2D(4, 3)(L.Input((9,)))", [("wrong-rank", 1)]),
        ("def Net(Model):\n    def __init__(self):\n        self.a = Dense(2)", [("bad-custom", 1)]),
        (
            "model.add(Dense(4, input_dim=3))\nmodel.compile('sgd',\n    'mse'\nmodel.add(LSTM(4))",
            [("syntax-error", 2), ("wrong-rank", 4)],
        ),
        ("m = Sequential([Dense(4, input_dim=3)]  # a\nm.add(LSTM(4))", [("syntax-error", 1), ("wrong-rank", 2)]),
    ],
)
def test_more_excerpts_are_read(tmp_path, text, expected):
    assert errors(tmp_path, text) == expected


ESTIMATOR = """
from {} import KerasClassifier
from sklearn.model_selection import cross_val_score
import numpy as np

def create_model(units=4, size=8):
    model = Sequential()
    model.add(Dense(units, input_dim=size, activation="relu"))
    model.add(Dense(1, activation="sigmoid"))
    model.compile("adam", "binary_crossentropy")
    return model

X, y = np.zeros((90, 9)), np.zeros(90)
"""


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("cross_val_score(KerasClassifier(build_fn=create_model), X, y)", [("data-shape-mismatch", 15)]),
        ("KerasClassifier(create_model, epochs=2).fit(X[:, :7], y)", [("data-shape-mismatch", 15)]),
        ("cross_val_score(KerasClassifier(build_fn=create_model, size=9), X, y)", []),
        ("KerasClassifier(model=create_model()).fit(X[:, 1:], y)", []),
    ],
)
def test_samples_of_an_estimator_are_those_of_its_model(tmp_path, call, expected):
    text = ESTIMATOR.format("scikeras.wrappers").lstrip("\n")
    assert errors(tmp_path, f"{IMPORTS}{text}{call}") == expected


def test_an_estimator_is_given_the_function_that_creates_its_model(tmp_path):
    text = ESTIMATOR.format("keras.wrappers.scikit_learn").lstrip("\n")
    assert errors(tmp_path, f"{IMPORTS}{text}KerasClassifier(build_fn=create_model())") == [("wrong-type", 15)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("i = Input((None, n))\nx, h, c = Bidirectional(LSTM(k, return_state=True))(i)", [("wrong-type", 2)]),
        ("i = Input((None, n))\nx, h, c = LSTM(k, return_state=True)(i)", []),
        ("i = Input((None, n))\nx, h, c = GRU(k, return_state=True)(i)", [("wrong-type", 2)]),
        ("i = Input((5, 4))\nx, h = LSTM(3, return_state=True)(i)\nm = Model(i, x)", [("wrong-type", 2)]),
        ("model.add(Concatenate([one, other]))", [("wrong-type", 1)]),
        ("x = Add([a, b])\ny = Dense(2)(x)", [("wrong-type", 1)]),
        ("i = LSTM(4, return_sequences=True)(x)\na = Attention([i, i])", [("wrong-type", 2)]),
        ("i = LSTM(4, return_sequences=True)(x)\na = Attention()([i, i])", []),
        ("m = Sequential()\nm.add(Bidirectional(LSTM(4), mode='sum'))", [("unknown-argument", 2)]),
        ("m = Sequential()\nm.add(Bidirectional(LSTM(n), mode='sum'))", [("unknown-argument", 2)]),
        ("out = LSTM(size / 2)(unknown)", [("wrong-type", 1)]),
        ("path = 'logs/'\nc = keras.callbacks.ModelCheckpoint(path, save_weights_only=True)", []),
    ],
)
def test_single_calls_are_checked(tmp_path, text, expected):
    assert errors(tmp_path, text) == expected


def test_the_path_of_a_checkpoint_may_be_in_a_variable(tmp_path):
    text = "path = 'logs/'\nc = keras.callbacks.ModelCheckpoint(path, save_weights_only=True)"
    assert [line for name, line, _ in check(tmp_path, text) if name == "legacy-file-format"] == [2]


LOSS = """def loss(y_true, y_pred):
    {}

model.compile(optimizer="adam", loss=loss)
"""


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("return K.categorical_crossentropy(y_pred, y_true)", True),
        ("return K.categorical_crossentropy(y_true, y_pred)", False),
        ("return keras.losses.mean_squared_error(y_pred, y_true)", False),
        ("return (y_true[3] - y_pred[:, 3]) ** 2", True),
        ("return (y_true[:, 3] - y_pred[..., 3]) ** 2", False),
        ("y_true = y_true[0]\n    return y_true - y_pred", False),
    ],
)
def test_labels_come_first_and_samples_before_outputs_in_a_loss(tmp_path, line, found):
    assert [name for name, *_ in notes(tmp_path, LOSS.format(line)) if name == "bad-custom"] == ["bad-custom"] * found


@pytest.mark.parametrize(
    ("convolution", "training", "is_stride"),
    [
        ("Convolution2D(8, 3, 3)", "epochs=3", True),
        ("Convolution2D(8, size[0], size[1])", "epochs=3", True),
        ("Conv2D(8, 3, 3, data_format='channels_last')", "verbose=1", True),
        ("Conv2D(8, 4, 4)", "epochs=3", False),
        ("Conv2D(8, 3, 2)", "epochs=3", False),
        ("Conv2D(8, (3, 3))", "epochs=3", False),
        ("Convolution2D(8, 3, 3)", "verbose=1", False),
        ("Convolution2D(8, 3, 3)", "nb_epoch=3", False),
    ],
)
def test_a_kernel_of_keras_1_beside_names_of_keras_2_is_a_stride(tmp_path, convolution, training, is_stride):
    """np_utils is in Keras 1 and 2; the other names say which of them the program is written for."""
    text = "from keras.utils import np_utils\n" + IMPORTS + "size = (3, 3)\nmodel = Sequential()\n"
    text += f"model.add({convolution})\nmodel.compile('adam', 'mse')\nmodel.fit(x, y, {training})\n"
    found = [(name, line) for name, line, severity in check(tmp_path, text) if severity == "warning"]
    assert (("keras1-name", 6) in found) == is_stride


def test_a_reshape_to_unknown_sizes_says_what_follows(tmp_path):
    text = "x = Conv2D(1, 1)(before)\ny = Reshape((rows * columns, 1))(x)\nz = Activation('softmax')(y)\n"
    text += "model = Model(inputs, z)\nmodel.compile('adam', 'binary_crossentropy')\n"
    assert errors(tmp_path, text) == [("softmax-over-one", 3)]
    text = "x = Dropout(0.1)(words)\ny = Reshape((length, width, 1))(x)\nz = Conv2D(8, (length, 2))(y)\n"
    assert errors(tmp_path, text + "out = MaxPooling2D((5, 1))(z)") == [("window-too-large", 4)]
    assert errors(tmp_path, text + "out = MaxPooling2D((1, 1))(z)") == []


@pytest.mark.parametrize(
    "text",
    [
        "y = Lambda(lambda x: K.expand_dims(x, axis=-1))(x)",
        "def own(y_true, y_pred):\n    return K.mean(y_true - y_pred)",
    ],
)
def test_functions_of_the_backend_are_known_without_its_import(tmp_path, text):
    assert ("older-keras", "info") in [(name, severity) for name, _, severity in check(tmp_path, text)]
    assert check(tmp_path, text.replace("K.", "k.")) == []
