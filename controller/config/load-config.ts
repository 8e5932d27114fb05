// From a policy file to a Config, or to all that is wrong with it, sorted by place. Reading the file, and the modules that
// it names, is the only effect; the rest is a pure function of those, so the same file always gives the same answer. A
// file that is not YAML gets only its syntax errors, since nothing else can be told; any other gets every error of every
// section at once.

import { dirname, resolve } from 'node:path';
import { policyCatalogue } from '../../policies/catalogue.ts';
import { describeValue } from '../../policies/options/schema.ts';
import type { PolicyKind } from '../../policies/policy-kind.ts';
import { checkPolicies } from './check-policies.ts';
import { warnOfUndone } from './check-undone.ts';
import { warnOfHiddenZones, warnOfImpossibleEnds, warnOfUnused } from './check-use.ts';
import type { Config, PacketInLimitConfig } from './config.ts';
import { checkListeners, checkReferences, checkZoneReferences, warnOfGaps, warnOfUnmarked } from './cross-checks.ts';
import { readContents, sha256Of } from './file-contents.ts';
import { Findings } from './findings.ts';
import { checkPoolsInRanges, loadAddresses } from './load-addresses.ts';
import { type ImportModule, loadModules, NO_MODULES, type PolicyModules } from './load-modules.ts';
import { loadPolicies, type PolicySources } from './load-policies.ts';
import { loadSwitches } from './load-switches.ts';
import { loadTls, type TlsPaths } from './load-tls.ts';
import { loadTokens } from './load-tokens.ts';
import { checkRanges, checkZonesAgainstRanges, loadZones } from './load-zones.ts';
import { type NamedFiles, NOTHING_READ } from './named-files.ts';
import { type ConfigProblem, sortProblems } from './problem.ts';
import { fileSchema, httpSection, jobsSection, limitsSection, openflowSection, storeSection } from './schema.ts';
import { decodeSource, type ReadFile, readFileWithinLimit, unreadable } from './source-text.ts';
import { readYaml } from './yaml-source.ts';

/** What a Config was made from. */
export interface PolicySource {
  readonly text: string;
  /** Of the file's bytes. */
  readonly sha256: string;
  readonly modules: PolicyModules;
  /** Certificates, keys and their like, as they were read with it. */
  readonly named: NamedFiles;
}

export type ConfigResult = {
  readonly warnings: readonly ConfigProblem[];
  /** `FileContents.fingerprint` of what was read; left out where nothing was. */
  readonly fingerprint?: string;
} & (
  | { readonly config: Config; readonly errors?: never; readonly source?: PolicySource }
  | { readonly config?: never; readonly errors: readonly ConfigProblem[]; readonly source?: never }
);

/**
 * Reads and checks a policy file, and imports the modules of its `module:` policies. Never rejects: what cannot be read
 * is an error of the result.
 */
export async function loadConfig(
  path: string,
  readFile: ReadFile = readFileWithinLimit,
  importModule?: ImportModule,
): Promise<ConfigResult> {
  const { file, modules, named, fingerprint } = await readContents(path, readFile);
  if ('error' in file) return { errors: [unreadable(path, file.error)], warnings: [], fingerprint };
  const loaded = await loadModules(path, modules, importModule);
  const files = { files: named, now: Date.now() };
  return { ...parseConfig(path, file.bytes, policyCatalogue, loaded, dirname(path), files), fingerprint };
}

/**
 * Checks the content of a policy file.
 * @param file how messages call it.
 * @param catalogue the policies that it may use, by name.
 * @param modules those that it may use by a module's path, loaded beforehand.
 * @param directory what its relative paths are relative to.
 * @param named the certificates and their like that it names; those that are missing here are not looked at.
 */
export function parseConfig(
  file: string,
  content: Uint8Array | string,
  catalogue: ReadonlyMap<string, PolicyKind> = policyCatalogue,
  modules: PolicyModules = NO_MODULES,
  directory: string = dirname(file),
  named: NamedFiles = NOTHING_READ,
): ConfigResult {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  const source = decodeSource(file, bytes);
  if ('problem' in source) return { errors: [source.problem], warnings: [] };
  const yaml = readYaml(file, source.text);
  if ('problems' in yaml) return { errors: sortProblems(yaml.problems), warnings: [] };
  const root = yaml.source.value;
  if (root === null || root === undefined) {
    const message = 'is empty: write "policies: []" if nothing is to be denied, or start Lark without a file';
    return { errors: [{ code: 'CONFIG_EMPTY', severity: 'error', message, file, place: undefined }], warnings: [] };
  }
  const findings = new Findings(yaml.source);
  if (typeof root !== 'object' || Array.isArray(root)) {
    const message = `expected sections such as "policies:" at the top of the file; found ${describeValue(root)}`;
    findings.error('CONFIG_VALUE_INVALID', [], message);
    return { errors: findings.errors, warnings: [] };
  }
  const config = checkSections(
    { file, directory, named },
    root as Record<string, unknown>,
    { catalogue, modules },
    findings,
  );
  const { errors, warnings } = findings;
  if (config === undefined || errors.length > 0) return { errors, warnings };
  return { config, warnings, source: { text: source.text, sha256: sha256Of(bytes), modules, named } };
}

