// The page that tests the viewer's WebXR in an emulated headset: never part of the viewer's own build.
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const viewer = fileURLToPath(new URL("../../../worldloom/app/viewer/", import.meta.url));

export default {
  root: here,
  base: "./",
  logLevel: "warn",
  resolve: {
    alias: ["three", "@sparkjsdev/spark", "iwer"].map((name) => ({
      find: new RegExp(`^${name}$`),
      replacement: `${viewer}node_modules/${name}`,
    })),
  },
  build: { target: "es2022", emptyOutDir: true, chunkSizeWarningLimit: 20_000, modulePreload: { polyfill: false } },
};
