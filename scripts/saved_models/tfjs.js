// Writes models of TensorFlow.js with their predictions.
//
//     node tfjs.js FOLDER
//
// Needs @tensorflow/tfjs 4.22 in node_modules of the current folder. Each model is a folder NAME with model.json and its
// shards; NAME.data.json has `input` and `predictions` as nested lists.
const fs = require("fs");
const path = require("path");
const tf = require(path.join(process.cwd(), "node_modules/@tensorflow/tfjs"));

const FOLDER = process.argv[2];
const L = tf.layers;
let seed = 7;

function random() {
  seed = (seed * 1103515245 + 12345) % 2147483648;
  return seed / 2147483648;
}

function uniform(shape, least, most) {
  const size = shape.reduce((a, b) => a * b, 1);
  return tf.tensor(Float32Array.from({ length: size }, () => least + (most - least) * random()), shape);
}

function fill(model) {
  const values = model.weights.map((weight) =>
    weight.originalName.includes("variance") ? uniform(weight.shape, 0.5, 1.5) : uniform(weight.shape, -0.5, 0.5)
  );
  model.setWeights(values);
}

// As tensorflowjs_converter quantizes: an affine map to integers, or half precision.
function quantized(artifacts, dtype) {
  const data = new Float32Array(artifacts.weightData);
  const parts = [];
  let place = 0;
  const specs = artifacts.weightSpecs.map((spec) => {
    const size = spec.shape.reduce((a, b) => a * b, 1);
    const values = data.subarray(place, place + size);
    place += size;
    const least = Math.min(...values);
    const steps = dtype === "uint8" ? 255 : 65535;
    const scale = (Math.max(...values) - least) / steps || 1;
    const Kind = dtype === "uint8" ? Uint8Array : Uint16Array;
    parts.push(Buffer.from(Kind.from(values, (value) => Math.round((value - least) / scale)).buffer));
    return { ...spec, quantization: { dtype, scale, min: least, original_dtype: "float32" } };
  });
  return { ...artifacts, weightSpecs: specs, weightData: Uint8Array.from(Buffer.concat(parts)).buffer };
}

async function save(name, layers, data, options = {}) {
  name = `tfjs_${name}`;
  let model = tf.sequential({ layers: layers() });
  fill(model);
  let artifacts;
  const taken = { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: "JSON" } };
  await model.save(tf.io.withSaveHandler(async (found) => ((artifacts = found), taken)));
  if (options.quantize) {
    artifacts = quantized(artifacts, options.quantize);
    model = await tf.loadLayersModel(tf.io.fromMemory(artifacts));
  }
  const shape = model.inputs[0].shape.map((size, axis) => size || (axis === 0 ? 4 : 6));
  const input = data || uniform(shape, -1, 1);
  const predictions = model.predict(input);
  const folder = path.join(FOLDER, name);
  fs.mkdirSync(folder, { recursive: true });
  const bytes = Buffer.from(artifacts.weightData);
  const count = options.shards || 1;
  const step = Math.ceil(bytes.length / count / 4) * 4;
  const paths = [];
  for (let shard = 0; shard < count; shard++) {
    paths.push(`group1-shard${shard + 1}of${count}.bin`);
    fs.writeFileSync(path.join(folder, paths[shard]), bytes.subarray(shard * step, (shard + 1) * step));
  }
  const json = {
    modelTopology: artifacts.modelTopology,
    format: "layers-model",
    generatedBy: "TensorFlow.js tfjs-layers v4.22.0",
    convertedBy: null,
    weightsManifest: [{ paths, weights: artifacts.weightSpecs }],
  };
  fs.writeFileSync(path.join(folder, "model.json"), JSON.stringify(json));
  const record = { input: input.arraySync(), predictions: predictions.arraySync() };
  fs.writeFileSync(path.join(FOLDER, `${name}.data.json`), JSON.stringify(record));
  console.log("wrote", name);
}

