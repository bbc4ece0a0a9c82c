import { defineConfig } from "vite";

export default defineConfig({
  root: import.meta.dirname,
  base: "./",
  build: { target: "es2022", emptyOutDir: true, modulePreload: false, chunkSizeWarningLimit: 8192 },
  worker: { format: "es" },
});
