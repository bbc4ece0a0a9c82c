"""Checkpoint path with a placeholder that Keras cannot fill.

What it does: Detects a placeholder in the filepath of ModelCheckpoint that Keras cannot format: a name that is not
logged, {batch} without an integer save_freq, a bare {}, or an invalid format specification.

Why is this bad? Keras formats the path when it first saves, and raises KeyError, IndexError or ValueError at that
point, after the whole first epoch.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [target]
    kind = "binary"

    [data.train]

    [data.validation]

    [compile]
    optimizer = { type = "Adam", learning_rate = 1e-3 }
    loss = "binary_crossentropy"
    metrics = ["accuracy"]

    [fit]
    epochs = 30
    callbacks = [{ type = "ModelCheckpoint", filepath = "{epoch:02d}-{val_acc:.2f}.keras" }]

Use instead:
    -callbacks = [{ type = "ModelCheckpoint", filepath = "{epoch:02d}-{val_acc:.2f}.keras" }]
    +callbacks = [{ type = "ModelCheckpoint", filepath = "{epoch:02d}-{val_accuracy:.2f}.keras" }]

Confidence: certain, except for names that a custom metric may log.

References:
    keras.callbacks.ModelCheckpoint, the argument filepath
"""

from seqspec.core.analysis.training.filenames import placeholder_mistake, placeholder_names
from seqspec.core.analysis.training.stages import ADD_VALIDATION, Monitor
from seqspec.core.linter.rules import Facts, Findings, Suggestion, SuggestionTemplate, finding, fmt, rule


@rule("SEQ558", "error", graphs="settings", tables="compile", callbacks="ModelCheckpoint", depends_on=("version",))
def check(facts: Facts) -> Findings:
    for monitor in facts.training.monitors:
        path = monitor.callback.filepath if monitor.kind == "ModelCheckpoint" else ""
        if "{" not in path and "}" not in path:
            continue
        between = monitor.callback.save_freq != "epoch"
        logged = [name for name in monitor.names if name in monitor.logs.names] if between else monitor.names
        names = ["epoch", "batch", *logged] if between else ["epoch", *logged]
        wrong = placeholder_mistake(path, names)
        if wrong is None:
            late = next((name for name in placeholder_names(path) if name.startswith("val_")), None)
            if late is None or between or monitor.run.validations == monitor.run.epochs:
                continue
            wrong = (late, fmt("{{{}}} is not available after epochs without validation", late))
        elif wrong[0] and not monitor.logs.exact and not wrong[0].startswith("val_"):
            continue
        meant = _meant(wrong[0], names, monitor) if wrong[0] else None
        yield finding(
            fmt("invalid placeholder in filepath: {}", wrong[1]),
            path=(*monitor.path, "filepath"),
            label=Suggestion(meant, SuggestionTemplate.PLACEHOLDER).label,
            notes=(fmt("available: {}", ", ".join(names)),),
            help=_help(wrong[0], meant, monitor),
            severity="warning" if _unsaid(facts, wrong[0], monitor) else None,
        )


def _unsaid(facts: Facts, name: str, monitor: Monitor) -> bool:
    """Whether a validation metric is missing and the spec does not declare its data."""
    return not facts.has("data") and not monitor.run.validates and name.removeprefix("val_") in monitor.logs.names


def _help(name: str, meant: str | None, monitor: Monitor) -> str:
    if name.startswith("val_") and name.removeprefix("val_") in monitor.logs.names and not monitor.run.validations:
        return ADD_VALIDATION + (fmt("; or use {{{}}}", meant) if meant else "")
    return fmt("use {{{}}}", meant) if meant else "use an available name, such as {epoch}"


def _meant(name: str, names: list[str], monitor: Monitor) -> str | None:
    if name in names:
        return None
    return next(
        (candidate for candidate in names if candidate in (f"val_{name}", name.removeprefix("val_"))), None
    ) or (monitor.suggestion(name))
