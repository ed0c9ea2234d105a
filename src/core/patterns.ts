type Token = { readonly kind: 'any' | 'within' } | { readonly kind: 'character'; readonly character: string };

/**
 * Matches a pattern in which `*` stands for any characters but `/`, and `**` for any at all.
 * Threat: a pattern made into a regular expression by hand; every other character is taken as it is.
 */
export function matchesPattern(pattern: string, text: string): boolean {
  return compilePattern(pattern).test(text);
}

/** The pattern as a regular expression, for being matched often. */
export function compilePattern(pattern: string): RegExp {
  const source = pattern
    .split(/(\*\*|\*)/)
    .map((part) =>
      part === '**' ? '.*' : part === '*' ? '[^/]*' : part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'),
    )
    .join('');
  return new RegExp(`^${source}$`, 'u');
}

/**
 * Whether everything that `inner` matches is matched by `outer` as well; both are patterns of `matchesPattern`.
 * Errs to no: never true for a pattern that reaches further, and false for a few that don't.
 */
export function coversPattern(outer: string, inner: string): boolean {
  const outers = tokensOf(outer);
  const inners = tokensOf(inner);
  // One row for each token of `inner`, from its end: whether the rest of `outer` covers the rest of `inner`.
  let after = rowFor(outers, undefined, undefined);
  for (const token of inners.toReversed()) after = rowFor(outers, token, after);
  return after[0] === true;
}

function rowFor(
  outers: readonly Token[],
  inner: Token | undefined,
  after: readonly boolean[] | undefined,
): readonly boolean[] {
  const row: boolean[] = [];
  row[outers.length] = inner === undefined;
  for (let at = outers.length - 1; at >= 0; at -= 1) {
    const outer = outers[at] as Token;
    if (outer.kind === 'character') {
      row[at] = inner !== undefined && isSame(outer, inner) && after?.[at + 1] === true;
    } else {
      row[at] =
        row[at + 1] === true || (inner !== undefined && absorbs(outer, inner) && after?.[at] === true);
    }
  }
  return row;
}

function isSame(outer: Token & { kind: 'character' }, inner: Token): boolean {
  return inner.kind === 'character' && inner.character === outer.character;
}

function absorbs({ kind }: Token, inner: Token): boolean {
  if (kind === 'any') return true;
  return inner.kind === 'within' || (inner.kind === 'character' && inner.character !== '/');
}

function tokensOf(pattern: string): readonly Token[] {
  return pattern.split(/(\*\*|\*)/).flatMap((part): readonly Token[] => {
    if (part === '**') return [{ kind: 'any' }];
    if (part === '*') return [{ kind: 'within' }];
    return Array.from(part, (character): Token => ({ kind: 'character', character }));
  });
}
