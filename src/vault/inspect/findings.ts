import type { Text } from '../../core/card.ts';
import { findingsOf } from '../../core/findings.ts';

export const findings = findingsOf('Vault');

/** Of manifests/vault, by the person who set Vault up. */
export const writePolicy: Text = [
  { code: 'bao policy write chatelaine manifests/vault/chatelaine.hcl' },
  ', narrowed to your paths if you did that before',
];
