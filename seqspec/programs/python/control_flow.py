"""Branches, loops and `try`: both ways of a branch on an unknown condition are followed, an unknown loop once."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from seqspec.programs.python.assignments import assign
from seqspec.programs.python.interpreter import Interpreter
from seqspec.programs.python.journal import MUTATING_METHODS, Change, forget_items, merge_branches
from seqspec.programs.values import operators
from seqspec.programs.values.abstract_values import (
    MISSING,
    Array,
    BaseModelLayers,
    CustomValue,
    Dict,
    Doubt,
    Frame,
    Instance,
    List,
    LoopIndex,
    ModelState,
    ModelValue,
    Signal,
    Unknown,
    is_range_call,
    iterate,
)
from seqspec.programs.values.array_values import common_array
from seqspec.programs.values.tensors import SymbolicTensor

MAX_ITERATIONS = 128
"""Maximum number of iterations of a loop that are followed; no program adds more layers in a loop."""

MAX_NESTED_ITERATIONS = 600
"""Maximum number of iterations of nested loops; training loops add nothing new after a few iterations."""

Changes = list[Change]


def follow_if(interpreter: Interpreter, node: ast.If, frame: Frame) -> Signal:
    """Follows one way of an `if`, or both."""
    known = operators.truth_value(interpreter.evaluate(node.test, frame.env))
    if known is not None:
        return interpreter.block(node.body if known else node.orelse, frame)
    return _branch(
        interpreter, frame, lambda: interpreter.block(node.body, frame), lambda: interpreter.block(node.orelse, frame)
    )


def _branch(
    interpreter: Interpreter, frame: Frame, first: Callable[[], Signal], second: Callable[[], Signal]
) -> Signal:
    """Follows both ways of a branch and continues with the joined state."""
    outcomes: list[tuple[Signal, Changes]] = []
    branch, choices = object(), interpreter.choices
    for taken, way in enumerate((first, second)):
        interpreter.choices = {**choices, branch: taken}
        interpreter.journal.begin()
        signal: Signal = None
        try:
            signal = way()
        finally:
            interpreter.choices = choices
            outcomes.append((signal, interpreter.journal.undo()))
    (one, first_changes), (other, second_changes) = outcomes
    if one == other:
        interpreter.journal.merge(first_changes, second_changes)
        return one
    if "raise" in (one, other):
        changes, signal = (second_changes, other) if one == "raise" else (first_changes, one)
        for holder, key, _, after in changes:
            interpreter.journal.write(holder, key, after)
        return signal
    # One way leaves the block, the other one continues.
    ended, signal, going, rest = (
        (first_changes, one, second_changes, other)
        if one is not None and other is None
        else (second_changes, other, first_changes, one)
    )
    if signal == "return":
        ended = _store_returned_states(ended, frame)
    else:
        frame.may_end_early = True
    interpreter.journal.merge(ended, going)
    return rest


def _store_returned_states(changes: Changes, frame: Frame) -> Changes:
    """Keeps the models of a path that returned until the end of the function; returns its other changes."""
    others: Changes = []
    for holder, key, before, after in changes:
        if isinstance(holder, ModelValue) and key == "states" and isinstance(after, tuple):
            frame.returned_states.append((holder, after))
        elif holder is not frame.env.variables:
            others.append(Change(holder, key, before, after))
    return others


def follow_for(interpreter: Interpreter, node: ast.For | ast.AsyncFor, frame: Frame) -> Signal:
    """Follows a loop over items."""
    value = interpreter.evaluate(node.iter, frame.env)
    if isinstance(value, BaseModelLayers):
        assign(interpreter, node.target, value, frame.env)
        interpreter.block(node.body, frame)
        return None
    items = iterate(value)
    if items is None or len(items) > MAX_ITERATIONS:
        return _follow_unknown_loop(
            interpreter, node, frame, lambda: _bind_unknown(interpreter, node.target, node.iter, value, frame)
        )

    def iterations() -> Signal:
        for item in items:
            interpreter.iterations += 1
            if interpreter.iterations > MAX_NESTED_ITERATIONS:
                frame.may_end_early = True
                return None
            assign(interpreter, node.target, item, frame.env)
            signal = interpreter.block(node.body, frame)
            if signal not in (None, "continue"):
                return None if signal == "break" else signal
        return interpreter.block(node.orelse, frame)

    return _follow_known_loop(interpreter, node, frame, iterations)


def _bind_unknown(interpreter: Interpreter, target: ast.expr, source: ast.expr, value: object, frame: Frame) -> None:
    item: object = Unknown(target)
    if isinstance(target, (ast.Tuple, ast.List)) and isinstance(source, ast.Call):
        item = _fold(interpreter, target, source, frame) or Unknown(source)
    elif is_range_call(source):
        item = LoopIndex(target)
    assign(interpreter, target, item, frame.env)


def _fold(interpreter: Interpreter, target: ast.Tuple | ast.List, source: ast.Call, frame: Frame) -> object:
    """The numbers of the training and test rows in a loop over `KFold(5).split(x)`; None for another call."""
    if not isinstance(source.func, ast.Attribute) or source.func.attr != "split" or len(target.elts) != 2:
        return None
    splitter = interpreter.evaluate(source.func.value, frame.env)
    if not isinstance(splitter, CustomValue) or splitter.name not in _SPLITTERS:
        return None
    is_ordered = splitter.name not in _SHUFFLE_SPLITTERS
    rows = (Array((Unknown(elt, text="?"),), "int64", node=elt) for elt in target.elts)
    return tuple(row.replace_fields(is_ordered=is_ordered) for row in rows)


_SHUFFLE_SPLITTERS = frozenset(("GroupShuffleSplit", "ShuffleSplit", "StratifiedShuffleSplit"))
"""The others return ascending numbers, also with `shuffle=True`."""

_SPLITTERS = _SHUFFLE_SPLITTERS | frozenset(
    "GroupKFold KFold LeaveOneOut RepeatedKFold RepeatedStratifiedKFold StratifiedGroupKFold StratifiedKFold "
    "TimeSeriesSplit".split()
)


def follow_while(interpreter: Interpreter, node: ast.While, frame: Frame) -> Signal:
    """Follows a loop with a condition."""

    def iterations() -> Signal:
        for _ in range(MAX_ITERATIONS):
            known = operators.truth_value(interpreter.evaluate(node.test, frame.env))
            if known is None:
                return _follow_unknown_loop(interpreter, node, frame, lambda: None)
            if not known:
                return interpreter.block(node.orelse, frame)
            signal = interpreter.block(node.body, frame)
            if signal not in (None, "continue"):
                return None if signal == "break" else signal
        frame.may_end_early = True
        return None

    test = operators.truth_value(interpreter.evaluate(node.test, frame.env))
    if test is True and isinstance(node.test, ast.Constant):
        return _follow_unknown_loop(interpreter, node, frame, lambda: None)
    return _follow_known_loop(interpreter, node, frame, iterations)


def _follow_known_loop(
    interpreter: Interpreter, node: ast.stmt, frame: Frame, iterations: Callable[[], Signal]
) -> Signal:
    """Follows a loop over known items; if it may end early under an unknown condition, its changes are unknown."""
    before, frame.may_end_early = frame.may_end_early, False
    models = len(interpreter.models)
    if not interpreter.known_loops:
        interpreter.iterations = 0
    interpreter.known_loops += 1
    interpreter.loops += 1
    interpreter.journal.begin()
    changes: Changes = []
    try:
        signal = iterations()
    finally:
        interpreter.known_loops -= 1
        interpreter.loops -= 1
        changes = interpreter.journal.keep()
    if frame.may_end_early:
        _forget_changes(interpreter, changes, node, models)
    frame.may_end_early = before
    return signal


def _follow_unknown_loop(
    interpreter: Interpreter, node: ast.For | ast.AsyncFor | ast.While, frame: Frame, bind: Callable[[], None]
) -> Signal:
    """Follows a loop once; variables that it changes are unknown afterwards."""
    before, frame.may_end_early = frame.may_end_early, False
    models = len(interpreter.models)
    interpreter.journal.begin()
    changes: Changes = []
    signal: Signal = None
    interpreter.loops += 1
    try:
        _forget_changed_variables(interpreter, node, frame)
        bind()
        signal = interpreter.block(node.body, frame)
    finally:
        interpreter.loops -= 1
        changes = interpreter.journal.keep()
    _forget_changes(interpreter, changes, node, models)
    frame.may_end_early = before
    if signal == "return" and isinstance(node, ast.While) and isinstance(node.test, ast.Constant):
        return signal
    interpreter.block(node.orelse, frame)
    return None


def _forget_changed_variables(interpreter: Interpreter, node: ast.stmt, frame: Frame) -> None:
    """Makes variables that the loop body changes unknown, since the one iteration followed may be any of them."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            value = frame.env.variables.get(inner.id, MISSING)
            if value is None or isinstance(value, (bool, int, float, str, tuple)):
                interpreter.journal.set_item(frame.env.variables, inner.id, Unknown(text=inner.id))
        elif isinstance(inner, ast.AugAssign) and isinstance(inner.target, ast.Name):
            forget_items(interpreter.journal, frame.env.variables.get(inner.target.id), Unknown(inner.target))
        elif isinstance(inner, ast.Attribute) and isinstance(inner.value, ast.Name):
            _forget_attribute(interpreter, inner, frame)
        elif (
            isinstance(inner, ast.Subscript) and isinstance(inner.ctx, ast.Store) and isinstance(inner.value, ast.Name)
        ):
            forget_items(interpreter.journal, frame.env.variables.get(inner.value.id), Unknown(inner.value))


