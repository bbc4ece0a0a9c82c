"""The formats of tables in files, and the options of how such a file is written: one object declares each.

From them follow the accepted values of `format`, the keys of sources, the options of `seqspec predict`, `evaluate` and
`new`, the suffixes, and what README.md and docs/training.md list (`scripts/generate`). A module of
`seqspec.training.data.tables.formats` reads each format.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, TypedDict

from pydantic import AfterValidator, Field

from seqspec.core.catalog.field_kind import kind_of_field
from seqspec.core.catalog.markers import marker
from seqspec.core.catalog.types import Maybe
from seqspec.core.diagnostics.message import quote_value
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.document.base_table import Table


@dataclass(frozen=True, kw_only=True, eq=False)
class TableOption:
    """Marks a field of `Dialect`: its option on the command line.

    Attributes:
        help: The help; `{}` is what ends it, such as "of a CSV file".
        metavar: What stands for the value in the usage.
        words: Other words for values that are hard to type, such as tab.
        place: Its place among the options.
        in_new: Whether `seqspec new` has the option; it recognizes the value of a file otherwise.
        shown: How `seqspec new` prints a value; by default after the name.
        example: A value that a file can have.
    """

    help: str
    metavar: str | None = None
    words: Mapping[str, str] | None = None
    place: int
    in_new: bool = True
    shown: Callable[[str], str] | None = None
    example: str


def table_delimiter(value: str) -> str:
    """A character that can separate the fields of a table; raises `Violation`."""
    if len(value) != 1:
        raise Violation("bad-value", f"must be a single character, got {quote_value(value)}")
    # With these, a file of passwords would be a table, whose column names are part of messages.
    if value.isalnum() or value in "=:\"'\\":
        raise Violation("bad-value", f"must separate columns, as a comma, semicolon or tab, got {quote_value(value)}")
    return value


def text_encoding(value: str) -> str:
    """The name of an encoding of text that Python knows; raises `Violation`."""
    try:
        known = "a".encode(value).decode(value) == "a"
    except (LookupError, ValueError):
        known = False
    if not known:
        raise Violation("bad-value", f"unknown encoding {quote_value(value)}", help="use utf-8, cp1252 or utf-16")
    return value


def _delimiter_text(value: str) -> str:
    return {"\t": "tabs", ";": "semicolons", "|": "bars"}.get(value, value)


def _decimal_text(value: str) -> str:
    return {",": "decimal commas", ".": "commas between thousands"}[value]


class Dialect(Table):
    """How the text of a table is written, such as a CSV file: the keys of sources that can be tables in files."""

    delimiter: Annotated[
        Maybe[Annotated[str, AfterValidator(table_delimiter)]],
        TableOption(
            help="Delimiter {}; tab for a tab.",
            metavar="CHAR",
            words={"tab": "\t", "\\t": "\t"},
            place=1,
            in_new=False,
            shown=_delimiter_text,
            example=";",
        ),
    ] = Field(default=None, description="Delimiter of a CSV file.")
    decimal: Annotated[
        Maybe[Literal[".", ","]], TableOption(help="Decimal mark {}.", place=2, shown=_decimal_text, example=",")
    ] = Field(
        default=None,
        description='Decimal mark of numbers in a CSV file: "," reads 1.234,5 as 1234.5, "." reads 1,234.5 as 1234.5.',
    )
    encoding: Annotated[
        Maybe[Annotated[str, AfterValidator(text_encoding)]],
        TableOption(help="Encoding {}.", metavar="NAME", place=0, shown=str, example="cp1252"),
    ] = Field(default=None, description="Encoding of a CSV file, such as cp1252; by default UTF-8.")

    @property
    def dialect(self) -> "Dialect":
        """How the text of the file is written, without the other keys of a source."""
        return Dialect.of(self.given())

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """The dialect with these values; None is the default."""
        return cls(**{name: value for name, value in values.items() if value is not None})

    def given(self) -> dict[str, Any]:
        """The options that are not the default."""
        values = {name: getattr(self, name) for name in TABLE_OPTIONS}
        return {name: value for name, value in values.items() if value is not None}

    def replaced(self, **values: str | None) -> "Dialect":
        """The dialect with other values."""
        return Dialect.of(self.given() | values)


class DialectOptions(TypedDict, total=False):
    """The fields of `Dialect` as arguments of a function."""

    delimiter: str | None
    decimal: Literal[".", ","] | None
    encoding: str | None


def _option(name: str) -> TableOption:
    option = marker(Dialect.model_fields[name].metadata, TableOption)
    assert option is not None, f"{name} of Dialect has no TableOption"
    return option


TABLE_OPTIONS: Mapping[str, TableOption] = {name: _option(name) for name in Dialect.model_fields}
"""The options of all formats, by field of `Dialect`."""

DEFAULT_DIALECT = Dialect()


def option_choices(name: str) -> tuple[str, ...]:
    """The values of an option that has a few; empty if it has many."""
    return kind_of_field(Dialect.model_fields[name]).choices


@dataclass(frozen=True, kw_only=True)
class DeclaredFormat:
    """The facts about a format.

    Attributes:
        name: The value of `format`.
        title: The name in texts.
        reader: The module and the class in `seqspec.training.data.tables.formats`.
        suffixes: The suffixes of its files.
        options: The fields of `Dialect` that it has.
        is_text: Whether a file is lines of text: it may be compressed as a whole, with a further suffix, as in
            data.csv.gz, and can be read without PyArrow.
        separator: What separates the fields of a line; None if they have names.
    """

    name: str
    title: str
    reader: str
    suffixes: tuple[str, ...]
    options: frozenset[str] = frozenset()
    is_text: bool = False
    separator: str | None = None


_DELIMITED = frozenset({"delimiter", "decimal", "encoding"})

_DECLARED = (
    DeclaredFormat(
        name="csv", title="CSV", reader="delimited:Csv", suffixes=(".csv",),
        options=_DELIMITED, is_text=True, separator=",",
    ),
    DeclaredFormat(
        name="tsv", title="TSV", reader="delimited:Tsv", suffixes=(".tsv", ".tab"),
        options=_DELIMITED, is_text=True, separator="\t",
    ),
    DeclaredFormat(
        name="jsonl", title="JSON Lines", reader="jsonl:JsonLines", suffixes=(".jsonl", ".ndjson"), is_text=True
    ),
    DeclaredFormat(name="parquet", title="Parquet", reader="parquet:Parquet", suffixes=(".parquet",)),
    DeclaredFormat(name="feather", title="Feather", reader="feather:Feather", suffixes=(".feather", ".arrow")),
)  # fmt: skip

TABLE_FORMATS: Mapping[str, DeclaredFormat] = {declared.name: declared for declared in _DECLARED}
"""The values of `format`."""

COMPRESSION_SUFFIXES = (".gz", ".bz2", ".zst")

if TYPE_CHECKING:
    TableFormatName = str
else:
    TableFormatName = Literal[tuple(TABLE_FORMATS)]


def table_format_of(path: str) -> TableFormatName | None:
    """The format of a table in a file by its suffix; None for an unknown suffix."""
    name = path.lower()
    compression = next((suffix for suffix in COMPRESSION_SUFFIXES if name.endswith(suffix)), "")
    name = name.removesuffix(compression)
    declared = next((declared for declared in _DECLARED if name.endswith(declared.suffixes)), None)
    return None if declared is None or (compression and not declared.is_text) else declared.name
