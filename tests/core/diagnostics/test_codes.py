"""The table of rules: unique codes and names, and every rule that the code raises."""

import re
from collections import Counter
from pathlib import Path

import seqspec
from seqspec.core.diagnostics.codes import CODES, RULES

SOURCES = [path.read_text(encoding="utf-8") for path in Path(seqspec.__file__).parent.rglob("*.py")]


def test_codes_and_names_are_unique():
    assert [code for code, count in Counter(entry.code for entry in CODES.values()).items() if count > 1] == []
    for name, entry in CODES.items():
        assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name)
        assert re.fullmatch(r"SEQ\d{3}", entry.code)
        assert entry.severity in ("error", "warning", "info")
        assert entry.summary.endswith(".")


def test_raised_rules_are_in_the_table():
    raised = {name for text in SOURCES for name in re.findall(r'\bViolation\(\s*"([^"]+)"', text)}
    assert raised - set(CODES) == set()


def test_codes_without_a_rule_file_are_raised():
    """A rule of the linter is named by its file, which `scripts/generate --check` compares with the index."""
    text = "\n".join(source for source in SOURCES if "_LANGUAGE = [" not in source)
    named = CODES.keys() - {entry.name for entry in RULES}
    assert [name for name in sorted(named) if f'"{name}"' not in text] == []
