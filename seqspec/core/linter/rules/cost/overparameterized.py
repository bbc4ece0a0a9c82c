"""Far more parameters than samples.

What it does: Compares the number of trainable parameters with the samples of `[data.train]`.

Why is this bad? With a thousand or more parameters per sample a model can memorize the training set. Training looks
perfect, but the model does not generalize.

Example:
    seqspec = 1

    [model]
    input = [2000]
    layers = [
      { type = "Dense", units = 512, activation = "relu" },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [data.train]
    samples = 200

Use instead:
    -  { type = "Dense", units = 512, activation = "relu" },
    +  { type = "Dense", units = 16, activation = "relu" },

Confidence: severity is info. Large models are often trained with regularization and augmentation; dense labels (a mask,
a sentence) contain more information per sample and are not reported, nor are pretrained base models.

References:
    UMLAUT, over-fitting (Schoop et al., 2021)
"""

from math import prod

from seqspec.core.analysis.layers.flatten_dense import find_flatten_dense
from seqspec.core.linter.rules import Facts, Findings, finding, fmt, rule

_PER_SAMPLE, _FEW = 1000, 100_000


@rule("SEQ704", "info", graphs="each", tables="data")
def check(facts: Facts) -> Findings:
    train = facts.data.train
    if (
        train is None
        or not train.samples
        or not facts.has_full_stack
        or any("base_model" in entry.traits for entry in facts.flat_layers)
    ):
        return
    if facts.stack.params < _FEW or facts.stack.params <= _PER_SAMPLE * train.samples:
        return
    out = facts.output.tensor
    if out is None or prod(size if isinstance(size, int) else 2 for size in out.sample[:-1]) > 1:
        return
    counts = [(entry.trained_params, entry) for entry in facts.layers]
    total = sum(count for count, _ in counts)
    if total < _FEW or total <= _PER_SAMPLE * train.samples:
        return
    if any(joint.weights > _PER_SAMPLE * train.samples for joint in find_flatten_dense(facts.flat_layers)):
        return
    most, entry = max(counts, key=lambda pair: pair[0])
    yield finding(
        fmt(
            "{:,} trainable parameters for {:,} samples ({:,} per sample)", total, train.samples, total // train.samples
        ),
        path=("data", "train", "samples"),
        related=[(entry.path, fmt("{:,} of them", most))],
        help="use a smaller model, or add dropout, regularization or augmentation",
    )
