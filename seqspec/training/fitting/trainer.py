"""Training: the stages of `[fit]` one after the other, from the beginning or from a checkpoint."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import floor
from pathlib import Path
from typing import cast

import keras
import numpy as np

from seqspec.core.analysis.analyze import AnalysisResult, analyze, environment
from seqspec.core.analysis.data.datasets import BATCH_SIZE
from seqspec.core.compiler.keras_model import build_model, compile_model, fit_arguments, save_model
from seqspec.core.compiler.keras_objects import loader
from seqspec.core.compiler.quiet_backend import without_logs
from seqspec.core.document.outputs import DEFAULT_LEVEL, Save
from seqspec.core.document.target import Regression
from seqspec.core.document.training_tables import Fit
from seqspec.core.document.typed_spec import TypedSpec
from seqspec.core.syntax.atomic_write import renamed
from seqspec.core.syntax.keras_archive import DOCUMENTS, SPEC
from seqspec.training.access import Access
from seqspec.training.data.labels import DEFAULT_THRESHOLD, LabelEncoding, Threshold, class_indices
from seqspec.training.data.prepared import PreparedData, SampleSet
from seqspec.training.data.samples import Array
from seqspec.training.errors import RunError, TrainingError, reason_of
from seqspec.training.evaluation.calibration import calibrate, logits_layer
from seqspec.training.evaluation.evaluate import evaluate_sets, mark_results
from seqspec.training.evaluation.intervals import SampleScores
from seqspec.training.evaluation.outputs import predict_outputs, probabilities
from seqspec.training.evaluation.thresholds import choose_threshold, declared_threshold, wants_calibration
from seqspec.training.feed import Feed
from seqspec.training.fitting.recorder import BestEpoch, Diverged, Recorder
from seqspec.training.fitting.stages import (
    adapt,
    build_state,
    choose_steps_per_execution,
    class_weights,
    compile_for,
    set_trainable,
)
from seqspec.training.folds import Folds, final_stage
from seqspec.training.records import Evaluation, EventHandler, Plan, TemperatureResults, silent
from seqspec.training.run_folder.checkpoints import Checkpoint, Checkpoints, write_variables
from seqspec.training.run_folder.files import json_text, write_json
from seqspec.training.run_folder.folder import RunFolder
from seqspec.training.scaled_labels import with_undone_scale
from seqspec.training.strategies.strategy import SingleDevice

_OWN_CALLBACKS = ("BackupAndRestore",)
"""Callbacks that are replaced by the checkpoints of the run folder."""
_WRITING_CALLBACKS = ("CSVLogger", "ModelCheckpoint", "TensorBoard")
"""Callbacks that write files, which only one of several workers may do."""
_OF_FOLDS = "median of those chosen on each fold"


@dataclass
class TrainingJob:
    """The training of one run, or the share of one worker in it.

    Attributes:
        folder: The run folder.
        analysis: The check of the spec.
        data: The sets and what was learned from the training set.
        seed: The seed of the run.
        allowed: Names of the Python modules that the spec may import.
        download: Whether base models are created with pretrained weights.
        initial_weights: The weights of another run that training starts from, in the order of `Model.get_weights`.
        extra_epochs: The epochs that all `resume` commands have added to the last stage.
        added_epochs: Those of them that this `resume` command adds.
        report: Receives the events of the run.
        resume: Whether training continues from the last checkpoint.
        strategy: How the model is replicated.
        html: Whether report.html is written although the spec has no `[report]`.
        no_report: Whether none is written although the spec has one.
        loggers: Names of the loggers.
        access: What the spec may read and write.
        python_data: The arrays from Python, where the data comes from there.
        is_fold: Whether this is a fold of another run, or a trial of a search: only its validation set is evaluated,
            and no file of `[save]`, `[export]` or `[report]` is written.
        train_folds: Trains the folds of a run that is cross-validated; None for other runs.
        folds: The results of the folds that were trained before; None without.
        calibration: The temperature of the model; None where it is not calibrated.
        model: The model; None until it is built.
    """

    folder: RunFolder
    analysis: AnalysisResult
    data: PreparedData
    seed: int
    allowed: Collection[str] = ()
    download: bool = True
    initial_weights: Sequence[Array] | None = None
    extra_epochs: int = 0
    added_epochs: int = 0
    report: EventHandler = silent
    resume: bool = False
    strategy: SingleDevice = field(default_factory=SingleDevice)
    html: bool = False
    no_report: bool = False
    loggers: Sequence[str] = ()
    access: Access | None = None
    python_data: object = None
    is_fold: bool = False
    train_folds: Callable[[TrainingJob], Folds] | None = None
    folds: Folds | None = field(default=None, init=False)
    calibration: TemperatureResults | None = field(default=None, init=False)
    model: keras.Model = field(default=None, init=False)

    @property
    def spec(self) -> TypedSpec:
        """The spec."""
        assert self.analysis.spec is not None
        return self.analysis.spec


def stages_of(job: TrainingJob) -> list[Fit]:
    """The stages; one of Keras's defaults where the spec has no `[fit]`."""
    stages = list(job.spec.fit or [Fit()])
    if job.folds is None:
        return stages
    return [final_stage(stage, epochs) for stage, epochs in zip(stages, job.folds.epochs)]


