"""What the curves of a run say in words: overfitting, underfitting, divergence."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

_OVERFIT = 1.1
"""Validation loss at the end, as a multiple of its lowest value, from which training overfits."""
_LITTLE = 0.02
_LEAST = 0.01
"""What the loss must fall by at the end, as a share of the first loss, where more epochs would help."""
RELATED = {
    "overfitting": ("overparameterized", "best-weights-not-restored", "no-validation", "large-flatten-dense"),
    "underfitting": (
        "learning-rate-too-low", "few-updates", "high-dropout-rate", "stacked-dropout", "strong-regularizer",
        "missing-nonlinearity", "linear-network", "unscaled-input", "default-learning-rate",
    ),
    "diverging": (
        "learning-rate-too-high", "recurrent-without-clipping", "unscaled-input", "unscaled-target",
        "kernel-initializer-scale",
    ),
    "unfinished": ("few-updates", "learning-rate-too-low"),
}  # fmt: skip


class Verdict(NamedTuple):
    """A kind (overfitting, underfitting, diverging, unfinished, fine), a sentence, and rules with related findings."""

    kind: str
    text: str
    related: Sequence[str] = ()


def verdicts(
    history: Mapping[str, Sequence[Any]], evaluation: Mapping[str, object], findings: Sequence[Mapping[str, Any]]
) -> list[Verdict]:
    """What the curves show; one verdict says that nothing is wrong."""
    loss = [value for value in history.get("loss", ()) if value is not None]
    validation = [value for value in history.get("val_loss", ()) if value is not None]
    found = []
    if len(loss) >= 2 and (not math.isfinite(loss[-1]) or loss[-1] > loss[0] * 1.05):
        found.append(("diverging", f"the training loss rises from {loss[0]:.4g} to {loss[-1]:.4g}"))
    if len(validation) >= 3 and len(validation) == len(loss):
        best = min(range(len(validation)), key=validation.__getitem__)
        if validation[-1] > _OVERFIT * validation[best] and loss[-1] < loss[best]:
            found.append(
                (
                    "overfitting",
                    f"the validation loss is lowest at epoch {best + 1} ({validation[best]:.4g}) and rises to "
                    f"{validation[-1]:.4g}, while the training loss goes on falling",
                )
            )
    beaten = _against_baseline(evaluation)
    if beaten is not None and not any(kind == "diverging" for kind, _ in found):
        found.append(("underfitting", beaten))
    if not found and len(loss) >= 4:
        recent = validation if len(validation) == len(loss) else loss
        quarter = max(1, len(recent) // 4)
        gain = (recent[-1 - quarter] - recent[-1]) / abs(recent[-1 - quarter] or 1)
        # A loss that is almost 0 can still fall by much of itself, which changes nothing.
        matters = recent[-1 - quarter] - recent[-1] > _LEAST * abs(recent[0])
        if gain / quarter > _LITTLE and matters:
            text = f"the loss still falls by {gain / quarter:.0%} per epoch at the end: more epochs would help"
            found.append(("unfinished", text))
    if not found:
        return [Verdict("fine", "the curves show neither overfitting nor underfitting")]
    names = {str(each.get("name")) for each in findings}
    return [Verdict(kind, text, [rule for rule in RELATED[kind] if rule in names]) for kind, text in found]


def _against_baseline(evaluation: Mapping[str, Any]) -> str | None:
    for name in ("test", "validation"):
        result = evaluation.get(name) or {}
        classes, residuals = result.get("classes"), result.get("residuals")
        if classes and "baseline" in classes:
            own, base = classes["accuracy"], classes["baseline"]["accuracy"]
            if own <= base + _LITTLE:
                accuracy = f"accuracy on the {name} set is {own:.1%}"
                return f"{accuracy}, and always predicting the majority class reaches {base:.1%}"
        if residuals and "baseline" in residuals:
            bases = {key: value for key, value in residuals["baseline"].items() if key.endswith("_mae")}
            key, least = min(bases.items(), key=lambda pair: pair[1])
            if residuals["mae"] >= least:
                what = "the mean of the training labels" if key == "mean_mae" else "the last value"
                error = f"the mean absolute error on the {name} set is {residuals['mae']:.4g}"
                return f"{error}; predicting {what} reaches {least:.4g}"
    return None
