"""Values, objects and names of a program as a spec holds them."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from typing import Any

from seqspec.catalog.keras_object import KerasObject
from seqspec.catalog.objects import ACTIVATION, LOSS
from seqspec.importers.keras_json import legacy
from seqspec.importers.python.names import family_of
from seqspec.importers.python.reading import Path, Reading, Slot
from seqspec.importers.python.signatures import (
    OBJECTS,
    WORDS,
    as_taken,
    bind_layer,
    bind_object,
    is_required,
    layer_declaration,
    names_of,
    object_declaration,
)
from seqspec.importers.python.unknown_values import argument_values, is_size_like, sizes
from seqspec.importers.python.values import (
    Class,
    CustomObject,
    Dict,
    Function,
    Instance,
    KerasCall,
    List,
    Method,
    Model,
    Ref,
    Unknown,
)

MAX_LEVELS = 8
"""Levels of lists, objects and models within one another: a list may hold itself."""

LEFT_OUT = object()
"""Stands for an argument of which nothing can be said."""

NOT_KNOWN = object()
"""Stands for a required argument of which nothing is known, so that the layer's output is not known."""


class ObjectReader:
    """Reads the values in one model of a program.

    Attributes:
        keras_2: Whether the program uses the `keras` package, whose older versions had words of their own.
        reading: What was read.
    """

    reading: Reading
    keras_2: bool
    depth = 0

    def layer(self, value: object, node: ast.AST, path: Path) -> Any:
        """A layer as an entry of `layers`."""
        raise NotImplementedError

    def _argument(self, found: type[KerasObject], key: str, value: object, node: ast.AST, path: Path) -> Any:
        """An argument of a layer or an object; `LEFT_OUT` where nothing can be said of it."""
        if value is None and key.endswith("_initializer"):
            # Keras then takes the initializer that suits the dtype.
            return LEFT_OUT
        made = self.value(as_taken(found, key, value), node, path, key)
        if isinstance(made, Unknown):
            tries = argument_values(found, key, made, len(self.reading.slots))
            if not tries and is_required(found, key) and not is_size_like(found, key):
                self.reading.note("left-out", f"{key} is not known: {made.text}", node)
                return NOT_KNOWN
            if not tries and not is_required(found, key):
                self.reading.note("left-out", f"{key} is not known: {made.text}", node)
                self.reading.left_out.append(path[:-1])
                return LEFT_OUT
            self._slot(path, made, tries or sizes(made, len(self.reading.slots)), type((tries or (0,))[0]) is int)
        elif isinstance(made, list):
            self._list_slots(made, path)
        return made

    def _list_slots(self, items: Sequence[object], path: Path) -> None:
        """Unknown numbers in a list, or in lists in it."""
        for index, item in enumerate(items):
            if isinstance(item, Unknown):
                self._slot((*path, index), item, sizes(item, len(self.reading.slots)), True)
            elif isinstance(item, list):
                self._list_slots(item, (*path, index))

    def value(self, value: Any, node: ast.AST, path: Path, key: str) -> Any:
        """A value as a spec holds it; an `Unknown` where the file does not say it."""
        self.depth += 1
        try:
            return self._value(value, node, path, key) if self.depth < MAX_LEVELS else Unknown(node)
        finally:
            self.depth -= 1

    def _value(self, value: object, node: ast.AST, path: Path, key: str) -> object:
        if value is None or isinstance(value, (bool, int, float)):
            return value
        if isinstance(value, str):
            return WORDS.get(value, value) if key.endswith(("initializer", "loss", "metrics")) else value
        if isinstance(value, (tuple, List)):
            return self._list(value, node, path, key)
        if isinstance(value, Dict):
            return self._table(value, node, path, key)
        if isinstance(value, Unknown):
            return value
        if isinstance(value, Ref):
            return self._named(value, node)
        if isinstance(value, Model) or (
            isinstance(value, KerasCall) and family_of(value.ref) in ("layers", "applications")
        ):
            if key in ("layer", "backward_layer", "cell", "cells", "layers"):
                return self.layer(value, getattr(value, "node", node), path)
            if isinstance(value, KerasCall) and key == "activation":
                return self._activation(value, path)
            return Unknown(node)
        if isinstance(value, KerasCall):
            return self.object(value, path)
        if key in ("layer", "backward_layer", "cell"):
            return self.layer(value, node, path)
        if isinstance(value, (Function, Method, Class, CustomObject, Instance)):
            self.reading.note("own-code", f"{key} is the program's own code, and is not followed", node)
        return Unknown(node)

    def _list(self, value: Any, node: ast.AST, path: Path, key: str) -> Any:
        if isinstance(value, List) and value.lost is not None:
            return value.lost if value.lost.node is not None else Unknown(node)
        items = value.items if isinstance(value, List) else value
        elements = node.elts if isinstance(node, (ast.Tuple, ast.List)) and len(node.elts) == len(items) else None
        found = []
        for index, item in enumerate(items):
            own = elements[index] if elements is not None else node
            self.reading.values[*path, index] = own
            found.append(self.value(item, own, (*path, index), key))
        return found

    def _table(self, value: Dict, node: ast.AST, path: Path, key: str) -> Any:
        if value.lost is not None:
            return Unknown(node)
        found = {}
        for name, item in value.items.items():
            found[str(name)] = self.value(item, node, (*path, str(name)), key)
        return found

    def _named(self, ref: Ref, node: ast.AST) -> Any:
        """The name that a function or class of Keras has as a string."""
        family = OBJECTS.get(family_of(ref) or "")
        name = ref.name
        if len(ref.path) > 2 and ref.path[-2] == "Reduction":
            return legacy.value("reduction", name.lower())
        if family is not None:
            if family.named(name) is not None:
                return name
            found = object_declaration(family, name)
            return WORDS.get(name, name) if found is None else {"type": found.__name__}
        if ref.path[0] == "tensorflow" and len(ref.path) == 2 and re.fullmatch(r"(u?int|b?float)\d+|string|bool", name):
            return name
        if ref.path[:2] == ("keras", "backend") or ref.path[0] == "tensorflow":
            for known in (ACTIVATION, LOSS):
                if known.named(name) is not None:
                    return name
        if ref.is_keras and LOSS.named(name) is not None:
            return name
        return Unknown(node)

    def _activation(self, value: KerasCall, path: Path) -> Any:
        """A layer that stands for the activation that it applies: `activation=LeakyReLU(0.1)`."""
        layer, _ = layer_declaration(value.ref.name)
        name = layer.function if layer is not None and ACTIVATION.typed(layer.__name__) is layer else None
        found = ACTIVATION.typed(name) if name is not None else None
        if found is None or layer is None:
            return Unknown(value.node)
        table: dict[str, object] = {"type": name}
        for bound in bind_layer(layer, value, self.keras_2):
            if bound.key in names_of(found):
                made = self._argument(
                    found, bound.key or "", bound.value, bound.argument.node, (*path, bound.key or "")
                )
                if made is not LEFT_OUT and made is not NOT_KNOWN:
                    table[bound.key or ""] = made
        return table

    def object(self, value: KerasCall, path: Path) -> Any:
        """An optimizer, a loss, an initializer, ... as a table."""
        reading = self.reading
        family_name = family_of(value.ref) or ""
        family = OBJECTS.get(family_name)
        if family is None:
            return Unknown(value.node)
        found = object_declaration(family, value.ref.name)
        reading.values[path] = value.node
        reading.values[*path, "type"] = value.node.func
        if found is None:
            return {"type": value.ref.name}
        table: dict[str, Any] = {"type": found.__name__}
        if value.open is not None:
            reading.note("unknown-arguments", f"not all arguments of {value.ref.name} are known", value.node)
        decay = value.argument("decay")
        for bound in bind_object(found, family_name, value):
            if bound.key is None:
                continue
            own = (*path, bound.key)
            reading.place(own, bound.argument)
            made = self._argument(found, bound.key, bound.value, bound.argument.node, own)
            if made is NOT_KNOWN:
                return Unknown(value.node)
            if made is not LEFT_OUT:
                table[bound.key] = made
        if (
            family_name == "optimizers"
            and decay is not None
            and isinstance(decay.value, (int, float))
            and decay.value > 0
        ):
            rate = table.get("learning_rate", 0.001 if found.__name__ != "SGD" else 0.01)
            if isinstance(rate, (int, float)):
                # As Keras 2 applied it: a little less after every step.
                schedule = {"initial_learning_rate": rate, "decay_steps": 1, "decay_rate": decay.value}
                table["learning_rate"] = {"type": "InverseTimeDecay", **schedule}
                reading.values[*path, "learning_rate"] = decay.node
        return table

    def plain(self, value: Any) -> Any:
        """A dtype, as a string."""
        if isinstance(value, Ref):
            return value.name
        return value if isinstance(value, str) else None

    def _slot(self, path: Path, unknown: Unknown, values: tuple[Any, ...], is_size: bool) -> None:
        self.reading.slots.append(Slot(path, unknown, values, is_size))


def own_name(value: object) -> str:
    if isinstance(value, Instance):
        return value.cls.node.name if value.cls is not None else "this"
    if isinstance(value, CustomObject):
        return value.name
    if isinstance(value, KerasCall):
        return value.ref.name
    return getattr(value, "name", None) or "this function"
