"""The index of layers, which imports a module when one of its layers is first used."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from seqspec.core.language.keys import ALIASES

if TYPE_CHECKING:
    from seqspec.core.catalog.layer import Layer

_FAMILIES = {
    "dense": "Dense",
    "embedding": "Embedding ReversibleEmbedding",
    "core": "Identity Masking",
    "einsum_dense": "EinsumDense",
    "activation": "Activation ELU LeakyReLU PReLU ReLU Softmax",
    "convolutional": "Conv1D Conv2D Conv3D",
    "convolutional_transpose": "Conv1DTranspose Conv2DTranspose Conv3DTranspose",
    "convolutional_separable": "DepthwiseConv1D DepthwiseConv2D SeparableConv1D SeparableConv2D",
    "pooling": "MaxPooling1D MaxPooling2D MaxPooling3D",
    "pooling_average": "AveragePooling1D AveragePooling2D AveragePooling3D",
    "pooling_global_max": "GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D",
    "pooling_global": "GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D",
    "pooling_adaptive": (
        "AdaptiveMaxPooling1D AdaptiveMaxPooling2D AdaptiveMaxPooling3D "
        "AdaptiveAveragePooling1D AdaptiveAveragePooling2D AdaptiveAveragePooling3D"
    ),
    "merging": "Add Average Concatenate Dot Maximum Minimum Multiply Subtract",
    "reshaping": "Flatten Reshape Permute RepeatVector",
    "reshaping_spatial": (
        "Cropping1D Cropping2D Cropping3D UpSampling1D UpSampling2D UpSampling3D "
        "ZeroPadding1D ZeroPadding2D ZeroPadding3D"
    ),
    "batch_normalization": "BatchNormalization",
    "normalization": "GroupNormalization LayerNormalization RMSNormalization UnitNormalization",
    "dropout": "Dropout AlphaDropout",
    "dropout_spatial": "SpatialDropout1D SpatialDropout2D SpatialDropout3D",
    "noise": "ActivityRegularization GaussianDropout GaussianNoise",
    "rnn": "LSTM GRU SimpleRNN RNN",
    "rnn_cells": "LSTMCell GRUCell SimpleRNNCell StackedRNNCells",
    "conv_lstm": "ConvLSTM1D ConvLSTM2D ConvLSTM3D",
    "wrappers": "Bidirectional TimeDistributed SpectralNormalization",
    "sequential": "Sequential Pipeline",
    "rescaling": "Rescaling",
    "preprocessing": "CategoryEncoding Discretization Hashing Normalization",
    "text": "IntegerLookup StringLookup TextVectorization",
    "audio": "MelSpectrogram STFTSpectrogram",
    "image": "CenterCrop Resizing RandomCrop AutoContrast ContrastLimitedAdaptiveHistogramEqualization Equalization",
    "augmentation_color": (
        "RandomBrightness RandomColorDegeneration RandomColorJitter RandomContrast RandomErasing RandomGaussianBlur "
        "RandomGrayscale RandomHue RandomInvert RandomPosterization RandomSaturation RandomSharpness Solarization"
    ),
    "augmentation_geometry": "RandomFlip RandomRotation RandomTranslation RandomZoom",
    "augmentation_warping": "RandomElasticTransform RandomPerspective RandomShear",
    "augmentation_mixing": "AugMix CutMix MixUp RandAugment",
}

_APPLICATIONS = {
    "vgg": "VGG16 VGG19",
    "resnet": "ResNet50 ResNet101 ResNet152 ResNet50V2 ResNet101V2 ResNet152V2",
    "inception": "InceptionV3 InceptionResNetV2 Xception",
    "mobilenet": "MobileNet MobileNetV2 MobileNetV3Small MobileNetV3Large",
    "densenet": "DenseNet121 DenseNet169 DenseNet201",
    "nasnet": "NASNetMobile NASNetLarge",
    "efficientnet": (
        "EfficientNetB0 EfficientNetB1 EfficientNetB2 EfficientNetB3 EfficientNetB4 EfficientNetB5 EfficientNetB6 "
        "EfficientNetB7 EfficientNetV2B0 EfficientNetV2B1 EfficientNetV2B2 EfficientNetV2B3 "
        "EfficientNetV2S EfficientNetV2M EfficientNetV2L"
    ),
    "convnext": "ConvNeXtTiny ConvNeXtSmall ConvNeXtBase ConvNeXtLarge ConvNeXtXLarge",
}

APPLICATIONS: dict[str, str] = {
    name: f"applications.{family}" for family, names in _APPLICATIONS.items() for name in names.split()
}
"""The models of `keras.applications`, with their modules in `catalog`."""

LAYERS: dict[str, str] = {
    name: f"layers.{family}" for family, names in _FAMILIES.items() for name in names.split()
} | APPLICATIONS
"""The layers of the catalog, with their modules in `catalog`."""

MERGING_LAYERS = tuple(_FAMILIES["merging"].split())
"""The layers that need several inputs, which only a layer with several outputs provides."""


@cache
def layer_class(name: str) -> type[Layer] | None:
    """The declaration of a layer, base model or plugin layer by any of its names; None for an unknown one."""
    canonical = ALIASES.get(name, name)
    module = LAYERS.get(canonical)
    if module is None:
        return plugin_layers().get(name)
    declared: type[Layer] = getattr(import_module(f"seqspec.core.catalog.{module}"), canonical)
    return declared


@cache
def plugin_layers() -> dict[str, type[Layer]]:
    """The valid layers of plugins, by the names of their entry points."""
    from seqspec.core.catalog.layer import Layer
    from seqspec.core.catalog.plugins import LAYERS as GROUP
    from seqspec.core.catalog.plugins import plugins

    return {
        plugin.name: plugin.value
        for plugin in plugins(GROUP)
        if isinstance(plugin.value, type) and issubclass(plugin.value, Layer)
    }


def plugin_error(name: str) -> str | None:
    """The error of a plugin layer; None if there is no such layer, or it is valid."""
    from seqspec.core.catalog.plugins import LAYERS as GROUP
    from seqspec.core.catalog.plugins import plugins

    for plugin in plugins(GROUP):
        if plugin.name == name and name not in plugin_layers():
            why = plugin.fault or f"{plugin.target} is not a seqspec layer class"
            return f'the layer "{name}" of {plugin.target} cannot be used: {why}'
    return None
