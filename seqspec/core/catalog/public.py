"""Lazy imports for public modules of classes, such as `seqspec.losses`."""

from collections.abc import Callable, Iterable

from seqspec.core.diagnostics.suggest import suggest


def attribute(module: str, names: Iterable[str], find: Callable[[str], object], name: str) -> object:
    """The class with a name; raises `AttributeError` for an unknown one."""
    value = find(name)
    if value is None:
        label = None if name.startswith("_") else suggest(name, names).label
        raise AttributeError(f"module {module!r} has no attribute {name!r}" + (f"; {label}" if label else ""))
    return value
