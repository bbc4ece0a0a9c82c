"""The learning rate at any step, for constants and schedules."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable
from itertools import accumulate
from typing import Any

Rate = Callable[[float], float]


def rate_at(rate: object, step: float) -> float | None:
    """The learning rate at a step, counted from 0 over all stages; None if a schedule is undefined there.

    `rate` is a number or an object of `catalog.schedules`.
    """
    if isinstance(rate, (int, float)):
        return _float(rate)
    formula = _FORMULAS.get(type(rate).__name__)
    if formula is None:
        return None
    try:
        value = formula(rate, float(step))
    except (ArithmeticError, ValueError):
        return None
    return value if isinstance(value, float) and math.isfinite(value) else None


def rates(rate: Any, updates: int | None) -> list[float]:
    """Samples of the learning rate during training, including the first and last step and every turning point.

    `updates` is the number of steps; if unknown, a schedule is sampled to its own end.
    """
    if isinstance(rate, (int, float)):
        return [_float(rate)]
    last = _float(updates - 1) if updates else _own_end(rate)
    steps = {0.0, last, *(min(max(point, 0.0), last) for point in _turns(rate)), *(last * i / 32 for i in range(1, 32))}
    if type(rate).__name__ == "PiecewiseConstantDecay":
        # The first boundary that is not below a step is the first of the largest so far.
        reached = list(accumulate(rate.boundaries, max))
        return [_float(rate.values[min(bisect_left(reached, step), len(rate.values) - 1)]) for step in sorted(steps)]
    found = [rate_at(rate, step) for step in sorted(steps)]
    return [value for value in found if value is not None]


def is_schedule(rate: object) -> bool:
    """Whether a learning rate is a schedule."""
    return type(rate).__name__ in _FORMULAS


def length(rate: Any) -> float | None:
    """The step after which a schedule is constant; None if there is none."""
    match type(rate).__name__:
        case "CosineDecay":
            return _float(rate.decay_steps + (rate.warmup_steps if rate.warmup_target is not None else 0))
        case "PolynomialDecay":
            return None if rate.cycle else _float(rate.decay_steps)
        case "PiecewiseConstantDecay":
            return _float(max(rate.boundaries, default=0))
    return None


def _own_end(rate: Any) -> float:
    end = length(rate)
    if end is not None:
        return end
    steps: float = rate.first_decay_steps if type(rate).__name__ == "CosineDecayRestarts" else rate.decay_steps
    return 2.0 * _float(steps)


def _turns(rate: Any) -> list[float]:
    """Steps next to which the curve bends or jumps."""
    match type(rate).__name__:
        case "CosineDecay":
            warmup = _float(rate.warmup_steps)
            return [warmup, warmup + _float(rate.decay_steps), _float(rate.decay_steps)]
        case "PiecewiseConstantDecay":
            return [point for boundary in rate.boundaries for point in (_float(boundary), _float(boundary) + 1)]
        case "CosineDecayRestarts":
            return [_float(rate.first_decay_steps)]
    return [_float(rate.decay_steps)]


def _float(number: float) -> float:
    """The number as a float; infinite for an integer out of range."""
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def _exponential(rate: Any, step: float) -> float:
    power = step / rate.decay_steps
    return float(rate.initial_learning_rate * math.pow(rate.decay_rate, math.floor(power) if rate.staircase else power))


def _inverse_time(rate: Any, step: float) -> float:
    power = step / rate.decay_steps
    return float(rate.initial_learning_rate / (1 + rate.decay_rate * (math.floor(power) if rate.staircase else power)))


def _polynomial(rate: Any, step: float) -> float:
    steps = float(rate.decay_steps)
    if rate.cycle:
        steps *= max(1.0, float(math.ceil(step / steps)))
    else:
        step = min(step, steps)
    fall = rate.initial_learning_rate - rate.end_learning_rate
    return float(fall * math.pow(1 - step / steps, rate.power) + rate.end_learning_rate)


def _cosine(rate: Any, step: float) -> float:
    start = rate.initial_learning_rate
    if rate.warmup_target is not None:
        if step < rate.warmup_steps:
            return float((rate.warmup_target - start) * step / rate.warmup_steps + start)
        step, start = step - rate.warmup_steps, rate.warmup_target
    return float(start * _half_cosine(min(step / rate.decay_steps, 1.0), rate.alpha))


def _restarts(rate: Any, step: float) -> float:
    done, grow = step / rate.first_decay_steps, rate.t_mul
    if grow == 1:
        period = math.floor(done)
        done -= period
    else:
        period = math.floor(math.log(1 - done * (1 - grow)) / math.log(grow))
        done = (done - (1 - grow**period) / (1 - grow)) / grow**period
    return float(rate.initial_learning_rate * _half_cosine(done, rate.alpha, rate.m_mul**period))


def _half_cosine(done: float, alpha: float, factor: float = 1.0) -> float:
    return (1 - alpha) * 0.5 * factor * (1 + math.cos(math.pi * done)) + alpha


def _piecewise(rate: Any, step: float) -> float:
    for boundary, value in zip(rate.boundaries, rate.values):
        if step <= boundary:
            return float(value)
    return float(rate.values[-1])


_FORMULAS: dict[str, Callable[[Any, float], float]] = {
    "CosineDecay": _cosine,
    "CosineDecayRestarts": _restarts,
    "ExponentialDecay": _exponential,
    "InverseTimeDecay": _inverse_time,
    "PiecewiseConstantDecay": _piecewise,
    "PolynomialDecay": _polynomial,
}

SCHEDULES = frozenset(_FORMULAS)
"""The classes of learning rate schedules."""
