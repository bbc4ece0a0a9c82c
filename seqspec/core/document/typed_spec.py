"""An expanded document as typed data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar, overload

from seqspec.core.catalog import dtypes
from seqspec.core.catalog.keras_object import KerasObject, given_arguments
from seqspec.core.catalog.layer import InferenceContext
from seqspec.core.catalog.markers import Since, ValuesSince, marker
from seqspec.core.diagnostics.message import Declared, Setting, TableName, fmt, shorten_list
from seqspec.core.diagnostics.violation import Path, Violation, value_at
from seqspec.core.document.model_table import NO_LAYERS, ModelLayers, read_model
from seqspec.core.document.tables import LIST_TABLES, OPTIONAL_TABLES, declaration
from seqspec.core.language.keras import NEWEST_ONLY, KerasRange, series
from seqspec.core.language.keys import TOP_LEVEL
from seqspec.core.shapes.tensor import BATCH, TensorSpec
from seqspec.core.syntax.document import Tree

T = TypeVar("T")

if TYPE_CHECKING:
    from seqspec.core.document.base_table import Table
    from seqspec.core.document.custom import CustomClass
    from seqspec.core.document.data import Data
    from seqspec.core.document.outputs import EvaluationReport, Export, Quantize, Save
    from seqspec.core.document.runtime import Runtime
    from seqspec.core.document.search import Search
    from seqspec.core.document.target import Target
    from seqspec.core.document.training_tables import Compile, Fit

_TABLES = tuple(key for key in TOP_LEVEL if key == "model" or key in OPTIONAL_TABLES)
"""The typed tables but `[custom]`, in the order in which they are read."""

_OF_CLASS: Any = object()


@cache
def _absent(key: str) -> Any:
    """What a document without a table has; tables are frozen, so that all documents share it."""
    return declaration((key,)).absent()


class _Section(Generic[T]):
    """A table as it was written, or what a document without it has.

    Args:
        default: The latter; by default that of the class of the table, whose module is imported when it is first read.
        key: The key of the table, if the attribute has another name.
    """

    def __init__(self, default: T = _OF_CLASS, key: str = "") -> None:
        self._default, self._key = default, key

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name
        self._key = self._key or name

    @overload
    def __get__(self, spec: None, owner: type) -> Self: ...
    @overload
    def __get__(self, spec: TypedSpec, owner: type) -> T: ...
    def __get__(self, spec: TypedSpec | None, owner: type) -> Self | T:
        if spec is None:
            return self
        table: T = spec.written.get(self._key, self._default)
        if table is _OF_CLASS:
            table = _absent(self._key)
        # The next time it is read from the instance, as with a cached property.
        spec.__dict__[self._name] = table
        return table


@dataclass(frozen=True, eq=False)
class TypedSpec:
    """A document as typed data; `dataclasses.replace` makes one with other tables.

    A table that is absent or cannot be read has the defaults of seqspec, or is None where it has none.

    Attributes:
        tree: The expanded document.
        keras: The versions of Keras that it supports.
        written: The tables of the document that could be read, by key.
        readable: Whether the document could be read at all; one that could not has no table.
    """

    tree: Mapping[str, Any]
    keras: KerasRange
    written: Mapping[str, Any]
    readable: bool = True

    stack: ClassVar[_Section[ModelLayers]] = _Section(NO_LAYERS, key="model")
    """The table `[model]`, by default without input and layers."""
    custom: ClassVar[_Section[Mapping[str, CustomClass]]] = _Section({})
    """The classes of `[custom]` by name."""
    target: ClassVar[_Section[Target | None]] = _Section(None)
    """The table `[target]`."""
    compile: ClassVar[_Section[Compile]] = _Section()
    """The table `[compile]`; a model without it has neither optimizer nor loss."""
    fit: ClassVar[_Section[Sequence[Fit]]] = _Section(())
    """The stages of `[fit]`."""
    data: ClassVar[_Section[Data]] = _Section()
    """The table `[data]`, by default without sets and source."""
    runtime: ClassVar[_Section[Runtime]] = _Section()
    """The table `[runtime]`."""
    save: ClassVar[_Section[Save | None]] = _Section(None)
    """The table `[save]`."""
    export: ClassVar[_Section[Sequence[Export]]] = _Section(())
    """The tables of `[export]`."""
    quantize: ClassVar[_Section[Quantize | None]] = _Section(None)
    """The table `[quantize]`."""
    report: ClassVar[_Section[EvaluationReport]] = _Section()
    """The table `[report]`."""
    search: ClassVar[_Section[Search | None]] = _Section(None)
    """The table `[search]`."""

    @property
    def dtype_policy(self) -> str:
        """The default dtype policy of all layers; that of Keras without `[runtime]`, whose module is not imported."""
        return self.runtime.dtype_policy if "runtime" in self.written else "float32"

    @property
    def environment(self) -> InferenceContext:
        """The inference context of its layers."""
        return InferenceContext(dtypes.policy(self.dtype_policy), self.keras.newest)

    def stage_path(self, index: int) -> tuple[str | int, ...]:
        """The path of a stage of `[fit]`."""
        return ("fit", index) if isinstance(self.tree.get("fit"), list) else ("fit",)

    def export_path(self, index: int) -> tuple[str | int, ...]:
        """The path of one of the tables of `[export]`."""
        return ("export", index) if isinstance(self.tree.get("export"), list) else ("export",)

    def with_stack(self, stack: ModelLayers) -> TypedSpec:
        """The spec with other layers or another input."""
        return replace(self, written={**self.written, "model": stack})

    def to_dict(self) -> Tree:
        """The document in its long form: no variables, no blocks, no shorthand, and no search, which sets variables."""
        tree: Tree = {}
        for key, value in self.tree.items():
            if key == "search":
                continue
            if key == "model" and "model" in self.written and isinstance(value.get("layers", ()), (list, tuple)):
                layers = [
                    entry if layer is None else layer.to_tree()
                    for layer, entry in zip(self.stack.layers, value.get("layers", ()))
                ]
                tree[key] = {**value, "layers": layers}
            else:
                typed = self.written.get(key) if key in OPTIONAL_TABLES else None
                if isinstance(typed, list):
                    tables = [table.to_tree() for table in typed]
                    tree[key] = tables if isinstance(value, list) else tables[0]
                else:
                    tree[key] = value if typed is None else typed.to_tree()
        return tree


UNREADABLE = TypedSpec({}, NEWEST_ONLY, {}, readable=False)
"""The spec of a document that could not be read."""


def read_spec(tree: Mapping[str, object], keras: KerasRange, violations: list[Violation]) -> TypedSpec:
    """Reads an expanded document; mistakes are appended to `violations`.

    `keras` is the range of supported versions.
    """
    written: dict[str, Any] = {}
    resolved = tree
    if "custom" in tree:
        from seqspec.core.document.custom import resolve_custom

        classes = _read("custom", tree["custom"], violations)
        if classes is not None:
            written["custom"] = {name: declared for name, declared in classes.items() if declared is not None}
        resolved = {
            key: resolve_custom(value, classes, violations, (key,)) if key in ("model", "compile", "fit") else value
            for key, value in tree.items()
        }
    for key in _TABLES:
        if key in resolved and (table := _read(key, resolved[key], violations)) is not None:
            written[key] = table
            if key == "report":
                violations.extend(_conflicts(table, written.get("target")))
    spec = _with_encoded_input(TypedSpec(tree, keras, written), violations)
    if "keras" in tree:
        _check_versions(spec, violations)
    return spec


def _read(key: str, value: object, violations: list[Violation]) -> Any:
    """The value of a key as a typed table, whose module is imported; None if it cannot be read."""
    read: Callable[[object, list[Violation]], Any]
    if key == "model":
        read = read_model
    elif key == "custom":
        from seqspec.core.document import custom

        read = custom.read_custom
    elif key == "target":
        from seqspec.core.document import target

        read = target.read_target
    else:
        declared: type[Table] = declaration((key,))
        read = declared.read_list if key in LIST_TABLES else declared.read_table
    mistakes: list[Violation] = []
    table = read(value, mistakes)
    violations.extend(violation.prefixed(key) for violation in mistakes)
    return table


def _conflicts(report: EvaluationReport, target: Target | None) -> Iterator[Violation]:
    """A threshold for labels that are not binary is an error, and a calibration for labels that are not classes."""
    if target is None:
        return
    kind = target.kind
    for key, labels, wrong in (
        ("calibrate", "class", report.calibrate and kind in ("regression", "reconstruction")),
        ("threshold", "binary", report.threshold != 0.5 and kind != "binary"),
    ):
        if wrong:
            yield Violation(
                "conflicting-arguments",
                f'{key} needs {labels} labels, but [target] has kind = "{kind}"',
                path=("report", key),
                related=[(("target", "kind"), Declared())],
                help=f"remove {key}",
            )


def _with_encoded_input(spec: TypedSpec, violations: list[Violation]) -> TypedSpec:
    """The spec with the input of `[data.columns]`, where `[model]` does not determine it."""
    missing = next((violation for violation in violations if violation.rule == "missing-input"), None)
    if "model" not in spec.written or "data" not in spec.tree or missing is None:
        return spec
    columns = spec.data.columns
    if columns is None:
        read = "data" in spec.written and "columns" in spec.data.model_fields_set
        if not read and isinstance(data := spec.tree["data"], Mapping) and "columns" in data:
            # The columns have an error.
            violations.remove(missing)
        return spec
    violations.remove(missing)
    written = value_at(spec.tree, ("data", "columns"))
    wrong = any(violation.path[:2] == ("data", "columns") for violation in violations)
    if wrong and isinstance(written, Mapping) and len(columns) < len(written):
        return spec
    from seqspec.core.document.columns import encoded_width, learned_widths

    width = encoded_width(columns)
    if width is not None:
        return spec.with_stack(replace(spec.stack, input=TensorSpec((BATCH, width))))
    if wrong:
        return spec
    names = learned_widths(columns)
    listing = shorten_list(names, 3)
    violations.append(
        missing.replace(
            statement=f"the model has no input shape, since only the training set says how many values {listing} has",
            help=fmt(
                "set values or top of {}, or add {} to {}", listing, Setting("input", [...]), TableName(("model",))
            ),
            related=tuple((("data", "columns", name), "as many values as the training set has") for name in names[:3]),
        )
    )
    return spec


def _check_versions(spec: TypedSpec, violations: list[Violation]) -> None:
    oldest = spec.keras.oldest
    if "model" in spec.written:
        violations.extend(newer_than(spec.stack.layers, oldest, ("model", "layers")))
    if "compile" in spec.written:
        violations.extend(newer_than(spec.compile, oldest, ("compile",)))
    for index, stage in enumerate(spec.fit):
        violations.extend(newer_than(stage, oldest, spec.stage_path(index)))
    violations.extend(newer_than(spec.quantize, oldest, ("quantize",)))
    for index, export in enumerate(spec.export):
        violations.extend(newer_than(export, oldest, spec.export_path(index)))


def newer_than(value: object, keras: tuple[int, int], path: Path) -> Iterator[Violation]:
    """The violations for classes and arguments in a value that Keras `keras` (major, minor) lacks."""
    if isinstance(value, KerasObject):
        if value.since is not None and series(value.since) > keras:
            yield _newer(type(value).__name__, value.since, keras, path, "layer")
        for key, item in given_arguments(value).items():
            metadata = type(value).model_fields[key].metadata
            since, values = marker(metadata, Since), marker(metadata, ValuesSince)
            if since is not None and since.series > keras:
                yield _newer(key, since.version, keras, (*path, key), "key")
            elif values is not None and values.series.get(item, keras) > keras:
                yield _newer(f'{key} = "{item}"', values.versions[item], keras, (*path, key), "value")
            else:
                yield from newer_than(item, keras, (*path, key))
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from newer_than(item, keras, (*path, index))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from newer_than(item, keras, (*path, key))


def _newer(subject: str, since: str, keras: tuple[int, int], path: Path, anchor: str) -> Violation:
    oldest = f"{keras[0]}.{keras[1]}"
    return Violation(
        "newer-keras",
        f"{subject} requires Keras {since}, but the spec also supports {oldest}",
        path=path,
        anchor=anchor,
        help=fmt("remove it, or write {}", Setting("keras", f">={since}")),
    )
