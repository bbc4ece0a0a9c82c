"""Deep stack of relu layers without normalization or residual connections.

What it does: Detects 15 or more consecutive hidden `relu` layers without normalization whose initial weights shrink or
grow the signal by a factor of 50 or more.

Why is this bad? `relu` removes half of the signal. The default initializer of Keras (`glorot_uniform`) does not
compensate for it, so every layer halves the mean square of the signal. After 15 layers the outputs hardly depend on the
input, the gradients of the first layers vanish, and many units stay dead.

Example:
    seqspec = 1

    [model]
    input = [20]
    layers = [
      { type = "Dense", units = 64, activation = "relu", repeat = 20 },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

Use instead:
     seqspec = 1
    +
    +[blocks.hidden]
    +layers = [
    +  { type = "Dense", units = 64, use_bias = false },
    +  "BatchNormalization",
    +  "ReLU",
    +]

    -  { type = "Dense", units = 64, activation = "relu", repeat = 20 },
    +  { use = "hidden", repeat = 6 },

Confidence: high for `Dense` layers. On a balanced task with 20 features, networks of 20 and 34 layers of 64 units
stayed at chance level for 18 epochs of Adam with `glorot_uniform`, where 3 layers reached an accuracy of 0.87; with
`he_normal`, 20 layers reached the same accuracy, but 34 stayed at chance level. 30 or more layers are therefore
reported with any initializer. For convolutions severity is info: VGG networks have 15 or more such layers and have been
trained, with care.

References:
    He et al., Delving Deep into Rectifiers, 2015
    AUTOTRAINER, "oscillating loss" and "dying relu" (Zhang et al., 2021)
"""

from math import prod

from seqspec.core.analysis.layers.signal import gains_by_section
from seqspec.core.linter.rules import Facts, Findings, Number, Setting, at_layer, finding, fmt, rule


@rule("SEQ406", "warning", activations="rectifier")
def check(facts: Facts) -> Findings:
    if len(facts.stack.flow.weighted) < 16 or facts.stack.flow.depth < 15:
        return
    for run in gains_by_section(facts.stack.signal_gains, facts.stack.flow.last_weights, "rectifier"):
        factor = prod(level.gain / 2**0.5 for level in run)
        fades = factor <= 0.02 or factor >= 50
        if len(run) < 15 or not (fades or len(run) >= 30):
            continue
        message = fmt("{} consecutive relu layers without normalization", len(run))
        if fades:
            ratio = Number(factor if factor > 1 else 1 / factor, ".0f")
            message += fmt(" initially make the signal {} times {}", ratio, "larger" if factor > 1 else "smaller")
        yield finding(
            message,
            **at_layer(run[0].step.entry),
            label=fmt("first of {} layers", len(run)),
            related=[(run[-1].step.entry.path, "last of them")],
            help="add BatchNormalization between them, or use fewer layers"
            + (fmt(", or set {}", Setting("kernel_initializer", "he_normal")) if fades and len(run) < 30 else ""),
            severity=None if all(level.step.entry.type == "Dense" for level in run) else "info",
        )
