"""The beginning of report.html, and its style sheet."""

from html import escape

STYLE = """
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6675; --page: #fbfcfd; --line: #dde2e8; --box: #f1f4f7;
  --s0: #2f6fca; --s1: #c8611f; --s2: #2e8a50; --s3: #a03f8c; --heat: 47 111 202; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e3e8ee; --soft: #9aa5b3; --page: #14181d; --line: #2c333c; --box: #1d232a;
    --s0: #6aa5f5; --s1: #ee9a5c; --s2: #62c486; --s3: #d884c6; --heat: 106 165 245; }
}
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.5rem; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 2.2rem 0 .6rem; }
.lead { color: var(--soft); margin: .2rem 0 1.2rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .3rem .9rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--soft); font-weight: 600; }
.charts { display: flex; flex-wrap: wrap; gap: .6rem 1.6rem; }
.charts figure { margin: 0; flex: 1 1 18rem; max-width: 28rem; }
.chart { width: 100%; height: auto; display: block; fill: var(--ink); font: 11px system-ui, sans-serif; }
.chart .title { font-size: 12px; font-weight: 600; }
.chart .tick { fill: var(--soft); }
.chart .grid { stroke: var(--line); }
.chart .line { fill: none; stroke-width: 1.7; stroke-linejoin: round; }
.chart .thin { stroke-width: 1; opacity: .45; } .chart .axis { stroke: var(--soft); }
.chart .halo { paint-order: stroke; stroke: var(--page); stroke-width: 3px; stroke-linejoin: round; }
.chart.parallel { height: auto; } .chart .bridge { stroke-dasharray: 3 4; }
.chart .mark { stroke: var(--soft); stroke-dasharray: 2 3; }
.chart .dots { opacity: .65; }
.line.s0 { stroke: var(--s0); } .line.s1 { stroke: var(--s1); } .line.s2 { stroke: var(--s2); }
.dots.s0 { fill: var(--s0); } .dots.s1 { fill: var(--s1); } .dots.s2 { fill: var(--s2); }
.legend { margin: .2rem 0 .5rem; color: var(--soft); display: flex; flex-wrap: wrap; gap: .2rem 1rem; }
.legend i { display: inline-block; width: 1rem; height: 3px; margin-right: .4rem; vertical-align: middle; }
i.s0 { background: var(--s0); } i.s1 { background: var(--s1); } i.s2 { background: var(--s2); }
.matrix td, .matrix th { text-align: right; padding: .3rem .6rem; border: 1px solid var(--line); }
.matrix td { background: rgb(var(--heat) / calc(var(--share) * .55)); }
.bars td:last-child { width: 16rem; }
.bars div { background: var(--s0); height: .8rem; margin-top: .3rem; min-width: 1px; border-radius: 2px; }
.thumbs { display: flex; flex-wrap: wrap; gap: .8rem; }
.thumbs figure { margin: 0; width: 8.5rem; font-size: .8rem; }
.thumbs img { width: 100%; image-rendering: pixelated; border-radius: 4px; border: 1px solid var(--line); }
code, pre { background: var(--box); border-radius: 4px; font: .87em ui-monospace, monospace; }
code { padding: .1rem .3rem; }
pre { padding: .8rem 1rem; overflow-x: auto; line-height: 1.45; }
.stack { list-style: none; margin: 0; padding: 0; max-width: 34rem; }
.stack li { background: var(--box); border: 1px solid var(--line); border-radius: 6px; padding: .35rem .7rem;
  margin: 0 0 .35rem; display: flex; flex-wrap: wrap; gap: .2rem .8rem; }
.stack span { color: var(--soft); } .stack i { margin-left: auto; font-style: normal; color: var(--soft); }
"""


def page_head(title: str) -> str:
    """A page up to its heading; `</main></body></html>` ends it."""
    title = escape(title)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>{STYLE}</style></head><body><main>\n<h1>{title}</h1>\n"
    )
