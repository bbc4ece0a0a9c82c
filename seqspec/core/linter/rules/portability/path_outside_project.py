"""Path outside the project.

What it does: Detects paths outside of the project: `..`, `~`, and absolute paths, in `[save]`, `[export]`, `[report]`,
callbacks, `source` in `[data]`, weights and vocabularies.

Why is this bad? Such a path refers to something else on every machine. `..` escapes the working directory; Keras does
not expand `~` but creates a directory with that name.

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

Use instead:
    -filepath = "../models/prices.keras"
    +filepath = "models/prices.keras"

Confidence: a warning for `..` and `~`; an absolute path without `..` is info, since it may be a shared mount.

References:
    CWE-22, path traversal
"""

from seqspec.core.analysis.files import PATH_ARGUMENTS
from seqspec.core.linter.rules import Facts, Findings, Message, Requires, SpecOrProgram, finding, fmt, rule


@rule(
    "SEQ806",
    "warning",
    graphs="all",
    any_of=(
        Requires(tables=("save",)),
        Requires(tables=("export",)),
        Requires(tables=("report",)),
        Requires(layers=("base_model",)),
        Requires(arguments=PATH_ARGUMENTS),
    ),
)
def check(facts: Facts) -> Findings:
    for named in facts.files.external_paths:
        text = named.text
        if "://" in text:
            continue
        parts = text.replace("\\", "/").split("/")
        absolute = text[:1] in ("/", "\\") or text[1:3] in (":/", ":\\")
        if ".." in parts:
            statement = "points outside of the project" + (" and is written to" if named.written else "")
        elif parts[0] == "~":
            statement = "is not expanded to the home directory by Keras"
        elif absolute:
            statement = "is an absolute path that may only exist on one machine"
        else:
            continue
        yield finding(
            fmt('"{}" {}', text[:60], statement),
            path=named.path,
            severity="info" if absolute and ".." not in parts else None,
            help=fmt("use a path within the project{}", SpecOrProgram(Message("; it can be overridden with --set"))),
        )
