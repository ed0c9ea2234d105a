import { findingsOf } from '../core/findings.ts';
import type { Finding } from '../core/ports/inspect.ts';
import type { Configuration } from './schema.ts';

const findings = findingsOf('Configuration');

/** Threat: values and tokens in clear on a network that others can listen to, or sent to another host than meant. */
export function judgeTransport({ vault, slack }: Configuration): readonly Finding[] {
  const named: readonly (readonly [key: string, address: string])[] = [
    ['vault.address', vault.address],
    ...vault.replicas.map(({ address }, index) => [`vault.replicas[${index}]`, address] as const),
  ];
  const open = named.filter(([, address]) => isOpen(address)).map(([key, address]) => `${key}: ${address}`);
  return [
    ...(open.length === 0
      ? []
      : [
          findings.doubt(
            'Vault is spoken to in clear, outside of the cluster: new values can be listened to',
            open.join(', '),
            'Use https:// and vault.caFile.',
          ),
        ]),
    ...('tokenFile' in vault.auth
      ? [
          findings.doubt(
            'the bot logs in to Vault with a token out of a file, which is meant for development',
            'vault.auth.tokenFile',
            'Use vault.auth.kubernetes, with the role that manifests/vault/setup.sh makes.',
          ),
        ]
      : []),
    ...judgeSlackAddress(slack?.apiUrl),
  ];
}

function judgeSlackAddress(apiUrl: string | undefined): readonly Finding[] {
  if (apiUrl === undefined) return [];
  const { hostname } = new URL(apiUrl);
  if (isLoopback(hostname) || hostname === 'slack.com' || hostname.endsWith('.slack.com')) return [];
  return [
    findings.doubt(
      'Slack’s tokens are sent to another host than Slack',
      `slack.apiUrl: ${apiUrl}`,
      'Leave slack.apiUrl out: it is for tests.',
    ),
  ];
}

function isOpen(address: string): boolean {
  const { protocol, hostname } = new URL(address);
  return protocol === 'http:' && !isLoopback(hostname) && !isInCluster(hostname);
}

function isLoopback(hostname: string): boolean {
  return /^(?:127(?:\.\d{1,3}){3}|\[::1\]|localhost)$/.test(hostname);
}

/** `vault`, `vault.security`, `vault-0.vault-internal.security.svc.cluster.local`: as services are called. */
function isInCluster(hostname: string): boolean {
  return (
    /^[a-z0-9-]+$/.test(hostname) || /\.svc(?:\.|$)/.test(hostname) || hostname.endsWith('.cluster.local')
  );
}
