"""`seqspec check --data`: rules run on the actual properties of the data; nothing is trained."""

import json
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner

from seqspec.cli.main import cli
from seqspec.core.output.base import FORMATS
from tests.training.specs import SPLIT, spec, table, write_csv, write_spec


def check(*arguments):
    result = CliRunner().invoke(cli, ["check", "--data", "--format", "json", *map(str, arguments)])
    return result.exit_code, json.loads(result.stdout)


def test_facts(tmp_path):
    x, y = write_csv(tmp_path / "data.csv")
    path = write_spec(tmp_path / "m.seqspec.json", data={"source": table(), "split": SPLIT})
    status, [found] = check(path)
    assert status == 0 and found["ok"]
    train = found["data"]["sets"]["train"]
    assert train["samples"] == 72 and train["shape"] == [4] and train["dtype"] == "float32"
    assert sum(train["class_counts"]) == 72 and found["data"]["classes"] == ["adelie", "chinstrap", "gentoo"]
    low, high = train["range"]
    assert x.min() <= low < high <= x.max() and len(y) == 120


def test_an_invalid_choice_of_the_search_space_is_found(tmp_path):
    write_csv(tmp_path / "data.csv")
    search = {"objective": "loss", "space": {"model": {"layers": {"0": {"activation": ["relu", "rellu"]}}}}}
    path = write_spec(tmp_path / "m.seqspec.json", data={"source": table(), "split": SPLIT}, search=search)
    without = json.loads(CliRunner().invoke(cli, ["check", "--format", "json", str(path)]).stdout)["documents"][0]
    status, [found] = check(path)
    assert status == 1 and not found["ok"]
    assert "SEQ055" in {diagnostic["code"] for diagnostic in found["diagnostics"]}
    assert {diagnostic["code"] for diagnostic in without["diagnostics"]} >= {"SEQ055"}


def test_rules_judge_the_real_data(tmp_path):
    """Pixels of 0 to 255 without scaling, which the spec alone does not show; classes far from balanced."""
    generator = np.random.default_rng(0)
    y = np.array([0] * 380 + [1] * 20)
    np.savez(tmp_path / "d.npz", x=generator.integers(0, 256, (400, 8, 8, 1)).astype("uint8"), y=y)
    layers = [
        {"type": "Conv2D", "filters": 4, "kernel_size": 3, "activation": "relu"}, "Flatten",
        {"type": "Dense", "units": 2, "activation": "softmax"},
    ]  # fmt: skip
    path = write_spec(
        tmp_path / "m.seqspec.json", layers=layers, shape=(8, 8, 1),
        target={"kind": "multiclass", "classes": 2}, data={"source": {"type": "arrays", "path": "d.npz"}},
    )  # fmt: skip
    printed = CliRunner().invoke(cli, ["check", "--format", "json", str(path)]).stdout
    without = {each["name"] for each in json.loads(printed)["documents"][0]["diagnostics"]}
    _, [found] = check(path)
    added = {each["name"] for each in found["diagnostics"]} - without
    assert {"class-imbalance", "unscaled-input"} <= added


def test_leakage_and_refused_data(tmp_path):
    write_csv(tmp_path / "data.csv")
    text = (tmp_path / "data.csv").read_text()
    (tmp_path / "data.csv").write_text(text + "\n".join(text.splitlines()[1:]))
    path = write_spec(tmp_path / "m.seqspec.json", data={"source": table(), "split": SPLIT})
    status, [found] = check(path)
    leak = next(each for each in found["diagnostics"] if each["name"] == "sample-leakage")
    assert status == 0 and leak["pointer"] == "/data/split" and leak["severity"] == "warning"
    path = write_spec(tmp_path / "m.seqspec.json", data={"source": table("nothing.csv")})
    status, [found] = check(path)
    assert status == 3 and [each["code"] for each in found["diagnostics"] if each["code"][3] == "9"] == ["SEQ901"]


def test_what_is_missing_in_several_sets_is_one_finding(tmp_path):
    y = np.eye(3)[[0, 1, 2] * 10]
    for name, rows in ("train", []), ("validation", [4]), ("test", [1, 2]):
        x = np.random.default_rng(0).normal(size=(30, 4))
        x[rows] = np.nan
        np.savez(tmp_path / f"{name}.npz", x=x, y=y)
    sources = {name: {"source": {"type": "arrays", "path": f"{name}.npz"}} for name in ("train", "validation", "test")}
    compiled = {"optimizer": "adam", "loss": "categorical_crossentropy"}
    path = write_spec(tmp_path / "m.seqspec.json", data=sources, compile=compiled, target=None)
    _, [found] = check(path)
    [missing] = [each for each in found["diagnostics"] if each["name"] == "data-values"]
    assert missing["pointer"] == "/data/validation/source" and "(validation 1, test 2)" in missing["message"]


