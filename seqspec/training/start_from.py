"""A run that starts from the weights of another run: its test rows must not have been trained on."""

from __future__ import annotations

import numpy as np

from seqspec.training.data.prepare import PreparedData
from seqspec.training.errors import RunError
from seqspec.training.records import DataDigests
from seqspec.training.run_folder.folder import RunFolder


def require_same_split(
    other: RunFolder, digests: DataDigests, prepared: PreparedData, *, in_folds: bool = False
) -> None:
    """Raises `RunError` if validation or test rows were in the training set of another run of the same files.

    `in_folds` is whether each training row validates once.
    """
    before = other.lock()["digests"]
    files, others = (set(each["files"].values()) for each in (digests, before))
    if (before["split"] == digests["split"] and not in_folds) or not files or files != others:
        return
    trained = other.split_rows().get("train")
    for name in ("test", "validation"):
        rows = prepared.rows.get("train" if in_folds and name == "validation" else name)
        if rows is None or not len(rows):
            continue
        share = 1.0 if trained is None else float(np.isin(rows, trained).mean())
        if share > 0:
            trained_on = f"{share:.1%} of the {name} rows were in the training set of {other.path}"
            if in_folds:
                raise RunError(f"{trained_on}, and each validates in a fold; allow it with --allow-other-split")
            raise RunError(
                f"{trained_on}, which has another split; "
                f"use the same split ({_split_of(other)}), or allow it with --allow-other-split"
            )


def _split_of(other: RunFolder) -> str:
    """What to write into the split of a spec to get that of another run."""
    split = other.spec().get("data", {}).get("split")
    if split is None:
        return "it trained on all rows"
    if split["by"] in ("random", "group", "k-fold", "group-k-fold"):
        return f"seed = {split.get('seed', other.lock()['seed'])}"
    return "that of its spec"
