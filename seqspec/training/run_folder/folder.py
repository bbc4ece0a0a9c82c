"""The run folder: one per run, never overwritten, and sufficient to resume, evaluate and predict."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import numpy as np

from seqspec.core.api.data import DEFAULT_DIALECT, Dialect
from seqspec.core.api.files import NotRegularFile, is_outside, renamed, require_regular
from seqspec.training.access import Access
from seqspec.training.data.encoding.encoder import Encoder
from seqspec.training.data.labels import LabelBaseline, LabelEncoding
from seqspec.training.data.prepared import PreparedData
from seqspec.training.data.samples import Array
from seqspec.training.data.series.forecast import TrainedSeries
from seqspec.training.errors import RunError
from seqspec.training.records import (
    DataDigests,
    EpochRecord,
    Evaluation,
    FoldResults,
    JsonObject,
    RegressionResults,
    RunResults,
    evaluated_sets,
    leaks_in,
)
from seqspec.training.run_folder.files import RunFiles, json_text, save_arrays, write_bytes
from seqspec.training.run_folder.names import find_run
from seqspec.training.run_folder.strict_json import numbers

_SCORES = "scores.npz"
FOLDS = "folds"
"""The folder of the runs of folds, within that of their run."""
REPEATS = "repeats"
"""The folder of the further runs of a trial of a search, within that of its first one."""
RUN_FILES = frozenset({
    "run.json", "lock.json", "expanded.json", "labels.json", "fills.json", "encoding.json", "series.json", "split.npz",
    "findings.json", "log.txt", "history.jsonl", "evaluation.json", "model.keras", "best.keras", "serving.keras",
    "report.html", "checkpoints", "plots", ".lock", "document.toml", "document.json", "loggers.json", "ray",
    FOLDS,
    REPEATS,
    _SCORES,
})  # fmt: skip
"""The files and folders that seqspec writes to a run folder; those of loggers are in `Logger.files`."""


class RunFolder(RunFiles):
    """What a run folder has of its data, its epochs and its results.

    Attributes:
        written: How the text of files to predict for, or to evaluate on, is written where it is not as in training.
    """

    written: Dialect = DEFAULT_DIALECT

    @classmethod
    def create(cls, runs: Path, name: str) -> RunFolder:
        """A new folder in `runs`, named after the spec and the time."""
        stem = (
            "".join(character if character.isalnum() or character in "-_." else "-" for character in name)[:60].strip(
                ".-"
            )
            or "run"
        )
        runs.mkdir(parents=True, exist_ok=True)
        for _ in range(100):
            path = runs / f"{stem}-{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}"
            with contextlib.suppress(FileExistsError):
                path.mkdir()
                return cls(path)
        raise RunError(f"{runs}: no free name for a new run")

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> RunFolder:
        """An existing run folder, by its path or one of the names of `find_run`.

        Raises:
            RunError: There is none, or one of its files is a device or a pipe, which would block whoever reads it.
        """
        folder = cls(find_run(path))
        if not (folder.path / "run.json").is_file():
            message = f"{path} is not a run folder (it has no run.json), or the run ended before its training began"
            raise RunError(message)
        for entry in folder._entries():
            try:
                require_regular(str(entry))
            except NotRegularFile as error:
                raise RunError(f"{entry}: {error.strerror}")
            except OSError:
                # A file that a running process has replaced, or a link to nothing.
                continue
        return folder

    def _entries(self) -> Iterator[Path]:
        """The files and folders in the run folder, those of its folds included; links are not followed."""
        for folder, folders, files in os.walk(self.path):
            yield from (Path(folder, name) for name in (*folders, *files))

    def require_own_files(self, access: Access) -> None:
        """Raises `RunError` for a link out of the run folder, through which files would be written or removed."""
        for entry in sorted(self._entries()):
            leads_out = entry.is_symlink() and is_outside(str(entry), str(self.path))
            if leads_out and not access.is_allowed_output(str(entry)):
                raise RunError(
                    f"{entry} is a link to {os.path.realpath(entry)}, outside of the run folder; remove the link, or "
                    f"{access.help(os.path.realpath(entry), 'output')}"
                )

    def write_data(self, data: PreparedData) -> None:
        """Split, label encoding, fills and the encoding of columns."""
        if data.rows:
            with open(self.path / "split.npz", "wb") as file:
                save_arrays(file, data.rows)
        labels = {
            **data.labels.to_dict(),
            "features": list(data.features),
            "columns": list(data.label_columns),
            "counts": data.class_counts(),
            "baseline": data.baseline().to_dict(),
            "scale": None if data.label_scale is None else asdict(data.label_scale),
        }
        self.write_json("labels.json", labels)
        if data.train.origins is not None:
            series = TrainedSeries.of(data.train.origins.index, data.features)
            self.write_json("series.json", series.to_dict())
        if data.fills is not None:
            self.write_json("fills.json", {"features": list(data.features), "values": data.fills.tolist()})
        if data.encoder is not None:
            self.write_json("encoding.json", data.encoder.to_state())

    def findings(self) -> list[JsonObject]:
        """The findings of the check before training; empty if the file is missing or damaged."""
        try:
            findings = self.read_json("findings.json")
        except RunError:
            return []
        return [finding for finding in findings if isinstance(finding, dict)] if isinstance(findings, list) else []

    def leaks(self) -> list[str]:
        """The codes of the findings that the results of the run may be too good."""
        return leaks_in(self.findings())

    def write_scores(self, scores: Mapping[str, Mapping[str, Array]]) -> None:
        """The results of each sample by set, for comparisons with other runs."""
        arrays = {f"{name}.{key}": array for name, set_scores in scores.items() for key, array in set_scores.items()}
        if self.writes and arrays:
            with renamed(self.path / _SCORES, overwrite=True) as partial, open(partial, "wb") as file:
                save_arrays(file, arrays)

    def scores(self, name: str) -> dict[str, Array]:
        """The results of each sample of a set; empty without."""
        if not (self.path / _SCORES).is_file():
            return {}
        try:
            with np.load(self.path / _SCORES, allow_pickle=False) as arrays:
                return {key.partition(".")[2]: arrays[key] for key in arrays.files if key.partition(".")[0] == name}
        except (OSError, ValueError):
            raise RunError(f"{self.path / _SCORES} is damaged")

    def split_rows(self) -> dict[str, Array]:
        """The rows of each set; empty if the data was not split."""
        path = self.path / "split.npz"
        if not path.exists():
            return {}
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}

    def labels(self) -> LabelEncoding:
        """The label encoding."""
        try:
            return LabelEncoding.from_dict(self.table("labels.json"))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise RunError(f"{self.path / 'labels.json'} is damaged: {type(error).__name__}: {error}")

    def baseline(self) -> LabelBaseline:
        """What can be predicted without inputs."""
        record = self.table("labels.json").get("baseline")
        return LabelBaseline() if record is None else LabelBaseline.from_dict(record)

    def fills(self) -> Array | None:
        """The values that replace missing inputs, one per feature; None if they are not filled."""
        if not (self.path / "fills.json").exists():
            return None
        return np.array(self.read_json("fills.json")["values"], np.float32)

    @property
    def has_series(self) -> bool:
        """Whether the model forecasts a series."""
        return (self.path / "series.json").exists()

    def series(self) -> TrainedSeries:
        """What the model needs of a series to forecast another file."""
        return TrainedSeries.from_dict(self.read_json("series.json")) if self.has_series else TrainedSeries()

    def encoder(self) -> Encoder | None:
        """The encoder of the columns of `[data.columns]`; None if the input is not encoded."""
        if not (self.path / "encoding.json").exists():
            return None
        try:
            return Encoder.from_state(self.read_json("encoding.json"))
        except (ValueError, KeyError, TypeError):
            raise RunError(f"{self.path / 'encoding.json'} is damaged, or of another version of seqspec")

    def append_history(self, line: EpochRecord) -> None:
        """Appends one epoch, which is on disk before this returns."""
        with open(self.path / "history.jsonl", "a", encoding="utf-8") as file:
            file.write(json_text(line) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def history(self) -> list[EpochRecord]:
        """The recorded epochs, without a line that was truncated because the process was killed."""
        lines: list[EpochRecord] = []
        with contextlib.suppress(FileNotFoundError):
            for text in (self.path / "history.jsonl").read_text(encoding="utf-8", errors="replace").splitlines():
                try:
                    lines.append(_epoch(json.loads(text)))
                except ValueError:
                    break
        return lines

    def truncate_history(self, epochs: int) -> list[EpochRecord]:
        """Keeps the first epochs, which are returned."""
        kept = self.history()[:epochs]
        write_bytes(self.path / "history.jsonl", "".join(json_text(line) + "\n" for line in kept).encode())
        return kept

    def evaluation(self) -> Evaluation:
        """The results on each set at the end of training; empty before."""
        if not (self.path / "evaluation.json").exists():
            return {}
        evaluation = cast(Evaluation, self.table("evaluation.json"))
        try:
            if "best" in evaluation:
                evaluation["best"] = dict(cast(dict[str, float | None], numbers(evaluation["best"])))
            if "folds" in evaluation:
                evaluation["folds"] = cast(FoldResults, numbers(evaluation["folds"]))
            for result in evaluated_sets(evaluation).values():
                result["metrics"] = dict(cast(dict[str, float], numbers(result["metrics"])))
                if "residuals" in result:
                    result["residuals"] = cast(RegressionResults, numbers(result["residuals"]))
        except (KeyError, TypeError, ValueError):
            raise RunError(f"{self.path / 'evaluation.json'} is damaged")
        return evaluation

    def results(self) -> RunResults:
        """The results of the run, and of its folds."""
        evaluation = self.evaluation()
        folds = evaluation["folds"]["runs"] if "folds" in evaluation else ()
        return RunResults(
            evaluation,
            self.history(),
            self.findings(),
            self.spec(),
            self.info()["plan"]["sets"] if "plan" in self.info() else {},
            [RunFolder(self.path / name).results() for name in folds],
        )


class FollowerFolder(RunFolder):
    """The run folder in a worker that only reads it, since another worker writes it."""

    writes = False

    def write_json(self, name: str, data: object) -> None:
        """Does nothing."""

    def append_history(self, line: EpochRecord) -> None:
        """Does nothing."""

    def truncate_history(self, epochs: int) -> list[EpochRecord]:
        """Returns the first epochs."""
        return self.history()[:epochs]

    def log(self, text: str) -> None:
        """Does nothing."""

    def update(self, **fields: object) -> None:
        """Does nothing."""

    def locked(self) -> AbstractContextManager[None]:
        """Does nothing: the worker that writes holds the lock."""
        return contextlib.nullcontext()


def _epoch(line: Any) -> EpochRecord:
    """A line of history.jsonl as it was written; raises `ValueError` for another kind of data."""
    try:
        for key in ("logs", "learning_rate"):
            line[key] = numbers(line[key])
        dict(line["logs"])
    except (TypeError, KeyError):
        raise ValueError("not an epoch")
    record: EpochRecord = line
    return record


def require_same_split(
    other: RunFolder, digests: DataDigests, prepared: PreparedData, *, in_folds: bool = False
) -> None:
    """Raises `RunError` if validation or test rows were in the training set of another run of the same files.

    `in_folds` is whether each training row validates once.
    """
    before = other.lock()["digests"]
    files, others = (set(digest["files"].values()) for digest in (digests, before))
    if (before["split"] == digests["split"] and not in_folds) or not files or files != others:
        return
    trained = other.split_rows().get("train")
    for name in ("test", "validation"):
        rows = prepared.rows.get("train" if in_folds and name == "validation" else name)
        if rows is None or not len(rows):
            continue
        share = 1.0 if trained is None else float(np.isin(rows, trained).mean())
        if share > 0:
            trained_on = f"{share:.1%} of the {name} rows were in the training set of {other.path}"
            if in_folds:
                raise RunError(f"{trained_on}, and each validates in a fold; allow it with --allow-other-split")
            raise RunError(
                f"{trained_on}, which has another split; "
                f"use the same split ({_split_of(other)}), or allow it with --allow-other-split"
            )


def _split_of(other: RunFolder) -> str:
    """What to write into the split of a spec to get that of another run."""
    split = other.spec().get("data", {}).get("split")
    if split is None:
        return "it trained on all rows"
    if split["by"] in ("random", "group", "k-fold", "group-k-fold"):
        return f"seed = {split.get('seed', other.lock()['seed'])}"
    return "that of its spec"
