"""The optimizers of the catalogue, for a spec in typed Python: `from seqspec.optimizers import Adam, CosineDecay`.

The learning rate schedules are here too. A class is imported on first access. Type checkers and editors read
`optimizers.pyi`, which `scripts/generate` writes.
"""

from collections import ChainMap

from seqspec.core.catalog.optimizers import CLASSES
from seqspec.core.catalog.public import on_demand
from seqspec.core.catalog.schedules import CLASSES as SCHEDULES

_CLASSES = ChainMap(CLASSES, SCHEDULES)

__all__ = sorted(_CLASSES)
__getattr__, __dir__ = on_demand(__name__, __all__, _CLASSES.get)
