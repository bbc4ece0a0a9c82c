"""The abstract values of expressions, as far as the file alone determines them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard

if TYPE_CHECKING:
    from seqspec.core.api.diagnostics import Kind


class NumpyInteger(int):
    """An integer that NumPy computes, which many arguments of Keras do not accept; arithmetic makes a plain one."""


class Unknown:
    """A value that the file does not determine.

    Attributes:
        node: The expression, whose text names the value; None where `text` is given.
        choices: The possible values, if the file determines them.
    """

    __slots__ = ("_identity", "_text", "choices", "columns", "formula", "node", "operands")

    def __init__(
        self,
        node: ast.AST | None = None,
        text: str | None = None,
        choices: Sequence[object] = (),
        formula: tuple[ast.operator, object, object] | None = None,
    ) -> None:
        self.node = node
        self._text = text
        self.choices = tuple(choices)
        self.formula = formula
        """The operator and its operands, if the value is computed from others."""
        self.columns: dict[object, object] = {}
        """The columns that the program assigns to it, by name, if it is a table."""
        self.operands: tuple[object, ...] = ()
        """The values of the names in the expression when it was evaluated."""
        # A formula takes the identities of its operands at once, so that no chain of them is followed later.
        self._identity = None if formula is None else hash((type(formula[0]), *map(_identity, formula[1:])))

    @property
    def text(self) -> str:
        """The expression as the program writes it, shortened."""
        text = self._whole_text()
        return text if len(text) <= 60 else text[:59] + "…"

    @property
    def identity(self) -> int:
        """Equal for two values that are known to be the same: one expression in a loop may have several values."""
        if self._identity is None:
            self._identity = hash((self._whole_text(), *map(_identity, self.operands)))
        return self._identity

    def _whole_text(self) -> str:
        if self._text is None:
            try:
                self._text = ast.unparse(self.node) if self.node is not None else "?"
            except (ValueError, RecursionError):
                self._text = "?"
        return self._text

    def __repr__(self) -> str:
        return f"Unknown({self.text!r})"


class LoopIndex(Unknown):
    """An integer of a `range` over which a loop iterates."""

    __slots__ = ()


def is_range_call(node: ast.expr) -> bool:
    """Whether an expression is `range(...)`."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range"


class SliceWindow(NamedTuple):
    """The slice `[i : i + length]` of a loop index, whose ends are not known."""

    length: int


def is_index(value: object) -> bool:
    """Whether a value is an integer: a known one, or one that is computed from a loop index."""
    return is_integer(value) or offset_from_index(value) is not None


def offset_from_index(value: object) -> tuple[LoopIndex, int] | None:
    """The loop index to which a known number is added, and that number; None for other values."""
    if isinstance(value, LoopIndex):
        return value, 0
    if not isinstance(value, Unknown) or value.formula is None:
        return None
    operator, left, right = value.formula
    if isinstance(operator, ast.Add) and is_integer(left):
        left, right = right, left
    start = offset_from_index(left)
    if start is None or not is_integer(right) or not isinstance(operator, (ast.Add, ast.Sub)):
        return None
    return start[0], start[1] + (right if isinstance(operator, ast.Add) else -right)


class PartialChange(Unknown):
    """The value of `trainable` of a base model of which only some layers have the value that was assigned last."""

    __slots__ = ("assigned",)

    def __init__(self, node: ast.AST, assigned: bool) -> None:
        super().__init__(node)
        self.assigned = assigned


class UnknownLayer(Unknown):
    """A layer that the file does not determine, such as one of a base model.

    Args:
        node: The expression.
        owner: The model that it is a layer of; None where that is not known.
    """

    __slots__ = ("owner",)

    def __init__(self, node: ast.AST, owner: KerasCall | ModelValue | None = None) -> None:
        super().__init__(node)
        self.owner = owner


class EarlierLayers(UnknownLayer):
    """The layers that a model has before code that does not show them adds another one."""

    __slots__ = ()


