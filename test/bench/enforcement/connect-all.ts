// Connects light switches and waits until each has confirmed its first rules.

import { eventually } from '../../support/eventually.ts';
import type { LightSwitch } from '../../support/light-switch.ts';
import type { BenchLark } from './bench-lark.ts';

export async function connectAll(lights: readonly LightSwitch[], lark: BenchLark): Promise<void> {
  for (const light of lights) light.connect(lark.addresses.openflow);
  await eventually('all switches to be mended', () => lights.every(({ isMended }) => isMended), 60_000);
}

export async function disconnectAll(lights: readonly LightSwitch[]): Promise<void> {
  await Promise.all(lights.map((light) => light.disconnect()));
}
