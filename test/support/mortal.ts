import type { GitOps } from '../../src/core/ports/gitops.ts';
import type { RunOptions } from '../../src/operations/run-options.ts';

/** What a dead replica's calls do: nothing, for ever. */
const never = new Promise<never>(() => undefined);

/** The ports that a replica has. */
type Ports = Pick<RunOptions, 'leases' | 'vault' | 'cluster' | 'flux' | 'certificates' | 'surface'> &
  Pick<GitOps, 'forge'>;

/** The methods of a port that promise nothing: they are answered from memory at once. */
type AtOnce<Port> = {
  [Key in keyof Port]-?: Port[Key] extends (...given: never[]) => infer Answer
    ? Answer extends Promise<unknown>
      ? never
      : Key
    : never;
}[keyof Port];

/** All of them: nothing can come between. */
const atOnce: Record<{ [Name in keyof Ports]: AtOnce<Ports[Name]> }[keyof Ports], true> = {
  health: true,
  externalSecrets: true,
  externalSecret: true,
  readersOf: true,
  workloadsUsing: true,
  stores: true,
  session: true,
};

export interface CallPoint {
  /** `forge openProposal`; a Lease's with its name's first word: `leases replace op`. */
  readonly name: string;
  /** Which of this name, from 1. */
  readonly time: number;
}

/** What becomes of a call at one of its points: `die` ends the replica, `lose` does the work and loses the answer. */
export type Blow = 'die after' | 'lose answer';

/** One replica's connection to all ports. Counts its calls by name; at one of them something happens to it. */
export class Mortal {
  readonly calls: CallPoint[] = [];
  readonly #times = new Map<string, number>();
  readonly #at: CallPoint | undefined;
  readonly #blow: Blow | undefined;
  readonly #lost: (port: string) => unknown;
  /** Called after a call was done, whatever becomes of its answer. */
  onDone: (point: CallPoint) => void = () => undefined;
  /** Called in the moment of its death. */
  onDeath: () => void = () => undefined;
  isDead = false;
  /** Whether what was to happen happened. */
  wasStruck = false;

  constructor(at?: CallPoint, blow?: Blow, lost: (port: string) => unknown = () => undefined) {
    this.#at = at;
    this.#blow = blow;
    this.#lost = lost;
  }

  /** The port, as this replica reaches it. */
  through = <T extends object>(port: string, target: T): T =>
    new Proxy(target, {
      get: (of, key) => {
        const member: unknown = Reflect.get(of, key, of);
        if (typeof member !== 'function') return member;
        const method = (...given: unknown[]): unknown => member.apply(of, given);
        if (Object.hasOwn(atOnce, key)) return method;
        return (...given: unknown[]) => this.#call(nameOf(port, String(key), given), () => method(...given));
      },
    });

  async #call(name: string, work: () => unknown): Promise<unknown> {
    if (this.isDead) return never;
    const time = (this.#times.get(name) ?? 0) + 1;
    this.#times.set(name, time);
    this.calls.push({ name, time });
    const isHere = this.#at?.name === name && this.#at.time === time;
    if (isHere) this.wasStruck = true;
    const answer = await work();
    this.onDone({ name, time });
    if (isHere && this.#blow === 'die after') return this.#die();
    if (isHere && this.#blow === 'lose answer') throw this.#lost(name);
    return this.isDead ? never : answer;
  }

  #die(): Promise<never> {
    this.isDead = true;
    this.onDeath();
    return never;
  }
}

function nameOf(port: string, method: string, [first]: readonly unknown[]): string {
  if (port !== 'leases') return `${port} ${method}`;
  const name = typeof first === 'object' && first !== null && 'name' in first ? String(first.name) : '';
  return `leases ${method} ${name.split('-')[0]}`;
}
