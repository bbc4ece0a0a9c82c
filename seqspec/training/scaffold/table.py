"""A spec for a table: kinds of columns, label, split and a model of a suitable size."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from seqspec.core.api.data import DEFAULT_DIALECT, encoded_width, read_columns
from seqspec.core.api.messages import counted, quote_value, toml_key
from seqspec.training.data.encoding.booleans import BOOLEANS
from seqspec.training.data.tables.formats.base import is_utf8
from seqspec.training.scaffold.invalid import CORRECT, InvalidValues, invalid_values
from seqspec.training.scaffold.kinds import MAX_SHOWN, ColumnChoice, Kind, Setting, choose_kinds
from seqspec.training.scaffold.media import TextFacts, text_model
from seqspec.training.scaffold.options import ScaffoldError, ScaffoldOptions
from seqspec.training.scaffold.pieces import (
    hidden_layers,
    hidden_units,
    is_wide,
    last_layer,
    model_lines,
    parameters,
    spec_text,
    target_lines,
    training_lines,
)
from seqspec.training.scaffold.profile import ColumnProfile, profile
from seqspec.training.scaffold.relations import without_repetitions
from seqspec.training.scaffold.sample import TableSample, dialect_lines, dialect_text, read_sample, read_words
from seqspec.training.scaffold.split import SplitPlan, split_of
from seqspec.training.scaffold.task import Task, label_candidates, task_of
from seqspec.training.scaffold.text import Draft, comment, toml

_MAX_CANDIDATES = 8
_MAX_LISTED = 4
_MAX_NOTES = 12
_ROWS = 'rows are counted from 1 after the header; with invalid = "missing" in a column they count as missing'


@dataclass(frozen=True)
class TablePlan:
    """What is decided about a table.

    Attributes:
        options: What the user says.
        sample: Its rows.
        choices: The use of each column but the label.
        label: The column to predict.
        task: What is predicted.
        split: How the rows are divided.
        invalid: The values to correct, by input column.
    """

    options: ScaffoldOptions
    sample: TableSample
    choices: list[ColumnChoice]
    label: ColumnChoice
    task: Task
    split: SplitPlan
    invalid: Mapping[str, InvalidValues]

    @property
    def used(self) -> list[ColumnChoice]:
        """The input columns."""
        return [choice for choice in self.choices if choice.used]

    @property
    def ignored(self) -> list[ColumnChoice]:
        """The columns that are not used, but for the id and the group."""
        return [choice for choice in self.choices if choice.kind == "ignore" and choice.name != self.split.group]

    @property
    def id(self) -> str | None:
        """The column that identifies a row."""
        return next((choice.name for choice in self.choices if choice.kind == "id"), None)

    @property
    def corrections(self) -> list[tuple[str, str]]:
        """The values to correct, for the console."""
        notes = [(CORRECT, f"{name}: {invalid.message}") for name, invalid in self.invalid.items()][:_MAX_NOTES]
        return [*notes, ("", _ROWS)] if notes else []


def draft_table(options: ScaffoldOptions) -> Draft:
    """The spec for a table; raises `ScaffoldError` and `DataError`."""
    plan = plan_table(options, read_sample(options.data, options.dialect))
    # A source of texts has no dialect of its own, no ids and no missing labels.
    is_plain = plan.sample.dialect == DEFAULT_DIALECT and plan.id is None and not plan.label.profile.missing
    if [choice.kind for choice in plan.used] == ["text"] and is_plain:
        return _draft_text(plan)
    width = encoded_values(plan)
    return Draft(_text(plan, width), _lines(plan, width), dictionary(plan.choices, plan.label))


def _draft_text(plan: TablePlan) -> Draft:
    """The spec for a table whose only input is a text: embeddings of its words."""
    [text] = plan.used
    words = [round(text.profile.words * 1.5)]
    model = text_model(TextFacts(words, plan.sample.rows), plan.task, validated=True)
    source = ["[data.source]", 'type = "text"', f"path = {toml(plan.options.path)}", f"column = {toml(text.name)}"]
    tables = (target_lines(plan.task), model.training, [*source, f"label = {toml(plan.label.name)}"])
    text_of_spec = spec_text(plan.options, model_lines(model.input, model.layers), *tables, plan.split.lines())
    said = [line for line in _lines(plan, 0) if line[0] != "model"]
    return Draft(text_of_spec, [*said, ("model", model.summary)], dictionary(plan.choices, plan.label))


def encoded_values(plan: TablePlan) -> int:
    """The number of values that the input columns are encoded as."""
    columns = {choice.name: {"kind": choice.kind, **choice.settings} for choice in plan.used}
    width = encoded_width(read_columns(columns))
    assert width is not None
    return width


def plan_table(options: ScaffoldOptions, sample: TableSample) -> TablePlan:
    """The decisions for a table."""
    names = list(sample.columns)
    options.require_columns(names, sample.dialect.encoding)
    declared: dict[str, Kind] = {**options.kinds}
    sample, trimmed = sample.trimmed(options.label) if options.label is not None else (sample, 0)
    profiles = _profiles(sample, options.label, declared)
    for name in options.ignore:
        declared[name] = "ignore"
    if options.id is not None:
        declared[options.id] = "id"
        _require_unique(next(id_profile for id_profile in profiles if id_profile.name == options.id), sample)
    choices = choose_kinds(profiles, declared, options.id)
    if options.label is None:
        shown = ", ".join(label_candidates(choices)[:_MAX_CANDIDATES]) or "none of them"
        raise ScaffoldError(f"which column of {options.name} is the label? Use --label COLUMN; it could be {shown}")
    label = next(choice for choice in choices if choice.name == options.label)
    sample = sample.with_numbers({choice.name: choice.unit for choice in choices if choice.unit is not None})
    _require_label(label, options.kinds.get(label.name), sample)
    kind, positive = options.kinds.get(label.name), options.positive
    task = task_of(label.profile, kind, lambda value: sample.rows_of(label.name, value), positive)
    if trimmed and task.kind != "regression":
        spaces = f"{counted(trimmed, 'row')} with white space around the class, which does not count"
        task = replace(task, summary=f"{task.summary}; {spaces}")
    choices = [choice for choice in choices if choice is not label]
    labelled = sample.with_value(label.name)
    choices = without_repetitions(choices, labelled, label.name)
    usable = [choice for choice in choices if choice.name not in options.ignore]
    split = split_of(usable, labelled, label.name, task, options.group)
    grouped = "groups of rows that the split keeps together"
    choices = [
        ColumnChoice(choice.profile, "ignore", note=grouped) if choice.name == split.group else choice
        for choice in choices
    ]
    if not any(choice.used for choice in choices):
        reasons = "; ".join(f"{choice.name}: {choice.note}" for choice in choices[:_MAX_LISTED])
        raise ScaffoldError(f"no column of {options.name} can be used as an input ({reasons})")
    invalid = {choice.name: wrong for choice in choices if (wrong := invalid_values(choice, sample)) is not None}
    return TablePlan(options, sample, choices, label, task, split, invalid)


def _profiles(sample: TableSample, label: str | None, declared: Mapping[str, Kind]) -> list[ColumnProfile]:
    """The profiles of the columns, in the rows that have a label: the others neither train nor test."""
    labelled = sample if label is None else sample.with_value(label)
    column_profiles = []
    for name, column in sample.columns.items():
        rows = sample if name == label else labelled
        is_number = declared.get(name) == "number"
        own = profile(name, rows.columns[name], rows.positions, name in rows.nested, rows.dialect.decimal, is_number)
        # Rows to predict have no label, and can lack what the others have.
        column_profiles.append(replace(own, rows=own.present + column.null_count, missing=column.null_count))
    return column_profiles


def _require_unique(identifier: ColumnProfile, sample: TableSample) -> None:
    """Raises `ScaffoldError` for an `id` whose values are repeated."""
    if identifier.distinct < identifier.present:
        repeats, copies = sample.copies(identifier.name)
        if copies:
            first = f"the first is row {copies[0] + 1:,}"
            are = "is an exact copy of another" if len(copies) == 1 else "are exact copies of others"
            said = f"{counted(len(copies), 'row')} {are}"
            if len(copies) < repeats:
                said = f"{len(copies):,} of the {repeats:,} rows that repeat an earlier value are exact copies"
            then = "remove them, then it is unique" if len(copies) == repeats else "remove them"
            raise ScaffoldError(f"--id {identifier.name}: {said}, {first}: {then}")
        raise ScaffoldError(
            f"--id {identifier.name}: values repeat: {identifier.distinct:,} distinct in {identifier.present:,} rows; "
            f"use --group {identifier.name} to keep their rows in one set, or --ignore"
        )


def _require_label(label: ColumnChoice, kind: Kind | None, sample: TableSample) -> None:
    """Raises `ScaffoldError` for a label whose values are numbers, but for a few."""
    if kind == "number" or (kind is None and label.kind == "number" and label.profile.distinct > MAX_SHOWN):
        invalid = invalid_values(label, sample)
        if invalid is not None:
            raise ScaffoldError(f"the label {label.name}: {invalid.message}")


def _text(plan: TablePlan, width: int) -> str:
    """The spec as TOML, one comment for each decision."""
    rows, task = plan.sample.rows, plan.task
    layers = [*hidden_layers(rows, width), last_layer(task, plan.label.name)]
    model = [
        f"# The input, {width:,} values, follows from [data.columns]. The size is a rule of thumb for {rows:,} rows.",
        *(["# Of so many values, some fit noise: L2 keeps their weights small."] if is_wide(width) else []),
        "layers = [",
        *(f"  {layer}," for layer in layers),
        "]",
    ]
    data = (source_lines(plan), column_lines(plan), plan.split.lines())
    return spec_text(plan.options, model, target_lines(task), training_lines(task, rows, width=width), *data)


def source_lines(plan: TablePlan) -> list[str]:
    """The source."""
    options = plan.options
    lines = []
    if plan.label.profile.missing:
        count = counted(plan.label.profile.missing, "row")
        lines = ["[data]", f'missing = "drop"  # {count} without a label', ""]
    lines += ["[data.source]", 'type = "table"', f"path = {toml(options.path)}"]
    lines += dialect_lines(plan.sample.dialect)
    lines.append(f"label = {toml(plan.label.name)}")
    if plan.id is not None:
        lines.append(f"id = {toml(plan.id)}")
    if plan.ignored:
        lines.append("ignore = [")
        for choice in plan.ignored:
            remarks = [choice.note or "", *([_as_question(choice)] if choice.question else [])]
            note = f"  # {comment('; '.join(filter(None, remarks)))}" if any(remarks) else ""
            lines.append(f"  {toml(choice.name)},{note}")
        lines.append("]")
    return lines


def column_lines(plan: TablePlan) -> list[str]:
    """The table `[data.columns]`."""
    return ["[data.columns]", *(_column_line(choice, plan.invalid.get(choice.name)) for choice in plan.used)]


def _column_line(choice: ColumnChoice, invalid: InvalidValues | None) -> str:
    """The line of a column in `[data.columns]`, with what its values are."""
    remark = _remark(choice) if invalid is None else f"{_remark(choice)}; {invalid.summary}"
    return f"{toml_key(choice.name)} = {_declaration(choice.kind, choice.settings)}  # {comment(remark)}"


def _declaration(kind: str, settings: Mapping[str, Setting]) -> str:
    if not settings:
        return toml(kind)
    if set(settings) == {"values"}:
        return toml(settings["values"])
    return toml({"kind": kind, **settings})


def _remark(choice: ColumnChoice) -> str:
    parts = [_description(choice)]
    if choice.profile.missing:
        parts.append(f"{choice.profile.missing:,} missing")
    if choice.question is not None:
        parts.append(_as_question(choice))
    if choice.note:
        parts.append(choice.note)
    return "; ".join(part for part in parts if part)


def _as_question(choice: ColumnChoice) -> str:
    """The other kind that a column may have."""
    assert choice.question is not None
    kind, settings = choice.question
    return f"as a {kind}: {_declaration(kind, settings)}"


def _description(choice: ColumnChoice) -> str:
    """What the values of a column are, without any of them but for the range of numbers."""
    profile = choice.profile
    if choice.kind == "number" and profile.numbers is not None and len(profile.numbers.values):
        numbers = profile.numbers
        shown = [value for value in numbers.values if value != numbers.sentinel]
        span = f"{min(shown):.6g} to {max(shown):.6g}"
        span += "" if choice.unit is None else f" {choice.unit}"
        return f"{len(shown)} values, {span}" if choice.question is not None else span
    if choice.kind == "boolean":
        positive = sum(count for value, count in profile.counts.items() if BOOLEANS.get(value.strip().lower()))
        return f"true in {positive / profile.present:.1%} of the rows"
    if choice.kind == "date" and profile.date is not None:
        if profile.date.is_time_of_day:
            return "times of the day"
        first, last = profile.date.first, profile.date.last
        return f"{first}" if first == last else f"{first} to {last}"
    if choice.kind == "text":
        return f"{profile.words:.0f} words on average"
    return f"{profile.distinct:,} values"


def _lines(plan: TablePlan, width: int) -> list[tuple[str, str]]:
    """What was decided and why, for the console."""
    sample = plan.sample
    missing = sum(choice.profile.missing > 0 for choice in [*plan.choices, plan.label])
    shown = "no missing values" if not missing else f"missing values in {counted(missing, 'column')}"
    rows = f"{sample.rows:,} rows" if sample.complete else f"{sample.rows:,} rows ({len(sample.positions):,} sampled)"
    written = dialect_text(sample.dialect)
    lines = [
        (plan.options.name, f"{rows}, {counted(len(sample.columns), 'column')}, {shown}"),
        *([("format", written)] if written is not None else []),
        *_encoding_line(plan),
        ("label", f"{plan.label.name}: {plan.task.summary}"),
        ("columns", _kinds_line(plan.used)),
    ]
    lines += [("id", _id_line(choice)) for choice in plan.choices if choice.kind == "id"]
    lines += _notes("not used", [choice for choice in plan.choices if choice.kind == "ignore"])
    lines += _notes("note", plan.used)
    lines += plan.corrections
    layers = " → ".join(f"Dense {units}" for units in hidden_units(sample.rows))
    units = plan.task.units
    lines.append(("split", plan.split.summary))
    if plan.task.kind == "regression" and any(c.name == plan.split.time and c.profile.unique for c in plan.choices):
        label, time = (shlex.quote(name) for name in (plan.label.name, plan.split.time or ""))
        lines.append(("", f"to forecast it from earlier values instead: --label {label} --time {time} --horizon STEPS"))
    size = f"{parameters(width, sample.rows, units):,} parameters"
    return [*lines, ("model", f"{counted(width, 'value')} → {layers} → {units}, {size}")]


def _id_line(choice: ColumnChoice) -> str:
    return f"{choice.name}: kept in predictions, not an input{f' ({choice.note})' if choice.note else ''}"


def _encoding_line(plan: TablePlan) -> list[tuple[str, str]]:
    """How a file that is not UTF-8 was read: letters of another encoding are other letters."""
    encoding = plan.sample.dialect.encoding
    if encoding is None or is_utf8(encoding) or plan.options.dialect.encoding is not None:
        return []
    secret = {choice.name for choice in [*plan.choices, plan.label] if choice.profile.sensitive is not None}
    words = ", ".join(quote_value(word, typed=False) for word in read_words(plan.sample, secret))
    read = f", which has the words {words}: if they are wrong, name the encoding with --encoding" if words else ""
    return [("encoding", f"not UTF-8, read as {encoding}{read}")]


def _notes(word: str, choices: Sequence[ColumnChoice]) -> list[tuple[str, str]]:
    """What must be known of these columns; the file has all of it."""
    notes = [(word, f"{choice.name}: {choice.note}") for choice in choices if choice.note]
    more = len(notes) - _MAX_NOTES
    return notes if more <= 1 else [*notes[:_MAX_NOTES], (word, f"and {more:,} more columns: see the file")]


def _kinds_line(choices: Sequence[ColumnChoice]) -> str:
    """How many columns have each kind; the names of the fewest."""
    parts = []
    plurals = {"number": "numbers", "boolean": "booleans", "category": "categories", "date": "dates", "text": "texts"}
    for kind, plural in plurals.items():
        of_kind = [choice for choice in choices if choice.kind == kind]
        if not of_kind:
            continue
        listed = [_listed(choice) for choice in of_kind]
        names = f" ({', '.join(listed)})" if kind != "number" and len(of_kind) <= _MAX_LISTED else ""
        parts.append(f"{len(of_kind)} {kind if len(of_kind) == 1 else plural}{names}")
    return ", ".join(parts)


def _listed(choice: ColumnChoice) -> str:
    return f"{choice.name} {choice.profile.distinct:,} values" if choice.kind == "category" else choice.name


def dictionary(choices: Sequence[ColumnChoice], label: ColumnChoice | None) -> list[list[str]]:
    """The data dictionary: a row for each column, the header first."""
    rows = [["column", "use", "kind", "distinct", "missing", "minimum", "maximum", "note"]]
    for choice in [*([label] if label is not None else []), *choices]:
        use = "label" if choice is label else "input" if choice.used else choice.kind
        numbers = choice.profile.numbers if choice.kind == "number" else None
        known = numbers is not None and len(numbers.values) > 0
        low, high = (f"{numbers.low:.6g}", f"{numbers.high:.6g}") if numbers is not None and known else ("", "")
        kind = "" if choice.kind in ("id", "ignore") else choice.kind
        counts = [f"{choice.profile.distinct}", f"{choice.profile.missing}"]
        rows.append([choice.name, use, kind, *counts, low, high, choice.note or ""])
    return rows
