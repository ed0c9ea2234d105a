import { randomBytes } from 'node:crypto';
import type { Random } from '../core/generate.ts';
import type { Operation } from '../core/operation.ts';
import { landWith } from './land/land.ts';
import { proposeOperation } from './propose/propose.ts';
import { proposeByHand } from './propose/propose-by-hand.ts';
import { renew } from './renew/renew.ts';
import { rotate } from './rotate/rotate.ts';
import { setOperation } from './set/set.ts';
import { setByHand } from './set/set-by-hand.ts';
import type { ValuesInHand } from './set/values-in-hand.ts';
import { snapshot } from './snapshot/snapshot.ts';
import { sync } from './sync/sync.ts';
import { withdraw } from './withdraw/withdraw.ts';

/** Every kind of work that can be left and gone on with. `hand` holds what people brought, `random` makes values. */
export function operationKinds(hand: ValuesInHand, random: Random = randomBytes): readonly Operation[] {
  return [
    rotate,
    renew,
    sync,
    setOperation(hand),
    setByHand,
    snapshot,
    proposeOperation(hand, random),
    proposeByHand,
    landWith(random),
    withdraw,
  ];
}
