"""Data sharded among the machines of a cluster: Ray Data reads and distributes it, actors store it.

Each actor holds some blocks of rows, in memory or in an unnamed file of its machine. A batch is fetched from the actors
that have its rows, so that it contains the same rows as on one machine, for any number of workers and actors.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import ray
from ray.actor import ActorHandle
from ray.data.block import BlockMetadata
from ray.data.datasource import Datasource, ReadTask
from ray.exceptions import RayActorError, RayError

from seqspec.core.api.diagnostics import Path
from seqspec.training.data.budget import budget_of
from seqspec.training.data.number_columns import NumberBlocks
from seqspec.training.data.samples import Samples
from seqspec.training.data.shards import Block, Column, Part, ShardedColumns
from seqspec.training.data.stored import Array, Budget, Collector, RowIndex, StoredArray, Values
from seqspec.training.errors import TrainingError

_PART, _ROW, _JSON, _VALUES = "seqspec part", "seqspec row", "seqspec json", "seqspec values"
"""Columns of the blocks of Ray Data: where a row comes from, how its values are written, rows of arrays."""
_SMALLEST_BLOCK, _LARGEST_BLOCK = 2**12, 2**25
_BLOCKS_PER_SHARD = 8


class _Piece(NamedTuple):
    """Consecutive rows of a part that an actor holds; `others` are their values in the columns that are not sharded."""

    part: int
    first: int
    rows: int
    others: Block


class RayShards:
    """Implements `Shards` in the process of the command.

    Args:
        count: Actors that hold the data.
        memory: `memory` in `[data]`: "shard" shards everything, "auto" only what does not fit on one machine.
    """

    def __init__(self, count: int, memory: str) -> None:
        self.samples: dict[Path, Samples] = {}
        self._count = count
        self._memory = memory
        self._actors: list[ActorHandle] = []
        self._used = False
        self._names = 0

    def wants(self, size: int) -> bool:
        """Whether data of this size in bytes is sharded."""
        return self._memory == "shard" or (self._memory == "auto" and budget_of("auto").exceeded(size))

    def known(self, path: Path) -> Samples | None:
        """The samples of the source at a path of the spec, if they are already sharded."""
        return self.samples.get(path)

    def keep(self, path: Path, samples: Samples) -> None:
        """Remembers the samples of a source if they are sharded."""
        if self._used:
            # The reader's row names are only needed while the data is checked.
            self.samples[path] = replace(samples, where="sample {}".format)
        self._used = False

    def columns(
        self, parts: Sequence[Part], size: int, numbers: Mapping[str, Sequence[str]], others: Sequence[str]
    ) -> ShardedColumns:
        """Shards the rows of a table; `others` are columns that are not sharded."""
        name = self._name()
        loaded = self._load(parts, size, "take_columns", name, numbers, list(others))
        if loaded is None or any(bad for _, bad, _ in loaded):
            return ShardedColumns({}, [], {}, True)
        pieces, blocks = _ordered([pieces for pieces, _, _ in loaded])
        rounded: dict[tuple[str, str], int] = {}
        for _, _, counts in loaded:
            for key, count in counts.items():
                rounded[key] = rounded.get(key, 0) + count
        arrays = {
            key: _stored(pieces, self._actors, f"{name} {key}", (len(names),), np.dtype(np.float32))
            for key, names in numbers.items()
        }
        return ShardedColumns(arrays, blocks, rounded, False)

    def rows(
        self, parts: Sequence[Part], size: int, shape: tuple[int, ...], dtype: npt.DTypeLike
    ) -> StoredArray | None:
        """Shards arrays of rows; None if a part cannot be read."""
        name = self._name()
        loaded = self._load(parts, size, "take_rows", name, shape, np.dtype(dtype))
        if loaded is None:
            return None
        pieces, _ = _ordered(loaded)
        return _stored(pieces, self._actors, name, shape, np.dtype(dtype))

    def _name(self) -> str:
        self._used = True
        self._names += 1
        return f"source {self._names}"

    def _load(self, parts: Sequence[Part], size: int, method: str, *arguments: object) -> list[Any] | None:
        """Lets each actor load its share of the parts; the result of each actor, or None if a part cannot be read."""
        if not self._actors:
            actor = ray.remote(num_cpus=0, scheduling_strategy="SPREAD")(_Shard)
            self._actors = [actor.remote() for _ in range(self._count)]
        nodes = ray.get([actor.node.remote() for actor in self._actors])
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        block = np.clip(size // (_BLOCKS_PER_SHARD * self._count), _SMALLEST_BLOCK, _LARGEST_BLOCK)
        context.target_max_block_size = int(block)
        dataset = ray.data.read_datasource(_Parts(parts), override_num_blocks=len(parts))
        splits = dataset.streaming_split(self._count, equal=False, locality_hints=nodes)
        try:
            loaded: list[Any] = ray.get(
                [
                    getattr(actor, method).remote(split, nodes.count(node), *arguments)
                    for actor, split, node in zip(self._actors, splits, nodes)
                ]
            )
        except RayError:
            return None
        return loaded


class KnownShards:
    """Implements `Shards` in a worker, for the sources that the command has sharded."""

    def __init__(self, samples: Mapping[Path, Samples]) -> None:
        self._samples = samples

    def wants(self, size: int) -> bool:
        """Always false: data that the command has not sharded is small."""
        return False

    def known(self, path: Path) -> Samples | None:
        """The samples of the source at a path of the spec if they are sharded."""
        return self._samples.get(path)

    def keep(self, path: Path, samples: Samples) -> None:
        """Does nothing."""

    def columns(
        self, parts: Sequence[Part], size: int, numbers: Mapping[str, Sequence[str]], others: Sequence[str]
    ) -> ShardedColumns:
        """Not supported: only the command shards data."""
        raise NotImplementedError

    def rows(
        self, parts: Sequence[Part], size: int, shape: tuple[int, ...], dtype: npt.DTypeLike
    ) -> StoredArray | None:
        """Not supported: only the command shards data."""
        raise NotImplementedError


class _Parts(Datasource):  # type: ignore[misc]  # Ray is untyped here
    """Parts of a source, each read by one task; their rows are numbered."""

    def __init__(self, parts: Sequence[Part]) -> None:
        super().__init__()
        self._parts = parts

    def estimate_inmemory_data_size(self) -> int | None:
        return None

    def get_read_tasks(self, parallelism: int, *_: object, **__: object) -> list[ReadTask]:
        unknown = BlockMetadata(num_rows=None, size_bytes=None, input_files=None, exec_stats=None)
        return [ReadTask(partial(_numbered, number, part), unknown) for number, part in enumerate(self._parts)]


def _numbered(number: int, part: Part) -> Iterator[pa.Table]:
    done = 0
    for block in part():
        columns = _arrow_rows(block) if isinstance(block, np.ndarray) else _arrow_columns(block)
        count = len(next(iter(columns.values())))
        columns[_PART] = pa.array(np.full(count, number, np.int32))
        columns[_ROW] = pa.array(np.arange(done, done + count, dtype=np.int64))
        done += count
        if count:
            yield pa.table(columns)


def _arrow_rows(block: Array) -> dict[str, pa.Array]:
    block = np.ascontiguousarray(block)
    width = block.nbytes // max(1, len(block))
    return {_VALUES: pa.FixedSizeBinaryArray.from_buffers(pa.binary(width), len(block), [None, pa.py_buffer(block)])}


def _arrow_columns(block: Block) -> dict[str, pa.Array | pa.ChunkedArray]:
    lists = any(isinstance(values, list) for values in block.values())
    # Values of mixed types, which an Arrow column cannot hold, are encoded as JSON.
    columns = {
        name: pa.array([json.dumps(value) for value in values], pa.string()) if lists else values
        for name, values in block.items()
    }
    count = len(next(iter(block.values())))
    return {**columns, _JSON: pa.array(np.full(count, lists))}


def _runs(table: pa.Table) -> Iterator[tuple[int, int, bool, pa.Table]]:
    """Runs of consecutive rows of a block: part, first row, whether values are JSON, and the rows."""
    table = table.combine_chunks()
    parts, rows = (table.column(name).to_numpy() for name in (_PART, _ROW))
    formats = table.column(_JSON).to_numpy() if _JSON in table.column_names else np.zeros(len(parts), bool)
    new = (np.diff(parts) != 0) | (np.diff(rows) != 1) | (np.diff(formats.astype(np.int8)) != 0)
    edges = [0, *(np.flatnonzero(new) + 1).tolist(), len(parts)]
    for start, stop in pairwise(edges):
        if stop > start:
            yield int(parts[start]), int(rows[start]), bool(formats[start]), table.slice(start, stop - start)


def _decoded(table: pa.Table, name: str, lists: bool) -> Column:
    values = table.column(name)
    return [json.loads(text) for text in values.to_pylist()] if lists else values


class _Shard:
    """Holds some of the rows of each source."""

    def __init__(self) -> None:
        self._held: dict[str, Values] = {}

    def node(self) -> str:
        """The machine that the actor is on."""
        return str(ray.get_runtime_context().get_node_id())

    def take_columns(
        self,
        blocks: ray.data.DataIterator,
        neighbours: int,
        name: str,
        numbers: Mapping[str, Sequence[str]],
        others: Sequence[str],
    ) -> tuple[list[_Piece], bool, Mapping[tuple[str, str], int]]:
        """Keeps groups of numbers; returns the pieces, whether any value is not a number, and `rounded`."""
        budget = _share(neighbours)
        collectors = {key: Collector(budget, (len(names),), np.float32) for key, names in numbers.items()}
        wanted = dict.fromkeys([*(column for names in numbers.values() for column in names), *others])
        numeric = NumberBlocks(numbers)
        pieces = []
        for table in _tables(blocks):
            for part, first, lists, rows in _runs(table):
                block = {column: _decoded(rows, column, lists) for column in wanted}
                converted = numeric.convert(block, rows.num_rows, first)
                for key, matrix in converted.items():
                    collectors[key].append(matrix)
                pieces.append(_Piece(part, first, rows.num_rows, {column: block[column] for column in others}))
        if pieces:
            self._held |= {f"{name} {key}": collector.finish() for key, collector in collectors.items()}
        return pieces, bool(numeric.bad), numeric.rounded

    def take_rows(
        self, blocks: ray.data.DataIterator, neighbours: int, name: str, shape: tuple[int, ...], dtype: npt.DTypeLike
    ) -> list[_Piece]:
        """Keeps rows of an array; returns the pieces."""
        collector = Collector(_share(neighbours), shape, dtype)
        pieces = []
        for table in _tables(blocks):
            for part, first, _, rows in _runs(table):
                column = rows.column(_VALUES).combine_chunks()
                column = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
                width = column.type.byte_width
                raw = np.frombuffer(column.buffers()[1], np.uint8)
                raw = raw[column.offset * width : (column.offset + len(column)) * width]
                collector.append(raw.view(dtype).reshape(len(column), *shape))
                pieces.append(_Piece(part, first, len(column), {}))
        if pieces:
            self._held[name] = collector.finish()
        return pieces

    def read(self, name: str, rows: Array) -> Array:
        """Some of the rows that this actor holds."""
        return np.asarray(self._held[name][rows])

    def held(self) -> dict[str, int]:
        """The number of rows that this actor holds, by array."""
        return {name: len(values) for name, values in self._held.items()}


def _tables(blocks: ray.data.DataIterator) -> Iterable[pa.Table]:
    tables: Iterable[pa.Table] = blocks.iter_batches(batch_size=None, batch_format="pyarrow")
    return tables


def _share(neighbours: int) -> Budget:
    """The memory budget of one of several actors on a machine."""
    limit = budget_of("auto").limit
    return Budget(None if limit is None else limit // neighbours)


def _ordered(pieces_by_actor: Sequence[Sequence[_Piece]]) -> tuple[list[tuple[int, int, int]], list[Block]]:
    """The pieces of all actors in the order of the source: (actor, first row there, rows), and their other columns."""
    placed = []
    for actor, pieces in enumerate(pieces_by_actor):
        at = 0
        for piece in pieces:
            placed.append((piece.part, piece.first, actor, at, piece.rows, piece.others))
            at += piece.rows
    placed.sort(key=lambda placed_piece: placed_piece[:2])
    return [placed_piece[2:5] for placed_piece in placed], [placed_piece[5] for placed_piece in placed]


def _stored(
    pieces: Sequence[tuple[int, int, int]],
    actors: Sequence[ActorHandle],
    name: str,
    shape: tuple[int, ...],
    dtype: npt.DTypeLike,
) -> StoredArray:
    homes, firsts, counts = (np.array(positions, np.int64) for positions in (zip(*pieces) if pieces else ((), (), ())))
    ends = np.cumsum(counts)
    gather = partial(_gather, list(actors), name, homes, firsts, ends - counts, shape, dtype)
    return StoredArray(gather, int(counts.sum()), shape, dtype)


def _gather(
    actors: Sequence[ActorHandle],
    name: str,
    homes: Array,
    firsts: Array,
    starts: Array,
    shape: tuple[int, ...],
    dtype: npt.DTypeLike,
    wanted: RowIndex,
) -> Array:
    """Rows from the actors that hold them."""
    rows = np.arange(*wanted.indices(wanted.stop)) if isinstance(wanted, slice) else np.asarray(wanted, np.int64)
    piece = np.searchsorted(starts, rows, "right") - 1
    home, own = homes[piece], firsts[piece] + rows - starts[piece]
    places = [(actor, np.flatnonzero(home == actor)) for actor in np.unique(home).tolist()]
    array = np.empty((len(rows), *shape), dtype)
    try:
        parts = ray.get([actors[actor].read.remote(name, own[at]) for actor, at in places])
    except RayActorError:
        raise TrainingError("a process that holds a part of the data was lost; the run can be resumed")
    for (_, at), part in zip(places, parts):
        array[at] = part
    return array
