/** Which methods each path answers, so that the others are told apart from paths that do not exist. */
import type { FastifyInstance } from 'fastify';

export interface KnownPaths {
  /** Returns the methods of a path, as `Allow` lists them; undefined for a path that no route has. */
  allowedAt(url: string): string | undefined;
  /** The paths whose routes lack the method, with a colon before each field. */
  without(method: string): readonly string[];
}

interface KnownPath {
  readonly segments: readonly string[];
  readonly methods: Set<string>;
}

/** Watches the routes that are added to the server from now on. */
export function watchPaths(app: FastifyInstance): KnownPaths {
  const known = new Map<string, KnownPath>();
  app.addHook('onRoute', ({ url, method }) => {
    const path = known.get(url) ?? { segments: url.split('/'), methods: new Set() };
    for (const each of [method].flat()) path.methods.add(each);
    known.set(url, path);
  });
  return {
    allowedAt(url) {
      const [path = ''] = url.split('?');
      // Fixed segments go before fields, as in the router.
      const found = known.get(path) ?? [...known.values()].find(({ segments }) => matches(segments, path.split('/')));
      return found && [...found.methods].join(', ');
    },
    without: (method) => [...known].filter(([, { methods }]) => !methods.has(method)).map(([url]) => url),
  };
}

function matches(segments: readonly string[], given: readonly string[]): boolean {
  if (segments.length !== given.length) return false;
  return segments.every((segment, index) => segment.startsWith(':') || segment === given[index]);
}
