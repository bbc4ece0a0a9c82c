"""Errors that Keras raises only at the first batch or training step, and unusual values that it accepts."""

import inspect

import keras
import numpy as np
import pytest

import seqspec
from seqspec.core.catalog.index import APPLICATIONS, layer_class
from seqspec.core.language.keras import NEWEST
from tests.descriptors import DESCRIPTORS
from tests.introspection import KERAS
from tests.keras_oracle import batch_for, construct, first_batch, judge
from tests.strategies.objects import compare, outcome

# The documents of these tests name no version.
pytestmark = [pytest.mark.nightly] if KERAS != NEWEST else []
DENSE = {"type": "Dense", "units": 4, "activation": "softmax"}
SOFTMAX = {"input": [8], "layers": [DENSE]}


def errors(model, **compiled):
    document = {"seqspec": 1, "model": model}
    if compiled:
        document["compile"] = {"optimizer": "sgd", "loss": "mse", **compiled}
    report = seqspec.check(document)
    return {d.name for d in report.diagnostics if d.severity == "error" or d.name == "fails-on-first-batch"}


def objects(family, table):
    """The Keras object of a table, nested ones too."""
    arguments = {
        key: objects(keras.optimizers.schedules, value) if isinstance(value, dict) else value
        for key, value in table.items()
        if key != "type"
    }
    return getattr(family, table["type"])(**arguments)


def step_fails(model, optimizer=None, loss=None, metric=None):
    """Whether Keras refuses the objects or the first step with them."""
    try:
        built = judge(model, keep_model=True).model
        built.compile(
            objects(keras.optimizers, optimizer) if optimizer else "sgd",
            objects(keras.losses, loss) if loss else "mse",
            metrics=[objects(keras.metrics, metric)] if metric else None,
        )
        shape = built.output_shape[1:]
        sparse = "Sparse" in (loss or {}).get("type", "")
        labels = np.zeros((4, *(shape[:-1] if sparse else shape)))
        built.fit(np.random.default_rng(0).random((4, *built.input_shape[1:])), labels, verbose=0)
    except Exception:
        return True
    return False


def case(**parts):
    return pytest.param(parts, id=str(parts))


SCHEDULE = {"type": "SGD", "learning_rate": {"type": "CosineDecay", "initial_learning_rate": 0.1, "decay_steps": 9}}
OBJECTS = [
    case(loss={"type": "Dice", "axis": 2}),
    case(loss={"type": "Dice", "axis": 1}),
    case(loss={"type": "SparseCategoricalCrossentropy", "axis": 0}),
    case(loss={"type": "SparseCategoricalCrossentropy", "axis": 1}),
    case(loss={"type": "BinaryCrossentropy", "axis": 2}),
    case(loss={"type": "MeanSquaredError", "dtype": "int32"}),
    case(loss={"type": "MeanSquaredError", "dtype": "float16"}),
    case(loss={"type": "MeanSquaredError", "name": "a/b"}),
    case(metric={"type": "MeanSquaredError", "dtype": "bool"}),
    case(metric={"type": "MeanSquaredError", "dtype": "int32"}),
    case(metric={"type": "F1Score", "dtype": "int32"}),
    case(metric={"type": "MeanSquaredError", "name": "a/b"}),
    case(metric={"type": "Precision", "top_k": -1}),
    case(metric={"type": "Precision", "top_k": 2}),
    case(metric={"type": "AUC", "multi_label": True, "num_labels": 4, "label_weights": [1.0, 2.0]}),
    case(metric={"type": "AUC", "multi_label": True, "num_labels": 4, "label_weights": [1.0, 2.0, 1.0, 1.0]}),
    case(optimizer={"type": "SGD", "name": "a/b"}),
    case(optimizer={**SCHEDULE, "learning_rate": {**SCHEDULE["learning_rate"], "name": "a/b"}}),
    case(
        optimizer={
            "type": "SGD",
            "learning_rate": {"type": "PiecewiseConstantDecay", "boundaries": [], "values": [0.1]},
        }
    ),
    case(optimizer=SCHEDULE),
]


@pytest.mark.sampled(4)
@pytest.mark.parametrize("parts", OBJECTS)
def test_objects_are_refused_where_the_first_step_fails(parts):
    compiled = {"metrics" if key == "metric" else key: value for key, value in parts.items()}
    if "metrics" in compiled:
        compiled["metrics"] = [compiled["metrics"]]
    assert bool(errors(SOFTMAX, **compiled)) == step_fails(SOFTMAX, **parts)


