"""The names of runs: everything that a command prints about a run is accepted by every command."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from seqspec.core.api.messages import nearest, shorten_list
from seqspec.training.errors import RunError
from seqspec.training.records import SEARCH_STATE

RUNS = "runs"
"""The folder of runs, by default."""
_LATEST = "latest"
_MAX_SHOWN = 6
_MOST_ABOVE = 4
"""The folders of a search that its runs are in: `trials/0001/folds/1`."""


class NamedRun(NamedTuple):
    """A run folder, and what run.json says of it; `started` is empty if the file is damaged."""

    path: Path
    started: str
    names: Sequence[str]


def stem_of(file: str) -> str:
    """The name of a spec's file without its suffixes, by which its runs are called."""
    path = Path(file)
    return path.name.removesuffix(path.suffix).removesuffix(".seqspec")


def find_run(name: str | os.PathLike[str]) -> Path:
    """The run folder of a name.

    Args:
        name: A path; or, in the folder `runs`, or in another one that precedes it: the name of a run, the beginning of
            one, `latest`, `latest:SPEC` for the last run of a spec or with this `--name`, or `-1` for the last run,
            `-2` for the one before.

    Raises:
        RunError: There is no such run, or there are several.
    """
    path = Path(name)
    if (path / "run.json").is_file():
        return path
    if (path / SEARCH_STATE).is_file():
        message = f"{path} is a search, not a run{_best_trial(path)}; seqspec searches show {path} lists its trials"
        raise RunError(message)
    try:
        return _named(os.fspath(name))
    except RunError:
        if path.exists():
            return path
        raise


def _best_trial(search: Path) -> str:
    """The run of the best trial of a search, for a message; empty if there is none."""
    try:
        best = json.loads((search / SEARCH_STATE).read_text(encoding="utf-8")).get("best")
    except (OSError, ValueError, AttributeError):
        best = None
    trial = search / "trials" / f"{best:04d}" if isinstance(best, int) else search
    runs = [folder for folder in (trial / "final", trial) if (folder / "run.json").is_file()]
    return f": its best trial is {runs[0]}" if runs else ""


def _named(text: str) -> Path:
    parent, own = os.path.split(text)
    folder = Path(parent) if parent else Path(RUNS)
    if not own or not folder.is_dir():
        raise RunError(f"{text} does not exist" if parent else f'no run "{text}": there is no folder {folder}')
    runs = runs_by_start(folder)
    if own == _LATEST or own.startswith(f"{_LATEST}:"):
        spec = own.partition(":")[2]
        return _numbered(text, folder, [run for run in runs if not spec or spec in run.names], 1)
    if re.fullmatch(r"-[1-9]\d{0,8}", own):
        return _numbered(text, folder, runs, -int(own))
    return path_by_prefix(text, {run.path.name: run.path for run in runs}, folder)


def runs_by_start(folder: Path) -> list[NamedRun]:
    """The run folders in a folder, oldest first; those whose run.json is damaged come before."""
    runs = []
    with os.scandir(folder) as entries:
        paths = [Path(entry.path) for entry in entries if os.path.isfile(os.path.join(entry.path, "run.json"))]
    for path in paths:
        try:
            info = json.loads((path / "run.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            info = None
        info = info if isinstance(info, dict) else {}
        spec = str(info.get("spec") or "")
        # A run of shops.seqspec.toml is one of shops, whatever --name says.
        names = [str(info.get("name", "")), spec, os.path.basename(spec), stem_of(spec)]
        runs.append(NamedRun(path, str(info.get("started", "")), names))
    return sorted(runs, key=lambda run: (run.started, _created(run.path), run.path.name))


def _created(path: Path) -> int:
    """Orders runs that were started within a second."""
    try:
        return (path / "expanded.json").stat().st_mtime_ns
    except OSError:
        return 0


def _numbered(name: str, folder: Path, runs: Sequence[NamedRun], number: int) -> Path:
    """The run with a number, counted from the last one."""
    runs = [run for run in runs if run.started]
    if number > len(runs):
        known = f"{folder} has {len(runs)}" if not name.startswith(f"{_LATEST}:") else f"none in {folder}"
        raise RunError(f'no run "{name}": {known}')
    return runs[-number].path


def path_by_prefix(name: str, paths: Mapping[str, Path], folder: Path, kind: str = "run", plural: str = "runs") -> Path:
    """The run, or the search, of a name or the beginning of one.

    Args:
        name: The name, which may have the folder before it.
        paths: The runs in the folder by their names, oldest first.
        folder: The folder.
        kind: What they are called.
        plural: The plural of `kind`.

    Raises:
        RunError: There is none, or there are several.
    """
    prefix = os.path.basename(name)
    if prefix in paths:
        return paths[prefix]
    names = [path for path in paths if prefix and path.startswith(prefix)]
    if len(names) == 1:
        return paths[names[0]]
    if names:
        # The newest are the likeliest to be meant.
        raise RunError(f"{name} is the beginning of {len(names)} {plural}: {shorten_list(names[::-1], _MAX_SHOWN)}")
    if not paths:
        raise RunError(f'no {kind} "{name}": {folder} has no {plural}')
    # Compared with the beginnings of names too, since the rest of a name is a time.
    words = {word: path for path in paths for word in (path, path[: len(prefix)])}
    meant = nearest(prefix, words) if prefix else None
    newest = shorten_list([*paths][::-1], _MAX_SHOWN)
    hint = f"did you mean {words[meant]}?" if meant is not None else f"{folder} has {newest}"
    raise RunError(f'no {kind} "{name}"; {hint}')


def search_above(run: Path) -> Path | None:
    """The folder of the search that a trial, or the run of a fold or repeat of one, is in."""
    searches = (folder for folder in run.absolute().parents[:_MOST_ABOVE] if (folder / SEARCH_STATE).is_file())
    return next(searches, None)
