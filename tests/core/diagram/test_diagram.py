"""The description of a diagram, and its renderings."""

import json
import re
import xml.etree.ElementTree as ElementTree
from itertools import pairwise

import pytest

import seqspec
from seqspec.core.catalog.applications.application import Application
from seqspec.core.catalog.index import layer_class
from seqspec.core.check.check import Check
from seqspec.core.diagram.describe import diagram
from seqspec.core.diagram.description import DiagramGroup, plain
from seqspec.core.diagram.graph_layout import layout
from seqspec.core.diagram.labels import cut, width, wrapped
from seqspec.core.diagram.raster import png
from seqspec.core.diagram.svg import Placed, Rect, TextLine
from tests import ROOT

SVG = "{http://www.w3.org/2000/svg}"
EXAMPLES = sorted((ROOT / "examples").glob("*.seqspec.*"))
FROZEN = {
    "seqspec": 1,
    "model": {
        "input": [96, 96, 3],
        "layers": [
            {"type": "MobileNetV2", "include_top": False, "weights": "none", "pooling": "avg", "trainable": False},
            {"type": "Sequential", "trainable": False, "layers": [{"type": "Dense", "units": 8, "activation": "relu"}]},
            {"type": "Dense", "units": 1, "activation": "sigmoid"},
        ],
    },
}


def stack(count, **more):
    """A model of many different layers."""
    layers = [{"type": "Dense", "units": 2 + index, "activation": "relu"} for index in range(count)]
    return {"seqspec": 1, "model": {"input": [4], "layers": layers}, **more}


def described(source):
    return diagram(Check.of(source))


def boxes(shapes, x=0.0, y=0.0):
    """Every rectangle and text with its place in the picture."""
    for shape in shapes:
        if isinstance(shape, Placed):
            yield from boxes(shape.shapes, x + shape.x, y + shape.y)
        elif isinstance(shape, Rect):
            yield shape, x + shape.x, y + shape.y, x + shape.x + shape.width, y + shape.y + shape.height
        elif isinstance(shape, TextLine):
            yield shape, x + shape.x, y + shape.y, x + shape.x, y + shape.y


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_a_picture_says_what_the_report_says(path):
    report = seqspec.check(path)
    tree = ElementTree.fromstring(seqspec.plot(path).svg())
    words = [element.text or "" for element in tree.iter(f"{SVG}text")]
    shown = "\n".join(words)
    for layer in report.layers:
        assert layer.type in shown
    assert f"{report.params:,} parameters" in " ".join(words)
    shapes = {str(tensor) for layer in described(path).layers() for tensor in layer.outputs}
    assert all(any(shape in line for line in words) for shape in shapes)


def test_backbones_are_one_box_and_frozen_parts_are_marked():
    backbone, nested, head = described(FROZEN).entries
    assert (backbone.kind, backbone.frozen, backbone.layers) == ("backbone", True, ())
    assert issubclass(layer_class(backbone.type), Application)
    # The flag of the container counts for the layer inside.
    assert (nested.kind, nested.frozen, nested.layers[0].frozen) == ("layer", True, True)
    assert (head.kind, head.frozen) == ("layer", False)
    # Statistics are never trained: that is not what frozen means.
    (norm,) = described({"seqspec": 1, "model": {"input": [4], "layers": ["Normalization"]}}).entries
    assert norm.params > 0 and norm.trainable == 0 and not norm.frozen
    text = seqspec.plot(FROZEN).svg()
    assert text.count(">frozen<") == 3 and text.count(">backbone<") == 1


def test_findings_are_at_their_layers_and_the_others_below():
    text = (
        'seqspec = 1\nmodel = { input = [8], layers = [\n  { type = "Dense", units = 4, activation = "relu" },\n'
        '  { type = "Sequential", layers = [{ type = "Dense", units = 3, activation = "rellu" }] },\n] }\nfoo = 3\n'
    )
    found = diagram(Check.of(seqspec_document(text)))
    first, nested = found.entries
    names = {found.findings[index].name for index in nested.layers[0].findings}
    assert "unknown-name" in names and not {found.findings[index].name for index in nested.findings} & names
    assert first.findings == ()
    assert {found.findings[index].name for index in found.elsewhere} == {"unknown-key"}