class Generator(Unknown):
    """What a function of the file yields; `function` is its definition."""

    __slots__ = ("function",)

    def __init__(self, node: ast.AST, function: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        super().__init__(node)
        self.function = function


def _identity(value: object) -> object:
    if isinstance(value, Unknown):
        return value.identity
    return value if isinstance(value, (int, float, str)) else id(value)


def are_numbers(values: Iterable[object]) -> TypeGuard[Sequence[float]]:
    """Whether all values are numbers, booleans included."""
    return all(isinstance(value, (int, float)) for value in values)


def is_integer(value: object) -> TypeGuard[int]:
    """Whether a value is an integer, of Python or NumPy, and not a bool."""
    return isinstance(value, int) and not isinstance(value, bool)


def are_integers(values: Iterable[object]) -> TypeGuard[Sequence[int]]:
    """Whether all values are integers, booleans excluded; a shape of which every size is known."""
    return all(is_integer(value) for value in values)


def are_strings(values: Iterable[object]) -> TypeGuard[Sequence[str]]:
    """Whether all values are strings."""
    return all(isinstance(value, str) for value in values)


class Missing:
    """The value of a name in a branch that does not set it."""


MISSING = Missing()


class Ref:
    """An imported name: a module, or something in one.

    `path` is canonical: `("keras", "layers", "Dense")` for any package that contains Keras.
    """

    __slots__ = ("path", "source")

    def __init__(self, path: tuple[str, ...], source: str) -> None:
        self.path = path
        self.source = source
        """The package from which the file imports it: `"keras"`, `"tensorflow"`, ..."""

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path[-1]

    @property
    def is_keras(self) -> bool:
        """Whether it is Keras or part of it."""
        return self.path[0] == "keras"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ref) and other.path == self.path

    def __hash__(self) -> int:
        return hash(self.path)

    def __repr__(self) -> str:
        return f"Ref({'.'.join(self.path)})"


@dataclass(eq=False, slots=True)
class Argument:
    """An argument of a call: `key` is the keyword, or the position.

    `node` is the expression of the value, `keyword` the AST node of the keyword; `spread` says that the value came out
    of `*args` or `**kwargs`, so that `node` is that expression.
    """

    key: str | int
    value: object
    node: ast.AST
    keyword: ast.keyword | None = None
    spread: bool = False

    def shift(self, by: int) -> Argument:
        """The argument at another position; a keyword stays."""
        return replace(self, key=self.key + by) if isinstance(self.key, int) else self


@dataclass(eq=False, slots=True)
class Call:
    """The arguments of a call.

    Attributes:
        arguments: The arguments.
        node: The call.
        open: The text of an unpacked argument with unknown contents, such as `**options`; None without one.
        env: The variables of the caller.
    """

    arguments: list[Argument]
    node: ast.Call
    open: str | None = None
    env: Environment | None = None

    @property
    def positional(self) -> list[object]:
        """The values of the positional arguments."""
        return [argument.value for argument in self.arguments if isinstance(argument.key, int)]

    @property
    def keywords(self) -> dict[object, object]:
        """The values of the keyword arguments."""
        return {argument.key: argument.value for argument in self.arguments if isinstance(argument.key, str)}

    @property
    def unknown(self) -> Unknown:
        """The value of a call that is not followed."""
        return Unknown(self.node)

    def argument(self, *keys: str | int) -> Argument | None:
        """The first argument with one of these keywords or positions."""
        return next((argument for key in keys for argument in self.arguments if argument.key == key), None)

    def value(self, *keys: str | int) -> object:
        """The value of the first argument with one of these keywords or positions; None where there is none."""
        argument = self.argument(*keys)
        return None if argument is None else argument.value


def element_nodes(node: ast.AST, count: int) -> list[ast.AST]:
    """The expressions of the items of a list or tuple; the whole one for each where they are not written out."""
    if isinstance(node, (ast.List, ast.Tuple)) and len(node.elts) == count:
        return [*node.elts]
    return [node] * count


