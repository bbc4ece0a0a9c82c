"""Lazy imports for public modules of classes, such as `seqspec.losses`."""

from collections.abc import Callable

from seqspec.core.diagnostics.suggest import suggest


def on_demand(
    module: str, names: list[str], find: Callable[[str], object]
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """The functions `__getattr__` and `__dir__` of a module whose classes `find` imports."""

    def attribute(name: str) -> object:
        value = find(name)
        if value is None:
            label = None if name.startswith("_") else suggest(name, names).label
            raise AttributeError(f"module {module!r} has no attribute {name!r}" + (f"; {label}" if label else ""))
        return value

    return attribute, lambda: names
