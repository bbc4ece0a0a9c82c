"""After how many updates the moving statistics of BatchNormalization have followed, measured with Keras."""

import keras
import numpy as np
import pytest

from seqspec.core.linter.rules.architecture.lagging_moving_statistics import _needed

CLASSES = 5


def blobs(count, seed):
    """Samples around one point per class, far from zero."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, CLASSES, count)
    return (10 + 3 * np.eye(CLASSES, 8)[labels] + random.normal(0, 0.5, (count, 8))).astype("float32"), labels


@pytest.mark.parametrize("momentum", [0.99, 0.95, 0.9])
def test_validation_is_at_chance_until_they_have_followed(momentum):
    keras.utils.set_random_seed(0)
    layers = [keras.Input((8,))]
    for _ in range(3):
        layers += [keras.layers.Dense(32), keras.layers.BatchNormalization(momentum=momentum), keras.layers.ReLU()]
    model = keras.Sequential([*layers, keras.layers.Dense(CLASSES, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    x, labels = blobs(500, 1)

    def accuracies_after(updates, seed):
        """The accuracy with the moving statistics, and with those of the batch."""
        model.fit(*blobs(updates * 32, seed), batch_size=32, verbose=0)
        moving = model.evaluate(x, labels, verbose=0)[1]
        return moving, (np.argmax(model(x, training=True), -1) == labels).mean()

    early = _needed(momentum) // 5
    moving, batch = accuracies_after(early, 2)
    assert moving < 0.5 < 0.7 < batch
    moving, batch = accuracies_after(_needed(momentum) - early, 3)
    assert min(moving, batch) > 0.98
