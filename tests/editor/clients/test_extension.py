"""The extension for VS Code: the content of its package, and its behavior in a stub of VS Code.

The bundle, the client library and the language server are the real ones.
"""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import seqspec
from tests.editor.clients.clients import HERE
from tests.editor.clients.test_neovim import JSON, TOML
from tests.integration.conftest import ROOT, clean
from tests.requirements import find_program, program_path

pytestmark = pytest.mark.needs("node", "VS Code packages", "editor engines")

SOURCES = ROOT / "editors" / "vscode"
SCHEMA = ROOT / "schemas" / "seqspec-1.schema.json"
WITHOUT_LSP = f"""#!{sys.executable}
import sys

sys.modules["lsprotocol"] = sys.modules["pygls"] = None
from seqspec.cli.main import main

main()
"""
FAILING = """#!/bin/sh
echo out of order >&2
exit 3
"""


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """The package, and the folder that it was unpacked into."""
    node = program_path("node")
    folder = tmp_path_factory.mktemp("vsix")
    env = clean(PATH=os.pathsep.join([str(Path(node).parent), os.environ["PATH"]]))
    command = [str(ROOT / "scripts/vsix"), "--no-install", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    (package,) = folder.iterdir()
    with zipfile.ZipFile(package) as archive:
        archive.extractall(folder / "unpacked")
    return package, folder / "unpacked" / "extension"


def test_the_package(unpacked):
    package, folder = unpacked
    assert package.name == f"seqspec-{seqspec.__version__}.vsix" and package.stat().st_size < 400_000
    assert {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()} == {
        "LICENSE.txt",
        "ThirdPartyNotices.txt",
        "changelog.md",
        "extension.js",
        "icon.png",
        "language-configuration.json",
        "package.json",
        "readme.md",
        "seqspec-1.schema.json",
        "syntaxes/seqspec-toml.tmLanguage.json",
    }
    assert (folder / "seqspec-1.schema.json").read_bytes() == SCHEMA.read_bytes()
    assert (folder / "LICENSE.txt").read_bytes() == (ROOT / "LICENSE").read_bytes()
    assert (folder / "icon.png").read_bytes().startswith(b"\x89PNG")
    bundle = (folder / "extension.js").read_text(encoding="utf-8")
    assert "sourceMappingURL" not in bundle and str(ROOT) not in bundle and "node_modules" not in bundle
    notices = (folder / "ThirdPartyNotices.txt").read_text(encoding="utf-8")
    assert "vscode-languageclient" in notices and "Microsoft Corporation" in notices


def test_manifest_names_existing_files(unpacked):
    _, folder = unpacked
    manifest = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    assert manifest["version"] == seqspec.__version__ and "devDependencies" not in manifest
    adds = manifest["contributes"]
    named = [manifest["main"], manifest["icon"]]
    named += [each["configuration"] for each in adds["languages"]] + [each["path"] for each in adds["grammars"]]
    assert all((folder / name).is_file() for name in named)
    # A workspace that nobody trusts must not name programs to run.
    restricted = manifest["capabilities"]["untrustedWorkspaces"]["restrictedConfigurations"]
    assert set(restricted) == {"seqspec.server.path", "seqspec.interpreter"} < set(adds["configuration"]["properties"])


@pytest.fixture
def played(unpacked, tmp_path):
    """Plays a scene in a workspace: what the extension did there."""
    node = program_path("node")
    (tmp_path / "model.seqspec.toml").write_text(TOML, encoding="utf-8")
    (tmp_path / "model.seqspec.json").write_text(JSON, encoding="utf-8")

    def play(path=tmp_path / "empty", **scene):
        documents = [str(tmp_path / f"model.seqspec.{suffix}") for suffix in ("toml", "json")]
        scene = {"bundle": str(unpacked[1] / "extension.js"), "folder": str(tmp_path), "documents": documents, **scene}
        env = clean(PATH=str(path), XDG_CACHE_HOME=str(tmp_path / "cache"))
        command = [node, str(HERE / "host.mjs"), json.dumps(scene)]
        done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=env, timeout=300)
        assert done.returncode == 0, done.stderr[-2000:]
        return json.loads(done.stdout)

    return play


def environment(folder, script):
    """The programs of a virtual environment with a Python, and with a program seqspec unless its script is empty."""
    programs = folder / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "python").symlink_to(sys.executable)
    if script:
        (programs / "seqspec").write_text(script, encoding="utf-8")
        (programs / "seqspec").chmod(0o755)
    return programs


def program():
    return Path(os.path.abspath(find_program("seqspec")))


