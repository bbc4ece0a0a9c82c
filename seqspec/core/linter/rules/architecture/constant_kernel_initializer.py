"""Kernel initializer that sets all weights to the same value.

What it does: Detects a kernel initialized with zeros, ones or another constant.

Why is this bad? All units of such a layer compute the same output. If the next layer is initialized with a constant
too, all units also receive the same gradient and stay identical: the layer is equivalent to a single unit. With zeros
and `relu` the output is 0 and no gradient flows back. Otherwise the random weights of the next layer break the symmetry
over time, but training starts with an effective width of one unit. A last layer initialized with zeros is harmless,
since each of its units has a label of its own.

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

Use instead:
    -  { type = "Dense", units = 64, activation = "relu", kernel_initializer = "zeros" },
    +  { type = "Dense", units = 64, activation = "relu", kernel_initializer = "he_normal" },

Confidence: certain where it is an error, that is, for zeros with relu and where the next layer is constant too: trained
in Keras, such layers stay unchanged or their units stay equal. Otherwise severity is warning; in the last layer zeros
are info and other constants a warning. Models with one layer and frozen layers are not reported.

References:
    NeuraLint f004 (Nikanjam et al., 2021)
    TheDeepChecker, "poor weight initialization" (Ben Braiek and Khomh, 2022)
"""

from seqspec.core.analysis.layers.signal import constant_of
from seqspec.core.catalog.layer import Layer
from seqspec.core.linter.rules import Facts, Findings, finding, fix_setting, fmt, given_argument, rule


@rule("SEQ410", "error", graphs="each", arguments="kernel_initializer")
def check(facts: Facts) -> Findings:
    flow = facts.stack.flow
    for number, index in enumerate(flow.weighted):
        layer, entry = flow[index].entry.layer, flow[index].entry
        value = _start(layer)
        if value is None or not layer.trainable:
            continue
        last = index == flow.last_learned
        units = entry.argument("units") or entry.argument("filters")
        if last and not facts.has_full_stack:
            # Without the layers after an error, it is unknown whether this is the output layer.
            continue
        if (last and len(flow.weighted) == 1) or (units == 1 and value != 0):
            continue
        following = flow[flow.weighted[number + 1]].entry.layer if number + 1 < len(flow.weighted) else None
        message, severity = _verdict(value, last, _activation(facts, index), following)
        path = (*entry.path, "kernel_initializer")
        start = "he_normal" if flow[index].activation in ("relu", "leaky_relu", "elu") else "glorot_uniform"
        yield finding(
            message,
            path=path,
            label="all weights are equal",
            help=fmt('use "{}"', start),
            severity=severity,
            fix=fix_setting(start, path),
        )


def _start(layer: Layer) -> float | None:
    return constant_of(given_argument(layer, "kernel_initializer"))


def _activation(facts: Facts, index: int) -> str | None:
    """Returns the activation of a layer, or of the activation layer directly after it."""
    step = facts.stack.flow[index]
    following = facts.stack.flow[index + 1 : index + 2]
    if given_argument(step.entry.layer, "bias_initializer") is not None:
        return None
    if step.activation == "linear" and following:
        step = following[0]
    activation: str | None = step.activation
    return activation


def _verdict(value: float, last: bool, activation: str | None, following: Layer | None) -> tuple[str, str | None]:
    if last:
        message = fmt("all weights start at {:g}, so earlier layers receive little gradient at first", value)
        return message, "info" if value == 0 else "warning"
    if following is not None and _start(following) is not None:
        message = fmt("all weights start at {:g}, as in the next layer: all units stay identical", value)
        return message, None
    if value == 0 and activation in ("relu", "relu6"):
        message = fmt("all weights start at 0, where {} has no gradient: the layer is never trained", activation)
        return message, None
    message = fmt(
        "all weights start at {:g}: all units are identical, and earlier layers receive no gradient at first", value
    )
    if value:
        message = fmt(
            "all weights start at {:g}: all units are identical until the next layer breaks the symmetry", value
        )
    return message, "warning"
