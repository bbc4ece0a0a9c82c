"""Which variables of a program hold models, optimizers or layers of Keras, by their assignments."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from seqspec.core.api.catalog import APPLICATIONS
from seqspec.programs.keras_api.keras_names import ONLY_IN_FIT, family_of
from seqspec.programs.migration.names import KERAS, TF_KERAS, KerasName, Module
from seqspec.programs.values.abstract_values import Ref

_MODELS = frozenset(("Sequential", "Model", "Functional", "load_model", "model_from_json", "clone_model"))
_ROUNDS = 3
"""How many calls of functions that return a model are followed."""

_OTHER = "other"

_TRAINING = {"compile": frozenset(("loss", "optimizer")), "fit": ONLY_IN_FIT}
"""The methods, and arguments that only models have there."""


def receiver_text(node: ast.expr) -> str | None:
    """`model`, `self.model`; None for another expression."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join((node.id, *reversed(parts))) if isinstance(node, ast.Name) else None


class Receivers:
    """The kinds of the variables of a program: `"model"`, `"optimizer"`, `"layer"`, or `"other"`."""

    def __init__(self, module: Module) -> None:
        self._module = module
        self._kinds: dict[str, str | None] = {}
        self._functions: dict[str, str | None] = {}
        self._sequentials = _sequentials(module)
        self.package = TF_KERAS if module.packages == {TF_KERAS} else KERAS
        for _ in range(_ROUNDS):
            before = dict(self._kinds), dict(self._functions)
            for statement in module.statements:
                self._read(statement)
            for call in module.calls:
                self._read_training(call)
            if before == (self._kinds, self._functions):
                break

    def _read(self, statement: ast.stmt) -> None:
        if isinstance(statement, ast.Assign):
            kind = self.kind(statement.value)
            targets: Iterable[ast.expr] = statement.targets
            for target in targets:
                text = receiver_text(target) if isinstance(target, (ast.Name, ast.Attribute)) else None
                if text is None:
                    continue
                known = self._kinds.get(text)
                # A name that holds several things is what Keras has among them.
                if known in (None, _OTHER):
                    self._kinds[text] = kind
        elif isinstance(statement, ast.Return) and statement.value is not None:
            kind = self.kind(statement.value)
            function = self._module.function_of(statement)
            if function is not None and kind in ("model", "optimizer"):
                self._functions[function] = kind
        elif isinstance(statement, ast.For) and isinstance(statement.target, ast.Name):
            items = statement.iter
            if isinstance(items, ast.Attribute) and items.attr == "layers":
                self._kinds[statement.target.id] = "layer"

    def _read_training(self, call: ast.Call) -> None:
        """Only models have a `compile` with a loss or an optimizer, or a `fit` with epochs, wherever they come from."""
        if isinstance(call.func, ast.Attribute) and call.func.attr in _TRAINING:
            text = receiver_text(call.func.value)
            arguments = {keyword.arg for keyword in call.keywords}
            if text is not None and arguments & _TRAINING[call.func.attr] and self._kinds.get(text) in (None, _OTHER):
                self._kinds[text] = "model"

    def is_uncalled(self, node: ast.expr) -> bool:
        """Whether a variable holds a `Sequential` that nothing calls: the program only reads attributes of it."""
        if not isinstance(node, ast.Name) or node.id not in self._sequentials:
            return False
        reads = [self._module.owners.get(id(load)) for load in self._module.loads(node.id)]
        return all(attribute not in (None, "call", "__call__") for attribute in reads)

    def kind(self, node: ast.expr) -> str | None:
        """The kind of an expression; None if nothing is known about it."""
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Attribute) and node.value.attr == "layers":
            return "layer"
        if isinstance(node, ast.Call):
            return self._kind_of_call(node)
        text = receiver_text(node)
        if text is not None:
            return self._kinds.get(text)
        return _OTHER if isinstance(node, (ast.Constant, ast.List, ast.Dict, ast.Tuple, ast.Set)) else None

    def _kind_of_call(self, node: ast.Call) -> str | None:
        name = self._module.resolve(node.func)
        if name is not None:
            return kind_of_result(name)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "get_layer":
            return "layer"
        function = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", None)
        if function in self._functions:
            return self._functions[function]
        return None if function in self._module.defined else _OTHER


def _sequentials(module: Module) -> frozenset[str]:
    """The variables whose only value is a new `Sequential` model."""
    return frozenset(
        name
        for name, assigned in module.values.items()
        if len(assigned) == module.assignments(name) and all(_is_sequential(value, module) for value in assigned)
    )


def _is_sequential(value: ast.expr, module: Module) -> bool:
    name = module.resolve(value.func) if isinstance(value, ast.Call) else None
    return name is not None and name.path.rpartition(".")[2] == "Sequential"


def kind_of_result(name: KerasName) -> str | None:
    """What a call of something of Keras returns."""
    kind = name.path.rpartition(".")[2]
    if kind in _MODELS or kind in APPLICATIONS:
        return "model"
    family = family_of(Ref(("keras", *name.path.split(".")), "keras"))
    return {"optimizers": "optimizer", "layers": "layer"}.get(family or "", _OTHER)