/** Of a Lark without a file, which forwards everything and listens where the docs say. */
export const NO_SOURCE: PolicySource = {
  text: '{}',
  sha256: sha256Of(new Uint8Array(0)),
  modules: NO_MODULES,
  named: NOTHING_READ,
};

/** What Lark runs with where no file is given. */
export function defaultConfig(): Config {
  const { config, errors } = parseConfig('(defaults)', NO_SOURCE.text);
  if (config === undefined) throw new Error(`the defaults do not pass their own checks: ${errors[0]?.message}`);
  return config;
}

/** Undefined where a section that others depend on was refused; its errors are in `findings`. */
function checkSections(
  { file, directory, named }: { readonly file: string; readonly directory: string; readonly named: NamedFiles },
  root: Readonly<Record<string, unknown>>,
  sources: PolicySources,
  findings: Findings,
): Config | undefined {
  findings.check(fileSchema, [], root);
  // A section whose every line is commented out is `null` in YAML and means the same as none.
  const openflow = findings.check(openflowSection, ['openflow'], root.openflow ?? {});
  const http = findings.check(httpSection, ['http'], root.http ?? {});
  const jobs = findings.check(jobsSection, ['jobs'], root.jobs ?? {});
  const store = findings.check(storeSection.optional(), ['store'], root.store ?? undefined);
  const limits = findings.check(limitsSection, ['limits'], root.limits ?? {});
  const addresses = loadAddresses(section(root, 'addresses', findings), findings);
  const zones = loadZones(section(root, 'zones', findings), findings);
  const loadedSwitches = loadSwitches(section(root, 'switches', findings), findings);
  const policies = loadPolicies(root.policies, sources, findings);

  checkReferences(policies.references, loadedSwitches, findings);
  checkZoneReferences(policies.zoneReferences, zones, findings);
  if (jobs !== undefined) {
    checkRanges(jobs.ranges, findings);
    checkPoolsInRanges(addresses, jobs.ranges, findings);
    checkZonesAgainstRanges(zones, jobs.ranges, findings);
    warnOfHiddenZones(zones, jobs.ranges, policies.zoneReferences, findings);
  }
  if (openflow === undefined || http === undefined || jobs === undefined || limits === undefined) return undefined;
  checkListeners(
    [
      ['openflow', openflow.listen],
      ['http', http.listen],
      ['jobs', jobs.listen],
    ],
    findings,
  );
  const tls = (listener: string, paths: TlsPaths | undefined) =>
    paths && loadTls(paths, [listener, 'tls'], named, findings);
  const { lease, calloutLease, settle, confirmTimeout, workers, ...otherJobs } = jobs;
  const config: Config = {
    file,
    openflow: {
      listen: openflow.listen,
      versions: openflow.versions,
      echoIntervalMs: openflow.echoInterval,
      foreign: openflow.foreign,
      packetInLimit: packetInLimitOf(openflow.packetInLimit),
      tls: tls('openflow', openflow.tls),
    },
    http: {
      listen: http.listen,
      tls: tls('http', http.tls),
      tokens: http.tokens === undefined ? undefined : loadTokens(http.tokens, named, findings),
    },
    jobs: {
      ...otherJobs,
      tls: tls('jobs', jobs.tls),
      workers: new Map(Object.entries(workers).map(([name, worker]) => [name.toLowerCase(), worker])),
      leaseMs: lease,
      calloutLeaseMs: calloutLease,
      settleMs: settle,
      confirmTimeoutMs: confirmTimeout,
    },
    store: store && { path: resolve(directory, store.path) },
    limits,
    addresses,
    zones,
    switches: loadedSwitches.switches,
    policies: policies.policies,
    default: policies.default,
  };
  warnOfGaps(config, findings);
  warnOfUnmarked(policies.marks, config, findings);
  warnOfUnused(loadedSwitches, policies, findings);
  warnOfImpossibleEnds(policies, config, findings);
  checkPolicies(policies, config, findings);
  warnOfUndone(policies.paths, config, findings);
  return config;
}

function packetInLimitOf(limit: {
  rate: number | 'off';
  burst: number;
  hold: number;
}): PacketInLimitConfig | undefined {
  const { rate, burst, hold } = limit;
  // Rules leave after whole seconds.
  return rate === 'off' ? undefined : { perSec: rate, burst, holdSec: Math.ceil(hold / 1000) };
}

/** A section that is a mapping of names; empty, with an error, where it is something else. */
function section(
  root: Readonly<Record<string, unknown>>,
  name: string,
  findings: Findings,
): Readonly<Record<string, unknown>> {
  const value = root[name] ?? {};
  if (typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>;
  const message = `${name}: expected a mapping, names and their values; found ${describeValue(value)}`;
  findings.error('CONFIG_VALUE_INVALID', [name], message);
  return {};
}