def item_node(node: ast.AST, name: object) -> ast.AST:
    """The expression of the value of a key of a dict that is written out; the whole dict otherwise."""
    if isinstance(node, ast.Dict):
        for key, item in zip(node.keys, node.values):
            if isinstance(key, ast.Constant) and key.value == name:
                return item
    return node


class KerasCall(Call):
    """An object of a Keras class that is not run: a layer, an optimizer, a callback, ...

    Attributes:
        ref: The class or function that was called.
        attributes: The values that the program assigns to the object afterwards, each an `Argument`.
        label: The first variable that holds it.
        output: The tensor that the only call of a layer returns; an `Unknown` after several calls.
        tensors: The input and output of a base model.
    """

    __slots__ = ("attributes", "label", "output", "ref", "tensors")

    def __init__(self, ref: Ref, call: Call) -> None:
        super().__init__(call.arguments, call.node, call.open)
        self.ref = ref
        self.attributes: dict[str, object] = {}
        self.label: str | None = None
        self.output: object = None
        self.tensors: tuple[object, object] | None = None

    def __repr__(self) -> str:
        return f"KerasCall({self.ref.name})"


class CustomValue:
    """A layer, loss, callback, ... of a custom class or function, with its name in the file.

    `classes` is the number of classes of an encoder of labels that is fitted; `fitted` is the data that another one is
    fitted on, as an `Argument` with the call.
    """

    __slots__ = ("classes", "fitted", "kind", "name", "node")

    def __init__(self, name: str, node: ast.AST, kind: str = "class") -> None:
        self.name = name
        self.node = node
        self.kind = kind
        self.fitted: Argument | None = None
        self.classes: object = Unknown(node)
        """`"class"`, or `"model"` for a functional model."""

    def __repr__(self) -> str:
        return f"CustomObject({self.name})"


@dataclass(eq=False, slots=True)
class LayerEntry:
    """A layer in a stack, and the expression that added it.

    Attributes:
        call: The whole call of the layer in a functional model, of which `node` is the layer.
        label: The variable with the tensor that its call returns.
        is_inner: Whether it is a layer of a nested model, which has names of its own.
    """

    value: object
    node: ast.AST
    label: str | None = None
    call: ast.AST | None = None
    is_inner: bool = False


CREATED_ELSEWHERE = "the model is created neither in this file nor in one that it imports"
"""Why the layers of a model are not known that a program only compiles or trains."""


@dataclass(eq=False, slots=True)
class Doubt:
    """A reason why a model cannot be read completely, with its location in the file."""

    kind: str
    node: ast.AST
    text: str


MAX_NESTED_MODELS = 4
"""Maximum nesting of models, since a program can add a model to itself."""


@dataclass(eq=False, slots=True)
class ModelState:
    """One possible state of a model; branches on unknown conditions create several."""

    layers: tuple[LayerEntry, ...] = ()
    graph: object = None
    """The `Graph` of a functional model that is not a single chain; `layers` are then all layers of its calls."""
    built: Argument | None = None
    calls: tuple[Invocation, ...] = ()
    """Its calls of `compile` and `fit`, in order."""
    stepped: Mapping[int, object] | None = None
    """`trainable` of layers, as of an `Invocation`, at the first `train_on_batch` after `compile`."""
    unexpected: tuple[Argument, ...] = ()
    """Arguments of `add` that it does not have."""
    used: frozenset[str] = frozenset()
    """The other methods that are called and train it, evaluate it or load its weights."""
    data: tuple[tuple[str, Argument], ...] = ()
    """The samples and labels that methods get, with the name of the method."""
    doubts: tuple[Doubt, ...] = ()

    def copy(self, **changes: Any) -> ModelState:
        """A copy with changes."""
        return replace(self, **changes)

    def key(self) -> tuple[object, ...]:
        """Distinguishes it from other states of the same model."""
        return (tuple(map(id, self.layers)), id(self.built), tuple(map(id, self.calls)), tuple(map(id, self.doubts)))


