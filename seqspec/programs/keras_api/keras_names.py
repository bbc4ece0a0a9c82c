"""Resolves imported names, and determines which of them belong to Keras."""

from __future__ import annotations

from functools import cache
from typing import TypeGuard

from seqspec.core.api.catalog import APPLICATIONS, LAYERS, MERGING_LAYERS, REFUSED, legacy
from seqspec.core.api.language import ALIASES, snake_case
from seqspec.core.api.messages import nearest
from seqspec.programs.keras_api.signatures import OBJECTS, object_declaration
from seqspec.programs.values.abstract_values import KerasCall, Ref

_ROOTS = tuple(
    tuple(path.split("."))
    for path in (
        "tensorflow.python.keras tensorflow.compat.v1.keras tensorflow.compat.v2.keras "
        "tensorflow.contrib.keras.python.keras tensorflow.contrib.keras.api.keras tensorflow.contrib.keras "
        "tensorflow.keras tf_keras keras_core keras.api._v2.keras keras.src keras.api"
    ).split()
)
"""The modules that contain Keras."""

KERAS_PACKAGES = frozenset(("keras", *(root[0] for root in _ROOTS)))
"""The packages that contain Keras."""

_TF_FAMILIES = ("losses", "metrics", "optimizers", "initializers", "layers")

FAMILIES = {
    **{
        name: name
        for name in (
            "optimizers losses metrics callbacks initializers regularizers constraints activations schedules "
            "applications datasets"
        ).split()
    },
    "objectives": "losses",
    "initializations": "initializers",
}
"""The family of classes or functions in each module of Keras."""

_TF_OPTIMIZERS = {
    **{f"{name}Optimizer": name for name in ("Adam", "Adagrad", "Adadelta", "Ftrl")},
    "GradientDescentOptimizer": "SGD",
    "RMSPropOptimizer": "RMSprop",
}
"""The optimizers of TensorFlow 1 that tf.keras accepted."""

_TF_INITIALIZERS = {
    f"{snake_case(name)}_initializer": name
    for name in "RandomNormal RandomUniform TruncatedNormal Constant Zeros Ones GlorotUniform GlorotNormal".split()
}
"""The initializers of TensorFlow that tf.keras accepted."""

INPUTS = ("Input", "InputLayer")


_BUILTIN_MODULES = (
    ("six", "moves"),
    ("six", "moves", "builtins"),
    ("builtins",),
    ("past", "builtins"),
    ("future", "builtins"),
)
"""Modules from which programs for Python 2 and 3 import `range` and others."""


def canonical(path: tuple[str, ...]) -> Ref:
    """The canonical path of a name in Keras, whichever package it is imported from."""
    source = path[0]
    if path[:-1] in _BUILTIN_MODULES and len(path) > 1:
        return Ref(("builtins", "range" if path[-1] == "xrange" else path[-1]), source)
    for root in _ROOTS:
        if path[: len(root)] == root:
            path = ("keras", *path[len(root) :])
            break
    if path[0] == "tensorflow" and len(path) >= 2:
        if path[1] in ("compat", "contrib") and len(path) > 3 and path[2] in ("v1", "v2"):
            path = ("tensorflow", *path[3:])
        if path[1:2] and path[1] in _TF_FAMILIES:
            path = ("keras", *path[1:])
        elif path[1:2] == ("train",) and path[-1] in _TF_OPTIMIZERS:
            path = ("keras", "optimizers", _TF_OPTIMIZERS[path[-1]])
        elif len(path) == 2 and path[1] in _TF_INITIALIZERS:
            path = ("keras", "initializers", _TF_INITIALIZERS[path[1]])
        elif path[1:2] == ("nn",) and len(path) == 3:
            path = ("keras", "activations", path[-1])
    return Ref(path, source)


def family_of(ref: Ref) -> str | None:
    """The family of a Keras class or function, by its module or its name: `"layers"`, `"optimizers"`, ..."""
    if not ref.is_keras:
        return None
    for part in reversed(ref.path[1:-1]):
        if part in FAMILIES:
            return FAMILIES[part]
    if ref.name in APPLICATIONS:
        return "applications"
    if is_layer_name(ref.name) or is_misspelt_layer(ref):
        return "layers"
    return None


def is_misspelt_layer(ref: Ref) -> bool:
    """Whether an unknown name of `keras.layers` is a misspelled layer: `layers.Conv2d`."""
    name = ref.name
    if ref.path[:-1] != ("keras", "layers") or not name[:1].isupper() or is_layer_name(name) or name in REFUSED:
        return False
    return nearest(name, (*LAYERS, *OTHER_LAYERS)) is not None


def is_layer_name(name: str) -> bool:
    """Whether this is the name of a layer of this or an older Keras version."""
    return name in LAYERS or name in ALIASES or name in legacy.CLASSES or name in legacy.GONE or name in OTHER_LAYERS