USED = [
    *(
        ("losses", {"type": loss, "axis": axis})
        for loss in ("CategoricalCrossentropy", "BinaryCrossentropy", "CategoricalFocalCrossentropy")
        for axis in ([-2, -1], [1, 1], [3], 3)
    ),
    *(("losses", {"type": "CategoricalFocalCrossentropy", "alpha": [1.0] * count}) for count in (0, 1, 2, 4, 5)),
    *(("metrics", {"type": "CosineSimilarity", "axis": axis}) for axis in (1, 3, [0, 1], [-1, 1])),
    *(("metrics", {"type": "SparseCategoricalCrossentropy", "axis": axis}) for axis in (-1, 0, 1, 2)),
    *(("metrics", {"type": "OneHotMeanIoU", "num_classes": 4, "axis": axis}) for axis in (-1, 0, 1, 2)),
    *(
        ("metrics", {"type": "MeanIoU", "num_classes": 4, "axis": axis, "sparse_y_true": False, "sparse_y_pred": False})
        for axis in (-1, 0, 1, 4)
    ),
    *(
        ("metrics", {"type": "AUC", "multi_label": several, "label_weights": [1.0] * count})
        for several in (True, False)
        for count in (0, 1, 2, 4, 5)
    ),
    ("metrics", {"type": "AUC", "thresholds": []}),
    ("metrics", {"type": "IoU", "num_classes": 0, "target_class_ids": [-1]}),
    ("metrics", {"type": "OneHotIoU", "num_classes": 0, "target_class_ids": [-1], "axis": 1}),
]


@pytest.mark.parametrize(("family", "table"), USED, ids=str)
def test_an_object_is_refused_where_its_first_use_fails(family, table):
    assert compare(family, table).kind in ("made", "refused")


def test_random_objects():
    """Other seeds: `scripts/fuzz --objects 10000`."""
    found = [outcome(seed) for seed in range(300)]
    assert [result for result in found if result.kind not in ("made", "refused")] == []
    assert {result.kind for result in found} == {"made", "refused"}


@pytest.mark.parametrize(
    "schedule",
    [
        {"type": "PiecewiseConstantDecay", "boundaries": [1, 2], "values": [1, 0.1, 0.01]},
        {"type": "CosineDecayRestarts", "initial_learning_rate": 1, "first_decay_steps": 10},
        {
            "type": "CosineDecay",
            "initial_learning_rate": 0,
            "decay_steps": 10,
            "warmup_target": 1,
            "warmup_steps": 3,
        },
    ],
)
def test_integers_of_a_schedule_reach_keras_as_floats(schedule):
    assert step_fails(SOFTMAX, optimizer={"type": "SGD", "learning_rate": schedule})
    document = {
        "seqspec": 1,
        "model": SOFTMAX,
        "compile": {"optimizer": {"type": "SGD", "learning_rate": schedule}, "loss": "mse"},
    }
    built = seqspec.build(document)
    built.fit(np.zeros((4, 8)), np.zeros((4, 4)), verbose=0)


WEIGHTS = [
    ([8, 8, 3], {"type": "Conv2D", "filters": 4, "kernel_size": 3, "kernel_regularizer": "orthogonal_regularizer"}),
    ([8], {"type": "Dense", "units": 4, "kernel_regularizer": "orthogonal_regularizer"}),
    ([8], {"type": "Dense", "units": 4, "bias_regularizer": "orthogonal_regularizer"}),
    ([8], {"type": "Dense", "units": 4, "bias_constraint": {"type": "UnitNorm", "axis": 1}}),
    ([8], {"type": "Dense", "units": 4, "bias_constraint": {"type": "UnitNorm", "axis": 0}}),
    ([8], {"type": "Dense", "units": 4, "kernel_constraint": {"type": "MaxNorm", "axis": -3}}),
]


VECTOR_PENALTY = {"bias_regularizer": "orthogonal_regularizer"}
VECTOR_AXIS = {"bias_constraint": {"type": "MaxNorm", "axis": 1}}
WRAPPED = [
    wrapped
    for given in (VECTOR_PENALTY, VECTOR_AXIS)
    for dense, lstm, cell in [
        [{"type": name, "units": 4, **given} for name in ("Dense", "LSTM", "LSTMCell")],
    ]
    for wrapped in (
        {"type": "TimeDistributed", "layer": dense},
        {"type": "TimeDistributed", "layer": {"type": "Sequential", "layers": [dense]}},
        {"type": "TimeDistributed", "layer": dense, "trainable": False},
        {"type": "TimeDistributed", "layer": {**dense, "trainable": False}},
        {"type": "SpectralNormalization", "layer": dense},
        {"type": "Bidirectional", "layer": lstm},
        {
            "type": "Bidirectional",
            "layer": {"type": "LSTM", "units": 4},
            "backward_layer": {**lstm, "go_backwards": True},
        },
        {"type": "RNN", "cell": cell},
        {"type": "RNN", "cell": [{"type": "GRUCell", "units": 4, **given}, {"type": "LSTMCell", "units": 4}]},
        {"type": "RNN", "cell": {"type": "StackedRNNCells", "cells": [{"type": "LSTMCell", "units": 4}, cell]}},
        {"type": "Pipeline", "layers": [dense]},
        {"type": "Sequential", "layers": [dense], "trainable": False},
        {**dense, "trainable": False},
    )
]
WEIGHTS += [([5, 3], [layer, DENSE]) for layer in WRAPPED]


