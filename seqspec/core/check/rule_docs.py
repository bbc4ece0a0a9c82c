"""Documentation of codes: the sections of a rule's docstring, or of a page, and the actual output of its example.

"Use instead" is a spec, or the changed lines of the example as a diff, with a blank line between separate changes.
The pages of codes that no rule of the linter reports are Markdown files: `seqspec/core/diagnostics/pages`, and the
folders `pages` of the extensions.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from functools import cached_property

from seqspec.core.catalog.plugins import rule_plugins
from seqspec.core.diagnostics.codes import CODES, DATA_RULES, ESSENTIAL, FAMILIES, PAGES, Code, family
from seqspec.core.linter.registry import rules
from seqspec.core.linter.rule import Rule

HEADINGS = ("What it does", "Why is this bad?", "Example", "Use instead", "Confidence", "References")
"""The headings of a rule's docstring, in order."""

FILE = "model.seqspec.toml"
"""The file name of the example in printed findings."""

# A heading ends with a colon, or with its question mark.
_HEADING = re.compile(rf"^({'|'.join(map(re.escape, HEADINGS))})(?:(?<=\?)|:)[ \n]", re.MULTILINE)
_DOCUMENTS = ("Example", "Use instead")
_PAGE_HEADING = re.compile(rf"^## ({'|'.join(map(re.escape, HEADINGS))})\n", re.MULTILINE)
_SPEC = re.compile(r"```toml\n((?:(?!```).*\n)+)```")


class Explanation:
    """The documentation of a code.

    Attributes:
        code: The code, name, severity and summary.
        sections: The text by heading.
        languages: The languages of sections by heading: `"toml"` for a spec, `"diff"` for the changed lines of the
            example; the other sections are Markdown.
    """

    def __init__(self, code: Code, sections: dict[str, str], languages: Mapping[str, str] = {}) -> None:
        self.code = code
        self.sections = sections
        self.languages = languages

    @property
    def area(self) -> str:
        """The rule's area: its family, `"language"` for the rules of the language, or `"plugin"` for a plugin rule."""
        digit = family(self.code.code)
        return "language" if digit in ("0", "1", "2") else FAMILIES.get(digit, "plugin")

    @cached_property
    def output(self) -> str:
        """The findings of this code that `seqspec check` prints for the example; empty if it is not a spec in TOML."""
        from seqspec.core.check.check import check
        from seqspec.core.output.text import full
        from seqspec.core.syntax.source import parse_text

        if "Example" not in self.languages:
            return ""
        report = check(parse_text(self.sections["Example"], FILE))
        diagnostics = [diagnostic for diagnostic in report.diagnostics if diagnostic.name == self.code.name]
        return "\n\n".join(full(diagnostic, report.line) for diagnostic in diagnostics)

    def text(self) -> str:
        """The documentation as text for a terminal."""
        lines = [f"{self.code.code} {self.code.name} ({self.code.severity})", self.code.summary]
        for heading, body in self.sections.items():
            lines += ["", heading, textwrap.indent(body, "  ")]
            if heading == "Example" and self.output:
                lines += ["", "  seqspec check reports", textwrap.indent(self.output, "    ")]
        if self.suppressible:
            lines += ["", f"To suppress it on one line: {self.suppression}"]
        return "\n".join(lines)

    def markdown(self) -> str:
        """The documentation as a Markdown page."""
        lines = [f"# {self.code.name} ({self.code.code})", "", f"**{self.code.severity}** · {self.code.summary}"]
        for heading, body in self.sections.items():
            lines += ["", f"## {heading}", ""]
            if heading in self.languages:
                lines += [f"```{self.languages[heading]}", body, "```"]
            elif heading == "References":
                lines += [f"- {line}" for line in body.splitlines()]
            else:
                lines += [body]
            if heading == "Example" and self.output:
                lines += ["", "`seqspec check` reports:", "", "```text", self.output, "```"]
        if self.suppressible:
            lines += ["", f"To suppress it on one line: `{self.suppression}`."]
        return "\n".join(lines) + "\n"

    @property
    def suppressible(self) -> bool:
        """Whether a comment can suppress findings of this code."""
        return self.code.name not in ESSENTIAL and self.code.name not in DATA_RULES

    @property
    def suppression(self) -> str:
        """The comment that suppresses the rule on a line."""
        return f"# seqspec: ignore[{self.code.code}] reason"

    def to_dict(self) -> dict[str, object]:
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
    sections = _sections(rule.docs or "")
    languages = {heading: _language(sections[heading]) for heading in _DOCUMENTS if heading in sections}
    return Explanation(rule.entry, sections, languages)


def explanation(identifier: str) -> Explanation | None:
    """Returns the documentation of this code or name, ignoring case, or None if it is unknown."""
    folded = identifier.casefold()
    for rule in rule_plugins()[0]:
        if folded in (rule.code.casefold(), rule.name):
            return explain(rule)
    for indexed in rules():
        if folded in (indexed.code.casefold(), indexed.name):
            return explain(indexed.rule)
    others = (code for code in CODES.values() if folded in (code.code.casefold(), code.name))
    return next(map(explain_code, others), None)


def explain_code(code: Code) -> Explanation:
    """Returns the documentation of a code that no rule of the linter reports."""
    page = next(path for folder in PAGES if (path := folder / f"{code.name}.md").exists())
    parts = _PAGE_HEADING.split(page.read_text(encoding="utf-8"))
    sections = {heading: body.strip() for heading, body in zip(parts[1::2], parts[2::2])}
    specs = {heading: spec[1].strip() for heading in _DOCUMENTS if (spec := _SPEC.fullmatch(sections[heading]))}
    return Explanation(code, {**sections, **specs}, dict.fromkeys(specs, "toml"))


def _language(text: str) -> str:
    """`"diff"` for lines that begin with a space, - or +, else `"toml"`."""
    return "diff" if text.startswith((" ", "-", "+")) else "toml"


def _sections(doc: str) -> dict[str, str]:
    sections: dict[str, str] = {}
    parts = _HEADING.split(doc)
    for heading, body in zip(parts[1::2], parts[2::2]):
        if heading in _DOCUMENTS or heading == "References":
            sections[heading] = textwrap.dedent(body.strip("\n")).rstrip()
        else:
            text = textwrap.dedent(body).strip()
            sections[heading] = text[:1].upper() + text[1:]
    return sections
