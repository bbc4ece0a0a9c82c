"""Requirements of each rule: documentation, tested examples, golden documents."""

import re
import tomllib
from typing import get_args

import pytest

import seqspec
from seqspec.core.catalog.traits import (
    ACTIVATION_TRAITS,
    LAYER_TRAITS,
    LOSS_TRAITS,
    METRIC_TRAITS,
    OPTIMIZER_TRAITS,
    Role,
)
from seqspec.core.check.fix import fix
from seqspec.core.check.rule_docs import HEADINGS, explain
from seqspec.core.diagnostics.codes import CODES, family
from seqspec.core.document.tables import OPTIONAL_TABLES
from seqspec.core.linter import registry
from seqspec.core.linter.registry import AREAS, rules
from tests import CASES
from tests.core.linter.rules.vocabulary import known_keys, known_values

every_rule = pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.name)


def corrected(page):
    """The spec under Example with the changed lines under Use instead; each of its places occurs once in the spec."""
    if page.languages["Use instead"] == "toml":
        return page.sections["Use instead"]
    text = page.sections["Example"] + "\n"
    for change in page.sections["Use instead"].split("\n\n"):
        lines = change.splitlines()
        before, after = ("".join(f"{line[1:]}\n" for line in lines if line[0] in f" {sign}") for sign in "-+")
        assert f"\n{text}".count(f"\n{before}") == 1, f"in the example, these lines must occur once:\n{before}"
        text = f"\n{text}".replace(f"\n{before}", f"\n{after}")[1:]
    return text


def names(report):
    return {diagnostic.name for diagnostic in report.diagnostics}


def documents(kind, rule):
    folder = CASES / kind / AREAS[family(rule.code)] / rule.name
    return [path for path in sorted(folder.glob("*")) if path.suffix in (".toml", ".json")]


@every_rule
def test_rule_requirements_exist(rule):
    """A misspelled name in `requires` never matches, so the rule would silently be skipped."""
    known = {*known_keys(), *known_values(), *OPTIONAL_TABLES, *get_args(Role)}
    known.update(LAYER_TRAITS, ACTIVATION_TRAITS, LOSS_TRAITS, METRIC_TRAITS, OPTIMIZER_TRAITS)
    # A layer argument also matches by its last part.
    known.update([key.rpartition("_")[2] for key in known_keys()])
    for requires in rule.alternatives:
        fields = requires._replace(mismatches=(), absent=())
        assert {name for names in fields for name in names} - known == set()


def test_codes_are_unique_and_in_order():
    codes = [code.code for code in CODES.values()]
    assert codes == sorted(set(codes))
    assert all(code.severity in ("error", "warning", "info") for code in CODES.values())


@every_rule
def test_rule_documentation_has_tested_examples(rule):
    page = explain(rule.rule)
    assert rule.rule.summary.endswith(".")
    assert all(page.sections.values())
    # A heading that is not known would be read as text.
    assert set(re.findall(r"^([A-Z][a-z]+(?: [a-z]+)*):$", rule.rule.docs, re.MULTILINE)) <= set(HEADINGS)
    bad = seqspec.check(tomllib.loads(page.sections["Example"]))
    assert rule.name in names(bad)
    assert not [found for found in bad.diagnostics if found.code < "SEQ3"]
    good = seqspec.check(tomllib.loads(corrected(page)))
    assert [found for found in good.diagnostics if found.severity != "info"] == []
    assert rule.name not in names(good)


@every_rule
def test_rule_has_golden_documents(rule):
    """That those of `ok` have no finding, and the text of the others, is tested in `tests/test_cases.py`."""
    bad, good = documents("err", rule), documents("ok", rule)
    folder = f"{AREAS[family(rule.code)]}/{rule.name}"
    assert bad and good, f"add specs to tests/cases/err/{folder} and tests/cases/ok/{folder}"
    for path in bad:
        assert f"[{rule.code}] {rule.name}:" in path.with_name(f"{path.name}.out").read_text(encoding="utf-8"), path


@every_rule
def test_rule_fixes_remove_the_finding(rule):
    for path in documents("err", rule):
        report = seqspec.check(path)
        if all(found.fix is None or not found.fix.edits for found in report.diagnostics if found.name == rule.name):
            continue
        fixed = fix(path, unsafe=True)
        assert rule.name not in names(fixed.report), path
        assert not [found for found in fixed.report.diagnostics if found.code < "SEQ3"], path


def test_rule_missing_from_the_index_is_reported(tmp_path, monkeypatch):
    """Without the index a rule does not run; in a checkout each check warns of that."""
    folder = tmp_path / "seqspec" / "linter"
    for area in AREAS.values():
        (folder / "rules" / area).mkdir(parents=True)
    for rule in rules():
        (folder / "rules" / (rule.module.removeprefix("seqspec.core.linter.rules.").replace(".", "/") + ".py")).touch()
    monkeypatch.setattr(registry, "__file__", str(folder / "registry.py"))
    registry._compare_with_files()
    (folder / "rules" / "head" / "brand_new.py").touch()
    with pytest.warns(UserWarning, match=r"head/brand_new\.py"):
        registry._compare_with_files()
