"""Specs of the workspace that are not open: discovered as by `seqspec check`, and updated after changes."""

import pytest

from tests.editor.lsp.wire import wire

GOOD = 'seqspec = 1\n[model]\ninput = [4]\nlayers = [{ type = "Dense", units = 3 }]\n'
BAD = GOOD.replace("3", "0")
CREATED, CHANGED, DELETED = 1, 2, 3
WATCHING = {
    "workspace": {"didChangeWatchedFiles": {"dynamicRegistration": True}, "workspaceFolders": True},
    "window": {"workDoneProgress": True},
}


class Project:
    """A folder that a server looks after."""

    def __init__(self, server, folder):
        self.server, self.folder, self.shown = server, folder, {}

    def uri(self, name):
        return (self.folder / name).as_uri()

    def write(self, name, text, tell=True):
        file = self.folder / name
        kind = CHANGED if file.exists() else CREATED
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        if tell:
            self.tell(name, kind)

    def tell(self, name, kind):
        self.server.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": self.uri(name), "type": kind}]})

    def until(self, **wanted):
        """Waits until each document shows these codes."""

        def there():
            return all(self.shown.get(self.uri(NAMES[name]), []) == codes for name, codes in wanted.items())

        if there():
            return
        for message in self.server.messages():
            if message.get("method") == "textDocument/publishDiagnostics":
                params = message["params"]
                self.shown[params["uri"]] = [each["code"] for each in params["diagnostics"]]
                if there():
                    return
        raise AssertionError(f"the server has ended; it shows {self.shown}")


NAMES = {
    "one": "one.seqspec.toml",
    "config": "seqspec.toml",
    "deep": "deep/er/two.seqspec.json",
    "named": "deep/named.toml",
    "base": "base.seqspec.toml",
    "child": "child.seqspec.toml",
    "ignored": "ignored/three.seqspec.toml",
    "excluded": "excluded/four.seqspec.toml",
}
JSON = '{"seqspec": 1, "model": {"input": [4], "layers": [{"type": "Dense", "units": 0}]}}'


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("workspace")
    with wire() as server:
        project = Project(server, folder)
        (folder / ".git").mkdir()
        project.write(".gitignore", "ignored/\n", tell=False)
        project.write("seqspec.toml", 'extend-exclude = ["excluded/"]\n', tell=False)
        for name in ("one", "named", "ignored", "excluded"):
            project.write(NAMES[name], BAD, tell=False)
        project.write(NAMES["deep"], JSON, tell=False)
        project.write("other.toml", "a = [", tell=False)
        server.notify(
            "workspace/didChangeWorkspaceFolders",
            {"event": {"added": [{"uri": folder.as_uri(), "name": "tests"}], "removed": []}},
        )
        project.until(one=["SEQ105"], deep=["SEQ105"], named=["SEQ105"])
        yield project
        assert project.uri("ignored/three.seqspec.toml") not in project.shown
        assert project.uri("excluded/four.seqspec.toml") not in project.shown
        assert project.uri("other.toml") not in project.shown


def test_files_that_change_come_and_go(project):
    project.write(NAMES["one"], GOOD)
    project.until(one=[])
    project.write(NAMES["one"], BAD)
    project.until(one=["SEQ105"])
    (project.folder / NAMES["one"]).unlink()
    project.tell(NAMES["one"], DELETED)
    project.until(one=[])
    project.write(NAMES["one"], BAD)
    project.until(one=["SEQ105"])
    # It is no document any more.
    project.write(NAMES["named"], "a = 1")
    project.until(named=[])


def test_a_folder_that_goes_takes_its_documents_with_it(project):
    (project.folder / "deep").rename(project.folder / "deeper")
    project.tell("deep", DELETED)
    project.until(deep=[])
    (project.folder / "deeper").rename(project.folder / "deep")
    project.tell("deep", CREATED)
    project.until(deep=["SEQ105"])


def test_documents_follow_the_one_that_they_extend_as_it_is_saved(project):
    project.write(NAMES["child"], 'seqspec = 1\nextends = "base.seqspec.toml"\n')
    project.until(child=["SEQ026"])
    project.write(NAMES["base"], BAD)
    project.until(child=[], base=["SEQ105"])
    server, uri = project.server, project.uri(NAMES["child"])
    server.open(uri, 'seqspec = 1\nextends = "base.seqspec.toml"\n[override.layers.dense]\nuse_bias = 3\n')
    project.until(child=["SEQ027"], base=["SEQ105"])
    project.write(NAMES["base"], GOOD)
    project.until(child=["SEQ027"], base=[])
    # Unsaved text of the base counts in the base alone.
    base = project.uri(NAMES["base"])
    server.open(base, BAD)
    project.until(child=["SEQ027"], base=["SEQ105"])
    server.notify("textDocument/didClose", {"textDocument": {"uri": base}})
    project.until(base=[])
    server.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    project.until(child=[], base=[])


def test_open_documents_use_unsaved_text(project):
    uri = project.uri(NAMES["one"])
    project.server.open(uri, GOOD)
    project.until(one=[])
    project.write(NAMES["one"], BAD + "# saved\n")
    project.server.change(uri, 1, {"text": BAD.replace('"Dense"', '"Dens"')})
    project.until(one=["SEQ101", "SEQ105"])
    project.server.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    project.until(one=["SEQ105"])


def test_a_baseline_and_what_is_excluded_follow_the_configuration(project):
    entry = (
        '{"file": "one.seqspec.toml", "code": "SEQ105", "name": "bad-value", "place": "", "message": "", '
        '"fingerprint": "none", "times": 1}'
    )
    project.write("seqspec.toml", 'extend-exclude = ["excluded/", "deep/"]\nbaseline = "known.json"\n')
    project.until(deep=[], one=[])
    project.write("known.json", f'{{"version": 1, "findings": [{entry}]}}')
    project.until(deep=[], one=["SEQ105"])
    project.write("seqspec.toml", "select = 3\n")
    project.until(deep=[], one=[], config=["bad-configuration"])
    project.write("seqspec.toml", 'extend-exclude = ["excluded/"]\n')
    project.until(deep=["SEQ105"], one=["SEQ105"], config=[])


def test_many_documents_show_how_far_the_check_has_come(tmp_path):
    for number in range(60):
        (tmp_path / f"{number:02}.seqspec.toml").write_text(BAD if number == 59 else GOOD)
    with wire(tmp_path, WATCHING) as server:
        last = (tmp_path / "59.seqspec.toml").as_uri()
        assert [each["code"] for each in server.findings(last, None)] == ["SEQ105"]
        for message in server.messages():
            if message.get("method") == "$/progress" and message["params"]["value"]["kind"] == "end":
                break
        kinds = [m["params"]["value"]["kind"] for m in server.heard if m.get("method") == "$/progress"]
        assert kinds[0] == "begin" and "report" in kinds and kinds[-1] == "end"
        (watching,) = (m["params"] for m in server.heard if m.get("method") == "client/registerCapability")
        patterns = [each["globPattern"] for each in watching["registrations"][0]["registerOptions"]["watchers"]]
        assert "**/*.toml" in patterns and "**/*.json" in patterns
        server.notify(
            "workspace/didChangeWorkspaceFolders",
            {"event": {"added": [], "removed": [{"uri": tmp_path.as_uri(), "name": "tests"}]}},
        )
        assert server.findings(last, None) == []
