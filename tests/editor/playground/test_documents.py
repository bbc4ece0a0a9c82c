"""The file that the playground edits: loading, saving, and conflicts with other programs."""

import os

import pytest

from seqspec.core.syntax.limits import LIMITS
from seqspec.editor.playground.documents import Documents, Example, NotEditable


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "model.seqspec.toml"
    path.write_bytes(b"seqspec = 1\n")
    return path


def test_a_file_is_loaded_and_saved(file):
    documents = Documents(str(file))
    told = documents.welcome()
    assert told["file"] == "model.seqspec.toml" and told["format"] == "toml" and told["text"] == "seqspec = 1\n"
    assert told["addresses"] == {"toml": file.as_uri(), "json": file.with_suffix(".json").as_uri()}
    saved = documents.save("seqspec = 1 # mine\n", told["revision"])
    assert file.read_text() == "seqspec = 1 # mine\n"
    assert documents.save("seqspec = 1 # more\n", saved["revision"])["revision"] != saved["revision"]
    assert os.listdir(file.parent) == ["model.seqspec.toml"]


def test_save_keeps_foreign_changes(file):
    documents = Documents(str(file))
    revision = documents.load()["revision"]
    file.write_text("theirs\n")
    answer = documents.save("mine\n", revision)
    assert answer["changed"]["text"] == "theirs\n" and file.read_text() == "theirs\n"
    documents.save("mine\n", answer["changed"]["revision"])
    assert file.read_text() == "mine\n"
    file.write_text("theirs\n")
    assert "revision" in documents.save("mine again\n", revision, force=True)
    assert file.read_text() == "mine again\n"


def test_a_file_that_is_gone_is_written_again_only_on_demand(file):
    documents = Documents(str(file))
    revision = documents.load()["revision"]
    file.unlink()
    assert documents.save("mine\n", revision)["changed"] == {"text": None, "revision": None}
    assert not file.exists()
    documents.save("mine\n", revision, force=True)
    assert file.read_text() == "mine\n"


def test_line_ends_and_a_byte_order_mark_stay(file):
    file.write_bytes("\ufeffseqspec = 1\r\n".encode())
    documents = Documents(str(file))
    told = documents.load()
    assert told["text"] == "seqspec = 1\r\n"
    documents.save(told["text"] + "# end\r\n", told["revision"])
    assert file.read_bytes() == "\ufeffseqspec = 1\r\n# end\r\n".encode()


def test_a_link_that_replaces_the_file_is_not_followed(file, tmp_path):
    other = tmp_path / "other"
    other.write_text("not yours\n")
    documents = Documents(str(file))
    revision = documents.load()["revision"]
    file.unlink()
    file.symlink_to(other)
    for force in (False, True):
        with pytest.raises(NotEditable, match="replaced by a link"):
            documents.save("mine\n", revision, force=force)
    with pytest.raises(NotEditable, match="replaced by a link"):
        documents.load()
    assert other.read_text() == "not yours\n"


def test_a_link_stays_a_link(file, tmp_path):
    link = tmp_path / "link.seqspec.toml"
    link.symlink_to(file)
    documents = Documents(str(link))
    documents.save("mine\n", documents.load()["revision"])
    assert link.is_symlink() and file.read_text() == "mine\n"


def test_load_reports_uneditable_files(tmp_path, file):
    with pytest.raises(NotEditable, match="cannot be read: No such file"):
        Documents(str(tmp_path / "no.seqspec.toml")).load()
    with pytest.raises(NotEditable, match="is not a file"):
        Documents(str(tmp_path)).load()
    file.write_bytes(b"name = '\xff'")
    with pytest.raises(NotEditable, match="is not UTF-8 text: byte 8 is 0xff"):
        Documents(str(file)).load()
    file.write_bytes(b"#" * (LIMITS.bytes + 1))
    with pytest.raises(NotEditable, match="is larger than 1,048,576 bytes"):
        Documents(str(file)).load()


def test_a_text_that_could_not_be_read_again_is_not_written(file):
    documents = Documents(str(file))
    revision = documents.load()["revision"]
    for force in (False, True):
        with pytest.raises(NotEditable, match="would be larger than 1,048,576 bytes"):
            documents.save("é" * (LIMITS.bytes // 2 + 1), revision, force=force)
    assert file.read_bytes() == b"seqspec = 1\n"
    documents.save("#" * LIMITS.bytes, revision)
    assert len(documents.load()["text"]) == LIMITS.bytes


def test_a_file_that_has_become_too_large_is_replaced_only_on_demand(file):
    documents = Documents(str(file))
    revision = documents.load()["revision"]
    file.write_bytes(b"#" * (LIMITS.bytes + 1))
    with pytest.raises(NotEditable, match="is larger than"):
        documents.save("mine\n", revision)
    saved = documents.save("mine\n", revision, force=True)
    assert documents.load() == {"text": "mine\n", **saved}


def test_examples_are_written_nowhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    documents = Documents(examples=[Example("one", "to begin with", "seqspec = 1\n")])
    told = documents.welcome()
    assert told["file"] is None and told["examples"][0]["text"] == "seqspec = 1\n"
    assert told["addresses"]["toml"] == (tmp_path / "playground.seqspec.toml").as_uri()
    with pytest.raises(NotEditable, match="no file to save to"):
        documents.save("mine\n", None, force=True)
    assert os.listdir(tmp_path) == []


def test_a_json_file_is_json(tmp_path):
    documents = Documents(str(tmp_path / "Model.JSON"))
    assert documents.format == "json"
    assert documents.addresses["json"].endswith("/Model.JSON") and documents.addresses["toml"].endswith("/Model.toml")
