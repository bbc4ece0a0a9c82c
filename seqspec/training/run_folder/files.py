"""The files of a run: written as a whole, read, hashed and locked; and its state."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import MappingProxyType, NoneType
from typing import Any, BinaryIO, cast

import numpy as np

from seqspec.core.api.files import renamed
from seqspec.training.data.stored import Array, Values, chunks
from seqspec.training.errors import RunError, unwritten
from seqspec.training.records import JsonObject, Lock, RunInfo
from seqspec.training.run_folder.strict_json import to_json

_FIRST_READ_BYTES = 2**16
"""Bytes that are read first; a smaller file is hashed without a second call."""


def write_text(path: Path, text: str) -> None:
    """Replaces a file as a whole."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, content: bytes) -> None:
    """Replaces a file as a whole."""
    with renamed(path) as partial, open(partial, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def save_arrays(file: BinaryIO, arrays: Mapping[str, Array]) -> None:
    """Writes named arrays to an .npz file."""
    # NumPy declares a keyword argument besides the names of arrays.
    named: dict[str, Any] = dict(arrays)
    np.savez(file, **named)


def json_text(data: object, *, indent: int | None = None, ascii_only: bool = True) -> str:
    """JSON of plain data, NumPy scalars and arrays; see `strict_json`."""
    return to_json(data, indent=indent, ascii_only=ascii_only, default=plain)


def write_json(path: Path, data: object) -> None:
    """Replaces a JSON file."""
    write_text(path, json_text(data, indent=2, ascii_only=False) + "\n")


def read_json(path: Path) -> Any:
    """The content of a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def plain(value: object) -> object:
    """NumPy scalars and arrays as plain data."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, (set, frozenset, tuple)):
        return list(value)
    return str(value)


def digest_of_file(path: str | os.PathLike[str]) -> str:
    """SHA-256 of a file."""
    with open(path, "rb", buffering=0) as file:
        start = file.read(_FIRST_READ_BYTES)
        if len(start) < _FIRST_READ_BYTES:
            return hashlib.sha256(start).hexdigest()
        file.seek(0)
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_of_arrays(arrays: Mapping[str, Values | None]) -> str:
    """SHA-256 of named arrays: names, dtypes, shapes and values."""
    digest = hashlib.sha256()
    for name, array in arrays.items():
        if array is None:
            continue
        digest.update(f"{name}:{array.dtype.str}:{array.shape};".encode())
        for _, part in chunks(array):
            if array.dtype == object:
                for value in part.reshape(-1):
                    text = str(value).encode("utf-8", "surrogatepass")
                    digest.update(f"{len(text)}:".encode() + text)
            else:
                # Arrays of bytes implement the buffer interface, but their type annotation does not declare it.
                digest.update(np.ascontiguousarray(part).view(np.uint8).reshape(-1))  # type: ignore[arg-type]
    return digest.hexdigest()


def digest_of_tree(tree: object) -> str:
    """SHA-256 of plain data, independent of the order of keys."""
    text = json.dumps(tree, sort_keys=True, default=plain)
    return hashlib.sha256(text.encode()).hexdigest()


_LOCK = ".lock"
_ATTEMPTS, _PAUSE = 5, 0.1


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Holds the lock of a run folder; raises `RunError` if another process holds it."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    try:
        # Not "w", which would empty the file that a link leads to.
        file = open(folder / _LOCK, "a")  # noqa: SIM115
    except OSError as error:
        raise unwritten(folder, error)
    with file:
        for left in reversed(range(_ATTEMPTS)):
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                if not left:
                    raise RunError(f"{folder} is in use by another process")
                # `is_locked` of another process holds the lock for a moment.
                time.sleep(_PAUSE)
        yield


def is_locked(folder: Path) -> bool:
    """Whether a process holds the lock; true where that cannot be found out."""
    try:
        import fcntl
    except ImportError:
        return True
    try:
        with open(folder / _LOCK) as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


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

    def require_model(self) -> None:
        """Raises `RunError` before the model is saved."""
        if not self.model.exists():
            raise RunError(f"{self.path} has no model yet: it is {self.info()['state']}")

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
