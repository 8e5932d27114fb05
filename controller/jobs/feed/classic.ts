// The answers of the original callouts' dialect, one to a connection:
//   SEND      OK                        (OK by-address, OK unenforced: admitted, but not by its port), or WAITING: not
//             admitted before its switch has connected
//   CLEAN     OK, or PENDING and the switches that may still have rules of the job
//   REQUEST   FOUND and, right behind it as in the original, the job ad on one line; or NOFOUND
//   GRIDFTP   OK; to REQUEST, FOUND and an ad of the transfer, or NOFOUND
// and for anything refused: ERROR, the code, a sentence. Each is one line and ends with a newline.

import { parseAd, unparseAd } from 'node-classad';
import { type Admitted, JobError } from '../admission.ts';
import type { ClassicRequest, GridftpRequest } from './classic-request.ts';
import type { GridftpTransfer, GridftpTransfers } from './gridftp-transfers.ts';
import type { JobDesk, Peer } from './job-desk.ts';
import type { RequestOutcome } from './request-log.ts';

export interface Answer {
  readonly line: string;
  /** For counting. */
  readonly outcome: RequestOutcome;
}

/** Carries a request out and says how it went. Rejects only if Lark itself is at fault. */
export async function answerClassic(
  request: ClassicRequest,
  desk: JobDesk,
  transfers: GridftpTransfers,
  peer: Peer,
): Promise<Answer> {
  try {
    desk.gate.listen(peer);
    switch (request.verb) {
      case 'SEND':
        return admitted(await desk.register(request.jobAd, request.machineAd, desk.calloutLeaseMs, peer));
      case 'CLEAN': {
        const { pendingSwitches } = await desk.clean(request.address, peer);
        if (pendingSwitches.length === 0) return ok('OK');
        return { line: `PENDING ${pendingSwitches.join(' ')}\n`, outcome: 'pending' };
      }
      case 'REQUEST': {
        const found = desk.find(request.address);
        return ok(found === undefined ? 'NOFOUND' : `FOUND${oneLine(found.job.ads.job)}`);
      }
      case 'GRIDFTP':
        return ok(gridftp(request, transfers, peer));
    }
  } catch (error) {
    if (error instanceof JobError) return refusal(error);
    throw error;
  }
}

export function refusal(error: JobError): Answer {
  return { line: `ERROR ${error.code} ${error.message.replace(/\s*[\r\n]+\s*/g, ' ')}\n`, outcome: error.code };
}

function ok(line: string): Answer {
  return { line: `${line}\n`, outcome: 'ok' };
}

function admitted({ enforcement }: Admitted): Answer {
  if (enforcement === 'waiting') return { line: 'WAITING\n', outcome: 'waiting' };
  return ok(enforcement === 'port' ? 'OK' : `OK ${enforcement}`);
}

/** The ad as it came if that was one line in new syntax; else printed anew, where a newline within a string is escaped. */
function oneLine(adText: string): string {
  const text = adText.trim();
  if (text.startsWith('[') && !/[\r\n]/.test(text)) return text;
  return unparseAd(parseAd(text, { syntax: 'auto' }), 'new-line');
}

function gridftp(request: GridftpRequest, transfers: GridftpTransfers, peer: Peer): string {
  if (request.action === 'REQUEST') {
    const transfer = transfers.get(request);
    return transfer === undefined ? 'NOFOUND' : `FOUND${transferAd(transfer)}`;
  }
  if (request.action === 'SHUTDOWN') transfers.delete(request, peer.address);
  else transfers.set(request, peer.address);
  return 'OK';
}

function transferAd({ address, port, user, fileName, direction }: GridftpTransfer): string {
  const ad = { Address: address, Port: port, User: user, FileName: fileName, Direction: direction };
  return unparseAd(parseAd(JSON.stringify(ad), { syntax: 'json' }), 'new-line');
}
