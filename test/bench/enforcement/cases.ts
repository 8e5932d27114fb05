// The cases of enforcement by name, and how a result is printed.

import { admissionCase } from './admission-case.ts';
import type { CaseResult } from './case-result.ts';
import { reloadCase } from './reload-case.ts';
import { restartCase } from './restart-case.ts';
import type { AdMaker } from './site.ts';
import { stormCase } from './storm-case.ts';
import { throughputCase } from './throughput-case.ts';

/** @returns each with where it may put a job store. */
export function enforcementCases(
  ads: AdMaker,
  isQuick: boolean,
): Readonly<Record<string, (directory: string) => Promise<CaseResult>>> {
  return {
    admission: (directory) => admissionCase(ads, directory, isQuick),
    throughput: (directory) => throughputCase(ads, directory, isQuick),
    restart: (directory) => restartCase(ads, directory, isQuick),
    reload: (directory) => reloadCase(ads, directory, isQuick),
    storm: (directory) => stormCase(directory, isQuick),
  };
}

export function caseText({ name, measured, targets }: CaseResult): string {
  const lines = Object.entries(measured).map(([what, value]) => `  ${what.padEnd(56)} ${shown(value)}`);
  const promised = targets.map(
    (each) => `  ${each.name.padEnd(56)} ${shown(each.value)} (${each.target}: ${each.met ? 'met' : 'MISSED'})`,
  );
  return ['', name, ...lines, ...promised].join('\n');
}

function shown(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: 2 }).padStart(10);
}
