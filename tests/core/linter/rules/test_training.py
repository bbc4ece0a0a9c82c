"""Boundaries of the rules on training: thresholds, stages, unknown values."""

import copy

import pytest

import seqspec
from seqspec.core.check.check import Check
from seqspec.core.check.fix import fix
from seqspec.core.diagnostics.codes import family


def document(optimizer="adam", layers=None, callbacks=None, **tables):
    """A sound document with 700 weights, over which tables are laid."""
    tree = {
        "seqspec": 1,
        "model": {
            "input": [8],
            "layers": layers
            or [
                {"type": "Dense", "units": 64, "activation": "relu"},
                {"type": "Dense", "units": 1, "activation": "sigmoid"},
            ],
        },
        "target": {"kind": "binary"},
        "compile": {"optimizer": optimizer, "loss": "binary_crossentropy", "metrics": ["accuracy"]},
        "fit": {"epochs": 30, "batch_size": 32},
        "data": {"train": {"samples": 3200}, "validation": {"samples": 640}},
    }
    tree["compile"] |= tables.pop("compile", {})
    tree["fit"] |= tables.pop("fit", {})
    tree |= tables
    if callbacks is not None:
        tree["fit"]["callbacks"] = callbacks
    return tree


def told(tree):
    """The findings on training: name → severity."""
    report = seqspec.check(tree)
    assert not [found for found in report.diagnostics if found.code < "SEQ3"], report.diagnostics
    return {found.name: found.severity for found in report.diagnostics if family(found.code) == "5"}


def facts_of(tree):
    return Check.of(tree).facts


def deep(count, units=32):
    return [{"type": "Dense", "units": units, "activation": "relu"}] * count + [
        {"type": "Dense", "units": 1, "activation": "sigmoid"}
    ]


def test_valid_document_has_no_findings():
    assert told(document()) == {}


@pytest.mark.parametrize(
    ("optimizer", "severity"),
    [
        ({"type": "Adam", "learning_rate": 0.029}, None),
        ({"type": "Adam", "learning_rate": 0.03}, "warning"),
        ({"type": "Adam", "learning_rate": 0.03, "clipnorm": 1.0}, "info"),
        ({"type": "SGD", "learning_rate": 0.1}, None),
        ({"type": "SGD", "learning_rate": 0.5}, "warning"),
        ({"type": "SGD", "learning_rate": 0.1, "momentum": 0.9}, None),
        ({"type": "SGD", "learning_rate": 0.5, "momentum": 0.9}, "warning"),
        ({"type": "LossScaleOptimizer", "inner_optimizer": {"type": "Adam", "learning_rate": 1.0}}, "warning"),
        ("adam", None),
        ("Adam(learning_rate=0.5)", "warning"),
    ],
)
def test_high_learning_rate_severity_depends_on_the_optimizer(optimizer, severity):
    assert told(document(optimizer)).get("learning-rate-too-high") == severity


def test_advice_of_more_epochs_names_early_stopping_only_where_it_is_missing():
    few = {"data": {"train": {"samples": 200}, "validation": {"samples": 50}}, "fit": {"epochs": 5}}
    stops = [{"type": "EarlyStopping", "patience": 2, "restore_best_weights": True}]
    for callbacks, expected in ((None, "set epochs = 143, with EarlyStopping"), (stops, "set epochs = 143")):
        findings = seqspec.check(document(callbacks=callbacks, **copy.deepcopy(few))).diagnostics
        (help,) = [each.help for each in findings if each.code == "SEQ527"]
        assert str(help) == expected


def test_momentum_multiplies_the_learning_rate_of_deep_networks():
    heavy = {"type": "SGD", "learning_rate": 0.1, "momentum": 0.9}
    assert "learning-rate-too-high" in told(document(heavy, deep(3)))
    assert "learning-rate-too-high" not in told(document(heavy, deep(2)))
    plateau = [{"type": "ReduceLROnPlateau", "patience": 3}]
    assert "learning-rate-too-high" not in told(document(heavy, deep(3), plateau))
    falling = {"type": "CosineDecay", "initial_learning_rate": 0.1, "decay_steps": 3000}
    assert "learning-rate-too-high" in told(document({**heavy, "learning_rate": falling}, deep(3)))
    rising = {**falling, "initial_learning_rate": 0.0, "warmup_target": 0.1, "warmup_steps": 300}
    assert "learning-rate-too-high" not in told(document({**heavy, "learning_rate": rising}, deep(3)))
    normalized = [
        layer
        for units in (16, 16, 16)
        for layer in ({"type": "Dense", "units": units}, "BatchNormalization", {"type": "ReLU"})
    ]
    for rate in (0.1, falling):
        recipe = document({**heavy, "learning_rate": rate}, [*normalized, {"type": "Dense", "units": 1}])
        assert "learning-rate-too-high" not in told(recipe)


