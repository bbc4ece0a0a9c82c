"""Which files `predict` may replace: earlier predictions with the same columns, never what it reads."""

from __future__ import annotations

import csv
import glob
import json
import os
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from seqspec.training.errors import RunError

if TYPE_CHECKING:
    from seqspec.training.prediction.predict import Predictions

_MAX_LINE = 2**20
_MAX_COMPARED = 10_000


def require_other_file(sources: Sequence[str], path: Path) -> None:
    """Raises `RunError` for a file that is one of the sources of predictions."""
    if not path.exists():
        return
    for source in sources:
        expanded = os.path.expanduser(source)
        files = [expanded] if os.path.exists(expanded) else islice(glob.iglob(expanded, recursive=True), _MAX_COMPARED)
        for file in files:
            if os.path.samefile(file, path):
                raise RunError(f"{path} is a file to predict for: predictions would replace it; choose another file")


def in_place_of(path: Path, parts: Iterator[Predictions]) -> Iterator[Predictions]:
    """The parts of predictions; raises `RunError` for an existing file that has other columns than the first one."""
    for number, part in enumerate(parts):
        if number == 0 and path.is_file() and path.stat().st_size and not _may_be_earlier(path, part):
            raise RunError(
                f"{path} already exists, and has other columns than these predictions; choose another file with -o, "
                "or use --force to overwrite it"
            )
        yield part


def _may_be_earlier(path: Path, predictions: Predictions) -> bool:
    try:
        return _same_columns(path, predictions)
    except (OSError, EOFError, ValueError, csv.Error):
        return False


def _same_columns(path: Path, predictions: Predictions) -> bool:
    """Whether a file has the columns of predictions, with or without that of errors."""
    from seqspec.training.prediction.predict import ERROR, as_cell

    names = list(predictions.columns())
    match path.suffix.lower():
        case ".npy":
            stored = np.load(path, mmap_mode="r", allow_pickle=False)
            outputs = predictions.outputs
            return bool(stored.dtype == outputs.dtype) and stored.shape[1:] == outputs.shape[1:]
        case ".parquet":
            from pyarrow import parquet

            own_names = list(parquet.read_schema(path).names)
        case ".jsonl":
            with open(path, encoding="utf-8") as file:
                record = json.loads(file.readline(_MAX_LINE))
            own_names = list(record) if isinstance(record, dict) else []
        case _:
            with open(path, newline="", encoding="utf-8") as file:
                own_names = next(csv.reader([file.readline(_MAX_LINE)]), [])
            names = [str(as_cell(name)) for name in names]
    return [name for name in own_names if name != ERROR] == [name for name in names if name != ERROR]
