"""What the user says about the data, and the error for what does not fit it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from seqspec.core.api.data import DEFAULT_DIALECT, Dialect
from seqspec.core.api.files import require_regular
from seqspec.core.api.messages import suggest
from seqspec.training.errors import ExitStatus, RunError, reason_of
from seqspec.training.scaffold.kinds import Kind


class ScaffoldError(RunError):
    """A spec cannot be written for the data with these options; the message says what to do."""

    status = ExitStatus.USAGE


def require_file(path: str) -> None:
    """Raises `ScaffoldError` for a device or a pipe, which would block whoever opens it, and for a link to nothing."""
    try:
        require_regular(path)
    except OSError as error:
        raise ScaffoldError(reason_of(error))


_ENCODINGS = (
    "cp1251", "cp1250", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "koi8-r", "gb18030", "shift_jis", "big5",
    "euc_kr", "mac_roman", "cp850", "cp437",
)  # fmt: skip
"""The encodings in which the name of a column is looked for, the most frequent first."""


@dataclass(frozen=True)
class ScaffoldOptions:
    """The options of `seqspec new --data`.

    Attributes:
        data: The file or folder.
        folder: The folder that the spec is written to.
        label: The column to predict.
        time: The column with the time of a series.
        horizon: Time steps to forecast.
        group: The column that names several series, or the groups of a split.
        known: Columns of a series that are known for the future.
        kinds: Kinds of columns that are not inferred.
        ignore: Columns that are not used.
        id: The column that identifies a row.
        template: The template that is filled in, if any.
        dialect: How the text of a CSV file is written; what is None is recognized.
        positive: The class that precision, recall and thresholds are of, of two.
    """

    data: str
    folder: str = ""
    label: str | None = None
    time: str | None = None
    horizon: int | None = None
    group: str | None = None
    known: Sequence[str] = ()
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    ignore: Sequence[str] = ()
    id: str | None = None
    template: str | None = None
    dialect: Dialect = DEFAULT_DIALECT
    positive: str | None = None

    @property
    def path(self) -> str:
        """The path of the data from the folder of the spec."""
        return os.path.relpath(self.data, self.folder or ".").replace(os.sep, "/")

    @property
    def name(self) -> str:
        """What messages call the data."""
        return os.path.basename(self.data.rstrip("/\\")) or self.data

    def command(self) -> list[str]:
        """The arguments of `seqspec` that write the same spec."""
        words = ["new", *([self.template] if self.template else []), "--data", self.path]
        words += [word for name, value in self.dialect.given().items() for word in (f"--{name}", value)]
        for option in ("label", "positive", "time", "horizon", "group"):
            if getattr(self, option) is not None:
                words += [f"--{option}", str(getattr(self, option))]
        words += [word for name in self.known for word in ("--known", name)]
        words += [word for name, kind in self.kinds.items() for word in ("--kind", f"{name}={kind}")]
        words += [word for name in self.ignore for word in ("--ignore", name)]
        return words + (["--id", self.id] if self.id is not None else [])

    def require_columns(self, names: Sequence[str], encoding: str | None = None) -> None:
        """Raises `ScaffoldError` for an option that names a column which the table does not have.

        `encoding` is that in which the file was read.
        """
        if encoding is not None and self.dialect.encoding is None and (other := self._other_encoding(names, encoding)):
            raise ScaffoldError(
                f"--label: {self.label} is not a column of {self.name}, which is read as {encoding}; "
                f"with --encoding {other} it is"
            )
        roles = {"label": self.label, "time": self.time, "group": self.group, "id": self.id}
        for role, name in roles.items():
            self._require(name, names, f"--{role}")
        for option, several in (("known", self.known), ("kind", self.kinds), ("ignore", self.ignore)):
            for name in several:
                self._require(name, names, f"--{option}")
        _require_distinct([(f"--{role}", name) for role, name in roles.items() if name is not None])
        for role in ("label", "time"):
            if getattr(self, role) in self.known:
                raise ScaffoldError(f"--known {getattr(self, role)} is the {role}: it is not known for the future")
        _require_distinct([("--ignore", name) for name in self.ignore] + [("--label", self.label or "")])

    def _other_encoding(self, names: Sequence[str], encoding: str) -> str | None:
        """The encoding in which a column of the file has the name of the label."""
        if self.label is None or self.label in names:
            return None
        for other in _ENCODINGS:
            with suppress(UnicodeError):
                if self.label in [name.encode(encoding).decode(other) for name in names]:
                    return other
        return None

    def _require(self, name: str | None, names: Sequence[str], option: str) -> None:
        if name is None or name in names:
            return
        meant = suggest(name, names)
        shown = meant.label if meant.word else f"the columns are {', '.join(names[:20])}"
        raise ScaffoldError(f"{option}: {name} is not a column of {self.name}; {shown}")

    def refuse(self, options: Iterable[str], reason: str) -> None:
        """Raises `ScaffoldError` if one of these options is set, which make no sense for the data."""
        for option in options:
            if getattr(self, option):
                name = {"kinds": "kind"}.get(option, option)
                raise ScaffoldError(f"--{name} cannot be used: {reason}")


def _require_distinct(uses: Sequence[tuple[str, str]]) -> None:
    seen: dict[str, str] = {}
    for option, name in uses:
        if name in seen:
            raise ScaffoldError(f"{option} and {seen[name]} both name {name}")
        if name:
            seen[name] = option
