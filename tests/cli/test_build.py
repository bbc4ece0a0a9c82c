"""`seqspec build`: files that are written, files that are kept, errors and progress messages."""

import os
import subprocess
import sys
import zipfile
from urllib.error import URLError

import keras
import pytest

from seqspec.core.compiler.keras_model import save_model
from tests.cli.conftest import BAD, GOOD, ROOT

CUSTOM = """seqspec = 1
[custom.Twice]
import = "twice:Twice"
[model]
input = [4]
layers = [{ custom = "Twice" }]
"""
TWICE = """import keras


@keras.saving.register_keras_serializable()
class Twice(keras.layers.Layer):
    def call(self, x):
        return 2 * x
"""


def test_writes_beside_the_document_by_default(run, write, folder):
    result = run("build", write("some.seqspec.toml", GOOD))
    assert result.exit_code == 0
    assert result.stdout == "some.keras: 10 parameters, output (None, 2)\n"
    assert sorted(os.listdir(folder)) == ["some.keras", "some.seqspec.toml"]
    assert keras.saving.load_model("some.keras").name == "m"


def test_output_and_settings(run, write, folder):
    write("a.toml", GOOD.replace("units = 2 }", 'units = 2, name = "head" }'))
    (folder / "out").mkdir()
    assert run("build", "a.toml", "-o", "out/b.keras", "--set", "layers.head.units=7").exit_code == 0
    assert keras.saving.load_model("out/b.keras").output_shape == (None, 7)


def test_a_document_with_a_mistake_writes_nothing(run, write, folder):
    result = run("build", write("bad.toml", BAD))
    assert result.exit_code == 1
    assert "error[SEQ102]" in result.stderr
    assert result.stderr.endswith("1 error; aborted\n")
    assert os.listdir(folder) == ["bad.toml"]


@pytest.mark.parametrize(
    ("output", "said"),
    [("model.h5", "end in .keras"), ("none/model.keras", "none is not a folder"), ("model", "end in .keras")],
)
def test_wrong_outputs(run, write, folder, output, said):
    result = run("build", write("a.toml", GOOD), "-o", output)
    assert result.exit_code == 2
    assert said in result.output
    assert os.listdir(folder) == ["a.toml"]


def test_a_good_file_stays_where_the_build_fails(run, write, folder, monkeypatch):
    write("a.toml", GOOD)
    assert run("build", "a.toml").exit_code == 0
    before = (folder / "a.keras").read_bytes()

    def half(self, path, **options):
        with open(path, "wb") as stream:
            stream.write(b"half a model")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(keras.Sequential, "save", half)
    result = run("build", "a.toml", "--set", "model.name=other")
    assert result.exit_code == 1
    assert result.stderr.endswith("Error: a.keras: No space left on device\n")
    assert (folder / "a.keras").read_bytes() == before
    assert sorted(os.listdir(folder)) == ["a.keras", "a.toml"]


def test_a_build_that_is_interrupted_leaves_nothing(write, folder, monkeypatch):
    class Interrupted:
        def save(self, path):
            path.write_bytes(b"half a model")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        save_model(Interrupted(), folder / "a.keras")
    assert os.listdir(folder) == []


def test_a_folder_in_the_way(run, write, folder):
    (folder / "a.keras").mkdir()
    result = run("build", write("a.toml", GOOD))
    assert result.exit_code == 1
    assert "Error: a.keras: " in result.stderr
    assert sorted(os.listdir(folder)) == ["a.keras", "a.toml"]


def test_custom_classes_need_leave(run, write, folder, monkeypatch):
    monkeypatch.syspath_prepend(str(folder))
    write("twice.py", TWICE)
    write("a.toml", CUSTOM)
    assert run("check", "a.toml").exit_code == 0
    refused = run("build", "a.toml")
    assert refused.exit_code == 1
    assert "allow it with --allow-custom twice" in refused.stderr
    assert "twice" not in sys.modules
    assert run("build", "a.toml", "--allow-custom", "other").exit_code == 1
    assert "twice" not in sys.modules
    try:
        assert run("build", "a.toml", "--allow-custom", "twice").stdout.startswith("a.keras: 0 parameters")
    finally:
        sys.modules.pop("twice", None)


def test_custom_classes_that_are_not_there(run, write, folder):
    write("a.toml", CUSTOM.replace("twice:", "no_such_module_here:"))
    result = run("build", "a.toml", "--allow-custom", "no_such_module_here")
    assert result.exit_code == 1
    assert "[custom.Twice] cannot import no_such_module_here" in result.stderr
    write("b.toml", CUSTOM.replace("twice:Twice", "json:Twice"))
    assert "[custom.Twice] cannot find Twice in json" in run("build", "b.toml", "--allow-custom", "json").stderr
    assert sorted(os.listdir(folder)) == ["a.toml", "b.toml"]


