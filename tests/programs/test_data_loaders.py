"""Data sets in folders, generators and `tf.data`: their shapes, ranges and labels, compared with Keras."""

from textwrap import dedent

import numpy as np
import pytest

from tests.programs.reading import plain, read
from tests.programs.test_check import check

HEAD = """
import keras
import numpy as np
import tensorflow as tf
from keras import layers
from keras.preprocessing.image import ImageDataGenerator
from keras.utils import audio_dataset_from_directory, image_dataset_from_directory, text_dataset_from_directory
"""
MODEL = """
m = keras.Sequential([keras.Input((8, 8, 3)), layers.Flatten(), layers.Dense({units}, activation="softmax")])
m.compile("adam", "categorical_crossentropy")
"""
IMAGES = {"shape": [8, 8, 3], "range": [0, 255]}
SCALED = {"shape": [8, 8, 3], "range": [0, 1]}
SEVERAL = {"kind": "multiclass", "classes": 3}

DATA = {
    "m.fit(image_dataset_from_directory('d', image_size=(8, 8)))": (SEVERAL, IMAGES),
    "m.fit(image_dataset_from_directory('d', image_size=(8, 8), label_mode='categorical'))": (
        {**SEVERAL, "encoding": "one_hot"},
        IMAGES,
    ),
    "m.fit(image_dataset_from_directory('d', image_size=(8, 8), class_names=['a', 'b', 'c']))": (
        {"kind": "multiclass", "classes": 3},
        IMAGES,
    ),
    "m.fit(image_dataset_from_directory('d', image_size=(8, 8), label_mode='binary'))": (
        {"kind": "binary", "shape": [1]},
        IMAGES,
    ),
    "m.fit(image_dataset_from_directory('d', image_size=(8, 8), label_mode=None))": (None, IMAGES),
    "m.fit(image_dataset_from_directory('d', image_size=(8, 8), label_mode=mode()))": (None, None),
    "t, v = image_dataset_from_directory('d', image_size=(8, 8), subset='both')\nm.fit(t)": (SEVERAL, IMAGES),
    "d = image_dataset_from_directory('d', image_size=(8, 8))\nm.fit(d.map(lambda x, y: (x / 255, y)).cache())": (
        SEVERAL,
        SCALED,
    ),
    "d = image_dataset_from_directory('d', image_size=(8, 8))\ns = layers.Rescaling(1 / 255)\n"
    "m.fit(d.map(lambda x, y: (s(x), y)))": (SEVERAL, SCALED),
    "m.fit(text_dataset_from_directory('d'))": (SEVERAL, None),
    "m.fit(audio_dataset_from_directory('d', label_mode='categorical'))": ({**SEVERAL, "encoding": "one_hot"}, None),
    "m.fit(ImageDataGenerator(rescale=1 / 255).flow_from_directory('d', (8, 8)))": (
        {**SEVERAL, "encoding": "one_hot"},
        SCALED,
    ),
    "m.fit(ImageDataGenerator().flow_from_directory('d', (8, 8), class_mode='sparse', classes=['a', 'b', 'c']))": (
        {"kind": "multiclass", "classes": 3},
        IMAGES,
    ),
    "m.fit(ImageDataGenerator().flow_from_directory('d', (8, 8), class_mode='binary'))": ({"kind": "binary"}, IMAGES),
    "m.fit(ImageDataGenerator().flow_from_directory('d', (8, 8), class_mode='input'))": (
        {"kind": "reconstruction"},
        IMAGES,
    ),
    "m.fit(ImageDataGenerator().flow_from_dataframe(df, 'd', target_size=(8, 8), class_mode='raw'))": (None, IMAGES),
    "m.fit(ImageDataGenerator(samplewise_center=True).flow_from_directory('d', (8, 8), class_mode=None))": (
        None,
        {"shape": [8, 8, 3]},
    ),
    "from keras.applications.vgg16 import preprocess_input\n"
    "g = ImageDataGenerator(preprocessing_function=preprocess_input)\n"
    "m.fit(g.flow_from_directory('d', (8, 8), class_mode=None))": (
        None,
        {"shape": [8, 8, 3], "range": [-123.68, 151.061]},
    ),
    "(x, y), _ = keras.datasets.mnist.load_data()\n"
    "m.fit_generator(ImageDataGenerator(rescale=1 / 255).flow(x, keras.utils.to_categorical(y)), 100)": (
        {"kind": "multiclass", "classes": 10, "encoding": "one_hot"},
        {"shape": [28, 28], "range": [0, 1]},
    ),
}


