"""Training: the stages of `[fit]` one after the other, from the beginning or from a checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np

from seqspec.core.api.compiler import Loader, build_model, compile_model, fit_arguments, loader, without_logs
from seqspec.core.api.spec import Fit
from seqspec.core.api.training import BATCH_SIZE
from seqspec.training.data.feed import Feed
from seqspec.training.data.labels import LabelScale
from seqspec.training.data.prepared import SampleSet
from seqspec.training.data.samples import Array
from seqspec.training.errors import RunError, Stopped, TrainingError, reason_of
from seqspec.training.evaluation.calibration import logits_layer
from seqspec.training.evaluation.thresholds import wants_calibration
from seqspec.training.events import PlanEvent, StageEvent, WarningEvent
from seqspec.training.fitting.recorder import BestEpoch, Diverged, Recorder
from seqspec.training.fitting.stages import (
    adapt,
    build_state,
    choose_steps_per_execution,
    class_weights,
    compile_for,
    set_trainable,
)
from seqspec.training.fitting.trained_model import TrainedModel
from seqspec.training.job import TrainingJob
from seqspec.training.records import Plan
from seqspec.training.run_folder.checkpoints import Checkpoint, Checkpoints, write_variables
from seqspec.training.serving.scaled_labels import with_undone_scale

_OWN_CALLBACKS = ("BackupAndRestore",)
"""Callbacks that are replaced by the checkpoints of the run folder."""
_WRITING_CALLBACKS = ("CSVLogger", "ModelCheckpoint", "TensorBoard")
"""Callbacks that write files, which only one of several workers may do."""


@dataclass
class Trainer:
    """What changes while the stages of a job are trained; within the scope of its strategy.

    Attributes:
        job: What is trained.
        model: The model.
        checkpoint: The checkpoint from which training continues; None without one, and after `train`.
        recorder: Records the epochs.
    """

    job: TrainingJob
    model: keras.Model
    checkpoint: Checkpoint | None
    recorder: Recorder

    @classmethod
    def of(cls, job: TrainingJob) -> Trainer:
        """The trainer before the first epoch that is left to train, with a model that is not compiled.

        Raises `RunError` if the job starts from weights of another model.
        """
        checkpoint = _last_checkpoint(job) if job.start.resumes else None
        # A checkpoint has all weights, so pretrained weights are not downloaded again.
        model = _built(job, download=job.plan.info["download"] and checkpoint is None)
        if wants_calibration(job.spec):
            # Fails before training, not after it.
            logits_layer(model)
        if job.start.weights is not None:
            _set_initial_weights(model, job.start.weights)
        return cls(job, model, checkpoint, _recorder(job, checkpoint))

    def train(self) -> TrainedModel:
        """Trains the stages, one after the other.

        Raises:
            TrainingError: The loss diverged, or Keras raised an error while training.
        """
        stages = self.job.stages
        # The loggers keep the trainer until the end of the run, which needs no copy of all weights.
        checkpoint, self.checkpoint = self.checkpoint, None
        first = checkpoint.state["stage"] if checkpoint is not None else 0
        steps_per_execution = 1
        for index, stage in enumerate(stages):
            if index == 0 or stage.recompiles:
                steps_per_execution = self._compile(index)
            if index < first:
                continue
            within: Checkpoint | None = None
            begin = stage.initial_epoch
            if checkpoint is not None and index == first:
                if checkpoint.state["epoch"] > 0:
                    within, begin = checkpoint, checkpoint.state["epoch"]
                else:
                    write_variables(self.model, checkpoint.arrays, optimizer=index > 0 and not stage.recompiles)
            if index == 0 and within is None:
                self._report_plan(steps_per_execution)
            self._fit(index, range(begin, self.job.last_epochs[index]), within)
        if checkpoint is not None and first == len(stages):
            # Interrupted after the last epoch: only saving and evaluation remain.
            write_variables(self.model, checkpoint.arrays)
        if self.recorder.number == 0:
            self.recorder.write(len(stages), 0)
        if self.job.data.label_scale is not None:
            self._undo_scale(self.job.data.label_scale)
        return TrainedModel(self.job, self.model, self.recorder)

    @property
    def _load(self) -> Loader:
        return loader(self.job.plan.permissions.modules)

    @property
    def _trainable(self) -> int:
        """The number of trainable parameters."""
        return int(sum(np.prod(variable.shape) for variable in self.model.trainable_variables))

    def _compile(self, index: int) -> int:
        """Freezes layers and compiles the model for a stage; returns the steps per execution."""
        job, model, strategy, stage = self.job, self.model, self.job.strategy, self.job.stages[index]
        spec = job.spec
        assert "compile" in spec.written
        set_trainable(model, stage)
        steps = self._feed(index).steps
        most = min(steps, strategy.max_steps_per_execution or steps)
        steps_per_execution = choose_steps_per_execution(spec.compile, job.stages, most)
        pointer = ".".join(map(str, spec.stage_path(index)))
        compile_for(model, spec.compile, stage, steps_per_execution, self._load, pointer, job.data.label_scale)
        sizes = [
            (len(job.sets_of(fitted_stage)[0]), fitted_stage.batch_size or BATCH_SIZE) for fitted_stage in job.stages
        ]
        strategy.compiled(model, sizes)
        if strategy.replicas == 1:
            build_state(model, job.sets_of(stage)[0])
        return steps_per_execution

    def _feed(self, index: int) -> Feed:
        """The batches of a stage."""
        stage = self.job.stages[index]
        train, _ = self.job.sets_of(stage)
        size, seed = stage.batch_size or BATCH_SIZE, self.job.plan.seed
        return Feed(train, size, seed, index, stage.shuffle, stage.steps_per_epoch)

    def _fit(self, index: int, epochs: range, within: Checkpoint | None) -> None:
        """Trains a stage for these epochs of it, from its beginning or from a checkpoint within it."""
        job, recorder, stage = self.job, self.recorder, self.job.stages[index]
        _, validation = job.sets_of(stage)
        feed = self._feed(index)
        given = fit_arguments(stage, self._load)
        left_out = _OWN_CALLBACKS if job.strategy.rank == 0 else (*_OWN_CALLBACKS, *_WRITING_CALLBACKS)
        callbacks = [callback for callback in given.pop("callbacks") if type(callback).__name__ not in left_out]
        for callback in callbacks:
            if within is not None and isinstance(callback, keras.callbacks.CSVLogger):
                callback.append = True
        name = stage.name or f"stage {index + 1}"
        job.report(StageEvent(index, name, len(epochs), self._trainable))
        job.folder.log(f"{name}: {len(epochs)} epochs, {self._trainable:,} trainable parameters")
        recorder.enter(index, name, feed, callbacks, within)
        feed.epoch = epochs.start
        stopped = within is not None and within.state["stop"]
        keys = ("validation_freq", "validation_steps")
        arguments = {key: given[key] for key in keys if key in given}
        try:
            self.model.fit(
                **job.strategy.training(feed, class_weights(stage, job.data)),
                epochs=epochs.start if stopped else epochs.stop,
                initial_epoch=epochs.start,
                shuffle=False,
                verbose=0,
                callbacks=[*callbacks, recorder],
                **self._validation(validation, stage),
                **arguments,
            )
        except RunError:
            raise
        except (KeyboardInterrupt, Stopped):
            recorder.write_pending()
            raise
        except Diverged as error:
            raise TrainingError(str(error), recorder.last_checkpoint)
        except Exception as error:
            # Keras, a callback or user code may raise any exception; the run is marked as failed.
            what = f"{type(error).__name__} while training"
            if isinstance(error, OSError):
                what = f"cannot write to {job.folder.path}"
            elif job.strategy.lost_a_worker(error):
                what = "another worker was lost"
            raise TrainingError(f"{what}: {reason_of(error)}", recorder.last_checkpoint)
        feed.release()
        recorder.leave()
        recorder.write(index + 1, 0)

    def _validation(self, samples: SampleSet | None, stage: Fit) -> dict[str, object]:
        """Arguments of `Model.fit` for the validation set of a stage."""
        if samples is None or not len(samples):
            return {}
        return self.job.strategy.validation(samples, stage.validation_batch_size or stage.batch_size or BATCH_SIZE)

    def _report_plan(self, steps_per_execution: int) -> None:
        """Records and reports what the run will do."""
        job, stages = self.job, self.job.stages
        devices, policy = job.strategy.device_names(), job.spec.dtype_policy
        plan: Plan = {
            "folder": str(job.folder.path),
            "sets": {name: len(samples) for name, samples in job.data.sets.items()},
            "input": list(job.data.train.x.shape[1:]),
            "classes": job.data.labels.class_names(),
            "parameters": self.model.count_params(),
            "trainable": self._trainable,
            "stages": len(stages),
            "epochs": job.total_epochs,
            "streamed": job.data.train.streams,
            "steps": self._feed(0).steps,
            "batch_size": stages[0].batch_size or BATCH_SIZE,
            "steps_per_execution": steps_per_execution,
            "devices": devices,
            "workers": job.strategy.workers,
            "backend": keras.backend.backend(),
            "dtype_policy": policy,
            "seed": job.plan.seed,
        }
        if job.data.train.origins is not None:
            plan["series"] = job.data.train.origins.index.summary()
        if job.data.encoder is not None:
            plan["columns"] = len(job.data.encoder.encodings)
        job.folder.update(plan=plan)
        job.report(PlanEvent(plan))
        if policy.startswith("mixed_") and all(device.startswith("cpu") for device in devices):
            job.report(WarningEvent(f"{policy} is slower than float32 on a CPU"))
        for message in job.strategy.check(self.model):
            job.report(WarningEvent(message))

    def _undo_scale(self, scale: LabelScale) -> None:
        """Replaces the model by one with outputs in the units of the labels."""
        table = self.job.spec.compile
        self.model = with_undone_scale(self.model, scale)
        compile_model(self.model, table, self._load)
        # Keras builds the optimizer of a loaded model, and warns where the saved one has no variables.
        if not self.model.optimizer.built:
            self.model.optimizer.build(self.model.trainable_variables)


def _built(job: TrainingJob, *, download: bool) -> keras.Model:
    """The model with initial weights, preprocessing layers adapted to the training set; not compiled.

    `download` is whether base models get pretrained weights.
    """
    spec = job.spec
    with without_logs():
        # Imports TensorFlow where it is installed, on every backend.
        keras.utils.set_random_seed(job.plan.seed)
    if spec.runtime.deterministic and keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()
    # Cleared, since the strategy distributes the model instead of the builder.
    runtime = spec.runtime.model_copy(update={"distribution": None}) if "runtime" in spec.written else None
    layers, load = job.plan.checked.layers, loader(job.plan.permissions.modules)
    model = build_model(spec.stack, layers, spec.environment, runtime=runtime, download=download, load=load)
    adapted = adapt(model, job.data.train)
    if not model.built:
        model.build((None, *job.data.train.x.shape[1:]))
    if adapted:
        job.folder.log(f"adapted to the training set: {', '.join(adapted)}")
    return model


def _last_checkpoint(job: TrainingJob) -> Checkpoint | None:
    """The checkpoint that a run is resumed from; None before the first one. Damaged ones are reported.

    The final one of a run to which epochs are added is one within its last stage.
    """
    checkpoint, damaged = Checkpoints(job.folder.checkpoints).last()
    start = f"continued after epoch {checkpoint.state['done']}" if checkpoint is not None else "begun again at epoch 1"
    warnings = [f"{checkpoint} cannot be read; training is {start}" for checkpoint in damaged]
    if checkpoint is None and job.folder.history():
        warnings.append(f"{job.folder.checkpoints} has no checkpoint; training is {start}")
    for message in warnings:
        job.folder.log(message)
        job.report(WarningEvent(message))
    if checkpoint is None or not job.start.added_epochs or checkpoint.state["stage"] != len(job.stages):
        return checkpoint
    last, epoch = len(job.stages) - 1, job.last_epochs[-1] - job.start.added_epochs
    return checkpoint._replace(state={**checkpoint.state, "stage": last, "epoch": epoch, "stop": False})


def _recorder(job: TrainingJob, checkpoint: Checkpoint | None) -> Recorder:
    """The recorder of a run; epochs after the checkpoint are removed from the history."""
    save = job.spec.save
    wanted = save.best if save is not None and job.folds is None else None
    best = BestEpoch(wanted.monitor, wanted.mode) if wanted is not None else BestEpoch(None, "auto")
    done = checkpoint.state["done"] if checkpoint is not None else 0
    job.strategy.agree("the checkpoint", f"{checkpoint.state['number']} {done}" if checkpoint is not None else "none")
    epochs = job.folder.truncate_history(done)
    recorder = Recorder(job.folder, job.report, best, job.total_epochs, epochs, job.stop)
    recorder.done = done
    if checkpoint is not None:
        recorder.number, recorder.last_checkpoint = checkpoint.state["number"], str(checkpoint)
        recorder.restored_epoch = checkpoint.state.get("restored")
        best.restore(checkpoint.state["best"], checkpoint.arrays)
    return recorder


def _set_initial_weights(model: keras.Model, weights: Sequence[Array]) -> None:
    """Sets the weights to those of another run; raises `RunError` if the models differ."""
    if len(weights) != len(model.weights):
        raise RunError(f"the other run has {len(weights)} weights, this model {len(model.weights)}")
    for own, other in zip(model.weights, weights):
        if tuple(own.shape) != tuple(other.shape):
            raise RunError(f"{own.path} has shape {tuple(own.shape)}, in the other run {tuple(other.shape)}")
    model.set_weights(weights)
