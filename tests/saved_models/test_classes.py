"""The classes in files: their properties are those of the catalogue, or declared in one table."""

import ast
from pathlib import Path

import pytest

import seqspec.saved_models
from seqspec.core.catalog import legacy
from seqspec.core.catalog.index import LAYERS, layer_class
from seqspec.core.catalog.layer import InferenceContext
from seqspec.core.catalog.layer_inference import own_weights_with_trainable
from seqspec.core.language.keys import ALIASES
from seqspec.core.shapes.tensor import TensorSpec
from seqspec.saved_models import layer_classes, weight_roles
from seqspec.saved_models.nodes import SavedLayer
from seqspec.saved_models.saved_model import WriterVersions

ARGUMENTS = {
    "Dense": ({"units": 3}, (None, 4)),
    "EinsumDense": ({"equation": "ab,bc->ac", "output_shape": 3, "bias_axes": "c"}, (None, 4)),
    "Conv1D": ({"filters": 3, "kernel_size": 2}, (None, 8, 4)),
    "Conv2DTranspose": ({"filters": 3, "kernel_size": 2}, (None, 8, 8, 4)),
    "DepthwiseConv2D": ({"kernel_size": 2}, (None, 8, 8, 4)),
    "SeparableConv1D": ({"filters": 3, "kernel_size": 2}, (None, 8, 4)),
    "SeparableConv2D": ({"filters": 3, "kernel_size": 2, "use_bias": False}, (None, 8, 8, 4)),
    "LSTM": ({"units": 3}, (None, 5, 4)),
    "GRU": ({"units": 3, "use_bias": False}, (None, 5, 4)),
    "SimpleRNN": ({"units": 3}, (None, 5, 4)),
    "ConvLSTM2D": ({"filters": 3, "kernel_size": 2}, (None, 5, 8, 8, 4)),
    "BatchNormalization": ({"scale": False}, (None, 4)),
    "LayerNormalization": ({"center": False}, (None, 4)),
    "GroupNormalization": ({"groups": 2}, (None, 4)),
    "Normalization": ({}, (None, 4)),
    "Embedding": ({"input_dim": 9, "output_dim": 3}, (None, 5)),
    "PReLU": ({}, (None, 4)),
}


@pytest.mark.parametrize("kind", ARGUMENTS)
def test_roles_of_keras_2_are_the_weights_of_the_catalogue(kind):
    """The catalogue, whose weights are compared with Keras, names the same arrays in the same order."""
    arguments, shape = ARGUMENTS[kind]
    layer = layer_class(kind).model_validate(arguments)
    weights = own_weights_with_trainable(layer, TensorSpec(shape, "float32"), InferenceContext())
    found = weight_roles.roles(SavedLayer(kind, dict(arguments)), WriterVersions(2))
    assert [role.name for role in found] == [weight.name for weight in weights]
    assert [role.trainable for role in found] == [weight.trainable for weight in weights]


def kinds_with_arrays():
    return [kind for kind in LAYERS if weight_roles.has_arrays(layer_class(kind))]


def test_classes_with_an_activation_have_arrays_before_it():
    """`hard_sigmoid` is converted by scaling these arrays; without any, such a file is refused."""
    for kind in kinds_with_arrays():
        if "activation" in layer_class(kind).model_fields and layer_classes.gates_of(kind) is None:
            names = {role.name for role in weight_roles.roles(SavedLayer(kind, {"bias_axes": "c"}), WriterVersions(2))}
            scaled = names & weight_roles.PRE_ACTIVATION
            assert "bias" in scaled and any(name.endswith("kernel") for name in scaled), kind


def test_classes_with_arrays_have_roles():
    for kind in kinds_with_arrays():
        assert weight_roles.roles(SavedLayer(kind, {}), WriterVersions(2)) != [], kind


def test_wrapper_roles_are_its_own_weights_only():
    """Files of Keras 2 store the arrays of a wrapper with those of the layer inside it."""
    wrappers = [kind for kind in kinds_with_arrays() if layer_classes.adds_weights(kind)]
    assert wrappers == ["SpectralNormalization"]
    assert [role.name for role in weight_roles.roles(SavedLayer(wrappers[0], {}), WriterVersions(2))] == ["vector_u"]


OLDER = {
    "Convolution2D": "Conv2D",
    "AtrousConvolution1D": "Conv1D",
    "Deconvolution2D": "Conv2DTranspose",
    "TimeDistributedDense": "Dense",
    "CuDNNGRU": "GRU",
    "ThresholdedReLU": "ReLU",
    "BatchNormalizationV2": "BatchNormalization",
    "MaxoutDense": "MaxoutDense",
}


@pytest.mark.parametrize("kind", OLDER)
def test_older_class_has_the_properties_of_its_successor(kind):
    assert layer_classes.modern_name(kind) == OLDER[kind]
    successor = OLDER[kind]
    properties = (
        layer_classes.is_convolution,
        layer_classes.is_transposed,
        layer_classes.is_batch_normalization,
        layer_classes.gates_of,
    )
    for property_of in (*properties, layer_classes.rank_of):
        assert property_of(kind) == property_of(successor)


def test_code_does_not_compare_class_names():
    """Class names are keys of tables, one per piece of knowledge; all other code uses `classes`."""
    names = {*LAYERS, *ALIASES, *legacy.CLASSES, *legacy.GONE}
    found = []
    for file in Path(seqspec.saved_models.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            compared = [node.left, *node.comparators] if isinstance(node, ast.Compare) else []
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                compared = node.args if node.func.attr in ("startswith", "endswith", "removeprefix") else []
            texts = [part.value for item in compared for part in ast.walk(item) if isinstance(part, ast.Constant)]
            found += [(file.name, text) for text in texts if any(_begins(name, text) for name in names)]
    assert found == []


def _begins(name, text):
    return isinstance(text, str) and len(text) > 2 and text[:1].isupper() and name.startswith(text)
