"""Model of several layers that is a single linear map.

What it does: Detects a model with two or more layers with weights and no nonlinearity before the last one.

Why is this bad? A composition of linear maps is a single linear map, so the model is no more expressive than its last
layer alone: linear or logistic regression, at a much higher cost.

Example:
    seqspec = 1

    [model]
    input = [16]
    layers = [
      { type = "Dense", units = 64 },
      { type = "Dense", units = 32 },
      { type = "Dense", units = 1 },
    ]

Use instead:
    -  { type = "Dense", units = 64 },
    -  { type = "Dense", units = 32 },
    +  { type = "Dense", units = 64, activation = "relu" },
    +  { type = "Dense", units = 32, activation = "relu" },

Confidence: certain, by arithmetic. Models with one layer are not reported, nor are models with an intentional
bottleneck, such as linear autoencoders.

References:
    UMLAUT, "missing activations" (Schoop et al., 2021)
    DLContract, the contract on hidden activations (FSE 2023)
"""

from seqspec.core.linter.rules import Facts, Findings, Setting, at_layer, finding, fix_setting, fmt, rule


@rule("SEQ402", "warning", layers="weights", activations="linear")
def check(facts: Facts) -> Findings:
    if not facts.stack.is_linear:
        return
    hidden = [link.first.entry for link in facts.stack.linear_pairs]
    entry = hidden[0]
    yield finding(
        fmt(
            "the {} layers with weights form a single linear map, without any activation between them", len(hidden) + 1
        ),
        **at_layer(entry),
        label="no activation",
        help=fmt("set {} in every layer with weights except the last", Setting("activation", "relu")),
        related=[(other.path, "also no activation") for other in hidden[1:]],
        fix=fix_setting("relu", *((*other.path, "activation") for other in hidden)),
    )
