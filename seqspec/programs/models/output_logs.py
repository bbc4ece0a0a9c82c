"""What training logs of a model with several outputs, and callbacks that monitor something else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seqspec.core.diagnostics.suggest import nearest
from seqspec.programs.layers.program_model import ProgramModel
from seqspec.programs.values.abstract_values import Note
from seqspec.programs.values.generation import Generation

_UNCERTAIN = frozenset({"callbacks", "version", "keras_2", "training"})
"""What a program may leave open that changes the logs."""


def unknown_monitors(models: Sequence[ProgramModel]) -> Iterator[Note]:
    """A note on each callback that monitors what no output of its model logs."""
    by_fit: dict[int, list[ProgramModel]] = {}
    for model in models:
        if model.output_metrics is not None and ("fit",) in model.values:
            by_fit.setdefault(id(model.values["fit",]), []).append(model)
    for outputs in by_fit.values():
        names = logs_of_outputs(outputs)
        if names is None:
            continue
        first = outputs[0]
        for index, callback in enumerate(first.tree["fit"].get("callbacks", ())):
            monitor = callback.get("monitor") if isinstance(callback, dict) else None
            node = first.values.get(("fit", "callbacks", index, "monitor"))
            base = monitor.removeprefix("val_") if isinstance(monitor, str) else "loss"
            if node is None or base in names or base in ("lr", "learning_rate"):
                continue
            meant = [name for name in names if name.endswith(f"_{base}")]
            near = meant[0] if meant else nearest(base, names)
            prefix = "val_" if base != monitor else ""
            # Keras finds the direction by the name of a metric without that of its output.
            mode = ' and mode="min" or "max"' if near not in (None, "loss") and "mode" not in callback else ""
            help = f"logged: {', '.join(names)}" if near is None else f'write monitor="{prefix}{near}"{mode}'
            message = f'{callback["type"]} monitors "{monitor}", which is never logged'
            listing = "" if near is None else f": of several outputs, Keras logs {', '.join(names)}"
            yield Note("monitor", message + listing, node, help, rule="monitor-not-logged")


def logs_of_outputs(models: Sequence[ProgramModel]) -> list[str] | None:
    """The names in the logs of one call of `fit`, without those of validation; None if they are not all known.

    Args:
        models: The model as read for each of its outputs.
    """
    names = ["loss"]
    outputs = models[0].output_names
    if len({model.tree["output"] for model in models}) != len(models) or len(models) != len(outputs):
        return None
    for model in sorted(models, key=lambda model: int(model.tree["output"])):
        metrics = model.output_metrics
        certain = not model.unspecified & _UNCERTAIN and model.generation == Generation.KERAS_3
        if metrics is None or not certain or model.opaque or model.doubtful or model.alternatives_of is not None:
            return None
        output = outputs[int(model.tree["output"])]
        names += [f"{output}_{name}" for name in ("loss", *metrics)]
    return names