def test_small_models_tolerate_high_learning_rates():
    small = [
        {"type": "Dense", "units": 2, "activation": "tanh"},
        {"type": "Dense", "units": 1, "activation": "sigmoid"},
    ]
    assert told(document({"type": "Adam", "learning_rate": 0.1}, small))["learning-rate-too-high"] == "info"
    # Ten times the limit is too much for any network.
    assert told(document({"type": "Adam", "learning_rate": 0.3}, small))["learning-rate-too-high"] == "warning"


def test_schedule_is_checked_at_its_highest_rate():
    warm = {"type": "CosineDecay", "initial_learning_rate": 0.0, "decay_steps": 2500, "warmup_steps": 500}
    assert "learning-rate-too-high" in told(document({"type": "Adam", "learning_rate": {**warm, "warmup_target": 0.1}}))
    sound = told(document({"type": "Adam", "learning_rate": {**warm, "warmup_target": 1e-3}}))
    assert sound == {}


def test_fine_tuning_may_use_low_learning_rates():
    base = {"type": "MobileNetV2", "include_top": False, "pooling": "avg", "input_shape": [96, 96, 3]}
    head = {"type": "Dense", "units": 1, "activation": "sigmoid"}
    scale = {"type": "Rescaling", "scale": 1 / 127.5, "offset": -1.0}
    slow = {"type": "Adam", "learning_rate": 1e-6}

    def stack(**weights):
        return {"input": [96, 96, 3], "layers": [scale, {**base, **weights}, head]}

    assert "learning-rate-too-low" not in told(document(slow, model=stack()))
    assert "learning-rate-too-low" in told(document(slow, model=stack(weights="none")))
    assert "learning-rate-too-low" in told(document({"type": "Adam", "learning_rate": 1e-8}, model=stack()))


SERIES = {"type": "series", "path": "s.csv", "target": "y", "features": ["y"], "window": 8, "horizon": 1}
UNKNOWN = "set learning_rate = 0.01 if the data is scaled, or else it diverges; --data measures it"
REAL = {"layers": [{"type": "Dense", "units": 1}], "compile": {"loss": "mse"}, "target": {"kind": "regression"}}


@pytest.mark.parametrize(("more", "help"), [
    ({"data": {"train": {"range": [0, 5000]}}}, "scale the input first, or it diverges; then set learning_rate = 0.01"),
    ({"data": {"train": {"range": [0, 1]}}}, "set learning_rate = 0.01"),
    ({"data": {"source": SERIES}, **REAL, "compile": {"loss": "mae"}}, UNKNOWN),
    ({"data": {"source": SERIES}, **REAL, "layers": ["Normalization", *REAL["layers"]]}, UNKNOWN),
    ({"data": {"source": SERIES}, **REAL, "layers": ["Normalization", *REAL["layers"]],
      "target": {"kind": "regression", "scale": "standard"}}, "set learning_rate = 0.01"),
    ({"data": {"train": {"range": [0, 1]}}, **REAL, "target": {"kind": "regression", "range": [0, 4000]}},
     "scale the labels first, or it diverges; then set learning_rate = 0.01"),
])  # fmt: skip
def test_a_low_rate_on_unscaled_data_is_raised_after_it_is_scaled(more, help):
    report = seqspec.check(document({"type": "SGD", "learning_rate": 1e-6}, **more))
    (found,) = (found for found in report.diagnostics if found.name == "learning-rate-too-low")
    assert found.help == help


def test_each_optimizer_of_several_is_checked():
    several = {
        "type": "MultiOptimizer",
        "optimizer_map": {
            "default_optimizer": "adam",
            "optimizer_map": {".*dense.*": {"type": "SGD", "learning_rate": -1.0}},
        },
    }
    report = seqspec.check(document(several))
    [found] = [found for found in report.diagnostics if found.name == "nonpositive-learning-rate"]
    assert found.pointer.endswith("/learning_rate")


def test_spec_without_training_has_no_findings():
    tree = {key: value for key, value in document().items() if key not in ("compile", "fit")}
    assert told(tree) == {}


def test_stages_continue_epochs_and_updates():
    rate = {"type": "CosineDecay", "initial_learning_rate": 1e-3, "decay_steps": 5000}
    tree = document({"type": "Adam", "learning_rate": rate})
    tree["fit"] = [{"epochs": 20}, {"epochs": 50, "initial_epoch": 20, "batch_size": 64}]
    facts = facts_of(tree)
    assert [(stage.epochs, stage.updates) for stage in facts.training.stages] == [(20, 2000), (30, 1500)]
    assert facts.training.updates == 3500
    assert told(tree) == {}
    tree["fit"][1]["initial_epoch"] = 50
    assert told(tree) == {"no-epochs": "error", "schedule-outlasts-training": "info"}


