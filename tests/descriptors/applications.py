"""The base models: one small member of each family with many arguments, images and refusals.

The larger members, which take seconds to build, stand once in `tests/core/differential/test_applications.py`.
"""

from tests.descriptors.descriptor import Descriptor

_BARE = {"weights": "none", "include_top": False}
_TOP = {"weights": "none", "classes": 7}
# Keras refuses these before it builds a layer, or at the first one.
_REFUSED = (
    [31, 64, 3],
    [64, 31, 3],
    [3, 64, 64],
    [64, 64],
    [64],
    [],
    [2, 64, 64, 3],
    [64, 64, "C"],
    [0, 0, 3],
)


def _refusals(name, smallest=32, **arguments):
    bare = {"type": name, **_BARE, **arguments}
    top = {"type": name, **_TOP, **arguments}
    cases = [([bare], shape) for shape in _REFUSED]
    cases += [
        ([bare], [smallest - 1, smallest, 3]),
        ([bare], ["T", smallest - 1, 3]),
        ([top], ["T", "T", 3]),
        ([top], [smallest, "?", 3]),
        ([{**bare, "input_shape": [smallest - 1, 96, 3]}], ["T", 96, 3]),
    ]
    return tuple(cases)


def _model(name, *pairs, smallest=32, refusals=True, **arguments):
    fixed = _refusals(name, smallest, **arguments) if refusals else ()
    return Descriptor(name, (), (), pairs=(*fixed, *(([{"type": name, **given}], image) for given, image in pairs)))


