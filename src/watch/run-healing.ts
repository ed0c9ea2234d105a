import { openIncident, type SealState } from '../core/incident/seal-state.ts';
import { Heal, type HealingTask, type HealOptions } from './heal-secrets.ts';
import type { IncidentHolder } from './hold-incidents.ts';

/**
 * Heals what failed while Vault did not serve: has the stores looked at again, then syncs the ExternalSecrets that
 * failed meanwhile, a few at a time, each with its proof. The marks follow from the incident, so that a replica that
 * goes on in the middle asks nobody twice; it ends when Vault seals again, or another replica leads. It writes no
 * secret, and needs neither Slack nor Vault.
 */
export class Healer {
  readonly #options: HealOptions;
  readonly #holder: IncidentHolder<SealState>;

  constructor(options: HealOptions, holder: IncidentHolder<SealState>) {
    this.#options = options;
    this.#holder = holder;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const seen = this.#holder.state;
      const task = this.#task();
      if (task === undefined) await this.#holder.untilChanged(seen, this.#options.pollMs, signal);
      else await this.#take(task, signal);
    }
  }

  #task(): HealingTask | undefined {
    const open = openIncident(this.#holder.state);
    if (open?.healing === undefined || open.healing.endedAt !== undefined) return undefined;
    if (!this.#holder.leads() || !this.#options.cluster.health().ready) return undefined;
    // Of an outage that was found, all that fails may have failed by it.
    const began = open.found === true && open.worst === 'emergency' ? 0 : Date.parse(open.since);
    return { number: open.number, began, healing: open.healing };
  }

  async #take(task: HealingTask, signal: AbortSignal): Promise<void> {
    const moot = new AbortController();
    const either = AbortSignal.any([signal, moot.signal]);
    const watching = this.#untilMoot(task, either).then(() => moot.abort(new Error('moot')));
    try {
      await new Heal(this.#options, this.#holder, task).run(either);
    } catch (error) {
      if (!either.aborted) throw error;
    } finally {
      moot.abort(new Error('done'));
      await watching;
    }
  }

  async #untilMoot({ healing }: HealingTask, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const seen = this.#holder.state;
      if (!this.#holder.leads() || openIncident(seen)?.healing?.since !== healing.since) return;
      await this.#holder.untilChanged(seen, this.#options.pollMs, signal);
    }
  }
}
