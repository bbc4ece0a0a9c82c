import keras
from keras import layers
from settings import k, n, window

model = keras.Sequential([keras.Input((n,)), layers.Dense(k), layers.Conv2D(4, 3)])
series = keras.Sequential([keras.Input((window, n)), layers.LSTM(k), layers.LSTM(4)])
images = keras.Sequential([keras.Input((32, 32, 3)), layers.Conv2D(n, 3), layers.Reshape((k, n + 1)), layers.Conv2D(4, 3)])
