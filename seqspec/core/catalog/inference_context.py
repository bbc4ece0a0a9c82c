"""The context of shape inference: how Keras computes a layer, the dtype policy of the model and the Keras version."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from seqspec.core.catalog.dtypes import FLOAT32, Policy
from seqspec.core.language.keras import NEWEST, Version


class Phase(Enum):
    """What Keras does with a layer, on which the output and the errors depend."""

    BUILD = "build"
    """It calls the layer while it builds a model. Most layers then infer their output from arguments and shapes."""
    SHAPE = "shape"
    """It calls `build` and `compute_output_shape` only, as wrappers do with their inner layer."""
    TRACE = "trace"
    """It traces `call`, as inside a Pipeline."""
    DATA = "data"
    """It runs `call` on data; only `Layer.check_call` sees this phase."""


class InferenceContext(NamedTuple):
    """The context of a layer.

    `policy` is the dtype policy of the model, `keras` the version (major, minor), `cast` the dtype to which an
    enclosing layer casts all weights while it runs, "" if it does not, and `phase` what Keras does with the layer.
    """

    policy: Policy = FLOAT32
    keras: Version = NEWEST
    cast: str | None = None
    phase: Phase = Phase.BUILD

    def at(self, phase: Phase) -> InferenceContext:
        """The same context in another phase."""
        return self if self.phase is phase else self._replace(phase=phase)
