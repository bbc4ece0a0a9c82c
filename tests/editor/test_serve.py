"""`seqspec serve` on the command line: required packages, output and exit codes."""

import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner

from seqspec.cli.main import cli
from seqspec.editor.commands import serve
from seqspec.editor.playground import serve as running

DOCUMENT = 'seqspec = 1\n[model]\ninput = [4]\nlayers = ["Flatten"]\n'
WITH_A_PAGE = """
import sys
from pathlib import Path
from seqspec.editor.playground import serve as run
run.PAGE = Path(sys.argv.pop(1))
from seqspec.cli.main import main
main()
"""


@pytest.fixture
def page(tmp_path, monkeypatch):
    folder = tmp_path / "page"
    folder.mkdir()
    (folder / "index.html").write_text("<title>page</title>")
    monkeypatch.setattr(running, "PAGE", folder)
    return folder


def ended(*args):
    result = CliRunner().invoke(cli, ["serve", *args])
    return result.exit_code, result.output


def test_an_installation_without_the_page_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(running, "PAGE", tmp_path)
    status, output = ended()
    assert status == 1 and "does not include the playground page" in output and "scripts/page" in output


@pytest.mark.parametrize("missing", ["aiohttp", "pygls"])
def test_an_installation_without_the_extra_says_so(missing, page, monkeypatch):
    for name in [name for name in sys.modules if name.startswith("seqspec.editor.playground")]:
        monkeypatch.delitem(sys.modules, name)
    for name in [name for name in sys.modules if name.partition(".")[0] == missing]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    status, output = ended()
    assert status == 2 and "pip install 'keras-seqspec[serve]'" in output


def test_a_file_that_cannot_be_edited_is_wrong_use(page, tmp_path):
    status, output = ended(str(tmp_path / "no.seqspec.toml"))
    assert status == 2 and "no.seqspec.toml cannot be read: No such file or directory" in output
    (tmp_path / "bad.seqspec.toml").write_bytes(b"\xff")
    assert "is not UTF-8 text" in ended(str(tmp_path / "bad.seqspec.toml"))[1]


def test_a_port_that_is_taken_is_said(page):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        status, output = ended("--port", str(other.getsockname()[1]), "--no-browser")
    assert status == 1 and "cannot listen on port" in output and "in use" in output


def test_serve_chooses_a_free_port(monkeypatch):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        monkeypatch.setattr(running, "PORT", other.getsockname()[1])
        with running.listening_socket(None) as listener:
            host, port = listener.getsockname()
    assert host == "127.0.0.1" and port != running.PORT


def test_the_examples_are_the_templates():
    found = serve._examples()
    assert [example.name for example in found][:2] == ["dense-classifier", "image-cnn"]
    assert all(example.purpose and example.text.startswith("#") for example in found)


def test_a_browser_is_opened_where_there_is_a_screen(page, monkeypatch):
    launched = []

    def launch(file):
        path = Path(file)
        launched.append((path, path.read_text(), path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777))

    monkeypatch.setattr(running, "run", lambda documents, port, opened: opened("http://127.0.0.1:1/#token"))
    monkeypatch.setattr("click.launch", launch)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    for display, args in (("", []), (":0", ["--no-browser"]), (":0", [])):
        monkeypatch.setenv("DISPLAY", display)
        status, output = ended(*args)
        assert status == 0 and output.startswith("Serving the templates at http://127.0.0.1:1/#token\n")
    [(file, text, *modes)] = launched
    assert 'content="0; url=http://127.0.0.1:1/#token"' in text and modes == [0o600, 0o700]
    assert not file.parent.exists()


def test_the_address_is_served_where_no_temporary_file_can_be_written(page, monkeypatch):
    def full(**options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(running, "run", lambda documents, port, opened: opened("http://127.0.0.1:1/#token"))
    monkeypatch.setattr("tempfile.TemporaryDirectory", full)
    monkeypatch.setattr("seqspec.editor.commands.serve._has_screen", lambda: True)
    status, output = ended()
    assert status == 0 and output.startswith("Serving the templates at http://127.0.0.1:1/#token\n")


def test_serve_listens_on_loopback_and_exits_with_0(page, tmp_path):
    file = tmp_path / "model.seqspec.toml"
    file.write_text(DOCUMENT)
    command = [sys.executable, "-c", WITH_A_PAGE, str(page), "serve", str(file), "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            first = process.stdout.readline()
            address = re.fullmatch(rf"Serving {file} at (http://127\.0\.0\.1:(\d+)/)#([\w-]{{32}})\n", first)
            assert address, first
            # Whatever proxy the environment names is not asked.
            direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with direct.open(address[1], timeout=60) as answer:
                assert answer.read() == b"<title>page</title>"
            with pytest.raises(urllib.error.HTTPError, match="403"):
                foreign = urllib.request.Request(address[1], headers={"Host": "evil.example"})
                direct.open(foreign, timeout=60)
            assert listens_at(int(address[2])) in (["0100007F"], [])
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=120) == 0
            assert process.stdout.read() == "Press Ctrl+C to stop.\n"
            assert process.stderr.read() == ""
        finally:
            process.kill()
    assert file.read_text() == DOCUMENT


def listens_at(port):
    """The addresses, as Linux writes them, at which somebody listens to a port; none where it does not tell."""
    found = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        if Path(table).exists():
            for line in Path(table).read_text().splitlines()[1:]:
                _, local, _, state, *_ = line.split()
                if state == "0A" and local.endswith(f":{port:04X}"):
                    found.append(local.partition(":")[0])
    return found
