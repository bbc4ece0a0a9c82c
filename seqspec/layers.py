"""The layers and base models of the catalogue, for a spec in typed Python: `from seqspec.layers import Conv2D, Dense`.

A class is imported with its family on first access. Type checkers and editors read `layers.pyi` instead,
which `scripts/generate` writes from the catalogue.
"""

from typing import Any

from seqspec.catalog.index import LAYERS, layer_class, plugin_layers

__all__ = sorted(LAYERS)


def __getattr__(name: str) -> Any:
    found = layer_class(name) if name in LAYERS or name in plugin_layers() else None
    if found is None:
        from seqspec.diagnostics.suggest import suggest

        label = None if name.startswith("_") else suggest(name, LAYERS).label
        hint = f"; {label}" if label else ""
        raise AttributeError(f"module 'seqspec.layers' has no attribute {name!r}{hint}")
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