def test_weights_none_downloads_nothing(run, monkeypatch, folder):
    def fetch(*arguments, **options):
        raise AssertionError("downloads")

    monkeypatch.setattr("keras.src.utils.file_utils.get_file", fetch)
    result = run("build", str(ROOT / "examples/transfer_mobilenet.seqspec.json"), "--weights", "none", "-o", "a.keras")
    assert result.exit_code == 0
    assert result.stdout == "a.keras: 707,505 parameters, output (None, 1)\n"


def test_a_download_that_fails_is_one_line(run, monkeypatch, folder):
    def fetch(*arguments, **options):
        raise URLError("no network")

    monkeypatch.setattr("keras.src.utils.file_utils.urlretrieve", fetch)
    monkeypatch.setattr("keras.src.utils.file_utils.config.keras_home", lambda: str(folder.parent / "no weights"))
    result = run("build", str(ROOT / "examples/transfer_mobilenet.seqspec.json"), "-o", "a.keras")
    assert result.exit_code == 1
    assert 'layer "base"' in result.stderr and "--weights none" in result.stderr
    assert os.listdir(folder) == []


def test_a_keras_that_the_document_does_not_want(run, write):
    write("a.toml", GOOD.replace("[model]", 'keras = "==3.12.*"\n[model]'))
    result = run("build", "a.toml")
    if keras.__version__.startswith("3.12."):
        assert result.exit_code == 0
    else:
        assert result.exit_code == 1
        assert 'the spec requires keras = "==3.12.*"' in result.stderr


def test_tensorflow_logs_nothing_and_a_progress_line_is_shown(write, shell, folder):
    write("a.toml", GOOD)
    environment = {"TF_CPP_MIN_LOG_LEVEL": "", "CUDA_VISIBLE_DEVICES": ""}
    result = shell("build", "a.toml", env=environment)
    assert result.returncode == 0
    assert result.stdout == "a.keras: 10 parameters, output (None, 2)\n"
    assert result.stderr in ("building a.toml …\n", "")
    assert zipfile.is_zipfile(folder / "a.keras")


def test_errors_of_failing_imports_are_shown(folder):
    code = (
        "import os, sys\n"
        "from seqspec.core.compiler import quiet_backend\n"
        "def fail(name):\n"
        "    os.write(2, b'I0000 00:00:1.1 1 port.cc:153] a log line\\nthe real trouble\\n')\n"
        "    if len(sys.argv) > 1: raise ImportError('libcuda')\n"
        "quiet_backend.import_module = fail\nquiet_backend.import_keras()"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}

    def said(*arguments):
        command = [sys.executable, "-c", code, *arguments]
        return subprocess.run(command, capture_output=True, text=True, env=environment).stderr

    assert said() == "the real trouble\n"
    assert "a log line" in said("fail")
    assert "ImportError: libcuda" in said("fail")


def test_build_without_keras_names_the_extra(write, shell):
    code = (
        "import sys, importlib.metadata as m\nreal = m.version\n"
        "def version(name):\n"
        "    if name == 'keras': raise m.PackageNotFoundError(name)\n"
        "    return real(name)\n"
        "m.version = version\nsys.argv = ['seqspec', 'build', 'a.toml']\n"
        "from seqspec.cli.main import main\nmain()"
    )
    write("a.toml", GOOD)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert result.returncode == 2
    assert result.stderr == (
        "Error: building a model requires Keras and TensorFlow: pip install 'keras-seqspec[tensorflow]' "
        "(in a checkout: pip install '.[tensorflow]')\n"
    )


@pytest.mark.parametrize("seeds", [1, 7])
def test_the_same_document_gives_the_same_weights(run, write, seeds):
    import numpy

    write("a.toml", GOOD + f"[runtime]\nseed = {seeds}\n")
    made = []
    for name in ("one.keras", "two.keras"):
        assert run("build", "a.toml", "-o", name).exit_code == 0
        made.append(keras.saving.load_model(name).get_weights())
    assert all(numpy.array_equal(a, b) for a, b in zip(*made))


FULL = """
import sys
from seqspec.core.compiler.quiet_backend import _stderr_to
with open("/dev/full", "wb") as full, _stderr_to(full):
    sys.stderr.write("kept, ")
print("written", file=sys.stderr)
"""


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_takes_no_message_with_it():
    """The log of the import is kept in a file; where it cannot grow, errors are shown all the same."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    command = [sys.executable, "-c", FULL]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "kept, written\n")
