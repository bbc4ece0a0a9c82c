"""What a program contains, by its syntax alone: the models and classes that it defines, and its framework."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, NamedTuple

from seqspec.core.api.frontends import entry_of, has_markers
from seqspec.core.api.messages import counted
from seqspec.programs.keras_api.keras_names import (
    DISTINCTIVE,
    GENERATOR_METHODS,
    canonical,
    resolve_bare_module,
    resolve_bare_name,
    resolve_star_import,
)
from seqspec.programs.values.abstract_values import Ref
from seqspec.programs.values.spans import position

if TYPE_CHECKING:
    from seqspec.core.api.diagnostics import Kind

_OTHER_FRAMEWORKS = {"torch": "PyTorch", "flax": "Flax", "mxnet": "MXNet", "paddle": "PaddlePaddle"}
_IMPORT = re.compile(r"""(?:^|["\s])(?:import|from)[ \t]+(torch|flax|mxnet|paddle)\b""", re.MULTILINE)
_CALL = re.compile(r"(?:(?<![\w.])|\b(?:L|layers|callbacks)\.)(\w+)\(|\.(\w+_(?:generator|classes))\(")
_COMPILE = re.compile(r"\.compile\(\s*(?:optimizer|loss|metrics)\s*=")
_ADD = re.compile(r"\.add\((\w+)\(")
_BACKEND_CALL = re.compile(r"(?<![\w.])K\.\w+\(")
_TENSORS = re.compile(r"\by_pred\b|\bLambda\(")
_ANY_IMPORT = re.compile(r"^[ \t]*(?:import|from)[ \t]+\w", re.MULTILINE)
_LAYER_CLASS = re.compile(r"^[ \t]*class\s+\w+\s*\((?:\w+\.)*Layer\)", re.MULTILINE)
_MAX_DEPTH = 20
_COMPILE_ARGUMENTS = frozenset(("optimizer", "loss", "metrics", "weighted_metrics", "loss_weights"))


def mentions_model(text: str) -> bool:
    """Whether a text may contain a Keras model."""
    entry = entry_of("program.py")
    return entry is not None and has_markers(entry, text.encode("utf-8", "replace"))


def is_posted(text: str) -> bool:
    """Whether a text calls something of Keras by its bare name, as code does that is posted without its imports."""
    names = {match[1] or match[2] for match in _CALL.finditer(text)}
    if not names.isdisjoint((*DISTINCTIVE, *GENERATOR_METHODS)) or ("merge" in names and "mode" in text):
        return True
    if _LAYER_CLASS.search(text) is not None:
        return True
    if _ANY_IMPORT.search(text) is not None:
        return False
    if _BACKEND_CALL.search(text) is not None and _TENSORS.search(text) is not None:
        return True
    return _COMPILE.search(text) is not None or any(resolve_bare_name(match[1]) for match in _ADD.finditer(text))


def other_framework(text: str) -> str | None:
    """The first framework other than Keras that a text imports: `"torch"`, `"flax"`, ..."""
    match = _IMPORT.search(text)
    return match[1] if match is not None else None


def describe(framework: str, modules: int) -> str:
    """`PyTorch, not Keras (2 models)`."""
    many = f" ({counted(modules, 'model')})" if modules else ""
    return f"{_OTHER_FRAMEWORKS[framework]}, not Keras{many}"


class Definition(NamedTuple):
    """A model or class of models that a program defines.

    Attributes:
        kind: How the model is written.
        name: The variable, function or class that holds it.
        node: The call or the class.
    """

    kind: Kind
    name: str | None
    node: ast.Call | ast.ClassDef


class Contents(NamedTuple):
    """What a program contains.

    Attributes:
        models: The Keras models that it defines.
        layers: The Keras layers that it defines.
        compiled: Its calls of `compile` with arguments of Keras.
        modules: The number of models of other frameworks.
        is_followed: Whether the program may create a model or call layers, so that it is followed.
    """

    models: list[Definition]
    layers: list[ast.ClassDef]
    compiled: list[ast.Call]
    modules: int
    is_followed: bool


NOTHING = Contents([], [], [], 0, False)


def read_contents(tree: ast.Module) -> Contents:
    """What a program contains, in the order of the file."""
    names = _Names(tree)
    models: list[Definition] = []
    layers: list[ast.ClassDef] = []
    compiled: list[ast.Call] = []
    modules = 0
    for node in names.nodes:
        if isinstance(node, ast.ClassDef):
            kind = names.kind_of_class(node)
            if kind == "layer":
                layers.append(node)
            elif kind == "module":
                modules += 1
            elif kind is not None:
                models.append(Definition(kind, node.name, node))
        elif isinstance(node, ast.Call):
            kind = names.kind_of_call(node)
            if kind == "module":
                modules += 1
            elif kind is not None:
                models.append(Definition(kind, names.holders.get(id(node)), node))
            elif _is_compile(node):
                compiled.append(node)
    posted = (bool(compiled) and not names.has_imports) or names.has_posted_calls or names.adds_layers
    posted = posted or (bool(layers) and not names.has_imports)
    followed = bool(models) or posted or names.has_sequential or names.imports_keras
    models.sort(key=lambda definition: position(definition.node))
    return Contents(models, sorted(layers, key=position), compiled, modules, followed)


def _is_compile(node: ast.Call) -> bool:
    return (
        isinstance(node.func, ast.Attribute)
        and node.func.attr == "compile"
        and any(keyword.arg in _COMPILE_ARGUMENTS for keyword in node.keywords)
    )


def _is_written_out(function: ast.expr) -> bool:
    """Whether a call names its module of Keras, as in `tf.keras.layers.Dense`."""
    match function:
        case ast.Attribute(value=ast.Attribute(attr="layers" | "models", value=ast.Name(id="keras"))):
            return True
        case ast.Attribute(value=ast.Attribute(attr="layers" | "models", value=ast.Attribute(attr="keras"))):
            return True
        case ast.Attribute(attr="Sequential", value=ast.Attribute(attr="keras") | ast.Name(id="keras")):
            return True
    return False


class _Names:
    """The imports, classes and variables of a program, without their scopes."""

    def __init__(self, tree: ast.Module) -> None:
        self.nodes: list[ast.AST] = []
        self.holders: dict[int, str] = {}
        self._imports: dict[str, Ref] = {}
        self._classes: dict[str, ast.ClassDef] = {}
        self._defined: set[str] = set()
        self._stars: list[Ref] = []
        self.has_sequential = False
        for node in ast.walk(tree):
            if isinstance(node, (ast.Call, ast.ClassDef)):
                self.nodes.append(node)
            if isinstance(node, (ast.Name, ast.Attribute)):
                name = node.id if isinstance(node, ast.Name) else node.attr
                self.has_sequential = self.has_sequential or name == "Sequential"
            elif isinstance(node, ast.ClassDef):
                self._classes[node.name] = node
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                self._import(node)
            elif isinstance(node, ast.FunctionDef):
                self._defined.add(node.name)
                for statement in ast.walk(node):
                    if isinstance(statement, ast.Return) and isinstance(statement.value, ast.Call):
                        self.holders.setdefault(id(statement.value), node.name)
            elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                target = node.targets[0]
                holder = target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", None)
                if holder is not None:
                    self.holders[id(node.value)] = holder

    @property
    def has_imports(self) -> bool:
        """Whether the program imports anything, unlike much posted code."""
        return bool(self._imports or self._stars)

    @property
    def has_posted_calls(self) -> bool:
        """Whether the program calls something of Keras that it does not import."""
        imported = {ref.path[0] for ref in (*self._imports.values(), *self._stars)}
        return imported.isdisjoint(_OTHER_FRAMEWORKS) and any(
            isinstance(node, ast.Call) and self._is_posted(node.func) for node in self.nodes
        )

    @property
    def adds_layers(self) -> bool:
        """Whether a program without imports adds layers of Keras to a model: `model.add(Merge(...))`."""
        added = [
            node.args[0].func
            for node in self.nodes
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "add"
            if node.args and isinstance(node.args[0], ast.Call)
        ]
        return not self.has_imports and any(
            isinstance(function, ast.Name) and self._resolve(function) is not None for function in added
        )

    def _is_posted(self, function: ast.expr) -> bool:
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", None)
        if name not in DISTINCTIVE and not _is_written_out(function):
            return False
        ref = self._resolve(function)
        return ref is not None and ref.is_keras

    @property
    def imports_keras(self) -> bool:
        """Whether the program imports something of Keras, or TensorFlow, which contains it."""
        refs = [*self._imports.values(), *self._stars]
        return any(ref.is_keras or ref.path == ("tensorflow",) for ref in refs)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                path = tuple(alias.name.split("."))
                self._imports[alias.asname or path[0]] = canonical(path if alias.asname else path[:1])
            return
        module = (*(("." * node.level,) if node.level else ()), *(node.module.split(".") if node.module else ()))
        for alias in node.names:
            if alias.name == "*":
                self._stars.append(canonical(module))
            else:
                self.has_sequential = self.has_sequential or (alias.name == "Sequential" and alias.asname is not None)
                self._imports[alias.asname or alias.name] = canonical((*module, alias.name))

    def _resolve(self, node: ast.expr, depth: int = 0) -> Ref | None:
        if isinstance(node, ast.Attribute) and depth < _MAX_DEPTH:
            base = self._resolve(node.value, depth + 1)
            if base is None:
                return None
            path = (*base.path, node.attr)
            return Ref(path, base.source) if base.is_keras else canonical(path)
        if not isinstance(node, ast.Name):
            return None
        known = self._imports.get(node.id)
        if known is not None or node.id in self._classes or node.id in self._defined:
            return known
        starred = (resolve_star_import(star, node.id) for star in self._stars)
        starred_ref = next((ref for ref in starred if ref is not None), None)
        return starred_ref or resolve_bare_name(node.id) or resolve_bare_module(node.id)

    def kind_of_call(self, node: ast.Call) -> Kind | Literal["module"] | None:
        """The kind of model that a call creates; `"module"` for one of another framework."""
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", None)
        if name not in ("Sequential", "Model", "Functional") and name not in self._imports:
            return None
        ref = self._resolve(node.func)
        if ref is None:
            return None
        if ref.is_keras and ref.name == "Sequential":
            return "sequential"
        if ref.is_keras and ref.name in ("Model", "Functional") and (node.args or node.keywords):
            return "functional"
        return "module" if ref.path[0] in _OTHER_FRAMEWORKS and ref.name == "Sequential" else None

    def kind_of_class(self, node: ast.ClassDef, depth: int = 0) -> Kind | Literal["layer", "module"] | None:
        """The kind of model or layer that a class defines."""
        return next(self._kinds_of_bases(node, depth), None)

    def _kinds_of_bases(self, node: ast.ClassDef, depth: int) -> Iterator[Kind | Literal["layer", "module"]]:
        for base in node.bases:
            parent = self._classes.get(base.id) if isinstance(base, ast.Name) else None
            if parent is not None and parent is not node and depth < _MAX_DEPTH:
                inherited = self.kind_of_class(parent, depth + 1)
                if inherited is not None:
                    yield inherited
                continue
            ref = self._resolve(base)
            if ref is None:
                continue
            if ref.path[0] in _OTHER_FRAMEWORKS and ref.name in ("Module", "Layer", "Block", "HybridBlock"):
                yield "module"
            if ref.is_keras and ref.name in ("Model", "Functional", "Sequential"):
                yield "sequential" if ref.name == "Sequential" else "subclass"
            elif ref.is_keras and (ref.name == "Layer" or ref.path[1:2] == ("layers",)):
                yield "layer"
