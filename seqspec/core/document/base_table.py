"""The base class of the tables of a spec, which are Pydantic models like the Keras classes."""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from typing import TYPE_CHECKING, ClassVar, Self, TypeVar, cast

from seqspec.core.catalog.keras_object import KerasObject, given_arguments, require_valid
from seqspec.core.catalog.markers import Formerly, marker
from seqspec.core.catalog.plain import tree_of
from seqspec.core.catalog.validation import (
    legacy_argument,
    missing_argument_help,
    only_missing_argument,
    wrong_choice,
    wrong_type,
)
from seqspec.core.diagnostics.message import Message, SpecOrProgram, alternatives, quote_value
from seqspec.core.diagnostics.suggest import Suggestion, nearest
from seqspec.core.diagnostics.violation import UNSET, Violation
from seqspec.core.document.tables import DOCUMENT_TABLES
from seqspec.core.language.keys import ELSEWHERE, move_to
from seqspec.core.syntax.document import Tree

T = TypeVar("T", bound="Table")


class UnknownValueError(Exception):
    """A key that has an error was read."""


class _FieldNames:
    """Has the name of each field as its value."""

    def __getattr__(self, name: str) -> str:
        return name


_FIELD_NAMES = _FieldNames()


class Table(KerasObject):
    """One table of the spec; `title` is its name in messages."""

    is_of_keras = False
    title: ClassVar[str] = ""
    tag: ClassVar[str] = "x-"
    call: ClassVar[str] = ""
    """The call whose arguments are the keys in a Keras program, such as `fit()`."""

    key_by_field: ClassVar[Mapping[str, str]] = {}
    """The keys of fields with another name, by field name."""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: object) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        fields = cls.model_fields.items()
        cls.legacy = {
            old: field.alias or name
            for name, field in fields
            if (former := marker(field.metadata, Formerly)) is not None
            for old in former.names
        }
        cls.key_by_field = {
            name: field.alias for name, field in fields if field.alias is not None and field.alias != name
        }

    @classmethod
    def read(cls, tree: Mapping[str, object], violations: list[Violation]) -> Self | None:
        # Python code can use the field name, a spec only the key.
        for name in cls.key_by_field.keys() & tree.keys():
            is_former = name in cls.legacy
            violations.append(legacy_argument(cls, name, tree) if is_former else cls.unknown_argument(name, tree))
            tree = {(cls.key_by_field[name] if key == name else key): value for key, value in tree.items()}
        return super().read(tree, violations)

    @classmethod
    def key_of(cls, field: Callable[[Self], object]) -> str:
        """The key of a field as a spec writes it: `Data.key_of(lambda data: data.missing)`."""
        # mypy finds a field that does not exist.
        name = str(field(cast("Self", _FIELD_NAMES)))
        return cls.key_by_field.get(name, name)

    @classmethod
    def key_path(cls, field: Callable[[Self], object]) -> tuple[str, str]:
        """The path of a field of a table of the top level: `Data.key_path(lambda data: data.missing)`."""
        return (cls.title.strip("[]"), cls.key_of(field))

    @classmethod
    def key_names(cls) -> tuple[str, ...]:
        """The keys as a spec writes them, in canonical order."""
        return tuple(cls.key_by_field.get(name, name) for name in cls.model_fields)

    @classmethod
    def read_table(cls, tree: object, violations: list[Violation]) -> Self | None:
        """Reads the table; mistakes are appended to `violations`. None if no instance can be recovered."""
        if not isinstance(tree, Mapping):
            violations.append(Violation("wrong-type", f"{cls.title} must be a table, got {quote_value(tree)}"))
            return None
        return cls.read(tree, violations)

    @classmethod
    def absent(cls) -> Self:
        """What a document without the table has."""
        return cls()

    @classmethod
    def read_list(cls, tree: object, violations: list[Violation]) -> list[Self] | None:
        """Reads the table, or a list of tables; None if one of them cannot be recovered."""
        if isinstance(tree, Mapping):
            table = cls.read_table(tree, violations)
            return None if table is None else [table]
        if not isinstance(tree, list):
            message = f"{cls.title} must be a table or a list of tables, got {quote_value(tree)}"
            violations.append(Violation("wrong-type", message))
            return None
        tables: list[Self] = []
        complete = True
        for index, entry in enumerate(tree):
            mistakes: list[Violation] = []
            table = cls.read_table(entry, mistakes)
            if table is None:
                complete = False
            elif (excluded := table.conflict_with(tables)) is not None:
                mistakes.append(excluded)
            else:
                tables.append(table)
            violations.extend(violation.prefixed(index) for violation in mistakes)
        return tables if complete else None

    def conflict_with(self, earlier: Sequence[Self]) -> Violation | None:
        """The violation for a table of a list that excludes one of the earlier ones; None if there is none."""
        return None

    @classmethod
    def is_optional_for_check(cls, name: str) -> bool:
        # The other keys can be checked even if an optional one is invalid.
        return not cls.model_fields[name].is_required()

    @classmethod
    def unknown_argument(cls, key: str, tree: Mapping[str, object]) -> Violation:
        hint = cls.unknown_argument_help(key)
        if hint is None and key not in cls.renamed:
            hint = ELSEWHERE.get(key) or cls._moved(key)
        near = None
        if hint is None and key in cls.renamed:
            near = cls.renamed[key]
            if near in tree:
                near, hint = None, f"remove it: {cls.renamed[key]} is already set"
        elif hint is None:
            free = [name for name in cls.key_names() if name not in tree]
            near = nearest(key, free) or only_missing_argument(cls, key, tree)
        return Violation(
            "unknown-key",
            Message(SpecOrProgram(Message(f"unknown key {key[:60]} in {cls.title}"), cls.unexpected(key))),
            path=(key,),
            anchor="key",
            recovered_value=near or UNSET,
            **Suggestion(near, otherwise=hint or cls.listing()).arguments(),
        )

    @classmethod
    def _moved(cls, key: str) -> Message | None:
        """The help for a key of another table."""
        home = DOCUMENT_TABLES.home(key)
        # The title is the same for a key of another kind of target.
        return move_to(home) if home is not None and cls.title != f"[{home}]" else None

    @classmethod
    def unexpected(cls, key: str) -> str:
        """The message for an argument that the call of a program does not have."""
        return f"unexpected argument {key[:60]} for {cls.call}"

    @classmethod
    def listing(cls) -> Message:
        """The help that lists the keys, or the arguments of the call in a program."""
        keys = f"{cls.title} accepts {', '.join(cls.key_names())}"
        return Message(SpecOrProgram(Message(keys), f"{cls.call} accepts {', '.join(cls.call_arguments())}"))

    @classmethod
    def call_arguments(cls) -> tuple[str, ...]:
        """The arguments of the call in a Keras program."""
        return cls.key_names()

    @classmethod
    def missing_argument(cls, name: str) -> Violation:
        key = cls.key_by_field.get(name, name)
        help = missing_argument_help(cls, name)
        return Violation("missing-key", f"missing key {key} in {cls.title}", help=help, missing=key)

    def with_unknown(self, names: Set[str]) -> Self:
        """A copy whose fields `names` are unknown: reading one of them raises `UnknownValueError`."""
        known = self.model_copy()
        for name in names:
            del known.__dict__[name]
        object.__setattr__(known, "__pydantic_fields_set__", self.model_fields_set - names)
        return known

    if not TYPE_CHECKING:  # A type checker would accept any attribute.

        def __getattr__(self, name: str) -> object:
            if name in type(self).model_fields:
                raise UnknownValueError(name)
            return super().__getattr__(name)

    def to_tree(self) -> Tree:
        """The table as plain data, with the keys that were written."""
        return {key: tree_of(value) for key, value in self.written().items()}

    def written(self) -> Tree:
        """The keys that were written, with their values."""
        return {self.key_by_field.get(name, name): value for name, value in given_arguments(self).items()}


