"""The optimizers of the catalogue, for a spec in typed Python: `from seqspec.optimizers import Adam, CosineDecay`.

The learning rate schedules are here too. A class is imported on first access. Type checkers and editors read
`optimizers.pyi`, which `scripts/generate` writes.
"""

from seqspec.core.catalog.optimizers import CLASSES
from seqspec.core.catalog.public import attribute
from seqspec.core.catalog.schedules import CLASSES as SCHEDULES

__all__ = sorted([*CLASSES, *SCHEDULES])


def __getattr__(name: str) -> object:
    return attribute(__name__, __all__, (SCHEDULES if name in SCHEDULES else CLASSES).get, name)


def __dir__() -> list[str]:
    return __all__
