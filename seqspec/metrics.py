"""The metrics of the catalogue, for a spec in typed Python: `from seqspec.metrics import AUC`.

A class is imported on first access. Type checkers and editors read `metrics.pyi`, which `scripts/generate` writes.
"""

from seqspec.core.catalog.metrics import CLASSES
from seqspec.core.catalog.public import attribute

__all__ = sorted(CLASSES)


def __getattr__(name: str) -> object:
    return attribute(__name__, __all__, CLASSES.get, name)


def __dir__() -> list[str]:
    return __all__