def _choices(kinds: Iterable[str]) -> str:
    return alternatives([f'"{kind}"' for kind in kinds])


def _misnamed_tag(tree: Mapping[str, object], kinds: Mapping[str, type[Table]]) -> str | None:
    """The key that names a kind but that no kind has; None if there is none."""
    known = {name for kind in kinds.values() for name in kind.key_names()}
    texts = {key: value for key, value in tree.items() if isinstance(value, str) and key not in known}
    return next((key for key, value in texts.items() if value in kinds), None)


def read_tagged(tree: Mapping[str, object], tag: str, kinds: Mapping[str, type[T]], title: str) -> T:
    """Reads a table as the class that its key `tag` selects; raises `Violations`."""
    violations: list[Violation] = []
    if tag not in tree and (key := _misnamed_tag(tree, kinds)) is not None:
        violations.append(
            Violation(
                "unknown-key",
                f"unknown key {key[:60]} in {title}",
                path=(key,),
                anchor="key",
                recovered_value=tag,
                **Suggestion(tag).arguments(),
            )
        )
        tree = {tag if name == key else name: value for name, value in tree.items()}
    kind = tree.get(tag)
    if tag not in tree:
        help = f"add {tag}: {_choices(kinds)}"
        violations.append(Violation("missing-key", f"missing key {tag} in {title}", help=help, missing=tag))
        # The class with the most matching keys, so that the other keys are checked too.
        kind = max(kinds, key=lambda name: len(tree.keys() & set(kinds[name].key_names())))
    elif not isinstance(kind, str) or kind not in kinds:
        expected = _choices(kinds)
        wrong = wrong_choice(kind, list(kinds), expected) if isinstance(kind, str) else wrong_type(expected, kind)
        violations.append(wrong.with_subject(tag).prefixed(tag))
        kind = wrong.recovered_value
    table = kinds[kind].read({**tree, tag: kind}, violations) if kind is not UNSET else None
    return require_valid(table, violations)
