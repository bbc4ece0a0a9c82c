"""One model for each layer that a Sequential model can hold, and for arguments that affect an export format.

`ROWS` are the models whose number the documentation states, `STACKS` further arguments and combinations of layers.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

import numpy as np

from seqspec.core.catalog.index import APPLICATIONS
from tests.descriptors import FIRST_MODELS


class Row(NamedTuple):
    """A model with one layer of interest: its last one, or the one before the last where a layer follows."""

    name: str
    layers: list[Any]
    input: Any
    samples: str = "normal"
    policy: str = "float32"

    @property
    def tree(self) -> dict[str, Any]:
        """The spec of the row."""
        tree: dict[str, Any] = {"seqspec": 1, "model": {"input": self.input, "layers": self.layers}}
        if self.policy != "float32":
            tree["runtime"] = {"dtype_policy": self.policy}
        return tree

    @property
    def sizes(self) -> list[Any]:
        """The shape of the input without the batch; "T" is an unknown size."""
        shape: list[Any] = self.input["shape"] if isinstance(self.input, dict) else self.input
        return shape

    def inputs(self, count: int = 2, steps: int = 5) -> Any:
        """Samples for the model, always the same; unknown sizes are `steps`."""
        rng = np.random.default_rng(7)
        shape = (count, *(steps if size == "T" else size for size in self.sizes))
        if self.samples == "integers":
            return rng.integers(0, 4, shape).astype("int32")
        if self.samples == "words":
            return rng.choice(np.array(["red", "green", "blue"], object), shape)
        if self.samples == "image":
            return rng.uniform(0, 255, shape).astype("float32")
        if self.samples == "padded":
            x = rng.normal(size=shape).astype("float32")
            x[:, -2:] = 0
            return x
        dtype = self.input.get("dtype", "float32") if isinstance(self.input, dict) else "float32"
        return rng.normal(size=shape).astype(dtype)


def _one(name: str, input: Any, samples: str = "normal", *, as_type: str | None = None, **arguments: Any) -> Row:
    return Row(name, [{"type": as_type or name, **arguments}], input, samples)


_FEATURES, _STEPS, _IMAGE, _VOLUME = [6], [8, 3], [8, 8, 3], [6, 6, 6, 2]
_BY_RANK = {1: _STEPS, 2: _IMAGE, 3: _VOLUME}
_WORDS = {"shape": [3], "dtype": "string"}
_INTEGERS = {"shape": [4], "dtype": "int32"}


def _spatial(rank: int) -> list[Row]:
    shape, samples = _BY_RANK[rank], "image" if rank == 2 else "normal"
    rows = [
        _one(f"Conv{rank}D", shape, samples, filters=4, kernel_size=3),
        _one(f"Conv{rank}DTranspose", shape, samples, filters=4, kernel_size=3, strides=2),
        _one(f"MaxPooling{rank}D", shape, samples),
        _one(f"AveragePooling{rank}D", shape, samples, pool_size=2),
        _one(f"GlobalMaxPooling{rank}D", shape, samples),
        _one(f"GlobalAveragePooling{rank}D", shape, samples),
        _one(f"AdaptiveMaxPooling{rank}D", shape, samples, output_size=3),
        _one(f"AdaptiveAveragePooling{rank}D", shape, samples, output_size=3),
        _one(f"Cropping{rank}D", shape, samples, cropping=1),
        _one(f"UpSampling{rank}D", shape, samples, size=2),
        _one(f"ZeroPadding{rank}D", shape, samples, padding=1),
        _one(f"SpatialDropout{rank}D", shape, samples, rate=0.3),
    ]
    if rank < 3:
        rows += [
            _one(f"DepthwiseConv{rank}D", shape, samples, kernel_size=3),
            _one(f"SeparableConv{rank}D", shape, samples, filters=4, kernel_size=3),
        ]
    rows.append(_one(f"ConvLSTM{rank}D", [4, *[5] * rank, 2], filters=2, kernel_size=3))
    return rows


def _recurrent() -> list[Row]:
    rows = []
    for kind in ("LSTM", "GRU", "SimpleRNN"):
        rows += [
            _one(kind, _STEPS, units=4),
            _one(f"{kind} seq", _STEPS, as_type=kind, units=4, return_sequences=True),
            _one(f"{kind} unroll", _STEPS, as_type=kind, units=4, unroll=True, use_cudnn=False)
            if kind != "SimpleRNN"
            else _one(f"{kind} unroll", _STEPS, as_type=kind, units=4, unroll=True),
        ]
    cells = [{"type": "LSTMCell", "units": 3}, {"type": "GRUCell", "units": 2}]
    stacked = {"type": "StackedRNNCells", "cells": cells}
    return [
        *rows,
        _one("LSTM any length", ["T", 3], as_type="LSTM", units=4),
        _one("LSTM stateful", {"shape": _STEPS, "batch_size": 2}, as_type="LSTM", units=4, stateful=True),
        _one("GRU reset_after=False", _STEPS, as_type="GRU", units=4, reset_after=False),
        _one("RNN stacked cells", _STEPS, as_type="RNN", cell=stacked),
        _one("Bidirectional", _STEPS, layer={"type": "LSTM", "units": 4}),
    ]


def _augmentation() -> list[Row]:
    arguments: dict[str, dict[str, Any]] = {
        "RandomBrightness": {"factor": 0.3},
        "RandomColorDegeneration": {"factor": 0.5},
        "RandomColorJitter": {"brightness_factor": 0.2, "contrast_factor": 0.2},
        "RandomContrast": {"factor": 0.3},
        "RandomErasing": {"factor": 1.0},
        "RandomGaussianBlur": {"factor": 1.0, "kernel_size": 3, "sigma": 1.0},
        "RandomGrayscale": {"factor": 1.0},
        "RandomHue": {"factor": 0.3},
        "RandomInvert": {"factor": 1.0},
        "RandomPosterization": {"factor": 2},
        "RandomSaturation": {"factor": 0.3},
        "RandomSharpness": {"factor": 0.5},
        "Solarization": {"addition_factor": 0.5, "threshold_factor": 0.5, "value_range": [0, 255]},
        "RandomElasticTransform": {"factor": 1.0},
        "RandomFlip": {},
        "RandomPerspective": {"factor": 1.0},
        "RandomRotation": {"factor": 0.2},
        "RandomShear": {"x_factor": 0.3, "y_factor": 0.3},
        "RandomTranslation": {"height_factor": 0.3, "width_factor": 0.3},
        "RandomZoom": {"height_factor": 0.3},
        "AugMix": {},
        "CutMix": {},
        "MixUp": {},
        "RandAugment": {},
    }
    return [_one(name, _IMAGE, "image", **given) for name, given in arguments.items()]


def _rows() -> list[Row]:
    vocabulary = ["red", "green"]
    dense = {"type": "Dense", "units": 4}
    return [
        _one("Dense", _FEATURES, units=4),
        _one("Embedding", _INTEGERS, "integers", input_dim=5, output_dim=3),
        _one("ReversibleEmbedding", _INTEGERS, "integers", input_dim=5, output_dim=3),
        _one("Identity", _FEATURES),
        _one("Masking", _STEPS, "padded"),
        Row("Masking+LSTM", ["Masking", {"type": "LSTM", "units": 4}], _STEPS, "padded"),
        _one("EinsumDense", _STEPS, equation="abc,cd->abd", output_shape=[None, 4]),
        _one("Activation", _FEATURES, activation="gelu"),
        _one("ELU", _FEATURES),
        _one("LeakyReLU", _FEATURES),
        _one("PReLU", _FEATURES),
        _one("ReLU", _FEATURES),
        _one("Softmax", _FEATURES),
        *_spatial(1),
        *_spatial(2),
        *_spatial(3),
        _one("Conv2D groups", [8, 8, 4], as_type="Conv2D", filters=4, kernel_size=3, groups=2),
        _one("Conv2D dilation", _IMAGE, "image", as_type="Conv2D", filters=4, kernel_size=3, dilation_rate=2),
        _one("Conv1D causal", _STEPS, as_type="Conv1D", filters=4, kernel_size=3, padding="causal"),
        _one("Flatten", _IMAGE),
        _one("Reshape", _STEPS, target_shape=[4, 6]),
        _one("Permute", _STEPS, dims=[2, 1]),
        _one("RepeatVector", _FEATURES, n=3),
        _one("BatchNormalization", _IMAGE, "image"),
        _one("GroupNormalization", [8, 8, 4], groups=2),
        _one("LayerNormalization", _FEATURES),
        _one("RMSNormalization", _FEATURES),
        _one("UnitNormalization", _FEATURES),
        _one("ActivityRegularization", _FEATURES, l2=0.1),
        _one("AlphaDropout", _FEATURES, rate=0.3),
        _one("Dropout", _FEATURES, rate=0.3),
        _one("GaussianDropout", _FEATURES, rate=0.3),
        _one("GaussianNoise", _FEATURES, stddev=0.3),
        *_recurrent(),
        _one("TimeDistributed", _STEPS, layer=dense),
        _one("TimeDistributed Conv2D", [4, 8, 8, 3], as_type="TimeDistributed", layer=_CONVOLUTION),
        _one("SpectralNormalization", _FEATURES, layer=dense),
        _one("Sequential", _FEATURES, layers=[{"type": "Dense", "units": 4, "activation": "relu"}, dense]),
        Row(
            "Embedding mask_zero+LSTM",
            [{"type": "Embedding", "input_dim": 5, "output_dim": 3, "mask_zero": True}, {"type": "LSTM", "units": 4}],
            _INTEGERS,
            "integers",
        ),
        _one("CategoryEncoding", _INTEGERS, "integers", num_tokens=4, output_mode="multi_hot"),
        _one("Discretization", _FEATURES, bin_boundaries=[-0.5, 0.0, 0.5]),
        _one("Hashing", _INTEGERS, "integers", num_bins=5),
        _one("Hashing string", _WORDS, "words", as_type="Hashing", num_bins=5),
        _one("Normalization", _FEATURES, mean=[0.1] * 6, variance=[2.0] * 6),
        _one("Rescaling", _IMAGE, "image", scale="1/255"),
        _one("IntegerLookup", _INTEGERS, "integers", vocabulary=[1, 2, 3]),
        _one("StringLookup", _WORDS, "words", vocabulary=vocabulary),
        _one("TextVectorization", {"shape": [], "dtype": "string"}, "words", vocabulary=vocabulary),
        _one("MelSpectrogram", [400], fft_length=64, sequence_stride=32, num_mel_bins=8, sampling_rate=8000),
        _one("STFTSpectrogram", [200, 1], frame_length=32, frame_step=16, fft_length=32),
        _one("CenterCrop", _IMAGE, "image", height=4, width=4),
        _one("Resizing", _IMAGE, "image", height=4, width=4),
        _one("Resizing bicubic", _IMAGE, "image", as_type="Resizing", height=4, width=4, interpolation="bicubic"),
        _one("RandomCrop", _IMAGE, "image", height=4, width=4),
        _one("AutoContrast", _IMAGE, "image"),
        _one("ContrastLimitedAdaptiveHistogramEqualization", _IMAGE, "image"),
        _one("Equalization", _IMAGE, "image"),
        *_augmentation(),
        Row("mixed_float16 Dense", [dense], _FEATURES, policy="mixed_float16"),
        Row("bfloat16 Dense", [dense], _FEATURES, policy="bfloat16"),
        Row("float64 Dense", [dense], {"shape": _FEATURES, "dtype": "float64"}, policy="float64"),
        _one(
            "Conv2D channels_first", [3, 8, 8], as_type="Conv2D", filters=4, kernel_size=3, data_format="channels_first"
        ),
    ]


def _stacks() -> list[Row]:
    first = {"data_format": "channels_first"}
    encoding = {"vocabulary": ["red", "green"], "output_mode": "count"}
    dense, lstm = {"type": "Dense", "units": 4}, {"type": "LSTM", "units": 3}
    return [
        *[_one(f"Dense {name}", _FEATURES, as_type="Dense", units=4, activation=name) for name in _ACTIVATIONS],
        _one("EinsumDense ellipsis", _STEPS, as_type="EinsumDense", equation="...x,xy->...y", output_shape=4),
        *[
            _one(f"Resizing {name}", _IMAGE, "image", as_type="Resizing", height=4, width=4, interpolation=name)
            for name in ("nearest", "area", "lanczos3")
        ],
        _one("Resizing antialias", _IMAGE, "image", as_type="Resizing", height=4, width=4, antialias=True),
        *[
            _one(f"UpSampling2D {name}", _IMAGE, "image", as_type="UpSampling2D", size=3, interpolation=name)
            for name in ("bilinear", "bicubic", "lanczos3", "area")
        ],
        _one("Conv2DTranspose dilation", _IMAGE, as_type="Conv2DTranspose", filters=2, kernel_size=2, dilation_rate=2),
        _one("Conv3D dilation", _VOLUME, as_type="Conv3D", filters=2, kernel_size=2, dilation_rate=2),
        _one("Conv3D groups", _VOLUME, as_type="Conv3D", filters=4, kernel_size=2, groups=2),
        Row(
            "channels_first",
            [
                {"type": "Conv2D", "filters": 4, "kernel_size": 2, "activation": "softmax", **first},
                {
                    "type": "Sequential",
                    "layers": [{"type": "SeparableConv2D", "filters": 3, "kernel_size": 2, **first}],
                },
                {"type": "BatchNormalization", "axis": 1},
                {"type": "Conv2DTranspose", "filters": 2, "kernel_size": 3, "strides": 2, **first},
            ],
            [2, 6, 6],
        ),
        Row(
            "TimeDistributed channels_first",
            [{"type": "TimeDistributed", "layer": {**_CONVOLUTION, **first}}],
            [3, 2, 6, 6],
        ),
        _one("Conv3D channels_first", [2, 6, 6, 6], as_type="Conv3D", filters=3, kernel_size=3, **first),
        _one(
            "SpectralNormalization channels_first",
            [2, 6, 6],
            as_type="SpectralNormalization",
            layer={**_CONVOLUTION, "activation": "softmax", **first},
        ),
        _one("Dense bfloat16 input", {"shape": _FEATURES, "dtype": "bfloat16"}, as_type="Dense", units=4),
        _one("Dense penalized", _STEPS, as_type="Dense", units=4, activity_regularizer="l2"),
        _one("RandomBrightness int32", _IMAGE, "image", as_type="RandomBrightness", factor=0.3, dtype="int32"),
        _one(
            "AdaptiveMaxPooling1D any length",
            ["T", 3],
            as_type="AdaptiveMaxPooling1D",
            output_size=3,
        ),
        *[
            _one(f"{name} string", {"shape": [3, 2], "dtype": "string"}, "words", as_type=name, **arguments)
            for name, arguments in (
                ("Flatten", {}),
                ("Permute", {"dims": [2, 1]}),
                ("ZeroPadding1D", {}),
            )
        ],
        _one(
            "IntegerLookup count",
            _INTEGERS,
            "integers",
            as_type="IntegerLookup",
            vocabulary=[1, 2],
            output_mode="count",
        ),
        _one("StringLookup count", _WORDS, "words", as_type="StringLookup", **encoding),
        _one("StringLookup oov", _WORDS, "words", as_type="StringLookup", vocabulary=["red"], num_oov_indices=2),
        _one(
            "StringLookup invert",
            _INTEGERS,
            "integers",
            as_type="StringLookup",
            vocabulary=["a", "b", "c"],
            invert=True,
        ),
        _one("Discretization count", _FEATURES, as_type="Discretization", bin_boundaries=[0.0], output_mode="count"),
        _one(
            "CategoryEncoding one_hot",
            _INTEGERS,
            "integers",
            as_type="CategoryEncoding",
            num_tokens=4,
            output_mode="one_hot",
        ),
        _one("Hashing salt", _WORDS, "words", as_type="Hashing", num_bins=5, salt=3),
        _one("LSTM dropout", _STEPS, as_type="LSTM", units=4, dropout=0.2, recurrent_dropout=0.2),
        Row(
            "mixed_float16 nested",
            [{"type": "Sequential", "layers": [{**dense, "dtype": "mixed_float16", "activation": "relu"}]}, dense],
            _FEATURES,
        ),
        Row(
            "augmentation in the middle",
            [
                {"type": "Rescaling", "scale": "1/255"},
                {"type": "Sequential", "layers": ["RandomFlip", {"type": "RandomRotation", "factor": 0.1}]},
                {"type": "Conv2D", "filters": 4, "kernel_size": 3, "activation": "gelu"},
                {"type": "RandomContrast", "factor": 0.2},
                "GlobalMaxPooling2D",
                dense,
            ],
            _IMAGE,
            "image",
        ),
        Row(
            "augmentation with a seed",
            [
                {"type": "Sequential", "layers": ["RandomGrayscale", {**_CONVOLUTION, "filters": 3}]},
                {"type": "Sequential", "layers": ["RandomGrayscale", "RandomInvert"]},
            ],
            _IMAGE,
            "image",
        ),
        Row(
            "augmentation of integers",
            [{"type": "RandomShear", "y_factor": 0.3}, _CONVOLUTION],
            {"shape": _IMAGE, "dtype": "uint8"},
            "integers",
        ),
        Row("MixUp of integers", ["MixUp", _CONVOLUTION], {"shape": _IMAGE, "dtype": "uint8"}, "integers"),
        _one("Conv1D any length", ["T", 3], as_type="Conv1D", filters=2, kernel_size=3),
        Row(
            "masked text",
            [
                {"type": "Embedding", "input_dim": 5, "output_dim": 4, "mask_zero": True},
                {"type": "Bidirectional", "layer": {**lstm, "return_sequences": True}},
                {"type": "GRU", "units": 3},
                dense,
            ],
            {"shape": ["T"], "dtype": "int32"},
            "integers",
        ),
        Row(
            "RNN in TimeDistributed",
            [{"type": "TimeDistributed", "layer": lstm}, {"type": "GRU", "units": 2}],
            [4, 5, 3],
        ),
    ]


_ACTIVATIONS = ("celu", "softsign", "sparsemax", "mish", "log_softmax", "glu")
_CONVOLUTION = {"type": "Conv2D", "filters": 2, "kernel_size": 3}


def _others() -> list[Row]:
    """The first model of its descriptor for each layer that no row names."""
    named = set(re.findall(r"\w+", json.dumps([row.layers for row in _rows()])))
    return [
        Row(name, model["layers"], model["input"])
        for name, model in FIRST_MODELS.items()
        if name not in named | APPLICATIONS.keys() | NOT_MEASURED
    ]


NOT_MEASURED = {
    "Add", "Average", "Concatenate", "Dot", "Maximum", "Minimum", "Multiply", "Subtract", "Pipeline", "SimpleRNNCell",
}  # fmt: skip
"""Layers that merge several tensors, and layers whose parts are measured in other rows."""

ROWS: dict[str, Row] = {row.name: row for row in (*_rows(), *_others())}
STACKS: dict[str, Row] = {row.name: row for row in _stacks()}
