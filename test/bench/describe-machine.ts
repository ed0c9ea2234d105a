import { readFileSync } from 'node:fs';
import { arch, cpus, freemem, loadavg, platform, totalmem } from 'node:os';

/** Where this was measured, and how busy it was: figures mean little without both. */
export function describeMachine(): string {
  const all = cpus();
  const gigabytes = (bytes: number): string => (bytes / 2 ** 30).toFixed(1);
  return [
    `${all.length} cores, ${modelOf(all)}, ${platform()} ${arch()}`,
    `${gigabytes(totalmem())} GiB of memory, ${gigabytes(freemem())} GiB free`,
    `Node ${process.versions.node}`,
    describeLoad(),
  ].join('; ');
}

/** The load of the last minute, where the system says it. */
export function describeLoad(): string {
  const [minute = 0] = loadavg();
  return `load ${minute.toFixed(1)}`;
}

function modelOf(all: ReturnType<typeof cpus>): string {
  const model = all[0]?.model.trim() ?? '';
  return model === '' || model === 'unknown' ? fromProc() : model;
}

function fromProc(): string {
  try {
    const lines = readFileSync('/proc/cpuinfo', 'utf8');
    const field = (name: string): string | undefined =>
      new RegExp(`^${name}\\s*:\\s*(.+)$`, 'm').exec(lines)?.[1];
    return `${field('vendor_id') ?? 'unknown'} family ${field('cpu family') ?? '?'} model ${field('model') ?? '?'}`;
  } catch {
    return 'unknown model';
  }
}
