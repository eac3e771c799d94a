/** What the supervisor does with what a process reports. */
import { type Group, isStopping, type Member, serving, tell } from './group.ts';
import type { Report } from './messages.ts';

export function hear(group: Group, member: Member, report: Report): void {
  const { gathering, leader } = group;
  switch (report.kind) {
    case 'listening': {
      const { address, internalAddress, engine } = report;
      member.listening = { address, internalAddress, engine };
      break;
    }
    case 'leaving':
      // When all are to end, they are told in a moment.
      if (!isStopping(group)) tell(member, { kind: 'stop' });
      break;
    case 'signal':
      if (leader !== undefined && leader !== member) tell(leader, report);
      break;
    case 'gather':
      void gather(group, member, report);
      break;
    case 'figures':
      gathering.told(member, report.figures, report.question);
      break;
    case 'farewell':
      gathering.told(member, report.figures);
      break;
    case 'counts':
      for (const other of serving(group)) if (other !== member) tell(other, report);
      break;
    default:
      report satisfies never;
  }
}

async function gather(group: Group, member: Member, { question, own }: Extract<Report, { kind: 'gather' }>) {
  const others = serving(group).filter((other) => other !== member);
  const { figures, silent } = await group.gathering.gather(member, own, others);
  const listening = new Set(serving(group).map(({ process }) => process));
  const all = Array.from({ length: group.processes }, (_, index) => index + 1);
  const absent = all.filter((number) => !listening.has(number));
  const gathered = { figures, silent: [...silent, ...absent], restarts: group.restarts };
  tell(member, { kind: 'gathered', question, gathered });
}
