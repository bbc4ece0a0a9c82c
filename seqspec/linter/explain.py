"""A rule explained: what its file says, with what the check really prints for its example."""

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

HEADINGS = ("What it does", "Why it hurts", "Example", "Instead", "Confidence", "References")
"""The headings of a rule's docstring, in their order."""

FILE = "model.seqspec.toml"
"""What the example of a rule is called where its findings are printed."""

_HEADING = re.compile(rf"^({'|'.join(HEADINGS)}):[ \n]", re.MULTILINE)
_DOCUMENTS = ("Example", "Instead")


class Explanation:
    """What is known of a rule.

    Attributes:
        code: Its code, name, severity and summary.
        sections: What its file says under each heading; empty for a rule of the language, which follows Keras.
    """

    def __init__(self, code: Code, doc: str) -> None:
        self.code = code
        self.sections = _sections(doc)

    @property
    def area(self) -> str:
        """What the rule is about: the folder of its file, `"language"`, or `"plugin"` for one of another package."""
        digit = family(self.code.code)
        return AREAS.get(digit, "language") if digit else "plugin"

    @cached_property
    def output(self) -> str:
        """What `seqspec check` prints of this rule for the example."""
        from seqspec.linter.check import check
        from seqspec.output.text import full
        from seqspec.syntax.source import parse_text

        if "Example" not in self.sections:
            return ""
        report = check(parse_text(self.sections["Example"], FILE))
        found = [diagnostic for diagnostic in report.diagnostics if diagnostic.name == self.code.name]
        return "\n\n".join(full(diagnostic, report.line) for diagnostic in found)

    def text(self) -> str:
        """The explanation for a terminal."""
        lines = [f"{self.code.code} {self.code.name} ({self.code.severity})", self.code.summary]
        for heading, body in self.sections.items():
            lines += ["", heading, textwrap.indent(body, "  ")]
            if heading == "Example":
                lines += ["", "  seqspec check prints", textwrap.indent(self.output, "    ")]
        return "\n".join([*lines, "", f"Leave it out in one place: {self.suppression}"])

    def markdown(self) -> str:
        """The explanation as a page."""
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
                lines += ["", "`seqspec check` prints:", "", "```text", self.output, "```"]
        lines += ["", f"Leave it out in one place: `{self.suppression}`."]
        return "\n".join(lines) + "\n"

    @property
    def suppression(self) -> str:
        """What a document says to have the rule left out at a line."""
        return f"# seqspec: ignore[{self.code.code}] reason"

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "code": self.code.code,
            "name": self.code.name,
            "severity": self.code.severity,
            "area": self.area,
            "summary": self.code.summary,
            "sections": {**self.sections},
        }


def explain(rule: Rule) -> Explanation:
    """The explanation of a rule."""
    return Explanation(rule.entry, rule.docs or "")


def explanation(word: str) -> Explanation | None:
    """The explanation of the rule with a code or a name, in whatever letter case; None where there is none."""
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
