"""Tables of text."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence

from seqspec.core.api.messages import columns, visible


def padded(text: str, width: int, right: bool = False) -> str:
    """The text with spaces, on the left if it is aligned to the right."""
    space = " " * (width - columns(visible(text)))
    return space + visible(text) if right else visible(text) + space


def width_of(key: str, values: Sequence[str]) -> int:
    """The width of a column with its heading."""
    return max(columns(visible(text)) for text in (key, *values))


def fitting(table: Mapping[str, Sequence[str]], required: Collection[str]) -> tuple[list[str], list[str]]:
    """The columns that fit in the width of the terminal, the required ones in any case, and those that do not."""
    if not sys.stdout.isatty():
        return list(table), []
    needed = {key: width_of(key, values) + 2 for key, values in table.items()}
    left = shutil.get_terminal_size().columns - sum(needed[key] for key in required)
    hidden = []
    for key in table:
        if key not in required and needed[key] > left:
            hidden.append(key)
        elif key not in required:
            left -= needed[key]
    return [key for key in table if key not in hidden], hidden


def table_lines(table: Mapping[str, Sequence[str]], right: Collection[str]) -> Iterator[str]:
    """The heading and the rows of a table of columns; `right` are aligned to the right."""
    widths = {key: width_of(key, values) for key, values in table.items()}
    yield "  ".join(padded(key, widths[key], key in right) for key in table).rstrip()
    for cells in zip(*table.values()):
        yield "  ".join(padded(cell, widths[key], key in right) for key, cell in zip(table, cells)).rstrip()
