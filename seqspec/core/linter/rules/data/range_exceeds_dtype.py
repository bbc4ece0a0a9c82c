"""Value range that the dtype cannot represent.

What it does: Detects a `range` that the `dtype` of the dataset or of the input cannot represent.

Why is this bad? Unsigned bytes cannot represent negative numbers or fractions. When such values are cast to the dtype
of the input, they silently wrap around or become 0.

Example:
    seqspec = 1

    [model]
    input = { shape = [32, 32, 3], dtype = "uint8" }
    layers = [
      { type = "Rescaling", scale = "1/255" },
      { type = "Conv2D", filters = 16, kernel_size = 3, activation = "relu" },
      "GlobalAveragePooling2D",
      { type = "Dense", units = 10, activation = "softmax" },
    ]

    [data.train]
    range = [-1.0, 1.0]

Use instead:
    -range = [-1.0, 1.0]
    +range = [0, 255]

Confidence: certain.

References:
    numpy.iinfo
"""

from seqspec.core.analysis.layers.ranges import WHOLE_NUMBERS, impossible_range
from seqspec.core.linter.rules import Facts, Findings, Interval, finding, fmt, rule


@rule("SEQ615", "error", tables="data", arguments="range")
def check(facts: Facts) -> Findings:
    for name, dataset in facts.inputs.datasets:
        impossible = impossible_range(name, dataset, facts.input, facts.inputs.declared_input)
        if impossible is None or dataset.range is None:
            continue
        dtype, where = impossible
        low, high = WHOLE_NUMBERS[dtype]
        fractions = any(end != int(end) for end in dataset.range)
        yield finding(
            fmt("{} cannot represent the range {}: it ", dtype, Interval(*dataset.range))
            + ("only holds integers" if fractions else fmt("holds {} to {}", low, high)),
            path=("data", name, "range"),
            related=[(where, fmt("{} here", dtype))],
            help="correct the range or the dtype",
        )
