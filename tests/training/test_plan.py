"""`RunPlan`: what a run is made from, and what its parts take from it."""

import pickle

import pytest

from seqspec.core.check.check import Check
from seqspec.core.diagnostics.errors import SpecError
from seqspec.training.planning.placement import Placement
from seqspec.training.planning.plan import FoldRun, RunPlan, TrainOptions, TrialRun, trainable_spec
from tests.training.specs import spec

FOLDS = {"source": {"type": "arrays", "path": "d.npz"}, "split": {"by": "k-fold", "folds": 3}}


def _plan(settings=(), **options):
    return RunPlan.new(trainable_spec(Check.of(spec(data=FOLDS), settings=settings)), TrainOptions(**options), seed=5)


def test_a_fold_is_trained_as_its_run():
    run = _plan(["fit.epochs=4"], name="run", loggers=["tensorboard"], html=True, placement=Placement(devices=2))
    fold = run.derive(FoldRun(2))
    assert fold.spec.data.split.fold == 2 and run.spec.data.split.fold is None
    assert (fold.seed, fold.base, fold.permissions, fold.placement) == (5, run.base, run.permissions, run.placement)
    assert fold.info["settings"] == ["fit.epochs=4", "data.split.fold=2"] and fold.spec.fit[0].epochs == 4
    assert fold.is_part and not run.is_part
    # The loggers and the report are those of the whole run.
    assert fold.loggers == [] and fold.info["no_report"] and "html" not in fold.info


def test_the_folds_of_a_trial_are_logged():
    run = _plan(loggers=["tensorboard"], download=False)
    trial = run.derive(TrialRun(7, "0007", run.checked, 11))
    assert (trial.seed, trial.info["name"], trial.info["download"], trial.is_part) == (11, "0007", False, True)
    fold = trial.derive(FoldRun(1))
    assert (fold.info["trial"], fold.info["fold"], fold.loggers, fold.seed) == (7, 1, ["tensorboard"], 11)


@pytest.mark.parametrize("missing", ["compile", "model"])
def test_what_cannot_be_trained_has_no_plan(missing):
    tree = {key: value for key, value in spec().items() if key not in (missing, "fit")}
    with pytest.raises(SpecError) as raised:
        trainable_spec(Check.of(tree))
    assert "missing-key" in {finding.name for finding in raised.value.report.diagnostics}


def test_a_plan_reaches_another_process():
    run = _plan(["fit.epochs=4"])
    # Its rules were run, and their facts are sent with it.
    assert run.checked.check.linted.ok and run.checked.check.facts.fit
    sent = pickle.loads(pickle.dumps(run))
    assert (sent.seed, sent.info, sent.spec.to_dict()) == (run.seed, run.info, run.spec.to_dict())
    assert sent.checked.check.facts.fit[0].epochs == 4
