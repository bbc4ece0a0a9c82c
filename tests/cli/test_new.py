"""`seqspec new`: every template is a valid spec that can be built; no existing file is overwritten."""

import errno
import json
import os
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

import seqspec
from seqspec.cli.commands.new import TEMPLATES, document, write_new
from seqspec.cli.main import cli

FOLDER = Path(seqspec.__file__).parent / "cli" / "templates"


def run(*args):
    return CliRunner().invoke(cli, list(args), catch_exceptions=False)


def test_the_list_names_every_template():
    assert {path.name for path in FOLDER.iterdir()} == {f"{name}.seqspec.toml" for name in TEMPLATES}
    lines = run("new", "--list").output.splitlines()
    assert [line.split()[0] for line in lines] == list(TEMPLATES)
    assert all(words in line for words, line in zip(TEMPLATES.values(), lines, strict=True))


@pytest.mark.parametrize("kind", ["toml", "json"])
@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_checks_clean(name, kind, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    written = run("new", name, "--format", kind)
    assert written.exit_code == 0
    file = f"{name.replace('-', '_')}.seqspec.{kind}"
    assert written.output.startswith(f"{file}: created from {name}")
    assert os.listdir() == [file]
    assert run("check", file, "--fail-on", "info").output == "1 file checked: no findings\n"
    assert run("fmt", "--check", file).exit_code == 0
    summary = run("summary", file, "--format", "json")
    assert json.loads(summary.output)["params"] > 10_000
    tree = tomllib.loads if kind == "toml" else json.loads
    assert tree(Path(file).read_text(encoding="utf-8")) == tomllib.loads(document(name, "toml"))


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_explains_itself(name):
    text = document(name, "toml")
    assert text.startswith("# ")
    assert text.count("#") >= 6
    assert max(map(len, text.splitlines())) <= 120
    assert text.isascii() or text.encode("utf-8").decode("utf-8") == text


@pytest.mark.slow
@pytest.mark.parametrize("name", TEMPLATES)
def test_keras_builds_and_runs_a_template(name):
    import numpy

    spec = seqspec.load(FOLDER / f"{name}.seqspec.toml")
    report = seqspec.check(FOLDER / f"{name}.seqspec.toml")
    model = seqspec.build(spec, download=False)
    assert model.count_params() == report.params
    given = model.inputs[0]
    x = numpy.ones([2, *(size or 6 for size in given.shape[1:])], dtype=given.dtype)
    y = (
        numpy.zeros([2, *report.layers[-1].output.shape[1:]])
        if name in ("time-series", "autoencoder")
        else numpy.zeros(2)
    )
    loss = model.evaluate(x, y, verbose=0, return_dict=True)["loss"]
    assert numpy.isfinite(loss)


def test_dash_is_standard_output(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("new", "autoencoder", "-o", "-").output == document("autoencoder", "toml")
    assert json.loads(run("new", "autoencoder", "-o", "-", "--format", "json").output)["seqspec"] == 1
    assert os.listdir() == []


def test_the_name_of_the_output_tells_the_format(tmp_path):
    target = tmp_path / "m.seqspec.json"
    assert run("new", "image-cnn", "-o", str(target)).exit_code == 0
    assert json.loads(target.read_text())["model"]["name"] == "image_cnn"
    wrong = run("new", "image-cnn", "-o", str(tmp_path / "m.seqspec.toml"), "--format", "json")
    assert wrong.exit_code == 2
    assert "m.seqspec.toml: the suffix is toml, but --format is json" in wrong.output


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("image", "unknown template 'image'; did you mean image-cnn?"),
        ("text", "did you mean text-classifier?"),
        ("timeseries", "did you mean time-series?"),
        ("auto-encoder", "did you mean autoencoder?"),
        ("transfer_learnign", "did you mean transfer-learning?"),
        ("diffusion", "unknown template 'diffusion'; available: dense-classifier, image-cnn, "),
        ("../secret", "unknown template '../secret'; available"),
    ],
)
def test_a_wrong_name_is_answered_with_the_nearest(wrong, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run("new", wrong)
    assert result.exit_code == 2
    assert words in result.output
    assert os.listdir() == []


def test_an_existing_file_stays(tmp_path):
    target = tmp_path / "mine.seqspec.toml"
    target.write_text("seqspec = 1\n")
    result = run("new", "-o", str(target))
    assert result.exit_code == 2
    assert "already exists; choose another file with -o, or use --force to overwrite it" in result.output
    assert target.read_text() == "seqspec = 1\n"


def test_force_replaces_it_and_keeps_its_permissions(tmp_path):
    target = tmp_path / "mine.seqspec.toml"
    target.write_text("seqspec = 1\n")
    target.chmod(0o640)
    link = tmp_path / "link.seqspec.toml"
    link.symlink_to(target)
    assert run("new", "--force", "-o", str(link)).exit_code == 0
    assert target.read_text() == document("dense-classifier", "toml")
    assert target.stat().st_mode & 0o777 == 0o640
    assert link.is_symlink()
    assert sorted(os.listdir(tmp_path)) == ["link.seqspec.toml", "mine.seqspec.toml"]


def test_a_new_file_gets_the_usual_permissions(tmp_path):
    previous = os.umask(0o027)
    try:
        run("new", "-o", str(tmp_path / "a.toml"))
    finally:
        os.umask(previous)
    assert (tmp_path / "a.toml").stat().st_mode & 0o777 == 0o640


def test_a_dangling_link_is_not_written_through(tmp_path):
    (tmp_path / "a.toml").symlink_to(tmp_path / "elsewhere")
    assert run("new", "-o", str(tmp_path / "a.toml")).exit_code == 2
    assert not (tmp_path / "elsewhere").exists()


def test_a_full_disk_leaves_no_part_of_a_file(tmp_path, monkeypatch):
    target = tmp_path / "a.toml"
    target.write_text("mine")

    def full(*args):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "replace", full)
    result = run("new", "--force", "-o", str(target))
    assert result.exit_code == 2
    assert "a.toml: No space left on device" in result.output
    assert target.read_text() == "mine"
    assert os.listdir(tmp_path) == ["a.toml"]


def test_a_file_that_appears_meanwhile_stays(tmp_path, monkeypatch):
    target = tmp_path / "a.toml"
    link = os.link

    def late(*args):
        target.write_text("theirs")
        link(*args)

    monkeypatch.setattr(os, "link", late)
    with pytest.raises(FileExistsError):
        write_new(target, "mine")
    assert target.read_text() == "theirs"
    assert os.listdir(tmp_path) == ["a.toml"]


@pytest.mark.parametrize(("output", "words"), [("none/a.toml", "none is not a folder"), (".", ".: this is a folder")])
def test_a_place_that_cannot_be_written(output, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run("new", "--force", "-o", output)
    assert result.exit_code == 2
    assert words in result.output
    assert os.listdir() == []
