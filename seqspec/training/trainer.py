"""Training: the stages of `[fit]` one after the other, from the beginning or from a checkpoint."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
import zipfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from math import floor
from pathlib import Path
from typing import Any

import keras
import numpy as np

from seqspec.analysis.analyze import AnalysisResult, analyze, environment
from seqspec.compiler.callbacks import fit_arguments
from seqspec.compiler.custom import loader
from seqspec.compiler.model import build_model
from seqspec.document.training import Fit
from seqspec.syntax.keras_archive import DOCUMENTS, SPEC
from seqspec.training.checkpoints import Checkpoints, write_variables
from seqspec.training.data.prepare import PreparedData, SampleSet
from seqspec.training.errors import Interrupted, RunError, TrainingError
from seqspec.training.evaluation import evaluate_sets
from seqspec.training.events import Report, silent
from seqspec.training.feed import Feed
from seqspec.training.files import plain
from seqspec.training.folder import DONE, FAILED, INTERRUPTED, RUNNING, RunFolder
from seqspec.training.placement import BATCH_SIZE
from seqspec.training.recorder import Best, Diverged, Recorder
from seqspec.training.stages import (
    adapt,
    build_state,
    changes_compile,
    choose_steps_per_execution,
    class_weights,
    compile_for,
    set_trainable,
)
from seqspec.training.strategies.single import SingleDevice

_OWN_CALLBACKS = ("BackupAndRestore",)
"""Callbacks that the checkpoints of the run folder replace."""
_WRITING_CALLBACKS = ("CSVLogger", "ModelCheckpoint", "TensorBoard")
"""Callbacks that write files, which one of several workers does."""


@dataclass
class Job:
    """One run, or the part of one worker in it."""

    folder: RunFolder
    analysis: AnalysisResult
    data: PreparedData
    seed: int
    allowed: Collection[str] = ()
    download: bool = True
    start: Mapping[str, Any] | None = None
    extra_epochs: int = 0
    added_epochs: int = 0
    report: Report = silent
    resume: bool = False
    findings: Sequence[Any] = ()
    strategy: SingleDevice = field(default_factory=SingleDevice)
    html: bool = False
    loggers: Sequence[str] = ()
    model: Any = field(default=None, init=False)


def stages_of(job: Job) -> list[Fit]:
    """The stages; one of Keras's defaults where the spec has no `[fit]`."""
    assert job.analysis.spec is not None
    return list(job.analysis.spec.fit or [Fit()])


def epochs_of(job: Job, stages: Sequence[Fit]) -> list[int]:
    """The epochs of each stage, with those that `resume --epochs` adds to the last one."""
    epochs = [stage.epochs for stage in stages]
    epochs[-1] += job.extra_epochs
    return epochs


def build(job: Job, *, download: bool) -> Any:
    """The model with initial weights, preprocessing layers adapted to the training set; not compiled.

    `download` is whether base models get pretrained weights.
    """
    spec = job.analysis.spec
    assert spec is not None and spec.stack is not None
    keras.utils.set_random_seed(job.seed)
    if spec.runtime is not None and spec.runtime.deterministic and keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()
    # The strategy distributes the model, not the builder.
    runtime = spec.runtime.model_copy(update={"distribution": None}) if spec.runtime is not None else None
    model = build_model(
        spec.stack,
        job.analysis.report.layers,
        environment(spec),
        runtime=runtime,
        download=download,
        load=loader(job.allowed),
    )
    adapted = adapt(model, job.data.train)
    if not model.built:
        model.build((None, *job.data.train.x.shape[1:]))
    if adapted:
        job.folder.log(f"adapted to the training set: {', '.join(adapted)}")
    return model


def run(job: Job) -> dict[str, Any]:
    """Trains, evaluates and saves; returns the evaluation.

    Raises:
        TrainingError: The loss diverged, or Keras raised an error while training.
        Interrupted: The user interrupted; the run can be resumed.
    """
    folder = job.folder
    folder.update(state=RUNNING)
    try:
        evaluation = _run(job)
    except KeyboardInterrupt:
        folder.update(state=INTERRUPTED, finished=_now())
        folder.log("interrupted")
        raise Interrupted(f"interrupted; continue with: seqspec resume {folder.path}")
    except Exception as error:
        # On a full disk even that cannot be written.
        with contextlib.suppress(OSError):
            folder.log(f"failed: {error}")
            folder.update(state=FAILED, finished=_now(), error=str(error)[:2000])
        if not isinstance(error, OSError):
            raise
        last = Checkpoints(folder.checkpoints).last()
        where = f"{last[0]} (epoch {last[1]['done']})" if last is not None else None
        raise TrainingError(f"cannot write results: {_reason(error)}", where)
    folder.update(state=DONE, finished=_now())
    folder.log("done")
    return evaluation


