"""Unreadable and read-only files, full disks: each has a clear error, and no data is lost."""

import json
import os
import stat
import sys

import pytest

from tests.cli.conftest import BAD, GOOD
from tests.requirements import unmeasured
from tests.robustness.privileges import permissions_hold

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="permissions as POSIX has them")

UGLY = GOOD.replace("seqspec = 1", "seqspec=1")


@pytest.fixture
def held(shell):
    """Runs a command that permissions hold for."""
    return lambda *arguments, **options: shell(*arguments, preexec_fn=permissions_hold, **options)


@pytest.fixture
def full(shell):
    """Runs a command on a disk that is full: a file may grow to 10 bytes."""

    def limit():
        import resource
        import signal

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))

    def run(*arguments):
        with pytest.MonkeyPatch.context() as patch:
            for name in os.environ.keys() - unmeasured().keys():
                patch.delenv(name)
            return shell(*arguments, preexec_fn=limit)

    return run


@pytest.fixture
def secret(write, folder):
    """A document that may not be read."""
    write("secret.toml", GOOD)
    (folder / "secret.toml").chmod(0)
    return "secret.toml"


@pytest.fixture
def locked(folder):
    """A folder that may not be written."""
    (folder / "locked").mkdir()
    (folder / "locked" / "a.toml").write_text(UGLY)
    (folder / "locked").chmod(0o500)
    yield folder / "locked"
    (folder / "locked").chmod(0o700)


@pytest.mark.parametrize(
    "arguments",
    [
        ["check"],
        ["summary"],
        ["expand"],
        ["python"],
        ["fmt"],
        ["fmt", "--check"],
        ["fmt", "--to", "json"],
        ["upgrade"],
        ["build"],
    ],
    ids=" ".join,
)
def test_a_file_that_may_not_be_read(held, secret, folder, arguments):
    done = held(*arguments, secret)
    assert done.returncode == 1
    assert "secret.toml: error[SEQ002] unreadable-file: permission denied" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert os.listdir(folder) == ["secret.toml"]


def test_baseline_does_not_hide_unreadable_files(held, secret, folder):
    done = held("baseline", secret)
    assert (done.returncode, "1 finding of unreadable files not added to the baseline" in done.stderr) == (
        0,
        True,
    )
    assert json.loads((folder / "seqspec-baseline.json").read_text())["findings"] == []
    assert held("check", secret, "--baseline", "seqspec-baseline.json").returncode == 1


def test_diff_of_a_file_that_may_not_be_read(held, write, secret):
    done = held("diff", write("a.toml", GOOD), secret)
    assert done.returncode == 2
    assert "secret.toml: permission denied" in done.stderr and "Traceback" not in done.stderr


def test_a_folder_that_may_not_be_searched(held, write, folder):
    write("a.toml", BAD)
    write("secret/b.seqspec.toml", GOOD)
    (folder / "secret").chmod(0)
    try:
        for jobs in "12":
            done = held("check", "--jobs", jobs)
            assert done.returncode == 1
            assert "secret: error[SEQ002] unreadable-file: the folder cannot be read" in done.stdout
            assert "a.toml:5:29: error[" in done.stdout
            assert "2 files checked: 2 errors" in done.stdout
    finally:
        (folder / "secret").chmod(0o755)


