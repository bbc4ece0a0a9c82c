"""Programs for older versions of Keras, scripts of IPython, and programs with code of their own around the model."""

import pytest

import seqspec
from seqspec.programs.program_document import read_program
from seqspec.programs.values.generation import KerasGeneration
from tests.programs.reading import generation

PROGRAM = """import keras
from keras import layers
{imports}
x, y = load()
model = keras.Sequential([keras.Input((8,)), layers.Dense(4, activation="relu"), layers.Dense(1)])
model.compile(optimizer={optimizer}, loss="mse", metrics=["mae"])
model.fit(x, y, epochs=20, validation_split=0.2, batch_size=16, callbacks=[{callbacks}]{fit})
"""


def names(tmp_path, imports="", optimizer="'adam'", callbacks="", fit=""):
    """The names of the findings in a program."""
    path = tmp_path / "train.py"
    path.write_text(PROGRAM.format(imports=imports, optimizer=optimizer, callbacks=callbacks, fit=fit))
    return [each.name for each in seqspec.check(path).diagnostics]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("model.fit(x, nb_epoch=3)", KerasGeneration.KERAS_1),
        ("K.set_image_dim_ordering('th')", KerasGeneration.KERAS_1),
        ("LSTM(8, inner_activation='sigmoid')", KerasGeneration.KERAS_1),
        ("Convolution1D(8, filter_length=3)", KerasGeneration.KERAS_1),
        ("from keras.objectives import mse", KerasGeneration.KERAS_1),
        ("from keras.layers.core import Dense", KerasGeneration.KERAS_2),
        ("model.fit_generator(g)", KerasGeneration.KERAS_2),
        ("optimizers.SGD(lr=0.1)", KerasGeneration.KERAS_3),
        ("train(lr=0.1)", KerasGeneration.KERAS_3),
        ("KMeans(init='random')", KerasGeneration.KERAS_3),
        ("numpy.random.choice(9, p=weights)", KerasGeneration.KERAS_3),
        ("from keras.layers import Dense", KerasGeneration.KERAS_3),
    ],
)
def test_generation_is_detected(text, expected):
    assert generation(f"from keras import backend as K, optimizers\n{text}") == expected


def test_older_programs_have_no_errors_of_keras_3(tmp_path):
    """Keras 2 saves a checkpoint in any file, and Adadelta had another default learning rate."""
    save = "keras.callbacks.ModelCheckpoint('weights.hdf5', save_best_only=True)"
    assert "bad-value" in names(tmp_path, callbacks=save)
    assert "bad-value" not in names(tmp_path, "from keras.utils import np_utils", callbacks=save, fit=", nb_epoch=3")
    assert "default-learning-rate" in names(tmp_path, optimizer="keras.optimizers.Adadelta()")
    assert "default-learning-rate" not in names(tmp_path, optimizer="keras.optimizers.Adadelta()", fit=", nb_epoch=3")


OLDER_LAYERS = """from keras import layers, regularizers
m = keras.Sequential([
    keras.Input((32, 32, 3)), layers.SeparableConv2D(8, 3, kernel_regularizer="l2"),
    layers.DepthwiseConv2D(3, kernel_initializer="he_normal"), layers.AveragePooling2D(), layers.Reshape((-1, 8)),
    layers.SpatialDropout1D(0.1, trainable=False), layers.AveragePooling1D(),
])
"""


@pytest.mark.parametrize(("package", "expected"), [("tf_keras", 0), ("keras", 5)])
def test_layers_of_keras_2_accept_more_arguments(tmp_path, package, expected):
    """tf_keras 2.21 creates this model; `trials.json` has what Keras 3 raises for each argument."""
    path = tmp_path / "train.py"
    path.write_text(f"import {package} as keras\n" + OLDER_LAYERS.replace("from keras", f"from {package}"))
    found = [each.severity for each in seqspec.check(path).diagnostics if each.severity != "info"]
    assert found == ["warning"] * expected


def test_keras_1_has_other_names_of_regularizers_and_logs(tmp_path):
    save = "keras.callbacks.ModelCheckpoint('{epoch}-{val_acc:.2f}.h5', monitor='val_acc')"
    assert "invalid-checkpoint-path" in names(tmp_path, callbacks=save)
    assert "invalid-checkpoint-path" not in names(tmp_path, callbacks=save, fit=", nb_epoch=3")
    text = "from keras.regularizers import activity_l1\nm = keras.Sequential()\nm.add(keras.layers.Dense(2))\n"
    path = tmp_path / "train.py"
    path.write_text("import keras\n" + text.replace("Dense(2", "Dense(2, activity_regularizer=activity_l1(0.01)"))
    assert [each.name for each in seqspec.check(path).diagnostics if each.severity == "error"] == []