DESCRIPTORS = [
    _model(
        "VGG16",
        (_BARE, [32, 40, 3]),
        (_BARE, ["H", "W", 3]),
        (_BARE, ["T", 47, 4]),
        ({**_BARE, "pooling": "avg"}, {"shape": [33, 64, 1], "batch_size": 2}),
        ({**_BARE, "pooling": "max", "trainable": False}, ["?", "?", 2]),
        # Keras takes any other word for no pooling, and classes without a top for nothing.
        ({**_BARE, "pooling": "average", "classes": -1}, [32, 32, 3]),
        ({**_TOP, "classifier_activation": "none", "name": "base"}, [33, 32, 3]),
        ({**_TOP, "classes": 0}, [32, 32, 3]),
        ({**_TOP, "classes": -1}, [32, 32, 3]),
        ({**_TOP, "input_shape": [32, 32, 3]}, [32, 32, 3]),
        ({**_TOP, "input_shape": [32, 32, 3]}, ["T", "T", 3]),
        ({**_BARE, "input_shape": [96, 96, 3]}, [80, 96, 3]),
        ({**_BARE, "input_shape": [96, 96, 3]}, [96, 96, 4]),
        # Grey images pass where colour was declared, and the other way round, until data arrives.
        ({**_BARE, "input_shape": [32, 32, 3]}, [32, 32, 1]),
        ({**_BARE, "input_shape": [32, 32, 1]}, [32, 32, 3]),
        ({**_BARE, "input_shape": [32, 32, 3]}, [32, 32, 3, 1]),
        ({**_BARE, "input_shape": [None, None, 3]}, [64, 40, 3]),
        ({**_BARE, "input_shape": [None, 40, 3]}, ["T", "T", "C"]),
        ({**_BARE, "input_shape": [None, None, 3]}, [16, 40, 3]),
        # What arrives is not looked at before the first batch.
        (_BARE, {"shape": [32, 32, 3], "dtype": "uint8"}),
        (_BARE, {"shape": [32, 32, 3], "dtype": "string", "batch_size": 3}),
        (_BARE, {"shape": [32, 32, 3], "dtype": "float64"}),
    ),
    _model("ResNet50", (_BARE, [33, 64, 3]), (_TOP, [40, 50, 1])),
    _model("ResNet50V2", (_BARE, ["T", "T", 3]), (_TOP, [40, 51, 3])),
    _model("DenseNet121", (_BARE, ["H", 51, 3]), (_TOP, [40, 51, 3])),
    _model("InceptionV3", ({**_BARE, "pooling": "max"}, [75, 90, 3]), (_BARE, ["T", "T", 1]), smallest=75),
    _model("Xception", (_BARE, [71, 90, 3]), (_BARE, ["T", "T", 3]), smallest=71),
    _model(
        "MobileNet",
        ({**_BARE, "alpha": 0.25}, [33, 47, 3]),
        ({**_BARE, "alpha": 1.3, "depth_multiplier": 2, "pooling": "avg"}, ["T", 40, 3]),
        ({**_TOP, "alpha": 0.5, "dropout": 0}, [32, 33, 4]),
        ({**_TOP, "dropout": 1.5}, [32, 32, 3]),
        ({**_TOP, "classes": 0}, [32, 32, 3]),
        ({**_BARE, "dropout": 1.5, "alpha": 0.03125}, [32, 32, 3]),
        ({**_BARE, "alpha": 0.03}, [32, 32, 3]),
        ({**_BARE, "alpha": -1}, [32, 32, 3]),
        ({**_BARE, "depth_multiplier": 0}, [32, 32, 3]),
    ),
    _model(
        "MobileNetV2",
        ({**_BARE, "alpha": 0.35}, [33, 46, 3]),
        ({**_BARE, "alpha": 1.4, "pooling": "avg", "trainable": False}, ["T", "T", 1]),
        # The height decides whether the sizes count as unknown.
        (_BARE, ["T", 45, 3]),
        (_BARE, [45, "T", 3]),
        (_TOP, [96, 96, 3]),
        # A width of zero or less leaves eight filters.
        ({**_BARE, "alpha": 0}, [32, 32, 3]),
        ({**_BARE, "alpha": -2}, [32, 32, 3]),
    ),
    _model(
        "MobileNetV3Small",
        ({**_BARE, "alpha": 0.75}, [33, 46, 3]),
        ({**_BARE, "minimalistic": True, "alpha": 1.2, "include_preprocessing": False}, ["T", "T", 1]),
        # The top works over unknown sizes here, and the least size is asked only of two known ones.
        ({**_TOP, "alpha": 1.5, "dropout_rate": -1}, ["T", "T", 3]),
        (_BARE, ["T", 20, 3]),
        (_BARE, [20, "T", 3]),
        (_BARE, [0, 20, 3]),
        (_BARE, [31, 40, 3]),
        ({**_TOP, "dropout_rate": 1.5}, [32, 32, 3]),
        ({**_BARE, "dropout_rate": 1.5}, [32, 32, 3]),
        ({**_BARE, "name": "none"}, [32]),
        (_BARE, [32, 32]),
        (_BARE, [32, 32, "C"]),
        (_BARE, [2, 32, 32, 3]),
        refusals=False,
    ),
    _model("MobileNetV3Large", ({**_TOP, "minimalistic": True}, [32, 32, 3]), (_BARE, ["T", 46, 3]), refusals=False),
    _model(
        "NASNetMobile",
        (_BARE, [37, 50, 3]),
        # With an unknown width the cells are joined in another way.
        (_BARE, ["T", "T", 3]),
        (_BARE, [40, "T", 3]),
    ),
    _model("EfficientNetB0", (_BARE, [33, 46, 1]), (_TOP, [32, 32, 3]), (_BARE, ["T", "T", 3]), (_BARE, [33, "T", 3])),
    _model(
        "EfficientNetV2B0",
        (_BARE, [33, 46, 3]),
        ({**_TOP, "include_preprocessing": False}, [32, 32, 4]),
        # The name chooses the blocks.
        ({**_BARE, "name": "efficientnetv2-s"}, ["T", "T", 3]),
        ({**_BARE, "name": "base"}, [32, 32, 3]),
        ({**_BARE, "name": "none"}, [32, 32, 3]),
    ),
    _model(
        "ConvNeXtTiny",
        ({**_BARE, "pooling": "avg", "name": "base"}, ["T", 40, 3]),
        ({**_TOP, "include_preprocessing": False}, [32, 32, 1]),
        ({**_BARE, "name": "none"}, [32, 32, 3]),
    ),
]
