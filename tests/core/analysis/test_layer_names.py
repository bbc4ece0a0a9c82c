"""Automatic layer names: the class names in Keras's spelling, numbered, without collisions with explicit names."""

from seqspec.core.analysis.layer_report import layer_names
from seqspec.core.catalog.reading import read_layer


def named(*entries):
    return layer_names([read_layer(entry, []) for entry in entries])


def test_order_and_stems():
    assert named("Flatten", "GlobalAveragePooling2D", "Flatten", "BatchNormalization", "ReLU") == [
        "flatten",
        "global_average_pooling2d",
        "flatten_1",
        "batch_normalization",
        "re_lu",
    ]


def test_a_taken_name_is_passed_over():
    assert named("Flatten", {"type": "Identity", "name": "flatten"}, "Flatten") == ["flatten_1", "flatten", "flatten_2"]
