/** F5: a page of 200 rows, each as large as rows may be. */
import type { Assault } from '../assault.ts';
import type { Hand } from '../hand.ts';
import { makeLargeRows } from './large-rows.ts';

const WORKERS = 20;

/** Asks for the largest pages of two lists and for whole exports, and reads all of each answer. */
export async function assaultByPages(hand: Hand): Promise<Assault> {
  const note = await makeLargeRows(hand);
  const paths = [
    '/v1/audit?limit=200',
    `/v1/idp-configs?tenant_id=${hand.tenantId}&limit=200`,
    '/v1/audit?limit=200&action=idp_config.updated',
    '/v1/audit/export',
  ];
  return {
    note,
    workers: WORKERS,
    act: (n, round, signal) =>
      hand.send({ method: 'GET', path: paths[(n + round) % paths.length] ?? '/v1/audit', discards: true }, signal),
  };
}