def _run(job: Job) -> dict[str, Any]:
    with job.strategy.scope():
        recorder, best = _train(job)
    if job.strategy.rank:
        return {}
    # Not in the scope: Keras makes variables while it saves, which every worker would have to take part in.
    assert job.analysis.spec is not None
    members = _spec_members(job.folder, job.analysis.spec.to_dict())
    save_model(job.model, job.folder.model, members)
    if job.strategy.replicas > 1:
        from seqspec.training.loading import load_model

        # Other workers are done, and the caller expects a model that needs no other device.
        job.model = load_model(job.folder.model, job.analysis.spec.to_dict(), job.allowed)
    return _finish(job, recorder, best)


def _train(job: Job) -> tuple[Recorder, Best]:
    spec = job.analysis.spec
    assert spec is not None and spec.compile is not None
    folder, stages, strategy = job.folder, stages_of(job), job.strategy
    found = Checkpoints(folder.checkpoints).last() if job.resume else None
    # A checkpoint has all weights: what Keras would download is not needed again.
    job.model = model = build(job, download=job.download and found is None)
    if job.start is not None:
        _start_from(model, job.start)
    save = spec.outputs.save if spec.outputs is not None else None
    wanted = save.best if save is not None else None
    best = Best(wanted.monitor, wanted.mode) if wanted is not None else Best(None, "auto")
    epochs = epochs_of(job, stages)
    total = sum(max(0, last - stage.initial_epoch) for last, stage in zip(epochs, stages))
    state, arrays = (found[1], found[2]) if found is not None else (None, {})
    done = state["done"] if state is not None else 0
    strategy.agree("the checkpoint", f"{state['number']} {done}" if state is not None else "none")
    folder.truncate_history(done)
    recorder = Recorder(folder, job.report, best, total)
    recorder.done = done
    first = 0
    if state is not None:
        first, recorder.number = state["stage"], state["number"]
        recorder.last_checkpoint = f"{found[0]} (epoch {state['done']})" if found else None
        best.restore(state["best"], arrays)
        if job.added_epochs and first == len(stages):
            # The last stage was finished: its own checkpoint is taken up again.
            first -= 1
            state = {
                **state,
                "stage": first,
                "epoch": stages[-1].epochs + job.extra_epochs - job.added_epochs,
                "stop": False,
            }
    load = loader(job.allowed)
    compiled = False
    for index, stage in enumerate(stages):
        steps = _steps(job, stage)
        if changes_compile(stage) or not compiled:
            set_trainable(model, stage)
            spe = choose_steps_per_execution(
                spec.compile, stages, min(steps, strategy.max_steps_per_execution or steps)
            )
            compile_for(model, spec.compile, stage, spe, load, ".".join(map(str, spec.stage_path(index))))
            sizes = [(len(_sets(job, each)[0]), each.batch_size or BATCH_SIZE) for each in stages]
            strategy.compiled(model, sizes)
            if strategy.replicas == 1:
                build_state(model, _sets(job, stage)[0])
            compiled = True
        if index < first:
            continue
        pending = None
        begin = stage.initial_epoch
        if state is not None and index == first:
            if state["epoch"] > 0:
                pending, begin = (state, arrays), state["epoch"]
            else:
                write_variables(model, arrays, optimizer=index > 0 and not changes_compile(stage))
        if index == 0 and pending is None:
            _plan(job, stages, total, spe, steps)
        _fit(job, stage, index, recorder, (begin, epochs[index]), pending)
    if state is not None and first == len(stages):
        # Interrupted after the last epoch: what is left is to save and to evaluate.
        write_variables(model, arrays)
    if recorder.number == 0:
        recorder.write(len(stages), 0)
    return recorder, best


def _steps(job: Job, stage: Fit) -> int:
    train, _ = _sets(job, stage)
    return Feed(train, stage.batch_size or BATCH_SIZE, 0, 0, False, stage.steps_per_epoch).steps


