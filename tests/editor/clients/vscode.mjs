// VS Code's JSON service, which Monaco, Zed and others use too: a question a line on standard input, an answer a line.
//
//   {"schema": path, "text": document, "offset": number or null, "repeat": number}
//   {"diagnostics": [...], "completions": [...], "hover": text or null, "milliseconds": [...]}
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import service from "vscode-json-languageservice";

const { ClientCapabilities, getLanguageService, TextDocument } = service;

const NAME = "file:///model.seqspec.json";
const services = new Map();

function serviceFor(path) {
  if (!services.has(path)) {
    const text = readFileSync(path, "utf8");
    const service = getLanguageService({
      clientCapabilities: ClientCapabilities.LATEST,
      // A document may name the schema itself, by a path of its own.
      schemaRequestService: async (uri) => {
        if (uri.endsWith("/seqspec-1.schema.json")) return text;
        throw new Error(`nothing is fetched here: ${uri}`);
      },
    });
    const schema = JSON.parse(text);
    service.configure({ validate: true, schemas: [{ uri: "file:///schema.json", fileMatch: ["*.seqspec.json"], schema }] });
    services.set(path, service);
  }
  return services.get(path);
}

const words = (markup) => (typeof markup === "object" && markup !== null ? markup.value : markup) ?? "";

async function answer({ schema, text, offset = null, repeat = 1 }) {
  const service = serviceFor(schema);
  const document = TextDocument.create(NAME, "json", 1, text);
  const parsed = service.parseJSONDocument(document);
  const found = await service.doValidation(document, parsed);
  const diagnostics = found.map(({ range, message }) => ({ range, message }));
  if (offset === null) return { diagnostics, completions: [], hover: null, milliseconds: [] };
  const position = document.positionAt(offset);
  const milliseconds = [];
  let list;
  for (let round = 0; round < repeat; round++) {
    const start = performance.now();
    list = await service.doComplete(document, position, service.parseJSONDocument(document));
    milliseconds.push(performance.now() - start);
  }
  const completions = (list?.items ?? []).map((item) => ({
    label: item.label,
    documentation: words(item.documentation),
    inserts: item.textEdit?.newText ?? item.insertText ?? item.label,
  }));
  const hover = await service.doHover(document, position, parsed);
  const contents = hover === null ? null : [hover.contents].flat().map(words).join("\n");
  return { diagnostics, completions, hover: contents, milliseconds };
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(JSON.stringify(await answer(JSON.parse(line))) + "\n");
}
