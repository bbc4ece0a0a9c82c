"""Colours and type of a picture: one style sheet, written as rules for both colour schemes or as attributes of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from seqspec.core.diagnostics.diagnostic import SEVERITIES

Theme = Literal["auto", "light", "dark"]
"""`"auto"` follows the viewer where it can: browsers and editors do, converters do not."""

SANS = "system-ui, -apple-system, 'Segoe UI', 'Noto Sans', 'DejaVu Sans', sans-serif"
MONO = "ui-monospace, 'Cascadia Code', Menlo, Consolas, 'DejaVu Sans Mono', monospace"

# Name → (light, dark). Text has a contrast of at least 4.5 on the surfaces that it is drawn on.
COLORS: Mapping[str, tuple[str, str]] = {
    "page": ("#ffffff", "#14171c"),
    "card": ("#f7f8fa", "#20252d"),
    "line": ("#cfd5de", "#3a424e"),
    "text": ("#1f2430", "#e2e6ed"),
    "muted": ("#566070", "#a3adbc"),
    "accent": ("#2a53c0", "#8fb1ff"),
    "accent-soft": ("#e8eefc", "#24314f"),
    "track": ("#e4e8ee", "#323945"),
    "params": ("#4a74e0", "#7ea3f7"),
    "macs": ("#1c9a82", "#4cc3a8"),
    "frozen": ("#1b6c8f", "#8ccdea"),
    "frozen-soft": ("#e2f2f9", "#1c3441"),
    "error": ("#b3261e", "#ff9a91"),
    "error-soft": ("#fdeeec", "#3a2226"),
    "warning": ("#8a5000", "#ecb65a"),
    "warning-soft": ("#fdf3e1", "#372c1c"),
    "info": ("#235f82", "#86c6ea"),
    "info-soft": ("#e8f3f9", "#1d2f3a"),
}

# Class → attributes; a value that is the name of a colour is that colour.
CLASSES: Mapping[str, Mapping[str, str]] = {
    "page": {"fill": "page"},
    "card": {"fill": "card", "stroke": "line"},
    "backbone": {"fill": "accent-soft", "stroke": "accent"},
    "frozen": {"fill": "frozen-soft", "stroke": "frozen"},
    "input": {"fill": "page", "stroke": "muted", "stroke-dasharray": "4 3"},
    "unreached": {"fill": "none", "stroke": "line", "stroke-dasharray": "4 3"},
    "group": {"fill": "none", "stroke": "muted"},
    "flow": {"fill": "none", "stroke": "muted", "stroke-width": "1.5"},
    "arrow": {"fill": "muted"},
    "rule": {"fill": "none", "stroke": "line"},
    "track": {"fill": "track"},
    "params": {"fill": "params"},
    "macs": {"fill": "macs"},
    "pill-frozen": {"fill": "frozen"},
    "pill-backbone": {"fill": "accent"},
    "pill-text": {"fill": "page", "font-size": "10", "font-weight": "600"},
    "title": {"fill": "text", "font-size": "18", "font-weight": "600"},
    "type": {"fill": "text", "font-size": "13", "font-weight": "600"},
    "text": {"fill": "text", "font-size": "12"},
    "muted": {"fill": "muted", "font-size": "11.5"},
    "name": {"fill": "muted", "font-size": "11", "font-family": MONO},
    "shape": {"fill": "accent", "font-size": "11.5", "font-family": MONO},
    "same": {"fill": "muted", "font-size": "11.5", "font-family": MONO},
    **{
        f"box-{severity}": {"fill": f"{severity}-soft", "stroke": severity} for severity in ("error", "warning", "info")
    },
    **{f"dot-{severity}": {"fill": severity} for severity in SEVERITIES},
    **{f"words-{severity}": {"fill": severity, "font-size": "11.5"} for severity in SEVERITIES},
}


def rules(theme: Theme) -> str:
    """The style sheet of a picture that a browser shows."""
    out = [f"text{{font-family:{SANS}}}"]
    for name, attributes in CLASSES.items():
        out.append(f".{name}{{{_declared(attributes, 1 if theme == 'dark' else 0)}}}")
    if theme == "auto":
        dark = (f".{name}{{{_declared(_coloured(attributes), 1)}}}" for name, attributes in CLASSES.items())
        out.append(f"@media (prefers-color-scheme:dark){{{''.join(dark)}}}")
    return "".join(out)


def attributes(name: str, dark: bool, mono: str) -> dict[str, str]:
    """The attributes of a class for a converter that knows no style sheets."""
    values = {key: _value(value, 1 if dark else 0) for key, value in CLASSES[name].items()}
    return {key: mono if key == "font-family" else value for key, value in values.items()}


def _coloured(given: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in given.items() if value in COLORS}


def _declared(given: Mapping[str, str], scheme: int) -> str:
    return ";".join(f"{key}:{_value(value, scheme)}{_unit(key)}" for key, value in given.items())


def _unit(key: str) -> str:
    return "px" if key == "font-size" else ""


def _value(value: str, scheme: int) -> str:
    return COLORS[value][scheme] if value in COLORS else value