def test_configurations_that_may_not_be_read(held, write, folder):
    write("a.toml", GOOD)
    for name in ("seqspec.toml", "pyproject.toml", "known.json", "house.json"):
        write(name, "{}")
        (folder / name).chmod(0)
    for arguments in ([], ["--config", "seqspec.toml"]):
        done = held("check", "a.toml", *arguments)
        assert done.returncode == 2 and "seqspec.toml" in done.stderr and "ermission" in done.stderr
    (folder / "seqspec.toml").unlink()
    (folder / "pyproject.toml").unlink()
    for option, name in (("--baseline", "known.json"), ("--policy", "house.json")):
        done = held("check", "a.toml", option, name)
        assert done.returncode == 2 and name in done.stderr and "ermission" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["fmt", "locked/a.toml"], 1),
        (["fmt", "locked/a.toml", "--to", "json"], 1),
        (["check", "locked/a.toml", "-o", "locked/found.txt"], 2),
        (["baseline", "locked/a.toml", "--baseline", "locked/known.json"], 2),
        (["new", "dense-classifier", "-o", "locked/new.toml"], 2),
        (["python", "locked/a.toml", "-o", "locked/model.py"], 2),
        pytest.param(["build", "locked/a.toml", "-o", "locked/a.keras"], 1, marks=pytest.mark.slow),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_folder_that_may_not_be_written(held, locked, arguments, status):
    done = held(*arguments)
    assert done.returncode == status
    assert "Permission denied" in done.stderr and "locked/" in done.stderr
    assert "Traceback" not in done.stderr
    assert os.listdir(locked) == ["a.toml"]
    assert (locked / "a.toml").read_text() == UGLY


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["fmt", "a.toml"], 1),
        (["fmt", "a.toml", "--to", "json"], 1),
        (["check", "a.toml", "-o", "found.txt"], 2),
        (["baseline", "bad.toml", "--baseline", "known.json"], 2),
        (["new", "dense-classifier", "-o", "new.toml"], 2),
        (["python", "a.toml", "-o", "model.py"], 2),
        pytest.param(["build", "a.toml", "-o", "a.keras"], 1, marks=pytest.mark.slow),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_full_disk(full, write, folder, arguments, status):
    write("a.toml", UGLY)
    write("bad.toml", BAD)
    done = full(*arguments)
    assert done.returncode == status
    assert "File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(os.listdir(folder)) == ["a.toml", "bad.toml"]
    assert (folder / "a.toml").read_text() == UGLY


def test_a_full_disk_keeps_the_old_files(full, write, folder):
    write("bad.toml", BAD)
    for name in ("found.txt", "known.json", "new.toml"):
        write(name, "as it was")
    full("check", "bad.toml", "-o", "found.txt")
    full("baseline", "bad.toml", "--baseline", "known.json")
    full("new", "dense-classifier", "-o", "new.toml", "--force")
    assert sorted(os.listdir(folder)) == ["bad.toml", "found.txt", "known.json", "new.toml"]
    assert {(folder / name).read_text() for name in ("found.txt", "known.json", "new.toml")} == {"as it was"}


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize(
    "arguments",
    [["check"], ["fmt", "--diff"], ["fmt", "--to", "json", "-o", "-"], ["expand"], ["python"], ["summary"]],
    ids=" ".join,
)
def test_a_full_disk_behind_standard_output(shell, write, arguments):
    write("a.toml", UGLY)
    with open("/dev/full", "w") as full:
        done = shell(*arguments, "a.toml", stdout=full, capture_output=False, stderr=-1)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and "No space left on device" in done.stderr


@pytest.mark.parametrize(
    ("target", "arguments"),
    [("a.toml", ["fmt"]), ("out", ["check", "-o", "out"]), ("known.json", ["baseline", "--baseline", "known.json"])],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_permissions_of_a_replaced_file_are_kept(shell, write, folder, target, arguments):
    before = {"a.toml": UGLY.replace("units", "unit"), "known.json": '{"version": 1, "findings": []}', "out": ""}
    for name, text in before.items():
        write(name, text)
        (folder / name).chmod(0o640)
    shell(*arguments, "a.toml")
    assert [name for name, text in before.items() if (folder / name).read_text() != text] == [target]
    assert stat.S_IMODE((folder / target).stat().st_mode) == 0o640


def test_the_helper_holds_root_to_permissions(secret):
    import subprocess

    script = f"import json\ntry: open({secret!r})\nexcept PermissionError: print(json.dumps('refused'))"
    done = subprocess.run([sys.executable, "-c", script], preexec_fn=permissions_hold, capture_output=True, text=True)
    assert json.loads(done.stdout) == "refused"
