/** TOML 1.0 for the tokenizer of Monaco; `$name` within strings is a reference of seqspec. */

import { languages } from "monaco-editor/editor";

const REFERENCE = /\$(?:[A-Za-z_][\w.]*|\{[^}"']*\})/;

languages.register({ id: "toml", extensions: [".toml"] });
languages.setLanguageConfiguration("toml", {
  comments: { lineComment: "#" },
  brackets: [
    ["[", "]"],
    ["{", "}"],
  ],
  autoClosingPairs: [
    { open: "[", close: "]" },
    { open: "{", close: "}" },
    { open: '"', close: '"', notIn: ["string", "comment"] },
    { open: "'", close: "'", notIn: ["string", "comment"] },
  ],
  surroundingPairs: ["[]", "{}", '""', "''"].map(([open, close]) => ({ open, close })),
  indentationRules: {
    increaseIndentPattern: /^[^#"']*(?:"[^"]*"[^#"']*)*[[{(]\s*(?:#.*)?$/,
    decreaseIndentPattern: /^\s*[\]}]/,
  },
});
languages.setMonarchTokensProvider("toml", {
  defaultToken: "",
  tokenPostfix: ".toml",
  includeLF: true,
  reference: REFERENCE,
  escapes: /\\(?:["\\bfnrte]|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|x[0-9A-Fa-f]{2})/,
  tokenizer: {
    root: [
      [/^\s*\[\[/, "metatag", "@headers"],
      [/^\s*\[/, "metatag", "@header"],
      [/\s+/, "white"],
      [/#.*/, "comment"],
      [/(?=["'A-Za-z0-9_-])/, "", "@key"],
      [/[}\]]/, "@brackets"],
    ],
    headers: [[/\]\]/, "metatag", "@pop"], { include: "@name" }, [/\n/, "", "@pop"]],
    header: [[/\]/, "metatag", "@pop"], { include: "@name" }, [/\n/, "", "@pop"]],
    name: [
      [/[A-Za-z0-9_-]+/, "namespace"],
      [/"(?:[^"\\]|\\.)*"|'[^']*'/, "namespace"],
      [/[.\t ]+/, "delimiter"],
    ],
    key: [
      [/[A-Za-z0-9_-]+/, "key"],
      [/"(?:[^"\\]|\\.)*"|'[^']*'/, "key"],
      [/[\t ]*\.[\t ]*/, "delimiter"],
      [/[\t ]*=[\t ]*/, { token: "delimiter", switchTo: "@value" }],
      [/\n|(?=[,}\]#])/, "", "@pop"],
      [/./, "invalid"],
    ],
    value: [
      [/[ \t]+/, "white"],
      [/\[/, { token: "@brackets", switchTo: "@array" }],
      [/\{/, { token: "@brackets", switchTo: "@table" }],
      { include: "@scalar" },
      [/\n|(?=[,}\]#])/, "", "@pop"],
      [/./, "invalid"],
    ],
    array: [
      [/\s+/, "white"],
      [/#.*/, "comment"],
      [/\]/, "@brackets", "@pop"],
      [/,/, "delimiter"],
      [/\[/, "@brackets", "@array"],
      [/\{/, "@brackets", "@table"],
      { include: "@scalar" },
      [/./, "invalid"],
    ],
    table: [
      [/\s+/, "white"],
      [/#.*/, "comment"],
      [/\}/, "@brackets", "@pop"],
      [/,/, "delimiter"],
      [/(?=["'A-Za-z0-9_-])/, "", "@key"],
      [/./, "invalid"],
    ],
    scalar: [
      [/"""/, "string", "@text"],
      [/'''/, "string", "@literalText"],
      [/"/, "string", "@string"],
      [/'/, "string", "@literal"],
      [/(?:true|false)\b/, "keyword"],
      [/\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?)?/, "number.date"],
      [/\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?/, "number.date"],
      [/0(?:x[0-9A-Fa-f_]+|o[0-7_]+|b[01_]+)/, "number"],
      [/[+-]?(?:inf|nan)\b/, "number"],
      [/[+-]?\d[\d_]*(?:\.[\d_]+)?(?:[eE][+-]?[\d_]+)?/, "number"],
    ],
    string: [[/"/, "string", "@pop"], [/\n/, "string", "@pop"], { include: "@inside" }, [/[^"\\$\n]+|\$/, "string"]],
    text: [[/"""/, "string", "@pop"], { include: "@inside" }, [/[^"\\$]+|["$]/, "string"]],
    literal: [
      [/'/, "string", "@pop"],
      [/\n/, "string", "@pop"],
      [/@reference/, "variable"],
      [/[^'$\n]+|\$/, "string"],
    ],
    literalText: [
      [/'''/, "string", "@pop"],
      [/@reference/, "variable"],
      [/[^'$]+|['$]/, "string"],
    ],
    inside: [
      [/@escapes/, "string.escape"],
      [/\\./, "string.escape.invalid"],
      [/@reference/, "variable"],
    ],
  },
});
