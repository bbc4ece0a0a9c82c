"""Optuna: the sampler that proposes candidates, and the journal of the trials."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from seqspec.core.api.diagnostics import MissingPackageError, install_command
from seqspec.core.api.search import Candidate, Choice, Parameter, Sampler, Scalar, Space, candidate, parameters
from seqspec.training.errors import RunError

try:
    import optuna
    from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
    from optuna.samplers import BaseSampler
    from optuna.storages.journal import JournalFileBackend, JournalStorage
    from optuna.storages.journal._file import BaseJournalFileLock
    from optuna.study import Study
    from optuna.trial import FrozenTrial, TrialState, create_trial
except ModuleNotFoundError:
    raise MissingPackageError(f"a search needs optuna, which is not installed: {install_command('search')}") from None

Direction = Literal["minimize", "maximize"]
_NAME = "search"
_SAMPLERS = {
    "tpe": "TPESampler",
    "random": "RandomSampler",
    "gp": "GPSampler",
    "nsga2": "NSGAIISampler",
    "cma-es": "CmaEsSampler",
    "grid": "RandomSampler",
}
"""The samplers of Optuna; the candidates of a grid are enumerated."""
_DEFAULTS: dict[str, dict[str, object]] = {
    "tpe": {"multivariate": True, "group": True, "constant_liar": True},
    "gp": {"warn_independent_sampling": False},
    "cma-es": {"warn_independent_sampling": False},
}

_NEEDED = {"gp": "torch", "cma-es": "cmaes"}
"""The packages that samplers need beside Optuna, which imports them late."""


class _Flock(BaseJournalFileLock):
    """A lock that the kernel releases when the process ends."""

    def __init__(self, path: Path) -> None:
        self._path, self._descriptor = f"{path}.lock", -1

    def acquire(self) -> bool:
        try:
            import fcntl
        except ImportError:
            # The lock of the folder leaves one writer.
            return True
        self._descriptor = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        return True

    def release(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _without_torn_line(path: Path) -> None:
    """Removes the end of a journal whose writer was killed within a record, which the next one would be glued to."""
    if not path.is_file():
        return
    with open(path, "rb+") as file:
        content = file.read()
        file.truncate(content.rfind(b"\n") + 1)


def read_trials(path: Path) -> list[FrozenTrial]:
    """The trials of a journal, in the order of their start; empty without one; raises `RunError` if it is damaged."""
    if not path.is_file():
        return []
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    storage = _storage(path)
    try:
        study = optuna.load_study(study_name=_NAME, storage=storage)
    except KeyError:
        # The process was killed before its first record.
        return []
    return study.get_trials(deepcopy=False)


def _storage(path: Path) -> JournalStorage:
    """The journal; raises `RunError` if it is damaged."""
    try:
        return JournalStorage(JournalFileBackend(str(path), _Flock(path)))
    except (ValueError, KeyError, TypeError):
        raise RunError(f"{path} is damaged") from None


def study_of(path: Path, directions: Sequence[Direction]) -> Study:
    """The trials of a journal as a study in memory."""
    study = optuna.create_study(directions=list(directions), study_name=_NAME)
    study.add_trials(read_trials(path))
    return study


class TrialStudy:
    """The trials for the sampler, in memory and with rejected candidates, and the journal of those that are trained.

    Args:
        path: The journal.
        space: What is searched.
        sampler: What proposes.
        directions: `"minimize"` or `"maximize"` for each objective.
        seed: The seed of the sampler.
    """

    def __init__(self, path: Path, space: Space, sampler: Sampler, directions: Sequence[Direction], seed: int) -> None:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._space = space
        self._distributions = {parameter.name: _distribution(parameter) for parameter in parameters(space)}
        _without_torn_line(path)
        self._journal = optuna.create_study(
            storage=_storage(path),
            study_name=_NAME,
            directions=list(directions),
            load_if_exists=True,
            sampler=optuna.samplers.RandomSampler(),
        )
        known = self.trials()
        self._proposed = optuna.create_study(
            directions=list(directions), sampler=sampler_of(sampler, seed + len(known))
        )
        self._places: dict[int, int] = {}
        for number, each in enumerate(known, 1):
            self._places[number] = len(self._proposed.get_trials(deepcopy=False))
            self._proposed.add_trial(each)

    def trials(self) -> list[FrozenTrial]:
        """The trials of the journal."""
        return self._journal.get_trials(deepcopy=False)

    def propose(self, chosen: Mapping[str, Scalar] | None = None) -> tuple[int, Candidate]:
        """A candidate and its place; `chosen` are values that it must have."""
        if chosen is not None:
            self._proposed.enqueue_trial(dict(chosen))
        trial = self._proposed.ask()

        def pick(parameter: Parameter) -> Scalar:
            found = self._distributions[parameter.name]
            if isinstance(found, IntDistribution):
                return trial.suggest_int(parameter.name, found.low, found.high, step=found.step, log=found.log)
            if isinstance(found, FloatDistribution):
                return trial.suggest_float(parameter.name, found.low, found.high, step=found.step, log=found.log)
            assert isinstance(found, CategoricalDistribution)
            value = trial.suggest_categorical(parameter.name, found.choices)
            assert isinstance(value, (int, float, str))
            return value

        return trial.number, candidate(self._space, pick)

    def reject(self, place: int) -> None:
        """Reports to the sampler that a candidate is not trained."""
        self._proposed.tell(place, state=TrialState.PRUNED)

    def recall_rejected(self, chosen: Mapping[str, Scalar]) -> None:
        """Reports a candidate to the sampler that was rejected before the search was resumed."""
        distributions = {name: self._distributions[name] for name in chosen}
        self._proposed.add_trial(
            create_trial(state=TrialState.PRUNED, params=dict(chosen), distributions=distributions)
        )

    def repeat(self, place: int, values: Sequence[float] | None) -> None:
        """Reports the values of the equal trial to the sampler; None where it has none yet, or failed."""
        if values is None:
            self._proposed.tell(place, state=TrialState.FAIL)
        else:
            self._proposed.tell(place, list(values))

    def start(self, place: int, attributes: Mapping[str, object]) -> int:
        """Records that a candidate is trained, in one record; returns the number of the trial, from 1."""
        found = self._proposed.get_trials(deepcopy=False)[place]
        self._journal.add_trial(
            create_trial(
                state=TrialState.RUNNING,
                params=found.params,
                distributions=found.distributions,
                user_attrs=dict(attributes),
            )
        )
        number = len(self.trials())
        self._places[number] = place
        return number

    def take(self, chosen: Mapping[str, Scalar], values: Sequence[float], attributes: Mapping[str, object]) -> None:
        """Records a trial of another search."""
        distributions = {name: self._distributions[name] for name in chosen}
        for study in (self._journal, self._proposed):
            study.add_trial(
                create_trial(
                    params=dict(chosen), distributions=distributions, values=list(values), user_attrs=dict(attributes)
                )
            )

    def attribute(self, number: int, name: str) -> object:
        """What was recorded of a trial at its start; None without it."""
        found: object = self.trials()[number - 1].user_attrs.get(name)
        return found

    def done(self, number: int, values: Sequence[float], errors: Sequence[float] | None = None) -> None:
        """Records the values of a trial, and their standard errors where it has several runs."""
        if errors is not None:
            _trial(self._journal, number - 1).set_user_attr("errors", list(errors))
        self._journal.tell(number - 1, list(values))
        self._proposed.tell(self._places[number], list(values))

    def pruned(self, number: int, value: float, epoch: int) -> None:
        """Records that a trial ended early, and its value of the first objective."""
        for study, place in self._studies(number):
            if len(study.directions) == 1:
                _trial(study, place).report(value, epoch)
            study.tell(place, state=TrialState.PRUNED)

    def failed(self, number: int, error: str) -> None:
        """Records that a trial failed."""
        _trial(self._journal, number - 1).set_user_attr("error", error)
        for study, place in self._studies(number):
            study.tell(place, state=TrialState.FAIL)

    def _studies(self, number: int) -> list[tuple[Study, int]]:
        return [(self._journal, number - 1), (self._proposed, self._places[number])]


def _trial(study: Study, place: int) -> optuna.trial.Trial:
    return optuna.trial.Trial(study, study.get_trials(deepcopy=False)[place]._trial_id)


def _distribution(parameter: Parameter) -> BaseDistribution:
    found = parameter.distribution
    if isinstance(found, Choice):
        return CategoricalDistribution([alternative.label for alternative in found.alternatives])
    if found.is_integer:
        step = found.step or 1
        return IntDistribution(int(found.min), int(found.max), log=found.log, step=int(step))
    return FloatDistribution(float(found.min), float(found.max), log=found.log, step=found.step)


def sampler_of(sampler: Sampler, seed: int) -> BaseSampler:
    """The sampler of Optuna; raises `RunError` for arguments that it does not have, or a package that it needs."""
    needed = _NEEDED.get(sampler.type)
    if needed is not None and find_spec(needed) is None:
        raise MissingPackageError(f'the sampler "{sampler.type}" needs {needed}: pip install {needed}')
    kind = getattr(optuna.samplers, _SAMPLERS[sampler.type])
    arguments = {"seed": seed % 2**32, **_DEFAULTS.get(sampler.type, {}), **sampler.arguments}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            built: BaseSampler = kind(**arguments)
        return built
    except (TypeError, ValueError) as error:
        raise RunError(f"the arguments of [search] sampler cannot be used: {error}")
