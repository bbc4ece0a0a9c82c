"""Converts values, objects and names of a program to their form in a spec."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping, Sequence

from seqspec.core.api.catalog import ACTIVATION, LOSS, KerasObject, Layer, Optimizer, accepts, field_type, legacy
from seqspec.core.api.diagnostics import UNSET, Path
from seqspec.core.api.language import INNER_LAYER_KEYS, REPETITION_KEYS, TAG_KEYS, read_fraction
from seqspec.programs.keras_api.keras_names import family_of
from seqspec.programs.keras_api.signatures import (
    CONVERTED_BY_KERAS_2,
    IGNORED_BY_KERAS_2,
    OBJECTS,
    OLDER_NAMES,
    BoundArgument,
    argument_names,
    bind_layer,
    bind_object,
    is_required,
    layer_declaration,
    object_declaration,
    spec_value,
)
from seqspec.programs.layers.candidates import candidate_values, is_size_like
from seqspec.programs.layers.gradients import gradient_mistakes, loss_mistakes
from seqspec.programs.layers.program_model import ProgramModel
from seqspec.programs.values.abstract_values import (
    Argument,
    Class,
    CustomValue,
    Dict,
    FunctionValue,
    Instance,
    KerasCall,
    List,
    Method,
    ModelValue,
    NumpyInteger,
    Ref,
    Unknown,
    element_nodes,
    is_integer,
)
from seqspec.programs.values.generation import KerasGeneration
from seqspec.programs.values.tensors import has_tensor

_OBJECT_SUFFIXES = ("initializer", "regularizer", "constraint", "activation", "loss", "optimizer", "metrics")
"""Suffixes of arguments that accept an object by its name."""

MAX_LEVELS = 8
"""Maximum nesting of lists, objects and models, since a list may contain itself."""

_SPEC_KEYS = frozenset((*TAG_KEYS, *REPETITION_KEYS, "config"))
"""Keys of an entry of a spec that would not be read as arguments."""

OMITTED = object()
"""Marks an argument that is omitted because nothing is known about it."""

UNDETERMINED = object()
"""Marks a required argument about which nothing is known, so that the layer's output is unknown."""


_IN_ANY_CASE = ("padding", "data_format")
"""Arguments that Keras accepts in upper case, such as `padding="SAME"`; Keras 3 not in pooling layers."""

_FLOATS = frozenset((("SGD", "momentum"), ("CosineDecayRestarts", "initial_learning_rate")))
"""Arguments beside learning rates for which Keras 3 refuses integers."""


