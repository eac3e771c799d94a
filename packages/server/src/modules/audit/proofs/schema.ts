/** The shapes of proofs: what is asked of a log, and what anybody can check without the registry. */
import { z } from 'zod';
import { defineEvent } from '../../../kernel/events.ts';
import { id, textUpTo, timestamp } from '../../../kernel/schema.ts';

/** The log of all checkpoints. */
const REGISTRY_LOG = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
const ORIGIN_LENGTH_MAX = 240;
/** A note with one line for each of many keys. */
const NOTE_LENGTH_MAX = 8_192;
/** The entry without its two groups: every character of its texts may be escaped. */
const ENTRY_LENGTH_MAX = 16_384;
/** Description, metadata and more, as canonical JSON. */
const VALUE_LENGTH_MAX = 262_144;
const HASH_LENGTH = 44;
/** A path is as long as the tree is high, and one of two sizes at most twice that. */
const PATH_LENGTH_MAX = 128;

const NOTE =
  'registry.example.com/audit/0192f0c4-1b2a-7d3e-8f4a-5b6c7d8e9fa0\n128\n9RQHvCWyfSoiVQcGDEsvxXFtXJVJPZ1Yb3Sx2TTbOeM=\n\n— registry.example.com/audit HdCoT7mnfl0…\n';
const HASH = '9RQHvCWyfSoiVQcGDEsvxXFtXJVJPZ1Yb3Sx2TTbOeM=';

const size = z.int().min(1).max(Number.MAX_SAFE_INTEGER);
const index = z.int().min(0).max(Number.MAX_SAFE_INTEGER);

const hash = textUpTo(HASH_LENGTH).meta({ examples: [HASH] });
const path = (description: string) =>
  z.array(hash.describe('A hash, base64.')).meta({ description, maxItems: PATH_LENGTH_MAX, examples: [[HASH]] });
const note = (description: string) => textUpTo(NOTE_LENGTH_MAX).meta({ description, examples: [NOTE] });
const aboutLog = {
  log: id.describe(
    'The id of the log: that of its tenant, `00000000-0000-0000-0000-000000000000` for the platform, `ffffffff-ffff-ffff-ffff-ffffffffffff` for the log of all checkpoints.',
  ),
  origin: textUpTo(ORIGIN_LENGTH_MAX).meta({
    description: 'The name of the log, which its checkpoints have in their first line.',
    examples: ['registry.example.com/audit/0192f0c4-1b2a-7d3e-8f4a-5b6c7d8e9fa0'],
  }),
};

const which = {
  tenant_id: id
    .optional()
    .describe(
      "The tenant whose log it is, deleted ones too. Absent: the caller's, and that of the platform for a caller of the platform.",
    ),
  of: z
    .enum(['tenant', 'registry'])
    .default('tenant')
    .describe('Of which log: `tenant`, or `registry` for the log of all checkpoints, which everybody may see.'),
};

export const proofInput = z.strictObject({
  id,
  size: size
    .optional()
    .describe(
      'Under the checkpoint of this size; absent: under the newest one. A checkpoint that you hold has its size in its second line.',
    ),
});
export type ProofInput = z.output<typeof proofInput>;

const group = (name: string, members: string) =>
  z
    .object({
      salt: textUpTo(24)
        .nullable()
        .meta({ description: '16 bytes, base64; null: this part is erased.', examples: ['qvU4XwgrNJLSprHAkvXnMg=='] }),
      value: textUpTo(VALUE_LENGTH_MAX)
        .nullable()
        .meta({
          description: `Canonical JSON (RFC 8785) with ${members}; null: this part is erased.`,
          examples: ['{"…":"…"}'],
        }),
      hash: textUpTo(64).meta({
        description: `SHA-256 of the salt and the value, in hexadecimal digits: \`${name}\` of the entry.`,
        examples: ['3b1f0e5c9d8a47266f5b4e3d2c1b0a99887766554433221100ffeeddccbbaa99'],
      }),
    })
    .meta({ description: `The part \`${name}\` of the event, of which the entry has the hash alone.` });

export const auditProof = z
  .object({
    ...aboutLog,
    index: index.meta({ description: 'The place of the entry in the log, counted from 0.', examples: [41] }),
    entry: textUpTo(ENTRY_LENGTH_MAX).meta({
      description: 'The text that was hashed, canonical JSON (RFC 8785): compare it with the event.',
      examples: ['{"action":"report.exported","…":"…","v":1}'],
    }),
    leaf_hash: hash.describe('SHA-256 of a zero byte and the entry, base64.'),
    who: group('who', '`actor_id`, `actor_name`, `reported_by` and `source_ip`'),
    what: group('what', '`description`, `external_id`, `extra`, `metadata`, `target_id` and `target_name`'),
    size: size.meta({ description: 'The size of the log under the checkpoint.', examples: [128] }),
    path: path('The audit path (RFC 9162, 2.1.3) from the leaf to the root of the checkpoint.'),
    checkpoint: note('The checkpoint: a signed note (C2SP tlog-checkpoint).'),
  })
  .meta({ id: 'AuditProof', description: 'That an event is in a log which was signed, and where.' });
