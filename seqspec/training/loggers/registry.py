"""The loggers by name: those of seqspec, and those of other packages (entry points of the group `seqspec.loggers`)."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from seqspec.catalog.plugins import plugins
from seqspec.diagnostics.suggest import suggest
from seqspec.diagnostics.violation import Path, Violation
from seqspec.document.document import DocumentSpec
from seqspec.training.errors import PlacementError
from seqspec.training.loggers.logger import Logger

LOGGERS = {
    "tensorboard": "seqspec.training.loggers.tensorboard:TensorBoard",
    "mlflow": "seqspec.training.loggers.mlflow:MLflow",
    "wandb": "seqspec.training.loggers.wandb:WandB",
}
"""The classes by name, imported when they are used."""

GROUP = "seqspec.loggers"


def wanted_loggers(spec: DocumentSpec, named: Sequence[str]) -> list[str]:
    """The loggers of the command line and of `[report]`, each once.

    Raises:
        PlacementError: One of them is unknown or not installed.
    """
    report = spec.outputs.report if spec.outputs is not None else None
    places: dict[str, Path] = {name: ("report", "loggers", index) for index, name in enumerate(_of_spec(report))}
    places.update({name: () for name in named if name not in places})
    violations = [violation for name, path in places.items() if (violation := _fault(name, path)) is not None]
    if violations:
        raise PlacementError(violations)
    return list(places)


def _of_spec(report: Any) -> Sequence[str]:
    return (report.loggers if report is not None else None) or ()


def _fault(name: str, path: Path) -> Violation | None:
    other = _of_plugins()
    if name not in LOGGERS and name not in other:
        known = [*LOGGERS, *other]
        help = suggest(name, known).label or f"the loggers are {', '.join(known)}"
        return Violation("bad-logger", f'unknown logger "{name}"', path=path, help=help)
    try:
        found = logger_class(name)
    except TypeError as error:
        return Violation("bad-logger", str(error), path=path)
    missing = [package for package in found.packages if find_spec(package) is None]
    if missing:
        return Violation(
            "bad-logger", f'the logger "{name}" needs {" and ".join(missing)}', path=path, help=found.install or None
        )
    return None


def logger_class(name: str) -> type[Logger]:
    """The class of a logger; raises `TypeError` where a plugin has something else, or cannot be imported."""
    if name in LOGGERS:
        module, _, attribute = LOGGERS[name].partition(":")
        found: object = getattr(import_module(module), attribute)
    else:
        plugin = _of_plugins()[name]
        if plugin.fault is not None:
            raise TypeError(f'the logger "{name}" of {plugin.target} cannot be used: {plugin.fault}')
        found = plugin.value
    if not (isinstance(found, type) and issubclass(found, Logger)):
        raise TypeError(f'the logger "{name}" is not a subclass of seqspec.plugins.Logger')
    return found


def _of_plugins() -> dict[str, Any]:
    return {plugin.name: plugin for plugin in plugins(GROUP)}
