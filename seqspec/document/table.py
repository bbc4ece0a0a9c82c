"""The base of the tables of a spec, which are Pydantic models like the classes of Keras."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self, TypeVar

from seqspec.catalog.keras_object import KerasObject, given_arguments
from seqspec.catalog.plain import tree_of
from seqspec.catalog.validation import alternatives, how_to_add, only_missing, wrong_choice, wrong_type
from seqspec.diagnostics.quote import quote_value
from seqspec.diagnostics.suggest import Suggestion
from seqspec.diagnostics.violation import UNSET, Violation, Violations
from seqspec.language.keys import ELSEWHERE
from seqspec.language.names import nearest

T = TypeVar("T", bound="Table")


class Table(KerasObject):
    """One table of the spec; `title` is what messages call it."""

    title: ClassVar[str] = ""
    tag: ClassVar[str] = "x-"
    keys: ClassVar[Mapping[str, str]] = {}
    """The keys whose fields have another name, by that name."""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: object) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        fields = cls.model_fields.items()
        cls.keys = {name: field.alias for name, field in fields if field.alias is not None and field.alias != name}

    @classmethod
    def read(cls, tree: Mapping[str, object], violations: list[Violation]) -> Self | None:
        # Python may name a field by its attribute, a spec only by its key.
        for name in cls.keys.keys() & tree.keys():
            violations.append(cls.unknown_argument(name, tree))
            tree = {(cls.keys[name] if key == name else key): value for key, value in tree.items()}
        return super().read(tree, violations)

    @classmethod
    def key_names(cls) -> tuple[str, ...]:
        """The keys as a spec writes them, in canonical order."""
        return tuple(cls.keys.get(name, name) for name in cls.model_fields)

    @classmethod
    def read_table(cls, tree: object, violations: list[Violation]) -> Self | None:
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
    def unknown_argument(cls, key: str, tree: Mapping[str, object]) -> Violation:
        hint = cls.unknown_argument_help(key) or ELSEWHERE.get(key)
        near = None
        if hint is None:
            near = nearest(key, [known for known in cls.key_names() if known not in tree]) or only_missing(
                cls, key, tree
            )
        return Violation(
            "unknown-key",
            f"unknown key {key[:60]} in {cls.title}",
            path=(key,),
            anchor="key",
            recovered_value=near or UNSET,
            **Suggestion(near, otherwise=hint or f"{cls.title} accepts {', '.join(cls.key_names())}").arguments(),
        )

    @classmethod
    def missing_argument(cls, name: str) -> Violation:
        key = cls.keys.get(name, name)
        return Violation("missing-key", f"missing key {key} in {cls.title}", help=how_to_add(cls, name))

    def to_tree(self) -> dict[str, Any]:
        """The table as a spec holds it: the keys that the author wrote."""
        return {key: tree_of(value) for key, value in self.written().items()}

    def written(self) -> dict[str, Any]:
        """The keys that the author wrote, with their values."""
        return {self.keys.get(name, name): value for name, value in given_arguments(self).items()}


def read_tagged(tree: Mapping[str, object], tag: str, kinds: Mapping[str, type[T]], title: str) -> T:
    """The table of the class that its key `tag` names; raises `Violations`."""
    words = alternatives([f'"{kind}"' for kind in kinds])
    violations: list[Violation] = []
    kind = tree.get(tag)
    if tag not in tree:
        violations.append(Violation("missing-key", f"missing key {tag} in {title}", help=f"add {tag}: {words}"))
        # The first one that has most of the keys: what is wrong with the others is found too.
        kind = max(kinds, key=lambda one: len(tree.keys() & set(kinds[one].key_names())))
    elif not isinstance(kind, str) or kind not in kinds:
        wrong = wrong_choice(kind, list(kinds), words) if isinstance(kind, str) else wrong_type(words, kind)
        violations.append(wrong.with_subject(tag).prefixed(tag))
        kind = wrong.recovered_value
    made = kinds[kind].read({**tree, tag: kind}, violations) if kind is not UNSET else None
    if violations:
        raise Violations(violations, UNSET if made is None else made)
    assert made is not None
    return made
