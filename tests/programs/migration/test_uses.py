"""What migration finds in programs, by their imports, and what it leaves alone."""

import ast

import pytest

from seqspec.programs.migration.names import Module
from seqspec.programs.migration.uses import find_uses


def rows(text):
    """The names of the rows that a program uses, in its order."""
    return [use.row.name for use in find_uses(Module(ast.parse(text)))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from keras.layers.core import Dense, Dropout", ["layers.core"]),
        ("from keras.layers.core import *", ["layers.core"]),
        ("from keras.utils import np_utils\nnp_utils.to_categorical(y)", ["utils.np_utils"]),
        ("import keras\nkeras.utils.np_utils.to_categorical(y)", ["utils.np_utils"]),
        ("from keras.layers import LocallyConnected1D as L\nL(8, 3)", ["layers.LocallyConnected1D"]),
        ("from tensorflow.keras.optimizers import Adam as A\nA(lr=1)", ["optimizers.*(lr)"]),
        ("import tensorflow as tf\ntf.keras.optimizers.legacy.SGD(0.1)", ["optimizers.legacy.SGD"]),
        ("import tensorflow as tf\nlayers = tf.keras.layers\nlayers.LeakyReLU(alpha=1)", ["layers.LeakyReLU(alpha)"]),
        ("from keras import backend as K\nK.mean(x)\nK.epsilon()", ["backend.mean"]),
        ("from tensorflow.keras import backend as K\nK.mean(x)\nK.learning_phase()", ["backend.learning_phase"]),
        ("from keras.layers import *\nLSTM(8, inner_activation='tanh')", ["layers.*(inner_activation)"]),
        ("from keras.models import *\nModel(input=x, output=y)", ["Model(input)", "Model(output)"]),
        ("from keras import Input\nInput(7)\nInput((7,))", ["Input(integer)"]),
        ("from keras.layers import InputLayer\nInputLayer(7)\nInputLayer((7,))", ["layers.InputLayer(integer)"]),
        ("import keras\nm = keras.Model(x, y)\nm.add_loss(z)", ["Model.add_loss"]),
        (
            "import keras\nself.add_weight('w', (3,))\nself.add_weight((3,))\nself.add_weight(name='w')",
            ["Layer.add_weight(name by position)"],
        ),
        (
            "import keras\nm = keras.Sequential()\nkeras.Model(m.input, m.output)",
            ["Sequential.input", "Sequential.output"],
        ),
        ("import keras\nkeras.layers.Dense(2, init='uniform')", ["layers.*(init)"]),
        ("import keras\nkeras.layers.MaxPooling1D(2, stride=1)", ["layers.*(stride)"]),
        ("import keras\nkeras.layers.Embedding(9, 2, weights=w)", []),
        ("import keras\nkeras.applications.VGG16(weights=None, input_shape=s)", []),
        ("import keras\nm = keras.Sequential()\nm.predict_proba(x)", ["Model.predict_proba"]),
        (
            "import keras\nm = keras.Sequential()\nm.save('a.h5')\nm.save('a')\nm.save(a)",
            ["Model.save(.h5)", "Model.save(folder)"],
        ),
        ("import keras\nm = keras.Sequential()\nm.save_weights('{}'.format(a))", []),
        (
            "import keras\nm = keras.Sequential()\nm.compile(o, 'mse', ['mae'])\nm.compile(o, 'mse', [0.5], ['mae'])",
            ["Model.compile(third metrics)"],
        ),
        ("import keras\nself.model.optimizer.lr", ["Optimizer.lr"]),
        ("import keras\nfor layer in m.layers:\n    layer.output_shape", ["Layer.output_shape"]),
        (
            "from keras.callbacks import ModelCheckpoint\nModelCheckpoint(d + '/a.hdf5')",
            ["callbacks.ModelCheckpoint(filepath)"],
        ),
        ("from keras.callbacks import ModelCheckpoint\nModelCheckpoint(filepath='a.keras')", []),
    ],
)
def test_uses_are_found(text, expected):
    assert rows(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "from torch.optim import Adam\nAdam(lr=0.1)",
        "import tf_keras as keras\nkeras.optimizers.Adam(lr=0.1)",
        "import keras\nfrom sklearn.cluster import KMeans\nKMeans(init='random', p=2)",
        "import keras\nfrom sklearn.svm import SVC\nm = SVC()\nm.predict_proba(x)",
        "import keras\nclass Net:\n    def fit_generator(self): ...\nNet().fit_generator()",
        "try:\n    from keras.layers.core import Dense\nexcept ImportError:\n    from keras.layers import Dense",
        "from keras import backend as K\ndef f(K):\n    return K.mean(1)",
        "import numpy as np\nnp.random.choice(9, p=w)",
        "import keras\nmodel.fit(x, workers=4)",
        "import keras\nm = keras.Sequential()\ny = m(x)\nm.output",
        "import keras\nm = keras.Sequential()\nouter.add(m)\nm.output",
        "import keras\nm = keras.Sequential()\nm.call(x)\nm.output",
        "import keras\nm = keras.Sequential()\nm = load()\nm.output",
        "import keras\nclass A(keras.layers.Layer):\n    def call(self, x):\n        self.add_loss(x)",
    ],
)
def test_other_things_are_left_alone(text):
    assert rows(text) == []


def test_defaults_matter_only_in_older_programs():
    layer = "from keras.layers import ConvLSTM2D\nConvLSTM2D(4, 3)"
    assert rows(layer) == []
    assert rows(f"from keras.utils import np_utils\n{layer}")[1:] == ["layers.ConvLSTM2D(recurrent_activation default)"]
