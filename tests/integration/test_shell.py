"""The `sh` blocks of README.md, docs/ and the extension's page, run by bash as written.

`pip` installs this checkout as a wheel, without the other packages, which are those of this Python. Pytest finds
one test, not all of this project.
"""

import os
import re
import shutil
import subprocess
import sys
import sysconfig

import pytest

from tests.integration.conftest import ROOT, clean
from tests.test_docs import ELSEWHERE_RUN, FENCE, PAGES

SPEC = 'seqspec = 1\n[model]\ninput = [4]\nlayers = [{ type = "Dense", units = 3 }]\n'
SERVE = """#!{bash}
# `seqspec serve` runs until it is ended.
if [ "$1" = serve ]; then
  timeout 120 {python} -m seqspec "$@" --no-browser > served.txt &
  until grep -q 'http://127.0.0.1:' served.txt; do kill -0 $! && sleep 0.2 || exit 1; done
  kill $!  # Not by SIGINT, which a process in the background of a script ignores until it sets a handler.
  exit 0
fi
exec {python} -m seqspec "$@"
"""


def blocks():
    for path in [*PAGES, ROOT / "editors/vscode/README.md"]:
        elsewhere = ELSEWHERE_RUN.get(path.name, {})
        for _, language, _, body in FENCE.findall(path.read_text(encoding="utf-8")):
            if language == "sh" and not any(words in body for words in elsewhere):
                slow = "seqspec train" in body or "pip install" in body
                rest = [pytest.mark.nightly] if path.name != "README.md" else [pytest.mark.slow]
                yield pytest.param(body, id=body[:40], marks=rest if slow else ())


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    """The folder of `seqspec`, `python3`, `pip` and `check-jsonschema` for a block."""
    folder = tmp_path_factory.mktemp("bin")
    (folder / "seqspec").write_text(SERVE.format(bash=shutil.which("bash"), python=sys.executable))
    (folder / "python3").symlink_to(sys.executable)
    (folder / "check-jsonschema").write_text(f'#!/bin/sh\nexec {sys.executable} -m check_jsonschema "$@"\n')
    (folder / "pip").write_text(f'#!/bin/sh\nexec {sys.executable} -m pip "$@" --target installed\n')
    for path in folder.iterdir():
        if not path.is_symlink():
            path.chmod(0o755)
    return folder


@pytest.mark.parametrize("body", list(blocks()))
def test_a_block(body, programs, request, tmp_path):
    folder = tmp_path / "project"
    if ".venv/bin/pip install" in body:
        shutil.copytree(request.getfixturevalue("sources"), folder)
        shutil.rmtree(folder / "examples" / "data", ignore_errors=True)
        (folder / "tests").mkdir()
        (folder / "tests" / "test_one.py").write_text("def test():\n    pass\n")
    else:
        (folder / "models").mkdir(parents=True)
        for name in ("model.seqspec.toml", "models/one.seqspec.toml", "base.toml", "models/two.toml"):
            (folder / name).write_text(SPEC, encoding="utf-8")
        if "penguins.csv" in body:
            shutil.copy(ROOT / "tests" / "files" / "tables" / "penguins.csv", folder)
        if "check-jsonschema" in body:
            subprocess.run(
                [programs / "seqspec", "schema", "-o", "seqspec.schema.json"], cwd=folder, check=True, env=env(programs)
            )
    more = {}
    if "pip install" in body:
        more["PIP_FIND_LINKS"] = str(request.getfixturevalue("wheel").parent)
        # The pages install from a checkout, which takes what the wheel holds.
        if "pip install '.[" in body:
            more["PIP_NO_INDEX"] = "1"
    body = body.replace("pip install '.[", "pip install 'keras-seqspec[").replace(
        "pip install ", "pip install --no-deps "
    )
    done = subprocess.run(
        ["bash", "-e", "-c", body], cwd=folder, env=env(programs, **more), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "does not provide the extra" not in done.stderr
    if "pytest" in body:
        assert "1 passed" in done.stdout


def env(programs, **more):
    paths = [*({str(ROOT)} if "PIP_FIND_LINKS" not in more else ()), sysconfig.get_paths()["purelib"]]
    return clean(
        PATH=os.pathsep.join([str(programs), os.environ["PATH"]]), PYTHONPATH=os.pathsep.join(paths), 
        TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1", **more,
    )  # fmt: skip


def test_extras_on_pages_exist():
    import tomllib

    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    for path in PAGES:
        for names in re.findall(r"pip install (?:-\S+ )*'\.\[([\w,]+)\]", path.read_text(encoding="utf-8")):
            assert set(names.split(",")) <= set(extras), (path.name, names)