@pytest.mark.parametrize("text", DATA)
def test_data_becomes_tables(text):
    target, train = DATA[text]
    tree = read(HEAD + MODEL.format(units=3) + dedent(text))[-1].tree
    assert (tree.get("target") and plain(tree["target"])) == target
    assert (tree["data"].get("train") or None) == train


def test_few_units_mean_two_classes():
    text = HEAD + MODEL.format(units=2) + "m.fit(image_dataset_from_directory('d', image_size=(8, 8)))"
    assert read(text)[-1].tree["target"] == {"kind": "binary"}


FINDINGS = {
    "m.fit(tf.data.Dataset.from_tensor_slices((x, y)))": "data-shape-mismatch",
    "m.fit(tf.data.Dataset.from_tensor_slices((x, y)).batch(4).batch(4))": "data-shape-mismatch",
    "m.fit(tf.data.Dataset.from_tensor_slices((x, y)).batch(4).shuffle(2).unbatch())": "data-shape-mismatch",
    "m.fit(x, y[:30])": "data-shape-mismatch",
    "g = ImageDataGenerator(rotation_range=9)\nm.fit(g.flow(x, y), validation_data=g.flow(x, y))": (
        "augmented-validation"
    ),
    "m.fit(tf.data.Dataset.from_tensor_slices((x, y)).batch(4))": None,
    "m.fit(tf.data.Dataset.from_tensor_slices((x, y)).batch(4).unbatch().batch(2))": None,
    "g = ImageDataGenerator(rotation_range=9)\nv = ImageDataGenerator()\n"
    "m.fit(g.flow(x, y), validation_data=v.flow(x, y))": None,
}
ARRAYS = "x = np.zeros((64, 8, 8, 3), 'float32')\ny = np.eye(3)[np.array([0, 1] * 32)]\n"


def reported(tmp_path, text):
    """The rules about data that a program breaks."""
    report = check(tmp_path, HEAD + MODEL.format(units=3) + ARRAYS + text)
    return [finding.name for finding in report.diagnostics if finding.code.startswith("SEQ6")]


@pytest.mark.parametrize("text", FINDINGS)
def test_batches_are_counted(tmp_path, text):
    expected = FINDINGS[text]
    assert reported(tmp_path, text) == ([] if expected is None else [expected])


@pytest.mark.slow
@pytest.mark.parametrize("text", FINDINGS)
def test_keras_rejects_what_is_an_error(text):
    """Augmentation of validation data is no error: Keras changes the images without a word."""
    program = HEAD.replace("keras.preprocessing", "tensorflow.keras.preprocessing") + MODEL.format(units=3) + ARRAYS
    if FINDINGS[text] == "data-shape-mismatch":
        with pytest.raises(ValueError, match=r"shape|cardinality"):
            exec(program + text, {})
    else:
        exec(program + text, {})


GRAY = """
x = np.random.rand(64, 8, 8, 1).astype("float32")
y = np.random.randint(0, 3, 64)
m = keras.Sequential([
    keras.Input((8, 8, 1)), layers.Conv2D(2, 3, padding="same"), layers.GlobalMaxPooling2D(),
    layers.Dense(3, activation="softmax"),
])
m.compile("adam", "categorical_crossentropy")
def prepare(image, label):
    return tf.expand_dims(tf.cast(image[:, :, 0], tf.float32), -1), tf.one_hot(label, 3)
d = tf.data.Dataset.from_tensor_slices((x, {labels})).shuffle(64){step}.prefetch(2)
m.fit(d{batch})
"""


@pytest.mark.needs("keras", "tensorflow")
@pytest.mark.parametrize(("labels", "step"), [("tf.one_hot(y, 3)", ""), ("y", ".map(prepare)")])
def test_gray_images_that_are_not_batched(tmp_path, labels, step):
    """Keras adds a last axis to an image, so that the labels are what it rejects."""
    for batch, expected in (("", ["data-shape-mismatch"]), (".batch(8)", [])):
        program = HEAD.replace("keras.preprocessing", "tensorflow.keras.preprocessing")
        program += GRAY.format(labels=labels, step=step, batch=batch)
        report = check(tmp_path, program)
        assert [each.name for each in report.diagnostics if each.severity == "error"] == expected
        if expected:
            with pytest.raises(ValueError, match="rank"):
                exec(program, {})
        else:
            exec(program, {})


