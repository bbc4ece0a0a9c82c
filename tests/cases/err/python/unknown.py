import keras
from keras import layers
from somewhere import Attention, choose_optimizer

model = keras.Sequential([layers.Input((64, 16)), layers.LSTM(32), Attention(8), layers.Dense(1, activation="softmax")])
model.compile(choose_optimizer(), "binary_crossentropy")

stack = keras.Sequential([layers.Input((8,))])
for width in read_widths():
    stack.add(layers.Dense(width, activation="relu"))
stack.add(layers.Dense(1, activation="softmax"))  # seqspec: ignore[SEQ301]
