/** Which claim becomes what: the members of `claim_mappings` that the registry knows, among all that it keeps. */
import { z } from 'zod';
import { tenantRoles } from '../../../kernel/permissions.ts';

const PATH_LENGTH_MAX = 200;
const ROLES_MAX = 200;

// Every mistake has a text of its own, because the free JSON around takes it over as it is.
const CLAIM = 'must be the name of a claim, or a path of names with dots between them, of at most 200 characters';
const ROLE_MAP = `must be an object of at most ${ROLES_MAX} roles of the provider`;
const ROLE = `must be one of ${tenantRoles.join(', ')}`;

const claim = z
  .string(CLAIM)
  .max(PATH_LENGTH_MAX, CLAIM)
  .regex(/^[^\s.]+(\.[^\s.]+)*$/, CLAIM);
const roleMap = z
  .record(z.string(), z.enum(tenantRoles, ROLE), ROLE_MAP)
  .refine((map) => Object.keys(map).length <= ROLES_MAX, ROLE_MAP);

/** The known members; every other one is kept and has no meaning. */
export const claimMappingsShape = z.object({
  subject: claim.optional(),
  email: claim.optional(),
  name: claim.optional(),
  groups: claim.optional(),
  roles: claim.optional(),
  scim: claim.optional(),
  role_map: roleMap.optional(),
});
