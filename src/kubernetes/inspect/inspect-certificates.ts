import type { Clock } from '../../core/clock.ts';
import { count } from '../../core/count.ts';
import { isFault } from '../../core/errors.ts';
import { findingsOf, some } from '../../core/findings.ts';
import { formatObjectName } from '../../core/names.ts';
import type { Call } from '../../core/ports/call.ts';
import type { Certificate, Certificates } from '../../core/ports/certificates.ts';
import type { Finding, Inspector } from '../../core/ports/inspect.ts';

const findings = findingsOf('Certificates');

/** Looks at cert-manager: whether it is there, its issuers, and the certificates that it could not have issued. */
export function createCertificatesInspector(certificates: Certificates, clock: Clock): Inspector {
  return {
    area: 'Certificates',
    async inspect(call) {
      try {
        const sight = await certificates.look(call);
        if (sight.state === 'not-installed') {
          return [findings.good('cert-manager is not installed', 'the API server knows no certificates')];
        }
        const found = [
          ...(await judgeIssuers(certificates, call)),
          ...judgeAll(sight.certificates, clock.now()),
        ];
        const evidence = count(sight.certificates.length, 'Certificate');
        return found.length > 0
          ? found
          : [findings.good('certificates are Ready, and so are their issuers', evidence)];
      } catch (error) {
        if (!isFault(error) || call.signal.aborted) throw error;
        return [findings.of('unknown', error)];
      }
    },
  };
}

async function judgeIssuers(certificates: Certificates, call: Call): Promise<readonly Finding[]> {
  const failing = (await certificates.issuers(call)).filter(({ ready }) => ready.status === 'False');
  if (failing.length === 0) return [];
  return [
    findings.doubt(
      'issuers are not Ready: no certificate can be renewed by them',
      some(failing.map(({ kind, name, ready }) => `${kind} ${name} (${ready.reason})`)),
      [{ code: 'kubectl describe clusterissuers,issuers -A' }],
    ),
  ];
}

function judgeAll(certificates: readonly Certificate[], now: number): readonly Finding[] {
  const failing = certificates.filter(
    ({ ready, notAfter }) => ready.status === 'False' || Date.parse(notAfter ?? '') <= now,
  );
  if (failing.length === 0) return [];
  return [
    findings.doubt('certificates are not Ready, or have expired', some(failing.map(formatObjectName)), [
      'Each says why: ',
      { code: `/secret status ${failing.map(formatObjectName)[0] ?? ''}` },
    ]),
  ];
}
