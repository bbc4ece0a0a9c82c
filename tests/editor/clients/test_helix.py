"""Helix with the configuration of docs/editors.md, in a tmux session."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.editor.clients.test_neovim import JSON, PATIENCE, TOML
from tests.editor.clients.test_page import block
from tests.integration.conftest import clean
from tests.requirements import program_path

pytestmark = pytest.mark.needs("hx", "tmux")


class Screen:
    """A program on a screen of its own."""

    def __init__(self, folder, env, *command):
        self.tmux = [program_path("tmux"), "-S", str(folder / "tmux.sock"), "-f", os.devnull]
        self.env = env
        self._run("new-session", "-d", "-x", "250", "-y", "32", "-c", str(folder), *command)

    def _run(self, *words):
        done = subprocess.run([*self.tmux, *words], capture_output=True, text=True, encoding="utf-8", env=self.env)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def type(self, *keys):
        self._run("send-keys", *keys)

    def until(self, *words):
        """The screen, once it shows some words."""
        end = time.monotonic() + PATIENCE
        while not all(word in (shown := self._run("capture-pane", "-p")) for word in words):
            assert time.monotonic() < end, f"{words} did not come:\n{shown}"
            time.sleep(0.05)
        return shown

    def close(self):
        self._run("kill-server")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home with the configuration of the page, and the environment that has it."""
    folder = tmp_path_factory.mktemp("helix")
    settings = folder / ".config" / "helix"
    settings.mkdir(parents=True)
    (settings / "languages.toml").write_text(block("[[language]]"), encoding="utf-8")
    (settings / "config.toml").write_text(block("display-inlay-hints = true\n"), encoding="utf-8")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return folder, clean(PATH=path, HOME=str(folder), LC_ALL="C.UTF-8", XDG_CONFIG_HOME=str(folder / ".config"))


def test_helix_finds_the_server(home):
    folder, env = home
    for language in ("seqspec-toml", "seqspec-json"):
        done = subprocess.run(
            [program_path("hx"), "--health", language], cwd=folder, env=env, capture_output=True, text=True
        )
        (line,) = [line for line in done.stdout.splitlines() if "seqspec:" in line]
        assert str(Path(sys.executable).parent / "seqspec") in line


@pytest.mark.parametrize(
    ("name", "text", "line", "shape", "told"),
    [
        ("toml", TOML, 13, "→ (784)", 'unknown activation "rellu"'),
        ("json", JSON, 5, "→ (26, 26, 8)", "unexpected argument unit for Dense"),
    ],
)
def test_shapes_findings_and_fixes(home, name, text, line, shape, told):
    folder, env = home
    file = folder / f"model.seqspec.{name}"
    file.write_text(text, encoding="utf-8")
    screen = Screen(folder, env, program_path("hx"), str(file))
    try:
        screen.until("●")
        screen.type("j")
        screen.until(shape)
        screen.type(" d")
        screen.until(told)
        screen.type("Enter")
        screen.until(f" {line}:")
        screen.type(" a")
        screen.until("Write ")
        screen.type("Enter", ":write", "Enter")
        screen.until("written")
        assert file.read_text(encoding="utf-8") == text.replace("rellu", "relu").replace('"unit"', '"units"')
    finally:
        screen.close()
