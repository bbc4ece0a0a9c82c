"""Regressions of the playground page."""

import re
import xml.etree.ElementTree as ElementTree

import pytest

from tests.editor.playground.conftest import TEXT, looking, serving
from tests.editor.playground.test_page import cursor

MISTAKEN = TEXT.replace('"relu"', '"rellu"')


def test_the_banner_to_switch_back_goes_when_one_switches_back(opened):
    page = opened()
    page.click(".switch >> text=JSON")
    page.locator("#notice >> text=comment left out").wait_for()
    page.keyboard.press("Control+s")
    page.locator("#notice >> text=switch back to save").wait_for()
    page.click(".switch >> text=TOML")
    page.locator("#notice").wait_for(state="hidden")


def test_a_clean_editor_follows_the_file(opened, file):
    page = opened()
    file.write_text(TEXT.replace("units = 10", "units = 11"))
    page.locator("#editor .view-line >> text=/^11$/").wait_for()
    page.locator("#notice >> text=was reloaded").wait_for()
    assert page.locator(".save").inner_text() == "Saved"
    # The editor can go back to what it had.
    page.locator("#editor .view-lines").click()
    page.keyboard.press("Control+z")
    page.locator(".save:enabled").wait_for()


def test_an_editor_with_changes_is_told_of_the_file(opened, file):
    page = opened()
    cursor(page, 1)
    page.keyboard.type(" # mine")
    file.write_text("seqspec = 1 # theirs\n")
    page.locator("#notice >> text=Saving asks which of the two to keep").wait_for()
    page.locator("#editor .view-line >> text=# mine").wait_for()


def test_a_file_that_is_gone_is_not_saved(opened, file):
    page = opened()
    file.unlink()
    page.locator("#notice >> text=cannot be read").wait_for()
    assert page.locator(".save").inner_text() == "Save"
    page.click(".save")
    page.click("dialog >> text=Write it again")
    page.locator(".save:disabled").wait_for()
    assert file.read_text() == TEXT


def test_enter_in_the_dialog_of_a_conflict_overwrites_nothing(opened, file):
    page = opened()
    cursor(page, 1)
    page.keyboard.type(" # mine")
    file.write_text("seqspec = 1\n# theirs\n")
    page.keyboard.press("Control+s")
    page.locator("dialog").wait_for()
    assert page.evaluate("document.activeElement.textContent") == "Reload"
    page.keyboard.press("Enter")
    page.locator("#editor .view-line >> text=# theirs").wait_for()
    assert file.read_text() == "seqspec = 1\n# theirs\n"


def test_a_finding_is_said_once(opened):
    page = opened(MISTAKEN)
    page.click("#tab-findings")
    card = page.locator(".finding")
    assert card.count() == 1
    words = card.inner_text()
    assert words.count('"relu"') == 1 and words.count("rellu") == 1
    assert card.locator(".subject").inner_text() == "model.layers[0] (Conv2D)"
    assert card.locator(".message").inner_text() == 'unknown activation "rellu"'


def test_bars_grow_from_left_to_right(opened):
    page = opened()
    for bar in page.locator(".cost .bar:not(.none)").all():
        outer, inner = bar.bounding_box(), bar.locator(".fill").bounding_box()
        assert abs(outer["x"] - inner["x"]) < 1


def test_hints_are_after_the_comma(opened):
    page = opened()
    page.locator("#editor >> text=→ (26, 26, 8)").wait_for()
    line = page.locator("#editor .view-line").filter(has_text="Conv2D").inner_text()
    assert re.search(r"\},.*→", line.replace("\xa0", " ")), line


def test_pasted_json_offers_to_switch(opened):
    page = opened(permissions=["clipboard-read", "clipboard-write"])
    layers = '[{"type": "Dense", "units": 3}]'
    text = '{"seqspec": 1, "model": {"input": [4], "layers": ' + layers + "}}"
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    page.locator("#editor .view-lines").click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Control+v")
    page.click("#notice >> text=Switch to JSON")
    page.locator(".switch [data-format=json][aria-pressed=true]").wait_for()
    page.locator(".status >> text=no findings").wait_for()
    page.locator(".stack .type >> text=Dense").wait_for()


def test_a_duplicate_key_is_explained_where_the_drawing_is_grey(opened):
    page = opened(TEXT.replace("input = [28, 28, 1]", "input = [28, 28, 1]\ninput = [28, 28, 3]"))
    panel = page.locator("#panel-model")
    if page.locator(".layer.unreached").count():
        assert "duplicate key" in panel.locator(".unknown, .layer.failed").inner_text()
    else:
        assert panel.locator(".stack .type >> text=Conv2D").count() == 1
    page.locator(".status >> text=1 error").wait_for()


@pytest.mark.parametrize(
    ("kind", "ending", "start"),
    [
        ("svg", "svg", b"<svg"),
        ("png", "png", b"\x89PNG"),
        ("html", "html", b"<!doctype html>"),
        ("mmd", "mmd", b"flowchart TD"),
        ("python", "py", b"import"),
        ("markdown", "md", b"### `model`"),
    ],
)
def test_exports(opened, kind, ending, start):
    page = opened()
    with page.expect_download() as found:
        page.select_option(".exports", kind)
    download = found.value
    assert download.suggested_filename == f"model.{ending}"
    content = download.path().read_bytes()
    assert content.startswith(start)
    if kind == "svg":
        assert "Conv2D" in ElementTree.tostring(ElementTree.fromstring(content), encoding="unicode")
    if kind == "png":
        assert int.from_bytes(content[16:20], "big") > 1000


def test_export_of_an_invalid_spec_shows_the_reason(opened):
    page = opened(MISTAKEN)
    page.select_option(".exports", "markdown")
    page.locator("#notice >> text=needs a spec without errors").wait_for()


def test_format_is_there_in_narrow_windows(opened):
    page = opened()
    page.set_viewport_size({"width": 600, "height": 800})
    assert page.locator(".plain >> text=Format").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 600


def test_backbones_and_frozen_layers_are_marked(opened):
    layers = '[{ type = "MobileNetV2", include_top = false, weights = "none", pooling = "avg", trainable = false }]'
    page = opened(f"seqspec = 1\n[model]\ninput = [96, 96, 3]\nlayers = {layers}\n")
    assert page.locator(".stack .mark").all_inner_texts() == ["backbone", "frozen"]
    assert page.locator(".stack .layer:not(.input)").count() == 1


def test_findings_are_marked_at_their_layers(opened):
    page = opened(TEXT.replace('activation = "softmax"', 'activation = "softmaxx"'))
    page.locator(".layer.found-error .type >> text=Dense").wait_for()
    assert page.locator(".layer.found-error").count() == 1


def test_a_lost_server_is_seen_before_any_dialog(browser, tmp_path):
    path = tmp_path / "model.seqspec.toml"
    path.write_text(MISTAKEN)
    with serving(path, cwd=tmp_path) as (served, process), looking(browser, served, ends=True) as page:
        page.locator(".status >> text=1 error").wait_for()
        page.click("#tab-findings")
        page.click(".finding .code")
        page.locator("dialog").wait_for()
        process.terminate()
        page.locator("#notice >> text=seqspec serve has ended").wait_for()
        page.locator("dialog").wait_for(state="detached")
