"""No spec causes an internal error, and an internal error affects only the report of its own spec."""

import json
from importlib import import_module

import pytest

import seqspec
from tests.robustness.conftest import ROOT

HEAD = "seqspec = 1\n"
MODEL = '[model]\ninput = [8]\nlayers = [{ type = "Dense", units = 4 }]\n'
COMPILE = '[compile]\noptimizer = "adam"\nloss = "mse"\n'
GOOD = HEAD + MODEL
HUGE = "1" + "0" * 400

CRASHES = {
    "misspelt layers": HEAD
    + '[model]\ninput = [28, 28]\nlayer = [{ type = "Flatten" }, { type = "Dense", units = 64 }, '
    '{ type = "Dense", units = 10 }]\n',
    "misspelt layers with a dropout before pooling": HEAD + "[model]\ninput = [28, 28, 1]\n"
    'laymrs = [{ type = "Dropout", rate = 0.5 }, { type = "MaxPooling2D" }, { type = "Flatten" }, '
    '{ type = "Dense", units = 10 }]\n',
    "a faulty custom callback": HEAD + MODEL + COMPILE + '[custom.Log]\nimport = "my_code.Log"\nkind = "callback"\n'
    '[fit]\nepochs = 1\ncallbacks = [{ custom = "Log" }]\n',
    "l2 beyond a double": HEAD + '[model]\ninput = [8]\nlayers = [{ type = "Dense", units = 4, '
    f'kernel_regularizer = {{ type = "L2", l2 = {HUGE} }} }}]\n',
    "decay_steps beyond a double": HEAD
    + MODEL
    + '[compile]\nloss = "mse"\noptimizer = { type = "Adam", learning_rate = '
    f'{{ type = "CosineDecay", initial_learning_rate = 0.1, decay_steps = {HUGE} }} }}\n[fit]\nepochs = 3\n'
    "[data]\nsamples = 1000\n",
    "samples beyond a double": HEAD + MODEL + COMPILE + f"[fit]\nepochs = 3\n[data]\nsamples = {HUGE}\n",
    "range beyond a double": HEAD + MODEL + COMPILE + f"[fit]\nepochs = 3\n[data]\nrange = [0, {HUGE}]\n",
    "1e300 samples and a schedule": HEAD
    + MODEL
    + '[compile]\nloss = "mse"\noptimizer = { type = "Adam", learning_rate = '
    '{ type = "CosineDecay", initial_learning_rate = 0.1, decay_steps = 10 } }\n[fit]\nepochs = 3\n'
    f"[data]\nsamples = 1{'0' * 300}\n",
    "weights of more classes than can be counted": HEAD
    + MODEL
    + f'[target]\nkind = "multiclass"\nclasses = {HUGE}\n'
    + COMPILE
    + "[fit]\nepochs = 3\nclass_weight = { 0 = 1.0, 1 = 2.0 }\n",
}
for name, tables in {
    "a range of images": "[data.train]\nsamples = 900\nrange = [0, @]\n",
    "a range of labels": '[target]\nkind = "regression"\nrange = [0, @]\n',
    "class counts": '[target]\nkind = "binary"\nclass_counts = [99000, @]\n',
    "decay_steps": '[compile]\nloss = "mse"\noptimizer = { type = "SGD", learning_rate = { type = "ExponentialDecay", '
    "initial_learning_rate = 0.001, decay_steps = @, decay_rate = 1.05 } }\n[fit]\nepochs = 3\n",
    "label_smoothing": '[compile]\nloss = { type = "CategoricalCrossentropy", label_smoothing = @ }\n',
}.items():
    table = tables if "[compile]" in tables else tables + COMPILE
    for number in (HUGE, f"-{HUGE}", "9223372036854775808"):
        CRASHES[f"{name} of {len(number)} digits"] = HEAD + MODEL + table.replace("@", number)


def quantized(filters):
    return HEAD + (
        f'[model]\ninput = [8]\nlayers = [{{ type = "Dense", units = 4, name = "{"a" * 40}_" }}]\n'
        f'[quantize]\nmode = "int8"\nfilters = "{filters}"\n'
    )


for name, filters in {
    "a repeat of 10**20": "a{99999999999999999999}",
    "500 parentheses": "(" * 500 + ")" * 500,
    "nested repeats": "((((((a{100}){100}){100}){100}){100}){100})",
}.items():
    CRASHES[f"filters with {name}"] = quantized(filters)


