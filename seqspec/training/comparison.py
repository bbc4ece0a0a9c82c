"""Runs in a folder, and what differs between two of them. Imports no Keras."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from seqspec.training.errors import RunError
from seqspec.training.run import Run, load_run


def runs_in(folder: Path) -> list[Run]:
    """The runs of a folder, oldest first."""
    if not folder.is_dir():
        return []
    found = [load_run(entry) for entry in folder.iterdir() if (entry / "run.json").is_file()]
    return sorted(found, key=lambda run: (str(run.info.get("started")), run.path.name))


def summary(run: Run) -> dict[str, Any]:
    """One line about a run: name, state, epochs, the best epoch and the metrics on the test or validation set."""
    evaluation = run.evaluation
    on = next((name for name in ("test", "validation", "train") if name in evaluation), None)
    return {
        "name": run.path.name,
        "state": run.state,
        "started": run.info.get("started"),
        "epochs": len(run._folder.history()),
        "on": on,
        "metrics": evaluation[on]["metrics"] if on is not None else {},
    }


def compare(one: Run, other: Run) -> dict[str, Any]:
    """Differences of the specs, of what the runs depended on, and of their results."""
    return {
        "spec": list(_differences(one.spec, other.spec)),
        "versions": list(_differences(one.lock["versions"], other.lock["versions"])),
        "data": all(one.lock["digests"][key] == other.lock["digests"][key] for key in ("files", "data", "split")),
        "metrics": {
            f"{name}.{metric}": [_metric(one, name, metric), _metric(other, name, metric)]
            for name in ("validation", "test")
            for metric in {**_metrics(one, name), **_metrics(other, name)}
        },
        "best": [one.evaluation.get("best"), other.evaluation.get("best")],
    }


def _metrics(run: Run, name: str) -> Mapping[str, Any]:
    metrics: Mapping[str, object] = run.evaluation.get(name, {}).get("metrics", {})
    return metrics


def _metric(run: Run, name: str, metric: str) -> Any:
    return _metrics(run, name).get(metric)


def _differences(one: object, other: object, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """(path, value here, value there) wherever two trees differ."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in {**one, **other}:
            yield from _differences(one.get(key), other.get(key), f"{path}.{key}" if path else str(key))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, (first, second) in enumerate(zip(one, other)):
            yield from _differences(first, second, f"{path}[{index}]")
    elif one != other:
        yield path, one, other


def remove(run: Run) -> None:
    """Deletes a run folder; raises `RunError` where it holds what no run has written."""
    import shutil

    known = {
        "run.json", "lock.json", "expanded.json", "labels.json", "fills.json", "split.npz", "findings.json", "log.txt",
        "history.jsonl", "evaluation.json", "model.keras", "best.keras", "report.html", "checkpoints", "plots", ".lock",
        "document.toml", "document.json",
    }  # fmt: skip
    strange = sorted(entry.name for entry in run.path.iterdir() if entry.name not in known and entry.name[0] != ".")
    if strange:
        raise RunError(f"{run.path} holds files of your own: {', '.join(strange[:5])}")
    shutil.rmtree(run.path)