def test_finding_of_a_stage_has_its_pointer():
    tree = document()
    tree["fit"] = [{"epochs": 5}, {"epochs": 9, "callbacks": [{"type": "EarlyStopping", "monitor": "val_acc"}]}]
    [found] = [found for found in seqspec.check(tree).diagnostics if found.name == "monitor-not-logged"]
    assert found.pointer == "/fit/1/callbacks/0/monitor"


def test_custom_metric_may_have_any_name():
    tree = document(callbacks=[{"type": "EarlyStopping", "monitor": "val_mine", "restore_best_weights": True}])
    assert "monitor-not-logged" in told(tree)
    tree["custom"] = {"Mine": {"import": "my_metrics:Mine", "kind": "metric"}}
    tree["compile"]["metrics"] = [{"custom": "Mine"}]
    assert told(tree) == {}
    del tree["data"]["validation"]
    assert "monitor-not-logged" in told(tree)


@pytest.mark.parametrize(
    ("monitor", "meant"),
    [
        ("val_acc", "val_accuracy"),
        ("acc", "accuracy"),
        ("val_sparse_categorical_accuracy", "val_accuracy"),
        ("val_mae", "val_mean_absolute_error"),
        ("validation_loss", "val_loss"),
        ("val-loss", "val_loss"),
        ("val_accurcy", "val_accuracy"),
        ("val_nonsense_of_mine", None),
    ],
)
def test_monitor_suggests_a_logged_name(monitor, meant):
    metrics = ["accuracy", {"type": "MeanAbsoluteError"}]
    tree = document(
        compile={"metrics": metrics}, callbacks=[{"type": "EarlyStopping", "monitor": monitor, "mode": "min"}]
    )
    [found] = facts_of(tree).training.monitors
    assert found.suggestion() == meant


def test_suggested_monitor_is_valid():
    tree = document(callbacks=[{"type": "EarlyStopping", "monitor": "val_acc", "restore_best_weights": True}])
    assert told(tree) == {"monitor-not-logged": "error"}
    repaired = copy.deepcopy(tree)
    repaired["fit"]["callbacks"][0]["monitor"] = "val_accuracy"
    assert told(repaired) == {}


@pytest.mark.parametrize(("every", "validations"), [(1, 10), (3, 3), (10, 1), (11, 0), ([2, 4, 4, 99], 2), ([], 0)])
def test_validation_freq_determines_the_validations(every, validations):
    [run] = facts_of(document(fit={"epochs": 10, "validation_freq": every})).training.stages
    assert run.validations == validations


def test_validations_start_after_the_initial_epoch():
    [run] = facts_of(document(fit={"epochs": 10, "initial_epoch": 4, "validation_freq": 3})).training.stages
    assert (run.epochs, run.validations) == (6, 2)


def test_unknown_sample_counts_have_no_findings():
    rate = {"type": "CosineDecay", "initial_learning_rate": 1e-3, "decay_steps": 10}
    assert told(document({"type": "Adam", "learning_rate": rate}, data={"train": {}, "validation": {}})) == {}
    assert "schedule-ends-early" in told(document({"type": "Adam", "learning_rate": rate}))


def test_custom_layer_may_have_weights_and_losses():
    own = {"Mine": {"import": "my_layers:Mine", "output_shape": "same"}}
    frozen = {"type": "Dense", "units": 1, "activation": "sigmoid", "trainable": False}
    assert "no-trainable-weights" in told(document(layers=[frozen]))
    assert "no-trainable-weights" not in told(document(layers=[{"custom": "Mine"}, frozen], custom=own))


def test_nested_model_may_be_frozen():
    inner = {"type": "Sequential", "layers": [{"type": "Dense", "units": 4, "trainable": False}]}
    head = {"type": "Dense", "units": 1, "activation": "sigmoid", "trainable": False}
    assert "no-trainable-weights" in told(document(layers=[inner, head]))
    assert "no-trainable-weights" not in told(document(layers=[inner, {**head, "trainable": True}]))


def test_default_batch_size_may_exceed_the_samples():
    few = {"train": {"samples": 10}, "validation": {}}
    assert "batch-size-exceeds-samples" not in told(document(fit={"batch_size": 32}, data=few))
    assert "batch-size-exceeds-samples" in told(document(fit={"batch_size": 33}, data=few))


