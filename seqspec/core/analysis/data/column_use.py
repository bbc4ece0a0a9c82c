"""Columns of a table that have two uses: a label among the features is the answer that the model should find."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seqspec.core.analysis.data.declared_data import find_datasets
from seqspec.core.catalog.dtypes import FLOATS
from seqspec.core.diagnostics.diagnostic import TreeFix, remove
from seqspec.core.diagnostics.message import Setting, TableName, fmt, shorten
from seqspec.core.diagnostics.violation import Path, Violation
from seqspec.core.document.data import Data
from seqspec.core.document.sources import ColumnSplit, SeriesSource, TableSource, TextSource
from seqspec.core.document.typed_spec import TypedSpec


def misused_columns(spec: TypedSpec) -> Iterator[Violation]:
    """Violations for features that have another use, are repeated, or do not fit the input of the model."""
    data = spec.data
    reported: set[Path] = set()
    for path, source in _sources(data):
        if isinstance(source, TextSource) and source.column is not None and source.column == source.label:
            yield _used_twice(source.column, "is the label", (*path, "column"), (*path, "label"))
        if isinstance(source, (TableSource, SeriesSource)):
            yield from _repeated(source.features or (), (*path, "features"))
        if isinstance(source, TableSource):
            for violation in _with_other_use(data, source, path):
                if violation.path not in reported:
                    reported.add(violation.path)
                    yield violation
    if data.columns is not None:
        yield from _wrong_dtype(spec)


def _sources(data: Data) -> Iterator[tuple[Path, object]]:
    yield Data.key_path(lambda data: data.source), data.source
    for name, dataset in find_datasets(data):
        yield ("data", name, "source"), dataset.source


def _with_other_use(data: Data, source: TableSource, path: Path) -> Iterator[Violation]:
    features: list[tuple[str, Path]] = [(name, ("data", "columns", name)) for name in data.columns or ()]
    features += [(name, (*path, "features", index)) for index, name in enumerate(source.features or ())]
    uses = dict(reversed(list(_uses(data, source, path))))
    for name, at in features:
        if name in uses:
            use, where = uses[name]
            yield _used_twice(name, use, at, where, only=len(features) == 1)


def _uses(data: Data, source: TableSource, path: Path) -> Iterator[tuple[str, tuple[str, Path]]]:
    """The columns that are not features, with their use and where it is declared."""
    label = source.label
    if isinstance(label, str):
        yield label, ("is the label", (*path, "label"))
    for index, name in enumerate(label if isinstance(label, list) else ()):
        yield name, ("is a label", (*path, "label", index))
    if source.weight is not None:
        yield source.weight, ("is the sample weight", (*path, "weight"))
    if source.id is not None:
        yield source.id, ("identifies the rows", (*path, "id"))
    for index, name in enumerate(source.ignore or ()):
        yield name, ("is ignored", (*path, "ignore", index))
    if isinstance(data.split, ColumnSplit):
        yield data.split.column, ("names the set of a row", ("data", "split", "column"))


def _used_twice(name: str, use: str, at: Path, where: Path, only: bool = True) -> Violation:
    table = TableName(("data", "columns")) if at[1] == "columns" else "features"
    return Violation(
        "column-use",
        fmt("{} {}; it cannot also be a feature", shorten(name), use),
        path=at,
        anchor="key" if at[1] == "columns" else "value",
        related=[(where, use)],
        help=fmt("remove it from {}", table) if at[-1] != "column" else fmt("set another {}", Setting("column", ...)),
        fix=None if only else TreeFix(f"remove {shorten(name)} from the features", (remove(at),)),
    )


def _repeated(features: Sequence[str], path: Path) -> Iterator[Violation]:
    seen: set[str] = set()
    for index, name in enumerate(features):
        if name in seen:
            yield Violation(
                "column-use",
                fmt("features lists {} twice", shorten(name)),
                path=(*path, index),
                help="remove it",
                fix=TreeFix(f"remove the second {shorten(name)}", (remove((*path, index)),)),
            )
        seen.add(name)


def _wrong_dtype(spec: TypedSpec) -> Iterator[Violation]:
    """The violation for an input that does not hold the encoded values, which are float32."""
    written = spec.tree["model"].get("input") if "model" in spec.written else None
    dtype = spec.stack.input.dtype if spec.stack.input is not None else "float32"
    if not isinstance(written, dict) or "dtype" not in written or dtype in FLOATS:
        return
    path = ("model", "input", "dtype")
    yield Violation(
        "data-mismatch",
        f"the columns are encoded as float32, but the input has dtype {dtype}",
        path=path,
        related=[(("data", "columns"), "the encoded columns")],
        help="remove dtype",
        fix=TreeFix("remove dtype", (remove(path),)),
    )
