"""The nested objects that layers and `compile` take: activations, initializers, regularizers, losses, ...

A document writes them by name (`"relu"`), as a shorthand (`"l2(0.01)"`) or as a table (`{ type = "L2", l2 = 0.01 }`).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from seqspec.catalog.kinds import Kind, shorten, show_value
from seqspec.diagnostics.problem import NOTHING, Problem, Problems

if TYPE_CHECKING:
    from seqspec.catalog.arguments import Declaration


class Object(Kind):
    """An object of one family, read from a name, a shorthand or a table.

    A family is a module of `catalog` with a table `NAMES` from every name that Keras's `get` reads to its class. It may
    have a function `more`, for names that stand only with arguments or as a type, and a table `REFUSED` of the classes
    that a document cannot hold: name → reason and way out.
    """

    neutral = True

    def __init__(self, family: str, noun: str) -> None:
        self.family = family
        self.noun = noun

    def module(self) -> Any:
        """The module of the family, imported when the first object of it is read."""
        return import_module(f"seqspec.catalog.{self.family}")

    def names(self) -> dict[str, type[Declaration]]:
        """Every name that Keras reads for this family."""
        names: dict[str, type[Declaration]] = self.module().NAMES
        return names

    def find(self, name: str) -> type[Declaration] | None:
        """The class for a type or for a name with arguments."""
        found = self.names().get(name)
        more = getattr(self.module(), "more", None)
        if found is None and more is not None:
            found = more(name)
        return found

    def read(self, value: Any) -> Declaration:
        if type(value) is str:
            found = self.names().get(value)
            if found is not None:
                return self._make(found, {})
            return self._read_text(value)
        if isinstance(value, dict):
            return self._read_table(value)
        raise self.refuse(value)

    def _read_text(self, text: str) -> Declaration:
        from seqspec.language.shorthand import read_call

        call = read_call(text)
        found = self.find(call.name)
        start = text.index(call.name)
        place = (start, start + len(call.name))
        if found is None:
            raise self._unknown(call.name, inside=place)
        if "(" not in text and call.name not in self.names():
            raise Problem(
                "unknown-name",
                f'"{call.name}" is not read by Keras as the bare name of {self.describe()}',
                inside=place,
                help=f'write {{ type = "{found.__name__}" }}',
                assume=NOTHING if found.required else self._make(found, {}),
            )
        names = list(found.arguments)
        if call.arguments and not names:
            raise Problem(
                "unknown-argument",
                f"{call.name} takes no arguments",
                inside=(place[1], len(text)),
                help=found.unknown_help("") or f'write "{call.name}"',
                assume=self._make(found, {}),
            )
        tree, problems = call.bind(found.__name__, names)
        made = found.read(tree, problems)
        for problem in problems:
            if problem.inside is None:
                key = problem.path[0] if problem.path else None
                problem.inside = (call.place_of(key, names) if isinstance(key, str) else None) or place
                problem.path = ()
        if problems:
            raise Problems(problems, NOTHING if made is None else made)
        assert made is not None
        return made

    def _read_table(self, table: dict[str, Any]) -> Declaration:
        name = table.get("type")
        if type(name) is not str:
            raise self._untagged(table, name)
        found = self.find(name)
        if found is None:
            raise self._unknown(name).within("type")
        return self._make(found, {key: value for key, value in table.items() if key != "type"})

    def _untagged(self, table: dict[str, Any], name: Any) -> Problem:
        if isinstance(table.get("class_name"), str):
            return Problem(
                "bad-value",
                f"needs {self.describe()}; this is one in Keras's own JSON (class_name, config)",
                path=("class_name",),
                on="key",
                help=f'write {{ type = "{shorten(table["class_name"])}", ... }} with the arguments of config beside it',
            )
        if name is not None:
            return Problem("wrong-type", f"needs a type that is a name, got {show_value(name)}", path=("type",))
        return Problem(
            "missing-argument",
            f"needs {self.describe()}; this table names no type",
            help=f'write {{ type = "{next(iter(self.names()), "")}" }}',
        )

    def _make(self, found: type[Declaration], tree: dict[str, Any]) -> Declaration:
        problems: list[Problem] = []
        made = found.read(tree, problems)
        if problems:
            raise Problems(problems, NOTHING if made is None else made)
        assert made is not None
        return made

    def _unknown(self, name: str, inside: tuple[int, int] | None = None) -> Problem:
        from seqspec.language.names import nearest

        refused = getattr(self.module(), "REFUSED", {}).get(name)
        if refused is not None:
            return Problem("unsupported-class", f"cannot be {name}: it {refused[0]}", inside=inside, help=refused[1])
        names = self.names()
        near = nearest(name, names)
        return Problem(
            "unknown-name",
            f'"{shorten(name)}" is no {self.noun}',
            inside=inside,
            label=f'did you mean "{near}"?' if near else None,
            help=f'write "{near}"' if near else f"known are {shorten(', '.join(sorted(names)), 300)}",
            assume=self._assume(near),
        )

    def _assume(self, near: str | None) -> Any:
        if near is None or self.names()[near].required:
            return NOTHING
        return self._make(self.names()[near], {})

    def describe(self) -> str:
        return f"{'an' if self.noun[0] in 'aeiou' else 'a'} {self.noun}"


ACTIVATION = Object("activations", "activation")
INITIALIZER = Object("initializers", "initializer")
REGULARIZER = Object("regularizers", "regularizer")
CONSTRAINT = Object("constraints", "constraint")
