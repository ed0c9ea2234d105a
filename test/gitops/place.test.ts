import { expect, test } from 'vitest';
import type { Namespace, ResourceName } from '../../src/core/names.ts';
import type { PathTemplate } from '../../src/core/path-template.ts';
import { placeBy } from '../../src/gitops/place.ts';

test('each category has a place of its own', () => {
  const inApp = (file: string) => `apps/{namespace}/{app}/${file}` as PathTemplate;
  const placeFor = placeBy({
    paths: {
      bootstrap: inApp('secret.sops.yaml'),
      infrastructure: inApp('infrastructure.yaml'),
      application: inApp('externalsecret.yaml'),
      certificate: inApp('certificate.yaml'),
    },
  });
  const target = { namespace: 'media' as Namespace, name: 'jellyfin' as ResourceName };
  expect(placeFor('bootstrap', target)).toBe('apps/media/jellyfin/secret.sops.yaml');
  expect(placeFor('infrastructure', target)).toBe('apps/media/jellyfin/infrastructure.yaml');
  expect(placeFor('application', target)).toBe('apps/media/jellyfin/externalsecret.yaml');
  expect(placeFor('certificate', target)).toBe('apps/media/jellyfin/certificate.yaml');
});
