"""A model saved by Keras, imported and built again: every layer has an equal config."""

import json

import keras
import pytest

import seqspec
from seqspec.core.frontends.keras_json.sequential_model import import_model
from tests.descriptors import DESCRIPTORS
from tests.introspection import KERAS
from tests.keras_oracle import is_application, judge

CASES = 4
"""How many models of a layer are imported where this may have changed; one otherwise."""
# Keras surprise: what these write into their config they do not read back.
UNREADABLE = {"RandomShear", "ZeroPadding2D", "ZeroPadding3D"}


def configs(value):
    """A serialized object without what is another in each process: names, ids, and what the machine decides."""
    if isinstance(value, dict):
        left_out = ("name", "shared_object_id", "jit_compile", "build_config", "build_input_shape")
        return {key: configs(item) for key, item in value.items() if key not in left_out}
    return [configs(item) for item in value] if isinstance(value, list) else value


def built_again(model):
    """The model after the way through a document, and the document."""
    imported = import_model(json.loads(model.to_json()))
    document = {**imported.tree, "keras": "=={}.{}.*".format(*KERAS)}
    report = seqspec.check(document)
    assert report.ok, [diagnostic.message for diagnostic in report.diagnostics]
    assert imported.notes == []
    return seqspec.build(document), document


@pytest.mark.sampled(4)
@pytest.mark.parametrize("descriptor", DESCRIPTORS, ids=lambda descriptor: descriptor.type)
def test_imported_layer_equals_keras(descriptor, exhaustive):
    tried, cases = 0, CASES if exhaustive else 1
    for table in descriptor.models():
        if any(map(is_application, table["layers"])):
            continue
        verdict = judge(table, keep_model=True)
        if verdict.model is None:
            continue
        if descriptor.type in UNREADABLE and not readable(verdict.model):
            continue
        again, _ = built_again(verdict.model)
        assert configs(json.loads(again.to_json())) == configs(json.loads(verdict.model.to_json()))
        tried += 1
        if tried == cases:
            return


def readable(model):
    try:
        keras.models.model_from_json(model.to_json())
    except (ValueError, TypeError):
        return False
    return True


def compiled(**arguments):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="softmax", name="head")])
    model.compile(**arguments)
    return model


OPTIMIZERS = [
    lambda: "adam",
    lambda: keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True, clipnorm=1.0),
    lambda: keras.optimizers.AdamW(keras.optimizers.schedules.CosineDecay(1e-3, 1000, warmup_steps=10)),
    lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(1e-2)),
]
LOSSES = [
    lambda: "mse",
    lambda: keras.losses.Huber(delta=2.0),
    lambda: keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1, reduction="sum"),
    lambda: keras.losses.categorical_crossentropy,
]
METRICS = [
    lambda: None,
    lambda: ["accuracy", "mae"],
    lambda: [keras.metrics.AUC(num_thresholds=50), keras.metrics.RootMeanSquaredError(name="rmse")],
    lambda: [keras.metrics.F1Score(average="macro"), keras.metrics.TopKCategoricalAccuracy(k=3)],
]


@pytest.mark.parametrize("which", range(4))
def test_imported_compile_settings_equal_keras(which):
    for shift in range(4):
        optimizer, loss, metrics = (
            table[(which + step * shift) % 4]() for step, table in enumerate((OPTIMIZERS, LOSSES, METRICS))
        )
        model = compiled(optimizer=optimizer, loss=loss, metrics=metrics, steps_per_execution=1 + shift)
        again, document = built_again(model)
        assert comparable(again) == comparable(model)
        assert document["model"]["layers"] == [{"type": "Dense", "units": 3, "activation": "softmax", "name": "head"}]


def comparable(model):
    config = configs(json.loads(model.to_json())["compile_config"])
    # A function of Keras and its name are the same to compile.
    return json.loads(json.dumps(config), object_hook=lambda o: o["config"] if o.get("class_name") == "function" else o)


def image_stack():
    layers = keras.layers
    return [
        keras.Input((32, 32, 3), batch_size=8, name="image"),
        layers.RandomFlip("horizontal"),
        layers.Conv2D(16, 3, padding="same", kernel_regularizer=keras.regularizers.L2(1e-4), use_bias=False),
        layers.BatchNormalization(momentum=0.9),
        layers.ReLU(max_value=6.0),
        layers.SeparableConv2D(32, (3, 5), strides=2, depth_multiplier=2, pointwise_initializer="he_normal"),
        layers.MaxPooling2D(),
        keras.Sequential([layers.Flatten(), layers.Dense(12, "gelu", trainable=False)], name="head"),
        layers.Dense(5, dtype="float16"),
    ]


def text_stack():
    layers = keras.layers
    return [
        keras.Input((None,), dtype="int32"),
        layers.Embedding(100, 8, mask_zero=True),
        layers.Bidirectional(layers.GRU(4, return_sequences=True, dropout=0.2), merge_mode="ave"),
        layers.Bidirectional(layers.LSTM(4), backward_layer=layers.LSTM(3, go_backwards=True)),
        layers.Dense(1, activation="sigmoid", bias_initializer=keras.initializers.Constant(0.25)),
    ]


@pytest.mark.parametrize("policy", ["float32", "mixed_float16"])
@pytest.mark.parametrize("stack", [image_stack, text_stack])
def test_whole_models(stack, policy):
    keras.config.set_dtype_policy(policy)
    try:
        model = keras.Sequential(stack())
    finally:
        keras.config.set_dtype_policy("float32")
    again, _ = built_again(model)
    assert configs(again.get_config()["layers"]) == configs(model.get_config()["layers"])
    assert again.input_shape == model.input_shape and again.inputs[0].dtype == model.inputs[0].dtype


def test_a_dtype_that_is_not_the_default_of_its_layer():
    """Hashing has float32 without a dtype, whatever the policy of the model is."""
    model = keras.Sequential([keras.Input((2,)), keras.layers.Hashing(5, output_mode="one_hot", dtype="float16")])
    again, _ = built_again(model)
    assert again.layers[0].compute_dtype == "float16"
