"""How a Keras class is declared: its arguments as typed fields with Keras's defaults and one-line docs.

    class Dropout(Layer):
        \"\"\"Sets a random part of its inputs to zero while training.\"\"\"

        rate: float = arg(Number(minimum=0, maximum=1), "Part of the inputs that is dropped, 0 to 1.")
        seed: int | None = arg(Optional(Integer()), "Random seed.", default=None)

An instance holds in its `__dict__` just what the author gave; a default is found on the class. So `given_arguments(x)`
is exactly what the compiler passes to Keras, and reading a layer costs nothing for the arguments that nobody wrote.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any, ClassVar, Self, dataclass_transform

from seqspec.catalog.kinds import Kind, shorten
from seqspec.diagnostics.violation import UNSET, Violation, Violations


class Argument:
    """One argument of a Keras class.

    Args:
        kind: Which values it takes.
        doc: One line for the reader of a document.
        default: Keras's default; `NOTHING` where the argument is required.
        since: The Keras version that brought it, where that is later than the oldest supported one.
    """

    __slots__ = ("kind", "doc", "default", "since")

    def __init__(self, kind: Kind, doc: str, default: Any, since: str | None) -> None:
        self.kind = kind
        self.doc = doc
        self.default = default
        self.since = since


def arg(kind: Kind, doc: str, *, default: Any = UNSET, since: str | None = None) -> Any:
    """Declares one argument in the body of a `Declaration`."""
    return Argument(kind, doc, default, since)


@dataclass_transform(kw_only_default=True, field_specifiers=(arg,))
class Declaration:
    """A Keras class as data: the base of every layer, activation, optimizer, ... of the catalogue."""

    arguments: ClassVar[Mapping[str, Argument]] = {}
    required: ClassVar[tuple[str, ...]] = ()
    aliases: ClassVar[tuple[str, ...]] = ()
    since: ClassVar[str | None] = None
    rank: ClassVar[int] = 0
    last: ClassVar[tuple[str, ...]] = ()
    without: ClassVar[tuple[str, ...]] = ()
    tag: ClassVar[str] = "type"
    legacy: ClassVar[Mapping[str, str | None]] = {}
    """Arguments of an older Keras that the class still takes: the new name, or None for one that is passed over."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        own = {name: value for name, value in vars(cls).items() if isinstance(value, Argument)}
        inherited = {
            name: value
            for base in reversed(cls.__bases__)
            for name, value in getattr(base, "arguments", {}).items()
            if name not in own
        }
        if "rank" in vars(cls):
            # A family declares its arguments once; each class of it binds them to its own number of axes.
            inherited = {name: _bind(value, cls.rank) for name, value in inherited.items()}
        merged = inherited | {name: _bind(value, cls.rank) for name, value in own.items()}
        # What a family takes and this one class of it does not.
        for name in cls.without:
            merged.pop(name, None)
        # What a whole family takes comes last, as Keras's **kwargs do.
        cls.arguments = {name: value for name, value in merged.items() if name not in cls.last} | {
            name: merged[name] for name in cls.last if name in merged
        }
        cls.required = tuple(name for name, value in cls.arguments.items() if value.default is UNSET)
        for name, argument in own.items():
            if argument.default is UNSET:
                delattr(cls, name)
            else:
                setattr(cls, name, argument.default)

    def __init__(self, **given: Any) -> None:
        """Builds a checked instance from Python; raises `seqspec.SpecError` with every mistake in it."""
        tree = {name: plain(value) for name, value in given.items()}
        violations: list[Violation] = []
        instance = type(self).read(tree, violations)
        if violations or instance is None:
            from seqspec.diagnostics.errors import error_of

            raise error_of(violations)
        self.__dict__.update(vars(instance))

    @classmethod
    def read(cls, tree: Mapping[str, Any], violations: list[Violation]) -> Self | None:
        """Reads the arguments from a table.

        Every mistake is appended to `problems`, at a path within the table. Returns the instance, made with what was
        surely meant where an argument is wrong, or None where nothing can be assumed.
        """
        given: dict[str, Any] = {}
        arguments = cls.arguments
        usable = True
        for key, value in tree.items():
            argument = arguments.get(key)
            if argument is None:
                if key == cls.tag or key[:2] == "x-":
                    continue
                key_problem = cls._legacy(key) if key in cls.legacy else cls._unknown(key, tree)
                violations.append(key_problem)
                if key_problem.recovered_value is UNSET:
                    continue
                key = key_problem.recovered_value
                argument = arguments[key]
                problem_key = key_problem.path[0]
            else:
                problem_key = key
            try:
                given[key] = argument.kind.read(value)
            except Violation as violation:
                violation.message = f"{key} {violation.message}"
                violations.append(violation.prefixed(problem_key))
                usable = cls._carry_on(given, key, violation.recovered_value) and usable
            except Violations as several:
                for item in several.items:
                    if item.message[:1] == "[" and item.message[1:2].isdigit():
                        # An entry of a list: the argument's own name comes before its index.
                        item.message = key + item.message
                    violations.append(item.prefixed(problem_key))
                usable = cls._carry_on(given, key, several.recovered_value) and usable
        # An unknown argument may be what is missing, under another name: that is one mistake.
        stray = any(
            violation.rule == "unknown-argument" and violation.recovered_value is UNSET for violation in violations
        )
        complete = True
        for name in cls.required:
            if name in given:
                continue
            complete = False
            if name not in tree:
                usable = False
                if not stray and not any(violation.path[:1] == (name,) for violation in violations):
                    violations.append(cls._missing(name))
        if not usable:
            return None
        self = object.__new__(cls)
        self.__dict__ = given
        try:
            if complete:
                self.check()
        except Violation as violation:
            # What follows only from another mistake is not told: from a value that was assumed, or left at its default.
            wrong = {known.path[0] for known in violations if known.path}
            again = bool(violation.path) and violation.path[0] in wrong
            if not again and all(key in given for key in wrong if key in arguments):
                violations.append(violation)
            return None
        return self

    @classmethod
    def _carry_on(cls, given: dict[str, Any], key: str, recovered_value: Any) -> bool:
        if recovered_value is not UNSET:
            given[key] = recovered_value
            return True
        return cls.arguments[key].kind.neutral

    @classmethod
    def _legacy(cls, key: str) -> Violation:
        new = cls.legacy[key]
        return Violation(
            "deprecated-argument",
            f"{key} is of an older Keras" + (f", which calls it {new} now" if new else " and has no effect now"),
            path=(key,),
            anchor="key",
            help=f"write {new}" if new else f"remove {key}",
            recovered_value=new if new else UNSET,
            suggestion=new,
        )

    @classmethod
    def _unknown(cls, key: str, tree: Mapping[str, Any]) -> Violation:
        from seqspec.language.names import nearest

        free = [name for name in cls.arguments if name not in tree]
        near = nearest(key, free)
        hint = cls.unknown_help(key)
        if hint is None and key == "config":
            hint = f"write the arguments of {cls.__name__} themselves, beside type"
        if hint is None and key in ("use", "custom"):
            hint = "type names a class of Keras, use a block, custom a class of your own: an entry has one of them"
        if hint is not None:
            message = f"{cls.__name__} has no argument {shorten(key)}"
            return Violation("unknown-argument", message, path=(key,), anchor="key", help=hint)
        listing = f"{cls.__name__} takes {', '.join(cls.arguments)}"
        return Violation(
            "unknown-argument",
            f"{cls.__name__} has no argument {shorten(key)}",
            path=(key,),
            anchor="key",
            label=f"did you mean {near}?" if near else None,
            help=f"write {near}" if near else listing,
            recovered_value=near if near else UNSET,
            suggestion=near,
        )

    @classmethod
    def unknown_help(cls, key: str) -> str | None:
        """What to say of an argument that is wrong in a known way, such as one of an older Keras."""
        return None

    @classmethod
    def _missing(cls, name: str) -> Violation:
        argument = cls.arguments[name]
        return Violation(
            "missing-argument",
            f"{cls.__name__} needs {name}",
            help=f"add {name}: {argument.kind.describe()} ({argument.doc.rstrip('.')})",
        )

    @property
    def model_fields_set(self) -> Set[str]:
        """The names of the arguments that the author wrote."""
        return self.__dict__.keys()

    def check(self) -> None:
        """Raises the `Problem` for arguments that Keras's constructor refuses together."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{key}={value!r}' for key, value in vars(self).items())})"

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]

    def to_tree(self) -> dict[str, Any]:
        """The long form of the declaration, as `expand` prints it and a document holds it."""
        return {self.tag: type(self).__name__} | {key: plain(value) for key, value in vars(self).items()}


def _bind(argument: Argument, rank: int) -> Argument:
    kind = argument.kind.for_rank(rank)
    return argument if kind is argument.kind else Argument(kind, argument.doc, argument.default, argument.since)


def given_arguments(declaration: Declaration) -> Mapping[str, Any]:
    """The arguments that the author wrote, without defaults: what the compiler passes to Keras."""
    return vars(declaration)


def plain(value: Any) -> Any:
    """A value of Python as a document holds it: classes as tables, tuples as lists, None as `"none"`."""
    if hasattr(value, "to_tree"):
        return value.to_tree()
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return "none" if value is None else value