def seqspec_document(text):
    from seqspec.core.syntax.source import parse_text

    return parse_text(text, format="toml")


def test_diagram_marks_the_first_invalid_layer():
    source = stack(2)
    source["model"]["layers"][1] = {"type": "Conv2D", "filters": 2, "kernel_size": 3}
    found = described(source)
    assert [entry.type for entry in found.entries] == ["Dense"]
    (broken,) = found.unreached
    assert found.findings[broken.finding].code == "SEQ210"
    assert "expected input of shape" in seqspec.plot(source).svg()


def test_the_copy_that_fails_is_marked_and_not_the_copies_before_it():
    text = (
        "seqspec = 1\n[blocks.conv]\n"
        'layers = [{ type = "Conv2D", filters = 4, kernel_size = 3, activation = "relu" }]\n'
        '[model]\ninput = [6, 6, 1]\nlayers = [{ use = "conv", repeat = 3 }]\n'
    )
    found = diagram(Check.of(seqspec_document(text)))
    (broken,) = found.unreached
    assert found.findings[broken.finding].name == "window-too-large"
    assert [layer.findings for layer in found.layers()] == [(), ()] and found.elsewhere == ()


def test_folding_and_unfolding():
    source = {
        "seqspec": 1,
        "model": {"input": [4], "layers": [{"type": "Dense", "units": 4, "activation": "relu", "repeat": 5}]},
    }
    (group,) = described(source).entries
    assert isinstance(group, DiagramGroup) and [copy.times for copy in group.copies] == [5]
    assert "×5" in seqspec.plot(source).svg()
    assert seqspec.plot(source, fold=False).svg().count(">Dense<") == 6


@pytest.mark.parametrize("count", [5, 24, 25, 150, 1000])
def test_boxes_are_inside_the_picture_and_do_not_overlap(count):
    scene = layout(described(stack(count)), "model")
    assert scene.width / scene.height < 12
    cards = []
    for shape, left, top, right, bottom in boxes(scene.shapes):
        assert -0.1 <= left <= right <= scene.width + 0.1 and -0.1 <= top <= bottom <= scene.height + 0.1
        if isinstance(shape, Rect) and shape.style.startswith(("card", "box", "input")):
            cards.append((left, top, right, bottom))
    assert len(cards) == count + 1
    cards.sort()
    for first, second in pairwise(cards):
        assert second[0] >= first[2] or second[1] >= first[3]


def test_text_is_text():
    name = 'a<b>&"\u202e\n'
    source = stack(1)
    source["model"]["name"] = "m"
    source["model"]["layers"][0]["name"] = "x"
    drawn = seqspec.plot(source)
    drawn.diagram = type(drawn.diagram)(
        **{field: getattr(drawn.diagram, field) for field in drawn.diagram.__slots__ if field != "name"}, name=name
    )
    ElementTree.fromstring(drawn.svg())
    assert "<b>" not in drawn.html().replace("<b>", "", 0).split("</title>")[1].split("<style>")[0]
    assert '"a<b>' not in drawn.mermaid()
    assert '\\"' in drawn.dot()


def test_dark_light_and_both():
    drawn = seqspec.plot(stack(3))
    assert "prefers-color-scheme:dark" in drawn.svg() and "prefers-color-scheme" not in drawn.svg("dark")
    assert "#14171c" in drawn.svg("dark") and "#14171c" not in drawn.svg("light")


