/** The methods of the service Maintenance. */
import type { Alarm, MemberStatus } from '../types.ts';
import { type Method, method, takeNothing } from './method.ts';
import { type Reader, takeFields, takeId, takeMessage, takeNumber, takeText } from './reader.ts';
import { putId, putNumber } from './writer.ts';

function takeMemberId(from: Reader): string {
  let id = 0n;
  takeMessage(from, (field) => {
    if (field !== 2) return false;
    id = takeId(from);
    return true;
  });
  return toHex(id);
}

/** Returns an id as etcd's own tools print it. */
function toHex(id: bigint): string {
  return id.toString(16);
}

export const status: Method<void, MemberStatus> = method({
  path: 'Maintenance/Status',
  write: () => {},
  read(from) {
    const errors: string[] = [];
    const numbers = new Map<number, number>();
    let memberId = '';
    let version = '';
    let leader = 0n;
    takeFields(from, (field) => {
      if (field === 1) memberId = takeMemberId(from);
      else if (field === 2) version = takeText(from);
      else if (field === 4) leader = takeId(from);
      else if (field === 8) errors.push(takeText(from));
      else if ([3, 5, 6, 7, 9, 12].includes(field)) numbers.set(field, takeNumber(from));
      else return false;
      return true;
    });
    const number = (field: number) => numbers.get(field) ?? 0;
    return {
      memberId,
      version,
      dbSize: number(3),
      dbSizeInUse: number(9),
      quota: numbers.get(12) ?? null,
      leader: leader === 0n ? null : toHex(leader),
      raftIndex: number(5),
      raftTerm: number(6),
      raftAppliedIndex: number(7),
      errors,
    };
  },
});

const NO_SPACE = 1;
const CORRUPT = 2;
const DEACTIVATE = 2;

export const alarms: Method<void, readonly Alarm[]> = method({
  path: 'Maintenance/Alarm',
  write: () => {},
  read(from) {
    const found: Alarm[] = [];
    takeFields(from, (field) => {
      if (field !== 2) return false;
      let memberId = 0n;
      let alarm = 0;
      takeMessage(from, (inner) => {
        if (inner === 1) memberId = takeId(from);
        else if (inner === 2) alarm = takeNumber(from);
        else return false;
        return true;
      });
      found.push({ memberId: toHex(memberId), alarm: nameOf(alarm) });
      return true;
    });
    return found;
  },
});

function nameOf(alarm: number): Alarm['alarm'] {
  if (alarm === NO_SPACE) return 'no_space';
  return alarm === CORRUPT ? 'corrupt' : 'unknown';
}

/** Ends the alarm `no_space` of one member. */
export const disarm: Method<string, void> = method({
  path: 'Maintenance/Alarm',
  write(to, memberId) {
    putNumber(to, 3, NO_SPACE);
    putId(to, 2, BigInt(`0x${memberId}`));
    putNumber(to, 1, DEACTIVATE);
  },
  read: takeNothing,
});
