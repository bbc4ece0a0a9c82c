/** Monaco's own JSON service with nothing but the published schema, as pictures of the documentation show it. */

import { editor, Uri } from "monaco-editor/editor";
import EditorWorker from "monaco-editor/editor/editor.worker?worker";
import JsonWorker from "monaco-editor/language/json/json.worker?worker";
import { jsonDefaults } from "monaco-editor/languages/features/json/register";
import schema from "../../../schemas/seqspec-1.schema.json";
import "../src/features";
import { defineThemes, followScheme } from "../src/themes";

self.MonacoEnvironment = { getWorker: (_, label) => (label === "json" ? new JsonWorker() : new EditorWorker()) };

const TEXT = `{
  "seqspec": 1,
  "model": {
    "input": [28, 28, 1],
    "layers": [
      { "type": "Conv2D", "filters": 32, "kernel_size": 3 },
      { "type": "Flatten" },
      { "type": "Dense", "units": 10, "activation": "softmax" }
    ]
  }
}
`;

jsonDefaults.setDiagnosticsOptions({ validate: true, schemas: [{ uri: schema.$id, fileMatch: ["*"], schema }] });
defineThemes();
followScheme();
editor.create(document.getElementById("editor") as HTMLElement, {
  automaticLayout: true,
  fixedOverflowWidgets: true,
  fontSize: 13,
  lineHeight: 20,
  minimap: { enabled: false },
  model: editor.createModel(TEXT, "json", Uri.parse("file:///model.seqspec.json")),
  overviewRulerLanes: 0,
  padding: { top: 12 },
  scrollBeyondLastLine: false,
  suggest: { showWords: false },
});
