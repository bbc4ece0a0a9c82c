"""Neovim with the configuration of docs/editors.md: opening, typing, hovering, applying actions."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from seqspec.cli.main import cli
from tests.editor.clients.test_page import block
from tests.integration.conftest import clean
from tests.requirements import program_path

pytestmark = pytest.mark.needs("nvim")

TOML = """seqspec = 1
vars = { width = 32 }

[blocks.hidden]
params = { units = 8 }
layers = [{ type = "Dense", units = "$units", activation = "relu" }, "BatchNormalization"]

[model]
input = [28, 28]
layers = [
  "Flatten", # 😀
  { use = "hidden", units = 16 },
  { type = "Dense", units = "$width", activation = "rellu" },
]
"""
JSON = """{
  "seqspec": 1,
  "model": {
    "input": [28, 28, 1], "layers": [
    {"type": "Conv2D", "filters": 8, "kernel_size": 3, "activation": "relu"}, "Flatten", {"type": "Dense", "unit": 10}]
  }
}
"""
PATIENCE = 120
"""Seconds after which an editor on a busy machine is taken to have failed."""
# What a user asks, where, what the answer must hold, and what is asked besides the place.
ASKED = {
    "hover": ("hover", '"Flatten"', "input (28, 28), output (784)", {}),
    "keys": ("completion", "units = 16", "units", {}),
    "words": ("completion", 'ellu"', "relu", {}),
    "variables": ("completion", 'width"', "$width", {}),
    "definition": ("definition", 'width"', '"line": 1', {}),
    "references": ("references", 'width"', '"line": 12', {"context": {"includeDeclaration": True}}),
    "rename": ("rename", 'width"', '"newText": "w"', {"newName": "w"}),
    "outline": ("documentSymbol", "seqspec", "784", {}),
    "folding": ("foldingRange", "seqspec", '"startLine"', {}),
    "totals": ("codeLens", "seqspec", "4 layers", {}),
}


class Neovim:
    """A Neovim without a screen, which is sent keys and asked for values."""

    def __init__(self, folder, configuration):
        self.nvim = program_path("nvim")
        self.socket = str(folder / "nvim.sock")
        (folder / "init.lua").write_text(configuration, encoding="utf-8")
        program = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        self.env = clean(PATH=program, XDG_STATE_HOME=str(folder / "state"), XDG_CACHE_HOME=str(folder / "cache"))
        command = [self.nvim, "--headless", "--clean", "-n", "-u", str(folder / "init.lua"), "--listen", self.socket]
        self.process = subprocess.Popen(command, cwd=folder, env=self.env, stderr=subprocess.PIPE)
        self.until(lambda: os.path.exists(self.socket))

    def close(self):
        self.process.kill()
        self.process.communicate()

    def _ask(self, *words):
        command = [self.nvim, "--server", self.socket, *words]
        done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=self.env, timeout=PATIENCE)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout or done.stderr

    def lua(self, code):
        """What a piece of Lua returns."""
        quoted = code.replace("'", "''")
        return json.loads(self._ask("--remote-expr", f"luaeval('vim.json.encode((function() {quoted} end)())')"))

    def type(self, keys):
        """Sends keys as a terminal does."""
        self._ask("--remote-send", keys)

    def until(self, holds):
        """Waits for something that must become true, and returns it."""
        end = time.monotonic() + PATIENCE
        while not (found := holds()):
            assert time.monotonic() < end and self.process.poll() is None, "Neovim has not done it"
            time.sleep(0.02)
        return found

    def open(self, file, text):
        file.write_text(text, encoding="utf-8", newline="")
        self.type(f":edit {file}<CR>")
        # The keys may still wait, and the buffer before may have a client too.
        state = "return { vim.api.nvim_buf_get_name(0), #vim.lsp.get_clients({ bufnr = 0, name = 'seqspec' }) }"
        self.until(lambda: self.lua(state) == [str(file), 1])

    def diagnostics(self):
        """Code, place and words of each finding, lines and bytes counted from 0."""
        wanted = "{ d.code, d.lnum, d.col, d.end_lnum, d.end_col, d.message }"
        return self.lua(f"return vim.tbl_map(function(d) return {wanted} end, vim.diagnostic.get(0))")

    def request(self, method, line, column, more):
        """What the server answers about a place, in the way that Neovim asks it."""
        return self.lua(
            f"""vim.api.nvim_win_set_cursor(0, {{ {line + 1}, {column} }})
            local params = vim.lsp.util.make_position_params(0, 'utf-16')
            params = vim.tbl_extend('error', params, vim.json.decode([[{json.dumps(more)}]]))
            return vim.lsp.buf_request_sync(0, 'textDocument/{method}', params, {PATIENCE * 1000})"""
        )

    def text(self):
        return "\n".join(self.lua("return vim.api.nvim_buf_get_lines(0, 0, -1, true)")) + "\n"


@pytest.fixture(scope="module")
def neovim(tmp_path_factory):
    folder = tmp_path_factory.mktemp("neovim")
    (folder / "seqspec.toml").write_text("")
    client = Neovim(folder, block("vim.lsp.start({") + block('"LspAttach"') + block('"BufWritePre"'))
    yield client
    client.close()


def place(text, mark):
    """The line of a mark in a text, and its column in bytes."""
    before = text[: text.index(mark)]
    return before.count("\n"), len(before.rpartition("\n")[2].encode())


def checked(file, text):
    """What `seqspec check --format json` finds in a text, as Neovim counts places."""
    file.write_text(text, encoding="utf-8", newline="")
    said = json.loads(CliRunner().invoke(cli, ["check", "--format", "json", str(file)]).stdout)
    lines = text.split("\n")

    def byte(line, column):
        return len(lines[line - 1][: column - 1].encode()) if line <= len(lines) else 0

    found = []
    for each in said["documents"][0]["diagnostics"]:
        span = each["span"]
        start = (span["line"] - 1, byte(span["line"], span["column"]))
        end = (span["end_line"] - 1, byte(span["end_line"], span["end_column"]))
        words = [each["message"] + (f": {each['label']}" if each["label"] else ""), *each["notes"]]
        words += [f"help: {each['help']}"] if each["help"] else []
        found.append([each["code"], *start, *end, "\n".join(words)])
    return sorted(found)


@pytest.mark.parametrize(
    ("name", "text", "code", "marked"),
    [
        ("toml", TOML, "SEQ106", "rellu"),
        ("json", JSON, "SEQ102", '"unit"'),
        ("crlf.seqspec.toml", TOML.replace("\n", "\r\n"), "SEQ106", "rellu"),
    ],
)
def test_a_mistake_is_marked(neovim, tmp_path, name, text, code, marked):
    neovim.open(tmp_path / f"model.seqspec.{name}", text)
    ((found, line, column, end_line, end_column, message),) = neovim.until(neovim.diagnostics)
    assert found == code and (line, column) == place(text, marked) and end_line == line
    assert end_column - column == len(marked) and "did you mean" in message


@pytest.fixture
def opened(neovim, tmp_path):
    neovim.open(tmp_path / "model.seqspec.toml", TOML)
    neovim.until(neovim.diagnostics)
    return neovim


@pytest.mark.parametrize(("method", "mark", "holds", "more"), ASKED.values(), ids=ASKED)
def test_neovim_shows_hover(opened, method, mark, holds, more):
    answer = json.dumps(opened.request(method, *place(TOML, mark), more), ensure_ascii=False)
    assert '"error"' not in answer and holds in answer


def test_shapes_and_totals_are_shown(opened):
    hints = opened.until(lambda: opened.lua("return vim.lsp.inlay_hint.get({ bufnr = 0 })"))
    shown = [(hint["inlay_hint"]["position"]["line"], hint["inlay_hint"]["label"]) for hint in hints]
    assert sorted(shown) == [(5, "→ (16)"), (5, "→ (16)"), (10, "→ (784)"), (11, "→ (16)"), (12, "→ (32)")]
    lenses = opened.until(lambda: opened.lua("return vim.lsp.codelens.get(0)"))
    titles = {lens["range"]["start"]["line"]: lens["command"]["title"] for lens in lenses}
    assert "13,168 parameters" in titles[7] and "12,624 parameters" in titles[3]


def test_a_fix_is_applied(opened):
    opened.lua(
        f"""vim.api.nvim_win_set_cursor(0, {{ 13, {place(TOML, "rellu")[1]} }})
        vim.lsp.buf.code_action({{ apply = true, filter = function(action) return action.title == 'Write "relu"' end }})
        return true"""
    )
    assert opened.until(lambda: opened.text() == TOML.replace("rellu", "relu"))
    assert opened.until(lambda: opened.diagnostics() == [])


def test_a_saved_document_has_its_canonical_form(opened):
    opened.type(":write<CR>")
    formatted = CliRunner().invoke(cli, ["fmt", "-", "--stdin-filename", "model.seqspec.toml"], input=TOML).stdout
    assert formatted and formatted != TOML
    opened.until(lambda: opened.text() == formatted)


def test_findings_are_those_of_check_after_every_edit(neovim, tmp_path):
    file = tmp_path / "model.seqspec.toml"
    neovim.open(file, TOML)
    edits = [
        'gg/"Flatten<CR>f,a { type = "Dropout", rate = 2 },<Esc>',
        'GO  { type = "Dense", units = "$widht',
        '", activation = "é😀',
        '" },<Esc>',
        "uu",
        "/28, 28<CR>cw0",
        ", <Esc>",
        "dd",
        "ggO# remark 😀<CR>[model]<CR><Esc>",
        "u/hidden<CR>cwhiden<Esc>",
        "ggdG",
        "iseqspec = 1<CR>[model]<CR>input = [4]<CR>layers = [<CR>",
        '{ type = "Dense" },<CR>"dense", "Dnse"]<CR>',
    ]
    seen = set()
    for keys in edits:
        neovim.type(keys)
        expected = checked(tmp_path / "other.seqspec.toml", neovim.text())
        neovim.until(lambda expected=expected: sorted(neovim.diagnostics()) == expected)
        seen |= {each[0] for each in expected}
    assert len(seen) >= 5
