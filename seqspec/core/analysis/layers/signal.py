"""How initial weights scale the signal in the forward pass and the gradient in the backward pass.

Mean-field theory of random networks: weights are independent and centered, so pre-activations are normally
distributed with the variance `fan_in * spread**2 * (mean square of the input)`. The model input and the output of a
normalization or an opaque layer count as a signal of mean square 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from seqspec.core.analysis.flow import Flow, Step
from seqspec.core.catalog.activations import function_traits

_TRUNCATED = 0.87962566103423978
"""The standard deviation of a normal distribution truncated at two standard deviations."""


def constant_of(initializer: Any) -> float | None:
    """The constant of an initializer; None for all others."""
    kind = type(initializer).__name__
    if kind == "Zeros":
        return 0.0
    if kind == "Ones":
        return 1.0
    if kind == "Constant" and isinstance(initializer.value, (int, float)):
        return float(initializer.value)
    if kind in ("RandomNormal", "TruncatedNormal") and initializer.stddev == 0:
        return float(initializer.mean)
    if kind == "RandomUniform" and initializer.minval == initializer.maxval:
        return float(initializer.minval)
    return None


def spread_of(initializer: Any, shape: tuple[int, ...]) -> float | None:
    """The root mean square of the initial weights of a kernel of this shape; None if unknown."""
    kind = type(initializer).__name__
    if kind in ("RandomNormal", "TruncatedNormal"):
        spread = abs(initializer.stddev) * (_TRUNCATED if kind == "TruncatedNormal" else 1)
        return math.hypot(initializer.mean, spread)
    if kind == "RandomUniform":
        low, high = initializer.minval, initializer.maxval
        return math.sqrt((low * low + low * high + high * high) / 3)
    if kind == "Orthogonal" and len(shape) > 1:
        rows = math.prod(shape[:-1])
        return float(abs(initializer.gain)) / math.sqrt(max(rows, shape[-1], 1))
    constant = constant_of(initializer)
    if constant is not None:
        return abs(constant)
    if not hasattr(initializer, "recipe"):
        return None
    scale, mode, _ = initializer.recipe
    inputs, outputs = initializer.fans(shape)
    fan = {"fan_in": inputs, "fan_out": outputs}.get(mode, (inputs + outputs) / 2)
    return math.sqrt(scale / max(1.0, fan))


class SignalGain:
    """A layer with weights in mean-field theory.

    `fan_in` is the number of products per unit, `fan_out` the number of units per input, `spread` the root mean square
    of the weights. `preactivation_variance` is the variance of the pre-activations, `output_mean_square` the mean
    square of the activations, `back` the factor on the mean square of the gradient in the backward pass. `section`
    numbers the sections between normalizations, and `normalized` is true if a normalization follows before the next
    weights.
    """

    __slots__ = (
        "activation",
        "fan_in",
        "fan_out",
        "index",
        "normalized",
        "output_mean_square",
        "preactivation_variance",
        "section",
        "slope",
        "spread",
        "step",
    )

    def __init__(self, index: int, step: Step, fans: tuple[float, float], spread: float, square: float) -> None:
        self.index = index
        self.step = step
        self.activation = "linear"
        self.fan_in, self.fan_out = fans
        self.spread = spread
        self.preactivation_variance = self.output_mean_square = self.fan_in * spread * spread * square
        self.slope = 1.0
        self.section = 0
        self.normalized = False

    @property
    def gain(self) -> float:
        """The factor on the root mean square from the layer input to the pre-activations."""
        return self.spread * math.sqrt(self.fan_in)

    @property
    def back(self) -> float:
        """The factor on the mean square of the gradient through the layer and its activation."""
        return self.fan_out * self.spread * self.spread * self.slope

    def activate(self, name: str, variance: float) -> float:
        """Applies an activation to pre-activations of this variance; returns the mean square of the output."""
        self.activation = name
        self.output_mean_square, slope = moments(name, variance)
        self.slope *= slope
        return self.output_mean_square


def find_signal_gains(flow: Flow) -> list[SignalGain]:
    """The layers with weights whose initial weights are known, with their mean-field statistics."""
    levels: list[SignalGain] = []
    square, section = 1.0, 0
    last: SignalGain | None = None
    for index, step in enumerate(flow):
        if step.kind == "weights":
            last = _level(index, step, square)
            if last is None:
                square, section = 1.0, section + 1
                continue
            last.section = section
            levels.append(last)
            square = last.output_mean_square
            if step.activation not in (None, "linear"):
                square = last.activate(str(step.activation), last.preactivation_variance)
        elif step.kind == "activation":
            if last is not None:
                square = last.activate(str(step.activation), square)
            else:
                square = moments(str(step.activation), square)[0]
        elif step.kind in ("norm", "recurrent", "opaque", "embedding"):
            if step.kind == "norm" and last is not None:
                last.normalized = True
            else:
                last = None
            square, section = 1.0, section + 1
    return levels


def _level(index: int, step: Step, square: float) -> SignalGain | None:
    layer = step.entry.layer
    kernel = next((weight.shape for weight in step.entry.weights if weight.name == "kernel"), None)
    # Kernels without elements, or with an invalid size, are skipped.
    fans = fans_of(step, kernel) if kernel is not None and min(kernel, default=0) > 0 else None
    if kernel is None or fans is None:
        return None
    initializer = layer.kernel_initializer
    if isinstance(initializer, str):
        from seqspec.core.catalog.objects import INITIALIZER

        initializer = INITIALIZER.read(initializer)
    spread = spread_of(initializer, kernel)
    return None if spread is None else SignalGain(index, step, fans, spread, square)


def fans_of(step: Step, kernel: tuple[int, ...]) -> tuple[float, float] | None:
    """The number of products per unit, and of units per input value; None for a layer without these.

    Keras's initializers compute them differently for some layers: they misread a transposed kernel.
    """
    traits, layer = step.entry.traits, step.entry.layer
    if "dense" in traits and len(kernel) == 2:
        return kernel[0], kernel[1]
    transposed = "transposed_convolution" in traits
    if transposed or ("convolution" in traits and "channelwise" not in traits):
        strides = layer.strides
        moved = strides ** (len(kernel) - 2) if isinstance(strides, int) else math.prod(strides)
        field = math.prod(kernel[:-2])
        if transposed:
            return field * kernel[-1] / moved, field * kernel[-2]
        return field * kernel[-2], field * kernel[-1] / moved / layer.groups
    return None


def _relu(x: float) -> float:
    return x if x > 0 else 0.0


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x > -700 else 0.0


def _softplus(x: float) -> float:
    return x if x > 30 else math.log1p(math.exp(x))


_SELU = 1.0507009873554805
_FUNCTIONS: dict[str, Callable[[float], float]] = {
    "relu": _relu,
    "relu6": lambda x: min(_relu(x), 6.0),
    "leaky_relu": lambda x: x if x > 0 else 0.2 * x,
    "elu": lambda x: x if x > 0 else math.expm1(x),
    "selu": lambda x: _SELU * (x if x > 0 else 1.6732632423543772 * math.expm1(x)),
    "tanh": math.tanh,
    "sigmoid": _sigmoid,
    "hard_sigmoid": lambda x: min(max(x / 6 + 0.5, 0.0), 1.0),
    "hard_tanh": lambda x: min(max(x, -1.0), 1.0),
    "softsign": lambda x: x / (1 + abs(x)),
    "softplus": _softplus,
    "silu": lambda x: x * _sigmoid(x),
    "gelu": lambda x: x * (1 + math.erf(x / math.sqrt(2))) / 2,
    "exponential": lambda x: math.exp(min(x, 300.0)),
}
_STEP = 0.0625
_NODES = [(-6 + _STEP * (index + 0.5)) for index in range(int(12 / _STEP))]
_DENSITY = [math.exp(-node * node / 2) * _STEP / math.sqrt(2 * math.pi) for node in _NODES]


@lru_cache(maxsize=4096)
def moments(activation: str, variance: float) -> tuple[float, float]:
    """The mean square of an activation and of its derivative for a normal distribution of mean 0.

    Unknown activations count as linear.
    """
    function = _FUNCTIONS.get(activation)
    if function is None or variance <= 0 or not math.isfinite(variance):
        return variance, 1.0
    spread = math.sqrt(variance)
    points = [function(spread * (node - _STEP / 2)) for node in _NODES]
    points.append(function(spread * (_NODES[-1] + _STEP / 2)))
    width = spread * _STEP
    square = slope = 0.0
    for index, density in enumerate(_DENSITY):
        middle = function(spread * _NODES[index])
        square += density * min(middle, 1e150) ** 2
        slope += density * min(abs(points[index + 1] - points[index]) / width, 1e150) ** 2
    return square, slope


def gains_by_section(levels: list[SignalGain], last: int, group: str) -> list[list[SignalGain]]:
    """Consecutive hidden layers with activations of a group and no normalization; `last` is the last layer."""
    runs: list[list[SignalGain]] = []
    for number, level in enumerate(levels):
        if level.index == last or group not in function_traits(level.activation):
            continue
        before = levels[number - 1] if number else None
        if runs and before is runs[-1][-1] and before.section == level.section:
            runs[-1].append(level)
        else:
            runs.append([level])
    return runs


def deviation(level: SignalGain) -> float:
    """The gain relative to the ideal one, which is 1, or √2 for activations that halve the signal."""
    return level.gain / (_SQRT2 if "halving" in function_traits(level.activation) else 1.0)


_SQRT2 = math.sqrt(2)
