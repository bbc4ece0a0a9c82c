"""Interprets the statements of a program abstractly, within bounds and without running any of it.

Both ways of a branch on an unknown condition are followed. A loop over something unknown is followed once, and a model
outside of the loop to which it adds layers is doubtful.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from seqspec.programs import calls, operators
from seqspec.programs.expressions import evaluate, iterate
from seqspec.programs.generation import Generation, generation_of
from seqspec.programs.journal import CHANGING, Change, Journal, joined, lose
from seqspec.programs.names import canonical
from seqspec.programs.values import (
    MISSING,
    Argument,
    Class,
    Data,
    Dict,
    Doubt,
    Either,
    Environment,
    Function,
    Instance,
    KerasCall,
    Layers,
    List,
    Model,
    ModelLayers,
    Ref,
    State,
    Unknown,
    is_integer,
)

MAX_STEPS = 100_000
"""Maximum number of expressions and statements that are evaluated in one file."""

MAX_DEPTH = 25
"""Maximum depth of nested calls of functions of the file."""

MAX_ROUNDS = 128
"""Maximum number of iterations of a loop that are followed; no program adds more layers in a loop."""

MAX_NESTED_ROUNDS = 600
"""Maximum number of iterations of nested loops; training loops add nothing new after a few iterations."""

MAX_MODELS = 300


"""Methods that change a list or dict."""


class Exhausted(Exception):
    """The file needs more steps than `MAX_STEPS`."""


class Frame:
    """A call of a function, or the module."""

    def __init__(self, env: Environment) -> None:
        self.env = env
        self.returned: list[object] = []
        self.set_aside: list[tuple[Model, tuple[State, ...]]] = []
        self.left_early = False
        """Whether a `break` or `continue` was reached under an unknown condition."""


Signal = str | None
"""What ends a block: `"return"`, `"break"`, `"continue"`, `"raise"`; None where it runs to its end."""

Changes = list[Change]


class _Additions(NamedTuple):
    """The functions that add layers to a model, by name."""

    model: Model
    functions: list[str]


class Interpreter:
    """Follows one program.

    Attributes:
        models: Every `Sequential` that was met.
        flags: The flags of `absl` and TensorFlow 1 that the file defines, with their defaults.
        generation: The newest generation of Keras that has the names in the program.
        data_format: `"channels_first"` where the program sets it.
        exhausted: Whether the bounds were reached, so that models may be missing.
    """

    def __init__(self) -> None:
        self.journal = Journal()
        self.models: list[Model] = []
        self.flags: dict[str, object] = {}
        self.data_format: str | None = None
        self.policy: Argument | None = None
        self.exhausted = False
        self.generators: set[int] = set()
        self.generation = Generation.KERAS_3
        self.sources: set[str] = set()
        """The packages from which Keras is imported."""
        self.operations = 0
        """The nesting of the arithmetic operation that is evaluated."""
        self.loops = 0
        """The number of loops around the statement that is followed, in its function and in those that call it."""
        self._steps = 0
        self._loops = 0
        self._rounds = 0
        self._stack: list[Function] = []
        self._functions: list[Function] = []
        self._classes: list[Class] = []

    def run(self, tree: ast.Module) -> None:
        """Follows a module, and then the functions and methods that it does not call."""
        self.generation = generation_of(tree)
        env = Environment()
        frame = Frame(env)
        try:
            self.block(tree.body, frame)
            self._enter_uncalled()
        except (Exhausted, RecursionError):
            self.exhausted = True

    def step(self, node: ast.AST) -> None:
        """Counts a step; raises `Exhausted` if there are too many."""
        self._steps += 1
        if self._steps > MAX_STEPS or len(self.models) > MAX_MODELS:
            raise Exhausted

    def call(
        self, function: object, arguments: list[Argument], open_: str | None, node: ast.Call, env: Environment
    ) -> object:
        """The value of a call."""
        return calls.call(self, function, arguments, open_, node, env)

    def _enter_uncalled(self) -> None:
        done = 0
        adding: dict[int, _Additions] = {}
        while done < len(self._functions) + len(self._classes):
            done = len(self._functions) + len(self._classes)
            for cls in list(self._classes):
                self._enter_class(cls)
            for function in list(self._functions):
                if not function.called and function.owner is None:
                    self._enter(function, [], adding)
        self._doubt_additions(adding)

    def _enter_class(self, cls: Class) -> None:
        methods = [value for value in cls.attributes.values() if isinstance(value, Function) and not value.called]
        if cls.first is not None and not methods:
            return
        # The program determines what is added to the models of an object that it creates itself.
        adding: dict[int, _Additions] | None = {} if cls.first is None else None
        instance = cls.first or self.instance(cls, [], cls.node)
        for method in methods:
            if not method.called:
                receiver = [] if method.kind == "static" else [Argument(0, instance, method.node)]
                self._enter(method, receiver, adding)
        self._doubt_additions(adding or {})

    def _enter(self, function: Function, arguments: list[Argument], adding: dict[int, _Additions] | None) -> None:
        """Follows a function that the file does not call, and records to which earlier models it adds layers.

        Without `adding`, these models are left as they are.
        """
        before = [(model, model.states) for model in self.models]
        self.call_function(function, arguments, function.node)
        for model, states in before:
            if {state.layers for state in model.states} == {state.layers for state in states}:
                continue
            if adding is None:
                self.journal.set_attribute(model, "states", states)
            else:
                adding.setdefault(id(model), _Additions(model, [])).functions.append(function.name)

    def _doubt_additions(self, adding: Mapping[int, _Additions]) -> None:
        """Marks models to which several functions that the file does not call add layers: any of them may be called."""
        for model, functions in adding.values():
            if len(functions) > 1:
                names = ", ".join(functions[:5]) + (", …" if len(functions) > 5 else "")
                text = f"the layers depend on which of these functions is called: {names}"
                doubt = Doubt("unknown-functions", model.node, text)
                states = tuple(state.copy(doubts=(*state.doubts, doubt)) for state in model.states)
                self.journal.set_attribute(model, "states", states)

    def instance(self, cls: Class, arguments: list[Argument], node: ast.AST) -> Instance:
        """A new object of a class of the file."""
        made = Instance(cls)
        if cls.first is None:
            cls.first = made
        base = cls.keras_base()
        if base is not None and base.name == "Sequential":
            model = Model(node, base)
            model.known_as(cls.node.name, f"{cls.node.name}()")
            self.begin_model(model, State())
            made.attributes["__model__"] = model
        init = cls.find("__init__")
        if isinstance(init, Function):
            moved = [
                Argument(a.key + 1 if isinstance(a.key, int) else a.key, a.value, a.node, a.keyword) for a in arguments
            ]
            self.call_function(init, [Argument(0, made, node), *moved], node)
        return made

    def begin_model(self, model: Model, *states: State) -> None:
        """Registers a new model; inside a branch, it only exists in that branch."""
        model.loops = self.loops
        self.models.append(model)
        self.journal.set_attribute(model, "states", states)

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, env: Environment) -> Function:
        """A function that the file defines."""
        defaults = [evaluate(self, default, env) for default in node.args.defaults]
        keyword_defaults = [None if d is None else evaluate(self, d, env) for d in node.args.kw_defaults]
        made = Function(node, env, defaults, keyword_defaults)
        if not isinstance(node, ast.Lambda):
            self._functions.append(made)
        return made

    def call_function(self, function: Function, arguments: list[Argument], node: ast.AST) -> object:
        """The return value of a function of the file."""
        function.called = True
        if len(self._stack) >= MAX_DEPTH or self._stack.count(function) >= 3:
            return Unknown(node)
        env = Environment(function.env)
        self._bind(function, arguments, env)
        if isinstance(function.node, ast.Lambda):
            self._stack.append(function)
            try:
                return evaluate(self, function.node.body, env)
            finally:
                self._stack.pop()
        frame = Frame(env)
        self._stack.append(function)
        try:
            self.block(function.node.body, frame)
        finally:
            self._stack.pop()
        for model, states in frame.set_aside:
            self.journal.set_attribute(model, "states", joined(model.states, states, "states"))
        if id(env) in self.generators:
            self.generators.discard(id(env))
            return Unknown(node)
        if not frame.returned:
            return None
        for value in frame.returned:
            self._label(value, function.name, f"{function.name}()")
        return self.either(frame.returned, node)

    def _bind(self, function: Function, arguments: list[Argument], env: Environment) -> None:
        parameters = function.node.args
        names = [a.arg for a in (*parameters.posonlyargs, *parameters.args)]
        known = {*names, *(a.arg for a in parameters.kwonlyargs)}
        given: dict[str, object] = {}
        rest: list[object] = []
        others: dict[object, object] = {}
        for argument in arguments:
            if isinstance(argument.key, int):
                if argument.key < len(names):
                    given[names[argument.key]] = argument.value
                else:
                    rest.append(argument.value)
            elif argument.key in known:
                given[argument.key] = argument.value
            else:
                others[argument.key] = argument.value
        for name, default in zip(reversed(names), reversed(function.defaults)):
            given.setdefault(name, default)
        for parameter, default in zip(parameters.kwonlyargs, function.keyword_defaults):
            given.setdefault(parameter.arg, default)
        for name in known:
            env.variables[name] = given.get(name, MISSING)
            if env.variables[name] is MISSING:
                env.variables[name] = Unknown(text=name)
        if parameters.vararg is not None:
            env.variables[parameters.vararg.arg] = tuple(rest)
        if parameters.kwarg is not None:
            env.variables[parameters.kwarg.arg] = Dict(others)

    def either(self, values: Sequence[object], node: ast.AST) -> object:
        """The abstract value of something that is one of several values."""
        found = values[0]
        text = Unknown(node).text if len(values) > 1 else ""
        for value in values[1:]:
            found = joined(found, value, text)
        return found

    def _label(self, value: object, name: str, expression: str | None = None) -> None:
        for model in value.values if isinstance(value, Either) else (value,):
            if isinstance(model, Model):
                model.known_as(name, expression)

    # Statements.

    def block(self, body: Sequence[ast.stmt], frame: Frame) -> Signal:
        """Follows statements one after another."""
        for statement in body:
            self.step(statement)
            handler = _STATEMENTS.get(type(statement))
            if handler is not None:
                signal = handler(self, statement, frame)
                if signal is not None:
                    return signal
        return None

    def _expression(self, node: ast.Expr, frame: Frame) -> Signal:
        evaluate(self, node.value, frame.env)
        return None

    def _assign(self, node: ast.Assign, frame: Frame) -> Signal:
        value = evaluate(self, node.value, frame.env)
        for target in node.targets:
            self.assign(target, value, frame.env, node.value)
        return None

    def _annotated(self, node: ast.AnnAssign, frame: Frame) -> Signal:
        if node.value is not None:
            self.assign(node.target, evaluate(self, node.value, frame.env), frame.env, node.value)
        return None

    def assign(self, target: ast.expr, value: object, env: Environment, source: ast.expr | None = None) -> None:
        """Assigns a value to a target."""
        if isinstance(target, ast.Name):
            self._set_name(target.id, value, env)
        elif isinstance(target, (ast.Tuple, ast.List)):
            self._unpack(target.elts, value, env, source)
        elif isinstance(target, ast.Attribute):
            self._set_attribute(target, value, env, source)
        elif isinstance(target, ast.Subscript):
            self._set_item(target, value, env)
        elif isinstance(target, ast.Starred):
            self.assign(target.value, value, env)

    def _set_name(self, name: str, value: object, env: Environment) -> None:
        self._label(value, name)
        variables = env.variables
        if name in env.globals_:
            variables = env.root().variables
        self.journal.set_item(variables, name, value)

    def _unpack(self, targets: list[ast.expr], value: object, env: Environment, source: ast.expr | None) -> None:
        items = iterate(self, value)
        if items is not None and len(items) == len(targets):
            nodes = (
                source.elts if isinstance(source, (ast.Tuple, ast.List)) and len(source.elts) == len(targets) else None
            )
            for index, target in enumerate(targets):
                self.assign(target, items[index], env, nodes[index] if nodes is not None else None)
            return
        for target in targets:
            self.assign(target, Unknown(target if not isinstance(target, ast.Starred) else target.value), env)

    def _set_attribute(self, target: ast.Attribute, value: object, env: Environment, source: ast.expr | None) -> None:
        holder = evaluate(self, target.value, env)
        if isinstance(holder, Instance):
            self._label(value, target.attr, Unknown(target).text)
            self.journal.set_item(holder.attributes, target.attr, value)
        elif isinstance(holder, Class):
            self.journal.set_item(holder.attributes, target.attr, value)
        elif isinstance(holder, KerasCall):
            self.journal.set_item(holder.attributes, target.attr, Argument(target.attr, value, source or target))
        elif isinstance(holder, Layers):
            value = Unknown(target) if holder.part else value
            self.journal.set_item(holder.owner.attributes, target.attr, Argument(target.attr, value, source or target))

    def _set_item(self, target: ast.Subscript, value: object, env: Environment) -> None:
        holder = evaluate(self, target.value, env)
        key = evaluate(self, target.slice, env) if not isinstance(target.slice, ast.Slice) else None
        if isinstance(holder, ModelLayers):
            self.doubt_layers(holder.owner, target)
        if isinstance(holder, Dict) and isinstance(key, (str, int, float)):
            self.journal.set_attribute(holder, "items", {**holder.items, key: value})
        elif isinstance(holder, List) and is_integer(key) and -len(holder.items) <= key < len(holder.items):
            items = list(holder.items)
            items[key] = value
            self.journal.set_attribute(holder, "items", tuple(items))
        elif isinstance(holder, Data) and isinstance(target.value, ast.Name):
            self._set_name(target.value.id, Data(holder.shape, holder.dtype, node=holder.node), env)
        else:
            lose(self.journal, holder, Unknown(target))

    def _delete(self, node: ast.Delete, frame: Frame) -> Signal:
        for target in node.targets:
            if not isinstance(target, ast.Subscript):
                continue
            holder = evaluate(self, target.value, frame.env)
            key = evaluate(self, target.slice, frame.env) if not isinstance(target.slice, ast.Slice) else None
            if isinstance(holder, ModelLayers):
                self.doubt_layers(holder.owner, target)
            if isinstance(holder, Dict) and isinstance(key, (str, int, float)):
                kept = {name: value for name, value in holder.items.items() if name != key}
                self.journal.set_attribute(holder, "items", kept)
            elif isinstance(holder, List) and is_integer(key) and -len(holder.items) <= key < len(holder.items):
                at = key % len(holder.items)
                self.journal.set_attribute(holder, "items", holder.items[:at] + holder.items[at + 1 :])
            else:
                lose(self.journal, holder, Unknown(target))
        return None

    def doubt_layers(self, model: Model, node: ast.AST) -> None:
        """Records that a program changes the list of layers of a model, which not every version of Keras follows."""
        text = f"the effect of changing the list of layers depends on the version of Keras: {Unknown(node).text}"
        doubt = Doubt("changed-layers", node, text)
        states = tuple(state.copy(doubts=(*state.doubts, doubt)) for state in model.states)
        self.journal.set_attribute(model, "states", states)

    def _augmented(self, node: ast.AugAssign, frame: Frame) -> Signal:
        before = evaluate(self, node.target, frame.env)
        value = evaluate(self, node.value, frame.env)
        if isinstance(before, List) and isinstance(node.op, ast.Add):
            items = iterate(self, value)
            if items is None:
                lose(self.journal, before, Unknown(node.value))
            else:
                self.journal.set_attribute(before, "items", (*before.items, *items))
            return None
        self.assign(node.target, operators.binary(node.op, before, value, node.target), frame.env)
        return None

    def _if(self, node: ast.If, frame: Frame) -> Signal:
        known = operators.truth(evaluate(self, node.test, frame.env))
        if known is not None:
            return self.block(node.body if known else node.orelse, frame)
        return self._branch(frame, lambda: self.block(node.body, frame), lambda: self.block(node.orelse, frame))

    def _branch(self, frame: Frame, first: Callable[[], Signal], second: Callable[[], Signal]) -> Signal:
        """Follows both ways of a branch and continues with the joined state."""
        outcomes: list[tuple[Signal, Changes]] = []
        for way in (first, second):
            self.journal.begin()
            signal: Signal = None
            try:
                signal = way()
            finally:
                outcomes.append((signal, self.journal.undo()))
        (one, first_changes), (other, second_changes) = outcomes
        if one == other:
            self.journal.join(first_changes, second_changes)
            return one
        if "raise" in (one, other):
            kept, signal = (second_changes, other) if one == "raise" else (first_changes, one)
            self._replay(kept)
            return signal
        # One way leaves the block, the other one continues.
        ended, signal, going, rest = (
            (first_changes, one, second_changes, other)
            if one is not None and other is None
            else (second_changes, other, first_changes, one)
        )
        if signal == "return":
            ended = self._put_aside(ended, frame)
            self.journal.join(ended, going)
            return rest
        frame.left_early = True
        self.journal.join(ended, going)
        return rest

    def _put_aside(self, changes: Changes, frame: Frame) -> Changes:
        """Keeps the models of a path that returned until the end of the function; returns its other changes."""
        left: Changes = []
        for holder, key, before, after in changes:
            if isinstance(holder, Model) and key == "states" and isinstance(after, tuple):
                frame.set_aside.append((holder, after))
            elif holder is not frame.env.variables:
                left.append(Change(holder, key, before, after))
        return left

    def _replay(self, changes: Changes) -> None:
        for holder, key, _, after in changes:
            self.journal.write(holder, key, after)

    def _for(self, node: ast.For | ast.AsyncFor, frame: Frame) -> Signal:
        value = evaluate(self, node.iter, frame.env)
        if isinstance(value, Layers):
            self.assign(node.target, value, frame.env)
            self.block(node.body, frame)
            return None
        items = iterate(self, value)
        if items is None or len(items) > MAX_ROUNDS:
            return self._unknown_loop(node, frame, lambda: self._bind_unknown(node.target, node.iter, value, frame))

        def rounds() -> Signal:
            for item in items:
                self._rounds += 1
                if self._rounds > MAX_NESTED_ROUNDS:
                    frame.left_early = True
                    return None
                self.assign(node.target, item, frame.env)
                signal = self.block(node.body, frame)
                if signal == "break":
                    return None
                if signal not in (None, "continue"):
                    return signal
            return self.block(node.orelse, frame)

        return self._watched(node, frame, rounds)

    def _bind_unknown(self, target: ast.expr, source: ast.expr, value: object, frame: Frame) -> None:
        items: object = None
        if isinstance(target, (ast.Tuple, ast.List)) and isinstance(source, ast.Call):
            items = Unknown(source)
        self.assign(target, items if items is not None else Unknown(target), frame.env)

    def _while(self, node: ast.While, frame: Frame) -> Signal:
        def rounds() -> Signal:
            for _ in range(MAX_ROUNDS):
                known = operators.truth(evaluate(self, node.test, frame.env))
                if known is None:
                    return self._unknown_loop(node, frame, lambda: None)
                if not known:
                    return self.block(node.orelse, frame)
                signal = self.block(node.body, frame)
                if signal == "break":
                    return None
                if signal not in (None, "continue"):
                    return signal
            frame.left_early = True
            return None

        if operators.truth(evaluate(self, node.test, frame.env)) is True and isinstance(node.test, ast.Constant):
            return self._unknown_loop(node, frame, lambda: None)
        return self._watched(node, frame, rounds)

    def _watched(self, node: ast.stmt, frame: Frame, rounds: Callable[[], Signal]) -> Signal:
        """Follows a loop over known items; if it may end early under an unknown condition, its changes are unknown."""
        before, frame.left_early = frame.left_early, False
        models = len(self.models)
        if not self._loops:
            self._rounds = 0
        self._loops += 1
        self.loops += 1
        self.journal.begin()
        changes: Changes = []
        try:
            signal = rounds()
        finally:
            self._loops -= 1
            self.loops -= 1
            changes = self.journal.keep()
        if frame.left_early:
            self._forget(changes, node, models)
        frame.left_early = before
        return signal

    def _unknown_loop(self, node: ast.For | ast.AsyncFor | ast.While, frame: Frame, bind: Callable[[], None]) -> Signal:
        """Follows a loop once; variables that it changes are unknown afterwards."""
        before, frame.left_early = frame.left_early, False
        models = len(self.models)
        self.journal.begin()
        changes: Changes = []
        signal: Signal = None
        self.loops += 1
        try:
            self._forget_before(node, frame)
            bind()
            signal = self.block(node.body, frame)
        finally:
            self.loops -= 1
            changes = self.journal.keep()
        self._forget(changes, node, models)
        frame.left_early = before
        if signal == "return" and isinstance(node, ast.While) and isinstance(node.test, ast.Constant):
            return signal
        self.block(node.orelse, frame)
        return None

    def _forget_before(self, node: ast.stmt, frame: Frame) -> None:
        """Makes variables that the loop body changes unknown, since the one iteration followed may be any of them."""
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                value = frame.env.variables.get(inner.id, MISSING)
                if value is None or isinstance(value, (bool, int, float, str, tuple)):
                    self.journal.set_item(frame.env.variables, inner.id, Unknown(text=inner.id))
            elif isinstance(inner, ast.AugAssign) and isinstance(inner.target, ast.Name):
                lose(self.journal, frame.env.variables.get(inner.target.id), Unknown(inner.target))
            elif isinstance(inner, ast.Attribute) and isinstance(inner.value, ast.Name):
                self._forget_attribute(inner, frame)
            elif (
                isinstance(inner, ast.Subscript)
                and isinstance(inner.ctx, ast.Store)
                and isinstance(inner.value, ast.Name)
            ):
                lose(self.journal, frame.env.variables.get(inner.value.id), Unknown(inner.value))

    def _forget_attribute(self, node: ast.Attribute, frame: Frame) -> None:
        assert isinstance(node.value, ast.Name)
        holder = frame.env.variables.get(node.value.id)
        if isinstance(node.ctx, ast.Store) and isinstance(holder, Instance):
            value = holder.attributes.get(node.attr, MISSING)
            if value is None or isinstance(value, (bool, int, float, str, tuple)):
                self.journal.set_item(holder.attributes, node.attr, Unknown(node))
        elif node.attr in CHANGING:
            lose(self.journal, holder, Unknown(node.value))

    def _forget(self, changes: Changes, node: ast.stmt, models: int) -> None:
        made_inside = {id(model) for model in self.models[models:]}
        for holder, key, before, after in changes:
            if isinstance(holder, Model):
                if key == "states" and isinstance(before, tuple) and before and id(holder) not in made_inside:
                    self._doubt_changed(holder, before, node)
            elif key in ("items", "lost") and isinstance(holder, (List, Dict)):
                lose(self.journal, holder, Unknown(text="a value changed in a loop"))
            elif before is not MISSING and before is not after:
                self.journal.write(holder, key, joined(before, after, str(key)))

    def _doubt_changed(self, model: Model, before: tuple[State, ...], node: ast.stmt) -> None:
        known = {state.layers for state in before}
        states = tuple(
            state
            if state.layers in known
            else state.copy(doubts=(*state.doubts, Doubt("unknown-loop", node, _head(node))))
            for state in model.states
        )
        self.journal.set_attribute(model, "states", states)

    def _with(self, node: ast.With | ast.AsyncWith, frame: Frame) -> Signal:
        for item in node.items:
            evaluate(self, item.context_expr, frame.env)
            if item.optional_vars is not None:
                self.assign(item.optional_vars, Unknown(item.context_expr), frame.env)
        return self.block(node.body, frame)

    def _try(self, node: ast.Try, frame: Frame) -> Signal:
        signal = self.block(node.body, frame)
        if signal == "raise" and node.handlers:
            signal = self.block(node.handlers[0].body, frame)
        elif signal is None:
            signal = self.block(node.orelse, frame)
        return self.block(node.finalbody, frame) or signal

    def _match(self, node: ast.Match, frame: Frame) -> Signal:
        evaluate(self, node.subject, frame.env)

        def ways(index: int) -> Signal:
            if index >= len(node.cases):
                return None
            return self._branch(frame, lambda: self.block(node.cases[index].body, frame), lambda: ways(index + 1))

        return ways(0)

    def _return(self, node: ast.Return, frame: Frame) -> Signal:
        frame.returned.append(None if node.value is None else evaluate(self, node.value, frame.env))
        return "return"

    def _raise(self, node: ast.Raise, frame: Frame) -> Signal:
        return "raise"

    def _break(self, node: ast.Break, frame: Frame) -> Signal:
        return "break"

    def _continue(self, node: ast.Continue, frame: Frame) -> Signal:
        return "continue"

    def _global(self, node: ast.Global, frame: Frame) -> Signal:
        frame.env.globals_.update(node.names)
        return None

    def _define(self, node: ast.FunctionDef | ast.AsyncFunctionDef, frame: Frame) -> Signal:
        self._set_name(node.name, self.function(node, frame.env), frame.env)
        return None

    def _define_class(self, node: ast.ClassDef, frame: Frame) -> Signal:
        env = Environment(frame.env)
        inner = Frame(env)
        bases = [evaluate(self, base, frame.env) for base in node.bases]
        self.block(node.body, inner)
        made = Class(node, env.variables, bases)
        for value in env.variables.values():
            if isinstance(value, Function) and not isinstance(value.node, ast.Lambda):
                value.owner = made
                value.env = frame.env
                names = {d.id for d in value.node.decorator_list if isinstance(d, ast.Name)}
                kinds = (("staticmethod", "static"), ("classmethod", "class"), ("property", "property"))
                value.kind = next((kind for name, kind in kinds if name in names), "function")
        self._classes.append(made)
        self._set_name(node.name, made, frame.env)
        return None

    def _import(self, node: ast.Import, frame: Frame) -> Signal:
        for alias in node.names:
            path = tuple(alias.name.split("."))
            if alias.asname is None:
                path = path[:1]
            ref = canonical(path)
            self._note_source(canonical(tuple(alias.name.split("."))))
            self.journal.set_item(frame.env.variables, alias.asname or path[0], ref)
        return None

    def _import_from(self, node: ast.ImportFrom, frame: Frame) -> Signal:
        module = tuple((node.module or "").split(".")) if node.module else ()
        if node.level:
            module = ("." * node.level, *module)
        for alias in node.names:
            if alias.name == "*":
                ref = canonical(module)
                self._note_source(ref)
                frame.env.modules.append(ref)
                continue
            ref = canonical((*module, alias.name))
            self._note_source(ref)
            self.journal.set_item(frame.env.variables, alias.asname or alias.name, ref)
        return None

    def _note_source(self, ref: Ref) -> None:
        if ref.is_keras:
            self.sources.add(ref.source)


def _head(node: ast.stmt) -> str:
    """The head of a loop as the program writes it."""
    if isinstance(node, (ast.For, ast.AsyncFor)):
        return f"for {Unknown(node.target).text} in {Unknown(node.iter).text}"
    if isinstance(node, ast.While):
        return f"while {Unknown(node.test).text}"
    return "a loop"


_STATEMENTS: dict[type[ast.stmt], Callable[[Interpreter, Any, Frame], Signal]] = {
    ast.Delete: Interpreter._delete,
    ast.Expr: Interpreter._expression,
    ast.Assign: Interpreter._assign,
    ast.AnnAssign: Interpreter._annotated,
    ast.AugAssign: Interpreter._augmented,
    ast.If: Interpreter._if,
    ast.For: Interpreter._for,
    ast.AsyncFor: Interpreter._for,
    ast.While: Interpreter._while,
    ast.With: Interpreter._with,
    ast.AsyncWith: Interpreter._with,
    ast.Try: Interpreter._try,
    ast.Match: Interpreter._match,
    ast.Return: Interpreter._return,
    ast.Raise: Interpreter._raise,
    ast.Break: Interpreter._break,
    ast.Continue: Interpreter._continue,
    ast.Global: Interpreter._global,
    ast.FunctionDef: Interpreter._define,
    ast.AsyncFunctionDef: Interpreter._define,
    ast.ClassDef: Interpreter._define_class,
    ast.Import: Interpreter._import,
    ast.ImportFrom: Interpreter._import_from,
}
"""The handler of each statement; others, such as `pass`, do not affect a model."""
