"""What a run depended on: versions, machine, seed, git commit, digests. Environment variables stay out."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from seqspec import __version__
from seqspec.training.data.prepare import PreparedData
from seqspec.training.files import digest_of_arrays, digest_of_file

_PACKAGES = {"tensorflow": "tensorflow", "jax": "jax", "torch": "torch"}
REFUSED = ("keras", "backend", "backend_version")
"""Versions that a resumed run must not differ in: equal results are not to be expected otherwise."""


def versions(backend: str) -> dict[str, str | None]:
    """Versions of what computes."""
    return {
        "seqspec": __version__,
        "keras": _version("keras"),
        "backend": backend,
        "backend_version": _version(_PACKAGES.get(backend, backend)),
        "numpy": _version("numpy"),
        "python": platform.python_version(),
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def machine() -> dict[str, Any]:
    """What kind of machine this is."""
    import os

    return {
        "system": platform.system(),
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
        "byteorder": sys.byteorder,
    }


def git_state(folder: Path) -> dict[str, Any] | None:
    """Commit and whether there are changes beside it; None outside a repository."""
    try:
        commit = _git(folder, "rev-parse", "HEAD")
        return {"commit": commit, "dirty": bool(_git(folder, "status", "--porcelain", "--untracked-files=no"))}
    except (OSError, subprocess.SubprocessError):
        return None


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True, text=True, timeout=5)
    return done.stdout.strip()


def data_digests(data: PreparedData, base: Path) -> dict[str, Any]:
    """Digests of the files that were read and of the arrays that train the model."""
    # Of many small files, objects for their paths would take longer than their digests.
    inside = os.path.join(base, "")
    files = {name.removeprefix(inside): digest_of_file(name) for name in data.files}
    arrays = {
        f"{name}.{part}": getattr(each, part) for name, each in data.sets.items() for part in ("x", "y", "weight")
    }
    return {
        "files": files,
        # Where the data comes from files, they and the split say what it is.
        "data": None if files else digest_of_arrays(arrays),
        "split": digest_of_arrays(dict(data.rows)),
    }


def changed(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Names of what differs between the locks of a run and of its continuation."""
    found = [
        f"{key} ({before['versions'].get(key)} → {now['versions'].get(key)})"
        for key in REFUSED
        if before["versions"].get(key) != now["versions"].get(key)
    ]
    old, new = before["digests"], now["digests"]
    found += [label for key, label in (("spec", "the spec"), ("expanded", "the expanded spec")) if old[key] != new[key]]
    files = _changed_files(old["files"], new["files"])
    found += files
    if None not in (old["data"], new["data"]) and old["data"] != new["data"] and not files:
        found.append("the data")
    return found


def _changed_files(old: Mapping[str, str], new: Mapping[str, str]) -> Sequence[str]:
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    shown = [
        f"{name} ({'added' if name not in old else 'removed' if name not in new else 'changed'})" for name in names[:10]
    ]
    return shown + ([f"{len(names) - 10:,} more files"] if len(names) > 10 else [])
