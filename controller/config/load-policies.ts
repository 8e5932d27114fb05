// The list under `policies`: one policy an entry, in the order in which they are asked, and perhaps `default: drop` as the
// last. Each entry is checked by its kind's schema; the queues, alternates and zones that it names are collected for the
// checks against the other sections.

import { describeValue } from '../../policies/options/schema.ts';
import type { Policy } from '../../policies/policy.ts';
import type { OptionPath, PolicyContext, PolicyKind } from '../../policies/policy-kind.ts';
import type { Config, PolicyEntry } from './config.ts';
import type { Findings } from './findings.ts';
import type { PolicyModules } from './load-modules.ts';
import { DEFAULT, defaultSchema, MODULE, type PolicyEntryText, readEntry, unknownPolicy } from './policy-entry.ts';
import type { Path } from './yaml-source.ts';

/** A name in a policy that some switch's `wan` must define. */
export interface WanReference {
  readonly kind: 'queue' | 'alternate';
  readonly name: string;
  readonly path: Path;
}

/** A zone that a policy names and the file must define. */
export interface ZoneReference {
  readonly name: string;
  readonly path: Path;
}

export interface LoadedPolicies {
  readonly policies: readonly PolicyEntry[];
  readonly default: Config['default'];
  readonly references: readonly WanReference[];
  readonly zoneReferences: readonly ZoneReference[];
  /** Where policies say a DSCP. */
  readonly marks: readonly Path[];
  /** Where each of `policies` stands. */
  readonly paths: readonly Path[];
}

/** What policies there are to choose from. */
export interface PolicySources {
  readonly catalogue: ReadonlyMap<string, PolicyKind>;
  /** Those that the file names by a module's path. */
  readonly modules: PolicyModules;
}

export function loadPolicies(list: unknown, sources: PolicySources, findings: Findings): LoadedPolicies {
  const loader = new PolicyLoader(sources, findings);
  if (Array.isArray(list)) {
    for (const [index, entry] of list.entries()) loader.load(entry, index, index === list.length - 1);
  } else if (list !== undefined && list !== null) {
    const message = `policies: expected a list, each entry beginning with "- "; found ${describeValue(list)}`;
    findings.error('CONFIG_VALUE_INVALID', ['policies'], message);
  }
  return loader;
}

class PolicyLoader implements LoadedPolicies {
  readonly policies: PolicyEntry[] = [];
  readonly paths: Path[] = [];
  readonly references: WanReference[] = [];
  readonly zoneReferences: ZoneReference[] = [];
  readonly marks: Path[] = [];
  default: Config['default'] = { action: 'forward', place: undefined };
  readonly #sources: PolicySources;
  readonly #findings: Findings;

  constructor(sources: PolicySources, findings: Findings) {
    this.#sources = sources;
    this.#findings = findings;
  }

  load(value: unknown, index: number, isLast: boolean): void {
    const entry = readEntry(value, ['policies', index], this.#sources.catalogue, this.#findings);
    if (entry === undefined) return;
    if (entry.name === DEFAULT) {
      this.#loadDefault(entry, isLast);
      return;
    }
    const kind = this.#kindOf(entry);
    if (kind === undefined) return;
    // A missing `options` of a module is what the module's schema says it is.
    const checked = this.#findings.checked(kind.schema, entry.optionsPath, entry.options);
    const policy = checked && this.#create(kind, checked.value, entry, index + 1);
    if (policy === undefined) return;
    const place = this.#findings.source.place(entry.path, 'key');
    this.policies.push({ policy, place, ...(entry.audit && { audit: true }) });
    this.paths.push(entry.path);
  }

  #loadDefault({ path, options, audit: isAudited }: PolicyEntryText, isLast: boolean): void {
    const action = this.#findings.check(defaultSchema, path, options);
    if (action !== undefined) {
      this.default = { action, place: this.#findings.source.place(path, 'key'), ...(isAudited && { audit: true }) };
    }
    if (isLast) return;
    const message = 'default must be the last entry: what follows would never be asked';
    this.#findings.error('CONFIG_CONFLICT', path, message, 'key');
  }

  #kindOf({ name, path, module }: PolicyEntryText): PolicyKind | undefined {
    const { catalogue, modules } = this.#sources;
    if (name !== MODULE) {
      const kind = catalogue.get(name);
      if (kind === undefined) {
        this.#findings.error('CONFIG_KEY_UNKNOWN', path, unknownPolicy(name, catalogue), 'key');
      }
      return kind;
    }
    if (typeof module !== 'string') {
      const message = `expected the path of a JavaScript module, such as ./policies/keep-out.js; found ${describeValue(module)}`;
      this.#findings.error('CONFIG_VALUE_INVALID', path, message);
      return undefined;
    }
    const loaded = modules.get(module) ?? { problem: `the module ${module} was not loaded with this file` };
    if ('kind' in loaded) return loaded.kind;
    this.#findings.error('CONFIG_MODULE', path, loaded.problem);
    return undefined;
  }

  /** Only a module's own code may throw: the policies that ship check their options by their schema. */
  #create(kind: PolicyKind, options: unknown, entry: PolicyEntryText, number: number): Policy | undefined {
    const context = this.#contextOf(number, entry.optionsPath);
    if (entry.name !== MODULE) return kind.create(options, context);
    try {
      return kind.create(options, context);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#findings.error('CONFIG_MODULE', entry.optionsPath, `the module ${String(entry.module)}: ${message}`);
      return undefined;
    }
  }

  #contextOf(number: number, base: Path): PolicyContext {
    const at = (path: OptionPath) => [...base, ...path];
    return {
      number,
      warn: (path, message, offset) =>
        this.#findings.warn('CONFIG_SUSPICIOUS', at(path), message, offset === undefined ? 'value' : { offset }),
      usesQueue: (path, name) => void this.references.push({ kind: 'queue', name, path: at(path) }),
      usesAlternate: (path, name) => void this.references.push({ kind: 'alternate', name, path: at(path) }),
      usesZone: (path, name) => void this.zoneReferences.push({ name, path: at(path) }),
      usesMark: (path) => void this.marks.push(at(path)),
    };
  }
}
