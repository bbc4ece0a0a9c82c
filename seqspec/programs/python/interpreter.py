"""The state of the abstract interpretation of a program, within bounds and without running the program.

Both ways of a branch on an unknown condition are followed. A loop over something unknown is followed once, and a model
outside of the loop to which it adds layers is doubtful.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from seqspec.core.api.frontends import KerasTarget
from seqspec.programs.graphs.functional_models import functional_states
from seqspec.programs.python.imports import ImportedModules
from seqspec.programs.python.journal import Journal, merge_branches
from seqspec.programs.source.imported_files import PlaceNames
from seqspec.programs.source.program_source import NotebookCell
from seqspec.programs.values.abstract_values import (
    Argument,
    Call,
    Class,
    CodeViolation,
    Doubt,
    Either,
    Environment,
    Frame,
    FunctionValue,
    KerasCall,
    ModelState,
    ModelValue,
    Signal,
    Unknown,
)
from seqspec.programs.values.generation import KerasGeneration
from seqspec.programs.values.tensors import Choices, SymbolicTensor

if TYPE_CHECKING:
    from seqspec.core.api.diagnostics import Kind

MAX_STEPS = 100_000
"""Maximum number of expressions and statements that are evaluated in one file."""

MAX_MODELS = 300


class Exhausted(Exception):
    """The file needs more steps than `MAX_STEPS`."""


class Evaluators(NamedTuple):
    """What follows each construct of Python.

    Attributes:
        expressions: The value of each kind of expression; that of others is unknown.
        statements: What each kind of statement does; others, such as `pass`, do not affect a model.
        call: The value of a call of a function.
    """

    expressions: Mapping[type[ast.expr], Callable[[Interpreter, Any, Environment], object]]
    statements: Mapping[type[ast.stmt], Callable[[Interpreter, Any, Frame], Signal]]
    call: Callable[[Interpreter, object, Call], object]


class Interpreter:
    """What is known of a program at the statement that is followed.

    Attributes:
        steps: The number of expressions and statements that were followed.
        models: Every `Sequential` that was met.
        flags: The flags of `absl` and TensorFlow 1 that the file defines, with their defaults.
        generation: The generation of Keras that accepts the names in the program.
        is_early: Whether that Keras may differ from Keras 3 in more than names.
        target: The Keras that the program is for, where it, its project or an imported file says it.
        data_format: `"channels_first"` where the program sets it.
        exhausted: Whether the bounds were reached, so that models may be missing.

    Args:
        evaluators: What follows each construct.
        imports: The files that the program imports; None to follow the program alone.
        cells: The cells of the program, if it is a notebook.
    """

    def __init__(
        self,
        evaluators: Evaluators,
        imports: ImportedModules | None = None,
        cells: Sequence[NotebookCell] | None = None,
    ) -> None:
        self._evaluators = evaluators
        self.imports = imports
        self.places = PlaceNames(None if imports is None else imports.files, cells)
        """What the texts of findings call the places of other code."""
        self.is_notebook = cells is not None
        """Whether the last statement of a cell shows its value."""
        self.is_refused = False
        """Whether the program expects that the code raises an error."""
        self.journal = Journal()
        self.models: list[ModelValue] = []
        self.flags: dict[str, object] = {}
        self.data_format: object = None
        self.policy: Argument | None = None
        self.exhausted = False
        self.generators: set[int] = set()
        self.generation = KerasGeneration.KERAS_3
        self.is_early = False
        self.target: KerasTarget | None = None
        self.sources: set[str] = set()
        """The packages from which Keras is imported."""
        self.operations = 0
        """The nesting of the arithmetic operation that is evaluated."""
        self.loops = 0
        """The number of loops around the statement that is followed, in its function and in those that call it."""
        self.choices: Choices = {}
        """The ways that are taken at the branches on unknown conditions around it."""
        self.known_loops = 0
        """The number of those loops whose items are known."""
        self.iterations = 0
        """The number of iterations of the outermost known loop and of the loops in it."""
        self.stack: list[FunctionValue] = []
        """The functions of the file that are being called."""
        self.functions: list[FunctionValue] = []
        self.classes: list[Class] = []
        self.tensors: list[SymbolicTensor] = []
        """The tensors that calls and operations return."""
        self.layers: list[KerasCall] = []
        """The layers that it creates."""
        self.training_objects: list[KerasCall] = []
        """The optimizers and callbacks that it creates."""
        self.notes: list[CodeViolation] = []
        """The mistakes outside of models."""
        self.tree = ast.Module([], [])
        """The program."""
        self.steps = 0

    @property
    def policy_name(self) -> str:
        """The dtype policy; `"float32"` where it is not known."""
        value = None if self.policy is None else self.policy.value
        return value if isinstance(value, str) else "float32"

    @cached_property
    def names(self) -> frozenset[str]:
        """The names and attributes in the program and in the files that it imports."""
        files = self.imports.files.files if self.imports is not None else ()
        trees = (self.tree, *(file.source.tree for file in files if file.source.tree is not None))
        nodes = (node for tree in trees for node in ast.walk(tree))
        return frozenset(node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "") for node in nodes)

    def tree_of(self, node: ast.AST) -> ast.Module:
        """The file with a node: the program, or a file that it imports."""
        file = None if self.imports is None else self.imports.files.at(getattr(node, "lineno", 1))
        return self.tree if file is None or file.source.tree is None else file.source.tree

    def step(self, node: ast.AST) -> None:
        """Counts a step; raises `Exhausted` if there are too many."""
        self.steps += 1
        if self.steps > MAX_STEPS or len(self.models) > MAX_MODELS:
            raise Exhausted

    def evaluate(self, node: ast.expr, env: Environment) -> object:
        """The value of an expression."""
        self.step(node)
        handler = self._evaluators.expressions.get(type(node))
        value = handler(self, node, env) if handler is not None else Unknown(node)
        if isinstance(value, Unknown) and value.node is node and not value.operands:
            value.operands = _operands_of(node, env)
        return value

    @contextmanager
    def refused_code(self, is_refused: bool) -> Iterator[None]:
        """Follows code that the program may expect to raise an error: its layers and results are not checked."""
        before, self.is_refused = self.is_refused, self.is_refused or is_refused
        try:
            yield
        finally:
            self.is_refused = before

    def call(self, function: object, call: Call) -> object:
        """The value of a call."""
        return self._evaluators.call(self, function, call)

    def begin_model(self, model: ModelValue, *states: ModelState) -> None:
        """Registers a new model; inside a branch, it only exists in that branch."""
        model.loops = self.loops
        model.policy = self.policy
        self.models.append(model)
        self.journal.set_attribute(model, "states", states)

    def begin_functional(self, model: ModelValue, kind: Kind, inputs: object, outputs: object) -> None:
        """Registers a new model with its inputs and outputs, in each of the alternatives that these have."""
        self.begin_model(model, *functional_states(model, kind, inputs, outputs, self.tensors))

    def either(self, values: Sequence[object], node: ast.AST) -> object:
        """The abstract value of something that is one of several values."""
        result = values[0]
        text = Unknown(node).text if len(values) > 1 else ""
        for value in values[1:]:
            result = merge_branches(result, value, text)
        return result

    def label(self, value: object, name: str, expression: str | None = None) -> None:
        """Records a variable or function that holds a model, a layer or a tensor."""
        for model in value.values if isinstance(value, Either) else (value,):
            if isinstance(model, ModelValue):
                model.add_name(name, expression)
            elif isinstance(model, (SymbolicTensor, KerasCall)) and expression is None:
                model.label = model.label or name

    def block(self, body: Sequence[ast.stmt], frame: Frame) -> Signal:
        """Follows statements one after another."""
        for statement in body:
            self.step(statement)
            handler = self._evaluators.statements.get(type(statement))
            if handler is not None:
                signal = handler(self, statement, frame)
                if signal is not None:
                    return signal
        return None

    def doubt(self, model: ModelValue, doubt: Doubt) -> None:
        """Records a reason why the layers of a model are not certain."""
        states = tuple(state.copy(doubts=(*state.doubts, doubt)) for state in model.states)
        self.journal.set_attribute(model, "states", states)


_PURE = frozenset("abs float int len max min round str sum".split())
_MAX_NODES = 100


def _operands_of(node: ast.expr, env: Environment) -> tuple[object, ...]:
    """What distinguishes an unknown value from others of the same expression: the values of its names.

    A call counts as another value each time, unless it computes from its arguments alone, or reads a value by its
    name, as in `hp.Int("units", 32, 512)`.
    """
    operands: list[object] = []
    for count, part in enumerate(ast.walk(node)):
        if count > _MAX_NODES:
            return (object(),)
        if isinstance(part, ast.Name):
            holder = env.holder(part.id)
            operands.append(holder[part.id] if holder is not None else part.id)
        elif isinstance(part, ast.Call) and not _is_repeatable(part):
            operands.append(object())
    return tuple(operands)


def _is_repeatable(call: ast.Call) -> bool:
    if isinstance(call.func, ast.Name):
        return call.func.id in _PURE
    name = call.args[0] if call.args else None
    return isinstance(name, ast.JoinedStr) or (isinstance(name, ast.Constant) and isinstance(name.value, str))