def build(job: TrainingJob, *, download: bool) -> keras.Model:
    """The model with initial weights, preprocessing layers adapted to the training set; not compiled.

    `download` is whether base models get pretrained weights.
    """
    spec = job.spec
    assert spec.stack is not None
    with without_logs():
        # Imports TensorFlow where it is installed, on every backend.
        keras.utils.set_random_seed(job.seed)
    if spec.runtime is not None and spec.runtime.deterministic and keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()
    # Cleared, since the strategy distributes the model instead of the builder.
    runtime = spec.runtime.model_copy(update={"distribution": None}) if spec.runtime is not None else None
    layers, load = job.analysis.report.layers, loader(job.allowed)
    model = build_model(spec.stack, layers, environment(spec), runtime=runtime, download=download, load=load)
    adapted = adapt(model, job.data.train)
    if not model.built:
        model.build((None, *job.data.train.x.shape[1:]))
    if adapted:
        job.folder.log(f"adapted to the training set: {', '.join(adapted)}")
    return model


def run_job(job: TrainingJob) -> Evaluation:
    """Trains, evaluates and saves; returns the evaluation.

    Raises:
        TrainingError: The loss diverged, or Keras raised an error while training.
    """
    with job.strategy.scope():
        recorder = _train(job)
        if job.data.label_scale is not None:
            _undo_scale(job)
    if job.strategy.rank:
        return {}
    job.calibration = _calibrate(job)
    # Outside of the scope: Keras creates variables while saving, in which every worker would have to participate.
    save_model(job.model, job.folder.model, _spec_members(job.folder, job.spec.to_dict()))
    if job.strategy.replicas > 1:
        from seqspec.training.loading import load_model

        # Other workers have ended, and the caller expects a model that needs no other device.
        job.model = load_model(job.folder.model, job.spec.to_dict(), job.allowed)
    return _finish(job, recorder)


def _undo_scale(job: TrainingJob) -> None:
    """Replaces the model by one with outputs in the units of the labels."""
    table, scale = job.spec.compile, job.data.label_scale
    assert table is not None and scale is not None
    job.model = with_undone_scale(job.model, scale)
    compile_model(job.model, table, loader(job.allowed))
    # Keras builds the optimizer of a loaded model, and warns where the saved one has no variables.
    if not job.model.optimizer.built:
        job.model.optimizer.build(job.model.trainable_variables)


