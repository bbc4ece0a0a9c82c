"""The guarantees of SECURITY.md under an audit hook: malicious input runs, opens and connects to nothing."""

import base64
import json
import marshal
import os
import re
import shutil
import subprocess
import sys
import zipfile

import h5py
import pytest

from seqspec.editor.lsp.startup import make_server
from tests import ROOT
from tests.editor.lsp.wire import Wire
from tests.robustness import audit_events
from tests.robustness.audit_events import Allowed

pytestmark = pytest.mark.slow

SAVED = ROOT / "tests" / "files" / "saved"
AUDIT = ROOT / "tests" / "robustness" / "audit_events.py"

EVIL = "import pathlib\npathlib.Path({mark!r}).write_text('run')\nclass Layer: pass\n"
"""A module whose import leaves a mark."""

HOSTILE = """
seqspec = 1

[vars]
secret = "{outside}/secret.txt"

[model]
input = [32]
layers = [
  {{ custom = "Evil", units = 3 }},
  {{ type = "Lambda", function = "__import__('os').system('touch {mark}')" }},
  {{ type = "Dense", units = 4, activation = "__import__('evil').run", kernel_initializer = "evil.init" }},
  {{ type = "TextVectorization", vocabulary = "{outside}/secret.txt" }},
  {{ type = "StringLookup", vocabulary = "gs://bucket/vocabulary.txt" }},
  {{ type = "Rescaling", scale = "__import__('os').system('touch {mark}')" }},
  {{ type = "ResNet50", weights = "{outside}/secret.txt" }},
  {{ type = "VGG16", weights = "http://127.0.0.1:9/weights.h5" }},
  {{ type = "Dense", units = "$(touch {mark})" }},
  {{ type = "Dense", units = "$secret" }},
]

[custom.Evil]
import = "evil:Layer"

[custom.Relative]
import = "..outside.evil:Layer"

[data.train]
source = "{outside}/secret.npz"

[compile]
optimizer = "evil.Optimizer()"
loss = "__import__('evil').loss"

[fit]
callbacks = [
  {{ type = "TensorBoard", log_dir = "{outside}/logs" }},
  {{ type = "RemoteMonitor", root = "http://127.0.0.1:9" }},
]
"""
SOUND = """
seqspec = 1
[model]
input = [8]
layers = [{ type = "Dense", units = 4 }, { custom = "Evil", units = 3 }, { type = "Dense", units = 1 }]
[custom.Evil]
import = "evil:Layer"
same_shape = true
"""
SCRIPT = """
import os, evil
os.system("touch {mark}")
import keras
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(open({mark!r}, "w").write("x"))])
model.load_weights("{outside}/secret.txt")
"""


def keras_json(mark):
    code = marshal.dumps(compile(f"open({mark!r}, 'w')", "<evil>", "exec"))
    function = {
        "class_name": "__lambda__",
        "config": {"code": base64.b64encode(code).decode(), "defaults": None, "closure": None},
    }
    layers = [
        {"module": "keras.layers", "class_name": "InputLayer", "config": {"batch_shape": [None, 4]}},
        {"module": "keras.layers", "class_name": "Lambda", "config": {"name": "l", "function": function}},
        {"module": "evil", "class_name": "Layer", "registered_name": "evil>Layer", "config": {"name": "e"}},
        {"module": "os", "class_name": "system", "config": {"command": f"touch {mark}"}},
        {"module": "keras.layers", "class_name": "Dense", "config": {"units": 2, "activation": "evil.run"}},
    ]
    return json.dumps(
        {
            "module": "keras",
            "class_name": "Sequential",
            "config": {"name": "m", "layers": layers},
            "keras_version": "3.12",
        }
    )


