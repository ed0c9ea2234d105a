import { randomUUID } from 'node:crypto';
import { doctor, doctorCard } from '../commands/vault/doctor.ts';
import { type CliContext, exitCodes, print } from './cli.ts';
import { findingsOfFaults } from './config/inspect-configuration.ts';
import { examineFile } from './config/load-configuration.ts';
import type { StartOptions } from './connect.ts';
import { checkGiven, gatherWords } from './core/arguments.ts';
import { isFault } from './core/errors.ts';
import { findingsOf } from './core/findings.ts';
import { helpFor } from './core/help.ts';
import { inspectAll } from './core/inspect-all.ts';
import type { Finding } from './core/ports/inspect.ts';
import { startExamination } from './inspectors.ts';

/** `chatelaine doctor`, or `chatelaine vault doctor`: the words after that; undefined for another command. */
export function doctorWords(words: readonly string[]): readonly string[] | undefined {
  const rest = words[0] === 'vault' ? words.slice(1) : words;
  return rest[0] === 'doctor' ? rest.slice(1) : undefined;
}

/**
 * Inspects the installation from a terminal, whatever is wrong with it: no cache is waited for, and the configuration
 * need not hold. It takes no grant: before the first start there is none, and whoever can read the configuration with
 * its credentials could ask all of this without us. Returns the exit code: 1 with a fault, 3 with doubts only.
 */
export async function runDoctor(
  options: Omit<StartOptions, 'loaded'> & { readonly config: string },
  context: Pick<CliContext, 'output' | 'style' | 'write' | 'signal'>,
  words: readonly string[],
): Promise<number> {
  const { given, faults } = gatherWords(doctor, words);
  if (faults.length > 0 || checkGiven(doctor, given).args === undefined) {
    const isHelp = words.includes('--help') || words.includes('help');
    print(
      context,
      isHelp
        ? helpFor(doctor)
        : { ...helpFor(doctor), state: 'failure', title: `The doctor was not called: ${faults.join('; ')}` },
    );
    return isHelp ? exitCodes.done : exitCodes.usage;
  }
  const { loaded, found } = examine(options.config);
  const examination = await startExamination({ ...options, loaded }, found);
  try {
    const call = { signal: context.signal, requestId: randomUUID().slice(0, 8) };
    const card = doctorCard(await inspectAll(examination.inspectors, call), given['all'] === true);
    print(context, card);
    if (card.state === 'failure') return exitCodes.failed;
    return card.state === 'warning' ? exitCodes.partly : exitCodes.done;
  } finally {
    await examination.close();
  }
}

function examine(config: string): {
  readonly loaded: StartOptions['loaded'] | undefined;
  readonly found: readonly Finding[];
} {
  try {
    const { loaded, faults } = examineFile(config);
    return { loaded, found: findingsOfFaults(faults) };
  } catch (error) {
    if (!isFault(error)) throw error;
    return { loaded: undefined, found: [findingsOf('Configuration').of('fault', error)] };
  }
}
