"""Front ends: how one kind of source becomes documents, and how what is found in them becomes one report."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from os import PathLike
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from seqspec.core.catalog.plain import table_form, to_plain
from seqspec.core.diagnostics.errors import Diagnostics
from seqspec.core.syntax.document import Document
from seqspec.core.syntax.limits import Limits
from seqspec.core.syntax.source import read_source

R = TypeVar("R", bound=Diagnostics)


class HasTree(Protocol):
    """A `Spec`, or another object that can be converted to plain data."""

    def as_written(self) -> Mapping[str, object]:
        """Returns the plain data."""


Source = str | PathLike[str] | Mapping[str, object] | HasTree | Document


class KerasTarget(NamedTuple):
    """The Keras that a program is for.

    Attributes:
        version: 1, 2 or 3.
        reason: What decides it.
        is_assumed: Whether neither the caller nor the project nor the program says so, but the environment or nothing.
    """

    version: int
    reason: str
    is_assumed: bool = False

    def __str__(self) -> str:
        return f"Keras {self.version} ({self.reason})"

    def to_dict(self) -> dict[str, Any]:
        """JSON data."""
        return {"version": self.version, "reason": self.reason, "assumed": self.is_assumed}


class SourceModels(Generic[R]):
    """The models of a source, each as a document; several documents for a model with undetermined values.

    Attributes:
        documents: The documents to check.
    """

    def __init__(self, documents: Iterable[Document]) -> None:
        self.documents = list(documents)

    def report(self, reports: Sequence[R]) -> R:
        """The report of the source, given those of its documents in order."""
        return reports[0]

    def common_text(self, texts: Sequence[str | None]) -> str:
        """The common text of all documents, of which some may have None."""
        return next(text for text in texts if text is not None)


class Frontend:
    """Reads one kind of source. What its documents look like is up to their class, derived from `Document`.

    Attributes:
        name: Its name in messages.
        suffixes: The suffixes of the files that it reads, such as `".py"`.
        packages: The packages of whose classes it reads the objects, such as `"keras"`.
        markers: What a file must contain to be checked with its folder; without markers, no file is.
    """

    name: str = ""
    suffixes: Collection[str] = ()
    packages: Collection[str] = ()
    markers: Collection[bytes] = ()

    def kind(self, file: str) -> type[Document]:
        """The class of the document with the text of a file."""
        return Document

    def targeting(self, keras: str | KerasTarget | None) -> Frontend:
        """This front end for sources that are for a version of Keras; None if they say it themselves."""
        return self

    def read(self, source: Any, limits: Limits) -> SourceModels[Any]:
        """The models of a source, to check all of them."""
        return SourceModels([self.read_one(source, limits)])

    def read_one(self, source: Any, limits: Limits) -> Document:
        """The document of the one spec that the source is, to build, train or show it.

        Mistakes are in its `violations`; a source without a spec has one too.
        """
        return read_source(source, limits)

    def read_model(self, source: Any, limits: Limits, name: str | None = None) -> SourceModels[Any]:
        """One model of a source, to draw it: several documents if it has values that are not determined.

        Args:
            source: The source.
            limits: Bounds on the size of what is read.
            name: The name or line of the model; None for the only one.
        """
        return SourceModels([self.read_one(source, limits)])


class SpecFrontend(Frontend):
    """Reads specs: TOML and JSON files, dicts, and objects with a tree."""

    name = "specs"

    def read_one(self, source: Source, limits: Limits) -> Document:
        """The document of a spec."""
        if isinstance(source, Document):
            return source
        if hasattr(source, "as_written"):
            source = source.as_written()
        elif isinstance(source, Mapping):
            source = to_plain(source, table_form)
        return read_source(source, limits)
