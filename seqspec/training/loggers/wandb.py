"""Weights & Biases: configuration, metrics per epoch and results; WANDB_PROJECT, WANDB_MODE and the like apply."""

from __future__ import annotations

import os

from seqspec.core.api.diagnostics import install_command
from seqspec.training.loggers.logger import LoggedRun, Logger, evaluation_scalars, scalars
from seqspec.training.records import EpochRecord, Evaluation


class WandBLogger(Logger):
    """A run of the project that WANDB_PROJECT names, by default "seqspec"; a resumed run continues it.

    The trials of a search are a group.
    """

    packages = ("wandb",)
    install = install_command("wandb")
    files = ("wandb",)

    def start(self, run: LoggedRun) -> None:
        import wandb

        self._run = wandb.init(
            project=os.environ.get("WANDB_PROJECT") or "seqspec",
            name=run.name if run.search is None else f"{run.search.name}-{run.trial:04} {run.part}".strip(),
            group=run.search.name if run.search is not None else None,
            job_type="trial" if run.search is not None else None,
            id=run.state.get("id"),
            resume="allow",
            config={**run.config, "run_folder": str(run.path)},
            dir=str(run.path),
            settings=wandb.Settings(silent=True, console="off"),
        )
        run.state["id"] = self._run.id

    def log_epoch(self, line: EpochRecord) -> None:
        self._run.log({**scalars(line), "epoch": line["epoch"], "stage": line["stage"]}, step=line["epoch"])

    def finish(self, state: str, evaluation: Evaluation) -> None:
        self._run.summary.update(evaluation_scalars(evaluation))
        self._run.finish(exit_code=0 if state == "done" else 1)
