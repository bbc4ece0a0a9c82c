"""Images far smaller than those that the base model was trained on.

What it does: Detects images much smaller than those that the base model was trained on.

Why is this bad? After five stages of downsampling, a 32×32 image is a single position. Edges and textures have a
different scale than the filters were trained for, so the pretrained weights are of little use, although Keras accepts
such images.

Example:
    seqspec = 1

    [model]
    input = [32, 32, 3]
    layers = [
      { type = "Rescaling", scale = "1/127.5", offset = -1 },
      { type = "MobileNetV2", include_top = false, pooling = "avg", trainable = false },
      { type = "Dense", units = 10, activation = "softmax" },
    ]

Use instead:
     layers = [
    +  { type = "Resizing", height = 128, width = 128 },

Confidence: low, so severity is info: reported below a quarter of the size that the weights were trained on.

References:
    Touvron et al., Fixing the train-test resolution discrepancy, 2019
"""

from seqspec.core.analysis.layers.base_models import find_base_models
from seqspec.core.linter.rules import Facts, Findings, TreeFix, Value, at_layer, finding, fmt, insert, rule

_SHARE = 4


@rule("SEQ624", "info", graphs="each", layers="base_model")
def check(facts: Facts) -> Findings:
    for base in find_base_models(facts.flat_layers):
        usual = base.model.default_size
        sizes = base.entry.input.sample[:2]
        known_sizes = [size for size in sizes if isinstance(size, int)]
        if not base.pretrained or len(known_sizes) != 2 or max(known_sizes) * _SHARE >= usual:
            continue
        better = usual // 2 // 32 * 32
        resizing = {"type": "Resizing", "height": better, "width": better}
        yield finding(
            fmt("receives {}×{} images, but was trained on {}×{}", known_sizes[0], known_sizes[1], usual, usual),
            **at_layer(base.entry),
            help=fmt("add {} before it", Value({"type": "Resizing", "height": better, "width": better})),
            fix=TreeFix("resize the images", (insert(base.entry.path, resizing),)),
        )
