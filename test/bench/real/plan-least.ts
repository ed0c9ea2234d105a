import type { HttpStep, Plan, SeeStep, Step } from '../plan.ts';

/**
 * What nobody can do without, in order: read which version there is, write the next, mark the ExternalSecret, see that
 * it has answered. Throws when the recorded plan lacks one of these.
 */
export function leastOf(plan: Plan): Plan {
  const isCall = (method: string, address: RegExp) => (step: Step) =>
    step.kind === 'call' && step.method === method && address.test(step.url) && !step.url.includes('dryRun');
  const wanted: readonly ((step: Step) => boolean)[] = [
    isCall('GET', /\/v1\/kv\/metadata\//),
    isCall('PATCH', /\/v1\/kv\/data\//),
    isCall('PATCH', /\/externalsecrets\//),
    (step) => step.kind === 'see',
  ];
  const steps = wanted.map((is, index): HttpStep | SeeStep => {
    const step = plan.steps.find(is);
    if (step === undefined) throw new Error(`the recorded rotation lacks call ${index} of the least`);
    return { ...step, after: index === 0 ? [] : [index - 1] };
  });
  return { ...plan, steps };
}
