"""Hidden Dense layers that widen towards a few outputs.

What it does: Detects three or more hidden `Dense` layers, each wider than the previous one, before an output with fewer
units than the first of them.

Why is this bad? A layer cannot recover information that its input does not contain: wide layers after a narrow one have
most of the parameters but cannot use them.

Example:
    seqspec = 1

    [model]
    input = [16]
    layers = [
      { type = "Dense", units = 32, activation = "relu" },
      { type = "Dense", units = 128, activation = "relu" },
      { type = "Dense", units = 512, activation = "relu" },
      { type = "Dense", units = 10, activation = "softmax" },
    ]

Use instead:
    -  { type = "Dense", units = 32, activation = "relu" },
       { type = "Dense", units = 128, activation = "relu" },
    -  { type = "Dense", units = 512, activation = "relu" },
    +  { type = "Dense", units = 128, activation = "relu" },
    +  { type = "Dense", units = 64, activation = "relu" },

Confidence: low: a design choice, so severity is info. Taken literally, the published rule reports 8 of 95 programs that
are known to work.

References:
    NeuraLint f019 (Nikanjam et al., 2021)
"""

from seqspec.core.linter.rules import Facts, Findings, LayerReport, finding, fmt, rule


@rule("SEQ471", "info", layers="Dense")
def check(facts: Facts) -> Findings:
    flow = facts.stack.flow
    if not facts.has_full_stack or len(flow.weighted) < 4 or flow.weighted[-1] != flow.last_learned:
        return
    if any(flow[index].entry.argument("units") is None for index in flow.weighted[-4:]):
        return
    layers = [flow[index].entry for index in flow.weighted]
    last = layers[-1].argument("units")
    run: list[LayerReport] = []
    units: list[int] = []
    for entry in layers[-2::-1]:
        width = entry.argument("units")
        if width is None or (units and width >= units[0]):
            break
        run.insert(0, entry)
        units.insert(0, width)
    if len(run) < 3 or last is None or last >= units[0]:
        return
    yield finding(
        fmt("the hidden layers grow from {} to {} units before {}", units[0], units[-1], last),
        path=(*run[-1].path, "units"),
        label="widest layer is last",
        related=[((*run[0].path, "units"), "narrowest layer is first")],
        help="place the wide layers first",
    )