def _train(job: TrainingJob) -> Recorder:
    """Builds the model and fits it, one stage after the other."""
    stages = stages_of(job)
    checkpoint = _checkpoint(job) if job.resume else None
    # A checkpoint has all weights, so pretrained weights are not downloaded again.
    job.model = build(job, download=job.download and checkpoint is None)
    if wants_calibration(job.spec):
        # Fails before training, not after it.
        logits_layer(job.model)
    if job.initial_weights is not None:
        _set_initial_weights(job.model, job.initial_weights)
    epochs = [stage.epochs for stage in stages]
    epochs[-1] += job.extra_epochs
    total = sum(max(0, last - stage.initial_epoch) for last, stage in zip(epochs, stages))
    recorder = _recorder(job, checkpoint, total)
    if checkpoint is not None and job.added_epochs:
        checkpoint = _reopened(job, stages, checkpoint)
    first = checkpoint.state["stage"] if checkpoint is not None else 0
    steps_per_execution = 1
    for index, stage in enumerate(stages):
        if index == 0 or stage.recompiles:
            steps_per_execution = _compile(job, stages, index)
        if index < first:
            continue
        within: Checkpoint | None = None
        begin = stage.initial_epoch
        if checkpoint is not None and index == first:
            if checkpoint.state["epoch"] > 0:
                within, begin = checkpoint, checkpoint.state["epoch"]
            else:
                write_variables(job.model, checkpoint.arrays, optimizer=index > 0 and not stage.recompiles)
        if index == 0 and within is None:
            _plan(job, stages, total, steps_per_execution)
        _fit(job, stage, index, recorder, range(begin, epochs[index]), within)
    if checkpoint is not None and first == len(stages):
        # Interrupted after the last epoch: only saving and evaluation remain.
        write_variables(job.model, checkpoint.arrays)
    if recorder.number == 0:
        recorder.write(len(stages), 0)
    return recorder


def _checkpoint(job: TrainingJob) -> Checkpoint | None:
    """The checkpoint that a run is resumed from; None before the first one. Damaged ones are reported."""
    checkpoint, damaged = Checkpoints(job.folder.checkpoints).last()
    start = f"continued after epoch {checkpoint.state['done']}" if checkpoint is not None else "begun again at epoch 1"
    warnings = [f"{each} cannot be read; training is {start}" for each in damaged]
    if checkpoint is None and job.folder.history():
        warnings.append(f"{job.folder.checkpoints} has no checkpoint; training is {start}")
    for message in warnings:
        job.folder.log(message)
        job.report("warning", {"message": message})
    return checkpoint


def _recorder(job: TrainingJob, checkpoint: Checkpoint | None, total: int) -> Recorder:
    """The recorder of a run of `total` epochs; epochs after the checkpoint are removed from the history."""
    outputs = job.spec.outputs
    wanted = outputs.save.best if outputs is not None and outputs.save is not None and job.folds is None else None
    best = BestEpoch(wanted.monitor, wanted.mode) if wanted is not None else BestEpoch(None, "auto")
    done = checkpoint.state["done"] if checkpoint is not None else 0
    job.strategy.agree("the checkpoint", f"{checkpoint.state['number']} {done}" if checkpoint is not None else "none")
    job.folder.truncate_history(done)
    recorder = Recorder(job.folder, job.report, best, total)
    recorder.done = done
    if checkpoint is not None:
        recorder.number, recorder.last_checkpoint = checkpoint.state["number"], str(checkpoint)
        recorder.restored_epoch = checkpoint.state.get("restored")
        best.restore(checkpoint.state["best"], checkpoint.arrays)
    return recorder


def _reopened(job: TrainingJob, stages: Sequence[Fit], checkpoint: Checkpoint) -> Checkpoint:
    """The final checkpoint of a run as one within its last stage, to which epochs are added."""
    if checkpoint.state["stage"] != len(stages):
        return checkpoint
    epoch = stages[-1].epochs + job.extra_epochs - job.added_epochs
    return checkpoint._replace(state={**checkpoint.state, "stage": len(stages) - 1, "epoch": epoch, "stop": False})


