"""The samples of a source, in memory or on disk, and their reader by the type of the source."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pkgutil import resolve_name
from typing import TYPE_CHECKING

from seqspec.core.api.data import Data, SeriesSource, SourceTable
from seqspec.core.api.diagnostics import Path, Violation
from seqspec.core.api.messages import Setting, fmt
from seqspec.training.data.read_context import ReadContext
from seqspec.training.data.shards import Shards
from seqspec.training.data.stored import Array as Array
from seqspec.training.data.stored import Values, choose

if TYPE_CHECKING:
    from seqspec.training.data.encoding.raw import RawColumns
    from seqspec.training.data.tables.point_thousands import PointThousands
    from seqspec.training.data.time_axis.index import StepRows


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


def shape_text(shape: Sequence[int | None]) -> str:
    """A shape in messages, with "?" for an unknown size: (28, ?, 1)."""
    inside = ", ".join("?" if size is None else str(size) for size in shape)
    return f"({inside},)" if len(shape) == 1 else f"({inside})"


def read(source: object, context: ReadContext) -> Samples:
    """The samples of a source; raises `DataError`."""
    shards: Shards[Samples] | None = context.shards
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
