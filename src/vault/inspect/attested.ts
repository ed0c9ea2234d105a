import type { Finding } from '../../core/ports/inspect.ts';
import type { VaultAuth } from '../log-in.ts';
import { findings } from './findings.ts';

/** What takes rights to see that the bot must not have. A person looks, by the command that is named. */
export function attested(auth: VaultAuth): readonly Finding[] {
  return [
    findings.unknown(
      'whether the policy lets custom_metadata alone be changed',
      'Vault does not tell a token which parameters it is allowed',
      [
        'A person who may: ',
        { code: 'bao policy read chatelaine' },
        ' against manifests/vault/chatelaine.hcl',
      ],
    ),
    findings.unknown('whether the audit log names who asked', 'reading it takes sudo', [
      'A person who may: ',
      { code: 'bao read sys/config/auditing/request-headers' },
      ' has X-Chatelaine-Actor and X-Chatelaine-Request; ',
      { code: 'bao audit list' },
      ' has a device. Else manifests/vault/setup.sh and server.hcl',
    ]),
    ...(auth.kind === 'kubernetes'
      ? [
          findings.unknown(
            'whether a stronger role is bound to the same ServiceAccount',
            `the bot has no right to read auth/${auth.mount}/role`,
            [
              'A person who may: ',
              { code: `bao list auth/${auth.mount}/role` },
              ', then ',
              { code: `bao read auth/${auth.mount}/role/NAME` },
              ': none but this one may name chatelaine or *',
            ],
          ),
        ]
      : []),
  ];
}
