"""The end of a training: the model is calibrated, saved and evaluated, and files are written for it."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import cast

import keras
import numpy as np

from seqspec.core.api.check import Check
from seqspec.core.api.compiler import save_model
from seqspec.core.api.data import Regression
from seqspec.core.api.files import DOCUMENTS, SPEC, renamed
from seqspec.core.api.spec import Save
from seqspec.core.api.training import BATCH_SIZE
from seqspec.training.data.labels import DEFAULT_THRESHOLD, ClassThreshold, class_indices
from seqspec.training.data.prepared import PreparedData, SampleSet
from seqspec.training.data.samples import Array
from seqspec.training.errors import TrainingError, reason_of
from seqspec.training.evaluation.calibration import calibrate
from seqspec.training.evaluation.evaluate import evaluate_sets, mark_results
from seqspec.training.evaluation.intervals import SampleScores
from seqspec.training.evaluation.outputs import predict_outputs, probabilities
from seqspec.training.evaluation.thresholds import choose_threshold, declared_threshold, wants_calibration
from seqspec.training.events import EvaluationEvent, SavedEvent, WarningEvent
from seqspec.training.fitting.recorder import Recorder
from seqspec.training.job import TrainingJob
from seqspec.training.records import Evaluation, RunResults, TemperatureResults, leaks_in
from seqspec.training.run_folder.files import json_text, write_json
from seqspec.training.run_folder.folder import RunFolder


def spec_members(folder: RunFolder, tree: Mapping[str, object]) -> dict[str, str]:
    """The spec for a .keras file: resolved, and also as written if that resolves to the same spec by itself."""
    members = {SPEC: json_text(tree, indent=2)}
    for name in DOCUMENTS:
        written = folder.path / Path(name).name
        if written.is_file():
            text = written.read_text(encoding="utf-8")
            # Not included if other files or --set change it.
            with contextlib.suppress(OSError):
                spec = Check.of(str(written)).spec
                if spec.to_dict() == tree:
                    members[name] = text
    return members


def save_as_declared(model: keras.Model, save: Save, source: Path) -> list[str]:
    """Writes the files of `[save]` for a model that is saved as `source`.

    Raises `TrainingError` for a file that exists by now and must not be overwritten.
    """
    path = Path(save.filepath)
    written = [path] if save.weights is None else [path, Path(save.weights)]
    for target in written:
        target.parent.mkdir(parents=True, exist_ok=True)
    try:
        _save_to(path, model, save, source)
        for weights in written[1:]:
            with renamed(weights, overwrite=save.overwrite) as partial:
                model.save_weights(partial)
    except FileExistsError:
        # Created by another program while the model was trained.
        existing = next(path for path in written if path.exists())
        raise TrainingError(f"{existing} already exists, and [save] has overwrite = false; {source} has the model")
    return [str(path) for path in written]


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


_OF_FOLDS = "median of those chosen on each fold"


@dataclass(frozen=True)
class EvaluatedModel:
    """The model of a job that is saved and evaluated, with its final weights.

    Attributes:
        model: The model.
        data: The data of the job, with the threshold of the labels.
        results: The results of the run.
        best: The weights that were evaluated where they are not the final ones.
    """

    model: keras.Model
    data: PreparedData
    results: RunResults
    best: Sequence[Array] | None

    @contextmanager
    def as_evaluated(self) -> Iterator[keras.Model]:
        """The model with the weights that were evaluated."""
        if self.best is None:
            yield self.model
            return
        final = self.model.get_weights()
        self.model.set_weights(self.best)
        try:
            yield self.model
        finally:
            self.model.set_weights(final)


class TrainedModel:
    """The model of a job after its last epoch.

    Attributes:
        model: The model.
        data: The data of the job, with the threshold of the labels once it is chosen.
    """

    def __init__(self, job: TrainingJob, model: keras.Model, recorder: Recorder) -> None:
        self.model = model
        self.data = job.data
        self._job = job
        self._recorder = recorder
        self._batch_size = job.stages[-1].batch_size or BATCH_SIZE
        self._calibration: TemperatureResults | None = None

    def finish(self) -> EvaluatedModel:
        """Saves the final and the best model, and evaluates, exports and saves the chosen one: see `Run.uses_best`.

        Outside of the scope of the strategy: Keras creates variables while saving, in which every worker would have to
        participate.
        """
        job, folder = self._job, self._job.folder
        self._calibration = self._calibrate()
        self._save(folder.model)
        if job.strategy.replicas > 1:
            from seqspec.training.run_folder.loading import load_model

            # Other workers have ended, and the caller expects a model that needs no other device.
            self.model = load_model(folder.model, job.spec.to_dict(), job.plan.permissions.modules)
        final = self.model.get_weights()
        uses_best = self._use_best(final)
        evaluation = self._evaluate(uses_best)
        # Written before files outside of the run folder, which can fail.
        folder.write_json("evaluation.json", evaluation)
        written = [] if job.plan.is_part else self._write_outputs(evaluation)
        if uses_best:
            self.model.set_weights(final)
        findings = folder.findings()
        job.report(EvaluationEvent(evaluation, leaks_in(findings)))
        saved = [folder.model, *self._save_serving()]
        job.report(SavedEvent([*map(str, saved), *written]))
        sets = {name: len(samples) for name, samples in job.data.sets.items()}
        folds = job.folds.runs if job.folds is not None else ()
        results = RunResults(evaluation, self._recorder.epochs, findings, job.spec.to_dict(), sets, folds)
        return EvaluatedModel(self.model, self.data, results, self._recorder.best.weights if uses_best else None)

    @cached_property
    def _members(self) -> dict[str, str]:
        """The spec for the .keras files."""
        return spec_members(self._job.folder, self._job.spec.to_dict())

    def _save(self, path: Path) -> None:
        save_model(self.model, path, self._members)

    def _use_best(self, final: Sequence[Array]) -> bool:
        """Saves the best model; returns whether the model has its weights from now on, not the final ones."""
        job, best = self._job, self._recorder.best
        if job.folds is not None:
            # Without validation data it would be the best epoch by the training loss.
            return False
        save = job.spec.save
        declared = save is not None and save.best is not None
        if best.weights is None:
            if best.monitor is not None and best.epoch is None and self._recorder.done:
                message = f'no best model was saved: no epoch has a finite "{best.monitor}"'
                job.report(WarningEvent(message))
            return False
        self.model.set_weights(best.weights)
        calibration = self._calibrate()
        self._save(job.folder.best_model)
        if declared:
            self._calibration = calibration
        else:
            self.model.set_weights(final)
        return declared

    def _evaluate(self, uses_best: bool) -> Evaluation:
        """The results of the model on the sets of `[report]`, of a fold on its validation set."""
        job, recorder = self._job, self._recorder
        spec, report = job.spec, job.spec.report
        wanted = ["validation"] if job.plan.is_part else report.evaluate if "report" in spec.written else None
        sets = {
            name: samples for name, samples in job.data.sets.items() if (name in wanted if wanted else name != "train")
        }
        self._choose_threshold()
        scores: dict[str, SampleScores] = {}
        results = evaluate_sets(
            self.model, sets, self.data.labels, self._batch_size, self.data.baseline(), report.interval, scores
        )
        job.folder.write_scores({name: set_scores.record() for name, set_scores in scores.items()})
        unit = job.spec.target.unit if isinstance(job.spec.target, Regression) else None
        mark_results(results, any(stage.class_weight for stage in job.stages), unit)
        if not report.per_class:
            for result in results.values():
                if "classes" in result:
                    result["classes"].pop("per_class", None)
        evaluation: Evaluation = {"model": "best" if uses_best else "final", "epochs": recorder.done}
        if job.folds is None:
            evaluation["best"] = {"epoch": recorder.best.epoch, recorder.best.monitor or "loss": recorder.best.value}
        if recorder.restored_epoch is not None:
            evaluation["restored"] = recorder.restored_epoch
        if job.folds is not None and job.folds.results is not None:
            evaluation["folds"] = job.folds.results
        if self._calibration is not None:
            evaluation["calibration"] = self._calibration
        evaluation.update(cast(Evaluation, results))
        return evaluation

    def _choose_threshold(self) -> None:
        """Chooses the threshold of a binary classifier on validation data, and stores it in labels.json."""
        job, declared = self._job, declared_threshold(self._job.spec)
        if declared == DEFAULT_THRESHOLD:
            return
        if job.folds is not None and job.folds.threshold is not None:
            chosen = ClassThreshold(
                job.folds.threshold, "as declared" if isinstance(declared, (int, float)) else _OF_FOLDS
            )
        else:
            truth, score = np.zeros(0, np.int64), np.zeros(0)
            if not isinstance(declared, (int, float)):
                outputs, truth = self._validated()
                score = probabilities(self.model, outputs, self.data.labels)[:, 1]
            chosen = choose_threshold(declared, truth, score)
        labels = replace(self.data.labels, threshold=chosen)
        self.data = replace(self.data, labels=labels)
        job.folder.write_json("labels.json", {**job.folder.read_json("labels.json"), **labels.to_dict()})

    def _validated(self) -> tuple[Array, Array]:
        """The outputs for validation data, (samples or positions, outputs), and the class indices.

        Of multilabel targets the labels, (samples, labels).
        """
        _, validation = self._job.sets_of(self._job.stages[-1])
        assert validation is not None and validation.y is not None
        outputs = predict_outputs(self.model, SampleSet(validation.x, None), self._batch_size)
        y, labels = np.asarray(validation.y[:]), self.data.labels
        if labels.kind == "multilabel":
            return outputs, y > 0.5
        indices = class_indices(y, labels)
        assert indices is not None
        outputs = outputs.reshape(-1, outputs.shape[-1])
        known = np.ones(len(indices), bool) if labels.ignored is None else indices != labels.ignored
        return outputs[known], indices[known]

    def _calibrate(self) -> TemperatureResults | None:
        """Calibrates the model on validation data where `[report] calibrate` is set; after folds, as they were."""
        model, labels, folds = self.model, self.data.labels, self._job.folds
        if not wants_calibration(self._job.spec):
            return None
        if folds is not None:
            none = np.zeros((0, model.output_shape[-1]))
            return calibrate(model, none, np.zeros(0, np.int64), labels, folds.scaling)
        return calibrate(model, *self._validated(), labels)

    def _write_outputs(self, evaluation: Evaluation) -> list[str]:
        """Writes the files of `[save]`, `[export]` and `[report]`; returns those that are not exports."""
        spec, folder = self._job.spec, self._job.folder
        source = folder.best_model if evaluation["model"] == "best" else folder.model
        written = save_as_declared(self.model, spec.save, source) if spec.save is not None else []
        if spec.export or spec.quantize:
            from seqspec.training.export.export_model import export_trained

            evaluation["exports"] = export_trained(self._job, self.model, self.data.labels)
            folder.write_json("evaluation.json", evaluation)
        if spec.report.filepath is not None:
            Path(spec.report.filepath).parent.mkdir(parents=True, exist_ok=True)
            write_json(Path(spec.report.filepath), evaluation)
            written.append(spec.report.filepath)
        return written

    def _save_serving(self) -> list[Path]:
        """Writes serving.keras if the input is encoded; a failure is reported, since model.keras is already saved."""
        job, encoder, path = self._job, self.data.encoder, self._job.folder.serving_model
        if encoder is None:
            return []
        from seqspec.training.serving.keras_model import serving_model, uses_codes

        try:
            model = serving_model(self.model, encoder, codes=uses_codes(job.spec.save))
            with renamed(path, overwrite=True) as partial:
                model.save(partial)
        except (ValueError, TypeError, NotImplementedError) as error:
            message = f"{path.name} was not saved: {reason_of(error)}"
            job.folder.log(message)
            job.report(WarningEvent(message))
            return []
        return [path]
