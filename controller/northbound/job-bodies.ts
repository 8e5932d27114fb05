// What may be sent to register a job. A hook with nothing but curl has the job's ad in a file, so three forms are taken:
//   application/json                    { "jobAd", "machineAd", "leaseSec", and the fields of machine-fields.ts }
//   application/x-www-form-urlencoded   the same as a form: curl --data-urlencode jobAd@.job.ad
//   text/plain                          the job ad alone, and the rest in the query: curl --data-binary @.job.ad
// curl sends the last as a form, too, unless it is told otherwise; an ad is told from a form by what a form never has.
// No form separates two ads by a line: a user who controls a string of the job ad could write that line himself.

import { JobError } from '../jobs/admission.ts';
import { memberTexts } from '../jobs/feed/json-members.ts';

/** What the parsers make of a body: checked by the route's schema afterwards. */
export type RawFields = Readonly<Record<string, unknown>>;

/** The ads of a JSON body may be objects in HTCondor's form; as text they keep what JSON.parse would lose. */
export function parseJsonBody(body: string): RawFields {
  const parsed = parseJson(body);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw malformed('The body is no object');
  const texts = memberTexts(body);
  const asText = ([name, value]: [string, unknown]): [string, unknown] => {
    const isAd = (name === 'jobAd' || name === 'machineAd') && typeof value === 'object' && value !== null;
    return [name, isAd ? texts.get(name) : value];
  };
  return Object.fromEntries(Object.entries(parsed).map(asText));
}

export function parseFormBody(body: string): RawFields {
  if (!isForm(body)) return { jobAd: body };
  const fields = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(body.trim())) {
    if (fields.has(name)) throw malformed(`The field '${name}' is given twice`);
    fields.set(name, value);
  }
  return Object.fromEntries(fields);
}

/** In a form these are percent-encoded, and an ad cannot do without all of them. */
function isForm(body: string): boolean {
  return !/[\s"[\]{}]/.test(body.trim());
}

/** What is asked, in the body and in the query together. */
export function mergedOnce<Body extends object>(body: Body, query: Partial<Body>): Body {
  const twice = Object.keys(query).filter((name) => Object.hasOwn(body, name));
  if (twice.length === 0) return { ...body, ...query };
  throw new JobError(
    'JOB_REQUEST_MALFORMED',
    `Given in the query and in the body: ${twice.join(', ')}. Give each once.`,
  );
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw malformed('The body is not JSON');
  }
}

function malformed(problem: string): JobError {
  return new JobError(
    'JOB_REQUEST_MALFORMED',
    `${problem}. Expected JSON with jobAd and machineAd, the same as a form, or the job ad alone as text/plain.`,
  );
}
