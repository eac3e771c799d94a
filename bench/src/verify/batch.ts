/** Many questions in one request beside one in each, on the same process. */
import type { Loaded } from '../lib/cpu-rounds.ts';

const SIZES = [1, 10, 100];

/** Returns how many questions each request of the load asks. */
export function questionsOf(name: string): number {
  return Number(name.split(' ')[0]);
}

/** Returns the loads: the single question at its own address, and batches of it. */
export function batchOf({ pid, targetOf }: Loaded): Loaded[] {
  const { url, headers, bodies } = targetOf();
  const questions = bodies.map((body) => JSON.parse(body));
  return SIZES.map((size) => {
    const name = size === 1 ? '1 (verify)' : `${size}`;
    const asked = Array.from({ length: size }, (_, index) => questions[index % questions.length]);
    const target =
      size === 1
        ? { name, url, headers, bodies, accepts: (body: string) => body.includes('"valid":true') }
        : {
            name,
            url: `${url}-batch`,
            headers,
            bodies: [JSON.stringify({ questions: asked })],
            accepts: (body: string) => body.includes('"valid":true') && !body.includes('"valid":false'),
          };
    return { name, pid, targetOf: () => target };
  });
}
