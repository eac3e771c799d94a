/** Sub-ranges on the wire. */
import { z } from 'zod';
import { routes } from '../../../kernel/routes.ts';
import { procedure } from '../../../kernel/trpc.ts';
import { projectErrors } from '../../projects/errors.ts';
import { tenancyErrors } from '../../tenants/errors.ts';
import { networkErrors } from '../errors.ts';
import { setSubRangeInput, subRange, subRangeOf } from '../schema.ts';
import { getSubRange, removeSubRange, setSubRange } from './service.ts';

const on = routes({ tag: 'Network', tenancy: tenancyErrors });

export const subRangeProcedures = {
  getSubRange: procedure('network:read', { project: 'id' })
    .meta({
      rest: on.get('/v1/projects/{id}/sub-range', {
        operation: 'get_sub_range',
        summary: 'Get the sub-range of a project',
        description: 'The part of the network that the project has for itself. Not found while it has none.',
        inTenant: 'read',
      }),
    })
    .input(subRangeOf)
    .output(subRange)
    .query(({ ctx, input }) => getSubRange(ctx, input.id)),

  setSubRange: procedure('network:write')
    .meta({
      rest: on.replace('/v1/projects/{id}/sub-range', {
        operation: 'set_sub_range',
        summary: 'Give a project a sub-range',
        description:
          'In place of the one that it has. With `prefix_length` it is the lowest one whose addresses are all free; if there is none, the lowest one without an address of a node and without a part of another sub-range. A project that has one of that length keeps it. Equal to what is there, it changes nothing.',
        errors: [
          networkErrors.networkNotSet,
          networkErrors.subRangeOverlaps,
          networkErrors.subRangeOutsideRange,
          networkErrors.subRangeInUse,
          networkErrors.noSubRangeFits,
          networkErrors.allocatorContention,
          projectErrors.projectArchived,
        ],
        inTenant: 'write',
        example: { request: { prefix_length: undefined } },
      }),
    })
    .input(setSubRangeInput)
    .output(subRange)
    .mutation(({ ctx, input }) => setSubRange(ctx, input)),

  removeSubRange: procedure('network:write')
    .meta({
      rest: on.remove('/v1/projects/{id}/sub-range', {
        operation: 'delete_sub_range',
        summary: 'Take the sub-range of a project away',
        description: 'The nodes of the project keep their addresses; those that are free are for all projects again.',
        errors: [networkErrors.allocatorContention],
        inTenant: 'write',
      }),
    })
    .input(subRangeOf)
    .output(z.void())
    .mutation(({ ctx, input }) => removeSubRange(ctx, input.id)),
} as const;
