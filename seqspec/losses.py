"""The losses of the catalogue, for a spec in typed Python: `from seqspec.losses import Huber`.

A class is imported on first access. Type checkers and editors read `losses.pyi`, which `scripts/generate` writes.
"""

from seqspec.core.catalog.losses import CLASSES
from seqspec.core.catalog.public import attribute

__all__ = sorted(CLASSES)


def __getattr__(name: str) -> object:
    return attribute(__name__, __all__, CLASSES.get, name)


def __dir__() -> list[str]:
    return __all__
