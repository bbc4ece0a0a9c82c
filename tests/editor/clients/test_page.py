"""The configurations in docs/editors.md, tested with the programs that read them."""

import fnmatch
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib

import jsonschema
import pytest
import yaml

from tests.editor.clients.clients import SCHEMA
from tests.integration.conftest import ROOT, clean
from tests.requirements import program_path

PAGE = (ROOT / "docs" / "editors.md").read_text(encoding="utf-8")
GOOD = 'seqspec = 1\n[model]\ninput = [4]\nlayers = [{ type = "Dense", units = 3 }]\n'


LUA = """
-- Neovim 0.11 has these; for an older one, what they do.
if not vim.lsp.config then
  local configs = {}
  vim.lsp.config = function(name, config) configs[name] = config end
  vim.lsp.enable = function(name)
    vim.api.nvim_create_autocmd("FileType", {
      pattern = configs[name].filetypes,
      callback = function(event)
        configs[name].root_dir(event.buf, function(root)
          vim.lsp.start({ name = name, cmd = configs[name].cmd, root_dir = root })
        end)
      end,
    })
  end
end
BLOCK
vim.cmd("filetype on")
vim.cmd.edit("bad.seqspec.toml")
vim.wait(120000, function() return #vim.diagnostic.get(0) > 0 end, 100)
for _, found in ipairs(vim.diagnostic.get(0)) do print(found.code) end
"""
LISP = """
(defvar given nil)
(defvar lsp-language-id-configuration nil)
(defun lsp-deferred ())
(defun lsp-stdio-connection (command) (list :stdio command))
(defun make-lsp-client (&rest arguments) arguments)
(defun lsp-register-client (client) (setq given client))
(provide 'lsp-mode)
BLOCK
(princ (mapconcat #'identity (cadr (plist-get given :new-connection)) " "))
"""
"""The names of lsp-mode, which no package registry of the tests has."""


def block(holding):
    """The block of the page that holds some words."""
    (found,) = [body for body in re.findall(r"^```[\w ]*\n(.*?)^```$", PAGE, re.M | re.S) if holding in body]
    return found


@pytest.fixture
def project(tmp_path):
    """A project with the schema, a document that is valid and one that is not."""
    shutil.copy(SCHEMA, tmp_path / "seqspec.schema.json")
    (tmp_path / "good.seqspec.toml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "bad.seqspec.toml").write_text(GOOD.replace("units", "unit"), encoding="utf-8")
    return tmp_path


def run(command, folder):
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=clean())


@pytest.mark.needs("tombi")
def test_tombi_reads_its_configuration(project):
    (project / "tombi.toml").write_text(block("[[schemas]]"), encoding="utf-8")
    assert run([program_path("tombi"), "lint", "--offline", "good.seqspec.toml"], project).returncode == 0
    done = run([program_path("tombi"), "lint", "--offline", "bad.seqspec.toml"], project)
    assert done.returncode == 1
    assert '"units" is required' in done.stdout + done.stderr


@pytest.mark.needs("tombi")
def test_tombi_reads_the_first_line(project):
    line = block("#:schema")
    (project / "bad.seqspec.toml").write_text(line + GOOD.replace("units", "unit"), encoding="utf-8")
    done = run([program_path("tombi"), "lint", "--offline", "bad.seqspec.toml"], project)
    assert '"units" is required' in done.stdout + done.stderr


def test_check_jsonschema(project):
    words = block("check-jsonschema --schemafile seqspec.schema.json models").split()
    command = [sys.executable, "-m", "check_jsonschema", *words[1:-1]]
    assert run([*command, "good.seqspec.toml"], project).returncode == 0
    done = run([*command, "bad.seqspec.toml"], project)
    assert done.returncode == 1 and "'units' is a required property" in done.stdout


@pytest.mark.needs("taplo")
def test_taplo_reads_its_configuration(project):
    (project / ".taplo.toml").write_text(block("[[rule]]"), encoding="utf-8")
    assert run([program_path("taplo"), "lint", "good.seqspec.toml"], project).returncode == 0
    done = run([program_path("taplo"), "lint", "bad.seqspec.toml"], project)
    assert done.returncode == 1 and '"units" is a required property' in done.stderr


