"""The result of reading one model: a spec tree, the expression of each value, and the unknown parts."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from seqspec.core.api.diagnostics import Path
from seqspec.core.api.syntax import Tree
from seqspec.programs.layers.candidates import candidate_sizes
from seqspec.programs.values.abstract_values import Argument, CodeViolation, Unknown
from seqspec.programs.values.generation import KerasGeneration

if TYPE_CHECKING:
    from seqspec.core.api.diagnostics import Kind, Level, Topology
    from seqspec.core.api.shapes import GraphCall

UNKNOWN_LOSS = "OwnLoss"
"""The custom loss that stands for one that is not known from the program."""

Unspecified = Literal[
    "adapt", "callbacks", "decay", "keras_2", "labels", "learning_rate", "length", "metrics", "model_batch_size",
    "predicted", "trainable", "training", "updates", "version", "weights",
]  # fmt: skip
"""What a program leaves open: what rules depend on (see `Code`), whether the loss compares `labels`, the
`model_batch_size` for which Keras builds the model, and whether its predictions are all that is used (`predicted`)."""

_WITH_SIZES = ("model", "data", "target")
"""Tables whose sizes are compared with each other."""


class UnknownValue(NamedTuple):
    """A value in the tree that the file does not determine.

    Attributes:
        path: Its path.
        value: The expression.
        candidates: The values to try; if there are none, the key is omitted.
        is_size: Whether it is a size.
        from_data: Whether it is a property of a dataset or generator, and no expression of the program.
    """

    path: Path
    value: Unknown
    candidates: tuple[object, ...]
    is_size: bool
    from_data: bool = False


class ProgramModel:
    """One model of a program.

    Attributes:
        label: The variable or function that holds it; `names` has all of them.
        is_fragment: Whether it consists of calls of layers outside of models.
        is_detached: Whether it consists of layers that are not connected.
        is_tail: Whether it consists of the last layers of a functional model that is not known completely.
        alternatives_of: The functional model of which this is one of several alternatives, after branches on unknown
            conditions; None for others.
        expression: The code that refers to it, `model` if it has no name.
        stage: 0 for the model as it is first trained; larger for its other calls of `compile` and `fit`.
        node: The call that creates it.
        tree: The spec, as parsed from TOML; an `Unknown` marks a value that the file does not determine.
        values: The expression of each value, by its path in the tree.
        keys: The keyword of each argument, by its path.
        unknown_values: The places of the tree that hold an `Unknown`.
        opaque: The expressions of layers whose shapes are not known, by path: custom layers, or layers with code.
        notes: The notes to report.
        omitted: Paths of layers and objects with an argument that is omitted because it is unknown.
        unspecified: What the program leaves open.
        generation: The newest generation of Keras that has the names in the program.
        coverage: How far it is checked; None if `complete` says so.
        kind: How the program writes it.
        topology: How its layers are connected.
        complete: Whether every layer is known, with its arguments or with only sizes unknown.
        doubtful: Whether it is unknown which layers there are, so that shapes are unknown too.
        input_known: Whether the program determines the input.
        whole_shape: The argument that declares the input, if it is `x.shape` of unknown data.
        calls: The calls of a model with branches, whose `layers` in the tree are in any order; None for a chain. The
            tree then has further keys: `inputs`, all inputs after the first one, and `output`, the index of the output
            whose loss, metrics and labels it has.
        outputs: The outputs of these calls, see `core.analysis.graph.Graph`.
        tensor_names: What the program calls the inputs and the outputs of these calls.
        call_nodes: The whole call of each layer of a functional model, by the index of the layer.
        results: What the program calls the tensor that each layer of these calls returns, by the index of the layer.
        output_names: The names of its outputs, if it has several.
        output_metrics: The names of the metrics of the output; None if they are not all known, or it has one output.
        unknown_loss: The expression of a loss that is not known, or is the program's own.
    """

    def __init__(
        self,
        label: str | None,
        node: ast.AST,
        generation: KerasGeneration = KerasGeneration.KERAS_3,
        expression: str | None = None,
        stage: int = 0,
    ) -> None:
        self.label = label
        self.expression = expression or "model"
        self.stage = stage
        self.is_fragment = False
        self.is_detached = False
        self.is_tail = False
        self.alternatives_of: object = None
        self.names: set[str] = set()
        self.node = node
        self.tree: Tree = {"seqspec": 1, "model": {}}
        self.values: dict[Path, ast.AST] = {(): node, ("model",): node}
        self.keys: dict[Path, ast.keyword] = {}
        self.unknown_values: list[UnknownValue] = []
        self.opaque: dict[Path, ast.AST] = {}
        self.notes: list[CodeViolation] = []
        self.unspecified: set[Unspecified] = set()
        self.omitted: list[Path] = []
        self.generation = generation
        self.coverage: Level | None = None
        self.kind: Kind = "sequential"
        self.topology: Topology = "chain"
        self.complete = True
        self.doubtful = False
        self.input_known = True
        self.whole_shape: Argument | None = None
        self.unknown_loss: ast.AST | None = None
        self.calls: list[GraphCall] | None = None
        self.outputs: list[int | None] = []
        self.output_names: Sequence[str | None] = ()
        self.output_metrics: list[str] | None = None
        self.tensor_names: tuple[Sequence[str], Sequence[str]] = ((), ())
        self.results: dict[int, str] = {}
        self.call_nodes: dict[int, ast.AST] = {}

    @property
    def level(self) -> Level:
        """How far it is checked."""
        if self.coverage is not None:
            return self.coverage
        if not self.complete or self.doubtful:
            return "calls" if self.tree["model"]["layers"] or self.topology != "unknown" else "settings"
        return "full" if self.calls is None else "graph"

    def substitute(self, layer: Callable[[Tree, Path], object], value: Callable[[Unknown, Path], object]) -> Tree:
        """The tree with replacements for opaque layers and unknown values; those that stay unknown are omitted."""

        def copy(node: object, path: Path) -> object:
            if path in self.opaque and isinstance(node, dict):
                return layer(node, path)
            if isinstance(node, Unknown):
                return value(node, path)
            if isinstance(node, dict):
                items = {key: copy(item, (*path, key)) for key, item in node.items()}
                return {key: item for key, item in items.items() if not isinstance(item, Unknown)}
            if isinstance(node, list):
                copies = [copy(item, (*path, index)) for index, item in enumerate(node)]
                return [item for item in copies if not isinstance(item, Unknown)]
            # Strings of a program do not contain references to variables.
            return node.replace("$", "$$") if isinstance(node, str) else node

        tree = copy(self.tree, ())
        assert isinstance(tree, dict)
        return tree

    def undetermined(self) -> frozenset[str]:
        """The undetermined properties that rules may depend on, see `Code.depends_on`.

        A program has no version of the language, and opens the files that it names.
        """
        undetermined = {"input", "language", "files", *self.unspecified}
        if self.generation < KerasGeneration.KERAS_3:
            undetermined.add("keras_3")
        if not self.input_known or any(
            unknown.is_size and unknown.path[0] in _WITH_SIZES for unknown in self.unknown_values
        ):
            undetermined.add("sizes")
        if any(unknown.path == ("fit", "batch_size") for unknown in self.unknown_values):
            undetermined.add("batch_size")
        return frozenset(undetermined)

    def place(self, path: Path, argument: Argument) -> None:
        """Records the expression or argument from which a value came."""
        self.values[path] = argument.node
        if argument.keyword is not None and not argument.spread:
            self.keys[path] = argument.keyword

    def add_unknown(
        self, path: Path, value: Unknown, candidates: tuple[object, ...] = (), from_data: bool = False
    ) -> None:
        """Records a value that the file does not determine; without candidates it is a size."""
        candidates = candidates or candidate_sizes(value, len(self.unknown_values))
        is_size = type(candidates[0]) is int and not from_data
        self.unknown_values.append(UnknownValue(path, value, candidates, is_size, from_data))

    def declare_loss(self, node: ast.AST) -> Tree:
        """Declares a loss of the program's own, or an unknown one: a check only needs to know that there is one."""
        self.unknown_loss = node
        self.tree.setdefault("custom", {})[UNKNOWN_LOSS] = {"import": f"program:{UNKNOWN_LOSS}", "kind": "loss"}
        return {"custom": UNKNOWN_LOSS}

    def forget_unknown(self, path: Path) -> None:
        """Drops the unknown values in a value that is dropped."""
        self.unknown_values = [unknown for unknown in self.unknown_values if unknown.path[: len(path)] != path]

    def note(
        self,
        rule: str,
        message: str,
        node: ast.AST,
        help: str | None = None,
        severity: str | None = None,
        only_keras: int | None = None,
    ) -> None:
        """Adds a note that is reported under a rule; `only_keras` is that of `CodeViolation`."""
        self.add(CodeViolation(rule, message, node, help, severity, only_keras=only_keras))

    def not_followed(self, kind: str, message: str, node: ast.AST, help: str | None = None) -> None:
        """Adds a note on a part that is not followed."""
        self.add(CodeViolation("not-followed", message, node, help, kind=kind))

    def left_out(self, message: str, node: ast.AST, kind: str = "left-out") -> None:
        """Adds a note on a value that is left out because it is not known."""
        self.add(CodeViolation("unknown-value", message, node, kind=kind))

    def add(self, note: CodeViolation) -> None:
        """Adds a note, once."""
        if note not in self.notes:
            self.notes.append(note)


def same_tree(one: object, other: object) -> bool:
    """Whether two parts of specs are equal; unknown values are compared by their text."""
    if isinstance(one, Unknown) and isinstance(other, Unknown):
        return one.text == other.text
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same_tree(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same_tree, one, other))
    return type(one) is type(other) and bool(one == other)
