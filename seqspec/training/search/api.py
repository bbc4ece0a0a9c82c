"""`seqspec.search` and `seqspec.load_search`."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from seqspec.core.api.check import Check
from seqspec.core.api.diagnostics import MissingPackageError
from seqspec.core.api.frontends import Source
from seqspec.core.api.messages import TOML, quote_value, shorten_list
from seqspec.core.api.spec import CanonicalText, Spec, Unformattable, format_document
from seqspec.core.api.syntax import parse_text
from seqspec.training.access import Allowed, access_of_run
from seqspec.training.comparison.runs import differences
from seqspec.training.errors import Interrupted, ResumeError, RunError, SearchError, unwritten
from seqspec.training.events import (
    EventCallback,
    EventHandler,
    SearchDoneEvent,
    SearchEvent,
    SearchStoppingEvent,
    SearchTakenEvent,
    handler_of,
    silent,
)
from seqspec.training.execution.execute import terminated_as_interrupted
from seqspec.training.loggers.group import SearchLoggers
from seqspec.training.planning.placement import backend_of
from seqspec.training.planning.plan import trainable_spec
from seqspec.training.records import data_and_split
from seqspec.training.run_folder.environment import versions
from seqspec.training.run_folder.files import DONE, FAILED, INTERRUPTED, RUNNING, now, write_text
from seqspec.training.search.coordinator import Coordinator, begun, require_budget
from seqspec.training.search.final_model import FinalModel
from seqspec.training.search.jobs import DataFacts
from seqspec.training.search.places import SearchConcurrency, count_of, open_workers
from seqspec.training.search.plan import SearchPlan, plan_of, plan_tree, require_no_errors, seed_in
from seqspec.training.search.results import SearchResult, table_text, trials_of
from seqspec.training.search.search_folder import SEARCHES, SearchFolder, SearchInfo, new_seed
from seqspec.training.search.study import sampler_of
from seqspec.training.search.taken_trials import take_trials
from seqspec.training.search.workers import Workers, can_fork


def search(
    source: Source,
    *,
    vars: Mapping[str, object] | None = None,
    settings: Sequence[str] = (),
    trials: int | None = None,
    time: str | float | None = None,
    searches: str | os.PathLike[str] = SEARCHES,
    name: str | None = None,
    allow_custom: Collection[str] = (),
    allow_data: Collection[str | os.PathLike[str]] = (),
    download: bool = True,
    start_from: str | os.PathLike[str] | None = None,
    workers: int = 1,
    per_device: int | None = None,
    engine: str = "local",
    loggers: Sequence[str] = (),
    report: EventCallback = silent,
) -> SearchResult:
    """Searches the best values for a spec with `[search]`, in a new folder.

    Args:
        source: A path, a spec as a dict, or a `Spec`.
        vars: Values for the variables of the spec.
        settings: Further values in the syntax of `--set`.
        trials: The number of trials; by default that of the spec.
        time: The time after which no trial starts, in seconds or such as "2h"; by default that of the spec.
        searches: Folder that the folder of the search is created in.
        name: Prefix of its name; the name of the spec by default.
        allow_custom: Names of the Python modules that the spec may import classes and data from.
        allow_data: Folders, or files, outside of the project that the spec may read data from.
        download: Whether base models are created with pretrained weights.
        start_from: A search whose trials are taken over where they lie in the space: its folder or a name.
        workers: How many trials are trained at a time, each in its process.
        per_device: How many of them share a GPU; by default each uses the first one.
        engine: "local", or "ray": the workers are actors of a Ray cluster.
        loggers: Experiment trackers in addition to those of `[report] loggers`: "tensorboard", "mlflow", "wandb".
        report: Receives the events of the search.

    Raises:
        SpecError: The check finds an error.
        DataError: The data cannot be used.
        TrainingError: No trial could be trained, or the best one not evaluated.
        RunError: The search is not possible.
    """
    if isinstance(source, Spec) and "vars" in source.as_written().get("search", {}).get("space", {}):
        raise RunError("[search.space] has variables, which are expanded in a Spec: pass the path of the spec instead")
    budget = [] if trials is None else [f"search.trials={count_of('trials', trials, 1)}"]
    budget += [] if time is None else [_time_setting(time)]
    check = Check.of(source, vars=vars, settings=[*settings, *budget])
    return search_checked(
        check, searches=searches, name=name, allow_custom=allow_custom, allow_data=allow_data, download=download,
        start_from=start_from, places=SearchConcurrency(workers, per_device, engine), loggers=loggers,
        report=handler_of(report),
    )  # fmt: skip


def search_checked(
    check: Check,
    *,
    searches: str | os.PathLike[str],
    name: str | None,
    allow_custom: Collection[str],
    allow_data: Collection[str | os.PathLike[str]],
    download: bool,
    start_from: str | os.PathLike[str] | None,
    places: SearchConcurrency,
    loggers: Sequence[str],
    report: EventHandler,
) -> SearchResult:
    """Searches with the check of a spec; the arguments are those of `search`."""
    require_no_errors(check)
    trainable_spec(check)
    other = SearchFolder.open(start_from) if start_from is not None else None
    seed = seed_in(check)
    if seed is None:
        seed = other.info["seed"] if other is not None else new_seed()
    plan = plan_of(check, seed, None, tuple(allow_custom), download, Allowed(allow_data), loggers, report)
    # What it refuses leaves no folder.
    sampler_of(plan.search.sampler, seed)
    workers = open_workers(plan, places, report)
    try:
        folder = _new_folder(plan, workers.facts, Path(searches), name)
        if other is not None:
            _take(plan, folder, other, report)
        return _run(plan, folder, workers, places, report)
    finally:
        workers.stop()


def _take(plan: SearchPlan, folder: SearchFolder, other: SearchFolder, report: EventHandler) -> None:
    try:
        with folder.locked():
            taken = take_trials(plan, folder, other)
    except BaseException as error:
        shutil.rmtree(folder.path, ignore_errors=True)
        if isinstance(error, OSError):
            raise unwritten(folder.path, error)
        raise
    report(SearchTakenEvent({"from": str(other.path), "taken": taken, "trials": len(trials_of(other))}))


def _new_folder(plan: SearchPlan, facts: DataFacts, searches: Path, name: str | None) -> SearchFolder:
    check = plan.check
    file, spec = check.document.file, check.spec
    stem = name or (Path(file).name.removesuffix(Path(file).suffix).removesuffix(".seqspec") if file else "search")
    info: SearchInfo = {
        "state": RUNNING, "name": stem, "started": now(), "spec": file, "base": str(plan.run.base),
        "settings": list(map(str, check.overrides)), "vars": dict(check.vars or {}),
        "download": plan.run.info["download"], "allow_custom": list(plan.run.permissions.modules),
        "loggers": plan.run.loggers,
        "objectives": [{"metric": goal.metric, "direction": goal.direction} for goal in plan.goals],
        "seed": plan.seed, "seconds": 0.0, "versions": versions(backend_of(spec)), "digests": facts.digests,
        "document": plan.document, "rejected": {}, "equal": 0, "tested": [],
    }  # fmt: skip
    try:
        folder = SearchFolder.create(searches, stem)
        folder.write_document(check.document)
        folder.write_info(info)
    except OSError as error:
        raise unwritten(searches, error)
    return folder


def resume_search(
    name: str | os.PathLike[str],
    *,
    trials: int = 0,
    time: str | float | None = None,
    allow_data: Collection[str | os.PathLike[str]] = (),
    workers: int = 1,
    per_device: int | None = None,
    engine: str = "local",
    report: EventCallback = silent,
) -> SearchResult:
    """Continues a search that was interrupted or killed, or adds trials to one that is done.

    Args:
        name: Its folder, or its name in `searches`.
        trials: How many trials are added.
        time: The time of all starts together after which no trial starts, in seconds or such as "2h"; by default that
            of before, or a longer one of the document.
        allow_data: As in `search`.
        workers: As in `search`.
        per_device: As in `search`.
        engine: As in `search`.
        report: Receives the events.

    Raises:
        ResumeError: The document, the data or the installed versions changed, or there is nothing to do.
        RunError: There is no such search, or another process works on it.
    """
    trials = count_of("trials", trials, 0)
    folder = SearchFolder.open(name)
    info = folder.info
    base = Path(info["base"])
    file = base / Path(info["spec"]).name if info["spec"] is not None else None
    source = file if file is not None and file.is_file() else folder.document
    check = _resumed(folder, source, trials, time)
    within = Allowed(allow_data)
    custom, loggers = tuple(info["allow_custom"]), info.get("loggers", ())
    plan = plan_of(check, info["seed"], base, custom, info["download"], within, loggers)
    if source != file:
        # The folder of the search is not the project.
        access = access_of_run(folder.path, info["base"], within)
        plan = replace(plan, run=replace(plan.run, permissions=plan.run.permissions._replace(access=access)))
    require_budget(plan, folder)
    _refuse_changes(plan, folder)
    places, handler = SearchConcurrency(workers, per_device, engine), handler_of(report)
    pool = open_workers(plan, places, handler)
    try:
        _refuse_changed_data(pool.facts, folder)
        if trials or time is not None:
            with folder.locked():
                folder.write_info({**folder.info, "settings": list(map(str, check.overrides))})
        return _run(plan, folder, pool, places, handler)
    finally:
        pool.stop()


def _resumed(folder: SearchFolder, source: Path, trials: int, time: str | float | None) -> Check:
    """The check of the document of a search that is resumed, with further trials and another time."""
    info = folder.info

    def read(document: Path, settings: Sequence[str]) -> Check:
        return Check.of(str(document), vars=info["vars"] or None, settings=settings)

    settings = list(info["settings"])
    others = [setting for setting in settings if setting.partition("=")[0].strip() != "search.time"]
    if time is not None:
        settings = [*others, _time_setting(time)]
    elif len(others) < len(settings):
        pairs = ((source, settings), (source, others), (folder.document, others))
        limit, own, before = (_time(read(*pair)) for pair in pairs)
        if own is not None and own != before and (limit is None or own > limit):
            # It was raised in the document after the setting.
            settings = others
    check = read(source, settings)
    # Else `plan_of` reports what is wrong.
    if trials and check.spec.search is not None:
        budget = max(check.spec.search.trials, begun(trials_of(folder)))
        check = read(source, [*settings, f"search.trials={budget + trials}"])
    return check


def _time_setting(time: object) -> str:
    if not isinstance(time, (str, int, float)):
        raise RunError(f'time must be seconds or a duration such as "2h", got {quote_value(time)}')
    return f"search.time={TOML.value(time)}"


def _time(check: Check) -> float | None:
    search = check.spec.search
    return None if search is None else search.time


def _refuse_changes(plan: SearchPlan, folder: SearchFolder) -> None:
    """Raises `ResumeError` if the document or the versions changed since the search began."""
    info, spec = folder.info, plan.check.spec
    installed = versions(backend_of(spec))
    old = info["versions"]
    found = [f"{key} ({old[key]} → {installed.get(key)})" for key in old if installed.get(key) != old[key]]
    if plan.document != info["document"]:
        before = Check.of(str(folder.document), vars=plan.check.vars, settings=plan.check.overrides)
        keys = differences(plan_tree(before), plan_tree(plan.check)) if before.spec.readable else []
        found.append(f"the document ({shorten_list(keys)})" if keys else "the document")
    # As `take_trials` has it.
    _refuse(folder, found, are_taken=installed == dict(info["versions"]))


def _refuse_changed_data(facts: DataFacts, folder: SearchFolder) -> None:
    changes = [] if data_and_split(facts.digests) == data_and_split(folder.info["digests"]) else ["the data"]
    _refuse(folder, changes, are_taken=False)


def _refuse(folder: SearchFolder, changes: list[str], are_taken: bool) -> None:
    """Raises `ResumeError` for changes; `are_taken` is whether a new search can take over the trials."""
    if not changes:
        return
    command = f"seqspec search {folder.info['spec'] or 'FILE'}"
    takes = f"a new search takes over the trials that are still possible: {command} --from {folder.path}"
    raise ResumeError(
        f"cannot resume {folder.path}: changed since the search began: {', '.join(changes)}; "
        + (takes if are_taken else f"start a new search: {command}"),
        changes,
    )


def _run(
    plan: SearchPlan, folder: SearchFolder, workers: Workers, places: SearchConcurrency, report: EventHandler
) -> SearchResult:
    """Trains the trials, and evaluates the best one; in the folder, of which this holds the lock."""
    with folder.locked(), terminated_as_interrupted(), _logged(plan, folder, report):
        folder.write_info({**folder.info, "state": RUNNING, "error": None, "options": places.options()})
        try:
            _search(plan, folder, workers, report)
        except (KeyboardInterrupt, Interrupted):
            if workers.busy:
                with suppress(OSError):
                    report(SearchStoppingEvent(str(folder.path)))
            workers.stop()
            _set_state(folder, INTERRUPTED)
            write_results(folder)
            raise Interrupted(f"interrupted; continue with: {folder.resume_command}")
        except (RunError, MissingPackageError) as error:
            workers.stop()
            _set_state(folder, FAILED, error=str(error))
            write_results(folder)
            raise
        except BrokenPipeError:
            # What reads the standard output has ended.
            workers.stop()
            _set_state(folder, INTERRUPTED)
            raise
        except OSError as error:
            workers.stop()
            raise unwritten(folder.path, error)
        result = SearchResult(folder)
        objectives = result.objectives
        report(SearchDoneEvent(
            folder=str(folder.path), best=result.best.row(objectives), objectives=objectives,
            rejected=result.rejected, equal=folder.info["equal"],
            trials=len(result.trials), budget=plan.search.trials, ended=folder.info.get("ended"),
            pareto=[each.number for each in result.pareto] if len(objectives) > 1 else [],
            spec=str(_best_spec(folder)), report=str(folder.path / "report.html"),
        ))  # fmt: skip
        return result


@contextmanager
def _logged(plan: SearchPlan, folder: SearchFolder, report: EventHandler) -> Iterator[None]:
    """Starts and ends the loggers of the search."""
    loggers = SearchLoggers(plan.run.loggers, folder.path, plan.search.to_tree(), report)
    loggers.start()
    try:
        yield
    finally:
        result = SearchResult(folder)
        best = next(iter(result.ranked), None)
        values = dict(zip(result.objectives, best.values or ())) if best is not None else {}
        counts = {"trials": float(len(result.trials)), "rejected": float(sum(result.rejected.values()))}
        loggers.finish(folder.info["state"], {**{f"best_{name}": value for name, value in values.items()}, **counts})


def _set_state(folder: SearchFolder, state: str, error: str | None = None) -> None:
    folder.write_info({**folder.info, "state": state, "error": error})


def _search(plan: SearchPlan, folder: SearchFolder, workers: Workers, report: EventHandler) -> None:
    search = plan.search
    coordinator = Coordinator(plan, folder, workers, report)
    report(SearchEvent(
        folder=str(folder.path), trials=search.trials, ended_trials=coordinator.ended, workers=workers.free,
        folds=plan.folds, repeats=search.repeats, final=plan.final, space=plan.space,
        objectives=[(goal.metric, "max" if goal.is_max else "min") for goal in plan.goals],
        pruner=search.pruner.type, min_epochs=search.pruner.min_epochs, sets=workers.facts.sizes,
    ))  # fmt: skip
    coordinator.run()
    result = SearchResult(folder)
    if not result.ranked:
        raise SearchError("no trial was trained to its end")
    FinalModel(plan, folder, workers, report).evaluate(coordinator.job(result.best))
    write_results(folder, DONE)
    # Last, so that a search that is done has all its files.
    _set_state(folder, DONE)


def _best_spec(folder: SearchFolder) -> Path:
    return folder.path / f"best.seqspec{folder.document.suffix}"


def write_results(folder: SearchFolder, state: str | None = None) -> None:
    """Writes the best spec, trials.csv and report.html for what there is; `state` is that of a search that ends."""
    result = SearchResult(folder)
    if all(trial.state in (RUNNING, INTERRUPTED) for trial in result.trials):
        # There is nothing to see yet.
        return
    write_text(folder.path / "trials.csv", table_text(result.rows()))
    if result.ranked:
        best = _best_spec(folder)
        write_text(best, spec_text(result, format=best.suffix[1:]).text)
    if can_fork():
        from seqspec.training.search.fork_server import run_in_fork

        # It needs scikit-learn, whose memory the coordinator does not have.
        run_in_fork("writes the report", _write_report, result, state)
    else:
        _write_report(result, state)


def _write_report(result: SearchResult, state: str | None) -> None:
    from seqspec.training.search.search_report import write_report

    write_report(result, state)


def spec_text(result: SearchResult, number: int | None = None, format: str | None = None) -> CanonicalText:
    """The document of a trial, by default of the best one, in `format` ("toml" or "json"); raises `RunError`."""
    trials = {trial.number: trial for trial in result.trials}
    if number is not None and number not in trials:
        raise RunError(f"{result.path} has no trial {number}; it has {len(trials)}")
    trial = result.best if number is None else trials[number]
    found = [path for path in trial.folder.path.glob("document.*") if path.is_file()]
    if not found:
        raise RunError(f"trial {trial.number} has not begun")
    text, own = found[0].read_text(encoding="utf-8"), found[0].suffix[1:]
    if format in (None, own):
        return CanonicalText(text, [])
    try:
        return format_document(parse_text(text, format=own), format)
    except Unformattable as error:
        raise RunError(f"{found[0]}: {error}")
