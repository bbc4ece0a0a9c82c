"""Base models compared with Keras: signatures, pretrained weights, fixed inputs."""

import inspect

import keras
import pytest
from keras.src.utils import file_utils

import seqspec
from seqspec.core.catalog.index import APPLICATIONS, layer_class
from seqspec.core.catalog.layer import NEWEST
from tests.descriptors.applications import DESCRIPTORS
from tests.fields import default_of
from tests.introspection import KERAS
from tests.keras_comparison import differences
from tests.nightly import rest_nightly

pytestmark = [pytest.mark.nightly] if KERAS != NEWEST else []
EVERY_RUN = ("InceptionResNetV2",)
"""What is compared in every run; each other family has a member in tests/descriptors/applications.py."""

# The language freezes every layer with trainable; a tensor is made by code.
ADDED = {"trainable"}
LEFT_OUT = {"input_tensor"}


@pytest.mark.parametrize("name", sorted(APPLICATIONS))
def test_arguments_are_those_of_keras(name):
    theirs = {key: p.default for key, p in inspect.signature(getattr(keras.applications, name)).parameters.items()}
    ours = {key: default_of(argument) for key, argument in layer_class(name).model_fields.items()}
    assert {k: v for k, v in ours.items() if k not in ADDED} == {k: v for k, v in theirs.items() if k not in LEFT_OUT}


def test_applications_are_all_known():
    models = {name for name in dir(keras.applications) if name[0].isupper()}
    assert models == set(APPLICATIONS)


OTHERS = sorted(set(APPLICATIONS) - {descriptor.type for descriptor in DESCRIPTORS})


@pytest.mark.parametrize("name", rest_nightly(OTHERS, *EVERY_RUN))
def test_application_equals_keras(name):
    entry = {"type": name, "weights": "none", "include_top": False, "pooling": "avg"}
    assert differences({"input": [75, 80, 3], "layers": [entry]}) == []
    keras.utils.clear_session()


SIZES = {"MobileNetV2": 224, "MobileNet": 224, "MobileNetV3Small": 224, "NASNetMobile": 224, "EfficientNetB0": 224}
SIZES |= {"EfficientNetV2B0": 224, "ConvNeXtTiny": 224, "Xception": 299, "VGG16": 224}
BARE = {"include_top": False}
TRAINED = [
    ("VGG16", {}, [224, 224, 3]),
    ("VGG16", {}, [224, 225, 3]),
    ("VGG16", {"classes": 10}, [224, 224, 3]),
    ("VGG16", {**BARE, "classes": 10}, [64, 64, 3]),
    ("VGG16", BARE, [64, 64, 1]),
    ("VGG16", BARE, ["T", "T", 3]),
    ("Xception", {}, [224, 224, 3]),
    ("MobileNet", {}, [128, 128, 3]),
    ("MobileNet", {}, [224, 224, 3]),
    ("MobileNet", {}, [96, 96, 3]),
    ("MobileNet", {"classifier_activation": "sigmoid"}, [128, 128, 3]),
    ("MobileNet", {"classifier_activation": "none"}, [128, 128, 3]),
    ("MobileNet", {"classifier_activation": "linear"}, [128, 128, 3]),
    ("MobileNet", {**BARE, "alpha": 0.25}, [100, 90, 3]),
    ("MobileNet", {**BARE, "alpha": 0.35}, [100, 90, 3]),
    ("MobileNet", {**BARE, "depth_multiplier": 2}, [96, 96, 3]),
    ("MobileNetV2", {}, [96, 96, 3]),
    ("MobileNetV2", {}, [96, 128, 3]),
    ("MobileNetV2", {**BARE, "alpha": 1.4, "name": "base"}, [96, 90, 3]),
    ("MobileNetV2", {**BARE, "alpha": 1.2}, [96, 96, 3]),
    ("MobileNetV2", {**BARE, "alpha": 1}, [96, 96, 3]),
    ("MobileNetV3Small", {}, [96, 128, 3]),
    ("MobileNetV3Small", BARE, [64, 64, 1]),
    ("MobileNetV3Small", {**BARE, "alpha": 0.75}, [64, 64, 3]),
    ("MobileNetV3Small", {**BARE, "alpha": 0.75, "minimalistic": True}, [64, 64, 3]),
    ("MobileNetV3Small", {**BARE, "alpha": 0.5}, [64, 64, 3]),
    ("NASNetMobile", BARE, [40, 45, 3]),
    ("NASNetMobile", BARE, ["T", "T", 3]),
    ("EfficientNetB0", BARE, [64, 64, 3]),
    ("EfficientNetB0", {**BARE, "name": "base"}, [64, 64, 3]),
    ("EfficientNetV2B0", {**BARE, "include_preprocessing": False}, [64, 64, 3]),
    ("EfficientNetV2B0", {**BARE, "name": "efficientnetv2-b1"}, [64, 64, 3]),
    ("ConvNeXtTiny", {**BARE, "include_preprocessing": False}, [64, 64, 3]),
    ("ConvNeXtTiny", {**BARE, "name": "base"}, [64, 64, 3]),
    ("ConvNeXtTiny", {**BARE, "name": "my_convnext_tiny"}, [64, 64, 3]),
]


