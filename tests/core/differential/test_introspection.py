"""The catalog of layers compared with `keras.layers` and `keras.applications`: names, arguments, defaults."""

import inspect

import keras
import pytest

from seqspec.core.catalog.index import LAYERS, layer_class
from seqspec.core.catalog.unsupported import REFUSED
from seqspec.core.language.keys import ALIASES
from tests.introspection import is_available, signature_differences

# Arguments of Keras that no document can give, and why.
LEFT_OUT = {
    "input_tensor": "a tensor made by code",
    "weights": "arrays of numbers, as Bidirectional takes them",
}

# Arguments that Keras takes through **kwargs, so that its signature does not show them.
EXTRA = {
    **{f"Conv{rank}D": ("lora_rank", "lora_alpha") for rank in (1, 2, 3)},
    "LayerNormalization": ("rms_scaling",),
    "ReversibleEmbedding": ("weights", "lora_rank", "lora_alpha", "quantization_config"),
}


def keras_class(name):
    if name == "Sequential":
        return keras.Sequential
    return getattr(keras.layers, name, None) or getattr(keras.applications, name)


@pytest.mark.parametrize("name", sorted(LAYERS))
def test_arguments_are_those_of_keras(name):
    declared = layer_class(name)
    if not is_available(declared.since):
        assert not hasattr(keras.layers, name)
        return
    theirs = keras_class(name)
    if not inspect.isclass(theirs):
        pytest.fail("an application is tested by its own table") if name not in dir(keras.applications) else None
        return
    assert signature_differences(declared, theirs, left_out=LEFT_OUT, extra=EXTRA.get(name, ())) == []


def test_keras_layers_are_all_known():
    classes = {name for name in dir(keras.layers) if inspect.isclass(getattr(keras.layers, name))}
    unknown = sorted(classes - set(LAYERS) - set(ALIASES) - set(REFUSED))
    assert unknown == [], "declare these (CONTRIBUTING.md, A layer), or name them in catalog/unsupported.py"


def test_aliases_are_the_same_class():
    for alias, name in ALIASES.items():
        assert getattr(keras.layers, alias) is getattr(keras.layers, name)


def test_refused_classes_exist():
    for name in REFUSED:
        assert hasattr(keras.layers, name)
