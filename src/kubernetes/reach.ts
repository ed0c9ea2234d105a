import { KubeConfig } from '@kubernetes/client-node';
import { ChatelaineError } from '../core/errors.ts';
import { tokenFileUser } from './token-file.ts';

/** How to reach the API server. */
export type Reach =
  /** From a pod, by its ServiceAccount. */
  | { readonly how: 'in-cluster' }
  /** As kubectl does, by the current context or the one named. */
  | { readonly how: 'kubeconfig'; readonly file: string; readonly context?: string }
  /** By an address; plain http on loopback only. */
  | {
      readonly how: 'server';
      readonly server: string;
      readonly tokenFile?: string;
      readonly caFile?: string;
    };

/** Reads where the API server is and who we are. Throws config-invalid for what can't be read; nothing is asked yet. */
export function loadReach(reach: Reach): KubeConfig {
  const config = new KubeConfig();
  if (reach.how === 'kubeconfig') loadKubeconfig(config, reach);
  else if (reach.how === 'in-cluster') loadInCluster(config);
  else loadServer(config, reach);
  return config;
}

function loadKubeconfig(config: KubeConfig, { file, context }: Reach & { how: 'kubeconfig' }): void {
  try {
    config.loadFromFile(file);
  } catch {
    throw invalid('the kubeconfig can not be read');
  }
  if (context !== undefined) config.setCurrentContext(context);
  if (config.getCurrentCluster() === null || config.getCurrentUser() === null) {
    const which = context === undefined ? 'its current context' : 'the context that is configured';
    throw invalid(`the kubeconfig has no cluster and user for ${which}`);
  }
}

const account = '/var/run/secrets/kubernetes.io/serviceaccount';

function loadInCluster(config: KubeConfig): void {
  config.loadFromCluster();
  const cluster = config.getCurrentCluster();
  if (cluster === null || !URL.canParse(cluster.server) || cluster.server.includes('undefined')) {
    throw invalid('this is not a pod: KUBERNETES_SERVICE_HOST is not set');
  }
  config.loadFromClusterAndUser(cluster, tokenFileUser(`${account}/token`));
}

function loadServer(config: KubeConfig, { server, tokenFile, caFile }: Reach & { how: 'server' }): void {
  if (!URL.canParse(server)) throw invalid("the API server's address is not a URL");
  const { protocol, hostname } = new URL(server);
  const plain = protocol === 'http:';
  // Threat: the token in clear on a network.
  if (plain && !/^(?:127(?:\.\d{1,3}){3}|\[::1\]|localhost)$/.test(hostname)) {
    throw invalid("the API server's address must begin with https:// unless it is on loopback");
  }
  config.loadFromClusterAndUser(
    {
      name: 'server',
      server: server.replace(/\/+$/, ''),
      // The library wants this for any http address; for https it stays off.
      skipTLSVerify: plain,
      ...(caFile === undefined ? {} : { caFile }),
    },
    tokenFile === undefined ? { name: 'nobody' } : tokenFileUser(tokenFile),
  );
}

function invalid(wrong: string): ChatelaineError {
  return new ChatelaineError({
    code: 'config-invalid',
    doing: 'reading how to reach Kubernetes',
    wrong,
    state: 'Nothing was started.',
    next: 'Correct the kubernetes section of the configuration.',
  });
}
