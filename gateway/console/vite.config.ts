import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

import { thirdPartyLicences } from './vite/licences.ts';

export default defineConfig({
  // Relative addresses, so that the gateway may serve the page under any path.
  base: './',
  plugins: [react(), thirdPartyLicences()],
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    // Nothing becomes a data: URL: the content policy lets fonts come from files only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The editor is one large module that is always needed.
    chunkSizeWarningLimit: 6000,
    rolldownOptions: {
      onLog(level, log, handle) {
        // A hint of GraphiQL's to its own compiler; it means nothing in a bundle.
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') handle(level, log);
      },
    },
  },
  server: {
    // `npm run dev` talks to a gateway that runs beside it.
    proxy: { '/graphql': { target: 'http://127.0.0.1:8000', ws: true } },
  },
});