class Invocation(Call):
    """A call of a method of a model, such as `compile`.

    Attributes:
        trainable: The value that the program has assigned to `trainable` of layers before the call, by the identity of
            the layer.
        repeated: Whether the call is in a loop that does not create its model.
    """

    __slots__ = ("method", "repeated", "trainable")

    def __init__(self, method: str, call: Call, trainable: Mapping[int, object], repeated: bool) -> None:
        super().__init__(call.arguments, call.node, call.open)
        self.method = method
        self.trainable = trainable
        self.repeated = repeated


class CodeViolation(NamedTuple):
    """A finding on the code of a program, or on a part of it that is not followed.

    Attributes:
        rule: The rule under which it is reported; None if it is not.
        message: What it says.
        node: The place.
        help: How to fix it.
        severity: Its severity, if it is not that of the rule.
        kind: Why a part is not followed or a value is left out: `"own-layer"`, `"own-code"`, `"unknown-loop"`, ...
        only_keras: The major version of Keras that alone refuses it, 2 or 3; None if every version does.
    """

    rule: str | None
    message: str
    node: ast.AST
    help: str | None = None
    severity: str | None = None
    kind: str = ""
    only_keras: int | None = None


@dataclass(eq=False, slots=True, repr=False)
class ModelValue:
    """A model that the program creates: a `Sequential`, a functional model, or an object of a class of models.

    Attributes:
        kind: `"sequential"`, `"functional"` or `"subclass"`.
        label: The variable or function that holds it.
        expression: The code that refers to it, such as `self.model` or `build()`.
        names: All variables and functions that hold it.
        loops: The number of loops in which it is created.
        tensors: The inputs and outputs of a functional model, each a tensor or a structure of them; the input and
            output of a `Sequential`, if the program uses them.
        trains_itself: Whether its class defines how it is trained, or `add_loss` is called, so that `compile` may not
            need a loss.
        former: Its states that were trained before its layers changed.
        mistakes: The mistakes in its class.
        policy: The argument of the call that has set the dtype policy before it is created; None without one.
    """

    node: ast.AST
    ref: Ref
    states: tuple[ModelState, ...] = ()
    name: object = None
    name_node: ast.AST | None = None
    label: str | None = None
    expression: str | None = None
    names: dict[str, None] = field(default_factory=dict)
    loops: int = 0
    kind: Kind = "sequential"
    tensors: tuple[object, object] | None = None
    trains_itself: bool = False
    mistakes: tuple[CodeViolation, ...] = ()
    former: list[ModelState] = field(default_factory=list)
    policy: Argument | None = None

    def add_name(self, name: str, expression: str | None = None) -> None:
        """Adds a variable or function that holds it, and the code that refers to it if that is not the name."""
        self.label = self.label or name
        self.expression = self.expression or expression or name
        self.names[name] = None

    def __repr__(self) -> str:
        return f"Model({self.label})"


class Environment:
    """The variables of a function, class or module."""

    __slots__ = ("global_names", "modules", "outer", "variables")

    def __init__(self, outer: Environment | None = None) -> None:
        self.variables: dict[str, object] = {}
        self.outer = outer
        self.global_names: set[str] = set()
        self.modules: list[Ref] = outer.modules if outer is not None else []
        """Modules from which everything is imported."""

    def holder(self, name: str) -> dict[str, object] | None:
        """The variables in which a name is found."""
        env: Environment | None = self
        while env is not None:
            if name in env.variables:
                return env.variables
            env = env.outer
        return None

    def root(self) -> Environment:
        """The variables of the module."""
        env = self
        while env.outer is not None:
            env = env.outer
        return env


@dataclass(eq=False)
class Frame:
    """A call of a function, or the module."""

    env: Environment
    returned: list[object] = field(default_factory=list)
    returned_states: list[tuple[ModelValue, tuple[ModelState, ...]]] = field(default_factory=list)
    may_end_early: bool = False
    """Whether a `break` or `continue` was reached under an unknown condition."""


Signal = str | None
"""The jump that ends a block: `"return"`, `"break"`, `"continue"`, `"raise"`; None where it runs to its end."""


