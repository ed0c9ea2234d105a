import { createHash } from 'node:crypto';
import { type KubeObject, keyOf, valueAt } from '../api/kube-object.ts';
import { type Caller, wholeSeconds } from '../api/object-api.ts';
import { typeOfKind } from '../api/resource-types.ts';
import type { ControllerParts } from '../controller.ts';
import { type Phase, rolloutStatus } from './rollout-status.ts';

const caller: Caller = { username: 'system:kube-controller-manager', groups: ['system:authenticated'] };
const revisionAnnotation = 'deployment.kubernetes.io/revision';

/** A template that was rolled out, or is being so. */
interface Rollout {
  readonly revision: string;
  readonly formerRevision: string;
  /** A Deployment's count of its templates. */
  readonly count: number;
  readonly startedAt: number;
  readonly phase?: Phase;
}

/** Where each workload's rollout stands, told in its status. */
export class Rollouts {
  readonly #parts: ControllerParts;
  readonly #known = new Map<string, Rollout>();

  constructor(parts: ControllerParts) {
    this.#parts = parts;
  }

  /** Whether the template as it is now has come that far. */
  isAt(object: KubeObject, phase: Phase): boolean {
    return this.#rollout(object).phase === phase;
  }

  /** Writes the status of a phase, for the generation as it is. */
  say(object: KubeObject, phase: Phase): void {
    const rollout = this.#rollout(object);
    this.#known.set(object.metadata.uid, { ...rollout, phase });
    const { api, now } = this.#parts;
    const { namespace, name } = object.metadata;
    const change = (current: KubeObject): KubeObject => ({
      ...current,
      status: rolloutStatus(current, { ...rollout, phase, now: wholeSeconds(now()) }),
    });
    api.patch(typeOfKind(object.kind), { namespace, name }, change, { caller, subresource: 'status' });
  }

  /** Whether somebody switched the fault on. */
  isStuck({ metadata }: KubeObject): boolean {
    return this.#parts.faults.stuckRollouts.has(keyOf(metadata.namespace, metadata.name));
  }

  /** Says that it makes no progress, and after the deadline that it gave up hope. */
  sayStuck(object: KubeObject): void {
    const waited = performance.now() - this.#rollout(object).startedAt;
    this.say(object, waited >= this.#parts.timing.progressDeadlineMs ? 'deadline exceeded' : 'stuck');
  }

  forget({ metadata }: KubeObject): void {
    this.#known.delete(metadata.uid);
  }

  #rollout(object: KubeObject): Rollout {
    const { uid, name } = object.metadata;
    const known = this.#known.get(uid);
    const revision = `${name}-${templateHash(object)}`;
    if (known?.revision === revision) return known;
    const rollout: Rollout = {
      revision,
      formerRevision: known?.revision ?? revision,
      count: (known?.count ?? 0) + 1,
      startedAt: performance.now(),
    };
    this.#known.set(uid, rollout);
    if (object.kind === 'Deployment') this.#countRevision(object, rollout.count);
    return rollout;
  }

  #countRevision({ kind, metadata }: KubeObject, count: number): void {
    const { namespace, name } = metadata;
    const change = (current: KubeObject): KubeObject => {
      const annotations = { ...current.metadata.annotations, [revisionAnnotation]: String(count) };
      return { ...current, metadata: { ...current.metadata, annotations } };
    };
    this.#parts.api.patch(typeOfKind(kind), { namespace, name }, change, { caller });
  }
}

function templateHash(object: KubeObject): string {
  const template = JSON.stringify(valueAt(object.spec, 'template') ?? {});
  return createHash('sha256').update(template).digest('hex').slice(0, 10);
}
