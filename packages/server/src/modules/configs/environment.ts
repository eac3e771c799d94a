/** CONFIG_STORE and ETCD_*: where the current values of configurations are. */
import { z } from 'zod';
import { defineSettings, listIn, variable, whole } from '../../kernel/settings.ts';

export interface EtcdSettings {
  /** As URLs, all http or all https. */
  readonly endpoints: readonly string[];
  /** Every key is under it. */
  readonly prefix: string;
  readonly username: string | null;
  /** The file with the password of the user. */
  readonly passwordFile: string | null;
  /** Files with PEM; null: the certificates of the system decide, and the registry shows none of its own. */
  readonly tls: { readonly caFile: string | null; readonly certFile: string | null; readonly keyFile: string | null };
  /** What the members have as --quota-backend-bytes, for those that do not tell it. */
  readonly quotaBytes: number;
}

export interface ConfigStoreSettings {
  readonly kind: 'postgres' | 'etcd';
  /** Null: there is none. It can be set while the values are in the database, so that they can be moved. */
  readonly etcd: EtcdSettings | null;
}

const ENDPOINT = /^https?:\/\/[^/?#@\s]+$/;

/** The mistake is told without the value, which may carry a password. */
const endpoints = z
  .string()
  .transform((list, context) => {
    const urls = listIn(list);
    if (urls.every((url) => ENDPOINT.test(url) && URL.canParse(url))) {
      if (new Set(urls.map((url) => new URL(url).protocol)).size === 1) return urls;
      context.addIssue({ code: 'custom', message: 'must have one scheme: http:// or https://' });
    } else
      context.addIssue({
        code: 'custom',
        message:
          'must be http://host:2379 or https://host:2379, without a user or a path (several are separated by commas)',
      });
    return z.NEVER;
  })
  .optional();

const PREFIX = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}\/$/;
const GIB = 1_073_741_824;

const file = z.string().optional();

export const configSettings = defineSettings({
  variables: {
    CONFIG_STORE: variable(z.enum(['postgres', 'etcd']).default('postgres'), {
      about:
        'Where the current values of configurations are: postgres or etcd. It must be what the database says: `npm run configs -- move` takes values from one to the other.',
      shown: 'postgres',
    }),
    ETCD_ENDPOINTS: variable(endpoints, {
      about: 'The members of the etcd cluster for CONFIG_STORE=etcd: https://host:2379, separated by commas.',
    }),
    ETCD_PREFIX: variable(
      z
        .string()
        .regex(PREFIX, 'must be letters, digits, . _ - and /, begin with a letter or digit and end with /')
        .default('tenant-registry/'),
      { about: 'Begins every key in etcd. Each installation needs its own.', shown: 'tenant-registry/' },
    ),
    ETCD_USERNAME: variable(z.string().optional(), {
      about: 'The user of etcd that may read and write the prefix. Empty: authentication is off, or by certificate.',
    }),
    ETCD_PASSWORD_FILE: variable(file, { about: 'A file with the password of that user.' }),
    ETCD_CA_FILE: variable(file, {
      about: 'A PEM file with the authority of the certificates of the members. Empty: those that the system trusts.',
    }),
    ETCD_CERT_FILE: variable(file, { about: 'A PEM file with the certificate that the registry shows to etcd.' }),
    ETCD_KEY_FILE: variable(file, { about: 'A PEM file with its private key.' }),
    ETCD_QUOTA_BYTES: variable(whole(1_048_576, 64 * GIB, 2 * GIB), {
      about:
        'What the members have as --quota-backend-bytes: at 80 % the registry warns. Members from 3.6 on tell it themselves.',
      shown: 2 * GIB,
    }),
  },
  read: (data) => ({
    configStore: {
      kind: data.CONFIG_STORE,
      etcd: data.ETCD_ENDPOINTS === undefined ? null : etcdOf({ ...data, ETCD_ENDPOINTS: data.ETCD_ENDPOINTS }),
    } satisfies ConfigStoreSettings,
  }),
  contradictions: (given) => [
    ...(given['CONFIG_STORE'] === 'etcd' && given['ETCD_ENDPOINTS'] === undefined
      ? ['CONFIG_STORE is etcd: ETCD_ENDPOINTS, which says where it is, is missing']
      : []),
    ...pair(given, 'ETCD_USERNAME', 'ETCD_PASSWORD_FILE'),
    ...pair(given, 'ETCD_CERT_FILE', 'ETCD_KEY_FILE'),
    ...(['ETCD_CA_FILE', 'ETCD_CERT_FILE'].some((name) => given[name] !== undefined) &&
    given['ETCD_ENDPOINTS']?.startsWith('http://') === true
      ? ['ETCD_CA_FILE and ETCD_CERT_FILE are for https://, and ETCD_ENDPOINTS begins with http://']
      : []),
  ],
});

function pair(given: Readonly<Record<string, string | undefined>>, one: string, other: string): string[] {
  const there = [one, other].filter((name) => given[name] !== undefined);
  return there.length === 1
    ? [`${one} and ${other} belong together: ${there[0] === one ? other : one} is missing`]
    : [];
}

interface EtcdVariables {
  readonly ETCD_ENDPOINTS: readonly string[];
  readonly ETCD_PREFIX: string;
  readonly ETCD_USERNAME?: string | undefined;
  readonly ETCD_PASSWORD_FILE?: string | undefined;
  readonly ETCD_CA_FILE?: string | undefined;
  readonly ETCD_CERT_FILE?: string | undefined;
  readonly ETCD_KEY_FILE?: string | undefined;
  readonly ETCD_QUOTA_BYTES: number;
}

function etcdOf(data: EtcdVariables): EtcdSettings {
  return {
    endpoints: data.ETCD_ENDPOINTS,
    prefix: data.ETCD_PREFIX,
    username: data.ETCD_USERNAME ?? null,
    passwordFile: data.ETCD_PASSWORD_FILE ?? null,
    tls: {
      caFile: data.ETCD_CA_FILE ?? null,
      certFile: data.ETCD_CERT_FILE ?? null,
      keyFile: data.ETCD_KEY_FILE ?? null,
    },
    quotaBytes: data.ETCD_QUOTA_BYTES,
  };
}