export type AuditProof = z.infer<typeof auditProof>;

export const checkpointInput = z.strictObject(which);
export type CheckpointInput = z.output<typeof checkpointInput>;

const registered = z
  .object({
    entry: textUpTo(200).meta({
      description:
        'The text that was hashed, canonical JSON: this checkpoint as an entry of the log of all checkpoints.',
      examples: [`{"log":"0192f0c4-1b2a-7d3e-8f4a-5b6c7d8e9fa0","root":"${HASH}","size":128}`],
    }),
    index: index.meta({ description: 'Its place there, counted from 0.', examples: [9_031] }),
    size: size.meta({ description: 'The size of that log.', examples: [9_040] }),
    path: path('The audit path from that entry to the root of `note`.'),
    note: note('The newest checkpoint of the log of all checkpoints: compare it with the one that went outside.'),
  })
  .meta({
    id: 'AuditCheckpointRegistered',
    description: 'A checkpoint as an entry of the log of all checkpoints, with its audit path.',
  });

export const auditCheckpoint = z
  .object({
    ...aboutLog,
    size: size.meta({ description: 'How many entries the log had.', examples: [128] }),
    root: hash.describe('The root of the tree of so many entries, base64.'),
    note: note('The checkpoint: a signed note (C2SP tlog-checkpoint).'),
    created_at: timestamp,
    registry: registered
      .nullable()
      .describe('How the log of all checkpoints covers it. Null: it is one of that log, or not yet covered.'),
  })
  .meta({ id: 'AuditCheckpoint', description: 'Size and root of a log, signed.' });
export type AuditCheckpoint = z.infer<typeof auditCheckpoint>;

export const consistencyInput = z.strictObject({
  ...which,
  first: size.meta({ description: 'The smaller size: that of the checkpoint that you hold.', examples: [1] }),
  second: size.optional().describe('The larger size; absent: that of the newest checkpoint.'),
});
export type ConsistencyInput = z.output<typeof consistencyInput>;

export const auditConsistency = z
  .object({
    ...aboutLog,
    first: size.meta({ description: 'The smaller size.', examples: [41] }),
    second: size.meta({ description: 'The larger size.', examples: [128] }),
    path: path('The consistency proof (RFC 9162, 2.1.4); empty when both sizes are equal.'),
    checkpoint: note('The checkpoint of the larger size; null: none has exactly that.').nullable(),
  })
  .meta({ id: 'AuditConsistency', description: 'That a log of one size is the beginning of the log of another size.' });
export type AuditConsistency = z.infer<typeof auditConsistency>;

export const verifiersInput = z.strictObject({});

export const auditVerifiers = z
  .object({
    origin: textUpTo(ORIGIN_LENGTH_MAX).meta({
      description: 'The name of the signer, with which the name of every log begins.',
      examples: ['registry.example.com/audit'],
    }),
    verifiers: z
      .array(
        textUpTo(ORIGIN_LENGTH_MAX + 64).meta({
          description: 'A verifier key (C2SP signed-note).',
          examples: ['registry.example.com/audit+a1b2c3d4+AcLVQO0p0aDzb5nWCfGcVcLd0N1wYO1bJf0YtB4Zg0Ls'],
        }),
      )
      .meta({ description: 'Of the keys that sign now, each once. Empty: nothing is signed.', maxItems: 100 }),
  })
  .meta({ id: 'AuditVerifiers', description: 'The public keys that checkpoints are checked with.' });
export type AuditVerifiers = z.infer<typeof auditVerifiers>;

export const auditCheckpointSigned = defineEvent({
  type: 'audit.checkpoint',
  description:
    'The log of all checkpoints was signed: keep it where whoever runs the registry cannot change it. It has no audit row.',
  payload: z
    .object({
      origin: aboutLog.origin,
      size: size.meta({ description: 'How many entries the log has.', examples: [9_040] }),
      root: hash.describe('The root of the tree of so many entries, base64.'),
      note: note('The checkpoint: a signed note (C2SP tlog-checkpoint).'),
    })
    .meta({ id: 'AuditCheckpointSigned', description: 'A checkpoint of the log of all checkpoints.' }),
  subject: () => ({ tenant_id: null, target: { type: 'audit_log', id: REGISTRY_LOG, name: null } }),
  audited: false,
});

export const proofEvents = { auditCheckpointSigned };
