"""Which nightly tests a run with `--nightly=changed` includes: those whose area the last commits changed.

After a change of everything it includes none, since all of them take an hour: `scripts/test-all` is for that.
"""

import functools
import subprocess

import pytest

from tests import ROOT

COMMITS = 5
EVERYTHING = 12
"""More changed areas than these are a change of everything."""
_DEVICES = ("seqspec/training/engines", "seqspec/training/planning/placement.py", "seqspec/training/strategies")
AREAS = {
    "tests/cli": ("seqspec/cli", "seqspec/core/language", "tests/cli"),
    "tests/core/differential": (
        "seqspec/core/catalog/applications", "tests/core/differential/test_applications.py",
        "tests/descriptors/applications.py",
    ),
    "tests/core/differential/test_base_model_layers.py": (
        "seqspec/core/catalog/applications", "seqspec/core/catalog/dtypes.py", "seqspec/core/catalog/dtypes.py",
        "tests/core/differential/test_base_model_layers.py", "tests/descriptors/applications.py",
    ),
    "tests/core/differential/test_layers.py": (
        "seqspec/core/analysis/layers", "seqspec/core/catalog", "seqspec/core/shapes",
        "tests/core/differential/test_layers.py", "tests/descriptors",
    ),
    "tests/core/differential/test_callbacks.py": (
        "seqspec/core/analysis/training", "seqspec/core/catalog/callbacks.py", "seqspec/core/linter/rules/training",
        "tests/core/differential/test_callbacks.py", "tests/core/differential/training.py",
    ),
    "tests/core/differential/test_training_steps.py": (
        "seqspec/core/analysis", "seqspec/core/catalog/losses", "seqspec/core/catalog/metrics",
        "seqspec/core/linter/rules/head", "seqspec/core/linter/rules/training",
        "tests/core/differential/test_training_steps.py",
    ),
    "tests/core/differential/test_import.py": (
        "seqspec/core/catalog", "seqspec/core/compiler", "seqspec/core/frontends",
        "tests/core/differential/test_import.py", "tests/descriptors",
    ),
    "tests/core/differential/test_layers_in_pipelines.py": (
        "seqspec/core/analysis/layers", "seqspec/core/catalog", "tests/core/differential/test_layers_in_pipelines.py",
        "tests/descriptors",
    ),
    "tests/core": ("seqspec/core", "tests/core"),
    "tests/core/check/test_check_many.py": (
        "seqspec/core/analysis/report.py", "seqspec/core/diagnostics", "seqspec/core/check/parallel.py",
        "seqspec/core/check/worker.py", "tests/core/check/test_check_many.py",
    ),
    "tests/core/linter/rules/test_requires.py": ("seqspec/core/linter", "tests/core/linter/rules/test_requires.py"),
    "tests/core/output": ("seqspec/core/diagnostics", "seqspec/core/output", "tests/core/output"),
    "tests/editor": ("seqspec/editor", "seqspec/core/schema", "editors", "tests/editor"),
    "tests/integration": (
        ".pre-commit-hooks.yaml", "action.yml", "ci", "mkdocs.yml", "scripts/site.py", "tests/integration",
    ),
    "tests/integration/test_site.py": (
        "editors/playground", "mkdocs.yml", "scripts/site.py", "tests/integration/test_site.py",
    ),
    "tests/programs": ("seqspec/programs", "tests/programs"),
    "tests/robustness": (
        "seqspec/core/language", "seqspec/core/syntax", "seqspec/editor/lsp", "seqspec/programs",
        "seqspec/saved_models", "tests/robustness",
    ),
    "tests/scripts/test_new_layer.py": (
        "scripts", "seqspec/core/catalog", "tests/core/catalog", "tests/descriptors", "tests/scripts",
    ),
    "tests/test_record.py": (
        "seqspec/core", "seqspec/programs", "tests/cases", "tests/record", "tests/test_record.py",
    ),
    "tests/saved_models": ("seqspec/saved_models", "tests/saved_models"),
    "tests/training": ("seqspec/training", "tests/training"),
    "tests/training/export": (
        "seqspec/core/analysis/exporting.py", "seqspec/core/catalog/export_formats.py",
        "seqspec/core/catalog/export_formats.py", "seqspec/training/export", "tests/training/export",
    ),
    "tests/training/search": ("seqspec/core/search_space", "seqspec/training/search", "tests/training/search"),
    "tests/training/evaluation/test_calibration.py": (
        "seqspec/training/evaluation/calibration.py", "tests/training/evaluation/test_calibration.py",
    ),
    "tests/training/test_docs.py": (
        "docs", "seqspec/training/commands", "seqspec/training/export", "seqspec/training/scaffold",
        "tests/training/test_docs.py",
    ),
    "tests/training/test_devices.py": (*_DEVICES, "tests/training/test_devices.py"),
    "tests/training/test_distributed_page.py": (
        *_DEVICES, "docs/distributed.md", "tests/training/test_distributed_page.py",
    ),
    "tests/training/test_examples.py": (
        "examples", "seqspec/core/compiler", "seqspec/training/data", "seqspec/training/search",
        "seqspec/training/fitting/stages.py", "seqspec/training/fitting/trainer.py",
        "seqspec/training/fitting/trained_model.py", "tests/training/test_examples.py",
    ),
    "tests/training/test_hosts.py": (*_DEVICES, "tests/training/hosts.py", "tests/training/test_hosts.py"),
    "tests/training/fitting/test_resume.py": (
        "seqspec/core/compiler", "seqspec/training/data/feed.py", "seqspec/training/fitting/recorder.py",
        "seqspec/training/run_folder", "seqspec/training/fitting/trainer.py",
        "seqspec/training/fitting/trained_model.py", "tests/training/fitting/test_resume.py",
    ),
    "tests/training/data/test_streaming.py": (
        "seqspec/training/data", "seqspec/training/data/feed.py", "seqspec/training/prediction/predict.py",
        "tests/training/data/test_streaming.py",
    ),
}  # fmt: skip
"""Folder or file of tests → files and folders whose changes it tests."""


