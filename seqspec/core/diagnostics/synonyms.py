"""Names in other libraries and common abbreviations, for "did you mean"."""

from __future__ import annotations

_OTHER_WORDS: dict[str, str] = {
    # PyTorch's layers
    "linear": "Dense", "fullyconnected": "Dense", "fc": "Dense",
    "batchnorm": "BatchNormalization", "batchnorm1d": "BatchNormalization", "batchnorm2d": "BatchNormalization",
    "batchnorm3d": "BatchNormalization", "layernorm": "LayerNormalization", "groupnorm": "GroupNormalization",
    "maxpool1d": "MaxPooling1D", "maxpool2d": "MaxPooling2D", "maxpool3d": "MaxPooling3D",
    "avgpool1d": "AveragePooling1D", "avgpool2d": "AveragePooling2D", "avgpool3d": "AveragePooling3D",
    "adaptiveavgpool1d": "GlobalAveragePooling1D", "adaptiveavgpool2d": "GlobalAveragePooling2D",
    "adaptivemaxpool1d": "GlobalMaxPooling1D", "adaptivemaxpool2d": "GlobalMaxPooling2D",
    "convtranspose1d": "Conv1DTranspose", "convtranspose2d": "Conv2DTranspose", "convtranspose3d": "Conv3DTranspose",
    "dropout1d": "SpatialDropout1D", "dropout2d": "SpatialDropout2D", "dropout3d": "SpatialDropout3D",
    "zeropad1d": "ZeroPadding1D", "zeropad2d": "ZeroPadding2D", "zeropad3d": "ZeroPadding3D",
    "upsample": "UpSampling2D",
    # PyTorch's arguments
    "outfeatures": "units", "outchannels": "filters", "hiddensize": "units", "embeddingdim": "output_dim",
    "numembeddings": "input_dim", "p": "rate", "bias": "use_bias",
    "vocabsize": "input_dim", "kernel": "kernel_size", "pool": "pool_size", "numfilters": "filters",
    # PyTorch's initializers and losses
    "xavieruniform": "glorot_uniform", "xaviernormal": "glorot_normal", "xavier": "glorot_uniform",
    "kaiminguniform": "he_uniform", "kaimingnormal": "he_normal", "kaiming": "he_normal",
    "crossentropyloss": "sparse_categorical_crossentropy", "nllloss": "sparse_categorical_crossentropy",
    "bceloss": "binary_crossentropy", "bcewithlogitsloss": "binary_crossentropy", "mseloss": "mse", "l1loss": "mae",
    "smoothl1loss": "huber", "huberloss": "huber", "kldivloss": "kl_divergence",
    # dtypes
    "mixedfp16": "mixed_float16", "mixedbf16": "mixed_bfloat16", "fp16": "float16", "fp32": "float32",
    "fp64": "float64", "bf16": "bfloat16", "half": "float16", "double": "float64",
    # the language
    "inputshape": "input", "counts": "class_counts", "train": "fit", "training": "fit", "classification": "multiclass",
    "categorical": "multiclass", "tflite": "litert", "tensorflowlite": "litert", "tensorflowjs": "tfjs",
    # templates
    "lstm": "time-series", "rnn": "time-series", "cnn": "image-cnn", "mlp": "dense-classifier",
    "dense": "dense-classifier", "text": "text-classifier", "audio": "audio-classifier",
}  # fmt: skip


def keras_name(folded: str) -> str | None:
    """The name in Keras or in the language for a synonym, given in lower case without `_` and `-`."""
    return _OTHER_WORDS.get(folded)
