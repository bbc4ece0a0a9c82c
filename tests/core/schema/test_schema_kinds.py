"""The schema against the checker, value by value: every argument of every class and table meets the same values."""

from __future__ import annotations

import json

import jsonschema_rs
import pytest
from pydantic import AfterValidator, PlainValidator

from seqspec.core.catalog import objects
from seqspec.core.catalog.field_kind import kind_of
from seqspec.core.catalog.index import LAYERS, layer_class
from seqspec.core.catalog.layer import Layer
from seqspec.core.catalog.layers.base_image import Factor
from seqspec.core.catalog.markers import field_type
from seqspec.core.catalog.validation import validate
from seqspec.core.diagnostics.violation import Violation, Violations
from seqspec.core.document.data import Data, Dataset
from seqspec.core.document.data_types import DeclaredTable, NamedEntries
from seqspec.core.document.outputs import OUTPUT_KEYS
from seqspec.core.document.runtime import Runtime
from seqspec.core.document.target import KINDS
from seqspec.core.document.training_tables import Compile, Fit
from seqspec.core.language.keys import is_name
from seqspec.core.schema.class_schemas import is_tag, property_of
from seqspec.core.schema.object_schemas import family
from seqspec.core.schema.spec_schema import schema

SCALARS = [
    None, True, False, 0, 1, 2, 3, 7, 32, -1, -2, 1000, 2**40, 0.5, 1.5, -0.25, 0.999, 1e-7, 1e9,
    "", "none", "None", "relu", "Relu", "linear", "zeros", "he_normal", "HeNormal", "l2", "L1L2", "l1_l2", "adam",
    "Adam", "AdAmW", "lamb", "lamb()", "mse", "MSE", "crossentropy", "accuracy", "acc", "AUC", "max_norm",
    "EarlyStopping", "EarlyStopping(patience=3)", "CosineDecay(0.1, 100)", "l2(0.01)", "l2(0.01", "l2 (0.01) ",
    "he_normal(seed=1)", "constant(((1, 2), (3, 4)))", "Constant('a(b)')", "leaky_relu", "LeakyReLU",
    "ReLU(max_value=6)",
    "valid", "same", "causal", "Same", "channels_last", "CHANNELS_FIRST", "auto", "batch", "epoch", "avg", "max",
    "float32", "float16", "mixed_float16", "int8", "int32", "bool", "float8_e4m3fn", "imagenet", "my.weights.h5",
    "nearest", "bilinear", "int", "one_hot", "tf-idf", "hann", "hamming_symmetric", "kaiser", "sum", "concat", "mean",
    "1/255", "-1 / 2.5", "1/0", "1/0.0", "1/2/3", "0.5", "32", "3,5", "5,3", "a name", "T", "?", "1a", "tensorflow",
    "Flatten", "Dense", "MaxPool2D", "LSTMCell", "Lambda", "head", "..", "...", "a.b", "é",
    "sum_over_batch_size", "integer", "data_parallel", "onnx", "model.keras", "max_norm(2)", "Ones", "one", "min",
]  # fmt: skip
LISTS = [
    [], [1], [2, 3], [1, 2], [0, 1], [1, 2, 3], [1, -1], [-1, -1], [1, 0], [0.5, 1], [0.1, 0.2], [[1, 2], [3, 4]],
    [[1, 2], 3], [[0, 1], [2, 3], [4, 5]], [1.5], ["a"], ["a", "b"], [True], [None, 3], ["none", 3], ["T", 3, 1],
    [28, 28, 3], ["relu"], ["mse", "none"], ["accuracy", ["auc"]], [{"type": "GRUCell", "units": 3}], ["train"],
    ["EarlyStopping"], [["a"]], [{}], [2, 1], [3, 1, 2], ["1/2", 1],
]  # fmt: skip
TABLES = [
    {}, {"a": 1}, {"0": 1.5}, {"0": "x"}, {"rmax": 3, "rmin": "none"}, {"type": "L2", "l2": 0.1}, {"type": "l2"},
    {"type": "L2", "l1": 0.1}, {"type": "HeNormal", "seed": 1}, {"type": "Constant"}, {"type": "Constant", "value": 1},
    {"type": "Adam", "learning_rate": 0.1}, {"type": "aDAM"}, {"type": "Adam", "learning_rate": {"type": "x"}},
    {"type": "SGD", "learning_rate": {"type": "CosineDecay", "initial_learning_rate": 0.1, "decay_steps": 9}},
    {"type": "LossScaleOptimizer", "inner_optimizer": "adam"}, {"default_optimizer": "adam"},
    {"type": "mse"}, {"type": "crossentropy"}, {"type": "AUC", "num_thresholds": 10}, {"type": "MaxNorm"},
    {"type": "EarlyStopping", "patience": 3, "x-why": 1}, {"type": "relu"}, {"type": "ReLU", "max_value": 6},
    {"type": "LeakyReLU", "repeat": 2}, {"type": "Dense", "units": 3}, {"type": "Dense"}, {"type": "Lambda"},
    {"type": "LSTM", "units": 3, "activatoin": "relu"}, {"type": "MaxPool2D"}, {"type": 3}, {"name": "float32"},
    {"type": "__tensor__", "value": 1.0}, {"class_name": "Adam"}, {"units": 3}, {"out": "mse"}, {"out": ["auc"]},
    {"samples": 3}, {"samples": -1}, {"shape": [3, "T"], "range": [0, 255]}, {"a": "b"}, {"type": "Adam", "lr": 1},
    {"type": "Dense", "units": 3, "name": "a b"}, {"type": "Conv2D", "filters": "3", "kernel_size": 3},
]  # fmt: skip
VALUES = [*SCALARS, *LISTS, *TABLES]

