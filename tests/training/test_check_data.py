"""`seqspec check --data`: rules run on the actual properties of the data; nothing is trained."""

import json
import subprocess
import sys

import numpy as np
from click.testing import CliRunner

from seqspec.cli.main import cli
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


def test_no_framework_is_imported(tmp_path):
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
