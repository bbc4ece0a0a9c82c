"""Mistakes in classes of models that Keras refuses whatever they are called on."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from seqspec.core.api.catalog import Composition
from seqspec.core.api.messages import nearest
from seqspec.programs.keras_api.keras_names import family_of
from seqspec.programs.keras_api.signatures import layer_declaration
from seqspec.programs.values.abstract_values import Class, CodeViolation, FunctionValue, Instance, KerasCall, Ref
from seqspec.programs.values.tensors import SymbolicTensor


def class_mistakes(instance: Instance, tree: ast.AST) -> Iterator[CodeViolation]:
    """The mistakes in the class of a model of the program `tree`."""
    cls = instance.cls
    if cls is None:
        return
    init, call = cls.find("__init__"), cls.find("call")
    layers = [name for name, value in instance.attributes.items() if isinstance(value, KerasCall)]
    if (
        isinstance(init, FunctionValue)
        and not isinstance(init.node, ast.Lambda)
        and not _initializes(init.node, cls.node)
    ):
        message = f"{cls.node.name} does not initialize keras.Model"
        yield CodeViolation("bad-custom", message, init.node.body[0], "write super().__init__() first")
    if not isinstance(call, FunctionValue) or isinstance(call.node, ast.Lambda):
        return
    receiver = call.node.args.args[0].arg if call.node.args.args else ""
    last = call.node.body[-1]
    if isinstance(last, ast.Expr) and _own_callee(last.value, receiver) in layers and not _returns(call.node):
        help = f"write return {ast.unparse(last.value)}"
        yield CodeViolation("bad-custom", "call() returns nothing", last, help)
    if all(isinstance(base, (Class, Ref)) for base in cls.bases):
        yield from _undefined(call.node, receiver, layers, instance, tree)


def function_mistakes(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[CodeViolation]:
    """`def Net(Model):` with methods in it, which is meant to be a class."""
    arguments = [parameter.arg for parameter in function.args.args]
    methods = {statement.name for statement in function.body if isinstance(statement, ast.FunctionDef)}
    if len(arguments) == 1 and arguments[0] in (*_BASES, "Callback") and "__init__" in methods:
        code = f"{function.name}({arguments[0]})"
        message = f"{code} is defined as a function, so that it returns nothing"
        yield CodeViolation("bad-custom", message, function.args.args[0], f"write class {code}")


def created_layers(calls: Sequence[SymbolicTensor], method: ast.AST) -> Iterator[CodeViolation]:
    """The layers that `call` creates where it calls them, or in a variable: Keras refuses their weights in training.

    Args:
        calls: The calls of layers that were followed in it.
        method: The method.
    """
    local = {
        id(statement.value)
        for statement in ast.walk(method)
        if isinstance(statement, ast.Assign) and all(isinstance(target, ast.Name) for target in statement.targets)
    }
    for call in calls:
        layer, node = call.source, call.node
        if not isinstance(layer, KerasCall) or not isinstance(node, ast.Call):
            continue
        if node.func is not layer.node and id(layer.node) not in local:
            continue
        declared = layer_declaration(layer.ref.name)[0]
        is_wrapper = declared is not None and declared.composition in (Composition.APPLIED, Composition.JOINED)
        inner = layer.argument("layer", 0) if is_wrapper else None
        if inner is not None and not isinstance(inner.node, ast.Call):
            # A wrapper has the weights of its layer.
            continue
        if call.is_certain and family_of(layer.ref) == "layers" and declared is not None and declared.has.weights:
            message = f"call() creates {layer.ref.name}, so each call would have new weights"
            place = node if node.func is layer.node else layer.node
            yield CodeViolation("bad-custom", message, place, "create the layer in __init__, and call it here")


def base_call_mistakes(cls: Class, is_keras_3: bool) -> Iterator[CodeViolation]:
    """Wrong calls of the methods of the base class in a class of layers or models."""
    base = next((base for base in cls.bases if isinstance(base, Ref) and base.is_keras), None)
    if base is None or len(cls.bases) > 1:
        return
    if base.name == "Callback":
        yield from _of_callback(cls)
    if base.name in _SET_BY_BASES:
        yield from _overwritten(cls, _SET_BY_BASES[base.name])
    if not (family_of(base) == "layers" or base.name in _MODELS or base.name in _SET_BY_BASES):
        return
    name, base_text = cls.node.name, ast.unparse(cls.node.bases[0])
    for function in cls.node.body:
        if not isinstance(function, ast.FunctionDef) or not function.args.args:
            continue
        receiver = function.args.args[0].arg
        for node in ast.walk(function):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Name(id="super"), args=of), attr=method)):
                    first = ast.unparse(of[0]) if of else name
                    # Layers such as Dense may be skipped on purpose.
                    if method == "__init__" and base.name in (*_BASES, *_SET_BY_BASES) and first == base_text != name:
                        message = f"super({first}, {receiver}) skips the __init__ of {first}"
                        yield CodeViolation("bad-custom", message, node, f"write super({name}, {receiver}).__init__()")
                    argument = node.args[0] if len(node.args) == 1 else None
                    is_receiver = isinstance(argument, ast.Name) and argument.id == receiver
                    if method == "__init__" and is_keras_3 and is_receiver and argument is not None:
                        message = f"super().__init__() passes {receiver} already, so this is a second argument"
                        yield CodeViolation("unknown-argument", message, argument, "write super().__init__()")
                    # `build` of Wrapper and others has a default.
                    if method == "build" and base.name == "Layer" and not node.args and not node.keywords:
                        message = "missing argument input_shape for build()"
                        yield CodeViolation("missing-argument", message, node, "write super().build(input_shape)")


_MODELS = ("Model", "Functional", "Sequential")
_BASES = ("Layer", *_MODELS)
_SET_BY_BASES = {"Layer": ("name", "trainable"), "Loss": ("name",), "Metric": ("name",)}
"""The attributes that `__init__` of a base class sets, whatever they were before."""

_OF_MODELS = frozenset(
    "compile evaluate fit get_layer get_weights load_weights predict predict_on_batch save save_weights set_weights "
    "summary test_on_batch train_on_batch".split()
)
"""Methods of models that a callback does not have."""


def _of_callback(cls: Class) -> Iterator[CodeViolation]:
    """Methods of the model that a callback calls on itself."""
    own = {
        statement.name for statement in cls.node.body if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef))
    }
    own |= {node.attr for node in ast.walk(cls.node) if isinstance(node, ast.Attribute) and _is_set(node)}
    own |= {node.id for node in ast.walk(cls.node) if isinstance(node, ast.Name) and _is_set(node)}
    for function in cls.node.body:
        receiver = _receiver(function)
        inner = {arg.arg for inner in _functions(function) for arg in inner.args.args if inner is not function}
        for node in ast.walk(function) if receiver and receiver not in inner else ():
            name = _own_callee(node, receiver) if receiver and isinstance(node, ast.Call) else None
            if name in _OF_MODELS and name not in own and isinstance(node, ast.Call):
                help = f"write {receiver}.model.{name}(...)"
                yield CodeViolation("unknown-name", f"a callback has no method {name}", node.func, help)


def _overwritten(cls: Class, names: Sequence[str]) -> Iterator[CodeViolation]:
    """Attributes that `__init__` sets before it calls that of the base class, which sets them again."""
    init = next(
        (
            statement
            for statement in cls.node.body
            if isinstance(statement, ast.FunctionDef) and statement.name == "__init__"
        ),
        None,
    )
    receiver = None if init is None else _receiver(init)
    set_before: dict[str, tuple[ast.Attribute, ast.expr]] = {}
    kwargs = init.args.kwarg.arg if init is not None and init.args.kwarg is not None else ""
    for statement in init.body if init is not None and receiver else ():
        call = statement.value if isinstance(statement, ast.Expr) else None
        match call:
            case ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr="__init__")):
                spread = [ast.unparse(keyword.value) for keyword in call.keywords if keyword.arg is None]
                # `kwargs` may have the name where the method changes it.
                if call.args or spread not in ([], [kwargs]) or (spread and _is_changed(kwargs, init)):
                    return
                keywords = {keyword.arg for keyword in call.keywords}
                for name, (attribute, value) in set_before.items():
                    if name not in keywords:
                        message = f"{ast.unparse(attribute)} is set before super().__init__(), which sets it again"
                        help = f"pass it: super().__init__({name}={ast.unparse(value)})"
                        yield CodeViolation("bad-custom", message, attribute, help, "warning")
                return
        if not isinstance(statement, ast.Assign):
            continue
        for target in statement.targets:
            if isinstance(target, ast.Attribute) and target.attr in names and ast.unparse(target.value) == receiver:
                set_before[target.attr] = target, statement.value


def _is_changed(name: str, function: ast.AST | None) -> bool:
    """Whether a function sets items of a dict, or calls a method of it that may."""
    for node in ast.walk(function) if function is not None else ():
        match node:
            case ast.Subscript(value=ast.Name(id=changed), ctx=ast.Store()) if changed == name:
                return True
            case ast.Attribute(value=ast.Name(id=changed), attr="setdefault" | "update") if changed == name:
                return True
            case ast.Name(id=changed, ctx=ast.Store()) if changed == name:
                return True
    return False


def _receiver(function: ast.stmt) -> str | None:
    """The first parameter of a method; None without one, and for a static method, which gets no object."""
    if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)) or not function.args.args:
        return None
    is_static = any(
        isinstance(decorator, ast.Name) and decorator.id == "staticmethod" for decorator in function.decorator_list
    )
    return None if is_static else function.args.args[0].arg


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda]:
    return (node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)))


def _is_set(node: ast.Attribute | ast.Name) -> bool:
    return not isinstance(node.ctx, ast.Load)


def _returns(function: ast.AST) -> bool:
    return any(isinstance(node, (ast.Return, ast.Yield, ast.YieldFrom, ast.Raise)) for node in ast.walk(function))


def _initializes(*nodes: ast.AST) -> bool:
    """Whether code calls `__init__` of a base class, or sets all attributes from another object."""
    names = ("__init__", "__dict__")
    return any(isinstance(part, ast.Attribute) and part.attr in names for node in nodes for part in ast.walk(node))


def _own_callee(node: ast.AST, receiver: str) -> str | None:
    """The attribute of the object that an expression calls: `fc` of `self.fc(x)`."""
    function = node.func if isinstance(node, ast.Call) else None
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and function.value.id == receiver:
        return function.attr
    return None


def _undefined(
    call: ast.AST, receiver: str, layers: Sequence[str], instance: Instance, tree: ast.AST
) -> Iterator[CodeViolation]:
    """Calls of attributes that the program never sets, by a name that is close to that of a layer."""
    known: set[str] | None = None
    for node in ast.walk(call):
        name = _own_callee(node, receiver)
        meant = None if name is None or name in instance.attributes or name in _KERAS else nearest(name, layers)
        if name is None or meant is None or not isinstance(node, ast.Call) or instance.cls is None:
            continue
        known = _set_names(tree) if known is None else known
        if name not in known and not known & {"setattr", "__dict__", "__getattr__", "__getattribute__"}:
            help = f"write {receiver}.{meant}, or create the layer in __init__"
            yield CodeViolation("unknown-name", f"{instance.cls.node.name} has no attribute {name}", node.func, help)


_KERAS = frozenset(
    "add_loss add_metric add_update add_variable add_weight build call compute_loss compute_mask compute_output_shape "
    "evaluate fit get_config get_layer inputs input layers loss losses metrics name output outputs predict summary "
    "stop_training test_step train_step weights".split()
)
"""The attributes of `keras.Model` that a class may use by a name close to that of its own layer."""


def _set_names(tree: ast.AST) -> set[str]:
    """The names of attributes that a program may set: assigned ones, definitions and strings."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and (not isinstance(node.ctx, ast.Load) or node.attr.startswith("__")):
            names.add(node.attr)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.Name):
            names.add(node.id)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names.add(node.value)
    return names