@pytest.mark.sampled(3)
@pytest.mark.parametrize(("shape", "layers"), WEIGHTS, ids=str)
def test_penalties_and_constraints_that_do_not_suit_their_weight(shape, layers):
    model = {"input": shape, "layers": layers if isinstance(layers, list) else [layers]}
    assert ("fails-on-first-batch" in errors(model, loss="mse")) == step_fails(model)


PENALIZED = {"type": "Dense", "units": 4, "activity_regularizer": "l2"}
PENALTIES = [
    *(
        {"type": "TimeDistributed", "layer": layer}
        for layer in (PENALIZED, {"type": "Sequential", "layers": [PENALIZED]}, {**DENSE, "kernel_regularizer": "l2"})
    ),
    {"type": "SpectralNormalization", "layer": PENALIZED},
    {"type": "ActivityRegularization", "l1": 0.1},
    {**DENSE, "kernel_regularizer": "l2"},
    {**DENSE, "kernel_regularizer": "l2", "trainable": False},
    {**DENSE, "use_bias": False, "bias_regularizer": "l2"},
    {"type": "RNN", "return_sequences": True, "cell": {"type": "LSTMCell", "units": 4, "bias_regularizer": "l2"}},
    {"type": "SimpleRNN", "units": 4, "activity_regularizer": "l2"},
]
UNREDUCED = [
    *(({"type": "MeanSquaredError", "reduction": "none"}, penalty) for penalty in PENALTIES),
    *(({"type": "MeanSquaredError", "reduction": reduction}, PENALTIES[3]) for reduction in ("sum", None)),
    *(({"type": "Dice", "reduction": "none", **axis}, PENALTIES[3]) for axis in ({}, {"axis": [1]}, {"axis": [1, 2]})),
    ({"type": "MeanSquaredError", "reduction": "none"}, {"type": "ReLU"}),
]


@pytest.mark.sampled(3)
@pytest.mark.parametrize(("loss", "layer"), UNREDUCED, ids=str)
def test_a_loss_that_is_not_one_number_cannot_have_a_penalty_added(loss, layer):
    model = {"input": [5, 3], "layers": [layer, DENSE]}
    assert ("fails-on-first-batch" in errors(model, loss=loss)) == step_fails(model, loss=loss)


UNREACHED = [
    *(
        ([8], [{"type": "Dense", "units": 4}, {**encoding, "output_mode": mode}, *after])
        for encoding in (
            {"type": "Discretization", "bin_boundaries": [0.0, 0.5]},
            {"type": "Hashing", "num_bins": 4},
            {"type": "IntegerLookup", "vocabulary": [1, 2]},
        )
        for mode in ("int", "multi_hot", "count")
        for after in ((), ({"type": "Dense", "units": 4},))
    ),
    *(
        ({"shape": [5, 8], "dtype": dtype}, [layer])
        for dtype in ("int32", "int64", "bool")
        for norm in ({"type": "GroupNormalization", "groups": 2}, {"type": "LayerNormalization"})
        for layer in (
            norm,
            {"type": "TimeDistributed", "layer": norm},
            {"type": "TimeDistributed", "layer": {"type": "Sequential", "layers": [norm]}},
            {"type": "Pipeline", "layers": [norm]},
            {"type": "Sequential", "layers": [norm]},
            {"type": "SpectralNormalization", "layer": {"type": "Dense", "units": 4}},
            {"type": "TimeDistributed", "layer": {"type": "Dense", "units": 4}},
        )
        if (dtype, layer["type"]) not in (("bool", "Pipeline"), ("bool", "TimeDistributed"))
    ),
]


