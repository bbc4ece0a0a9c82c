"""The generation of Keras that a program is written for, by names that other generations do not have."""

from __future__ import annotations

import ast
from enum import IntEnum

from seqspec.core.catalog import legacy
from seqspec.programs.compile_arguments import OF_KERAS_1_FITS


class Generation(IntEnum):
    """A generation of Keras.

    `KERAS_1` includes the versions of Keras 2 that still accept the words of Keras 1; all of them have several
    backends, and other defaults than `tf.keras`.
    """

    KERAS_1 = 1
    KERAS_2 = 2
    KERAS_3 = 3


_KERAS_1_ARGUMENTS = (legacy.KERAS_1_ARGUMENTS - legacy.AMBIGUOUS_ARGUMENTS) | OF_KERAS_1_FITS
_KERAS_1_MODULES = frozenset(("keras.initializations", "keras.objectives", "keras.layers.containers"))
_KERAS_1_FUNCTIONS = frozenset(("set_image_dim_ordering", "image_dim_ordering"))

_KERAS_2_MODULES = tuple(
    f"keras.{name}"
    for name in "layers.advanced_activations layers.convolutional layers.core layers.embeddings layers.local "
    "layers.noise layers.normalization layers.pooling layers.recurrent layers.wrappers utils.np_utils "
    "utils.vis_utils utils.generic_utils wrappers.scikit_learn engine.topology".split()
)
_KERAS_2_METHODS = frozenset(("evaluate_generator", "fit_generator", "predict_classes", "predict_generator"))
_OPTIMIZERS = frozenset(("SGD", "RMSprop", "Adam", "Adagrad", "Adadelta", "Adamax", "Nadam"))
_KERAS_2_OPTIMIZER_ARGUMENTS = frozenset(("decay", "lr"))


def detect_generation(tree: ast.AST) -> Generation:
    """The newest generation that has every name of Keras in a program."""
    newest = Generation.KERAS_3
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg in _KERAS_1_ARGUMENTS:
            return Generation.KERAS_1
        if isinstance(node, ast.Attribute) and node.attr in _KERAS_1_FUNCTIONS:
            return Generation.KERAS_1
        if isinstance(node, ast.ImportFrom) and node.module in _KERAS_1_MODULES:
            return Generation.KERAS_1
        if _needs_keras_2(node):
            newest = Generation.KERAS_2
    return newest


def _needs_keras_2(node: ast.AST) -> bool:
    if isinstance(node, ast.ImportFrom):
        module = node.module or ""
        return any(name.endswith(_KERAS_2_MODULES) for name in (module, *(f"{module}.{n.name}" for n in node.names)))
    if isinstance(node, ast.Attribute):
        return node.attr in _KERAS_2_METHODS
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", None)
        keywords = {keyword.arg for keyword in node.keywords}
        return name in _OPTIMIZERS and not keywords.isdisjoint(_KERAS_2_OPTIMIZER_ARGUMENTS)
    return False
