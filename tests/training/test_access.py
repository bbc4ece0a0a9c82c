"""Which files a spec reaches: data and outputs outside of the project need the caller's word, and data is bounded."""

import gzip
import json
import os
import socket
import zipfile
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import seqspec
from seqspec.cli.main import cli
from seqspec.core.check.check import Check
from seqspec.core.config.configuration import Configurations
from seqspec.core.diagnostics.errors import SpecError
from seqspec.training.access import PROJECT_ONLY, Allowed, access_of_run, access_to
from seqspec.training.data.prepare import prepare
from seqspec.training.errors import DataError, RunError
from seqspec.training.planning.checks import require_writable_outputs
from seqspec.training.planning.plan import access_of
from seqspec.training.run_folder.folder import RunFolder
from tests.training.specs import CLASSES, spec, table, write_csv, write_spec

needs_special_files = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes in folders")


@pytest.fixture
def project(tmp_path, monkeypatch):
    """The folder of a project, in which commands run, beside a folder with data."""
    folder, outside = tmp_path / "p", tmp_path / "outside"
    for each in (folder, outside):
        each.mkdir()
        write_csv(each / "data.csv")
    monkeypatch.chdir(folder)
    return folder


def read(source, base=".", **more):
    """The data of a source, as a spec in a folder names it."""
    return prepare(Check.of(spec(data={"source": source})).spec, str(base), **more)


def refusal(source, base=".", **more):
    """The only violation for a source."""
    with pytest.raises(DataError) as raised:
        read(source, base, **more)
    [violation] = raised.value.violations
    return violation


def is_too_large(violation):
    return violation.rule == "data-unreadable" and "limits.expansion" in str(violation.help)


def check(source, *options, file="m.seqspec.json"):
    write_spec(Path(file), data={"source": source})
    return CliRunner().invoke(cli, ["check", "--data", file, *options])


class TestData:
    @pytest.mark.parametrize(
        "path",
        ["../outside/data.csv", "{outside}/data.csv", "link/data.csv", "linked.csv", "sub/../../outside/data.csv"],
    )
    def test_outside_of_the_project(self, project, path):
        outside = project.parent / "outside"
        (project / "sub").mkdir()
        (project / "link").symlink_to(outside)
        (project / "linked.csv").symlink_to(outside / "data.csv")
        path = path.format(outside=outside)
        found = refusal(table(path))
        assert found.rule == "data-not-allowed" and found.path == ("data", "source", "path")
        assert str(project) in found.message and f"--allow-data {outside}" in found.help
        allowed = read(table(path), access=access_to(".", Allowed([outside])))
        assert len(allowed.train) == 120

    def test_files_of_the_system(self, project):
        for path in ("/proc/self/environ", "/etc/passwd", "~/.netrc"):
            assert refusal(table(path, format="csv")).rule == "data-not-allowed"

    def test_absolute_paths_in_the_project(self, project):
        assert len(read(table(str(project / "data.csv"))).train) == 120

    def test_other_files_of_a_source(self, project):
        outside = project.parent / "outside"
        np.save(project / "x.npy", np.ones((6, 4), "float32"))
        np.save(outside / "y.npy", np.zeros(6, "int32"))
        found = refusal({"type": "arrays", "path": "x.npy", "y": str(outside / "y.npy")})
        assert (found.rule, found.path[-1]) == ("data-not-allowed", "y")
        (project / "arrays").mkdir()
        (project / "arrays" / "x.npy").symlink_to(outside / "y.npy")
        assert refusal({"type": "arrays", "path": "arrays"}).rule == "data-not-allowed"

    @pytest.mark.parametrize("place", ["texts/spam", "texts/spam/linked.txt"])
    def test_links_in_class_folders(self, project, place):
        outside = project.parent / "outside"
        (outside / "a.txt").write_text("secret")
        for name in ("spam", "ham"):
            (project / "texts" / name).mkdir(parents=True)
            (project / "texts" / name / "b.txt").write_text("text")
        link = project / place
        if link.is_dir():
            (link / "b.txt").unlink()
            link.rmdir()
            link.symlink_to(outside)
        else:
            link.symlink_to(outside / "a.txt")
        found = refusal({"type": "text", "path": "texts"})
        assert found.rule == "data-not-allowed" and place in found.message

    def test_patterns_are_compared_in_the_project_only(self, project, monkeypatch):
        listed = []
        scandir = os.scandir
        monkeypatch.setattr(os, "scandir", lambda folder: listed.append(os.fspath(folder)) or scandir(folder))
        for pattern in ("/**/*.csv", "../*.csv", "../**/data.csv", "*/../../outside/*.csv"):
            assert refusal(table(pattern)).rule in ("data-not-allowed", "data-unreadable")
        assert not listed

    def test_patterns(self, project):
        (project / "a" / "b").mkdir(parents=True)
        (project / "a" / "b" / "c").symlink_to(project)
        for place in ("a/1.csv", "a/b/2.csv", "a/.hidden.csv"):
            write_csv(project / place, 10)
        assert len(read(table("a/**/*.csv")).train) == 20
        assert len(read(table("a/*.csv")).train) == 10
        assert len(read(table("*/[b]/?.csv")).train) == 10
        assert refusal(table("a/**/*.tsv")).rule == "data-unreadable"

    def test_patterns_of_too_many_files(self, project, monkeypatch):
        monkeypatch.setattr("seqspec.training.data.paths._MAX_ENTRIES", 3)
        for number in range(4):
            (project / f"{number}.csv").touch()
        assert refusal(table("*.csv")).rule == "data-unreadable"

    @needs_special_files
    def test_special_files(self, project):
        os.mkfifo(project / "pipe.csv")
        os.mkfifo(project / "pipe.npy")
        os.mkfifo(project / "x.npz")
        (project / "arrays").mkdir()
        os.mkfifo(project / "arrays" / "x.npy")
        with socket.socket(socket.AF_UNIX) as opened:
            opened.bind("s.csv")
            sources = [table("pipe.csv"), table("s.csv"), "pipe.npy", "x.npz", {"type": "arrays", "path": "arrays"}]
            for source in sources:
                assert refusal(source).rule == "data-unreadable", source


