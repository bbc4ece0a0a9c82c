"""The kind of each column of a table, from its profile."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from seqspec.core.api.messages import counted, quote_value, shorten_list
from seqspec.training.data.encoding.booleans import BOOLEANS
from seqspec.training.data.encoding.values import MISSING_NAMES
from seqspec.training.data.far_values import shown_number, usual_range
from seqspec.training.data.leaks.scanned_columns import is_time_axis
from seqspec.training.data.samples import Array
from seqspec.training.data.tables.cells import alike
from seqspec.training.data.tables.identifiers import is_id_name
from seqspec.training.data.tables.number_text import unit_of
from seqspec.training.scaffold.column_names import (
    CODE,
    ID,
    MEASURE,
    NAMES,
    PEOPLE,
    PLACES,
    TIME,
    is_entity_name,
    sensitive_content,
)
from seqspec.training.scaffold.decimal_marks import ambiguous_mark, plain_number
from seqspec.training.scaffold.profile import MAX_CATEGORIES, ColumnProfile, Numbers
from seqspec.training.scaffold.text import words_of

Kind = Literal["number", "boolean", "category", "date", "text", "id", "ignore"]
Setting = str | int | bool | Sequence[str] | Sequence[int] | Sequence[float] | Mapping[str, str | bool]

MAX_SHOWN = 30
"""Categories with more values are not listed in the spec."""
MIN_ROWS = 5
"""Values in fewer rows are not listed."""
_FREQUENT = 0.1
"""The share of rows that the frequent values of a category have at least."""
TOP = 50
_UNIQUE = 0.9
_LONG_TEXT = 5
_FEW_INTEGERS = 12
GROUPED = "numbers with thousands separators or a decimal comma"
MIN_GROUPS = 20
"""Identifiers with fewer values are categories."""
_SKEW = 3.0

_UNEQUAL = 50
_MAX_UNITS = 3


@dataclass(frozen=True)
class ColumnChoice:
    """What a column is used for, and why.

    Attributes:
        profile: Its statistics.
        kind: Its kind.
        settings: The other keys of the column in `[data.columns]`.
        note: What a reader must know, such as the reason why it is not used.
        question: Another kind that it may have, as the line of the spec.
        group: Whether the values identify what several rows are about, such as a patient.
        shared: Whether they are identifiers of which some occur in several rows.
    """

    profile: ColumnProfile
    kind: Kind
    settings: Mapping[str, Setting] = field(default_factory=dict)
    note: str | None = None
    question: tuple[Kind, Mapping[str, Setting]] | None = None
    group: bool = False
    shared: bool = False

    @property
    def name(self) -> str:
        """The name of the column."""
        return self.profile.name

    @property
    def unit(self) -> str | None:
        """What is written beside the numbers of an input."""
        numbers = self.profile.numbers
        return numbers.unit if self.kind == "number" and numbers is not None else None

    @property
    def used(self) -> bool:
        """Whether the column is an input."""
        return self.kind not in ("id", "ignore")


def choose_kinds(
    profiles: Iterable[ColumnProfile], declared: Mapping[str, Kind], row_id: str | None = None
) -> list[ColumnChoice]:
    """The kind of each column: as declared, else inferred; of several identifiers one is `id`, the others ignored."""
    choices = []
    for number, profile in enumerate(profiles):
        kind = declared.get(profile.name)
        choices.append(infer(profile, first=number == 0) if kind is None else as_kind(profile, kind))
    ids = [choice for choice in choices if choice.kind == "id"]
    chosen = next((choice.name for choice in ids if choice.name == row_id), ids[0].name if ids else None)
    return [
        replace(choice, kind="ignore", note=f"{choice.note}, as {chosen}")
        if choice.kind == "id" and choice.name != chosen
        else choice
        for choice in choices
    ]


def infer(profile: ColumnProfile, first: bool = False) -> ColumnChoice:
    """The kind of a column by its values and its name."""
    unusable = _unusable(profile, first)
    if unusable is not None:
        return unusable
    if is_boolean(profile):
        return as_kind(profile, "boolean")
    if profile.date is not None:
        return as_kind(profile, "date")
    if profile.numbers is not None:
        return _numeric(profile, profile.numbers)
    return _textual(profile)


def _unusable(profile: ColumnProfile, first: bool) -> ColumnChoice | None:
    """The choice for a column that cannot be an input whatever its type; None for others."""
    if profile.nested:
        return ColumnChoice(profile, "ignore", note="lists or objects")
    if profile.sensitive is not None:
        return ColumnChoice(profile, "ignore", note=profile.sensitive)
    if profile.distinct == 0:
        return ColumnChoice(profile, "ignore", note="no values")
    if profile.distinct == 1:
        note = "a single value in all rows" if not profile.missing else "a single value, or none"
        return ColumnChoice(profile, "ignore", note=note)
    words = words_of(profile.name)
    if first and re.search(r"\w", profile.name) is None and profile.unique:
        return ColumnChoice(profile, "id", note="the first column, without a name")
    if profile.rising and not MEASURE.search(words):
        return ColumnChoice(profile, "id", note="integers that rise by 1")
    integers = profile.numbers is not None and profile.numbers.integers
    id_name = is_id_name(profile.name)
    named = id_name or ID.search(words) or CODE.search(words) or NAMES.fullmatch(words) or _rises_as_id(profile)
    if profile.unique and not profile.missing and integers and named:
        return ColumnChoice(profile, "id", note="a different integer in each row")
    if integers and id_name and profile.distinct > _UNIQUE * profile.present:
        note = f"identifiers: {profile.distinct:,} different values in {profile.present:,} rows"
        return ColumnChoice(profile, "ignore", note=note, shared=not profile.unique)
    return _identifier(profile, words)


def _rises_as_id(profile: ColumnProfile) -> bool:
    """Whether integers rise from row to row, and are not times."""
    numbers = profile.numbers
    return profile.ascending and numbers is not None and not is_time_axis(profile.name, numbers.low, numbers.high)


def _identifier(profile: ColumnProfile, words: str) -> ColumnChoice | None:
    """The choice for identifiers that occur in several rows."""
    fractions = profile.numbers is not None and not profile.numbers.integers
    if fractions or profile.unique or profile.distinct < MIN_GROUPS or not is_entity_name(words):
        return None
    note = f"identifiers: {profile.distinct:,} different values in {profile.present:,} rows"
    return ColumnChoice(profile, "ignore", note=note, group=profile.distinct <= profile.present / 2, shared=True)


def is_boolean(profile: ColumnProfile) -> bool:
    """Whether the values are yes and no, true and false, t and f, y and n, or 1 and 0."""
    values = {value.strip().lower() for value in profile.counts}
    return values <= BOOLEANS.keys() and {BOOLEANS[value] for value in values} == {True, False}


def _numeric(profile: ColumnProfile, numbers: Numbers) -> ColumnChoice:
    words = words_of(profile.name)
    names = profile.zeros or category_values(profile) is not None or _is_code(profile, words)
    if numbers.few_invalid and not names:
        return as_kind(profile, "number")
    if numbers.few_invalid and profile.zeros:
        return _as_code(profile)
    if names and any(mark.lower() in MISSING_NAMES for mark in numbers.marks):
        # Beside codes they are a value of their own.
        return _as_code(profile)
    if numbers.other_units and sum(numbers.other_units.values()) == numbers.grouped + numbers.others:
        return ColumnChoice(profile, "ignore", note=units_note(profile, numbers))
    if numbers.grouped:
        return ColumnChoice(profile, "ignore", note=grouped_note(profile, numbers))
    if numbers.others and (profile.distinct <= MAX_SHOWN or _is_code(profile, words)):
        return as_kind(profile, "category")
    texts = list(numbers.other_texts)
    if texts and not any(map(unit_of, texts)) and not sensitive_content(texts):
        shown = " and ".join(
            f"{quote_value(text, typed=False)} in {counted(count, 'row')}"
            for text, count in numbers.other_texts.items()
        )
        note = f"numbers, and {shown}: if this means missing, leave these fields empty"
        return ColumnChoice(profile, "ignore", note=note)
    if numbers.others:
        kind = "numbers" if numbers.unit is None else f"numbers in {numbers.unit}"
        others = f"{counted(numbers.others, 'value')} of {profile.present:,} are not {kind}"
        note = f"{others}: correct them; --kind {profile.name}=number shows their rows"
        return ColumnChoice(profile, "ignore", note=note)
    if numbers.integers and not numbers.marks and (profile.zeros or _is_code(profile, words)):
        return _as_code(profile)
    if re.search(r"\bdate\b", words) and _are_digits_of_dates(numbers):
        note = "looks like dates without separators, such as 123124: write them as 2024-12-31"
        return ColumnChoice(profile, "ignore", note=note)
    choice = as_kind(profile, "number")
    if numbers.integers and len(numbers.values) <= _FEW_INTEGERS:
        return replace(choice, question=("category", {"top": len(numbers.values)}))
    return choice


def _are_digits_of_dates(numbers: Numbers) -> bool:
    """Whether all numbers are month, day and year, or day, month and year, of two digits each."""
    if not numbers.integers or numbers.low < 10_101:
        return False
    first, second = numbers.values // 10_000, numbers.values // 100 % 100
    parts = np.stack([np.minimum(first, second), np.maximum(first, second)])
    return bool((parts >= 1).all() and (parts <= [[12], [31]]).all())


def grouped_note(profile: ColumnProfile, numbers: Numbers) -> str:
    """What must be done about numbers that are not plain."""
    rows = f"{numbers.grouped:,} of {profile.present:,}" if numbers.grouped < profile.present else "all"
    # The digits of a cell are not shown, but for a zero at its beginning: 0,480 is not 480.
    digits = itertools.cycle("1234567890")
    shown = re.sub(r"(?<=\d)\d|[1-9]", lambda _: next(digits), numbers.grouped_text)
    plain = plain_number(shown, numbers.decimal)
    if numbers.decimal is None and (mark := ambiguous_mark(shown)) is not None:
        whole, fraction = re.sub(r"[^\d.,+-]", "", shown).split(mark)
        called = "comma" if mark == "," else "point"
        plain = (
            f"{whole}{fraction} if the {called} separates thousands, as {whole}.{fraction} if it is a decimal {called}"
        )
        return f"{rows} values are {GROUPED}: write {quote_value(shown, typed=False)} as {plain}; or use --decimal"
    kept = "" if numbers.decimal is None else f', with the decimal "{numbers.decimal}" of the file'
    option = "; or use --decimal" if numbers.decimal is None else ""
    return f"{rows} values are {GROUPED}: write {quote_value(shown, typed=False)} as {plain}{kept}{option}"


def units_note(profile: ColumnProfile, numbers: Numbers) -> str:
    """What must be done about numbers in several units."""
    others = sum(numbers.other_units.values())
    units = [f"{unit} in {counted(rows, 'row')}" for unit, rows in numbers.other_units.items()]
    shown = " and ".join([f"{numbers.unit} in {profile.present - others:,} rows", *units[:_MAX_UNITS]])
    first = f"row {numbers.other_row + 1:,}" if others == 1 else f"first in row {numbers.other_row + 1:,}"
    count = "two" if len(units) == 1 else f"{len(units) + 1}"
    return f"numbers with {count} units, {shown} ({first}): convert them to one"


def variants(profile: ColumnProfile) -> str | None:
    """Two values that differ only in case or white space, such as Basic and "basic "; None if there are none."""
    group = next(iter(alike(profile.counts).values()), None)
    return None if group is None else " and ".join(quote_value(value, typed=False) for value in group[:2])


def _as_code(profile: ColumnProfile) -> ColumnChoice:
    if profile.distinct > MAX_CATEGORIES:
        return ColumnChoice(profile, "ignore", note=f"{profile.distinct:,} different codes")
    return as_kind(profile, "category")


def _is_code(profile: ColumnProfile, words: str) -> bool:
    """Whether integers are names, such as zip codes and the number of a store."""
    if MEASURE.search(words) or profile.distinct > profile.present / 2 or _is_size(profile, words):
        return False
    if CODE.search(words) or NAMES.fullmatch(words) or (PLACES.fullmatch(words) and _starts_above_0(profile)):
        return profile.distinct > 2
    return is_entity_name(words)


def _starts_above_0(profile: ColumnProfile) -> bool:
    return profile.numbers is not None and profile.numbers.low > 0


def _is_size(profile: ColumnProfile, words: str) -> bool:
    """Whether a column such as family counts persons: few integers from 0 or 1 on, of very unequal frequency."""
    numbers = profile.numbers
    if numbers is None or not PEOPLE.fullmatch(words) or numbers.low not in (0, 1) or numbers.high >= MIN_GROUPS:
        return False
    return int(numbers.counts.max()) > _UNEQUAL * int(numbers.counts.min())


def _textual(profile: ColumnProfile) -> ColumnChoice:
    if profile.unique and profile.words < _LONG_TEXT:
        return ColumnChoice(profile, "id", note="a different text in each row")
    many = profile.distinct > _UNIQUE * profile.present or profile.distinct > MAX_CATEGORIES
    if profile.words >= _LONG_TEXT and (many or profile.distinct > profile.present / 2):
        return as_kind(profile, "text")
    if profile.dates is not None:
        return ColumnChoice(profile, "ignore", note=f"dates in several formats, {profile.dates}: write all alike")
    units = _units(profile)
    if len(units) > 1:
        note = f"numbers with the units {shorten_list(units, _MAX_UNITS)}: convert them to one"
        return replace(ColumnChoice(profile, "ignore") if many else as_kind(profile, "category"), note=note)
    if many:
        note = f"{profile.distinct:,} different texts in {profile.present:,} rows"
        named = is_id_name(profile.name) or ID.search(words_of(profile.name))
        if named and profile.distinct > _UNIQUE * profile.present:
            note += ": without repeated values it would be the id, which predictions keep"
        return ColumnChoice(profile, "ignore", note=note)
    return as_kind(profile, "category")


def _units(profile: ColumnProfile) -> list[str]:
    """The units of the values, if all are numbers with one of a few units, such as kg and g."""
    units_in_use = {unit_of(value) for value in profile.counts}
    units = sorted(unit for unit in units_in_use if unit is not None)
    return units if len(units) == len(units_in_use) <= _MAX_UNITS and profile.distinct > 2 * len(units) else []


def as_kind(profile: ColumnProfile, kind: Kind) -> ColumnChoice:
    """The column with a kind that is known, and the settings that its values need."""
    match kind:
        case "number":
            return _as_number(profile)
        case "boolean":
            missing: dict[str, Setting] = {"missing": {"fill": "mean", "flag": True}}
            return ColumnChoice(profile, kind, missing if profile.missing else {})
        case "category":
            return _as_category(profile)
        case "date":
            return _as_date(profile)
        case "text":
            return ColumnChoice(profile, kind, {"top": 200})
        case "id":
            return ColumnChoice(profile, kind)
    return ColumnChoice(profile, "ignore")


def _as_number(profile: ColumnProfile) -> ColumnChoice:
    settings: dict[str, Setting] = {}
    numbers = profile.numbers
    if numbers is None:
        return ColumnChoice(profile, "number")
    note = None
    marked = bool(numbers.marks)
    if marked:
        rows = sum(numbers.marks.values())
        marks = " and ".join(mark or "a blank" for mark in numbers.marks)
        verb = "counts" if len(numbers.marks) == 1 else "count"
        note = f"{marks} in {counted(rows, 'row')} {verb} as missing"
    if numbers.sentinel is not None:
        rows = numbers.distinct.rows_of(numbers.sentinel)
        note = f"{numbers.sentinel:.6g} in {counted(rows, 'row')} looks like a missing value: leave these fields empty"
        keep = numbers.values != numbers.sentinel
        numbers = replace(numbers, values=numbers.values[keep], counts=numbers.counts[keep], marks={}, sentinel=None)
    usual = usual_range(numbers.distinct) if note is None else None
    if usual is not None:
        settings["clip"] = [int(end) if numbers.integers else end for end in usual]
        keep = (numbers.values >= usual[0]) & (numbers.values <= usual[1])
        far = numbers.values[~keep]
        note = f"{far_note(far, int(numbers.counts[~keep].sum()))}: clip limits them"
        numbers = replace(numbers, values=numbers.values[keep], counts=numbers.counts[keep])
    several = len(numbers.values) > (_FEW_INTEGERS if numbers.integers else 2)
    if numbers.unit is not None:
        settings["unit"] = numbers.unit
    if several and numbers.low >= 0 and numbers.mean > _SKEW * numbers.median and note is None:
        settings["scale"] = "log"
    if profile.missing or marked:
        settings["missing"] = {"fill": "median", "flag": True}
    return ColumnChoice(profile, "number", settings, note)


def far_note(far: Array, rows: int) -> str:
    """What is said about numbers that are far from all others."""
    shown = " to ".join(dict.fromkeys(shown_number(float(value)) for value in (far[0], far[-1])))
    return f"{shown} in {counted(rows, 'row')} {'is' if len(far) == 1 else 'are'} far from all others"


def _as_category(profile: ColumnProfile) -> ColumnChoice:
    settings: dict[str, Setting] = {}
    frequent = [count for count in profile.counts.values() if count >= MIN_ROWS]
    if profile.counts and sum(frequent) < _FREQUENT * profile.present:
        few = f"{len(frequent)} of them" if frequent else "none of them"
        note = f"{profile.distinct:,} different values, {few} in {MIN_ROWS} rows or more"
        return ColumnChoice(profile, "ignore", note=note)
    if (values := category_values(profile)) is not None:
        settings["values"] = values
    else:
        settings["top"] = min(TOP, len(frequent)) if frequent else TOP
    if profile.missing:
        settings["missing"] = "category"
    said = None
    if profile.numbers is None and (pair := variants(profile)) is not None:
        # Values are shown only where the spec lists them.
        shown = f"{pair} are different values" if values is not None else "values that differ in case or spaces"
        said = f"{shown}: write them alike if they mean the same"
    return ColumnChoice(profile, "category", settings, said)


def category_values(profile: ColumnProfile) -> list[str] | list[int] | None:
    """The values of a category, sorted, if they may be listed: at most 30, each in at least 5 rows."""
    if not profile.counts or len(profile.counts) > MAX_SHOWN or min(profile.counts.values()) < MIN_ROWS:
        return None
    if all(re.fullmatch(r"0|-?[1-9]\d{0,17}", value) for value in profile.counts):
        return sorted(map(int, profile.counts))
    return sorted(profile.counts)


def _as_date(profile: ColumnProfile) -> ColumnChoice:
    date = profile.date
    if date is None:
        return ColumnChoice(profile, "date")
    if date.ambiguous:
        note = "dates of which day and month may be exchanged: declare the format"
        other: dict[str, Setting] = {"format": date.format or "", "parts": list(date.parts)}
        return ColumnChoice(profile, "ignore", note=note, question=("date", other))
    if not date.century:
        note = "years of two digits, of which the century is not known: write them with four digits"
        return ColumnChoice(profile, "ignore", note=note)
    if date.odd.sentinels:
        counts = {f"{day:{date.format or '%Y-%m-%d'}}": count for day, count in date.odd.sentinels.items()}
        shown = " and ".join(f"{text} in {counted(count, 'row')}" for text, count in counts.items())
        note = f"{shown} looks like a missing date: leave these fields empty"
        return ColumnChoice(profile, "ignore", note=note)
    settings: dict[str, Setting] = {"parts": list(date.parts)}
    if date.format is not None:
        settings["format"] = date.format
    if profile.missing or date.missing:
        settings["missing"] = {"fill": "median", "flag": True}
    notes = ["times with a time zone are converted to UTC"] if date.offset else []
    if date.odd.future:
        is_one = date.odd.future == 1
        notes.append(
            f"{counted(date.odd.future, 'date')} after today, up to {date.odd.latest}: correct "
            f"{'it' if is_one else 'them'} if {'it has' if is_one else 'they have'} happened"
        )
    return ColumnChoice(profile, "date", settings, "; ".join(notes) or None)


def is_record_time(choice: ColumnChoice, missing: int) -> bool:
    """Whether a date says when a row was recorded, so that the newest rows can test the model.

    `missing` are the rows with a label and without a date.
    """
    date = choice.profile.date
    if date is None or missing or date.missing or choice.profile.distinct < MIN_ROWS:
        return False
    if date.is_time_of_day or date.odd.future:
        return False
    return choice.kind == "date" and not TIME.search(words_of(choice.name))
