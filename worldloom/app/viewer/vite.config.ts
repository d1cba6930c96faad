import { defineConfig } from "vite";

export default defineConfig({
  base: "./", // the server decides where the page lies
  build: { outDir: "dist", emptyOutDir: true, target: "es2022", chunkSizeWarningLimit: 6000, modulePreload: { polyfill: false } },
  server: { proxy: { "/api": { target: "http://127.0.0.1:8000", ws: true } } },
});
