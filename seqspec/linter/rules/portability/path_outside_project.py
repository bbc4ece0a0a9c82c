"""Path outside the project.

What it does: finds paths that leave the project: `..`, `~`, and absolute ones. Looked at are `[save]`, `[export]`,
`[report]`, callbacks, `source` in `[data]`, weights and vocabularies.

Why it hurts: such a path means something else on every machine. `..` writes beside the project, wherever it was
started; `~` is no home directory to Keras but a folder of that name.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1 },
    ]

    [save]
    filepath = "../models/prices.keras"

Instead:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1 },
    ]

    [save]
    filepath = "models/prices.keras"

Confidence: it warns of `..` and `~`; an absolute path is a hint, as it may be a mounted disk that all machines have.

References:
    CWE-22, path traversal
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.catalog.index import APPLICATIONS
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    for named in facts.external_paths:
        text = named.text
        if "://" in text:
            continue
        parts = text.replace("\\", "/").split("/")
        absolute = text[:1] in ("/", "\\") or text[1:3] in (":/", ":\\")
        if ".." in parts:
            said = "leaves the project" + (" and writes there" if named.written else "")
        elif parts[0] == "~":
            said = "is a folder called ~ to Keras, not the home directory"
        elif absolute:
            said = "is a place on one machine"
        else:
            continue
        yield Violation(
            RULE.name,
            f'"{text[:60]}" {said}',
            path=named.path,
            severity="info" if absolute else None,
            help="write a path within the project; whoever runs it can set another one with --set",
        )


RULE = Rule(
    code="SEQ806",
    name="path-outside-project",
    severity="warning",
    requires=(
        Requires(tables=("save",)),
        Requires(tables=("export",)),
        Requires(tables=("report",)),
        Requires(layers=APPLICATIONS),
        Requires(
            arguments=("vocabulary", "source", "filepath", "filename", "log_dir", "backup_dir", "directory", "root")
        ),
    ),
    check=check,
    docs=__doc__,
)
