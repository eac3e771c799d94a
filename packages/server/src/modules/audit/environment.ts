/** AUDIT_*: the keys that sign the audit log, its name, where its end is written besides, and for how long rows are kept. */
import { z } from 'zod';
import { defineSettings, type Given, listIn, variable, whole } from '../../kernel/settings.ts';

const SEED = /^[0-9a-f]{64}$/;
// A name of a signed note: no spaces and no plus, and a host first, so that nobody else has it.
const ORIGIN = /^[a-z0-9][a-z0-9.-]*(:\d{1,5})?(\/[A-Za-z0-9._~-]+)*$/;

export const auditSettings = defineSettings({
  variables: {
    AUDIT_SIGNING_KEY: variable(
      z
        .string()
        .transform(listIn)
        .refine(
          (seeds) => seeds.every((seed) => SEED.test(seed)),
          'each key must have 64 hexadecimal digits in lower case (several are separated by commas)',
        )
        .default([]),
      {
        about:
          'Signs the checkpoints of the audit log (docs/audit.md): an Ed25519 seed of 64 hexadecimal digits, for instance of `openssl rand -hex 32`; several, separated by commas, while they rotate: all of them sign. The same on every replica, and never in the database. In dev, while HOST and INTERNAL_ADDR are on loopback, it is made on first start and kept in DATA_DIR/audit-signing-key (mode 0600). Empty: rows are sealed, and nothing is signed.',
      },
    ),
    AUDIT_ORIGIN: variable(
      z
        .string()
        .max(200)
        .regex(ORIGIN, 'must be a host and perhaps a path, such as registry.example.com/audit')
        .optional(),
      {
        about:
          'The name under which checkpoints are signed, for ever the same: a host of yours and a path, without a scheme, such as registry.example.com/audit. Default: the host of PUBLIC_URL and /audit.',
      },
    ),
    AUDIT_CHECKPOINT_SECONDS: variable(whole(1, 3_600, 60), {
      about: 'How often the logs that grew are signed, 1 to 3600.',
      shown: 60,
    }),
    AUDIT_ANCHOR_FILE: variable(z.string().max(4_096).optional(), {
      about:
        'Each checkpoint over all logs is also appended to this file, one JSON text a line: keep it where whoever runs the database cannot change it. Empty: only the event audit.checkpoint carries it outside.',
    }),
    AUDIT_EVENTS: variable(z.enum(['subscribed', 'always']).default('subscribed'), {
      about:
        'Whether every sealed row also becomes an event audit.event: `subscribed`, while a webhook asks for it by name; `always`, for readers of the feed or of NATS.',
      shown: 'subscribed',
    }),
    AUDIT_RETENTION_DAYS: variable(whole(30, 36_500, 2_555), {
      about:
        'For how many days audit rows are kept where no rule of a tenant or product says otherwise, 30 to 36500 (docs/audit.md). What has gone leaves its hash and a sealed record.',
      shown: 2_555,
    }),
  },
  read: (data, given) => ({
    /** Ed25519 seeds in hexadecimal digits; empty: nothing is signed. */
    auditSigningKeys: data.AUDIT_SIGNING_KEY as readonly string[],
    /** The name of the signer. */
    auditOrigin: data.AUDIT_ORIGIN ?? originOf(given),
    auditCheckpointSeconds: data.AUDIT_CHECKPOINT_SECONDS,
    /** Null: none is written. */
    auditAnchorFile: data.AUDIT_ANCHOR_FILE ?? null,
    auditEvents: data.AUDIT_EVENTS,
    auditRetentionDays: data.AUDIT_RETENTION_DAYS,
  }),
  contradictions({ AUDIT_SIGNING_KEY, AUDIT_ORIGIN, PUBLIC_URL, OPERATOR_TOKEN, INTERNAL_TOKEN, SECRETS_KEY }) {
    const keys = listIn(AUDIT_SIGNING_KEY);
    const mistakes: string[] = [];
    if (new Set(keys).size < keys.length) mistakes.push('AUDIT_SIGNING_KEY has the same key twice');
    if (keys.length > 0 && AUDIT_ORIGIN === undefined && PUBLIC_URL === undefined)
      mistakes.push('AUDIT_SIGNING_KEY needs AUDIT_ORIGIN or PUBLIC_URL: a checkpoint says whose it is');
    if (
      [OPERATOR_TOKEN, INTERNAL_TOKEN, SECRETS_KEY].flatMap((list) => listIn(list)).some((each) => keys.includes(each))
    )
      mistakes.push('AUDIT_SIGNING_KEY has a value that is a token or a SECRETS_KEY too: each secret has its own use');
    return mistakes;
  },
});

function originOf({ PUBLIC_URL }: Given): string {
  if (PUBLIC_URL === undefined || !URL.canParse(PUBLIC_URL)) return 'localhost/audit';
  return `${new URL(PUBLIC_URL).host}/audit`;
}
