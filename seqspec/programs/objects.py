"""Converts values, objects and names of a program to those of a spec."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence

from seqspec.core.catalog import legacy
from seqspec.core.catalog.keras_object import KerasObject
from seqspec.core.catalog.markers import field_type
from seqspec.core.catalog.objects import ACTIVATION, LOSS
from seqspec.core.catalog.validation import accepts
from seqspec.core.diagnostics.violation import UNSET
from seqspec.core.language.keys import REPETITION_KEYS, TAG_KEYS
from seqspec.core.language.numbers import read_fraction
from seqspec.programs.candidate_values import argument_values, is_size_like, sizes
from seqspec.programs.names import family_of
from seqspec.programs.reading import Path, Reading, Slot
from seqspec.programs.signatures import (
    OBJECTS,
    WORDS,
    Bound,
    bind_layer,
    bind_object,
    is_required,
    layer_declaration,
    names_of,
    object_declaration,
    spec_value,
)
from seqspec.programs.values import (
    Argument,
    Class,
    CustomObject,
    Dict,
    Function,
    Instance,
    KerasCall,
    List,
    Method,
    Model,
    NumpyInteger,
    Ref,
    Unknown,
)

_OF_OBJECTS = ("initializer", "regularizer", "constraint", "activation", "loss", "optimizer", "metrics")
"""Suffixes of arguments that accept an object by its name."""

MAX_LEVELS = 8
"""Maximum nesting of lists, objects and models, since a list may contain itself."""

_OF_THE_LANGUAGE = frozenset((*TAG_KEYS, *REPETITION_KEYS, "config"))
"""Keys of an entry of a spec that would not be read as arguments."""

LEFT_OUT = object()
"""Marks an argument that is omitted because nothing is known about it."""

NOT_KNOWN = object()
"""Marks a required argument about which nothing is known, so that the layer's output is unknown."""


