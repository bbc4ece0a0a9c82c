"""The imports and variable names of a program."""

from __future__ import annotations

from keyword import iskeyword

from seqspec.core.codegen.layout import BracketGroup, Item, fits, lines

_TAKEN = (
    "class_weight", "counts", "file", "json", "keras", "layer", "layers", "model", "os", "report",
    "x_test", "x_train", "x_val", "y_test", "y_train", "y_val",
)  # fmt: skip


class ProgramImports:
    """The names in use in one program; some are reserved from the start."""

    def __init__(self) -> None:
        self.layers = False
        """Whether the program uses `keras.layers`."""
        self._taken = set(_TAKEN)
        self._own: dict[str, str] = {}

    def of(self, target: str) -> str:
        """The name of the imported class `"module:Class"`."""
        imported = self._own.get(target)
        if imported is None:
            imported = self._own[target] = self.free(target.partition(":")[2])
        return imported

    def layer(self, class_name: str) -> str:
        """A class of `keras.layers`."""
        self.layers = True
        return f"layers.{class_name}"

    def free(self, name: str) -> str:
        """A free name for a variable or class, with a number appended if it is taken."""
        candidate, count = name, 1
        while candidate in self._taken or iskeyword(candidate):
            count += 1
            candidate = f"{name}_{count}"
        self._taken.add(candidate)
        return candidate

    def own(self) -> list[str]:
        """The import statements of custom classes."""
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
            for imported_names in sorted(renamed.get(module, ())):
                written += _from(module, [imported_names])
        return written


def _from(module: str, names: list[str]) -> list[str]:
    lead = f"from {module} import "
    line = lead + ", ".join(names)
    return (
        [line] if fits(line) else list(lines(BracketGroup("(", [Item(name) for name in names], ")", tall=True), lead))
    )


def _order(name: str) -> tuple[int, str, str]:
    """The order of isort: constants, classes, functions."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, name.lower(), name
