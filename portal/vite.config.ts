// Builds the portal into dist/, and in development passes API calls on to a running POSS.
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const poss = process.env.POSS_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react()],
  build: {
    target: "es2022",
    // The server sends a strict Content-Security-Policy: nothing may be inlined as data.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 600,
  },
  server: {
    // The list of third parties lies beside the portal.
    fs: { allow: [".."] },
    // The server refuses requests from other origins, so the proxy speaks as itself.
    proxy: {
      "/api": {
        target: poss,
        changeOrigin: true,
        ws: true,
        configure: (proxy) => {
          proxy.on("proxyReq", (request) => request.removeHeader("origin"));
          proxy.on("proxyReqWs", (request) => request.removeHeader("origin"));
        },
      },
    },
  },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
});