class TestCaller:
    """What allows data of other folders."""

    def test_options_and_configuration(self, project, tmp_path, monkeypatch):
        source = table("../outside/data.csv")
        assert check(source).exit_code == 3
        assert check(source, "--allow-data", "../outside").exit_code == 0
        assert check(source, "--config", 'allow-data = ["../outside"]').exit_code == 0
        # A configuration that came with a spec, or with a pull request, is not the caller's.
        (project / "seqspec.toml").write_text('allow-data = ["../outside"]\n')
        refused = check(source)
        assert refused.exit_code == 3 and "allows folders only where it is named with --config" in refused.output
        assert check(source, "--config", "seqspec.toml").exit_code == 0
        monkeypatch.chdir(tmp_path)
        named = CliRunner().invoke(cli, ["check", "--data", "p/m.seqspec.json", "--config", "p/seqspec.toml"])
        assert named.exit_code == 0, named.output

    @pytest.mark.parametrize("key", ["allow-data", "allow-output"])
    def test_a_configuration_that_is_not_the_caller_s_allows_no_folder(self, project, tmp_path, monkeypatch, key):
        def allows(*, file=None):
            access = access_to(".", configurations=Configurations(file))
            return access.reads("../outside/x") if key == "allow-data" else access.writes("../outside/x")

        (project / "base.toml").write_text(f'{key} = ["../outside"]\n')
        (project / "seqspec.toml").write_text('extend = "base.toml"\n')
        assert not allows() and not allows(file="seqspec.toml") and allows(file="base.toml")
        monkeypatch.setenv("HOME", str(project))
        assert allows()
        (project / ".git").mkdir()
        assert not allows()

    def test_a_discovered_configuration_does_not_raise_the_limits_of_a_check(self, project, monkeypatch):
        monkeypatch.setattr("seqspec.training.data.read_context.SMALL_BYTES", 100)
        with gzip.open(project / "data.csv.gz", "wt", newline="") as file:
            file.write("a,b,c,d,species\n" + "".join(f"0,0,0,0,{CLASSES[number % 3]}\n" for number in range(90_000)))
        (project / "seqspec.toml").write_text("limits = { expansion = 1000 }\n")
        refused = check(table("data.csv.gz"))
        assert "limits.expansion" in refused.output and "--config" in refused.output
        assert "limits.expansion" not in check(table("data.csv.gz"), "--config", "seqspec.toml").output

    def test_the_configuration_decides_what_the_project_is(self, project, tmp_path):
        (tmp_path / "seqspec.toml").touch()
        assert check(table("../outside/data.csv")).exit_code == 0
        (project / "seqspec.toml").touch()
        assert check(table("../outside/data.csv")).exit_code == 3

    def test_the_home_folder_is_not_a_project(self, project, tmp_path, monkeypatch):
        monkeypatch.setenv("HOME", str(tmp_path))
        (tmp_path / "seqspec.toml").touch()
        assert access_to(project).project == str(project)

    def test_values_of_the_command_line(self, project):
        write_spec(project / "m.seqspec.json", data={"source": table("nothing.csv")})
        path = project.parent / "outside" / "data.csv"
        found = CliRunner().invoke(cli, ["check", "--data", "m.seqspec.json", "--set", f"data.source.path={path}"])
        assert found.exit_code == 0, found.output

    def test_a_dict_is_treated_as_a_file_of_the_current_folder(self, project):
        outside = project.parent / "outside"
        tree = spec(data={"source": table(str(outside / "data.csv"))})
        assert not access_of(Check.of(tree)).reads(str(outside / "data.csv"))
        with pytest.raises(DataError, match="allow_data="):
            seqspec.train(tree)
        assert access_of(Check.of(tree), Allowed([outside])).reads(str(outside / "data.csv"))

    def test_an_invalid_configuration(self, project):
        (project / "seqspec.toml").write_text("allow-data = 3\n")
        with pytest.raises(RunError, match=r"seqspec.toml: allow-data must be a list"):
            access_to(project)

    def test_runs(self, project, tmp_path):
        """The folder of the spec that a run folder names counts near that folder, not anywhere."""
        run = project / "runs" / "r"
        assert access_of_run(run, str(project)).reads(str(project / "data.csv"))
        for base in ("/", "/etc", str(tmp_path / "outside")):
            assert not access_of_run(run, base).reads(os.path.join(base, "passwd"))
        assert access_of_run(run, "/etc", Allowed(["/etc"])).reads("/etc/passwd")


