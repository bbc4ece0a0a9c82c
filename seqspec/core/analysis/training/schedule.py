"""The learning rate at any step, for constants and schedules."""

from __future__ import annotations

import math

from seqspec.core.catalog.schedules.base import Schedule, as_float


def rate_at(rate: object, step: float) -> float | None:
    """The learning rate at a step, counted from 0 over all stages; None if a schedule is undefined there.

    `rate` is a number, a built-in schedule or a custom one, which is undefined everywhere.
    """
    if isinstance(rate, (int, float)):
        return as_float(rate)
    if not isinstance(rate, Schedule):
        return None
    try:
        value = rate.rate_at(float(step))
    except (ArithmeticError, ValueError):
        return None
    return value if isinstance(value, float) and math.isfinite(value) else None


def rates(rate: float | Schedule, updates: int | None) -> list[float]:
    """Samples of the learning rate during training, including the first and last step and every turning point.

    `updates` is the number of steps; if unknown, a schedule is sampled to its own end.
    """
    if not isinstance(rate, Schedule):
        return [as_float(rate)]
    last = as_float(updates - 1) if updates else rate.last_sample
    turning_points = (min(max(point, 0.0), last) for point in rate.turning_points)
    steps = {0.0, last, *turning_points, *(last * i / 32 for i in range(1, 32))}
    return rate.rates_at(sorted(steps))
