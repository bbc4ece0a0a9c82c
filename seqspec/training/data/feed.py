"""Batches of the training set, in an order that depends on nothing but seed, stage and epoch."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

import keras
import numpy as np

from seqspec.training.data.prepared import SampleSet
from seqspec.training.data.samples import Array
from seqspec.training.data.stored import Values, aligned, row_dtype

if TYPE_CHECKING:
    import tensorflow as tf

_PREFETCH_BYTES = 2**23
"""Bytes that are prefetched when data is streamed."""


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
        self._known: tuple[int, Array] | None = None

    def order(self, epoch: int) -> Array:
        """The row numbers of the samples of an epoch, in order."""
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
        rows = np.arange(count, dtype=row_dtype(count))
        if not self.shuffle:
            return rows
        generator = np.random.default_rng([self.seed, 1 + self.stage, number])
        if self.shuffle == "batch":
            blocks = count // self.batch_size
            generator.shuffle(rows[: blocks * self.batch_size].reshape(blocks, self.batch_size))
        else:
            generator.shuffle(rows)
        return rows

    def rows(self, step: int) -> Array:
        """The row numbers of a batch of the current epoch."""
        known = self._known
        if known is None or known[0] != self.epoch:
            # Frees the old order first, so that only one is in memory.
            self._known = None
            self._known = known = (self.epoch, self.order(self.epoch))
        return known[1][step * self.batch_size : (step + 1) * self.batch_size]

    def release(self) -> None:
        """Frees the order of the last epoch; Keras keeps the batches longer than they are needed."""
        self._known = None

    def arrays(self) -> tuple[Values, ...]:
        """Inputs, labels and weights, as far as there are any."""
        return arrays_of(self.samples)

    def batches(self) -> Batches | tf.data.Dataset:
        """The training data for `Model.fit`, which must use `shuffle=False`."""
        if keras.backend.backend() != "tensorflow":
            return Batches(self)
        return self._streamed() if self.samples.streams else self._dataset()

    def _streamed(self) -> tf.data.Dataset:
        # The same batches as from memory, although shuffled rows are spread over the whole file.
        import tensorflow as tf

        arrays = self.arrays()
        types = [tf.string if array.dtype == object else tf.as_dtype(array.dtype) for array in arrays]

        def read(step: np.int64) -> list[Array]:
            rows = self.rows(int(step))
            return [_encoded(array[rows]) for array in arrays]

        @tf.autograph.experimental.do_not_convert  # type: ignore[untyped-decorator]  # TensorFlow has no types
        def batch(step: tf.Tensor) -> tuple[tf.Tensor, ...]:
            batch_arrays = tf.numpy_function(read, [step], types, stateful=True)
            return tuple(
                tf.ensure_shape(tensor, [None, *array.shape[1:]]) for tensor, array in zip(batch_arrays, arrays)
            )

        batches = tf.data.Dataset.range(self.steps).map(batch, num_parallel_calls=2)
        size = self.batch_size * sum(array.nbytes // max(1, len(array)) for array in arrays)
        # TensorFlow's automatic prefetching would fill half of the machine's memory, regardless of limits.
        return _optimized(batches, min(16, max(1, _PREFETCH_BYTES // max(1, size))))

    def _dataset(self) -> tf.data.Dataset:
        # The pipeline of Keras's own adapter for arrays, which is the fastest one, with another permutation.
        import tensorflow as tf

        count, size = self.count, self.batch_size
        full = count // size

        # AutoGraph would need longer for these functions, which have no loops, than creating the pipeline takes.
        plain = tf.autograph.experimental.do_not_convert

        @plain  # type: ignore[untyped-decorator]  # TensorFlow has no types
        def indices(_: tf.Tensor) -> tf.Tensor:
            order = tf.numpy_function(lambda: self.order(self.epoch).astype(np.int64), [], tf.int64, stateful=True)
            return tf.ensure_shape(order, [count])

        @plain  # type: ignore[untyped-decorator]  # TensorFlow has no types
        def slices(order: tf.Tensor) -> tf.data.Dataset:
            dataset = tf.data.Dataset.from_tensor_slices(tf.reshape(order[: full * size], [full, size]))
            if count % size:
                dataset = dataset.concatenate(tf.data.Dataset.from_tensors(order[full * size :]))
            return dataset

        order = tf.data.Dataset.range(1).map(indices).flat_map(slices)
        tensors = tuple(as_tensor(array) for array in self.arrays())
        batches = tf.data.Dataset.zip((order, tf.data.Dataset.from_tensors(tensors).repeat()))
        batches = batches.map(
            plain(lambda rows, data: tuple(tf.gather(array, rows, axis=0) for array in data)),
            num_parallel_calls=tf.data.AUTOTUNE,
        )
        return _optimized(batches.apply(tf.data.experimental.assert_cardinality(self.steps)))


class Batches(keras.utils.PyDataset):  # type: ignore[misc]  # Keras is untyped
    """The same batches for every backend."""

    def __init__(self, feed: Feed) -> None:
        super().__init__()
        self.feed = feed

    def __len__(self) -> int:
        return self.feed.steps

    def __getitem__(self, index: int) -> tuple[Array, ...]:
        rows = self.feed.rows(index)
        return tuple(array[rows] for array in self.feed.arrays())


def arrays_of(samples: SampleSet) -> tuple[Values, ...]:
    """Inputs, labels and weights, as far as there are any."""
    parts = (samples.x, samples.y, samples.weight)
    return tuple(part for part in parts if part is not None)


def as_tensor(array: Values) -> tf.Tensor:
    """An array as a tensor of TensorFlow, which shares its memory if it is aligned; an array of objects as strings."""
    import tensorflow as tf

    if array.dtype == object:
        return tf.constant([str(value) for value in np.asarray(array).reshape(-1)], shape=array.shape)
    if array.dtype.kind not in "iuf" or not array.dtype.isnative:
        return tf.convert_to_tensor(array)
    # `convert_to_tensor` keeps two copies of a large array.
    return tf.experimental.dlpack.from_dlpack(aligned(np.asarray(array)).__dlpack__())


def shared(array: Values) -> Values | tf.Tensor:
    """The array for `fit`, `evaluate` and `predict`, which on TensorFlow would copy it."""
    return as_tensor(array) if keras.backend.backend() == "tensorflow" else array


def in_order(
    samples: SampleSet, batch_size: int, *, labels: bool = True
) -> tuple[Values | tf.Tensor, ...] | Batches | tf.data.Dataset:
    """The samples as they are stored, for `evaluate` and `predict`: arrays, or batches where `in_batches`."""
    if samples.streams:
        return Feed(samples if labels else SampleSet(samples.x, None), batch_size, 0, 0, False).batches()
    arrays = arrays_of(samples) if labels else (samples.x,)
    if samples.x.dtype != object:
        return tuple(map(shared, arrays))
    import tensorflow as tf

    return tf.data.Dataset.from_tensor_slices(tuple(map(as_tensor, arrays))).batch(batch_size)


def in_batches(samples: SampleSet) -> bool:
    """Whether `in_order` returns batches: for strings and for samples on disk."""
    return samples.streams or samples.x.dtype == object


def _encoded(array: Array) -> Array:
    if array.dtype != object:
        return array
    texts = [str(value).encode("utf-8", "surrogatepass") for value in array.reshape(-1)]
    return np.array(texts, object).reshape(array.shape)


def _optimized(dataset: tf.data.Dataset, prefetch: int | None = None) -> tf.data.Dataset:
    import tensorflow as tf

    options = tf.data.Options()
    options.experimental_optimization.apply_default_optimizations = False
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
    return dataset.with_options(options).prefetch(tf.data.AUTOTUNE if prefetch is None else prefetch)
