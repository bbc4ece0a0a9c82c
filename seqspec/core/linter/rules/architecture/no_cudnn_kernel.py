"""Argument that prevents LSTM or GRU from using the fast GPU kernel.

What it does: Detects `recurrent_dropout`, `unroll`, `use_bias = false`, a recurrent_activation other than sigmoid, and
`reset_after = false` in LSTM and GRU.

Why is this bad? On NVIDIA GPUs Keras runs LSTM and GRU with cuDNN, several times faster than step by step. It only does
so for the variant that cuDNN implements; each of these arguments silently disables it.

Example:
    seqspec = 1

    [model]
    input = [100, 16]
    layers = [
      { type = "LSTM", units = 64, recurrent_dropout = 0.2 },
      { type = "Dense", units = 1 },
    ]

Use instead:
    -  { type = "LSTM", units = 64, recurrent_dropout = 0.2 },
    +  { type = "LSTM", units = 64, dropout = 0.2 },

Confidence: certain: these are the conditions that Keras documents and checks. It only matters on a GPU, so severity is
info; it is not reported with `use_cudnn = false`. Activations other than tanh are reported by recurrent-activation.

References:
    keras.layers.LSTM and keras.layers.GRU, "the requirements to use the cuDNN implementation"
"""

from seqspec.core.catalog.layer import function_name
from seqspec.core.linter.rules import Facts, Findings, Setting, finding, fmt, given_arguments, rule


@rule("SEQ421", "info", graphs="each", layers=("LSTM", "GRU"), depends_on=("keras_3",))
def check(facts: Facts) -> Findings:
    for entry, _, _ in facts.stack.recurrences:
        given = given_arguments(entry.layer)
        if "use_cudnn" not in type(entry.layer).model_fields or given.get("use_cudnn") is False:
            continue
        slow = [key for key, fast in _FAST.items() if key in given and given[key] != fast]
        if "recurrent_activation" in given and function_name(given["recurrent_activation"]) != "sigmoid":
            slow.append("recurrent_activation")
        if not slow:
            continue
        yield finding(
            fmt(
                "{} {} the use of the cuDNN kernel on GPUs",
                " and ".join(slow),
                "prevents" if len(slow) == 1 else "prevent",
            ),
            path=(*entry.path, slow[0]),
            label="not supported by cuDNN",
            related=[((*entry.path, key), "not supported either") for key in slow[1:]],
            help=fmt("remove it, or set {} to make it explicit", Setting("use_cudnn", False)),
        )


_FAST = {"recurrent_dropout": 0.0, "unroll": False, "use_bias": True, "reset_after": True}
