"""Batches of the training set, in an order that depends on nothing but seed, stage and epoch."""

from __future__ import annotations

from math import ceil
from typing import Any

import keras
import numpy as np

from seqspec.training.data.prepare import SampleSet
from seqspec.training.data.samples import Array


class Feed:
    """The batches of one stage.

    The order of an epoch is a pure function of (seed, stage, epoch), so that an epoch that is trained again after an
    interruption sees the same batches. `epoch` is set by the trainer before each epoch.

    Args:
        samples: The training set.
        batch_size: Samples per batch; the last batch of an epoch may be smaller.
        seed: Seed of the run.
        stage: Index of the stage.
        shuffle: Whether samples are shuffled; "batch" shuffles in blocks of the batch size.
        steps: Batches per epoch where they are fewer or more than one pass over the data.
    """

    def __init__(
        self, samples: SampleSet, batch_size: int, seed: int, stage: int, shuffle: bool | str, steps: int | None = None
    ) -> None:
        self.samples = samples
        self.batch_size = batch_size
        self.seed = seed
        self.stage = stage
        self.shuffle = shuffle
        self.epoch = 0
        self.steps = ceil(len(samples) / batch_size) if steps is None else steps
        self.count = len(samples) if steps is None else steps * batch_size

    def order(self, epoch: int) -> Array:
        """The samples of an epoch, in order."""
        count = len(self.samples)
        if self.count == count:
            return self._pass(epoch)
        start = epoch * self.count
        passes = range(start // count, (start + self.count - 1) // count + 1)
        joined = np.concatenate([self._pass(number) for number in passes])
        offset = start - passes[0] * count
        return joined[offset : offset + self.count]

    def _pass(self, number: int) -> Array:
        count = len(self.samples)
        if not self.shuffle:
            return np.arange(count, dtype=np.int64)
        generator = np.random.default_rng([self.seed, 1 + self.stage, number])
        if self.shuffle != "batch":
            return generator.permutation(count).astype(np.int64)
        blocks = count // self.batch_size
        whole = np.arange(blocks * self.batch_size, dtype=np.int64).reshape(blocks, self.batch_size)
        rest = np.arange(blocks * self.batch_size, count, dtype=np.int64)
        return np.concatenate([whole[generator.permutation(blocks)].reshape(-1), rest])

    def arrays(self) -> tuple[Array, ...]:
        """Inputs, labels and weights, as far as there are any."""
        return arrays_of(self.samples)

    def batches(self) -> Any:
        """What `Model.fit` takes, with `shuffle=False`."""
        if keras.backend.backend() == "tensorflow":
            return self._dataset()
        return Batches(self)

    def _dataset(self) -> Any:
        # The pipeline of Keras's own adapter for arrays, which is the fastest one, with another permutation.
        import tensorflow as tf

        count, size = self.count, self.batch_size
        full = count // size

        def indices(_: Any) -> Any:
            order = tf.numpy_function(lambda: self.order(self.epoch), [], tf.int64, stateful=True)
            return tf.ensure_shape(order, [count])

        def slices(order: Any) -> Any:
            dataset = tf.data.Dataset.from_tensor_slices(tf.reshape(order[: full * size], [full, size]))
            if count % size:
                dataset = dataset.concatenate(tf.data.Dataset.from_tensors(order[full * size :]))
            return dataset

        order = tf.data.Dataset.range(1).map(indices).flat_map(slices)
        tensors = tuple(as_tensor(array) for array in self.arrays())
        batches = tf.data.Dataset.zip((order, tf.data.Dataset.from_tensors(tensors).repeat()))
        batches = batches.map(
            lambda rows, data: tuple(tf.gather(each, rows, axis=0) for each in data),
            num_parallel_calls=tf.data.AUTOTUNE,
        )
        return _optimized(batches.apply(tf.data.experimental.assert_cardinality(self.steps)))


class Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """The same batches for every backend."""

    def __init__(self, feed: Feed) -> None:
        super().__init__()
        self.feed = feed
        self._order: tuple[int, Array] | None = None

    def __len__(self) -> int:
        return self.feed.steps

    def __getitem__(self, index: int) -> tuple[Array, ...]:
        if self._order is None or self._order[0] != self.feed.epoch:
            self._order = (self.feed.epoch, self.feed.order(self.feed.epoch))
        size = self.feed.batch_size
        rows = self._order[1][index * size : (index + 1) * size]
        return tuple(array[rows] for array in self.feed.arrays())


def arrays_of(samples: SampleSet) -> tuple[Array, ...]:
    """Inputs, labels and weights, as far as there are any."""
    parts = (samples.x, samples.y, samples.weight)
    return tuple(part for part in parts if part is not None)


def as_tensor(array: Array) -> Any:
    """An array as a tensor of TensorFlow; an array of objects as strings."""
    import tensorflow as tf

    if array.dtype == object:
        return tf.constant([str(value) for value in array.reshape(-1)], shape=array.shape)
    return tf.convert_to_tensor(array)


def in_order(samples: SampleSet, batch_size: int, *, labels: bool = True) -> Any:
    """The samples as they are stored, for `evaluate` and `predict`: arrays, or a dataset where inputs are strings."""
    arrays = arrays_of(samples) if labels else (samples.x,)
    if samples.x.dtype != object:
        return arrays
    import tensorflow as tf

    return tf.data.Dataset.from_tensor_slices(tuple(map(as_tensor, arrays))).batch(batch_size)


def _optimized(dataset: Any) -> Any:
    import tensorflow as tf

    options = tf.data.Options()
    options.experimental_optimization.apply_default_optimizations = False
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
    return dataset.with_options(options).prefetch(tf.data.AUTOTUNE)
