"""The generations of Keras."""

from __future__ import annotations

from enum import IntEnum


class KerasGeneration(IntEnum):
    """A generation of Keras.

    `KERAS_1` includes the versions of Keras 2 that still accept the words of Keras 1; all of them have several
    backends, and other defaults than `tf.keras`.
    """

    KERAS_1 = 1
    KERAS_2 = 2
    KERAS_3 = 3
