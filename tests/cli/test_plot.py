"""`seqspec plot`, and the pictures of `summary` and `diff`."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from seqspec.cli.main import cli
from tests.requirements import unmeasured

SPEC = """seqspec = 1
[model]
name = "small"
input = [8]
layers = [
  { type = "Dense", units = 16, activation = "relu", trainable = false },
  { type = "Dense", units = 2, activation = "softmax" },
]
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "model.toml"
    path.write_text(SPEC)
    return path


def run(*args, **options):
    return CliRunner().invoke(cli, ["plot", *map(str, args)], **options)


@pytest.mark.parametrize(
    ("ending", "start"),
    [
        ("svg", b"<svg"),
        pytest.param("png", b"\x89PNG", marks=pytest.mark.needs("resvg_py")),
        pytest.param("pdf", b"%PDF", marks=pytest.mark.needs("reportlab", "resvg_py")),
        ("html", b"<!doctype"),
        ("mmd", b"flowchart TD"),
        ("dot", b"digraph"),
    ],
)
def test_plot_format_follows_the_suffix(file, tmp_path, ending, start):
    out = tmp_path / f"out.{ending}"
    assert run(file, "-o", out).exit_code == 0
    assert out.read_bytes().startswith(start)
    piped = run(file, "--format", ending)
    assert piped.exit_code == 0 and piped.stdout_bytes == out.read_bytes()


def test_standard_input_and_values(file):
    result = run("-", "--set", "model.name=other", input=SPEC)
    assert result.exit_code == 0 and ">other<" in result.stdout


def test_an_unknown_ending(file, tmp_path):
    result = run(file, "-o", tmp_path / "out.bmp")
    assert result.exit_code == 2 and "must end in" in result.output and not (tmp_path / "out.bmp").exists()


def test_a_model_that_breaks_is_drawn_as_far_as_it_is_known(file, tmp_path):
    file.write_text(SPEC.replace("softmax", "softmaxx"))
    out = tmp_path / "out.svg"
    result = run(file, "-o", out)
    assert result.exit_code == 0 and "1 error, marked in the diagram" in result.stderr
    assert "SEQ106" in out.read_text()


@pytest.mark.parametrize("text", ["", "[[", "seqspec = 1\n"])
def test_plot_of_an_invalid_spec_fails(file, tmp_path, text):
    file.write_text(text)
    result = run(file, "-o", tmp_path / "out.svg")
    assert result.exit_code == 1 and "error[" in result.stderr and not (tmp_path / "out.svg").exists()


def test_a_missing_library_is_named(file, tmp_path, monkeypatch):
    for library, ending in (("resvg_py", "png"), ("reportlab.pdfbase", "pdf")):
        monkeypatch.setitem(sys.modules, library, None)
        result = run(file, "-o", tmp_path / f"out.{ending}")
        assert result.exit_code == 2 and "keras-seqspec[plot]" in result.output
        assert not (tmp_path / f"out.{ending}").exists()


def test_plot_imports_no_heavy_library(file):
    code = (
        "import sys; from click.testing import CliRunner; from seqspec.cli.main import cli; "
        f"print(CliRunner().invoke(cli, ['plot', {str(file)!r}]).exit_code); "
        "print(sorted({'keras', 'tensorflow', 'numpy', 'reportlab', 'resvg_py'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=unmeasured())
    assert done.stdout == "0\n[]\n", done.stderr


def test_summary_as_markdown(file):
    result = CliRunner().invoke(cli, ["summary", "--markdown", str(file)])
    lines = result.output.splitlines()
    assert lines[0] == "### `small`" and lines[5] == "| `dense` | `Dense` | `(16)` | `float32` | 144 | 128 | 2.0 KiB |"
    assert result.output == CliRunner().invoke(cli, ["summary", "--format", "markdown", str(file)]).output


def test_summary_in_colour_has_bars(file, monkeypatch):
    plain = CliRunner().invoke(cli, ["summary", str(file)]).output
    assert "█" not in plain and "\x1b" not in plain
    monkeypatch.setenv("FORCE_COLOR", "1")
    lines = CliRunner().invoke(cli, ["summary", str(file)]).output.splitlines()
    dense, head = (next(line for line in lines if name in line) for name in ("dense ", "dense_1"))
    # The bars begin at the same column and the longest is full.
    assert dense.count("█") == 32 and 0 < head.count("█") < 32
    # The frozen layer is dimmed.
    assert dense.startswith("\x1b[34m") and not head.startswith("\x1b")


def test_diff_as_a_page(file, tmp_path):
    other = tmp_path / "other.toml"
    other.write_text(SPEC.replace("units = 16", "units = 32").replace('name = "small"', 'name = "<b>"'))
    out = tmp_path / "diff.html"
    result = CliRunner().invoke(cli, ["diff", str(file), str(other), "--html", "-o", str(out)])
    page = out.read_text()
    assert result.exit_code == 1 and page.count("<svg") == 2 and "<b>" not in page
    assert "changed" in page and "(32,)" not in page and "(32)" in page
    same = CliRunner().invoke(cli, ["diff", str(file), str(file), "--html"])
    assert same.exit_code == 0 and "No semantic changes" in same.output
