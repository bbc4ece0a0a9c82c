"""Paths of keys and indices in a document."""

from __future__ import annotations

Path = tuple[str | int, ...]


def pointer(path: Path) -> str:
    """A path of keys and indices as a JSON Pointer."""
    return "".join("/" + str(key).replace("~", "~0").replace("/", "~1") for key in path)
