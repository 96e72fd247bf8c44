import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { defineConfig, type Plugin } from "vite";

/** Writes what the page was built from, so that a test can tell whether it is up to date without Node. */
const stamp = (): Plugin => ({
  name: "stamp",
  generateBundle() {
    const source = readdirSync("src", { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const files = ["index.html", "package-lock.json", "vite.config.ts", ...source.map((entry) => `${entry.parentPath}/${entry.name}`)];
    const digest = createHash("sha256");
    for (const name of files.sort()) digest.update(name).update(readFileSync(name));
    this.emitFile({ type: "asset", fileName: "assets/source.sha256", source: `${digest.digest("hex")}\n` });
  },
});

// Everything local; nothing inline, because the page's policy forbids it.
export default defineConfig({
  base: "/",
  plugins: [stamp()],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../static",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        entryFileNames: "assets/page.js",
        chunkFileNames: "assets/[name].js",
        assetFileNames: "assets/[name][extname]",
      },
    },
  },
});