@pytest.fixture
def place(tmp_path):
    """A project with hostile files, something outside that must not be read, and the mark that hostile code leaves."""
    project, outside, mark = tmp_path / "project", tmp_path / "outside", tmp_path / "mark"
    project.mkdir()
    outside.mkdir()
    (tmp_path / "home").mkdir()
    (outside / "secret.txt").write_text("the-secret")
    (outside / "base.seqspec.toml").write_text("seqspec = 1\n[vars]\nsecret = 'the-secret'\n")
    words = {"outside": outside.as_posix(), "mark": str(mark)}
    for folder in (project, outside):
        (folder / "evil.py").write_text(EVIL.format(**words))
    (project / "pyproject.toml").write_text("[tool.seqspec]\n")
    (project / "hostile.seqspec.toml").write_text(HOSTILE.format(**words))
    (project / "sound.seqspec.toml").write_text(SOUND)
    (project / "extends.seqspec.toml").write_text('seqspec = 1\nextends = "../outside/base.seqspec.toml"\n')
    (project / "model.json").write_text(keras_json(str(mark)))
    (project / "script.py").write_text(SCRIPT.format(**words))
    with zipfile.ZipFile(project / "model.keras", "w") as archive:
        archive.writestr("config.json", keras_json(str(mark)))
        archive.writestr("metadata.json", '{"keras_version": "3.12.0"}')
        archive.writestr("model.weights.h5", b"\x89HDF\r\n\x1a\n")
        archive.writestr("../outside/evil.py", "raise SystemExit")
    saved_models(project, outside)
    refs = [{"$ref": f"file://{outside}/secret.txt"}, {"$ref": "http://127.0.0.1:9/policy.json"}]
    (project / "policy.json").write_text(json.dumps({"allOf": refs}))
    return tmp_path


def saved_models(project, outside):
    """An old model as it is, and one whose weights are links and data outside of the file."""
    shutil.copy(SAVED / "k1_lstm.h5", project / "sound.h5")
    shutil.copy(SAVED / "k1_lstm.h5", project / "links.h5")
    shutil.copytree(SAVED / "tfjs_separable", project / "shards")
    tree = json.loads((project / "shards" / "model.json").read_text())
    tree["weightsManifest"][0]["paths"] = ["../../outside/secret.txt"]
    (project / "shards" / "model.json").write_text(json.dumps(tree))
    with h5py.File(project / "links.h5", "r+") as file:
        group = file["model_weights/dense_1"]
        del group["dense_1_W:0"], group["dense_1_b:0"]
        group["dense_1_b:0"] = h5py.ExternalLink(str(outside / "secret.txt"), "/x")
        group.create_dataset("dense_1_W:0", (10,), "S1", external=[(str(outside / "secret.txt"), 0, 10)])


def environment(place):
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("SEQSPEC_", "COVERAGE_", "GIT_"))}
    home = place / "home"
    own = {
        "PYTHONPATH": ROOT,
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": home,
        "USERPROFILE": home,
        "XDG_CACHE_HOME": home / "cache",
        "XDG_CONFIG_HOME": home / "config",
        "NO_COLOR": "1",
    }
    return {**kept, **{name: str(value) for name, value in own.items()}}


def allowed(place, *writes, **more):
    project, home = os.path.realpath(place / "project"), os.path.realpath(place / "home")
    written = tuple(os.path.realpath(place / name) for name in writes)
    # A search for the project's configuration and for .gitignore looks at the folders above it.
    return Allowed(reads=(project, home, os.path.realpath(place / ".gitignore")), writes=written, **more)


def run(place, *arguments):
    """Runs the command in the project; its result and the events."""
    command = [sys.executable, str(AUDIT), str(place / "log"), *arguments]
    done = subprocess.run(
        command, cwd=place / "project", env=environment(place), capture_output=True, text=True, timeout=300, input=""
    )
    return done, audit_events.read(place / "log")


def assert_kept(place, done, events, permitted):
    """The promises hold, and the command has answered."""
    assert permitted.breaches(events) == []
    assert not (place / "mark").exists()
    assert not any(event.name == "import" and "evil" in event.args[0] for event in events)
    assert "the-secret" not in done.stdout + done.stderr
    assert done.returncode in (0, 1, 2) and "Traceback" not in done.stderr, done.stderr


def reads_hdf5(arguments):
    return any(argument.endswith(".h5") for argument in arguments)


READ_ONLY = [
    ["check"],
    ["check", "hostile.seqspec.toml", "--format", "sarif"],
    ["check", "--policy", "policy.json"],
    ["check", "extends.seqspec.toml"],
    ["check", "hostile.seqspec.toml", "sound.seqspec.toml", "--fix", "--unsafe-fixes", "--diff"],
    ["check", "--set", "vars.secret=__import__('os').system('true')", "hostile.seqspec.toml"],
    ["fmt", "--check", "."],
    ["fmt", "--diff", "hostile.seqspec.toml"],
    ["import", "model.json"],
    ["import", "model.keras"],
    ["import", "script.py"],
    ["import", "sound.h5", "--verify", "numpy"],
    ["import", "links.h5", "--verify", "numpy"],
    ["import", "model.keras", "--verify", "numpy"],
    ["import", "shards", "--verify", "numpy"],
    ["check", "sound.h5", "links.h5", "model.keras"],
    ["python", "hostile.seqspec.toml"],
    ["python", "sound.seqspec.toml"],
    ["expand", "hostile.seqspec.toml"],
    ["expand", "--origins", "extends.seqspec.toml"],
    ["summary", "hostile.seqspec.toml"],
    ["summary", "sound.seqspec.toml", "--format", "json"],
    ["schema", "hostile.seqspec.toml"],
    ["diff", "hostile.seqspec.toml", "sound.seqspec.toml"],
    ["explain", "SEQ301"],
    ["config"],
]