def _sets(job: Job, stage: Fit) -> tuple[SampleSet, SampleSet | None]:
    """Training and validation set of a stage."""
    train, validation = job.data.train, job.data.sets.get("validation")
    if validation is None and stage.validation_split:
        # As Keras does: the last samples.
        cut = floor(len(train) * (1.0 - stage.validation_split))
        return train.part(slice(0, cut)), train.part(slice(cut, None))
    return train, validation


def _fit(
    job: Job,
    stage: Fit,
    index: int,
    recorder: Recorder,
    span: tuple[int, int],
    pending: tuple[dict[str, Any], Any] | None,
) -> None:
    begin, end = span
    model, data = job.model, job.data
    train, validation = _sets(job, stage)
    batch_size = stage.batch_size or BATCH_SIZE
    feed = Feed(train, batch_size, job.seed, index, stage.shuffle, stage.steps_per_epoch)
    given = fit_arguments(stage, loader(job.allowed))
    left_out = _OWN_CALLBACKS if job.strategy.rank == 0 else (*_OWN_CALLBACKS, *_WRITING_CALLBACKS)
    callbacks = [each for each in given.pop("callbacks") if type(each).__name__ not in left_out]
    for callback in callbacks:
        if pending is not None and isinstance(callback, keras.callbacks.CSVLogger):
            callback.append = True
    name = stage.name or f"stage {index + 1}"
    job.report("stage", {"stage": index, "name": name, "epochs": end - begin, "trainable": _trainable(model)})
    job.folder.log(f"{name}: {end - begin} epochs, {_trainable(model):,} trainable parameters")
    recorder.enter(index, name, feed, callbacks, pending)
    feed.epoch = begin
    stopped = pending is not None and pending[0]["stop"]
    keys = ("validation_freq", "validation_steps")
    arguments = {key: given[key] for key in keys if key in given}
    try:
        model.fit(
            **job.strategy.training(feed, class_weights(stage, data)),
            epochs=begin if stopped else end,
            initial_epoch=begin,
            shuffle=False,
            verbose=0,
            callbacks=[*callbacks, recorder],
            **_validation(job.strategy, validation, stage, batch_size),
            **arguments,
        )
    except (RunError, KeyboardInterrupt):
        raise
    except Diverged as error:
        raise TrainingError(str(error), recorder.last_checkpoint)
    except Exception as error:
        # Keras, a callback or the code of the user may raise anything; the run is marked as failed.
        what = (
            f"cannot write to {job.folder.path}"
            if isinstance(error, OSError)
            else f"{type(error).__name__} while training"
        )
        raise TrainingError(f"{what}: {_reason(error)}", recorder.last_checkpoint)
    feed.release()
    recorder.write(index + 1, 0)


def _validation(strategy: SingleDevice, samples: SampleSet | None, stage: Fit, batch_size: int) -> dict[str, Any]:
    if samples is None or not len(samples):
        return {}
    return strategy.validation(samples, stage.validation_batch_size or batch_size)


def _trainable(model: Any) -> int:
    return int(sum(np.prod(each.shape) for each in model.trainable_variables))


def _plan(job: Job, stages: Sequence[Fit], total: int, spe: int, steps: int) -> None:
    spec = job.analysis.spec
    assert spec is not None
    devices = job.strategy.device_names()
    policy = spec.dtype_policy
    fields = {
        "folder": str(job.folder.path),
        "sets": {name: len(each) for name, each in job.data.sets.items()},
        "input": list(job.data.train.x.shape[1:]),
        "classes": job.data.labels.class_names(),
        "parameters": job.model.count_params(),
        "trainable": _trainable(job.model),
        "stages": len(stages),
        "epochs": total,
        "streamed": job.data.train.streams,
        "steps": steps,
        "batch_size": stages[0].batch_size or BATCH_SIZE,
        "steps_per_execution": spe,
        "devices": devices,
        "workers": job.strategy.workers,
        "backend": keras.backend.backend(),
        "dtype_policy": policy,
        "seed": job.seed,
    }
    job.folder.update(plan=fields)
    job.report("plan", fields)
    if policy.startswith("mixed_") and all(device.startswith("cpu") for device in devices):
        job.report("warning", {"message": f"{policy} is slower than float32 on a CPU"})
    for message in job.strategy.check(job.model):
        job.report("warning", {"message": message})