SCHEMA = schema()


def arguments():
    """Every argument of the catalogue and of the tables, each kind and schema once."""
    declared = [layer_class(name) for name in sorted(LAYERS)]
    for kind in objects.FAMILIES:
        declared += family(kind).classes.values()
    declared += [Compile, Fit, Data, Dataset, Runtime, *OUTPUT_KEYS.values(), *KINDS.values()]
    seen = set()
    for owner in declared:
        for name, field in owner.model_fields.items():
            if is_tag(owner, name):
                continue
            annotation = field_type(field)
            said = {key: value for key, value in property_of(owner, name).items() if key not in EXPLANATIONS}
            key = (json.dumps(said, sort_keys=True), kind_of(annotation).text, name == "layers")
            if key not in seen:
                seen.add(key)
                path = name == "name" and issubclass(owner, Layer)
                yield pytest.param(annotation, said, path, id=f"{owner.__name__}.{name}")


EXPLANATIONS = {"description", "markdownDescription", "default", "patternErrorMessage"}


def accepts(annotation, value, path):
    """Whether the checker takes a value; of a layer's name, which becomes a path, it asks more."""
    try:
        read = validate(annotation, value)
    except (Violation, Violations):
        return False
    return not path or read is None or is_name(read)


def validator(said):
    names, pending = {}, [said]
    while pending:
        text = json.dumps(pending.pop())
        for part in text.split('"$ref": "#/$defs/')[1:]:
            name = part.partition('"')[0]
            if name not in names:
                names[name] = SCHEMA["$defs"][name]
                pending.append(names[name])
    return jsonschema_rs.Draft7Validator({**said, "$defs": names})


def is_beyond(annotation, value):
    """Whether the checker refuses a value for what no schema says: what its parts are together, or inside a string."""
    if isinstance(value, float) and value.is_integer():
        return True
    metadata = kind_of(annotation).marks
    together = any(isinstance(mark, (AfterValidator, PlainValidator, Factor)) for mark in metadata)
    if together and isinstance(value, (int, float, list)):
        return True
    if any(isinstance(mark, NamedEntries) for mark in metadata) and isinstance(value, dict):
        # The values of a category have one type.
        return True
    if any(isinstance(mark, DeclaredTable) and mark.tag not in value for mark in metadata if isinstance(value, dict)):
        # A document may inherit the tag with `extends`.
        return True
    return isinstance(value, str) and any(mark in value for mark in "(/,")


@pytest.mark.parametrize(("annotation", "said", "path"), list(arguments()))
def test_an_argument_takes_what_the_checker_takes(annotation, said, path):
    says = validator(said)
    taken = {index for index, value in enumerate(VALUES) if accepts(annotation, value, path)}
    valid = {index for index, value in enumerate(VALUES) if says.is_valid(value)}
    narrow = [VALUES[index] for index in sorted(taken - valid)]
    wide = [value for index in sorted(valid - taken) if not is_beyond(annotation, value := VALUES[index])]
    assert (narrow, wide) == ([], [])
