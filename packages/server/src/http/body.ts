/** The one kind of body that is taken: JSON, as plain UTF-8. */
import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { kernelErrors } from '../kernel/errors.ts';

type Done = (error: Error | null, body?: unknown) => void;

/**
 * Refuses every body that is not JSON before it is read, and hands the text of the others to `parse`. Other bytes than
 * UTF-8 (RFC 8259, section 8.1) are refused too: decoded all the same, they would be stored with letters replaced.
 */
export function acceptOnlyJson(
  app: FastifyInstance,
  parse: (request: FastifyRequest, text: string, done: Done) => void,
): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const { 'content-encoding': encoding = 'identity', 'content-type': type = '' } = request.headers;
    if (encoding !== 'identity' || !isUtf8Type(type)) done(kernelErrors.unsupportedMediaType());
    else if (!isUtf8(body)) done(kernelErrors.invalidJson());
    else parse(request, body.toString(), done);
  });
}

const CHARSET = /;\s*charset\s*=\s*"?([^";\s]*)/gi;

/** Tells whether the media type leaves the encoding open or names UTF-8: another one would be read wrongly. */
function isUtf8Type(type: string): boolean {
  if (type === 'application/json') return true;
  return [...type.matchAll(CHARSET)].every(([, charset = '']) => /^utf-?8$/i.test(charset));
}
