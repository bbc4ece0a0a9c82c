"""The content of a container, before its arrays are assigned to layers, and its JSON, which is parsed within bounds."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from seqspec.core.api.files import LIMITS, Limits, raise_limit_help
from seqspec.core.api.frontends import has_many_layers

if TYPE_CHECKING:
    from numpy.typing import NDArray


Reason = Literal[
    "not-a-model",
    "architecture-missing",
    "input-shape",
    "layout",
    "weights-missing",
    "weights-left-over",
    "weights-shape",
    "unsafe-file",
    "holds-code",
    "removed-from-keras",
    "missing-package",
    "predictions-differ",
    "unverifiable",
]

Container = Literal["h5", "keras", "weights", "tfjs", "savedmodel", "checkpoint"]
WITHOUT_MODULES: tuple[Container, ...] = ("h5", "tfjs")
"""The containers in which Keras 3 leaves out the modules of classes."""
Array: TypeAlias = "NDArray[Any]"
NamedArrays: TypeAlias = "list[tuple[str, Array]]"
Table = tuple[list[object], list[Any]]
"""The keys of a lookup table (strings as bytes) and their values."""


@dataclass(frozen=True)
class WriterVersions:
    """The Keras that wrote a file.

    Attributes:
        keras: 1, 2 or 3; TensorFlow's own Keras counts as 2.
        version: The version as the file states it, empty if it does not.
        backend: "tensorflow", "theano" or "cntk"; None if the file does not state it.
        tfjs: Whether TensorFlow.js wrote it.
    """

    keras: int
    version: str = ""
    backend: str | None = None
    tfjs: bool = False

    @property
    def old_hard_sigmoid(self) -> bool:
        """Whether hard_sigmoid is clip(0.2 x + 0.5), not clip(x / 6 + 0.5)."""
        return self.keras < 3

    @property
    def zeros_masked_steps(self) -> bool:
        """Whether a Bidirectional returns zeros for masked steps: TensorFlow's Keras and Keras 3 do.

        Keras 1, Keras 2 and TensorFlow.js repeat the output before them.
        """
        if self.keras != 2 or self.tfjs:
            return self.keras > 2
        return self.version.endswith("-tf") or self._numbers >= [2, 4]

    @property
    def masks_inside_steps(self) -> bool:
        """Whether a TimeDistributed passes on the masks that the layer inside it creates: Keras 2.2 to 2.15 does."""
        return self.keras == 2 and not self.tfjs and self._numbers >= [2, 2]

    @property
    def masks_softmax(self) -> bool:
        """Whether a Softmax leaves out masked values: TensorFlow's Keras and Keras 3 do."""
        return self.zeros_masked_steps

    @property
    def relu_drops_mask(self) -> bool:
        """Whether a ReLU layer drops the mask, as in TensorFlow 2.4, but not in 2.6."""
        return self.keras == 2 and self.zeros_masked_steps and self._numbers < [2, 6]

    @property
    def half_pixels(self) -> bool:
        """Whether images are enlarged around the centers of their pixels: since TensorFlow 2.2."""
        return not self.tfjs and (self.keras > 2 or (self.zeros_masked_steps and self._numbers >= [2, 3]))

    @property
    def _numbers(self) -> list[int]:
        return [int(number) for number in re.findall(r"\d+", self.version)[:2]]

    def __str__(self) -> str:
        if self.tfjs:
            return f"TensorFlow.js {self.version}".rstrip()
        return f"Keras {self.version or self.keras}"


def generation_of(version: object, backend: object = None, missing: int = 1) -> WriterVersions:
    """The generation of a file's `keras_version`; `missing` is the major version of a file without one."""
    text = version if isinstance(version, str) else ""
    name = backend if backend in ("tensorflow", "theano", "cntk") else None
    match = re.search(r"(\d+)\.", text)
    if text.startswith("tfjs"):
        return WriterVersions(2, text.rpartition(" ")[2], name, tfjs=True)
    return WriterVersions(int(match[1]) if match is not None else missing, text, name)


@dataclass
class ByLayer:
    """Arrays in lists, one per layer of the model, in the order in which Keras lists the weights."""

    layers: list[tuple[str, NamedArrays]]


@dataclass
class InOneList:
    """Arrays in one list for the whole model."""

    arrays: NamedArrays


@dataclass
class ByPath:
    """Arrays at the paths of the objects that own them, as `layers/dense/vars/0`."""

    arrays: dict[str, Array]


@dataclass
class ByObject:
    """Arrays in a graph of objects, whose edges are the names of attributes.

    `children` has the targets of each object by name, `arrays` the values of those objects that are variables, and
    `tables` the keys and values of those that are tables.
    """

    children: Sequence[Mapping[str, int]]
    arrays: Mapping[int, Array]
    root: int = 0
    tables: dict[int, Table] = field(default_factory=dict)


NEW_OPTIMIZER = "the state of the optimizer is not carried over: training starts with a new optimizer"

Store = ByLayer | InOneList | ByPath | ByObject


@dataclass
class SavedModel:
    """A file as it was read.

    Attributes:
        container: Its format.
        config: The model as Keras's JSON, with what it was compiled with; None if the file has only weights.
        generation: The Keras that wrote it.
        store: The arrays; None if only the configuration was read.
        notes: What was left out.
    """

    container: Container
    config: Mapping[str, object] | None
    generation: WriterVersions
    store: Store | None
    notes: list[str] = field(default_factory=list)


@dataclass
class ConversionNotes:
    """The changes that were made to the weights: each rule with the number of its uses, and notes."""

    fixes: Counter[str] = field(default_factory=Counter)
    texts: list[str] = field(default_factory=list)

    def add(self, text: str) -> None:
        """Adds a note once."""
        if text not in self.texts:
            self.texts.append(text)


class SavedModelError(Exception):
    """A file that is not imported.

    Attributes:
        reason: The kind of the error.
        message: What is wrong.
        help: How to fix it, if known.
    """

    def __init__(self, reason: Reason, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.reason: Reason = reason
        self.message = message
        self.help = help


MAX_BYTES = 1 << 27
_DEPTH = 200


def parse_json(text: str | bytes, what: str, limits: Limits = LIMITS) -> Any:
    """The object of a JSON text; raises `SavedModelError` if it is not one, or too large or deep to parse safely."""
    if len(text) > MAX_BYTES:
        raise SavedModelError("unsafe-file", f"{what} is larger than {MAX_BYTES:,} bytes")
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SavedModelError("not-a-model", f"{what} is not valid JSON: {error}") from error
    if not isinstance(tree, dict):
        raise SavedModelError("not-a-model", f"{what} is not a JSON object")
    if _deep(tree):
        raise SavedModelError("unsafe-file", f"{what} is nested deeper than {_DEPTH} levels")
    if has_many_layers(tree, limits.layers):
        raise SavedModelError(
            "unsafe-file",
            f"the model has more than {limits.layers:,} layers",
            raise_limit_help("layers"),
        )
    return tree


def _deep(tree: Any) -> bool:
    level = [tree]
    for _ in range(_DEPTH):
        level = [
            child
            for value in level
            for child in (value.values() if isinstance(value, dict) else value)
            if isinstance(child, (dict, list))
        ]
        if not level:
            return False
    return True