async function main() {
  await tf.setBackend("cpu");
  const words = tf.tensor2d([[1, 4, 2, 0, 0], [3, 3, 1, 5, 0], [7, 6, 2, 1, 1]], [3, 5], "int32");
  const mlp = () => [
    L.dense({ units: 8, activation: "relu", inputShape: [5] }),
    L.dropout({ rate: 0.3 }),
    L.dense({ units: 3, activation: "softmax" }),
  ];
  const cnn = () => [
    L.conv2d({ filters: 4, kernelSize: 3, padding: "same", activation: "relu", inputShape: [8, 9, 3] }),
    L.maxPooling2d({ poolSize: 2 }),
    L.batchNormalization(),
    L.conv2d({ filters: 3, kernelSize: [3, 2] }),
    L.leakyReLU({ alpha: 0.1 }),
    L.flatten(),
    L.dense({ units: 5, activation: "softmax" }),
  ];
  const frozen = (layer) => {
    layer.trainable = false;
    return layer;
  };
  await save("mlp", mlp);
  await save("cnn", cnn, null, { shards: 3 });
  await save("cnn_uint8", cnn, null, { quantize: "uint8" });
  await save("cnn_uint16", cnn, null, { quantize: "uint16" });
  await save("mlp_uint8", mlp, null, { quantize: "uint8" });
  await save("hard_sigmoid", () => [
    L.dense({ units: 8, activation: "hardSigmoid", inputShape: [5] }),
    L.dense({ units: 4 }),
    L.activation({ activation: "hardSigmoid" }),
  ]);
  await save("conv1d", () => [
    L.conv1d({ filters: 5, kernelSize: 3, inputShape: [9, 4], activation: "relu" }),
    L.maxPooling1d({ poolSize: 2 }),
    L.conv1d({ filters: 4, kernelSize: 2, padding: "same", strides: 2 }),
    L.globalMaxPooling1d({}),
    L.dense({ units: 2, useBias: false }),
  ]);
  await save("separable", () => [
    L.separableConv2d({ filters: 4, kernelSize: 3, depthMultiplier: 2, inputShape: [7, 7, 3] }),
    L.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2 }),
    L.conv2dTranspose({ filters: 2, kernelSize: 2, strides: 2 }),
    L.upSampling2d({ size: [2, 1] }),
    L.zeroPadding2d({ padding: [1, 2] }),
    L.cropping2D({ cropping: [[1, 0], [0, 1]] }),
    L.globalAveragePooling2d({}),
    L.dense({ units: 2 }),
  ]);
  await save("lstm", () => [
    L.lstm({ units: 5, inputShape: [6, 3], returnSequences: true }),
    L.lstm({ units: 4, recurrentActivation: "sigmoid", goBackwards: true }),
    L.dense({ units: 2 }),
  ]);
  await save("gru", () => [
    L.gru({ units: 5, inputShape: [6, 3], returnSequences: true }),
    L.gru({ units: 4, useBias: false }),
    L.dense({ units: 2 }),
  ]);
  await save("simple_rnn", () => [
    L.simpleRNN({ units: 5, inputShape: [6, 3], returnSequences: true }),
    L.rnn({ cell: [L.lstmCell({ units: 4 }), L.gruCell({ units: 3 })] }),
    L.dense({ units: 2 }),
  ]);
  await save("bidirectional", () => [
    L.bidirectional({ layer: L.lstm({ units: 4, returnSequences: true }), mergeMode: "concat", inputShape: [6, 3] }),
    L.bidirectional({ layer: L.gru({ units: 3 }), mergeMode: "ave" }),
    L.dense({ units: 2 }),
  ]);
  await save("embedding", () => [
    L.embedding({ inputDim: 12, outputDim: 5, inputLength: 5, maskZero: true }),
    L.lstm({ units: 4 }),
    L.dense({ units: 2 }),
  ], words);
  await save("time_distributed", () => [
    L.timeDistributed({ layer: L.dense({ units: 4, activation: "tanh" }), inputShape: [6, 3] }),
    L.gru({ units: 3 }),
    L.dense({ units: 2 }),
  ]);
  await save("norm", () => [
    L.dense({ units: 6, inputShape: [4] }),
    L.batchNormalization({ scale: false }),
    L.dense({ units: 6 }),
    L.layerNormalization({}),
    L.prelu({}),
    L.dense({ units: 5 }),
    L.elu(),
    L.dense({ units: 4 }),
    L.thresholdedReLU({ theta: 0.3 }),
    L.dense({ units: 4 }),
    L.softmax({}),
    L.reLU({ maxValue: 0.5 }),
  ]);
  const inner = (size, ...which) => {
    const layers = [
      L.dense({ units: 6, activation: "tanh", inputShape: [size] }),
      L.batchNormalization(),
      L.dense({ units: 4 }),
    ];
    which.forEach((index) => frozen(layers[index]));
    return tf.sequential({ layers });
  };
  await save("nested", () => [inner(5), L.dense({ units: 4, activation: "relu" }), L.batchNormalization(), inner(4), L.dense({ units: 2 })]);
  await save("nested_frozen", () => [inner(5, 0), L.dense({ units: 4 }), inner(4, 1, 2), L.dense({ units: 2 })]);
  await save("frozen", () => [frozen(L.dense({ units: 4, inputShape: [5] })), frozen(L.batchNormalization()), L.dense({ units: 3 })]);
  await save("conv3d", () => [
    L.conv3d({ filters: 3, kernelSize: 2, inputShape: [4, 4, 4, 2] }),
    L.maxPooling3d({ poolSize: 2 }),
    L.flatten(),
    L.dense({ units: 2 }),
  ]);
  await save("conv_lstm", () => [
    L.convLstm2d({ filters: 3, kernelSize: 3, padding: "same", inputShape: [3, 5, 5, 2] }),
    L.flatten(),
    L.dense({ units: 2 }),
  ]);
  await save("reshape", () => [
    L.dense({ units: 12, inputShape: [4] }),
    L.reshape({ targetShape: [3, 4] }),
    L.permute({ dims: [2, 1] }),
    L.flatten(),
    L.repeatVector({ n: 3 }),
    L.masking({ maskValue: 0.5 }),
    L.simpleRNN({ units: 3 }),
  ]);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
