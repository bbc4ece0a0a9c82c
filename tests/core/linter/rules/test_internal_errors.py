"""An exception in a rule affects only its own findings, and no extreme value raises one."""

import json
from random import Random

import pytest
from click.testing import CliRunner

import seqspec
from seqspec.cli.main import cli
from seqspec.core.linter import registry
from seqspec.core.linter.rules.head.softmax_over_one import check as softmax_over_one
from tests.strategies.extremes import every_argument, failure, random_document

DENSE = {"type": "Dense", "units": 4, "activation": "relu"}
BAD = {
    "seqspec": 1,
    "model": {"input": [8], "layers": [DENSE, {"type": "Dense", "units": 1, "activation": "softmax"}]},
    "compile": {"loss": "mse", "optimizer": {"type": "SGD", "learning_rate": 0.0}},
}


def document(*layers, input=(8,), **tables):
    return {"seqspec": 1, "model": {"input": input, "layers": list(layers)}, **tables}


def initialized(**initializer):
    return document({**DENSE, "kernel_initializer": initializer}, {"type": "Dense", "units": 1})


def broken(facts):
    raise ZeroDivisionError("float division by zero")


@pytest.fixture
def failing_rule(monkeypatch):
    monkeypatch.setattr(
        "seqspec.core.linter.rules.head.softmax_over_one.check", softmax_over_one._replace(check=broken)
    )
    for indexed in registry.rules():
        vars(indexed).pop("rule", None)
    registry._applicable.cache_clear()
    yield
    monkeypatch.undo()
    for indexed in registry.rules():
        vars(indexed).pop("rule", None)
    registry._applicable.cache_clear()


def test_other_rules_run_after_an_internal_error(failing_rule):
    found = {(diagnostic.code, diagnostic.severity) for diagnostic in seqspec.check(BAD).diagnostics}
    assert {("SEQ032", "error"), ("SEQ501", "error")} <= found
    assert "SEQ301" not in {code for code, _ in found}


@pytest.mark.parametrize("options", [[], ["--fail-on", "never"], ["--ignore", "ALL"]])
def test_exit_code_of_an_internal_error_is_2(failing_rule, tmp_path, options):
    file = tmp_path / "model.seqspec.json"
    file.write_text(json.dumps(BAD))
    result = CliRunner().invoke(cli, ["check", str(file), *options])
    assert result.exit_code == 2
    assert "internal error in rule SEQ301, please report: ZeroDivisionError" in result.output


def test_failing_fact_only_stops_rules_that_read_it(monkeypatch):
    def fail(*arguments):
        raise ValueError("math domain error")

    monkeypatch.setattr("seqspec.core.analysis.training.losses_and_metrics.MetricResult", fail)
    tree = {**BAD, "compile": {**BAD["compile"], "metrics": ["accuracy"]}}
    names = [diagnostic.name for diagnostic in seqspec.check(tree).diagnostics]
    assert "internal-error" in names and "softmax-over-one" in names and "nonpositive-learning-rate" in names


DECAY = {"type": "ExponentialDecay", "initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": -1.0}


@pytest.mark.parametrize(
    "tree",
    [
        initialized(type="RandomNormal", stddev=0.0),
        initialized(type="TruncatedNormal", stddev=0.0),
        initialized(type="RandomUniform", minval=0.0, maxval=0.0),
        document({**DENSE, "kernel_initializer": "random_uniform"}, DENSE, input=[0]),
        document({**DENSE, "kernel_initializer": "random_uniform"}, DENSE, input=-1),
        document({"type": "Reshape", "target_shape": [None, 4]}, {**DENSE, "kernel_initializer": "random_uniform"}),
        document(DENSE, compile={"loss": "mse", "optimizer": {"type": "SGD", "learning_rate": DECAY}}),
        document(DENSE, compile={"loss": "mse", "optimizer": {"type": "SGD", "clipnorm": -(10**400)}}),
        document(DENSE, compile={"loss": "mse", "optimizer": {"type": "SGD", "momentum": 10**400}}),
        {
            "seqspec": 1,
            "model": {"input": [9, 4], "seqspec": [{"type": "LSTM", "units": 4, "dropout": 10**400}, DENSE]},
        },
        document(
            {"type": "Conv2D", "filters": 1, "kernel_size": 5, "padding": "same"},
            input=["H", "W", 1],
            target={"kind": "regression", "shape": ["H", "W", 11]},
            compile={"loss": "mse", "optimizer": "adam"},
        ),
        document(
            DENSE, search={"objective": "val_loss", "space": {"fit.epochs": {"min": 8, "max": 10**400, "step": 8}}}
        ),
    ],
)
def test_past_internal_errors_do_not_recur(tree):
    assert failure(tree) is None


@pytest.mark.parametrize("kind", ["RandomNormal", "TruncatedNormal"])
def test_initializer_with_zero_spread_is_constant(kind):
    names = {found.name for found in seqspec.check(initialized(type=kind, stddev=0.0)).diagnostics}
    assert "constant-kernel-initializer" in names


def test_extreme_values_cause_no_internal_error():
    for tree in every_argument(Random(0)):
        assert failure(tree) is None, tree


def test_random_extreme_values_cause_no_internal_error():
    rng = Random(0)
    for _ in range(1500):
        tree = random_document(rng)
        assert failure(tree) is None, tree
