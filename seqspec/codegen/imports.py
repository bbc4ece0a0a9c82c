"""The names of a program: the author's own classes that it imports, and its variables."""

from __future__ import annotations

from keyword import iskeyword

from seqspec.codegen.layout import Group, Item, fits, lines

_TAKEN = (
    "class_weight", "counts", "file", "json", "keras", "layer", "layers", "model", "os", "report",
    "x_test", "x_train", "x_val", "y_test", "y_train", "y_val",
)  # fmt: skip


class Imports:
    """The names that one program has given; those that it uses in any case are taken from the start."""

    def __init__(self) -> None:
        self.layers = False
        """Whether the program uses `keras.layers`."""
        self._taken = set(_TAKEN)
        self._own: dict[str, str] = {}

    def of(self, target: str) -> str:
        """The name under which the class of `"module:Class"` is known."""
        known = self._own.get(target)
        if known is None:
            known = self._own[target] = self.free(target.partition(":")[2])
        return known

    def layer(self, class_name: str) -> str:
        """A class of `keras.layers`."""
        self.layers = True
        return f"layers.{class_name}"

    def free(self, name: str) -> str:
        """A name for a variable or class, with a number after it where it is taken."""
        found, count = name, 1
        while found in self._taken or iskeyword(found):
            count += 1
            found = f"{name}_{count}"
        self._taken.add(found)
        return found

    def own(self) -> list[str]:
        """The lines that import the author's own classes."""
        modules: dict[str, list[str]] = {}
        renamed: dict[str, list[str]] = {}
        for target, name in self._own.items():
            module, _, origin = target.partition(":")
            if name == origin:
                modules.setdefault(module, []).append(name)
            else:
                renamed.setdefault(module, []).append(f"{origin} as {name}")
        written: list[str] = []
        for module in sorted(modules | renamed, key=str.lower):
            if module in modules:
                written += _from(module, sorted(modules[module], key=_order))
            for words in sorted(renamed.get(module, ())):
                written += _from(module, [words])
        return written


def _from(module: str, names: list[str]) -> list[str]:
    lead = f"from {module} import "
    line = lead + ", ".join(names)
    return [line] if fits(line) else list(lines(Group("(", [Item(name) for name in names], ")", tall=True), lead))


def _order(name: str) -> tuple[int, str, str]:
    """The order of isort: constants, classes, functions."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, name.lower(), name
