"""From a document to its report."""

from __future__ import annotations

from typing import Any

from seqspec.analysis.report import Report, error_of
from seqspec.analysis.stack import walk_stack
from seqspec.catalog.dtypes import policy
from seqspec.catalog.environment import Environment
from seqspec.diagnostics.problem import Problem
from seqspec.spec.model import read_model


def check(source: dict[str, Any]) -> Report:
    """Checks a document; never raises for a bad one."""
    problems: list[Problem] = []
    found: list[Problem] = []
    env = Environment(policy=policy(source.get("runtime", {}).get("dtype_policy", "float32")),
        keras=tuple(int(part) for part in source.get("keras", "3.15").lstrip("=").split(".")[:2]))  # type: ignore[arg-type]
    model = read_model(source["model"], found)
    layers = []
    if model is not None and model.input is not None:
        walked: list[Problem] = []
        layers = walk_stack(model.layers, model.input, env, ("layers",), walked)
        found += walked
    problems += [problem.within("model") for problem in found]
    for problem in problems:
        if problem.on == "layer":
            problem.path = (*problem.path, "type")
    return Report(error_of(problems).report.diagnostics, layers)
