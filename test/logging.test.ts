import { describe, expect, test } from 'vitest';
import { createLog } from '../src/logging.ts';

function logged(level: string) {
  const lines: string[] = [];
  const log = createLog(level, '1.2.3', { write: (line: string) => void lines.push(line) });
  return { log, read: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

describe('the log', () => {
  test('is one JSON object a line, with a static message, the time and the version', () => {
    const { log, read } = logged('info');
    log.info({ requestId: '7f3a9c00', ms: 12, properties: ['a', 'b'], code: undefined }, 'command ended');
    expect(read()).toEqual([
      {
        level: 30,
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string,
        version: '1.2.3',
        requestId: '7f3a9c00',
        ms: 12,
        properties: ['a', 'b'],
        msg: 'command ended',
      },
    ]);
  });

  test.each([
    ['trace', 5],
    ['info', 3],
    ['error', 1],
  ])('at %s has %i of five levels', (level, many) => {
    const { log, read } = logged(level);
    for (const write of [log.trace, log.debug, log.info, log.warn, log.error]) write({}, 'x');
    expect(read()).toHaveLength(many);
  });

  test('leaves out what is not on the list, though types were cast or an object was spread', () => {
    const { log, read } = logged('trace');
    const raw = Object.assign(new Error('CANARY'), { config: { token: 'CANARY' }, token: 'CANARY' });
    const spread: object = {
      ...(raw as object),
      err: raw,
      error: raw,
      reason: raw,
      body: 'CANARY',
      code: 'E',
    };
    log.error(spread, 'x');
    log.error(raw, 'y');
    expect(read().map(({ code, msg }) => ({ code, msg }))).toEqual([
      { code: 'E', msg: 'x' },
      { code: undefined, msg: 'y' },
    ]);
    expect(JSON.stringify(read())).not.toContain('CANARY');
  });
});
