"""The table of front ends, which is read without importing what it names; plugins add to it."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from functools import cache
from pkgutil import resolve_name
from typing import Any, NamedTuple

from seqspec.core.catalog.plugins import FRONTENDS as GROUP
from seqspec.core.catalog.plugins import plugins
from seqspec.core.frontends.frontend import Frontend, SpecFrontend
from seqspec.core.syntax.document import Document
from seqspec.core.syntax.limits import LIMITS, Limits
from seqspec.core.syntax.source import empty_document, parse_bytes

_MAX_SEARCHED_BYTES = 50_000_000


class FrontendEntry(NamedTuple):
    """A front end that is imported when a source needs it.

    Attributes:
        name: Its name.
        target: Where it is, as `"module:NAME"`; or the front end itself, of a plugin.
        suffixes: The suffixes of the files that it reads.
        packages: The packages of whose classes it reads the objects.
        markers: What a file must contain to be checked with its folder; of a tuple, one of its items.
        importer: What `seqspec import` calls for a file that it reads, as `"module:NAME"`.
        upgrader: What `seqspec upgrade` calls for a file that it reads.
    """

    name: str
    target: str | Frontend
    suffixes: Collection[str] = ()
    packages: Collection[str] = ()
    markers: Collection[bytes | tuple[bytes, ...]] = ()
    importer: str | None = None
    upgrader: str | None = None

    def load(self) -> Frontend:
        """The front end."""
        if isinstance(self.target, Frontend):
            return self.target
        frontend: Frontend = resolve_name(self.target)
        return frontend


_USES = (b"Sequential", b"Model(", b"Model)", b"Layer)", b".compile(", b".fit(", b"from keras", b"keras.", b".keras")
"""What a program has that may contain a model, or uses names of Keras."""

_FRONTENDS = (
    FrontendEntry(
        "Keras objects",
        "seqspec.core.frontends.live:LIVE_MODELS",
        packages=("keras", "tensorflow", "tf_keras"),
    ),
    FrontendEntry(
        "programs",
        "seqspec.programs.frontend:PROGRAMS",
        suffixes=(".py", ".ipynb"),
        markers=(b"keras", _USES),
        importer="seqspec.programs.commands.import_program:IMPORTER",
    ),
    FrontendEntry(
        "saved models",
        "seqspec.saved_models.saved_model_frontend:SAVED_MODELS",
        suffixes=(".h5", ".hdf5", ".keras"),
        importer="seqspec.saved_models.commands.import_saved:IMPORTER",
        upgrader="seqspec.saved_models.commands.upgrade_saved:UPGRADER",
    ),
)

SPECS = SpecFrontend()
"""The front end of every source that no other one reads."""


def frontend_for(source: object) -> Frontend:
    """The front end of a source, by its file name or its class."""
    if isinstance(source, Document):
        return _named(source.frontend)
    entry = entry_of(os.fsdecode(source)) if isinstance(source, (str, os.PathLike)) else _entry_of_object(source)
    return SPECS if entry is None else entry.load()


def entry_of(file: str) -> FrontendEntry | None:
    """The front end of a file by its name; None for a spec."""
    lower = file.lower()
    for entry in frontends():
        if lower.endswith(tuple(entry.suffixes)):
            return entry
    return None


def split_model(file: str) -> tuple[str, str | None]:
    """The file of an argument `FILE:NAME` or `FILE:LINE`, and the name or line of a model in it; None for a file."""
    if entry_of(file) is None and not os.path.exists(file):
        for separator in re.finditer(":", file):
            entry = entry_of(file[: separator.start()])
            if entry is not None and entry.markers:
                return file[: separator.start()], file[separator.end() :]
    return file, None


def _entry_of_object(value: object) -> FrontendEntry | None:
    packages = {base.__module__.partition(".")[0] for base in type(value).__mro__}
    return next((entry for entry in frontends() if not packages.isdisjoint(entry.packages)), None)


def _named(name: str | None) -> Frontend:
    """The front end of a document, which names it; None is that of specs."""
    return SPECS if name is None else next(entry for entry in frontends() if entry.name == name).load()


def frontends() -> tuple[FrontendEntry, ...]:
    """All front ends but that of specs; plugins are last."""
    return (*_FRONTENDS, *_plugins()[0])


def frontend_faults() -> tuple[str, ...]:
    """Why front ends of plugins cannot be used."""
    return _plugins()[1]


@cache
def _plugins() -> tuple[tuple[FrontendEntry, ...], tuple[str, ...]]:
    entries: list[FrontendEntry] = []
    faults: list[str] = []
    taken = {suffix: entry.name for entry in _FRONTENDS for suffix in entry.suffixes}
    for plugin in plugins(GROUP):
        frontend, fault = plugin.value, plugin.fault
        if fault is None and isinstance(frontend, Frontend):
            used = next((suffix for suffix in frontend.suffixes if suffix.lower() in taken), None)
            if used is None:
                suffixes = tuple(suffix.lower() for suffix in frontend.suffixes)
                taken |= dict.fromkeys(suffixes, plugin.name)
                entries.append(
                    FrontendEntry(plugin.name, frontend, suffixes, tuple(frontend.packages), tuple(frontend.markers))
                )
                continue
            fault = f"{used} files are read by the front end {taken[used.lower()]}"
        elif fault is None:
            fault = f"expected a seqspec.plugins.Frontend, got a {type(frontend).__name__}"
        faults.append(f'the front end "{plugin.name}" of {plugin.target} cannot be used: {fault}')
    return tuple(entries), tuple(faults)


def parse(data: bytes, file: str, limits: Limits = LIMITS) -> Document:
    """The document with the text of a file, given its bytes."""
    return parse_bytes(data, file, limits, kind_of(file))


def unread(file: str, limits: Limits = LIMITS) -> Document:
    """An empty document for a file that was not read."""
    return empty_document(file, limits, kind_of(file))


def kind_of(file: str) -> type[Document]:
    """The class of the document with the text of a file."""
    entry = entry_of(file)
    return Document if entry is None else entry.load().kind(file)


def is_checked_with_folder(file: str) -> bool:
    """Whether a file of another front end than that of specs is checked with its folder: it has the markers."""
    entry = entry_of(file)
    if entry is None or not entry.markers:
        return False
    try:
        with open(file, "rb") as stream:
            text = stream.read(_MAX_SEARCHED_BYTES)
    except OSError:
        return False
    return has_markers(entry, text)


def has_markers(entry: FrontendEntry, text: bytes) -> bool:
    """Whether a text may contain a model, by the markers of its front end."""
    return bool(entry.markers) and all(
        any(alternative in text for alternative in ((marker,) if isinstance(marker, bytes) else marker))
        for marker in entry.markers
    )


def importers() -> Iterator[Any]:
    """The importers of the front ends, in order; see `seqspec.cli.importing`."""
    return (resolve_name(entry.importer) for entry in frontends() if entry.importer is not None)


def upgraders() -> Iterator[Any]:
    """The upgraders of the front ends, in order; see `seqspec.cli.importing`."""
    return (resolve_name(entry.upgrader) for entry in frontends() if entry.upgrader is not None)
