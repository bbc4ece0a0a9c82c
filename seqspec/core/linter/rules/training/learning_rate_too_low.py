"""Learning rate at which weights hardly change.

What it does: Detects a learning rate with which newly initialized weights hardly change: 1e-5 or less for SGD, Adam and
similar optimizers. For a schedule, the highest rate counts.

Why is this bad? The loss decreases so slowly that the model seems unable to learn. Fine-tuning is different: with a
pretrained base model the limit is a hundred times lower.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [compile]
    optimizer = { type = "SGD", learning_rate = 1e-6 }
    loss = "binary_crossentropy"

Use instead:
    -optimizer = { type = "SGD", learning_rate = 1e-6 }
    +optimizer = { type = "SGD", learning_rate = 0.01 }

Confidence: high for the warning; SGD with 1e-3 and no momentum occurs in faulty and repaired programs, so it is info,
and only for networks with four or more layers with weights. It is also info if an adaptive optimizer makes enough
updates to change a weight by 0.1, about the size of initial weights: published models are trained that way.

References:
    Bengio, Practical recommendations for gradient-based training of deep architectures, 2012
    TheDeepChecker, tdc_d_low_lr, tdc_r_low_lr, tdc_b_low_lr; UMLAUT and DLContract, whose limit is 1e-7
    Stack Overflow 63212385, 59106542
"""

from seqspec.core.analysis.data.declared_data import Labels
from seqspec.core.analysis.layers.base_models import find_base_models
from seqspec.core.linter.rules import Facts, Findings, Setting, finding, fix_setting, fmt, rule

_DEEP = 4
_FAR = 0.1
_LARGE_LABELS = 300
"""Labels from which SGD diverges with a squared error."""


@rule("SEQ503", "warning", graphs="each", tables="compile", depends_on=("learning_rate", "weights"))
def check(facts: Facts) -> Findings:
    for entry in facts.training.optimizers:
        limit = entry.optimizer.lowest_learning_rate
        rates = entry.rates(facts.training.updates)
        if limit is None or not rates or max(rates) <= 0 or not entry.is_written("learning_rate"):
            continue
        rate, missing = max(rates), ""
        # An update of an adaptive optimizer has about the size of the learning rate.
        far = "adaptive" in entry.traits and rate * (facts.training.updates or 0) >= _FAR
        severity = "info" if far else "warning"
        if any(base.pretrained for base in find_base_models(facts.flat_layers)):
            limit /= 100
        if rate > limit:
            slow = (
                entry.kind == "SGD"
                and rate <= 1e-3
                and not entry.momentum
                and limit == entry.optimizer.lowest_learning_rate
            )
            if not slow or sum(layer.role == "weights" for layer in facts.flat_layers) < _DEEP:
                continue
            severity, missing = "info", " without momentum"
        rate_path = entry.path_of("learning_rate")
        higher = fmt("set {}", Setting("learning_rate", entry.optimizer.starting_learning_rate))
        # The updates of plain gradient descent grow with the inputs and labels, and a higher rate diverges.
        diverges = False
        if "adaptive" not in entry.traits:
            unscaled = _unscaled(facts)
            diverges = bool(unscaled) or _is_unknown(facts)
            if unscaled:
                higher = fmt("scale the {} first, or it diverges; then ", " and the ".join(unscaled)) + higher
            elif diverges:
                higher += " if the data is scaled, or else it diverges; --data measures it"
        yield finding(
            fmt(
                "{} has a learning rate of {}{:g}{}; typical values are {}",
                entry.kind,
                "at most " if entry.scheduled else "",
                rate,
                missing,
                entry.optimizer.typical_learning_rates,
            ),
            path=rate_path,
            label="too low" if severity == "warning" else "slow",
            help=higher + (fmt(", or {}", Setting("momentum", 0.9)) if missing else ""),
            severity=severity,
            fix=None
            if diverges or entry.scheduled or len(rate_path) == len(entry.path)
            else fix_setting(entry.optimizer.starting_learning_rate, rate_path),
        )


def _unscaled(facts: Facts) -> list[str]:
    """What is so large that gradient descent with a usual rate diverges: input, labels."""
    first, labels = facts.inputs.first_weighted_layer, _squared_labels(facts)
    unscaled = ["input"] if first is not None and first.is_unscaled and not first.is_adapted else []
    if labels is not None and labels.bounded and max(abs(labels.low), abs(labels.high)) >= _LARGE_LABELS:
        unscaled.append("labels")
    return unscaled


def _is_unknown(facts: Facts) -> bool:
    """Whether the range of the training data, which nothing scales, is not known."""
    if not facts.data.has_training_source:
        return False
    first, labels = facts.inputs.first_weighted_layer, _squared_labels(facts)
    if labels is not None and not labels.bounded and not labels.centered:
        return True
    return first is not None and first.values is None and not first.scaling and facts.data.columns is None


def _squared_labels(facts: Facts) -> Labels | None:
    """The labels of a regression with a squared error, whose gradients grow with them."""
    labels, objective = facts.output.labels, facts.output.objective
    squared = objective is not None and objective.loss == "MeanSquaredError"
    return labels if squared and labels is not None and labels.kind == "regression" else None