OTHER_LAYERS = frozenset(REFUSED) - {"InputSpec"}
"""The layers of Keras that a spec cannot declare."""

MERGING = {snake_case(name): name for name in MERGING_LAYERS}
"""The layer that each function of `keras.layers`, such as `add`, calls."""


@cache
def _bare_names() -> dict[str, tuple[str, ...]]:
    """The module of Keras that a well-known bare name comes from."""
    names = (*LAYERS, *ALIASES, *legacy.CLASSES, *legacy.GONE, *OTHER_LAYERS)
    paths: dict[str, tuple[str, ...]] = {name: ("keras", "layers", name) for name in names}
    paths |= {name: ("keras", "applications", name) for name in APPLICATIONS}
    paths |= {name: ("keras", "models", name) for name in ("Model", "Sequential")}
    paths["Input"] = ("keras", "layers", "Input")
    for family, known in _WELL_KNOWN.items():
        paths |= {name: ("keras", family, name) for name in known.split()}
    return paths


_WELL_KNOWN = {
    "optimizers": "Adam SGD RMSprop Adagrad Adadelta Adamax Nadam AdamW",
    "callbacks": "EarlyStopping ModelCheckpoint ReduceLROnPlateau TensorBoard CSVLogger LearningRateScheduler",
    "utils": "to_categorical",
}


DISTINCTIVE = frozenset(
    name
    for name in (*LAYERS, *ALIASES, *legacy.CLASSES)
    if name[-2:] in ("1D", "2D", "3D") or name in (
        "BatchNormalization", "Bidirectional", "Dense", "Dropout", "Flatten", "GRU", "LSTM", "LeakyReLU",
        "RepeatVector", "SimpleRNN", "TimeDistributed",
    )
) | frozenset(("EarlyStopping", "ModelCheckpoint", "ReduceLROnPlateau", *APPLICATIONS))  # fmt: skip
"""The names that say that code which imports nothing of Keras is meant for Keras."""

ONLY_IN_COMPILE = frozenset(("loss", "optimizer", "metrics"))
ONLY_IN_FIT = frozenset(
    "epochs nb_epoch initial_epoch steps_per_epoch samples_per_epoch validation_data validation_split "
    "validation_steps".split()
)
"""Arguments that only `compile` and `fit` of Keras have."""

GENERATOR_METHODS = frozenset("fit_generator evaluate_generator predict_generator predict_classes".split())
"""Methods that only models of Keras 1 and 2 have."""

_BARE_MODULES = {
    "K": ("keras", "backend"),
    "L": ("keras", "layers"),
    "hub": ("tensorflow_hub",),
    "keras": ("keras",),
    "np": ("numpy",),
    "tensorflow": ("tensorflow",),
    "tf": ("tensorflow",),
    **{name: ("keras", name) for name in ("callbacks", "layers", "losses", "models", "optimizers")},
}
"""The modules that programs usually import under these names."""


def resolve_bare_name(name: str) -> Ref | None:
    """The meaning of a name that is used without an explicit import, as in notebook cells or after a star import."""
    path = _bare_names().get(name)
    return Ref(path, "keras") if path is not None else None


def resolve_bare_module(name: str) -> Ref | None:
    """The module that is usually imported under a name, for code that is posted without imports."""
    path = _BARE_MODULES.get(name)
    return canonical(path) if path is not None else None


def resolve_star_import(module: Ref, name: str) -> Ref | None:
    """The value of a name after `from module import *`; None if the module is not known to export it."""
    if not module.is_keras:
        return None
    path = _bare_names().get(name)
    last = module.path[-1]
    if path is not None and (path[1] == last or last in ("keras", "core", "convolutional", "recurrent", "models")):
        return Ref(path, module.source)
    if last in FAMILIES and path is None and (name[:1].isupper() or _names_object(FAMILIES[last], name)):
        return Ref((*module.path, name), module.source)
    if last in ("models", "layers", "keras") and name in ("Model", "Sequential", "load_model", "Input"):
        return Ref(("keras", "models" if name != "Input" else "layers", name), module.source)
    if last == "layers" and (name in MERGING or name == "merge"):
        return Ref(("keras", "layers", name), module.source)
    if last in ("utils", "np_utils") and name in ("to_categorical", "np_utils"):
        return Ref(("keras", "utils", name), module.source)
    if last == "datasets" and name in ("mnist", "cifar10", "cifar100", "imdb", "reuters", "fashion_mnist"):
        return Ref(("keras", "datasets", name), module.source)
    return None


def _names_object(family: str, name: str) -> bool:
    """Whether a family has an object of this name, such as `l2`."""
    objects = OBJECTS.get(family)
    return objects is not None and (objects.named(name) is not None or object_declaration(objects, name) is not None)


def is_input(value: object) -> TypeGuard[KerasCall]:
    """Whether a value is the input of a model: `Input` or `InputLayer`."""
    return isinstance(value, KerasCall) and value.ref.name in INPUTS
