"""`seqspec.train` and `seqspec.resume`."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from seqspec.core.api.check import Check, CheckedSpec
from seqspec.core.api.diagnostics import Diagnostic, SpecError
from seqspec.core.api.frontends import Source
from seqspec.core.api.messages import shorten_list
from seqspec.core.api.spec import TypedSpec
from seqspec.training.access import Allowed, Permissions, access_of_run
from seqspec.training.comparison.runs import differences
from seqspec.training.data.prepared import PreparedData
from seqspec.training.errors import DataError, PlacementError, ResumeError, unwritten
from seqspec.training.events import EventCallback, EventHandler, handler_of, silent
from seqspec.training.execution.cross_validation import cross_validate
from seqspec.training.execution.execute import (
    describe_run,
    errors_of_workers,
    execute,
    import_backend,
    join_workers,
    ray_cluster,
    resumed,
    shared_folder,
    strategy_of,
    terminated_as_interrupted,
    train_worker,
)
from seqspec.training.job import Start, TrainingJob
from seqspec.training.planning.checks import (
    check_with_data,
    is_cross_validated,
    read_data,
    require_writable_outputs,
)
from seqspec.training.planning.placement import Placement, backend_of, check_placement
from seqspec.training.planning.plan import (
    LOCAL,
    RunPlan,
    TrainOptions,
    access_of,
    raise_violations,
    seed_of,
    trainable_spec,
)
from seqspec.training.records import Digests, RunInfo
from seqspec.training.run import Run
from seqspec.training.run_folder.environment import spec_tree
from seqspec.training.run_folder.files import DONE, json_text, now
from seqspec.training.run_folder.folder import RunFolder, require_same_split

if TYPE_CHECKING:
    from seqspec.training.engines.ray_data import RayShards

_SPEC = "the spec"


def train(
    source: Source,
    data: object = None,
    *,
    vars: Mapping[str, object] | None = None,
    settings: Sequence[str] = (),
    runs: str | os.PathLike[str] = "runs",
    name: str | None = None,
    allow_custom: Collection[str] = (),
    allow_data: Collection[str | os.PathLike[str]] = (),
    allow_output: Collection[str | os.PathLike[str]] = (),
    download: bool = True,
    start_from: str | os.PathLike[str] | None = None,
    allow_other_split: bool = False,
    html: bool = False,
    devices: int | None = None,
    engine: str = "local",
    workers: int = 1,
    loggers: Sequence[str] = (),
    report: EventCallback = silent,
) -> Run:
    """Checks a spec, trains its model on its data, evaluates and saves it in a new run folder.

    Args:
        source: A path, a spec as a dict, or a `Spec`.
        data: Arrays instead of the sources of `[data]`: (x, y), (x, y, weight), or a table of these by set.
        vars: Values for the variables of the spec.
        settings: Further values in the syntax of `--set`.
        runs: Folder that the run folder is created in.
        name: Prefix of the folder's name; the name of the spec by default.
        allow_custom: Names of the Python modules that the spec may import classes and data from.
        allow_data: Folders or files that the spec may read data from outside of its project (or the current one).
        allow_output: Folders outside of the project and the current folder that the spec may write to.
        download: Whether base models are created with pretrained weights.
        start_from: A run whose final weights training starts from: its folder or a name, as in `load_run`.
        allow_other_split: Whether that run may have trained on rows that are held out in this one.
        html: Whether report.html and plots are written although the spec has no `[report]`.
        devices: Devices of this machine or of each worker; by default one, all with `distribution = "data_parallel"`.
        engine: "local", "ray" or "jax": see `seqspec.training.planning.placement.Placement`.
        workers: Worker processes that the engine "ray" starts.
        loggers: Experiment trackers in addition to those of `[report] loggers`: "tensorboard", "mlflow", "wandb".
        report: Receives the events of the run.

    Raises:
        SpecError: The check finds an error, or the spec cannot be trained on these devices; nothing was imported.
        BuildError: The model cannot be built here.
        DataError: The data cannot be used.
        TrainingError: Training started and failed.
        RunError: The run `start_from` trained on held-out rows of this one.
        ExportError: The model was trained and saved, and an export failed.
    """
    placement = Placement(engine, workers, devices)
    check = Check.of(source, vars=vars, settings=settings)
    spec = trainable_spec(check, has_data=data is not None, placement=placement)
    options = TrainOptions(
        runs=runs, name=name, allow_custom=allow_custom, allowed=Allowed(allow_data, allow_output), download=download,
        start_from=start_from, allow_other_split=allow_other_split, html=html, no_report=False, placement=placement,
        loggers=loggers, report=handler_of(report),
    )  # fmt: skip
    return train_checked(spec, options, data)


def train_checked(checked: CheckedSpec, options: TrainOptions, data: object = None) -> Run:
    """Trains a spec that `trainable_spec` has accepted."""
    with _prepared(checked, options, data) as new:
        if options.placement.engine == "ray":
            return _launch(new.create_folder(options.placement.workers, []), new.plan, new.shards, options.report)
    return _execute(new.job())


def plan_training(checked: CheckedSpec, options: TrainOptions) -> PreparedData:
    """The data of a training, after all that `train_checked` does before it creates the run folder.

    It connects to no other worker, and without a seed in the spec that of the split is 0.
    """
    with _prepared(checked, options, alone=True) as new:
        return new.data


@contextmanager
def _prepared(
    checked: CheckedSpec, options: TrainOptions, data: object = None, *, alone: bool = False
) -> Iterator[_NewRun]:
    """A new run before it has a folder, within the cluster that trains it; `alone` is whether it connects to none."""
    from seqspec.core.api.compiler import require_all

    connected = LOCAL if alone else options.placement
    require_all(checked.check, options.allow_custom)
    seed = seed_of(checked.spec) if alone else _seed_of(checked.spec, options.placement)
    access = access_of(checked.check, options.allowed)
    require_writable_outputs(checked, access)
    wanted = _wanted_loggers(checked, options.placement, options.loggers)
    other = RunFolder.open(options.start_from) if options.start_from is not None else None
    if other is not None:
        other.require_model()
    options = replace(options, loggers=wanted, start_from=other.path if other is not None else None)
    plan = RunPlan.new(checked, options, data, seed=seed, access=access)
    with errors_of_workers(connected.engine == "jax"), ray_cluster(plan, connected) as shards:
        prepared = read_data(plan, scratch=options.scratch, shards=shards)
        findings = check_with_data(checked, prepared, options.report, has_data=data is not None)
        digests = plan.digests(prepared)
        if other is not None and not options.allow_other_split:
            require_same_split(other, digests, prepared, in_folds=is_cross_validated(plan.spec))
        # Reading the data, which can take long, is not part of the run.
        plan = plan.with_info(started=now())
        yield _NewRun(options, plan, prepared, digests, findings, other, shards)


@dataclass(frozen=True)
class _NewRun:
    """A new run whose data was read, before it has a folder.

    Attributes:
        options: How it is trained.
        plan: What determines it.
        data: Its data.
        digests: The digests in lock.json.
        findings: Those of the spec with its data.
        other: The run from whose weights it starts; None for initial weights.
        shards: What Ray has sharded among the machines; None without.
    """

    options: TrainOptions
    plan: RunPlan
    data: PreparedData
    digests: Digests
    findings: Sequence[Diagnostic]
    other: RunFolder | None
    shards: RayShards | None

    def create_folder(self, workers: int, devices: Sequence[str]) -> RunFolder:
        """A run folder with all that `resume` needs; raises `RunError` where it cannot be written."""
        lock = self.plan.lock(self.digests, workers, devices)
        folder = None
        try:
            folder = RunFolder.create(Path(self.options.runs), self.plan.info["name"])
            describe_run(folder, self.plan, self.data, lock, self.findings)
            return folder
        except OSError as error:
            if folder is not None:
                shutil.rmtree(folder.path, ignore_errors=True)
            raise unwritten(self.options.runs, error)

    def job(self) -> TrainingJob:
        """The training in this process."""
        plan = self.plan
        import_backend(plan.spec, plan.placement)
        from seqspec.training.run_folder.loading import weights_of

        strategy = strategy_of(plan.checked, plan.placement)
        start = Start(weights_of(self.other, plan.permissions.modules) if self.other is not None else None)
        path = None
        if strategy.rank == 0:
            path = self.create_folder(strategy.workers, strategy.device_names()).path
        return TrainingJob(shared_folder(path, strategy), plan, self.data, start, strategy, self.options.report)


def _wanted_loggers(checked: CheckedSpec, placement: Placement, loggers: Sequence[str]) -> list[str]:
    """The loggers of the run; raises `SpecError` for a missing one, or if the spec cannot be trained there."""
    from seqspec.training.loggers.group import wanted_loggers

    try:
        check_placement(checked.spec, placement)
        return wanted_loggers(checked.spec, loggers)
    except DataError as error:
        raise_violations(checked, error.violations)


def _seed_of(spec: TypedSpec, placement: Placement) -> int:
    """The seed of the spec, else a random one, which is the same for all workers."""
    seed = spec.runtime.seed if spec.runtime.seed is not None else secrets.randbelow(2**32)
    return int(join_workers(placement, str(seed))) if placement.engine == "jax" else seed


@terminated_as_interrupted()
def _launch(
    folder: RunFolder, plan: RunPlan, shards: RayShards | None, report: EventHandler, added_epochs: int = 0
) -> Run:
    """Trains on the workers of a Ray cluster; within `ray_cluster`."""
    from seqspec.training.engines.ray_workers import WorkerRun, launch

    samples = shards.samples if shards is not None else {}
    return launch(train_worker, WorkerRun(folder, plan, added_epochs, samples), report)


def resume(
    path: str | os.PathLike[str],
    data: object = None,
    *,
    epochs: int = 0,
    allow_custom: Collection[str] = (),
    allow_data: Collection[str | os.PathLike[str]] = (),
    allow_output: Collection[str | os.PathLike[str]] = (),
    own_spec: bool = False,
    devices: int | None = None,
    engine: str | None = None,
    workers: int | None = None,
    report: EventCallback = silent,
) -> Run:
    """Continues a run that was interrupted, killed or failed, or extends one that is done.

    On a CPU, the final weights and history are bit-identical to those of an uninterrupted run.

    Args:
        path: The run folder.
        data: The same arrays as before, where they came from Python.
        epochs: Epochs to add to the last stage.
        allow_custom: Names of the Python modules that the spec may import.
        allow_data: As in `train`.
        allow_output: As in `train`; also where links in the run folder may lead.
        own_spec: Whether the spec in the run folder is used although the file that it was read from has changed.
        devices: As in `train`; by default those of the run so far.
        engine: As in `train`; by default that of the run so far.
        workers: As in `train`; by default those of the run so far.
        report: Receives the events of the run.

    Raises:
        ResumeError: The spec, the data or the installed Keras changed, or there is nothing to do.
        DataError, BuildError, TrainingError: See `train`.
    """
    folder = RunFolder.open(path)
    _require_resumable(folder, data, epochs)
    plan = _plan_again(
        folder, data, allow_custom, Allowed(allow_data, allow_output), engine=engine, workers=workers, devices=devices
    )
    placement, joined = plan.placement, plan.placement.engine == "jax"
    if joined:
        join_workers(placement, "")
    extra_epochs = plan.info.get("extra_epochs", 0) + epochs
    plan = plan.with_info(extra_epochs=extra_epochs)
    with errors_of_workers(joined), ray_cluster(plan, placement) as shards:
        prepared = read_data(plan, check_leakage=False, scratch=str(folder.path), shards=shards)
        if placement.engine == "ray":
            _refuse_changes(folder, plan, prepared, own_spec)
            folder.update(extra_epochs=extra_epochs, command="resume")
            return _launch(folder, plan, shards, handler_of(report), epochs)
    import_backend(plan.spec, placement)
    _refuse_changes(folder, plan, prepared, own_spec)
    strategy = strategy_of(plan.checked, placement)
    folder = shared_folder(folder.path, strategy)
    folder.update(extra_epochs=extra_epochs, command="resume")
    folder.log(f"resumed{f' with {epochs} more epochs' if epochs else ''}")
    start = resumed(plan.info, plan.permissions.modules, epochs)
    return _execute(TrainingJob(folder, plan, prepared, start, strategy, handler_of(report)))


def _execute(job: TrainingJob) -> Run:
    """Carries out the training in this process, the folds before the final model."""
    evaluated = execute(job, cross_validate if is_cross_validated(job.spec) else None)
    modules, access = job.plan.permissions
    return Run(job.folder, evaluated.model if evaluated is not None else None, modules, access)


def _require_resumable(folder: RunFolder, data: object, epochs: int) -> None:
    """Raises `ResumeError` if there is nothing to do, or the arrays that the run was trained on are missing."""
    info = folder.info()
    if epochs < 0:
        raise ResumeError("epochs must be positive")
    if info["state"] == DONE and not epochs:
        raise ResumeError(f"{folder.path} is done; extend it with --epochs N")
    if info["python_data"] and data is None:
        raise ResumeError("the data of this run came from Python: pass it to seqspec.resume(path, data=...)")


def _plan_again(
    folder: RunFolder, data: object, modules: Collection[str], allowed: Allowed, **placement: str | int | None
) -> RunPlan:
    """What a run goes on with; raises `ResumeError` if the spec in its folder is not valid.

    Raises `SpecError` if it cannot be trained where the changes of its placement say.
    """
    from seqspec.core.api.compiler import require_all

    access = access_of_run(folder.path, folder.info()["base"], allowed)
    folder.require_own_files(access)
    try:
        plan = RunPlan.load(folder, Permissions(tuple(modules), access), data, **placement)
    except SpecError:
        raise ResumeError(f"{folder.path / 'expanded.json'} is not a valid spec", ["the expanded spec"])
    require_all(plan.checked.check, modules)
    require_writable_outputs(plan.checked, access)
    try:
        check_placement(plan.spec, plan.placement)
    except PlacementError as error:
        raise_violations(plan.checked, error.violations)
    return plan


def _refuse_changes(folder: RunFolder, plan: RunPlan, prepared: PreparedData, own_spec: bool) -> None:
    """Raises `ResumeError` if the spec, the data or Keras changed since the run started."""
    from seqspec.training.run_folder import environment as lock

    installed = lock.versions(backend_of(plan.spec))
    changed = lock.changed(folder.lock(), installed, plan.digests(prepared))
    if not own_spec and lock.EDITED not in changed:
        changed = [*_changes_of_spec(folder, plan.info, plan.base), *changed]
    if changed:
        own = ", continue with the spec in the run folder with --own-spec" if changed[0].startswith(_SPEC) else ""
        raise ResumeError(
            f"cannot resume {folder.path}: changed since the run started: {', '.join(changed)}; "
            f"start a new run with: seqspec train --from {folder.path}{own}",
            changed,
        )


def _changes_of_spec(folder: RunFolder, info: RunInfo, base: Path) -> list[str]:
    """What the file of the spec means now that it did not mean when the run started; nothing if there is no file."""
    file = Path(base, Path(info["spec"]).name) if info["spec"] is not None else None
    if file is None or not file.is_file():
        return []
    try:
        current = Check.of(str(file), vars=info.get("vars") or None, settings=info.get("settings", ()))
    except SpecError:
        return [f"{_SPEC} (it has errors)"]
    if not current.linted.ok:
        return [f"{_SPEC} (it has errors)"]
    keys = differences(folder.spec(), json.loads(json_text(spec_tree(current))))
    return [f"{_SPEC} ({shorten_list(keys)})"] if keys else []
