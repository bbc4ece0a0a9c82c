"""Same source for two datasets.

What it does: Detects a validation or test set with the same `source` as the training set.

Why is this bad? Memorized samples count as correct predictions. Overfitting cannot be detected, and early stopping
never triggers.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1 },
    ]

    [data.train]
    source = "houses.npz"

    [data.validation]
    source = "houses.npz"

Use instead:
     [data.train]
    -source = "houses.npz"
    +source = "houses_train.npz"

     [data.validation]
    -source = "houses.npz"
    +source = "houses_validation.npz"

Confidence: high for equal sources. Sources that differ in any detail, such as a key within the file, are not reported.

References:
    "How real are they" fault code IDS, wrong split of the data (Jahangirova et al., 2024)
"""

from seqspec.core.analysis.training.stages import SPLIT_OFF_VALIDATION
from seqspec.core.linter.rules import Facts, Findings, finding, fmt, rule


@rule("SEQ613", "warning", graphs="all", tables="data", arguments="source")
def check(facts: Facts) -> Findings:
    seen: list[tuple[str, object]] = []
    for name, dataset in facts.inputs.datasets:
        if dataset.source is None:
            continue
        first = next((other for other, source in seen if source == dataset.source), None)
        if first is None:
            seen.append((name, dataset.source))
            continue
        yield finding(
            fmt("[data.{}] has the same source as [data.{}]", name, first),
            path=("data", name, "source"),
            related=[(("data", first, "source"), "same source")],
            help="hold out samples that are not used for training"
            + (fmt(", or remove the table and {}", SPLIT_OFF_VALIDATION) if name == "validation" else ""),
        )
