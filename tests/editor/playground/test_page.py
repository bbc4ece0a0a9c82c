"""The page in a headless Chromium: editing, diagram, findings and fixes."""

import contextlib
import os
import re

import pytest

from seqspec.cli.commands.new import TEMPLATES
from tests.editor.playground.conftest import PATIENCE, TEXT, looking, serving
from tests.requirements import optional_module

pytestmark = pytest.mark.needs("playwright", "chromium", "page")
playwright = optional_module("playwright.sync_api")
Error, expect = playwright.Error, playwright.expect


def cursor(page, line, left=0):
    """Puts the cursor at the end of a line, or some characters before it."""
    page.locator("#editor .view-lines").click()
    page.keyboard.press("Control+Home")
    for _ in range(line - 1):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    for _ in range(left):
        page.keyboard.press("ArrowLeft")


def hover(page, word, use):
    """Points at a word until its hover could be used: a change of the text's layout under the pointer closes it."""
    for _ in range(PATIENCE // 5000):
        page.locator(f"#editor .view-line >> text={word}").hover()
        try:
            return use(timeout=5000)
        except Error:
            page.mouse.move(0, 0)
    pytest.fail(f"no such hover of {word}")


def saved(page, file):
    """What the editor holds, by way of the file."""
    page.keyboard.press("Control+s")
    page.locator(".save:disabled").wait_for()
    return file.read_text()


def test_the_page_is_not_blank_while_its_program_is_loaded(browser, address):
    with looking(browser, "about:blank", ends=True) as page:
        page.route("**/*.js", lambda route: None)
        page.goto(address, wait_until="commit")
        page.locator("#panel >> text=Loading").wait_for()
        page.unroute_all(behavior="ignoreErrors")


def test_a_mistake_is_marked_listed_explained_and_fixed(opened, file):
    page = opened()
    assert page.locator(".status").inner_text() == "no findings"
    cursor(page, 6, left=4)
    page.keyboard.type("x")
    page.locator(".squiggly-error").first.wait_for()
    page.locator(".status >> text=1 error").wait_for()
    page.click("#tab-findings")
    assert page.locator("#tab-findings .badge").inner_text() == "1"
    assert 'unknown activation "relux"' in page.locator(".finding .message").inner_text()
    page.click(".finding .code")
    assert page.locator("dialog h2").inner_text() == "unknown-name"
    page.keyboard.press("Escape")
    page.locator("dialog").wait_for(state="detached")
    page.click(".finding .message")
    assert page.locator("#editor").evaluate("element => element.contains(document.activeElement)")
    page.click(".fix")
    page.locator(".squiggly-error").first.wait_for(state="detached")
    page.locator(".status >> text=no findings").wait_for()
    assert saved(page, file) == TEXT


def test_the_code_of_a_finding_in_the_text_leads_to_its_rule(opened):
    page = opened(TEXT.replace("units = 10", "units = 1"))
    page.locator(".status >> text=1 ").wait_for()
    hover(page, "softmax", page.locator(".monaco-hover a >> text=SEQ301").click)
    assert page.locator("dialog h3").first.inner_text() == "What it does"
    assert "model.seqspec.toml" in page.locator("dialog pre.output").inner_text()


def test_the_arguments_of_a_shorthand_are_shown(opened):
    """Each key of an argument moves the emphasis to the argument that is being typed."""
    page = opened(TEXT + '\n[compile]\noptimizer = ""\n')
    cursor(page, 12, left=1)
    page.keyboard.type("adam(0.1, ")
    shown = page.locator(".parameter-hints-widget.visible")
    expect(shown.locator(".signature")).to_contain_text("Adam(learning_rate=0.001, beta_1=0.9, ")
    expect(shown.locator(".parameter.active")).to_have_text("beta_1=0.9")


def test_completion_hover_hints_and_the_totals(opened, file):
    page = opened()
    page.locator("#editor >> text=→ (26, 26, 8)").wait_for()
    page.locator("#editor >> text=/3 layers · .*54,170 parameters/").wait_for()
    hover(page, "Conv2D", page.locator(".monaco-hover:visible >> text=/input .*, output /").wait_for)
    cursor(page, 6, left=3)
    page.keyboard.type(", ")
    page.keyboard.press("Control+Space")
    offered = page.locator(".suggest-widget.visible")
    offered.locator("[aria-label^='strides']").wait_for()
    assert offered.locator("[aria-label^='units']").count() == 0
    page.keyboard.type("padd")
    offered.locator("[aria-label^='padding']").wait_for()
    page.keyboard.press("Enter")
    page.keyboard.type("same")
    page.locator(".layer >> text=padding same").wait_for()
    assert 'activation = "relu", padding = "same" },' in saved(page, file)


def test_a_quick_fix_in_the_text_and_formatting(opened, file):
    page = opened(TEXT.replace('"relu"', '"rellu"').replace("  {", "{"))
    page.locator(".squiggly-error").first.wait_for()
    page.locator("#editor .view-line >> text=rellu").click()
    page.keyboard.press("Control+.")
    page.locator('.action-widget >> text=write "relu"').wait_for()
    page.keyboard.press("Enter")
    page.locator(".status >> text=no findings").wait_for()
    page.click(".plain >> text=Format")
    page.locator("#editor .view-line").filter(has_text=re.compile(r"^\s\s\{")).first.wait_for()
    assert saved(page, file) == TEXT.replace("[model] #", "[model]  #")


def test_blocks_and_text_lead_to_each_other(opened):
    page = opened()
    blocks = page.locator(".stack > .layer > .block")
    assert [words.splitlines()[0] for words in blocks.all_inner_texts()] == ["Input", "Conv2D", "Flatten", "Dense"]
    assert page.locator(".flow .shape").all_inner_texts()[1:] == ["(26, 26, 8)", "(5408)", "(10)"]
    page.click(".stack .type >> text=Dense")
    page.locator(".here-line").wait_for()
    page.locator("#editor .line-numbers.active-line-number >> text=8").wait_for()
    assert "kernel" in page.locator(".layer.here .details").inner_text()
    page.keyboard.press("ArrowUp")
    page.locator("#editor .line-numbers.active-line-number >> text=7").wait_for()
    cursor(page, 6)
    page.locator(".layer.here .type >> text=Conv2D").wait_for()
    cursor(page, 3)
    page.locator(".layer.here").wait_for(state="detached")


def test_page_marks_the_first_invalid_layer(opened):
    page = opened(TEXT.replace("kernel_size = 3", "kernel_size = 30"))
    assert "kernel_size 30×30 is larger than the 28×28 input" in page.locator(".layer.failed").inner_text()
    assert page.locator(".layer.unreached .type").all_inner_texts() == ["Flatten", "Dense"]
    assert page.locator(".totals").inner_text().split()[:4] == ["Layers", "0", "of", "3"]
    page.click("#tab-python")
    assert "not define a valid model" in page.locator("#panel-python .empty").inner_text()


def test_the_python_that_it_stands_for(opened):
    page = opened(permissions=["clipboard-read", "clipboard-write"])
    page.click("#tab-python")
    page.locator(".code-area .view-line >> text=Sequential").wait_for()
    page.click(".copy-code")
    page.locator(".copy-code >> text=Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    compile(copied, "model.py", "exec")
    assert 'layers.Dense(10, activation="softmax")' in copied


def test_from_toml_to_json_and_back(opened, file):
    page = opened()
    page.click(".switch >> text=JSON")
    page.locator("#notice >> text=1 comment left out").wait_for()
    page.locator(".status >> text=no findings").wait_for()
    page.locator(".stack .type >> text=Conv2D").wait_for()
    page.keyboard.press("Control+s")
    page.locator("#notice >> text=model.seqspec.toml is TOML").wait_for()
    assert file.read_text() == TEXT
    page.click(".switch >> text=TOML")
    page.locator("#editor .view-line >> text=# a comment").wait_for()
    assert page.locator(".save").is_disabled()
    cursor(page, 2)
    page.keyboard.type("x = ")
    page.locator(".status >> text=/error/").wait_for()
    page.click(".switch >> text=JSON")
    page.locator("#notice >> text=syntax errors").wait_for()


def test_saving_and_what_somebody_else_has_written(opened, file):
    page = opened()
    cursor(page, 1)
    page.keyboard.type(" # mine")
    assert page.locator(".save").inner_text() == "Save"
    assert saved(page, file) == TEXT.replace("seqspec = 1", "seqspec = 1 # mine")
    page.keyboard.type(" more")
    file.write_text("seqspec = 1\n# theirs\n")
    page.keyboard.press("Control+s")
    page.click("dialog >> text=Cancel")
    page.locator("dialog").wait_for(state="detached")
    assert file.read_text() == "seqspec = 1\n# theirs\n"
    page.locator("#editor .view-lines").click()
    page.keyboard.press("Control+s")
    page.click("dialog >> text=Reload")
    page.locator("#editor .view-line >> text=# theirs").wait_for()
    cursor(page, 2)
    page.keyboard.type(" too")
    file.unlink()
    page.click(".save")
    page.click("dialog >> text=Write it again")
    page.locator(".save:disabled").wait_for()
    assert file.read_text() == "seqspec = 1\n# theirs too\n"


def test_page_escapes_text_of_documents(opened):
    word = "<img src=x onerror=alert(1)>"
    layers = f'[{{ type = "{word}" }}, {{ type = "Dense", units = 2, activation = "{word}" }}]'
    page = opened(f'seqspec = 1\n[model]\ninput = [4]\nlayers = {layers}\n[compile]\nloss = "{word}"\n')
    page.locator(f".stack .type >> text={word}").wait_for()
    page.click("#tab-findings")
    page.locator(f".finding .message >> text={word}").first.wait_for()
    assert page.locator("#panel img, dialog img").count() == 0


def test_page_fits_the_viewport(opened):
    page = opened()
    for width in (1280, 600):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert page.locator("#panel-model").evaluate("panel => panel.scrollWidth <= panel.clientWidth")
        editor, panel = page.locator("#editor").bounding_box(), page.locator("#panel").bounding_box()
        beside = editor["x"] + editor["width"] <= panel["x"]
        assert beside == (width == 1280) and min(editor["height"], panel["height"]) > 250


def test_light_and_dark(opened):
    page = opened()
    for scheme, color in (("light", "rgb(255, 255, 255)"), ("dark", "rgb(20, 23, 28)")):
        page.emulate_media(color_scheme=scheme)
        expect(page.locator(".monaco-editor-background").first).to_have_css("background-color", color)
        assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == color


def test_the_panel_by_keyboard(opened):
    page = opened()
    page.focus("#tab-model")
    for name in ("findings", "python", "training", "model"):
        page.keyboard.press("ArrowRight")
        assert page.locator(f"#tab-{name}").get_attribute("aria-selected") == "true"
        assert page.locator(f"#panel-{name}").is_visible()
    page.focus("#splitter")
    before = page.locator("#editor").bounding_box()["width"]
    page.keyboard.press("ArrowLeft")
    assert page.locator("#editor").bounding_box()["width"] < before


def test_a_stack_of_500_layers(opened):
    layers = "\n".join(f'  {{ type = "Dense", units = {n % 7 + 1}, activation = "relu" }},' for n in range(500))
    page = opened(f"seqspec = 1\n[model]\ninput = [4]\nlayers = [\n{layers}\n]\n")
    page.locator(".totals >> text=500").wait_for()
    assert page.locator(".stack .layer:not(.input):not(.row)").count() == 500
    page.locator("#editor .view-lines").click()
    page.keyboard.press("Control+End")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    page.locator(".layer.here").wait_for()
    assert page.locator(".layer.here .name").inner_text() == "dense_499"


def test_page_without_file_token_or_server(browser, tmp_path):
    with serving(cwd=tmp_path) as (address, process):
        with contextlib.closing(browser.new_context()) as context:
            page = context.new_page()
            page.goto(address.partition("#")[0])
            page.locator("#notice >> text=Open the address that seqspec serve has printed").wait_for()
            page.goto("about:blank")
            page.goto(address + "x")
            page.locator("#notice >> text=does not know this page").wait_for()
        with looking(browser, address) as page:
            page.locator(".stack .type >> text=Dense").first.wait_for()
            assert page.locator(".examples option").count() == len(TEMPLATES)
            page.select_option(".examples", "image-cnn")
            page.locator(".group >> text=conv_block").wait_for()
            assert page.locator(".group .times").inner_text() == "×3"
            page.keyboard.press("Control+s")
            page.locator("#notice >> text=There is no file to save to").wait_for()
            page.reload()
            page.locator(".stack .type >> text=Dense").first.wait_for()
            page.wait_for_load_state("networkidle")
            process.terminate()
            page.locator("#notice >> text=seqspec serve has ended").wait_for()
            assert page.locator("#editor .view-line").first.is_visible()
    assert set(os.listdir(tmp_path)) <= {"cache"}
