"""Shapes and dtypes of arrays, compared with NumPy, scikit-learn, TensorFlow and Keras."""

import ast

import numpy as np
import pytest

from seqspec.programs.python.evaluation import EVALUATORS
from seqspec.programs.python.interpreter import Frame, Interpreter
from seqspec.programs.values.abstract_values import Array, Environment, Unknown
from tests.programs.reading import only

IMPORTS = """
import numpy as np
import tensorflow as tf
import keras
import pandas as pd
from keras.utils import to_categorical
from sklearn import datasets
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler, normalize
rng = np.random.default_rng(1)
old = np.random.RandomState(1)
x = np.random.rand(20, 6)
y = np.random.randint(0, 3, (20,))
column = y.reshape(-1, 1)
images = np.random.randint(0, 256, (8, 5, 5))
many = np.random.rand(5000, 2)
def windows(series, size):
    samples, following = [], []
    for i in range(len(series) - size):
        end = i + size
        if end > len(series) - 1:
            break
        samples.append(series[i:end])
        following.append(series[end, 0])
    return np.array(samples), np.array(following)
def before(series, size):
    return np.array([0]) if len(series) < size else np.asarray(lagged(series, size))
def lagged(series, size):
    samples = []
    for i in range(size, len(series)):
        samples.append(series[i - size : i, 1:])
    return samples
"""

