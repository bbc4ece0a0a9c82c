"""The base of the tables of a spec, which are Pydantic models like the classes of Keras."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from seqspec.catalog.keras_object import KerasObject, given_arguments
from seqspec.catalog.plain import tree_of
from seqspec.catalog.validation import how_to_add
from seqspec.diagnostics.quote import quote_value
from seqspec.diagnostics.violation import UNSET, Violation
from seqspec.language.names import nearest


class Table(KerasObject):
    """One table of the spec; `title` is what messages call it."""

    title: ClassVar[str] = ""
    tag: ClassVar[str] = "x-"

    @classmethod
    def read_table(cls, tree: Any, violations: list[Violation]) -> Self | None:
        """Reads the table; mistakes are appended to `violations`, None where nothing can be made of it."""
        if not isinstance(tree, Mapping):
            violations.append(Violation("wrong-type", f"{cls.title} must be a table, got {quote_value(tree)}"))
            return None
        return cls.read(tree, violations)

    @classmethod
    def is_optional_for_check(cls, name: str) -> bool:
        # What the other keys say still holds where one that may be left out is wrong.
        return not cls.model_fields[name].is_required()

    @classmethod
    def unknown_argument(cls, key: str, tree: Mapping[str, Any]) -> Violation:
        hint = cls.unknown_argument_help(key)
        near = None if hint is not None else nearest(key, [name for name in cls.model_fields if name not in tree])
        return Violation(
            "unknown-key",
            f"unknown key {key[:60]} in {cls.title}",
            path=(key,),
            anchor="key",
            label=f"did you mean {near}?" if near else None,
            help=hint or (f"write {near}" if near else f"{cls.title} accepts {', '.join(cls.model_fields)}"),
            recovered_value=near if near else UNSET,
            suggestion=near,
        )

    @classmethod
    def missing_argument(cls, name: str) -> Violation:
        return Violation("missing-key", f"missing key {name} in {cls.title}", help=how_to_add(cls, name))

    def to_tree(self) -> dict[str, Any]:
        """The table as a spec holds it: the keys that the author wrote."""
        return {key: tree_of(value) for key, value in given_arguments(self).items()}