class TestContent:
    """Messages do not quote files that are not tables."""

    @pytest.mark.parametrize(
        "text",
        ["PASSWORD=hunter2\nUSER=me\n", "hunter2:x:0:0:root:/root:/bin/bash\nb:x:1:1\n", "hunter2\0USER=me\n",
         "-----BEGIN hunter2-----\nMII\n", "{hunter2\n", "a hunter2, b\nno, comma, here\n", f"hunter2{'x' * 200}\n1\n",
         "me@hunter2\n1\n", '{"password": "hunter2", "n": 3}\n'],
    )  # fmt: skip
    def test_other_files(self, project, text):
        (project / "data.csv").write_text(text)
        for source in (table(), {"type": "table", "path": "data.csv", "label": "hunter"}):
            assert "hunter2" not in check(source).output
            assert refusal(source).rule == "data-unreadable"

    @pytest.mark.parametrize(
        "text",
        ["password: hunter2\n", "password: hunter2\nuser: me\n", "hunter2\n", "hunter2\nhunter2\n", "user hunter2\n",
         "hunter2|me\n", "password, hunter2\n", "hunter2;me;you\n"],
    )  # fmt: skip
    @pytest.mark.parametrize("keys", [{}, {"label": "y"}, {"label": "hunter"}, {"features": ["y"]}])
    def test_lines_of_other_files_are_not_column_names(self, project, text, keys):
        (project / "data.csv").write_text(text)
        found = check({"type": "table", "path": "data.csv", **keys})
        assert found.exit_code != 0
        assert "hunter2" not in found.output

    @pytest.mark.parametrize("delimiter", ["=", ":", "o", "1", '"'])
    def test_delimiters_that_make_a_table_of_any_file(self, project, delimiter):
        (project / "data.csv").write_text("PASSWORD=hunter2\nUSER=me\n")
        found = check({**table(), "delimiter": delimiter})
        assert found.exit_code == 1 and "delimiter must separate columns" in found.output
        assert "hunter2" not in found.output

    def test_tables(self, project):
        (project / "data.csv").write_text("km/h;species\n1;a\n")
        assert refusal({"type": "table", "path": "data.csv", "label": "species"}).rule == "data-column"
        (project / "data.csv").write_text("speed (km/h)\n1\n")
        assert "speed (km/h)" in check({"type": "table", "path": "data.csv", "label": "sped"}).output


