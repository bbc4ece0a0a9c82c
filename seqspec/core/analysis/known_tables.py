"""Tables with errors, reduced to the keys that can be relied on.

A rule that reads only these has findings that are independent of the errors. A rule that reads another key ends with
`UnknownValueError`, without a finding.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

from seqspec.core.diagnostics.violation import Path, Violation
from seqspec.core.document.base_table import Table
from seqspec.core.document.tables import OPTIONAL_TABLES
from seqspec.core.document.typed_spec import TypedSpec

T = TypeVar("T", bound=Table)


class Damaged(NamedTuple):
    """A table without a key that can be relied on; whatever seems to be missing there may be misspelled."""

    name: str


Known = Table | Sequence[Table] | Damaged
"""A table, or the stages of `[fit]`, with the keys that can be relied on."""


def known_tables(spec: TypedSpec, errors: Sequence[Violation]) -> dict[str, Known]:
    """The tables of a spec that have errors, given its errors at paths of the expanded spec."""
    known: dict[str, Known] = {}
    for name in OPTIONAL_TABLES.intersection([str(error.path[0]) for error in errors]):
        part: Known | None = None
        if name in ("compile", "target", "data", "runtime") and name in spec.written:
            part = known_part(getattr(spec, name), (name,), errors)
        elif name == "fit" and name in spec.written and all(error.path != ("fit",) for error in errors):
            stages = [known_part(stage, spec.stage_path(index), errors) for index, stage in enumerate(spec.fit)]
            reliable = [stage for stage in stages if stage is not None]
            part = reliable if len(reliable) == len(stages) else None
        known[name] = Damaged(name) if part is None else part
    return known


def known_part(table: T, path: Path, errors: Sequence[Violation]) -> T | None:
    """The table at a path of the expanded spec without the keys that have errors; None if none can be relied on."""
    unknown: set[str] = set()
    names = {table.key_by_field.get(name, name): name for name in type(table).model_fields}
    for error in errors:
        if error.path[: len(path)] != path:
            continue
        key = error.path[len(path)] if len(error.path) > len(path) else None
        if key in names:
            unknown.add(names[str(key)])
        elif error.rule != "unknown-key" or key is None:
            return None
        elif error.suggestion in names:
            # This key is probably misspelled.
            unknown.add(names[error.suggestion])
        elif path != ("target",):
            # It may stand for any key that is missing. An unknown key of [target] usually belongs to another kind.
            unknown.update(type(table).model_fields.keys() - table.model_fields_set)
    return table.with_unknown(unknown) if unknown else table
