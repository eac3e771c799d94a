/** `/openapi.json`, and `/docs`: the API reference, for browsers. Everything that it loads comes from here, so it works without internet. */
import { readFile } from 'node:fs/promises';
import type { FastifyInstance } from 'fastify';
import { compressed } from './docs/compressed.ts';
import { documentText, referenceDocumentText } from './docs/document-texts.ts';
import { icon, page, policy, start } from './docs/page.ts';
import { referenceFile } from './docs/reference-file.ts';
import { securityHeaders } from './security-headers.ts';

const HOUR = 'public, max-age=3600';
const JSON_TYPE = 'application/json; charset=utf-8';
const SCRIPT_TYPE = 'text/javascript; charset=utf-8';

interface Served {
  readonly type: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly load: () => Promise<Buffer>;
}

/** Mounts the document, the page and what it loads, and leads from `/` to the page. Files are read when they are first asked for. */
export function mountDocs(app: FastifyInstance): void {
  const text = (content: string) => async () => Buffer.from(content);
  const kept = { 'cache-control': HOUR };
  const served: Readonly<Record<string, Served>> = {
    '/openapi.json': { type: JSON_TYPE, load: documentText },
    '/docs': { type: 'text/html; charset=utf-8', headers: securityHeaders(policy), load: text(page) },
    '/docs/openapi.json': { type: JSON_TYPE, load: referenceDocumentText },
    '/docs/start.js': { type: SCRIPT_TYPE, load: text(start) },
    '/docs/reference.js': { type: SCRIPT_TYPE, headers: kept, load: () => readFile(referenceFile) },
    '/docs/icon.svg': { type: 'image/svg+xml', headers: kept, load: text(icon) },
  };
  // Relative, like everything that the page names: a proxy may have moved it.
  app.get('/', async (_, reply) => reply.redirect('docs'));
  for (const [url, { type, headers = {}, load }] of Object.entries(served)) {
    const encoded = compressed(load);
    app.get(url, async (request, reply) => {
      const { body, encoding } = await encoded(request.headers['accept-encoding']);
      const vary = [reply.getHeader('vary'), 'Accept-Encoding'].filter((each) => each !== undefined).join(', ');
      if (encoding !== undefined) reply.header('content-encoding', encoding);
      return reply
        .type(type)
        .headers({ ...headers, vary })
        .send(body);
    });
  }
}
