/** What a person runs to remove all that is left of a path: the bot has no right to. `where`: `kv/media/jellyfin`. */
export function destroyCommand(where: string): string {
  const [mount = '', ...path] = where.split('/');
  return `bao kv metadata delete -mount=${mount} ${path.join('/')}`;
}