@pytest.mark.parametrize("arguments", READ_ONLY, ids=" ".join)
def test_reading_runs_nothing_opens_nothing_outside_and_connects_nowhere(place, arguments):
    before = {path: path.read_bytes() for path in (place / "project").rglob("*") if path.is_file()}
    done, events = run(place, "seqspec", *arguments)
    assert_kept(place, done, events, allowed(place, numpy="numpy" in arguments, h5py=reads_hdf5(arguments)))
    assert {path: path.read_bytes() for path in (place / "project").rglob("*") if path.is_file()} == before
    assert [event for event in events if event.name == "exec"], "the hook has recorded nothing"


@pytest.mark.parametrize(
    "arguments",
    [
        ["fmt", "hostile.seqspec.toml"],
        ["fmt", "--to", "json", "hostile.seqspec.toml"],
        ["check", "--fix", "--unsafe-fixes", "hostile.seqspec.toml"],
        ["import", "model.json", "-o", "made.seqspec.toml"],
        ["import", "sound.h5", "-o", "made.seqspec.toml", "--weights", "made.weights.h5", "--verify", "numpy"],
        ["python", "sound.seqspec.toml", "-o", "made.py"],
        ["baseline"],
    ],
    ids=" ".join,
)
def test_writing_stays_in_the_project(place, arguments):
    done, events = run(place, "seqspec", *arguments)
    assert_kept(place, done, events, allowed(place, "project", h5py=reads_hdf5(arguments)))
    assert {path.name for path in place.iterdir()} == {"project", "outside", "home", "log"}
    assert not [path for path in (place / "project").iterdir() if path.name.endswith((".tmp", ".part"))]


CONFIGURATIONS = [
    'extend = "../outside/secret.txt"', 'extend = "{outside}/secret.txt"', 'extend = "link"',
    'baseline = "../outside/secret.txt"', 'baseline = "{outside}/secret.txt"', 'baseline = "link"',
    'policy = "../outside/secret.txt"', 'policy = "{outside}/secret.txt"', 'policy = "link"',
    'policy = "/proc/self/environ"', 'extend = "/proc/self/environ"', 'baseline = "~/../outside/secret.txt"',
]  # fmt: skip


@pytest.mark.skipif(os.name == "nt", reason="symbolic links need a privilege on Windows")
@pytest.mark.parametrize("text", CONFIGURATIONS)
def test_a_configuration_names_only_files_of_the_project(place, text):
    (place / "project" / "link").symlink_to(place / "outside" / "secret.txt")
    (place / "project" / "seqspec.toml").write_text(text.format(outside=place / "outside") + "\n")
    done, events = run(place, "seqspec", "check")
    assert_kept(place, done, events, allowed(place))
    assert not any(event.name == "open" and "/proc/" in str(event.args[0]) for event in events)
    assert done.returncode == 2 and "project" in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="symbolic links need a privilege on Windows")
@pytest.mark.parametrize("name", [".gitignore", "requirements.txt"])
def test_links_of_other_files_that_a_check_reads_are_not_followed(place, name):
    (place / "project" / name).symlink_to(place / "outside" / "secret.txt")
    done, events = run(place, "seqspec", "check")
    assert_kept(place, done, events, allowed(place))


def test_a_check_of_a_repository_starts_no_program(place):
    (place / "project" / ".git").mkdir()
    done, events = run(place, "seqspec", "check", ".")
    assert_kept(place, done, [event for event in events if event.args[:1] != ["/etc/gitconfig"]], allowed(place))


@pytest.mark.skipif(os.name == "nt", reason="symbolic links need a privilege on Windows")
def test_a_link_out_of_the_project_that_is_found_is_not_quoted(place):
    (place / "project" / "link.seqspec.toml").symlink_to(place / "outside" / "secret.txt")
    done, events = run(place, "seqspec", "check")
    assert "the-secret" not in done.stdout + done.stderr
    assert allowed(place).breaches(events) == []