def test_callbacks_of_programs_change_rates_and_logs(tmp_path):
    """They can add a value to the logs, and the learning rate starts at 0 where a callback sets it."""
    monitors = "keras.callbacks.EarlyStopping(monitor='val_gini', patience=3, mode='max', restore_best_weights=True)"
    assert "monitor-not-logged" in names(tmp_path, callbacks=monitors)
    assert "monitor-not-logged" not in names(tmp_path, callbacks=f"Gini(), {monitors}")
    start = "keras.optimizers.SGD(0.0, momentum=0.9)"
    assert "nonpositive-learning-rate" in names(tmp_path, optimizer=start)
    for callback in ("keras.callbacks.LearningRateScheduler(lambda epoch: 0.1)", "Warmup()"):
        assert "nonpositive-learning-rate" not in names(tmp_path, optimizer=start, callbacks=callback)


def test_decay_is_not_a_schedule(tmp_path):
    """In Keras 2 a callback can change a learning rate that decays."""
    plateau = "keras.callbacks.ReduceLROnPlateau(patience=3)"
    rule = "schedule-with-reduce-lr-on-plateau"
    schedule = "keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(0.001, 1000, 0.9))"
    assert rule in names(tmp_path, optimizer=schedule, callbacks=plateau)
    assert rule not in names(tmp_path, optimizer="keras.optimizers.Adam(lr=0.001, decay=1e-4)", callbacks=plateau)


STATEFUL = """import keras
from keras.layers import LSTM, Dense
model = keras.Sequential([
    keras.Input(batch_shape=(64, 10, 3)), LSTM(8, stateful=True), Dense(1),
])
model.compile(optimizer="adam", loss="mse")
model.fit({data}, epochs=20)
"""


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("x, y", ["stateful-batch-mismatch", "stateful-with-shuffle"]),
        ("batches()", []),
        ("x, y, batch_size=size()", ["stateful-with-shuffle"]),
    ],
)
def test_batches_of_a_generator_have_no_size(tmp_path, data, expected):
    """Their size and order are not those of `fit`, and an unknown batch size may be the right one."""
    path = tmp_path / "train.py"
    path.write_text(STATEFUL.format(data=data))
    found = [each.name for each in seqspec.check(path).diagnostics]
    assert sorted(name for name in found if name.startswith("stateful")) == expected
    assert [model.unknown for model in seqspec.check(path).models] == [["size()"] if "size()" in data else []]


@pytest.mark.parametrize("last", ["callbacks", "optimizers", "regularizers", "layers.advanced_activations"])
def test_later_star_imports_do_not_hide_layers(last):
    """A module that is imported later does not hide the layers of an earlier one."""
    text = f"from keras.models import *\nfrom keras.layers import *\nfrom keras.{last} import *\n"
    text += "model = Sequential([Dense(4, input_shape=(8,)), LeakyReLU(), Dense(1, kernel_regularizer=l2(0.1))])\n"
    (model,) = read_program(text).models
    assert model.complete and [each["type"] for each in model.tree["model"]["layers"]] == [
        "Dense",
        "LeakyReLU",
        "Dense",
    ]
    regularizer = model.tree["model"]["layers"][2].get("kernel_regularizer")
    assert regularizer == ({"type": "L2", "l2": 0.1} if last == "regularizers" else None)


@pytest.mark.parametrize("channels", ["first", "last"])
def test_images_of_keras_1_are_channels_first(tmp_path, channels):
    shape = "(3, 64, 64)" if channels == "first" else "(64, 64, 3)"
    text = (
        "from keras.models import Sequential\nfrom keras.layers import *\nmodel = Sequential()\n"
        f"model.add(ZeroPadding2D((1, 1), input_shape={shape}))\nmodel.add(Convolution2D(8, 3, 3, activation='relu'))\n"
    )
    (model,) = read_program(text).models
    found = [each.get("data_format") for each in model.tree["model"]["layers"]]
    assert found == (["channels_first"] * 2 if channels == "first" else [None] * 2)


def test_ipython_scripts_are_read(tmp_path):
    """Its commands are not Python, but the rest is read, and findings are at their lines."""
    path = tmp_path / "train.py"
    path.write_text(
        "import keras\n%matplotlib inline\n!pip install x\nm = keras.Sequential([keras.layers.Dense(-1)])\n"
    )
    found = [(each.name, each.severity, each.span.line) for each in seqspec.check(path).diagnostics]
    assert found == [("not-followed", "info", 2), ("bad-value", "error", 4)]
    path.write_text("import keras\n%matplotlib inline\nm = keras.Sequential([keras.layers.Dense(-1)\n")
    found = [(each.name, each.span.line) for each in seqspec.check(path).diagnostics]
    assert found == [("syntax-error", 3), ("bad-value", 3)]


def test_base_models_of_unknown_image_size_are_checked(tmp_path):
    """Layers after it are not reported to have an unknown input size."""
    path = tmp_path / "train.py"
    path.write_text(
        "from keras import Sequential\nfrom keras.layers import *\nfrom keras.applications import VGG16\n"
        "def build(shape):\n"
        "    return Sequential([VGG16(include_top=False, input_shape=shape), Flatten(), Dense(3)])\n"
    )
    report = seqspec.check(path)
    assert [each.name for each in report.diagnostics] == []
    assert report.models[0].unknown == ["shape[0]", "shape[1]"]


