"""The layer class that attention_pool.seqspec.toml declares under [custom]."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("my_layers")
class AttentionPool(keras.layers.Layer):
    """Weighs the time steps of a sequence and sums them: (batch, T, C) becomes (batch, C)."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1], self.units), name="kernel")
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros", name="bias")
        self.query = self.add_weight(shape=(self.units, 1), name="query")

    def call(self, inputs):
        scores = ops.matmul(ops.tanh(ops.matmul(inputs, self.kernel) + self.bias), self.query)
        return ops.sum(ops.softmax(scores, axis=1) * inputs, axis=1)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[-1])

    def get_config(self):
        return {**super().get_config(), "units": self.units}
