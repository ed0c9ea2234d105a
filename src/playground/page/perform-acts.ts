import { z } from 'zod';
import { type GitHost, pullActs } from '../forge/git-host.ts';
import type { SlackStandIn } from '../slack/start-slack.ts';
import type { PagePanel, PageSwitch } from './panels.ts';

const chosen = z.union([z.string(), z.array(z.string()), z.null()]);
const filled = z.record(z.string(), chosen);
const place = {
  user: z.string(),
  message: z.object({ channel: z.string(), ts: z.string() }).optional(),
  viewId: z.string().optional(),
  actionId: z.string(),
  blockId: z.string().optional(),
};

export interface Stage {
  readonly slack: SlackStandIn;
  /** Absent where there is none. */
  readonly git?: GitHost;
  readonly panels: readonly PagePanel[];
  readonly switches: readonly PageSwitch[];
}

export type Performed =
  | { readonly ok: true; readonly seen: unknown }
  | { readonly ok: false; readonly problem: string };

type Act = (stage: Stage, body: unknown) => Promise<Performed>;

/** An act with its own fields: what does not fit them is told, and nothing is done. */
function act<T extends z.ZodType>(schema: T, run: (stage: Stage, fields: z.infer<T>) => unknown): Act {
  return async (stage, body) => {
    const read = schema.safeParse(body);
    if (!read.success) return { ok: false, problem: z.prettifyError(read.error) };
    try {
      return { ok: true, seen: (await run(stage, read.data)) ?? null };
    } catch (error) {
      return { ok: false, problem: error instanceof Error ? error.message : 'it did not work' };
    }
  };
}

/** Undefined fields are left out: the stand-in's options know absent, not undefined. */
function tidy<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}

const acts: Readonly<Record<string, Act>> = {
  say: act(
    z.object({ user: z.string(), channel: z.string(), text: z.string().min(1).max(4000) }),
    ({ slack }, fields) => slack.say(fields),
  ),
  press: act(
    z.object({ ...place, value: chosen.optional(), values: filled.optional() }),
    ({ slack }, fields) => slack.press(tidy(fields)),
  ),
  suggest: act(z.object({ ...place, value: z.string() }), ({ slack }, fields) => slack.suggest(tidy(fields))),
  submit: act(z.object({ user: z.string(), viewId: z.string(), values: filled }), ({ slack }, fields) =>
    slack.submit(fields),
  ),
  close: act(
    z.object({ user: z.string(), viewId: z.string().optional(), all: z.boolean().optional() }),
    ({ slack }, fields) => slack.closeView(tidy(fields)),
  ),
  pull: act(
    z.object({ act: z.enum(pullActs), number: z.int(), login: z.string().min(1) }),
    ({ git }, wanted) => git?.act(wanted),
  ),
  switch: act(z.object({ id: z.string(), on: z.boolean() }), ({ switches }, { id, on }) =>
    switches.find((each) => each.id === id)?.set(on),
  ),
  run: act(z.object({ panel: z.string(), row: z.string(), action: z.string() }), ({ panels }, wanted) =>
    panels
      .find((each) => each.id === wanted.panel)
      ?.rows()
      .find((each) => each.id === wanted.row)
      ?.actions?.find((each) => each.id === wanted.action)
      ?.run(),
  ),
};

/** Does what somebody did on the page. Never rejects: a problem is told. */
export async function perform(stage: Stage, name: string, body: string): Promise<Performed> {
  const known = Object.hasOwn(acts, name) ? acts[name] : undefined;
  return known === undefined ? { ok: false, problem: `there is no act ${name}` } : known(stage, parse(body));
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}
