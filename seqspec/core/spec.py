"""`Spec`: a spec as a Pydantic model, for programs that read, create and change specs.

It is validated by the reader of `seqspec check` (`document/typed_spec.py`), which continues after mistakes; here, a
spec is either valid or rejected with all of its mistakes.
"""

import html
import warnings
from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pydantic import Field, PrivateAttr, model_validator

from seqspec.core.catalog.keras_object import given_arguments
from seqspec.core.catalog.plain import freeze
from seqspec.core.diagnostics.errors import error_of
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.document.base_table import Table
from seqspec.core.document.custom import CustomClass
from seqspec.core.document.data import Data
from seqspec.core.document.model_table import Input, Model, data_of, read_valid
from seqspec.core.document.outputs import EvaluationReport, Export, Quantize, Save
from seqspec.core.document.runtime import Runtime
from seqspec.core.document.search import Search
from seqspec.core.document.tables import DOCUMENT_TABLES, OPTIONAL_TABLES
from seqspec.core.document.target import AnyTarget
from seqspec.core.document.training_tables import Compile, Fit
from seqspec.core.document.typed_spec import TypedSpec, read_spec
from seqspec.core.language.keras import NEWEST_ONLY, read_range
from seqspec.core.language.variables import escaped
from seqspec.core.language.version import LATEST
from seqspec.core.syntax.document import Tree

if TYPE_CHECKING:
    from seqspec.core.diagram.plot import Plot

_FIELDS = {"save": "save_options"}
"""The tables whose attribute has another name, because `save` is a method."""

_LEFT_OUT = frozenset({*OPTIONAL_TABLES, "custom", "keras"})
"""The keys of a spec that are removed by None."""


