"""The nested objects that layers and `compile` take: activations, initializers, regularizers, losses, ...

A document writes them by name (`"relu"`), as a shorthand (`"l2(0.01)"`) or as a table (`{ type = "L2", l2 = 0.01 }`).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from seqspec.catalog.kinds import Kind, shorten
from seqspec.diagnostics.problem import NOTHING, Problem, Problems

if TYPE_CHECKING:
    from seqspec.catalog.arguments import Declaration


class Object(Kind):
    """An object of one family, read from a name, a shorthand or a table.

    A family is a module of `catalog` with a table `NAMES` from every name that Keras reads to its class.
    """

    neutral = True

    def __init__(self, family: str, noun: str) -> None:
        self.family = family
        self.noun = noun

    def names(self) -> dict[str, type[Declaration]]:
        """Every name that Keras reads for this family."""
        names: dict[str, type[Declaration]] = import_module(f"seqspec.catalog.{self.family}").NAMES
        return names

    def read(self, value: Any) -> Declaration:
        if type(value) is str:
            found = self.names().get(value)
            if found is not None:
                return self._make(found, {}, value)
            return self._read_text(value)
        if isinstance(value, dict):
            return self._read_table(value)
        raise self.refuse(value)

    def _read_text(self, text: str) -> Declaration:
        from seqspec.language.shorthand import read_call

        call = read_call(text)
        found = self.names().get(call.name)
        if found is None:
            raise self._unknown(call.name, inside=(0, len(call.name)))
        tree, problems = call.bind(found.__name__, list(found.arguments))
        if problems:
            raise Problems(problems)
        return self._make(found, tree, call.name)

    def _read_table(self, table: dict[str, Any]) -> Declaration:
        name = table.get("type")
        if type(name) is not str:
            raise Problem(
                "missing-argument",
                f"needs {self.describe()}; this table names no type",
                help=f'write {{ type = "{next(iter(self.names()), "")}" }}',
            )
        found = self.names().get(name)
        if found is None:
            problem = self._unknown(name)
            raise problem.within("type")
        return self._make(found, {key: value for key, value in table.items() if key != "type"}, name)

    def _make(self, found: type[Declaration], tree: dict[str, Any], name: str) -> Declaration:
        problems: list[Problem] = []
        made = found.read(tree, problems)
        if problems:
            raise Problems(problems, NOTHING if made is None else made)
        assert made is not None
        return made

    def _unknown(self, name: str, inside: tuple[int, int] | None = None) -> Problem:
        from seqspec.language.names import nearest

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
        return self._make(self.names()[near], {}, near)

    def describe(self) -> str:
        return f"{'an' if self.noun[0] in 'aeiou' else 'a'} {self.noun}"


ACTIVATION = Object("activations", "activation")
INITIALIZER = Object("initializers", "initializer")
REGULARIZER = Object("regularizers", "regularizer")
CONSTRAINT = Object("constraints", "constraint")
