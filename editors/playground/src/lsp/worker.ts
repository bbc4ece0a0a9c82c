/** The language server in a worker, by Pyodide: everything that it needs lies beside the page. */

interface Pyodide {
  unpackArchive(data: ArrayBuffer, format: string, options: { extractDir: string }): void;
  runPython(code: string): unknown;
  globals: { set(name: string, value: unknown): void };
}

const HERE = new URL("python/", self.location.href.replace(/assets\/[^/]*$/, ""));

let receive: ((text: string) => void) | undefined;
const waiting: string[] = [];

self.addEventListener("message", (event: MessageEvent<string>) => {
  if (receive === undefined) waiting.push(event.data);
  else receive(event.data);
});

async function start(): Promise<void> {
  const { loadPyodide } = (await import(/* @vite-ignore */ new URL("pyodide.mjs", HERE).href)) as {
    loadPyodide(options: { indexURL: string }): Promise<Pyodide>;
  };
  const [pyodide, packages, examples] = await Promise.all([
    loadPyodide({ indexURL: HERE.href }),
    fetch(new URL("packages.zip", HERE)).then((answer) => answer.arrayBuffer()),
    fetch(new URL("examples.json", HERE)).then((answer) => answer.text()),
  ]);
  pyodide.unpackArchive(packages, "zip", { extractDir: "/packages" });
  pyodide.globals.set("send", (text: string) => self.postMessage(text));
  pyodide.globals.set("examples", examples);
  receive = pyodide.runPython(
    "import sys\nsys.path.insert(0, '/packages')\nfrom seqspec.editor.playground.browser import start\nstart(send, examples)",
  ) as (text: string) => void;
  for (const text of waiting.splice(0)) receive(text);
}

start().catch((error: unknown) => self.postMessage(JSON.stringify({ fault: String(error) })));