@pytest.mark.parametrize("text", CRASHES.values(), ids=CRASHES.keys())
def test_extreme_documents_cause_no_internal_errors(text, limited, write):
    found = limited("check", "--format", "json", write("m.seqspec.toml", text))
    assert found.status in (0, 1), found.err
    names = {diagnostic["name"] for diagnostic in json.loads(found.out)["documents"][0]["diagnostics"]}
    assert "internal-error" not in names


@pytest.mark.parametrize("layers", [None, 3, {}, "Dense"])
def test_a_policy_is_applied_where_layers_is_not_a_list(layers, tmp_path, write, limited):
    write("policy.json", '{ "properties": { "model": { "properties": { "layers": { "maxItems": 3 } } } } }')
    write("m.seqspec.json", json.dumps({"seqspec": 1, "model": {"input": [8], "layers": layers}}))
    found = limited("check", "--format", "json", "--policy", "policy.json", "m.seqspec.json")
    assert found.status == 1, found.err
    names = {diagnostic["name"] for diagnostic in json.loads(found.out)["documents"][0]["diagnostics"]}
    assert names and "internal-error" not in names


@pytest.mark.parametrize("pattern", ["a{99999999999999999999}", "(" * 500 + ")" * 500, "("])
def test_a_policy_with_a_pattern_that_python_cannot_hold(pattern, write, limited):
    write("policy.json", json.dumps({"properties": {"seqspec": {"pattern": pattern}, "model": {"pattern": pattern}}}))
    found = limited("check", "--policy", "policy.json", write("m.toml", GOOD))
    assert found.status in (0, 1, 2)
    assert "Traceback" not in found.err and "internal" not in found.err + found.out


@pytest.mark.parametrize("where", ["check.read_spec", "infer.walk_spec", "check.expand"])
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_failing_document_costs_only_its_own_report(where, jobs, monkeypatch, tmp_path):
    """Others are checked, with several processes too, and the output is complete."""
    home, _, function = where.partition(".")
    module = import_module(f"seqspec.core.check.{home}")
    original = getattr(module, function)
    calls = []

    def failing(*args, **kwargs):
        calls.append(1)
        # Not a word that the address of an object can hold, such as "bad".
        if "wrong" in repr(args) or (function != "expand" and "marker" in repr(getattr(args[0], "tree", args[0]))):
            raise ZeroDivisionError("inside")
        return original(*args, **kwargs)

    monkeypatch.setattr(module, function, failing)
    monkeypatch.setattr("seqspec.core.check.parallel._start_method", lambda: "fork")
    for name in ("a", "wrong", "c"):
        extra = 'x-marker = "marker"\n' if name == "wrong" else ""
        (tmp_path / f"{name}.toml").write_text(HEAD + extra + MODEL)
    reports = list(seqspec.check_many([tmp_path / f"{name}.toml" for name in ("a", "wrong", "c")], jobs=jobs))
    assert [report.ok for report in reports] == [True, False, True]
    (found,) = [d for d in reports[1].diagnostics if d.name == "internal-error"]
    assert "ZeroDivisionError: inside" in found.message
    assert not reports[1].complete


def test_json_output_is_whole_and_the_status_is_2(tmp_path, write, limited):
    for name in ("a", "bad", "c"):
        write(f"{name}.toml", GOOD + ("x-marker = 1\n" if name == "bad" else ""))
    start = (
        "import seqspec.core.document.typed_spec as d, seqspec.core.check.check as a, sys\n"
        "original = a.read_spec\n"
        "def fail(tree, *rest):\n"
        "    if 'x-marker' in repr(tree): raise KeyError('inside')\n"
        "    return original(tree, *rest)\n"
        "a.read_spec = fail\n"
        "sys.argv = ['seqspec', 'check', '--format', 'json', 'a.toml', 'bad.toml', 'c.toml']\n"
        "from seqspec.cli.main import main\nmain()\n"
    )
    import os
    import subprocess
    import sys

    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", start], cwd=tmp_path, capture_output=True, text=True, env=environment)
    assert done.returncode == 2
    documents = json.loads(done.stdout)["documents"]
    assert [document["ok"] for document in documents] == [True, False, True]


def test_a_plugin_that_ends_the_program_is_a_plugin_error(tmp_path, write, limited):
    write("site/exiting.py", "raise SystemExit(0)\n")
    write("site/exiting-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: exiting\nVersion: 1\n")
    write("site/exiting-1.dist-info/entry_points.txt", "[seqspec.rules]\nexiting = exiting:RULE\n")
    path = f"{ROOT}:{tmp_path / 'site'}"
    found = limited("check", write("m.toml", GOOD), env={"PYTHONPATH": path})
    assert found.status == 1
    assert "SystemExit" in found.out
