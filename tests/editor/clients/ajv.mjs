// SchemaStore's own validator: compiles a schema in strict mode, then says of each document whether it is valid.
//
//   node ajv.mjs SCHEMA KEYWORD,KEYWORD < {"name": document, ...}    prints {"name": true or false, ...}
import { readFileSync } from "node:fs";
import Ajv from "ajv";

// The keywords of editors that SchemaStore declares for all schemas.
const EDITORS = ["defaultSnippets", "enumDescriptions", "markdownDescription", "x-taplo"];
const [, , path, own] = process.argv;
// As there: types are listed, and `required` may name what another part of the schema describes.
const ajv = new Ajv({ strict: true, allowUnionTypes: true, strictRequired: false, strictTypes: false, allErrors: true });
for (const keyword of [...EDITORS, ...own.split(",")]) ajv.addKeyword(keyword);
const validate = ajv.compile(JSON.parse(readFileSync(path, "utf8")));
const documents = JSON.parse(readFileSync(0, "utf8"));
const verdicts = Object.entries(documents).map(([name, document]) => [name, validate(document)]);
process.stdout.write(JSON.stringify(Object.fromEntries(verdicts)));
