"""Models for images, texts and sounds, of a size that suits the data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from seqspec.training.scaffold.pieces import CLASS_WEIGHT, compile_lines, last_layer, training_lines
from seqspec.training.scaffold.task import Task

SMALL_IMAGE = 64
"""Images up to this height and width get a network of their own, larger ones MobileNetV2."""
TRANSFER_SIZE = 160
_WIDTHS = (32, 64, 128)
_MAX_WORDS = 512
_MAX_SAMPLES = 160_000
_SPECTROGRAM_SAMPLES = 4_096
"""Samples of a clip from which on a spectrogram is computed."""
_AUGMENTATION = "# Augmentation is active only in training. Remove transformations that change the class."


def _batch(count: int) -> int:
    """The batch size for a number of files."""
    return 8 if count < 200 else 32 if count < 5_000 else 64


class MediaModel(NamedTuple):
    """A model for files.

    Attributes:
        input: The value of `input`.
        layers: The layers, and comments.
        training: The lines of `[compile]` and `[fit]`.
        source: Further lines of each source.
        summary: The model in a line.
    """

    input: str
    layers: list[str]
    training: list[str]
    source: list[str]
    summary: str


class ImageFacts(NamedTuple):
    """Heights and widths of some images, and the channels of all."""

    sizes: Sequence[tuple[int, int]]
    channels: int

    @property
    def size(self) -> tuple[int, int]:
        """The median height and width."""
        return int(np.median([height for height, _ in self.sizes])), int(np.median([width for _, width in self.sizes]))


class TextFacts(NamedTuple):
    """The words of some texts, and the number of all texts."""

    words: Sequence[int]
    total: int

    @property
    def length(self) -> int:
        """Words that 9 of 10 texts do not exceed, as a multiple of 16."""
        return min(_MAX_WORDS, max(16, 16 * int(np.ceil(np.percentile(self.words, 90) / 16))))

    @property
    def vocabulary(self) -> int:
        """Words that get an embedding."""
        return 2_000 if self.total < 1_000 else 10_000 if self.total < 50_000 else 20_000


class AudioFacts(NamedTuple):
    """The sampling rate, and the number of samples of some clips."""

    rate: int
    samples: Sequence[int]

    @property
    def length(self) -> int:
        """Samples that 9 of 10 clips do not exceed."""
        return min(_MAX_SAMPLES, int(np.percentile(self.samples, 90)))


_TRAINED = 0.7
"""The fraction of the samples that a random split trains on."""
_MOMENTA = (0.99, 0.95, 0.9, 0.8)
"""The momenta of moving statistics that are written, that of Keras first."""


def image_model(facts: ImageFacts, task: Task, count: int, validated: bool) -> MediaModel:
    """A small CNN, or MobileNetV2 in two stages for images above 64 pixels."""
    height, width = facts.size
    if max(height, width) > SMALL_IMAGE:
        return _transfer_model(task, count)
    shape = [height, width, facts.channels]
    layers, summary = cnn_layers(height, width, count)
    scaled = [
        '{ type = "Rescaling", scale = "1/255" },',
        _AUGMENTATION,
        '{ type = "RandomTranslation", height_factor = 0.1, width_factor = 0.1 },',
    ]
    return MediaModel(
        f'{{ shape = {shape}, dtype = "uint8", name = "image" }}',
        [*scaled, *layers, f"{last_layer(task, 'head')},"],
        training_lines(task, count, validated, _batch(count)),
        [f"size = [{height}, {width}]", f"channels = {facts.channels}"],
        f"{height} × {width} × {facts.channels} → {summary} → {task.units}",
    )


def cnn_layers(height: int, width: int, count: int) -> tuple[list[str], str]:
    """Convolutions for small images, as many as halve the size down to 4 pixels, and what they are in a line."""
    normalization = batch_normalization(count)
    blocks = max(1, min(len(_WIDTHS), int(np.log2(max(1, min(height, width) / 4)))))
    layers = []
    for filters in _WIDTHS[:blocks]:
        conv = f'{{ type = "Conv2D", filters = {filters}, kernel_size = 3, padding = "same", use_bias = false }},'
        layers += [conv, normalization, '{ type = "Activation", activation = "relu" },', '"MaxPooling2D",']
    layers += ['"GlobalAveragePooling2D",', '{ type = "Dropout", rate = 0.2 },']
    return layers, " → ".join(f"Conv2D {filters}" for filters in _WIDTHS[:blocks])


def batch_normalization(count: int) -> str:
    """A BatchNormalization whose moving statistics follow within a quarter of an epoch.

    With Keras's momentum of 0.99 they are those of about 100 steps: where an epoch has fewer, the validation of the
    first epochs is that of weights which no longer exist, and an early stop keeps the first epoch.
    """
    steps = _TRAINED * count / _batch(count)
    momentum = next((value for value in _MOMENTA if 4 / (1 - value) <= steps), _MOMENTA[-1])
    return (
        '"BatchNormalization",'
        if momentum == _MOMENTA[0]
        else f'{{ type = "BatchNormalization", momentum = {momentum} }},'
    )


def _transfer_model(task: Task, count: int) -> MediaModel:
    size = TRANSFER_SIZE
    layers = [
        _AUGMENTATION,
        '{ type = "RandomFlip", mode = "horizontal" },',
        '{ type = "RandomRotation", factor = 0.1 },',
        '{ type = "Rescaling", scale = "1/127.5", offset = -1.0 },  # the pixels that MobileNetV2 expects: -1 to 1',
        "# The weights of ImageNet are downloaded once.",
        '{ type = "MobileNetV2", include_top = false, weights = "imagenet", pooling = "avg", trainable = false, '
        'name = "base" },',
        '{ type = "Dropout", rate = 0.2 },',
        f"{last_layer(task, 'head')},",
    ]
    weight, batch = [CLASS_WEIGHT] if task.rare else [], f"batch_size = {min(32, _batch(count))}"
    training = [
        *compile_lines(task), "",
        "[[fit]]", "# First the new head alone.", 'name = "head"', "epochs = 10", batch, *weight, "",
        "[[fit]]", "# Then the last layers of the base model too, in small steps.",
        'name = "fine-tuning"', "epochs = 10",
        batch, "trainable = { base = { last = 30 } }", "learning_rate = 1e-5", *weight,
    ]  # fmt: skip
    summary = f"{size} × {size} × 3 → MobileNetV2 → {task.units}, in two stages"
    return MediaModel(
        f'{{ shape = [{size}, {size}, 3], name = "image" }}', layers, training, [f"size = [{size}, {size}]"], summary
    )


def text_model(facts: TextFacts, task: Task, validated: bool) -> MediaModel:
    """Embeddings of words, averaged."""
    size, length = facts.vocabulary, facts.length
    layers = [
        f'{{ type = "TextVectorization", max_tokens = {size}, output_sequence_length = {length} }},  # words per text',
        f'{{ type = "Embedding", input_dim = {size}, output_dim = 32, mask_zero = true }},',
        '"GlobalAveragePooling1D",',
        '{ type = "Dropout", rate = 0.2 },',
        f"{last_layer(task, 'head')},",
    ]
    training = training_lines(task, facts.total, validated, _batch(facts.total), rate="3e-3")
    summary = f"{size:,} words × 32 → mean of {length} words → {task.units}"
    return MediaModel('{ shape = [], dtype = "string", name = "text" }', layers, training, [], summary)


def audio_model(facts: AudioFacts, task: Task, count: int, validated: bool) -> MediaModel:
    """A CNN on the mel spectrogram; 1D convolutions for very short clips."""
    length = facts.length
    if length >= _SPECTROGRAM_SAMPLES:
        layers = [
            f'{{ type = "Reshape", target_shape = [{length}] }},',
            f'{{ type = "MelSpectrogram", sampling_rate = {facts.rate}, fft_length = 512, sequence_stride = 128, '
            "num_mel_bins = 64 },",
            '{ type = "Reshape", target_shape = [64, -1, 1] },  # mel bands, time steps, 1 channel',
            batch_normalization(count),
            *cnn_layers(32, 32, count)[0],
        ]
        summary = "mel spectrogram → Conv2D 32 → Conv2D 64 → Conv2D 128"
    else:
        layers = [
            '{ type = "Conv1D", filters = 16, kernel_size = 32, strides = 4, padding = "same", activation = "relu" },',
            '{ type = "MaxPooling1D", pool_size = 4 },',
            '{ type = "Conv1D", filters = 32, kernel_size = 8, padding = "same", activation = "relu" },',
            '"GlobalAveragePooling1D",',
        ]
        summary = "Conv1D 16 → Conv1D 32"
    seconds = length / facts.rate
    return MediaModel(
        f'{{ shape = [{length}, 1], name = "wave" }}',
        [*layers, f"{last_layer(task, 'head')},"],
        training_lines(task, count, validated, _batch(count)),
        [f"samples = {length}  # {seconds:.3g} s at {facts.rate:,} Hz; longer clips are cut"],
        f"{length:,} samples → {summary} → {task.units}",
    )
