"""The explanation of a rule, for the playground."""

from __future__ import annotations

from seqspec.core.api.check import explanation
from seqspec.editor.lsp.server import Server


def register(server: Server) -> None:
    """Registers the handler of the request."""

    @server.feature("seqspec/explain")
    def answer(ls: Server, params: object) -> dict[str, object] | None:
        explained = explanation(str(getattr(params, "code", "")))
        return {**explained.to_dict(), "output": explained.output} if explained is not None else None
