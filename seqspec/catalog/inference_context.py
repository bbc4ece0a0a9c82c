"""What a layer cannot know by itself: the model's dtype policy and the Keras that it is written for."""

from __future__ import annotations

from typing import NamedTuple

from seqspec.catalog.dtypes import FLOAT32, Policy

NEWEST = (3, 15)
"""The Keras whose behaviour the catalogue follows where a document names no version."""

OLDEST = (3, 12)
"""The oldest Keras that a document may ask for."""


class InferenceContext(NamedTuple):
    """What a layer needs to know about the model around it.

    `policy` is the model's dtype policy, `keras` the version (major, minor), `cast` the dtype to which a layer around
    this one has all weights cast while it runs, "" where it leaves them as they are kept.
    """

    policy: Policy = FLOAT32
    keras: tuple[int, int] = NEWEST
    cast: str | None = None
