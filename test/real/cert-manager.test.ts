import { runCertificateContract } from '../contract/cert-manager/run-contract.ts';
import { useClusterWith } from './use-cluster-with.ts';

const cluster = useClusterWith({ certManager: true });

runCertificateContract('a real cert-manager', () => cluster().adminApi);
