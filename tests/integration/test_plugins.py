"""A plugin package with a rule and a layer, installed with pip."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib

import pytest

from tests import ROOT

PACKAGE = ROOT / "tests" / "packages" / "acme"
WIDE = """\
seqspec = 1

[model]
input = [8]
layers = [
  { type = "AcmeScale", start = 0.5 },
  { type = "Dense", units = 5000, activation = "relu" },
  { type = "Dense", units = 3 },
]
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A folder with the package installed in it."""
    source, target = tmp_path_factory.mktemp("source") / "acme", tmp_path_factory.mktemp("site")
    shutil.copytree(PACKAGE, source)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*pip, "--target", str(target), str(source)], check=True, capture_output=True)
    return target


@pytest.fixture
def run(site, tmp_path):
    def run(*arguments, path=site):
        env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(path), str(ROOT)]), "NO_COLOR": "1"}
        command = [sys.executable, "-m", "seqspec", *arguments]
        return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)

    (tmp_path / "wide.toml").write_text(WIDE)
    return run


def test_the_page_has_the_entry_points():
    (block,) = re.findall(r"^```toml package\n(.*?)^```$", (ROOT / "docs/plugins.md").read_text(), re.M | re.S)
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text())["project"]
    assert tomllib.loads(block)["project"] == {"entry-points": project["entry-points"]}  # [project.entry-points]


def test_a_rule_speaks(run):
    result = run("check", "wide.toml", "--select", "ACME")
    assert result.returncode == 0, result.stderr
    assert "wide.toml:7:29: warning[ACME001] acme-wide-dense: model.layers[1] (Dense): has 5000 units" in result.stdout
    assert "1 file checked: 1 warning" in result.stdout


def test_rule_of_a_plugin_is_ignored_listed_and_explained(run):
    assert "ACME001" not in run("check", "wide.toml", "--ignore", "acme-wide-dense").stdout
    assert "ACME001  acme-wide-dense" in run("rules", "ACME").stdout
    explained = run("explain", "ACME001").stdout
    assert "Finds Dense layers that are wider than Acme's devices have memory for." in explained


def test_a_layer_has_shapes_and_weights(run):
    first = json.loads(run("check", "wide.toml", "--format", "json").stdout)["documents"][0]["layers"][0]
    assert (first["type"], first["params"], first["output"]["shape"]) == ("AcmeScale", 8, [None, 8])
    assert [weight["name"] for weight in first["weights"]] == ["scale"]


def test_a_layer_is_built(run, tmp_path):
    result = run("build", "wide.toml")
    assert result.returncode == 0, result.stderr
    assert "60,011 parameters" in result.stdout or "60011 parameters" in result.stdout.replace(",", "")
    assert (tmp_path / "wide.keras").exists()


def test_a_misspelt_layer_gets_its_name(run, tmp_path):
    (tmp_path / "wide.toml").write_text(WIDE.replace("AcmeScale", "AcmeScal"))
    assert "did you mean AcmeScale?" in run("check", "wide.toml").stdout


def test_a_faulty_package_is_told_and_hides_nothing(run, site, tmp_path):
    broken = tmp_path / "broken"
    shutil.copytree(site, broken)
    rules = broken / "acme_seqspec" / "rules.py"
    rules.write_text(rules.read_text().replace("units > _WIDEST", "unit > _WIDEST"))
    (broken / "acme_seqspec" / "layers.py").write_text("import nothing_of_that_name\n")
    (tmp_path / "wide.toml").write_text(WIDE + "[comple]\n")
    result = run("check", "wide.toml", path=broken)
    assert result.returncode == 1
    assert "SEQ009] plugin-fault: " in result.stdout
    assert 'the layer "AcmeScale" of acme_seqspec.layers:AcmeScale cannot be used: ModuleNotFoundError' in result.stdout
    assert "SEQ010] unknown-key" in result.stdout
    (tmp_path / "plain.toml").write_text(WIDE.replace('  { type = "AcmeScale", start = 0.5 },\n', ""))
    result = run("check", "plain.toml", path=broken)
    assert result.returncode == 1
    assert "error[SEQ009] plugin-fault: rule ACME001 acme-wide-dense failed: AttributeError" in result.stdout
    assert "Traceback" not in result.stdout + result.stderr
