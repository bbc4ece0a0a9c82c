/** Monaco with what this page needs of it, and no more. */

import { editor, type Uri } from "monaco-editor/editor";
import EditorWorker from "monaco-editor/editor/editor.worker?worker";
import "./features";
import "./languages/json";
import "./languages/toml";
import "monaco-editor/languages/definitions/python/register";
import { defineThemes, followScheme } from "./themes";

self.MonacoEnvironment = { getWorker: () => new EditorWorker() };

const FONT = 'ui-monospace, "SF Mono", "Cascadia Code", Menlo, Consolas, "DejaVu Sans Mono", monospace';

const COMMON: editor.IStandaloneEditorConstructionOptions = {
  automaticLayout: true,
  fixedOverflowWidgets: true,
  fontFamily: FONT,
  fontSize: 13,
  lineHeight: 20,
  minimap: { enabled: false },
  overviewRulerBorder: false,
  padding: { top: 12, bottom: 12 },
  renderLineHighlightOnlyWhenFocus: true,
  scrollbar: { horizontalScrollbarSize: 10, verticalScrollbarSize: 10 },
  scrollBeyondLastLine: false,
  stickyScroll: { enabled: false },
  unicodeHighlight: { ambiguousCharacters: false },
};

const PLAIN_BRACKETS = { enabled: false, independentColorPoolPerBracketType: false };

export function createEditor(parent: HTMLElement): editor.IStandaloneCodeEditor {
  defineThemes();
  followScheme();
  return editor.create(parent, {
    ...COMMON,
    ariaLabel: "Document",
    guides: { indentation: false },
    inlayHints: { fontSize: 12, padding: false },
    lineNumbersMinChars: 3,
    linkedEditing: true,
    model: null,
    "semanticHighlighting.enabled": true,
    quickSuggestions: { strings: true, other: true, comments: false },
    suggest: { showWords: false, preview: false },
    wordBasedSuggestions: "off",
  });
}

/** Python that can be read and copied. */
export function createReader(parent: HTMLElement): editor.IStandaloneCodeEditor {
  const model = editor.createModel("", "python");
  model.updateOptions({ bracketColorizationOptions: PLAIN_BRACKETS });
  return editor.create(parent, {
    ...COMMON,
    ariaLabel: "Python program",
    domReadOnly: true,
    folding: false,
    guides: { indentation: false },
    lineNumbersMinChars: 3,
    model,
    readOnly: true,
    renderLineHighlight: "none",
  });
}

export function createModel(text: string, language: string, uri: Uri): editor.ITextModel {
  editor.getModel(uri)?.dispose();
  const model = editor.createModel(text, language, uri);
  model.updateOptions({ tabSize: 2, bracketColorizationOptions: PLAIN_BRACKETS });
  return model;
}
