// The jobs of `lark check --jobs FILE`: job ads as `condor_q -long` prints them, or in new syntax or JSON. Nothing is known
// of the machines that they would run on, nor of their addresses.

import { readFile } from 'node:fs/promises';
import { ClassAdError, parseAds, unparseAd } from 'node-classad';
import { jobFromAds } from '../jobs/ad-to-job.ts';
import { JobError } from '../jobs/admission.ts';
import type { Job } from '../jobs/job.ts';
import { CliError, ExitCode } from './exit-code.ts';

/** From the blocks for documentation (RFC 5737): a registration needs an address, and no policy is about this one. */
const NO_MACHINE = '[ Machine = "(not known)"; LarkInnerAddressIPv4 = "198.51.100.1" ]';

/** Throws a CliError that says which ad is wrong. */
export async function readJobsFile(path: string, now: number): Promise<Job[]> {
  let text: Uint8Array;
  try {
    text = await readFile(path);
  } catch (error) {
    throw new CliError(ExitCode.USAGE, `${path} cannot be read: ${error instanceof Error ? error.message : error}.`);
  }
  return jobsOf(path, text, now);
}

function jobsOf(path: string, text: Uint8Array, now: number): Job[] {
  let ads: ReturnType<typeof parseAds>;
  try {
    ads = parseAds(text);
  } catch (error) {
    if (!(error instanceof ClassAdError)) throw error;
    throw new CliError(ExitCode.USAGE, `${path}:${error.message}.`);
  }
  return ads.map((ad, index) => {
    try {
      const { job } = jobFromAds(unparseAd(ad, 'new-line'), NO_MACHINE, { nat: 'unenforced', now });
      return { ...job, addresses: [] };
    } catch (error) {
      if (!(error instanceof JobError)) throw error;
      throw new CliError(ExitCode.USAGE, `${path}: ad ${index + 1} of ${ads.length}: ${error.message}`);
    }
  });
}
