"""Hooks of mkdocs for the documentation site: addresses of the repository, and the pages made of the code.

The reference of layers is made of the catalog and that of commands of click, so that neither can be out of date.
"""

import re
import sys
from pathlib import Path

import click
from mkdocs.structure.files import File

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts.links import repository  # noqa: E402
from seqspec.catalog.index import LAYERS, layer_class  # noqa: E402
from seqspec.cli.main import cli  # noqa: E402
from seqspec.schema.words import argument_words, default, summary  # noqa: E402

_SEARCH = 'data-md-component="search"'
_OUTSIDE = re.compile(r"(\]\()((?:\.\./)+)((?!docs/)[\w./-]+)(#[\w-]+)?\)")


def on_config(config):
    config["repo_url"] = repository()
    config["repo_name"] = repository().removeprefix("https://github.com/")
    return config


def on_files(files, config):
    for name, text in (("reference/layers.md", layers()), ("reference/cli.md", commands())):
        files.append(File.generated(config, name, content=text))
    return files


def on_page_markdown(markdown, page, config, files):
    """Links to files outside docs/ lead to the repository."""
    folder = Path(page.file.src_uri).parent

    def replaced(found):
        target = (ROOT / "docs" / folder / (found[2] + found[3])).resolve()
        if not target.exists() or (ROOT / "docs") in target.parents:
            return found[0]
        kind = "tree" if target.is_dir() else "blob"
        return f"{found[1]}{repository()}/{kind}/main/{target.relative_to(ROOT).as_posix()}{found[4] or ''})"

    # A second word after the language, for the tests of the examples, is none of Markdown.
    markdown = re.sub(r"^```(\w+) [^\n]+$", r"```\1", markdown, flags=re.M)
    return _OUTSIDE.sub(replaced, markdown)


def on_post_page(output, page, config):
    """A name for the dialog of the search, which the theme leaves without one."""
    return output.replace('data-md-component="search" role="dialog"', f'{_SEARCH} role="dialog" aria-label="Search"')


def layers():
    """Every layer with its arguments, by the module of the catalog that declares it."""
    families = {}
    for name in LAYERS:
        layer = layer_class(name)
        families.setdefault(layer.__module__.rpartition(".")[2].replace("_", " "), []).append((name, layer))
    out = ["# Layers\n", f"{len(LAYERS)} layers and base models, with the arguments and defaults of Keras.\n"]
    for family, found in sorted(families.items()):
        out.append(f"## {family.capitalize()}\n")
        for name, layer in found:
            out += [f"### {name}\n", f"{_plain(summary(layer))}\n"]
            rule = layer.compute_output_spec.__doc__
            if rule:
                out.append(f"Output: {_plain(rule.strip().splitlines()[0])}\n")
            if layer.model_fields:
                out.append("| argument | default | |\n| --- | --- | --- |")
                for key, field in layer.model_fields.items():
                    shown = "required" if field.is_required() else f"`{_cell(str(default(field)))}`"
                    out.append(f"| `{key}` | {shown} | {_plain(_cell(field.description or argument_words(field)))} |")
                out.append("")
    return "\n".join(out) + "\n"


def commands():
    """Every command with its help as click prints it."""
    out = ["# Commands\n"]
    context = click.Context(cli, info_name="seqspec")
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        inner = click.Context(command, info_name=name, parent=context, terminal_width=100, max_content_width=100)
        out += [f"## seqspec {name}\n", f"```text\n{command.get_help(inner)}\n```\n"]
        for each in getattr(command, "commands", {}).values():
            deeper = click.Context(each, info_name=each.name, parent=inner, terminal_width=100, max_content_width=100)
            out += [f"### seqspec {name} {each.name}\n", f"```text\n{each.get_help(deeper)}\n```\n"]
    return "\n".join(out) + "\n"


def _cell(text):
    return " ".join(text.split()).replace("|", "\\|")


def _plain(text):
    # What looks like markup in a docstring is code there.
    return text.replace("<", "&lt;").replace("[", "\\[")
