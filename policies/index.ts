// What a policy of one's own is made of: `import { … } from 'lark-controller/policy'`. Everything here keeps its meaning
// from release to release.

export { z } from 'zod';
export type { IpAddress, Prefix } from '../protocols/packet/address.ts';
export { readCondition } from './expression/condition.ts';
export { definePolicyModule, type PolicyModule } from './module-definition.ts';
export { covers, foldGroup, groupNames } from './options/accounting-groups.ts';
export { prefixList } from './options/prefixes.ts';
export { mapping, oneOf, type Reading, readBy, wholeNumber } from './options/schema.ts';
export { userNames, warnOfUserNames } from './options/user-names.ts';
export {
  type AttributeValue,
  definePolicy,
  type EndpointType,
  type EndpointView,
  type ForwardFields,
  type Opinion,
  type Policy,
} from './policy.ts';
export type { OptionPath, PolicyContext } from './policy-kind.ts';
