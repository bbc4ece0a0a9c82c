"""The files of a run, its state and its lock."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from types import MappingProxyType, NoneType
from typing import Any, cast

from seqspec.training.errors import RunError
from seqspec.training.records import JsonObject, Lock, RunInfo
from seqspec.training.run_folder.atomic_files import read_json, write_json, write_text
from seqspec.training.run_folder.locks import is_locked, locked

RUNNING, DONE, FAILED, INTERRUPTED, KILLED = "running", "done", "failed", "interrupted", "killed"
PRUNED = "pruned"
"""The state of a trial of a search that ended early."""
DAMAGED = "damaged"
"""In lists of runs, the state of a run folder that cannot be read."""

_RUN_KEYS: Mapping[str, type | tuple[type, ...]] = {
    "state": str, "started": str, "base": str, "spec": (str, NoneType), "from": (str, NoneType), "python_data": bool,
    "download": bool, "loggers": (list, NoneType), "plan": (dict, NoneType), "extra_epochs": (int, NoneType),
    "seconds": (float, int, NoneType),
}  # fmt: skip
_LOCK_KEYS = {"versions": dict, "digests": dict, "seed": int}


class RunFiles:
    """A run folder: the names of its files, what describes the run, and its state."""

    writes = True
    """Whether this process writes the run folder; only one of several workers does."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def checkpoints(self) -> Path:
        """The folder of checkpoints."""
        return self.path / "checkpoints"

    @property
    def model(self) -> Path:
        """The model at the end of training."""
        return self.path / "model.keras"

    @property
    def best_model(self) -> Path:
        """The model of the best epoch."""
        return self.path / "best.keras"

    @property
    def serving_model(self) -> Path:
        """The model at the end of training, from raw columns to predictions; only where columns are encoded."""
        return self.path / "serving.keras"

    def write_json(self, name: str, data: object) -> None:
        """Replaces one of the JSON files."""
        write_json(self.path / name, data)

    def read_json(self, name: str) -> Any:
        """The content of a JSON file; raises `RunError` if it is missing or damaged."""
        try:
            return read_json(self.path / name)
        except (OSError, ValueError):
            raise RunError(f"{self.path / name} is missing or damaged")

    def info(self) -> RunInfo:
        """The content of run.json; raises `RunError` if it is missing or damaged, as `lock` and `spec` do."""
        return cast(RunInfo, self.table("run.json", _RUN_KEYS))

    def lock(self) -> Lock:
        """The content of lock.json."""
        return cast(Lock, self.table("lock.json", _LOCK_KEYS))

    def spec(self) -> JsonObject:
        """The spec with variables, blocks, overrides and shorthand resolved."""
        return self.table("expanded.json")

    def table(self, name: str, keys: Mapping[str, type | tuple[type, ...]] = MappingProxyType({})) -> JsonObject:
        """The JSON object in a file; raises `RunError` for other JSON, or if a key is missing."""
        table = self.read_json(name)
        if not isinstance(table, dict):
            raise RunError(f"{self.path / name} is damaged: expected an object, got {_type_name(table)}")
        for key, kind in keys.items():
            if not isinstance(table.get(key), kind):
                raise RunError(
                    f"{self.path / name} is damaged: {key} is {_type_name(table[key]) if key in table else 'missing'}"
                )
        return table

    def state(self) -> str:
        """The state in run.json; "killed" if it says running, but no process holds the lock."""
        state = self.info()["state"]
        return KILLED if state == RUNNING and not self.in_use() else state

    @property
    def is_done(self) -> bool:
        """Whether the run is done; False also before it is described."""
        return (self.path / "run.json").is_file() and self.info()["state"] == DONE

    def in_use(self) -> bool:
        """Whether a process works on the run."""
        return is_locked(self.path)

    def update(self, **fields: object) -> None:
        """Changes fields of run.json."""
        self.write_json("run.json", {**self.info(), **fields})

    def write_document(self, text: str | None, suffix: str) -> None:
        """The spec as it was written."""
        if text is not None:
            write_text(self.path / f"document{suffix}", text)

    def log(self, text: str) -> None:
        """A line of log.txt."""
        with open(self.path / "log.txt", "a", encoding="utf-8") as file:
            file.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}\n")

    def locked(self) -> AbstractContextManager[None]:
        """Keeps other processes from working on the same run; raises `RunError` if one does."""
        return locked(self.path)


def now() -> str:
    """The local time, as run.json has it."""
    return time.strftime("%Y-%m-%dT%H:%M:%S")


def _type_name(value: object) -> str:
    """The JSON type of a value, for messages."""
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", NoneType: "null"}
    return names.get(type(value), "a number")