class ObjectReader:
    """Reads the values in one model of a program.

    Args:
        result: The model as read so far.
        keras_2: Whether the program uses the `keras` package, whose older versions had their own names.
    """

    def __init__(self, result: ProgramModel, keras_2: bool) -> None:
        self.result = result
        self.keras_2 = keras_2
        self.depth = 0

    def layer(self, value: object, node: ast.AST, path: Path) -> object:
        """A layer as an entry of `layers`."""
        raise NotImplementedError

    def argument(self, cls: type[KerasObject], key: str, value: object, node: ast.AST, path: Path) -> object:
        """An argument of a layer or object; `OMITTED` if nothing is known about it."""
        if value is None and key.endswith("_initializer"):
            # Keras then selects the initializer by the dtype.
            return OMITTED
        if value is None and isinstance(node, ast.Name) and is_required(cls, key):
            # The default of a parameter, which callers replace.
            value = value if accepts(field_type(cls.model_fields[key]), None) else Unknown(node)
        if isinstance(value, str):
            self._require_number(cls, key, value, node)
        if is_integer(value):
            self._require_float(cls, key, value, node)
        if isinstance(value, Unknown):
            self._require_whole(cls, key, value, node)
        read = self.value(spec_value(cls, key, value), node, path, key)
        if _depends_on_tensor(read):
            # Sizes that are tried for it would contradict the shape of the tensor.
            self.result.left_out(f"{key} is not known: {Unknown(node).text}", node)
            self.result.forget_unknown(path)
            return UNDETERMINED
        if isinstance(read, Unknown):
            tries = candidate_values(cls, key, read, len(self.result.unknown_values))
            if not tries and is_required(cls, key) and not is_size_like(cls, key):
                self.result.left_out(f"{key} is not known: {read.text}", node)
                return UNDETERMINED
            if not tries and not is_required(cls, key):
                self.result.left_out(f"{key} is not known: {read.text}", node)
                self.result.omitted.append(path[:-1])
                return OMITTED
            self.result.add_unknown(path, read, tries)
        elif isinstance(read, list):
            self._add_unknown_items(read, path)
        return read

    def _read_arguments(
        self,
        cls: type[KerasObject],
        call: KerasCall,
        arguments: Iterable[BoundArgument],
        table: dict[str, object],
        path: Path,
    ) -> bool:
        """Adds the arguments of a call to a table; False where a required one is not known.

        Of an object, the arguments after it are then not read.
        """
        known = True
        misnamed: dict[str, Argument] = {}
        positional: set[str] = set()
        for bound in arguments:
            older = self.result.generation < KerasGeneration.KERAS_3
            if bound.key is None or (older and bound.key in IGNORED_BY_KERAS_2.get(cls.__name__, ())):
                continue
            if bound.key not in argument_names(cls):
                misnamed[bound.key] = bound.argument
                continue
            if self._is_repeated(call, bound, positional):
                continue
            argument_path = (*path, bound.key)
            self.result.place(argument_path, bound.argument)
            value = bound.value
            if isinstance(value, str) and bound.key == "padding" and value != value.lower() and pools(cls):
                message = f'padding of {cls.__name__} must be in lowercase, got "{value}"'
                self.result.note("bad-value", message, bound.argument.node, f'write "{value.lower()}"', only_keras=3)
            if older and bound.key == "filepath" and _is_old_file(value):
                # Keras 3 refuses it, but the callback is checked all the same.
                value = Unknown(bound.argument.node)
            value = self.argument(cls, bound.key, value, bound.argument.node, argument_path)
            if value is UNDETERMINED and not issubclass(cls, Layer):
                return False
            if value is UNDETERMINED:
                known = False
            elif value is OMITTED:
                self.result.values.pop(argument_path, None)
            else:
                table[bound.key] = value
        self.add_misnamed(cls, table, misnamed, path)
        return known

    def add_misnamed(
        self, cls: type[KerasObject], table: dict[str, object], arguments: Mapping[str, Argument], path: Path
    ) -> None:
        """Adds arguments that the class does not have, so that they are reported even if their values are not known.

        The check continues with the argument that was probably meant, so an unknown value becomes one that it accepts.
        """
        names = dict.fromkeys(arguments)
        for key, argument in arguments.items():
            if key in _SPEC_KEYS:
                self.result.note(
                    "unknown-argument",
                    f"unexpected argument {key} for {cls.__name__}",
                    argument.keyword or argument.node,
                )
                continue
            argument_path = (*path, key)
            self.result.place(argument_path, argument)
            value = self.value(argument.value, argument.node, argument_path, key)
            if not contains_unknown(value):
                table[key] = value
                continue
            self.result.forget_unknown(argument_path)
            near = cls.unknown_argument(key, {**table, **names}).recovered_value
            if near is UNSET:
                table[key] = None
                continue
            unknown = Unknown(argument.node)
            tries = candidate_values(cls, near, unknown, len(self.result.unknown_values))
            if tries or is_size_like(cls, near):
                table[key] = unknown
                self.result.add_unknown(argument_path, unknown, tries)
            elif not is_required(cls, near):
                table[key] = spec_value(cls, near, cls.model_fields[near].default)

    def _is_repeated(self, call: KerasCall, bound: BoundArgument, positional: set[str]) -> bool:
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
        self.result.note(
            "unknown-argument",
            f"{call.ref.name}() got multiple values for argument {key}",
            argument.keyword,
            "remove one",
        )
        return True

    def _require_number(self, cls: type[KerasObject], key: str, value: str, node: ast.AST) -> None:
        """Adds a note on a fraction in a string, which is a number in a spec but not in Keras."""
        field = cls.model_fields.get(key)
        if field is None or read_fraction(value) is None:
            return
        if accepts(field_type(field), value) and not accepts(field_type(field), "text"):
            self.result.note(
                "bad-value", f'{key} must be a number, got a string: "{value}"', node, f"write {key}={value}"
            )

    def _require_float(self, cls: type[KerasObject], key: str, value: int, node: ast.AST) -> None:
        """Adds a note on an integer that Keras 3 refuses, although it equals a valid number."""
        known = key == "learning_rate" and issubclass(cls, Optimizer)
        if known or (cls.__name__, key) in _FLOATS:
            message = f"{key} of {cls.__name__} must be a float, got an integer: {value}"
            self.result.note("wrong-type", message, node, f"write {float(value)}", only_keras=3)

    def _require_whole(self, cls: type[KerasObject], key: str, value: Unknown, node: ast.AST) -> None:
        """Adds a note on a quotient, which is a float in Python 3, where Keras needs an integer."""
        if value.formula is None or not isinstance(value.formula[0], ast.Div) or not is_required(cls, key):
            return
        kind = field_type(cls.model_fields[key])
        if accepts(kind, 2) and not accepts(kind, 2.5):
            message = f"{key} must be an integer, but / results in a float: {value.text}"
            only_keras = 3 if CONVERTED_BY_KERAS_2.get(cls.__name__) == key else None
            self.result.note("wrong-type", message, node, "use // instead of /", only_keras=only_keras)

    def _add_unknown_items(self, items: Sequence[object], path: Path) -> None:
        """Unknown numbers in a list, or in lists in it."""
        for index, item in enumerate(items):
            if isinstance(item, Unknown):
                self.result.add_unknown((*path, index), item)
            elif isinstance(item, list):
                self._add_unknown_items(item, (*path, index))

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
        if isinstance(value, str) and key in _IN_ANY_CASE:
            return value.lower()
        if value is None or isinstance(value, (bool, int, float)):
            return value
        if isinstance(value, str) and key.endswith(_OBJECT_SUFFIXES) and ("(" in value or value.lower() == "none"):
            # Only specs have these: Keras accepts neither calls in strings nor a name for None.
            return {"type": value}
        if isinstance(value, str):
            return OLDER_NAMES.get(value, value) if key.endswith(("initializer", "loss", "metrics")) else value
        if isinstance(value, (tuple, List)):
            return self._list(value, node, path, key)
        if isinstance(value, Dict):
            return self._table(value, node, path, key)
        if isinstance(value, Unknown):
            return value
        if isinstance(value, Ref):
            return self._reference_name(value, node)
        if isinstance(value, ModelValue) or (
            isinstance(value, KerasCall) and family_of(value.ref) in ("layers", "applications")
        ):
            if key in INNER_LAYER_KEYS:
                return self.layer(value, getattr(value, "node", node), path)
            if isinstance(value, KerasCall) and key == "activation":
                return self._activation(value, path)
            return Unknown(node)
        if isinstance(value, KerasCall):
            return self.keras_object(value, path)
        if key in ("layer", "backward_layer", "cell"):
            return self.layer(value, node, path)
        if has_tensor(value):
            unknown = Unknown(node)
            unknown.operands = (value,)
            return unknown
        if key == "loss" and isinstance(value, FunctionValue) and not isinstance(value.node, ast.Lambda):
            for mistake in (*loss_mistakes(value.node), *gradient_mistakes(value.node)):
                self.result.add(mistake)
        if isinstance(value, (FunctionValue, Method, Class, CustomValue, Instance)):
            self.result.not_followed("own-code", f"{key} is the program's own code, and is not followed", node)
        return Unknown(node)

    def _list(self, value: List | tuple[object, ...], node: ast.AST, path: Path, key: str) -> object:
        if isinstance(value, List) and value.unknown is not None:
            return value.unknown if value.unknown.node is not None else Unknown(node)
        items = value.items if isinstance(value, List) else value
        values = []
        for index, (item, element) in enumerate(zip(items, element_nodes(node, len(items)))):
            self.result.values[*path, index] = element
            values.append(self.value(item, element, (*path, index), key))
        return values

    def _table(self, value: Dict, node: ast.AST, path: Path, key: str) -> object:
        if value.unknown is not None:
            return Unknown(node)
        if set(value.items) == {"class_name", "config"} and isinstance(value.items["config"], Dict):
            # The serialized form of an object, which Keras accepts too.
            arguments = value.items["config"].items.items()
            table = {str(name): self.value(item, node, (*path, str(name)), str(name)) for name, item in arguments}
            return {"type": self.value(value.items["class_name"], node, (*path, "type"), "type"), **table}
        return {str(name): self.value(item, node, (*path, str(name)), key) for name, item in value.items.items()}

    def _reference_name(self, ref: Ref, node: ast.AST) -> object:
        """The string that names a function or class in Keras."""
        family = OBJECTS.get(family_of(ref) or "")
        name = ref.name
        if len(ref.path) > 2 and ref.path[-2] == "Reduction":
            return legacy.value("reduction", name.lower())
        if family is not None:
            if family.named(name) is not None:
                return name
            cls = object_declaration(family, name)
            return OLDER_NAMES.get(name, name) if cls is None else {"type": cls.__name__}
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
        name = layer.function if layer is not None and ACTIVATION.class_named(layer.__name__) is layer else None
        cls = ACTIVATION.class_named(name) if name is not None else None
        if cls is None or layer is None:
            return Unknown(value.node)
        table: dict[str, object] = {"type": name}
        for bound in bind_layer(layer, value, self.keras_2):
            if bound.key in argument_names(cls):
                read = self.argument(cls, bound.key or "", bound.value, bound.argument.node, (*path, bound.key or ""))
                if read is not OMITTED and read is not UNDETERMINED:
                    table[bound.key or ""] = read
        return table

    def keras_object(self, value: KerasCall, path: Path) -> object:
        """An optimizer, a loss, an initializer, ... as a table."""
        result = self.result
        family_name = family_of(value.ref) or ""
        family = OBJECTS.get(family_name)
        if family is None:
            return Unknown(value.node)
        cls = object_declaration(family, value.ref.name)
        result.values[path] = value.node
        result.values[*path, "type"] = value.node.func
        if cls is None:
            return {"type": value.ref.name}
        table: dict[str, object] = {"type": cls.__name__}
        if value.open is not None:
            result.left_out(f"not all arguments of {value.ref.name} are known", value.node, "unknown-arguments")
            result.omitted.append(path)
        if not self._read_arguments(cls, value, bind_object(cls, family_name, value), table, path):
            return Unknown(value.node)
        if family_name == "optimizers":
            self._read_decay(cls, value.argument("decay"), table, path)
        return table

    def _read_decay(self, cls: type[KerasObject], decay: Argument | None, table: dict[str, object], path: Path) -> None:
        """Replaces the learning rate by the schedule that the argument `decay` of Keras 2 means."""
        if decay is None or not isinstance(decay.value, (int, float)) or decay.value <= 0:
            return
        rate = table.get("learning_rate", 0.001 if cls.__name__ != "SGD" else 0.01)
        if not isinstance(rate, (int, float)):
            message = "decay is left out: the learning rate that it applies to is not known"
            self.result.left_out(message, decay.node)
            return
        # Keras 2 reduces the learning rate after every step.
        schedule = {"initial_learning_rate": rate, "decay_steps": 1, "decay_rate": decay.value}
        table["learning_rate"] = {"type": "InverseTimeDecay", **schedule}
        # In Keras 2 it is not a schedule, so that callbacks can change the learning rate too.
        self.result.unspecified.add("decay")
        self.result.values.setdefault((*path, "learning_rate"), decay.node)


