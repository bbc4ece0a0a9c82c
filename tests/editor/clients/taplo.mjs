// The language server inside "Even Better TOML", the WebAssembly build of taplo, as a server on standard streams.
import { promises as files } from "node:fs";
import { isAbsolute } from "node:path";
import { fileURLToPath } from "node:url";
import taplo from "@taplo/lsp";

const refuse = async (address) => {
  throw new Error(`nothing is fetched here: ${address}`);
};
const environment = {
  cwd: () => process.cwd(),
  envVar: (name) => process.env[name],
  envVars: () => Object.entries(process.env),
  findConfigFile: () => undefined,
  glob: () => [],
  isAbsolute,
  now: () => new Date(),
  readFile: (path) => files.readFile(path),
  writeFile: (path, content) => files.writeFile(path, content),
  // It names its own root with a scheme of its own.
  urlToFilePath: (url) => (url.startsWith("file:") ? fileURLToPath(url) : new URL(url).pathname),
  stderr: process.stderr,
  stdErrAtty: () => false,
  stdin: process.stdin,
  stdout: process.stdout,
  fetch: { fetch: refuse, Headers, Request, Response },
};

function send(message) {
  const body = Buffer.from(JSON.stringify(message));
  process.stdout.write(Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body]));
}

const server = await taplo.TaploLsp.initialize(environment, { onMessage: send });
let waiting = Buffer.alloc(0);

function next() {
  const end = waiting.indexOf("\r\n\r\n");
  if (end < 0) return null;
  const length = Number(/content-length:\s*(\d+)/i.exec(waiting.subarray(0, end).toString())[1]);
  if (waiting.length < end + 4 + length) return null;
  const message = JSON.parse(waiting.subarray(end + 4, end + 4 + length).toString());
  waiting = waiting.subarray(end + 4 + length);
  return message;
}

process.stdin.on("data", (chunk) => {
  waiting = Buffer.concat([waiting, chunk]);
  for (let message = next(); message !== null; message = next()) {
    if (message.method === "exit") process.exit(0);
    // The server itself never answers this one.
    if (message.method === "shutdown") send({ jsonrpc: "2.0", id: message.id, result: null });
    else server.send(message);
  }
});
process.stdin.on("end", () => process.exit(0));
