"""The coordinator with workers that train nothing: what is started, recorded and rejected."""

import subprocess
import sys
from math import sqrt

import pytest

from seqspec.core.document.search import Search
from seqspec.core.search_space.candidates import parameters
from seqspec.training.errors import ResumeError, RunError, TrainingError
from seqspec.training.events import WarningEvent, ignore
from seqspec.training.search.workers import JobEnd
from tests import ROOT
from tests.training.search.fakes import DIGESTS, FakeWorkers, folder_of, plan, tree, write_run

pytestmark = pytest.mark.needs("optuna")

UNITS = {"vars": {"units": {"min": 1, "max": 400}}}


def run(document, path, train, *, samples=600, folder=None, report=ignore):
    from seqspec.training.search.coordinator import Coordinator
    from seqspec.training.search.results import SearchResult

    own = plan(document)
    folder = folder or folder_of(own, path)
    workers = FakeWorkers(own, train, samples)
    Coordinator(own, folder, workers, report).run()
    return SearchResult(folder), workers


def loss_is_units(number, values):
    return [[float(values["vars", "units"])] * 9]


def test_a_grid_goes_on_after_many_rejected_candidates(tmp_path):
    # The models have 8u + 3 parameters: the first 1,160 of 1,200 are too large.
    space = {"vars": {"units": [*range(1200, 0, -1)]}}
    document = tree(space, trials=2000, sampler="grid", limits={"params": 323}, start=[])
    result, _ = run(document, tmp_path, loss_is_units)
    assert [trial.chosen["vars.units"] for trial in result.trials] == [*range(40, 0, -1)]
    assert result.rejected == {"limits.params": 1160}
    assert result.folder.info["ended"] == "the grid has no further candidates"


def test_the_objective_of_repeats_is_the_mean_with_its_standard_error(tmp_path):
    result, _ = run(tree(UNITS, trials=1, repeats=3), tmp_path, lambda *_: [[9.0, 1.0], [9.0, 2.0], [9.0, 6.0]])
    (trial,) = result.trials
    # The standard deviation of 1, 2 and 6 is the root of (4 + 1 + 9) / 2.
    assert trial.values == [3.0]
    assert trial.errors == [pytest.approx(sqrt(7) / sqrt(3))]
    assert trial.epochs == 6


@pytest.mark.parametrize("of_split", [False, True])
def test_the_objective_of_folds_is_the_mean_over_them(tmp_path, of_split):
    split = {"by": "k-fold", "folds": 4, "test": 0.2} if of_split else None
    document = tree(UNITS, trials=1, split=split, **({} if of_split else {"folds": 4}))
    result, workers = run(document, tmp_path, lambda *_: [[1.0], [2.0], [3.0], [6.0]])
    assert workers.plan.folds == 4
    assert workers.plan.shared.spec.data.split.test == 0.2
    (trial,) = result.trials
    assert trial.values == [3.0]
    assert trial.errors == [pytest.approx(sqrt(14 / 3) / 2)]
    # The model that is trained on all folds at the end is in its folder.
    write_run(trial.folder.path, [1.0, 1.0])
    assert trial.epochs == 4


def test_cross_validated_trials_are_compared_after_each_fold(tmp_path):
    folds = {1: [3.0, 1.0, 2.0], 2: [2.9, 1.5, 9.0], 3: [4.0, 0.0, 0.0]}
    document = tree(UNITS, trials=3, folds=3, pruner={"type": "median", "min_epochs": 3})
    result, _ = run(document, tmp_path, lambda number, values: [[value] for value in folds[number]])
    # The second one has the lower mean after one fold, the higher one after two; the third one the highest after one.
    assert [trial.state for trial in result.trials] == ["done", "pruned", "pruned"]
    assert [trial.epochs for trial in result.trials] == [3, 2, 1]


def test_trials_are_compared_after_the_same_epoch_where_not_all_are_validated(tmp_path, monkeypatch):
    losses = {1: [5.0] * 6 + [1.0] * 3, 2: [4.0] * 9}

    def logs(decide):
        return lambda key, epoch, logs: decide(key, epoch, logs if epoch % 2 else {"loss": 1.0})

    do = FakeWorkers.do
    monkeypatch.setattr(FakeWorkers, "do", lambda self, key, job, decide: do(self, key, job, logs(decide)))
    document = tree(UNITS, trials=2, pruner={"type": "asha", "min_epochs": 5})
    result, _ = run(document, tmp_path, lambda number, _: [losses[number]])
    # After 5 epochs the second trial is better than the first one, which gets better later.
    assert [trial.state for trial in result.trials] == ["done", "done"]


