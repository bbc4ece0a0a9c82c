"""The data that a run was trained on, read again: refused where it changed, since the split would be another one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from seqspec.core.api.check import Check
from seqspec.core.api.spec import TypedSpec
from seqspec.training.access import Access
from seqspec.training.data.labels import LabelBaseline
from seqspec.training.data.prepare import prepare
from seqspec.training.data.prepared import PreparedData
from seqspec.training.errors import ChangedDataError, DataError, RunError
from seqspec.training.run_folder.environment import arrays_digest, changed_files, digests_now, names_in_lock
from seqspec.training.run_folder.folder import RunFolder

HELD_OUT = ("validation", "test")
"""The sets that a model was not trained on."""


class RunData(NamedTuple):
    """The data of a run as it was split, and what its training labels predict without inputs."""

    prepared: PreparedData
    baseline: LabelBaseline


def spec_of_run(folder: RunFolder) -> TypedSpec:
    """The spec of a run; raises `RunError` if it was damaged."""
    spec = Check.of(folder.spec()).spec
    if not spec.readable:
        raise RunError(f"{folder.path / 'expanded.json'} is not a valid spec")
    return spec


def data_of_run(
    folder: RunFolder, allowed: Collection[str], access: Access | None, needed: Sequence[str] = ()
) -> RunData:
    """The data that the run was trained on, as it was split.

    `needed` are the sets that must be unchanged, where each has a source of its own; by default, and where the run has
    none of them, all. What a changed training set of its own had taught the run is in the run folder.

    Raises:
        RunError: It came from Python, or changed since (`ChangedDataError`).
        DataError: It cannot be read.
    """
    if folder.info()["python_data"]:
        raise RunError("the data of this run came from Python: pass it as data=(x, y)")
    spec, recorded = spec_of_run(folder), folder.lock()["digests"]["files"]
    one_source = spec.data.source is not None
    if one_source:
        # Before the file is read: what it lacks now would be reported instead.
        _refuse(folder, _changed_on_disk(folder, recorded))
    rows = folder.split_rows()
    try:
        prepared = prepare(
            spec, folder.info()["base"], seed=folder.lock()["seed"], allowed=tuple(allowed), check_leakage=False,
            scratch=str(folder.path), access=access, encoder=folder.encoder(),
            joined=bool(rows) and "validation" not in rows,
        )  # fmt: skip
    except DataError:
        _refuse(folder, _changed_on_disk(folder, recorded))
        raise
    if one_source or not prepared.files:
        _refuse(folder, _other_samples(folder, prepared))
        unchanged = True
    else:
        names = [name for name in needed if name in prepared.sets] or list(prepared.sets)
        _refuse(folder, [change for name in names for change in _changes_of_set(folder, prepared, name)])
        unchanged = "train" in names or not _changes_of_set(folder, prepared, "train")
        if not unchanged and not _learned_the_same(folder, prepared):
            _refuse(folder, _changes_of_set(folder, prepared, "train"))
    # The loss can imply the kind of labels that the spec does not name.
    prepared = replace(prepared, labels=folder.labels())
    return RunData(prepared, prepared.baseline() if unchanged else folder.baseline())


def _refuse(folder: RunFolder, changes: Iterable[str]) -> None:
    if changed := list(dict.fromkeys(changes)):
        raise ChangedDataError(folder.path, changed)


def _changed_on_disk(folder: RunFolder, names: Iterable[str]) -> list[str]:
    """Descriptions of the changed files among those that the run read; none where all are gone, as reading reports."""
    recorded, now = folder.lock()["digests"]["files"], digests_now(names, folder.info()["base"])
    return changed_files({name: recorded[name] for name in names}, now) if now else []


def _other_samples(folder: RunFolder, prepared: PreparedData) -> list[str]:
    """How samples of one source, whose recorded files are unchanged, differ from those of the run."""
    recorded = folder.lock()["digests"]
    # Files that are new in a folder, or for a pattern.
    files = names_in_lock(prepared.files, folder.info()["base"])
    if added := changed_files(recorded["files"], {name: recorded["files"].get(name, "") for name in files}):
        return added
    if not files and recorded["data"] is not None:
        sets = folder.info().get("plan", {}).get("sets", prepared.sets)
        if recorded["data"] != arrays_digest({name: prepared.sets[name] for name in sets if name in prepared.sets}):
            return ["the data"]
    drawn = folder.split_rows()
    differ = [name for name, rows in drawn.items() if not np.array_equal(rows, prepared.rows.get(name, ()))]
    return [f"the rows of the {' and the '.join(differ)} set"] if differ else []


def _changes_of_set(folder: RunFolder, prepared: PreparedData, name: str) -> list[str]:
    """How the files of a set with a source of its own differ from those that the run read."""
    recorded, base = folder.lock()["digests"]["files"], folder.info()["base"]
    files = names_in_lock(prepared.files_of[name], base)
    known = {file: recorded[file] for file in files if file in recorded}
    changes = changed_files(known, digests_now(files, base))
    count = folder.info().get("plan", {}).get("sets", {}).get(name)
    if changes or count in (None, len(prepared.sets[name])):
        return changes
    # Files of the set are gone.
    gone = changed_files(dict.fromkeys(recorded, ""), dict.fromkeys(digests_now(recorded, base), ""))
    return gone or [f"the {name} set ({count:,} → {len(prepared.sets[name]):,} samples)"]


def _learned_the_same(folder: RunFolder, prepared: PreparedData) -> bool:
    """Whether a changed training set has the same classes, and fills for missing values, as that of the run."""
    own, now = (None if fills is None else fills.tolist() for fills in (folder.fills(), prepared.fills))
    return own == now and folder.labels().names == prepared.labels.names
