"""Functions and classes of the file: their calls, and those that the file itself does not call."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import NamedTuple

from seqspec.programs.graphs.functional_models import MODEL_INPUTS, MODEL_OUTPUTS, trains_itself
from seqspec.programs.python.interpreter import Interpreter
from seqspec.programs.python.journal import merge_branches
from seqspec.programs.python.misused_values import base_call_mistakes, class_mistakes, created_layers
from seqspec.programs.values.abstract_values import (
    MISSING,
    Argument,
    Class,
    Dict,
    Doubt,
    Environment,
    Frame,
    FunctionValue,
    Generator,
    Instance,
    List,
    ModelState,
    ModelValue,
    Unknown,
)
from seqspec.programs.values.generation import KerasGeneration
from seqspec.programs.values.tensors import SymbolicTensor, has_tensor

MAX_DEPTH = 25
"""Maximum depth of nested calls of functions of the file."""


class _Additions(NamedTuple):
    """The functions that add layers to a model, by name."""

    model: ModelValue
    functions: list[str]


def call_uncalled(interpreter: Interpreter) -> None:
    """Follows the functions and methods that the file does not call."""
    done = 0
    adding: dict[int, _Additions] = {}
    policy = interpreter.policy
    while done < len(interpreter.functions) + len(interpreter.classes):
        done = len(interpreter.functions) + len(interpreter.classes)
        for cls in list(interpreter.classes):
            _call_methods(interpreter, cls)
            interpreter.policy = policy
        for function in list(interpreter.functions):
            if not function.called and function.owner is None:
                _enter(interpreter, function, [], adding)
                interpreter.policy = policy
    _doubt_additions(interpreter, adding)


def _call_methods(interpreter: Interpreter, cls: Class) -> None:
    methods = [value for value in cls.attributes.values() if isinstance(value, FunctionValue) and not value.called]
    if cls.first is not None and not methods:
        return
    # The program determines what is added to the models of an object that it creates itself.
    adding: dict[int, _Additions] | None = {} if cls.first is None else None
    instance = cls.first or create_instance(interpreter, cls, [], cls.node)
    excluded = _excluded(cls)
    for method in methods:
        if not method.called:
            before = len(interpreter.tensors)
            this = _with_any_values(instance) if method.name in excluded else instance
            receiver = [] if method.kind == "static" else [Argument(0, this, method.node)]
            _enter(interpreter, method, receiver, adding)
            if method.name == "call" and _is_layer_class(cls):
                interpreter.notes += created_layers(interpreter.tensors[before:], method.node)
    _doubt_additions(interpreter, adding or {})


def _is_layer_class(cls: Class) -> bool:
    base = cls.keras_base()
    return base is not None and base.name == "Layer"


def _excluded(cls: Class) -> set[str]:
    """The names that followed methods call on their object: conditions on it exclude those that are not followed."""
    methods = [
        attribute for attribute in cls.attributes.values() if isinstance(attribute, FunctionValue) and attribute.called
    ]
    calls = (node.func for method in methods for node in ast.walk(method.node) if isinstance(node, ast.Call))
    return {call.attr for call in calls if isinstance(call, ast.Attribute) and isinstance(call.value, ast.Name)}


def _with_any_values(instance: Instance) -> Instance:
    """An object of the same class, whose numbers, strings, tuples and lists are unknown."""
    attributes = {
        name: Unknown(text=f"self.{name}") if isinstance(value, (bool, int, float, str, tuple, List)) else value
        for name, value in instance.attributes.items()
    }
    return Instance(instance.cls, attributes)


def _enter(
    interpreter: Interpreter, function: FunctionValue, arguments: list[Argument], adding: dict[int, _Additions] | None
) -> None:
    """Follows a function that the file does not call, and records to which earlier models it adds layers.

    Without `adding`, these models are left as they are.
    """
    before = [(model, model.states) for model in interpreter.models]
    call_function(interpreter, function, [*arguments, *_unknown_shapes(function)], function.node)
    for model, states in before:
        if {state.layers for state in model.states} == {state.layers for state in states}:
            continue
        if adding is None:
            interpreter.journal.set_attribute(model, "states", states)
        else:
            adding.setdefault(id(model), _Additions(model, [])).functions.append(function.name)


def _unknown_shapes(function: FunctionValue) -> list[Argument]:
    """The shapes that default to None: callers pass them, since base models and layers need them."""
    parameters = function.node.args
    names = [argument.arg for argument in (*parameters.posonlyargs, *parameters.args)]
    return [
        Argument(name, Unknown(text=name), function.node)
        for name, default in zip(reversed(names), reversed(function.defaults))
        if default is None and name.endswith("shape")
    ]


def _doubt_additions(interpreter: Interpreter, adding: Mapping[int, _Additions]) -> None:
    """Marks models to which several functions that the file does not call add layers: any of them may be called."""
    for model, functions in adding.values():
        if len(functions) > 1:
            names = ", ".join(functions[:5]) + (", …" if len(functions) > 5 else "")
            text = f"the layers depend on which of these functions is called: {names}"
            interpreter.doubt(model, Doubt("unknown-functions", model.node, text))


def create_instance(
    interpreter: Interpreter, cls: Class, arguments: list[Argument], node: ast.AST, open: str | None = None
) -> Instance:
    """A new object of a class of the file; `open` is the unpacked argument with unknown contents, if any."""
    instance = Instance(cls)
    if cls.first is None:
        cls.first = instance
        interpreter.notes += base_call_mistakes(cls, interpreter.generation == KerasGeneration.KERAS_3)
    base, init = cls.keras_base(), cls.find("__init__")
    if base is not None and base.name in ("Sequential", "Model", "Functional"):
        model = ModelValue(node, base)
        model.kind = "sequential" if base.name == "Sequential" else "subclass"
        model.trains_itself = trains_itself(cls)
        model.add_name(cls.node.name, f"{cls.node.name}()")
        instance.attributes["__model__"] = model
        inputs, outputs = (
            next((a.value for a in arguments if a.key in keys), None) for keys in (MODEL_INPUTS, MODEL_OUTPUTS)
        )
        if model.kind == "sequential":
            interpreter.begin_model(model, ModelState())
        elif not isinstance(init, FunctionValue) and outputs is not None:
            interpreter.begin_functional(model, "functional", inputs, outputs)
    if isinstance(init, FunctionValue):
        others = [argument.shift(1) for argument in arguments]
        call_function(interpreter, init, [Argument(0, instance, node), *others], node, open)
    elif base is None:
        instance.attributes.update(_field_values(cls, arguments, open))
    created = instance.attributes.get("__model__")
    if isinstance(created, ModelValue) and created.kind == "subclass":
        if not created.trains_itself:
            created.mistakes = tuple(class_mistakes(instance, interpreter.tree_of(cls.node)))
        _follow_call(interpreter, instance, created)
    return instance


def _field_values(cls: Class, arguments: list[Argument], open: str | None) -> dict[str, object]:
    """The fields that a call of a class without `__init__` sets, such as a data class."""
    fields = _fields(cls)
    values: dict[str, object] = {name: Unknown(text=name) for name in fields} if open is not None else {}
    for argument in arguments:
        key = argument.key
        name = key if isinstance(key, str) else fields[key] if key < len(fields) else None
        if name in fields:
            values[name] = argument.value
    return values


def _fields(cls: Class, depth: int = 0) -> list[str]:
    """The annotated names in the bodies of a class and, before them, of its bases."""
    bases = [base for base in cls.bases if isinstance(base, Class) and depth < MAX_DEPTH]
    names = [name for base in bases for name in _fields(base, depth + 1)]
    own = [statement.target for statement in cls.node.body if isinstance(statement, ast.AnnAssign)]
    return list(dict.fromkeys([*names, *(target.id for target in own if isinstance(target, ast.Name))]))


def _follow_call(interpreter: Interpreter, instance: Instance, model: ModelValue) -> None:
    """Reads an object of a class of models by following its `call` with a symbolic tensor."""
    method = instance.cls.find("call") if instance.cls is not None else None
    start = result = None
    if isinstance(method, FunctionValue) and len(method.node.args.args) > 1 and len(interpreter.stack) < MAX_DEPTH:
        parameter = method.node.args.args[1]
        start = SymbolicTensor(None, (), parameter)
        before = len(interpreter.tensors)
        result = call_function(
            interpreter, method, [Argument(0, instance, model.node), Argument(1, start, parameter)], model.node
        )
        if not model.trains_itself:
            model.mistakes = (*model.mistakes, *created_layers(interpreter.tensors[before:], method.node))
    if model.mistakes or (has_tensor(result) and result is not start):
        interpreter.begin_functional(model, "subclass", start, result)
    else:
        del instance.attributes["__model__"]


def define_function(
    interpreter: Interpreter, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, env: Environment
) -> FunctionValue:
    """A function that the file defines."""
    defaults = [interpreter.evaluate(default, env) for default in node.args.defaults]
    keyword_defaults = [None if d is None else interpreter.evaluate(d, env) for d in node.args.kw_defaults]
    instance = FunctionValue(node, env, defaults, keyword_defaults)
    if not isinstance(node, ast.Lambda):
        interpreter.functions.append(instance)
    return instance


def call_function(
    interpreter: Interpreter, function: FunctionValue, arguments: list[Argument], node: ast.AST, open: str | None = None
) -> object:
    """The return value of a function of the file; `open` is the unpacked argument with unknown contents, if any."""
    function.called = True
    if len(interpreter.stack) >= MAX_DEPTH or interpreter.stack.count(function) >= 3:
        return Unknown(node)
    env = Environment(function.env)
    _bind(interpreter, function, arguments, env, open)
    frame = Frame(env)
    interpreter.stack.append(function)
    try:
        if isinstance(function.node, ast.Lambda):
            return interpreter.evaluate(function.node.body, env)
        interpreter.block(function.node.body, frame)
    finally:
        interpreter.stack.pop()
    for model, states in frame.returned_states:
        interpreter.journal.set_attribute(model, "states", merge_branches(model.states, states, "states"))
    if id(env) in interpreter.generators:
        interpreter.generators.discard(id(env))
        return Generator(node, function.node)
    if not frame.returned:
        return None
    for value in frame.returned:
        interpreter.label(value, function.name, f"{function.name}()")
    return interpreter.either(frame.returned, node)


def _bind(
    interpreter: Interpreter, function: FunctionValue, arguments: list[Argument], env: Environment, open: str | None
) -> None:
    parameters = function.node.args
    names = [a.arg for a in (*parameters.posonlyargs, *parameters.args)]
    known = {*names, *(a.arg for a in parameters.kwonlyargs)}
    values: dict[str, object] = {}
    extra: list[object] = []
    extra_keywords: dict[object, object] = {}
    for argument in arguments:
        if isinstance(argument.key, int):
            if argument.key < len(names):
                values[names[argument.key]] = argument.value
            else:
                extra.append(argument.value)
        elif argument.key in known:
            values[argument.key] = argument.value
        else:
            extra_keywords[argument.key] = argument.value
    if open is None:
        for name, default in zip(reversed(names), reversed(function.defaults)):
            values.setdefault(name, default)
        for parameter, default in zip(parameters.kwonlyargs, function.keyword_defaults):
            values.setdefault(parameter.arg, default)
    for name in known:
        value = values.get(name, MISSING)
        env.variables[name] = Unknown(text=name) if value is MISSING else value
    if parameters.vararg is not None:
        env.variables[parameters.vararg.arg] = tuple(extra)
    if parameters.kwarg is not None:
        keywords = Dict(extra_keywords)
        keywords.unknown = None if open is None else Unknown(text=open)
        env.variables[parameters.kwarg.arg] = keywords