def test_an_infinite_objective_is_a_failure(tmp_path):
    result, _ = run(tree(UNITS, trials=3), tmp_path, lambda number, _: [[float("inf") if number == 2 else 1.0] * 9])
    assert [trial.state for trial in result.trials] == ["done", "failed", "done"]
    assert result.trials[1].error == "an objective is not a finite number"


def test_a_trial_without_memory_is_a_result_and_bounds_the_others(tmp_path):
    def train(number, values):
        if values["vars", "units"] > 200:
            return JobEnd(number, error="ResourceExhaustedError while training: OOM when allocating tensor")
        return loss_is_units(number, values)

    document = tree(UNITS, trials=20, vars={"units": 300})
    result, _ = run(document, tmp_path, train)
    first, *others = result.trials
    assert first.state == "failed" and "OOM" in first.error
    assert all(trial.sizes["memory"] <= 0.9 * first.sizes["memory"] for trial in others)
    assert result.rejected["limits.memory"] > 0
    assert len(others) == 19


def test_a_worker_that_is_killed_three_times_fails_its_trial_only(tmp_path):
    def train(number, values):
        return JobEnd(number, error="?", killed=9) if number == 2 else loss_is_units(number, values)

    result, workers = run(tree(UNITS, trials=4), tmp_path, train)
    assert [trial.state for trial in result.trials] == ["done", "failed", "done", "done"]
    assert workers.started == [1, 2, 2, 2, 3, 4]


def test_a_search_ends_where_all_of_the_first_trials_fail_for_one_reason(tmp_path):
    with pytest.raises(TrainingError, match="the first 5 trials failed: no space for trials/0001"):
        run(tree(UNITS, trials=9), tmp_path, lambda number, _: JobEnd(number, error=f"no space for trials/{number:04}"))


def test_trials_without_memory_do_not_end_the_search_before_smaller_ones_are_tried(tmp_path):
    def train(number, values):
        too_large = values["vars", "units"] > 150
        return JobEnd(number, error="out of memory") if too_large else loss_is_units(number, values)

    start = [{"vars": {"units": units}} for units in (340, 290, 240, 200, 160)]
    result, _ = run(tree(UNITS, trials=8, vars={"units": 400}, start=start), tmp_path, train)
    assert [trial.state for trial in result.trials] == ["failed"] * 6 + ["done"] * 2


def test_a_trial_that_was_pruned_before_the_coordinator_was_killed_stays_so(tmp_path):
    document = tree(UNITS, trials=3, pruner="asha")
    from seqspec.training.search.results import SearchResult

    own = plan(document)
    folder = folder_of(own, tmp_path)

    class Killed(Exception):
        pass

    def killed(number, values):
        if number == 2:
            write_run(folder.trial(2).path, [5.0, 4.0, 3.0], "pruned")
            raise Killed
        return [[2.0] * 9]

    with pytest.raises(Killed):
        run(document, tmp_path, killed, folder=folder)
    assert [trial.state for trial in SearchResult(folder).trials] == ["done", "interrupted"]
    result, workers = run(document, tmp_path, lambda *_: [[1.0] * 9], folder=folder)
    assert [trial.state for trial in result.trials] == ["done", "pruned", "done"]
    assert workers.started == [3]
    assert not (folder.trial(2).path / "model.keras").exists()


def test_warmup_epochs_do_not_count_for_asha(tmp_path):
    schedule = {"type": "CosineDecay", "initial_learning_rate": 0.0, "warmup_target": 0.1, "warmup_steps": 300,
                "decay_steps": 500}  # fmt: skip
    document = tree(UNITS, trials=3, pruner={"type": "asha", "min_epochs": 2}, fit={"epochs": 40})
    document["compile"]["optimizer"]["learning_rate"] = schedule
    losses = {1: 1.0, 2: 2.0, 3: 3.0}
    # 600 samples in batches of 10: 300 steps are 5 epochs.
    result, _ = run(document, tmp_path, lambda number, _: [[losses[number]] * 40])
    assert [trial.epochs for trial in result.trials] == [40, 7, 7]


def test_a_search_that_ended_by_its_epochs_goes_on_with_more_of_them(tmp_path):
    from seqspec.training.search.coordinator import require_budget

    result, _ = run(tree(UNITS, trials=4, epochs=18), tmp_path, loss_is_units)
    folder = result.folder
    folder.write_info({**folder.info, "state": "done"})
    with pytest.raises(ResumeError, match=r"epochs: 18 of 18 .* 2 of 4 trials are left: change epochs in .search."):
        require_budget(plan(tree(UNITS, trials=4, epochs=18)), folder)
    with pytest.raises(ResumeError, match="is done: add trials"):
        require_budget(plan(tree(UNITS, trials=2, epochs=99)), folder)
    require_budget(plan(tree(UNITS, trials=4, epochs=99)), folder)


