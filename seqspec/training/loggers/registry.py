"""The loggers by name: those of seqspec, and those of other packages (entry points of the group `seqspec.loggers`)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec

from seqspec.core.catalog.plugins import Plugin, plugins
from seqspec.core.diagnostics.suggest import suggest
from seqspec.core.diagnostics.violation import Path, Violation
from seqspec.core.document.document import TypedSpec
from seqspec.core.document.outputs import Report
from seqspec.training.errors import PlacementError
from seqspec.training.loggers.logger import Logger

LOGGERS = {
    "tensorboard": "seqspec.training.loggers.tensorboard:TensorBoard",
    "mlflow": "seqspec.training.loggers.mlflow:MLflow",
    "wandb": "seqspec.training.loggers.wandb:WandB",
}
"""The classes by name, imported when they are used."""

GROUP = "seqspec.loggers"


def wanted_loggers(spec: TypedSpec, named: Sequence[str]) -> list[str]:
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


def _of_spec(report: Report | None) -> Sequence[str]:
    return (report.loggers if report is not None else None) or ()


def unknown_logger(name: str, path: Path = ()) -> Violation | None:
    """The violation for a name that is not a logger's."""
    known = [*LOGGERS, *_of_plugins()]
    if name in known:
        return None
    help = suggest(name, known).label or f"the loggers are {', '.join(known)}"
    return Violation("bad-logger", f'unknown logger "{name}"', path=path, help=help)


def _fault(name: str, path: Path) -> Violation | None:
    unknown = unknown_logger(name, path)
    if unknown is not None:
        return unknown
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
    """The class of a logger; raises `TypeError` if a plugin is not a logger class or cannot be imported."""
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


def files_of(names: Sequence[str]) -> set[str]:
    """The files that these loggers write to a run folder; those of a logger that is not installed are not known."""
    found: set[str] = set()
    for name in names:
        with suppress(KeyError, TypeError):
            found.update(logger_class(name).files)
    return found


def _of_plugins() -> dict[str, Plugin]:
    return {plugin.name: plugin for plugin in plugins(GROUP)}
