// What policies may read of a job: the values of its two ads, the job ad's attributes evaluated with the machine ad as TARGET
// and the reverse. Which names there are, and where each value stands, is found out once for all jobs whose ads have the same
// attributes in the same order, as those of a pool mostly have.

import { type ClassAd, ClassAdError, evaluator, foldedNames, type Layout, parseAd, toPlain } from 'node-classad';
import type { AttributeValue } from '../../policies/policy.ts';
import { JobError } from './admission.ts';
import { type NameList, nameListFor } from './name-list.ts';

export type Which = 'job' | 'machine';

/** Before the names of the machine ad's attributes. */
export const MACHINE = 'machine.';
const ACCT_GROUP = 'acctgroup';

/** Real ads have a few hundred. */
const MOST_ATTRIBUTES = 2048;
/** What evaluating one attribute may take, and all of an ad's together: a real ad takes some hundreds. */
const STEPS = 5000;
const AD_STEPS = 50_000;
/** Characters of an ad's values that are not in its text but made by its expressions. */
const MOST_MADE = 1024 * 1024 - 1;

export interface EndpointValues {
  /** Lower-cased, the machine ad's after `machine.`; and `acctgroup`. */
  readonly names: NameList;
  /** In their order; `undefined` for lists, ads, errors and what is undefined. */
  readonly list: readonly AttributeValue[];
  get(name: string): AttributeValue;
  setAcctGroup(group: string | undefined): void;
}

/** Throws a JobError: JOB_AD_MALFORMED or JOB_AD_TOO_LONG. */
export function valuesOf(jobAdText: string, machineAdText: string, now: number): EndpointValues {
  const jobAd = readAd('job', jobAdText);
  const machineAd = readAd('machine', machineAdText);
  const { names, jobPlaces, machinePlaces } = placesFor(jobAd.layout, machineAd.layout);
  const list: AttributeValue[] = new Array(names.list.length).fill(undefined);
  evaluateAll('job', jobAd, machineAd, now, (index, value) => {
    const place = jobPlaces[index]!;
    if (place !== NOWHERE) list[place] = value;
  });
  evaluateAll('machine', machineAd, jobAd, now, (index, value) => {
    list[machinePlaces[index]!] = value;
  });
  return new ValuesByPlace(names, list);
}

class ValuesByPlace implements EndpointValues {
  readonly names: NameList;
  readonly list: AttributeValue[];

  constructor(names: NameList, list: AttributeValue[]) {
    this.names = names;
    this.list = list;
  }

  get(name: string): AttributeValue {
    const place = this.names.places.get(name);
    return place === undefined ? undefined : this.list[place];
  }

  setAcctGroup(group: string | undefined): void {
    this.list[this.names.places.get(ACCT_GROUP)!] = group;
  }
}

/** Throws a JobError: JOB_AD_MALFORMED or JOB_AD_TOO_LONG. */
export function readAd(which: Which, text: string): ClassAd {
  let ad: ClassAd;
  try {
    // A value with a line break in it could speak for another attribute, such as the owner.
    ad = parseAd(text, { syntax: 'auto', repeated: 'refuse' });
  } catch (error) {
    if (!(error instanceof ClassAdError)) throw error;
    throw new JobError('JOB_AD_MALFORMED', `The ${which} ad cannot be read: ${error.message}.`);
  }
  if (ad.size > MOST_ATTRIBUTES) {
    throw new JobError(
      'JOB_AD_TOO_LONG',
      `The ${which} ad has ${ad.size} attributes, and at most ${MOST_ATTRIBUTES} are taken. Leave out those that no policy reads.`,
    );
  }
  return ad;
}

function evaluateAll(
  which: Which,
  ad: ClassAd,
  target: ClassAd,
  now: number,
  call: (index: number, value: AttributeValue) => void,
): void {
  const seconds = Math.floor(now / 1000);
  const budget = { steps: AD_STEPS };
  const evaluate = evaluator({ my: ad, target, now: () => seconds, limits: { steps: STEPS }, budget });
  let made = 0;
  ad.expressions.forEach((expression, index) => {
    // Nearly every attribute is a literal already.
    if (expression.kind === 'literal') {
      call(index, toPlain(expression.value));
      return;
    }
    const value = toPlain(evaluate(expression));
    if (typeof value === 'string') made += value.length;
    if (made > MOST_MADE) throw tooMuch(`make more than ${MOST_MADE} characters`, which, ad, index);
    if (budget.steps < 0) throw tooMuch(`take more than ${AD_STEPS} steps to evaluate`, which, ad, index);
    call(index, value);
  });
}

function tooMuch(what: string, which: Which, ad: ClassAd, index: number): JobError {
  return new JobError(
    'JOB_AD_TOO_LONG',
    `The expressions of the ${which} ad ${what} up to ${foldedNames(ad.layout)[index]}. Leave out those that no policy reads.`,
  );
}

/** Where the values of two ads stand, by the places of their attributes in the ads. */
interface Places {
  readonly names: NameList;
  /** `NOWHERE` for what a job ad may not say. */
  readonly jobPlaces: readonly number[];
  readonly machinePlaces: readonly number[];
}

const NOWHERE = -1;
/** Beyond so many all are forgotten and made anew. */
const MOST_PLACES = 1024;
let known = new WeakMap<Layout, WeakMap<Layout, Places>>();
let knownCount = 0;

function placesFor(job: Layout, machine: Layout): Places {
  const places = known.get(job)?.get(machine);
  if (places !== undefined) return places;
  if (knownCount >= MOST_PLACES) {
    known = new WeakMap();
    knownCount = 0;
  }
  const made = makePlaces(job, machine);
  const ofJob = known.get(job) ?? new WeakMap<Layout, Places>();
  ofJob.set(machine, made);
  known.set(job, ofJob);
  knownCount++;
  return made;
}

function makePlaces(job: Layout, machine: Layout): Places {
  const names: string[] = [];
  const put = (name: string) => names.push(name) - 1;
  const jobPlaces = foldedNames(job).map((name) => (isReserved(name) ? NOWHERE : put(name)));
  const machinePlaces = foldedNames(machine).map((name) => put(MACHINE + name));
  if (!names.includes(ACCT_GROUP)) put(ACCT_GROUP);
  return { names: nameListFor(names), jobPlaces, machinePlaces };
}

/** The engine sets these itself, and `machine.…` is the machine ad's: no job ad may speak for them. */
function isReserved(name: string): boolean {
  return name === 'zone' || name === 'endpointtype' || name.startsWith(MACHINE);
}
