"""Rule documentation: the sections of a rule's docstring and the actual output of its example."""

from __future__ import annotations

import re
import textwrap
from functools import cached_property
from typing import Any

from seqspec.config.plugins import rule_plugins
from seqspec.diagnostics.code import Code, family
from seqspec.diagnostics.codes import CODES
from seqspec.linter.registry import AREAS, rules
from seqspec.linter.rule import Rule

HEADINGS = ("What it does", "Why is this bad?", "Example", "Use instead", "Confidence", "References")
"""The headings of a rule's docstring, in order."""

FILE = "model.seqspec.toml"
"""The file name of the example in printed findings."""

# A heading ends with a colon, or with its question mark.
_HEADING = re.compile(rf"^({'|'.join(map(re.escape, HEADINGS))})(?:(?<=\?)|:)[ \n]", re.MULTILINE)
_DOCUMENTS = ("Example", "Use instead")


class Explanation:
    """The documentation of a rule.

    Attributes:
        code: The code, name, severity and summary of the rule.
        sections: The docstring's text by heading; empty for language rules (SEQ0xx to SEQ2xx).
    """

    def __init__(self, code: Code, doc: str) -> None:
        self.code = code
        self.sections = _sections(doc)

    @property
    def area(self) -> str:
        """The rule's area: the package of its module, `"language"`, or `"plugin"` for a plugin rule."""
        digit = family(self.code.code)
        return AREAS.get(digit, "language") if digit else "plugin"

    @cached_property
    def output(self) -> str:
        """The findings of this rule that `seqspec check` prints for the example."""
        from seqspec.linter.check import check
        from seqspec.output.text import full
        from seqspec.syntax.source import parse_text

        if "Example" not in self.sections:
            return ""
        report = check(parse_text(self.sections["Example"], FILE))
        found = [diagnostic for diagnostic in report.diagnostics if diagnostic.name == self.code.name]
        return "\n\n".join(full(diagnostic, report.line) for diagnostic in found)

    def text(self) -> str:
        """The documentation as text for a terminal."""
        lines = [f"{self.code.code} {self.code.name} ({self.code.severity})", self.code.summary]
        for heading, body in self.sections.items():
            lines += ["", heading, textwrap.indent(body, "  ")]
            if heading == "Example":
                lines += ["", "  seqspec check reports", textwrap.indent(self.output, "    ")]
        return "\n".join([*lines, "", f"To suppress it on one line: {self.suppression}"])

    def markdown(self) -> str:
        """The documentation as a Markdown page."""
        lines = [f"# {self.code.name} ({self.code.code})", "", f"**{self.code.severity}** · {self.code.summary}"]
        for heading, body in self.sections.items():
            lines += ["", f"## {heading}", ""]
            if heading in _DOCUMENTS:
                lines += ["```toml", body, "```"]
            elif heading == "References":
                lines += [f"- {line}" for line in body.splitlines()]
            else:
                lines += [body]
            if heading == "Example":
                lines += ["", "`seqspec check` reports:", "", "```text", self.output, "```"]
        lines += ["", f"To suppress it on one line: `{self.suppression}`."]
        return "\n".join(lines) + "\n"

    @property
    def suppression(self) -> str:
        """The comment that suppresses the rule on a line."""
        return f"# seqspec: ignore[{self.code.code}] reason"

    def to_dict(self) -> dict[str, Any]:
        """The documentation as JSON data."""
        return {
            "code": self.code.code,
            "name": self.code.name,
            "severity": self.code.severity,
            "area": self.area,
            "summary": self.code.summary,
            "sections": {**self.sections},
        }


def explain(rule: Rule) -> Explanation:
    """Returns the documentation of a rule."""
    return Explanation(rule.entry, rule.docs or "")


def explanation(word: str) -> Explanation | None:
    """Returns the documentation of the rule with this code or name, ignoring case, or None if it is unknown."""
    folded = word.casefold()
    for rule in rule_plugins()[0]:
        if folded in (rule.code.casefold(), rule.name):
            return explain(rule)
    for indexed in rules():
        if folded in (indexed.code.casefold(), indexed.name):
            return explain(indexed.rule)
    language = (code for code in CODES.values() if folded in (code.code.casefold(), code.name))
    return next((Explanation(code, "") for code in language), None)


def _sections(doc: str) -> dict[str, str]:
    found: dict[str, str] = {}
    parts = _HEADING.split(doc)
    for heading, body in zip(parts[1::2], parts[2::2]):
        if heading in _DOCUMENTS or heading == "References":
            found[heading] = textwrap.dedent(body.strip("\n")).strip()
        else:
            text = textwrap.dedent(body).strip()
            found[heading] = text[:1].upper() + text[1:]
    return found
