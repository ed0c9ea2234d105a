import type { KubeObject } from '../api/kube-object.ts';
import { type ObjectApi, wholeSeconds } from '../api/object-api.ts';
import { typeOfKind } from '../api/resource-types.ts';
import { operatorCaller } from './operator-caller.ts';

/** client-go sends so many events of one object at once, and one more every five minutes. */
const burst = 25;
const refillMs = 300_000;

const eventType = typeOfKind('Event');

/** Writes Events as client-go's recorder does: one that repeats counts up, one that repeats too often isn't sent. */
export class EventRecorder {
  readonly #api: ObjectApi;
  readonly #now: () => Date;
  readonly #names = new Map<string, string>();
  readonly #budgets = new Map<string, { left: number; at: number }>();
  #serial = 0;

  constructor(api: ObjectApi, now: () => Date) {
    this.#api = api;
    this.#now = now;
  }

  /** Says something about an object. */
  record(about: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): void {
    const { uid, namespace = 'default' } = about.metadata;
    if (!this.#mayStillSay(uid)) return;
    const key = [uid, type, reason, message].join('\n');
    const known = this.#names.get(key);
    const earlier = known === undefined ? undefined : this.#api.store.get('Event', namespace, known);
    const lastTimestamp = wholeSeconds(this.#now());
    const options = { caller: operatorCaller };
    if (earlier !== undefined) {
      const count = Number(earlier['count']) + 1;
      const change = (current: KubeObject): KubeObject => ({ ...current, count, lastTimestamp });
      this.#api.patch(eventType, { namespace, name: earlier.metadata.name }, change, options);
      return;
    }
    this.#serial += 1;
    const stamp = (BigInt(this.#now().getTime()) * 1_000_000n + BigInt(this.#serial)).toString(16);
    const name = `${about.metadata.name}.${stamp}`;
    this.#names.set(key, name);
    const body = eventBody(about, { type, reason, message, at: lastTimestamp });
    this.#api.create(eventType, namespace, { ...body, metadata: { name, namespace } }, options);
  }

  #mayStillSay(uid: string): boolean {
    const now = this.#now().getTime();
    const budget = this.#budgets.get(uid) ?? { left: burst, at: now };
    const left = Math.min(burst, budget.left + (now - budget.at) / refillMs);
    this.#budgets.set(uid, { left: Math.max(0, left - 1), at: now });
    return left >= 1;
  }
}

interface Said {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly at: string;
}

function eventBody(about: KubeObject, { type, reason, message, at }: Said) {
  const { name, namespace, uid, resourceVersion } = about.metadata;
  const { apiVersion, kind } = about;
  return {
    apiVersion: 'v1',
    kind: 'Event',
    involvedObject: {
      kind,
      ...(namespace === undefined ? {} : { namespace }),
      name,
      uid,
      apiVersion,
      resourceVersion,
    },
    reason,
    message,
    source: { component: 'external-secrets' },
    firstTimestamp: at,
    lastTimestamp: at,
    count: 1,
    type,
    eventTime: null,
    reportingComponent: 'external-secrets',
    reportingInstance: '',
  };
}