def _compile(job: TrainingJob, stages: Sequence[Fit], index: int) -> int:
    """Freezes layers and compiles the model for a stage; returns the steps per execution."""
    spec, model, strategy, stage = job.spec, job.model, job.strategy, stages[index]
    assert spec.compile is not None
    set_trainable(model, stage)
    steps = _feed(job, stage, index).steps
    most = min(steps, strategy.max_steps_per_execution or steps)
    steps_per_execution = choose_steps_per_execution(spec.compile, stages, most)
    pointer = ".".join(map(str, spec.stage_path(index)))
    compile_for(model, spec.compile, stage, steps_per_execution, loader(job.allowed), pointer, job.data.label_scale)
    strategy.compiled(model, [(len(_sets(job, each)[0]), each.batch_size or BATCH_SIZE) for each in stages])
    if strategy.replicas == 1:
        build_state(model, _sets(job, stage)[0])
    return steps_per_execution


def _feed(job: TrainingJob, stage: Fit, index: int) -> Feed:
    train, _ = _sets(job, stage)
    return Feed(train, stage.batch_size or BATCH_SIZE, job.seed, index, stage.shuffle, stage.steps_per_epoch)


def _sets(job: TrainingJob, stage: Fit) -> tuple[SampleSet, SampleSet | None]:
    """Training and validation set of a stage, with labels as the loss gets them."""
    train, validation = job.data.scaled("train"), job.data.scaled("validation")
    assert train is not None
    if validation is None and stage.validation_split:
        # The last samples, as in Keras.
        cut = floor(len(train) * (1.0 - stage.validation_split))
        return train.part(slice(0, cut)), train.part(slice(cut, None))
    return train, validation


def _fit(
    job: TrainingJob, stage: Fit, index: int, recorder: Recorder, epochs: range, within: Checkpoint | None
) -> None:
    """Trains a stage for these epochs of it, from its beginning or from a checkpoint within it."""
    model, data = job.model, job.data
    _, validation = _sets(job, stage)
    feed = _feed(job, stage, index)
    given = fit_arguments(stage, loader(job.allowed))
    left_out = _OWN_CALLBACKS if job.strategy.rank == 0 else (*_OWN_CALLBACKS, *_WRITING_CALLBACKS)
    callbacks = [each for each in given.pop("callbacks") if type(each).__name__ not in left_out]
    for callback in callbacks:
        if within is not None and isinstance(callback, keras.callbacks.CSVLogger):
            callback.append = True
    name = stage.name or f"stage {index + 1}"
    job.report("stage", {"stage": index, "name": name, "epochs": len(epochs), "trainable": _trainable(model)})
    job.folder.log(f"{name}: {len(epochs)} epochs, {_trainable(model):,} trainable parameters")
    recorder.enter(index, name, feed, callbacks, within)
    feed.epoch = epochs.start
    stopped = within is not None and within.state["stop"]
    keys = ("validation_freq", "validation_steps")
    arguments = {key: given[key] for key in keys if key in given}
    try:
        model.fit(
            **job.strategy.training(feed, class_weights(stage, data)),
            epochs=epochs.start if stopped else epochs.stop,
            initial_epoch=epochs.start,
            shuffle=False,
            verbose=0,
            callbacks=[*callbacks, recorder],
            **_validation(job.strategy, validation, stage),
            **arguments,
        )
    except RunError:
        raise
    except KeyboardInterrupt:
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


def _validation(strategy: SingleDevice, samples: SampleSet | None, stage: Fit) -> dict[str, object]:
    if samples is None or not len(samples):
        return {}
    return strategy.validation(samples, stage.validation_batch_size or stage.batch_size or BATCH_SIZE)


