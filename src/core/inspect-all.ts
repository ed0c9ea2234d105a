import { withDeadline } from './deadline.ts';
import { describeUnknown, isFault } from './errors.ts';
import { findingsOf } from './findings.ts';
import type { Call } from './ports/call.ts';
import { areas, type Finding, type Inspector } from './ports/inspect.ts';

/** Milliseconds for each part. The slowest is a server that takes connections and does not answer. */
const usualDeadline = 30_000;

/**
 * All that the inspectors find, side by side, sorted by area. One that breaks or takes too long is a finding of its own:
 * the others are still told. Throws only what ended the call.
 */
export async function inspectAll(
  inspectors: readonly Inspector[],
  call: Call,
  deadline = usualDeadline,
): Promise<readonly Finding[]> {
  const found = await Promise.all(inspectors.map((inspector) => inspectOne(inspector, call, deadline)));
  call.signal.throwIfAborted();
  return found.flat().toSorted((a, b) => areas.indexOf(a.area) - areas.indexOf(b.area));
}

async function inspectOne(inspector: Inspector, call: Call, most: number): Promise<readonly Finding[]> {
  const { area } = inspector;
  const limit = withDeadline(call.signal, most, `inspecting ${area}`);
  const late = Promise.withResolvers<never>();
  const stop = (): void => late.reject(limit.signal.reason as Error);
  limit.signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([inspector.inspect({ ...call, signal: limit.signal }), late.promise]);
  } catch (error) {
    const why = isFault(error) ? error.message : describeUnknown(error);
    return [findingsOf(area).unknown('could not be looked at to the end', why)];
  } finally {
    limit.signal.removeEventListener('abort', stop);
    limit.clear();
  }
}
