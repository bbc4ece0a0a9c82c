"""`seqspec train`, `evaluate`, `predict` and `runs`, and the same from Python, with Keras."""

import csv
import errno
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from urllib.error import URLError

import keras
import numpy as np
import pytest
from click.testing import CliRunner

import seqspec
from seqspec.cli.main import cli
from seqspec.training.data.labels import LabelBaseline, LabelEncoding
from seqspec.training.evaluation.classification import Classification
from tests.training.specs import CLASSES, SPLIT, samples, spec, table, write_csv, write_spec


def invoke(*arguments):
    return CliRunner().invoke(cli, [str(each) for each in arguments])


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A spec, its data, and one run of the command line: (folder, output of train, run folder)."""
    folder = tmp_path_factory.mktemp("project")
    write_csv(folder / "data.csv", 300)
    more = {"save": {"filepath": str(folder / "out" / "m.keras"), "weights": str(folder / "out" / "m.weights.h5")}}
    write_spec(folder / "m.seqspec.json", data={"source": table(), "split": SPLIT},
               fit={"epochs": 5, "batch_size": 16, "class_weight": "balanced"}, **more)  # fmt: skip
    result = invoke("train", folder / "m.seqspec.json", "--runs", folder / "runs", "--format", "json")
    assert result.exit_code == 0, result.output
    [path] = (folder / "runs").iterdir()
    return folder, [json.loads(line) for line in result.stdout.splitlines()], path


class TestTrain:
    def test_events(self, project):
        _, events, path = project
        names = [event["event"] for event in events]
        assert names == ["plan", "stage", *["epoch"] * 5, "evaluation", "saved", "verdict", "report", "done"]
        assert events[0]["sets"] == {"train": 180, "validation": 60, "test": 60}
        assert events[0]["parameters"] == 67 and events[0]["steps_per_execution"] == 12
        assert events[-1]["folder"] == str(path)

    def test_training_reduces_the_loss(self, project):
        run = seqspec.load_run(project[2])
        assert run.state == "done" and run.class_names == CLASSES
        assert run.evaluation["test"]["metrics"]["accuracy"] > 0.9
        assert run.evaluation["test"]["classes"]["baseline"]["accuracy"] < 0.6
        assert len(run.history["val_loss"]) == 5

    def test_the_run_folder(self, project):
        folder, _, path = project
        assert (path / "document.json").read_text() == (folder / "m.seqspec.json").read_text()
        assert seqspec.check(json.loads((path / "expanded.json").read_text())).ok
        lock = json.loads((path / "lock.json").read_text())
        assert lock["versions"]["keras"] == keras.__version__ and lock["seed"] == 7
        assert list(lock["digests"]["files"]) == ["data.csv"]
        with np.load(path / "split.npz") as split:
            assert {name: len(split[name]) for name in split.files} == {"train": 180, "validation": 60, "test": 60}
        text = "".join(each.read_text() for each in path.glob("*.json*"))
        assert "PYTHONPATH" not in text and "TF_CPP" not in text

    def test_saved_models(self, project):
        folder, _, path = project
        run = seqspec.load_run(path)
        x, _ = samples(9, seed=3)
        expected = run.model.predict(x, verbose=0)
        saved = keras.models.load_model(folder / "out" / "m.keras")
        assert np.array_equal(saved.predict(x, verbose=0), expected)
        built = seqspec.build(path / "document.json")
        built.load_weights(folder / "out" / "m.weights.h5")
        assert np.allclose(built.predict(x, verbose=0), expected, atol=1e-6)
        with zipfile.ZipFile(path / "model.keras") as archive:
            carried = json.loads(archive.read("seqspec.json"))
        assert seqspec.check(carried).ok and carried == run.spec

    def test_a_saved_model_imports_as_its_spec(self, project, tmp_path):
        folder, _, path = project
        written = (folder / "m.seqspec.json").read_text()
        for model in (path / "model.keras", path / "best.keras", folder / "out" / "m.keras"):
            assert invoke("import", model, "--format", "json").stdout == written
        result = invoke("import", path / "model.keras", "-o", tmp_path / "again.toml")
        assert result.exit_code == 0, result.output
        again = seqspec.check(tmp_path / "again.toml")
        assert seqspec.build(tmp_path / "again.toml").count_params() == again.params == 67
        text = (tmp_path / "again.toml").read_text()
        assert "[data.source]" in text and "class_weight" in text

    def test_a_model_whose_run_had_settings_imports_as_what_ran(self, project, tmp_path):
        folder, _, _ = project
        run = seqspec.train(folder / "m.seqspec.json", settings=["fit.epochs=1"], runs=tmp_path)
        result = invoke("import", run.path / "model.keras", "--format", "json")
        assert json.loads(result.stdout)["fit"]["epochs"] == 1

    def test_h5(self, project, tmp_path):
        folder, _, _ = project
        for name in ("m.h5", "m.hdf5"):
            file = tmp_path / name
            run = seqspec.train(
                folder / "m.seqspec.json", settings=["fit.epochs=1", f"save.filepath={file}"], runs=tmp_path / "runs"
            )
            x, _ = samples(9, seed=3)
            loaded = keras.models.load_model(file)
            assert np.allclose(loaded.predict(x, verbose=0), run.model.predict(x, verbose=0), atol=1e-6)

    def test_a_second_run_has_a_folder_of_its_own_and_equal_results(self, project):
        folder, _, path = project
        again = seqspec.train(folder / "m.seqspec.json", runs=folder / "again")
        first = seqspec.load_run(path)
        assert again.path != path and again.history == first.history
        assert all(np.array_equal(a, b) for a, b in zip(again.model.get_weights(), first.model.get_weights()))

    def test_from_another_run(self, project, tmp_path):
        folder, _, path = project
        run = seqspec.train(folder / "m.seqspec.json", runs=tmp_path, start_from=path)
        assert run.history["loss"][0] < seqspec.load_run(path).history["loss"][1]

    def test_text_output_without_a_terminal(self, project, tmp_path):
        # A copy: the other tests read the run as it was.
        path = shutil.copytree(project[2], tmp_path / "run")
        result = invoke("resume", path, "--epochs", "1")
        assert result.exit_code == 0, result.output
        lines = result.stdout.splitlines()
        assert any(line.startswith("epoch 6/6") for line in lines) and "\x1b" not in result.output
        assert len(seqspec.load_run(path).history["loss"]) == 6


class TestRefusals:
    def test_a_bad_spec_is_refused_before_a_framework_is_imported(self, tmp_path):
        write_spec(tmp_path / "m.seqspec.json", compile={"loss": "mes"})
        script = (
            "import sys\nfrom click.testing import CliRunner\nfrom seqspec.cli.main import cli\n"
            f"done = CliRunner().invoke(cli, ['train', {str(tmp_path / 'm.seqspec.json')!r}])\n"
            "assert done.exit_code == 1, done.output\n"
            "assert not {'keras', 'tensorflow', 'numpy'} & set(sys.modules)"
        )
        subprocess.run([sys.executable, "-c", script], check=True)

    @pytest.mark.parametrize(
        ("tables", "status", "code"),
        [
            ({"compile": None}, 1, "SEQ"),
            ({"data": {"source": table("none.csv")}}, 3, "SEQ901"),
            ({"data": {"source": table(label="spices")}}, 3, "SEQ902"),
            ({"data": None}, 3, "SEQ901"),
            ({"fit": {"trainable": {"hiden": False}}}, 1, "SEQ909"),
            ({"fit": {"validation_split": 0.1}, "data": {"source": table(), "split": SPLIT}}, 1, "SEQ909"),
        ],
    )
    def test_status_and_code(self, tmp_path, tables, status, code):
        write_csv(tmp_path / "data.csv")
        write_spec(tmp_path / "m.seqspec.json", **{"data": {"source": table()}, **tables})
        result = invoke("train", tmp_path / "m.seqspec.json", "--runs", tmp_path / "runs")
        assert result.exit_code == status, result.output
        assert code in result.stderr
        assert not (tmp_path / "runs").exists()

    def test_places_in_the_spec(self, tmp_path):
        write_csv(tmp_path / "data.csv")
        path = write_spec(tmp_path / "m.seqspec.json", data={"source": table(label="spices")})
        with pytest.raises(seqspec.DataError) as error:
            seqspec.train(path, runs=tmp_path / "runs")
        [found] = error.value.diagnostics
        assert (found.name, found.pointer) == ("data-column", "/data/source/label")
        line = path.read_text().splitlines()[found.span.line - 1]
        assert line[found.span.column - 1 : found.span.end_column - 1] == '"spices"'

    def test_a_loss_that_diverges_names_the_last_good_checkpoint(self, tmp_path):
        write_csv(tmp_path / "data.csv")
        write_spec(
            tmp_path / "m.seqspec.json", layers=[{"type": "Dense", "units": 1}], target={"kind": "regression"},
            compile={"optimizer": {"type": "SGD", "learning_rate": 400.0}, "loss": "mse"},
            data={"source": table(label="a", features=["b", "c", "d"])}, shape=(3,), fit={"epochs": 40},
        )  # fmt: skip
        result = invoke("train", tmp_path / "m.seqspec.json", "--runs", tmp_path / "runs")
        assert result.exit_code == 4, result.output
        assert "the loss is" in result.stderr and "last good checkpoint: " in result.stderr
        [path] = (tmp_path / "runs").iterdir()
        run = seqspec.load_run(path)
        assert run.state == "failed" and all(np.isfinite(run.history["loss"]))

    def test_a_loss_that_diverges_stops_within_the_epoch(self, tmp_path):
        x = np.random.default_rng(0).normal(size=(20_000, 3)).astype("float32")
        y = x.sum(axis=1)
        y[8_000:] = 1e30
        tree = spec(
            [{"type": "Dense", "units": 1}], (3,), target={"kind": "regression"}, data=None,
            compile={"optimizer": "sgd(0.1)", "loss": "mse", "steps_per_execution": 10},
            fit={"epochs": 3, "batch_size": 10, "shuffle": False},
        )  # fmt: skip
        with pytest.raises(seqspec.TrainingError) as error:
            seqspec.train(tree, {"train": (x, y)}, runs=tmp_path)
        found = re.match(r"the loss is \w+ at step ([\d,]+) of 2,000 in epoch 1", str(error.value))
        assert found and 800 <= int(found[1].replace(",", "")) < 1500

    @pytest.mark.skipif(sys.platform == "win32", reason="there is no such limit")
    def test_a_full_disk_leaves_earlier_results_alone(self, project, tmp_path):
        folder, _, path = project
        before = {file: file.read_bytes() for file in path.rglob("*") if file.is_file()}
        # Both disks in one process, which imports TensorFlow once.
        script = (
            "import json, resource, signal, sys\n"
            "from click.testing import CliRunner\nfrom seqspec.cli.main import cli\n"
            "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
            "spec, *places = sys.argv[1:]\n"
            "for size in places:\n"
            "    resource.setrlimit(resource.RLIMIT_FSIZE, (int(size.rpartition('/')[2]), -1))\n"
            "    done = CliRunner().invoke(cli, ['train', spec, '--runs', size])\n"
            "    print(json.dumps([done.exit_code, done.stderr]))\n"
        )
        # The data file of a coverage measurement would be cut off too.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
        runs = {tmp_path / "4000": False, tmp_path / "20000": True}
        command = [sys.executable, "-c", script, folder / "m.seqspec.json", *runs]
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr
        for line, (place, saved) in zip(done.stdout.splitlines(), runs.items(), strict=True):
            status, errors = json.loads(line)
            assert status == 4 and "Traceback" not in errors and "cannot write" in errors, errors
            [failed] = place.iterdir()
            assert seqspec.load_run(failed).state == "failed" and not (failed / "model.keras").exists()
            assert ("last good checkpoint: " in errors) == saved
            assert not [file for file in failed.rglob(".*") if file.name != ".lock"]
        assert before == {file: file.read_bytes() for file in path.rglob("*") if file.is_file()}

    def test_weights_that_cannot_be_downloaded(self, tmp_path, monkeypatch):
        def fetch(*arguments, **options):
            raise URLError("no network")

        monkeypatch.setattr("keras.src.utils.file_utils.urlretrieve", fetch)
        monkeypatch.setattr("keras.src.utils.file_utils.config.keras_home", lambda: str(tmp_path / "no weights"))
        np.savez(tmp_path / "d.npz", x=np.random.default_rng(0).integers(0, 255, (8, 96, 96, 3)), y=np.arange(8) % 3)
        base = {"type": "MobileNetV2", "include_top": False, "pooling": "avg", "trainable": False, "name": "base"}
        layers = [{"type": "Rescaling", "scale": "1/127.5", "offset": -1}, base,
                  {"type": "Dense", "units": 3, "activation": "softmax"}]  # fmt: skip
        write_spec(tmp_path / "m.seqspec.json", layers=layers, shape=[96, 96, 3], data={"source": "d.npz"})
        result = invoke("train", tmp_path / "m.seqspec.json", "--runs", tmp_path / "runs")
        assert result.exit_code == 4, result.output
        assert 'layer "base"' in result.stderr and "--weights none" in result.stderr
        assert not list((tmp_path / "runs").iterdir())

    def test_an_interrupted_run_can_be_resumed(self, tmp_path, monkeypatch):
        from seqspec.training.fitting.recorder import Recorder

        write_csv(tmp_path / "data.csv")
        write_spec(tmp_path / "m.seqspec.json", data={"source": table()})
        original = Recorder.on_epoch_end

        def interrupts(self, epoch, logs=None):
            original(self, epoch, logs)
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(Recorder, "on_epoch_end", interrupts)
            result = invoke("train", tmp_path / "m.seqspec.json", "--runs", tmp_path / "runs")
        assert result.exit_code == 130
        [path] = (tmp_path / "runs").iterdir()
        assert f"seqspec resume {path}" in result.stderr
        assert invoke("resume", path).exit_code == 0


class TestInference:
    def test_evaluate_again(self, project):
        run = seqspec.load_run(project[2])
        again = run.evaluate("test")["test"]
        kept = run.evaluation["test"]
        assert again["metrics"] == pytest.approx(kept["metrics"], abs=1e-6)
        assert again["classes"]["confusion"] == kept["classes"]["confusion"]
        per_class = {row["class"]: row for row in again["classes"]["per_class"]}
        assert sum(row["samples"] for row in per_class.values()) == 60

    def test_evaluate_a_file(self, project, tmp_path):
        write_csv(tmp_path / "other.csv", 50)
        result = invoke("evaluate", project[2], "--on", tmp_path / "other.csv", "--format", "json")
        assert result.exit_code == 0, result.output
        [found] = json.loads(result.stdout).values()
        assert found["samples"] == 50 and found["metrics"]["accuracy"] > 0.9

    def test_evaluate_the_test_set_as_a_file(self, tmp_path):
        """The same results as on the set itself: weighted loss, metrics, classes, baseline; dropped samples too."""
        x, y = samples(90)
        weights = np.random.default_rng(1).uniform(0.1, 3, 90)
        header = "a,b,c,d,species,w,set\n"
        lines = [
            ",".join([*map(str, row), CLASSES[label], f"{weight}", "train" if number < 60 else "test"]) + "\n"
            for number, (row, label, weight) in enumerate(zip(x.tolist(), y, weights))
        ]
        lines[70] = lines[70].replace(lines[70].split(",")[1], "", 1)
        (tmp_path / "data.csv").write_text(header + "".join(lines))
        (tmp_path / "test.csv").write_text(header + "".join(lines[60:]))
        source = {**table(), "weight": "w"}
        data = {"source": source, "split": {"by": "column", "column": "set"}, "missing": "drop"}
        write_spec(tmp_path / "m.seqspec.json", data=data)
        run = seqspec.train(tmp_path / "m.seqspec.json", runs=tmp_path / "runs")
        [found] = run.evaluate(str(tmp_path / "test.csv")).values()
        assert found["samples"] == 29 and found == run.evaluate("test")["test"]
        assert found["metrics"] == pytest.approx(run.evaluation["test"]["metrics"], rel=1e-6)
        assert found["classes"]["baseline"] == run.evaluation["test"]["classes"]["baseline"]
        (tmp_path / "plain.csv").write_text((header + "".join(lines[60:])).replace(",w,", ",v,"))
        [plain] = run.evaluate(str(tmp_path / "plain.csv")).values()
        assert plain["metrics"]["loss"] != pytest.approx(found["metrics"]["loss"], rel=1e-3)

    @pytest.mark.needs("sklearn")
    @pytest.mark.parametrize("logits", [False, True])
    def test_several_labels_per_sample(self, tmp_path, logits):
        """Results as scikit-learn computes them, and a probability of each label by its name."""
        from sklearn.metrics import classification_report

        generator = np.random.default_rng(2)
        x = generator.normal(size=(200, 3)).astype("float32")
        y = (x + generator.normal(size=x.shape) > [0, 0.5, 3.5]).astype(int)
        with open(tmp_path / "data.csv", "w", newline="") as file:
            csv.writer(file).writerows([[*"abc", "red", "green", "blue"], *([*a, *b] for a, b in zip(x.tolist(), y))])
        source = {"type": "table", "path": "data.csv", "features": [*"abc"], "label": ["red", "green", "blue"]}
        loss = {"type": "BinaryCrossentropy", "from_logits": True} if logits else "binary_crossentropy"
        write_spec(
            tmp_path / "m.seqspec.json",
            layers=[{"type": "Dense", "units": 3, "activation": "linear" if logits else "sigmoid"}],
            shape=(3,), target={"kind": "multilabel", "classes": 3}, fit={"epochs": 20},
            compile={"optimizer": "adam(0.05)", "loss": loss},
            data={"source": source, "split": {"by": "random", "test": 0.5}},
        )  # fmt: skip
        run = seqspec.train(tmp_path / "m.seqspec.json", runs=tmp_path / "runs")
        found = run.evaluation["test"]["classes"]
        rows = np.load(run.path / "split.npz")["test"]
        outputs = run.model.predict(x[rows], verbose=0).astype("float64")
        probability = 1 / (1 + np.exp(-outputs)) if logits else outputs
        names = ["red", "green", "blue"]
        expected = classification_report(
            y[rows], probability > 0.5, target_names=names, output_dict=True, zero_division=0
        )
        for row in found["per_class"]:
            wanted = expected[row["class"]]
            assert row["samples"] == wanted["support"]
            assert [row[key] for key in ("precision", "recall", "f1")] == pytest.approx(
                [wanted[key] for key in ("precision", "recall", "f1-score")]
            )
        assert found["accuracy"] == pytest.approx((y[rows] == (probability > 0.5)).all(axis=1).mean())
        (tmp_path / "new.csv").write_text("a,b,c\n" + ",".join(map(str, x[rows[0]].tolist())) + "\n")
        result = invoke("predict", run.path, tmp_path / "new.csv")
        [record] = map(json.loads, result.stdout.splitlines())
        assert list(record) == ["sample", "p(red)", "p(green)", "p(blue)"]
        assert [record[f"p({name})"] for name in names] == pytest.approx(probability[0].tolist(), abs=1e-6)

    @pytest.mark.parametrize("format", ["csv", "jsonl", "npy"])
    def test_predict(self, project, tmp_path, format):
        x, _ = samples(20, seed=5)
        with open(tmp_path / "new.csv", "w") as file:
            csv.writer(file).writerows([["d", "c", "b", "a"], *x[:, ::-1].tolist()])
        target = tmp_path / f"out.{format}"
        result = invoke("predict", project[2], tmp_path / "new.csv", "-o", target)
        assert result.exit_code == 0, result.output
        expected = seqspec.load_run(project[2]).model.predict(x, verbose=0)
        if format == "npy":
            assert np.allclose(np.load(target), expected, atol=1e-6)
            return
        lines = target.read_text().splitlines()
        rows = list(csv.DictReader(lines)) if format == "csv" else [json.loads(line) for line in lines]
        assert [row["class"] for row in rows] == [CLASSES[index] for index in expected.argmax(axis=1)]
        assert np.allclose([[float(row[f"p({name})"]) for name in CLASSES] for row in rows], expected, atol=1e-6)

    def test_a_missing_column_leaves_earlier_results_alone(self, project, tmp_path):
        (tmp_path / "new.csv").write_text("a,b,c\n1,2,3\n")
        (tmp_path / "out.csv").write_text("kept")
        result = invoke("predict", project[2], tmp_path / "new.csv", "-o", tmp_path / "out.csv")
        assert result.exit_code == 3 and result.stderr.splitlines() == [
            f"run         {project[2].name}",
            'error[SEQ902] data-column: new.csv has no column "d", which the model needs',
            "  = help: its columns are a, b, c",
            "1 error in the data; aborted",
        ]
        (tmp_path / "new.csv").write_text("e\n1\n")
        shown = invoke("predict", project[2], tmp_path / "new.csv").stderr
        assert shown.count("has no column") == 4 and shown.count("its columns are e") == 1
        assert (tmp_path / "out.csv").read_text() == "kept"

    def test_file_errors_have_codes_and_lines(self, project, tmp_path):
        (tmp_path / "new.csv").write_text("a,b,c,d\n1,2,,4\n1,,3,4\n")
        result = invoke("predict", project[2], tmp_path / "new.csv")
        assert result.exit_code == 3
        assert result.stderr.splitlines() == [
            f"run         {project[2].name}",
            "error[SEQ903] data-values: column b has 1 missing value: new.csv row 2",
            "error[SEQ903] data-values: column c has 1 missing value: new.csv row 1",
            "2 errors in the data; aborted",
        ]
        result = invoke("evaluate", project[2], "--on", "tset")
        assert result.exit_code == 2 and "did you mean test?" in result.stderr

    @pytest.mark.parametrize("suffix", ["csv", "jsonl", "npy", "parquet"])
    def test_predict_replaces_earlier_predictions_only(self, project, tmp_path, suffix):
        """A file with other columns needs --force; one that is predicted for is never replaced."""
        (tmp_path / "new.csv").write_text("a,b,c,d\n1,2,3,4\n")
        out = tmp_path / f"out.{suffix}"
        for text in (b"", b"a,b,c,d\n1,2,3,4\n"):
            out.write_bytes(text)
            result = invoke("predict", project[2], tmp_path / "new.csv", "-o", out)
            assert result.exit_code == (2 if text else 0), result.output
        assert out.read_bytes() == text and "use --force to overwrite it" in result.stderr
        assert invoke("predict", project[2], tmp_path / "new.csv", "-o", out, "--force").exit_code == 0
        assert out.read_bytes() != text
        # A row that cannot be read adds a column.
        (tmp_path / "new.csv").write_text("a,b,c,d\n1,2,3,4\n1,2,x,4\n")
        for _ in range(2):
            assert invoke("predict", project[2], tmp_path / "new.csv", "-o", out).exit_code == 0
        (tmp_path / "new.csv").write_text("a,b,c,d\n1,2,3,4\n")
        assert invoke("predict", project[2], tmp_path / "new.csv", "-o", out).exit_code == 0

    @pytest.mark.parametrize("source", ["new.csv", "n*.csv"])
    def test_predict_never_replaces_what_it_reads(self, project, tmp_path, source):
        (tmp_path / "new.csv").write_text("a,b,c,d\n1,2,3,4\n")
        (tmp_path / "link").symlink_to(tmp_path)
        for options in ((), ("--force",)):
            result = invoke("predict", project[2], tmp_path / source, "-o", tmp_path / "link" / "new.csv", *options)
            assert result.exit_code == 2 and "predictions would replace it" in result.stderr
        assert (tmp_path / "new.csv").read_text() == "a,b,c,d\n1,2,3,4\n"

    def test_predictions_on_a_full_disk_keep_the_old_file(self, project, tmp_path, monkeypatch):
        """Before anything is read; on a full disk the earlier file is untouched."""
        assert invoke("predict", project[2], tmp_path / "x.csv", "-o", tmp_path / "no" / "out.csv").exit_code == 2
        (tmp_path / "new.csv").write_text("a,b,c,d\n1,2,3,4\n")
        earlier = ",".join(["sample", "class", *(f"p({name})" for name in CLASSES)]) + "\n"
        (tmp_path / "out.csv").write_text(earlier)

        def full(*arguments):
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr("seqspec.training.prediction.predict._write_csv", full)
        result = invoke("predict", project[2], tmp_path / "new.csv", "-o", tmp_path / "out.csv")
        assert result.exit_code == 4 and "no space left on device" in result.stderr
        assert sorted(each.name for each in tmp_path.iterdir()) == ["new.csv", "out.csv"]
        assert (tmp_path / "out.csv").read_text() == earlier

    def test_missing_values_are_filled_as_in_training(self, tmp_path):
        write_csv(tmp_path / "data.csv")
        write_spec(
            tmp_path / "m.seqspec.json", data={"source": table(), "missing": {"fill": "mean"}}, fit={"epochs": 1}
        )
        run = seqspec.train(tmp_path / "m.seqspec.json", runs=tmp_path / "runs")
        (tmp_path / "new.csv").write_text("a,b,c,d\n,1,2,3\n")
        filled = np.array([[run.folder.fills()[0], 1, 2, 3]], "float32")
        assert np.allclose(run.predict(tmp_path / "new.csv").outputs, run.model.predict(filled, verbose=0), atol=1e-6)

    def test_arrays(self, project):
        x, y = samples(20, seed=5)
        run = seqspec.load_run(project[2])
        assert run.predict(x).classes == [CLASSES[k] for k in run.model.predict(x, verbose=0).argmax(axis=1)]
        assert run.evaluate(data=(x, np.array(CLASSES)[y]))["data"]["metrics"]["accuracy"] > 0.8


def strict(text):
    """The content of a JSON text; fails for what only Python accepts."""

    def refuse(name):
        raise AssertionError(f"{name} is not JSON")

    return json.loads(text, parse_constant=refuse)


@pytest.fixture(scope="module")
def overflowing(tmp_path_factory):
    """A regression whose validation labels are too large for the loss: (arguments of resume, runs, output)."""
    folder = tmp_path_factory.mktemp("overflowing")
    x = np.random.default_rng(0).normal(size=(60, 3)).astype("float32")
    y = x.sum(axis=1)
    np.savez(folder / "train.npz", x=x[:40], y=y[:40])
    np.savez(folder / "huge.npz", x=x[40:], y=np.full(20, 1e30, "float32"))
    write_spec(
        folder / "m.seqspec.json", layers=[{"type": "Dense", "units": 1}], shape=(3,), target={"kind": "regression"},
        compile={"optimizer": "sgd(0.01)", "loss": "mse", "metrics": ["r2_score"]},
        data={"train": {"source": "train.npz"}, "validation": {"source": "huge.npz"}},
    )  # fmt: skip
    result = invoke("train", folder / "m.seqspec.json", "--runs", folder / "runs", "--format", "json")
    assert result.exit_code == 0, result.output
    [path] = (folder / "runs").iterdir()
    return folder, path, result.stdout


class TestNonFiniteResults:
    """Metrics that are NaN or infinite: strings in JSON, numbers again where they are read."""

    def test_files_and_events_are_json(self, overflowing):
        _, path, output = overflowing
        events = [strict(line) for line in output.splitlines()]
        epoch = next(event for event in events if event["event"] == "epoch")
        assert epoch["logs"]["val_loss"] == "Infinity"
        lines = [strict(line) for line in (path / "history.jsonl").read_text().splitlines()]
        assert [line["logs"]["val_loss"] for line in lines] == ["Infinity"] * 2
        evaluation = strict((path / "evaluation.json").read_text())
        assert evaluation["validation"]["metrics"]["loss"] == "Infinity"
        for file in path.rglob("*.json"):
            strict(file.read_text())

    def test_numbers_are_read_back(self, overflowing):
        run = seqspec.load_run(overflowing[1])
        assert run.history["val_loss"] == [np.inf, np.inf] and np.isfinite(run.history["loss"]).all()
        assert run.evaluation["validation"]["metrics"]["loss"] == np.inf
        assert isinstance(run.evaluation["validation"]["residuals"]["mae"], float)

    def test_commands(self, overflowing, tmp_path):
        folder, path, _ = overflowing
        other = shutil.copytree(path, tmp_path / "other")
        [row] = strict(invoke("runs", "list", folder / "runs", "--format", "json").stdout)
        assert row["metrics"]["loss"] == "Infinity"
        assert "val_loss inf" in invoke("runs", "show", path).stdout
        compared = strict(invoke("runs", "compare", path, other, "--format", "json").stdout)
        assert compared["metrics"]["validation.loss"] == ["Infinity", "Infinity"]
        assert (
            strict(invoke("evaluate", path, "--format", "json").stdout)["validation"]["metrics"]["loss"] == "Infinity"
        )
        report = (path / "report.html").read_text()
        assert "the validation loss is inf in epoch 1" in report

    def test_resume_and_loggers(self, overflowing, tmp_path, monkeypatch):
        _, path, _ = overflowing
        copy = shutil.copytree(path, tmp_path / "copy")
        before = (copy / "history.jsonl").read_text().splitlines()
        seqspec.resume(copy, epochs=1)
        after = (copy / "history.jsonl").read_text().splitlines()
        assert after[:2] == before and strict(after[2])["logs"]["val_loss"] == "Infinity"
        from seqspec.training.loggers.logger import evaluation_scalars, scalars

        run = seqspec.load_run(copy)
        assert scalars(run.folder.history()[0])["val_loss"] == np.inf
        assert evaluation_scalars(run.evaluation)["validation_loss"] == np.inf


@pytest.mark.parametrize("output", [None, "out.jsonl"])
def test_predictions_that_are_nan_are_errors_of_their_rows(tmp_path, output):
    x, y = samples(40)
    tree = spec([{"type": "Dense", "units": 3}], target={"kind": "regression", "shape": [3]}, compile={"loss": "mse"})
    run = seqspec.train(tree, (x, np.eye(3, dtype="float32")[y]), runs=tmp_path)
    run.model.set_weights([np.full_like(each, np.nan) for each in run.model.get_weights()])
    run.model.save(run.path / "model.keras")
    np.save(tmp_path / "new.npy", x[:2])
    result = invoke("predict", run.path, tmp_path / "new.npy", *(["-o", tmp_path / output] if output else []))
    assert result.exit_code == 0, result.output
    text = (tmp_path / output).read_text() if output else result.stdout
    rows = [strict(line) for line in text.splitlines()]
    assert len(rows) == 2 and all(row["output_0"] is None and row["error"] for row in rows)


def test_a_classifier_that_outputs_nan_is_evaluated():
    found = Classification(2)
    found.add(np.array([0, 1]), np.full((2, 2), np.nan))
    calibration = found.result(LabelEncoding("binary", None, 2), LabelBaseline())["calibration"]
    assert calibration == {"expected_error": 0.0, "bins": [], "positive": "1"}


class TestRuns:
    def test_list_show_compare_and_rm(self, project, tmp_path):
        folder, _, path = project
        other = seqspec.train(folder / "m.seqspec.json", runs=tmp_path, settings=["fit.epochs=1"])
        result = invoke("runs", "list", tmp_path, "--format", "json")
        [row] = json.loads(result.stdout)
        assert row["name"] == other.path.name and row["epochs"] == 1 and row["on"] == "test"
        assert "epoch    1" in invoke("runs", "show", other.path).stdout
        found = json.loads(invoke("runs", "compare", path, other.path, "--format", "json").stdout)
        assert found["settings"] == {"fit.epochs": [5, 1]} and found["data"] is True
        (other.path / "notes.md").write_text("mine")
        assert invoke("runs", "rm", other.path, "--yes").exit_code == 2 and other.path.exists()
        (other.path / "notes.md").unlink()
        assert invoke("runs", "rm", other.path, "--yes").exit_code == 0 and not other.path.exists()


class TestBaselinesAndResiduals:
    def test_regression_of_a_series(self, tmp_path):
        steps = np.sin(np.arange(400) / 5)
        np.save(tmp_path / "s.npy", steps.astype("float32"))
        tree = spec(
            [{"type": "Dense", "units": 8, "activation": "relu"}, {"type": "Dense", "units": 1}], (8,),
            data={"source": {"type": "series", "path": str(tmp_path / "s.npy"), "window": 8},
                  "split": {"by": "time", "test": 0.25}},
            target={"kind": "regression"}, compile={"optimizer": "adam(0.02)", "loss": "mse", "metrics": ["mae"]},
            fit={"epochs": 20},
        )  # fmt: skip
        found = seqspec.train(tree, runs=tmp_path / "runs", allow_data=[tmp_path]).evaluation["test"]
        assert found["residuals"]["mae"] == pytest.approx(found["metrics"]["mae"], rel=1e-4)
        truth = steps[300:]
        assert found["residuals"]["baseline"]["last_value_mae"] == pytest.approx(
            np.abs(np.diff(truth))[7:].mean(), rel=1e-4
        )
        assert found["residuals"]["mae"] < found["residuals"]["baseline"]["last_value_mae"]

    @pytest.mark.parametrize("format", ["table", "npy"])
    def test_the_last_value_of_a_series_of_several_columns(self, tmp_path, format):
        """Each label is compared with the last value of its own column, at every step of the horizon."""
        generator = np.random.default_rng(4)
        steps = generator.normal(size=(80, 3)).cumsum(axis=0).astype("float32")
        with open(tmp_path / "s.csv", "w", newline="") as file:
            csv.writer(file).writerows([[*"abc"], *steps.tolist()])
        np.save(tmp_path / "s.npy", steps)
        kind = {"path": "s.csv", "target": ["c", "a"]} if format == "table" else {"path": "s.npy"}
        columns = [2, 0] if format == "table" else [0, 1, 2]
        source = {"type": "series", "window": 4, "horizon": 2, **kind}
        write_spec(
            tmp_path / "m.seqspec.json",
            layers=["Flatten", {"type": "Dense", "units": 2 * len(columns)}], shape=(4, 3),
            target={"kind": "regression", "shape": [2 * len(columns)]}, compile={"loss": "mse"},
            data={"source": source, "split": {"by": "time", "test": 0.5}},
        )  # fmt: skip
        run = seqspec.train(tmp_path / "m.seqspec.json", runs=tmp_path / "runs")
        test = steps[40:, columns]
        starts = range(len(test) - 5)
        errors = [np.abs(test[row + 4 : row + 6] - test[row + 3]).mean() for row in starts]
        found = run.evaluation["test"]["residuals"]["baseline"]
        assert found["last_value_mae"] == pytest.approx(np.mean(errors), rel=1e-5)
        for path in ("s.csv", "s.npy"):
            if path == source["path"]:
                [whole] = run.evaluate(str(tmp_path / path)).values()
                assert whole["residuals"]["baseline"].keys() == {
                    "median_mae",
                    "mean_mae",
                    "mean_rmse",
                    "last_value_mae",
                }


def test_an_interrupted_command_does_not_wait_for_threads():
    """The process ends at once with status 130 after its output: JAX's threads crash while Python finalizes."""
    code = """
import sys, threading
from seqspec.cli import main
sys.modules["keras"] = None
threading.Thread(target=threading.Event().wait).start()
def interrupted(**_):
    print("the last line")
    sys.exit(130)
main.cli = interrupted
main.main()
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout) == (130, "the last line\n"), ended.stderr


@pytest.mark.needs("sklearn")
def test_macro_f1_is_that_of_scikit_learn():
    """Over the classes that occur in the labels or in the predictions."""
    from sklearn import metrics

    truth, predicted = np.array([0, 0, 1, 1, 1]), np.array([0, 2, 1, 1, 0])
    results = Classification(4)
    results.add(truth, np.eye(4)[predicted])
    found = results.result(LabelEncoding("multiclass", classes=4), LabelBaseline())
    assert found["macro_f1"] == pytest.approx(metrics.f1_score(truth, predicted, average="macro"))


def test_a_best_epoch_that_is_never_known_is_reported(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    events = []
    tree = spec(save={"filepath": str(tmp_path / "m.keras"), "best": {"monitor": "val_acc"}})
    run = seqspec.train(tree, samples(40), runs=tmp_path, report=lambda *event: events.append(event))
    [message] = [fields["message"] for event, fields in events if event == "warning"]
    assert message == 'no best model was saved: no epoch has a finite "val_acc"'
    assert not (run.path / "best.keras").exists()


class TestSegmentation:
    """One class per pixel: results as scikit-learn and Keras compute them."""

    X = np.random.default_rng(0).normal(size=(12, 6, 6, 1)).astype("float32")
    Y = (X[..., 0] > -0.5).astype("uint8") + (X[..., 0] > 1)

    @staticmethod
    def model(units, loss):
        keras.utils.set_random_seed(1)
        activation = "sigmoid" if units == 1 else "softmax"
        model = keras.Sequential(
            [keras.Input((6, 6, 1)), keras.layers.Conv2D(units, 3, padding="same", activation=activation)]
        )
        model.compile(loss=loss)
        return model

    @staticmethod
    def expected(truth, predicted, classes):
        from sklearn import metrics

        rows = metrics.precision_recall_fscore_support(truth, predicted, labels=range(classes), zero_division=0)
        iou = metrics.jaccard_score(truth, predicted, labels=range(classes), average=None, zero_division=0)
        keras_iou = keras.metrics.MeanIoU(classes)
        keras_iou.update_state(truth, predicted)
        confusion = metrics.confusion_matrix(truth, predicted, labels=range(classes)).tolist()
        return np.array([*rows, iou]).T, float(keras_iou.result()), confusion

    @pytest.mark.parametrize("kind", ["sparse", "ignored", "one-hot", "binary"])
    @pytest.mark.parametrize("positions", [50, 2**18])
    def test_results(self, monkeypatch, kind, positions):
        from seqspec.training.data.prepared import SampleSet
        from seqspec.training.evaluation import evaluate, outputs

        # In several parts, as where the outputs do not fit in memory.
        monkeypatch.setattr(evaluate, "_POSITIONS", positions)
        monkeypatch.setattr(outputs, "_PART_BYTES", 4 * 36 * 3 * 4)
        y, classes = self.Y.copy(), 3
        labels = LabelEncoding("multiclass", None, 3)
        loss = keras.losses.SparseCategoricalCrossentropy()
        kept = np.ones(y.size, bool)
        if kind == "ignored":
            y[:, :2] = 255
            kept = (y != 255).reshape(-1)
            loss = keras.losses.SparseCategoricalCrossentropy(ignore_class=255)
            labels = LabelEncoding("multiclass", None, 3, ignored=255)
        elif kind == "one-hot":
            y, loss = np.eye(3, dtype="float32")[y], "categorical_crossentropy"
            labels = LabelEncoding("multiclass", None, 3, one_hot=True)
        elif kind == "binary":
            y, loss, classes = (y > 0).astype("uint8"), "binary_crossentropy", 2
            labels = LabelEncoding("binary", None, 2)
        model = self.model(1 if kind == "binary" else 3, loss)
        found = evaluate.evaluate_sets(model, {"test": SampleSet(self.X, y)}, labels, 2, LabelBaseline(1))["test"][
            "classes"
        ]
        outputs = model.predict(self.X, verbose=0)
        predicted = (outputs[..., 0] > 0.5).astype(int) if kind == "binary" else outputs.argmax(-1)
        truth = y.argmax(-1) if kind == "one-hot" else y
        truth = truth.reshape(-1)[kept]
        rows, mean_iou, confusion = self.expected(truth, predicted.reshape(-1)[kept], classes)
        keys = ("precision", "recall", "f1", "samples", "iou")
        assert np.array([[row[key] for key in keys] for row in found["per_class"]]) == pytest.approx(rows)
        assert found["mean_iou"] == pytest.approx(mean_iou, abs=1e-6)
        assert found["confusion"] == confusion and found["unit"] == "pixel"
        assert found["baseline"]["accuracy"] == pytest.approx((truth == 1).mean())

    def test_a_run_of_labels_with_ignored_pixels(self, tmp_path):
        """Without [target], and 255 for pixels without a class: neither counts nor results have more than 3 classes."""
        y = self.Y.copy()
        y[:, 0] = 255
        tree = spec(
            [{"type": "Conv2D", "filters": 3, "kernel_size": 3, "padding": "same", "activation": "softmax"}], (6, 6, 1),
            target=None, compile={"loss": {"type": "SparseCategoricalCrossentropy", "ignore_class": 255}},
        )  # fmt: skip
        run = seqspec.train(tree, {"train": (self.X[:8], y[:8]), "test": (self.X[8:], y[8:])}, runs=tmp_path, html=True)
        found = run.evaluation["test"]["classes"]
        assert [row["samples"] for row in found["per_class"]] == np.bincount(self.Y[8:, 1:].reshape(-1)).tolist()
        counts = json.loads((run.path / "labels.json").read_text())["counts"]["train"]
        assert counts == np.bincount(self.Y[:8, 1:].reshape(-1)).tolist()
        report = (run.path / "report.html").read_text()
        assert "<th>IoU</th>" in report and "<th>pixels</th>" in report
        assert "Confusion matrix (test set)" in report
        [again] = run.evaluate(data=(self.X[8:], y[8:])).values()
        assert again["classes"] == found

    def test_padding_is_not_counted(self, tmp_path):
        """Keras leaves padded steps out of loss and metrics; results per class would count them."""
        x = np.array([[1, 2, 3, 0, 0], [4, 5, 0, 0, 0]] * 8)
        y = (x > 2).astype("int32")
        layers = [
            {"type": "Embedding", "input_dim": 9, "output_dim": 4, "mask_zero": True},
            {"type": "Dense", "units": 2, "activation": "softmax"},
        ]
        tree = spec(layers, {"shape": [5], "dtype": "int32"}, target={"kind": "multiclass", "classes": 2, "shape": [5]})
        run = seqspec.train(tree, {"train": (x, y), "test": (x, y)}, runs=tmp_path)
        assert "classes" not in run.evaluation["test"] and run.evaluation["test"]["metrics"]["accuracy"] > 0


def test_outputs_in_new_folders_and_results_before_them(tmp_path, monkeypatch):
    """Folders are created; where a file cannot be written, the evaluation is in the run folder already."""
    monkeypatch.chdir(tmp_path)
    x, y = samples(60)
    files = {
        "save": {"filepath": str(tmp_path / "a" / "m.keras"), "overwrite": False},
        "report": {"filepath": str(tmp_path / "b" / "r.json"), "html": False},
    }
    data = {"train": (x[:40], y[:40]), "test": (x[40:], y[40:])}
    first = seqspec.train(spec(**files), data, runs=tmp_path / "runs")
    assert json.loads((tmp_path / "b" / "r.json").read_text()) == first.evaluation
    before = (tmp_path / "a" / "m.keras").read_bytes()
    with pytest.raises(seqspec.RunError, match="already exists") as refused:
        seqspec.train(spec(**files), data, runs=tmp_path / "more")
    assert refused.value.status == 2 and not (tmp_path / "more").exists()
    with pytest.raises(seqspec.RunError, match="already exists"):
        seqspec.resume(first.path, data, epochs=1)
    (tmp_path / "file").write_text("")
    inside = {"save": {"filepath": str(tmp_path / "file" / "m.keras")}}
    with pytest.raises(seqspec.RunError, match="file is not a folder that can be written to"):
        seqspec.train(spec(**inside), data, runs=tmp_path / "more")
    assert not (tmp_path / "more").exists()
    # Created by another program between the check and the end of training.
    with monkeypatch.context() as patched:
        patched.setattr("seqspec.training.execution.api.require_writable_outputs", lambda *arguments: None)
        with pytest.raises(seqspec.TrainingError, match="already exists, and"):
            seqspec.train(spec(**files), data, runs=tmp_path / "more")
    [path] = (tmp_path / "more").iterdir()
    run = seqspec.load_run(path)
    assert run.evaluation == first.evaluation and run.state == "failed" and run.model.count_params() == 67
    assert (tmp_path / "a" / "m.keras").read_bytes() == before and len(list((tmp_path / "a").iterdir())) == 1


def test_an_adapted_layer_that_keras_cannot_load_is_not_trained(tmp_path):
    """Keras surprise: TF-IDF with padding is saved, and not loaded again; without either of them it is."""
    texts = np.array(["a film", "a good film", "bad"] * 8, object)
    y = np.zeros(24, "int32")

    def tree(**arguments):
        layers = [{"type": "TextVectorization", "max_tokens": 9, **arguments}, {"type": "Dense", "units": 3}]
        loss = {"type": "SparseCategoricalCrossentropy", "from_logits": True}
        return spec(layers, {"shape": [], "dtype": "string"}, compile={"loss": loss}, fit={"epochs": 1})

    with pytest.raises(seqspec.BuildError, match="pad_to_max_tokens"):
        seqspec.train(tree(output_mode="tf_idf", pad_to_max_tokens=True), {"train": (texts, y)}, runs=tmp_path)
    assert not list(tmp_path.iterdir())
    run = seqspec.train(tree(output_mode="count", pad_to_max_tokens=True), {"train": (texts, y)}, runs=tmp_path)
    assert np.allclose(seqspec.load_run(run.path).predict(texts).outputs, run.predict(texts).outputs)
    layer = keras.layers.TextVectorization(9, output_mode="tf_idf", pad_to_max_tokens=True)
    layer.adapt(texts.tolist())
    model = keras.Sequential([keras.Input((), dtype="string"), layer])
    model.save(tmp_path / "m.keras")
    with pytest.raises(ValueError, match="idf_weights"):
        keras.models.load_model(tmp_path / "m.keras")


def test_an_error_of_a_graph_names_its_reason(tmp_path, monkeypatch):
    """TensorFlow's message begins with a stack; all of it is in log.txt."""
    # The incomplete batch is refused before training otherwise.
    monkeypatch.setattr("seqspec.training.execution.api.check_with_data", lambda *arguments, **options: [])
    x, y = np.zeros((12, 4, 1), "float32"), np.zeros((12, 1), "float32")
    tree = spec(
        [{"type": "LSTM", "units": 2, "stateful": True}, {"type": "Dense", "units": 1}],
        {"shape": [4, 1], "batch_size": 5},
        target={"kind": "regression"}, compile={"loss": "mse"}, fit={"batch_size": 5, "epochs": 1},
    )  # fmt: skip
    with pytest.raises(seqspec.TrainingError, match=r"InvalidArgumentError while training: .*[Ss]hape"):
        seqspec.train(tree, {"train": (x, y)}, runs=tmp_path)
    [path] = tmp_path.iterdir()
    assert "Graph execution error" in (path / "log.txt").read_text()