def started(seen):
    return [line.removeprefix("info: starting ") for line in seen["log"] if line.startswith("info: starting ")]


def test_extension_starts_the_server_of_the_workspace(played, unpacked, tmp_path):
    (tmp_path / ".venv").symlink_to(program().parent.parent)
    seen = played(waits=True, hover=[10, 4])
    assert started(seen) == [f"{tmp_path / '.venv' / 'bin' / 'seqspec'} lsp"]
    found = {Path(file).suffix: each for file, each in seen["diagnostics"].items()}
    (toml,), (json_,) = found[".toml"], found[".json"]
    assert (toml["code"]["value"], json_["code"]["value"]) == ("SEQ106", "SEQ102")
    assert toml["code"]["target"]["path"].endswith("/unknown-name.md")
    assert toml["range"]["start"] == {"line": 12, "character": TOML.splitlines()[12].index("rellu")}
    assert json_["range"]["start"] == {"line": 4, "character": JSON.splitlines()[4].index('"unit"')}
    assert "input (28, 28), output (784)" in seen["hover"][0]
    # The schema rests, VS Code's own formatter keeps JSON, and every command of the manifest is there.
    assert seen["schema"] == len("{}") and seen["formats"] == [["seqspec-toml"]] and seen["messages"] == []
    manifest = json.loads((unpacked[1] / "package.json").read_text(encoding="utf-8"))
    assert sorted(seen["commands"]) == sorted(each["command"] for each in manifest["contributes"]["commands"])


def test_open_python_programs_are_checked(played, tmp_path):
    (tmp_path / ".venv").symlink_to(program().parent.parent)
    text = "import keras\n\nmodel = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, activation='rellu')])\n"
    (tmp_path / "train.py").write_text(text, encoding="utf-8")
    documents = [str(tmp_path / "train.py"), str(tmp_path / "model.seqspec.toml")]
    seen = played(documents=documents, waits=True, hover=[2, 40])
    found = {Path(file).suffix: each for file, each in seen["diagnostics"].items()}
    assert [each["code"]["value"] for each in found[".py"]] == ["SEQ106"] and ".toml" in found
    alone = documents[:1]
    assert started(played(documents=alone)) and not started(
        played(documents=alone, settings={"seqspec.programs": False})
    )


def test_settings_and_the_python_extension_name_the_program(played, tmp_path):
    programs = environment(tmp_path / "tools", FAILING)
    starts = [f"{programs}/seqspec lsp"]
    setting = {"seqspec.server.path": "${workspaceFolder}/tools/.venv/bin/seqspec"}
    assert started(played(settings=setting)) == starts
    assert started(played(settings={"seqspec.interpreter": "tools/.venv/bin/python"})) == starts
    assert started(played(settings={"seqspec.interpreter": "python"}, path=str(programs))) == starts
    assert started(played(interpreter=str(programs / "python"))) == starts


PIP = "(pip install 'keras-seqspec[lsp]', or '.[lsp]' in a checkout)"
# What the workspace has, what is set, what is said, and whether installing is offered.
FAILURES = {
    "nothing there": (None, {}, f"seqspec is not installed {PIP}", False),
    "an environment without it": ("", {}, f"seqspec is not installed {PIP}", True),
    "no language server": (WITHOUT_LSP, {}, f"seqspec is installed without its language server {PIP}", True),
    "a program that fails": (FAILING, {}, "does not start: out of order (see the output)", False),
    "a wrong setting": (
        None,
        {"seqspec.server.path": "bin/seqspec"},
        "bin/seqspec (the setting seqspec.server.path)",
        False,
    ),
}


@pytest.mark.parametrize(("script", "settings", "says", "installs"), FAILURES.values(), ids=FAILURES)
def test_extension_reports_why_the_server_fails(played, tmp_path, script, settings, says, installs):
    if script is not None:
        environment(tmp_path, script)
    seen = played(settings=settings)
    (message,) = seen["messages"]
    assert says in message["message"]
    assert message["buttons"] == ["Install"] * installs + ["Open the settings", "Show the output"]
    assert seen["schema"] == len(SCHEMA.read_text(encoding="utf-8")) and seen["diagnostics"] == {}


def test_extension_runs_nothing_of_untrusted_workspaces(played, tmp_path):
    environment(tmp_path, f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    seen = played(trusted=False)
    assert seen["messages"] == [] and seen["log"] == [] and not (tmp_path / "ran").exists()
    assert seen["schema"] == len(SCHEMA.read_text(encoding="utf-8"))