@dataclass(eq=False, slots=True)
class FunctionValue:
    """A function of the file; `owner` is the class that it is a method of."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    env: Environment
    defaults: list[object]
    keyword_defaults: list[object]
    called: bool = False
    owner: Class | None = None
    kind: str = "function"
    """`"function"`, `"static"`, `"class"` or `"property"`."""

    @property
    def name(self) -> str:
        """Its name."""
        return getattr(self.node, "name", "lambda")


@dataclass(eq=False, slots=True)
class Class:
    """A class of the file."""

    node: ast.ClassDef
    attributes: dict[str, object]
    bases: list[object]
    first: Instance | None = None
    """Its first instance in the program."""

    def ancestors(self, depth: int = 0) -> Iterator[object]:
        """The class and what it derives from, with the bases of each class after it."""
        yield self
        for base in self.bases:
            if not isinstance(base, Class):
                yield base
            elif depth < 20:
                yield from base.ancestors(depth + 1)

    def find(self, name: str) -> object:
        """An attribute of the class or of a base; `MISSING` where there is none."""
        classes = (ancestor for ancestor in self.ancestors() if isinstance(ancestor, Class))
        return next((class_.attributes[name] for class_ in classes if name in class_.attributes), MISSING)

    def keras_base(self) -> Ref | None:
        """The Keras class from which it derives."""
        return next(
            (ancestor for ancestor in self.ancestors() if isinstance(ancestor, Ref) and ancestor.is_keras), None
        )


class Instance:
    """An object of a class of the file, or a namespace such as the arguments of the command line."""

    __slots__ = ("attributes", "cls")

    def __init__(self, cls: Class | None, attributes: dict[str, object] | None = None) -> None:
        self.cls = cls
        self.attributes: dict[str, object] = attributes if attributes is not None else {}


@dataclass(eq=False, slots=True)
class Method:
    """A function with its first argument."""

    receiver: object
    function: FunctionValue


@dataclass(eq=False, slots=True)
class Partial:
    """`functools.partial` of a function."""

    function: object
    arguments: list[Argument]


@dataclass(eq=False, slots=True)
class BuiltinMethod:
    """A method that the file does not define: `model.add`, `list.append`, `x.reshape`."""

    receiver: object
    name: str


class List:
    """A mutable list of the program.

    Attributes:
        unknown: Why its content is no longer known; None while it is.
        element: What each of its unknown items is like, if a loop has appended all of them.
    """

    __slots__ = ("element", "items", "unknown")

    def __init__(self, items: Sequence[object] = ()) -> None:
        self.items: tuple[object, ...] = tuple(items)
        self.unknown: Unknown | None = None
        self.element: Array | None = None


class SequentialLayers(List):
    """`model.layers` of a `Sequential`. Whether changing it changes the model depends on the version of Keras."""

    __slots__ = ("owner",)

    def __init__(self, owner: ModelValue, items: Sequence[object]) -> None:
        super().__init__(items)
        self.owner = owner


class Dict:
    """A dict of the program; `unknown` says why its content is no longer known."""

    __slots__ = ("items", "unknown")

    def __init__(self, items: dict[object, object] | None = None) -> None:
        self.items: dict[object, object] = items if items is not None else {}
        self.unknown: Unknown | None = None


class Either:
    """One of several values, after a branch on an unknown condition."""

    __slots__ = ("values",)

    def __init__(self, values: Sequence[object]) -> None:
        self.values = tuple(values)


class BaseModelLayers:
    """The layers of models whose order is not known, such as those of `keras.applications`, or `part` of them.

    `has_layers` says that a part is certainly not empty.
    """

    __slots__ = ("has_layers", "owners", "part")

    def __init__(self, owners: Sequence[KerasCall], part: bool = False, has_layers: bool = False) -> None:
        self.owners = tuple(owners)
        self.part = part
        self.has_layers = has_layers


class Subset(NamedTuple):
    """The part of a folder that a data set of `keras.utils` reads.

    Attributes:
        folder: The folder: a text, or an unknown value.
        name: `"training"` or `"validation"`.
        split: `validation_split`.
        shuffles: Whether the files are shuffled before they are split.
        seed: The seed of their order; None if there is none.
        node: The call.
    """

    folder: object
    name: str
    split: float
    shuffles: bool
    seed: int | None
    node: ast.AST


@dataclass(eq=False, slots=True)
class InputPipeline:
    """A data set of `tf.data`, or a generator of batches.

    Attributes:
        items: The arrays of its samples and, if it has them, its labels.
        batches: How often it is batched: 0 if it yields single samples.
        node: The expression that created it or batched it last.
        is_augmented: Whether a generator changes its samples at random.
        subset: The part of a folder that it reads; None if it is not known.
        is_shuffled: Whether a generator reads files in another order than that of its `classes`.
        is_predicted: Whether a model has predicted its samples.
    """

    items: tuple[object, ...]
    batches: int
    node: ast.AST | None = None
    is_augmented: bool = False
    subset: Subset | None = None
    is_shuffled: bool = False
    is_predicted: bool = False

    def with_items(self, items: tuple[object, ...]) -> InputPipeline:
        """The same samples with other arrays."""
        return InputPipeline(items, self.batches, self.node, self.is_augmented, self.subset)


@dataclass(eq=False, slots=True)
class Array:
    """An array of samples or labels, as far as the program determines its content.

    Attributes:
        shape: The shape, with the number of samples first; None if unknown.
        encoding: The encoding of labels: `"integer"`, `"one_hot"`, `"multi_hot"`, `"probabilities"`, `"number"`;
            `"identity"` for the rows of an identity matrix; None for samples, or where unknown.
        classes: The number of classes of labels.
        dtype: The dtype; None if unknown.
        range: The smallest and the greatest value; None if unknown.
        node: The expression that it came from, for messages.
        counts: How often each value occurs; None where unknown.
        normal: The mean and deviation of values that are drawn from a normal distribution.
        fitted_on: The call that fitted a transformer on these values, or on values that contain them.
        is_ordered: Whether they are labels that are sorted by class.
        is_part: Whether they are a part of a split.
        is_rest: Whether they are its second part, such as the test samples.
        scale: `"standard"` for values of mean 0 and deviation 1 in each column.
        whole: The array that a part was split off; None where unknown.
        parts: The number of parts that were split off.
        vocabulary: The largest number of distinct indices of tokens, which may be fewer; without one, the `Tokenizer`.
    """

    shape: tuple[object, ...] | None = None
    dtype: str | None = None
    range: tuple[float, float] | None = None
    encoding: str | None = None
    classes: object = None
    node: ast.AST | None = None
    counts: dict[int, int] | None = None
    normal: tuple[float, float] | None = None
    fitted_on: ast.AST | None = None
    is_ordered: bool = False
    is_part: bool = False
    is_rest: bool = False
    scale: str | None = None
    whole: Array | None = None
    parts: int = 0
    vocabulary: int | KerasCall | None = None

    @property
    def is_integral(self) -> bool:
        """Whether all values are integers, for any dtype."""
        return self.counts is not None or "int" in (self.dtype or "")

    def replace_fields(self, **changes: Any) -> Array:
        """A copy with changes."""
        return replace(self, **changes)


def known_items(value: object) -> object:
    """The items of a list whose content is known; any other value unchanged."""
    return value.items if isinstance(value, List) and value.unknown is None else value


MAX_ITEMS = 1000
"""Maximum number of items of a comprehension, range or repeated list that are evaluated one by one."""


def iterate(value: object) -> Sequence[object] | None:
    """The items over which a loop iterates; None if they are unknown or too many."""
    if isinstance(value, (List, Dict)):
        return None if value.unknown is not None else tuple(value.items)
    if isinstance(value, (tuple, str)):
        return value
    if isinstance(value, range):
        return value if abs(value.stop - value.start) // abs(value.step) <= MAX_ITEMS else None
    return None
