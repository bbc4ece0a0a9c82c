"""Softmax over a single unit, which always outputs 1.

What it does: Detects a softmax along an axis of size 1.

Why is this bad? softmax normalizes the values along its axis to sum to 1, so a single value is always 1. Its gradient
is 0 and nothing is learned; Keras trains without an error.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, activation = "softmax" },
    ]

    [compile]
    loss = "binary_crossentropy"

Use instead:
    -  { type = "Dense", units = 1, activation = "softmax" },
    +  { type = "Dense", units = 1, activation = "sigmoid" },

Confidence: certain. The output is constant by arithmetic.

References:
    keras.activations.softmax, which warns when it is run on such an axis
    NeuraLint f017 (Nikanjam et al., 2021)
"""

from seqspec.core.linter.rules import Facts, Findings, Path, TreeFix, finding, fix_setting, fmt, rule, set_value


@rule("SEQ301", "error", graphs="head", activations="softmax")
def check(facts: Facts) -> Findings:
    entries = [facts.stack.flow[index].entry for index in facts.stack.flow.indices_by_activation["softmax"]]
    if not facts.has_full_stack:
        entries += [entry for entry in facts.output.layers if entry.activation == "softmax"]
    for entry in entries:
        alternative: TreeFix | None = None
        if isinstance(entry.output, list):
            continue
        axis = entry.argument("axis", -1)
        sizes = entry.output.sample
        if not isinstance(axis, int) or axis >= 0 or -axis > len(sizes) or sizes[axis] != 1:
            continue
        named = "activation" in type(entry.layer).model_fields
        # With several classes, the number of units is wrong, not the activation.
        classes = getattr(facts.target, "classes", 1)
        if classes > 1 and "units" in entry.layer.model_fields_set:
            help: str = fmt("use {} units, one per class", classes)
            fix = fix_setting(classes, (*entry.path, "units"))
        else:
            help = 'use "sigmoid" for binary labels, "linear" for regression, or one unit per class'
            names = (
                ("linear", "sigmoid")
                if facts.target is not None and facts.target.kind == "regression"
                else ("sigmoid", "linear")
            )
            fix, alternative = (_activation(entry.path, name, named) for name in names)
        yield finding(
            "softmax over a single unit is always 1, so nothing can be learned",
            path=(*entry.path, "activation") if named else entry.path,
            anchor="value" if named else "layer",
            label="axis of size 1",
            help=help,
            fix=fix,
            alternative=alternative,
        )


def _activation(layer: Path, name: str, is_argument: bool) -> TreeFix:
    """The fix that sets the activation of a layer, which is an argument or the layer itself."""
    other = set_value(layer, {"type": "Activation", "activation": name})
    return TreeFix("use " + name, (set_value((*layer, "activation"), name) if is_argument else other,))
