// engine: none
import { expect, test } from 'vitest';
import { historyProcedures } from './history/router.ts';
import { readerProcedures } from './readers/router.ts';
import { readingProcedures } from './reading/router.ts';
import { configsRouter } from './router.ts';
import { transferProcedures } from './transfer/router.ts';
import { valueProcedures } from './values/router.ts';
import { watchProcedures } from './watch/router.ts';

test('no slice takes the name of another slice’s procedure', () => {
  const slices = [
    valueProcedures,
    historyProcedures,
    readingProcedures,
    watchProcedures,
    transferProcedures,
    readerProcedures,
  ];
  const names = slices.flatMap((slice) => Object.keys(slice));
  expect(Object.keys(configsRouter._def.procedures).sort()).toEqual(names.sort());
});
