"""The size of the optimizer state in `summary`, compared with the variables of the Keras optimizer."""

import math

import keras
import pytest
import tensorflow as tf

import seqspec
from seqspec.core.analysis.memory import BYTES, activations, gradient_bytes, optimizer_bytes, weight_bytes
from seqspec.core.catalog.optimizers import NAMES
from seqspec.core.catalog.optimizers.adaptive import Lamb
from seqspec.core.catalog.optimizers.nested_optimizers import MultiOptimizer
from seqspec.core.compiler.keras_objects import make
from tests.introspection import KERAS, is_available

MODEL = {
    "input": {"shape": ["T"], "dtype": "int32"},
    "layers": [
        {"type": "Embedding", "input_dim": 11, "output_dim": 6, "name": "embedding"},
        {"type": "Conv1D", "filters": 5, "kernel_size": 3, "padding": "same"},
        "BatchNormalization",
        {"type": "Dense", "units": 4, "trainable": False},
        {"type": "Bidirectional", "layer": {"type": "LSTM", "units": 3}},
        {"type": "Dense", "units": 7, "name": "head"},
        {"type": "Dense", "units": 1, "use_bias": False, "dtype": "float64"},
    ],
}

PLAIN = sorted({declared.__name__ for declared in [*NAMES.values(), Lamb]} - {"LossScaleOptimizer", "MultiOptimizer"})

COMMON = [
    {},
    {"use_ema": True},
    {"gradient_accumulation_steps": 3},
    {"use_ema": True, "gradient_accumulation_steps": 2, "clipnorm": 1.0},
    {"weight_decay": 0.01, "ema_overwrite_frequency": 5},
]
OWN = {
    "SGD": [
        {"momentum": 0.9},
        {"momentum": 0.9, "nesterov": True, "use_ema": True},
        {"momentum": 0.0, "nesterov": True},
    ],
    "RMSprop": [{"momentum": 0.9}, {"centered": True}, {"momentum": 0.1, "centered": True}],
    "Adam": [{"amsgrad": True}, {"amsgrad": True, "use_ema": True}],
    "AdamW": [{"amsgrad": True}],
    "Adafactor": [{"relative_step": False}, {"clip_threshold": 2.0}],
    "Muon": [
        {"exclude_embeddings": False},
        {"exclude_embeddings": False, "exclude_layers": ["sequential/emb"]},
        {"exclude_layers": ["/head/", "^embedding"]},
        {"exclude_layers": ["dense", "conv.d"]},
    ],
}


def declared(name):
    return NAMES.get(name.lower(), Lamb)


CASES = [
    (name, options)
    for name in PLAIN
    # Muon of Keras 3.12 takes convolutions of one axis as matrices too; later ones do not.
    if is_available(declared(name).since) and not (name == "Muon" and KERAS < (3, 13))
    for options in [*COMMON, *OWN.get(name, [])]
]


def document_with(optimizer, policy="float32"):
    return {"seqspec": 1, "model": MODEL, "compile": {"optimizer": optimizer}, "runtime": {"dtype_policy": policy}}


def compiled(optimizer, policy="float32"):
    document = document_with(optimizer, policy)
    model = seqspec.build(document)
    model.optimizer.build(model.trainable_variables)
    return document, model


def kept_by_keras(optimizer):
    """Bytes of the optimizer's variables, without the few single numbers that it counts steps and scales with."""
    return sum(size(variable) for variable in optimizer.variables if len(variable.shape))


def counted(document):
    spec = seqspec.load(document)
    return optimizer_bytes(seqspec.check(document).layers, spec.compile.optimizer)


@pytest.fixture(scope="module")
def trained_variables():
    """The variables of one model for the optimizers of all documents."""
    return compiled("sgd")[1].trainable_variables


@pytest.mark.parametrize(("name", "options"), CASES, ids=[f"{name}-{options}" for name, options in CASES])
def test_state_is_that_of_keras(name, options, trained_variables):
    document = document_with({"type": name, **options})
    optimizer = make(seqspec.load(document).compile.optimizer)
    optimizer.build(trained_variables)
    assert counted(document) == kept_by_keras(optimizer)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float16", "float64"])
@pytest.mark.parametrize("optimizer", ["adam", {"type": "SGD", "momentum": 0.5}, "adafactor"])
def test_state_has_the_dtype_of_the_weights(policy, optimizer):
    document, model = compiled(optimizer, policy)
    inner = getattr(model.optimizer, "inner_optimizer", model.optimizer)
    assert counted(document) == kept_by_keras(inner)


def test_the_optimizer_within_the_scaling_one_counts():
    document, model = compiled({"type": "LossScaleOptimizer", "inner_optimizer": {"type": "Adam", "amsgrad": True}})
    assert counted(document) == kept_by_keras(model.optimizer.inner_optimizer)


def test_memory_of_pattern_dependent_layers_is_unknown():
    if is_available(MultiOptimizer.since):
        document, _ = compiled({"type": "MultiOptimizer", "optimizer_map": {"default_optimizer": "adam"}})
        assert counted(document) is None
    document, _ = compiled({"type": "Muon", "exclude_layers": ["(a+)+b"]})
    assert counted(document) is None


@pytest.mark.parametrize("policy", ["float32", "mixed_float16", "float64"])
def test_weights_and_gradients_are_those_of_keras(policy):
    document, model = compiled("sgd", policy)
    layers = seqspec.check(document).layers
    assert weight_bytes(layers) == sum(size(variable) for variable in model.weights if "seed" not in variable.path)
    assert gradient_bytes(layers) == sum(map(size, model.trainable_variables))


def size(variable):
    return math.prod(variable.shape) * BYTES[keras.backend.standardize_dtype(variable.dtype)]


def test_training_keeps_no_activations_of_layers_before_the_first_one_that_is_trained():
    layers = [
        {"type": "Dense", "units": 1000, "trainable": False},
        {"type": "Dense", "units": 10, "trainable": False},
        {"type": "Dense", "units": 3},
    ]
    document = {"seqspec": 1, "model": {"input": [8], "layers": layers}}
    whole = {"seqspec": 1, "model": {"input": [8], "layers": [{**entry, "trainable": True} for entry in layers]}}
    assert [activations(seqspec.check(each).layers, 2) for each in (document, whole)] == [
        [0, 2 * 10 * 4, 2 * 3 * 4],
        [2 * 1000 * 4, 2 * 10 * 4, 2 * 3 * 4],
    ]

    @tf.function
    def gradients(model, x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(model(x))
        return tape.gradient(loss, [weight.value for weight in model.trainable_weights])

    products = []
    for each in (document, whole):
        step = gradients.get_concrete_function(seqspec.build(each), tf.ones((2, 8)))
        # What leads to the gradients: the rest is left out when the graph runs.
        needed, pending = set(), [tensor.op for tensor in step.outputs]
        while pending:
            operation = pending.pop()
            if operation.name not in needed:
                needed.add(operation.name)
                pending += [tensor.op for tensor in operation.inputs]
        operations = [step.graph.get_operation_by_name(name) for name in needed]
        products.append([operation.type for operation in operations].count("MatMul"))
    # Backward: one for the kernel of each trained layer, and one for each output between them. The sum of the last
    # output is not needed, and neither is its product.
    assert products == [2 + 1, 2 + 3 + 2]
