/** Claims: which tenant a person who signs in belongs to, and what it may use. */
import { defineModule } from '../../kernel/module.ts';
import { claimsPermissions } from './permissions.ts';
import { claimsRouter } from './router.ts';

export const claimsModule = defineModule({ router: claimsRouter, permissions: claimsPermissions });
