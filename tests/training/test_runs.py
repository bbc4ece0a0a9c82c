"""Names of runs, lists and comparisons, damaged folders, the model that is used, the report and `predict`."""

import csv
import io
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import time
import zlib

import numpy as np
import pytest
from click.testing import CliRunner

import seqspec
from seqspec.cli.main import cli
from seqspec.training.evaluation.error_analysis import Scores, WorstErrors
from seqspec.training.evaluation.metric_names import is_higher_better
from seqspec.training.prediction.predict import Predictions, write_predictions
from seqspec.training.report.charts import Axis, Chart, Line, chart_svg
from seqspec.training.report.thumbnails import data_url
from seqspec.training.run_folder.files import is_locked, locked
from seqspec.training.run_folder.names import find_run
from tests.training.specs import SPLIT, samples, spec, table, write_csv, write_spec


def invoke(*arguments, stdin=None):
    return CliRunner().invoke(cli, [str(each) for each in arguments], input=stdin)


BEST = {"filepath": "out.keras", "best": {"monitor": "val_accuracy"}}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A folder with three runs in `runs`: one of m, two of n, the last one with [save] best."""
    folder = tmp_path_factory.mktemp("runs")
    write_csv(folder / "data.csv", 200)
    data = {"source": table(), "split": SPLIT}
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        write_spec(folder / "m.seqspec.json", data=data)
        # Diverges after the first epoch, whose model is the best one.
        write_spec(
            folder / "n.seqspec.json", data=data, save=BEST,
            compile={"optimizer": "sgd(0.05)", "loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]},
            fit=[{"epochs": 1}, {"epochs": 1, "optimizer": {"type": "SGD", "learning_rate": 60.0}}],
        )  # fmt: skip
        for arguments in (["m.seqspec.json", "--epochs", "1"], ["n.seqspec.json", "--no-report"], ["n.seqspec.json"]):
            result = invoke("train", *arguments)
            assert result.exit_code == 0, result.output
    return folder, [run.name for run in sorted((folder / "runs").iterdir(), key=lambda run: run.stat().st_ctime_ns)]


@pytest.fixture
def inside(project, monkeypatch):
    monkeypatch.chdir(project[0])
    return project[1]


class TestNames:
    def test_what_is_printed_is_accepted(self, inside):
        by_start = [row["name"] for row in json.loads(invoke("runs", "list", "--format", "json").stdout)]
        first, second, third = by_start
        for name, expected in [
            (first, first), (f"runs/{first}", first), (os.path.abspath(f"runs/{second}"), second), (first[:-2], first),
            ("latest", third), ("-1", third), ("-3", first), ("latest:m", first), ("latest:n.seqspec.json", third),
            ("runs/latest", third), ("m", first),
        ]:  # fmt: skip
            shown = invoke("runs", "show", name)
            assert shown.stdout.startswith(f"{expected}: done"), (name, shown.output)

    def test_the_latest_run_of_a_spec_may_have_another_name(self, inside, tmp_path):
        for name, file, second in (("other", "m.seqspec.toml", 2), ("m", "m.seqspec.toml", 1), ("m", None, 0)):
            (tmp_path / f"{name}-{second}").mkdir()
            info = {"name": name, "spec": file, "started": f"2026-01-01T00:00:0{second}"}
            (tmp_path / f"{name}-{second}" / "run.json").write_text(json.dumps(info))
        assert find_run(tmp_path / "latest:m").name == find_run(tmp_path / "latest:other").name == "other-2"

    def test_every_command_takes_names(self, inside, tmp_path):
        (tmp_path / "new.csv").write_text("a,b,c,d\n1,2,3,4\n")
        for command in (
            ("evaluate", "latest"), ("predict", "-1", tmp_path / "new.csv"), ("runs", "compare", "-1", "-2"),
            ("report", "latest:m"), ("train", "m.seqspec.json", "--from", "latest:m", "--runs", tmp_path / "runs"),
        ):  # fmt: skip
            result = invoke(*command)
            assert result.exit_code == 0, (command, result.output)
        assert invoke("resume", "-1").exit_code == 1

    @pytest.mark.parametrize(
        ("name", "message"),
        [("nope", 'no run "nope"; runs has'), ("n", "n is the beginning of 2 runs"), ("-9", "runs has 3"),
         ("latest:x", 'no run "latest:x"'), ("m-2025", "did you mean m-20"), ("none/x", "none/x does not exist")],
    )  # fmt: skip
    def test_unknown_and_ambiguous(self, inside, name, message):
        result = invoke("evaluate", name)
        assert result.exit_code == 2 and message in result.stderr, result.stderr

    def test_a_folder_of_that_name_hides_no_run(self, inside, tmp_path, monkeypatch):
        shutil.copytree("runs", tmp_path / "runs")
        (tmp_path / "m").mkdir()
        monkeypatch.chdir(tmp_path)
        assert invoke("runs", "show", "m").exit_code == 0


class TestShortOptions:
    def test_are_settings(self, inside, tmp_path):
        result = invoke(
            "train", "m.seqspec.json", "--epochs", 2, "--batch-size", 50, "--learning-rate", "1e-3", "--runs", tmp_path
        )
        assert result.exit_code == 0, result.output
        [run] = tmp_path.iterdir()
        fit = seqspec.load_run(run).spec["fit"]
        assert (fit["epochs"], fit["batch_size"], fit["learning_rate"]) == (2, 50, 0.001)

    @pytest.mark.parametrize(
        ("option", "setting"), [("--shuffle", "fit.shuffle"), ("--optimizer", "compile.optimizer"),
                                ("--validation-split", "fit.validation_split")],
    )  # fmt: skip
    def test_keys_of_the_spec_point_to_set(self, inside, option, setting):
        result = invoke("train", "m.seqspec.json", option, "1")
        assert result.exit_code == 2 and f"--set {setting}=" in result.stderr

    def test_other_unknown_options(self, inside):
        assert "No such option" in invoke("train", "m.seqspec.json", "--nope").stderr


class TestTheModelThatIsUsed:
    def test_best_where_it_is_declared(self, inside):
        run = seqspec.load_run("latest")
        best, final = (run.evaluate("test", best=each)["test"]["metrics"]["accuracy"] for each in (True, False))
        assert best > final + 0.2
        assert run.evaluation["model"] == "best" and run.evaluation["test"]["metrics"]["accuracy"] == best
        assert run.evaluate("test")["test"]["metrics"]["accuracy"] == best
        x = samples(20)[0]
        assert np.array_equal(run.predict(x).outputs, run.best_model.predict(x, verbose=0))
        assert np.array_equal(run.predict(x, best=False).outputs, run.model.predict(x, verbose=0))
        assert "best epoch, 1" in invoke("evaluate", "latest").stdout
        assert "the final one, after 2 epochs" in invoke("evaluate", "latest", "--final").stdout

    def test_weights_that_early_stopping_restored(self, inside, tmp_path):
        # No later epoch is so much better than the first one.
        stopping = {"type": "EarlyStopping", "monitor": "loss", "min_delta": 100.0, "patience": 2,
                    "restore_best_weights": True}  # fmt: skip
        document, data = spec(fit={"epochs": 6, "callbacks": [stopping]}), samples()
        run = seqspec.train(document, data, runs=tmp_path, html=False)
        assert run.describe_model() == "the final one, after 3 epochs, with the weights of epoch 1, restored"
        first = seqspec.train(spec(fit={"epochs": 1}), data, runs=tmp_path, html=False)
        assert all(map(np.array_equal, run.model.get_weights(), first.model.get_weights()))
        assert first.describe_model() == "the final one, after 1 epoch"

    def test_final_where_it_is_not(self, inside):
        assert "the final one" in invoke("evaluate", "latest:m").stdout
        assert "best epoch, 1" in invoke("evaluate", "latest:m", "--best").stdout
        assert seqspec.load_run("latest:m").evaluation["model"] == "final"

    def test_saved_file(self, inside):
        import keras

        x = samples(20)[0]
        saved = keras.models.load_model("out.keras").predict(x, verbose=0)
        assert np.array_equal(saved, seqspec.load_run("latest").best_model.predict(x, verbose=0))


class TestListsAndComparisons:
    def test_sorted_by_a_metric(self, inside):
        rows = json.loads(invoke("runs", "list", "--sort", "validation.accuracy", "--format", "json").stdout)
        found = [seqspec.load_run(row["name"]).evaluation["validation"]["metrics"]["accuracy"] for row in rows]
        assert found == sorted(found, reverse=True)
        rows = json.loads(invoke("runs", "list", "--sort", "loss", "--format", "json").stdout)
        assert [row["metrics"]["loss"] for row in rows] == sorted(row["metrics"]["loss"] for row in rows)
        assert "did you mean test.accuracy?" in invoke("runs", "list", "--sort", "test.acuracy").stderr

    def test_any_number(self, inside):
        found = json.loads(invoke("runs", "compare", "-1", "-2", "-3", "--format", "json").stdout)
        assert len(found["runs"]) == 3 and found["data"] is True
        assert found["settings"]["save.best.monitor"][2] is None if "save.best.monitor" in found["settings"] else True
        assert all(len(values) == 3 for values in (*found["settings"].values(), *found["metrics"].values()))
        text = invoke("runs", "compare", "-1", "-3", "--sort", "test.accuracy").stdout
        assert "test.accuracy" in text.splitlines()[0] and "data        the same" in text
        assert invoke("runs", "compare", "-1").exit_code == 2

    def test_a_damaged_folder_is_marked(self, project, tmp_path, monkeypatch):
        shutil.copytree(project[0] / "runs", tmp_path / "runs")
        monkeypatch.chdir(tmp_path)
        first, second, third = project[1]
        (tmp_path / "runs" / first / "run.json").write_text("null")
        (tmp_path / "runs" / second / "evaluation.json").write_text('{"test": 3}')
        result = invoke("runs")
        assert result.exit_code == 0
        rows = {line.split()[0]: line for line in result.stdout.splitlines()[1:]}
        assert "damaged" in rows[first] and "run.json is damaged: expected an object, got null" in rows[first]
        assert "damaged" in rows[second] and "done" in rows[third]
        assert invoke("runs", "show", "latest").exit_code == 0
        assert invoke("runs", "rm", first, "--yes").exit_code == 0 and not (tmp_path / "runs" / first).exists()


class TestDamagedFiles:
    @pytest.mark.parametrize(
        ("file", "content"),
        [("run.json", "null"), ("run.json", '"text"'), ("run.json", '{"state": 3}'), ("run.json", "{"),
         ("lock.json", "[]"), ("expanded.json", "{}"), ("expanded.json", "null"), ("labels.json", "3"),
         ("labels.json", "{}"), ("evaluation.json", "[]"), ("history.jsonl", "\x00\xff"), ("model.keras", "zip")],
    )  # fmt: skip
    def test_commands_name_them(self, project, tmp_path, monkeypatch, file, content):
        monkeypatch.chdir(project[0])
        path = shutil.copytree(seqspec.load_run("latest:m").path, tmp_path / "run")
        (path / file).write_bytes(content.encode("latin-1"))
        (tmp_path / "new.csv").write_text("a,b,c,d\n1,2,3,4\n")
        for command in (
            ("evaluate", path), ("predict", path, tmp_path / "new.csv"), ("resume", path, "--epochs", "1"),
            ("runs", "show", path), ("runs", "compare", path, "latest:m"), ("runs", "list", tmp_path), ("report", path),
        ):  # fmt: skip
            result = invoke(*command)
            assert result.exception is None or isinstance(result.exception, SystemExit), (command, result.exception)
            if result.exit_code:
                assert file in result.output or "the spec" in result.output, (command, result.output)

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes in folders")
    @pytest.mark.parametrize("file", ["lock.json", "history.jsonl", "expanded.json", "labels.json", "model.keras"])
    def test_no_command_waits_for_a_pipe(self, project, tmp_path, monkeypatch, file):
        monkeypatch.chdir(project[0])
        path = shutil.copytree(seqspec.load_run("latest:m").path, tmp_path / "run")
        (path / file).unlink()
        os.mkfifo(path / file)
        for command in (
            ("evaluate", path),
            ("predict", path, "data.csv"),
            ("resume", path),
            ("runs", "list", tmp_path),
        ):
            assert f"{path / file}: this is a device or a pipe" in invoke(*command).output

    def test_an_unknown_logger(self, project, tmp_path, monkeypatch):
        monkeypatch.chdir(project[0])
        path = shutil.copytree(seqspec.load_run("latest:m").path, tmp_path / "run")
        info = json.loads((path / "run.json").read_text())
        (path / "run.json").write_text(json.dumps({**info, "loggers": ["tensorbord"]}))
        result = invoke("resume", path, "--epochs", "1")
        assert result.exit_code == 2 and "run.json" in result.stderr and "tensorboard" in result.stderr


class TestLiveRuns:
    def test_the_lock_tells_dead_from_running(self, project, tmp_path, monkeypatch):
        monkeypatch.chdir(project[0])
        path = shutil.copytree(seqspec.load_run("latest:m").path, tmp_path / "run")
        info = json.loads((path / "run.json").read_text())
        (path / "run.json").write_text(json.dumps({**info, "state": "running"}))
        assert seqspec.load_run(path).state == "killed" and "killed" in invoke("runs", "list", tmp_path).stdout
        with locked(path):
            assert is_locked(path) and seqspec.load_run(path).state == "running"
            for command in (("runs", "rm", path), ("runs", "rm", path, "--yes")):
                result = invoke(*command)
                assert result.exit_code == 2 and "in use by another process" in result.stderr
            assert invoke("resume", path).exit_code == 2
        assert not is_locked(path) and invoke("resume", path).exit_code == 0

    @pytest.mark.slow
    @pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM")
    def test_sigterm(self, tmp_path):
        write_csv(tmp_path / "data.csv", 4000)
        write_spec(tmp_path / "m.seqspec.json", data={"source": table(), "split": SPLIT}, fit={"epochs": 500})
        environment = {**os.environ, "PYTHONPATH": os.getcwd()}
        process = subprocess.Popen(
            [sys.executable, "-m", "seqspec", "train", "m.seqspec.json"], cwd=tmp_path, env=environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline:
            # The first checkpoint is written after the first epoch is recorded.
            if any(path.read_text().count("\n") > 2 for path in tmp_path.glob("runs/*/history.jsonl")):
                break
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=300)
        assert process.returncode == 130 and "continue with: seqspec resume" in errors
        [path] = (tmp_path / "runs").iterdir()
        run = seqspec.load_run(path)
        assert run.state == "interrupted"
        state = json.loads(max((path / "checkpoints").iterdir()).joinpath("state.json").read_text())
        assert state["done"] >= len(run.history["loss"]) - 1


class TestReport:
    def test_no_report_and_again(self, inside, tmp_path):
        shutil.copy("data.csv", tmp_path)
        write_spec(
            tmp_path / "r.seqspec.json", data={"source": table()},
            report={"filepath": str(tmp_path / "r.json")}, fit={"epochs": 1},
        )  # fmt: skip
        result = invoke("train", tmp_path / "r.seqspec.json", "--no-report", "--runs", tmp_path / "runs")
        assert result.exit_code == 0, result.output
        [path] = (tmp_path / "runs").iterdir()
        assert not (path / "report.html").exists()
        verdict = re.search(r"^verdict +(\w+): (.*)$", result.stdout, re.M)
        assert invoke("report", path).exit_code == 0
        text = (path / "report.html").read_text()
        assert f"<strong>{verdict[1]}</strong>: {verdict[2]}" in text
        assert "&quot;filepath&quot;" in text and "1 epoch in" in text

    def test_of_an_interrupted_run(self, project, tmp_path, monkeypatch):
        monkeypatch.chdir(project[0])
        path = shutil.copytree(seqspec.load_run("latest:m").path, tmp_path / "run")
        for name in ("model.keras", "best.keras", "evaluation.json", "report.html"):
            (path / name).unlink()
        info = json.loads((path / "run.json").read_text())
        (path / "run.json").write_text(json.dumps({**info, "state": "interrupted"}))
        assert invoke("report", path).exit_code == 0
        text = (path / "report.html").read_text()
        assert "interrupted, started" in text and "Training curves" in text and "Worst errors" not in text
        shown = invoke("predict", path, "data.csv").stderr
        assert f"the run is interrupted; seqspec resume {path} continues it" in shown

    def test_data_that_is_gone(self, project, tmp_path, monkeypatch):
        monkeypatch.chdir(project[0])
        path = shutil.copytree(seqspec.load_run("latest:m").path, tmp_path / "run")
        info = json.loads((path / "run.json").read_text())
        (path / "run.json").write_text(json.dumps({**info, "base": str(tmp_path)}))
        result = invoke("report", path)
        assert result.exit_code == 0 and "data.csv does not exist" in result.stderr
        assert "Confusion matrix" in (path / "report.html").read_text()

    def test_importance_of_columns(self, tmp_path):
        """A label that is one of the columns: the others have no importance."""
        x = np.random.default_rng(0).normal(size=(300, 3)).astype("float32")
        with open(tmp_path / "data.csv", "w") as file:
            file.write("id,a,b,c,y\n")
            file.writelines(f"k{k},{','.join(map(str, row))},{2 * row[1]}\n" for k, row in enumerate(x.tolist(), 1))
        source = {"type": "table", "path": "data.csv", "label": "y", "id": "id"}
        write_spec(
            tmp_path / "m.seqspec.json", layers=[{"type": "Dense", "units": 1}], shape=(3,),
            target={"kind": "regression"}, compile={"optimizer": "adam(0.1)", "loss": "mse"}, fit={"epochs": 30},
            data={"source": source, "split": SPLIT},
        )  # fmt: skip
        run = seqspec.train(tmp_path / "m.seqspec.json", runs=tmp_path / "runs", html=True)
        text = (run.path / "report.html").read_text()
        rows = re.findall(r"<tr><td>([abc])</td><td>([-+][\d.e-]+)</td>", text)
        values = {name: float(value) for name, value in rows}
        assert rows[0][0] == "b" and values["b"] > 1 > 50 * max(abs(values["a"]), abs(values["c"]))
        assert "Worst errors (test set)" in text and "residuals" in text
        # The samples have the names of messages, with their identifiers.
        named = re.findall(r"<td>data\.csv row (\d+) \(id k(\d+)\)</td>", text)
        assert len(named) == 12 and all(row == identifier for row, identifier in named)

    def test_worst_images_without_pillow(self):
        url = data_url(np.arange(48, dtype=np.uint8).reshape(4, 4, 3))
        import base64

        content = base64.b64decode(url.partition(",")[2])
        assert struct.unpack(">II", content[16:24]) == (4, 4)
        start = content.index(b"IDAT") + 4
        length = struct.unpack(">I", content[start - 8 : start - 4])[0]
        rows = np.frombuffer(zlib.decompress(content[start : start + length]), np.uint8).reshape(4, 13)
        assert rows[0, 1:4].tolist() == [0, 5, 11] and rows[-1, -1] == 255


@pytest.mark.needs("sklearn")
def test_curves_are_those_of_scikit_learn():
    from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

    generator = np.random.default_rng(0)
    truth = generator.integers(0, 2, 5000)
    scores = np.round(np.clip(0.3 * truth + generator.normal(0.4, 0.2, 5000), 0, 1), 2).astype(np.float32)
    collected = Scores()
    for start in range(0, 5000, 700):
        part = scores[start : start + 700]
        collected.add(truth[start : start + 700], np.stack([1 - part, part], axis=1))
    found = collected.result()
    assert found["auc"] == pytest.approx(roc_auc_score(truth, scores), abs=1e-9)
    assert found["average_precision"] == pytest.approx(average_precision_score(truth, scores), abs=1e-9)
    fpr, tpr, _ = roc_curve(truth, scores, drop_intermediate=False)
    assert np.allclose(found["false_positive_rate"], fpr) and np.allclose(found["true_positive_rate"], tpr)


def test_one_class_has_no_curves():
    collected = Scores()
    collected.add(np.ones(5, int), np.full((5, 2), 0.5))
    assert collected.result() is None


def test_worst_errors_of_several_chunks():
    worst = WorstErrors()
    probability = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8]])
    predicted = probability.argmax(axis=1)
    worst.add_classes(0, np.array([0, 0, 1]), predicted, probability)
    worst.add_classes(3, np.array([1, 0, 0]), predicted, probability)
    # Sample 5 is 80 % sure of the wrong class, samples 1 and 4 60 %, sample 3 90 %.
    assert [(each["sample"], round(each["error"], 6)) for each in worst.result()] == [
        (3, 0.9),
        (5, 0.8),
        (1, 0.6),
        (4, 0.6),
    ]


@pytest.mark.parametrize("points", [[], [(1, 2.0)], [(1, float("nan")), (2, float("inf"))], [(1, 3.0), (2, 3.0)]])
@pytest.mark.parametrize("log", [False, True])
def test_charts_of_few_points(points, log):
    from xml.etree import ElementTree

    text = chart_svg(Chart("a < b", Axis("epoch"), Axis("", log=log), [Line("training", points)]))
    ElementTree.fromstring(text)
    assert "nan" not in text and "inf" not in text


class TestPredict:
    ROWS = "a,b,c,d\n1,2,3,4\n5,6,7,8\n"

    def records(self, result):
        assert result.exit_code == 0, result.output
        return [json.loads(line) for line in result.stdout.splitlines()]

    def test_standard_input(self, inside, tmp_path):
        (tmp_path / "new.csv").write_text(self.ROWS)
        expected = self.records(invoke("predict", "latest", tmp_path / "new.csv"))
        lines = "".join(json.dumps(dict(zip("abcd", row))) + "\n" for row in ([1, 2, 3, 4], [5, 6, 7, 8]))
        for text in (self.ROWS, lines, "\ufeff" + self.ROWS):
            found = self.records(invoke("predict", "latest", "-", stdin=text))
            assert [{**each, "sample": None} for each in found] == [{**each, "sample": None} for each in expected]
        assert "standard input is empty" in invoke("predict", "latest", "-", stdin="").stderr
        assert not [each for each in (seqspec.load_run("latest").path).iterdir() if each.name.startswith(".predict")]

    def test_names_are_no_formulas_and_no_escape_sequences(self, tmp_path):
        names = ["=cmd|' /C calc'!A0", "@SUM(A1)", "+1+1", "\t=1", "-2", "a\x1b[31m", "two\nlines"]
        count = len(names)
        predicted = Predictions(np.eye(count), np.eye(count), names, [f"={row}" for row in range(count)])
        write_predictions(count, iter([predicted]), tmp_path / "out.csv")
        header, *lines = (tmp_path / "out.csv").read_text().splitlines()
        assert len(lines) == count and header.startswith("sample,class,p(=cmd")
        found = list(csv.reader(lines))
        assert [row[0] for row in found] == [f"'={row}" for row in range(count)]
        shown = ["'=cmd|' /C calc'!A0", "'@SUM(A1)", "'+1+1", "' =1", "-2", "a\\x1b[31m", "two\\nlines"]
        assert [row[1] for row in found] == shown

    def test_several_files(self, inside, tmp_path):
        for name in ("one.csv", "two.csv"):
            (tmp_path / name).write_text(self.ROWS)
        out = tmp_path / "out.csv"
        result = invoke("predict", "latest", tmp_path / "one.csv", tmp_path / "two.csv", "-o", out)
        assert result.exit_code == 0, result.output
        rows = list(csv.DictReader(io.StringIO(out.read_text())))
        assert [row["sample"] for row in rows] == [f"{name}.csv row {k}" for name in ("one", "two") for k in (1, 2)]
        npy = tmp_path / "out.npy"
        assert invoke("predict", "latest", tmp_path / "one.csv", tmp_path / "two.csv", "-o", npy).exit_code == 0
        assert np.load(npy).shape == (4, 3)

    def test_evaluating_a_file_without_labels(self, inside, tmp_path):
        (tmp_path / "new.csv").write_text(self.ROWS)
        result = invoke("evaluate", "latest", "--on", tmp_path / "new.csv")
        assert result.exit_code == 3
        assert 'new.csv has no column "species", the label that predictions are compared with' in result.stderr

    @pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet", "npy"])
    def test_rows_that_cannot_be_read(self, inside, tmp_path, suffix):
        good = [[float(k + j) for j in range(4)] for k in range(2500)]
        rows = [list(map(str, row)) for row in good]
        rows[3][1], rows[1024][2], rows[2499] = "abc", "", ["1", "2"]
        text = "\n".join(",".join(row) for row in [list("abcd"), *rows]) + "\n"
        (tmp_path / "new.csv").write_text(text)
        out = tmp_path / f"out.{suffix}"
        result = invoke("predict", "latest", tmp_path / "new.csv", "-o", out)
        assert result.exit_code == 0 and "3 of 2,500 rows cannot be read: new.csv row 4: column b" in result.stderr
        assert "2,497 predictions" in result.stderr
        outputs = seqspec.load_run("latest").predict(np.array(good, "float32")).outputs
        outputs[[3, 1024, 2499]] = np.nan
        if suffix == "npy":
            assert np.allclose(np.load(out), outputs, atol=1e-6, equal_nan=True)
        elif suffix == "csv":
            found = list(csv.DictReader(io.StringIO(out.read_text())))
            assert [number for number, row in enumerate(found) if row["error"]] == [3, 1024, 2499]
            assert found[3]["class"] == found[3]["p(adelie)"] == "" and found[2]["error"] == ""
            assert float(found[5]["p(adelie)"]) == pytest.approx(outputs[5, 0], abs=1e-6)
        elif suffix == "jsonl":
            found = [json.loads(line) for line in out.read_text().splitlines()]
            assert found[1024]["error"] == "column c has 1 missing value" and found[1024]["class"] is None
            assert found[2499]["error"] == "2 fields, the header has 4"
        else:
            from pyarrow import parquet

            found = parquet.read_table(out).to_pydict()
            assert [number for number, error in enumerate(found["error"]) if error] == [3, 1024, 2499]

    def test_a_file_without_a_row_that_can_be_read(self, inside, tmp_path):
        (tmp_path / "new.csv").write_text("a,b,c,d\n1,2,,4\n1,,3,4\n")
        result = invoke("predict", "latest", tmp_path / "new.csv")
        assert result.exit_code == 3 and "column b has 1 missing value" in result.stderr
        with pytest.raises(seqspec.DataError):
            seqspec.load_run("latest").predict(str(tmp_path / "new.csv"))


@pytest.mark.needs("PIL")
def test_images_one_by_one(tmp_path, monkeypatch):
    from PIL import Image

    monkeypatch.chdir(tmp_path)
    generator = np.random.default_rng(0)
    for kind in ("cat", "dog"):
        (tmp_path / "photos" / kind).mkdir(parents=True)
        for number in range(6):
            pixels = generator.integers(0, 255, (8, 8, 3)).astype("uint8")
            Image.fromarray(pixels).save(tmp_path / "photos" / kind / f"{number}.png")
    layers = [{"type": "Rescaling", "scale": 0.004}, "Flatten", {"type": "Dense", "units": 2, "activation": "softmax"}]
    write_spec(
        tmp_path / "m.seqspec.json", layers=layers, shape=(8, 8, 3), target={"kind": "multiclass", "classes": 2},
        data={"source": {"type": "images", "path": "photos"}}, fit={"epochs": 1},
    )  # fmt: skip
    assert invoke("train", "m.seqspec.json").exit_code == 0
    whole = [json.loads(line) for line in invoke("predict", "latest", "photos").stdout.splitlines()]
    by_name = {row["sample"]: row for row in whole}
    one = invoke("predict", "latest", "photos/dog/3.png")
    assert json.loads(one.stdout) == by_name["dog/3.png"], one.output
    (tmp_path / "broken.png").write_bytes(b"no image")
    files = ["photos/dog/5.png", "broken.png", "photos/cat/0.png"]
    found = [json.loads(line) for line in invoke("predict", "latest", *files).stdout.splitlines()]
    assert [row["sample"] for row in found] == ["dog/5.png", "broken.png", "cat/0.png"]
    assert found[1]["class"] is None and "not a readable image" in found[1]["error"]
    assert {**found[2], "error": None} == {**by_name["cat/0.png"], "error": None}
    (tmp_path / "notes.pdf").write_text("x")
    assert invoke("predict", "latest", "notes.pdf").exit_code == 2


def test_metrics_that_keras_maximizes_are_better_if_they_are_higher():
    import keras

    metrics = [
        keras.metrics.MeanIoU(2), keras.metrics.FBetaScore(), keras.metrics.CosineSimilarity(), keras.metrics.AUC(),
        keras.metrics.SensitivityAtSpecificity(0.5), keras.metrics.MeanAbsoluteError(), keras.metrics.Hinge(),
    ]  # fmt: skip
    for metric in metrics:
        names = (metric.name, f"val_{metric.name}", f"test.{metric.name}", f"val_weighted_{metric.name}_1")
        assert {is_higher_better(name) for name in names} == {metric._direction == "up"}, metric.name


def test_outputs_that_are_not_finite_are_errors_of_their_rows():
    from seqspec.training.prediction.predict import Predictions, mark, with_equal_columns

    outputs = np.array([[1.0], [np.inf], [np.nan], [2.0]], "float32")
    notes = []
    parts = mark(
        iter([Predictions(outputs, None, None, list("abcd"), labels=["price"])]), {3: "no number"}, notes.append
    )
    [part] = with_equal_columns(parts, False)
    assert [(row["sample"], row["price"], row["error"] is None) for row in part.records()] == [
        ("a", 1.0, True), ("b", None, False), ("c", None, False), ("d", None, False)
    ]  # fmt: skip
    assert len(notes) == 1 and notes[0].startswith("2 outputs")
