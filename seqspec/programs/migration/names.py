"""The names of Keras in a program, resolved over its imports, and the variables that hold its objects."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from seqspec.core.api.catalog import APPLICATIONS
from seqspec.programs.keras_api.keras_names import (
    GENERATOR_METHODS,
    ONLY_IN_FIT,
    family_of,
    resolve_bare_module,
    resolve_bare_name,
    resolve_star_import,
)
from seqspec.programs.values.abstract_values import Ref

KERAS, TF_KERAS = "keras", "tf.keras"

_ROOTS = {
    ("keras",): KERAS,
    ("tensorflow", "keras"): TF_KERAS,
    ("tensorflow", "python", "keras"): TF_KERAS,
    ("tensorflow", "compat", "v2", "keras"): TF_KERAS,
}
"""The modules that are Keras 3 where it is installed; `tf_keras` and those of TensorFlow 1 stay Keras 2."""

_GUARDS = frozenset(("ImportError", "ModuleNotFoundError", "Exception", "BaseException", "AttributeError"))


class KerasName(NamedTuple):
    """A name of Keras.

    Attributes:
        path: Its path below the package: `"layers.Dense"`; empty for the package itself.
        package: `"keras"` or `"tf.keras"`.
        written: Its path with the package as the program names it: `"tensorflow.keras.layers.Dense"`.
    """

    path: str
    package: str
    written: str

    def attribute(self, name: str) -> KerasName:
        """An attribute of it."""
        return KerasName(f"{self.path}.{name}" if self.path else name, self.package, f"{self.written}.{name}")


class KerasReference(NamedTuple):
    """An expression that names something of Keras, as a whole: `keras.layers.Dense`."""

    node: ast.expr
    name: KerasName


class ImportedName(NamedTuple):
    """One name of an import statement."""

    node: ast.Import | ast.ImportFrom
    alias: ast.alias
    name: KerasName


def keras_name(dotted: str) -> KerasName | None:
    """The name of Keras with an absolute path; None for one that is not of Keras."""
    parts = tuple(dotted.split("."))
    for root, package in _ROOTS.items():
        if parts[: len(root)] == root:
            return KerasName(".".join(parts[len(root) :]), package, dotted)
    return None


class Module:
    """The imports, references and calls of a program.

    Attributes:
        tree: Its syntax tree.
        imports: The names of Keras that it imports, without those that it replaces where they are missing.
        calls: Its calls.
        attributes: Its attributes.
        statements: Its assignments, loops and returns.
        functions: Its functions and classes.
        defined: Their names.
        packages: The packages of Keras that it uses; `"tf_keras"` too.
        bound: The absolute path of each imported name.
    """

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        self.imports: list[ImportedName] = []
        self.calls: list[ast.Call] = []
        self.attributes: list[ast.Attribute] = []
        self.statements: list[ast.stmt] = []
        self.functions: list[ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef] = []
        self.packages: set[str] = set()
        self.bound: dict[str, str] = {}
        self._names: dict[str, KerasName | None] = {}
        self._loads: list[ast.Name] = []
        self._ambiguous: set[str] = set()
        self._stars: list[KerasName] = []
        self._stored: dict[str, list[int]] = {}
        self._resolved: dict[int, KerasName | None] = {}
        self._called: dict[int, ast.Call] | None = None
        self._import_nodes: list[ast.Import | ast.ImportFrom] = []
        self._shadows: Mapping[str, list[tuple[int, int]]] = {}
        guarded = self._collect(tree)
        self._bind(guarded)
        self._bind_modules()
        if any(node.attr == "keras" and self.resolve(node) is not None for node in self.attributes):
            self.packages.add(TF_KERAS)
        self._follow_aliases()
        self._shadows = self._shadowed_lines()
        self.defined = {node.name for node in self.functions if not isinstance(node, ast.Lambda)}

    def _collect(self, tree: ast.Module) -> set[int]:
        """Sorts the nodes by what they are; returns the imports that an `except ImportError` replaces."""
        guarded: set[int] = set()
        for node in ast.walk(tree):
            match node:
                case ast.Name():
                    if isinstance(node.ctx, ast.Load):
                        self._loads.append(node)
                    else:
                        self._stored.setdefault(node.id, []).append(node.lineno)
                case ast.Attribute():
                    self.attributes.append(node)
                case ast.Call():
                    self.calls.append(node)
                case ast.Import() | ast.ImportFrom():
                    self._import_nodes.append(node)
                case ast.arg():
                    self._stored.setdefault(node.arg, []).append(node.lineno)
                case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda() | ast.ClassDef():
                    self.functions.append(node)
                    if not isinstance(node, ast.Lambda):
                        self._stored.setdefault(node.name, []).append(node.lineno)
                case ast.Try() if any(_handles_imports(handler) for handler in node.handlers):
                    parts = [*node.body, *(statement for handler in node.handlers for statement in handler.body)]
                    guarded |= {id(inner) for part in parts for inner in ast.walk(part)}
                case ast.Assign() | ast.For() | ast.With() | ast.Return():
                    self.statements.append(node)
        return guarded

    def _bind(self, guarded: set[int]) -> None:
        for node in self._import_nodes:
            if isinstance(node, ast.ImportFrom) and (node.level or node.module is None):
                continue
            module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            for alias in node.names:
                dotted = f"{module}.{alias.name}" if module else alias.name
                if dotted.partition(".")[0] == "tf_keras":
                    self.packages.add("tf_keras")
                name = keras_name(module if alias.name == "*" else dotted)
                if name is not None:
                    self.packages.add(name.package)
                if alias.name == "*":
                    if name is not None and id(node) not in guarded:
                        self._stars.append(name)
                        self.imports.append(ImportedName(node, alias, name))
                    continue
                local = alias.asname or (alias.name if module else alias.name.partition(".")[0])
                path = dotted if module or alias.asname else alias.name.partition(".")[0]
                self._bind_name(local, path, id(node) in guarded)
                if name is not None and id(node) not in guarded:
                    self.imports.append(ImportedName(node, alias, name))

    def _bind_modules(self) -> None:
        """Binds the usual names of modules that the program uses without importing them."""
        for name in {node.id for node in self._loads}.difference(self.bound, self._stored):
            module = resolve_bare_module(name)
            if module is not None:
                self._bind_name(name, ".".join(module.path), False)
                self.packages |= {KERAS} if module.is_keras else set()

    def _bind_name(self, local: str, dotted: str, guarded: bool) -> None:
        before = self.bound.get(local)
        if guarded or before not in (None, dotted):
            self._ambiguous.add(local)
        self.bound[local] = dotted
        if before is None:
            self._names[local] = None if guarded else keras_name(dotted)
            return
        old, new = self._names.get(local), keras_name(dotted)
        if guarded or old is None or new is None or old.path != new.path:
            self._names[local] = None if guarded or old is None else new
        else:
            # Where both packages are imported, what tf.keras still has is not reported.
            self._names[local] = old if old.package == TF_KERAS else new

    def _follow_aliases(self) -> None:
        """`layers = tf.keras.layers` at the level of the module."""
        for statement in self.tree.body:
            if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
                continue
            target = statement.targets[0]
            if not isinstance(target, ast.Name) or len(self._stored.get(target.id, ())) != 1:
                continue
            name = self.resolve(statement.value)
            if name is not None and target.id not in self.bound:
                self._names[target.id] = name
                self._stored.pop(target.id)
        self._resolved.clear()

    def _shadowed_lines(self) -> Mapping[str, list[tuple[int, int]]]:
        """The lines in which a name of Keras is a variable of the program."""
        shadowed: dict[str, list[tuple[int, int]]] = {}
        for name, lines in self._stored.items():
            if name not in self._names:
                continue
            for line in lines:
                around = [
                    (node.lineno, node.end_lineno or node.lineno)
                    for node in self.functions
                    if node.lineno <= line <= (node.end_lineno or node.lineno) and getattr(node, "name", None) != name
                ]
                # The value of `Adam = Adam(0.1)` is evaluated before the name is assigned.
                shadowed.setdefault(name, []).append(max(around) if around else (line + 1, 1 << 30))
        return shadowed

    def resolve(self, node: ast.AST) -> KerasName | None:
        """The name of Keras that an expression is; None if it is something else."""
        attributes: list[ast.Attribute] = []
        while isinstance(node, ast.Attribute) and id(node) not in self._resolved:
            attributes.append(node)
            node = node.value
        if id(node) not in self._resolved:
            self._resolved[id(node)] = self._variable(node) if isinstance(node, ast.Name) else None
        name = self._resolved[id(node)]
        for attribute in reversed(attributes):
            if name is not None:
                name = name.attribute(attribute.attr)
            elif not isinstance(attribute.value, ast.Call):
                dotted = self._dotted(attribute)
                name = keras_name(dotted) if dotted is not None else None
            self._resolved[id(attribute)] = name
        return name

    def _dotted(self, node: ast.Attribute) -> str | None:
        parts: list[str] = []
        value: ast.expr = node
        while isinstance(value, ast.Attribute):
            parts.append(value.attr)
            value = value.value
        if not isinstance(value, ast.Name) or value.id not in self.bound or self._is_shadowed(value):
            return None
        return ".".join((self.bound[value.id], *reversed(parts)))

    def absolute(self, node: ast.expr) -> str | None:
        """The absolute path of something that the program imports, of Keras or not: `"tensorflow_hub.KerasLayer"`."""
        if isinstance(node, ast.Name):
            return self.bound.get(node.id) if not self._is_shadowed(node) else None
        return self._dotted(node) if isinstance(node, ast.Attribute) else None

    def names_of(self, package: str) -> Iterator[str]:
        """The names of a module of another package that the program uses: `placeholder` of `tf.placeholder`."""
        for path in (*map(self.absolute, self.attributes), *self.bound.values()):
            if path is not None and path.startswith(f"{package}."):
                yield path.split(".")[1]

    def _variable(self, node: ast.Name) -> KerasName | None:
        if node.id in self._names:
            return None if self._is_shadowed(node) else self._names[node.id]
        if node.id in self._stored or node.id in self.bound or not (node.id[:1].isupper() or node.id == "merge"):
            return None
        if node.id == "merge" and not self._import_nodes:
            return KerasName("layers.merge", KERAS, node.id)
        for star in self._stars:
            ref = resolve_star_import(Ref(("keras", *star.path.split(".")), "keras"), node.id)
            if ref is not None:
                return KerasName(".".join(ref.path[1:]), star.package, node.id)
        bare = resolve_bare_name(node.id)
        if bare is None:
            return None
        packages = [star.package for star in self._stars] or sorted(self.packages & {KERAS, TF_KERAS})
        return KerasName(".".join(bare.path[1:]), next(iter(packages), KERAS), node.id)

    def _is_shadowed(self, node: ast.Name) -> bool:
        return any(start <= node.lineno <= end for start, end in self._shadows.get(node.id, ()))

    def references(self) -> Iterator[KerasReference]:
        """Every expression that names something of Keras, without the parts of a longer one."""
        parts = {id(node.value) for node in self.attributes}
        for node in (*self.attributes, *self._loads):
            name = self.resolve(node) if id(node) not in parts else None
            if name is not None:
                yield KerasReference(node, name)

    @property
    def uses_keras(self) -> bool:
        """Whether it imports Keras, or uses names and methods of it without that, as cells of a notebook do."""
        return bool(self.packages) or any(self.resolve(node) is not None for node in self._loads) or self._has_methods

    @property
    def _has_methods(self) -> bool:
        """Whether code without imports calls a method that only models of Keras had."""
        return not self._import_nodes and any(
            isinstance(call.func, ast.Attribute) and call.func.attr in GENERATOR_METHODS for call in self.calls
        )

    @cached_property
    def owners(self) -> Mapping[int, str]:
        """The attribute or method that is read of an expression, by the identity of the expression."""
        return {id(node.value): node.attr for node in self.attributes}

    def constant(self, node: ast.expr) -> ast.expr:
        """The text in a variable that has no other value; the expression itself if it is something else."""
        if not isinstance(node, ast.Name) or self.assignments(node.id) != 1:
            return node
        values = [value for value in self.values.get(node.id, ()) if isinstance(value, ast.Constant)]
        return values[0] if len(values) == 1 else node

    @cached_property
    def values(self) -> Mapping[str, list[ast.expr]]:
        """The values that statements assign to each variable."""
        values: dict[str, list[ast.expr]] = {}
        for statement in self.statements:
            if isinstance(statement, ast.Assign):
                for target in statement.targets:
                    if isinstance(target, ast.Name):
                        values.setdefault(target.id, []).append(statement.value)
        return values

    def assignments(self, name: str) -> int:
        """How often the program assigns to a variable of this name."""
        return len(self._stored.get(name, ()))

    def call_of(self, node: ast.expr) -> ast.Call | None:
        """The call of an expression."""
        if self._called is None:
            self._called = {id(call.func): call for call in self.calls}
        return self._called.get(id(node))

    def function_of(self, statement: ast.stmt) -> str | None:
        """The name of the innermost function around a statement."""
        line = statement.lineno
        around = [
            node
            for node in self.functions
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
            and node.lineno <= line <= (node.end_lineno or node.lineno)
        ]
        return max(around, key=lambda node: node.lineno).name if around else None

    def local_name(self, dotted: str) -> str | None:
        """The variable that holds an absolute path everywhere in the program."""
        for local, bound in self.bound.items():
            if bound == dotted and local not in self._shadows and local not in self._ambiguous:
                return local
        return None

    def is_taken(self, name: str) -> bool:
        """Whether the program uses a name for something."""
        return name in self.bound or name in self._stored

    def loads(self, name: str) -> list[ast.Name]:
        """The places where a variable of this name is read."""
        return [node for node in self._loads if node.id == name and not self._is_shadowed(node)]


def _handles_imports(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(isinstance(exception, ast.Name) and exception.id in _GUARDS for exception in types)


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
