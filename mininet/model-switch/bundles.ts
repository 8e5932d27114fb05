// Bundles (ONF extension 230): messages that a controller gathers and has carried out at once, or not at all. The model
// takes FlowMods in them, as Open vSwitch refuses others that change something (METER_MOD among them).

import { BundleControl, decodeMessage, type Of13Message, OpenflowError } from 'node-openflow';
import { Refusal } from './refusal.ts';
import type { Effect, SwitchState } from './switch-state.ts';

type Of<Type extends Of13Message['type']> = Extract<Of13Message, { readonly type: Type }>;
type FlowMod = Of<'flowMod'>;

export interface Bundle {
  readonly flags: number;
  readonly flowMods: { readonly flowMod: FlowMod; readonly raw: Uint8Array }[];
}

/** An experimenter's error of the ONF's (EXT-230 §9). */
const EXPERIMENTER_ERROR = 0xffff;
export const BundleError = {
  BAD_ID: 2302,
  BUNDLE_EXIST: 2303,
  BAD_TYPE: 2306,
  BAD_FLAGS: 2307,
  MSG_BAD_XID: 2309,
  MSG_UNSUP: 2310,
  MSG_FAILED: 2313,
} as const;

/** Carries out one FlowMod; throws what a switch refuses. */
type Apply = (flowMod: FlowMod) => readonly Effect[];

export function controlBundle(state: SwitchState, message: Of<'bundleControl'>, apply: Apply): readonly Effect[] {
  const { bundles } = state.controller;
  const { bundleId, bundleType, flags } = message;
  const done = (effects: readonly Effect[] = []): readonly Effect[] => {
    const properties = new Uint8Array(0);
    return [...effects, { kind: 'send', message: { ...message, bundleType: bundleType + 1, properties } }];
  };
  if (bundleType === BundleControl.OPEN_REQUEST) {
    if (bundles.has(bundleId)) throw refuse('BUNDLE_EXIST', `bundle ${bundleId} is there already`);
    bundles.set(bundleId, { flags, flowMods: [] });
    return done();
  }
  const bundle = bundleOf(state, bundleId, flags);
  switch (bundleType) {
    case BundleControl.CLOSE_REQUEST:
      return done();
    case BundleControl.DISCARD_REQUEST:
      bundles.delete(bundleId);
      return done();
    case BundleControl.COMMIT_REQUEST:
      bundles.delete(bundleId);
      return done(commit(state, bundle, apply));
  }
  throw refuse('BAD_TYPE', `there is no bundle request ${bundleType}`);
}

/** All of it, or nothing and the error of the first message that was refused. */
function commit(state: SwitchState, { flowMods }: Bundle, apply: Apply): readonly Effect[] {
  const before = state.tables.copy();
  const effects: Effect[] = [];
  for (const { flowMod, raw } of flowMods) {
    try {
      effects.push(...apply(flowMod));
    } catch (error) {
      if (!(error instanceof Refusal || error instanceof OpenflowError)) throw error;
      state.tables.restore(before);
      const first = { xid: flowMod.xid, answer: error.answer, raw };
      throw refuse('MSG_FAILED', 'a message of the bundle was refused', first);
    }
  }
  return effects;
}

/** The added message is read now, and carried out when the bundle is committed. */
export function addToBundle(state: SwitchState, message: Of<'bundleAdd'>): readonly Effect[] {
  const bundle = bundleOf(state, message.bundleId, message.flags);
  const added = decodeMessage(message.message);
  if (added.xid !== message.xid) throw refuse('MSG_BAD_XID', 'the added message has another xid');
  if (added.version !== 4 || added.type !== 'flowMod') throw refuse('MSG_UNSUP', `no ${added.type} in a bundle`);
  bundle.flowMods.push({ flowMod: added, raw: message.message });
  return [];
}

function bundleOf(state: SwitchState, bundleId: number, flags: number): Bundle {
  const bundle = state.controller.bundles.get(bundleId);
  if (bundle === undefined) throw refuse('BAD_ID', `there is no bundle ${bundleId}`);
  if (bundle.flags !== flags) {
    state.controller.bundles.delete(bundleId);
    throw refuse('BAD_FLAGS', `bundle ${bundleId} was opened with other flags`);
  }
  return bundle;
}

function refuse(name: keyof typeof BundleError, message: string, first?: Refusal['first']): Refusal {
  return new Refusal(EXPERIMENTER_ERROR, BundleError[name], message, first);
}