@pytest.mark.sampled(4)
@pytest.mark.parametrize(("given", "layers"), UNREACHED, ids=str)
def test_no_gradient_passes_through_integers_and_encodings(given, layers):
    model = {"input": given, "layers": layers}
    verdict = judge(model, keep_model=True).model
    verdict.compile("sgd", "mse")
    x = batch_for(given, samples=4)
    try:
        verdict.fit(x, np.zeros((4, *verdict.output_shape[1:])), verbose=0)
        fails = False
    except ValueError as error:
        fails = "No gradients provided" in str(error)
    assert ("no-trainable-weights" in errors(model, loss="mse")) == fails


EMBEDDED = {"type": "Embedding", "input_dim": 5, "output_dim": 3, "mask_zero": True}
CALLS = [
    ([61], {"type": "Rescaling", "scale": [1, 2, 3]}),
    ([3], {"type": "Rescaling", "scale": [1, 2, 3]}),
    ([1000], {"type": "MelSpectrogram", "fft_length": 2048}),
    ([1024], {"type": "MelSpectrogram", "fft_length": 2048}),
    ([1025], {"type": "MelSpectrogram", "fft_length": 2048}),
    ([1], {"type": "TextVectorization", "vocabulary": ["a", "b"]}),
    ([1], {"type": "StringLookup", "vocabulary": ["a", "b"]}),
    ({"shape": [1], "dtype": "string"}, {"type": "StringLookup", "vocabulary": ["a", "b"]}),
    ({"shape": [8], "dtype": "string"}, {"type": "Embedding", "input_dim": 9, "output_dim": 2}),
    ({"shape": [8], "dtype": "int32"}, {"type": "Embedding", "input_dim": 9, "output_dim": 2}),
    ([8, 4], {"type": "Dense", "units": 4, "activity_regularizer": "orthogonal_regularizer"}),
    ([8], {"type": "Dense", "units": 4, "activity_regularizer": "orthogonal_regularizer"}),
    ([5], {"type": "RandomGaussianBlur"}),
    ([8, 8, 3], {"type": "RandomGaussianBlur"}),
    *(
        (shape, {"type": f"Adaptive{kind}Pooling{rank}D", "output_size": 2})
        for kind in ("Max", "Average")
        for rank in (1, 2, 3)
        for shape in ([6], [6, 4], [6, 5, 4], [6, 5, 4, 3], [6, 5, 4, 3, 2])
        if KERAS >= (3, 13)
    ),
    *(
        (shape, [{"type": f"Adaptive{kind}Pooling2D", "output_size": size}, *after])
        for kind in ("Max", "Average")
        for shape, size, after in (
            ([6, 5, 4], 1, ()),
            (["T", 5, 4], 1, ()),
            (["T", 5, 4], 2, ()),
            ([6, 4], 2, ("BatchNormalization",)),
            ([6, 4], 2, ("PReLU",)),
            ([6, 4], 2, ("LayerNormalization",)),
            ([6, 4], 2, ({"type": "Dense", "units": 2},)),
        )
        if KERAS >= (3, 13)
    ),
    *(({"shape": [6, 6, 3], "dtype": dtype}, {"type": "MixUp"}) for dtype in ("string", "int32")),
    *((shape, {"type": "RandomPerspective"}) for shape in ([1, 6, 3], [6, 1, 3], [6, 6, 3])),
    *((shape, {"type": "AugMix"}) for shape in ([6], [6, 6, 3], [6, 6, 4], [6, 6, 6, 3])),
    # Keras 3.12 fails on gray images.
    *([([6, 6, 1], {"type": "AugMix"})] if KERAS >= (3, 13) else []),
    *(([6, 6, 3], {"type": "AugMix", "value_range": value_range}) for value_range in ([1, 1], [0, 1])),
    ([6], [{"type": "Equalization"}, {"type": "Dense", "units": 2}]),
    *(
        ([8, 8, 3], [{"type": "RandomCrop", "height": 4, "width": 4}, *after])
        for after in (
            (),
            ("Flatten", {"type": "Dense", "units": 2}),
            ({"type": "Dense", "units": 2},),
            (
                {"type": "Conv2D", "filters": 2, "kernel_size": 3},
                "GlobalAveragePooling2D",
                {"type": "Dense", "units": 2},
            ),
            ({"type": "Reshape", "target_shape": [16, 3]},),
            ({"type": "LayerNormalization", "axis": [1, 2]},),
            ("BatchNormalization",),
        )
    ),
    *(([8, "T", 3], {"type": "RandomErasing", "fill_value": value}) for value in ([0], [0, 1, 2])),
    *(
        ([8, 5, 3], {"type": kind, "axis": axis})
        for kind in ("Softmax", "UnitNormalization")
        for axis in ([2, 2], [-1, 3], [1, 2])
    ),
    *(
        ({"shape": [3], "dtype": dtype}, {"type": "IntegerLookup", "vocabulary": [1, 2]})
        for dtype in ("string", "int64")
    ),
    *((shape, ["Masking", "Softmax"]) for shape in ([6, 3], [6])),
    ({"shape": [6], "dtype": "int32"}, [EMBEDDED, {"type": "Dense", "units": 3}, "Softmax"]),
    ({"shape": [6], "dtype": "int32"}, [EMBEDDED, {"type": "Dense", "units": 3, "activation": "softmax"}]),
    (["T", 10, 8], {"type": "Discretization", "bin_boundaries": [], "output_mode": "count", "sparse": True}),
]


