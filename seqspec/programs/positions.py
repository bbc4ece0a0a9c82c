"""Arguments of layers by position, where the catalogue has them in another order; a test compares them with Keras."""

from __future__ import annotations

_ORDERS = {
    "ReversibleEmbedding": (
        "input_dim output_dim tie_weights embeddings_initializer embeddings_regularizer embeddings_constraint "
        "mask_zero reverse_dtype"
    ),
    "Conv1D": "filters kernel_size strides padding data_format dilation_rate groups activation",
    "Conv3DTranspose": "filters kernel_size strides padding data_format output_padding dilation_rate activation",
    "MaxPooling1D MaxPooling2D MaxPooling3D AveragePooling1D AveragePooling2D AveragePooling3D": (
        "pool_size strides padding data_format name"
    ),
    "Cropping2D Cropping3D": "cropping data_format",
    "UpSampling2D": "size data_format interpolation",
    "UpSampling3D": "size data_format",
    "ZeroPadding1D ZeroPadding2D ZeroPadding3D": "padding data_format",
    "BatchNormalization": (
        "axis momentum epsilon center scale beta_initializer gamma_initializer moving_mean_initializer"
    ),
    "GroupNormalization": "groups axis epsilon center scale beta_initializer gamma_initializer beta_regularizer",
    "AlphaDropout Dropout": "rate noise_shape seed",
    "GaussianDropout": "rate seed",
    "GaussianNoise": "stddev seed",
    "SpatialDropout1D": "rate seed name dtype",
    "SpatialDropout2D SpatialDropout3D": "rate data_format seed name dtype",
    "LSTM LSTMCell": (
        "units activation recurrent_activation use_bias kernel_initializer recurrent_initializer "
        "bias_initializer unit_forget_bias"
    ),
    "GRU GRUCell": (
        "units activation recurrent_activation use_bias kernel_initializer recurrent_initializer "
        "bias_initializer kernel_regularizer"
    ),
    "RNN": "cell return_sequences return_state go_backwards stateful unroll zero_output_for_mask",
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
    (
        "VGG16 VGG19 ResNet50 ResNet101 ResNet152 ResNet50V2 ResNet101V2 ResNet152V2 InceptionV3 "
        "InceptionResNetV2 Xception DenseNet121 DenseNet169 DenseNet201 EfficientNetB0 EfficientNetB1 "
        "EfficientNetB2 EfficientNetB3 EfficientNetB4 EfficientNetB5 EfficientNetB6 EfficientNetB7"
    ): "include_top weights input_tensor input_shape pooling classes classifier_activation name",
    "MobileNet": "input_shape alpha depth_multiplier dropout include_top weights input_tensor pooling",
    "MobileNetV2": "input_shape alpha include_top weights input_tensor pooling classes classifier_activation",
    "MobileNetV3Small MobileNetV3Large": (
        "input_shape alpha minimalistic include_top weights input_tensor classes pooling"
    ),
    "NASNetMobile NASNetLarge": (
        "input_shape include_top weights input_tensor pooling classes classifier_activation name"
    ),
    (
        "EfficientNetV2B0 EfficientNetV2B1 EfficientNetV2B2 EfficientNetV2B3 EfficientNetV2S EfficientNetV2M "
        "EfficientNetV2L"
    ): ("include_top weights input_tensor input_shape pooling classes classifier_activation include_preprocessing"),
    "ConvNeXtTiny ConvNeXtSmall ConvNeXtBase ConvNeXtLarge ConvNeXtXLarge": (
        "include_top include_preprocessing weights input_tensor input_shape pooling classes classifier_activation"
    ),
}

POSITIONS: dict[str, list[str]] = {name: order.split() for names, order in _ORDERS.items() for name in names.split()}
"""The first arguments of a layer in Keras's order, by its name."""
