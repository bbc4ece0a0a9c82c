"""The metrics of the catalogue, for a spec in typed Python: `from seqspec.metrics import AUC`.

A class is imported on first access. Type checkers and editors read `metrics.pyi`, which `scripts/generate` writes.
"""

from seqspec.core.catalog.metrics import CLASSES
from seqspec.core.catalog.public import on_demand

__all__ = sorted(CLASSES)
__getattr__, __dir__ = on_demand(__name__, __all__, CLASSES.get)