def test_check_data_imports_no_framework(tmp_path):
    write_csv(tmp_path / "data.csv")
    path = write_spec(tmp_path / "m.seqspec.json", data={"source": table(), "split": SPLIT})
    script = (
        "import sys\nfrom click.testing import CliRunner\nfrom seqspec.cli.main import cli\n"
        f"done = CliRunner().invoke(cli, ['check', '--data', {str(path)!r}])\n"
        "assert done.exit_code == 0, done.output\n"
        "assert not {'keras', 'tensorflow'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_the_spec_of_the_tests_checks():
    import seqspec

    assert seqspec.check(spec()).ok


@pytest.mark.parametrize("encoding", ["sparse", "one-hot", "binary"])
def test_classes_that_the_loss_implies(tmp_path, encoding):
    """Without [target] the rules on imbalance see the same counts as with it, in `check --data` and in `train`."""
    generator = np.random.default_rng(0)
    y = np.array([0] * 380 + [1] * 20)
    labels = np.eye(2, dtype="float32")[y] if encoding == "one-hot" else y
    np.savez(tmp_path / "d.npz", x=generator.normal(size=(400, 4)), y=labels)
    loss = {"sparse": "sparse_categorical_crossentropy", "one-hot": "categorical_crossentropy"}
    head = {"units": 2, "activation": "softmax"} if encoding != "binary" else {"units": 1, "activation": "sigmoid"}
    path = write_spec(
        tmp_path / "m.seqspec.json", layers=[{"type": "Dense", **head}], target=None,
        compile={"optimizer": "adam", "loss": loss.get(encoding, "binary_crossentropy"), "metrics": ["accuracy"]},
        data={"source": "d.npz"},
    )  # fmt: skip
    status, [found] = check(path)
    [imbalance] = [each for each in found["diagnostics"] if each["name"] == "class-imbalance"]
    assert status == 0 and imbalance["severity"] == "warning" and imbalance["pointer"] == "/data/source"
    assert found["data"]["sets"]["train"]["class_counts"] == [380, 20]
    result = CliRunner().invoke(cli, ["train", str(path), "--dry-run"])
    assert result.exit_code == 0 and "class-imbalance" in result.stderr


@pytest.mark.parametrize(
    "tables",
    [
        {"compile": {"optimizer": "adam", "loss": "mse"}},
        {
            "compile": {"optimizer": "adam", "loss": "sparse_categorical_crossentropy"},
            "fit": {"class_weight": "balanced"},
        },
    ],
)
def test_regression_and_weighted_classes_have_no_imbalance(tmp_path, tables):
    """0 and 1 are not classes for a distance."""
    np.savez(tmp_path / "d.npz", x=np.random.default_rng(0).normal(size=(400, 4)), y=np.array([0] * 380 + [1] * 20))
    head = {"units": 1} if tables["compile"]["loss"] == "mse" else {"units": 2, "activation": "softmax"}
    path = write_spec(
        tmp_path / "m.seqspec.json", layers=[{"type": "Dense", **head}], target=None,
        data={"source": "d.npz"}, **tables,
    )  # fmt: skip
    _, [found] = check(path)
    assert found["data"] is not None and "class-imbalance" not in {each["name"] for each in found["diagnostics"]}


def test_train_refuses_what_the_data_shows_before_a_framework_is_imported(tmp_path):
    """120 samples leave an incomplete batch of 8 for a stateful layer, which only the data shows."""
    write_csv(tmp_path / "data.csv")
    source = {"type": "series", "path": "data.csv", "features": ["a", "b"], "target": "a", "window": 4}
    layers = [{"type": "LSTM", "units": 2, "stateful": True}, {"type": "Dense", "units": 1}]
    path = write_spec(
        tmp_path / "m.seqspec.json", layers=layers, shape={"shape": [4, 2], "batch_size": 16},
        target={"kind": "regression"}, compile={"optimizer": "adam", "loss": "mse"},
        fit={"batch_size": 16, "shuffle": False}, data={"source": source},
    )  # fmt: skip
    status, [found] = check(path)
    assert status == 1 and "stateful-batch-mismatch" in {each["name"] for each in found["diagnostics"]}
    script = (
        "import sys\nfrom click.testing import CliRunner\nfrom seqspec.cli.main import cli\n"
        f"done = CliRunner().invoke(cli, ['train', {str(path)!r}, '--runs', {str(tmp_path / 'runs')!r}])\n"
        "assert done.exit_code == 1 and 'SEQ530' in done.stderr, done.output\n"
        "assert not {'keras', 'tensorflow'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
    assert not (tmp_path / "runs").exists()


def test_findings_of_the_data_in_all_formats(tmp_path):
    path = write_spec(tmp_path / "m.seqspec.json", data={"source": table("nothing.csv")})
    for format in FORMATS:
        result = CliRunner().invoke(cli, ["check", "--data", "--format", format, str(path)])
        assert result.exit_code == 3 and "nothing.csv" in result.stdout.replace("\\", ""), result.output
    output = tmp_path / "found.txt"
    result = CliRunner().invoke(cli, ["check", "--data", "--format", "concise", "-o", str(output), str(path)])
    assert result.exit_code == 3 and "data-unreadable" in output.read_text()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--workers", "3"], "3 workers need an engine"),
        (["--from", "NOWHERE"], 'no run "NOWHERE"'),
        (["--from", "unfinished"], "unfinished has no model yet: it is interrupted"),
    ],
)
def test_a_dry_run_refuses_what_a_training_refuses(tmp_path, monkeypatch, options, message):
    """The same checks, in the same order, and no run folder."""
    monkeypatch.chdir(tmp_path)
    write_csv(tmp_path / "data.csv")
    write_spec(tmp_path / "m.seqspec.json", data={"source": table(), "split": SPLIT})
    (tmp_path / "runs").mkdir()
    (tmp_path / "unfinished").mkdir()
    (tmp_path / "unfinished" / "run.json").write_text(json.dumps({
        "state": "interrupted", "started": "2026-12-01T10:00:00", "base": str(tmp_path), "spec": None, "from": None,
        "python_data": False, "download": True, "loggers": [], "plan": None, "extra_epochs": None, "seconds": None,
    }))  # fmt: skip
    dry, real = (CliRunner().invoke(cli, ["train", "m.seqspec.json", *options, *more]) for more in (["--dry-run"], []))
    assert message in dry.stderr
    assert (dry.exit_code, dry.stderr) == (real.exit_code, real.stderr)
    assert not any((tmp_path / "runs").iterdir())
