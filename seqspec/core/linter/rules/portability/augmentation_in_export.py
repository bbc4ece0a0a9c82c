"""Augmentation layers in a model that is exported.

What it does: Detects augmentation layers in a spec with `[export]`.

Why is this bad? `seqspec export` and `seqspec train` leave these layers out. `Model.export`, which programs call, does
not: a SavedModel goes on augmenting, and ONNX and OpenVINO have no operations for it. A bare call `model(x)` augments
too, since these layers default to `training=True`; only `Model.predict` and `model(x, training=False)` do not.

Example:
    seqspec = 1

    [model]
    input = [32, 32, 3]
    layers = [
      { type = "RandomFlip", mode = "horizontal" },
      { type = "Rescaling", scale = "1/255" },
      { type = "Conv2D", filters = 16, kernel_size = 3, activation = "relu" },
      "GlobalAveragePooling2D",
      { type = "Dense", units = 10, activation = "softmax" },
    ]

    [export]
    filepath = "flowers"

Use instead:
    -  { type = "RandomFlip", mode = "horizontal" },

Confidence: certain, compared with Keras by a test. Severity is info: nothing is wrong with the spec. Move augmentation
into the data pipeline if other programs call the model.

References:
    keras.Model.export
    keras/src/layers/preprocessing/image_preprocessing/base_image_preprocessing_layer.py, call
"""

from seqspec.core.linter.rules import Facts, Findings, at_layer, finding, rule


@rule("SEQ812", "info", graphs="each", tables="export", layers="augmentation")
def check(facts: Facts) -> Findings:
    for path, _ in facts.files.exports[:1]:
        for entry in facts.flat_layers:
            if entry.layer.exports.left_out:
                yield finding(
                    "still augments in Model.export and in model(x); seqspec export leaves it out",
                    **at_layer(entry),
                    related=[(path, "exported here")],
                    help="in Python call model(x, training=False), and export with seqspec export",
                )