class TestBounds:
    @pytest.mark.parametrize("line", ["0,0,0,0,adelie\n", "\n", ",,,,\n"])
    def test_compressed_rows(self, project, line):
        with gzip.open(project / "data.csv.gz", "wt", newline="") as file:
            file.write("a,b,c,d,species\n0,0,0,0,adelie\n" + line * 3_000_000)
            if line == "\n":
                file.write(line * 32_000_000)
        assert is_too_large(refusal(table("data.csv.gz")))

    def test_compressed_rows_that_are_allowed(self, project, monkeypatch):
        rows = "".join(f"{number},{number % 7},0,1,{CLASSES[number % 3]}\n" for number in range(2_000))
        with gzip.open(project / "data.csv.gz", "wt", newline="") as file:
            file.write("a,b,c,d,species\n" + rows)
        assert len(read(table("data.csv.gz")).train) == 2_000
        monkeypatch.setattr("seqspec.training.data.read_context.SMALL_BYTES", 100)
        (project / "seqspec.toml").write_text("limits = { expansion = 1 }\n")
        assert is_too_large(refusal(table("data.csv.gz")))
        (project / "seqspec.toml").write_text("limits = { expansion = 50 }\n")
        assert len(read(table("data.csv.gz")).train) == 2_000

    def test_a_line_without_an_end(self, project, monkeypatch):
        monkeypatch.setattr("seqspec.training.data.tables.formats.base._MAX_LINE", 1_000)
        (project / "data.csv").write_text("a," * 1_000)
        (project / "data.jsonl").write_text('{"a": [' + "1," * 1_000)
        for path in ("data.csv", "data.jsonl"):
            assert "1,000" in refusal(table(path)).message

    def test_columns(self, project):
        names = [f"c{number}" for number in range(1_000_000)]
        (project / "data.csv").write_text(",".join(names) + "\n" + ",".join("0" * len(names)) + "\n")
        (project / "data.jsonl").write_text(json.dumps(dict.fromkeys(names[:100_001], 0)))
        for path in ("data.csv", "data.jsonl"):
            found = refusal(table(path))
            assert found.rule == "data-column" and "limits.columns" in found.help

    def test_parquet(self, project):
        pa = pytest.importorskip("pyarrow")
        from pyarrow import parquet

        zeros = np.zeros(4_000_000, "int8")
        columns = dict.fromkeys("abcd", zeros)
        parquet.write_table(pa.table({**columns, "species": zeros}), project / "data.parquet")
        assert is_too_large(refusal(table("data.parquet")))

    def test_long_texts_of_parquet(self, project):
        pa = pytest.importorskip("pyarrow")
        from pyarrow import parquet

        indices = pa.array(np.arange(9_000) % 3, pa.int32())
        for name, texts in (("short", CLASSES), ("long", [name * 100_000 for name in CLASSES])):
            column = pa.DictionaryArray.from_arrays(indices, pa.array(texts))
            columns = {name: np.arange(9_000.0) for name in "abcd"}
            parquet.write_table(pa.table({**columns, "species": column}), project / f"{name}.parquet")
        assert read(table("short.parquet")).class_counts()["train"] == [3_000] * 3
        assert is_too_large(refusal(table("long.parquet")))

    def test_images(self, project):
        pytest.importorskip("PIL")
        (project / "images" / "a").mkdir(parents=True)
        found = refusal({"type": "images", "path": "images", "size": [100_000, 100_000]})
        assert found.rule == "data-unreadable"

    @pytest.mark.needs("PIL")
    def test_the_limit_of_pixels(self, project):
        from PIL import Image

        (project / "images" / "a").mkdir(parents=True)
        Image.new("1", (20_000, 20_000)).save(project / "images" / "a" / "huge.png")
        source = {"type": "images", "path": "images", "size": [2, 2]}
        found = refusal(source)
        assert found.message == "a/huge.png has more than 80,000,000 pixels" and "limits.pixels" in found.help
        Image.new("1", (30, 40)).save(project / "images" / "a" / "huge.png")
        (project / "seqspec.toml").write_text("limits = { pixels = 1000 }\n")
        assert refusal(source).message == "a/huge.png has 30×40 pixels, more than 1,000"
        (project / "seqspec.toml").write_text("limits = { pixels = 1200 }\n")
        with pytest.raises(DataError, match=r"samples of the train set have shape \(2, 2, 3\)"):
            read(source)

    def test_npz(self, project):
        np.savez_compressed(project / "d.npz", x=np.zeros((2_000_000, 4)))
        assert is_too_large(refusal("d.npz"))

    @pytest.mark.parametrize(
        ("shape", "dtype", "message"),
        [
            ((3_000_000_000_000,), "<f8", "24,000,000,000,000"),
            ((2**40, 2**40), "<f8", "9,671,406,556,917,033,397,649,408"),
            ((10**15, 0), "<f8", "(1000000000000000, 0)"),
            ((10**15,), "<U0", "(1000000000000000,)"),
        ],
    )
    def test_headers(self, project, shape, dtype, message):
        with open(project / "x.npy", "wb") as file:
            header = {"descr": dtype, "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(file, header)
            file.write(bytes(80))
        with zipfile.ZipFile(project / "d.npz", "w") as archive:
            archive.write(project / "x.npy", "x.npy")
        (project / "npy.npz").write_bytes((project / "x.npy").read_bytes())
        for path in ("x.npy", "d.npz"):
            assert message in refusal(path).message
        assert refusal("npy.npz").rule == "data-unreadable"


class TestOutputs:
    @pytest.mark.parametrize(
        "tables",
        [
            {"save": {"filepath": "../x.keras"}},
            {"save": {"filepath": "{project}/../x.keras"}},
            {"save": {"filepath": "x.keras", "weights": "../x.weights.h5"}},
            {"report": {"filepath": "{project}/../report.json"}},
            {"export": {"filepath": "../x.onnx", "format": "onnx"}},
            {"fit": {"callbacks": [{"type": "ModelCheckpoint", "filepath": "../{epoch}.keras"}]}},
            {"fit": {"callbacks": [{"type": "ModelCheckpoint", "filepath": "{epoch:/>9}.keras"}]}},
            {"fit": {"callbacks": [{"type": "CSVLogger", "filename": "link/log.csv"}]}},
            {"fit": {"callbacks": [{"type": "TensorBoard", "log_dir": "gs://bucket/logs"}]}},
        ],
        ids=str,
    )
    def test_outside_of_the_project(self, project, tables):
        (project / "link").symlink_to(project.parent / "outside")
        write_spec(project / "m.seqspec.json", **_formatted(tables, project))
        analysis = Check.of(str(project / "m.seqspec.json"))
        with pytest.raises(SpecError) as raised:
            require_writable_outputs(analysis.valid_for("build"), access_of(analysis))
        [found] = raised.value.report.diagnostics
        assert found.name == "output-not-allowed" and "--allow-output" in found.help

    def test_what_may_be_written(self, project, tmp_path, monkeypatch):
        """Files in the project and the current folder, and those that the caller allows or names."""
        monkeypatch.chdir(tmp_path / "outside")
        for path in (project / "a" / "x.keras", "x.keras"):
            file = write_spec(project / "m.seqspec.json", save={"filepath": str(path)})
            analysis = Check.of(str(file))
            require_writable_outputs(analysis.valid_for("build"), access_of(analysis))
        tables = {"save": {"filepath": str(tmp_path / "x.keras")}}
        require_writable_outputs(*_outputs(tables, Allowed(output=[tmp_path])))
        require_writable_outputs(*_outputs({}, settings=[f"save.filepath={tmp_path / 'x.keras'}"]))
        with pytest.raises(SpecError):
            require_writable_outputs(*_outputs(tables, Allowed(data=[tmp_path])))

    def test_links_out_of_a_run_folder(self, project):
        outside = project.parent / "outside"
        run = RunFolder.create(project / "runs", "r")
        (run.path / "run.json").write_text("{}")
        run.require_own_files(access_to(project))
        (run.path / "checkpoints").symlink_to(outside)
        with pytest.raises(RunError, match="checkpoints is a link to"):
            run.require_own_files(access_to(project))
        run.require_own_files(access_to(project, Allowed(output=[outside])))
        (run.path / "checkpoints").unlink()
        (run.path / "checkpoints").symlink_to(project)
        with pytest.raises(RunError, match="outside of the run folder"):
            run.require_own_files(access_to(project))
        (run.path / "checkpoints").unlink()
        (run.path / "folds").mkdir()
        (run.path / "folds" / "1").symlink_to(outside)
        with pytest.raises(RunError, match=r"folds.1 is a link to"):
            run.require_own_files(access_to(project))

    def test_a_linked_lock_does_not_empty_a_file(self, project):
        file = project.parent / "outside" / "data.csv"
        before = file.read_bytes()
        run = RunFolder.create(project / "runs", "r")
        (run.path / ".lock").symlink_to(file)
        with run.locked():
            assert file.read_bytes() == before


def _formatted(tables, project):
    """The tables with the folder of the project in their paths."""
    return json.loads(json.dumps(tables).replace("{project}", str(project)))


def _outputs(tables, allowed=PROJECT_ONLY, settings=()):
    analysis = Check.of(spec(**tables), settings=settings)
    return analysis.valid_for("build"), access_of(analysis, allowed)
