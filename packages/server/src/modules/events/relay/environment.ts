/** EVENTS_NATS_*: the NATS servers to which events are relayed, and the stream that stores them. */
import { z } from 'zod';
import { defineSettings, listIn, PORT_MAX, variable } from '../../../kernel/settings.ts';

/** Who the registry is at a NATS server. */
export interface NatsLogin {
  readonly user?: string;
  readonly password?: string;
  readonly token?: string;
}

export interface NatsSettings {
  /** As host:port. */
  readonly servers: readonly string[];
  /** Only encrypted connections are made. */
  readonly tls: boolean;
  readonly login: NatsLogin;
  /** The file with the credentials of a user (JWT and seed); null: there is none. */
  readonly credentialsFile: string | null;
  /** The name of the stream. */
  readonly stream: string;
}

interface NatsServer {
  readonly address: string;
  readonly tls: boolean;
  readonly login: NatsLogin;
}

const DEFAULT_PORT = 4222;

/** The mistakes are told without the value, which may carry a password. */
const natsUrls = z
  .string()
  .transform((list, context) => {
    const servers = listIn(list).map(readServer);
    const mistake = mistakeIn(servers);
    if (mistake === undefined) return servers.filter((server) => server !== undefined);
    context.addIssue({ code: 'custom', message: mistake });
    return z.NEVER;
  })
  .optional();

function mistakeIn(servers: readonly (NatsServer | undefined)[]): string | undefined {
  if (servers.some((server) => server === undefined))
    return 'must be nats://host:4222 or tls://host:4222, with user:password@ or token@ where needed (several are separated by commas; special characters are percent-encoded)';
  if (new Set(servers.map((server) => server?.tls)).size > 1) return 'must have one scheme: nats:// or tls://';
  const logins = servers.map((server) => JSON.stringify(server?.login)).filter((login) => login !== '{}');
  return new Set(logins).size > 1 ? 'must have one user and password, or one token, for all servers' : undefined;
}

function readServer(text: string): NatsServer | undefined {
  if (!/^(nats|tls):\/\//.test(text) || !URL.canParse(text)) return undefined;
  const { protocol, hostname, port, username, password, pathname, search, hash } = new URL(text);
  const more = (pathname === '/' ? '' : pathname) + search + hash;
  if (hostname === '' || more !== '' || Number(port) > PORT_MAX) return undefined;
  const login = loginOf(username, password);
  if (login === undefined) return undefined;
  return { address: `${hostname}:${port === '' ? DEFAULT_PORT : port}`, tls: protocol === 'tls:', login };
}

/** A name without a password is a token, as in every client of NATS. */
function loginOf(username: string, password: string): NatsLogin | undefined {
  try {
    const [name, secret] = [decodeURIComponent(username), decodeURIComponent(password)];
    if (name === '') return secret === '' ? {} : undefined;
    return secret === '' ? { token: name } : { user: name, password: secret };
  } catch {
    return undefined;
  }
}

const STREAM = /^[A-Za-z0-9_-]{1,64}$/;

export const relaySettings = defineSettings({
  variables: {
    EVENTS_NATS_URL: variable(natsUrls, {
      about:
        'Relays every event to a stream of NATS JetStream: nats://user:password@host:4222 or tls://…, several servers separated by commas. Empty: no relay.',
    }),
    EVENTS_NATS_STREAM: variable(
      z.string().regex(STREAM, 'must have 1 to 64 letters, digits, _ or -').default('TENANT_REGISTRY'),
      {
        about:
          'The name of that stream. It is made when it is absent, and holds the subjects registry.> and no others.',
        shown: 'TENANT_REGISTRY',
      },
    ),
    EVENTS_NATS_CREDENTIALS_FILE: variable(z.string().optional(), {
      about:
        'A file with the credentials of a NATS user (JWT and seed), in place of a password. It is read at each connection.',
    }),
  },
  read: (data) => ({
    eventsNats: natsOf(data.EVENTS_NATS_URL as readonly NatsServer[] | undefined, {
      stream: data.EVENTS_NATS_STREAM,
      credentialsFile: data.EVENTS_NATS_CREDENTIALS_FILE ?? null,
    }),
  }),
  contradictions: ({ EVENTS_NATS_URL, EVENTS_NATS_CREDENTIALS_FILE }) =>
    EVENTS_NATS_CREDENTIALS_FILE !== undefined && EVENTS_NATS_URL === undefined
      ? ['EVENTS_NATS_CREDENTIALS_FILE is for the servers of EVENTS_NATS_URL, which is missing']
      : [],
});

function natsOf(
  servers: readonly NatsServer[] | undefined,
  rest: Pick<NatsSettings, 'stream' | 'credentialsFile'>,
): NatsSettings | null {
  if (servers === undefined) return null;
  return {
    servers: servers.map(({ address }) => address),
    tls: servers.some(({ tls }) => tls),
    login: servers.find(({ login }) => Object.keys(login).length > 0)?.login ?? {},
    ...rest,
  };
}
