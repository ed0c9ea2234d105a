import pLimit from 'p-limit';
import { coverPath } from '../../core/flux/cover-path.ts';
import { type CommitId, RepoPath } from '../../core/git-names.ts';
import type { Call } from '../../core/ports/call.ts';
import type { Flux } from '../../core/ports/flux.ts';
import type { GitOps } from '../../core/ports/gitops.ts';
import type { Place, RepositoryView } from '../../core/ports/manifests.ts';

/** Requests to the Git host at the same time. */
const atOnce = 8;

/** The repository at one commit, and which Flux Kustomization builds what of it. Flux is looked at once, when it is needed. */
export function placeAt(
  { forge }: Pick<GitOps, 'forge'>,
  flux: Pick<Flux, 'look'>,
  commit: CommitId,
  call: Call,
): Place {
  let looked: ReturnType<Flux['look']> | undefined;
  return {
    repository: viewOf(forge, commit, call),
    async covering(path) {
      looked ??= flux.look(call);
      const [sight, { url }] = await Promise.all([looked, forge.facts(call)]);
      const covered = coverPath(sight, { url, branch: forge.base, path });
      if (covered.state === 'uncovered') return undefined;
      const { kustomization } = covered;
      return {
        path: kustomization.path,
        decrypts: kustomization.decryption?.provider === 'sops',
        ...(kustomization.targetNamespace === undefined
          ? {}
          : { targetNamespace: kustomization.targetNamespace }),
        // Which variables there are is not seen from here: none is known, and every `$` is kept from being one.
        ...(kustomization.substitutes ? { substitute: {} } : {}),
      };
    },
  };
}

/**
 * What has a name that may reach no URL of a Git host, as one with a space, counts as not there: a plan does not fail at it.
 * Asks a few things at a time, and each of them once: the answers go with the plan, as a file may hold what it should not.
 */
function viewOf(forge: GitOps['forge'], commit: CommitId, call: Call): RepositoryView {
  const limit = pLimit(atOnce);
  const once = <Found>(ask: (path: string) => Promise<Found>): ((path: string) => Promise<Found>) => {
    const asked = new Map<string, Promise<Found>>();
    return (path) => {
      const found = asked.get(path) ?? limit(() => ask(path));
      asked.set(path, found);
      return found;
    };
  };
  return {
    readFile: once(async (path) => {
      const named = RepoPath.safeParse(path);
      return named.success ? forge.readFile(named.data, commit, call) : undefined;
    }),
    listFolder: once(async (path) => {
      const named = RepoPath.safeParse(path);
      if (path !== '' && !named.success) return undefined;
      return forge.listFolder(named.data ?? '', commit, call);
    }),
  };
}
