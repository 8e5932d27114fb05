// node-openflow: OpenFlow 1.0 and 1.3 messages as plain objects, to and from bytes.

export * from './constants/common.ts';
export * from './constants/errors.ts';
export * from './constants/of10.ts';
export * from './constants/of13.ts';
export { type ErrorAnswer, OpenflowError, type OpenflowErrorCode } from './error.ts';
export { formatActions, formatInstructions } from './format/actions.ts';
export { formatError } from './format/error.ts';
export { formatMatch10, formatMatch13 } from './format/match.ts';
export { FrameSplitter } from './frame-splitter.ts';
export { type Hello, type HelloElement, versionBitmap } from './hello.ts';
export {
  decodeMessage,
  encodeMessage,
  errorAnswering,
  HEADER_LENGTH,
  MAX_MESSAGE_LENGTH,
  type Message,
  OF10,
  OF13,
} from './message.ts';
export { NICIRA } from './nicira/actions.ts';
export type { Of10Action } from './of10/actions.ts';
export { checkMatch10, type Ipv4Match, type Match10, Wildcard10 } from './of10/match.ts';
export type * from './of10/messages.ts';
export type { Of10FlowStats, Of10PortStats } from './of10/stats.ts';
export type { Of10PacketQueue, Of10Port } from './of10/structures.ts';
export type { Of13Action } from './of13/actions.ts';
export type { Of13Instruction } from './of13/instructions.ts';
export type * from './of13/messages.ts';
export type { Of13FlowStats, Of13PortStats } from './of13/multipart.ts';
export { getOxm, type Match13, type OxmField, type OxmOf, type OxmValue, oxm, type UnknownOxm } from './of13/oxm.ts';
export { type NarrowOxmName, ONF, OxmClass, type OxmName, oxmFields, type WideOxmName } from './of13/oxm-fields.ts';
export { type BitRange, type OxmId, oxmId } from './of13/oxm-id.ts';
export { checkMatch13 } from './of13/oxm-prerequisites.ts';
export type { Of13Bucket, Of13MeterBand, Of13PacketQueue, Of13Port } from './of13/structures.ts';
export type { Of13TableFeatures } from './of13/table-features.ts';