INTEGERS = {"shape": [4], "dtype": "int32"}
SPARSE_VECTOR = {"type": "Hashing", "num_bins": 3, "output_mode": "multi_hot", "sparse": True}
SPARSE_STEPS = {"type": "CategoryEncoding", "num_tokens": 3, "output_mode": "one_hot", "sparse": True}
AFTER_SPARSE = [
    *({"type": "Activation", "activation": name} for name in ("tanh", "exponential", "linear", "relu", "softmax")),
    {"type": "BatchNormalization"},
    {"type": "Dense", "units": 2},
    {"type": "Discretization", "bin_boundaries": [0.5]},
    {"type": "Dropout", "rate": 0.5},
    {"type": "Embedding", "input_dim": 5, "output_dim": 2},
    {"type": "Flatten"},
    {"type": "GaussianDropout", "rate": 0.5},
    {"type": "Identity"},
    {"type": "LayerNormalization"},
    {"type": "ReLU"},
    {"type": "Rescaling", "scale": 2.0},
    {"type": "Reshape", "target_shape": [-1]},
    {"type": "Sequential", "layers": [{"type": "ReLU"}]},
    {"type": "SpectralNormalization", "layer": {"type": "Dense", "units": 2}},
]
CALLS += [
    *((INTEGERS, [SPARSE_VECTOR, layer]) for layer in AFTER_SPARSE if layer["type"] not in ("Flatten", "Reshape")),
    *(
        (INTEGERS, [SPARSE_VECTOR, {"type": "Pipeline", "layers": [layer]}])
        for layer in ({"type": "Dense", "units": 2}, {"type": "ReLU"})
    ),
    *((INTEGERS, [SPARSE_STEPS, layer]) for layer in (*AFTER_SPARSE, {"type": "LSTM", "units": 2})),
    *(
        ({"shape": [4], "dtype": "string"}, layer)
        for layer in (
            {"type": "Rescaling", "scale": 2.0},
            {"type": "Normalization", "mean": 0.0, "variance": 1.0},
            {"type": "MelSpectrogram"},
        )
    ),
    *(([2, 9, 3], {"type": "RandomColorJitter", "value_range": [1], **kind}) for kind in ({}, {"hue_factor": 0.5})),
    *((["?", 6], {"type": "Reshape", "target_shape": target}) for target in ([27, 2], [4], [-1, 3])),
    ([16, "T", 1, 8], {"type": "TimeDistributed", "layer": {"type": "RepeatVector", "n": 4}}),
    ([3, 100], {"type": "TimeDistributed", "layer": {"type": "MelSpectrogram"}}),
    ([100], {"type": "Pipeline", "layers": [{"type": "MelSpectrogram"}]}),
    ([100], {"type": "MelSpectrogram", "fft_length": 0}),
    ({"shape": [], "batch_size": 2}, {"type": "GroupNormalization", "groups": 1}),
    *(({"shape": [3, 2], "dtype": "int32"}, {"type": "GRU", "units": 4, "dropout": rate}) for rate in (0.0, 0.5)),
    (
        [16, 2, 4],
        [{"type": "RandomCrop", "height": 3, "width": 1}, {"type": "RandAugment", "data_format": "channels_first"}],
    ),
    ([16, "?", 3], {"type": "RandomElasticTransform", "fill_mode": "mirror"}),
    ([16, 8], {"type": "Discretization", "bin_boundaries": [2.0, 0.5]}),
    (
        {"shape": [3, 2], "batch_size": 4},
        {"type": "Bidirectional", "layer": {"type": "SimpleRNN", "units": 3, "stateful": True}},
    ),
    ({"shape": [3], "batch_size": 4}, {"type": "RNN", "stateful": True, "cell": {"type": "LSTMCell", "units": 3}}),
    ([2, 1], {"type": "MelSpectrogram", "mag_exp": 0, "power_to_db": False}),
    ([4, 5, 3], {"type": "AugMix", "num_chains": -1}),
    ([4, 5, 3], {"type": "AugMix", "num_chains": -2}),
]
if KERAS >= (3, 15):
    CALLS += [
        *(
            ([4, 10, 3], {"type": "ContrastLimitedAdaptiveHistogramEqualization", "tile_grid_size": tiles})
            for tiles in ([8, 8], [9, 8], [2, -1])
        ),
        *(([9], {"type": "Reshape", "target_shape": target}) for target in (["none", 3], ["none", 2], ["none", -1])),
        (["?", 16, 1], {"type": "AdaptiveAveragePooling2D", "output_size": [2, 1]}),
        *((INTEGERS, [SPARSE_VECTOR, layer]) for layer in AFTER_SPARSE if layer["type"] in ("Flatten", "Reshape")),
    ]


