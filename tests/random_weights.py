"""Random weights, so that a test sees what new weights hide: a bias of zero, a scale of one."""

from __future__ import annotations

from typing import Any


def randomize(model: Any, numbers: Any) -> None:
    """Gives every floating-point variable random values, and variances positive ones; counts are kept.

    Args:
        model: A built Keras model.
        numbers: A generator of NumPy.
    """
    for weight in model.weights:
        if "float" not in str(weight.dtype) or "count" in weight.path:
            continue
        least, most = (0.5, 1.5) if "variance" in weight.path else (-0.5, 0.5)
        weight.assign(numbers.uniform(least, most, weight.shape))
    for layer in model._flatten_layers():
        if type(layer).__name__ == "Normalization" and layer.built and layer.input_mean is None:
            layer.finalize_state()
