"""Exports a document as a diagram, summary or equivalent program."""

from __future__ import annotations

from seqspec.core.api.check import Check, as_markdown, summarize
from seqspec.core.api.compiler import NoProgram, plot_of, program
from seqspec.core.api.diagnostics import SpecError
from seqspec.core.api.training import BATCH_SIZE
from seqspec.editor.lsp.server import Server

FORMATS = ("svg", "html", "mmd", "dot", "markdown", "python")


def register(server: Server) -> None:
    """Registers the handler of the request."""

    @server.feature("seqspec/export")
    def answer(ls: Server, params: object) -> dict[str, str] | None:
        target = ls.find(str(getattr(getattr(params, "textDocument", None), "uri", "")))
        format, theme = str(getattr(params, "format", "")), str(getattr(params, "theme", "auto"))
        if target is None or format not in FORMATS or theme not in ("auto", "light", "dark"):
            return None
        return exported(target[0].result, format, theme)


def exported(check: Check, format: str, theme: str = "auto") -> dict[str, str]:
    """The text in one of the `FORMATS`, or the reason `why` there is none."""
    try:
        if format == "python":
            return {"text": program(check)}
        if format == "markdown":
            if not check.report.ok:
                return {"why": "The summary needs a spec without errors."}
            return {"text": as_markdown(summarize(check, BATCH_SIZE, {}))}
        rendered = plot_of(check).render(format, theme)  # type: ignore[arg-type]  # checked by the client
    except NoProgram as error:
        return {"why": str(error)}
    except SpecError:
        return {"why": "There is no model to draw."}
    return {"text": rendered if isinstance(rendered, str) else ""}
