"""Objects of the compiler compared with the same objects created in Keras: equal configs, equal errors."""

import keras
import pytest

import seqspec
from seqspec.core.analysis.stack import walk_stack
from seqspec.core.catalog.dtypes import policy
from seqspec.core.catalog.layer import InferenceContext
from seqspec.core.catalog.objects import (
    ACTIVATION,
    CALLBACK,
    CONSTRAINT,
    INITIALIZER,
    LOSS,
    METRIC,
    OPTIMIZER,
    REGULARIZER,
    SCHEDULE,
)
from seqspec.core.compiler.keras_model import build_model, fit_arguments, fresh_names
from seqspec.core.compiler.keras_objects import make
from seqspec.core.diagnostics.errors import BuildError
from seqspec.core.diagnostics.violation import Violation, Violations
from seqspec.core.document.model_table import read_model
from seqspec.core.document.training_tables import Compile, Fit
from tests.introspection import KERAS, is_available

HOMES = {
    "initializer": (INITIALIZER, keras.initializers),
    "regularizer": (REGULARIZER, keras.regularizers),
    "constraint": (CONSTRAINT, keras.constraints),
    "schedule": (SCHEDULE, keras.optimizers.schedules),
    "optimizer": (OPTIMIZER, keras.optimizers),
    "loss": (LOSS, keras.losses),
    "metric": (METRIC, keras.metrics),
}

