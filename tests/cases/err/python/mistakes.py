import tensorflow as tf
from tensorflow.keras import layers


def build(classes=10):
    model = tf.keras.Sequential()
    model.add(layers.Conv2D(32, 3, activation="rellu", input_shape=(28, 28, 1)))
    model.add(layers.MaxPooling2D(pool_size=(2, 2)))
    model.add(layers.Flatten())
    model.add(layers.Dense(128, activaton="relu"))
    model.add(layers.Dense(classes, activation="sigmoid"))
    return model


(x_train, y_train), (x_test, y_test) = tf.keras.datasets.mnist.load_data()
x_train = x_train.reshape(-1, 28, 28, 1) / 255.0
y_train = tf.keras.utils.to_categorical(y_train, 10)

model = build()
model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, epochs=5, batch_size=64, validation_split=0.1)
