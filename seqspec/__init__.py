"""seqspec: Keras Sequential models written as data, checked in milliseconds, built by Keras."""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from seqspec.analysis.check import check as check
    from seqspec.analysis.report import Report as Report
    from seqspec.analysis.report import SpecError as SpecError

_HOMES = {
    "check": "seqspec.analysis.check",
    "Report": "seqspec.analysis.report",
    "SpecError": "seqspec.analysis.report",
}

__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'seqspec' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(home), name)
    globals()[name] = value
    return value
