"""Self-contained HTML pages with diagrams, in both color schemes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from seqspec.core.diagnostics.diagnostic import Diagnostic
from seqspec.core.diagram.description import Diagram, DiagramLayer
from seqspec.core.diagram.graph_layout import layout
from seqspec.core.diagram.labels import exact
from seqspec.core.diagram.layout import totals_line
from seqspec.core.diagram.svg import svg
from seqspec.core.diagram.theme import COLORS, MONO, SANS, Theme
from seqspec.core.output.text import visible

_RULES = """
:root{color-scheme:SCHEME;VARIABLES}
*{box-sizing:border-box}
body{margin:0 auto;padding:24px;max-width:max-content;background:var(--page);color:var(--text);font:14px/1.5 SANS}
h1{font-size:22px;margin:0 0 4px;overflow-wrap:anywhere}h2{font-size:16px;margin:28px 0 8px}p{margin:4px 0}
figure{margin:12px 0;overflow:auto;border:1px solid var(--line);border-radius:8px}
figure svg{display:block}
.sides{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:20px;align-items:start}
.sides>section{min-width:0}.sides figure svg{max-width:100%;height:auto}
table{border-collapse:collapse;font-size:13px}.wide{overflow:auto}
th,td{padding:4px 12px 4px 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
th{font-weight:600}td.number,th.number{text-align:right;font-variant-numeric:tabular-nums}
code{font:12px/1.5 MONO;overflow-wrap:anywhere}.wide td code{overflow-wrap:break-word}
ul{margin:0;padding:0;list-style:none}li{margin:8px 0;padding:6px 12px;border-left:3px solid var(--info)}
li.error{border-color:var(--error)}li.warning{border-color:var(--warning)}
.muted{color:var(--muted)}.added{color:var(--accent)}.removed{color:var(--error)}
"""


def page(diagram: Diagram, title: str, theme: Theme = "auto") -> str:
    """A page with the diagram, the findings in full, and the layers as a table.

    Args:
        diagram: What is drawn.
        title: What the page is called where the model has no name.
        theme: The colours; `"auto"` follows the reader's scheme.
    """
    name = diagram.name or title
    body = [
        f"<h1>{text(name)}</h1>",
        f'<p class="muted">{text(totals_line(diagram))}</p>',
        figure(diagram, name, theme),
        *findings_list("Findings", diagram.findings),
        *_table(diagram),
    ]
    return html_page(name, body, theme)


def html_page(title: str, body: Iterable[str], theme: Theme) -> str:
    """A page around its content.

    Args:
        title: The title of the page.
        body: Markup.
        theme: The colours.
    """
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        # The page runs and loads nothing, whatever the document contains.
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{text(title)}</title><style>{_style(theme)}</style></head>\n<body><main>\n"
        + "\n".join(body)
        + "\n</main></body></html>\n"
    )


def figure(diagram: Diagram, title: str, theme: Theme = "auto") -> str:
    """The diagram as a part of a page, which scrolls where it is wider."""
    picture = svg(layout(diagram, title), theme)
    return f'<figure tabindex="0" role="region" aria-label="Diagram of {text(title)}">{picture}</figure>'


def findings_list(title: str, findings: Sequence[Diagnostic]) -> Iterator[str]:
    """A heading and the findings below it; nothing where there are none."""
    if findings:
        items = "".join(_finding(finding) for finding in findings)
        yield f"<h2>{text(title)}</h2><ul>{items}</ul>"


def text(content: str) -> str:
    """Text of a document, escaped."""
    return escape(visible(content))


def _style(theme: Theme) -> str:
    scheme = "light dark" if theme == "auto" else theme
    pairs = {"auto": "light-dark({0},{1})", "light": "{0}", "dark": "{1}"}[theme]
    variables = ";".join(f"--{name}:{pairs.format(*colors)}" for name, colors in COLORS.items())
    rules = _RULES.replace("SCHEME", scheme).replace("VARIABLES", variables)
    return rules.replace("SANS", SANS).replace("MONO", MONO).strip()


def _finding(finding: Diagnostic) -> str:
    location = f", line {finding.span.line}" if finding.span is not None else ""
    parts = [
        f"<p><strong>{finding.severity} {finding.code}</strong> {text(finding.name + location)}</p>",
        f"<p>{text(finding.message)}</p>",
    ]
    parts += [
        f'<p class="muted">{text(note)}</p>' for note in (*finding.notes, *([finding.help] if finding.help else []))
    ]
    return f'<li class="{finding.severity}">{"".join(parts)}</li>'


def _table(diagram: Diagram) -> Iterator[str]:
    rows = [_row(layer, copy.times) for _, copy in diagram.copies() for layer in copy.layers]
    if not rows:
        return
    yield '<h2>Layers</h2><div class="wide" tabindex="0" role="region" aria-label="Layers"><table><thead><tr>'
    yield "<th>layer</th><th>type</th><th>arguments</th><th>output shape</th><th>dtype</th>"
    yield '<th class="number">parameters</th><th class="number">MACs</th></tr></thead><tbody>'
    yield from rows
    yield "</tbody></table></div>"


def _row(layer: DiagramLayer, times: int) -> str:
    name = layer.name + (f" (×{times})" if times > 1 else "")
    frozen = " (frozen)" if layer.frozen else ""
    cells = [name, layer.type + frozen, layer.arguments_text(), layer.output_text(), layer.outputs[0].dtype or ""]
    numbers = [exact(layer.params), exact(layer.macs)]
    return (
        "<tr>"
        + "".join(f"<td><code>{text(cell)}</code></td>" if cell else "<td></td>" for cell in cells)
        + "".join(f'<td class="number">{text(number)}</td>' for number in numbers)
        + "</tr>"
    )