def test_pre_commit_runs_check_jsonschema_on_the_specs(project):
    (repo,) = yaml.safe_load(block("id: check-jsonschema"))
    (hook,) = repo["hooks"]
    files = [path.name for path in sorted(project.iterdir()) if re.search(hook["files"], path.name)]
    assert files == ["bad.seqspec.toml", "good.seqspec.toml"]
    done = run([sys.executable, "-m", "check_jsonschema", *hook["args"], *files], project)
    assert done.returncode == 1 and "bad.seqspec.toml::" in done.stdout and "good.seqspec.toml::" not in done.stdout


@pytest.mark.parametrize("holding", ["json.schemas", "json-language-server"])
def test_schemas_of_json_files(project, holding):
    settings = json.loads(block(holding))
    if holding == "json-language-server":
        settings = {"json.schemas": settings["lsp"]["json-language-server"]["settings"]["json"]["schemas"]}
    (schema,) = settings["json.schemas"]
    assert any(fnmatch.fnmatch("model.seqspec.json", pattern) for pattern in schema["fileMatch"])
    validator = jsonschema.Draft7Validator(json.loads((project / schema["url"]).read_text(encoding="utf-8")))
    model = {"input": [4], "layers": [{"type": "Dense", "units": 3}]}
    assert validator.is_valid({"seqspec": 1, "model": model})
    assert not validator.is_valid({"seqspec": 1, "model": {**model, "layers": [{"type": "Dense"}]}})


def test_commands_of_clients_start_the_server(project):
    zed = json.loads(block('"taplo": {'))["lsp"]["taplo"]["binary"]
    assert_answers([zed["path"], *zed["arguments"]], project)
    (sublime,) = json.loads(block("source.toml | source.json"))["clients"].values()
    assert_answers(sublime["command"], project)
    (server,) = re.findall(r"lsp_servers %\{\n(.*?)^ *\}", block("lsp-enable-window"), re.M | re.S)
    ((name, kakoune),) = tomllib.loads(server).items()
    assert_answers([name, *kakoune["args"]], project)


def assert_answers(command, folder):
    """A command of the page starts a language server."""
    assert command[0] == "seqspec"
    words = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"capabilities": {}}})
    end = json.dumps({"jsonrpc": "2.0", "method": "exit"})
    said = "".join(f"Content-Length: {len(each)}\r\n\r\n{each}" for each in (words, end))
    server = [sys.executable, "-m", *command]
    done = subprocess.run(
        server, cwd=folder, env=clean(PYTHONPATH=str(ROOT)), input=said, capture_output=True, text=True, timeout=300
    )
    assert '"hoverProvider"' in done.stdout, done.stderr


@pytest.mark.needs("nvim")
def test_neovim_with_the_shorter_configuration(project):
    (project / "bin").mkdir()
    (project / "bin" / "seqspec").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m seqspec "$@"\n')
    (project / "bin" / "seqspec").chmod(0o755)
    (project / "script.lua").write_text(LUA.replace("BLOCK", block("vim.lsp.enable(")), encoding="utf-8")
    environment = clean(
        PYTHONPATH=str(ROOT), PATH=f"{project / 'bin'}:{os.environ['PATH']}", XDG_STATE_HOME=str(project / "state")
    )
    command = [program_path("nvim"), "--clean", "--headless", "-l", "script.lua"]
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, timeout=300)
    assert "SEQ" in done.stdout + done.stderr


@pytest.mark.needs("emacs")
def test_lsp_mode_starts_the_server(project):
    (project / "init.el").write_text(LISP.replace("BLOCK", block("make-lsp-client")), encoding="utf-8")
    done = run([program_path("emacs"), "--batch", "--load", "init.el"], project)
    assert done.stdout == "seqspec lsp", done.stderr
    assert_answers(done.stdout.split(), project)
