"""The samples of a source, in memory, on disk or sharded among machines, and their reader."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pkgutil import resolve_name
from typing import TYPE_CHECKING, NamedTuple, Protocol, Union

from seqspec.core.api.data import Data, Fill, Regression, SeriesSource, SourceTable, Target
from seqspec.core.api.diagnostics import Path, Violation
from seqspec.core.api.files import SMALL_BYTES
from seqspec.core.api.messages import Setting, fmt
from seqspec.training.data.access import ANYWHERE, Access
from seqspec.training.data.stored import Array as Array
from seqspec.training.data.stored import Budget, StoredArray, Values, choose
from seqspec.training.errors import DataError

if TYPE_CHECKING:
    import numpy.typing as npt
    import pyarrow as pa

    from seqspec.training.data.encoding.raw import Kinds, RawColumns
    from seqspec.training.data.tables.point_thousands import PointThousands
    from seqspec.training.data.time_axis.index import StepRows


Column = Union["list[object]", "pa.Array", "pa.ChunkedArray"]
"""A part of a column: a list of values, or an array of PyArrow."""

Block = Mapping[str, Column]
"""A block of rows of a table, by column."""

Part = Callable[[], Iterator[Block] | Iterator[Array]]
"""Reads a part of a source in blocks; the concatenated parts contain the rows of the source in order."""


class ShardedColumns(NamedTuple):
    """The columns of a table, sharded among machines.

    `numbers` are the groups of numbers, `blocks` the other columns, here. `rounded` counts integers that float32
    rounds, by key and column. `failed` says that a value is not a number, or that a part cannot be read.
    """

    numbers: Mapping[str, StoredArray]
    blocks: Sequence[Block]
    rounded: Mapping[tuple[str, str], int]
    failed: bool


class Shards(Protocol):
    """Shards sources among machines; each row is read on demand from the machine that holds it."""

    def wants(self, size: int) -> bool:
        """Whether data of this size in bytes is sharded."""

    def columns(
        self, parts: Sequence[Part], size: int, numbers: Mapping[str, Sequence[str]], others: Sequence[str]
    ) -> ShardedColumns:
        """Shards the rows of a table; `others` are columns that are not sharded."""

    def rows(
        self, parts: Sequence[Part], size: int, shape: tuple[int, ...], dtype: npt.DTypeLike
    ) -> StoredArray | None:
        """Shards arrays of rows; None if a part cannot be read."""

    def known(self, path: Path) -> Samples | None:
        """The samples of the source at a path of the spec if they are already sharded, otherwise None."""

    def keep(self, path: Path, samples: Samples) -> None:
        """Stores the samples of a source if they are sharded."""


def row_ranges(count: int, row_bytes: int) -> list[tuple[int, int]]:
    """Consecutive ranges of rows of about 32 MiB each."""
    step = max(1, 2**25 // max(1, row_bytes))
    return [(start, min(count, start + step)) for start in range(0, count, step)]


@dataclass(frozen=True)
class Samples:
    """The samples that a source contains.

    `x`, `y`, `weight` and the arrays of `columns` have one entry per sample. `x` and `y` may be on disk. Labels are as
    they are stored: numbers, or objects (strings) to encode. `columns` are those that a split needs. `features` names
    the last axis of `x`. `files` are the files that were read. `steps` are the steps of a series that samples are,
    before they are cut into windows, `origins` the steps after which the forecasts of windows begin. `warnings` are
    findings of the reader that do not keep the data from being used. `ids` are the identifiers of the rows in
    `id_column`, as text. With `raw`, `x` are raw rows of the columns of `[data.columns]`, which are encoded after the
    split. `thousands` are the numbers of a file for a trained model that may be thousands.
    """

    x: Values
    y: Values | None = None
    weight: Array | None = None
    columns: Mapping[str, Array] = field(default_factory=dict)
    features: Sequence[str] = ()
    labels: Sequence[str] = ()
    files: Sequence[str] = ()
    where: Callable[[int], str] = "sample {}".format
    warnings: Sequence[Violation] = ()
    steps: StepRows | None = None
    origins: StepRows | None = None
    ids: Values | None = None
    id_column: str | None = None
    raw: RawColumns | None = None
    thousands: Mapping[str, PointThousands] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.x)

    @property
    def series_steps(self) -> StepRows:
        """The time steps of samples of a series."""
        assert self.steps is not None
        return self.steps

    def take(self, rows: Array) -> Samples:
        """The samples of these rows, in this order."""
        where = self.where
        return replace(
            self,
            x=choose(self.x, rows),
            y=None if self.y is None else choose(self.y, rows),
            weight=None if self.weight is None else self.weight[rows],
            columns={name: values[rows] for name, values in self.columns.items()},
            where=lambda row: where(int(rows[row])),
            steps=None if self.steps is None else self.steps.take(rows),
            origins=None if self.origins is None else self.origins.take(rows),
            ids=None if self.ids is None else choose(self.ids, rows),
        )


@dataclass(frozen=True)
class ReadSets:
    """The samples of each set as they were read, without those that are dropped for missing values.

    `rows`, `dropped` and `warnings` are those of `PreparedData`; `series` is the source of time steps that are still to
    be cut into windows; `paths` are the places of sources of their own.
    """

    samples: Mapping[str, Samples]
    rows: Mapping[str, Array] = field(default_factory=dict)
    series: SeriesSource | None = None
    dropped: int = 0
    warnings: Sequence[Violation] = ()
    paths: Mapping[str, Path] = field(default_factory=dict)

    @property
    def train(self) -> Samples:
        """The training set."""
        return self.samples["train"]


@dataclass(frozen=True)
class ReadContext:
    """The context in which a source is read.

    Args:
        base: Folder that relative paths start from.
        path: Path of the source table in the expanded spec, for errors.
        columns: Columns to read for the split, and where it names each.
        string_input: Whether the model's input is text.
        input_shape: Shape of one input sample, None for unknown sizes; None where the model states no input.
        allowed: Python modules that may be imported.
        access: Which files may be read, and how large their data may be.
        budget: How much may be held in memory; everything by default.
        shards: Divides the inputs among machines; None where each machine has all of them.
        kinds: The columns of `[data.columns]`, which are encoded as the input.
        trained: Whether the samples are read for a model that has been trained.
        target: The table `[target]`.
        missing: What is done about missing inputs: "error", "drop", or the values that replace them.
    """

    base: str
    path: Path
    columns: Mapping[str, Path] = field(default_factory=dict)
    string_input: bool = False
    input_shape: Sequence[int | None] | None = None
    allowed: Sequence[str] = ()
    budget: Budget = field(default_factory=lambda: Budget(None))
    shards: Shards | None = None
    access: Access = ANYWHERE
    kinds: Kinds | None = None
    trained: bool = False
    target: Target | None = None
    missing: str | Fill = "error"

    @property
    def label_unit(self) -> str | None:
        """What may be written beside labels that are numbers."""
        return self.target.unit if isinstance(self.target, Regression) else None

    def streams(self, size: int) -> bool:
        """Whether data of this size in bytes stays on disk."""
        return self.budget.exceeded(size)

    def is_sharded(self, size: int) -> bool:
        """Whether data of this size in bytes is sharded among machines."""
        return self.shards is not None and self.shards.wants(size)

    def require_size(self, name: str, size: int, stored: int) -> None:
        """Raises `DataError` for a file whose data is far larger in memory than on disk.

        Args:
            name: The file in messages.
            size: Bytes of the data, or of its beginning.
            stored: Bytes of the file.
        """
        expansion = self.access.limits.expansion
        limit = max(SMALL_BYTES, expansion * stored)
        if size > limit:
            message = f"{name} has {stored:,} bytes, its data more than {limit:,}"
            help = f"if that is intended, raise limits.expansion in seqspec.toml, which is {expansion}"
            raise self.error("data-unreadable", message, "path", help=help)

    def violation(
        self,
        rule: str,
        message: str,
        key: str | None = None,
        *,
        help: str | None = None,
        label: str | None = None,
        severity: str | None = None,
    ) -> Violation:
        """A violation at a key of the source, or at the source itself."""
        path = self.path if key is None else (*self.path, key)
        return Violation(rule, message, path=path, help=help, label=label, severity=severity)

    def error(self, rule: str, message: str, key: str | None = None, *, help: str | None = None) -> DataError:
        """The error with one violation."""
        return DataError([self.violation(rule, message, key, help=help)])


def shape_text(shape: Sequence[int | None]) -> str:
    """A shape in messages, with "?" for an unknown size: (28, ?, 1)."""
    inside = ", ".join("?" if size is None else str(size) for size in shape)
    return f"({inside},)" if len(shape) == 1 else f"({inside})"


def read(source: object, context: ReadContext) -> Samples:
    """The samples of a source; raises `DataError`."""
    shards = context.shards
    if shards is None:
        return _read(source, context)
    samples = shards.known(context.path)
    if samples is None:
        samples = _read(source, context)
        shards.keep(context.path, samples)
    return samples


def _read(source: object, context: ReadContext) -> Samples:
    assert isinstance(source, SourceTable)
    read_source = resolve_name(f"seqspec.training.data.{source.reader}")
    try:
        samples: Samples = read_source(source, context)
    except MemoryError:
        help = fmt("set {}", Setting(Data.key_of(lambda data: data.memory), "stream"))
        raise context.error("data-unreadable", "the samples do not fit in memory", help=help)
    return samples
