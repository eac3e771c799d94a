/** `/openapi.json`, and `/docs`: the API reference, for browsers. Everything that it loads comes from here, so it works without internet. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { FastifyInstance } from 'fastify';
import { securityHeaders } from './security-headers.ts';

const require = createRequire(import.meta.url);

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>tenant-registry API</title>
    <link rel="icon" href="docs/icon.png">
    <link rel="stylesheet" href="docs/reference.css">
    <script src="docs/reference.js" defer></script>
    <script src="docs/start.js" defer></script>
  </head>
  <body><div id="reference"></div></body>
</html>
`;

// No validatorUrl: the default one is asked about every document that is not on localhost.
const START = `SwaggerUIBundle({
  url: new URL('openapi.json', location.href).href,
  dom_id: '#reference',
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  docExpansion: 'list',
  filter: true,
  validatorUrl: null,
});
`;

const files = {
  'reference.js': {
    path: require.resolve('swagger-ui-dist/swagger-ui-bundle.js'),
    type: 'text/javascript; charset=utf-8',
  },
  'reference.css': { path: require.resolve('swagger-ui-dist/swagger-ui.css'), type: 'text/css; charset=utf-8' },
  'icon.png': { path: require.resolve('swagger-ui-dist/favicon-32x32.png'), type: 'image/png' },
} as const;

/** What the page may load: itself. It sets styles from scripts, and its icons are data. */
const pageHeaders = securityHeaders({
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'", "'unsafe-inline'"],
  imgSrc: ["'self'", 'data:'],
  connectSrc: ["'self'"],
  baseUri: ["'none'"],
  formAction: ["'none'"],
  frameAncestors: ["'none'"],
});

/** Mounts the document, the page, and the four files that it names. They are read when they are first asked for. */
export function mountDocs(app: FastifyInstance, document: object): void {
  const text = JSON.stringify(document);
  app.get('/openapi.json', async (_, reply) => reply.type('application/json; charset=utf-8').send(text));
  app.get('/docs', async (_, reply) => reply.headers(pageHeaders).type('text/html; charset=utf-8').send(PAGE));
  app.get('/docs/start.js', async (_, reply) => reply.type('text/javascript; charset=utf-8').send(START));
  for (const [name, { path, type }] of Object.entries(files)) {
    let content: Promise<Buffer> | undefined;
    app.get(`/docs/${name}`, async (_, reply) => {
      content ??= readFile(path);
      return reply
        .type(type)
        .header('cache-control', 'public, max-age=3600')
        .send(await content);
    });
  }
}
