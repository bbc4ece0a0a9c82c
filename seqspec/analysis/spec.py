"""A checked document as typed data: read from a source, or written in Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seqspec.analysis.analyze import Source, analyze
from seqspec.catalog.layer import Layer
from seqspec.catalog.plain import tree_of as plain
from seqspec.diagnostics.errors import SpecError
from seqspec.document.document import DocumentSpec
from seqspec.syntax.limits import LIMITS, Limits


class Model:
    """The table `[model]`, for writing a spec in Python.

    Args:
        input: The shape of one sample without the batch, or the long form as a dict; None where the first layer
            fixes it.
        layers: The stack, made of the classes of `seqspec.layers` (or of entries as a document has them).
        name: The name of the Keras model.
    """

    def __init__(
        self,
        *,
        layers: Sequence[Layer | Mapping[str, Any] | str],
        input: Sequence[int | str | None] | Mapping[str, Any] | None = None,
        name: str | None = None,
    ) -> None:
        self.input = input
        self.layers = list(layers)
        self.name = name

    def to_tree(self) -> dict[str, Any]:
        """The table as a document holds it."""
        tree: dict[str, Any] = {} if self.name is None else {"name": self.name}
        if self.input is not None:
            tree["input"] = plain(self.input)
        return {**tree, "layers": plain(self.layers)}


class Spec(DocumentSpec):
    """A document that checks, as typed data; see `DocumentSpec` for its attributes.

    Args:
        model: The model.
        tables: The further tables of a document by name, as dicts: `compile`, `fit`, `target`, ...

    Raises:
        SpecError: The check finds an error; `report` says which.
    """

    def __init__(self, *, model: Model | Mapping[str, Any], **tables: Any) -> None:
        tree = {"seqspec": 1, "model": plain(model), **{key: plain(value) for key, value in tables.items()}}
        self.__dict__.update(_tables(tree, None, (), LIMITS))


    @classmethod
    def from_keras(cls, model: Any) -> Spec:
        """The spec of a `keras.Sequential`, compiled or not.

        Raises:
            TypeError: The model is not a `keras.Sequential`, or a layer of it cannot be serialized.
            SpecError: The model holds what a spec cannot express; `report` says what.
        """
        from seqspec.importers.live import is_live_model, live_document

        if not is_live_model(model):
            raise TypeError(f"from_keras needs a keras.Sequential, not {type(model).__name__}")
        spec = object.__new__(cls)
        spec.__dict__.update(_tables(live_document(model), None, (), LIMITS))
        return spec


def load(
    source: Source, *, vars: Mapping[str, Any] | None = None, settings: Sequence[str] = (), limits: Limits = LIMITS
) -> Spec:
    """Reads and checks a document.

    Args:
        source: A path, a document as a dict, or a `Spec`.
        vars: Values for the document's variables.
        settings: Further values in the words of `--set`.
        limits: Bounds on the size of what is read.

    Raises:
        SpecError: The check finds an error; `report` says which.
    """
    spec = object.__new__(Spec)
    spec.__dict__.update(_tables(source, vars, settings, limits))
    return spec


def _tables(
    source: Source, values: Mapping[str, Any] | None, settings: Sequence[str], limits: Limits
) -> dict[str, Any]:
    result = analyze(source, vars=values, settings=settings, limits=limits)
    if not result.report.ok or result.spec is None:
        raise SpecError(result.report)
    return vars(result.spec)
