"""Context managers for builds: reset automatic names, and a temporary dtype policy."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

import keras
from keras.src.backend.common import global_state

_COUNTERS = "object_name_uids"


@contextmanager
def fresh_names() -> Iterator[None]:
    """Resets the counters of automatic names, so that a model has the same names in every process."""
    before = global_state.get_global_attribute(_COUNTERS)
    global_state.set_global_attribute(_COUNTERS, defaultdict(int))
    try:
        yield
    finally:
        global_state.set_global_attribute(_COUNTERS, before if before is not None else defaultdict(int))


@contextmanager
def dtype_policy(name: str) -> Iterator[None]:
    """Temporarily sets the global dtype policy."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
