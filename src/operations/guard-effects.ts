import { isFault } from '../core/errors.ts';
import type { Touched } from '../core/freeze/freeze-scope.ts';
import { freezeOver } from '../core/freeze/freeze-state.ts';
import { frozenFault } from '../core/freeze/freeze-words.ts';
import type { Call } from '../core/ports/call.ts';
import type { Certificates } from '../core/ports/certificates.ts';
import type { Cluster } from '../core/ports/cluster.ts';
import type { Flux } from '../core/ports/flux.ts';
import type { Forge } from '../core/ports/forge.ts';
import type { Vault } from '../core/ports/vault.ts';
import type { RunOptions } from './run-options.ts';

/** Throws frozen where a freeze stops the work. Returns only when the Lease was asked within the last second. */
export type Gate = (call: Call) => Promise<void>;

/** Milliseconds between two tries to ask. */
const pause = 500;

/**
 * The gate of one operation. While the Lease can't be asked nothing may be done: it goes on trying, as the journal does,
 * for as long as the call lasts, and then throws what kept it from asking.
 */
export function gateFor({ freezes, permissions, clock }: RunOptions, touches: () => Touched): Gate {
  return async (call) => {
    for (;;) {
      call.signal.throwIfAborted();
      try {
        const freeze = freezeOver(await freezes.recent(), touches);
        if (freeze !== undefined) throw frozenFault(freeze, { permissions, now: clock.now() });
        call.signal.throwIfAborted();
        return;
      } catch (error) {
        if (!isFault(error) || isFault(error, 'frozen') || call.signal.aborted) throw error;
        await clock.sleep(pause, call.signal).catch(() => {
          throw error;
        });
      }
    }
  };
}

/** Vault, where everything that writes asks the gate first. */
export function guardVault(vault: Vault, gate: Gate): Vault {
  return {
    mount: vault.mount,
    identity: vault.identity,
    metadata: (path, call) => vault.metadata(path, call),
    properties: (path, call) => vault.properties(path, call),
    list: (prefix, call) => vault.list(prefix, call),
    replicas: (call) => vault.replicas(call),
    raft: (call) => vault.raft(call),
    session: () => vault.session(),
    create: (path, values, call) => gate(call).then(() => vault.create(path, values, call)),
    patch: (path, values, cas, call) => gate(call).then(() => vault.patch(path, values, cas, call)),
    deleteVersions: (...given) => gate(given[2]).then(() => vault.deleteVersions(...given)),
    annotate: (path, entries, call) => gate(call).then(() => vault.annotate(path, entries, call)),
  };
}

/** The cluster, where everything that changes an object asks the gate first. */
export function guardCluster(cluster: Cluster, gate: Gate): Cluster {
  return {
    health: () => cluster.health(),
    externalSecrets: () => cluster.externalSecrets(),
    externalSecret: (name) => cluster.externalSecret(name),
    readersOf: (path) => cluster.readersOf(path),
    workloadsUsing: (namespace, secret) => cluster.workloadsUsing(namespace, secret),
    stores: () => cluster.stores(),
    failures: (call) => cluster.failures(call),
    // A dry run: it changes nothing.
    guard: (kind, call) => cluster.guard(kind, call),
    awaitSync: (ticket, call) => cluster.awaitSync(ticket, call),
    watchRollout: (workload, call) => cluster.watchRollout(workload, call),
    awaitRollout: (ticket, call) => cluster.awaitRollout(ticket, call),
    // A snapshot changes no secret: no freeze stops it.
    ...(cluster.snapshots === undefined ? {} : { snapshots: cluster.snapshots }),
    // A store that is looked at again has nothing written.
    lookAgain: (...given) => cluster.lookAgain(...given),
    forceSync: (name, mark, call) => gate(call).then(() => cluster.forceSync(name, mark, call)),
    restart: (workload, mark, call) => gate(call).then(() => cluster.restart(workload, mark, call)),
  };
}

/** The Git host, where everything that changes something there asks the gate first. */
export function guardForge(forge: Forge, gate: Gate): Forge {
  return {
    repository: forge.repository,
    base: forge.base,
    identity: forge.identity,
    facts: (call) => forge.facts(call),
    head: (branch, call) => forge.head(branch, call),
    readFile: (path, at, call) => forge.readFile(path, at, call),
    listFolder: (path, at, call) => forge.listFolder(path, at, call),
    isDescendant: (commits, call) => forge.isDescendant(commits, call),
    findProposals: (branch, call) => forge.findProposals(branch, call),
    newestProposal: (branch, call) => forge.newestProposal(branch, call),
    proposal: (number, call) => forge.proposal(number, call),
    reviews: (number, call) => forge.reviews(number, call),
    listProposals: (which, call) => forge.listProposals(which, call),
    status: (commit, context, call) => forge.status(commit, context, call),
    // It says who approved, and changes nothing that is proposed.
    setStatus: (commit, status, call) => forge.setStatus(commit, status, call),
    commit: (change, call) => gate(call).then(() => forge.commit(change, call)),
    deleteBranch: (branch, call) => gate(call).then(() => forge.deleteBranch(branch, call)),
    openProposal: (wanted, call) => gate(call).then(() => forge.openProposal(wanted, call)),
    changeProposal: (...given) => gate(given[2]).then(() => forge.changeProposal(...given)),
    makeReady: (number, call) => gate(call).then(() => forge.makeReady(number, call)),
    closeProposal: (number, call) => gate(call).then(() => forge.closeProposal(number, call)),
    comment: (number, said, call) => gate(call).then(() => forge.comment(number, said, call)),
  };
}

/** Flux, where having it apply something asks the gate first. */
export function guardFlux(flux: Flux, gate: Gate): Flux {
  return {
    look: (call) => flux.look(call),
    apply: (wanted, mark, call) => gate(call).then(() => flux.apply(wanted, mark, call)),
  };
}

/** Certificates, where having one renewed asks the gate first. */
export function guardCertificates(certificates: Certificates, gate: Gate): Certificates {
  return {
    look: (call) => certificates.look(call),
    find: (name, call) => certificates.find(name, call),
    issuers: (call) => certificates.issuers(call),
    explain: (name, call) => certificates.explain(name, call),
    renew: (ticket, call) => gate(call).then(() => certificates.renew(ticket, call)),
    awaitRenewed: (ticket, call) => certificates.awaitRenewed(ticket, call),
  };
}
