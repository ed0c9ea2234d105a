import { execFile } from 'node:child_process';
import { access, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { namespace, type RealBench } from './open-bench.ts';

const run = promisify(execFile);

/*
 * What somebody who knows both tools well has in a file: read the version for check-and-set, write, remember what External Secrets read last, mark, wait.
 * The value never is an argument.
 */
const script = String.raw`#!/bin/sh
set -eu
name=$1
status() { kubectl get externalsecret "$name" -n "$NAMESPACE" -o 'jsonpath={.status.syncedResourceVersion}'; }
version=$(bao read -field=current_version "kv/metadata/bench/$name")
head -c 24 /dev/urandom | base64 | bao kv patch -mount=kv -cas="$version" "bench/$name" api-key=- >/dev/null
before=$(status)
kubectl annotate externalsecret "$name" -n "$NAMESPACE" "force-sync=$(date +%s%N)" --overwrite >/dev/null
until [ "$(status)" != "$before" ]; do :; done
`;

/** The expert's shell script, ready to run; undefined where there is no kubectl. */
export async function prepareScript(
  bench: RealBench,
): Promise<((name: string) => Promise<unknown>) | undefined> {
  if (!(await isOnPath('kubectl'))) return undefined;
  const { folder, vault, admin } = bench.cluster;
  const [file, kubeconfig] = [join(folder, 'rotate.sh'), join(folder, 'bench.kubeconfig')];
  await writeFile(file, script, { mode: 0o700 });
  await writeFile(kubeconfig, admin.exportConfig(), { mode: 0o600 });
  const env = {
    PATH: [join(vault.program, '..'), process.env['PATH'] ?? ''].join(delimiter),
    HOME: folder,
    KUBECONFIG: kubeconfig,
    NAMESPACE: namespace,
    BAO_ADDR: vault.address,
    BAO_TOKEN: vault.rootToken,
  };
  return (name) => run(file, [name], { env, timeout: 60_000 });
}

async function isOnPath(program: string): Promise<boolean> {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const found = await Promise.all(
    folders.map((folder) =>
      access(join(folder, program)).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.includes(true);
}
