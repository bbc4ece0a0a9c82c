"""The spec of time series."""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.training.data.series.sets import VALIDATION_SHARES
from seqspec.training.scaffold.options import ScaffoldError, ScaffoldOptions
from seqspec.training.scaffold.pieces import compile_lines, last_layer, model_lines, spec_text, target_lines
from seqspec.training.scaffold.sample import dialect_lines, dialect_text
from seqspec.training.scaffold.series.plan import TEST, UNITS, SeriesPlan, plan_series
from seqspec.training.scaffold.text import Draft, Value, comment, toml

_FEW_WINDOWS = 256


def draft_series(options: ScaffoldOptions) -> Draft:
    """The spec for a series; raises `ScaffoldError` and `DataError`."""
    if options.time is None:
        raise ScaffoldError("--horizon is for a series: name its time column with --time")
    if options.horizon is None:
        raise ScaffoldError("--time is for a series: say with --horizon how many time steps to forecast")
    options.refuse(("id",), "a series has no ids; --group is the column of the names of several series")
    plan = plan_series(options)
    return Draft(_text(plan), _lines(plan), [])


def _text(plan: SeriesPlan) -> str:
    width = f"window {plan.window} × 1"
    if plan.known_values:
        width += f", known {plan.horizon} × {plan.known_values}"
    epochs, patience = (200, 20) if plan.is_linear else (100, 10)
    fit = [
        "[fit]",
        f"epochs = {epochs}",
        f"batch_size = {16 if plan.windows < _FEW_WINDOWS else 64}",
        f'callbacks = [{{ type = "EarlyStopping", patience = {patience}, restore_best_weights = true }}]',
    ]
    model = model_lines(f"[{plan.width}]  # {width}", _layers(plan))
    training = compile_lines(plan.task, regression_loss="mae")
    return spec_text(plan.options, model, target_lines(plan.task), training, fit, source_lines(plan))


def _layers(plan: SeriesPlan) -> Iterator[str]:
    """The layers, whose first forecast is a baseline: a linear one, and for long series a hidden one before it.

    One for series of different levels starts anywhere.
    """
    if plan.known_values:
        yield '"Normalization",  # learns mean and variance from the training set'
    else:
        of_all = 'one mean and variance for all values; with known, write "Normalization"'
        yield f'{{ type = "Normalization", axis = "none" }},  # {of_all}'
    if plan.differ:
        yield f'{{ type = "Dense", units = {UNITS}, activation = "relu" }},  # the levels of the series differ'
        yield f"{last_layer(plan.task, plan.rows.target)},"
        return
    if not plan.is_linear:
        yield f'{{ type = "Dense", units = {plan.units}, kernel_initializer = "identity" }},'
        yield '{ type = "PReLU", alpha_initializer = "ones" },  # linear at first'
    start = '"identity"' if plan.season else f'{{ type = "Constant", value = "1/{plan.window}" }}'
    yield f"{last_layer(plan.task, plan.rows.target, start)},  # starts by repeating {plan.start}"


def source_lines(plan: SeriesPlan) -> list[str]:
    """The source, and how it is split."""
    options = plan.options
    lines = []
    if plan.missing:
        lines = ["[data]", 'missing = "drop"  # windows with a missing value that gaps does not fill are left out', ""]
    lines += [
        "[data.source]",
        'type = "series"',
        f"path = {toml(options.path)}",
        *dialect_lines(plan.rows.sample.dialect),
        f"time = {toml(options.time or '')}  # {plan.rows.frequency.name}",
        *([f"format = {toml(plan.rows.format.format)}"] if plan.rows.format.format else []),
    ]
    if options.group is not None:
        lines.append(f"group = {toml(options.group)}  # {plan.series:,} series")
    lines += [f"target = {toml(plan.rows.target)}", f"features = {toml([plan.rows.target])}"]
    if options.known:
        lines.append(f"known = {toml(list(plan.options.known))}")
    if plan.calendar:
        lines.append(f"calendar = {toml(list(plan.calendar))}  # of the steps to forecast")
    lines += [f"window = {plan.window}", f"horizon = {plan.horizon}"]
    if plan.seasons.errors:
        lines.append(f"season = {plan.season}  # {plan.seasons_text}")
    if plan.gaps_text:
        fill: Value = {"fill": "linear", "max": plan.longest_filled} if plan.longest_filled else "drop"
        lines.append(f"gaps = {toml(fill)}  # {comment(plan.gaps_text)}, {plan.filled_text}")
    if plan.others:
        lines.append(f"# Not used: {comment(', '.join(plan.others))}. Columns that are known for the future: --known.")
    return [*lines, "", "[data.split]", 'by = "time"', f"validation = {plan.validation}", f"test = {TEST}"]


def _lines(plan: SeriesPlan) -> list[tuple[str, str]]:
    said = "no gaps"
    if plan.gaps_text:
        said = f"{plan.gaps_text}, {plan.filled_text}"
    of = f" in {plan.series:,} series" if plan.options.group is not None else ""
    of_each = "of each series " if plan.options.group is not None else ""
    season = f"season {plan.season}" if plan.season else "no season"
    if plan.seasons.errors:
        season += f": {plan.seasons_text}"
    trained = f"{100 * (1 - plan.validation - TEST):.0f} %"
    more = ""
    if plan.validation > VALIDATION_SHARES[0]:
        more = f"; {100 * plan.validation:.0f} % for validation, since fewer have no forecast"
    written = dialect_text(plan.rows.sample.dialect)
    lines = [
        *([("format", written)] if written is not None else []),
        (plan.options.name, f"{plan.rows.sample.rows:,} time steps{of}, {plan.rows.frequency.name}, {said}"),
        ("forecast", f"{plan.rows.target}, {plan.rows.frequency.count(plan.horizon)} ahead; {plan.task.summary}"),
        ("window", f"{plan.rows.frequency.count(plan.window)} ({season})"),
        ("split", f"by time: {of_each}the oldest {trained} train, the newest {100 * TEST:.0f} % test{more}"),
    ]
    lines += plan.notes
    if plan.others:
        lines.append(("not used", f"{', '.join(plan.others)}: with --known if they are known for the future"))
    if plan.calendar:
        parts = ", ".join(plan.calendar)
        lines.append(("calendar", f"{parts} of the steps to forecast, which make linear forecasts better"))
    return [*lines, ("model", f"{plan.width:,} values → {plan.hidden}")]
