// Runs a TensorFlow.js graph model in Node for seqspec.training.export.tfjs.
//
// Arguments: the folder of model.json. Requests come on standard input and replies go to standard output, each as one
// line of JSON, followed by as many bytes as `bytes` says: {"shape", "dtype", "bytes"}, or {"error"}. Strings are in the
// JSON line, as `values`. The first reply comes when the model is loaded: {"version"}.
const fs = require("fs");
const path = require("path");

for (const kind of ["log", "info", "warn", "error", "debug"]) console[kind] = () => {};

const ARRAYS = { float32: Float32Array, int32: Int32Array, bool: Uint8Array };

function reply(header, content) {
  const line = Buffer.from(JSON.stringify(header) + "\n");
  fs.writeSync(1, line);
  for (let start = 0; content && start < content.length; ) start += fs.writeSync(1, content, start);
}

// The next line, and `read(count)` the bytes after it; null at the end of the input.
const input = {
  rest: Buffer.alloc(0),
  more() {
    const part = Buffer.alloc(1 << 16);
    const count = fs.readSync(0, part, 0, part.length, null);
    this.rest = Buffer.concat([this.rest, part.subarray(0, count)]);
    return count > 0;
  },
  line() {
    let end;
    while ((end = this.rest.indexOf(10)) < 0) if (!this.more()) return null;
    const line = this.rest.subarray(0, end).toString();
    this.rest = this.rest.subarray(end + 1);
    return JSON.parse(line);
  },
  read(count) {
    const parts = [this.rest];
    let size = this.rest.length;
    while (size < count) {
      const part = Buffer.alloc(Math.min(count - size, 1 << 20));
      const found = fs.readSync(0, part, 0, part.length, null);
      if (!found) return null;
      parts.push(part.subarray(0, found));
      size += found;
    }
    const content = Buffer.concat(parts);
    this.rest = content.subarray(count);
    return content.subarray(0, count);
  },
};

function exact(bytes) {
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
}

function artifacts(folder) {
  const model = JSON.parse(fs.readFileSync(path.join(folder, "model.json")));
  const weightSpecs = [];
  const shards = [];
  for (const group of model.weightsManifest) {
    weightSpecs.push(...group.weights);
    for (const name of group.paths) shards.push(fs.readFileSync(path.join(folder, name)));
  }
  return { ...model, weightSpecs, weightData: exact(Buffer.concat(shards)) };
}

async function run(tf, model, request) {
  const content = request.dtype === "string" ? request.values : new ARRAYS[request.dtype](exact(input.read(request.bytes)));
  const x = tf.tensor(content, request.shape, request.dtype);
  const y = await model.executeAsync({ [model.inputs[0].name]: x });
  const values = await y.data();
  const header = { shape: y.shape, dtype: y.dtype };
  tf.dispose([x, y]);
  if (header.dtype === "string") return reply({ ...header, values: Array.from(values), bytes: 0 });
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  reply({ ...header, bytes: bytes.length }, bytes);
}

async function main() {
  let tf, model;
  try {
    // Not by name, which Node would also look up beside this file and in the folders above it.
    const folders = (process.env.NODE_PATH || "").split(path.delimiter);
    const found = folders.map((each) => path.join(each, "@tensorflow/tfjs")).find((each) => fs.existsSync(each));
    if (!found) return reply({ error: "no @tensorflow/tfjs in NODE_PATH", missing: true });
    tf = require(path.resolve(found));
  } catch (error) {
    return reply({ error: String(error.message), missing: true });
  }
  try {
    await tf.setBackend("cpu");
    model = await tf.loadGraphModel({ load: async () => artifacts(process.argv[2]) });
    reply({ version: tf.version.tfjs });
  } catch (error) {
    return reply({ error: String(error.message) });
  }
  for (let request; (request = input.line()); ) {
    try {
      await run(tf, model, request);
    } catch (error) {
      reply({ error: String(error.message) });
    }
  }
}

main();
