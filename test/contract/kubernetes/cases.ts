import { leaseCases } from './lease-cases.ts';
import { listCases } from './list-cases.ts';
import { patchCases } from './patch-cases.ts';
import { rightCases } from './right-cases.ts';
import { selfCases } from './self-cases.ts';
import type { ContractCase } from './step.ts';

/** What the adapter relies on of the API server, but for watches. */
export const cases: readonly ContractCase[] = [
  ...listCases,
  ...leaseCases,
  ...patchCases,
  ...rightCases,
  ...selfCases,
];
