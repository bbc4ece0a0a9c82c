"""The arguments of `compile` and `fit` in programs for every version of Keras; those of Keras 3 are keys of a spec."""

from __future__ import annotations

from seqspec.core.api.language import ELSEWHERE, move_to
from seqspec.core.api.spec import DOCUMENT_TABLES, STAGE_KEYS, Table
from seqspec.programs.layers.program_model import ProgramModel
from seqspec.programs.values.abstract_values import Argument, Invocation, List, is_integer
from seqspec.programs.values.generation import KerasGeneration

KERAS_2_ORDER = ("optimizer", "loss", "metrics", "loss_weights", "sample_weight_mode", "weighted_metrics")
"""The arguments in the positional order of Keras 1 and 2."""

KERAS_3_ORDER = ("optimizer", "loss", "loss_weights", "metrics", "weighted_metrics")
"""The first arguments in the positional order of Keras 3."""

DROPPED = (
    "sample_weight_mode", "target_tensors", "experimental_run_tf_function", "distribute", "class_mode", "theano_mode",
    "options", "run_metadata", "cloning", "experimental_steps_per_execution", "pss_evaluation_shards",
)  # fmt: skip
"""The arguments of `compile` in Keras 1 and 2 that Keras 3 does not have."""

_FIT_ORDER = (
    "x", "y", "batch_size", "epochs", "verbose", "callbacks", "validation_split", "validation_data", "shuffle",
    "class_weight", "sample_weight", "initial_epoch", "steps_per_epoch", "validation_steps",
)  # fmt: skip
"""The first arguments of `fit` in order, in every version of Keras; the later ones depend on the version."""

_FIT_GENERATOR_ORDER = ("generator", "steps_per_epoch", "epochs", "verbose", "callbacks", "validation_data")
"""The first arguments of `fit_generator` in order, in Keras 2; the later ones depend on the version."""

OF_KERAS_1_FITS = frozenset("max_q_size nb_epoch nb_val_samples nb_worker samples_per_epoch".split())
"""The arguments of `fit` and `fit_generator` that Keras 2 renamed."""

OF_OLD_FITS = OF_KERAS_1_FITS | frozenset(
    "generator max_queue_size pickle_safe show_accuracy use_multiprocessing wait_time workers".split()
)
"""The arguments of `fit` and `fit_generator` in Keras 1 and 2 that `fit` of Keras 3 does not have."""


def compile_order(call: Invocation) -> tuple[str, ...]:
    """The arguments of `compile` in the positional order of the Keras that accepts the values of a call."""
    values = {argument.key: argument.value for argument in call.arguments}
    return KERAS_3_ORDER if _is_weights(values.get(2)) or (values.get(2) is None and 3 in values) else KERAS_2_ORDER


def fit_argument(call: Invocation, position: int | str, generation: KerasGeneration) -> str | None:
    """The argument of `fit` or `fit_generator` at a position; None where it depends on the version of Keras."""
    if isinstance(position, str):
        return position
    order = _FIT_ORDER if call.method == "fit" else _FIT_GENERATOR_ORDER
    if position >= len(order):
        return None
    keys = {argument.key for argument in call.arguments}
    of_keras_1 = generation == KerasGeneration.KERAS_1 or not keys.isdisjoint(OF_KERAS_1_FITS)
    return "samples_per_epoch" if of_keras_1 and order[position] == "steps_per_epoch" else order[position]


def _is_weights(value: object) -> bool:
    items = value.items if isinstance(value, List) else value if isinstance(value, tuple) else (value,)
    return bool(items) and all(isinstance(item, float) or is_integer(item) for item in items)


def is_spec_key(key: str) -> bool:
    """Whether a key has a meaning in specs that it does not have in calls of Keras."""
    return key in STAGE_KEYS or key in ELSEWHERE or DOCUMENT_TABLES.home(key) not in (None, "compile", "fit")


def note_unexpected(model: ProgramModel, table: type[Table], key: str, argument: Argument) -> None:
    """Adds a note on an argument that no version of Keras has."""
    of_compile = move_to("compile") if DOCUMENT_TABLES.home(key) == "compile" else None
    help = ELSEWHERE.get(key) or of_compile or table.listing()
    model.note("unknown-argument", table.unexpected(key), argument.keyword or argument.node, help)
