"""The arguments of `Model.compile` that files and programs have; those of Keras 3 are the keys of `[compile]`."""

from __future__ import annotations

from seqspec.document.training import Compile

OF_OBJECTS = ("optimizer", "loss", "metrics", "weighted_metrics")
"""The arguments that hold objects, each read in its own way."""

CHOSEN_BY_KERAS = ("jit_compile",)
"""The arguments whose saved value is what Keras found best on the machine, which it finds by itself again."""

PLAIN = tuple(key for key in Compile.model_fields if key not in (*OF_OBJECTS, *CHOSEN_BY_KERAS))
"""The arguments that hold numbers, strings and lists of them."""

KERAS_2_ORDER = ("optimizer", "loss", "metrics", "loss_weights", "sample_weight_mode", "weighted_metrics")
"""The arguments by position, as Keras 1 and 2 had them."""

DROPPED = (
    "sample_weight_mode", "target_tensors", "experimental_run_tf_function", "distribute", "class_mode", "theano_mode",
)  # fmt: skip
"""The arguments of Keras 1 and 2 that Keras 3 does not have."""
