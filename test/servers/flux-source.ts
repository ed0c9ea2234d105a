import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { Api } from './api.ts';

const run = promisify(execFile);

/** How often it looks. The real one watches; the difference is a tenth of a second. */
const pollMs = 100;
const group = '/apis/source.toolkit.fluxcd.io/v1';
const requestedAt = 'reconcile.fluxcd.io/requestedAt';

const GitRepository = z.looseObject({
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string(),
    generation: z.number(),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
  spec: z.looseObject({
    url: z.string(),
    suspend: z.boolean().optional(),
    ref: z.looseObject({ branch: z.string().optional() }).optional(),
  }),
  status: z
    .looseObject({
      observedGeneration: z.number().optional(),
      lastHandledReconcileAt: z.string().optional(),
    })
    .optional(),
});
type GitRepository = z.infer<typeof GitRepository>;

/** What stands in for Flux's source-controller, one of whose modules isn't published. */
export interface FluxSource {
  /** Says which bare repository on disk a GitRepository's URL means. */
  serve(url: string, bareRepository: string): void;
  close(): Promise<void>;
}

/**
 * Looks at each GitRepository once, then again whenever a reconcile is requested by annotation; never by its
 * interval, so that a test decides when. Packs the tree of its branch as source-controller does, serves the
 * archive, and writes the status that kustomize-controller waits for.
 */
export async function startFluxSource(api: Api): Promise<FluxSource> {
  const stop = new AbortController();
  const repositories = new Map<string, string>();
  const archives = new Map<string, Buffer>();
  const server = createServer((request, response) => {
    const archive = archives.get(request.url ?? '');
    response.writeHead(archive === undefined ? 404 : 200).end(archive);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function reconcile(source: GitRepository): Promise<void> {
    const outcome = await pack(source).catch((error: unknown) => failed(source, error));
    const { name, namespace } = source.metadata;
    const path = `${group}/namespaces/${namespace}/gitrepositories/${name}/status`;
    await api.patch('merge', path, { status: { ...handled(source), ...outcome } });
  }

  async function pack({ metadata, spec }: GitRepository): Promise<object> {
    const folder = repositories.get(spec.url);
    if (folder === undefined) throw new Error(`unable to clone '${spec.url}': repository not found`);
    const branch = spec.ref?.branch ?? 'master';
    const git = async (...args: readonly string[]): Promise<Buffer> =>
      (await run('git', ['--git-dir', folder, ...args], { encoding: 'buffer', maxBuffer: 64 << 20 })).stdout;
    const commit = (await git('rev-parse', `refs/heads/${branch}`)).toString().trim();
    const archive = await git('archive', '--format=tar.gz', commit);
    const path = `gitrepository/${metadata.namespace}/${metadata.name}/${commit}.tar.gz`;
    archives.set(`/${path}`, archive);
    const revision = `${branch}@sha1:${commit}`;
    const lastUpdateTime = now();
    const digest = `sha256:${createHash('sha256').update(archive).digest('hex')}`;
    const message = `stored artifact for revision '${revision}'`;
    return {
      artifact: { url: `${base}/${path}`, path, digest, revision, lastUpdateTime, size: archive.length },
      conditions: ['Ready', 'ArtifactInStorage'].map((type) =>
        condition(metadata.generation, { type, status: 'True', reason: 'Succeeded', message }),
      ),
    };
  }

  async function look(): Promise<void> {
    const { items } = z
      .object({ items: z.array(GitRepository) })
      .parse(await api.need('GET', `${group}/gitrepositories`));
    await Promise.all(items.filter(isDue).map(reconcile));
  }

  const rounds = (async () => {
    while (!stop.signal.aborted) {
      // An object that goes, or a server that is restarted, while we look: the next round sees it as it is.
      await look().catch(() => undefined);
      await wait(pollMs, undefined, { signal: stop.signal, ref: false }).catch(() => undefined);
    }
  })();

  return {
    serve: (url, bareRepository) => void repositories.set(url, bareRepository),
    async close() {
      stop.abort();
      await rounds;
      server.closeAllConnections();
      server.close();
    },
  };
}

function isDue({ metadata, spec, status }: GitRepository): boolean {
  if (spec.suspend === true) return false;
  const asked = metadata.annotations?.[requestedAt];
  return (
    status?.observedGeneration !== metadata.generation ||
    (asked !== undefined && asked !== status.lastHandledReconcileAt)
  );
}

function handled({ metadata }: GitRepository): object {
  const asked = metadata.annotations?.[requestedAt];
  const generation = { observedGeneration: metadata.generation };
  return asked === undefined ? generation : { ...generation, lastHandledReconcileAt: asked };
}

function failed({ metadata }: GitRepository, error: unknown): object {
  const message = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
  const ready = { type: 'Ready', status: 'False', reason: 'GitOperationFailed', message };
  return { conditions: [condition(metadata.generation, ready)] };
}

function condition(observedGeneration: number, of: Readonly<Record<string, string>>): object {
  return { ...of, observedGeneration, lastTransitionTime: now() };
}

/** As Kubernetes writes times: without fractions. */
function now(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, 'Z');
}