def take(document, other, tmp_path, train=loss_is_units):
    from seqspec.training.search.results import trials_of
    from seqspec.training.search.taken_trials import take_trials

    own = plan(document)
    folder = folder_of(own, tmp_path, "new")
    taken = take_trials(own, folder, other.folder)
    result, workers = run(document, tmp_path, train, folder=folder)
    assert [each.number for each in trials_of(folder)] == [*range(1, len(result.trials) + 1)]
    return taken, result, workers


def test_trials_of_another_search_that_lie_in_the_space_are_taken_over(tmp_path):
    other, _ = run(tree({"vars": {"units": [8, 16, 32]}}, trials=3), tmp_path, loss_is_units)
    space = {"vars": {"units": [16, 32, 64]}}
    taken, result, workers = take(tree(space, trials=1, start=[]), other, tmp_path)
    assert taken == 2
    assert sorted(trial.chosen["vars.units"] for trial in result.trials) == [16, 32, 64]
    # Those that are taken over do not count as trials or epochs, and are not trained again.
    assert workers.started == [3]
    of = [f"{other.path.name}/{trial.number}" for trial in other.trials if trial.chosen["vars.units"] > 8]
    assert [trial.taken for trial in result.trials] == [*of, None]
    from seqspec.training.search.results import trained_epochs

    assert trained_epochs(result.trials) == result.trials[2].epochs > 0
    assert [row.get("taken") for row in result.rows()] == [trial.taken for trial in result.trials]
    assert {trial.chosen["vars.units"]: trial.values[0] for trial in result.trials} == {16: 16.0, 32: 32.0, 64: 64.0}


def test_what_is_searched_in_addition_had_the_value_of_the_document(tmp_path):
    other, _ = run(tree({"vars": {"units": [8, 16]}}, trials=2), tmp_path, loss_is_units)
    space = {
        "vars": {"units": [8, 16]},
        "compile": {"optimizer": {"learning_rate": {"min": 0.001, "max": 0.1}}},
    }
    assert take(tree(space, trials=1), other, tmp_path)[0] == 2
    document = tree(space, trials=1)
    document["compile"]["optimizer"]["learning_rate"] = 0.02
    assert take(document, other, tmp_path)[0] == 0


def test_trials_on_other_data_are_not_taken_over(tmp_path):
    other, _ = run(tree({"vars": {"units": [8, 16]}}, trials=2), tmp_path, loss_is_units)
    other.folder.write_info({**other.folder.info, "digests": {**other.folder.info["digests"], "split": "3"}})
    with pytest.raises(RunError, match="the data or its split changed"):
        take(tree({"vars": {"units": [8, 16]}}, trials=1), other, tmp_path)


def test_a_search_on_other_data_is_not_resumed_and_its_trials_are_not_offered(tmp_path):
    own = plan(tree(UNITS))
    folder = folder_of(own, tmp_path)
    folder.write_info({**folder.info, "spec": "m.seqspec.toml"})
    facts = FakeWorkers(own, loss_is_units).facts
    from seqspec.training.search.api import _refuse_changed_data

    _refuse_changed_data(facts, folder)
    with pytest.raises(ResumeError, match=r"the data; start a new search: seqspec search m\.seqspec\.toml$"):
        _refuse_changed_data(facts._replace(digests={**DIGESTS, "split": "3"}), folder)


def test_labels_of_alternatives_are_unique():
    space = {"vars": {"x": ["1", {"type": "A", "p": {"min": 1, "max": 2}}, {"type": "A", "p": 3}]}}
    (choice, inner) = parameters(Search.read_table({"objective": "loss", "space": space}, []).space)
    assert len(set(choice.ends)) == 3
    assert inner.name == f"vars.x[{choice.ends[1]}].p"


def test_the_coordinator_imports_no_framework(tmp_path):
    program = f"""
import sys
from pathlib import Path
from tests.training.search.test_coordinator import UNITS, loss_is_units, run, tree
import seqspec.training.search.api
run(tree(UNITS, trials=5), Path({str(tmp_path)!r}), loss_is_units)
print([name for name in ("keras", "tensorflow", "jax", "torch", "pandas", "sklearn") if name in sys.modules])
"""
    found = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_warnings_of_trials_are_reported_once(tmp_path, monkeypatch):
    do, events = FakeWorkers.do, []
    warnings = {1: ["slow"], 2: ["slow", "the logger failed"]}
    monkeypatch.setattr(
        FakeWorkers, "do", lambda self, key, *rest: do(self, key, *rest)._replace(result=warnings.get(key))
    )
    run(tree(UNITS, trials=3), tmp_path, loss_is_units, report=events.append)
    shown = [event.message for event in events if isinstance(event, WarningEvent)]
    assert shown == ["trial 1: slow", "trial 2: the logger failed"]
