"""Runs in a folder, and what differs between two of them. Imports no Keras."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from seqspec.training.errors import RunError
from seqspec.training.records import JsonObject, evaluated_sets
from seqspec.training.run import Run, load_run
from seqspec.training.run_folder.folder import RUN_FILES


def runs_in(folder: Path) -> list[Run]:
    """The runs of a folder, oldest first."""
    if not folder.is_dir():
        return []
    found = [load_run(entry) for entry in folder.iterdir() if (entry / "run.json").is_file()]
    return sorted(found, key=lambda run: (str(run.info.get("started")), run.path.name))


def summary(run: Run) -> JsonObject:
    """One line about a run: name, state, epochs, the best epoch and the metrics on the test or validation set."""
    results = evaluated_sets(run.evaluation)
    on = next(iter(results), None)
    return {
        "name": run.path.name,
        "state": run.state,
        "started": run.info.get("started"),
        "epochs": len(run._folder.history()),
        "on": on,
        "metrics": results[on]["metrics"] if on is not None else {},
    }


def compare(one: Run, other: Run) -> JsonObject:
    """Differences of the specs, of what the runs depended on, and of their results."""
    return {
        "spec": list(_differences(one.spec, other.spec)),
        "versions": list(_differences(one.lock["versions"], other.lock["versions"])),
        "data": _data_digests(one) == _data_digests(other),
        "metrics": {
            f"{name}.{metric}": [_metrics(one, name).get(metric), _metrics(other, name).get(metric)]
            for name in ("validation", "test")
            for metric in {**_metrics(one, name), **_metrics(other, name)}
        },
        "best": [one.evaluation.get("best"), other.evaluation.get("best")],
    }


def _data_digests(run: Run) -> tuple[object, ...]:
    digests = run.lock["digests"]
    return digests["files"], digests["data"], digests["split"]


def _metrics(run: Run, name: str) -> Mapping[str, float]:
    result = evaluated_sets(run.evaluation).get(name)
    return {} if result is None else result["metrics"]


def _differences(one: object, other: object, path: str = "") -> Iterator[tuple[str, object, object]]:
    """(path, first value, second value) for each difference between two trees."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in {**one, **other}:
            yield from _differences(one.get(key), other.get(key), f"{path}.{key}" if path else str(key))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, (first, second) in enumerate(zip(one, other)):
            yield from _differences(first, second, f"{path}[{index}]")
    elif one != other:
        yield path, one, other


def remove(run: Run) -> None:
    """Deletes a run folder; raises `RunError` if it contains files that no run has written."""
    import shutil

    from seqspec.training.loggers.registry import files_of

    known = RUN_FILES | files_of(run.info.get("loggers", ()))
    strange = sorted(entry.name for entry in run.path.iterdir() if entry.name not in known and entry.name[0] != ".")
    if strange:
        raise RunError(f"{run.path} holds files of your own: {', '.join(strange[:5])}")
    shutil.rmtree(run.path)