def _start_from(model: Any, arrays: Mapping[str, Any]) -> None:
    """Takes over the weights of another run; raises `RunError` where the models differ."""
    weights = [arrays[f"w{number}"] for number in range(len(arrays))]
    own = [tuple(each.shape) for each in model.weights]
    if own != [tuple(each.shape) for each in weights]:
        raise RunError("the weights of the other run have other shapes than those of this model")
    model.set_weights(weights)


def _finish(job: Job, recorder: Recorder, best: Best) -> dict[str, Any]:
    """Saves the best model and what [save] says, evaluates the final model."""
    spec, model, folder = job.analysis.spec, job.model, job.folder
    assert spec is not None
    if best.weights is not None:
        final = model.get_weights()
        model.set_weights(best.weights)
        save_model(model, folder.best_model, _spec_members(folder, spec.to_dict()))
        model.set_weights(final)
    outputs = spec.outputs
    written = []
    if outputs is not None and outputs.save is not None:
        written += _save(model, outputs.save, folder)
    batch_size = (stages_of(job)[-1].batch_size) or BATCH_SIZE
    wanted = outputs.report.evaluate if outputs is not None and outputs.report is not None else None
    sets = {name: each for name, each in job.data.sets.items() if (name in wanted if wanted else name != "train")}
    evaluation = evaluate_sets(model, sets, job.data.labels, batch_size, job.data.train)
    if outputs is not None and outputs.report is not None and not outputs.report.per_class:
        for result in evaluation.values():
            result.get("classes", {}).pop("per_class", None)
    evaluation = {
        "epochs": recorder.done,
        "best": {"epoch": best.epoch, best.monitor or "loss": best.value},
        **evaluation,
    }
    if folder.writes and outputs is not None and (outputs.export or outputs.quantize):
        from seqspec.training.export.run import export_trained

        evaluation["exports"] = export_trained(job)
    folder.write_json("evaluation.json", evaluation)
    if outputs is not None and outputs.report is not None:
        from seqspec.training.files import write_json

        write_json(Path(outputs.report.filepath), evaluation)
        written.append(outputs.report.filepath)
    job.report("evaluation", evaluation)
    job.report("saved", {"files": [str(folder.model), *written]})
    return evaluation


def save_model(model: Any, path: Path, members: Mapping[str, str] | None = None) -> None:
    """Writes a model file as a whole; `members` are further texts for the archive of a .keras file, by their names."""
    partial = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        model.save(partial)
        if path.suffix == ".keras" and members and partial.is_file():
            with zipfile.ZipFile(partial, "a") as archive:
                for name, text in members.items():
                    archive.writestr(name, text)
        os.replace(partial, path)
    finally:
        if partial.is_dir():
            shutil.rmtree(partial)
        partial.unlink(missing_ok=True)


def _spec_members(folder: RunFolder, tree: Mapping[str, object]) -> dict[str, str]:
    """The spec for a .keras file: with everything resolved, and as it was written where that alone says the same."""
    members = {SPEC: json.dumps(tree, indent=2, default=plain)}
    for name in DOCUMENTS:
        written = folder.path / Path(name).name
        if written.is_file():
            text = written.read_text(encoding="utf-8")
            # Not where other files or --set have changed it.
            with contextlib.suppress(OSError):
                found = analyze(str(written)).spec
                if found is not None and found.to_dict() == tree:
                    members[name] = text
    return members


def _save(model: Any, save: Any, folder: RunFolder) -> list[str]:
    path = Path(save.filepath)
    if path.exists() and not save.overwrite:
        raise RunError(f"{path} already exists, and [save] has overwrite = false")
    path.parent.mkdir(parents=True, exist_ok=True)
    if save.zipped is False:
        model.save(path, zipped=False)
    elif path.suffix == ".keras":
        partial = path.with_name(f".{os.getpid()}.{path.name}")
        try:
            shutil.copyfile(folder.model, partial)
            os.replace(partial, path)
        finally:
            partial.unlink(missing_ok=True)
    else:
        save_model(model, path)
    written = [save.filepath]
    if save.weights is not None:
        Path(save.weights).parent.mkdir(parents=True, exist_ok=True)
        model.save_weights(save.weights)
        written.append(save.weights)
    return written


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror.lower()}" if error.filename else error.strerror.lower()
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:500]


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S")
