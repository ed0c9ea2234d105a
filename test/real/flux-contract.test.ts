import { join } from 'node:path';
import { beforeAll } from 'vitest';
import { type FluxServer, runFluxContract } from '../contract/flux/run-contract.ts';
import { type BareRepository, makeBareRepository } from '../servers/bare-repository.ts';
import { useClusterWith } from './use-cluster-with.ts';

const url = 'https://git.example.org/home/contract.git';
const cluster = useClusterWith({ flux: true });
let repository: BareRepository | undefined;

beforeAll(async () => {
  const { flux, folder } = cluster();
  repository = await makeBareRepository(join(folder, 'contract.git'));
  flux.source.serve(url, repository.folder);
});

runFluxContract('a real Flux', (): FluxServer => {
  if (repository === undefined) throw new Error('the repository is there only inside tests');
  const { commit } = repository;
  return { api: cluster().adminApi, url, commit: (message, changes) => commit('main', message, changes) };
});
