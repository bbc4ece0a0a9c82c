"""`seqspec.search` and `seqspec.load_search`."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import cast

from seqspec.core.analysis.analyze import AnalysisResult
from seqspec.core.diagnostics.errors import MissingPackageError
from seqspec.core.frontends.frontend import Source
from seqspec.core.linter.check import analyze
from seqspec.training.access import PROJECT_ONLY, Allowed
from seqspec.training.checks import checked
from seqspec.training.errors import Interrupted, ResumeError, RunError, TrainingError, unwritten
from seqspec.training.execute import import_backend
from seqspec.training.placement import backend_of
from seqspec.training.records import EventHandler, SetEvaluation, silent
from seqspec.training.run_folder.atomic_files import json_text, write_text
from seqspec.training.run_folder.environment import versions
from seqspec.training.run_folder.files import DONE, FAILED, INTERRUPTED, RUNNING, now
from seqspec.training.run_folder.states import terminated_as_interrupted
from seqspec.training.search.coordinator import Coordinator
from seqspec.training.search.plan import Plan, plan_of, seed_in
from seqspec.training.search.results import SearchResult, Trial, table_text
from seqspec.training.search.search_folder import SEARCHES, SearchFolder, SearchInfo, new_seed
from seqspec.training.search.search_report import write_report
from seqspec.training.search.trial_run import evaluate_on_test
from seqspec.training.search.workers import Workers, can_fork


def search(
    source: Source,
    *,
    vars: Mapping[str, object] | None = None,
    settings: Sequence[str] = (),
    trials: int | None = None,
    searches: str | os.PathLike[str] = SEARCHES,
    name: str | None = None,
    allow_custom: Collection[str] = (),
    allow_data: Collection[str | os.PathLike[str]] = (),
    download: bool = True,
    workers: int = 1,
    report: EventHandler = silent,
) -> SearchResult:
    """Searches the best values for a spec with `[search]`, in a new folder.

    Args:
        source: A path, a spec as a dict, or a `Spec`.
        vars: Values for the variables of the spec.
        settings: Further values in the syntax of `--set`.
        trials: The number of trials; by default that of the spec.
        searches: Folder that the folder of the search is created in.
        name: Prefix of its name; the name of the spec by default.
        allow_custom: Names of the Python modules that the spec may import classes and data from.
        allow_data: Folders, or files, outside of the project that the spec may read data from.
        download: Whether base models are created with pretrained weights.
        workers: How many trials are trained at a time, each in its process.
        report: Receives the events of the search.

    Raises:
        SpecError: The check finds an error.
        DataError: The data cannot be used.
        TrainingError: No trial could be trained.
        RunError: The search is not possible.
    """
    budget = [] if trials is None else [f"search.trials={trials}"]
    analysis = analyze(source, vars=vars, settings=[*settings, *budget])
    return search_checked(
        analysis, searches=searches, name=name, allow_custom=allow_custom, allow_data=allow_data, download=download,
        workers=workers, report=report,
    )  # fmt: skip


def search_checked(
    analysis: AnalysisResult,
    *,
    searches: str | os.PathLike[str] = SEARCHES,
    name: str | None = None,
    allow_custom: Collection[str] = (),
    allow_data: Collection[str | os.PathLike[str]] = (),
    download: bool = True,
    workers: int = 1,
    report: EventHandler = silent,
) -> SearchResult:
    """Searches with the check of a spec."""
    analysis = checked(analysis.document, vars=analysis.vars, settings=analysis.settings, known=analysis)
    seed = seed_in(analysis)
    seed = new_seed() if seed is None else seed
    plan = plan_of(analysis, seed, None, tuple(allow_custom), download, Allowed(allow_data), report)
    folder = _new_folder(plan, Path(searches), name)
    return _run(plan, folder, workers, report)


def _new_folder(plan: Plan, searches: Path, name: str | None) -> SearchFolder:
    analysis = plan.analysis
    file, spec = analysis.document.file, analysis.spec
    assert spec is not None
    stem = name or (Path(file).name.removesuffix(Path(file).suffix).removesuffix(".seqspec") if file else "search")
    info: SearchInfo = {
        "state": RUNNING, "name": stem, "started": now(), "spec": file, "base": str(plan.base),
        "settings": list(analysis.settings), "vars": dict(analysis.vars or {}), "download": plan.download,
        "allow_custom": list(plan.allowed),
        "objectives": [{"metric": goal.metric, "direction": goal.direction} for goal in plan.goals],
        "seed": plan.seed, "seconds": 0.0, "versions": versions(backend_of(spec)), "digests": plan.digests,
        "document": plan.document, "rejected": {}, "equal": 0, "tested": [],
    }  # fmt: skip
    try:
        folder = SearchFolder.create(searches, stem)
        text, suffix = analysis.document.text, ".json" if analysis.document.format == "json" else ".toml"
        if text is None:
            text, suffix = json_text(analysis.document.tree, indent=2), ".json"
        write_text(folder.path / f"document{suffix}", text)
        folder.write_info(info)
    except OSError as error:
        raise unwritten(searches, error)
    return folder


def resume_search(
    name: str | os.PathLike[str],
    *,
    trials: int = 0,
    allow_data: Collection[str | os.PathLike[str]] = (),
    workers: int = 1,
    report: EventHandler = silent,
) -> SearchResult:
    """Continues a search that was interrupted or killed, or adds trials to one that is done.

    Args:
        name: Its folder, or its name in `searches`.
        trials: How many trials are added.
        allow_data: As in `search`.
        workers: As in `search`.
        report: Receives the events.

    Raises:
        ResumeError: The document, the data or the installed versions changed, or there is nothing to do.
        RunError: There is no such search, or another process works on it.
    """
    folder = SearchFolder.open(name)
    info = folder.info
    if info["state"] == DONE and not trials:
        raise ResumeError(f"{folder.path} is done; add trials with --trials +N")
    settings, base = list(info["settings"]), Path(info["base"])
    file = base / Path(info["spec"]).name if info["spec"] is not None else None
    stored = next(path for path in (folder.path / "document.toml", folder.path / "document.json") if path.is_file())
    source = file if file is not None and file.is_file() else stored
    analysis = analyze(str(source), vars=info["vars"] or None, settings=settings)
    # Else `plan_of` reports what is wrong.
    if trials and analysis.spec is not None and analysis.spec.search is not None:
        settings = [*settings, f"search.trials={analysis.spec.search.trials + trials}"]
        analysis = analyze(str(source), vars=info["vars"] or None, settings=settings)
    within = Allowed(allow_data) if allow_data else PROJECT_ONLY
    plan = plan_of(analysis, info["seed"], base, tuple(info["allow_custom"]), info["download"], within, report)
    _refuse_changes(plan, folder)
    if trials:
        with folder.locked():
            folder.write_info({**info, "settings": settings})
    return _run(plan, folder, workers, report)


def _refuse_changes(plan: Plan, folder: SearchFolder) -> None:
    """Raises `ResumeError` if the document, the data or the versions changed since the search began."""
    info, spec = folder.info, plan.analysis.spec
    assert spec is not None
    installed = versions(backend_of(spec))
    found = [
        f"{key} ({old} → {installed.get(key)})" for key, old in info["versions"].items() if installed.get(key) != old
    ]
    if plan.document != info["document"]:
        found.append("the document")
    if any(plan.digests[key] != info["digests"][key] for key in ("files", "data", "split")):
        found.append("the data")
    if found:
        raise ResumeError(
            f"cannot resume {folder.path}: changed since the search began: {', '.join(found)}; start a new one", found
        )


def _run(plan: Plan, folder: SearchFolder, workers: int, report: EventHandler) -> SearchResult:
    """Trains the trials, and evaluates the best one; in the folder, of which this holds the lock."""
    with folder.locked(), terminated_as_interrupted():
        _set_state(folder, RUNNING)
        try:
            _search(plan, folder, workers, report)
        except KeyboardInterrupt:
            _write_results(plan, folder)
            _set_state(folder, INTERRUPTED)
            raise Interrupted(f"interrupted; continue with: seqspec search resume {folder.path}")
        except (RunError, MissingPackageError) as error:
            _write_results(plan, folder)
            _set_state(folder, FAILED, error=str(error))
            raise
        result = SearchResult(folder)
        objectives = result.objectives
        report("search_done", {
            "folder": str(folder.path), "best": result.best.row(objectives), "objectives": objectives,
            "rejected": result.rejected, "equal": folder.info["equal"],
            "trials": len(result.trials), "budget": plan.search.trials, "ended": folder.info.get("ended"),
            "pareto": [each.number for each in result.pareto] if len(objectives) > 1 else [],
            "spec": str(folder.path / f"best.seqspec{_suffix(plan)}"), "report": str(folder.path / "report.html"),
        })  # fmt: skip
        return result


def _set_state(folder: SearchFolder, state: str, error: str | None = None) -> None:
    folder.write_info({**folder.info, "state": state, "error": error})


def _search(plan: Plan, folder: SearchFolder, workers: int, report: EventHandler) -> None:
    search, forks = plan.search, can_fork()
    report("search", {
        "folder": str(folder.path), "trials": search.trials, "workers": workers,
        "objectives": [(goal.metric, "max" if goal.is_max else "min") for goal in plan.goals],
        "pruner": search.pruner.type, "min_epochs": search.pruner.min_epochs,
        "sets": {name: len(each) for name, each in plan.data.sets.items()},
    })  # fmt: skip
    if workers > 1 and not forks:
        report("warning", {"message": "trials are trained one after the other: this process cannot be forked"})
    import_backend(plan.analysis)
    # Forked workers have the trainer, which they need not import.
    import_module("seqspec.training.trainer")
    Coordinator(plan, folder, partial(Workers, workers, forks), report).run()
    result = SearchResult(folder)
    if not result.ranked:
        raise TrainingError("no trial was trained to its end")
    _test(plan, folder, Workers(1, forks, _never), result.best, report)
    _write_results(plan, folder)
    _set_state(folder, DONE)


def _never(key: int, epoch: int, logs: Mapping[str, float]) -> bool:
    return False


def _test(plan: Plan, folder: SearchFolder, workers: Workers, best: Trial, report: EventHandler) -> None:
    """Evaluates the best trial on the test set, unless that was done before."""
    if plan.search.final == "none":
        return
    if "test" not in plan.data.sets:
        report("test", {"trial": best.number, "result": None, "evaluations": 0})
        return
    info = folder.info
    tested = info["tested"]
    if not tested or tested[-1]["trial"] != best.number:
        workers.start(0, lambda on_epoch: evaluate_on_test(plan, best.folder))
        (ended,) = workers.ended()
        if ended.error is not None:
            raise TrainingError(f"the best trial could not be evaluated on the test set: {ended.error}")
        tested.append({"trial": best.number, "result": cast(SetEvaluation, ended.result)})
        folder.write_info(info)
    report("test", {**tested[-1], "evaluations": len(tested)})


def _suffix(plan: Plan) -> str:
    return ".json" if plan.analysis.document.format == "json" else ".toml"


def _write_results(plan: Plan, folder: SearchFolder) -> None:
    """Writes best.seqspec.toml, trials.csv and report.html for what there is."""
    result = SearchResult(folder)
    rows = result.rows()
    if not rows:
        return
    write_text(folder.path / "trials.csv", table_text(rows))
    if result.ranked:
        suffix = _suffix(plan)
        document = result.best.folder.path / f"document{suffix}"
        shutil.copyfile(document, folder.path / f"best.seqspec{suffix}")
    write_report(result)


def spec_text(result: SearchResult, number: int | None = None) -> str:
    """The document of a trial, by default of the best one; raises `RunError`."""
    trials = {trial.number: trial for trial in result.trials}
    if number is not None and number not in trials:
        raise RunError(f"{result.path} has no trial {number}; it has {len(trials)}")
    trial = result.best if number is None else trials[number]
    found = [path for path in trial.folder.path.glob("document.*") if path.is_file()]
    if not found:
        raise RunError(f"trial {trial.number} has not begun")
    return found[0].read_text(encoding="utf-8")
