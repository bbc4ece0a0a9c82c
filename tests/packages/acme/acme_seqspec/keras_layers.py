"""The layer itself, imported when a model is built."""

import keras


@keras.saving.register_keras_serializable("acme")
class AcmeScale(keras.layers.Layer):
    """Multiplies every channel by a factor that is learned."""

    def __init__(self, start=1.0, **kwargs):
        super().__init__(**kwargs)
        self.start = start
        self.supports_masking = True

    def build(self, input_shape):
        initializer = keras.initializers.Constant(self.start)
        self.scale = self.add_weight(name="scale", shape=input_shape[-1:], initializer=initializer)

    def call(self, inputs):
        return inputs * self.scale

    def get_config(self):
        return {**super().get_config(), "start": self.start}
