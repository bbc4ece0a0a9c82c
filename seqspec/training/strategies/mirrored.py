"""Several devices of one machine on TensorFlow: `tf.distribute.MirroredStrategy`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import keras

from seqspec.training.errors import RunError
from seqspec.training.strategies.strategy import SingleDevice


class Mirrored(SingleDevice):
    """Each device has a copy of the model and a slice of each batch; gradients are summed over the devices."""

    max_steps_per_execution = 1
    """More than one step per call fails in Keras 3.15: "You must feed a value for placeholder tensor"."""

    def __init__(self, devices: int | None) -> None:
        import tensorflow as tf

        names = _devices(devices)
        self.replicas = len(names)
        self._strategy = tf.distribute.MirroredStrategy(names)

    def device_names(self) -> list[str]:
        return [name.rpartition("device:")[2].lower() for name in self._strategy.extended.worker_devices]

    @contextmanager
    def scope(self) -> Iterator[None]:
        with self._strategy.scope():
            yield

    def check(self, model: keras.Model) -> list[str]:
        normalized = (layer for layer in model._flatten_layers() if isinstance(layer, keras.layers.BatchNormalization))
        unsynced = [layer.name for layer in normalized if not layer.synchronized]
        if not unsynced:
            return []
        return [
            f"{', '.join(unsynced[:5])}: batch normalization uses the statistics of each device's slice of the batch; "
            "with synchronized = true results equal those of one device"
        ]

    def compiled(self, model: keras.Model, sizes: Sequence[tuple[int, int]]) -> None:
        # Keras weights the devices equally, which is only correct if their slices of the batch have equal sizes.
        if not any(samples % size % self.replicas for samples, size in sizes):
            return
        _weight_slices(model, self.replicas)
        normalized = any(isinstance(layer, keras.layers.BatchNormalization) for layer in model._flatten_layers())
        for samples, size in sizes:
            rest = samples % size
            if normalized and 0 < rest < self.replicas:
                raise RunError(
                    f"the last batch of an epoch has {rest} of {samples:,} samples for {self.replicas} devices, and "
                    "batch normalization fails on a device without any: choose another batch_size"
                )


def _weight_slices(model: keras.Model, replicas: int) -> None:
    """Weights the loss by the number of samples on each device, so that uneven slices have the gradient of the batch.

    The value of the loss stays that of the slice, which is what Keras averages for the history.
    """
    import tensorflow as tf

    # Uses the method of the class, since the instance may have been patched in an earlier stage.
    original = type(model).compute_loss

    def compute_loss(
        x: tf.Tensor = None,
        y: tf.Tensor = None,
        y_pred: tf.Tensor = None,
        sample_weight: tf.Tensor = None,
        training: bool = True,
    ) -> tf.Tensor:
        loss = original(model, x=x, y=y, y_pred=y_pred, sample_weight=sample_weight, training=training)
        if not training:
            return loss
        count = tf.cast(tf.shape(y_pred)[0], loss.dtype)
        total = tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, count)
        weighted = loss * (count * replicas / total)
        return weighted + tf.stop_gradient(loss - weighted)

    model.compute_loss = compute_loss


def _devices(wanted: int | None) -> list[str]:
    """Names of the devices; logical CPU devices on a machine without GPUs."""
    import tensorflow as tf

    count = len(tf.config.list_physical_devices("GPU"))
    if count:
        if (wanted or 0) > count:
            raise RunError(f"{wanted} devices were requested, but TensorFlow finds {count} GPUs")
        return [f"GPU:{number}" for number in range(wanted or count)]
    if wanted is not None:
        parts = [tf.config.LogicalDeviceConfiguration() for _ in range(wanted)]
        # Once TensorFlow is initialized, its devices cannot be changed.
        with suppress(RuntimeError):
            tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], parts)
    count = len(tf.config.list_logical_devices("CPU"))
    if (wanted or 0) > count:
        raise RunError(f"{wanted} devices were requested, but TensorFlow was started with {count}")
    return [f"CPU:{number}" for number in range(wanted or count)]