COSINE = {"type": "CosineDecay", "initial_learning_rate": 0.1, "decay_steps": 100}
COMMON = (
    {"weight_decay": 0.01, "clipnorm": 1.0},
    {"clipvalue": 0.5, "use_ema": True, "ema_momentum": 0.9, "ema_overwrite_frequency": 10},
    {"global_clipnorm": 2, "loss_scale_factor": 8, "gradient_accumulation_steps": 4, "name": "mine"},
    {"learning_rate": COSINE},
    {"learning_rate": 1},
    {"learning_rate": -0.5},  # a named surprise: Keras takes a negative learning rate
)
OPTIMIZERS = {
    "SGD": ({"momentum": 0.9, "nesterov": True}, {"momentum": 1}),
    "RMSprop": ({"rho": 0.8, "momentum": 0.1, "epsilon": 1e-5, "centered": True},),
    "Adam": ({"beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-6, "amsgrad": True},),
    "AdamW": ({"weight_decay": 0.1, "beta_1": 0.5},),
    "Adadelta": ({"rho": 0.9, "epsilon": 1e-6},),
    "Adagrad": ({"initial_accumulator_value": 0.2},),
    "Adamax": ({"beta_1": 0.5},),
    "Adafactor": ({"beta_2_decay": -0.5, "relative_step": False, "clip_threshold": 2.0},),
    "Nadam": ({"beta_2": 0.9},),
    "Ftrl": ({"learning_rate_power": -0.1, "l1_regularization_strength": 0.1, "beta": 0.2},),
    "Lion": ({"beta_1": 0.95, "beta_2": 0.98},),
    "Lamb": ({"beta_1": 0.95},),
    "Muon": ({"exclude_layers": ["head"], "ns_steps": 3, "momentum": 0.5, "nesterov": False},),
    "ScheduleFreeAdamW": ({"warmup_steps": 10, "beta_1": 0.8},),
}
REDUCED = ({"reduction": "sum", "name": "mine"}, {"reduction": "none"}, {"dtype": "float64"})

PLAIN_LOSSES = (
    "MeanSquaredError MeanAbsoluteError MeanAbsolutePercentageError MeanSquaredLogarithmicError LogCosh Hinge "
    "SquaredHinge CategoricalHinge KLDivergence Poisson CTC"
).split()
PLAIN_METRICS = (
    "Mean Sum Accuracy CategoricalAccuracy SparseCategoricalAccuracy MeanSquaredError RootMeanSquaredError "
    "MeanAbsoluteError MeanAbsolutePercentageError MeanSquaredLogarithmicError LogCoshError KLDivergence Poisson "
    "Hinge SquaredHinge CategoricalHinge"
).split()

# Per family and class: argument sets. The empty set is added to every class without required arguments.
CASES = {
    "initializer": {
        "Zeros": (),
        "Ones": (),
        "Constant": ({"value": 2}, {"value": [1.0, 2.0]}, {"value": [[1], [2]]}),
        "Identity": ({"gain": 2.0},),
        "RandomNormal": ({"mean": 1, "stddev": 0.5, "seed": 3}, {"stddev": -1}),
        "TruncatedNormal": ({"mean": 1, "stddev": 0.5, "seed": 3},),
        "RandomUniform": ({"minval": 1, "maxval": 0, "seed": -3},),
        "Orthogonal": ({"gain": -1, "seed": 2},),
        "VarianceScaling": (
            {"scale": 2, "mode": "fan_avg", "distribution": "normal", "seed": 1},
            {"distribution": "UNIFORM"},
        ),
        "GlorotNormal": ({"seed": 1},),
        "GlorotUniform": ({"seed": 1},),
        "HeNormal": ({"seed": 1},),
        "HeUniform": ({"seed": 1},),
        "LecunNormal": ({"seed": 1},),
        "LecunUniform": ({"seed": 1},),
    },
    "regularizer": {
        "L1": ({"l1": 0.5}, {"l1": "none"}),
        "L2": ({"l2": 1}, {"l2": "1/4"}),
        "L1L2": ({"l1": 0.5, "l2": 0.25},),
        "OrthogonalRegularizer": ({"factor": 0.5, "mode": "columns"},),
    },
    "constraint": {
        "MaxNorm": ({"max_value": 3, "axis": [0, 1]}, {"max_value": -1}),
        "MinMaxNorm": ({"min_value": 0.5, "max_value": 2, "rate": 0.5, "axis": 1},),
        "NonNeg": (),
        "UnitNorm": ({"axis": [0, 1, 2]},),
    },
    "schedule": {
        "CosineDecay": (
            {"initial_learning_rate": 0.1, "decay_steps": 10, "alpha": 0.1, "warmup_target": 0.2, "warmup_steps": 5},
        ),
        "CosineDecayRestarts": ({"initial_learning_rate": 0.1, "first_decay_steps": 10, "t_mul": 1.5, "alpha": 0.1},),
        "ExponentialDecay": ({"initial_learning_rate": 1, "decay_steps": 10, "decay_rate": 0.9, "staircase": True},),
        "InverseTimeDecay": ({"initial_learning_rate": 0.1, "decay_steps": 0.5, "decay_rate": 0.9, "name": "mine"},),
        "PolynomialDecay": ({"initial_learning_rate": 0.1, "decay_steps": 10, "power": 2, "cycle": True},),
        "PiecewiseConstantDecay": ({"boundaries": [10, 20], "values": [1.0, 0.5, 0.1]},),
    },
    "optimizer": {
        **{name: (*own, *(c for c in COMMON if not (set(c) & set(own[0])))) for name, own in OPTIMIZERS.items()},
        "LossScaleOptimizer": (
            {"inner_optimizer": {"type": "Adam", "clipnorm": 1.0}, "initial_scale": 8.0, "dynamic_growth_steps": 10},
        ),
    },
    "loss": {
        **dict.fromkeys(PLAIN_LOSSES, REDUCED),
        "CosineSimilarity": (*REDUCED, {"axis": 1}),
        "Huber": (*REDUCED, {"delta": 2.0}),
        "BinaryCrossentropy": (*REDUCED, {"from_logits": True, "label_smoothing": 0.1, "axis": 1}),
        "BinaryFocalCrossentropy": (*REDUCED, {"apply_class_balancing": True, "alpha": 0.5, "gamma": 3.0}),
        "CategoricalCrossentropy": (*REDUCED, {"from_logits": True, "label_smoothing": 0.1, "axis": 1}),
        "CategoricalFocalCrossentropy": (*REDUCED, {"alpha": [0.1, 0.9], "gamma": 3.0}),
        "SparseCategoricalCrossentropy": (*REDUCED, {"from_logits": True, "ignore_class": 255, "axis": 1}),
        "CategoricalGeneralizedCrossEntropy": (*REDUCED, {"q": 0.7}),
        "Dice": (*REDUCED, {"axis": [1, 2]}),
        "Tversky": (*REDUCED, {"alpha": 0.3, "beta": 0.7, "axis": [1, 2]}),
        "Circle": (*REDUCED, {"gamma": 64.0, "margin": 0.3, "remove_diagonal": False}),
    },
    "metric": {
        **{name: ({"name": "mine", "dtype": "float64"},) for name in PLAIN_METRICS},
        "BinaryAccuracy": ({"threshold": 0.7}, {"threshold": 3}),
        "TopKCategoricalAccuracy": ({"k": 3},),
        "SparseTopKCategoricalAccuracy": ({"k": 3, "from_sorted_ids": True},),
        **{
            name: ({"thresholds": 0.3}, {"thresholds": [0.1, 0.9], "name": "mine"})
            for name in ("FalseNegatives", "FalsePositives", "TrueNegatives", "TruePositives")
        },
        "Precision": ({"thresholds": [0.1, 0.5], "class_id": 1}, {"top_k": 2}),
        "Recall": ({"thresholds": [0.1, 0.5], "class_id": 1}, {"top_k": 2}),
        "PrecisionAtRecall": ({"recall": 0.5, "num_thresholds": 1}, {"recall": 1, "class_id": 2}),
        "RecallAtPrecision": ({"precision": 0.5, "num_thresholds": 10},),
        "SensitivityAtSpecificity": ({"specificity": 0.5, "num_thresholds": 10},),
        "SpecificityAtSensitivity": ({"sensitivity": 0.5, "num_thresholds": 10},),
        "AUC": (
            {"num_thresholds": 10, "curve": "PR", "summation_method": "majoring"},
            {"thresholds": [0.2, 0.4], "num_thresholds": 0, "from_logits": True},
            {"multi_label": True, "num_labels": 3, "label_weights": [1.0, 2.0, 3.0]},
        ),
        "F1Score": ({"average": "macro", "threshold": 1},),
        "FBetaScore": ({"average": "micro", "beta": 2, "threshold": 0.5},),
        "IoU": ({"num_classes": 3, "target_class_ids": [0, 2], "ignore_class": 255},),
        "BinaryIoU": ({"target_class_ids": [1], "threshold": 0.3},),
        "MeanIoU": ({"num_classes": 3, "sparse_y_pred": False},),
        "OneHotIoU": ({"num_classes": 3, "target_class_ids": [-1, 2]},),
        "OneHotMeanIoU": ({"num_classes": 3, "axis": 1},),
        "CosineSimilarity": ({"axis": 1},),
        "R2Score": ({"class_aggregation": "none", "num_regressors": 2}, {"class_aggregation": "uniform_average"}),
        "PearsonCorrelation": ({"axis": 1},),
        "ConcordanceCorrelation": ({"axis": [1, 2]},),
        "BinaryCrossentropy": ({"from_logits": True, "label_smoothing": 0.1},),
        "CategoricalCrossentropy": ({"from_logits": True, "label_smoothing": 0.1, "axis": 1},),
        "SparseCategoricalCrossentropy": ({"from_logits": True, "axis": 1},),
    },
}


def directly(home, name, arguments):
    """The object as a program would make it."""
    return getattr(home, name)(**{key: value_of(key, value) for key, value in arguments.items()})


FLOATS = ("learning_rate", "momentum", "beta", "threshold")


def value_of(key, value):
    if isinstance(value, dict):
        home = keras.optimizers if key == "inner_optimizer" else keras.optimizers.schedules
        return directly(home, value["type"], {k: v for k, v in value.items() if k != "type"})
    if key in FLOATS and isinstance(value, int):
        return float(value)
    if value == "1/4":
        return 0.25
    return None if value == "none" and key != "reduction" else value


def cases():
    for family, classes in CASES.items():
        for name, sets in classes.items():
            required = HOMES[family][0].class_named(name).required()
            for arguments in sets if required else ({}, *sets):
                yield family, name, arguments


@pytest.mark.parametrize(("family", "name", "arguments"), list(cases()), ids=str)
def test_config_equals_keras(family, name, arguments):
    kind, home = HOMES[family]
    declared = kind.class_named(name)
    if not is_available(declared.since) or (KERAS == (3, 12) and name == "Muon"):
        return
    with fresh_names():
        ours = make(kind.read({"type": name, **arguments}))
    with fresh_names():
        theirs = directly(home, name, arguments)
    assert type(ours) is type(theirs)
    assert keras.saving.serialize_keras_object(ours) == keras.saving.serialize_keras_object(theirs)


@pytest.mark.parametrize("family", CASES)
def test_classes_have_cases(family):
    kind = HOMES[family][0]
    declared = {getattr(value, "stands_for", value) for value in kind.names().values()} - {None}
    names = {entry.__name__ for entry in declared} - {"MultiOptimizer", "STFT"}
    assert names <= set(CASES[family])


REFUSED = {
    "initializer": [
        {"type": "VarianceScaling", "scale": 0},
        {"type": "VarianceScaling", "mode": "FAN_IN"},
        {"type": "VarianceScaling", "distribution": "exponential"},
        {"type": "STFT", "side": "REAL"},
        "Initialiser",
        "constant",
        "he",
    ],
    "regularizer": [{"type": "L2", "l2": -1}, {"type": "OrthogonalRegularizer", "mode": "row"}, "l1_l2", "l3"],
    "constraint": ["maxnorm", {"type": "MaxNorm", "max": 2}],
    "schedule": [
        {"type": "CosineDecay", "initial_learning_rate": 0.1, "decay_steps": 0},
        {"type": "CosineDecay", "initial_learning_rate": 0.1},
        {"type": "PiecewiseConstantDecay", "boundaries": [1], "values": [1.0]},
    ],
    "optimizer": [
        {"type": "SGD", "momentum": 1.5},
        {"type": "SGD", "momentum": -0.5},
        {"type": "Adam", "clipnorm": 1.0, "clipvalue": 1.0},
        {"type": "Adam", "gradient_accumulation_steps": 1},
        {"type": "Adam", "use_ema": True, "ema_momentum": 2.0},
        {"type": "Adam", "use_ema": True, "ema_overwrite_frequency": -1},
        {"type": "Adam", "lr": 0.1},
        {"type": "AdamW", "weight_decay": "none"},
        {"type": "Lion", "beta_1": 0},
        {"type": "Ftrl", "learning_rate_power": 0.5},
        {"type": "Ftrl", "initial_accumulator_value": -0.1},
        {"type": "LossScaleOptimizer"},
        "lamb",
        "adm",
    ],
    "loss": [
        {"type": "MeanSquaredError", "reduction": "average"},
        {"type": "CategoricalGeneralizedCrossEntropy", "q": 1.0},
        "msee",
        "categorical_generalized_cross_entropy",
    ],
    "metric": [
        {"type": "AUC", "num_thresholds": 1},
        {"type": "AUC", "curve": "Roc"},
        {"type": "AUC", "num_labels": 2},
        {"type": "Precision", "thresholds": 1.5},
        {"type": "Precision", "thresholds": [0.5, -0.1]},
        {"type": "FBetaScore", "beta": 0.0},
        {"type": "F1Score", "threshold": 0.0},
        {"type": "F1Score", "average": "mean"},
        {"type": "IoU", "num_classes": 2, "target_class_ids": [2]},
        {"type": "IoU", "num_classes": 2, "target_class_ids": []},
        {"type": "BinaryIoU", "target_class_ids": [0, 2]},
        {"type": "MeanIoU", "num_classes": -1},
        {"type": "R2Score", "num_regressors": -1},
        {"type": "SensitivityAtSpecificity", "specificity": 1.5},
        {"type": "PrecisionAtRecall", "recall": 0.5, "num_thresholds": 0},
        "IoU",
        "kld",
    ],
}
REFUSALS = [(family, entry) for family, entries in REFUSED.items() for entry in entries]


@pytest.mark.parametrize(("family", "entry"), REFUSALS, ids=str)
def test_invalid_object_is_refused_by_seqspec_and_keras(family, entry):
    kind, home = HOMES[family]
    with pytest.raises((Violation, Violations)):
        kind.read(entry)
    with pytest.raises(Exception):  # noqa: B017 - whatever Keras raises is a refusal
        if isinstance(entry, str):
            home.get(entry)
        else:
            directly(home, entry["type"], {k: v for k, v in entry.items() if k != "type"})


CALLBACKS = [
    {"type": "BackupAndRestore", "backup_dir": "backup", "save_freq": 10, "double_checkpoint": True},
    {"type": "CSVLogger", "filename": "log.csv", "separator": ";", "append": True},
    {"type": "EarlyStopping"},
    {"type": "EarlyStopping", "monitor": "loss", "min_delta": 0.1, "patience": 3, "mode": "min", "baseline": 1.0},
    {"type": "ModelCheckpoint", "filepath": "best.keras", "save_best_only": True},
    {"type": "ModelCheckpoint", "filepath": "best.weights.h5", "save_weights_only": True, "save_freq": 5},
    {"type": "ReduceLROnPlateau", "factor": 0.2, "patience": 3, "min_lr": 1e-6},
    {"type": "RemoteMonitor", "root": "http://localhost:1", "headers": {"a": "b"}},
    {"type": "SwapEMAWeights", "swap_on_epoch": True},
    {"type": "TensorBoard", "log_dir": "logs", "histogram_freq": 1, "update_freq": "batch"},
    {"type": "TensorBoard", "profile_batch": "2, 5", "update_freq": 10},
    {"type": "TensorBoard", "profile_batch": [0, 3], "update_freq": "epochs"},  # a named surprise
    {"type": "EarlyStopping", "mode": "maximum"},  # a named surprise
    "TerminateOnNaN",
]


def state(callback):
    return {
        key: value for key, value in vars(callback).items() if isinstance(value, (str, int, float, dict, type(None)))
    }


@pytest.mark.parametrize("entry", CALLBACKS, ids=str)
def test_callbacks_equal_keras(entry):
    entry = {"type": entry} if isinstance(entry, str) else entry
    ours = make(CALLBACK.read(entry))
    theirs = getattr(keras.callbacks, entry["type"])(**{k: v for k, v in entry.items() if k != "type"})
    assert type(ours) is type(theirs)
    assert state(ours) == state(theirs)


@pytest.mark.parametrize(
    "entry",
    [
        {"type": "BackupAndRestore", "backup_dir": ""},
        {"type": "BackupAndRestore", "backup_dir": "x", "save_freq": "batch"},
        {"type": "ModelCheckpoint", "filepath": "best"},
        {"type": "ModelCheckpoint", "filepath": "best.h5", "save_weights_only": True},
        {"type": "ReduceLROnPlateau", "factor": 1.0},
        {"type": "ReduceLROnPlateau", "patients": 1, "factor": 2},
        {"type": "EarlyStopping", "patient": 2},
        {"type": "CSVLogger"},
        {"type": "TensorBoard", "profile_batch": "2"},
        {"type": "TensorBoard", "profile_batch": [3, 2]},
        {"type": "TensorBoard", "profile_batch": -1},
    ],
    ids=str,
)
def test_invalid_callback_is_refused_by_seqspec_and_keras(entry):
    with pytest.raises((Violation, Violations)):
        CALLBACK.read(entry)
    with pytest.raises((ValueError, TypeError)):
        getattr(keras.callbacks, entry["type"])(**{k: v for k, v in entry.items() if k != "type"})


# What activations become


@pytest.mark.parametrize(
    ("written", "config"),
    [
        ("relu", "relu"),
        ("swish", "silu"),
        ({"type": "gelu"}, "gelu"),
        ("softmax", "softmax"),
    ],
)
def test_activations_are_names(written, config):
    layer = keras.layers.Dense(2, activation=make(ACTIVATION.read(written)))
    assert layer.get_config()["activation"] == config


@pytest.mark.parametrize(
    ("written", "function"),
    [
        ("relu(max_value=6)", lambda x: keras.activations.relu(x, max_value=6)),
        ({"type": "relu", "negative_slope": 0.1}, lambda x: keras.activations.relu(x, negative_slope=0.1)),
        ("leaky_relu(0.3)", lambda x: keras.activations.leaky_relu(x, 0.3)),
        ("elu(alpha=0.5)", lambda x: keras.activations.elu(x, 0.5)),
        ("softmax(axis=1)", lambda x: keras.activations.softmax(x, axis=1)),
    ],
)
def test_activations_with_arguments_are_saved(written, function, tmp_path):
    model = built([4, 3], [{"type": "Dense", "units": 3, "activation": written}])
    path = tmp_path / "model.keras"
    model.save(path)
    x = keras.random.normal((2, 4, 3), seed=1)
    kernel, bias = model.layers[0].weights
    expected = function(keras.ops.matmul(x, kernel) + bias)
    for made in (model, keras.saving.load_model(path)):
        assert keras.ops.max(keras.ops.abs(made(x) - expected)) < 1e-6


@pytest.mark.sampled(3)
@pytest.mark.parametrize("kind", ["ELU", "Identity"])
@pytest.mark.parametrize("penalty", ["l2", "l2(0.25)"])
def test_layers_that_keep_plain_data_alone_are_saved(kind, penalty, tmp_path):
    # A named surprise: Keras refuses to save these two with an object for a penalty.
    model = built([4], [{"type": kind, "activity_regularizer": penalty}])
    path = tmp_path / "model.keras"
    model.save(path)
    (layer,) = keras.saving.load_model(path).layers
    assert layer.activity_regularizer.l2 == pytest.approx(0.25 if "(" in penalty else 0.01)


# Whole models


def built(given, layers, policy_name="float32", table=None, **options):
    violations = []
    env = InferenceContext(policy=policy(policy_name))
    stack = read_model({"input": given, "layers": layers}, violations)
    reports = walk_stack(stack.layers, stack.input, env, ("layers",), violations)
    compiled = None if table is None else Compile.read_table(table, violations)
    assert violations == []
    return build_model(stack, reports, env, compile=compiled, **options)


MLP = [
    {"type": "Dense", "units": 4, "activation": "relu"},
    {"type": "Dropout", "rate": 0.1},
    {"type": "Dense", "units": 1},
]

COMPILED = [
    ({}, {}),
    ({"optimizer": "adam", "loss": "mse"}, {"optimizer": "adam", "loss": "mse"}),
    (
        {"optimizer": "SGD(0.1, momentum=0.9)", "loss": "huber(delta=2)", "metrics": ["mae", "AUC(curve='PR')"]},
        {
            "optimizer": keras.optimizers.SGD(0.1, momentum=0.9, name="SGD"),
            "loss": keras.losses.Huber(delta=2),
            "metrics": ["mae", keras.metrics.AUC(curve="PR", name="auc")],
        },
    ),
    (
        {"loss": ["mse"], "loss_weights": 1, "weighted_metrics": ["accuracy"], "metrics": [["acc"], "mse"]},
        {"loss": ["mse"], "loss_weights": 1.0, "weighted_metrics": ["accuracy"], "metrics": [["acc"], "mse"]},
    ),
    (
        {"optimizer": "none", "run_eagerly": True, "steps_per_execution": 3, "jit_compile": False},
        {"optimizer": None, "run_eagerly": True, "steps_per_execution": 3, "jit_compile": False},
    ),
]


@pytest.mark.parametrize(("table", "arguments"), COMPILED, ids=[str(table) for table, _ in COMPILED])
def test_compile_config_equals_keras(table, arguments):
    ours = built([3], MLP, table=table)
    theirs = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    theirs.compile(**arguments)
    assert without_names(ours.get_compile_config()) == without_names(theirs.get_compile_config())


def without_names(config):
    """The config without the optimizer's name, which counts the optimizers of a process."""
    if config.get("optimizer"):
        config["optimizer"]["config"].pop("name", None)
    return config


def test_mixed_precision_scales_the_loss_and_leaves_the_policy():
    model = built([3], MLP, "mixed_float16", {"optimizer": "adam", "loss": "mse"})
    assert type(model.optimizer).__name__ == "LossScaleOptimizer"
    assert [layer.compute_dtype for layer in model.layers] == ["float16"] * 3
    assert keras.config.dtype_policy().name == "float32"


def test_a_model_is_the_same_whatever_was_made_before():
    layers = [
        {"type": "Embedding", "input_dim": 5, "output_dim": 4},
        {"type": "Bidirectional", "layer": {"type": "LSTM", "units": 2, "return_sequences": True}},
        {"type": "TimeDistributed", "layer": {"type": "Sequential", "layers": [{"type": "Dense", "units": 2}]}},
        {"type": "RNN", "cell": [{"type": "GRUCell", "units": 2}, {"type": "GRUCell", "units": 3}]},
    ]
    table = {"optimizer": "adam", "loss": "mse", "metrics": ["AUC()", "AUC()"]}
    first = built([6], layers, table=table)
    keras.layers.Dense(1)
    keras.optimizers.Adam()
    second = built([6], layers, table=table)
    assert first.to_json() == second.to_json()
    assert first.get_compile_config() == second.get_compile_config()
    assert [w.path for w in first.weights] == [w.path for w in second.weights]


def test_a_compiled_model_trains():
    model = built([3], MLP, table={"optimizer": "adam", "loss": "mse", "metrics": ["mae"]})
    x = keras.random.normal((8, 3), seed=1)
    violations = []
    stages = Fit.read_list(
        [
            {
                "epochs": 2,
                "batch_size": 4,
                "verbose": 0,
                "callbacks": ["TerminateOnNaN", "EarlyStopping(monitor='loss')"],
            }
        ],
        violations,
    )
    assert violations == []
    history = model.fit(x, x[:, :1], **fit_arguments(stages[0]))
    assert sorted(history.history) == ["loss", "mae"]


def test_a_multi_optimizer_is_built():
    if KERAS < (3, 15):
        pytest.skip("came with Keras 3.15")
    table = {
        "type": "MultiOptimizer",
        "optimizer_map": {"default_optimizer": "adam", "optimizer_map": {".*bias": "SGD(0.1)"}},
    }
    model = built([3], MLP, table={"optimizer": table, "loss": "mse"})
    x = keras.random.normal((8, 3), seed=1)
    model.fit(x, x[:, :1], verbose=0)
    assert [type(optimizer).__name__ for optimizer in model.optimizer.optimizers] == ["SGD", "Adam"]


def test_newer_class_is_a_build_error(monkeypatch):
    monkeypatch.delattr(keras.losses, "Tversky")
    with pytest.raises(BuildError, match="has no Tversky"):
        make(LOSS.read({"type": "Tversky"}))


def test_distribution_is_that_of_keras():
    document = {
        "seqspec": 1,
        "model": {"input": [3], "layers": [{"type": "Dense", "units": 2}]},
        "runtime": {"distribution": "data_parallel"},
    }
    before = keras.distribution.distribution()
    try:
        if not _distributes():
            with pytest.raises(BuildError, match="cannot distribute"):
                seqspec.build(document)
            return
        model = seqspec.build(document)
        assert isinstance(keras.distribution.distribution(), keras.distribution.DataParallel)
        assert model.output_shape == (None, 2)
    finally:
        keras.distribution.set_distribution(before)


def _distributes():
    """Whether the installed Keras can distribute with TensorFlow, which its older versions cannot."""
    try:
        keras.distribution.DataParallel()
    except AttributeError:
        return False
    return True
