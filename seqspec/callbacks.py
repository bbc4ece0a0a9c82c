"""The callbacks of the catalogue, for a spec in typed Python: `from seqspec.callbacks import EarlyStopping`.

A class is imported on first access. Type checkers and editors read `callbacks.pyi`, which `scripts/generate` writes.
"""

from seqspec.core.catalog.callbacks import NAMES
from seqspec.core.catalog.public import on_demand

__all__ = sorted(NAMES)
__getattr__, __dir__ = on_demand(__name__, __all__, NAMES.get)