KNOWN = {
    "np.zeros((3, 4))": (0, 0),
    "np.ones(5)": (1, 1),
    "np.full((2, 3), 7)": (7, 7),
    "np.zeros_like(x)": (0, 0),
    "np.full_like(x, 2)": (2, 2),
    "np.empty((4, 2))": None,
    "np.linspace(-1, 1, 11)": (-1, 1),
    "np.linspace(0, 4)": (0, 4),
    "np.arange(-4, 4).reshape(-1, 1)": (-4, 3),
    "np.arange(-1, 2, 0.5)": (-1, 1.5),
    "np.arange(3.0)": (0, 2),
    "np.arange(2, -2, -0.5)": (-1.5, 2),
    "np.arange(-3, 4) ** 2": (0, 9),
    "np.arange(-3, 4) ** 3": (-27, 27),
    "np.arange(5) * 2.5": (0, 10),
    "np.linspace(-1, 1, 5) ** 4": (0, 1),
    "images[0]": (0, 255),
    "np.array([x, x])": (0, 1),
    "windows(x, 3)[0]": (0, 1),
    "windows(x, 3)[1]": (0, 1),
    "np.random.rand(4, 3)": (0, 1),
    "np.random.randn(4, 3)": None,
    "np.random.random((4, 3))": (0, 1),
    "np.random.random_sample(size=(4, 3))": (0, 1),
    "np.random.normal(0, 1, (4, 3))": None,
    "np.random.normal(size=(4, 3))": None,
    "np.random.standard_normal((4, 3))": None,
    "np.random.uniform(-2, 3, (4, 3))": (-2, 3),
    "np.random.uniform(size=(4, 3))": (0, 1),
    "np.random.uniform(high=2, size=4)": (0, 2),
    "np.random.randint(5, size=(4, 1))": (0, 4),
    "np.random.randint(1, 5, 7)": (1, 4),
    "np.random.choice(4, 9)": (0, 3),
    "np.random.choice([2, 5], size=(9, 1))": (2, 5),
    "np.random.choice(y, 5)": (0, 2),
    "np.random.permutation(x)": (0, 1),
    "np.random.dirichlet(np.ones(4), 6)": (0, 1),
    "np.random.dirichlet([1, 2, 3], size=6)": (0, 1),
    "rng.random((4, 3))": (0, 1),
    "rng.integers(0, 5, size=(4, 3))": (0, 4),
    "rng.integers(0, 5, size=(4, 3), endpoint=True)": None,
    "rng.normal(size=4)": None,
    "old.rand(4, 2)": (0, 1),
    "np.array([[0, 0], [0, 1], [1, 0], [1, 1]])": (0, 1),
    "np.array([0.5, 1.5])": (0.5, 1.5),
    "np.array([[0], [1]], dtype='float32')": (0, 1),
    "np.repeat([0, 1], [3, 5])": (0, 1),
    "np.repeat([0, 1, 2], 4)": (0, 2),
    "np.repeat(x, 2, axis=0)": (0, 1),
    "np.concatenate([np.zeros(3), np.ones(5)])": (0, 1),
    "np.concatenate([x, x], axis=1)": (0, 1),
    "np.concatenate((x, x - 1))": (-1, 1),
    "np.vstack([x, x])": (0, 1),
    "np.hstack([x, x])": (0, 1),
    "np.hstack([np.zeros(3), np.ones(4)])": (0, 1),
    "np.expand_dims(images, -1)": (0, 255),
    "np.expand_dims(images, axis=1)": (0, 255),
    "np.reshape(images, (8, 25))": (0, 255),
    "np.argmax(to_categorical(y, 3), axis=1)": (0, 2),
    "to_categorical(y, 3).argmax(axis=-1)": (0, 2),
    "np.eye(3)[y]": (0, 1),
    "np.eye(3)[column]": (0, 1),
    "to_categorical(y, 3)": (0, 1),
    "to_categorical(column, num_classes=4)": (0, 1),
    "images[..., np.newaxis]": (0, 255),
    "images[..., None] / 255": (0, 1),
    "images[:, None]": (0, 255),
    "images[:4]": (0, 255),
    "images[2:, :, 1:3]": (0, 255),
    "images[:, 0]": (0, 255),
    "images[:, :, -1]": (0, 255),
    "x[:, :4]": (0, 1),
    "images.reshape(-1, 25).astype('float32') / 127.5 - 1": (-1, 1),
    "x.clip(0.2, 0.5)": (0.2, 0.5),
    "(y == 2).astype(int)": (0, 1),
    "(x > 0.5)": (0, 1),
    "StandardScaler().fit_transform(x)": None,
    "MinMaxScaler().fit_transform(x)": (0, 1),
    "MinMaxScaler(feature_range=(-1, 1)).fit_transform(x)": None,
    "train_test_split(x, y)[0]": (0, 1),
    "train_test_split(x, y, test_size=0.33)[1]": (0, 1),
    "train_test_split(x, y, test_size=7)[2]": (0, 2),
    "np.sin(x)": (-1, 1),
    "np.exp(x)": (1, np.e),
    "np.random.randn(4, 3) * 1000": None,
    "keras.utils.normalize(x)": (0, 1),
    "normalize(x - 1)": (-1, 1),
    "pd.DataFrame(x)": (0, 1),
    "pd.DataFrame(x).values[:, :2]": (0, 1),
    "x + np.random.normal(0, 1, x.shape)": None,
    "to_categorical(np.array([1, 2, 3]))": (0, 1),
    "tf.cast(images, tf.float32)": (0, 255),
    "tf.image.resize(images[..., None], (7, 9))": (0, 255),
    "tf.image.convert_image_dtype(tf.constant([[0, 255]], tf.uint8), tf.float32)": (0, 1),
    "keras.layers.Rescaling(1 / 255)(images)": (0, 1),
    "keras.applications.vgg16.preprocess_input(np.random.randint(0, 256, (2, 4, 4, 3)) * 1.0)": (-123.68, 151.061),
    "OneHotEncoder(sparse_output=False).fit_transform(load_iris().target.reshape(-1, 1))": (0, 1),
    "tf.zeros((4, 2))": (0, 0),
    "tf.constant([[1, 2], [3, 4]])": (1, 4),
    "tf.random.normal((4, 2))": None,
    "tf.random.uniform((4, 2))": (0, 1),
    "tf.random.uniform((4, 2), 1, 3)": (1, 3),
    "tf.one_hot(y, 5)": (0, 1),
    "tf.one_hot(column, 5)": (0, 1),
    "tf.expand_dims(images, -1)": (0, 255),
    "tf.reshape(images, (8, 25))": (0, 255),
    "keras.random.normal((4, 2))": None,
    "keras.random.uniform((4, 2), -1, 1)": (-1, 1),
    "keras.random.randint((4, 2), 0, 9)": (0, 8),
    "keras.ops.ones((4, 2))": (1, 1),
    "load_iris().data": (0.1, 7.9),
    "load_iris().target": (0, 2),
    "load_iris(return_X_y=True)[1]": (0, 2),
    "datasets.load_wine().data": (0.13, 1680),
    "datasets.load_breast_cancer().data": (0, 4254),
    "datasets.load_digits().data": (0, 16),
    "datasets.load_digits().target": (0, 9),
    "datasets.load_diabetes().data": (-0.137767225690012, 0.198787989657293),
    "datasets.load_diabetes().target": None,
    "datasets.make_classification(n_samples=50)[0]": None,
    "datasets.make_classification(50, 7, n_informative=4, n_classes=3)[1]": (0, 2),
    "datasets.make_moons(60, noise=0.1)[0]": None,
    "datasets.make_circles(60)[1]": (0, 1),
    "datasets.make_blobs(n_samples=30, centers=4)[1]": (0, 3),
    "datasets.make_regression(n_samples=30, n_features=5)[0]": None,
    "datasets.make_regression(30)[1]": None,
}
"""Expressions with the range that is known of them."""