def test_contrast_of_the_colours():
    from seqspec.core.diagram.theme import COLORS

    def light(color):
        parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    def contrast(one, other):
        high, low = sorted((light(one), light(other)), reverse=True)
        return (high + 0.05) / (low + 0.05)

    pairs = [(text, ground) for text in ("text", "muted", "accent") for ground in ("page", "card", "frozen-soft")]
    pairs += [(name, f"{name}-soft") for name in ("error", "warning", "info")] + [
        ("page", "accent"),
        ("page", "frozen"),
    ]
    for text, ground in pairs:
        for scheme in (0, 1):
            assert contrast(COLORS[text][scheme], COLORS[ground][scheme]) >= 4.5, (text, ground, scheme)


@pytest.mark.needs("reportlab", "resvg_py")
def test_png_and_pdf():
    drawn = seqspec.plot(stack(30))
    image = drawn.png("dark", 1)
    assert image[:8] == b"\x89PNG\r\n\x1a\n"
    wide, high = (int.from_bytes(image[at : at + 4], "big") for at in (16, 20))
    scene = layout(drawn.diagram, "model")
    assert abs(wide - scene.width) <= 1 and abs(high - scene.height) <= 1
    from io import BytesIO

    from PIL import Image

    with Image.open(BytesIO(image)) as opened:
        # Text has been drawn with the font that comes with the extra.
        assert opened.convert("RGB").getpixel((2, 2)) == (0x14, 0x17, 0x1C) and len(opened.getcolors(1 << 24)) > 50
    assert drawn.pdf()[:5] == b"%PDF-" and drawn.pdf() == drawn.pdf()


@pytest.mark.needs("resvg_py")
def test_a_huge_picture_is_scaled_down():
    scene = layout(described(stack(1000)), "model")
    image = png(scene, scale=10)
    wide, high = (int.from_bytes(image[at : at + 4], "big") for at in (16, 20))
    assert wide * high <= 61_000_000


def test_mermaid_and_dot():
    source = {**stack(2)}
    source["model"]["layers"].append({"type": "Dense", "units": 3, "activation": "relu", "repeat": 2})
    drawn = seqspec.plot(source)
    lines = drawn.mermaid().splitlines()
    assert lines[0] == "flowchart TD" and sum("-->" in line for line in lines) == 3
    assert sum(line.strip().startswith("subgraph") for line in lines) == sum(line == "  end" for line in lines) == 1
    dot = drawn.dot()
    assert dot.startswith("digraph") and dot.count("{") == dot.count("}") and dot.count("->") == 3
    assert '"(2)"' in dot


def test_notebooks_show_it():
    spec = seqspec.Spec.from_toml('seqspec = 1\nmodel = { input = [4], layers = [{ type = "Dense", units = 2 }] }\n')
    bundle = spec.plot()._repr_mimebundle_()
    assert re.match(r'<img alt="1 layer · 10 parameters', bundle["text/html"]) and "Plot of" in bundle["text/plain"]


@pytest.mark.needs("reportlab", "resvg_py")
def test_diagram_saves_every_format(tmp_path):
    drawn = seqspec.plot(stack(3))
    for ending in ("svg", "html", "mmd", "dot", "png", "pdf"):
        drawn.save(tmp_path / f"model.{ending}")
        assert (tmp_path / f"model.{ending}").stat().st_size > 100
    with pytest.raises(ValueError, match="must end in"):
        drawn.save(tmp_path / "model.bmp")
    with pytest.raises(seqspec.SpecError):
        seqspec.plot({"seqspec": 1})


def test_the_description_is_plain_data():
    found = described(FROZEN)
    data = json.loads(json.dumps(plain(found.entries)))
    assert data[0]["range"] == "/model/layers/0" and data[0]["kind"] == "backbone" and "path" not in data[0]


def test_measures():
    assert width("iiii", 10) < width("WWWW", 10) and width("漢", 10) == 10
    assert cut("abcdef", 1000, 12) == "abcdef" and cut("a" * 100, 50, 12).endswith("…")
    assert width(cut("a" * 100, 50, 12), 12) <= 50
    lines = wrapped("one two three four five six seven", 60, 12, 2)
    assert len(lines) == 2 and lines[1].endswith("…")
