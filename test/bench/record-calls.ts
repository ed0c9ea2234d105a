import type { Received } from '../../src/playground/http-stand-in.ts';
import { addressOf, hasHappened, type Plan, type Server, type Step, syncedOf, type Watched } from './plan.ts';

interface Recorded {
  readonly received: Received;
  readonly began: number;
  ended: number;
}

/** Notes what the stand-ins receive, and when each was answered; given to them as their `gate`. */
export class CallRecorder {
  readonly #calls = new Map<Received, Recorded>();
  readonly #seen: { readonly url: string; readonly at: number }[] = [];
  #count = 0;
  #recording = false;
  #lastAt = 0;
  #final: ((received: Received) => void) | undefined;

  /** Calls of rotations so far. */
  get count(): number {
    return this.#count;
  }

  readonly gate = (moment: 'received' | 'done', received: Received): void => {
    if (isBackground(received)) return;
    this.#lastAt = performance.now();
    if (moment === 'received') this.#begin(received);
    else this.#end(received);
  };

  /** Resolves with the text of the next final card, at the moment when Slack has it. */
  nextFinal(): Promise<string> {
    return new Promise((resolve) => {
      this.#final = (received) => resolve(textOf(received));
    });
  }

  /** How long nothing was asked, in milliseconds. */
  quietFor(): number {
    return performance.now() - this.#lastAt;
  }

  /** Records from now on. */
  begin(): void {
    this.#recording = true;
  }

  /** Hears a change of the cluster while it records: something that was asked for has happened. */
  see(object: Watched, previous: Watched | undefined): void {
    if (!this.#recording || previous === undefined || !/^(?:ExternalSecret|Deployment)$/.test(object.kind))
      return;
    const mark = markOf(object);
    if (mark !== '' && isNews(object, previous, mark)) {
      this.#seen.push({ url: addressOf(object), at: performance.now() });
    }
  }

  /** What was recorded, as a plan. */
  plan(app: string): Plan {
    this.#recording = false;
    const calls = [...this.#calls.values()];
    const posted = calls.find(({ received }) => received.url.endsWith('chat.update'));
    const journal = calls.find(({ received }) => received.url.includes('/leases/op-'));
    const requestId = /op-([0-9a-f]{8})/.exec(journal?.received.url ?? '')?.[1];
    const ts = new URLSearchParams(posted?.received.body ?? '').get('ts');
    if (requestId === undefined || ts === null) throw new Error('no rotation was recorded');
    return { app, requestId, ts, steps: stepsOf(calls, this.#seen) };
  }

  #begin(received: Received): void {
    this.#count += 1;
    if (this.#recording)
      this.#calls.set(received, { received, began: performance.now(), ended: Number.POSITIVE_INFINITY });
  }

  #end(received: Received): void {
    const call = this.#calls.get(received);
    if (call !== undefined) call.ended = performance.now();
    if (!isEdit(received) || textOf(received).startsWith('●')) return;
    this.#final?.(received);
    this.#final = undefined;
  }
}

/** What a replica does whether anybody asks something or not. */
function isBackground({ url, method }: Received): boolean {
  return method === 'WS' || /watch=true|labelSelector=|apps\.connections\.open|auth\.test/.test(url);
}

function isEdit({ url }: Received): boolean {
  return url.endsWith('/chat.update');
}

function textOf({ body }: Received): string {
  return new URLSearchParams(body).get('text') ?? '';
}

/** A mark alone is no answer to it: External Secrets has to say another version than before. */
function isNews(object: Watched, previous: Watched, mark: string): boolean {
  return object.kind === 'ExternalSecret'
    ? hasHappened(object, mark, syncedOf(previous))
    : hasHappened(object, mark, undefined) && !hasHappened(previous, mark, undefined);
}

function markOf(object: Watched): string {
  const annotated = /"chatelaine.dev\/restarted-by":"([^"]+)"/.exec(JSON.stringify(object.spec))?.[1];
  return object.metadata.annotations?.['force-sync'] ?? annotated ?? '';
}

interface Timed {
  readonly began: number;
  readonly ended: number;
  /** States in between, which nothing waits for. */
  readonly isAside: boolean;
  readonly toStep: (after: readonly number[]) => Step;
}

/**
 * What had ended before a call began is what it waited for: the stand-ins answer slowly while it is recorded, so that
 * two calls that were made side by side are seen as such.
 */
function stepsOf(calls: readonly Recorded[], seen: readonly { url: string; at: number }[]): readonly Step[] {
  const timed: readonly Timed[] = [
    ...calls.map(({ received, began, ended }) => ({
      began,
      ended,
      isAside: isEdit(received) && textOf(received).startsWith('●'),
      toStep: (after: readonly number[]) => callStep(received, after),
    })),
    ...seen.map(({ url, at }) => ({
      began:
        calls.find(({ received }) => received.method === 'PATCH' && received.url.startsWith(`${url}?`))
          ?.ended ?? at,
      ended: at,
      isAside: false,
      toStep: (after: readonly number[]) => ({ kind: 'see' as const, url, after }),
    })),
  ].toSorted((a, b) => a.began - b.began);
  return timed.map((step) =>
    step.toStep(
      timed.flatMap((other, index) => {
        const waitedFor = !other.isAside || step.isAside;
        return other !== step && waitedFor && other.ended <= step.began ? [index] : [];
      }),
    ),
  );
}

function callStep({ server, method, url, headers, body }: Received, after: readonly number[]): Step {
  const known: Server = server === 'slack' || server === 'kubernetes' ? server : 'vault';
  return { kind: 'call', server: known, method, url, contentType: headers['content-type'], body, after };
}
