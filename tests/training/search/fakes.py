"""Workers that write run folders without training, for the tests of the coordinator."""

import json

from seqspec.core.check.check import Check
from seqspec.training.access import PROJECT_ONLY
from seqspec.training.run_folder.folder import RunFolder
from seqspec.training.search.jobs import DataFacts, runs_of
from seqspec.training.search.plan import plan_of
from seqspec.training.search.search_folder import SearchFolder
from seqspec.training.search.workers import JobEnd

DIGESTS = {"files": {"data.csv": "1"}, "data": None, "split": "2", "spec": None, "expanded": ""}
VERSIONS = {"keras": "3"}


def tree(space, *, split=None, fit=None, vars=None, **search):
    """A spec with `[search]`: two layers of `units` and 3 units."""
    return {
        "seqspec": 1,
        "vars": vars or {"units": 8},
        "model": {
            "input": [4],
            "layers": [
                {"type": "Dense", "units": "$units", "activation": "relu"},
                {"type": "Dense", "units": 3, "activation": "softmax"},
            ],
        },
        "target": {"kind": "multiclass", "classes": 3},
        "compile": {
            "optimizer": {"type": "Adam", "learning_rate": 0.01}, "loss": "sparse_categorical_crossentropy",
            "metrics": ["accuracy"],
        },
        "fit": {"epochs": 9, "batch_size": 10, **(fit or {})},
        "data": {
            "source": {"type": "table", "path": "data.csv", "label": "y"},
            "split": split or {"by": "random", "train": 0.6, "validation": 0.2, "test": 0.2},
        },
        "runtime": {"seed": 7},
        "search": {"objective": "val_loss", "sampler": "random", "space": space, **search},
    }  # fmt: skip


def plan(document):
    return plan_of(Check.of(document), 7, None, (), True, PROJECT_ONLY)


def folder_of(own, path, name="s"):
    folder = SearchFolder.create(path, name)
    folder.write_info({
        "state": "running", "seed": own.seed, "seconds": 0.0, "rejected": {}, "equal": 0, "tested": [],
        "started": "2026", "digests": DIGESTS, "versions": VERSIONS,
        "objectives": [{"metric": goal.metric, "direction": goal.direction} for goal in own.goals],
    })  # fmt: skip
    return folder


def write_run(path, values, state="done"):
    """A run folder with a `val_loss` for each epoch."""
    path.mkdir(parents=True, exist_ok=True)
    lines = [
        {"epoch": epoch, "stage": 0, "name": "stage 1", "stage_epoch": epoch, "seconds": 0.1, "learning_rate": 0.1,
         "logs": {"val_loss": value, "loss": value}}
        for epoch, value in enumerate(values, 1)
    ]  # fmt: skip
    (path / "history.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    info = {"state": state, "started": "", "base": "", "spec": None, "from": None, "python_data": False,
            "download": True, "seconds": 1.0}  # fmt: skip
    (path / "run.json").write_text(json.dumps(info))
    (path / "evaluation.json").write_text(json.dumps({"model": "final", "epochs": len(values)}))
    (path / "model.keras").write_text("")


class FakeWorkers:
    """One worker.

    `train` gets the number and the values of a trial, and returns the `val_loss` of each epoch of each of its runs, or
    a `JobEnd`.
    """

    def __init__(self, own, train, samples=600):
        self.plan, self.train = own, train
        self.facts = DataFacts({"train": (samples, 4), "validation": (200, 4), "test": (200, 4)}, DIGESTS)
        self.waiting = []
        self.started = []

    @property
    def free(self):
        return 1 - len(self.waiting)

    @property
    def busy(self):
        return bool(self.waiting)

    def start(self, key, job):
        self.waiting.append((key, job))
        self.started.append(key)

    def ended(self, decide):
        waiting, self.waiting = self.waiting, []
        for key, job in waiting:
            yield self.do(key, job, decide)

    def do(self, key, job, decide):
        found = self.train(key, job.values)
        if isinstance(found, JobEnd):
            return found
        runs = runs_of(self.plan, RunFolder(job.path))
        for number, (run, values) in enumerate(zip(runs, found), 1):
            if not self.plan.folds and number == 1:
                for epoch, value in enumerate(values, 1):
                    if decide(key, epoch, {"val_loss": value}):
                        write_run(run.path, values[:epoch], "pruned")
                        return JobEnd(key, stopped=True)
            write_run(run.path, values)
            if self.plan.folds and decide(key, number, {"val_loss": values[-1]}):
                write_run(job.path, [], "pruned")
                return JobEnd(key, stopped=True)
        if self.plan.folds:
            write_run(job.path, [])
        return JobEnd(key)

    def stop(self):
        pass
