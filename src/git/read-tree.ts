import { z } from 'zod';
import type { Call } from '../core/ports/call.ts';
import type { FolderEntry, Forge } from '../core/ports/forge.ts';
import { forgeFault, oddAnswer } from './faults.ts';
import { type Host, inUrl, type Request } from './host.ts';
import { type Folders, Trees } from './keep-trees.ts';
import { Entries, File } from './shapes.ts';

/**
 * Files and folders at a commit. Both hosts answer them alike. Which there are is asked once a commit; a file's text is
 * not kept here.
 */
export function readTree(host: Host): Pick<Forge, 'readFile' | 'listFolder'> {
  const trees = new Trees(host);
  const look = async (path: string, at: string, call: Call): Promise<z.infer<typeof Either> | undefined> =>
    host.find(Either, lookAt(path, at), call);
  return {
    async readFile(path, at, call) {
      const folders = trees.known(at);
      if (folders !== undefined && !holds(folders, path)) return undefined;
      const found = await look(path, at, call);
      if (found === undefined || Array.isArray(found) || found.type !== 'file') return undefined;
      const { encoding, content, size } = found;
      const asked = host.asked(lookAt(path, at));
      if (encoding !== 'base64' || content == null || size > mostBytes) {
        throw forgeFault(asked, {
          code: 'forge-unexpected',
          wrong: `${path} is larger than 1 MB`,
          next: 'A manifest is not that large: look at what it is.',
        });
      }
      return decode(content) ?? Promise.reject(oddAnswer(asked, { status: 200 }));
    },
    async listFolder(path, at, call) {
      const folders = await trees.at(at, call);
      if (folders !== undefined) return folders.get(path);
      const found = await look(path, at, call);
      if (found === undefined || !Array.isArray(found)) return undefined;
      return found
        .map(({ name, type }): FolderEntry => ({ name, kind: kinds[type] ?? 'other' }))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1));
    },
  };
}

function holds(folders: Folders, path: string): boolean {
  const end = path.lastIndexOf('/');
  const held = folders.get(path.slice(0, Math.max(end, 0)));
  return held?.some(({ name }) => name === path.slice(end + 1)) ?? false;
}

const Either = z.union([Entries, File]);
const mostBytes = 1024 * 1024;
const kinds: Readonly<Record<string, FolderEntry['kind']>> = { file: 'file', dir: 'folder' };

function lookAt(path: string, at: string): Request {
  return {
    path: `/contents${path === '' ? '' : `/${inUrl(path)}`}?ref=${at}`,
    doing: `reading ${path === '' ? 'the root folder' : path}`,
    right: 'Contents: read',
    // Threat: a file that somebody committed in clear, kept in memory for as long as the process lives.
    isUnkept: true,
  };
}

/** Undefined for what is no UTF-8 text: cut or changed bytes must not be written back. */
function decode(content: string): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(content, 'base64'));
  } catch {
    return undefined;
  }
}