@pytest.mark.sampled(4)
@pytest.mark.parametrize(("given", "layer"), CALLS, ids=str)
def test_the_first_batch_fails_where_a_finding_says_so(given, layer):
    model = {"input": given, "layers": layer if isinstance(layer, list) else [layer]}
    verdict = judge(model, keep_model=True)
    assert verdict.accepts
    found = {d.name for d in seqspec.check({"seqspec": 1, "model": model}).diagnostics}
    said = not found.isdisjoint({"fails-on-first-batch", "unsupported-image-layer-input"})
    assert bool(first_batch(verdict.model, given)) == said


@pytest.mark.sampled(4)
@pytest.mark.parametrize("cell", ["SimpleRNNCell", "GRUCell", "LSTMCell"])
@pytest.mark.parametrize("dropout", [{"dropout": 0.5}, {"recurrent_dropout": 0.5}], ids=str)
@pytest.mark.parametrize(
    ("outer", "inner"),
    [("mixed_bfloat16", None), ("mixed_float16", "mixed_float16"), ("float32", "mixed_bfloat16"), ("float64", None)],
)
def test_a_cell_drops_inputs_only_in_its_own_dtype(cell, dropout, outer, inner):
    """Keras surprise: the cell makes its dropout mask in the dtype of its inputs before it casts them."""
    cell = {"type": cell, "units": 3, **dropout, **({"dtype": inner} if inner else {})}
    model = {"input": [5, 4], "layers": [{"type": "RNN", "cell": cell, "dtype": outer}]}
    verdict = judge(model, keep_model=True)
    assert bool(first_batch(verdict.model, [5, 4])) == ("fails-on-first-batch" in errors(model))


BUCKETS = {"type": "Discretization", "bin_boundaries": [0.0, 1.0, 2.0]}


@pytest.mark.parametrize(
    "layers",
    [
        *([BUCKETS, {"type": name}] for name in ("LayerNormalization", "BatchNormalization")),
        *([BUCKETS, {"type": name}, DENSE] for name in ("LayerNormalization", "BatchNormalization")),
        [BUCKETS, {"type": "GroupNormalization", "groups": 2}, {"type": "ReLU"}],
        [DENSE, BUCKETS],
        [DENSE, BUCKETS, DENSE],
        [{**DENSE, "kernel_regularizer": "l2"}, BUCKETS],
        *([[BUCKETS, {"type": "RMSNormalization"}]] if KERAS >= (3, 9) else []),
    ],
    ids=str,
)
def test_a_model_without_a_gradient_fails_in_fit(layers):
    model = {"input": [4], "layers": layers}
    keras_model = judge(model, keep_model=True).model
    keras_model.compile("sgd", "mse")
    x = np.random.default_rng(0).normal(size=(2, 4))
    try:
        keras_model.fit(x, np.zeros((2, *keras_model.output_shape[1:])), verbose=0)
        failed = False
    except ValueError as error:
        failed = "No gradients provided" in str(error)
    assert failed == ("no-trainable-weights" in errors(model, loss="mse"))


SPARSE_SOURCES = {"vectors": SPARSE_VECTOR, "steps": SPARSE_STEPS}
FIRST_ARGUMENTS = {
    descriptor.type: descriptor.arguments[0]
    for descriptor in reversed(DESCRIPTORS)
    if descriptor.arguments
    and not descriptor.before
    and descriptor.type not in APPLICATIONS
    and "image" not in layer_class(descriptor.type).traits  # reported as batch-as-image instead
}


