"""The context in which a source is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from seqspec.core.api.data import Column, Fill, Regression, Target
from seqspec.core.api.diagnostics import Path, Violation
from seqspec.core.api.files import SMALL_BYTES, raise_limit_help
from seqspec.training.access import ANYWHERE, Access
from seqspec.training.data.shards import Shards
from seqspec.training.data.stored import Budget
from seqspec.training.errors import DataError


@dataclass(frozen=True)
class ReadContext:
    """The context in which a source is read.

    Args:
        base: Folder that relative paths start from.
        path: Path of the source table in the expanded spec, for errors.
        columns: Columns to read for the split, and where it names each.
        string_input: Whether the model's input is text.
        input_shape: Shape of one input sample, None for unknown sizes; None where the model states no input.
        allowed: Python modules that may be imported.
        access: Which files may be read, and how large their data may be.
        budget: How much may be held in memory; everything by default.
        shards: Divides the inputs among machines; None where each machine has all of them.
        kinds: The columns of `[data.columns]`, which are encoded as the input.
        trained: Whether the samples are read for a model that has been trained.
        target: The table `[target]`.
        missing: What is done about missing inputs: "error", "drop", or the values that replace them.
    """

    base: str
    path: Path
    columns: Mapping[str, Path] = field(default_factory=dict)
    string_input: bool = False
    input_shape: Sequence[int | None] | None = None
    allowed: Sequence[str] = ()
    budget: Budget = field(default_factory=lambda: Budget(None))
    shards: Shards[Any] | None = None
    access: Access = ANYWHERE
    kinds: Mapping[str, Column] | None = None
    trained: bool = False
    target: Target | None = None
    missing: str | Fill = "error"

    @property
    def label_unit(self) -> str | None:
        """What may be written beside labels that are numbers."""
        return self.target.unit if isinstance(self.target, Regression) else None

    def streams(self, size: int) -> bool:
        """Whether data of this size in bytes stays on disk."""
        return self.budget.exceeded(size)

    def is_sharded(self, size: int) -> bool:
        """Whether data of this size in bytes is sharded among machines."""
        return self.shards is not None and self.shards.wants(size)

    def require_size(self, name: str, size: int, stored: int) -> None:
        """Raises `DataError` for a file whose data is far larger in memory than on disk.

        Args:
            name: The file in messages.
            size: Bytes of the data, or of its beginning.
            stored: Bytes of the file.
        """
        expansion = self.access.limits.expansion
        limit = max(SMALL_BYTES, expansion * stored)
        if size > limit:
            message = f"{name} has {stored:,} bytes, its data more than {limit:,}"
            help = f"if that is intended, {raise_limit_help('expansion')}; it is {expansion}"
            raise self.error("data-unreadable", message, "path", help=help)

    def violation(
        self,
        rule: str,
        message: str,
        key: str | None = None,
        *,
        help: str | None = None,
        label: str | None = None,
        severity: str | None = None,
    ) -> Violation:
        """A violation at a key of the source, or at the source itself."""
        path = self.path if key is None else (*self.path, key)
        return Violation(rule, message, path=path, help=help, label=label, severity=severity)

    def error(self, rule: str, message: str, key: str | None = None, *, help: str | None = None) -> DataError:
        """The error with one violation."""
        return DataError([self.violation(rule, message, key, help=help)])
