import { z } from 'zod';
import type { Actor } from '../../src/core/actor.ts';
import { checkGiven, gatherWords } from '../../src/core/arguments.ts';
import { type Command, defineCommand } from '../../src/core/command.ts';
import type {
  Answer,
  Choice,
  ChoicesRequest,
  Dispatcher,
  DispatchRequest,
  Given,
  Reading,
} from '../../src/core/dispatcher.ts';

const kinds = ['password', 'hex', 'uuid'] as const;

/** A command with a field of every kind. */
export const rotate = defineCommand({
  name: 'secret rotate',
  summary: 'Make a new value',
  examples: ['secret rotate media/jellyfin api-key'],
  may: 'rotate',
  effect: 'write',
  words: ['target', 'properties'],
  args: z.object({
    target: z
      .string()
      .regex(/^[a-z/-]+$/)
      .meta({ title: 'Secret', description: 'namespace/name', field: 'target' }),
    properties: z.array(z.string()).default([]).meta({ title: 'Properties', field: 'property' }),
    length: z.number().int().min(8).max(128).optional().meta({ title: 'Length' }),
    kind: z.enum(kinds).optional().meta({ title: 'Kind' }),
    restart: z.boolean().optional().meta({ title: 'Restart' }),
    reason: z.string().max(200).optional().meta({ title: 'Reason' }),
  }),
  handler: async () => ({}),
});

export const list = defineCommand({
  name: 'secret list',
  summary: 'All secrets',
  examples: ['secret list'],
  may: 'read',
  effect: 'read',
  words: ['namespace'],
  args: z.object({ namespace: z.string().optional() }),
  handler: async () => ({}),
});

export interface FakeDispatcher extends Dispatcher {
  readonly requests: DispatchRequest[];
  readonly readings: { readonly words: readonly string[]; readonly actor: Actor }[];
  onRun: (request: DispatchRequest) => Promise<Answer>;
  onChoices: (request: ChoicesRequest) => Promise<readonly Choice[]>;
}

/** Reads by the commands' schemas as the real one does, and runs what a test gives it. */
export function fakeDispatcher(): FakeDispatcher {
  const commands: readonly Command[] = [rotate, list];
  const fake: FakeDispatcher = {
    commands,
    requests: [],
    readings: [],
    onRun: async (request) => ({ card: { state: 'success', title: `ran ${JSON.stringify(request.given)}` } }),
    onChoices: async () => [],
    read(words, actor) {
      fake.readings.push({ words, actor });
      const command = commands.find(({ name }) => words.join(' ').startsWith(name));
      if (command === undefined) {
        return {
          kind: 'answer',
          card: { state: 'failure', title: `There is no command ${words.join(' ')}` },
        };
      }
      return readGiven(command, gatherWords(command, words.slice(2)).given);
    },
    readFields: (command, given) => readGiven(command, given),
    async run(request) {
      fake.requests.push(request);
      return fake.onRun(request);
    },
    choices: (request) => fake.onChoices(request),
  };
  return fake;
}

function readGiven(command: Command, given: Given): Reading {
  const { problems, missing } = checkGiven(command, given);
  if (Object.keys(problems).length === 0 && missing.length === 0) return { kind: 'ready', command, given };
  const why = missing.length > 0 ? `Choose: ${missing.join(', ')}.` : 'Something is not right yet.';
  const card = {
    state: 'failure',
    title: `/${command.name} was not run: ${missing.join(', ')} missing`,
  } as const;
  return { kind: 'ask', command, given, why, problems, card };
}
