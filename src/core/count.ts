/** The form of a verb that goes with so many things: `is` of one, `are` of several. */
export function verb(many: number, one: string, several: string): string {
  return many > 1 ? several : one;
}

/** `1 ExternalSecret`, `2 ExternalSecrets`: a number with its noun. */
export function count(many: number, noun: string): string {
  return `${many} ${noun}${many === 1 ? '' : 's'}`;
}
