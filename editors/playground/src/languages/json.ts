/** JSON for the tokenizer of Monaco, the comments that an editor allows included. */

import { languages } from "monaco-editor/editor";

languages.register({ id: "json", extensions: [".json"] });
languages.setLanguageConfiguration("json", {
  comments: { lineComment: "//", blockComment: ["/*", "*/"] },
  brackets: [
    ["[", "]"],
    ["{", "}"],
  ],
  autoClosingPairs: [
    { open: "[", close: "]" },
    { open: "{", close: "}" },
    { open: '"', close: '"', notIn: ["string", "comment"] },
  ],
  indentationRules: { increaseIndentPattern: /[[{]\s*$/, decreaseIndentPattern: /^\s*[\]}]/ },
});
languages.setMonarchTokensProvider("json", {
  defaultToken: "",
  tokenPostfix: ".json",
  includeLF: true,
  reference: /\$(?:[A-Za-z_][\w.]*|\{[^}"]*\})/,
  tokenizer: {
    root: [
      [/\s+/, "white"],
      [/\/\/.*/, "comment"],
      [/\/\*/, "comment", "@comment"],
      [/"(?:[^"\\]|\\.)*"(?=\s*:)/, "key"],
      [/"/, "string", "@string"],
      [/(?:true|false|null)\b/, "keyword"],
      [/-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/, "number"],
      [/[{}[\]]/, "@brackets"],
      [/[:,]/, "delimiter"],
      [/./, "invalid"],
    ],
    comment: [
      [/\*\//, "comment", "@pop"],
      [/[^*]+|\*/, "comment"],
    ],
    string: [
      [/"/, "string", "@pop"],
      [/\n/, "string", "@pop"],
      [/\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})/, "string.escape"],
      [/\\./, "string.escape.invalid"],
      [/@reference/, "variable"],
      [/[^"\\$\n]+|\$/, "string"],
    ],
  },
});
