"""Several devices on JAX, of one process or of many: `keras.distribution.DataParallel`.

Arrays are global: a batch is one array whose rows are sharded among the devices of all workers, and XLA sums gradients
and statistics over the whole batch, so that one device and many compute the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import jax
import keras
import numpy as np

from seqspec.training.data.feed import Feed
from seqspec.training.data.prepared import SampleSet
from seqspec.training.data.samples import Array
from seqspec.training.engines import jax_processes
from seqspec.training.errors import RunError
from seqspec.training.strategies.strategy import SingleDevice


class DataParallel(SingleDevice):
    """The model is replicated on every device, and each batch is sharded among them."""

    def __init__(self, devices: int | None) -> None:
        self.workers, self.rank = jax.process_count(), jax.process_index()
        self._devices = _devices(devices)
        self.replicas = len(self._devices)
        names = [f"{device.platform}:{device.id}" for device in self._devices]
        self._distribution = keras.distribution.DataParallel(devices=names, auto_shard_dataset=False)
        mesh = jax.sharding.Mesh(np.array(self._devices), ("batch",))
        self._by_row = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("batch"))
        self._whole = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec())

    def device_names(self) -> list[str]:
        return [f"{device.platform}:{device.id}" for device in self._devices]

    @contextmanager
    def scope(self) -> Iterator[None]:
        before = keras.distribution.distribution()
        keras.distribution.set_distribution(self._distribution)
        try:
            with _global_arrays():
                yield
        finally:
            keras.distribution.set_distribution(before)

    def training(self, feed: Feed, class_weight: Mapping[int, float] | None) -> dict[str, object]:
        return {"x": _Global(feed, self, class_weight)}

    def validation(self, samples: SampleSet, batch_size: int) -> dict[str, object]:
        return {"validation_data": _Global(Feed(samples, batch_size, 0, 0, False), self)}

    def own(self, count: int) -> slice:
        """The rows of a batch of size `count` that this worker computes.

        They are sharded among the devices. A batch that cannot be divided is computed as a whole by each device.
        """
        if count % self.replicas:
            return slice(0, count)
        own = count // self.workers
        return slice(self.rank * own, (self.rank + 1) * own)

    def place(self, array: Array, count: int) -> jax.Array:
        """The global array of a batch of size `count`, from the rows that this worker computes."""
        sharding = self._whole if count % self.replicas else self._by_row
        return jax.make_array_from_process_local_data(sharding, array, (count, *array.shape[1:]))

    def lost_a_worker(self, error: Exception) -> bool:
        return self.workers > 1 and jax_processes.lost_a_worker(error)

    def agree(self, what: str, value: str) -> None:
        if self.workers == 1:
            return
        first = jax_processes.broadcast(value)
        if first != value:
            raise RunError(f"{what} of worker {self.rank} differs from that of worker 0")


class _Global(keras.utils.PyDataset):  # type: ignore[misc]  # Keras is untyped
    """Batches of a feed as global arrays; a worker reads the rows that it computes."""

    def __init__(self, feed: Feed, strategy: DataParallel, class_weight: Mapping[int, float] | None = None) -> None:
        super().__init__()
        self._feed = feed
        self._strategy = strategy
        self._class_weight = class_weight

    def __len__(self) -> int:
        return self._feed.steps

    def __getitem__(self, index: int) -> tuple[jax.Array, ...]:
        rows = self._feed.rows(index)
        own = rows[self._strategy.own(len(rows))]
        batch = tuple(array[own] for array in self._feed.arrays())
        if self._class_weight is not None:
            if len(batch) > 2:
                raise ValueError("You cannot specify `class_weight` and `sample_weight` at the same time.")
            batch = (*batch, _sample_weights(batch[1], self._class_weight))
        return tuple(self._strategy.place(array, len(rows)) for array in batch)


def _sample_weights(y: Array, class_weight: Mapping[int, float]) -> Array:
    """The weight of each sample by its class, as Keras does it: y are class indices or one-hot rows."""
    if y.ndim > 1:
        y = y[..., 0] if y.shape[-1] == 1 else y.argmax(axis=-1)
    return np.array([class_weight.get(int(label), 1.0) for label in np.round(y)], keras.config.floatx())


@contextmanager
def _global_arrays() -> Iterator[None]:
    """Makes Keras accept global arrays unchanged; by default it shards every batch like the first one."""
    from keras.src.backend.jax import distribution_lib

    original = distribution_lib.distribute_data_input

    def distribute(batch: object, *arguments: object, **more: object) -> object:
        return batch if isinstance(batch, jax.Array) else original(batch, *arguments, **more)

    distribution_lib.distribute_data_input = distribute
    try:
        yield
    finally:
        distribution_lib.distribute_data_input = original


def _devices(wanted: int | None) -> list[jax.Device]:
    """The devices of all workers, `wanted` of each."""
    devices: list[jax.Device] = []
    for rank in range(jax.process_count()):
        own = [device for device in jax.devices() if device.process_index == rank]
        if len(own) < (wanted or 1):
            raise RunError(f"{wanted} devices were requested, but JAX finds {len(own)}")
        devices += own[: wanted or len(own)]
    return devices
