"""The loggers of a run: found by name, those of other packages included, and fed by what the run reports."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path as FilePath
from pkgutil import resolve_name
from typing import TYPE_CHECKING, TypedDict

from seqspec.core.api.catalog import Plugin, plugins
from seqspec.core.api.diagnostics import Path, Violation
from seqspec.core.api.messages import suggest
from seqspec.core.api.spec import TypedSpec
from seqspec.training.errors import PlacementError, RunError, reason_of
from seqspec.training.events import EpochEvent, EvaluationEvent, Event, EventHandler, StageEvent, WarningEvent
from seqspec.training.loggers.logger import LoggedRun, LoggedSearch, Logger
from seqspec.training.records import EpochRecord, Evaluation, JsonObject
from seqspec.training.run_folder.files import read_json, write_json
from seqspec.training.run_folder.folder import RunFolder
from seqspec.training.run_folder.names import search_above

if TYPE_CHECKING:
    import keras


LOGGERS = {
    "tensorboard": "seqspec.training.loggers.tensorboard:TensorBoardLogger",
    "mlflow": "seqspec.training.loggers.mlflow:MLflowLogger",
    "wandb": "seqspec.training.loggers.wandb:WandBLogger",
}
"""The classes by name, imported when they are used."""

GROUP = "seqspec.loggers"


def wanted_loggers(spec: TypedSpec, named: Sequence[str]) -> list[str]:
    """The loggers of the command line and of `[report]`, each once.

    Raises:
        PlacementError: One of them is unknown or not installed.
    """
    declared = spec.report.loggers or ()
    places: dict[str, Path] = {name: ("report", "loggers", index) for index, name in enumerate(declared)}
    places.update({name: () for name in named if name not in places})
    violations = [violation for name, path in places.items() if (violation := _fault(name, path)) is not None]
    if violations:
        raise PlacementError(violations)
    return list(places)


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
        logger = logger_class(name)
    except TypeError as error:
        return Violation("bad-logger", str(error), path=path)
    missing = [package for package in logger.packages if find_spec(package) is None]
    if missing:
        message = f'the logger "{name}" needs {" and ".join(missing)}'
        return Violation("bad-logger", message, path=path, help=logger.install or None)
    return None


def logger_class(name: str) -> type[Logger]:
    """The class of a logger; raises `TypeError` if a plugin is not a logger class or cannot be imported."""
    if name in LOGGERS:
        loaded: object = resolve_name(LOGGERS[name])
    else:
        plugin = _of_plugins()[name]
        if plugin.fault is not None:
            raise TypeError(f'the logger "{name}" of {plugin.target} cannot be used: {plugin.fault}')
        loaded = plugin.value
    if not (isinstance(loaded, type) and issubclass(loaded, Logger)):
        raise TypeError(f'the logger "{name}" is not a subclass of seqspec.plugins.Logger')
    return loaded


def files_of(names: Sequence[str]) -> set[str]:
    """The files that these loggers write to a run folder; those of a logger that is not installed are not known."""
    files: set[str] = set()
    for name in names:
        with suppress(KeyError, TypeError):
            files.update(logger_class(name).files)
    return files


def _of_plugins() -> dict[str, Plugin]:
    return {plugin.name: plugin for plugin in plugins(GROUP)}


_FILE = "loggers.json"


class LoggerState(TypedDict):
    """What loggers.json holds of a logger: the last epoch that it logged, and what it keeps between runs."""

    epoch: int
    state: JsonObject


def logged_search(run: FilePath, name: str) -> LoggedSearch | None:
    """The search that a run folder belongs to, with the state of a logger; None for other runs."""
    search = search_above(run)
    if search is None:
        return None
    states = read_json(search / _FILE) if (search / _FILE).exists() else {}
    return LoggedSearch(search, search.name, {}, states.get(name, {}))


class _Loggers:
    """Loggers of which one that fails is reported and not used any more: it must not stop training."""

    _failure = "failed"

    def __init__(self, names: Sequence[str], report: EventHandler) -> None:
        self._report = report
        self._loggers: dict[str, Logger] = {name: logger_class(name)() for name in names}

    def _call(self, name: str, method: str, *arguments: object) -> bool:
        """Calls a method of a logger, if it is still used; returns whether it did not fail."""
        if name not in self._loggers:
            return False
        try:
            getattr(self._loggers[name], method)(*arguments)
        except Exception as error:
            del self._loggers[name]
            self._warn(f"the logger {name} {self._failure}: {type(error).__name__}: {reason_of(error)}")
            return False
        return True

    def _warn(self, message: str) -> None:
        self._report(WarningEvent(message))


class SearchLoggers(_Loggers):
    """The loggers of a search, which have a run for it beside those of its trials; their state is in loggers.json.

    Args:
        names: The loggers.
        folder: The folder of the search.
        config: The table `[search]`.
        report: Receives warnings.
    """

    def __init__(self, names: Sequence[str], folder: FilePath, config: JsonObject, report: EventHandler) -> None:
        super().__init__(names, report)
        self._folder, self._config = folder, config

    def start(self) -> None:
        """Starts them, before the first trial."""
        path = self._folder / _FILE
        states = read_json(path) if path.exists() else {}
        for name in list(self._loggers):
            search = LoggedSearch(self._folder, self._folder.name, self._config, states.setdefault(name, {}))
            self._call(name, "start_search", search)
        if self._loggers:
            write_json(path, states)

    def finish(self, state: str, results: Mapping[str, float]) -> None:
        """Ends them at the end of the search."""
        for name in list(self._loggers):
            self._call(name, "finish_search", state, results)


class LoggerGroup(_Loggers):
    """Passes events on to `report` and to the loggers.

    The state of each logger and its last epoch are stored in loggers.json of the run folder: a resumed run
    continues in the tracker, and epochs that are repeated after a kill are not logged twice.

    Args:
        names: The loggers.
        folder: The run folder.
        config: The expanded spec.
        report: Receives events and warnings.
        model: Returns the model once it is built.
    """

    _failure = "failed and is not used any more"

    def __init__(
        self,
        names: Sequence[str],
        folder: RunFolder,
        config: JsonObject,
        report: EventHandler,
        model: Callable[[], keras.Model],
    ) -> None:
        self._folder, self._config, self._model = folder, config, model
        for name in names:
            unknown = unknown_logger(str(name))
            if unknown is not None:
                # The spec was checked: another installation wrote run.json, or someone edited it.
                raise RunError(f"{folder.path / 'run.json'}: {unknown.message}; {unknown.help}")
        super().__init__(names, report)
        self._kept: dict[str, LoggerState] = {}
        if self._loggers and (folder.path / _FILE).exists():
            self._kept = read_json(folder.path / _FILE)
        self._started = False
        self._evaluation: Evaluation = {}

    def receive(self, event: Event) -> None:
        """Receives an event of the run."""
        try:
            self._report(event)
        finally:
            # A trial of a search ends here, with an epoch that counts.
            if isinstance(event, StageEvent):
                self._start()
            elif isinstance(event, EpochEvent):
                self._epoch(event.record)
            elif isinstance(event, EvaluationEvent):
                self._evaluation = event.record

    def _start(self) -> None:
        # A worker without loggers may be here before another one has written the plan.
        if self._started or not self._loggers:
            return
        self._started = True
        info = self._folder.info()
        plan = info["plan"]
        for name in list(self._loggers):
            kept = self._kept.setdefault(name, {"epoch": 0, "state": {}})
            state = kept["state"]
            run = LoggedRun(self._folder.path, self._folder.path.name, self._config, plan, self._model(), state)
            run.trial = info.get("trial")
            # Without a trial, it is another search.json that is above the run.
            run.search = None if run.trial is None else logged_search(self._folder.path, name)
            self._call(name, "start", run)
            # Epochs that were recorded while the logger was failing or not used.
            for line in self._folder.history():
                self._log(name, line)
        self._keep()

    def _epoch(self, line: EpochRecord) -> None:
        for name in list(self._loggers):
            self._log(name, line)
        self._keep()

    def _log(self, name: str, line: EpochRecord) -> None:
        kept = self._kept[name]
        if line["epoch"] > kept["epoch"] and self._call(name, "log_epoch", line):
            kept["epoch"] = line["epoch"]

    def finish(self, state: str) -> None:
        """Ends the loggers at the end of the run."""
        if self._started:
            for name in list(self._loggers):
                self._call(name, "finish", state, self._evaluation)

    def _warn(self, message: str) -> None:
        self._folder.log(message)
        super()._warn(message)

    def _keep(self) -> None:
        if self._kept:
            write_json(self._folder.path / _FILE, self._kept)
