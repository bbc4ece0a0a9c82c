"""TensorBoard, by Keras's callback: event files in the folder `tensorboard` of the run."""

from __future__ import annotations

from seqspec.core.api.diagnostics import install_command
from seqspec.training.loggers.logger import LoggedRun, Logger
from seqspec.training.records import EpochRecord, Evaluation


class TensorBoardLogger(Logger):
    """Curves of training and validation over the epochs of all stages."""

    packages = ("tensorflow", "tensorboard")
    install = install_command("tensorflow", "tensorboard")
    files = ("tensorboard",)

    def start(self, run: LoggedRun) -> None:
        import keras

        # Called here instead of by `fit`, which counts the epochs of each stage from 0.
        self._callback = keras.callbacks.TensorBoard(str(run.path / "tensorboard"), write_graph=False)
        self._callback.set_model(run.model)
        self._callback.on_train_begin()

    def log_epoch(self, line: EpochRecord) -> None:
        self._callback.on_epoch_end(line["epoch"] - 1, dict(line["logs"]))

    def finish(self, state: str, evaluation: Evaluation) -> None:
        self._callback.on_train_end()
