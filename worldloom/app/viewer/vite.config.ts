import { defineConfig } from "vite";

export default defineConfig({
  base: "./", // the server decides where the page lies
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2022",
    chunkSizeWarningLimit: 6000,
    modulePreload: { polyfill: false },
    license: { fileName: "licenses.md" },
    rollupOptions: {
      input: { index: "index.html", pages: "src/pages.ts" },
      // Gradio's pages load `pages.js` by this name.
      output: { entryFileNames: (chunk) => (chunk.name === "pages" ? "pages.js" : "assets/[name]-[hash].js") },
    },
  },
  server: { proxy: { "/api": { target: "http://127.0.0.1:8000", ws: true } } },
});
