/** `1 ExternalSecret`, `2 ExternalSecrets`: a number with its noun. */
export function count(many: number, noun: string): string {
  return `${many} ${noun}${many === 1 ? '' : 's'}`;
}
