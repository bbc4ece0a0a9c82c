"""Arguments of layers by position where the catalogue has them in another order; a test compares them with Keras.

`*` stands for the other arguments of the class itself, in the order of the catalogue.
"""

from __future__ import annotations

from functools import cache

from seqspec.core.catalog.index import APPLICATIONS
from seqspec.core.catalog.keras_object import KerasObject

_ORDERS = {
    "ReversibleEmbedding": (
        "input_dim output_dim tie_weights embeddings_initializer embeddings_regularizer embeddings_constraint "
        "mask_zero reverse_dtype"
    ),
    "Conv1D": "filters kernel_size strides padding *",
    "Conv3DTranspose": "filters kernel_size strides padding data_format *",
    "MaxPooling1D MaxPooling2D MaxPooling3D AveragePooling1D AveragePooling2D AveragePooling3D": "* name",
    "Cropping2D Cropping3D UpSampling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D": "* data_format",
    "UpSampling2D": "size *",
    "BatchNormalization": (
        "axis momentum epsilon center scale beta_initializer gamma_initializer moving_mean_initializer"
    ),
    "GroupNormalization": "groups axis *",
    "AlphaDropout Dropout GaussianDropout GaussianNoise": "* seed",
    "SpatialDropout1D SpatialDropout2D SpatialDropout3D": "* seed name dtype",
    "LSTM LSTMCell": (
        "units activation recurrent_activation use_bias kernel_initializer recurrent_initializer "
        "bias_initializer unit_forget_bias"
    ),
    "GRU GRUCell": "units activation recurrent_activation *",
    "RNN": "cell *",
    "ConvLSTM1D ConvLSTM2D ConvLSTM3D": (
        "filters kernel_size strides padding data_format dilation_rate activation recurrent_activation"
    ),
    "Bidirectional": "layer merge_mode weights backward_layer",
    "IntegerLookup": "max_tokens num_oov_indices mask_token oov_token vocabulary vocabulary_dtype idf_weights invert",
    "StringLookup": "max_tokens num_oov_indices mask_token oov_token vocabulary idf_weights invert output_mode",
    "RandomCrop": "height width seed data_format name",
    "RandomColorDegeneration RandomHue RandomPosterization RandomSaturation RandomSharpness": (
        "factor value_range data_format seed"
    ),
    "RandomGaussianBlur": "factor kernel_size sigma value_range data_format seed",
    "RandomGrayscale": "factor data_format seed",
    "RandomShear": "x_factor y_factor interpolation fill_mode fill_value data_format seed",
    "MixUp": "alpha data_format seed",
    "MobileNet": "input_shape alpha depth_multiplier dropout include_top weights input_tensor * name",
    "MobileNetV2": "input_shape alpha include_top weights input_tensor * name",
    "MobileNetV3Small MobileNetV3Large": (
        "input_shape alpha minimalistic include_top weights input_tensor classes pooling dropout_rate * name"
    ),
    "NASNetMobile NASNetLarge": "input_shape include_top weights input_tensor * name",
    "ConvNeXtTiny ConvNeXtSmall ConvNeXtBase ConvNeXtLarge ConvNeXtXLarge": (
        "include_top include_preprocessing weights input_tensor * name"
    ),
}
_BY_NAME = {name: order.split() for names, order in _ORDERS.items() for name in names.split()}
_APPLICATION = "include_top weights input_tensor * name".split()


@cache
def positional_arguments(cls: type[KerasObject]) -> list[str]:
    """The arguments of a class in the order in which Keras accepts them by position."""
    fields = list(cls.model_fields)
    order = _BY_NAME.get(cls.__name__) or (_APPLICATION if cls.__name__ in APPLICATIONS else fields)
    own = [name for name in fields if name not in order and name not in cls.trailing]
    return [name for entry in order for name in (own if entry == "*" else [entry])]