@pytest.mark.filterwarnings("ignore:.input_shape. is undefined or non-square:UserWarning")
@pytest.mark.parametrize(
    ("name", "given", "shape"),
    [pytest.param(*case, marks=[] if case[0] == "MobileNet" else [pytest.mark.nightly]) for case in TRAINED],
)
def test_trained_weights(name, given, shape, monkeypatch):
    """Keras with the download and the loading replaced: is there such a file, and do its weights fit the model?"""
    arguments = {key: None if value == "none" else value for key, value in given.items()}

    def fetch(file_name, *args, **kwargs):
        usual = getattr(keras.applications, name).__name__.lower()
        stem = file_name.removesuffix(".h5").removesuffix("_notop").replace("-", "").replace("_", "")
        if name.startswith(("EfficientNet", "ConvNeXt")) and stem != usual:
            raise FileNotFoundError(file_name)
        return file_name

    def load(model, path):
        usual = {k: v for k, v in arguments.items() if k in ("include_top", "alpha", "minimalistic")}
        size = SIZES[name]
        default = getattr(keras.applications, name)(weights=None, input_shape=(size, size, 3), **usual)
        assert [w.shape for w in model.weights] == [w.shape for w in default.weights]

    monkeypatch.setattr(file_utils, "get_file", fetch)
    monkeypatch.setattr(keras.Model, "load_weights", load)
    sizes = tuple(size if isinstance(size, int) else None for size in shape)
    try:
        getattr(keras.applications, name)(input_shape=sizes, **arguments)
        error = None
    except (ValueError, FileNotFoundError, AssertionError) as refusal:
        error = refusal
    report = seqspec.check({"seqspec": 1, "model": {"input": shape, "layers": [{"type": name, **given}]}})
    assert report.ok == (error is None), (error, [d.message for d in report.diagnostics])


WITHOUT_INPUT = [
    ("VGG16", {"include_top": False, "input_shape": [40, 40, 3]}),
    ("Xception", {"include_top": False, "input_shape": [80, None, 1]}),
    ("MobileNetV3Small", {}),
    ("MobileNet", {}),
    ("MobileNetV2", {"include_top": False}),
    ("NASNetMobile", {"include_top": False}),
    ("EfficientNetV2B1", {}),
    ("Xception", {"include_top": False, "pooling": "avg"}),
]


@pytest.mark.parametrize(
    ("name", "given"),
    [pytest.param(*case, marks=[pytest.mark.nightly] if index > 2 else []) for index, case in enumerate(WITHOUT_INPUT)],
)
def test_the_first_layer_fixes_the_input(name, given):
    entry = {"type": name, "weights": "none", **given}
    report = seqspec.check({"seqspec": 1, "model": {"layers": [entry]}})
    assert report.ok, [d.message for d in report.diagnostics]
    made = getattr(keras.applications, name)(weights=None, **given)
    assert report.layers[0].input.shape == made.input_shape
    assert report.layers[0].output.shape == made.output_shape
    assert report.params == made.count_params()


def test_names_of_unknown_sizes_are_kept():
    entry = {"type": "VGG16", "include_top": False, "input_shape": ["H", "W", 3]}
    report = seqspec.check({"seqspec": 1, "model": {"layers": [entry]}})
    assert str(report.layers[0].output) == "(H//32, W//32, 512)"
    assert report.layers[0].layer.to_tree()["input_shape"] == ["H", "W", 3]


def test_models_that_differ_only_in_words_are_built_once():
    first, second = (
        seqspec.check({"seqspec": 1, "model": {"input": ["?", "?", 3], "layers": [{"type": "VGG16", **given}]}})
        for given in (
            {"include_top": False, "name": "base"},
            {"include_top": False, "weights": "none", "trainable": False},
        )
    )
    one, other = (
        report.layers[0].layer._graph(report.layers[0].input, report.layers[0]._env) for report in (first, second)
    )
    assert one is other
    assert first.trainable_params == first.params == second.params
    assert second.trainable_params == 0


BASE = {"type": "MobileNetV2", "include_top": False, "weights": "none", "pooling": "avg"}


def test_time_distributed_application_equals_keras():
    entry = {"type": "TimeDistributed", "layer": {**BASE, "trainable": False}}
    report = seqspec.check({"seqspec": 1, "model": {"input": [5, 64, 64, 3], "layers": [entry]}})
    assert report.ok, [d.message for d in report.diagnostics]
    base = keras.applications.MobileNetV2(include_top=False, weights=None, pooling="avg", input_shape=(64, 64, 3))
    base.trainable = False
    made = keras.layers.TimeDistributed(base)
    assert report.layers[0].output.shape == made(keras.Input((5, 64, 64, 3))).shape
    assert [tuple(w) for w in report.layers[0].weights] == [
        (w.name, tuple(w.shape), w.dtype, w.trainable) for w in made.weights
    ]


def test_spectral_normalization_of_an_application_is_refused():
    entry = {"type": "SpectralNormalization", "layer": BASE}
    report = seqspec.check({"seqspec": 1, "model": {"input": [64, 64, 3], "layers": [entry]}})
    base = keras.applications.MobileNetV2(include_top=False, weights=None, pooling="avg", input_shape=(64, 64, 3))
    with pytest.raises(ValueError, match="kernel"):
        keras.layers.SpectralNormalization(base)(keras.Input((64, 64, 3)))
    assert not report.ok
