"""A model that functions, loops, conditions and a config make."""

import argparse
from functools import partial

from tensorflow import keras
from tensorflow.keras import layers
from tensorflow.keras.layers import Dense, Dropout

parser = argparse.ArgumentParser()
parser.add_argument("--width", type=int, default=64)
parser.add_argument("--batch-norm", action="store_true")
args = parser.parse_args()

CONFIG = {"filters": [16, 32], "dropout": 0.25}
Conv = partial(layers.Conv2D, kernel_size=3, padding="same", activation="relu")


class Settings:
    classes = 10
    shape = (28, 28, 1)


def block(model, filters, normalize=False):
    model.add(Conv(filters, name=f"conv_{filters}"))
    if normalize:
        model.add(layers.BatchNormalization())
    model.add(layers.MaxPooling2D())


def build(shape, classes, width=128):
    model = keras.Sequential(name="digits")
    model.add(keras.Input(shape=shape))
    for filters in CONFIG["filters"]:
        block(model, filters, normalize=args.batch_norm)
    head = [layers.Flatten(), Dense(width, activation="relu"), Dropout(CONFIG["dropout"])]
    for layer in [*head, Dense(classes, activation="softmax")]:
        model.add(layer)
    return model


if __name__ == "__main__":
    model = build(Settings.shape, Settings.classes, width=args.width)
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
