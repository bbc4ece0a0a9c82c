"""The context of shape inference: the dtype policy of the model and the Keras version."""

from __future__ import annotations

from typing import NamedTuple

from seqspec.core.catalog.dtypes import FLOAT32, Policy

NEWEST = (3, 15)
"""The Keras version for documents without `keras`."""

OLDEST = (3, 12)
"""The oldest supported Keras version."""


class InferenceContext(NamedTuple):
    """The context of a layer.

    `policy` is the dtype policy of the model, `keras` the version (major, minor), `cast` the dtype to which an
    enclosing layer casts all weights while it runs, "" if it does not.
    """

    policy: Policy = FLOAT32
    keras: tuple[int, int] = NEWEST
    cast: str | None = None
