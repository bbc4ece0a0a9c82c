"""The arguments of `compile` and `fit` in programs for every version of Keras; those of Keras 3 are keys of a spec."""

from __future__ import annotations

KERAS_2_ORDER = ("optimizer", "loss", "metrics", "loss_weights", "sample_weight_mode", "weighted_metrics")
"""The arguments in the positional order of Keras 1 and 2."""

DROPPED = (
    "sample_weight_mode", "target_tensors", "experimental_run_tf_function", "distribute", "class_mode", "theano_mode",
    "options", "run_metadata", "cloning", "experimental_steps_per_execution", "pss_evaluation_shards",
)  # fmt: skip
"""The arguments of `compile` in Keras 1 and 2 that Keras 3 does not have."""

FIT_ORDER = ("x", "y", "batch_size", "epochs", "verbose", "callbacks", "validation_split", "validation_data", "shuffle")
"""The first arguments of `fit` in order, in every version of Keras."""

FIT_GENERATOR_ORDER = ("generator", "steps_per_epoch", "epochs", "verbose", "callbacks", "validation_data")
"""The first arguments of `fit_generator` in order."""

OF_KERAS_1_FITS = frozenset("max_q_size nb_epoch nb_val_samples nb_worker samples_per_epoch".split())
"""The arguments of `fit` and `fit_generator` that Keras 2 renamed."""

OF_OLD_FITS = OF_KERAS_1_FITS | frozenset(
    "generator max_queue_size pickle_safe show_accuracy use_multiprocessing wait_time workers".split()
)
"""The arguments of `fit` and `fit_generator` in Keras 1 and 2 that `fit` of Keras 3 does not have."""
