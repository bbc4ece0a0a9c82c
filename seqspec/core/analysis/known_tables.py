"""Tables with errors, reduced to the keys that can be relied on.

A rule that reads only these has findings that are independent of the errors. A rule that reads another key ends with
`UnknownValueError`, without a finding.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from seqspec.core.diagnostics.violation import Path, Violation
from seqspec.core.document.base_table import Table
from seqspec.core.document.tables import OPTIONAL_TABLES
from seqspec.core.document.typed_spec import TypedSpec
from seqspec.core.syntax.document import Tree

if TYPE_CHECKING:
    from seqspec.core.document.data import Data
    from seqspec.core.document.runtime import Runtime
    from seqspec.core.document.target import Target
    from seqspec.core.document.training_tables import Compile, Fit

T = TypeVar("T", bound=Table)


class KnownTables(NamedTuple):
    """The tables of a spec with the keys that can be relied on; None for those without any."""

    compile: Compile | None
    fit: Sequence[Fit] | None
    target: Target | None
    data: Data | None
    runtime: Runtime | None
    damaged: frozenset[str]
    """The tables of the spec without any; whatever seems to be missing there may be misspelled."""


def known_tables(spec: TypedSpec, errors: Sequence[Violation]) -> KnownTables:
    """The tables of a spec, given its errors at paths of the expanded spec."""
    tables = KnownTables(spec.compile, spec.fit, spec.target, spec.data, spec.runtime, frozenset())
    damaged = OPTIONAL_TABLES.intersection([str(error.path[0]) for error in errors])
    if not damaged:
        return tables
    known: Tree = {}
    for name in damaged.intersection(("compile", "target", "data", "runtime")):
        table = getattr(tables, name)
        known[name] = known_part(table, (name,), errors) if table is not None else None
    if "fit" in damaged and spec.fit is not None:
        stages = [known_part(stage, spec.stage_path(index), errors) for index, stage in enumerate(spec.fit)]
        whole = all(error.path != ("fit",) for error in errors)
        known["fit"] = [stage for stage in stages if stage is not None] if whole and None not in stages else None
    tables = tables._replace(**known)
    return tables._replace(damaged=frozenset([name for name in damaged if getattr(tables, name, None) is None]))


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
