"""What `seqspec predict` predicts for: files, standard input, and among their rows those that cannot be read."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Literal

from seqspec.core.api.data import (
    DEFAULT_DIALECT,
    TABLE_FORMATS,
    AudioSource,
    ImagesSource,
    TableSource,
    TextSource,
    table_format_of,
)
from seqspec.training.data.folders import IMAGES
from seqspec.training.data.tables.formats.base import open_text
from seqspec.training.errors import DataError, RunError, unwritten
from seqspec.training.prediction.inputs import PredictionInputs, prediction_inputs, source_of_run
from seqspec.training.run_folder.folder import RunFolder

STANDARD_INPUT = "-"
OnErrors = Literal["raise", "mark"]
Item = str | Sequence[str]
"""A file, a line of JSON, or the fields of a row."""

_BLOCK, _BLOCK_FILES = 1024, 64
"""Rows, and files, that are tried at once where some cannot be read."""
_MAX_MARKED = 1000
"""Rows that cannot be read and are marked; a file with more of them is refused."""
_CHUNK_BYTES = 2**20
_PLACE = re.compile(
    r"^[^:]*: line \d+ has (?=\d+ fields)|: [^:]* row 1( \([^)]*\))?$| \(row 1\)| in 1 of 1 row|1 of 1 values are "
)
"""What a message says of the place of a value in a file of one row."""


@dataclass(frozen=True)
class MarkedInputs:
    """Samples, and why some of them cannot be read: their row → the reason; they have the values of another sample.

    `source` is the name of the file, of several.
    """

    inputs: PredictionInputs
    errors: Mapping[int, str]
    source: str | None = None


def read_sources(
    folder: RunFolder,
    sources: Sequence[str],
    *,
    origins: str = "last",
    errors: OnErrors = "raise",
    stdin: BinaryIO | None = None,
) -> list[MarkedInputs]:
    """The samples of files that the model of a run predicts for.

    Args:
        folder: The run folder.
        sources: Files, folders or patterns; `-` is CSV or JSON Lines on standard input.
        origins: Of series, whether the future is forecast ("last") or all windows are predicted ("all").
        errors: Whether a row, or a file of a folder, that cannot be read is an error or marked.
        stdin: Standard input.

    Raises:
        DataError: A source cannot be read, or no sample of it.
        RunError: Standard input is empty, or is not a table.
    """
    suffixes = _suffixes(source_of_run(folder))
    marked: list[MarkedInputs] = []
    # Beside the run, on a disk with space for results.
    with tempfile.TemporaryDirectory(prefix=".predict-", dir=_scratch(folder)) as scratch:
        files = [source for source in sources if suffixes and source != STANDARD_INPUT and Path(source).is_file()]
        if files:
            _require_suffixes(files, suffixes)
            marked.append(_SourceReader(folder, origins, errors, scratch).read_files(files))
        for number, source in enumerate(sources):
            if source in files:
                continue
            inside = os.path.join(scratch, str(number))
            os.mkdir(inside)
            name = os.path.basename(source) if len(sources) > 1 else None
            if source == STANDARD_INPUT:
                if suffixes:
                    raise RunError("the model reads files: name them instead of standard input")
                source = _spooled(stdin, inside)
            marked.append(replace(_SourceReader(folder, origins, errors, inside).read(source), source=name))
    return marked


def _suffixes(kind: object) -> Sequence[str]:
    """The suffixes of files with one sample each; none for sources that are tables or arrays."""
    if isinstance(kind, ImagesSource):
        return IMAGES
    if isinstance(kind, AudioSource):
        return (".wav",)
    return (".txt",) if isinstance(kind, TextSource) and kind.column is None else ()


def _require_suffixes(files: Sequence[str], suffixes: Sequence[str]) -> None:
    for file in files:
        if not file.lower().endswith(tuple(suffixes)):
            raise RunError(f"{file}: the model reads files of the types {', '.join(suffixes)}")


def _scratch(folder: RunFolder) -> str | None:
    return str(folder.path) if os.access(folder.path, os.W_OK) else None


def _spooled(stream: BinaryIO | None, folder: str) -> str:
    """Standard input as a file, since tables are read twice: JSON Lines if it begins with a brace, else CSV."""
    if stream is None:
        raise RunError("there is no standard input")
    start = stream.read(_CHUNK_BYTES)
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text:
        raise RunError("standard input is empty")
    path = os.path.join(folder, "stdin.jsonl" if text.startswith(b"{") else "stdin.csv")
    try:
        with open(path, "wb") as file:
            file.write(start)
            shutil.copyfileobj(stream, file, _CHUNK_BYTES)
    except OSError as error:
        raise unwritten(path, error)
    return path


class _SourceReader:
    """Reads one source; files that it writes are in `scratch`."""

    def __init__(self, folder: RunFolder, origins: str, errors: OnErrors, scratch: str) -> None:
        self._folder, self._origins, self._errors, self._scratch = folder, origins, errors, scratch

    def read(self, source: str) -> MarkedInputs:
        """The samples of a file, a folder or a pattern."""
        try:
            inputs = self._inputs(source)
            return MarkedInputs(inputs, inputs.errors)
        except DataError as error:
            items = _items_of(source, source_of_run(self._folder)) if self._errors == "mark" else None
            if items is None or any(violation.rule == "data-column" for violation in error.violations):
                raise
            try:
                return self._marked(items, error)
            except (UnicodeDecodeError, csv.Error):
                # The text cannot be divided into rows.
                raise error

    def read_files(self, files: Sequence[str]) -> MarkedInputs:
        """The samples of single files, such as images."""
        items = _Files(files)
        try:
            return self._named(items, self._inputs(items.write(files, self._new_folder())))
        except DataError as error:
            if self._errors != "mark":
                raise
            return self._named(items, self._marked(items, error))

    def _inputs(self, source: str, where: Callable[[int], str] | None = None) -> PredictionInputs:
        marked = self._errors == "mark"
        return prediction_inputs(self._folder, source, origins=self._origins, marked=marked, where=where)

    def _named(self, items: _Files, inputs: PredictionInputs | MarkedInputs) -> MarkedInputs:
        marked = inputs if isinstance(inputs, MarkedInputs) else MarkedInputs(inputs, {})
        return MarkedInputs(marked.inputs._replace(where=items.name), marked.errors)

    def _new_folder(self) -> str:
        return tempfile.mkdtemp(dir=self._scratch)

    def _marked(self, items: _Items, whole: DataError) -> MarkedInputs:
        """All samples; those that cannot be read are replaced by one that can, and named with the reason.

        Raises `whole`, the error for all samples, if none can be read, or too many cannot.
        """
        marked: dict[int, str] = {}
        first, start, unreadable = None, 0, 0
        for block in items.blocks():
            for row, reason, read in self._bad(items, block, start):
                marked[row] = reason
                unreadable += not read
                if unreadable > _MAX_MARKED:
                    raise whole
            good = next((index for index in range(len(block)) if start + index not in marked), None)
            first = block[good] if first is None and good is not None else first
            start += len(block)
        if first is None:
            raise whole
        other, name = first, getattr(source_of_run(self._folder), "id", None)
        replaced = (items.replaced(item, other, name) if row in marked else item for row, item in items.numbered())
        inputs = self._inputs(items.write(replaced, self._new_folder()))
        if len(inputs.x) != start:
            raise whole
        return MarkedInputs(inputs._replace(notes=self._notes(items, inputs, marked)), marked)

    def _notes(self, items: _Items, inputs: PredictionInputs, marked: Mapping[int, str]) -> Sequence[str]:
        """The notes about rows that can be read: the one that replaces others counts once."""
        if not inputs.notes:
            return ()
        rows = [row for row in range(len(inputs.x)) if row not in marked]
        readable = (item for row, item in items.numbered() if row not in marked)
        source = items.write(readable, self._new_folder())
        return self._inputs(source, lambda row: inputs.where(rows[row])).notes

    def _bad(self, items: _Items, block: Sequence[Item], start: int) -> Iterator[tuple[int, str, bool]]:
        """The rows of a block without a prediction, why, and whether they could be read.

        Halves the block until single rows are left.
        """
        target = self._new_folder()
        try:
            for row, reason in self._inputs(items.write(block, target)).errors.items():
                yield start + row, reason, True
        except DataError as error:
            if len(block) == 1:
                yield start, _reason(error), False
                return
            half = len(block) // 2
            yield from self._bad(items, block[:half], start)
            yield from self._bad(items, block[half:], start + half)
        finally:
            shutil.rmtree(target, ignore_errors=True)


def _reason(error: DataError) -> str:
    """Why a single row cannot be read, without its place in the file that was tried."""
    texts = [str(violation.message) for violation in error.violations]
    return "; ".join(_PLACE.sub("", text) for text in texts)


class _Items(ABC):
    """The samples of a source before they are read: rows of a table, or files."""

    @abstractmethod
    def blocks(self) -> Iterator[list[Item]]:
        """The samples in blocks, in their order."""

    def numbered(self) -> Iterator[tuple[int, Item]]:
        """The samples with their numbers."""
        return enumerate(item for block in self.blocks() for item in block)

    @abstractmethod
    def write(self, items: Iterable[Item], folder: str) -> str:
        """Writes samples to an empty folder; returns the source that has them."""

    def replaced(self, item: Item, other: Item, identifier: str | None) -> Item:
        """What is read instead of `item`: another sample, with the identifier of this one."""
        return other


class _Files(_Items):
    """Files of one sample each."""

    def __init__(self, files: Sequence[str]) -> None:
        self._files = list(files)

    def blocks(self) -> Iterator[list[Item]]:
        for start in range(0, len(self._files), _BLOCK_FILES):
            yield list(self._files[start : start + _BLOCK_FILES])

    def write(self, items: Iterable[Item], folder: str) -> str:
        for number, file in enumerate(items):
            # Sorted by name, files are in this order.
            link = os.path.join(folder, f"{number:09d}{os.path.splitext(str(file))[1]}")
            os.symlink(os.path.abspath(str(file)), link)
        return folder

    def name(self, row: int) -> str:
        """The name of a file in predictions."""
        return os.sep.join(Path(self._files[row]).parts[-2:])


class _Rows(_Items):
    """Rows of a CSV or JSON Lines file.

    Args:
        file: The file.
        separator: What separates the fields of a row; None for JSON Lines.
        encoding: That of the file; None for UTF-8.
    """

    def __init__(self, file: str, separator: str | None, encoding: str | None = None) -> None:
        self._file, self._separator, self._encoding = file, separator, encoding
        self._header: list[str] = []

    def blocks(self) -> Iterator[list[Item]]:
        with open_text(Path(self._file), newline="", encoding=self._encoding) as stream:
            rows: Iterator[Item] = (line for line in stream if line.strip())
            if self._separator:
                rows = filter(None, csv.reader(stream, delimiter=self._separator))
                self._header = list(next(rows, []))
            while block := list(islice(rows, _BLOCK)):
                yield block

    def write(self, items: Iterable[Item], folder: str) -> str:
        path = os.path.join(folder, self._name())
        with open(path, "w", newline="", encoding=self._encoding or "utf-8") as stream:
            if self._separator is None:
                stream.writelines(f"{str(line).rstrip()}\n" for line in items)
            else:
                writer = csv.writer(stream, delimiter=self._separator)
                writer.writerow(self._header)
                writer.writerows(item for item in items if not isinstance(item, str))
        return path

    def _name(self) -> str:
        """The name of the file in names of rows, uncompressed."""
        name = os.path.basename(self._file)
        stem, suffix = os.path.splitext(name)
        return stem if suffix.lower() in (".gz", ".bz2", ".xz", ".zst") else name

    def replaced(self, item: Item, other: Item, identifier: str | None) -> Item:
        if identifier is None:
            return other
        if isinstance(item, str) or isinstance(other, str):
            return _with_identifier(str(item), str(other), identifier)
        if identifier not in self._header:
            return other
        place = self._header.index(identifier)
        return [*other[:place], item[place] if place < len(item) else "", *other[place + 1 :]]


def _with_identifier(line: str, other: str, identifier: str) -> str:
    """The JSON object `other` with the identifier of another line."""
    try:
        own = json.loads(line)
    except ValueError:
        own = None
    value = own.get(identifier) if isinstance(own, dict) else None
    return json.dumps({**json.loads(other), identifier: value}, ensure_ascii=False)


def _items_of(source: str, kind: object) -> _Items | None:
    """The samples of a source, one by one; None for a source that cannot be divided."""
    path, suffixes = Path(source), tuple(_suffixes(kind))
    if suffixes and path.is_dir():
        files = sorted(str(file) for file in path.iterdir() if file.is_file() and file.name.lower().endswith(suffixes))
        return _Files(files) if files else None
    format = table_format_of(path.name) if path.is_file() else None
    declared = None if format is None else TABLE_FORMATS[format]
    if declared is None or not declared.is_text or not isinstance(kind, (TableSource, TextSource)):
        return None
    if declared.separator is None:
        return _Rows(source, None)
    dialect = kind.dialect if isinstance(kind, TableSource) else DEFAULT_DIALECT
    return _Rows(source, dialect.delimiter or declared.separator, dialect.encoding)