@pytest.mark.sampled(4)
@pytest.mark.skipif(KERAS < (3, 15), reason="compared with the newest Keras only")
@pytest.mark.parametrize("source", SPARSE_SOURCES)
@pytest.mark.parametrize("name", FIRST_ARGUMENTS)
def test_sparse_input_of_layers_equals_keras(name, source):
    """`sparse_input` of each layer is what TensorFlow can compute, for the first argument set of its descriptor."""
    layers = [SPARSE_SOURCES[source], {"type": name, **FIRST_ARGUMENTS[name]}]
    model = {"input": INTEGERS, "layers": layers}
    verdict = judge(model, keep_model=True)
    report = seqspec.check({"seqspec": 1, "model": model})
    assert verdict.accepts == report.ok, (verdict.error, report.diagnostics)
    if verdict.accepts:
        failure = first_batch(verdict.model, INTEGERS)
        reported = any(finding.name == "fails-on-first-batch" for finding in report.diagnostics)
        assert bool(failure) == reported, failure or f"Keras computes it: correct sparse_input of {name}"


@pytest.mark.parametrize("cell", ["SimpleRNNCell", "GRUCell", "LSTMCell"])
@pytest.mark.parametrize("given", [["?", 1, 1], [2, 1, 1], [1, 1, 1, 1], [2, 4, 3]], ids=str)
def test_an_unrolled_recurrent_layer_fails_or_broadcasts_the_samples_of_a_batch(given, cell):
    """Keras surprise: unrolled, nothing compares the shape of the state, and the output has another one."""
    model = {"input": given, "layers": [{"type": "RNN", "unroll": True, "cell": {"type": cell, "units": 3}}]}
    verdict = judge(model, keep_model=True)
    assert verdict.accepts and first_batch(verdict.model, given, shapes=True)
    found = seqspec.check({"seqspec": 1, "model": model}).diagnostics
    assert ["broadcasts" in note for note in found[0].notes if found[0].name == "fails-on-first-batch"][:2] == [
        False,
        True,
    ]


CELLS = [{"type": "LSTMCell", "units": 4}, {"type": "LSTMCell", "units": 4}]
VERDICTS = [
    {"input": [8, 8, 3], "layers": [{"type": "UpSampling2D", "interpolation": "area"}]},
    {"input": {"shape": [8], "name": "a"}, "layers": [{"type": "Dense", "units": 4, "name": "b"}]},
    {
        "input": [8, 4],
        "layers": [
            {"type": "RNN", "cell": {"type": "StackedRNNCells", "cells": CELLS}, "return_state": True},
            {"type": "Add"},
        ],
    },
    {"input": [8], "layers": [{"type": "LayerNormalization", "gamma_initializer": None}]},
    {"input": [8], "layers": [{"type": "Dense", "units": 4, "kernel_initializer": None, "bias_initializer": None}]},
    {"input": [8, 4], "layers": [{"type": "LSTM", "units": 4, "kernel_initializer": None}]},
    {"input": [8, 4], "layers": [{"type": "LSTM", "units": 4, "bias_initializer": None}]},
    {"input": [8, 4], "layers": [{"type": "LSTM", "units": 4, "bias_initializer": None, "unit_forget_bias": False}]},
    {"input": [8], "layers": [{"type": "Embedding", "input_dim": 4, "output_dim": 4, "embeddings_initializer": None}]},
    {"input": [8], "layers": [{"type": "PReLU", "alpha_initializer": None}]},
]


@pytest.mark.parametrize("model", VERDICTS, ids=str)
def test_the_verdict_is_that_of_keras(model):
    assert (not errors(model)) == judge(model).accepts


@pytest.mark.parametrize("interpolation", ["linear", "anything"])
def test_upsampling_needs_a_known_interpolation(interpolation):
    layer = {"type": "UpSampling2D", "interpolation": interpolation}
    with pytest.raises(ValueError, match="interpolation"):
        construct(layer)(np.zeros((1, 4, 4, 3)))
    assert errors({"input": [4, 4, 3], "layers": [layer]}) == {"bad-value"}


def test_an_input_and_a_layer_of_one_name():
    with pytest.raises(ValueError, match="unique"):
        keras.Sequential([keras.Input((8,), name="a"), keras.layers.Dense(3, name="a")])
    model = {"input": {"shape": [8], "name": "a"}, "layers": [{"type": "Dense", "units": 3, "name": "a"}]}
    assert errors(model) == {"duplicate-name"}


@pytest.mark.skipif(
    "input_axes" not in inspect.signature(keras.initializers.GlorotUniform).parameters,
    reason="the axes of initializers came after this Keras",
)
@pytest.mark.parametrize(
    "axes",
    [
        {"output_axes": -1},
        {"input_axes": 0},
        {"input_axes": 0, "output_axes": -1},
        {"input_axes": [0], "output_axes": [1]},
    ],
)
def test_one_number_for_the_axes_of_an_initializer(axes):
    try:
        keras.layers.Dense(3, kernel_initializer=keras.initializers.GlorotUniform(**axes)).build((None, 8))
        accepts = True
    except Exception:
        accepts = False
    layer = {"type": "Dense", "units": 3, "kernel_initializer": {"type": "GlorotUniform", **axes}}
    assert (not errors({"input": [8], "layers": [layer]})) == accepts


