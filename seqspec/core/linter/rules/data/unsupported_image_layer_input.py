"""Image layer that fails on its input.

What it does: Detects image layers that Keras builds but that raise an error on the first batch: an unknown
interpolation, cropping combined with padding, or color operations on images without colors.

Why is this bad? Keras computes their output shape from the arguments and checks the rest only on the first batch, when
training has already started.

Example:
    seqspec = 1

    [model]
    input = [200, 300, 3]
    layers = [
      { type = "Resizing", height = 128, width = 128, interpolation = "cubic" },
      { type = "Rescaling", scale = "1/255" },
      { type = "Conv2D", filters = 16, kernel_size = 3, activation = "relu" },
      "GlobalAveragePooling2D",
      { type = "Dense", units = 10, activation = "softmax" },
    ]

Use instead:
    -  { type = "Resizing", height = 128, width = 128, interpolation = "cubic" },
    +  { type = "Resizing", height = 128, width = 128, interpolation = "bicubic" },

Confidence: certain on the TensorFlow backend: the checks are those for layers inside a Pipeline, which Keras runs when
it builds the model. Images of unknown size are not reported.

References:
    keras.layers.Resizing: interpolation
"""

from seqspec.core.catalog.layer import Phase
from seqspec.core.catalog.layer_inference import output_spec
from seqspec.core.linter.rules import Facts, Findings, Violation, all_known, fmt, rule


@rule("SEQ636", "error", explains="fails-on-first-batch", graphs="each", layers="image")
def check(facts: Facts) -> Findings:
    for entry in facts.flat_layers:
        sizes = entry.input.sample
        if "image" not in entry.traits or len(sizes) != 3 or not all_known(sizes):
            continue
        try:
            output_spec(entry.layer, entry.input, facts.env.at(Phase.TRACE))
        except Violation as failure:
            statement = fmt("{}: Keras raises an error on the first batch", failure.statement)
            yield failure.replace(rule=check.name, statement=statement, condition="").prefixed(*entry.path)
