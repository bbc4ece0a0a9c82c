"""SEQ410 constant-kernel

What it does: finds layers whose kernel starts as zeros, ones or another constant.

Why it hurts: all units of such a layer compute the same, get the same gradient and stay the same for ever: the layer
is one unit, many times over. With zeros nothing arrives at the next layer, and no gradient comes back either.

A last layer that starts with zeros is harmless: each of its units has a label of its own.

Example:
    seqspec = 1

    [model]
    input = [20]
    layers = [
      { type = "Dense", units = 64, activation = "relu", kernel_initializer = "zeros" },
      { type = "Dense", units = 3, activation = "softmax" },
    ]

    [compile]
    loss = "sparse_categorical_crossentropy"

Instead:
    seqspec = 1

    [model]
    input = [20]
    layers = [
      { type = "Dense", units = 64, activation = "relu", kernel_initializer = "he_normal" },
      { type = "Dense", units = 3, activation = "softmax" },
    ]

    [compile]
    loss = "sparse_categorical_crossentropy"

Confidence: certain for hidden layers: tests/differential/test_signal.py trains one and finds its units equal
afterwards. At the last layer zeros are a hint and other constants a warning; a model of one layer and frozen layers
are left alone.

References:
    NeuraLint f004 (Nikanjam et al., 2021)
    TheDeepChecker, "poor weight initialization" (Ben Braiek and Khomh, 2022)
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.known import Facts
from seqspec.analysis.signal import constant_of
from seqspec.diagnostics.problem import Problem
from seqspec.diagnostics.remedy import Remedy, set_value


def check(facts: Facts) -> Iterator[Problem]:
    """Finds what the rule is about."""
    flow = facts.flow
    if "kernel_initializer" not in flow.given:
        return
    for index in flow.weighted:
        layer, entry = flow[index].entry.layer, flow[index].entry
        value = constant_of(vars(layer).get("kernel_initializer"))
        if value is None or not layer.trainable:
            continue
        last = facts.complete and index == flow.last_learned
        units = getattr(layer, "units", None) or getattr(layer, "filters", None)
        if (last and len(flow.weighted) == 1) or (units == 1 and value != 0):
            continue
        if last:
            message = f"starts with {value:g} everywhere, so that the layers before learn little at first"
        elif value == 0:
            message = "starts with zeros: nothing leaves it, and no gradient comes back"
        else:
            message = f"starts with {value:g} everywhere: all its units are the same, and stay the same"
        path = (*entry.path, "kernel_initializer")
        start = "he_normal" if flow[index].activation in ("relu", "leaky_relu", "elu") else "glorot_uniform"
        yield Problem(
            "constant-kernel",
            message,
            path=path,
            label="the same for all weights",
            help=f'write "{start}"',
            severity=("info" if value == 0 else "warning") if last else None,
            fix=Remedy(f"use {start}", (set_value(path, start),)),
        )
