"""What a program imports: Keras, the author's own modules, and what stands for values of TOML."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from keyword import iskeyword
from typing import Any

from seqspec.program.layout import Group, Item, fits, lines
from seqspec.program.values import is_moment

TAKEN = frozenset({"datetime", "file", "json", "keras", "layers", "model", "os", "report"})
"""Names that a program uses itself."""


class Imports:
    """The imports of one program; `taken` are the names that it can give to nothing else."""

    def __init__(self) -> None:
        self.standard: set[str] = set()
        self.taken = set(TAKEN)
        self._own: dict[str, str] = {}

    def of(self, target: str) -> str:
        """The name under which the class of `"module:Class"` is known."""
        known = self._own.get(target)
        if known is None:
            known = self._own[target] = self.free(target.partition(":")[2])
        return known

    def free(self, name: str) -> str:
        """A name for a variable or class, with a number behind it where it is taken."""
        found, count = name, 1
        while found in self.taken or iskeyword(found):
            count += 1
            found = f"{name}_{count}"
        self.taken.add(found)
        return found

    def note(self, value: Any) -> None:
        """Notes what a plain value needs."""
        if is_moment(value):
            self.standard.add("datetime")
        elif isinstance(value, Mapping):
            self._note_all(value.values())
        elif isinstance(value, (list, tuple)):
            self._note_all(value)

    def _note_all(self, values: Iterable[Any]) -> None:
        for value in values:
            self.note(value)

    def own(self) -> list[str]:
        """The lines that import the author's own classes."""
        modules: dict[str, list[str]] = {}
        for target, name in self._own.items():
            module, _, origin = target.partition(":")
            modules.setdefault(module, []).append(origin if name == origin else f"{origin} as {name}")
        written: list[str] = []
        for module in sorted(modules):
            names = sorted(modules[module])
            lead = f"from {module} import "
            line = lead + ", ".join(names)
            group = Group("(", [Item(name) for name in names], ")", tall=True)
            written += [line] if fits(line) else lines(group, lead)
        return written
