"""The format of a file by the ending of its name."""

from __future__ import annotations

import os

_FORMATS = {".toml": "toml", ".json": "json", ".py": "python", ".ipynb": "notebook"}
PROGRAMS = ("python", "notebook")
"""The formats of files that hold models as code; see `importers.python`."""
PROGRAM_ENDINGS = tuple(ending for ending, format in _FORMATS.items() if format in PROGRAMS)


def format_of(file: str) -> str | None:
    """The format, "toml", "json", "python" or "notebook"; None for another ending."""
    return _FORMATS.get(os.path.splitext(file)[1].lower())


def is_program_name(file: str) -> bool:
    """Whether a file name is that of a Python program or a notebook."""
    return format_of(file) in PROGRAMS
