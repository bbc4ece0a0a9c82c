"""One device, without changes to Keras; the base class of the other strategies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import keras

from seqspec.training.data.feed import Feed, in_batches, in_order
from seqspec.training.data.prepared import SampleSet


class SingleDevice:
    """The interface of a strategy for the trainer.

    `replicas` is the number of devices of all workers, `rank` the number of this worker, `workers` how many there are.
    Only rank 0 writes the run folder.
    """

    replicas = 1
    rank = 0
    workers = 1
    max_steps_per_execution: int | None = None

    def device_names(self) -> list[str]:
        """The devices that compute."""
        return [str(device) for device in keras.distribution.list_devices()][:1] or ["cpu:0"]

    @contextmanager
    def scope(self) -> Iterator[None]:
        """The context in which the model is built, compiled and trained."""
        yield

    def check(self, model: keras.Model) -> list[str]:
        """Warnings about results that differ from those of one device."""
        return []

    def compiled(self, model: keras.Model, sizes: Sequence[tuple[int, int]]) -> None:
        """Prepares a model that was just compiled; `sizes` are the samples and the batch size of each stage."""

    def training(self, feed: Feed, class_weight: Mapping[int, float] | None) -> dict[str, object]:
        """Arguments of `Model.fit` for the training set."""
        return {"x": feed.batches(), "class_weight": class_weight}

    def validation(self, samples: SampleSet, batch_size: int) -> dict[str, object]:
        """Arguments of `Model.fit` for the validation set."""
        batches = in_order(samples, batch_size)
        if in_batches(samples):
            return {"validation_data": batches}
        # Keras cannot infer a batch size for validation from custom training batches.
        return {"validation_data": batches, "validation_batch_size": batch_size}

    def lost_a_worker(self, error: Exception) -> bool:
        """Whether training failed because another worker does not answer."""
        return False

    def agree(self, what: str, value: str) -> None:
        """Raises `RunError` if workers have different values; does nothing with one worker."""