def _trainable(model: keras.Model) -> int:
    return int(sum(np.prod(variable.shape) for variable in model.trainable_variables))


def _plan(job: TrainingJob, stages: Sequence[Fit], total: int, steps_per_execution: int) -> None:
    """Records and reports what the run will do."""
    devices, policy = job.strategy.device_names(), job.spec.dtype_policy
    plan: Plan = {
        "folder": str(job.folder.path),
        "sets": {name: len(each) for name, each in job.data.sets.items()},
        "input": list(job.data.train.x.shape[1:]),
        "classes": job.data.labels.class_names(),
        "parameters": job.model.count_params(),
        "trainable": _trainable(job.model),
        "stages": len(stages),
        "epochs": total,
        "streamed": job.data.train.streams,
        "steps": _feed(job, stages[0], 0).steps,
        "batch_size": stages[0].batch_size or BATCH_SIZE,
        "steps_per_execution": steps_per_execution,
        "devices": devices,
        "workers": job.strategy.workers,
        "backend": keras.backend.backend(),
        "dtype_policy": policy,
        "seed": job.seed,
    }
    if job.data.train.origins is not None:
        plan["series"] = job.data.train.origins.index.summary()
    if job.data.encoder is not None:
        plan["columns"] = len(job.data.encoder.encodings)
    job.folder.update(plan=plan)
    job.report("plan", plan)
    if policy.startswith("mixed_") and all(device.startswith("cpu") for device in devices):
        job.report("warning", {"message": f"{policy} is slower than float32 on a CPU"})
    for message in job.strategy.check(job.model):
        job.report("warning", {"message": message})


def _set_initial_weights(model: keras.Model, weights: Sequence[Array]) -> None:
    """Sets the weights to those of another run; raises `RunError` if the models differ."""
    if len(weights) != len(model.weights):
        raise RunError(f"the other run has {len(weights)} weights, this model {len(model.weights)}")
    for own, other in zip(model.weights, weights):
        if tuple(own.shape) != tuple(other.shape):
            raise RunError(f"{own.path} has shape {tuple(own.shape)}, in the other run {tuple(other.shape)}")
    model.set_weights(weights)


def _finish(job: TrainingJob, recorder: Recorder) -> Evaluation:
    """Saves the best model, and evaluates, exports and saves the chosen one: see `Run.uses_best`."""
    final = job.model.get_weights()
    uses_best = _use_best(job, recorder.best, final, recorder.done)
    evaluation = _evaluated(job, recorder, uses_best)
    # Written before files outside of the run folder, which can fail.
    job.folder.write_json("evaluation.json", evaluation)
    written = [] if job.is_fold else _write_outputs(job, evaluation)
    if uses_best:
        job.model.set_weights(final)
    leaks = job.folder.leaks()
    job.report("evaluation", {**evaluation, "leaks": leaks} if leaks else evaluation)
    saved = [job.folder.model, *_save_serving(job)]
    job.report("saved", {"files": [*map(str, saved), *written]})
    return evaluation


def _use_best(job: TrainingJob, best: BestEpoch, final: Sequence[Array], epochs: int) -> bool:
    """Saves the best model; returns whether the model has its weights from now on, not the final ones."""
    if job.folds is not None:
        # Without validation data it would be the best epoch by the training loss.
        return False
    outputs = job.spec.outputs
    declared = outputs is not None and outputs.save is not None and outputs.save.best is not None
    if best.weights is None:
        if best.monitor is not None and best.epoch is None and epochs:
            job.report("warning", {"message": f'no best model was saved: no epoch has a finite "{best.monitor}"'})
        return False
    job.model.set_weights(best.weights)
    calibration = _calibrate(job)
    save_model(job.model, job.folder.best_model, _spec_members(job.folder, job.spec.to_dict()))
    if declared:
        job.calibration = calibration
    else:
        job.model.set_weights(final)
    return declared


