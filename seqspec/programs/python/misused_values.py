"""Values and classes of models that Keras refuses where the program uses them."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Sequence

from seqspec.core.api.catalog import APPLICATIONS, CALL_ARGUMENTS, Composition
from seqspec.core.api.messages import counted, nearest
from seqspec.programs.keras_api.keras_names import MERGING, canonical, family_of, is_layer_name
from seqspec.programs.keras_api.operations import ATTENTION
from seqspec.programs.keras_api.signatures import layer_declaration
from seqspec.programs.python.interpreter import Interpreter
from seqspec.programs.values.abstract_values import (
    Argument,
    Array,
    BaseModelLayers,
    Call,
    Class,
    CodeViolation,
    Doubt,
    Environment,
    FunctionValue,
    InputPipeline,
    Instance,
    KerasCall,
    ModelValue,
    Ref,
    Unknown,
    UnknownLayer,
    element_nodes,
    known_items,
)
from seqspec.programs.values.generation import KerasGeneration
from seqspec.programs.values.tensors import SymbolicTensor, is_tensor


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


def note_misspelt_class(interpreter: Interpreter, call: Call) -> None:
    """Notes a call of a name that the program does not define, but for its case: `Mylayer(4)` of `MyLayer`."""
    name = call.node.func.id if isinstance(call.node.func, ast.Name) else ""
    if not name or hasattr(builtins, name) or call.env is None or call.env.holder(name) is not None:
        return
    same = [cls for cls in interpreter.classes if cls.node.name.lower() == name.lower()]
    if len(same) == 1 and same[0].keras_base() is not None and not _has_star_imports(interpreter.tree):
        message, help = f"{name} is not defined", f"write {same[0].node.name}"
        interpreter.notes.append(CodeViolation("unknown-name", message, call.node.func, help))


def _has_star_imports(tree: ast.Module) -> bool:
    """Whether names may come from a module of which it is not known what it exports."""
    imports = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
    return any(
        alias.name == "*" and not canonical(tuple((node.module or ".").split("."))).is_keras
        for node in imports
        for alias in node.names
    )


def note_uncalled_inputs(interpreter: Interpreter, function: KerasCall | ModelValue, call: Call) -> None:
    """Notes a layer or model that is passed to a layer or model instead of a tensor."""
    first = call.argument(0, "inputs")
    if first is None or (isinstance(function, KerasCall) and not _is_layer(function)):
        return
    name = function.ref.name if isinstance(function, KerasCall) else function.label or "the model"
    for value, node in _items(first):
        if isinstance(value, (ModelValue, UnknownLayer)) or (isinstance(value, KerasCall) and _is_layer(value)):
            code = Unknown(node).text
            kind = "model" if isinstance(value, ModelValue) else "layer"
            message = f"{name} is called on a {kind}, not on a tensor: {code}"
            help = f"pass its output: {code}.output" if kind == "layer" else f"pass {code}.output, or {code}(inputs)"
            interpreter.notes.append(CodeViolation("wrong-type", message, node, help))
            return


def note_without_inputs(interpreter: Interpreter, name: str, call: Call) -> None:
    """Notes a function such as `concatenate` that is called like the class of the layer."""
    help = f"write {MERGING[name]}() for a layer, or {name}([...]) with the tensors"
    message = f"{name}() is missing its tensors"
    interpreter.notes.append(CodeViolation("missing-argument", message, call.node, help))


def note_list_of_tensors(interpreter: Interpreter, name: str, call: Call) -> bool:
    """Notes `Concatenate([x, y])`, which creates the layer with a list, and does not call it."""
    first = call.argument(0) if name in MERGING.values() or name in ATTENTION else None
    if first is not None and isinstance(first.node, ast.List) and len(first.node.elts) > 1:
        message = f"{name} is created with a list of tensors, not called on it"
        help = f"write {Unknown(call.node.func).text}()({Unknown(first.node).text})"
        interpreter.notes.append(CodeViolation("wrong-type", message, call.node, help))
        return True
    return False


def note_attention_arguments(interpreter: Interpreter, ref: Ref, call: Call) -> None:
    """Notes an argument that an attention layer has in no version of Keras."""
    own = ATTENTION.get(ref.name, ())
    for argument in call.arguments if own else ():
        key = argument.key
        if isinstance(key, str) and key not in own and key not in _LAYER_ARGUMENTS:
            near = nearest(key, own)
            help = f"write {near}" if near is not None else None
            help = f"pass {key} where the layer is called" if key in CALL_ARGUMENTS else help
            message = f"unexpected argument {key} for {ref.name}"
            interpreter.notes.append(
                CodeViolation("unknown-argument", message, argument.keyword or argument.node, help)
            )


_LAYER_ARGUMENTS = (
    "activity_regularizer", "autocast", "batch_input_shape", "dtype", "dynamic", "input_shape", "name", "trainable",
    "weights",
)  # fmt: skip
"""The arguments of every layer, in any version of Keras."""

_STATES = {"LSTM": 2, "GRU": 1, "SimpleRNN": 1}
"""The number of states of a recurrent layer."""


def note_unpacked_states(interpreter: Interpreter, tensor: SymbolicTensor, targets: int) -> None:
    """Notes the output and states of a recurrent layer that are unpacked to another number of variables."""
    layer = tensor.source
    inner = layer.value("layer", 0) if isinstance(layer, KerasCall) and layer.ref.name == "Bidirectional" else layer
    if not isinstance(layer, KerasCall) or not isinstance(inner, KerasCall) or layer.open is not None:
        return
    states = _STATES.get(inner.ref.name)
    if states is None or inner.open is not None or inner.value("return_state") is not True:
        return
    if inner is not layer and layer.argument("merge_mode", 1) is not None and layer.value("merge_mode", 1) is None:
        return
    count = 1 + (states if inner is layer else 2 * states)
    if count != targets:
        message = f"{layer.ref.name} returns {counted(count, 'tensor')}, not {targets}"
        interpreter.notes.append(CodeViolation("wrong-type", message, tensor.node))


def note_model_arguments(interpreter: Interpreter, ref: Ref, call: Call) -> None:
    """Notes `Model(inputs=x, output_tensors=y)`, which has inputs and no outputs."""
    unknown = [argument for argument in call.arguments if argument.key not in _MODEL_ARGUMENTS]
    if call.open is None and call.argument("inputs") is not None and call.argument("outputs", 1) is None and unknown:
        node = unknown[0].keyword or unknown[0].node
        message = f"unexpected argument {unknown[0].key} for {ref.name}, which has no outputs"
        interpreter.notes.append(CodeViolation("unknown-argument", message, node, "write outputs=..."))


def note_method_of_class(interpreter: Interpreter, ref: Ref, call: Call) -> None:
    """Notes `model.add(layer)` after `model = Sequential`, the class and not a model."""
    first = call.argument(0)
    if ref.name != "add" or first is None or isinstance(first.value, ModelValue) or len(call.arguments) > 1:
        return
    if not any(note.kind == "class-call" for note in interpreter.notes):
        message = f"{Unknown(call.node.func).text} is called on the class Sequential, not on a model"
        help = "create the model with Sequential()"
        interpreter.notes.append(CodeViolation("wrong-type", message, call.node.func, help, kind="class-call"))


def note_method_of_sequential(interpreter: Interpreter, name: str, call: Call) -> None:
    """Notes `add` or `pop` of a functional model, or of a base model, which is one: only `Sequential` has them."""
    message = f"{Unknown(call.node.func).text}: only a Sequential model has the method {name}"
    model = Unknown(call.node.func.value).text if isinstance(call.node.func, ast.Attribute) else "model"
    help = f"call the next layer on {model}.output, and create a Model, or add {model} to a Sequential model"
    help = help if name == "add" else f"write keras.Model({model}.input, {model}.layers[-2].output)"
    interpreter.notes.append(CodeViolation("unknown-name", message, call.node.func, help))


def change_layers(interpreter: Interpreter, model: ModelValue, node: ast.AST) -> None:
    """Records that a program changes the list of layers of a model, which Keras 2 and 3 return as a copy."""
    note_changed_layers(interpreter, model, node)
    if interpreter.generation != KerasGeneration.KERAS_1:
        return
    text = f"the effect of changing the list of layers depends on the version of Keras: {Unknown(node).text}"
    interpreter.doubt(model, Doubt("changed-layers", node, text))


def note_changed_layers(interpreter: Interpreter, owner: ModelValue | BaseModelLayers, node: ast.AST) -> None:
    """Notes a statement such as `model.layers.pop()`, unless the program also sets the outputs of the model by hand."""
    holder = node.func.value if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else node
    holder = holder.value if isinstance(holder, ast.Subscript) else holder
    if not isinstance(holder, ast.Attribute) or holder.attr != "layers":
        return
    nodes = list(ast.walk(interpreter.tree_of(node)))
    is_statement = any(isinstance(statement, ast.Expr) and statement.value is node for statement in nodes)
    if isinstance(node, ast.Call) and not is_statement:
        return
    attributes = (
        attribute
        for attribute in nodes
        if isinstance(attribute, ast.Attribute) and not isinstance(attribute.ctx, ast.Load)
    )
    if any(attribute.attr in _REWIRING for attribute in attributes):
        return
    model, code = Unknown(holder.value).text, Unknown(node).text
    change = code if isinstance(node, ast.Call) else f"a change of {code}"
    message = f"{model}.layers is a copy of the list: {change} does not change the model"
    is_sequential = isinstance(owner, ModelValue) and owner.kind == "sequential"
    if is_sequential and isinstance(node, ast.Call):
        method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        help = f"write {model}.{'pop' if method in ('pop', 'remove') else 'add'}(...)".replace("pop(...)", "pop()")
    elif is_sequential:
        help = f"create another model: keras.Sequential({model}.layers[:-1])"
    else:
        help = f"create another model: keras.Model({model}.input, {model}.layers[-2].output)"
    interpreter.notes.append(CodeViolation("layers-of-copy", message, node, help))


_REWIRING = ("outputs", "output", "_layers", "inbound_nodes", "outbound_nodes", "_inbound_nodes", "_outbound_nodes")
"""Attributes with which programs for older versions change a model by hand."""


def note_input_arguments(interpreter: Interpreter, ref: Ref, call: Call) -> None:
    """Notes an argument that `Input` has in no version of Keras."""
    for argument in call.arguments:
        if isinstance(argument.key, str) and argument.key not in _INPUT_ARGUMENTS:
            near = nearest(argument.key, _INPUT_ARGUMENTS)
            help = f"write {near}" if near is not None else "write shape=..., without the batch size"
            message = f"unexpected argument {argument.key} for {ref.name}"
            interpreter.notes.append(
                CodeViolation("unknown-argument", message, argument.keyword or argument.node, help)
            )


def note_fitted_on_rest(interpreter: Interpreter, before: Argument | None, value: object, call: Call) -> None:
    """Notes a transformer that is fitted again on the samples that were split off those of its first `fit`."""
    first = None if before is None else before.value
    if before is None or not isinstance(first, Array) or not isinstance(value, Array) or before.node is call.node:
        return
    if first.is_part and not first.is_rest and value.is_rest and not _wholes(first).isdisjoint(_wholes(value)):
        name = Unknown(call.node.func.value).text if isinstance(call.node.func, ast.Attribute) else "the transformer"
        message = (
            f"{name} is fitted again on held-out samples, which it transforms in another way than the training data"
        )
        help = f"write {name}.transform(...)"
        interpreter.notes.append(CodeViolation("fitted-on-test", message, call.node, help))


def note_shuffled_labels(interpreter: Interpreter, data: InputPipeline, name: str, node: ast.AST) -> None:
    """Notes a generator whose labels are compared with predictions in another order."""
    if data.is_shuffled and data.is_predicted and name in ("classes", "labels"):
        message = f"the predictions are in a random order, and {Unknown(node).text} in that of the files"
        place = data.node or node
        interpreter.notes.append(CodeViolation("shuffled-predictions", message, place, "pass shuffle=False"))


def note_unused_result(interpreter: Interpreter, node: ast.Call, result: object, env: Environment) -> None:
    """Notes a statement such as `data.batch(32)`, whose result is discarded, and which changes nothing."""
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    holder = function.value if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) else None
    receiver = None if holder is None else interpreter.evaluate(holder, env)
    original: ast.expr | None = None
    first = node.args[0] if node.args else None
    if isinstance(receiver, InputPipeline) and name in _OF_DATASETS:
        original = holder
    elif name in _OF_ARRAYS and isinstance(receiver, (Array, Unknown)) and (node.args or node.keywords):
        original = holder
    elif isinstance(receiver, Ref) and receiver.path == ("numpy",) and name in _OF_NUMPY:
        # `np.concatenate` writes to an array that it gets.
        original = None if any(keyword.arg == "out" for keyword in node.keywords) else first
    elif name == "to_categorical" and isinstance(result, (Array, Unknown)):
        original = first
    elif isinstance(function, ast.Call) and isinstance(result, SymbolicTensor) and isinstance(result.source, KerasCall):
        name, original = result.source.ref.name, first
    if original is not None:
        message = f"the result of {name} is discarded, and nothing else changes"
        is_variable = isinstance(original, (ast.Name, ast.Attribute))
        help = f"write {Unknown(original).text} = {Unknown(node).text}" if is_variable else "assign it to a variable"
        interpreter.notes.append(CodeViolation("unused-result", message, node, help))


_OF_DATASETS = frozenset(
    "batch cache filter map padded_batch prefetch repeat shuffle skip take unbatch with_options".split()
)
_OF_ARRAYS = ("astype", "reshape")
_OF_NUMPY = ("concatenate", "expand_dims", "reshape", "squeeze", "transpose")
"""Methods and functions that return something new, and leave their argument as it is."""


def _wholes(part: Array) -> set[int]:
    """The arrays that a part was split off, by identity."""
    ids: set[int] = set()
    whole = part.whole
    while whole is not None and id(whole) not in ids:
        ids.add(id(whole))
        whole = whole.whole
    return ids


_INPUT_ARGUMENTS = (
    "shape", "batch_size", "dtype", "name", "sparse", "ragged", "batch_shape", "tensor", "optional", "type_spec",
    "input_tensor", "input_shape", "batch_input_shape", "input_dtype",
)  # fmt: skip
"""The arguments of `Input` and `InputLayer` in any version of Keras."""

_MODEL_ARGUMENTS = ("inputs", "name", "trainable", "dtype", "output")


def _is_layer(value: KerasCall) -> bool:
    """Whether it is a layer or base model, and not `Input`."""
    family = family_of(value.ref)
    return value.ref.name in APPLICATIONS or (
        family == "layers" and is_layer_name(value.ref.name) and not is_tensor(value)
    )


def _items(argument: Argument) -> Iterator[tuple[object, ast.AST]]:
    items = known_items(argument.value)
    if isinstance(items, tuple):
        yield from zip(items, element_nodes(argument.node, len(items)))
    else:
        yield argument.value, argument.node
