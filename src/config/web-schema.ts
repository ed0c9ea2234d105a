import { z } from 'zod';
import { url } from './common-schema.ts';

/** Threats: values in clear on their way here; a page below a path that an Ingress rewrites, so that links miss it. */
const publicUrl = url
  .refine(
    (text) => text.startsWith('https:') || /^http:\/\/(?:127\.0\.0\.1|localhost)(?::|\/|$)/.test(text),
    'must be https: values go there',
  )
  .refine(
    (text) => !URL.canParse(text) || new URL(text).pathname === '/',
    'must be an address without a path',
  )
  .refine((text) => !/[?#]/.test(text), 'must be an address without a path');

const port = z.int().min(1).max(65535);

/** What it serves itself: health for the cluster, and the one-time page for people. */
export const Web = z
  .strictObject({
    port: port.meta({ description: 'the port to listen on; keep it inside the cluster' }),
    page: z
      .strictObject({
        port: port.default(8081).meta({ description: 'the port of the page alone, for an Ingress' }),
        publicUrl: publicUrl.meta({
          description:
            'where people reach it, as https://name: TLS ends before it. http only for this machine (localhost).',
        }),
      })
      .optional()
      .meta({
        description:
          'the one-time page, by which people bring values. Without it `/secret set` shows a command instead.',
      }),
  })
  .superRefine(({ port: health, page }, context) => {
    if (page?.port === health) {
      context.addIssue({
        code: 'custom',
        path: ['page', 'port'],
        message: 'must be another one than web.port',
      });
    }
  });
