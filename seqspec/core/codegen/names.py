"""Layer names that a program must set, because Keras would generate others.

A document counts the layers of each stack, Keras all layers of the process: after `Bidirectional(LSTM(8))`, the next
LSTM is named `lstm_1` by Keras, and `lstm` in the document.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from seqspec.core.catalog.applications.application import Application
from seqspec.core.catalog.keras_object import given_arguments
from seqspec.core.catalog.layer import Layer
from seqspec.core.language.names import snake_case

_AUGMENTATIONS = (
    "auto_contrast", "equalization", "random_brightness", "random_color_degeneration", "random_contrast",
    "random_posterization", "random_rotation", "random_sharpness", "random_shear", "random_translation", "solarization",
)  # fmt: skip
_INCEPTION = ("activation", "average_pooling2d", "batch_normalization", "concatenate", "conv2d", "max_pooling2d")
_LAYERS: dict[str, tuple[str, ...]] = {
    "AugMix": _AUGMENTATIONS,
    "GRU": ("gru_cell",),
    "LSTM": ("lstm_cell",),
    "RandAugment": _AUGMENTATIONS,
    "RandomColorJitter": ("random_brightness", "random_contrast", "random_hue", "random_saturation"),
    "RNN": ("stacked_rnn_cells",),
    "SimpleRNN": ("simple_rnn_cell",),
    "TextVectorization": ("string_lookup",),
}
"""The layers that Keras creates inside others with automatic names, by name prefix."""

_APPLICATIONS: dict[tuple[str, ...], tuple[str, ...]] = {
    ("ConvNeXt",): ("add", "layer_normalization"),
    ("DenseNet",): ("zero_padding2d",),
    ("EfficientNet",): ("normalization", "rescaling"),
    ("Inception",): _INCEPTION,
    ("MobileNetV3",): ("activation", "add", "multiply", "re_lu", "rescaling"),
    ("NASNet",): ("activation", "add", "concatenate", "cropping2d", "zero_padding2d"),
    ("ResNet50V2", "ResNet101V2", "ResNet152V2"): ("max_pooling2d",),
    ("Xception",): ("add", "batch_normalization", "conv2d"),
}
"""The same for base models, by name prefix."""


class Names:
    """The automatic names that Keras has generated so far in a program.

    Args:
        layers: All layers of the document, including nested ones. Keras creates hidden layers inside them that use up
            numbers, so layers of the same kind get explicit names.
    """

    def __init__(self, layers: Iterable[Layer]) -> None:
        self._counts: Counter[str] = Counter()
        self._hidden = {stem for layer in layers for stem in hidden_names(layer)}

    def to_write(self, class_name: str, preferred: str) -> str | None:
        """The explicit name of the next object of a class; None if Keras generates the preferred one."""
        stem = snake_case(class_name)
        count = self._counts[stem]
        if stem in self._hidden or preferred != (f"{stem}_{count}" if count else stem):
            return preferred
        self._counts[stem] += 1
        return None


def hidden_names(layer: Layer) -> tuple[str, ...]:
    """The stems of the automatic names of hidden layers inside this one."""
    name = type(layer).__name__
    if isinstance(layer, Application):
        return next((hidden for names, hidden in _APPLICATIONS.items() if name.startswith(names)), ())
    return _LAYERS.get(name, ())


def every_layer(layers: Iterable[Layer]) -> Iterator[Layer]:
    """The layers and all nested ones."""
    for layer in layers:
        yield layer
        for value in given_arguments(layer).values():
            string_range = value if isinstance(value, list) else [value]
            yield from every_layer(entry for entry in string_range if isinstance(entry, Layer))
