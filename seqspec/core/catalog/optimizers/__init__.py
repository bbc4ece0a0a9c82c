"""The classes of `keras.optimizers`."""

from seqspec.core.catalog.objects import ClassIndex, NameIndex
from seqspec.core.diagnostics.message import Value, fmt

CLASSES = ClassIndex(
    __name__,
    {
        "adam": "Adam AdamW",
        "descent": "SGD RMSprop",
        "adaptive": "Adadelta Adafactor Adagrad Adamax Ftrl Lamb Lion Nadam ScheduleFreeAdamW",
        "muon": "Muon",
        "nested_optimizers": "LossScaleOptimizer MultiOptimizer",
    },
)
"""The optimizers by their class."""

TYPED = NameIndex(CLASSES, {"lamb": "Lamb"})
"""An optimizer that `keras.optimizers.get` does not read by its bare name."""

NAMES = NameIndex(CLASSES, {name.lower(): name for name in sorted(CLASSES) if name.lower() not in TYPED})
"""Every name that `keras.optimizers.get` reads, in lower case."""

FOLDED = True
"""Letter case does not count in the name of an optimizer."""

_BASE = ("is the base class and does nothing by itself", "name an optimizer such as adam")
_INNER = ("cannot be used on its own", fmt("write {}", Value({"type": "MultiOptimizer", "optimizer_map": {...: ...}})))
REFUSED: dict[str, tuple[str, str]] = {
    "Optimizer": _BASE,
    "optimizer": _BASE,
    "OptimizerMap": _INNER,
    "optimizermap": _INNER,
}
"""The classes that a document cannot hold: why, and what to do instead."""
