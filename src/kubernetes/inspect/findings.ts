import type { Text } from '../../core/card.ts';
import { findingsOf } from '../../core/findings.ts';

export const findings = findingsOf('Kubernetes');

export const applyRights: Text = [{ code: 'kubectl apply -f manifests/chatelaine/rbac.yaml' }];
export const applyPolicy: Text = [{ code: 'kubectl apply -f manifests/chatelaine/annotations-only.yaml' }];