def _forget_attribute(interpreter: Interpreter, node: ast.Attribute, frame: Frame) -> None:
    assert isinstance(node.value, ast.Name)
    holder = frame.env.variables.get(node.value.id)
    if isinstance(node.ctx, ast.Store) and isinstance(holder, Instance):
        value = holder.attributes.get(node.attr, MISSING)
        if value is None or isinstance(value, (bool, int, float, str, tuple)):
            interpreter.journal.set_item(holder.attributes, node.attr, Unknown(node))
    elif node.attr in MUTATING_METHODS:
        forget_items(interpreter.journal, holder, Unknown(node.value))


def _forget_changes(interpreter: Interpreter, changes: Changes, node: ast.stmt, models: int) -> None:
    new_models = {id(model) for model in interpreter.models[models:]}
    for holder, key, before, after in changes:
        if isinstance(holder, ModelValue):
            if key == "states" and isinstance(before, tuple) and before and id(holder) not in new_models:
                _doubt_changed(interpreter, holder, before, node)
        elif key in ("items", "unknown") and isinstance(holder, (List, Dict)):
            forget_items(interpreter.journal, holder, Unknown(text="a value changed in a loop"))
            if key == "items" and isinstance(holder, List) and before == ():
                interpreter.journal.set_attribute(holder, "element", common_array(after))
        elif isinstance(after, SymbolicTensor) and before is not after:
            doubt = Doubt("unknown-loop", node, _head(node))
            interpreter.journal.write(holder, key, SymbolicTensor(doubt, (after,), node))
        elif before is not MISSING and before is not after:
            interpreter.journal.write(holder, key, merge_branches(before, after, str(key)))