class Spec(Table):
    """A spec: one Keras Sequential model with its training, data and outputs.

    A spec is frozen; `model_copy(update=...)` returns a validated copy with changes. Variables, blocks and `extends`
    of a file are expanded.

    Raises:
        pydantic.ValidationError: A value is invalid in the language or in Keras; every mistake is one of its errors.
            Shapes are checked by `seqspec.check`.
    """

    title = "the spec"

    seqspec: int = Field(default=LATEST, description="Language version.")
    keras: str | None = Field(default=None, description='Supported Keras versions, such as ">=3.13".')
    custom: dict[str, CustomClass] | None = Field(default=None, description="Custom classes, by name.")
    model: Model = Field(description="The model.")
    target: AnyTarget | None = Field(default=None, description="Format of one label.")
    compile: Compile | None = Field(default=None, description="The arguments of `Model.compile`.")
    fit: Fit | Sequence[Fit] | None = Field(
        default=None, description="The arguments of `Model.fit`, or a list of training stages."
    )
    data: Data | None = Field(default=None, description="Description of the datasets.")
    runtime: Runtime | None = Field(default=None, description="Seed, dtype policy, backend, distribution.")
    save_options: Save | None = Field(
        default=None, alias="save", description="File in which the trained model is saved."
    )
    export: Export | Sequence[Export] | None = Field(
        default=None, description="Export for inference, or a list of exports."
    )
    quantize: Quantize | None = Field(default=None, description="Quantization of the trained model.")
    report: EvaluationReport | None = Field(default=None, description="Training report.")
    search: Search | None = Field(default=None, description="A search for the best values.")

    _written: Tree | None = PrivateAttr(default=None)
    """The spec as written, with the original spelling: `"1/255"`, `kernel_size = 3`."""

    @classmethod
    def read(cls, tree: Mapping[str, Any], violations: list[Violation]) -> Self | None:
        # None is the default of every table, so it removes a table from a copy.
        given = {key: value for key, value in data_of(tree).items() if value is not None or key not in _LEFT_OUT}
        data = {"seqspec": LATEST, **given}
        mistakes: list[Violation] = []
        for key in data:
            if _FIELDS.get(key, key) not in cls.model_fields and key[:2] != "x-" and key != "$schema":
                mistakes.append(cls.unknown_argument(key, data))
        if "model" not in data:
            mistakes.append(cls.missing_argument("model"))
        keras = NEWEST_ONLY
        if data.get("keras") is not None:
            try:
                keras = read_range(data["keras"])
            except Violation as violation:
                mistakes.append(violation.prefixed("keras"))
        read = read_spec(data, keras, mistakes)
        violations.extend(mistakes)
        return None if mistakes else cls.of(read)

    @classmethod
    def of(cls, read: TypedSpec) -> Self:
        """The spec of a document that has been read without violations."""
        assert "model" in read.written
        given: Tree = {key: value for key, value in read.tree.items() if key in cls.model_fields}
        table = given["model"]
        parts = {key: value for key, value in table.items() if key in Model.model_fields}
        if isinstance(parts.get("input"), Mapping):
            parts["input"] = Input.model_validate(parts["input"])
        given["model"] = Model.model_construct(set(parts), **{**parts, "layers": tuple(read.stack.layers)})
        if "custom" in given:
            given["custom"] = dict(read.custom)
        for key in OPTIONAL_TABLES & read.written.keys():
            typed = read.written[key]
            if isinstance(typed, list):
                typed = tuple(typed) if isinstance(read.tree[key], (list, tuple)) else typed[0]
            given[_FIELDS.get(key, key)] = typed
        spec: Self = freeze(cls.model_construct(set(given), **given))
        spec._written = dict(read.tree)
        return spec

    @classmethod
    def from_keras(cls, model: object) -> Self:
        """The spec of a `keras.Sequential`, compiled or not.

        Raises:
            TypeError: The model is not a `keras.Sequential`, or a layer of it cannot be serialized.
            SpecError: The model holds what a spec cannot express; `report` says what.

        Warns:
            UserWarning: A loss or metric with code is omitted.
        """
        from seqspec.core.frontends.live import is_live_model, live_document

        if not is_live_model(model):
            raise TypeError(f"from_keras needs a keras.Sequential, not {type(model).__name__}")
        document, notes = live_document(model)
        for note in notes:
            warnings.warn(note, stacklevel=2)
        violations = list(document.violations)
        spec = None if violations else cls.read(document.tree, violations)
        if spec is None:
            raise error_of(violations, lambda violation: None)
        return spec

    @model_validator(mode="before")
    @classmethod
    def _read(cls, data: object) -> Any:
        return read_valid(cls, data)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Spec) and given_arguments(self) == given_arguments(other)

    def __hash__(self) -> int:
        return hash(frozenset(given_arguments(self).items()))

    def as_written(self) -> Mapping[str, Any]:
        """The spec as plain data in its original spelling if it was read from a document, else in its long form."""
        return escaped(self.to_tree() if self._written is None else self._written)

    def to_dict(self) -> Tree:
        """The long form as plain data: no variables, no blocks, no shorthand."""
        return self.to_tree()

    def to_tree(self) -> Tree:
        tree = {"seqspec": self.seqspec, **super().to_tree()}
        return {key: tree[key] for key in self.key_names() if key in tree}

    def to_toml(self) -> str:
        """The spec as TOML, in canonical form."""
        from seqspec.core.document.canonical import canonical_text

        return canonical_text(escaped(self.to_tree()), "toml")

    def to_json(self) -> str:
        """The spec as JSON, in canonical form."""
        from seqspec.core.document.canonical import canonical_text

        return canonical_text(escaped(self.to_tree()), "json")

    def save(self, path: str | PathLike[str]) -> None:
        """Writes the spec to a file, as JSON where the name ends in `.json`, else as TOML.

        An existing file is replaced atomically.
        """
        from seqspec.core.syntax.atomic_write import replace_text

        replace_text(str(path), self.to_json() if Path(path).suffix == ".json" else self.to_toml())

    def plot(self, *, fold: bool = True) -> "Plot":
        """The diagram of the model, which notebooks show and `save` writes as SVG, PNG, PDF, HTML, Mermaid or DOT.

        Args:
            fold: Whether equal copies of a repeated layer are drawn once.

        Raises:
            SpecError: The model has no layers.
        """
        from seqspec.core.diagram.plot import plot

        return plot(self, fold=fold)

    @classmethod
    def from_toml(cls, text: str) -> Self:
        """Reads TOML; raises `seqspec.SpecError` with every mistake and its line."""
        return cls._from_text(text, "toml")

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Reads JSON; raises `seqspec.SpecError` with every mistake and its line."""
        return cls._from_text(text, "json")

    @classmethod
    def _from_text(cls, text: str, format: str) -> Self:
        if not isinstance(text, str):
            raise TypeError(f"expected the text of a spec, got {type(text).__name__}; seqspec.load reads files")
        from seqspec.core.language.expand import expand
        from seqspec.core.syntax.source import parse_text

        expansion = expand(parse_text(text, format=format), tables=DOCUMENT_TABLES)
        violations = list(expansion.violations)
        spec: Self | None = None
        if expansion.usable and not violations:
            read = read_spec(expansion.tree, expansion.keras, violations)
            spec = None if violations else cls.of(read)
        if spec is None:
            raise error_of(violations, lambda violation: _span(violation, expansion))
        return spec

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(self.to_toml())}</pre>"


def _span(violation: Violation, expansion: Any) -> Any:
    if violation.location is not None:
        return violation.location.span()
    return expansion.origin(violation.path).place(violation.anchor, violation.string_range).span()
