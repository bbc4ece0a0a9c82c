"""Labels created by encoders and data sets of other packages: their encoding, where the program determines it."""

from textwrap import dedent

import pytest

from tests.programs.reading import plain, read

HEAD = """
import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from sklearn.preprocessing import LabelBinarizer, LabelEncoder
X = np.random.rand(6, 4)
names = ["cat", "dog", "eel", "cat", "dog", "eel"]
table = pd.read_csv("animals.csv")
m = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")])
m.compile("adam", "categorical_crossentropy")
"""
INDICES = {"kind": "multiclass", "classes": 3, "class_counts": [2, 2, 2]}
ONE_HOT = {"kind": "multiclass", "classes": 3, "encoding": "one_hot"}
BATCHED = ".shuffle(6).batch(2).prefetch(1)"

LABELS = {
    "m.fit(X, LabelEncoder().fit_transform(names))": INDICES,
    "e = LabelEncoder()\nm.fit(X, e.fit_transform(table['kind']))": {"kind": "multiclass", "classes": 3},
    "e = LabelEncoder()\ne.fit(names)\nm.fit(X, keras.utils.to_categorical(e.transform(table['kind'])))": ONE_HOT,
    "y = LabelEncoder().fit_transform(table['kind'])\nm.fit(X, keras.utils.to_categorical(y, num_classes=3))": ONE_HOT,
    "m.fit(X, LabelBinarizer().fit_transform(names))": ONE_HOT,
    "m.fit(X, LabelBinarizer().fit_transform(['a', 'b', 'a', 'a', 'b', 'b']))": {"kind": "binary", "shape": [1]},
    "m.fit(X, LabelBinarizer(neg_label=-1).fit_transform(names))": None,
    "m.fit(X, LabelBinarizer().fit_transform(table['kind']))": None,
    "m.fit(X, np.random.randint(1, 4, 6))": {"kind": "multiclass", "classes": 4, "range": [1, 3]},
    "m.fit(X, pd.get_dummies(names))": ONE_HOT,
    "m.fit(X, pd.get_dummies(names, drop_first=True))": None,
    "m.fit(X, pd.get_dummies(table['kind']))": {"kind": "multiclass", "classes": 3, "encoding": "one_hot"},
    "m.fit(X, keras.utils.to_categorical([0, 1, 2, 0, 1, 2]))": ONE_HOT,
    f"m.fit(tf.data.Dataset.from_tensor_slices((X, LabelEncoder().fit_transform(names))){BATCHED})": {
        "kind": "multiclass",
        "classes": 3,
    },
    "d = tf.data.Dataset.from_tensor_slices((X, pd.get_dummies(names)))\n"
    f"m.fit(d.map(lambda x, y: (x / 2, y)){BATCHED})": ONE_HOT,
    "def encode(x, y):\n    return x, tf.one_hot(y, 3)\n"
    f"m.fit(tf.data.Dataset.from_tensor_slices((X, np.array([0, 1, 2, 0, 1, 2]))).map(encode){BATCHED})": ONE_HOT,
    "def encode(x, y):\n    return x, tf.one_hot(y, 3)\n"
    "m.fit(tf.data.Dataset.from_tensor_slices((X, np.array([0, 1, 2, 0, 1, 2]))).batch(2).map(encode))": ONE_HOT,
    f"m.fit(tf.data.Dataset.from_tensor_slices((X, names)).map(encode){BATCHED})": None,
    "m.fit(tf.data.Dataset.from_tensor_slices((X, pd.get_dummies(names))))": None,
    f"m.fit(tf.data.TextLineDataset('x'){BATCHED})": None,
}


@pytest.mark.parametrize("text", LABELS)
def test_labels_become_targets(text):
    """What the file does not state, such as the number of classes of a column, is not assumed."""
    target = read(HEAD + dedent(text))[-1].tree.get("target")
    assert (target and plain(target)) == LABELS[text]


def test_batch_size_of_a_dataset_is_unknown():
    """The number of samples is left out, from which the number of updates would follow."""
    tree = read(HEAD + f"m.fit(tf.data.Dataset.from_tensor_slices((X, pd.get_dummies(names))){BATCHED})")[-1].tree
    assert tree["data"] == {"train": {"shape": [4], "range": [0.0, 1.0]}}


@pytest.mark.needs("sklearn", "pandas")
@pytest.mark.slow
@pytest.mark.parametrize("classes", [2, 3])
def test_encodings_equal_scikit_learn_and_pandas(classes):
    """The shapes and values that the reader assumes."""
    import pandas
    from sklearn import preprocessing

    names = ["cat", "dog", "eel"][:classes] * 2
    indices = preprocessing.LabelEncoder().fit_transform(names)
    assert indices.shape == (2 * classes,) and set(indices) == set(range(classes))
    binary = preprocessing.LabelBinarizer().fit_transform(names)
    assert binary.shape == (2 * classes, classes if classes > 2 else 1) and set(binary.ravel()) == {0, 1}
    columns = pandas.get_dummies(names)
    assert columns.shape == (2 * classes, classes) and (columns.sum(axis=1) == 1).all()