def test_the_language_server(place):
    project, text = place / "project", HOSTILE.format(outside=place / "outside", mark=place / "mark")
    log = place / "log"
    environ = environment(place)
    server = Wire([sys.executable, str(AUDIT), str(log), "seqspec", "lsp"], cwd=project, env=environ)
    try:
        server.initialize(project)
        for name in ("hostile", "extends", "sound"):
            uri = (project / f"{name}.seqspec.toml").as_uri()
            server.open(uri, (project / f"{name}.seqspec.toml").read_text())
            server.findings(uri, 0)
            document = {"textDocument": {"uri": uri}}
            whole = {"start": {"line": 0, "character": 0}, "end": {"line": 40, "character": 0}}
            for method in ("documentSymbol", "documentLink", "foldingRange", "codeLens"):
                server.ask(f"textDocument/{method}", document)
            server.ask("textDocument/formatting", {**document, "options": {"tabSize": 2, "insertSpaces": True}})
            server.ask("textDocument/inlayHint", {**document, "range": whole})
            server.ask("textDocument/codeAction", {**document, "range": whole, "context": {"diagnostics": []}})
            for line in range(0, text.count("\n"), 3):
                at = {**document, "position": {"line": line, "character": 20}}
                for method in (
                    "hover",
                    "completion",
                    "definition",
                    "documentHighlight",
                    "prepareRename",
                    "signatureHelp",
                ):
                    server.ask(f"textDocument/{method}", at)
                server.ask("textDocument/references", {**at, "context": {"includeDeclaration": True}})
                server.ask("textDocument/selectionRange", {**document, "positions": [at["position"]]})
                server.ask("textDocument/rename", {**at, "newName": "renamed"})
            server.ask("seqspec/model", document)
            server.ask("seqspec/export", {**document, "format": "svg"})
            server.ask("seqspec/explain", {"code": "SEQ101"})
        registered = make_server().protocol.fm.features
        requests = {name for name in registered if not re.match(r"initialized|(textDocument|workspace)/did", name)}
        # Code actions are only resolved for a client that announces it; tests/editor/lsp/test_server.py does.
        unsent = requests - server.requested - {"codeAction/resolve"}
        assert unsent == set(), f"send {', '.join(sorted(unsent))} to the server above"
        assert server.end() == 0
    finally:
        server.process.kill()
        server.process.wait()
    events = audit_events.read(log)
    assert allowed(place, "home/cache", local_sockets=True).breaches(events) == []
    assert not (place / "mark").exists()
    assert "the-secret" not in json.dumps(server.heard)
    assert {path.name for path in place.iterdir()} == {"project", "outside", "home", "log"}


@pytest.mark.parametrize(
    ("code", "event"),
    [
        ("import os; os.system('true')", "os.system"),
        ("import subprocess, sys; subprocess.run([sys.executable, '-c', ''])", "subprocess.Popen"),
        ("import socket; socket.getaddrinfo('127.0.0.1', 9)", "socket.getaddrinfo"),
        ("import socket; s = socket.socket(); s.connect_ex(('127.0.0.1', 9))", "socket.connect"),
        ("open('../outside/secret.txt').read()", "open"),
        ("import os; os.open('../outside/secret.txt', os.O_RDONLY)", "open"),
        ("import pathlib; pathlib.Path('../outside/secret.txt').read_bytes()", "open"),
        ("open('new.txt', 'w')", "open"),
        ("import os; os.rename('script.py', 'other.py')", "os.rename"),
        ("import os; os.remove('script.py')", "os.remove"),
        ("import os; os.listdir('../outside')", "os.listdir"),
        ("import sys; sys.path.insert(0, '.'); import evil", "exec"),
        ("import runpy; runpy.run_path('evil.py')", "exec"),
        ("import pickle; pickle.loads(b'cos\\nsystem\\n.')", "pickle.find_class"),
        ("import ctypes; ctypes.CDLL(None)", "ctypes.dlopen"),
        (
            "import urllib.request\ntry: urllib.request.urlopen('http://127.0.0.1:9')\nexcept OSError: pass",
            "urllib.Request",
        ),
    ],
)
def test_the_hook_sees_each_breach(place, code, event):
    _, events = run(place, "code", code)
    assert event in {breach.name for breach in allowed(place).breaches(events)}


def test_allowed_events_are_not_breaches(place):
    code = "import json, pathlib; json.loads('1'); pathlib.Path('sound.seqspec.toml').read_text(); open('new.txt', 'w')"
    _, events = run(place, "code", code)
    assert allowed(place, "project/new.txt").breaches(events) == []
