"""What a run depended on: versions, machine, seed, git commit, digests, but no environment variables."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from seqspec import __version__
from seqspec.core.api.check import Check, CheckedSpec
from seqspec.core.api.files import require_regular
from seqspec.training.data.prepared import PreparedData, SampleSet
from seqspec.training.records import DataDigests, Digests, GitState, JsonObject, Lock
from seqspec.training.run_folder.files import digest_of_arrays, digest_of_file

_COMPARED = ("keras", "backend", "backend_version")
"""The keys of `versions` whose values must not change when a run is resumed, since results would differ."""


EDITED = "the expanded spec"
"""The change of a run folder whose expanded.json is not the one that the run was started with."""


def versions(backend: str) -> dict[str, str | None]:
    """Versions of seqspec, Keras, the backend, NumPy and Python; None for a package that is not installed."""
    return {
        "seqspec": __version__,
        "keras": _version("keras"),
        "backend": backend,
        "backend_version": _version(backend),
        "numpy": _version("numpy"),
        "python": platform.python_version(),
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def machine() -> dict[str, str | int | None]:
    """Operating system, architecture, CPU count and byte order of this machine."""
    return {
        "system": platform.system(),
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
        "byteorder": sys.byteorder,
    }


def git_state(folder: Path) -> GitState | None:
    """The commit, and whether there are uncommitted changes; None outside a repository."""
    try:
        commit = _git(folder, "rev-parse", "HEAD")
        return {"commit": commit, "dirty": bool(_git(folder, "status", "--porcelain", "--untracked-files=no"))}
    except (OSError, subprocess.SubprocessError):
        return None


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True, text=True, timeout=5)
    return done.stdout.strip()


def data_digests(data: PreparedData, base: Path) -> DataDigests:
    """Digests of the files that were read and of the arrays that train the model."""
    return {
        "files": {name: digest_of_file(file) for name, file in zip(names_in_lock(data.files, base), data.files)},
        # Data that comes from files is determined by them and by the split.
        "data": None if data.files else arrays_digest(data.sets),
        "split": digest_of_arrays(dict(data.rows)),
    }


def names_in_lock(files: Sequence[str], base: str | os.PathLike[str]) -> list[str]:
    """The names of files in lock.json: those in the folder of the spec are relative to it."""
    # With many small files, creating `Path` objects would take longer than the digests.
    inside = os.path.join(base, "")
    return [file.removeprefix(inside) for file in files]


def digests_now(names: Iterable[str], base: str | os.PathLike[str]) -> dict[str, str]:
    """The digests of the files that lock.json names, without those that are gone."""
    digests = {}
    for name in names:
        with suppress(OSError):
            require_regular(file := os.path.join(base, name))
            digests[name] = digest_of_file(file)
    return digests


def arrays_digest(sets: Mapping[str, SampleSet]) -> str:
    """The digest of the samples of the sets."""
    arrays = {f"{name}.{part}": getattr(own, part) for name, own in sets.items() for part in ("x", "y", "weight")}
    return digest_of_arrays(arrays)


def changed(before: Lock, installed: Mapping[str, str | None], digests: Digests) -> list[str]:
    """Descriptions of the differences between the lock of a run and the versions and digests of its continuation."""
    pairs = {key: (before["versions"].get(key), installed.get(key)) for key in _COMPARED}
    changes = [f"{key} ({was} → {now})" for key, (was, now) in pairs.items() if was != now]
    old, new = before["digests"], digests
    if old["expanded"] != new["expanded"]:
        changes.append(EDITED)
    files = changed_files(old["files"], new["files"])
    changes += files
    if None not in (old["data"], new["data"]) and old["data"] != new["data"] and not files:
        changes.append("the data")
    return changes


def changed_files(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """Descriptions of the files whose digests differ: "data.csv (changed)"."""
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    shown = [
        f"{name} ({'added' if name not in old else 'removed' if name not in new else 'changed'})" for name in names[:10]
    ]
    return shown + ([f"{len(names) - 10:,} more files"] if len(names) > 10 else [])


def spec_tree(check: Check | CheckedSpec) -> JsonObject:
    """The spec with variables, blocks, overrides and shorthand resolved, as plain data."""
    return check.spec.to_dict()