def test_one_sample_of_a_series_is_a_batch(tmp_path):
    """Keras trains on the 8 steps as 8 series of one step."""
    text = "x = np.zeros((64, 8, 1))\nm = keras.Sequential([keras.Input((8, 1)), layers.LSTM(4), layers.Dense(1)])\n"
    text += "m.compile('sgd', 'mse')\nm.fit(tf.data.Dataset.from_tensor_slices((x, np.random.rand(64))))\n"
    found = [each for each in check(tmp_path, HEAD + text).diagnostics if each.name == "data-shape-mismatch"]
    assert [each.severity for each in found] == ["warning"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Images of three classes."""
    import keras

    top = tmp_path_factory.mktemp("images")
    for name in "abc":
        (top / name).mkdir()
        for number in range(4):
            pixels = np.random.default_rng(number).integers(0, 256, (9, 9, 3)).astype("float32")
            keras.utils.save_img(top / name / f"{number}.png", pixels, scale=False)
    return top


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["categorical", "sparse", "input", None])
def test_generators_equal_keras(folder, mode):
    from tensorflow.keras.preprocessing.image import ImageDataGenerator

    batch = next(ImageDataGenerator(rescale=1 / 255).flow_from_directory(folder, (8, 8), class_mode=mode))
    images = batch[0] if mode is not None else batch
    assert images.shape[1:] == (8, 8, 3) and images.min() >= 0 and images.max() <= 1
    if mode is not None:
        assert batch[1].shape[1:] == {"categorical": (3,), "sparse": (), "input": (8, 8, 3)}[mode]


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["int", "categorical"])
def test_folders_equal_keras(folder, mode):
    import keras

    images, labels = next(iter(keras.utils.image_dataset_from_directory(folder, label_mode=mode, image_size=(8, 8))))
    assert images.shape[1:] == (8, 8, 3) and images.numpy().max() > 1
    assert labels.shape[1:] == ((3,) if mode == "categorical" else ())


@pytest.mark.slow
def test_augmentation_applies_to_the_validation_subset():
    from tensorflow.keras.preprocessing.image import ImageDataGenerator

    generator = ImageDataGenerator(rotation_range=90, validation_split=0.5)
    x, y = np.random.default_rng(1).random((8, 8, 8, 3)), np.arange(8) % 2
    one, two = (next(generator.flow(x, y, shuffle=False, subset="validation"))[0] for _ in range(2))
    assert not np.allclose(one, two)


@pytest.mark.slow
def test_preprocessing_equals_keras():
    import importlib

    from seqspec.programs.values.data_loaders import PREPROCESSED

    pixels = np.stack([np.zeros((1, 1, 3)), np.full((1, 1, 3), 255.0)]).astype("float32")
    for name, bounds in PREPROCESSED.items():
        scaled = importlib.import_module(f"keras.applications.{name}").preprocess_input(pixels.copy())
        assert (scaled.min(), scaled.max()) == pytest.approx(bounds, abs=1e-3)


BEFORE_SPLIT = """
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
table, y, y_test = load()
m = keras.Sequential([keras.Input((4,)), layers.Dense(1)])
m.compile("adam", "mse")
s = StandardScaler()
"""
SPLITS = {
    "x = s.fit_transform(table)\na, b, c, d = train_test_split(x, y)\nm.fit(a, c)": True,
    "s.fit(table)\nx = s.transform(table)\na, b, c, d = train_test_split(x, y)\nm.fit(a, c)": True,
    "x = PCA(4).fit_transform(table)\na, b, c, d = train_test_split(x, y)\nm.fit(a, c)": True,
    "x = s.fit_transform(np.random.rand(90, 4))\nm.fit(x[:60], y, validation_data=(x[60:], w))": True,
    "x = s.fit_transform(np.random.rand(90, 4))\nm.fit(x[:60], y)": False,
    "x = s.fit_transform(table)\nw, v = [], []\n"
    "for i in range(9, len(x)):\n    w.append(x[i - 9 : i, 0])\n    v.append(x[i, 0])\n"
    "m.fit(np.array(w), np.array(v))": False,
    "x = s.fit_transform(table)\nm.fit(np.array([x[i : i + 4] for i in range(len(x) - 4)]), y)": False,
    "x = s.fit_transform(table)\nn = int(len(x) * 0.7)\na, b = x[0:n, :], x[n:, :]\n"
    "w = np.array([a[i : i + 4, 0] for i in range(len(a) - 4)])\nm.fit(w, y)": True,
    "x = s.fit_transform(table)\nn = 7\na, b = x[0:n, :], x[n : len(x), :]\nm.fit(a, y)": True,
    "a, b, c, d = train_test_split(table, y)\nm.fit(s.fit_transform(a), c)": False,
    # The second split only separates validation samples from those that the scaler may see.
    "a, b, c, d = train_test_split(table, y)\na = s.fit_transform(a)\n"
    "a, v, c, w = train_test_split(a, c)\nm.fit(a, c)": False,
    "m.fit(s.fit_transform(table), y)": False,
    # The previous and the next values of a series are no split.
    "x = s.fit_transform(table)\nm.fit(x[:-1], x[1:])": False,
    "x = s.fit_transform(table)\nm.fit(x[:-12], y, validation_data=(x[-12:], w))": True,
    "s.fit(first)\na, b, c, d = train_test_split(s.transform(table), y)\nm.fit(a, c)": False,
}


@pytest.mark.parametrize("text", SPLITS)
def test_transformers_are_fitted_after_the_split(tmp_path, text):
    report = check(tmp_path, HEAD + BEFORE_SPLIT + text)
    assert ["fitted-before-split" in finding.name for finding in report.diagnostics].count(True) == SPLITS[text]


REFITS = {
    "a = s.fit_transform(a)\nb = s.fit_transform(b)": True,
    "s.fit(a)\nb = s.fit(b).transform(b)": True,
    "a, v = train_test_split(a)\ns.fit(a)\nb = s.fit_transform(b)": True,
    "a = s.fit_transform(a)\nb = s.transform(b)": False,
    "a = s.fit_transform(a)\nb = StandardScaler().fit_transform(b)": False,
    "a = s.fit_transform(a)\nc = s.fit_transform(c)": False,
    "for _ in range(3):\n    b = s.fit_transform(b)": False,
}


@pytest.mark.parametrize("text", REFITS)
def test_transformers_are_fitted_on_the_training_part_only(tmp_path, text):
    report = check(tmp_path, HEAD + BEFORE_SPLIT + "a, b, c, d = train_test_split(table, y)\n" + text)
    assert ("fitted-on-test" in {finding.name for finding in report.diagnostics}) == REFITS[text]


STANDARDIZED = """
y = StandardScaler().fit_transform(table['price'].values.reshape(-1, 1))
m = keras.Sequential([keras.Input((4,)), layers.Dense(1, activation="{activation}")])
m.compile("adam", "{loss}")
m.fit(x, y)
"""


@pytest.mark.parametrize(
    ("activation", "loss", "certain"), [("relu", "mse", True), ("linear", "mse", False), ("tanh", "hinge", False)]
)
def test_standardized_labels_have_both_signs(tmp_path, activation, loss, certain):
    report = check(tmp_path, HEAD + BEFORE_SPLIT + STANDARDIZED.format(activation=activation, loss=loss))
    found = [(d.name, d.severity) for d in report.diagnostics if d.name == "bounded-regression-output"]
    assert found == ([("bounded-regression-output", "error")] if certain else [])


@pytest.mark.parametrize(("activation", "count"), [("sigmoid", 1), ("linear", 0)])
def test_standardized_inputs_are_reconstructed(tmp_path, activation, count):
    text = "x = s.fit_transform(table)\ni = keras.Input((x.shape[1],))\n"
    text += f'o = layers.Dense(x.shape[1], activation="{activation}")(layers.Dense(3)(i))\n'
    text += 'm = keras.Model(i, o)\nm.compile("adam", "mse")\nm.fit(x, x)'
    report = check(tmp_path, HEAD + BEFORE_SPLIT + text)
    assert [d.name for d in report.diagnostics if d.severity == "error"] == ["bounded-regression-output"] * count


WORDS = """
from tensorflow.keras.preprocessing.sequence import pad_sequences
from tensorflow.keras.preprocessing.text import Tokenizer
t, other = Tokenizer({words}), Tokenizer()
x = pad_sequences(t.texts_to_sequences(texts()), maxlen=20)
m = keras.Sequential([layers.Embedding({size}, 8), layers.Flatten(), layers.Dense(1)])
m.compile("adam", "mse")
m.fit(x, load())
"""


@pytest.mark.parametrize(
    ("words", "size", "is_missing"),
    [
        ("", "len(t.word_index)", True),
        ("", "len(t.word_index) + 1", False),
        ("", "len(other.word_index)", False),
        ("num_words=500", "len(t.word_index)", False),
    ],
)
def test_the_indices_of_words_start_at_1(tmp_path, words, size, is_missing):
    report = check(tmp_path, HEAD + WORDS.format(words=words, size=size))
    assert ("embedding-index-out-of-range" in {d.name for d in report.diagnostics}) == is_missing


@pytest.mark.parametrize(("batched", "count"), [(".batch(4)", 1), ("", 0)])
def test_batch_size_beside_batches(tmp_path, batched, count):
    text = 'm = keras.Sequential([keras.Input((3,)), layers.Dense(1)])\nm.compile("adam", "mse")\n'
    text += "d = tf.data.Dataset.from_tensor_slices((np.zeros((9, 3)), np.zeros((9, 1))))\n"
    report = check(tmp_path, HEAD + text + f"m.fit(d{batched}, batch_size=2)")
    assert [d.name for d in report.diagnostics].count("conflicting-arguments") == count
    assert "conflicting-arguments" not in {
        d.name for d in check(tmp_path, HEAD + text + "m.fit(np.zeros((9, 3)), np.zeros(9), batch_size=2)").diagnostics
    }


GENERATORS = {
    "while True:\n        yield x, y": "missing-argument",
    "while True:\n        for i in range(3):\n            yield x, y": "missing-argument",
    "for i in range(3):\n        yield x, y": "steps-exceed-samples",
    "for epoch in range(3):\n        for i in range(2):\n            yield x, y": None,
    "for a in stream():\n        yield a, y": None,
    "while True:\n        if done():\n            break\n        yield x, y": None,
}


@pytest.mark.parametrize("body", GENERATORS)
@pytest.mark.parametrize("steps", ["", ", steps_per_epoch=2"])
def test_generators_that_do_not_fit_the_epochs(tmp_path, body, steps):
    text = f"x, y = np.zeros((2, 3)), np.zeros((2, 1))\ndef batches():\n    {body}\n"
    text += "m = keras.Sequential([keras.Input((3,)), layers.Dense(1)])\nm.compile('adam', 'mse')\n"
    report = check(tmp_path, HEAD + text + f"m.fit(batches(), epochs=2{steps})")
    expected = {GENERATORS[body]} - {None} if not steps else set()
    assert {d.name for d in report.diagnostics} & {"missing-argument", "steps-exceed-samples"} == expected


@pytest.mark.parametrize(
    ("arguments", "statements", "is_wrong"),
    [
        ("", "p = m.predict(d)\nreport(d.classes, p)", True),
        (", shuffle=True", "p = load('m').predict(d)\nreport(d.labels, p)", True),
        (", shuffle=False", "p = m.predict(d)\nreport(d.classes, p)", False),
        (", shuffle=flag()", "p = m.predict(d)\nreport(d.classes, p)", False),
        ("", "m.fit(d, class_weight=weights(d.classes))\np = m.predict(d)\nprint(d.class_indices)", False),
    ],
)
def test_predictions_in_the_order_of_the_labels(tmp_path, arguments, statements, is_wrong):
    text = f"d = ImageDataGenerator().flow_from_directory('d', (8, 8){arguments})\n"
    report = check(tmp_path, HEAD + MODEL.format(units=3) + text + statements)
    assert ("shuffled-predictions" in {d.name for d in report.diagnostics}) == is_wrong


def test_words_in_a_variable(tmp_path):
    text = WORDS.replace("x = ", "w = t.word_index\nx = ", 1).format(words="", size="len(w)")
    report = check(tmp_path, HEAD + text)
    assert "embedding-index-out-of-range" in {d.name for d in report.diagnostics}


LABELS = """
from keras.utils import to_categorical
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import LabelEncoder
table, x = load()
m = keras.Sequential([keras.Input((4,)), layers.Dense({units}, activation="softmax")])
m.compile("adam", "categorical_crossentropy")
"""


@pytest.mark.parametrize(
    ("statements", "units", "rules"),
    [
        ("m.fit(x, to_categorical(np.load('y.npy'), 3))", 3, []),
        ("m.fit(x, to_categorical(np.load('y.npy'), 3))", 4, ["output-units-mismatch"]),
        ("m.fit(x, to_categorical(to_categorical(np.zeros(9), 3), 3))", 3, ["label-encoding-mismatch"]),
        (
            "table['y'] = LabelEncoder().fit_transform(table['kind'])\n"
            "a, b = train_test_split(table)\nm.fit(a[['p', 'q', 'r', 's']], a['y'])",
            3,
            ["label-encoding-mismatch"],
        ),
        ("m.fit(np.random.rand(9, 4), np.random.rand(9, 1))", 3, ["label-encoding-mismatch"]),
        ("m.fit(np.random.rand(9, 4), np.random.rand(9))", 3, ["label-encoding-mismatch"]),
        ("m.fit(np.random.rand(9, 4), np.random.rand(9, 3))", 3, []),
        (
            "d = tf.data.Dataset.from_tensor_slices((x, to_categorical(y, 3))).batch(2)\n"
            "m.fit(d, validation_split=0.2)",
            3,
            ["conflicting-arguments"],
        ),
        (
            "series = np.random.rand(9000)\ny = np.stack([series[i : i + 2] for i in range(4000)])\n"
            "m.compile('sgd', 'mse')\nm.fit(x, y)",
            3,
            ["label-encoding-mismatch"],
        ),
        ("a = np.random.rand(9)\nm.fit(np.stack([a, a, a, a], axis=1), to_categorical(y, 3))", 3, []),
        ("a = np.random.rand(9)\nm.fit(np.stack((a, a, a), -1), to_categorical(y, 3))", 3, ["data-shape-mismatch"]),
        (
            "y = np.random.randint(0, 3, 9)\nm.fit(x, to_categorical(y, 3), validation_data=(x, y))",
            3,
            ["label-encoding-mismatch"],
        ),
        ("m.fit(np.random.rand(2, 4), np.array(['cat', 'dog']))", 2, ["label-encoding-mismatch"]),
        ("x = np.random.rand(9, 4)\nm.fit(x, to_categorical(y, 3), validation_data=x)", 3, ["missing-argument"]),
        (
            "from sklearn.datasets import make_multilabel_classification\n"
            "m.fit(*make_multilabel_classification(9, 4, n_classes=3))",
            3,
            ["categorical-loss-for-multilabel"],
        ),
        ("m.compile('sgd', 'kl_divergence')\nm.fit(np.random.rand(9, 4), np.random.rand(9, 1))", 3, ["broadcast-loss"]),
        (
            "from sklearn.model_selection import KFold\ny = to_categorical(np.random.randint(0, 3, 9), 3)\n"
            "for train, test in KFold(3).split(x):\n    m.fit(x[train], y[train], validation_data=(x[test], y[test]))",
            4,
            ["output-units-mismatch"],
        ),
        (
            "rows = np.array([2, 0, 1])\nm.fit(x, to_categorical(np.random.randint(0, 3, 9), 3)[rows])",
            4,
            ["output-units-mismatch"],
        ),
        ("for a, b in text.split(';'):\n    m.fit(x[a], to_categorical(np.random.randint(0, 3, 9), 3)[a])", 4, []),
        (
            "m.compile('sgd', 'sparse_categorical_crossentropy')\nm.fit(np.random.rand(9, 4), np.random.rand(9, 3))",
            3,
            ["label-encoding-mismatch"],
        ),
    ],
)
def test_labels_of_unknown_data(tmp_path, statements, units, rules):
    report = check(tmp_path, HEAD + LABELS.format(units=units) + statements)
    assert [d.name for d in report.diagnostics if d.severity == "error"] == rules
