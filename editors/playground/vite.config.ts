import { defineConfig, type Plugin } from "vite";
import { licenses } from "./licenses";

const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self' data:",
  "img-src 'self' data:",
  "worker-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** Says in the page itself what it may do, as there is no server of ours to say it: nothing is sent anywhere. */
function policy(): Plugin {
  const attrs = { "http-equiv": "Content-Security-Policy", content: POLICY };
  return { name: "policy", transformIndexHtml: () => [{ tag: "meta", attrs, injectTo: "head-prepend" }] };
}

// The mode "browser" is the page without a server, in which Pyodide runs the checker: scripts/page --browser.
export default defineConfig(({ mode }) => ({
  base: "./",
  build: {
    target: "es2022",
    outDir: mode === "browser" ? "../../build/playground" : "../../seqspec/editor/playground/page",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: false,
    chunkSizeWarningLimit: 4096,
  },
  worker: { format: "es" },
  plugins: [licenses(), ...(mode === "browser" ? [policy()] : [])],
}));