def _evaluated(job: TrainingJob, recorder: Recorder, uses_best: bool) -> Evaluation:
    """The results of the model on the sets of `[report]`, of a fold on its validation set."""
    report = job.spec.outputs.report if job.spec.outputs is not None else None
    batch_size, best = stages_of(job)[-1].batch_size or BATCH_SIZE, recorder.best
    wanted = ["validation"] if job.is_fold else report.evaluate if report is not None else None
    sets = {name: each for name, each in job.data.sets.items() if (name in wanted if wanted else name != "train")}
    _choose_threshold(job, batch_size)
    level = report.interval if report is not None else DEFAULT_LEVEL
    scores: dict[str, SampleScores] = {}
    results = evaluate_sets(job.model, sets, job.data.labels, batch_size, job.data.baseline(), level, scores)
    job.folder.write_scores({name: found.record() for name, found in scores.items()})
    unit = job.spec.target.unit if isinstance(job.spec.target, Regression) else None
    mark_results(results, any(stage.class_weight for stage in stages_of(job)), unit)
    if report is not None and not report.per_class:
        for result in results.values():
            if "classes" in result:
                result["classes"].pop("per_class", None)
    evaluation: Evaluation = {
        "model": "best" if uses_best else "final",
        "epochs": recorder.done,
        "best": {"epoch": best.epoch, best.monitor or "loss": best.value},
    }
    if recorder.restored_epoch is not None:
        evaluation["restored"] = recorder.restored_epoch
    if job.folds is not None:
        del evaluation["best"]
        if job.folds.results is not None:
            evaluation["folds"] = job.folds.results
    if job.calibration is not None:
        evaluation["calibration"] = job.calibration
    evaluation.update(cast(Evaluation, results))
    return evaluation


def _write_outputs(job: TrainingJob, evaluation: Evaluation) -> list[str]:
    """Writes the files of `[save]`, `[export]` and `[report]`; returns those that are not exports."""
    outputs, folder = job.spec.outputs, job.folder
    if outputs is None:
        return []
    source = folder.best_model if evaluation["model"] == "best" else folder.model
    written = _save(job.model, outputs.save, source) if outputs.save is not None else []
    if folder.writes and (outputs.export or outputs.quantize):
        from seqspec.training.export.export_model import export_trained

        evaluation["exports"] = export_trained(job)
        folder.write_json("evaluation.json", evaluation)
    if outputs.report is not None and outputs.report.filepath is not None:
        Path(outputs.report.filepath).parent.mkdir(parents=True, exist_ok=True)
        write_json(Path(outputs.report.filepath), evaluation)
        written.append(outputs.report.filepath)
    return written


def _choose_threshold(job: TrainingJob, batch_size: int) -> None:
    """Chooses the threshold of a binary classifier on validation data, and stores it in labels.json."""
    declared = declared_threshold(job.spec)
    if declared == DEFAULT_THRESHOLD:
        return
    truth, score = np.zeros(0, np.int64), np.zeros(0)
    if job.folds is not None and job.folds.threshold is not None:
        chosen = Threshold(job.folds.threshold, "as declared" if isinstance(declared, (int, float)) else _OF_FOLDS)
        _use_labels(job, replace(job.data.labels, threshold=chosen))
        return
    if not isinstance(declared, (int, float)):
        outputs, truth = _validated(job, batch_size)
        score = probabilities(job.model, outputs, job.data.labels)[:, 1]
    _use_labels(job, replace(job.data.labels, threshold=choose_threshold(declared, truth, score)))


def _validated(job: TrainingJob, batch_size: int) -> tuple[Array, Array]:
    """The outputs for validation data, (samples or positions, outputs), and the class indices.

    Of multilabel targets the labels, (samples, labels).
    """
    _, validation = _sets(job, stages_of(job)[-1])
    assert validation is not None and validation.y is not None
    outputs, y = predict_outputs(job.model, SampleSet(validation.x, None), batch_size), np.asarray(validation.y[:])
    labels = job.data.labels
    if labels.kind == "multilabel":
        return outputs, y > 0.5
    indices = class_indices(y, labels)
    assert indices is not None
    outputs = outputs.reshape(-1, outputs.shape[-1])
    known = np.ones(len(indices), bool) if labels.ignored is None else indices != labels.ignored
    return outputs[known], indices[known]


