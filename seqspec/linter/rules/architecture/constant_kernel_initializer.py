"""Kernel initializer that gives all weights the same value.

What it does: finds layers whose kernel starts as zeros, ones or another constant.

Why it hurts: all units of such a layer compute the same. Where the next layer starts with one value too, they get the
same gradient as well and stay the same for ever: the layer is one unit, many times over. With zeros under `relu`,
nothing arrives at the next layer, and no gradient comes back either. Elsewhere the start values of the next layer tell
the units apart in time, but training begins with a layer of one unit.

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

Confidence: certain where it is an error, that is for zeros under relu, and where the next layer starts with one value
too: tests/differential/test_signal.py trains such layers and finds them unmoved, or their units equal. Otherwise it is
a warning; at the last layer zeros are a hint and other constants a warning. A model of one layer and frozen layers are
left alone.

References:
    NeuraLint f004 (Nikanjam et al., 2021)
    TheDeepChecker, "poor weight initialization" (Ben Braiek and Khomh, 2022)
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.analysis.signal import constant_of
from seqspec.catalog.keras_object import given_arguments
from seqspec.catalog.layer import Layer
from seqspec.diagnostics.tree_fix import TreeFix, set_value
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    flow = facts.flow
    for number, index in enumerate(flow.weighted):
        layer, entry = flow[index].entry.layer, flow[index].entry
        value = _start(layer)
        if value is None or not layer.trainable:
            continue
        last = facts.has_full_stack and index == flow.last_learned
        units = getattr(layer, "units", None) or getattr(layer, "filters", None)
        if (last and len(flow.weighted) == 1) or (units == 1 and value != 0):
            continue
        following = flow[flow.weighted[number + 1]].entry.layer if number + 1 < len(flow.weighted) else None
        message, severity = _verdict(value, last, _activation(facts, index), following)
        path = (*entry.path, "kernel_initializer")
        start = "he_normal" if flow[index].activation in ("relu", "leaky_relu", "elu") else "glorot_uniform"
        yield Violation(
            RULE.name,
            message,
            path=path,
            label="the same for all weights",
            help=f'write "{start}"',
            severity=severity,
            fix=TreeFix(f"use {start}", (set_value(path, start),)),
        )


def _start(layer: Layer) -> float | None:
    return constant_of(given_arguments(layer).get("kernel_initializer"))


def _activation(facts: Facts, index: int) -> str | None:
    """The activation of a layer whose sums start at zero, be it a layer of its own directly behind."""
    step = facts.flow[index]
    behind = facts.flow[index + 1 : index + 2]
    if given_arguments(step.entry.layer).get("bias_initializer") is not None:
        return None
    if step.activation == "linear" and behind:
        step = behind[0]
    activation: str | None = step.activation
    return activation


def _verdict(value: float, last: bool, activation: str | None, following: Layer | None) -> tuple[str, str | None]:
    if last:
        message = f"starts with {value:g} everywhere, so that the layers before learn little at first"
        return message, "info" if value == 0 else "warning"
    if following is not None and _start(following) is not None:
        return f"starts with {value:g} everywhere, as the next layer does: its units are the same and stay so", None
    if value == 0 and activation in ("relu", "relu6"):
        return f"starts with zeros, where {activation} is flat: nothing leaves it, and no gradient comes back", None
    message = f"starts with {value:g} everywhere: its units are the same, and the layers before learn nothing at first"
    if value:
        message = f"starts with {value:g} everywhere: its units are the same until the next layer tells them apart"
    return message, "warning"


RULE = Rule(
    code="SEQ410",
    name="constant-kernel-initializer",
    severity="error",
    requires=Requires(arguments=("kernel_initializer",)),
    check=check,
    docs=__doc__,
)
