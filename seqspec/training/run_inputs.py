"""What a run is made from, before its data is read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from seqspec.core.check.check import Check
from seqspec.core.document.typed_spec import TypedSpec
from seqspec.training.access import Permissions


@dataclass(frozen=True)
class RunInputs:
    """What determines a run.

    Attributes:
        analysis: The check of the spec.
        base: The folder that paths of the spec start from.
        seed: The seed of the run.
        permissions: What the spec may do.
        arrays: The data, where it comes from Python.
    """

    analysis: Check
    base: Path
    seed: int
    permissions: Permissions
    arrays: object = None

    @property
    def spec(self) -> TypedSpec:
        """The spec."""
        assert self.analysis.spec is not None
        return self.analysis.spec