class ObjectReader:
    """Reads the values in one model of a program.

    Attributes:
        keras_2: Whether the program uses the `keras` package, whose older versions had their own names.
        reading: The reading to which notes are added.
    """

    reading: Reading
    keras_2: bool
    depth = 0

    def layer(self, value: object, node: ast.AST, path: Path) -> object:
        """A layer as an entry of `layers`."""
        raise NotImplementedError

    def _argument(self, found: type[KerasObject], key: str, value: object, node: ast.AST, path: Path) -> object:
        """An argument of a layer or object; `LEFT_OUT` if nothing is known about it."""
        if value is None and key.endswith("_initializer"):
            # Keras then selects the initializer by the dtype.
            return LEFT_OUT
        if isinstance(value, str):
            self._require_number(found, key, value, node)
        made = self.value(spec_value(found, key, value), node, path, key)
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

    def _misnamed(
        self, found: type[KerasObject], table: dict[str, object], arguments: Mapping[str, Argument], path: Path
    ) -> None:
        """Adds arguments that the class does not have, so that they are reported even if their values are not known.

        The check continues with the argument that was probably meant, so an unknown value becomes one that it accepts.
        """
        names = dict.fromkeys(arguments)
        for key, argument in arguments.items():
            if key in _OF_THE_LANGUAGE:
                self.reading.note(
                    "unexpected", f"unexpected argument {key} for {found.__name__}", argument.keyword or argument.node
                )
                continue
            own = (*path, key)
            self.reading.place(own, argument)
            value = self.value(argument.value, argument.node, own, key)
            if not holds_unknown(value):
                table[key] = value
                continue
            self.reading.forget_slots(own)
            near = found.unknown_argument(key, {**table, **names}).recovered_value
            if near is UNSET:
                table[key] = None
                continue
            unknown = Unknown(argument.node)
            count = len(self.reading.slots)
            tries = argument_values(found, near, unknown, count)
            if tries or is_size_like(found, near):
                table[key] = unknown
                self._slot(own, unknown, tries or sizes(unknown, count), type((tries or (0,))[0]) is int)
            elif not is_required(found, near):
                table[key] = spec_value(found, near, found.model_fields[near].default)

    def _is_repeated(self, call: KerasCall, bound: Bound, positional: set[str]) -> bool:
        """Whether a keyword repeats a positional argument, for which Python raises TypeError; adds a note on it.

        Args:
            call: The call.
            bound: One of its arguments, in the order of the call.
            positional: The names of the positional arguments before it; its own name is added if it is one.
        """
        key, argument = bound.key, bound.argument
        if key is not None and isinstance(argument.key, int):
            positional.add(key)
        if key not in positional or argument.key != key or argument.keyword is None:
            return False
        self.reading.note(
            "unexpected", f"{call.ref.name}() got multiple values for argument {key}", argument.keyword, "remove one"
        )
        return True

    def _require_number(self, found: type[KerasObject], key: str, value: str, node: ast.AST) -> None:
        """Adds a note on a fraction in a string, which is a number in a spec but not in Keras."""
        field = found.model_fields.get(key)
        if field is None or read_fraction(value) is None:
            return
        if accepts(field_type(field), value) and not accepts(field_type(field), "text"):
            self.reading.note(
                "text-for-number", f'{key} must be a number, got a string: "{value}"', node, f"write {key}={value}"
            )

    def _list_slots(self, items: Sequence[object], path: Path) -> None:
        """Unknown numbers in a list, or in lists in it."""
        for index, item in enumerate(items):
            if isinstance(item, Unknown):
                self._slot((*path, index), item, sizes(item, len(self.reading.slots)), True)
            elif isinstance(item, list):
                self._list_slots(item, (*path, index))

    def value(self, value: object, node: ast.AST, path: Path, key: str) -> object:
        """A value as in a spec; an `Unknown` if the file does not determine it."""
        self.depth += 1
        try:
            return self._value(value, node, path, key) if self.depth < MAX_LEVELS else Unknown(node)
        finally:
            self.depth -= 1

    def _value(self, value: object, node: ast.AST, path: Path, key: str) -> object:
        if isinstance(value, NumpyInteger):
            return int(value)
        if value is None or isinstance(value, (bool, int, float)):
            return value
        if isinstance(value, str) and key.endswith(_OF_OBJECTS) and ("(" in value or value.lower() == "none"):
            # Only specs have these: Keras accepts neither calls in strings nor a name for None.
            return {"type": value}
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
            return self.keras_object(value, path)
        if key in ("layer", "backward_layer", "cell"):
            return self.layer(value, node, path)
        if isinstance(value, (Function, Method, Class, CustomObject, Instance)):
            self.reading.note("own-code", f"{key} is the program's own code, and is not followed", node)
        return Unknown(node)

    def _list(self, value: List | tuple[object, ...], node: ast.AST, path: Path, key: str) -> object:
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

    def _table(self, value: Dict, node: ast.AST, path: Path, key: str) -> object:
        if value.lost is not None:
            return Unknown(node)
        found = {}
        for name, item in value.items.items():
            found[str(name)] = self.value(item, node, (*path, str(name)), key)
        return found

    def _named(self, ref: Ref, node: ast.AST) -> object:
        """The string that names a function or class in Keras."""
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

    def _activation(self, value: KerasCall, path: Path) -> object:
        """The activation that a layer object applies, for `activation=LeakyReLU(0.1)`."""
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

    def keras_object(self, value: KerasCall, path: Path) -> object:
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
        table: dict[str, object] = {"type": found.__name__}
        if value.open is not None:
            reading.note("unknown-arguments", f"not all arguments of {value.ref.name} are known", value.node)
        misnamed: dict[str, Argument] = {}
        positional: set[str] = set()
        decay = value.argument("decay")
        for bound in bind_object(found, family_name, value):
            if bound.key is None:
                continue
            own = (*path, bound.key)
            if bound.key not in names_of(found):
                misnamed[bound.key] = bound.argument
                continue
            if self._is_repeated(value, bound, positional):
                continue
            reading.place(own, bound.argument)
            made = self._argument(found, bound.key, bound.value, bound.argument.node, own)
            if made is NOT_KNOWN:
                return Unknown(value.node)
            if made is not LEFT_OUT:
                table[bound.key] = made
        self._misnamed(found, table, misnamed, path)
        if (
            family_name == "optimizers"
            and decay is not None
            and isinstance(decay.value, (int, float))
            and decay.value > 0
        ):
            rate = table.get("learning_rate", 0.001 if found.__name__ != "SGD" else 0.01)
            if isinstance(rate, (int, float)):
                # Keras 2 reduces the learning rate after every step.
                schedule = {"initial_learning_rate": rate, "decay_steps": 1, "decay_rate": decay.value}
                table["learning_rate"] = {"type": "InverseTimeDecay", **schedule}
                # In Keras 2 it is not a schedule, so that callbacks can change the learning rate too.
                reading.unspecified.add("decay")
                reading.values.setdefault((*path, "learning_rate"), decay.node)
            else:
                reading.note(
                    "left-out", "decay is left out: the learning rate that it applies to is not known", decay.node
                )
        return table

    def plain(self, value: object) -> str | None:
        """A dtype, as a string; None if it is not known."""
        if isinstance(value, Ref):
            return value.name
        return value if isinstance(value, str) else None

    def _slot(
        self, path: Path, unknown: Unknown, values: tuple[object, ...], is_size: bool, of_data: bool = False
    ) -> None:
        self.reading.slots.append(Slot(path, unknown, values, is_size, of_data))


def holds_unknown(value: object) -> bool:
    """Whether a value of a spec is unknown, or contains an unknown one."""
    if isinstance(value, dict):
        return any(map(holds_unknown, value.values()))
    return any(map(holds_unknown, value)) if isinstance(value, list) else isinstance(value, Unknown)


def own_name(value: object) -> str:
    if isinstance(value, Instance):
        return value.cls.node.name if value.cls is not None else "this"
    if isinstance(value, CustomObject):
        return value.name
    if isinstance(value, KerasCall):
        return value.ref.name
    return getattr(value, "name", None) or "this function"
