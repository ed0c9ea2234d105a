import { join } from 'node:path';
import { z } from 'zod';
import { readManifests } from './manifests.ts';

const file = join(import.meta.dirname, '..', '..', 'manifests', 'vault-snapshots', 'script.yaml');
const Script = z.looseObject({ data: z.object({ 'take-snapshot.sh': z.string() }) });

/** The script that takes snapshots, as the ConfigMap of manifests/vault-snapshots holds it. */
export async function snapshotScript(): Promise<string> {
  const [map] = await readManifests(file);
  return Script.parse(map).data['take-snapshot.sh'];
}
