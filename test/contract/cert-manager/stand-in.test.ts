import { afterAll, beforeAll } from 'vitest';
import {
  type KubernetesStandIn,
  startKubernetes,
} from '../../../src/playground/kubernetes/start-kubernetes.ts';
import { type Api, openApi } from '../../servers/api.ts';
import { runCertificateContract } from './run-contract.ts';

let standIn: KubernetesStandIn | undefined;
let api: Api | undefined;

beforeAll(async () => {
  standIn = await startKubernetes({
    vault: { read: () => undefined, list: () => [], sealed: () => false },
    timing: { reconcileMs: 10, spreadMs: 0 },
  });
  api = openApi({ url: standIn.url, ca: '', token: standIn.adminToken });
});
afterAll(async () => {
  await api?.close();
  await standIn?.close();
});

runCertificateContract('the stand-in for cert-manager', () => {
  if (api === undefined) throw new Error('the stand-in is there only inside tests');
  return api;
});