def _doubt_changed(interpreter: Interpreter, model: ModelValue, before: tuple[ModelState, ...], node: ast.stmt) -> None:
    known = {state.layers for state in before}
    states = tuple(
        state if state.layers in known else state.copy(doubts=(*state.doubts, Doubt("unknown-loop", node, _head(node))))
        for state in model.states
    )
    interpreter.journal.set_attribute(model, "states", states)


def follow_try(interpreter: Interpreter, node: ast.Try, frame: Frame) -> Signal:
    """Follows the body; the first handler only after a `raise`."""
    with interpreter.refused_code(len(node.body) == 1 and _expects_refusal(node.handlers)):
        signal = interpreter.block(node.body, frame)
    if signal == "raise" and node.handlers:
        signal = interpreter.block(node.handlers[0].body, frame)
    elif signal is None:
        signal = interpreter.block(node.orelse, frame)
    return interpreter.block(node.finalbody, frame) or signal


def _expects_refusal(handlers: Sequence[ast.ExceptHandler]) -> bool:
    """Whether only the errors are caught that calls of Keras with wrong arguments raise."""
    caught = [handler.type for handler in handlers]
    names = [
        kind for exception in caught for kind in (exception.elts if isinstance(exception, ast.Tuple) else [exception])
    ]
    return bool(names) and all(isinstance(kind, ast.Name) and kind.id in ("TypeError", "ValueError") for kind in names)


def follow_match(interpreter: Interpreter, node: ast.Match, frame: Frame) -> Signal:
    """Follows every case, each of which may apply."""
    interpreter.evaluate(node.subject, frame.env)

    def ways(index: int) -> Signal:
        if index >= len(node.cases):
            return None
        return _branch(
            interpreter, frame, lambda: interpreter.block(node.cases[index].body, frame), lambda: ways(index + 1)
        )

    return ways(0)


def _head(node: ast.stmt) -> str:
    """The head of a loop as the program writes it."""
    if isinstance(node, (ast.For, ast.AsyncFor)):
        return f"for {Unknown(node.target).text} in {Unknown(node.iter).text}"
    if isinstance(node, ast.While):
        return f"while {Unknown(node.test).text}"
    return "a loop"
