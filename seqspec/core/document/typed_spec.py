"""An expanded document as typed data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from seqspec.core.catalog import dtypes
from seqspec.core.catalog.keras_object import KerasObject, given_arguments
from seqspec.core.catalog.layer import InferenceContext
from seqspec.core.catalog.markers import Since, ValuesSince, marker
from seqspec.core.diagnostics.message import Declared, Setting, TableName, fmt, shorten_list
from seqspec.core.diagnostics.violation import Path, Violation, value_at
from seqspec.core.document.model_table import ModelLayers, read_model
from seqspec.core.document.tables import OPTIONAL_TABLES
from seqspec.core.language.keras import KerasRange, series
from seqspec.core.shapes.tensor import BATCH, TensorSpec
from seqspec.core.syntax.document import Tree

T = TypeVar("T")

if TYPE_CHECKING:
    from seqspec.core.document.custom import CustomClass
    from seqspec.core.document.data import Data
    from seqspec.core.document.outputs import Outputs
    from seqspec.core.document.runtime import Runtime
    from seqspec.core.document.search import Search
    from seqspec.core.document.target import Target
    from seqspec.core.document.training_tables import Compile, Fit

OUTPUTS = ("save", "export", "quantize", "report")


class TypedSpec:
    """A document as typed data.

    `tree` is the expanded document; the other attributes are its typed tables. One that is absent or cannot be read has
    the defaults of seqspec; `written` has the names of the others. `[target]` and `[search]` have no defaults: None.
    """

    tree: Mapping[str, Any]
    keras: KerasRange
    stack: ModelLayers
    custom: dict[str, CustomClass]
    target: Target | None
    fit: Sequence[Fit]
    search: Search | None
    written: set[str]

    # The modules of tables that a document does not have are imported when their defaults are read.

    @cached_property
    def compile(self) -> Compile:
        """The table `[compile]`; a model without it has neither optimizer nor loss."""
        from seqspec.core.document.training_tables import UNCOMPILED

        return UNCOMPILED

    @cached_property
    def data(self) -> Data:
        """The table `[data]`, by default without sets and source."""
        from seqspec.core.document.data import Data

        return Data()

    @cached_property
    def runtime(self) -> Runtime:
        """The table `[runtime]`."""
        from seqspec.core.document.runtime import Runtime

        return Runtime()

    @cached_property
    def outputs(self) -> Outputs:
        """The tables `[save]`, `[export]`, `[quantize]` and `[report]`."""
        from seqspec.core.document.outputs import Outputs

        return Outputs()

    @property
    def dtype_policy(self) -> str:
        """The default dtype policy of all layers."""
        return self.runtime.dtype_policy if "runtime" in self.written else "float32"

    @property
    def environment(self) -> InferenceContext:
        """The inference context of its layers."""
        return InferenceContext(dtypes.policy(self.dtype_policy), self.keras.newest)

    def stage_path(self, index: int) -> tuple[str | int, ...]:
        """The path of a stage of `[fit]`."""
        return ("fit", index) if isinstance(self.tree.get("fit"), list) else ("fit",)

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
                is_typed = key in OPTIONAL_TABLES and key in self.written
                typed = getattr(self.outputs if key in OUTPUTS else self, key) if is_typed else None
                if isinstance(typed, list):
                    tables = [table.to_tree() for table in typed]
                    tree[key] = tables if isinstance(value, list) else tables[0]
                else:
                    tree[key] = value if typed is None else typed.to_tree()
        return tree


def read_spec(tree: Mapping[str, object], keras: KerasRange, violations: list[Violation]) -> TypedSpec:
    """Reads an expanded document; mistakes are appended to `violations`.

    `keras` is the range of supported versions.
    """
    spec = TypedSpec()
    spec.tree = tree
    spec.keras = keras
    spec.written = set()
    spec.custom = {}
    if "custom" in tree:
        from seqspec.core.document.custom import read_custom, resolve_custom

        classes = _read(spec, "custom", tree, read_custom, violations)
        spec.custom = {name: declared for name, declared in (classes or {}).items() if declared is not None}
        tree = {
            key: resolve_custom(value, classes, violations, (key,)) if key in ("model", "compile", "fit") else value
            for key, value in tree.items()
        }
    spec.stack = _read(spec, "model", tree, read_model, violations) or ModelLayers(None, None, None, [])
    spec.target = spec.search = None
    spec.fit = ()
    if not OPTIONAL_TABLES.isdisjoint(tree):
        _read_tables(spec, tree, violations)
        _take_encoded_input(spec, violations)
    if "keras" in tree:
        _check_versions(spec, violations)
    return spec


def _read_tables(spec: TypedSpec, tree: Mapping[str, object], violations: list[Violation]) -> None:
    if "target" in tree:
        from seqspec.core.document import target

        spec.target = _read(spec, "target", tree, target.read_target, violations)
    if "compile" in tree or "fit" in tree:
        from seqspec.core.document import training_tables

        compiled = _read(spec, "compile", tree, training_tables.Compile.read_table, violations)
        spec.compile = compiled or training_tables.UNCOMPILED
        spec.fit = _read(spec, "fit", tree, training_tables.Fit.read_list, violations) or ()
    if "data" in tree:
        from seqspec.core.document import data

        spec.data = _read(spec, "data", tree, data.Data.read_table, violations) or data.Data()
    if "runtime" in tree:
        from seqspec.core.document import runtime

        spec.runtime = _read(spec, "runtime", tree, runtime.Runtime.read_table, violations) or runtime.Runtime()
    if any(key in tree for key in OUTPUTS):
        from seqspec.core.document.outputs import read_outputs

        spec.outputs = read_outputs(tree, violations)
        spec.written |= {key for key in OUTPUTS if getattr(spec.outputs, key) is not None}
        _check_report(spec, violations)
    if "search" in tree:
        from seqspec.core.document import search

        spec.search = _read(spec, "search", tree, search.Search.read_table, violations)


def _check_report(spec: TypedSpec, violations: list[Violation]) -> None:
    """A threshold of labels that are not binary is an error, and the calibration of labels that are not classes."""
    report = spec.outputs.report
    if report is None or spec.target is None:
        return
    kind = spec.target.kind
    for key, labels, wrong in (
        ("calibrate", "class", report.calibrate and kind in ("regression", "reconstruction")),
        ("threshold", "binary", report.threshold != 0.5 and kind != "binary"),
    ):
        if wrong:
            violations.append(
                Violation(
                    "conflicting-arguments",
                    f'{key} needs {labels} labels, but [target] has kind = "{kind}"',
                    path=("report", key),
                    related=[(("target", "kind"), Declared())],
                    help=f"remove {key}",
                )
            )


def _take_encoded_input(spec: TypedSpec, violations: list[Violation]) -> None:
    """Sets the input to that of `[data.columns]` where `[model]` does not determine it."""
    missing = next((violation for violation in violations if violation.rule == "missing-input"), None)
    if "model" not in spec.written or missing is None:
        return
    columns = spec.data.columns
    if columns is None:
        read = "data" in spec.written and "columns" in spec.data.model_fields_set
        if not read and isinstance(data := spec.tree.get("data"), Mapping) and "columns" in data:
            # The columns have an error.
            violations.remove(missing)
        return
    violations.remove(missing)
    written = value_at(spec.tree, ("data", "columns"))
    wrong = any(violation.path[:2] == ("data", "columns") for violation in violations)
    if wrong and isinstance(written, Mapping) and len(columns) < len(written):
        return
    from seqspec.core.document.columns import encoded_width, learned_widths

    width = encoded_width(columns)
    if width is not None:
        spec.stack.input = TensorSpec((BATCH, width))
    if width is not None or wrong:
        return
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


def _read(
    spec: TypedSpec,
    key: str,
    tree: Mapping[str, object],
    read: Callable[[object, list[Violation]], T | None],
    violations: list[Violation],
) -> T | None:
    """The table of a key, which is then one of `written`; None if it is absent or cannot be read."""
    if key not in tree:
        return None
    mistakes: list[Violation] = []
    typed = read(tree[key], mistakes)
    violations.extend(violation.prefixed(key) for violation in mistakes)
    if typed is not None:
        spec.written.add(key)
    return typed


def _check_versions(spec: TypedSpec, violations: list[Violation]) -> None:
    from seqspec.core.document.outputs import export_path

    if "model" in spec.written:
        violations.extend(newer_than(spec.stack.layers, spec.keras.oldest, ("model", "layers")))
    if "compile" in spec.written:
        violations.extend(newer_than(spec.compile, spec.keras.oldest, ("compile",)))
    if "fit" in spec.written:
        stages = spec.fit if isinstance(spec.tree["fit"], list) else spec.fit[0]
        violations.extend(newer_than(stages, spec.keras.oldest, ("fit",)))
    if not spec.written.isdisjoint(OUTPUTS):
        violations.extend(newer_than(spec.outputs.quantize, spec.keras.oldest, ("quantize",)))
        for index, export in enumerate(spec.outputs.export or ()):
            violations.extend(newer_than(export, spec.keras.oldest, export_path(spec.tree, index)))


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