def _calibrate(job: TrainingJob) -> TemperatureResults | None:
    """Calibrates the model on validation data where `[report] calibrate` is set; after folds, by their temperatures."""
    if not wants_calibration(job.spec):
        return None
    model, labels = job.model, job.data.labels
    if job.folds is not None:
        none = np.zeros((0, model.output_shape[-1]))
        return calibrate(model, none, np.zeros(0, np.int64), labels, job.folds.scaling)
    outputs, truth = _validated(job, stages_of(job)[-1].batch_size or BATCH_SIZE)
    return calibrate(model, outputs, truth, labels)


def _use_labels(job: TrainingJob, labels: LabelEncoding) -> None:
    job.data = replace(job.data, labels=labels)
    job.folder.write_json("labels.json", {**job.folder.read_json("labels.json"), **labels.to_dict()})


def _save_serving(job: TrainingJob) -> list[Path]:
    """Writes serving.keras if the input is encoded; a failure is reported, since model.keras is already saved."""
    if job.data.encoder is None:
        return []
    from seqspec.training.serving.keras_model import serving_model, uses_codes

    outputs = job.spec.outputs
    try:
        model = serving_model(job.model, job.data.encoder, codes=uses_codes(outputs.save if outputs else None))
        with renamed(job.folder.serving_model, overwrite=True) as partial:
            model.save(partial)
    except (ValueError, TypeError, NotImplementedError) as error:
        message = f"{job.folder.serving_model.name} was not saved: {reason_of(error)}"
        job.folder.log(message)
        job.report("warning", {"message": message})
        return []
    return [job.folder.serving_model]


def _spec_members(folder: RunFolder, tree: Mapping[str, object]) -> dict[str, str]:
    """The spec for a .keras file: resolved, and also as written if that resolves to the same spec by itself."""
    members = {SPEC: json_text(tree, indent=2)}
    for name in DOCUMENTS:
        written = folder.path / Path(name).name
        if written.is_file():
            text = written.read_text(encoding="utf-8")
            # Not included if other files or --set change it.
            with contextlib.suppress(OSError):
                found = analyze(str(written)).spec
                if found is not None and found.to_dict() == tree:
                    members[name] = text
    return members


def _save(model: keras.Model, save: Save, source: Path) -> list[str]:
    """Writes the files of `[save]` for a model that is saved as `source`.

    Raises `TrainingError` for a file that exists by now and must not be overwritten.
    """
    path = Path(save.filepath)
    written = [path] if save.weights is None else [path, Path(save.weights)]
    for each in written:
        each.parent.mkdir(parents=True, exist_ok=True)
    try:
        _save_to(path, model, save, source)
        for weights in written[1:]:
            with renamed(weights, overwrite=save.overwrite) as partial:
                model.save_weights(partial)
    except FileExistsError:
        # Created by another program while the model was trained.
        existing = next(each for each in written if each.exists())
        raise TrainingError(f"{existing} already exists, and [save] has overwrite = false; {source} has the model")
    return [str(each) for each in written]


def _save_to(path: Path, model: keras.Model, save: Save, source: Path) -> None:
    """Writes the model, in the format of the suffix; raises `FileExistsError`."""
    if save.zipped is False:
        path.mkdir(exist_ok=save.overwrite)
        model.save(path, zipped=False)
        return
    with renamed(path, overwrite=save.overwrite) as partial:
        if path.suffix == ".keras":
            shutil.copyfile(source, partial)
        else:
            model.save(partial)
