import type { App } from '@slack/bolt';
import type { z } from 'zod';
import { describeUnknown } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { answerAction, answerCommand, findChoices } from './answer-requests.ts';
import { answerSubmission } from './answer-submission.ts';
import { fieldPrefix } from './build-form.ts';
import type { Desk } from './desk.ts';
import { BlockActions, BlockSuggestion, SlashCommand, ViewSubmission } from './payloads.ts';
import { runActionPrefix } from './render-card.ts';
import { createTurns } from './take-turns.ts';
import type { WorkTracker } from './track-work.ts';

export interface ListenOptions {
  readonly desk: Desk;
  readonly log: Log;
  /** Slash command to first word. */
  readonly commands: Readonly<Record<string, string>>;
  /** Requests that Slack still waits for. */
  readonly unacknowledged: WorkTracker;
  readonly work: WorkTracker;
}

/** What Bolt gives a listener, as far as it is used; bodies are read by our own schemas. */
interface Request {
  readonly body: unknown;
  readonly context: Record<string, unknown>;
  readonly ack: (response?: never) => Promise<void>;
}

/**
 * Ties Slack's requests to what answers them. Each is acknowledged before any work: Slack shows the person a fault
 * after three seconds, and a command that is seen to fail is typed again. When an acknowledgement can't be sent
 * nothing is run, for the same reason.
 */
export function listen(app: App, options: ListenOptions): void {
  const { desk, log } = options;
  const turn = createTurns();

  /** Acknowledges, then works. Never throws, because Bolt would log the error as it is. */
  function on<Schema extends z.ZodType>(
    schema: Schema,
    work: (body: z.infer<Schema>) => Promise<void>,
  ): (request: Request) => Promise<void> {
    return async ({ body, context, ack }) => {
      try {
        await options.unacknowledged.track(ack());
      } catch (error) {
        log.warn({ reason: describeUnknown(error) }, 'an acknowledgement could not be sent');
        return;
      }
      const read = schema.safeParse(body);
      if (!read.success || context['replayed'] === true) {
        log.warn({ outcome: read.success ? 'replayed' : 'unreadable' }, 'a request was dropped');
        return;
      }
      await options.work.track(guarded(turn().then(() => work(read.data))));
    };
  }

  /** The same where the acknowledgement is the answer. */
  function answer<Schema extends z.ZodType>(
    schema: Schema,
    work: (body: z.infer<Schema>, ack: (response?: unknown) => Promise<void>) => Promise<void>,
  ): (request: Request) => Promise<void> {
    return async ({ body, context, ack }) => {
      const read = schema.safeParse(body);
      if (!read.success || context['replayed'] === true) {
        log.warn({ outcome: read.success ? 'replayed' : 'unreadable' }, 'a request was dropped');
        await guarded(ack());
        return;
      }
      const send = (response?: unknown): Promise<void> =>
        response === undefined ? ack() : ack(response as never);
      await options.work.track(guarded(work(read.data, send)));
    };
  }

  async function guarded(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      log.error({ reason: describeUnknown(error) }, 'answering a request failed');
    }
  }

  const onCommand = on(SlashCommand, (slash) =>
    answerCommand(desk, slash, options.commands[slash.command] ?? slash.command.replace(/^\//, '')),
  );
  const onAction = on(BlockActions, (pressed) => answerAction(desk, pressed));
  const onChoices = answer(BlockSuggestion, async (suggestion, ack) => {
    await options.unacknowledged.track((async () => ack(await findChoices(desk, suggestion)))());
  });
  const onSubmission = answer(ViewSubmission, async (sent, ack) => {
    let acknowledged: () => void = () => undefined;
    const waiting = new Promise<void>((resolve) => {
      acknowledged = resolve;
    });
    void options.unacknowledged.track(waiting);
    try {
      await answerSubmission(desk, sent, (response) => ack(response).finally(acknowledged));
    } finally {
      acknowledged();
    }
  });

  app.command(/.*/, (request) => onCommand(request as Request));
  app.action(new RegExp(`^(${runActionPrefix}|${fieldPrefix})`), (request) => onAction(request as Request));
  app.options(new RegExp(`^${fieldPrefix}`), (request) => onChoices(request as unknown as Request));
  app.view({ type: 'view_submission' }, (request) => onSubmission(request as unknown as Request));
  app.error(async (error) => {
    log.error({ reason: describeUnknown(error) }, 'Bolt failed to process a request');
  });
}
