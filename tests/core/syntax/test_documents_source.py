"""Reading files and dicts: every error becomes a violation."""

import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqspec.core.syntax.limits import Limits
from seqspec.core.syntax.source import detect_format, parse_text, read_source
from tests.hang import HANG


def write(tmp_path, name, data):
    path = tmp_path / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def only(source, **limits):
    document = read_source(source, Limits(**limits))
    assert not document.readable and document.tree == {}
    (violation,) = document.violations
    return violation


def test_a_dict_has_no_text():
    tree = {"seqspec": 1}
    document = read_source(tree)
    assert document.tree is tree and document.readable
    assert (document.text, document.file, document.format) == (None, None, "dict")
    assert document.span(("seqspec",)) is None


@pytest.mark.parametrize(
    ("name", "data", "format"),
    [
        ("m.toml", "seqspec = 1", "toml"),
        ("m.TOML", "seqspec = 1", "toml"),
        ("m.seqspec.json", '{"seqspec": 1}', "json"),
        ("m", '\n {"seqspec": 1}', "json"),
        ("m.txt", "# a\nseqspec = 1", "toml"),
    ],
)
def test_the_format_follows_the_name_or_else_the_text(tmp_path, name, data, format):
    path = write(tmp_path, name, data)
    for source in (path, str(path)):
        document = read_source(source)
        assert (document.tree, document.format, document.file) == ({"seqspec": 1}, format, str(path))


def test_sniffing():
    assert detect_format("[model]\n") == detect_format("") == detect_format("a = 1") == "toml"
    assert detect_format('{"a": 1}') == detect_format('[{"a": 1}]') == detect_format("// x\n{}") == "json"


def test_a_missing_file(tmp_path, monkeypatch):
    write(tmp_path, "cnn.seqspec.toml", "")
    violation = only(tmp_path / "cn.seqspec.toml")
    assert violation.rule == "unreadable-file"
    assert str(tmp_path / "cnn.seqspec.toml") in violation.help
    assert str(tmp_path / "no") in only(tmp_path / "no" / "x.toml").help
    monkeypatch.chdir(tmp_path)
    assert only("cn.seqspec.toml").help.split()[-1] == "cnn.seqspec.toml?"


def test_unreadable_files_have_a_violation(tmp_path, monkeypatch):
    assert only(tmp_path).rule == only("a\0.toml").rule == "unreadable-file"
    assert only(write(tmp_path, "u.toml", "a = 1".encode("utf-16"))).rule == "unreadable-file"
    assert only(3).rule == "wrong-type"
    assert only(str(tmp_path / ("x" * 300))).rule == "unreadable-file"

    def forbidden(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", forbidden)
    assert only("x.toml").rule == "unreadable-file"


def test_bytes_that_are_no_text_are_shown_at_their_place(tmp_path):
    path = write(tmp_path, "m.toml", b"\xef\xbb\xbfa = 1\nb = '\xc3\xa9\xff'")
    document = read_source(path)
    (violation,) = document.violations
    span = violation.location.span()
    assert (violation.rule, span.line, span.column) == ("unreadable-file", 2, 7)
    assert document.line_text(2) == "b = 'é\ufffd'"


def test_a_file_beyond_the_limit_is_not_read(tmp_path):
    path = write(tmp_path, "m.json", b'{"a": "' + b"x" * 100 + b'"}')
    violation = only(path, bytes=50)
    assert violation.rule == "over-limit"
    assert only(path, bytes=108).rule == "over-limit"
    assert read_source(path, Limits(bytes=109)).violations == []
    if os.path.exists("/dev/zero"):
        start = time.process_time()
        assert only("/dev/zero").rule == "unreadable-file"
        assert time.process_time() - start < HANG
    assert parse_text("x" * 60, limits=Limits(bytes=50)).violations[0].rule == "over-limit"


def test_empty_files(tmp_path):
    assert only(write(tmp_path, "m.json", b"")).rule == "syntax-error"
    assert read_source(write(tmp_path, "m.toml", b"\xef\xbb\xbf")).tree == {}


@pytest.mark.parametrize("text", ["[1]", '"x"', "null", "3", "true"])
def test_json_that_is_no_table(text):
    document = parse_text(text, format="json")
    assert [violation.rule for violation in document.violations] == ["wrong-type"]
    assert not document.readable


@given(st.binary(max_size=200), st.sampled_from(["toml", "json", "txt"]))
def test_random_bytes_never_raise(tmp_path_factory, data, suffix):
    path = tmp_path_factory.getbasetemp() / f"random.{suffix}"
    path.write_bytes(data)
    document = read_source(path)
    for violation in document.violations:
        assert violation.location.document is document
        violation.location.span()
    assert document.readable or document.violations


@pytest.mark.parametrize("format", ["toml", "json"])
@pytest.mark.parametrize(
    "text",
    [
        "[" * 300_000,
        "{" * 300_000,
        '{"a":' * 100_000,
        "a = " + "{a = " * 100_000,
        '"' * 300_000,
        "'" * 300_000,
        "\\" * 300_000,
        "a.b" * 100_000,
        '"""' + '"' * 300_000,
        "a = '''" + "''x" * 100_000,
        "0" * 300_000,
        "a = [" + "0," * 150_000 + "]",
        "[a]\n" * 50_000,
        "a = 1\n" * 50_000,
        "\n" * 300_000,
        "a = [\n" + "#\n" * 100_000,
        '{"a":1,' * 40_000,
        "[[a]]\n" * 40_000,
        "//" * 100_000,
        "/*" * 100_000,
        "a" * 300_000,
        "a=" * 100_000,
        "é" * 100_000,
        "[" + "1 " * 100_000,
        '"\\ud800' * 40_000,
    ],
    ids=lambda text: text[:10],
)
def test_hostile_texts_end_soon(format, text):
    start = time.process_time()
    document = parse_text(text, format=format)
    for violation in document.violations:
        violation.location.span()
    assert time.process_time() - start < HANG


def test_a_path_is_kept_as_the_user_gave_it(tmp_path, monkeypatch):
    write(tmp_path, "m.toml", "seqspec = 1")
    monkeypatch.chdir(tmp_path)
    assert read_source("./m.toml").file == "./m.toml"
    assert read_source(Path("m.toml")).file == "m.toml"
