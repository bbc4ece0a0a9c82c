/** The colours of the editor, light and dark, by what the system prefers. */

import { editor } from "monaco-editor/editor";

type Colors = Record<
  "text" | "muted" | "key" | "table" | "string" | "number" | "keyword" | "reference" | "bad",
  string
>;

const LIGHT: Colors = {
  text: "1f2430",
  muted: "6b7585",
  key: "1d4fb8",
  table: "7a3e9d",
  string: "1f7a3f",
  number: "a4550c",
  keyword: "a4550c",
  reference: "b3246b",
  bad: "c2342b",
};

const DARK: Colors = {
  text: "e2e6ed",
  muted: "8a94a6",
  key: "8fb4ff",
  table: "d0a8f0",
  string: "93d09f",
  number: "f0b377",
  keyword: "f0b377",
  reference: "ff93c2",
  bad: "ff8278",
};

function rules(colors: Colors): editor.ITokenThemeRule[] {
  return [
    { token: "", foreground: colors.text },
    { token: "comment", foreground: colors.muted },
    { token: "delimiter", foreground: colors.muted },
    { token: "key", foreground: colors.key },
    { token: "metatag", foreground: colors.table },
    { token: "namespace", foreground: colors.table, fontStyle: "bold" },
    { token: "string", foreground: colors.string },
    { token: "string.escape", foreground: colors.number },
    { token: "number", foreground: colors.number },
    { token: "keyword", foreground: colors.keyword },
    { token: "variable", foreground: colors.reference },
    { token: "invalid", foreground: colors.bad },
  ];
}

export function defineThemes(): void {
  editor.defineTheme("seqspec-light", {
    base: "vs",
    inherit: true,
    rules: rules(LIGHT),
    colors: {
      "editor.background": "#ffffff",
      "editor.foreground": "#1f2430",
      "editor.lineHighlightBackground": "#f4f6fa",
      "editor.lineHighlightBorder": "#00000000",
      "editorCodeLens.foreground": "#5d6778",
      "editorGutter.background": "#ffffff",
      "editorHoverWidget.background": "#ffffff",
      "editorHoverWidget.border": "#cfd5de",
      "editorHoverWidget.foreground": "#1f2430",
      "editorInlayHint.background": "#00000000",
      "editorInlayHint.foreground": "#6b7585",
      "editorInlayHint.typeBackground": "#00000000",
      "editorInlayHint.typeForeground": "#6b7585",
      "editorLineNumber.activeForeground": "#4b5565",
      "editorLineNumber.foreground": "#a3abb8",
      "editorSuggestWidget.background": "#ffffff",
      "editorSuggestWidget.border": "#cfd5de",
      "editorWidget.background": "#ffffff",
    },
  });
  editor.defineTheme("seqspec-dark", {
    base: "vs-dark",
    inherit: true,
    rules: rules(DARK),
    colors: {
      "editor.background": "#14171c",
      "editor.foreground": "#e2e6ed",
      "editor.lineHighlightBackground": "#1b1f26",
      "editor.lineHighlightBorder": "#00000000",
      "editorCodeLens.foreground": "#98a2b3",
      "editorGutter.background": "#14171c",
      "editorHoverWidget.background": "#1d2128",
      "editorHoverWidget.border": "#39414d",
      "editorHoverWidget.foreground": "#e2e6ed",
      "editorInlayHint.background": "#00000000",
      "editorInlayHint.foreground": "#8a94a6",
      "editorInlayHint.typeBackground": "#00000000",
      "editorInlayHint.typeForeground": "#8a94a6",
      "editorLineNumber.activeForeground": "#c3cad6",
      "editorLineNumber.foreground": "#596273",
      "editorSuggestWidget.background": "#1d2128",
      "editorWidget.background": "#1d2128",
    },
  });
}

export function followScheme(): void {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const set = () => editor.setTheme(dark.matches ? "seqspec-dark" : "seqspec-light");
  dark.addEventListener("change", set);
  set();
}
