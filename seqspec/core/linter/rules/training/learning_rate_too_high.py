"""Learning rate at which training diverges.

What it does: Detects a learning rate so far above the usual range of its optimizer that training usually diverges: 0.5
or more for SGD, a tenth of that with a momentum of 0.9 in a network of four or more layers with weights, 0.03 or more
for Adam and similar optimizers. For a schedule, the highest rate counts;
with momentum it may be that high after a warmup, or where normalization follows the layers with weights.

Why is this bad? Updates overshoot the minimum, the loss increases or becomes NaN, and relu units die. Small networks
are more tolerant: with fewer than 100 weights severity is info, up to ten times the limit.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 64, activation = "relu" },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [compile]
    optimizer = { type = "Adam", learning_rate = 0.1 }
    loss = "binary_crossentropy"

Use instead:
    -optimizer = { type = "Adam", learning_rate = 0.1 }
    +optimizer = { type = "Adam", learning_rate = 0.001 }

Confidence: high. The limits are per optimizer: among about ninety faulty and forty repaired programs, SGD with 0.1 and
Adam with 0.01 occur in repaired ones, so they are not reported. With a squared error of unbounded outputs and data of
magnitude above 1, SGD with 0.1 diverges and is reported.

References:
    Bengio, Practical recommendations for gradient-based training of deep architectures, 2012
    TheDeepChecker, tdc_b_high_lr, tdc_d_high_lr, tdc_r_high_lr
    UMLAUT and DLContract, whose flat limit of 0.01 raises false alarms
    Stack Overflow 48385830, 48934338, 55718408
"""

from seqspec.core.linter.rules import Facts, Findings, Sequence, Setting, finding, fix_setting, fmt, rule

_FEW_WEIGHTS = 100
_DEEP = 4
_FAR_ABOVE = 10
"""The multiple of the limit at which no network trains."""


@rule("SEQ502", "warning", graphs="each", tables="compile", depends_on=("learning_rate",))
def check(facts: Facts) -> Findings:
    for entry in facts.training.optimizers:
        limit = entry.optimizer.highest_learning_rate
        rates = entry.rates(facts.training.updates)
        if limit is None or not rates:
            continue
        rate = max(rates)
        momentum = entry.momentum if entry.kind == "SGD" else 0.0
        effective = rate / (1 - momentum) if momentum < 1 else rate
        severity = "warning"
        why = ""
        if effective < limit:
            if entry.kind != "SGD" or effective < 0.1 or not _wide_squares(facts):
                continue
            why = ", and a squared error of unbounded outputs leads to large gradients"
        elif rate < limit:
            why = fmt(", and with momentum {:g} the effective step size is {:g}", momentum, effective)
            tame = _lowered(facts, rates) or _depth(facts) < _DEEP or _normalizes_linear_maps(facts)
            if effective < _FAR_ABOVE * limit and tame:
                continue
        clipped = any(getattr(entry.optimizer, name) for name in ("clipnorm", "clipvalue", "global_clipnorm"))
        small = sum(layer.trained_params for layer in facts.layers) < _FEW_WEIGHTS
        if clipped or (small and effective < _FAR_ABOVE * limit):
            severity = "info"
        rate_path = entry.path_of("learning_rate")
        yield finding(
            fmt(
                "{} {} a learning rate of {:g}{}; typical values are {}",
                entry.kind,
                "reaches" if entry.scheduled else "has",
                rate,
                why,
                entry.optimizer.typical_learning_rates,
            ),
            path=rate_path,
            label="too high",
            help=fmt("set {}", Setting("learning_rate", entry.optimizer.starting_learning_rate)),
            severity=severity,
            fix=None
            if entry.scheduled or len(rate_path) == len(entry.path)
            else fix_setting(entry.optimizer.starting_learning_rate, rate_path),
        )


def _lowered(facts: Facts, rates: Sequence[float]) -> bool:
    """Whether training warms up to the highest rate, or reduces it on a plateau."""
    return rates[0] < max(rates) or "ReduceLROnPlateau" in facts.training.callback_types


def _normalizes_linear_maps(facts: Facts) -> bool:
    """Whether a normalization follows a linear map directly, as in ResNet, where activations keep their scale."""
    flow = facts.stack.flow
    return any(
        index and flow[index - 1].kind == "weights" and not flow[index - 1].is_nonlinear
        for index in flow.indices_by_kind["norm"]
    )


def _depth(facts: Facts) -> int:
    return sum(entry.role == "weights" for entry in facts.flat_layers)


def _wide_squares(facts: Facts) -> bool:
    """Whether the loss is a squared error of unbounded outputs with data known to be large."""
    head = facts.layers[-1] if facts.has_full_stack else None
    squares = facts.output.objective is not None and facts.output.objective.loss == "MeanSquaredError"
    if head is None or not squares or head.activation not in ("linear", "relu"):
        return False
    train = facts.data.train
    ranges = [train.range if train is not None else None, getattr(facts.target, "trained_range", None)]
    return any(limits is not None and max(map(abs, limits)) > 1 for limits in ranges)
