import type { Caller } from '../api/object-api.ts';

/** Under whose name the operator writes. */
export const operatorCaller: Caller = {
  username: 'system:serviceaccount:external-secrets:external-secrets',
  groups: ['system:serviceaccounts', 'system:authenticated'],
};