def test_validation_split_is_ignored_beside_validation_data():
    [run] = facts_of(document(fit={"validation_split": 0.5})).training.stages
    assert (run.split.train, run.validations, run.split.splits) == (3200, 30, False)


def test_checkpoint_name_with_a_huge_width_is_not_formatted():
    tree = document(callbacks=[{"type": "ModelCheckpoint", "filepath": "{epoch:999999999}.keras"}])
    assert "invalid-checkpoint-path" not in told(tree)


def test_half_precision_output_is_reported():
    policy = {"seed": 1, "dtype_policy": "mixed_float16"}
    assert "half-precision-output" in told(document(runtime=policy))
    head = {"type": "Activation", "activation": "sigmoid", "dtype": "float32"}
    layers = [{"type": "Dense", "units": 64, "activation": "relu"}, {"type": "Dense", "units": 1}, head]
    assert told(document(layers=layers, runtime=policy)) == {}
    scaled = {"type": "LossScaleOptimizer", "inner_optimizer": "adam"}
    assert (
        told(document(scaled, layers=layers, runtime=policy, compile={"optimizer": scaled, "auto_scale_loss": False}))
        == {}
    )


@pytest.mark.parametrize(
    ("kind", "epochs", "severity"), [("Adam", 10, "warning"), ("Adam", 1000, "info"), ("SGD", 1000, "warning")]
)
def test_low_learning_rate_severity_depends_on_the_updates(kind, epochs, severity):
    slow = document({"type": kind, "learning_rate": 1e-5}, fit={"epochs": epochs, "batch_size": 32})
    assert told(slow)["learning-rate-too-low"] == severity


def test_steps_exceed_samples_requires_a_batch_size():
    many = document(fit={"steps_per_epoch": 200})
    assert told(many)["steps-exceed-samples"] == "warning"
    del many["fit"]["batch_size"]
    assert told(many)["steps-exceed-samples"] == "info"


def codes(tree):
    return {found.code: found for found in seqspec.check(tree).diagnostics}


def test_trainable_of_a_stage_must_name_a_layer():
    found = codes(document(fit={"trainable": {"hiden": False, "dense_1": True}}))["SEQ909"]
    assert found.pointer == "/fit/trainable/hiden"
    assert "SEQ909" not in codes(document(fit={"trainable": {"dense": False}}))
    # The name may be that of the layer that cannot be read.
    unread = [{"type": "Dense", "units": "x", "name": "hidden"}, {"type": "Dense", "units": 1}]
    assert "SEQ909" not in codes(document(layers=unread, fit={"trainable": {"hidden": False}}))


def test_validation_split_conflicts_with_a_data_split():
    data = {"source": {"type": "table", "path": "a.csv"}, "split": {"by": "random", "validation": 0.2}}
    assert codes(document(data=data, fit={"validation_split": 0.1}))["SEQ909"].pointer == "/fit/validation_split"


@pytest.mark.parametrize(("by", "refused"), [("random", True), ("hash", True), ("time", False), ("column", False)])
def test_series_must_be_split_by_time(by, refused):
    split = (
        {"by": by} | ({} if by == "column" else {"test": 0.2}) | ({} if by in ("random", "time") else {"column": "a"})
    )
    data = {"source": {"type": "series", "path": "a.csv", "window": 4}, "split": split}
    assert ("SEQ909" in codes(document(data=data)), "SEQ906" in codes(document(data=data))) == (False, refused)


def test_validation_data_with_an_error_is_not_missing():
    data = {"source": {"type": "images", "path": "a"}, "split": {"by": "random", "validation": 0.2, "test": 20}}
    stopping = [{"type": "EarlyStopping", "monitor": "val_loss", "restore_best_weights": True}]
    assert "SEQ550" not in codes(document(data=data, callbacks=stopping))


def test_deprecated_argument_is_one_finding_with_all_uses(tmp_path):
    layers = [
        dense for _ in range(3) for dense in ('{ type = "Dense", units = 8 }', '{ type = "LeakyReLU", alpha = 0.1 }')
    ]
    path = tmp_path / "model.seqspec.toml"
    lines = "".join(f"  {layer},\n" for layer in layers)
    path.write_text(f"seqspec = 1\n[model]\ninput = [8]\nlayers = [\n{lines}]\n", encoding="utf-8")
    found = [one for one in seqspec.check(path).diagnostics if one.code == "SEQ118"]
    assert [(one.pointer, len(one.fix.edits)) for one in found] == [("/model/layers/1/alpha", 3)]
    mended = fix(path)
    assert mended.report.diagnostics == []
    assert mended.text.count("negative_slope") == 3
