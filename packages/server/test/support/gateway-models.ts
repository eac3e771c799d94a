/**
 * Envoy and Traefik under the configurations of examples/gateways, modelled after their documentation: the request that
 * they send to the registry, and the headers with which the client's request then reaches the product.
 */
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

export interface ClientRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Passage {
  readonly status: number;
  /** The headers of the registry's answer, which the client of a refused request sees. */
  readonly headers: Headers;
  /** The headers with which the request reaches the product; undefined when it does not. */
  readonly reaches: Headers | undefined;
}

export interface GatewayModel {
  send(client: ClientRequest): Promise<Passage>;
}

export interface Surroundings {
  /** The registry, as host and port. */
  readonly registry: string;
  readonly token: string;
}

// biome-ignore lint/suspicious/noExplicitAny: the configuration of another program, whose members the test knows
type Configuration = any;

/** Reads a configuration of examples/gateways. Throws when it is no YAML, or has a key twice. */
export function exampleYaml(path: string): Configuration {
  const file = fileURLToPath(new URL(`../../../../examples/gateways/${path}`, import.meta.url));
  return parse(readFileSync(file, 'utf8'), { merge: true, strict: true, uniqueKeys: true });
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
}

interface Question {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
}

/** By Node's own client, which sends every method and every header as it is given. */
function ask({ method, url, headers }: Question): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asking = request(url, { method, headers: Object.fromEntries(headers), agent: false }, (answer) => {
      answer.resume();
      const given = Object.entries(answer.headers).map(([name, value]): [string, string] => [name, String(value)]);
      answer.once('end', () => resolve({ status: answer.statusCode ?? 0, headers: new Headers(given) }));
    });
    asking.once('error', reject);
    asking.end();
  });
}

const refusal = ({ status, headers }: Answer): Passage => ({ status, headers, reaches: undefined });

/** envoy.yaml: header_mutation of the filter and of the route, ext_authz over HTTP, request_headers_to_remove. */
export function envoy({ registry, token }: Surroundings): GatewayModel {
  const [listener] = exampleYaml('envoy/envoy.yaml').static_resources.listeners;
  const manager = listener.filter_chains[0].filters[0].typed_config;
  const [mutation, authz] = manager.http_filters.map((filter: Configuration) => filter.typed_config);
  const [host] = manager.route_config.virtual_hosts;
  const { path_prefix, authorization_request, authorization_response } = authz.http_service;
  const names = (matcher: Configuration): string[] => matcher.patterns.map(({ exact }: { exact: string }) => exact);
  return {
    async send({ method, path, headers }) {
      const client = new Headers({ ...headers, 'x-forwarded-for': '192.0.2.7' });
      const route = host.routes.find(({ match }: Configuration) => matches(match, method));
      const ofRoute = route.typed_per_filter_config?.['envoy.filters.http.header_mutation'];
      for (const each of [mutation, ofRoute].filter((one) => one !== undefined))
        for (const { append } of each.mutations.request_mutations) client.set(append.header.key, append.header.value);
      const asked = new Headers({ host: 'api.example', 'content-length': '0' });
      for (const name of ['authorization', ...names(authz.allowed_headers)])
        if (client.has(name)) asked.set(name, client.get(name) ?? '');
      for (const { key, value } of authorization_request.headers_to_add)
        asked.set(key, value.replace(/\$\{REGISTRY_TOKEN\}/, token));
      const answer = await ask({ method, url: `http://${registry}${path_prefix}${path}`, headers: asked });
      // 200 alone lets through; 5xx is an error, which failure_mode_allow and status_on_error decide.
      if (answer.status !== 200) return refusal(answer);
      for (const name of names(authorization_response.allowed_upstream_headers))
        if (answer.headers.has(name)) client.set(name, answer.headers.get(name) ?? '');
      for (const name of host.request_headers_to_remove) client.delete(name);
      return { ...answer, reaches: client };
    },
  };
}

function matches({ headers = [] }: Configuration, method: string): boolean {
  return headers.every(({ string_match }: Configuration) =>
    new RegExp(`^(${string_match.safe_regex.regex})$`).test(method),
  );
}

/** gateway.yaml: the middlewares of the router, in their order. */
export function traefik({ registry, token }: Surroundings): GatewayModel {
  const { routers, middlewares } = exampleYaml('traefik/gateway.yaml').http;
  return {
    async send({ method, path, headers }) {
      const client = new Headers(headers);
      const router = routers[/^(GET|HEAD)$/.test(method) ? 'read' : 'write'];
      let answer: Answer = { status: 200, headers: new Headers() };
      for (const name of router.middlewares) {
        const { headers: custom, forwardAuth } = middlewares[name];
        for (const [header, value] of Object.entries<string>(custom?.customRequestHeaders ?? {})) {
          if (value === '') client.delete(header);
          else client.set(header, value.replace('{{ env "REGISTRY_TOKEN" }}', token));
        }
        if (forwardAuth === undefined) continue;
        const asked = new Headers({
          'x-forwarded-method': method,
          'x-forwarded-proto': 'http',
          'x-forwarded-host': 'api.example',
          'x-forwarded-uri': path,
          'x-forwarded-for': '192.0.2.7',
        });
        for (const each of forwardAuth.authRequestHeaders)
          if (client.has(each)) asked.set(each, client.get(each) ?? '');
        const url = forwardAuth.address.replace('registry:8090', registry);
        answer = await ask({ method: 'GET', url, headers: asked });
        if (answer.status < 200 || answer.status > 299) return refusal(answer);
        for (const each of forwardAuth.authResponseHeaders) {
          client.delete(each);
          if (answer.headers.has(each)) client.set(each, answer.headers.get(each) ?? '');
        }
      }
      return { ...answer, reaches: client };
    },
  };
}
