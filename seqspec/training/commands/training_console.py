"""The output of commands that train and evaluate: lines, a progress bar on a terminal, or JSON."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, TypeVar

import click

from seqspec.cli.options import echo_findings, exit_on_findings, file_names, painter
from seqspec.core.api.diagnostics import CODES
from seqspec.core.api.messages import Lines, counted, shorten_list, visible
from seqspec.core.api.training import EXPORT_FORMATS
from seqspec.training.comparison.plain_numbers import difference_text, plain, with_unit
from seqspec.training.events import (
    CrossValidationEvent,
    DoneEvent,
    EpochBeginEvent,
    EpochEvent,
    EvaluationEvent,
    Event,
    EventFields,
    ExportEvent,
    FinalEvent,
    FindingEvent,
    FoldEpochBeginEvent,
    FoldEpochEvent,
    FoldEvent,
    FoldsEvent,
    PlanEvent,
    ReportEvent,
    SavedEvent,
    StageEvent,
    Subscriber,
    VerdictEvent,
    WarningEvent,
)
from seqspec.training.run_folder.strict_json import to_json

if TYPE_CHECKING:
    from seqspec.training.records import FoldResults, ForecastResults, SetEvaluation

_Value = TypeVar("_Value")
F = TypeVar("F", bound=Callable[..., Any])
_SHOWN = 6
_SERVING = "serving.keras"
_PAUSE = 0.1

format_option = click.option(
    "--format", "output", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Output format."
)
allow_custom_option = click.option(
    "--allow-custom", multiple=True, metavar="MODULE", help="A Python module that the spec may import."
)

allow_data_option = click.option(
    "--allow-data",
    multiple=True,
    metavar="FOLDER",
    shell_complete=file_names,
    help="A folder outside of the project that the spec may read data from.",
)
allow_output_option = click.option(
    "--allow-output",
    multiple=True,
    metavar="FOLDER",
    shell_complete=file_names,
    help="A folder outside of the project and the current folder that the spec may write to.",
)


def reading_options(command: F) -> F:
    """`--allow-custom` and `--allow-data`: what a spec may import and read."""
    return allow_custom_option(allow_data_option(command))


def access_options(command: F) -> F:
    """The same, and `--allow-output`: what it may write."""
    return reading_options(allow_output_option(command))


@contextmanager
def exit_on_run_errors(line: Lines = lambda file, number: "") -> Iterator[None]:
    """Prints the error that ends the body and exits with its status; `line` returns a line of the spec."""
    from seqspec.core.api.check import Report
    from seqspec.core.api.diagnostics import BuildError, SpecError
    from seqspec.training.errors import RunError

    try:
        yield
    except SpecError as error:
        exit_on_findings(error.report.diagnostics, error.report.line if isinstance(error.report, Report) else line)
    except (RunError, BuildError) as error:
        _exit_with(error, line)


def _exit_with(error: Exception, line: Lines) -> NoReturn:
    """Prints the error that ended a run and exits with its status; see `seqspec.training.errors`."""
    from seqspec.core.api.diagnostics import DownloadError
    from seqspec.training.errors import DataError, ExitStatus, Interrupted, RunError, SearchError, TrainingError

    status = ExitStatus.FAILED if isinstance(error, DownloadError) else ExitStatus.USAGE
    if isinstance(error, RunError):
        status = error.status
    if isinstance(error, DataError) and error.diagnostics:
        echo_findings(error.diagnostics, line)
        click.echo(f"{counted(len(error.diagnostics), 'error')} in the data; aborted", err=True)
    elif isinstance(error, DataError):
        # Of a file that the command line names: it has no place in a spec.
        # A column can be missing at several keys.
        shown = list({(violation.rule, str(violation.message)): violation for violation in error.violations}.values())
        hints = [str(violation.help or violation.label or "") for violation in shown]
        for violation, hint, following in zip(shown, hints, [*hints[1:], ""]):
            code = CODES[violation.rule].code
            click.echo(visible(f"error[{code}] {violation.rule}: {violation.message}"), err=True)
            # The help of several errors, such as the columns of a file, follows the last of them.
            if hint and hint != following:
                click.echo(visible(f"  = help: {hint}"), err=True)
        click.echo(f"{counted(len(shown), 'error')} in the data; aborted", err=True)
    else:
        prefix = "" if isinstance(error, Interrupted) else "Error: "
        click.echo(f"{prefix}{visible(str(error))}", err=True)
    if isinstance(error, TrainingError) and not isinstance(error, SearchError):
        last = error.checkpoint
        click.echo(f"last good checkpoint: {last}" if last else "there is no checkpoint yet", err=True)
    sys.exit(status)


class JsonOutput(Subscriber):
    """One event per line, as JSON."""

    def receive(self, event: Event) -> None:
        """Prints an event."""
        if isinstance(event, EpochBeginEvent):
            return
        fields = event.fields()
        if isinstance(event, FindingEvent):
            fields = {"diagnostic": event.diagnostic.to_dict(), "message": event.message}
        click.echo(to_json({"event": event.kind, **fields}))

    def close(self) -> None:
        """Does nothing."""


class EventOutput(Subscriber):
    """Shows each event with the method `_show_<kind>`, as text; without one the event is not shown."""

    def shows(self, event: Event) -> bool:
        """Whether this output shows an event."""
        return self._shower(event) is not None

    def receive(self, event: Event) -> None:
        """Shows an event."""
        show = self._shower(event)
        if show is not None:
            show(event)

    def close(self) -> None:
        """Removes what is shown only for a time."""

    def _clear(self) -> None:
        """Makes room for other lines on standard error."""

    def _show_finding(self, event: FindingEvent) -> None:
        self._clear()
        echo_findings([event.diagnostic], event.line)

    def _show_warning(self, event: WarningEvent) -> None:
        self._clear()
        click.echo(f"warning: {visible(event.message)}", err=True)

    def _shower(self, event: Event) -> Callable[[Event], None] | None:
        show: Callable[[Event], None] | None = getattr(self, f"_show_{event.kind}", None)
        return show


class TextOutput(EventOutput):
    """A plan, a line per epoch (a bar within an epoch on a terminal), and the results."""

    def __init__(self, has_bar: bool = True) -> None:
        self._bar = Bar() if has_bar and sys.stderr.isatty() and sys.stdout.isatty() else None
        self._begun = time.monotonic()
        self._seconds: list[float] = []

    def close(self) -> None:
        """Removes the bar."""
        if self._bar is not None:
            self._bar.stop()

    def _clear(self) -> None:
        if self._bar is not None:
            self._bar.clear()

    def _echo(self, text: str, severity: str | None = None) -> None:
        self._clear()
        echo_visible(text, severity)

    def _show_plan(self, event: PlanEvent) -> None:
        fields = event.record
        sets = ", ".join(f"{name} {count:,}" for name, count in fields["sets"].items())
        shape = ", ".join(map(str, fields["input"]))
        classes = fields["classes"]
        if "series" in fields:
            self._echo(f"series      {fields['series']}")
        if "columns" in fields:
            columns = counted(fields["columns"], "column")
            self._echo(f"data        {sets} rows, {columns} encoded as {counted(fields['input'][0], 'value')}")
        else:
            self._echo(f"data        {sets} samples of shape ({shape}{',' if len(fields['input']) == 1 else ''})")
        if classes:
            shown = shorten_list(classes, _SHOWN)
            self._echo(f"classes     {len(classes)}: {shown}")
        self._echo(f"parameters  {fields['parameters']:,} ({fields['trainable']:,} trainable)")
        stages = f" in {fields['stages']} stages" if fields["stages"] > 1 else ""
        self._echo(
            f"training    {counted(fields['epochs'], 'epoch')}{stages}, {counted(fields['steps'], 'step')} of "
            f"{counted(fields['batch_size'], 'sample')}, {fields['steps_per_execution']} per call"
        )
        if fields.get("streamed"):
            self._echo("memory      the data is read from disk while training")
        device = ", ".join(fields["devices"])
        self._echo(f"device      {device} ({fields['backend']}, {fields['dtype_policy']}), seed {fields['seed']}")
        self._echo(f"run folder  {fields['folder']}")

    def _show_stage(self, event: StageEvent) -> None:
        if event.stage or not event.name.startswith("stage "):
            self._echo(f"{event.name}: {event.trainable:,} trainable parameters")

    def _show_epoch_begin(self, event: EpochBeginEvent) -> None:
        if self._bar is not None:
            self._bar.begin(event.epoch, event.epochs, self._seconds[-1] if self._seconds else None)

    def _show_epoch(self, event: EpochEvent) -> None:
        fields = event.record
        self._seconds.append(fields["seconds"])
        logs = "  ".join(f"{name} {plain(value)}" for name, value in _ordered(fields["logs"]).items())
        rate = fields["learning_rate"]
        lr = f"  lr {rate:.3g}" if rate is not None else ""
        width = len(str(fields["epochs"]))
        if self._bar is not None:
            self._bar.end(logs)
        self._echo(f"epoch {fields['epoch']:>{width}}/{fields['epochs']}  {fields['seconds']:.1f} s  {logs}{lr}")

    def _show_cross_validation(self, event: CrossValidationEvent) -> None:
        times = f", {event.repeats} times" if event.repeats > 1 else ""
        sets = event.sets
        test = f", test {sets['test']:,}" if "test" in sets else ""
        self._echo(f"data        {sets['train']:,} samples in {event.folds} folds{times}{test}")
        self._echo(f"run folder  {event.folder}")

    def _show_fold_epoch_begin(self, event: FoldEpochBeginEvent) -> None:
        if self._bar is not None:
            self._bar.begin(event.epoch, event.epochs, None, f"fold {event.fold}/{event.folds} ")

    def _show_fold_epoch(self, event: FoldEpochEvent) -> None:
        if self._bar is not None:
            self._bar.end("")

    def _show_fold(self, event: FoldEvent) -> None:
        metrics = "  ".join(f"{key} {plain(value)}" for key, value in _ordered(event.metrics).items())
        count, width = event.folds, len(str(event.folds))
        self._echo(f"fold {event.fold:>{width}}/{count:<{6 - width}} epoch {event.epoch:>3}  {metrics}")

    def _show_folds(self, event: FoldsEvent) -> None:
        for line in fold_lines(event.record):
            self._echo(line)

    def _show_final(self, event: FinalEvent) -> None:
        epochs = counted(event.epochs, "epoch")
        self._echo(f"final       {epochs} (median of the folds) on {counted(event.samples, 'sample')}")

    def _show_evaluation(self, event: EvaluationEvent) -> None:
        from seqspec.training.comparison.baselines import temperature_text

        fields = event.record
        if fields.get("model") == "best":
            self._echo(f"model       that of the best epoch, {fields['best']['epoch']}")
        if "calibration" in fields:
            self._echo(f"temperature {temperature_text(fields['calibration'])}")
        for name in ("train", "validation", "test"):
            if name in fields:
                show_evaluation(name, fields[name], self._echo, event.leaks)

    def _show_verdict(self, event: VerdictEvent) -> None:
        for number, diagnosis in enumerate(event.diagnoses):
            related = f" ({', '.join(diagnosis['related'])})" if diagnosis["related"] else ""
            self._echo(f"{'' if number else 'verdict':<11} {diagnosis['kind']}: {diagnosis['text']}{related}")

    def _show_saved(self, event: SavedEvent) -> None:
        files = [f"{_SERVING} (from raw columns)" if file.endswith(_SERVING) else file for file in event.files]
        self._echo(f"saved       {', '.join(files)}")

    def _show_export(self, event: ExportEvent) -> None:
        fields = event.record
        if "error" in fields:
            self._clear()
            click.echo(f"error: {visible(fields['filepath'])} was not exported: {visible(fields['error'])}", err=True)
        else:
            show_export(fields, self._echo)

    def _show_report(self, event: ReportEvent) -> None:
        self._echo(f"report      {event.file}")

    def _show_done(self, event: DoneEvent) -> None:
        self._echo(f"done in {time.monotonic() - self._begun:.1f} s")


def output_of(format: str, text: Callable[[], EventOutput] = TextOutput) -> JsonOutput | EventOutput:
    """What prints the events in a format of `format_option`."""
    return JsonOutput() if format == "json" else text()


class Echo(Protocol):
    """Prints a line, in the color of a severity."""

    def __call__(self, text: str, severity: str | None = None) -> None: ...


def echo_visible(text: str, severity: str | None = None) -> None:
    """Prints a line of output, in the color of a severity on a terminal."""
    shown = visible(text)
    click.echo(shown if severity is None else painter(sys.stdout)(shown, severity))


def fold_lines(folds: FoldResults) -> Iterator[str]:
    """Mean, standard deviation and interval of each metric over folds, and the baseline."""
    from seqspec.training.comparison.baselines import MEDIAN, bounds_text

    spread = f"sd of {folds['folds'] * folds['repeats']} folds"
    for number, (name, metric) in enumerate(_ordered(folds["metrics"]).items()):
        bounds = bounds_text(metric["low"], metric["high"]) if "low" in metric else ""
        mean = f"{plain(metric['mean'])} ± {plain(metric['sd'])} ({spread}){bounds}"
        yield f"{'' if number else 'folds':<11} {name} {mean}"
    for name, value in folds.get("baseline", {}).items():
        what = "majority class" if name == "accuracy" else MEDIAN
        yield f"{'':<11} {what}: {name} {plain(value)} (mean of the folds)"


def show_evaluation(name: str, result: SetEvaluation, echo: Echo, leaks: Sequence[str] = ()) -> None:
    """The results of one set: metrics, the baseline, and classes where they are few; `leaks` are codes of findings."""
    from seqspec.training.comparison.baselines import (
        class_notes,
        compared_with_baseline,
        interval_text,
        metric_interval,
        threshold_text,
    )

    bounds = {key: interval_text(metric_interval(key, result)) for key in result["metrics"]}
    metrics = "  ".join(f"{key} {plain(value)}{bounds[key]}" for key, value in _ordered(result["metrics"]).items())
    echo(f"{name:<11} {metrics}")
    if "trained_on" in result:
        count, total = result["trained_on"], result["samples"]
        verb = "was" if count == 1 else "were"
        text = f"{count:,} of {counted(total, 'sample')} ({count / total:.1%}) {verb} in the training set"
        echo(f"warning     {text}: the results are too good")
    classes, residuals = result.get("classes"), result.get("residuals")
    if classes and "baseline" in classes:
        majority = classes["baseline"]
        echo(f"{'':<11} majority class ({majority['majority_class']}): accuracy {majority['accuracy']:.4g}")
    comparison = compared_with_baseline(result)
    if comparison is not None:
        comparison = comparison.doubted(leaks)
    if comparison is not None and classes:
        echo(f"{'':<11} {comparison.text}", None if comparison.better else "warning")
    for text in class_notes(classes) if classes else ():
        echo(f"{'':<11} {text}", "warning")
    if "no_intervals" in result:
        echo(f"{'':<11} no intervals: {result['no_intervals']}")
    if classes and "threshold" in classes:
        echo(f"threshold   {threshold_text(classes['threshold'])}")
    if residuals and "baseline" in residuals:
        _show_residuals(result, echo)
        if comparison is not None:
            echo(f"{'':<11} {comparison.text}", None if comparison.better else "warning")
    if "filled" in result:
        verb = "is" if result["filled"] == 1 else "are"
        echo(f"{'':<11} {counted(result['filled'], 'filled value')} {verb} not counted")
    if "forecast" in result:
        _show_forecast(result["forecast"], echo)


def _show_residuals(result: SetEvaluation, echo: Echo) -> None:
    """The errors of a regression, and those of the constants."""
    from seqspec.training.comparison.baselines import constants, interval_text

    residuals = result["residuals"]
    unit, of_windows = residuals.get("unit"), "forecast" in result
    # The baselines of forecasts follow, from the same origins as the error of the model.
    known = constants(residuals["baseline"], last=not of_windows)
    shown = [f"{constant.name}: {constant.measure} {with_unit(plain(constant.error), unit)}" for constant in known]
    samples = f" ({counted(result['samples'], 'window')})" if of_windows else ""
    intervals = result.get("intervals", {})
    errors = "  ".join(
        f"{key} {with_unit(plain(value), unit)}{interval_text(intervals.get(key))}"
        for key, value in (("mae", residuals["mae"]), ("rmse", residuals["rmse"]))
    )
    echo(f"{'':<11} {'; '.join(filter(None, (errors + samples, ', '.join(shown))))}")


def _show_forecast(forecast: ForecastResults, echo: Echo) -> None:
    """Errors from rolling origins, of the model and the baselines, and the verdict."""
    from seqspec.training.comparison.baselines import (
        baseline_of,
        forecast_baselines,
        group_errors,
        interval_line,
        relative_bounds,
        relative_error,
        step_error,
    )
    from seqspec.training.comparison.diagnosis import forecast_verdict

    spread = "" if forecast["sd"] is None else f" ± {plain(forecast['sd'])} (sd of the origins)"
    against = baseline_of(forecast)
    relative = relative_error(forecast["relative"], forecast, relative_bounds(forecast))
    indent = f"{'':<11} "
    origins = f"{counted(forecast['origins'], 'origin')} of {counted(forecast['horizon'], 'step')}"
    echo(f"{indent}{origins}: mae {plain(forecast['mae'])}{spread}{relative}")
    echo(f"{indent}{forecast_baselines(forecast)}; better than {against} at {forecast['better']:.0%} of the origins")
    steps = forecast["by_step"]
    if len(steps) > 1:
        places = sorted({0, len(steps) // 2 - 1, len(steps) - 1})
        echo(indent + ", ".join(f"step {place + 1}: {step_error(steps[place])}" for place in places))
    if (held := interval_line(forecast)) is not None:
        echo(indent + held)
    for line in group_errors(forecast):
        echo(indent + line)
    verdict = forecast_verdict(forecast)
    if verdict is not None:
        echo(indent + verdict.text, "error" if verdict.worse else "warning")


def show_export(fields: EventFields, echo: Callable[[str], None]) -> None:
    """An exported file: its size, how far it is from the model, and what was changed for it."""
    declared = EXPORT_FORMATS.get(fields["format"])
    kind = "Keras" if declared is None else declared.short_title
    how = [fields["optimize"]] if fields["optimize"] != "none" else []
    how += [f"quantized to {fields['quantize']}"] if fields["quantize"] is not None else []
    summary = ", ".join([kind, *how])
    echo(f"exported    {fields['filepath']}: {summary}, {fields['bytes']:,} bytes")
    comparison = fields["comparison"]
    if comparison is not None:
        echo(f"{'':<11} verified with {fields['runtime']} on {fields['samples']:,} samples: {fields['source']}")
        parts = [f"largest difference {difference_text(comparison)}"]
        if comparison["same_class"] is not None:
            parts.append(f"same class {comparison['same_class']:.1%}")
        if fields["accuracy"] is not None:
            parts.append(f"accuracy {fields['accuracy']:.4g} (model {fields['model_accuracy']:.4g})")
        if fields["microseconds"] is not None:
            parts.append(f"{fields['microseconds']:,.0f} µs per sample")
        echo(f"{'':<11} {', '.join(parts)}")
    for note in fields["notes"]:
        echo(f"{'':<11} note: {note}")


def _ordered(logs: Mapping[str, _Value]) -> dict[str, _Value]:
    """The logged values: training before validation, the loss first."""
    names = sorted(logs, key=lambda name: (name.startswith("val_"), name.removeprefix("val_") != "loss"))
    return {name: logs[name] for name in names}


class Bar:
    """A line on standard error with the epoch, its duration and the last results.

    It is drawn by a separate thread, so that training calls nothing per batch.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._done = threading.Event()
        self._thread: threading.Thread | None = None
        self._epoch, self._epochs = 0, 1
        self._expected: float | None = None
        self._begun = 0.0
        self._logs = self._prefix = ""
        self._active = False

    def begin(self, epoch: int, epochs: int, expected: float | None, prefix: str = "") -> None:
        """Starts an epoch; `expected` is the duration of the previous one in seconds."""
        with self._lock:
            self._prefix = prefix
            self._epoch, self._epochs, self._expected = epoch, epochs, expected
            self._begun = time.monotonic()
        self.show()

    def show(self) -> None:
        """Begins to draw the line."""
        with self._lock:
            self._active = True
        if self._thread is None:
            if hasattr(os, "register_at_fork"):
                # No process is forked while the thread writes: its standard error would stay locked in the new one.
                lock = self._lock
                os.register_at_fork(before=lock.acquire, after_in_parent=lock.release, after_in_child=lock.release)
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()

    def end(self, logs: str) -> None:
        """Ends the epoch."""
        with self._lock:
            self._logs, self._active = logs, False
            self._write("\r\x1b[K")

    def clear(self) -> None:
        """Removes the line; it is drawn again during an epoch."""
        with self._lock:
            self._write("\r\x1b[K")

    @contextmanager
    def hidden(self) -> Iterator[None]:
        """Removes the line, which is not drawn before the end of the body."""
        with self._lock:
            self._write("\r\x1b[K")
            yield

    def stop(self) -> None:
        """Ends the thread."""
        self._done.set()
        if self._thread is not None:
            self._thread.join()
            self.clear()

    def _run(self) -> None:
        while not self._done.wait(_PAUSE):
            with self._lock:
                if self._active:
                    self._write("\r\x1b[K" + self._text())

    def _text(self) -> str:
        spent = time.monotonic() - self._begun
        text = f"{self._prefix}epoch {self._epoch}/{self._epochs}"
        if self._expected:
            share = min(spent / self._expected, 1.0)
            full = int(20 * share)
            left = max(self._expected - spent, 0) + (self._epochs - self._epoch) * self._expected
            text += f" [{'=' * full}{' ' * (20 - full)}] {spent:.0f} s, about {left:.0f} s left"
        else:
            text += f" {spent:.0f} s"
        text += f"  {self._logs}" if self._logs else ""
        return text[: shutil.get_terminal_size().columns - 1]

    def _write(self, text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()
