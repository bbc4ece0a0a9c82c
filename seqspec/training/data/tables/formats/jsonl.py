"""JSON Lines: an object per line."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from seqspec.training.data.shards import Block
from seqspec.training.data.stored import Budget
from seqspec.training.data.tables.formats.base import TableFormat, blocks_of_rows, lines, open_text


class JsonLines(TableFormat):
    """An object per line; the columns are the keys of all objects."""

    def names(self, file: Path) -> list[str]:
        names: dict[str, None] = {}
        for record in self._records(file):
            names.update(dict.fromkeys(record))
            if len(names) > self.limits.columns:
                break
        return list(names)

    def blocks(self, file: Path, names: Sequence[str], budget: Budget | None = None) -> Iterator[Block]:
        return blocks_of_rows(([record.get(name) for name in names] for record in self._records(file)), names)

    def _records(self, file: Path) -> Iterator[dict[str, object]]:
        with open_text(file, expansion=self.limits.expansion) as stream:
            for number, line in enumerate(lines(stream), 1):
                if not line.strip():
                    continue
                try:
                    record = json.loads(line)
                except (ValueError, RecursionError):
                    raise ValueError(f"line {number} is not valid JSON")
                if not isinstance(record, dict):
                    raise ValueError(f"line {number} is not an object")
                yield record
