"""The output formats of `seqspec check`: the names that `--format` accepts, and the module that renders each."""

from importlib import import_module

from seqspec.core.output.base import Render

FORMATS = {
    "text": "findings.render",
    "concise": "findings.render_concise",
    "json": "json.render",
    "jsonl": "jsonl.render",
    "sarif": "sarif.render",
    "github": "github.render",
    "gitlab": "gitlab.render",
    "rdjsonl": "rdjsonl.render",
    "junit": "junit.render",
    "markdown": "markdown.render",
}
"""Module and function of each format, imported on first use."""

STATISTICS = {
    "text": "findings.render_statistics",
    "concise": "findings.render_statistics",
    "json": "json.render_statistics",
}
"""The same for `--statistics`."""


def renderer(format: str, statistics: bool = False) -> Render:
    """The function that renders findings, or counts per rule, in a format."""
    module, _, function = (STATISTICS if statistics else FORMATS)[format].partition(".")
    render: Render = getattr(import_module(f"seqspec.core.output.{module}"), function)
    return render
