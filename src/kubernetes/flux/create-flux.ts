import type { Flux } from '../../core/ports/flux.ts';
import { listKnown } from '../list-known.ts';
import type { Send } from '../send.ts';
import { ApplyWatch, type FluxContext } from './apply-commit.ts';
import { readGitSource } from './read-git-source.ts';
import { readKustomization } from './read-kustomization.ts';

/** Flux, by the objects that it keeps in the cluster; see the port. */
export function createFlux(context: FluxContext & { readonly send: Send }): Flux {
  return {
    async look(call) {
      const [kustomizations, sources] = await Promise.all([
        listKnown(context.send, 'Kustomization', readKustomization, call),
        listKnown(context.send, 'GitRepository', readGitSource, call),
      ]);
      if (kustomizations === undefined) return { state: 'not-installed' };
      return { state: 'seen', kustomizations, sources: sources ?? [] };
    },
    apply: (wanted, mark, call) => new ApplyWatch(context, wanted, mark, call).run(),
  };
}
