"""The tools that read specs and programs: each answers in the process of the server, one call at a time."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

from seqspec.agents.answers import CheckAnswer, FixAnswer, checked
from seqspec.agents.catalog import ClassHelp, described
from seqspec.agents.root import ServedFolder
from seqspec.core.api.check import Check, apply_fixes, check_source, explanation, summarize
from seqspec.core.api.compiler import NoProgram, program
from seqspec.core.api.frontends import entry_of
from seqspec.core.api.messages import visible
from seqspec.core.api.schema import Task, generation_schema
from seqspec.core.api.spec import Unformattable, format_document
from seqspec.core.api.syntax import Document, read_source

# The SDK reads JSON in the text of an argument whose type is not exactly a string.
File = Annotated[str, Field(description="A file of the project: a spec, a Keras program or a notebook.")]
Text = Annotated[str, Field(description="The content, in place of a file.")]
Format = Annotated[
    Literal["toml", "json", "python", "notebook"] | None, Field(description="Of the text; recognized by default.")
]


class Tools:
    """The tools, for the files below a root."""

    def __init__(self, root: ServedFolder) -> None:
        self._root = root

    def check(self, file: File = "", text: Text = "", format: Format = None) -> CheckAnswer:
        """Check a spec, a Keras program or a notebook: what Keras would refuse and what would train badly.

        Each finding has its place and, if there is one, the fix as edits. Of a valid spec, the layers follow, each as
        name, type, output shape, parameters.
        """
        name, source = self._root.source(file, text, format)
        report, diagnostics = self._root.check(name, source)
        return checked(report, diagnostics, name)

    def fix(
        self,
        file: File = "",
        text: Text = "",
        format: Format = None,
        unsafe: Annotated[bool, Field(description="Also apply fixes that may change what the model does.")] = False,
    ) -> FixAnswer:
        """Apply the fixes of all findings. Returns the new text and what remains; no file is written."""
        name, source = self._root.source(file, text, format)
        document = source if isinstance(source, Document) else self._document(source)
        if document.text is None:
            raise ToolError("only a text can be fixed")
        configured = self._root.effective(name)
        settings = self._root.settings(configured)
        result = apply_fixes(document, lambda each: check_source(each, settings), configured.reported, unsafe=unsafe)
        report, diagnostics = self._root.check(name, result.document)
        fixed = [visible(f"{finding.code} {finding.name}: {finding.message}") for finding in result.fixed]
        return {"text": result.text or "", "fixed": fixed, "remaining": checked(report, diagnostics, name)}

    def _document(self, name: str) -> Document:
        entry = entry_of(name)
        kind = Document if entry is None else entry.load().kind(name)
        return read_source(name, self._root.effective(name).settings.limits, kind)

    def summary(
        self,
        file: File = "",
        text: Text = "",
        format: Format = None,
        batch: Annotated[int, Field(ge=1, le=1_000_000, description="For the memory of the activations.")] = 1,
        sizes: Annotated[dict[str, int] | None, Field(description="Values of unknown sizes of the input.")] = None,
    ) -> dict[str, Any]:
        """Layers of a valid spec with shapes, parameters, MACs and memory in bytes, and the smallest valid input."""
        check = self._valid(file, text, format)
        try:
            return dict(summarize(check, batch, sizes or {}))
        except ValueError as error:
            raise ToolError(visible(str(error)))

    def _valid(self, file: str, text: str, format: str | None) -> Check:
        """The check of a spec without errors of Keras."""
        name, source = self._root.source(file, text, format)
        if entry_of(name) is not None:
            raise ToolError("this needs a spec: convert the program first")
        check = Check.of(source, options=self._root.settings(self._root.effective(name)))
        if not check.validation.ok:
            found = checked(check.validation, check.validation.diagnostics, name)["findings"]
            first = f"{found[0]['at']}: {found[0]['code']}: {found[0]['message']}"
            raise ToolError(f"the spec has {len(found)} errors; use check. The first is {first}")
        return check

    def layer(
        self, name: Annotated[str, Field(description="Its name, or a word to search for, such as downsample.")]
    ) -> ClassHelp:
        """Arguments, defaults and accepted values of a layer, loss, metric, optimizer, callback or activation."""
        return described(name)

    def explain(self, code: Annotated[str, Field(description="Such as SEQ301, or the name of the rule.")]) -> str:
        """The documentation of a finding: why it matters, an example, what to write instead."""
        from seqspec.cli.commands.explain import unknown_rule

        documented = explanation(code)
        if documented is None:
            raise ToolError(visible(unknown_rule(code[:80])))
        return documented.markdown()

    def schema(
        self,
        task: Annotated[Task | None, Field(description="What the model is for.")] = None,
        layers: Annotated[list[str] | None, Field(description="Only these layers.")] = None,
    ) -> dict[str, Any]:
        """The JSON Schema to generate a spec by, for structured outputs."""
        try:
            return generation_schema(task, layers)
        except ValueError as error:
            raise ToolError(visible(str(error)))

    def convert_spec(self, file: str, text: str, format: str | None, to: str) -> str:
        """A spec as a Keras program, or in the other notation."""
        if to == "python":
            try:
                return program(self._valid(file, text, format), False)
            except NoProgram as error:
                raise ToolError(visible(str(error)))
        _, source = self._root.source(file, text, format)
        document = source if isinstance(source, Document) else self._document(source)
        if not document.readable or document.violations:
            raise ToolError("a spec with syntax errors cannot be converted; use check")
        try:
            return format_document(document, to).text
        except Unformattable as error:
            raise ToolError(visible(str(error)))

    def is_program(self, file: str, text: str, format: str | None) -> bool:
        """Whether a source is a program or a notebook."""
        return entry_of(self._root.source(file, text, format)[0]) is not None