SMOKE = {
    "tests/editor/clients/test_cursors.py": (
        "test_taplo_explains_classes", "test_tombi", "test_vscode_writes_what_a_layer_requires",
    ),
    "tests/editor/clients/test_emacs.py": ("test_mistakes_are_marked",),
    "tests/editor/clients/test_extension.py": ("test_the_package", "test_extension_starts_the_server_of_the_workspace"),
    "tests/editor/clients/test_helix.py": ("test_helix_finds_the_server",),
    "tests/editor/clients/test_planted_errors.py": ("test_a_sound_document", "test_check_jsonschema"),
    "tests/editor/clients/test_neovim.py": ("test_a_mistake_is_marked",),
    "tests/editor/clients/test_page.py": ("test_commands_of_clients_start_the_server", "test_schemas_of_json_files"),
    "tests/editor/playground/test_browser.py": ("test_the_real_checker_finds_fixes_and_draws",),
    "tests/editor/playground/test_defects.py": ("test_a_finding_is_said_once",),
    "tests/editor/playground/test_page.py": (
        "test_a_mistake_is_marked_listed_explained_and_fixed", "test_saving_and_what_somebody_else_has_written",
    ),
    "tests/editor/playground/test_training.py": (
        "test_a_small_data_set_in_the_folder_is_trained", "test_files_outside_the_folder_are_refused",
        "test_training_refuses_missing_and_large_data",
    ),
    "tests/integration/test_accessibility.py": ("test_a_diagram",),
    "tests/integration/test_precommit.py": ("test_the_manifest_is_valid", "test_the_hooks_in_a_project"),
    "tests/training/test_distributed_page.py": ("test_devices", "test_kubernetes"),
}  # fmt: skip
"""Files of tests of browsers, editors and Ray, and their tests that every run includes."""


def rest_nightly(values, *kept):
    """Parameters of a test, those that are not named marked as nightly."""
    return [value if value in kept else pytest.param(value, marks=pytest.mark.nightly) for value in values]


def is_nightly(item):
    """Whether a test is marked as nightly, between those of a sample, or of a file of `SMOKE` and not named there."""
    named = SMOKE.get(item.path.relative_to(ROOT).as_posix())
    sampled = item.get_closest_marker("sampled")
    return (
        item.get_closest_marker("nightly") is not None
        or (named is not None and item.originalname not in named)
        or (sampled is not None and sum(item.callspec.indices.values()) % sampled.args[0] != 0)
    )


def changed_files(root=ROOT, commits=COMMITS):
    """The files that the last commits and the working tree change; none where git or the history is missing.

    Files that were only moved do not count, nor does the first commit of a shallow clone, which seems to add them all.
    """
    log = [
        "log",
        f"--max-count={commits}",
        "--min-parents=1",
        "--first-parent",
        "--diff-merges=first-parent",
        "--format=",
    ]
    found = set()
    for arguments in (log, ["diff", "HEAD"]):
        try:
            done = subprocess.run(
                ["git", "-C", root, *arguments, "--name-status", "--find-renames"], capture_output=True, text=True
            )
        except FileNotFoundError:
            return set()
        changes = (line.split("\t") for line in done.stdout.splitlines() if line)
        found |= {name for status, *names in changes if status != "R100" for name in names}
    return found


def changed_areas(files):
    """The folders of tests in whose areas the files are."""
    return {
        folder
        for folder, area in AREAS.items()
        if any(file == place or file.startswith(f"{place}/") for file in files for place in area)
    }


@functools.cache
def _areas_of_this_checkout():
    return changed_areas(changed_files())


def describe(config):
    """What `--nightly=changed` includes, for the head of a run; None for another choice."""
    if config.option.nightly != "changed":
        return None
    areas = _areas_of_this_checkout()
    if len(areas) > EVERYTHING:
        return f"nightly tests: none, since the last commits changed {len(areas)} areas; scripts/test-all runs them"
    return f"nightly tests: of {', '.join(sorted(areas)) or 'no area'}"


def includes(config, item):
    """Whether a run includes a nightly test: the narrowest row of `AREAS` that holds it decides."""
    if config.option.nightly != "changed":
        return config.option.nightly == "all"
    path = item.path.relative_to(ROOT).as_posix()
    folders = [folder for folder in AREAS if f"{path}/".startswith(f"{folder}/")]
    areas = _areas_of_this_checkout()
    return len(areas) <= EVERYTHING and max(folders, key=len, default="") in areas
