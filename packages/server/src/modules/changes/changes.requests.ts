import { defineRequests } from '../../../test/support/requests.ts';

export const requests = defineRequests({ operations: { stream_changes: { request: () => ({}) } } });
