"""The table `[data.columns]`: how the columns of a table are encoded as one vector of float32 values."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from itertools import islice
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, TypeVar, get_args

from annotated_types import MinLen
from pydantic import AfterValidator, Field

from seqspec.core.catalog.field_kind import kind_of_field
from seqspec.core.catalog.keras_object import bad_argument, conflict, require_valid
from seqspec.core.catalog.markers import NEUTRAL, Expects
from seqspec.core.catalog.types import Maybe, Number, PositiveInt, read_by
from seqspec.core.catalog.validation import read_entry, validate, wrong_choice, wrong_type
from seqspec.core.diagnostics.message import Message, Setting, alternatives, fmt, quote_value, shorten
from seqspec.core.diagnostics.suggest import Suggestion, SuggestionTemplate, suggest
from seqspec.core.diagnostics.violation import UNSET, Violation, Violations
from seqspec.core.document.base_table import Table, read_tagged
from seqspec.core.document.sizes import Range, Unit, require_unit
from seqspec.core.syntax.directives import SUPPRESSION_KEYS


def _date_format(value: str) -> str:
    try:
        if "%" not in value:
            raise ValueError
        date(2024, 3, 2).strftime(value)
    except ValueError:
        raise Violation(
            "bad-value",
            f"must be a format of strptime, got {quote_value(value, typed=False)}",
            help=fmt("write it as in {}", Setting("format", "%d/%m/%Y")),
        )
    return value


DateFormat = Annotated[str, AfterValidator(_date_format)]

CalendarPart = Literal["month", "season", "weekday", "weekend", "hour"]
"""The parts of a date that repeat themselves."""
DatePart = Literal["year", CalendarPart, "elapsed"]
DATE_PARTS: Mapping[DatePart, int] = {
    "year": 1, "month": 2, "season": 2, "weekday": 2, "weekend": 1, "hour": 2, "elapsed": 1,
}  # fmt: skip
"""The parts of a date, and the number of encoded values of each; two values are the sine and cosine of a cycle."""

_Part = TypeVar("_Part", bound=DatePart)


def _distinct(parts: list[_Part]) -> list[_Part]:
    for index, part in enumerate(parts):
        if part in parts[:index]:
            raise Violation("bad-value", f'repeats "{part}"', path=(index,), subject=(index,), help="remove it")
    return parts


CalendarParts = Annotated[list[CalendarPart], MinLen(1), AfterValidator(_distinct)]
DateParts = Annotated[list[DatePart], MinLen(1), AfterValidator(_distinct)]


DEFAULT_TEXT_WORDS = 200
"""The number of words of a `text` column that does not set `top`."""

_MISSING_DOC = "What is done about missing values; by default missing in [data]."


class ColumnFill(Table):
    """Base of what replaces missing values; statistics come from the training set."""

    title = "missing of a column"
    trailing = ("flag",)

    if TYPE_CHECKING:
        fill: Literal["mean", "median"] | bool | int | float

    flag: bool = Field(default=False, description="Whether one more value says that the value was missing.")


class NumberFill(ColumnFill):
    """Missing values are replaced; statistics come from the training set."""

    fill: Annotated[Literal["mean", "median"] | Number, Expects('"mean", "median" or a number')] = Field(
        description="mean or median of the training set, or a constant; for a date, of each of its parts."
    )


class BooleanFill(ColumnFill):
    """Missing values are replaced; statistics come from the training set."""

    fill: Annotated[Literal["mean", "median"] | bool, Expects('true, false, "mean" or "median"')] = Field(
        description="true, false, or the mean or median of the training set."
    )


_WORDS = ("error", "drop")
_MISSING = '"error", "drop" or { fill = ... }'


def _missing(kind: type[ColumnFill]) -> Callable[[object], object]:
    def read(value: object) -> object:
        if isinstance(value, Mapping):
            return validate(kind, value)
        if isinstance(value, kind) or (isinstance(value, str) and value in _WORDS):
            return value
        if isinstance(value, str) and value in ("mean", "median"):
            fill = {"fill": value}
            wrong = wrong_choice(value, [], _MISSING)
            raise wrong.replace(help=fmt("write {}", Setting("missing", fill)), recovered_value=validate(kind, fill))
        raise wrong_choice(value, _WORDS, _MISSING) if isinstance(value, str) else wrong_type(_MISSING, value)

    return read


_INVALID_DOC = "What is done about cells that cannot be read: an error, or they count as missing and are reported."

MissingNumbers = Annotated[Literal["error", "drop"] | NumberFill, *read_by(_missing(NumberFill), _MISSING, NEUTRAL)]
MissingBooleans = Annotated[Literal["error", "drop"] | BooleanFill, *read_by(_missing(BooleanFill), _MISSING, NEUTRAL)]


class ColumnKind(Table):
    """Base of the kinds of columns."""

    codec: ClassVar[str]
    """The module of `seqspec.training.data.encoding` that reads and encodes columns of the kind."""
    described: ClassVar[tuple[str, str, str]]
    """Its keys, how it is encoded, and how many values it has, in docs/training.md."""

    def width(self) -> int | None:
        """The number of values in the encoded vector; None if it depends on the training set."""
        raise NotImplementedError

    def _flags(self) -> int:
        missing: object = getattr(self, "missing", None)
        return int(isinstance(missing, ColumnFill) and missing.flag)


class NumberColumn(ColumnKind):
    """A number, scaled with statistics of the training set."""

    title = 'a column with kind = "number"'
    codec = "numbers"
    described = (
        '`scale`: `"standard"` (mean 0, standard deviation 1; the default), `"min_max"`, `"quantile"` '
        '(uniform from 0 to 1), `"log"` (sign(x) · log(1 + abs(x)), then standard), `"none"`; `clip = [low, '
        "high]` limits values before they are scaled; `unit` that cells may have beside the number; "
        "`missing`, `invalid`",
        "the scaled number",
        "1",
    )
    renamed: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("normalize", "normalization", "scaling", "scaler", "standardize"), "scale"
    )

    kind: Literal["number"] = Field(description="A number.")
    scale: Literal["standard", "min_max", "quantile", "log", "none"] = Field(
        default="standard",
        description="Scaling: standard (mean 0, standard deviation 1), min_max (0 to 1), quantile (0 to 1, uniformly "
        "distributed), log (sign(x) · log(1 + abs(x)), then standard), or none.",
    )
    clip: Maybe[Range] = Field(
        default=None, description="Minimum and maximum value; others are limited to them before scaling."
    )
    unit: Maybe[Unit] = Field(
        default=None,
        description="Unit that the cells may have beside the number, such as € or kg; the values are the numbers.",
    )
    missing: Maybe[MissingNumbers] = Field(default=None, description=_MISSING_DOC)
    invalid: Literal["error", "missing"] = Field(default="error", description=_INVALID_DOC)

    def check_arguments(self) -> None:
        require_unit(self.unit)
        if self.clip is not None and self.clip[0] == self.clip[1]:
            raise bad_argument("clip", f"makes all values {self.clip[0]:g}", help="set two different limits")

    def width(self) -> int:
        """1, and 1 for the flag."""
        return 1 + self._flags()


_BOOLEAN_DOC = "true/false, yes/no, y/n, t/f or 1/0, also as ja/nein, oui/non, sí/no, sì/no, sim/não, tak/nie."


class BooleanColumn(ColumnKind):
    """true or false, encoded as 1 or 0."""

    title = 'a column with kind = "boolean"'
    codec = "booleans"
    described = (
        "`missing`",
        "true/false, yes/no, y/n, t/f or 1/0 as 1 or 0, also as ja/nein, oui/non, sí/no, sì/no, sim/não, tak/nie",
        "1",
    )

    kind: Literal["boolean"] = Field(description=_BOOLEAN_DOC)
    missing: Maybe[MissingBooleans] = Field(default=None, description=_MISSING_DOC)

    def width(self) -> int:
        """1, and 1 for the flag."""
        return 1 + self._flags()


CategoryValue = str | int | bool
"""A value of a category; integers are compared as integers."""


def _category_values(values: list[CategoryValue]) -> list[CategoryValue]:
    violations = []
    seen: set[CategoryValue] = set()
    for index, value in enumerate(values):
        shown = quote_value(value, typed=False)
        if type(value) is not type(values[0]):
            message = f"must have the type of the first value, {quote_value(values[0], typed=False)}, got {shown}"
            help = "write all values as strings, integers or booleans, as they are in the table"
        elif value in seen:
            message, help = f"repeats {shown}", "remove it"
        else:
            seen.add(value)
            continue
        violations.append(Violation("bad-value", message, path=(index,), subject=(index,), help=help))
    if violations:
        raise Violations(violations, list(dict.fromkeys(values)))
    return values


CategoryValues = Annotated[list[CategoryValue], MinLen(1), AfterValidator(_category_values)]
"""The values of a category, all of one type."""


class CategoryColumn(ColumnKind):
    """One of several values, encoded as one place for each of them."""

    title = 'a column with kind = "category"'
    codec = "categories"
    described = (
        "`values`: strings, integers or booleans; or `top = N`, the most frequent values; or neither, all "
        'values; `min_count`: values in fewer rows share one place; `missing`, also `"category"`; `unknown = '
        '"zeros"` or `"error"`',
        "a place for each value",
        "`values`: their number; `top`: N + 1, the last for all others; else known after reading the data",
    )
    renamed: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(("categories", "classes", "vocabulary", "names"), "values"),
        **dict.fromkeys(("most_common", "max_tokens", "max_categories"), "top"),
        "min_frequency": "min_count",
        "handle_unknown": "unknown",
    }

    kind: Literal["category"] = Field(description="One of several values.")
    values: Maybe[CategoryValues] = Field(
        default=None, description="The values, in the order of their places; by default those of the training set."
    )
    top: Maybe[PositiveInt] = Field(
        default=None,
        description="Number of the most frequent values of the training set with a place of their own; the others "
        "share one more place.",
    )
    min_count: Maybe[PositiveInt] = Field(
        default=None, description="Values in fewer rows of the training set share one place."
    )
    missing: Maybe[Literal["error", "drop", "category"]] = Field(
        default=None,
        description="What is done about missing values; with category they have a place of their own. By default "
        "missing in [data]; where that is a fill, a missing value is zero in all places.",
    )
    unknown: Literal["zeros", "error"] = Field(
        default="zeros", description="What is done about values that are neither declared nor in the training set."
    )

    def check_arguments(self) -> None:
        for key in ("top", "min_count") if self.values is not None else ():
            if getattr(self, key) is not None:
                raise conflict(
                    key,
                    f"values and {key} are both set",
                    help=f"keep one: values lists all values, {key} learns them from the training set",
                )

    def width(self) -> int | None:
        """The number of values, or top and 1; and 1 for missing values. None if all values are learned."""
        own = int(self.missing == "category")
        if self.values is not None:
            return len(self.values) + own
        return None if self.top is None else self.top + 1 + own


class DateColumn(ColumnKind):
    """A date, with or without a time of day, encoded by its parts."""

    title = 'a column with kind = "date"'
    codec = "dates"
    described = (
        '`parts`: `"year"`, `"month"`, `"season"`, `"weekday"`, `"weekend"`, `"hour"`, `"elapsed"`, by '
        "default year, season and weekday; `since`: a date or a date column from which `elapsed` counts "
        "days; `format` as in strptime; `missing`, `invalid`",
        "`season` (of the day in the year), `month`, `weekday` and `hour` are the sine and cosine of a cycle",
        "2 for each of these, else 1",
    )

    kind: Literal["date"] = Field(description="A date, with or without a time of day.")
    parts: DateParts = Field(
        default=["year", "season", "weekday"],
        description="What is encoded: year, month, season (day of the year), weekday, weekend, hour, and elapsed "
        "(days since `since`). month, season, weekday and hour are the sine and cosine of a cycle.",
    )
    since_: Maybe[Annotated[str, Expects("a date or the name of a date column")]] = Field(
        alias="since",
        default=None,
        description="Start of elapsed: a date such as 2024-01-31, or a date column; by default 1970-01-01.",
    )
    format: Maybe[DateFormat] = Field(
        default=None, description="Format as in strptime, such as %d/%m/%Y; by default ISO 8601."
    )
    missing: Maybe[MissingNumbers] = Field(default=None, description=_MISSING_DOC)
    invalid: Literal["error", "missing"] = Field(default="error", description=_INVALID_DOC)

    def check_arguments(self) -> None:
        if self.since_ is not None and "elapsed" not in self.parts:
            parts = [*self.parts, "elapsed"] if "parts" in self.model_fields_set else ["elapsed"]
            raise conflict("since", "since needs the part elapsed", help=fmt("write {}", Setting("parts", parts)))

    def width(self) -> int:
        """1 or 2 for each part, and 1 for the flag."""
        return sum(DATE_PARTS[part] for part in self.parts) + self._flags()


class TextColumn(ColumnKind):
    """Text, encoded as one place for each frequent word: 1 where the text has the word. A missing text has none."""

    title = 'a column with kind = "text"'
    codec = "texts"
    described = (
        "`top = N` (200)",
        "a place for each of the N most frequent words, 1 where the text has the word",
        "N",
    )
    renamed: ClassVar[Mapping[str, str]] = dict.fromkeys(("max_tokens", "words", "vocabulary_size"), "top")

    kind: Literal["text"] = Field(description="Text of several words.")
    top: PositiveInt = Field(
        default=DEFAULT_TEXT_WORDS, description="Number of the most frequent words of the training set."
    )

    def width(self) -> int:
        """The number of words."""
        return self.top


Column = NumberColumn | BooleanColumn | CategoryColumn | DateColumn | TextColumn
KINDS: Mapping[str, type[Column]] = {
    kind_of_field(kind.model_fields["kind"]).choices[0]: kind for kind in get_args(Column)
}
"""The kinds of columns by their `kind`."""

_SYNONYMS = {
    **dict.fromkeys(("numeric", "numerical", "float", "int", "integer", "continuous"), "number"),
    **dict.fromkeys(("bool", "binary", "flag"), "boolean"),
    **dict.fromkeys(("categorical", "string", "str", "enum", "nominal"), "category"),
    **dict.fromkeys(("datetime", "timestamp", "time"), "date"),
}
_COLUMN = "a kind, a list of categories, or a table with kind"
_ALL_COLUMNS = "a table from column names to kinds"


def read_columns(value: object) -> dict[str, Column]:
    """Reads the table `columns`; raises `Violation` or `Violations`."""
    if not isinstance(value, Mapping):
        raise wrong_type(_ALL_COLUMNS, value).replace(help=_names_help(value))
    if not value:
        raise Violation("bad-value", "has no columns", help=fmt("write a column: {}", Setting("age", "number")))
    columns: dict[str, Column] = {}
    violations: list[Violation] = []
    for name, entry in value.items():
        if name in SUPPRESSION_KEYS:
            continue
        column = read_entry(violations, name, shorten(name), _column, name, entry)
        if column is not UNSET:
            columns[name] = column
    known = {violation.path[:2] for violation in violations}
    for name, column in columns.items():
        if isinstance(column, DateColumn) and (name, "since") not in known:
            violations += _check_since(name, column, value, columns)
    if violations:
        raise Violations(violations, columns or UNSET)
    return columns


def _names_help(value: object) -> Message | None:
    names = [name for name in value if isinstance(name, str)] if isinstance(value, list) else []
    return fmt("write {}", Setting("columns", dict.fromkeys(names[:3], "number"))) if names else None


def _column(name: str, value: object) -> Column:
    if isinstance(value, Column):
        return value
    if isinstance(value, str):
        if value not in KINDS:
            wrong = _unknown_kind(value, _COLUMN)
            meant = wrong.recovered_value
            raise wrong if meant is UNSET else wrong.replace(recovered_value=_plain(meant))
        return _plain(value)
    if isinstance(value, (list, tuple)):
        return _category(name, value)
    if not isinstance(value, Mapping):
        raise wrong_type(_COLUMN, value)
    kind = value.get("kind")
    if not isinstance(kind, str) or kind in KINDS:
        return _tagged(name, value)
    wrong = _unknown_kind(kind, alternatives([f'"{kind}"' for kind in KINDS])).with_subject("kind").prefixed("kind")
    if wrong.recovered_value is UNSET:
        raise Violations([wrong])
    violations = [wrong]
    column = KINDS[wrong.recovered_value].read({**value, "kind": wrong.recovered_value}, violations)
    raise Violations(violations, UNSET if column is None else column)


def _tagged(name: str, value: Mapping[str, object]) -> Column:
    try:
        return read_tagged(value, "kind", KINDS, f"the column {shorten(name)}")
    except Violations as several:
        kinds = [kind for kind, table in KINDS.items() if value.keys() <= set(table.key_names())]
        if len(kinds) != 1 or not value:
            raise
        help = fmt("add {}", Setting("kind", kinds[0]))
        items = [item.replace(help=help) if item.missing == "kind" else item for item in several.items]
        raise Violations(items, several.recovered_value)


def _plain(kind: str) -> Column:
    """A column with the defaults of its kind."""
    column = KINDS[kind].read({"kind": kind}, [])
    assert column is not None
    return column


def _unknown_kind(kind: str, expected: str) -> Violation:
    meant = _SYNONYMS.get(kind.lower())
    wrong = wrong_choice(kind, list(KINDS), expected)
    if meant is None:
        return wrong
    return wrong.replace(recovered_value=meant, **Suggestion(meant, SuggestionTemplate.STRING).arguments())


def _category(name: str, values: Sequence[object]) -> CategoryColumn:
    """A category with these values, for a list instead of a table."""
    violations: list[Violation] = []
    column = CategoryColumn.read({"kind": "category", "values": list(values)}, violations)
    # A list has no key "values" to name.
    return require_valid(
        column, [item.replace(path=item.path[1:], subject=(shorten(name), *item.subject[1:])) for item in violations]
    )


def _check_since(
    name: str, column: DateColumn, declared: Mapping[str, object], columns: Mapping[str, Column]
) -> list[Violation]:
    """The violation if `since` is neither a date nor another date column."""
    since = column.since_
    if since is None or (since in declared and since not in columns):
        return []
    if since != name and isinstance(columns.get(since), DateColumn):
        return []
    try:
        datetime.fromisoformat(since)
        return []
    except ValueError:
        pass
    expected = "must be a date or the name of another date column"
    if since == name:
        statement, meant = f"{expected}, not the column itself", Suggestion(None)
    elif since in columns:
        statement, meant = f"{expected}, but {shorten(since)} is a {columns[since].kind}", Suggestion(None)
    else:
        dates = [
            other for other, other_column in columns.items() if isinstance(other_column, DateColumn) and other != name
        ]
        help = "write a date such as 2024-01-31, or declare the column with kind date"
        statement, meant = f'{expected}, got "{shorten(since)}"', suggest(since, dates, help, SuggestionTemplate.STRING)
    return [Violation("bad-value", statement, path=(name, "since"), subject=("since",), **meant.arguments())]


def encoded_width(columns: Mapping[str, Column]) -> int | None:
    """The number of values of the encoded vector; None if it depends on the training set."""
    widths = [column.width() for column in columns.values()]
    known = [width for width in widths if width is not None]
    return sum(known) if len(known) == len(widths) else None


def learned_widths(columns: Mapping[str, Column]) -> list[str]:
    """The columns whose number of values depends on the training set."""
    return [name for name, column in columns.items() if column.width() is None]


def listed_widths(columns: Mapping[str, Column], limit: int) -> str:
    """The first columns with their number of values, such as `state 52, age 1, …`."""
    shown = [
        f"{shorten(name)} {'?' if (width := column.width()) is None else width}"
        for name, column in islice(columns.items(), limit)
    ]
    return ", ".join([*shown, "…"] if len(columns) > limit else shown)


def unscaled(columns: Mapping[str, Column]) -> list[str]:
    """The columns whose values are not encoded in about [-1, 1]: numbers with `scale = "none"`."""
    return [name for name, column in columns.items() if isinstance(column, NumberColumn) and column.scale == "none"]
