"""What the public modules of classes share, such as `seqspec.losses`: classes are imported on first access."""

from collections.abc import Callable, Iterable
from typing import Any

from seqspec.diagnostics.suggest import suggest


def attribute(module: str, names: Iterable[str], find: Callable[[str], Any], name: str) -> Any:
    """The class of a name, or the `AttributeError` of a module that does not have it."""
    found = find(name)
    if found is None:
        label = None if name.startswith("_") else suggest(name, names).label
        raise AttributeError(f"module {module!r} has no attribute {name!r}" + (f"; {label}" if label else ""))
    return found
