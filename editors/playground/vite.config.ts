import { defineConfig } from "vite";
import { licenses } from "./licenses";

export default defineConfig({
  base: "./",
  build: {
    target: "es2022",
    outDir: "../../seqspec/playground/page",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: false,
    chunkSizeWarningLimit: 4096,
  },
  plugins: [licenses()],
});
