"""The callbacks of the catalogue, for a spec in typed Python: `from seqspec.callbacks import EarlyStopping`.

A class is imported on first access. Type checkers and editors read `callbacks.pyi`, which `scripts/generate` writes.
"""

from seqspec.core.catalog.callbacks import NAMES
from seqspec.core.catalog.public import attribute

__all__ = sorted(NAMES)


def __getattr__(name: str) -> object:
    return attribute(__name__, __all__, NAMES.get, name)


def __dir__() -> list[str]:
    return __all__
