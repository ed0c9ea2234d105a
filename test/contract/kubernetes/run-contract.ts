import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../../servers/until.ts';
import { cases } from './cases.ts';
import { followWatch } from './follow-watch.ts';
import type { Step, Who } from './step.ts';
import { watchCases } from './watch-cases.ts';

/** An API server to run the contract against, with manifests/, External Secrets, and the secret contract/app in Vault. */
export interface ContractServer {
  readonly url: string;
  readonly ca?: string;
  readonly tokens: { readonly bot: string; readonly admin: string };
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

type Kept = Record<string, unknown>;

/** Runs the one table of cases against a server. Raw HTTP: nothing of the bot is in between. */
export function runKubernetesContract(name: string, getServer: () => ContractServer): void {
  describe(name, () => {
    let agent: Agent;
    let caseNumber = 0;

    function headersFor(who: Who): Record<string, string> {
      const { tokens } = getServer();
      const token = { ...tokens, unknown: 'nobody-has-this', nobody: undefined }[who];
      return token === undefined ? {} : { authorization: `Bearer ${token}` };
    }

    async function send(step: Step, kept: Kept): Promise<Answer> {
      const [method = '', path = ''] = fill(step.ask, kept).split(' ');
      const usual = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
      const answer = await request(`${getServer().url}${path}`, {
        method,
        dispatcher: agent,
        headers: { 'content-type': step.contentType ?? usual, ...headersFor(step.as ?? 'bot') },
        ...(step.body === undefined ? {} : { body: fill(JSON.stringify(step.body), kept) }),
      });
      return { status: answer.statusCode, text: await answer.body.text() };
    }

    async function play(steps: readonly Step[], kept: Kept): Promise<void> {
      for (const step of steps) {
        const once = async (): Promise<true> => {
          check(step, await send(step, kept), kept);
          return true;
        };
        await (step.until === true ? until(once, { what: step.ask, deadlineMs: 15_000 }) : once());
      }
    }

    function ownName(): string {
      caseNumber += 1;
      return `case-${caseNumber}`;
    }

    beforeAll(async () => {
      const { ca } = getServer();
      agent = new Agent(ca === undefined ? {} : { connect: { ca } });
      const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'contract' } };
      const answer = await send(
        { as: 'admin', ask: 'POST /api/v1/namespaces', body: namespace, status: 201 },
        {},
      );
      expect([201, 409]).toContain(answer.status);
    });
    afterAll(() => agent.destroy());

    test.each(cases)('$what', ({ steps }) => play(steps(ownName()), {}));

    test.each(watchCases)('$what', async ({ before, watch, during, seen, ends }) => {
      const own = ownName();
      const kept: Kept = {};
      await play(before?.(own) ?? [], kept);
      const address = fill(watch(own), kept);
      const watching = await followWatch(`${getServer().url}${address}&watch=true`, {
        dispatcher: agent,
        headers: headersFor('bot'),
      });
      try {
        await play(during?.(own) ?? [], kept);
        const expected = seen(own);
        await until(async () => watching.events.length >= expected.length, {
          what: `${expected.length} events`,
          pollMs: 5,
          deadlineMs: 10_000,
        });
        expect(watching.events.slice(0, expected.length)).toMatchObject(expected);
        if (ends === undefined) return;
        await until(async () => watching.ended(), { what: 'the end of the watch', deadlineMs: 10_000 });
        expect(watching.events).toHaveLength(expected.length);
      } finally {
        watching.stop();
      }
    });
  });
}

/** `$version` replaced by what was kept by that name; a number that stands alone becomes one. */
function fill(text: string, kept: Kept): string {
  return text.replace(/\$(\w+)/g, (_match, name: string) => {
    if (!(name in kept)) throw new Error(`nothing was kept as ${name}`);
    return String(kept[name]);
  });
}

function check(step: Step, { status, text }: Answer, kept: Kept): void {
  expect(status, `${step.ask}: ${text.slice(0, 400)}`).toBe(step.status);
  if (typeof step.answer === 'string') {
    expect(text).toContain(step.answer);
    return;
  }
  const body: unknown = JSON.parse(text);
  if (step.answer !== undefined) expect(body, step.ask).toMatchObject(filled(step.answer, kept) as object);
  for (const path of step.absent ?? []) expect(valueAt(body, path), path).toBeUndefined();
  for (const [name, path] of Object.entries(step.keep ?? {})) kept[name] = valueAt(body, path);
}

/** An expected answer with `$names` in it; matchers of vitest are left as they are. */
function filled(expected: unknown, kept: Kept): unknown {
  if (typeof expected === 'string') return /^\$\w+$/.test(expected) ? kept[expected.slice(1)] : expected;
  if (Array.isArray(expected)) return expected.map((each) => filled(each, kept));
  if (typeof expected !== 'object' || expected === null || 'asymmetricMatch' in expected) return expected;
  return Object.fromEntries(Object.entries(expected).map(([key, value]) => [key, filled(value, kept)]));
}

/** Dots separate; a key of an annotation has none here. */
function valueAt(body: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], body);
}
