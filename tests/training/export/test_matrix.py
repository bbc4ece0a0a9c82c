"""The export limits that layers declare, compared with the measured ones (`scripts/export-matrix`)."""

import json
import re

import pytest

import seqspec
from seqspec.core.analysis.exporting import export_limits
from seqspec.core.catalog.export_formats import EXPORT_FORMATS, FORMATS
from seqspec.core.catalog.index import APPLICATIONS, LAYERS
from seqspec.core.catalog.layer import InferenceContext, Layer
from seqspec.core.check.check import Check
from tests.training.export.rows import NOT_MEASURED, ROWS, STACKS

MIN_ROWS_HELD = 110
"""How many rows each format has to hold, with a fixed batch size or unrolled layers where that helps."""

MODELS = ROWS | STACKS


@pytest.fixture(scope="module")
def measured():
    from tests.training.export.matrix import matrix

    return matrix()["rows"] | matrix()["stacks"]


def test_matrix_rows_are_all_measured(measured):
    missing = [name for name in MODELS if name not in measured]
    assert missing == [], "measure these with scripts/export-matrix --row NAME"
    assert list(measured) == list(MODELS)
    assert all(set(cells) == set(FORMATS) for cells in measured.values())


def test_layers_have_matrix_rows():
    named = set(re.findall(r"\w+", json.dumps([row.layers for row in ROWS.values()])))
    assert LAYERS.keys() - APPLICATIONS.keys() - named == NOT_MEASURED, "add models to tests/training/export/rows.py"


def test_most_layers_are_in_every_format(measured):
    held = {format: sum("yes" in measured[name][format].values() for name in ROWS) for format in FORMATS}
    assert min(held.values()) >= MIN_ROWS_HELD, held


@pytest.mark.parametrize("format", FORMATS)
def test_declarations_agree_with_the_runtimes(measured, format):
    for name, row in MODELS.items():
        tries = measured[name][format]
        report = Check.of(row.tree).validation
        if not report.ok:
            assert tries["as_is"].startswith("Keras cannot build"), name
            continue
        found = next(export_limits(report.layers, format), None)
        assert (tries["as_is"] == "yes") == (found is None), (name, tries)
        if found is None:
            continue
        operations = tries["as_is"].removeprefix("no ").split(", ")
        assert found.limit.operation in operations or tries["as_is"].startswith("no: "), (name, tries)
        for fix in ("batch_size", "unroll"):
            assert (tries.get(fix) == "yes") == (fix in found.fixes), (name, fix, tries)
        fixed = next(export_limits(report.layers, format, 1), None)
        assert (fixed is None) == ("batch_size" in found.fixes), name


def test_formats_that_a_message_names_can_hold_the_layer(measured):
    for name, row in MODELS.items():
        report = Check.of(row.tree).validation
        for format in FORMATS:
            for found in export_limits(report.layers, format):
                others = [other for other in FORMATS if measured[name][other]["as_is"] == "yes"]
                assert set(others) <= set(found.others), (name, format)


def test_the_rule_reports_each_limit(measured):
    for name, row in MODELS.items():
        for format in FORMATS:
            tree = {**row.tree, "export": {"filepath": f"m{EXPORT_FORMATS[format].suffix}", "format": format}}
            names = [each.name for each in seqspec.check(tree).diagnostics]
            refused = measured[name][format]["as_is"] != "yes" and name != "Equalization"
            assert ("unsupported-in-export-format" in names) == refused, (name, format)


@pytest.mark.parametrize("name", APPLICATIONS)
def test_base_models_declare_the_limits_of_their_layers(name):
    tree = {
        "seqspec": 1,
        "model": {"input": [96, 96, 3], "layers": [{"type": name, "include_top": False, "weights": "none"}]},
    }
    (entry,) = Check.of(tree).validation.layers
    graph = entry.layer._graph(entry.input, InferenceContext())
    for format in FORMATS:
        declared = {limit.operation for limit in entry.layer.exports.limits_of(entry.layer, format, entry.input)}
        found = {
            limit.operation
            for node in graph.nodes
            if isinstance(node.step, Layer)
            for limit in node.step.exports.limits_of(node.step, format, node.inputs[0].spec)
        }
        assert declared == found, format