def test_long_sums_are_unknown():
    """It is not followed, and the rest of the program is."""
    terms = " + ".join(["b"] * 900)
    text = f"import keras\na = {terms}\nm = keras.Sequential([keras.layers.Dense(4, input_shape=(3,))])\n"
    program = read_program(text)
    assert not program.exhausted and program.models[0].complete


def test_models_of_unfinished_loops_are_dropped():
    """Of a call that creates more models than are read, only complete ones are."""
    text = (
        "import keras\ndef build():\n    m = keras.Sequential()\n    n = keras.Sequential()\n"
        "    n.add(keras.layers.Dense(4, input_shape=(3,)))\n    m.add(keras.layers.Dense(5, input_shape=(3,)))\n"
        "for fold in range(20):\n    for again in range(10):\n        build()\n"
    )
    program = read_program(text)
    assert program.exhausted
    assert [(model.label, model.complete) for model in program.models] == [("m", True), ("n", True)]


METHODS = """import keras
from keras.layers import Dense, Dropout
class Models:
    def __init__(self):
        self.model = keras.Sequential([keras.Input((8,))])
    def small(self):
        self.model.add(Dense(4))
    def large(self):
        self.model.add(Dense(64))
    def train(self):
        self.model.compile("adam", "mse")
"""


@pytest.mark.parametrize(("called", "units"), [("", None), ("m = Models()\nm.large()\n", [64])])
def test_uncalled_methods_make_a_model_doubtful(called, units):
    """Layers of several methods that nothing calls are not those of one model; of those called in the file they are."""
    (model,) = read_program(METHODS + called).models
    assert model.complete is (units is not None)
    if units is None:
        assert [note.kind for note in model.notes] == ["unknown-functions"]
        assert "small, large" in model.notes[0].message
    else:
        assert [layer["units"] for layer in model.tree["model"]["layers"]] == units


def test_a_single_uncalled_method_adds_layers():
    (model,) = read_program(METHODS.replace("self.model.add(Dense(4))", "pass")).models
    assert model.complete and model.tree["compile"]["loss"] == "mse"


@pytest.mark.parametrize(("layer", "noted"), [("Dense(8)", True), ("Dropout(0.2)", False)])
def test_layers_added_twice_share_weights(layer, noted):
    """It shares its weights, which is noted for a layer that has some."""
    text = f"import keras\nfrom keras.layers import *\nd = {layer}\nm = keras.Sequential([keras.Input((8,)), d, d])\n"
    (model,) = read_program(text).models
    assert len(model.tree["model"]["layers"]) == 2
    assert [note.kind for note in model.notes] == (["shared-layer"] if noted else [])


def test_balanced_class_weights_are_reported(tmp_path):
    assert "bad-value" in names(tmp_path, fit=", class_weight='balanced'")


CHANGES = ["m.layers.pop()", "del m.layers[-1]", "m.layers[1] = Dense(3)", "m.layers.append(Dense(3))"]


@pytest.mark.parametrize("change", CHANGES)
def test_changes_of_the_layers_list_are_doubtful(change):
    """Keras 1 removes the layer, and later versions change a copy of the list, so that neither reading is silent."""
    text = "import keras\nfrom keras.layers import *\nm = keras.Sequential([keras.Input((8,)), Dense(4), Dense(5)])\n"
    text += change
    program = read_program(text)
    assert program.models[0].complete and [note.rule for note in program.notes] == ["layers-of-copy"]
    (model,) = read_program(text.replace("Dense(4)", "Dense(4, init='uniform')")).models
    assert not model.complete and [note.kind for note in model.notes] == ["changed-layers"]
    (same,) = read_program(text.replace(change, "m.layers[-1].trainable = False")).models
    assert same.complete and same.notes == []


@pytest.mark.needs("keras")
def test_keras_returns_a_copy_of_the_layers():
    import keras

    model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(4), keras.layers.Dense(5)])
    model.layers.pop()
    assert len(model.layers) == 2


def test_deleted_items_are_removed():
    text = "import keras\nfrom keras.layers import *\nstack = [Dense(4), Dense(5), Dense(6)]\ndel stack[1]\n"
    text += "m = keras.Sequential(stack)\n"
    (model,) = read_program(text).models
    assert [layer["units"] for layer in model.tree["model"]["layers"]] == [4, 6]


def test_fixes_do_not_add_arguments_unknown_to_keras_1(tmp_path):
    """`use_bias` is `bias` there."""
    text = (
        "from keras.models import Sequential\nfrom keras.layers import *\nm = Sequential([Dense(4, input_shape=(8,)), "
        "BatchNormalization(), Activation('relu'), Dense(1)])\nm.compile('adam', 'mse')\nm.fit(x, y, {epochs}=9)\n"
    )
    path = tmp_path / "train.py"
    for epochs, fixed in (("epochs", True), ("nb_epoch", False)):
        path.write_text(text.format(epochs=epochs))
        (bias,) = [each for each in seqspec.check(path).diagnostics if each.name == "bias-before-batch-norm"]
        assert (bias.fix is not None) is fixed
