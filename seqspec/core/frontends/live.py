"""A model object of the running program as a spec; the program has already imported Keras."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from seqspec.core.diagnostics.convert import to_diagnostic
from seqspec.core.diagnostics.message import PYTHON, Notation
from seqspec.core.diagnostics.violation import Path, Violation, Violations, pointer
from seqspec.core.frontends.frontend import Frontend, R, SourceModels
from seqspec.core.language.keys import is_name
from seqspec.core.syntax.document import Document
from seqspec.core.syntax.limits import Limits

if TYPE_CHECKING:
    from seqspec.core.frontends.keras_json.sequential_model import ImportedModel

KerasModel = Any
"""A `keras.Sequential`, whose class this module does not import."""

_PACKAGES = ("keras", "tensorflow", "tf_keras")
_STANDS_IN = {"class_name": "Activation", "config": {"activation": "linear"}}
"""A placeholder for a layer that a spec cannot declare."""


class LiveDocument(Document):
    """The spec of a model object; what it says of code is in terms of Python."""

    # Keras builds a model without an input when it is called on data.
    undetermined = frozenset({"input"})

    @property
    def notation(self) -> Notation:
        """That of Python."""
        return PYTHON


class UndeclarableLayer(NamedTuple):
    """A note on a layer of a model, by its path; findings in an opaque layer are not those of the model."""

    path: Path
    message: str
    is_opaque: bool


class LiveModel(SourceModels[R]):
    """A model object; layers that a spec cannot declare are notes instead of errors."""

    def __init__(self, model: object) -> None:
        document, self._notes = checked_document(model)
        super().__init__([document])

    def report(self, reports: Sequence[R]) -> R:
        """The report with the notes, without the findings in opaque layers."""
        (report,) = reports
        diagnostics = report.diagnostics
        for path, message, is_opaque in self._notes:
            if is_opaque:
                layer = pointer(path)
                diagnostics = [
                    diagnostic
                    for diagnostic in diagnostics
                    if diagnostic.pointer != layer and not diagnostic.pointer.startswith(f"{layer}/")
                ]
            note = to_diagnostic(Violation("not-followed", message), path=path, span=None, file=None, notation=PYTHON)
            diagnostics = [*diagnostics, note]
        return replace(report, diagnostics=diagnostics)


class LiveModelFrontend(Frontend):
    """Reads `keras.Sequential` objects."""

    def read(self, source: object, limits: Limits) -> SourceModels[Any]:
        """The model; another object of Keras is an error."""
        return LiveModel(source) if is_live_model(source) else SourceModels([self.read_one(source, limits)])


LIVE_MODELS = LiveModelFrontend()


def is_live_model(value: object) -> bool:
    """Whether a value is a `Sequential` of `keras`, `tf.keras` or another package."""
    return _sequential_class(value) is not None and callable(getattr(value, "to_json", None))


def _sequential_class(value: object) -> type | None:
    """The Keras class `Sequential` of which a model is an instance."""
    bases = [cls for cls in type(value).__mro__ if cls.__module__.partition(".")[0] in _PACKAGES]
    return next((cls for cls in bases if cls.__name__ == "Sequential"), None)


def live_document(model: KerasModel) -> tuple[Document, list[str]]:
    """The document of a model, compiled or not; parts that a spec cannot declare are among its violations.

    Returns:
        The document, and notes on what it does not contain.

    Raises:
        TypeError: The model cannot be serialized, because a layer of it has no config.
    """
    from seqspec.core.frontends.keras_json.sequential_model import read_model

    tree = _serialized(model)
    if (violation := _own_call(model)) is not None:
        return _unreadable(tree, [violation]), []
    shared = [
        Violation("unsupported-layer", f"{note.message}, which a spec cannot express", path=("config", "layers"))
        for note in _shared(model)
    ]
    if shared:
        return _unreadable(tree, shared), []
    try:
        read = read_model(tree)
        return Document(read.tree), _omitted(read)
    except Violations as several:
        return _unreadable(tree, several.items), []


def checked_document(model: KerasModel) -> tuple[Document, list[UndeclarableLayer]]:
    """The document of a model to be checked; layers that a spec cannot declare are opaque, with their output shape.

    Returns:
        The document, and the notes on its layers.

    Raises:
        TypeError: The model cannot be serialized, because a layer of it has no config.
    """
    from seqspec.core.frontends.keras_json.sequential_model import import_model
    from seqspec.core.frontends.keras_json.wrapped_values import INPUT, class_of

    tree = _serialized(model)
    if (violation := _own_call(model)) is not None:
        return _unreadable(tree, [violation]), []
    try:
        read = import_model(tree)
        return LiveDocument(read.tree), _notes(model, read)
    except Violations as several:
        refused = several.items
    entries = tree["config"]["layers"] if isinstance(tree.get("config"), dict) else []
    places = {
        violation.path[2]
        for violation in refused
        if violation.path[:2] == ("config", "layers") and len(violation.path) > 2
    }
    if any(violation.path[:2] != ("config", "layers") or len(violation.path) < 3 for violation in refused):
        return _unreadable(tree, refused), []
    names = {place: class_of(entries[place]) or "this layer" for place in places if isinstance(place, int)}
    for place in names:
        entries[place] = _STANDS_IN
    try:
        read = import_model(tree)
    except Violations as several:
        return _unreadable(tree, several.items), []
    document, notes = read.tree, _notes(model, read)
    skipped = int(bool(entries) and class_of(entries[0]) == INPUT)
    for place in sorted(names):
        index = place - skipped
        entry, declared = _opaque(model.layers[index], f"Layer{index}")
        document["model"]["layers"][index] = entry
        document.setdefault("custom", {}).update(declared)
        message = f"{names[place]} is not a layer that a spec can hold, so what it computes is not checked"
        notes.append(UndeclarableLayer(("model", "layers", index), message, True))
    return LiveDocument(document), notes


def _opaque(layer: Any, name: str) -> tuple[dict[str, object], dict[str, object]]:
    """A layer with a known output shape and number of parameters only, and its declaration."""
    try:
        shape = list(layer.output.shape[1:])
        params = layer.count_params()
    except (AttributeError, ValueError, TypeError):
        # The model is not built.
        return {"type": "?"}, {}
    if not all(type(size) is int for size in shape):
        return {"type": "?"}, {}
    declared: dict[str, object] = {"import": "program:Layer", "output_shape": shape, "params": int(params)}
    entry: dict[str, object] = {"custom": name}
    label = getattr(layer, "name", None)
    if isinstance(label, str) and is_name(label):
        entry["name"] = label
    if getattr(layer, "trainable", True) is False:
        entry["trainable"] = False
    return entry, {name: declared}


def _serialized(model: KerasModel) -> Any:
    import json

    try:
        tree = json.loads(model.to_json())
    except NotImplementedError as error:
        raise TypeError(f"the model cannot be serialized: {error}") from error
    _repeat(model, tree)
    # A subclass that only adds methods is the same model.
    if isinstance(tree, dict) and _own_call(model) is None:
        tree["class_name"] = "Sequential"
    return tree


def _repeat(model: KerasModel, tree: Any) -> None:
    """Adds the further uses of layers that are used several times, which Keras does not serialize."""
    from seqspec.core.frontends.keras_json.wrapped_values import INPUT, class_of

    entries = tree["config"]["layers"] if isinstance(tree, dict) and isinstance(tree.get("config"), dict) else []
    first = entries[:1] if entries and class_of(entries[0]) == INPUT else []
    layers = list(model.layers)
    by_name = {entry["config"].get("name"): entry for entry in entries if isinstance(entry.get("config"), dict)}
    if len(entries) - len(first) == len(layers) or not all(layer.name in by_name for layer in layers):
        return
    repeated: list[object] = []
    used: dict[str, int] = {}
    for layer in layers:
        entry, count = by_name[layer.name], used.get(layer.name, 0)
        used[layer.name] = count + 1
        name = f"{layer.name}_again_{count}" if count else layer.name
        repeated.append({**entry, "config": {**entry["config"], "name": name}})
    tree["config"]["layers"] = [*first, *repeated]


def _omitted(read: ImportedModel) -> list[str]:
    """Notes on the arguments of `compile` that a spec does not contain, such as a loss with code."""
    return [PYTHON.message(note) for note in read.compile_notes]


def _notes(model: KerasModel, read: ImportedModel) -> list[UndeclarableLayer]:
    return [*_shared(model), *(UndeclarableLayer(("compile",), note, False) for note in _omitted(read))]


def _shared(model: KerasModel) -> list[UndeclarableLayer]:
    """Notes on layers that share their weights with an earlier one, because they are the same layer."""
    notes: list[UndeclarableLayer] = []
    first: dict[int, int] = {}
    for index, layer in enumerate(model.layers):
        before = first.setdefault(id(layer), index)
        if before != index and layer.weights:
            message = f"{type(layer).__name__} shares its weights with model.layers[{before}]"
            notes.append(UndeclarableLayer(("model", "layers", index), message, False))
    return notes


def _own_call(model: KerasModel) -> Violation | None:
    """The violation for a subclass of Sequential that computes something else than its layers in sequence."""
    known = _sequential_class(model)
    if known is None or type(model).call is known.call:  # type: ignore[attr-defined]  # a keras.Sequential
        return None
    return Violation(
        "unsupported-layer",
        f"{type(model).__name__} overrides call, so that its layers alone do not determine what it computes",
        path=("class_name",),
        help="move what call does into a layer of the model",
    )


def _unreadable(tree: Mapping[str, object], violations: list[Violation]) -> Document:
    document = Document(dict(tree))
    document.readable = False
    document.violations += violations
    return document