def test_same_history_as_keras_without_shuffling(tmp_path, monkeypatch):
    """Training by hand with the same settings gives the same numbers, and traces the step no less often."""
    trainer = next(each for each in keras.Model.__mro__ if "train_step" in vars(each) and each is not keras.Model)
    traced, original = [], trainer.train_step
    monkeypatch.setattr(trainer, "train_step", lambda self, data: traced.append(self) or original(self, data))
    x, y = samples(210)
    fit = {"epochs": 3, "batch_size": 16, "shuffle": False, "validation_batch_size": 13}
    tree = spec(fit=fit, runtime={"seed": 11})
    run = seqspec.train(tree, {"train": (x[:160], y[:160]), "validation": (x[160:], y[160:])}, runs=tmp_path)
    assert len(traced) == 1
    model = seqspec.build(tree)
    model.compile(
        keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"], steps_per_execution=10
    )
    history = model.fit(x[:160], y[:160], validation_data=(x[160:], y[160:]), verbose=0, **fit).history
    assert history.keys() == run.history.keys()
    for name, values in history.items():
        assert run.history[name] == values, name


@pytest.mark.needs("tensorflow")
def test_functions_that_are_traced_again_are_no_warning(tmp_path, caplog):
    """Training hides these warnings of TensorFlow, and only these."""
    import tensorflow as tf

    seqspec.train(spec(fit={"epochs": 1}), samples(), runs=tmp_path)
    traced = tf.function(tf.constant)
    for value in range(12):
        traced(value)
    tf.get_logger().warning("another warning")
    assert [record.getMessage() for record in caplog.records if record.name == "tensorflow"] == ["another warning"]