def contains_unknown(value: object) -> bool:
    """Whether a value of a spec is unknown, or contains an unknown one."""
    if isinstance(value, dict):
        return any(map(contains_unknown, value.values()))
    return any(map(contains_unknown, value)) if isinstance(value, list) else isinstance(value, Unknown)


def _depends_on_tensor(value: object, depth: int = 0) -> bool:
    """Whether an unknown value is computed from the shape of a tensor."""
    if depth > MAX_LEVELS:
        return False
    if isinstance(value, list):
        return any(_depends_on_tensor(item, depth + 1) for item in value)
    parts = (*value.operands, *(value.formula or ())) if isinstance(value, Unknown) else ()
    return any(has_tensor(part) or _depends_on_tensor(part, depth + 1) for part in parts)


def custom_name(value: object) -> str:
    if isinstance(value, Instance):
        return value.cls.node.name if value.cls is not None else "this"
    if isinstance(value, CustomValue):
        return value.name
    if isinstance(value, KerasCall):
        return value.ref.name
    return getattr(value, "name", None) or "this function"


def pools(cls: type[KerasObject]) -> bool:
    """Whether a class is a pooling layer."""
    from seqspec.core.api.catalog import Pooling

    return issubclass(cls, Pooling)


def _is_old_file(path: object) -> bool:
    """Whether a checkpoint is in a format that only Keras 1 and 2 write."""
    return isinstance(path, str) and not path.endswith((".keras", ".weights.h5"))
