"""Surroundings of a build that leave no trace: automatic names from zero, and a dtype policy for the time being."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

import keras
from keras.src.backend.common import global_state

_COUNTERS = "object_name_uids"


@contextmanager
def fresh_names() -> Iterator[None]:
    """Keras counts the names that it makes up from zero, so that a model gets the same ones in every process."""
    before = global_state.get_global_attribute(_COUNTERS)
    global_state.set_global_attribute(_COUNTERS, defaultdict(int))
    try:
        yield
    finally:
        global_state.set_global_attribute(_COUNTERS, before if before is not None else defaultdict(int))


@contextmanager
def dtype_policy(name: str) -> Iterator[None]:
    """The global dtype policy is `name` inside, and afterwards what it was."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
