import { z } from 'zod';
import { PropertyName } from './names.ts';

/** The argument that names a secret: `namespace/name`, or a name alone where it is unique. Checked when it is looked up. */
export function secretTarget() {
  return z.string().min(1).max(320).meta({
    title: 'Secret',
    description: 'namespace/name of an ExternalSecret, or its name alone where that is unique',
    field: 'target',
  });
}

/** The argument that names properties of the secret. */
export function secretProperties() {
  return z.array(PropertyName).max(50).meta({
    title: 'Properties',
    description: 'which of its properties',
    field: 'property',
  });
}

/** The argument that says why; `description`: for whom. */
export function reasonGiven(description = 'why, for the record') {
  return z.string().min(1).max(300).optional().meta({ title: 'Reason', description });
}
