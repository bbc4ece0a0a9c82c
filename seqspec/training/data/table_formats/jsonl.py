"""JSON Lines: an object per line."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from seqspec.training.data.shards import Block
from seqspec.training.data.stored import Budget
from seqspec.training.data.table_formats.base import TableFormat, blocks_of_rows, open_text


class JsonLines(TableFormat):
    """An object per line; the columns are the keys of all objects."""

    def names(self, file: Path) -> list[str]:
        return list(dict.fromkeys(name for record in _records(file) for name in record))

    def blocks(self, file: Path, names: Sequence[str], budget: Budget | None = None) -> Iterator[Block]:
        return blocks_of_rows(([record.get(name) for name in names] for record in _records(file)), names)


def _records(file: Path) -> Iterator[dict[str, object]]:
    with open_text(file) as stream:
        for number, line in enumerate(stream, 1):
            if not line.strip():
                continue
            try:
                record = json.loads(line)
            except (ValueError, RecursionError):
                raise ValueError(f"line {number} is not valid JSON")
            if not isinstance(record, dict):
                raise ValueError(f"line {number} is not an object")
            yield record
