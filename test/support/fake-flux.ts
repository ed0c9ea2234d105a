import type { ApplyOutcome, Flux, FluxSight, WantedCommit } from '../../src/core/ports/flux.ts';

/** A Flux that says what a test wants it to say; not installed unless told. */
export class FakeFlux implements Flux {
  sight: FluxSight = { state: 'not-installed' };
  outcome: ApplyOutcome | undefined;
  readonly asked: { readonly wanted: WantedCommit; readonly mark: string }[] = [];

  async look() {
    return this.sight;
  }

  async apply(wanted: WantedCommit, mark: string): Promise<ApplyOutcome> {
    this.asked.push({ wanted, mark });
    return this.outcome ?? { state: 'applied', commit: wanted.commit };
  }
}
