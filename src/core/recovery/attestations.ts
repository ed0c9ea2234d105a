import { z } from 'zod';
import { type Actor, KeptActor } from '../actor.ts';
import type { Clock } from '../clock.ts';
import { isFault } from '../errors.ts';
import type { Call } from '../ports/call.ts';
import type { LeaseRecord, Leases } from '../ports/leases.ts';
import { type Attestable, attestable } from './items.ts';

/*
 * Who said what of recovery, and when: one annotation each in a Lease of the bot's own namespace. Whoever may write Leases
 * there can forge one, as with journals.
 */

const leaseName = 'attestations';
const prefix = 'attested.chatelaine.dev/';
const mostTries = 4;

const Attestation = z.strictObject({
  item: z.enum(attestable),
  by: KeptActor,
  at: z.iso.datetime(),
  note: z.string().max(200).optional(),
});
export type Attestation = z.infer<typeof Attestation>;

/** Keeps attestations. Only the newest of each person for an item is kept. */
export class Attestations {
  readonly #leases: Leases;
  readonly #clock: Clock;

  constructor(leases: Leases, clock: Clock) {
    this.#leases = leases;
    this.#clock = clock;
  }

  /** All that are kept, newest first; what can't be read counts as none. Throws kubernetes-unreachable, kubernetes-denied. */
  async list(call: Call): Promise<readonly Attestation[]> {
    return readAll(await this.#leases.get(leaseName, call));
  }

  /** Safe to repeat: the same person's word replaces the older one. Throws what the API server's refusal throws. */
  async record(
    item: Attestable,
    { by, note }: { readonly by: Actor; readonly note?: string | undefined },
    call: Call,
  ): Promise<Attestation> {
    const at = new Date(this.#clock.now()).toISOString();
    const who = { ...by, name: by.name.slice(0, 120) };
    const attestation = Attestation.parse({ item, by: who, at, ...(note === undefined ? {} : { note }) });
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#save(attestation, call);
        return attestation;
      } catch (error) {
        // Somebody else attested at the same moment: theirs stays, and ours is added to it.
        if (attempt >= mostTries || !isFault(error, 'kubernetes-conflict', 'kubernetes-missing')) throw error;
      }
    }
  }

  async #save(attestation: Attestation, call: Call): Promise<void> {
    const lease = await this.#leases.get(leaseName, call);
    const key = `${prefix}${attestation.item}.${attestation.by.surface}.${attestation.by.id}`;
    const annotations = { ...lease?.annotations, [key]: JSON.stringify(attestation) };
    const wanted = {
      name: leaseName,
      labels: { 'chatelaine.dev/role': 'attestations' },
      annotations,
      holder: '',
      durationSeconds: 1,
      renewTime: attestation.at.replace('Z', '000Z'),
      transitions: 0,
    };
    if (lease === undefined) await this.#leases.create(wanted, call);
    else await this.#leases.replace({ ...lease, ...wanted }, call);
  }
}

function readAll(lease: LeaseRecord | undefined): readonly Attestation[] {
  return Object.entries(lease?.annotations ?? {})
    .filter(([key]) => key.startsWith(prefix))
    .flatMap(([, text]) => read(text) ?? [])
    .toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at));
}

function read(text: string): Attestation | undefined {
  try {
    return Attestation.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
