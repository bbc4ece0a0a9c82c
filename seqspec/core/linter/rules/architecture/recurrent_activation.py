"""Recurrent layer whose state can grow without bound.

What it does: Detects recurrent layers with an unbounded activation (such as `relu`) over more than 20 time steps or an
unknown number of them; with fewer steps, and for `sigmoid`, severity is info.

Why is this bad? The state of one step is the input of the next. With `tanh` it stays in [-1, 1]; with `relu` it can
grow in every step, and over a long sequence states and gradients overflow: the loss becomes NaN after a few epochs. On
GPUs, LSTM and GRU lose their cuDNN kernel as well.

Example:
    seqspec = 1

    [model]
    input = [672, 16]
    layers = [
      { type = "LSTM", units = 64, activation = "relu" },
      { type = "Dense", units = 1 },
    ]

    [compile]
    loss = "mse"
    optimizer = "adam"

Use instead:
    seqspec = 1

    [model]
    input = [672, 16]
    layers = [
      { type = "LSTM", units = 64 },
      { type = "Dense", units = 1 },
    ]

Confidence: high for long sequences, since it is the published cause of NaN losses in several questions, with tanh as
the published answer. An LSTM of 50 units with `relu` on random sequences trained well with Adam for 3, 10 and 20 steps;
with 50 steps the loss temporarily rose above 4,000, with 100 to 3e9, and with 300 it became NaN for every seed and
learning rate. A SimpleRNN initialized with the identity is not reported.

References:
    Le, Jaitly and Hinton, A Simple Way to Initialize Recurrent Networks of Rectified Linear Units, 2015
    stackoverflow.com/questions/57516678
"""

from seqspec.core.catalog.activations import function_traits
from seqspec.core.linter.rules import Facts, Findings, finding, fix_setting, fmt, given_argument, rule


@rule("SEQ420", "warning", graphs="each", layers="recurrent")
def check(facts: Facts) -> Findings:
    for entry, activation, steps in facts.stack.recurrences:
        unbounded = "unbounded" in function_traits(activation)
        if not unbounded and activation != "sigmoid":
            continue
        if type(given_argument(entry.layer, "recurrent_initializer")).__name__ == "Identity":
            continue
        path = (*entry.path, "activation")
        long = not isinstance(steps, int) or steps > 20
        if unbounded:
            message: str = fmt(
                "{} is unbounded and is applied to the state in each of {} time steps", activation, steps
            )
        else:
            message = "sigmoid only outputs positive states, and its slope is at most 0.25 in every step"
        yield finding(
            message,
            path=path,
            label="state can grow without bound" if unbounded else "tanh is the default",
            help='use "tanh"',
            severity=None if unbounded and long else "info",
            fix=fix_setting("tanh", path),
        )
