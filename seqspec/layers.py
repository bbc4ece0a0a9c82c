"""The layers and base models of the catalogue, for a spec in typed Python: `from seqspec.layers import Conv2D, Dense`.

A class is imported with its family on first access. Type checkers and editors read `layers.pyi` instead,
which `scripts/generate` writes from the catalogue.
"""

from seqspec.core.catalog.index import LAYERS, layer_class, plugin_layers
from seqspec.core.catalog.public import on_demand

__all__ = sorted(LAYERS)


def _find(name: str) -> object:
    return layer_class(name) if name in LAYERS or name in plugin_layers() else None


__getattr__, __dir__ = on_demand(__name__, __all__, _find)
