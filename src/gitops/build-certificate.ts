import { quote } from '../core/names.ts';
import type { Issuer } from '../core/ports/manifests.ts';
import { refusal } from './refuse.ts';

export interface CertificateParts {
  readonly name: string;
  readonly namespace?: string;
  readonly secret: string;
  readonly dnsNames: readonly string[];
  readonly issuer: Issuer;
}

/**
 * The object, with every default spelled out. The private key is made anew at each renewal, so that one that leaked is of
 * no use after it.
 */
export function buildCertificate(parts: CertificateParts): Readonly<Record<string, unknown>> {
  const { name, namespace, secret, dnsNames, issuer } = parts;
  return {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    metadata: { name, ...(namespace !== undefined && { namespace }) },
    spec: {
      secretName: secret,
      dnsNames: [...dnsNames],
      issuerRef: { group: 'cert-manager.io', kind: issuer.kind, name: issuer.name },
      duration: '2160h0m0s',
      renewBefore: '720h0m0s',
      isCA: false,
      revisionHistoryLimit: 1,
      privateKey: { algorithm: 'ECDSA', encoding: 'PKCS1', rotationPolicy: 'Always', size: 256 },
      usages: ['digital signature', 'key encipherment'],
    },
  };
}

/** So many names an authority takes in one certificate. */
const mostNames = 100;
const label = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

/** Throws bad-argument, with the name that is at fault. */
export function checkDnsNames(names: readonly string[]): void {
  const wrong = problemOf(names);
  if (wrong === undefined) return;
  throw refusal({
    code: 'bad-argument',
    doing: 'looking at the DNS names',
    wrong,
    next: 'Give names as `jellyfin.example.org` or `*.example.org`, each once.',
  });
}

function problemOf(names: readonly string[]): string | undefined {
  if (names.length === 0) return 'none was given';
  if (names.length > mostNames) return `${names.length} are more than the ${mostNames} that authorities take`;
  const at = names.findIndex(
    (each, index) => nameProblem(each) !== undefined || names.indexOf(each) !== index,
  );
  if (at === -1) return undefined;
  const name = names[at] ?? '';
  return `${quote(name)} ${nameProblem(name) ?? 'is there twice'}`;
}

type Check = (name: string, labels: readonly string[]) => boolean;

/** What a name may not be; the first that holds is told. */
const faults: readonly (readonly [Check, string])[] = [
  [(name) => name.length > 253, 'is longer than 253 characters'],
  [(name) => name !== name.toLowerCase(), 'has upper-case letters: DNS makes no difference, authorities do'],
  [(_, labels) => labels.length < 2, 'has no dot'],
  [(name) => name.replace(/^\*\./, '').includes('*'), 'has a * elsewhere than alone in front'],
  [([first], labels) => first === '*' && labels.length < 3, 'is a wildcard for a whole top-level domain'],
  [
    ([first], labels) => !labels.slice(first === '*' ? 1 : 0).every((each) => label.test(each)),
    'has a part that is empty, longer than 63 characters, or holds other than letters, digits and -',
  ],
  [(_, labels) => /^[0-9]+$/.test(labels.at(-1) ?? ''), 'is an IP address'],
];

function nameProblem(name: string): string | undefined {
  const labels = name.split('.');
  return faults.find(([holds]) => holds(name, labels))?.[1];
}