IN_A_PIPELINE = [layer for layer in AFTER_SPARSE if KERAS >= (3, 15) or layer["type"] not in ("Flatten", "Reshape")]
"""Older Kerases cannot lay out a sparse tensor again, which seqspec does not know."""


@pytest.mark.parametrize("layer", [*IN_A_PIPELINE, {"type": "LeakyReLU"}, {"type": "Dropout", "rate": 0}], ids=str)
def test_a_sparse_tensor_inside_a_pipeline(layer):
    model = {"input": INTEGERS, "layers": [{"type": "Pipeline", "layers": [SPARSE_VECTOR, layer]}]}
    document = {"seqspec": 1, "keras": "=={}.{}.*".format(*KERAS), "model": model}
    assert judge(model).accepts == seqspec.check(document).ok


def test_a_permutation_that_fails_at_the_first_batch_is_refused_already():
    """Keras builds this model, a deliberate strictness of seqspec: no batch can pass it."""
    model = {
        "input": [16, 19, 4],
        "layers": [{"type": "TimeDistributed", "layer": {"type": "Permute", "dims": [1]}}],
    }
    verdict = judge(model, keep_model=True)
    assert verdict.accepts
    assert first_batch(verdict.model, model["input"])
    assert errors(model) == {"wrong-rank"}


def test_a_permutation_inside_time_distributed_fails_on_the_first_batch_and_is_refused():
    """Keras builds the model; that it is refused is named in docs/keras.md."""
    model = {
        "input": [5, 3, 2],
        "layers": [{"type": "TimeDistributed", "layer": {"type": "Permute", "dims": [1]}}],
    }
    verdict = judge(model, keep_model=True)
    assert verdict.accepts and "Transpose" in first_batch(verdict.model, model["input"])
    assert [found.name for found in seqspec.check({"seqspec": 1, "model": model}).diagnostics] == ["wrong-rank"]


def test_label_weights_of_another_length_fail_in_the_first_step():
    layers = [{"type": "Dense", "units": 4, "activation": "sigmoid"}]
    metric = {"type": "AUC", "multi_label": True, "label_weights": [1.0, 2.0]}
    compile = {"optimizer": "sgd", "loss": "binary_crossentropy", "metrics": [metric]}
    document = {"seqspec": 1, "model": {"input": [3], "layers": layers}, "compile": compile}
    assert [found.name for found in seqspec.check(document).diagnostics] == ["incompatible-metric"]
    auc = keras.metrics.AUC(multi_label=True, label_weights=[1.0, 2.0])
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, activation="sigmoid")])
    model.compile("sgd", "binary_crossentropy", metrics=[auc])
    with pytest.raises(ValueError, match="Dimensions must be equal"):
        model.fit(np.ones((2, 3)), np.ones((2, 4)), verbose=0)


def test_integers_for_numbers_that_keras_computes_with_as_floats():
    regularizer = {"type": "OrthogonalRegularizer", "factor": 1}
    layers = [{"type": "Dense", "units": 4, "kernel_regularizer": regularizer}]
    rates = [
        {"type": "PiecewiseConstantDecay", "boundaries": [1], "values": [1, 0.9]},
        {"type": "CosineDecayRestarts", "initial_learning_rate": 1, "first_decay_steps": 2, "alpha": 1},
    ]
    for rate in rates:
        optimizer = {"type": "SGD", "momentum": 1, "learning_rate": rate}
        compile = {"optimizer": optimizer, "loss": "mse", "metrics": [{"type": "FBetaScore", "beta": 1}]}
        model = seqspec.build({"seqspec": 1, "model": {"input": [3], "layers": layers}, "compile": compile})
        model.fit(np.ones((4, 3)), np.eye(4), verbose=0)


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("name", "channels", "fails"), [("VGG16", 1, True), ("MobileNetV2", 1, True), ("EfficientNetB0", 1, False)]
)
def test_base_models_with_other_channels(name, channels, fails):
    base = {"type": name, "input_shape": [32, 32, 3], "weights": "none", "include_top": False}
    model = {"input": [32, 32, channels], "layers": [base]}
    assert ("fails-on-first-batch" in errors(model)) == fails
    assert step_fails(model) == fails
