import { describe, expect, test } from 'vitest';
import type { Namespace, ResourceName } from '../../src/core/names.ts';
import { fillPath, PathTemplate } from '../../src/core/path-template.ts';

describe('a path template', () => {
  test('is filled with the namespace and the name, wherever they stand', () => {
    const template = PathTemplate.parse('apps/{namespace}/{app}/{namespace}-{app}.yaml');
    const target = { namespace: 'media' as Namespace, name: 'jellyfin' as ResourceName };
    expect(fillPath(template, target)).toBe('apps/media/jellyfin/media-jellyfin.yaml');
  });

  test.each([
    ['apps/{app}', 'must end with .yaml or .yml'],
    ['apps/secret.yaml', 'must hold {app}: else every secret has the same file'],
    ['../{app}.yaml', 'has an empty segment, or one of dots'],
    ['/apps/{app}.yaml', 'has an empty segment, or one of dots'],
    ['./{app}.yaml', 'has an empty segment, or one of dots'],
    ['.github/workflows/{app}.yaml', 'is in a folder of Git’s own, or of its host’s'],
    ['apps/.GIT/{app}.yaml', 'is in a folder of Git’s own, or of its host’s'],
    ['apps/{name}/{app}.yaml', "has a character that isn't allowed"],
    ['apps/{app}?ref=main.yaml', "has a character that isn't allowed"],
    [`${'a'.repeat(250)}/{app}.yaml`, 'is longer than 256 characters'],
  ])('%s is refused', (text, problem) => {
    const result = PathTemplate.safeParse(text);
    expect(result.error?.issues[0]?.message).toContain(problem);
  });
});
