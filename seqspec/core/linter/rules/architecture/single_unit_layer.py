"""Hidden layer with a single unit.

What it does: Detects hidden layers with a single unit, through which all information must pass; and, as info, hidden
layers with fewer units than a quarter of the number of classes.

Why is this bad? All later layers only depend on that one value. A single `relu` unit may also be inactive for all
samples, and then nothing is learned.

Example:
    seqspec = 1

    [model]
    input = [20]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, activation = "relu" },
      { type = "Dense", units = 3, activation = "softmax" },
    ]

Use instead:
    -  { type = "Dense", units = 1, activation = "relu" },
    +  { type = "Dense", units = 8, activation = "relu" },

Confidence: high for one unit. Severity is info if the input is a single feature, which one unit can pass on, unless it
is a `relu` or a recurrent unit. Autoencoders are not reported, since a narrow code is their purpose.

References:
    deepmufl 62313327, 69787272, 46359741 and 64413907 (Ghanbari et al., 2023)
"""

from seqspec.core.analysis.flow import Step
from seqspec.core.catalog.activations import function_traits
from seqspec.core.linter.rules import Facts, Findings, finding, fmt, given_argument, rule


@rule("SEQ464", "warning", layers=("weights", "recurrent"))
def check(facts: Facts) -> Findings:
    flow = facts.stack.flow
    last = flow.last_weights
    if last < 1 or getattr(facts.target, "kind", None) == "reconstruction":
        return
    classes = None
    if facts.has_full_stack and last == flow.last_learned and flow[last].entry.type == "Dense":
        share = flow.indices_by_activation["softmax"]
        classes = flow[last].entry.layer.units if share and share[-1] >= last else None
    for index in flow.maps[:-1]:
        step = flow[index]
        units = given_argument(step.entry.layer, "units")
        if units is None or (units > 1 and classes is None) or len(step.entry.outputs[0].dims) != 2:
            continue
        if units == 1:
            message: str = "reduces the representation of each sample to a single value"
            severity = "info" if _keeps_one_feature(step, flow[index + 1]) else None
        elif classes is not None and units * 4 < classes and step.kind == "weights":
            message = fmt("must separate {} classes with only {} features", classes, units)
            severity = "info"
        else:
            continue
        yield finding(
            message,
            path=(*step.entry.path, "units"),
            label=fmt("{} {}", units, "unit" if units == 1 else "units"),
            help="use more units, such as 16" if units == 1 else fmt("use at least {} units", max(16, classes or 0)),
            severity=severity,
        )


def _keeps_one_feature(step: Step, following: Step) -> bool:
    """Whether the input is a single feature and the unit preserves it."""
    bends = step.activation if step.is_nonlinear or following.kind != "activation" else following.activation
    return step.entry.input.sample == (1,) and "rectifier" not in function_traits(bends)
