"""The folder of a search: its state, its journal, its rejected candidates and its trials."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shlex
import shutil
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NotRequired, TypedDict, cast

from seqspec.core.api.language import self_contained
from seqspec.core.api.syntax import Document
from seqspec.training.errors import RunError
from seqspec.training.records import SEARCH_STATE, Digests, JsonObject, SetEvaluation
from seqspec.training.run_folder.files import (
    KILLED,
    RUNNING,
    is_locked,
    json_text,
    locked,
    read_json,
    write_json,
    write_text,
)
from seqspec.training.run_folder.folder import FOLDS, REPEATS, RunFolder
from seqspec.training.run_folder.names import path_by_prefix
from seqspec.training.search.plan import merged

SEARCHES = "searches"
"""The folder of searches, by default."""
_MODELS = ("model.keras", "best.keras", "serving.keras", "scores.npz")


class TestResult(TypedDict):
    """The evaluation of the best trial on the test set, or of the run of a trial by `seqspec evaluate`."""

    trial: int
    result: SetEvaluation
    run: NotRequired[str]


class SearchInfo(TypedDict):
    """search.json.

    `state` is "running", "done", "interrupted" or "failed"; `settings` and `vars` what the document is read with;
    `loggers` the loggers, those of the document included;
    `objectives` the names and directions; `seed` that of the sampler and of the split; `seconds` the time of all
    commands; `rejected` candidates by the code or limit, `equal` those that equal an earlier one; `tested` the
    evaluations on the test set; `ended` why the search ended before its trials were used up; `options` those of the
    last command that say where trials are trained.
    """

    state: str
    name: str
    started: str
    spec: str | None
    base: str
    settings: list[str]
    vars: JsonObject
    download: bool
    allow_custom: list[str]
    loggers: NotRequired[list[str]]
    objectives: list[dict[str, str]]
    seed: int
    seconds: float
    versions: Mapping[str, str | None]
    digests: Digests
    document: str
    rejected: dict[str, int]
    equal: int
    tested: list[TestResult]
    best: NotRequired[int | None]
    options: NotRequired[Mapping[str, str | int]]
    ended: NotRequired[str | None]
    error: NotRequired[str | None]


class SearchFolder:
    """The files of a search."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, searches: Path, name: str) -> SearchFolder:
        """A new folder in `searches`, named as run folders are."""
        return cls(RunFolder.create(searches, name).path)

    @classmethod
    def open(cls, name: str | os.PathLike[str]) -> SearchFolder:
        """A search by its folder, its name in `searches`, the beginning of one, or `latest`; raises `RunError`."""
        path = Path(name)
        if (path / SEARCH_STATE).is_file():
            return cls(path)
        folder, text = (path.parent, path.name) if path.parent.name else (Path(SEARCHES), str(name))
        known = {each.path.name: each.path for each in searches_in(folder)}
        if text == "latest" and known:
            return cls([*known.values()][-1])
        return cls(path_by_prefix(text, known, folder, "search", "searches"))

    @property
    def resume_command(self) -> str:
        """The command that continues the search as it was started."""
        command = ["seqspec", "search", "resume", str(self.path)]
        for name, value in self.info.get("options", {}).items():
            command += [f"--{name.replace('_', '-')}", str(value)]
        return shlex.join(command)

    @property
    def journal(self) -> Path:
        """The journal of Optuna."""
        return self.path / "journal.log"

    @property
    def document(self) -> Path:
        """The document as it was when the search began; raises `RunError` without it."""
        found = next((path for path in sorted(self.path.glob("document.*")) if path.is_file()), None)
        if found is None:
            raise RunError(f"{self.path} is damaged: it has no document.toml or document.json")
        return found

    def write_document(self, document: Document) -> None:
        """Stores a document: as written, or with the documents that it extends merged into it."""
        text, format = merged(document).text, "json" if document.format == "json" else "toml"
        if text is None:
            text, format = json_text(self_contained(document), indent=2), "json"
        write_text(self.path / f"document.{format}", text)

    def trial(self, number: int) -> RunFolder:
        """The run folder of a trial."""
        return RunFolder(self.path / "trials" / f"{number:04}")

    def retrained(self, number: int) -> RunFolder:
        """The run folder of a trial that was trained on training and validation set."""
        return RunFolder(self.path / "final" / f"{number:04}")

    @property
    def info(self) -> SearchInfo:
        """search.json; raises `RunError` if it is damaged."""
        try:
            found = read_json(self.path / SEARCH_STATE)
        except (OSError, ValueError):
            found = None
        if not isinstance(found, dict) or "state" not in found:
            raise RunError(f"{self.path / SEARCH_STATE} is missing or damaged")
        return cast(SearchInfo, found)

    @property
    def state(self) -> str:
        """The state; "killed" if the process of a running search has ended."""
        state = self.info["state"]
        return KILLED if state == RUNNING and not is_locked(self.path) else state

    def write_info(self, info: SearchInfo) -> None:
        """Replaces search.json."""
        write_json(self.path / SEARCH_STATE, info)

    @property
    def test(self) -> TestResult | None:
        """The last evaluation of a best trial on the test set; None before."""
        return next((each for each in self.info["tested"][::-1] if "run" not in each), None)

    def add_test(self, result: TestResult) -> int:
        """Records an evaluation on the test set; returns how many there were."""
        info = self.info
        info["tested"].append(result)
        self.write_info(info)
        return len(info["tested"])

    def test_warning(self, count: int) -> str:
        """What an evaluation on the test set after the first one means; `count` is how many there were."""
        return f"evaluation {count} of a trial of {self.path.name} on the test set: the best of them is optimistic"

    def locked(self) -> AbstractContextManager[None]:
        """Holds the lock of the folder; raises `RunError` if another process does."""
        return locked(self.path)

    def reject(self, line: Mapping[str, object]) -> None:
        """Appends a candidate that is not trained."""
        with open(self.path / "rejected.jsonl", "a", encoding="utf-8") as file:
            file.write(json_text(line) + "\n")

    def rejected(self) -> Iterator[JsonObject]:
        """The candidates that are not trained."""
        with contextlib.suppress(FileNotFoundError), open(self.path / "rejected.jsonl", encoding="utf-8") as file:
            for line in file:
                with contextlib.suppress(ValueError):
                    yield json.loads(line)

    def remove_models(self, number: int) -> None:
        """Deletes the models and checkpoints of a trial; its results stay."""
        folder = self.trial(number).path
        for part in (folder, *folder.glob(f"{FOLDS}/*"), *folder.glob(f"{REPEATS}/*")):
            for name in _MODELS:
                (part / name).unlink(missing_ok=True)
            shutil.rmtree(part / "checkpoints", ignore_errors=True)


def searches_in(folder: Path) -> list[SearchFolder]:
    """The searches in a folder, oldest first."""
    if not folder.is_dir():
        return []
    paths = [path for path in folder.iterdir() if (path / SEARCH_STATE).is_file()]
    return [SearchFolder(path) for path in sorted(paths, key=lambda each: (_started(each), each.name))]


def _started(path: Path) -> str:
    try:
        return SearchFolder(path).info["started"]
    except RunError:
        return ""


def new_seed() -> int:
    """A random seed."""
    return secrets.randbelow(2**32)
