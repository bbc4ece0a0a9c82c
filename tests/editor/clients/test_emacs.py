"""Emacs with the eglot configuration of docs/editors.md."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.editor.clients.test_neovim import JSON, PATIENCE, TOML
from tests.editor.clients.test_page import block
from tests.integration.conftest import clean
from tests.requirements import program_path

pytestmark = pytest.mark.needs("emacs")

# Opens documents as a user does, and prints what is seen of each; eglot starts after the first command.
PROBE = """
(require 'eglot)
(defun until (what)
  (let ((end (+ (float-time) %d)))
    (while (not (or (funcall what) (> (float-time) end)))
      (accept-process-output nil 0.05))))
(defun look (file)
  (find-file file)
  (run-hooks 'post-command-hook)
  (flymake-start)
  (until #'flymake-diagnostics)
  (append
   (list
    :mode (symbol-name major-mode)
    :found (vconcat
            (mapcar (lambda (each)
                      (let ((start (flymake-diagnostic-beg each)))
                        (list :line (line-number-at-pos start)
                              :marked (buffer-substring-no-properties start (flymake-diagnostic-end each))
                              :text (flymake-diagnostic-text each))))
                    (flymake-diagnostics))))
   (when (string-suffix-p ".toml" file) (act))))
(defun act ()
  (let (explained offered fixes)
    (goto-char (point-min))
    (search-forward "\\"Flatten")
    (eglot-hover-eldoc-function (lambda (text &rest _) (setq explained (format "%%s" text))))
    (until (lambda () explained))
    (search-forward "rell")
    (setq offered (all-completions "rel" (nth 2 (eglot-completion-at-point))))
    (setq fixes (mapcar (lambda (each) (plist-get each :title)) (eglot-code-actions (point) (point))))
    (eglot-format-buffer)
    (list :explained explained
          :offered (vconcat (mapcar #'substring-no-properties offered))
          :fixes (vconcat fixes)
          :shapes (if eglot-inlay-hints-mode t :json-false)
          :text (buffer-substring-no-properties (point-min) (point-max)))))
(let ((seen (vconcat (mapcar #'look command-line-args-left))))
  (princ (decode-coding-string (json-serialize seen :false-object :json-false) 'utf-8)))
(setq command-line-args-left nil)
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    emacs = program_path("emacs")
    folder = tmp_path_factory.mktemp("emacs")
    (folder / "init.el").write_text(block("eglot-server-programs"), encoding="utf-8")
    (folder / "probe.el").write_text(PROBE % PATIENCE, encoding="utf-8")
    (folder / "model.seqspec.toml").write_text(TOML, encoding="utf-8")
    (folder / "model.seqspec.json").write_text(JSON, encoding="utf-8")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    command = [emacs, "-Q", "--batch", "-l", "init.el", "-l", "probe.el", "model.seqspec.toml", "model.seqspec.json"]
    env = clean(PATH=path, HOME=str(folder), LC_ALL="C.UTF-8")
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, encoding="utf-8", env=env, timeout=10 * PATIENCE
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_mistakes_are_marked(seen):
    toml, json_ = seen
    assert (toml["mode"], json_["mode"]) == ("seqspec-toml-mode", "seqspec-json-mode")
    (found,) = toml["found"]
    assert (found["line"], found["marked"]) == (13, "rellu") and "[SEQ106]" in found["text"]
    (found,) = json_["found"]
    assert (found["line"], found["marked"]) == (5, '"unit"') and "[SEQ102]" in found["text"]


def test_emacs_shows_hover_and_shapes(seen):
    assert "input (28, 28), output (784)" in seen[0]["explained"]
    assert "relu" in seen[0]["offered"] and "Dense" not in seen[0]["offered"]
    assert seen[0]["shapes"] is True


def test_fixes_and_formatting(seen):
    assert 'Write "relu"' in seen[0]["fixes"]
    assert "[vars]\nwidth = 32\n" in seen[0]["text"]
