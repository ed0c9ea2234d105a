import { z } from 'zod';
import type { Call } from '../core/ports/call.ts';
import type { Host, Request } from './host.ts';

/** More than anybody has open at a time; an endless list must not keep the bot for ever. */
const mostPages = 20;

export interface Pages {
  readonly request: Request;
  readonly size: number;
  /** Whether a page is the last that is wanted, though there may be more. */
  readonly enough?: (page: readonly unknown[]) => boolean;
}

/** All entries of a list, page after page. `request.path` has a query already. */
export async function listPages<Shape extends z.ZodType>(
  host: Host,
  shape: Shape,
  { request, size, enough = () => false }: Pages,
  call: Call,
): Promise<readonly z.infer<Shape>[]> {
  const all: z.infer<Shape>[] = [];
  for (let page = 1; page <= mostPages; page += 1) {
    const path = `${request.path}&per_page=${size}&limit=${size}&page=${page}`;
    const found = await host.read(z.array(shape), { ...request, path }, call);
    all.push(...found);
    // More than was asked for: a list of that host that has no pages.
    if (found.length !== size || enough(found)) break;
  }
  return all;
}
