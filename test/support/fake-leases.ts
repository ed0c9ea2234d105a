import type { LeaseRecord, Leases, NewLease } from '../../src/core/ports/leases.ts';
import { fault } from './fake-vault.ts';

/** Leases in memory, with the API server's optimistic concurrency. */
export class FakeLeases implements Leases {
  readonly stored = new Map<string, LeaseRecord>();
  #revision = 0;

  async create(lease: NewLease) {
    if (this.stored.has(lease.name)) throw fault('kubernetes-conflict');
    return this.#store({ ...lease, uid: this.#next(), resourceVersion: '' });
  }

  async replace(lease: LeaseRecord) {
    const current = this.stored.get(lease.name);
    if (current === undefined) throw fault('kubernetes-missing');
    if (current.resourceVersion !== lease.resourceVersion) throw fault('kubernetes-conflict');
    return this.#store(lease);
  }

  async get(name: string) {
    return structuredClone(this.stored.get(name));
  }

  async list({ key, value }: { readonly key: string; readonly value: string }) {
    return structuredClone([...this.stored.values()].filter((lease) => lease.labels[key] === value));
  }

  async remove(lease: LeaseRecord) {
    this.stored.delete(lease.name);
  }

  #store(lease: LeaseRecord): LeaseRecord {
    const kept = structuredClone({ ...lease, resourceVersion: this.#next() });
    this.stored.set(lease.name, kept);
    return structuredClone(kept);
  }

  #next(): string {
    this.#revision += 1;
    return String(this.#revision);
  }
}