@pytest.fixture(scope="module")
def real():
    names = {}
    exec(IMPORTS, names)
    return names


def read(text):
    """What the interpreter knows of `found` in a program."""
    variables = Environment()
    Interpreter(EVALUATORS).block(ast.parse(IMPORTS + f"found = {text}\n").body, Frame(variables))
    return variables.variables["found"]


@pytest.mark.slow
@pytest.mark.parametrize("text", KNOWN)
def test_shape_range_and_values_equal_numpy(text, real):
    found = read(text)
    made = np.asarray(eval(text, real))
    assert isinstance(found, Array)
    assert found.shape == made.shape
    assert found.range == KNOWN[text]
    if found.range is not None:
        assert found.range[0] <= made.min() and made.max() <= found.range[1] + 1e-6
    if found.is_integral:
        assert (made == made.astype(int)).all()
    if found.counts is not None:
        values, counts = np.unique(made, return_counts=True)
        assert found.counts == {int(value): int(count) for value, count in zip(values, counts)}
    if found.encoding == "one_hot":
        assert (made.sum(axis=-1) == 1).all() and made.shape[-1] == found.classes
    if found.encoding == "probabilities":
        assert np.allclose(made.sum(axis=-1), 1)
    if found.encoding == "integer":
        assert made.max() < found.classes


@pytest.mark.slow
@pytest.mark.parametrize("text", ["windows(many, 4)[0]", "windows(many, 4)[1]", "before(many, 6)"])
def test_windows_of_long_series(text, real):
    found, made = read(text), eval(text, real)
    assert (found.shape[1:], found.range) == (made.shape[1:], (0, 1))


def test_windows_of_unknown_length():
    found = read("windows(many, size())[0]")
    assert isinstance(found.shape[1], Unknown) and found.shape[2] == 2


UNKNOWN = (
    "np.random.choice(names)",
    "np.concatenate([x, load()])",
    "np.array([load()])",
    "np.array([1, [2]])",
    "np.repeat(x, 2)",
    "np.argmax(x, axis=1)",
    "np.eye(3, 4)",
    "np.vstack([np.zeros(3), np.ones(3)])",
    "datasets.load_digits(n_class=3).data",
    "datasets.make_blobs(30, centers=[[0, 0]])",
    "tf.one_hot(y, depth())",
)


@pytest.mark.parametrize("text", UNKNOWN)
def test_unknown_functions_have_unknown_results(text):
    found = read(text)
    assert not isinstance(found, Array) or (found.shape is None and found.encoding is None and found.range is None)


def test_lists_that_nested_loops_fill_are_arrays_of_unknown_shape():
    loops = "x = []\nfor name in names:\n    for i in range(len(name)):\n        x.append(load(name).reshape([15, 1]))"
    model = only(f"import numpy as np\n{loops}\nm = Sequential([Dense(1)])\nm.fit(np.array(x), y)")
    assert "input" not in model.tree["model"]
