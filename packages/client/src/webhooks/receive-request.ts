/** A delivery as a request of the Fetch API. */
import { bodyIsGone, readFetchBody } from './read-body.ts';
import type { Receive } from './receive.ts';

/** Resolves to the answer. Rejects when the body of the request was read before, and with the errors of the receiver. */
export async function receiveRequest(receive: Receive, request: Request): Promise<Response> {
  const refusal = await receive({
    method: request.method,
    headers: request.headers,
    async readBody(bytesMax) {
      if (request.bodyUsed) throw bodyIsGone('give webhookHandler the request, or a clone of it, before it is read.');
      return readFetchBody(request, bytesMax);
    },
  });
  if (refusal === undefined) return new Response(null, { status: 204 });
  const { status, headers, body } = refusal;
  return new Response(body, { status, headers });
}
