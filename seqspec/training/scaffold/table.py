"""A spec for a table: kinds of columns, label, split and a model of a suitable size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from seqspec.core.diagnostics.message import counted
from seqspec.core.document.columns import encoded_width, read_columns
from seqspec.training.scaffold.errors import ScaffoldError
from seqspec.training.scaffold.kinds import ColumnChoice, as_kind, choose_kinds, is_record_time
from seqspec.training.scaffold.options import ScaffoldOptions
from seqspec.training.scaffold.profile import profile
from seqspec.training.scaffold.relations import without_repetitions
from seqspec.training.scaffold.sample import TableSample, read_sample
from seqspec.training.scaffold.task import Task, label_candidates, task_of
from seqspec.training.scaffold.text import Draft, comment, header, layer_name, model_name, toml

_SIZES = ((1_000, (32,)), (20_000, (64, 32)), (200_000, (128, 64)), (None, (256, 128)))
"""Rows below which a table gets these hidden layers."""
_DROPOUT_ROWS = 20_000
_BATCHES = ((1_000, 32), (20_000, 64), (200_000, 256), (None, 1024))
_POSITIVE = ("yes", "true", "t", "y", "1", "1.0")
_MAX_CANDIDATES = 8
_MAX_LISTED = 4


@dataclass(frozen=True)
class TablePlan:
    """What is decided about a table.

    Attributes:
        options: What the user says.
        sample: Its rows.
        choices: The use of each column but the label.
        label: The column to predict.
        task: What is predicted.
        group: The column whose groups stay in one set.
        time: The column by which the newest rows test.
    """

    options: ScaffoldOptions
    sample: TableSample
    choices: list[ColumnChoice]
    label: ColumnChoice
    task: Task
    group: str | None = None
    time: str | None = None

    @property
    def used(self) -> list[ColumnChoice]:
        """The input columns."""
        return [choice for choice in self.choices if choice.used]

    @property
    def ignored(self) -> list[ColumnChoice]:
        """The columns that are not used, but for the id and the group."""
        return [choice for choice in self.choices if choice.kind == "ignore" and choice.name != self.group]

    @property
    def id(self) -> str | None:
        """The column that identifies a row."""
        return next((choice.name for choice in self.choices if choice.kind == "id"), None)


def draft_table(options: ScaffoldOptions) -> Draft:
    """The spec for a table; raises `ScaffoldError` and `DataError`."""
    sample = read_sample(options.data)
    plan = plan_table(options, sample)
    columns = {choice.name: {"kind": choice.kind, **choice.settings} for choice in plan.used}
    width = encoded_width(read_columns(columns))
    assert width is not None
    return Draft(_text(plan, width), _lines(plan, width), dictionary(plan.choices, plan.label))


def plan_table(options: ScaffoldOptions, sample: TableSample) -> TablePlan:
    """The decisions for a table."""
    names = list(sample.columns)
    options.require_columns(names)
    profiles = [profile(name, sample.columns[name], sample.positions, name in sample.nested) for name in names]
    declared = {**options.kinds, **dict.fromkeys(options.ignore, "ignore")}
    if options.id is not None:
        declared[options.id] = "id"
    choices = choose_kinds(profiles, declared, options.id)
    if options.label is None:
        shown = ", ".join(label_candidates(choices)[:_MAX_CANDIDATES]) or "none of them"
        raise ScaffoldError(f"which column of {options.name} is the label? Use --label COLUMN; it could be {shown}")
    label = next(choice for choice in choices if choice.name == options.label)
    task = task_of(label.profile, options.kinds.get(label.name))
    choices = [choice for choice in choices if choice is not label]
    choices = without_repetitions(choices, sample, label.name)
    group, time = _split_columns(options, choices)
    if group is not None:
        choices = [_as_group(choice) if choice.name == group else choice for choice in choices]
    if not any(choice.used for choice in choices):
        reasons = "; ".join(f"{choice.name}: {choice.note}" for choice in choices[:_MAX_LISTED])
        raise ScaffoldError(f"no column of {options.name} can be used as an input ({reasons})")
    return TablePlan(options, sample, choices, label, task, group, time)


def _as_group(choice: ColumnChoice) -> ColumnChoice:
    return replace(as_kind(choice.profile, "ignore"), note="groups of rows that the split keeps together")


def _split_columns(options: ScaffoldOptions, choices: Sequence[ColumnChoice]) -> tuple[str | None, str | None]:
    """The column of groups, or that of times, that divides the rows; neither for a random split."""
    if options.group is not None:
        return options.group, None
    group = next((choice.name for choice in choices if choice.group and choice.name not in options.ignore), None)
    if group is not None:
        return group, None
    return None, next((choice.name for choice in choices if is_record_time(choice)), None)


def _text(plan: TablePlan, width: int) -> str:
    """The spec as TOML, one comment for each decision."""
    rows, task = plan.sample.rows, plan.task
    lines = [
        header(plan.options),
        "seqspec = 1",
        "",
        "[model]",
        f"name = {toml(model_name(plan.options.data))}",
        f"# The input, {width:,} values, follows from [data.columns]. The size is a rule of thumb for {rows:,} rows.",
        "layers = [",
        *(f"  {layer}," for layer in hidden_layers(rows)),
        f"  {last_layer(task, plan.label.name)},",
        "]",
        "",
        *target_lines(task),
        "",
        *training_lines(task, rows),
        "",
        *_source_lines(plan),
        "",
        "[data.columns]",
        *map(column_line, plan.used),
        "",
        *split_lines(task, plan.group, plan.time),
        "",
        "[runtime]",
        "seed = 7",
    ]
    return "\n".join(lines) + "\n"


def hidden_layers(rows: int) -> list[str]:
    """The layers before the last one, for a number of rows."""
    sizes = next(sizes for limit, sizes in _SIZES if limit is None or rows < limit)
    layers = [f'{{ type = "Dense", units = {units}, activation = "relu" }}' for units in sizes]
    if rows < _DROPOUT_ROWS:
        layers.insert(1, '{ type = "Dropout", rate = 0.2 }')
    return layers


def last_layer(task: Task, label: str) -> str:
    """The layer that outputs the prediction."""
    activation = {"binary": "sigmoid", "multiclass": "softmax"}.get(task.kind)
    units = task.classes if task.kind == "multiclass" else 1
    shown = "" if activation is None else f', activation = "{activation}"'
    return f'{{ type = "Dense", units = {units}{shown}, name = {toml(layer_name(label))} }}'


def target_lines(task: Task) -> list[str]:
    """The table `[target]`."""
    lines = ["[target]", f"kind = {toml(task.kind)}"]
    if task.names is not None:
        lines.append(f"names = {toml(task.names)}")
    elif task.kind == "multiclass":
        lines.append(f"classes = {task.classes}")
    if task.kind == "multiclass" and task.rare:
        lines.append('encoding = "one_hot"  # for the macro F1')
    if task.scale is not None:
        lines.append(f"scale = {toml(task.scale)}  # while it trains; predictions and metrics have the unit of the label")
    return lines


def training_lines(task: Task, rows: int) -> list[str]:
    """The tables `[compile]` and `[fit]`."""
    if task.kind == "binary":
        loss, metrics = "binary_crossentropy", ['"AUC"', '"accuracy"']
        if task.rare:
            metrics.append('{ type = "F1Score", average = "macro", threshold = 0.5 }')
    elif task.kind == "multiclass":
        loss, metrics = "sparse_categorical_crossentropy", ['"accuracy"']
        if task.rare:
            loss = "categorical_crossentropy"
            metrics.append('{ type = "F1Score", average = "macro" }')
    else:
        loss, metrics = "mse", ['"mae"']
    batch = next(size for limit, size in _BATCHES if limit is None or rows < limit)
    lines = [
        "[compile]",
        'optimizer = "adam(1e-3)"',
        f"loss = {toml(loss)}",
        f"metrics = [{', '.join(metrics)}]",
        "",
        "[fit]",
        "epochs = 60",
        f"batch_size = {batch}",
        'callbacks = [{ type = "EarlyStopping", patience = 8, restore_best_weights = true }]',
    ]
    if task.rare:
        lines.append('class_weight = "balanced"  # a class is rare; probabilities are not calibrated with weights')
    return lines


def _source_lines(plan: TablePlan) -> list[str]:
    options = plan.options
    lines = ["[data.source]", 'type = "table"', f"path = {toml(options.path)}"]
    if plan.sample.delimiter is not None:
        lines.append(f"delimiter = {toml(plan.sample.delimiter)}")
    lines.append(f"label = {toml(plan.label.name)}")
    if plan.id is not None:
        lines.append(f"id = {toml(plan.id)}")
    marks = list(dict.fromkeys(mark for choice in plan.used for mark in choice.na_values))
    if marks:
        lines.append(f"na_values = {toml(marks)}")
    if plan.ignored:
        lines.append("ignore = [")
        for choice in plan.ignored:
            note = f"  # {comment(choice.note)}" if choice.note else ""
            lines.append(f"  {toml(choice.name)},{note}")
        lines.append("]")
    return lines


def column_line(choice: ColumnChoice) -> str:
    """The line of a column in `[data.columns]`, with what its values are."""
    return f"{_key(choice.name)} = {_declaration(choice.kind, choice.settings)}  # {comment(_remark(choice))}"


def _key(name: str) -> str:
    from seqspec.core.diagnostics.notation import toml_key

    return toml_key(name)


def _declaration(kind: str, settings: object) -> str:
    keys = dict(settings)  # type: ignore[call-overload]
    if not keys:
        return toml(kind)
    if set(keys) == {"values"}:
        return toml(keys["values"])
    return toml({"kind": kind, **keys})


def _remark(choice: ColumnChoice) -> str:
    parts = [description(choice)]
    if choice.profile.missing:
        parts.append(f"{choice.profile.missing:,} missing")
    if choice.note:
        parts.append(choice.note)
    if choice.question is not None:
        kind, settings = choice.question
        parts.append(f"as a {kind}: {_declaration(kind, settings)}")
    return "; ".join(part for part in parts if part)


def description(choice: ColumnChoice) -> str:
    """What the values of a column are, without any of them but for the range of numbers."""
    profile = choice.profile
    if choice.kind == "number" and profile.numbers is not None and len(profile.numbers.values):
        numbers = profile.numbers
        shown = [value for value in numbers.values if value != numbers.sentinel]
        span = f"{min(shown):.6g} to {max(shown):.6g}"
        return f"{len(shown)} values, {span}" if choice.question is not None else span
    if choice.kind == "boolean":
        positive = sum(count for value, count in profile.counts.items() if value.strip().lower() in _POSITIVE)
        return f"true in {positive / profile.present:.1%} of the rows"
    if choice.kind == "date" and profile.date is not None:
        first, last = profile.date.first, profile.date.last
        return f"{first}" if first == last else f"{first} to {last}"
    if choice.kind == "text":
        return f"{profile.words:.0f} words on average"
    return f"{profile.distinct:,} values"


def split_lines(task: Task, group: str | None, time: str | None) -> list[str]:
    """The table `[data.split]`: by group, by time, or at random."""
    lines = ["[data.split]"]
    if group is not None:
        lines += ['by = "group"', f"column = {toml(group)}"]
    elif time is not None:
        lines += ['by = "time"', f"column = {toml(time)}"]
    else:
        lines.append('by = "random"')
    lines += ["validation = 0.15", "test = 0.15"]
    if group is None and time is None and task.stratify:
        lines.append("stratify = true")
    return lines


def _lines(plan: TablePlan, width: int) -> list[tuple[str, str]]:
    """What was decided and why, for the console."""
    sample = plan.sample
    missing = sum(choice.profile.missing > 0 for choice in [*plan.choices, plan.label])
    shown = "no missing values" if not missing else f"missing values in {counted(missing, 'column')}"
    rows = f"{sample.rows:,} rows" if sample.complete else f"{sample.rows:,} rows ({len(sample.positions):,} sampled)"
    lines = [
        (plan.options.name, f"{rows}, {counted(len(sample.columns), 'column')}, {shown}"),
        ("label", f"{plan.label.name}: {plan.task.summary}"),
        ("columns", kinds_line(plan.used)),
    ]
    lines += [("not used", f"{choice.name}: {choice.note}") for choice in plan.choices if not choice.used and choice.note]
    lines += [("note", f"{choice.name}: {choice.note}") for choice in plan.used if choice.note]
    layers = " → ".join(f"Dense {units}" for units in _units(sample.rows))
    units = plan.task.classes if plan.task.kind == "multiclass" else 1
    lines.append(("split", _split_line(plan)))
    lines.append(("model", f"{width:,} values → {layers} → {units}, {_parameters(width, sample.rows, units):,} parameters"))
    return lines


def _units(rows: int) -> tuple[int, ...]:
    return next(sizes for limit, sizes in _SIZES if limit is None or rows < limit)


def _parameters(width: int, rows: int, units: int) -> int:
    sizes = (width, *_units(rows), units)
    return sum((before + 1) * after for before, after in zip(sizes, sizes[1:]))


def _split_line(plan: TablePlan) -> str:
    if plan.group is not None:
        return f"by group, 70 / 15 / 15: the rows of a {plan.group} stay together"
    if plan.time is not None:
        return f"by time, 70 / 15 / 15: the newest rows by {plan.time} test"
    stratified = ", stratified" if plan.task.stratify else ""
    return f"random, 70 / 15 / 15{stratified}: no date and no repeated group was found"


def kinds_line(choices: Sequence[ColumnChoice]) -> str:
    """How many columns have each kind; the names of the fewest."""
    parts = []
    plurals = {"number": "numbers", "boolean": "booleans", "category": "categories", "date": "dates", "text": "texts"}
    for kind, plural in plurals.items():
        found = [choice for choice in choices if choice.kind == kind]
        if not found:
            continue
        listed = [_listed(choice) for choice in found]
        names = f" ({', '.join(listed)})" if kind != "number" and len(found) <= _MAX_LISTED else ""
        parts.append(f"{len(found)} {kind if len(found) == 1 else plural}{names}")
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
