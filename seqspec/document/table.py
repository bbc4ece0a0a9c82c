"""Tables of a document whose keys are declared like the arguments of a Keras class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from seqspec.catalog.arguments import Declaration, given_arguments, plain
from seqspec.catalog.kinds import show_value
from seqspec.diagnostics.violation import UNSET, Violation
from seqspec.shapes.dims import Dim


class Table(Declaration):
    """One table of the document; `title` is what messages call it."""

    title: ClassVar[str] = ""
    tag: ClassVar[str] = "x-"

    @classmethod
    def read_table(cls, tree: Any, violations: list[Violation]) -> Self | None:
        """Reads the table; mistakes are appended to `problems`, None where nothing can be made of it."""
        if not isinstance(tree, Mapping):
            violations.append(Violation("wrong-type", f"{cls.title} is a table, got {show_value(tree)}"))
            return None
        return cls.read(tree, violations)

    @classmethod
    def _carry_on(cls, given: dict[str, Any], key: str, recovered_value: Any) -> bool:
        # What the other keys say still holds where one that may be left out is wrong.
        return super()._carry_on(given, key, recovered_value) or key not in cls.required

    @classmethod
    def _unknown(cls, key: str, tree: Mapping[str, Any]) -> Violation:
        from seqspec.language.names import nearest

        hint = cls.unknown_help(key)
        near = None if hint is not None else nearest(key, [name for name in cls.arguments if name not in tree])
        return Violation(
            "unknown-key",
            f"{cls.title} has no key {key[:60]}",
            path=(key,),
            anchor="key",
            label=f"did you mean {near}?" if near else None,
            help=hint or (f"write {near}" if near else f"{cls.title} takes {', '.join(cls.arguments)}"),
            recovered_value=near if near else UNSET,
            suggestion=near,
        )

    @classmethod
    def _missing(cls, name: str) -> Violation:
        argument = cls.arguments[name]
        return Violation(
            "missing-key",
            f"{cls.title} has no {name}",
            help=f"add {name}: {argument.kind.describe()} ({argument.doc.rstrip('.')})",
        )

    def to_tree(self) -> dict[str, Any]:
        """The table as a document holds it."""
        return {key: written(value) for key, value in given_arguments(self).items()}


def written(value: Any) -> Any:
    """A value as a document holds it: unknown sizes by name, keys as text."""
    if isinstance(value, Dim):
        return str(value)
    if isinstance(value, (list, tuple)):
        return [written(entry) for entry in value]
    if isinstance(value, dict):
        return {str(key): written(entry) for key, entry in value.items()}
    return plain(value)
