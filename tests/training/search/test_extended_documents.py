"""Searches of documents with `extends`, of which the folder of the search has a copy that needs no other file."""

import json
import tomllib

import pytest

pytest.importorskip("optuna")

from seqspec.core.check.check import Check
from seqspec.core.search_space.candidates import candidate
from seqspec.training.access import Allowed
from seqspec.training.run_folder.environment import spec_tree
from seqspec.training.search.plan import plan_of, plan_tree
from seqspec.training.search.results import SearchResult, compare_searches
from seqspec.training.search.search_folder import SearchFolder
from tests.training.search.recorded import recorded_search
from tests.training.search.test_trial_text import TEXT

pytestmark = pytest.mark.needs("optuna")

BLOCKS = """
[blocks.dense]
layers = [
  { type = "Dense", units = "$units", activation = "relu", name = "inner" },
  { type = "Dropout", rate = 0.1, name = "drop" },
]

[override.layers.inner]
use_bias = false

[override.layers.drop]
rate = 0.3
"""
CHILD = """\
seqspec = 1
extends = "shared/base.seqspec.toml"
[vars]
units = 32
[override.layers.out]
use_bias = false
[override.layers.drop]
seed = 3
[override.layers.inner.kernel_regularizer]
type = "L2"
l2 = 0.01
[search.space.vars]
units = [16, 32]
"""


@pytest.fixture
def files(tmp_path):
    """Writes a base and a document that extends it; returns the path of the document."""

    def write(suffix="toml", rate=0.2):
        text = TEXT.replace("rate = 0.2", f"rate = {rate}").replace("layers.dense.", "layers.inner.")
        text = text.replace('  { type = "Dense", units = "$units", activation = "relu" },', '  { use = "dense" },')
        base_file, child = tmp_path / "shared" / f"base.seqspec.{suffix}", tmp_path / f"model.seqspec.{suffix}"
        base_file.parent.mkdir(exist_ok=True)
        written = [(base_file, text + BLOCKS), (child, CHILD.replace("base.seqspec.toml", base_file.name))]
        for path, toml in written:
            path.write_text(json.dumps(tomllib.loads(toml)) if suffix == "json" else toml)
        return child

    return write


def stored(path, folder):
    """The plan of a search of a document, and the folder of the search with the copy; the document is removed."""
    plan = plan_of(Check.of(str(path)), 7, None, (), True, Allowed(()))
    search = SearchFolder.create(folder, "s")
    search.write_document(plan.check.document)
    path.unlink()
    (path.parent / "shared" / f"base.seqspec{path.suffix}").unlink()
    return plan, search


@pytest.mark.parametrize("suffix", ["toml", "json"])
def test_the_copy_means_the_same_without_the_files(files, tmp_path, suffix):
    plan, search = stored(files(suffix=suffix), tmp_path / "searches")
    copy = Check.of(str(search.document))
    assert copy.report.ok and "extends" not in copy.document.tree
    assert plan_tree(copy) == plan_tree(plan.check)
    inner, drop = copy.spec.to_dict()["model"]["layers"][1:3]
    assert (inner["units"], inner["use_bias"], inner["kernel_regularizer"]["l2"]) == (32, False, 0.01)
    assert (drop["rate"], drop["seed"]) == (0.3, 3)
    again = plan_of(copy, 7, tmp_path, (), True, Allowed(()))
    assert again.document == plan.document


def test_the_spec_of_a_trial_needs_no_other_file(tmp_path):
    base, path = tmp_path / "base.seqspec.toml", tmp_path / "model.seqspec.toml"
    base.write_text(TEXT[: TEXT.index("# What is searched.")])
    path.write_text("""\
seqspec = 1
extends = "base.seqspec.toml"
[override.layers.out]
use_bias = false
[search]
objective = "val_loss"
space.vars.units = [16, 32]
""")
    plan = plan_of(Check.of(str(path)), 7, None, (), True, Allowed(()))
    found = candidate(plan.search.space, lambda parameter: parameter.ends[0])
    expected = spec_tree(plan.trial(found, 1))
    text = plan.text(found, 1, "Trial 1.")
    base.unlink()
    path.write_text(text)
    again = Check.of(str(path))
    assert again.report.ok and "extends" not in again.document.tree and "$units" in text
    assert spec_tree(again) == expected


def test_what_differs_in_the_extended_files_is_compared(files, tmp_path):
    results = []
    for name, rate in (("a", 0.2), ("b", 0.4)):
        _, search = stored(files(rate=rate), tmp_path / "copies")
        recorded = recorded_search(tmp_path / "searches", 12, name=name)
        (recorded.path / search.document.name).write_text(search.document.read_text())
        results.append(SearchResult(recorded))
    assert compare_searches(results)["settings"] == {"model.layers[3].rate": [0.2, 0.4]}
