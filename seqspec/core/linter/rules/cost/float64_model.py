"""Model that computes in float64.

What it does: Detects a model that computes in float64.

Why is this bad? It doubles the memory and is 16 to 64 times slower on most GPUs, for precision that training does not
need: the noise of a batch is much larger than float32 rounding errors.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1 },
    ]

    [runtime]
    dtype_policy = "float64"

Use instead:
    -dtype_policy = "float64"
    +dtype_policy = "float32"

Confidence: severity is info: physics and finance models sometimes need it.

References:
    NVIDIA, throughput of native arithmetic instructions
"""

from seqspec.core.linter.rules import Facts, Findings, finding, fix_setting, rule


@rule("SEQ705", "info", graphs="all", tables="runtime")
def check(facts: Facts) -> Findings:
    if facts.runtime.dtype_policy == "float64":
        path = ("runtime", "dtype_policy")
        yield finding(
            "computes in float64, which doubles the memory and is many times slower on GPUs",
            path=path,
            help='use "float32", which is the default, or "mixed_bfloat16" for speed',
            fix=fix_setting("float32", path),
        )
