import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jobAd, longJobAd, longMachineAd, machineAd } from '../testing/sample-ads.ts';
import { ClassicParser, LONGEST_LINE, type ParserState } from './request-parser.ts';

const bytes = (text: string) => Buffer.from(text, 'utf8');

/** The state after each piece has come; `end` and `silence` stand for themselves. */
function parse(...steps: (string | Uint8Array | 'END' | 'SILENCE')[]): ParserState {
  const parser = new ClassicParser();
  let state: ParserState = { kind: 'more', endsBySilence: false };
  for (const step of steps) {
    if (step === 'END') state = parser.end();
    else if (step === 'SILENCE') state = parser.silence();
    else state = parser.push(typeof step === 'string' ? bytes(step) : step);
  }
  return state;
}

function errorOf(state: ParserState): string {
  return state.kind === 'error' ? `${state.error.code} ${state.error.message}` : state.kind;
}

const MORE = { kind: 'more', endsBySilence: false };
const MAY_BE_ALL = { kind: 'more', endsBySilence: true };

describe('REQUEST and CLEAN', () => {
  const request = { kind: 'request', request: { verb: 'REQUEST', address: '10.1.0.7' } };

  it('end at the newline, at the end of the input, or by silence', () => {
    expect(parse('REQUEST\n10.1.0.7\n')).toEqual(request);
    expect(parse('REQUEST\n10.1.0.7', 'END')).toEqual(request);
    expect(parse('REQUEST\n10.1.0.7', 'SILENCE')).toEqual(request);
    expect(parse('CLEAN\n10.1.0.7', 'SILENCE')).toEqual({
      kind: 'request',
      request: { verb: 'CLEAN', address: '10.1.0.7' },
    });
  });

  it('are not over by silence before anything of the address has come', () => {
    expect(parse('REQUEST\n', 'SILENCE')).toEqual(MORE);
    expect(parse('REQ', 'SILENCE')).toEqual(MORE);
    expect(parse('REQUEST\n10.')).toEqual(MAY_BE_ALL);
  });

  it('are the same after HTCONDOR, with CRLF, and with blank lines before', () => {
    expect(parse('HTCONDOR\r\nREQUEST\r\n10.1.0.7\r\n')).toEqual(request);
    expect(parse('\n\nREQUEST\n\n10.1.0.7\n')).toEqual(request);
    expect(parse('HTCONDOR\nREQUEST\n10.1.0.7', 'SILENCE')).toEqual(request);
  });
});

describe('SEND', () => {
  const oneLine = { kind: 'request', request: { verb: 'SEND', jobAd: jobAd(), machineAd: machineAd() } };

  it('of one-line ads ends at the newline of the machine ad, with or without dashes between', () => {
    expect(parse(`SEND\n${jobAd()}\n${machineAd()}\n`)).toEqual(oneLine);
    expect(parse(`SEND\n${jobAd()}\n------\n${machineAd()}\n`)).toEqual(oneLine);
    expect(parse(`HTCONDOR\nSEND\n${jobAd()}\n${machineAd()}`, 'END')).toEqual(oneLine);
    expect(parse(`SEND\n${jobAd()}\n${machineAd()}`)).toEqual(MORE);
  });

  it('of long-form ads ends with the input or a further line of dashes, never by silence', () => {
    const long = { kind: 'request', request: { verb: 'SEND', jobAd: longJobAd(), machineAd: longMachineAd() } };
    const text = `SEND\n${longJobAd()}\n----------\n${longMachineAd()}\n`;
    expect(parse(text, 'SILENCE')).toEqual(MORE);
    expect(parse(text, 'END')).toEqual(long);
    expect(parse(text.trimEnd(), 'END')).toEqual(long);
    expect(parse(`${text}------\n`)).toEqual(long);
  });

  it('takes one ad in long form and the other on one line, either way round', () => {
    expect(parse(`SEND\n${longJobAd()}\n------\n${machineAd()}\n`)).toMatchObject({
      request: { machineAd: machineAd() },
    });
    expect(parse(`SEND\n${jobAd()}\n------\n${longMachineAd()}`, 'END')).toMatchObject({ request: { jobAd: jobAd() } });
  });

  it('takes an ad in new syntax that was printed over many lines as it takes a long-form one', () => {
    const text = `SEND\n[\nOwner = "alice";\n]\n------\n${machineAd()}\n`;
    expect(parse(text)).toMatchObject({ request: { jobAd: '[\nOwner = "alice";\n]' } });
  });

  it('is whole however TCP cuts it', () => {
    const texts = [
      `SEND\n${jobAd()}\n${machineAd()}\n`,
      `HTCONDOR\r\nSEND\r\n${longJobAd().replaceAll('\n', '\r\n')}\r\n------\r\n${longMachineAd().replaceAll('\n', '\r\n')}\r\n`,
      'GRIDFTP\nSTARTUP\n10.1.0.7\n5000\nalice\n/data/é\nupload\n',
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...texts),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 }),
        (text, cuts) => {
          const whole = bytes(text);
          const places = [0, ...cuts.map((cut) => Math.floor(cut * whole.length)), whole.length].sort((a, b) => a - b);
          const pieces = places.slice(1).map((place, i) => whole.subarray(places[i], place));
          expect(parse(...pieces, 'END')).toEqual(parse(whole, 'END'));
        },
      ),
    );
  });

  it('keeps bytes that are no UTF-8 apart', () => {
    const ad = (byte: number) =>
      Buffer.concat([bytes('SEND\n[ Owner = "'), Buffer.from([byte]), bytes('" ]\n[ A = 1 ]\n')]);
    expect(parse(ad(0xfe))).not.toEqual(parse(ad(0xff)));
  });
});

describe('GRIDFTP', () => {
  const ids = { action: 'STARTUP', address: '10.1.0.7', port: '5000' };

  it('takes a line each', () => {
    expect(parse('GRIDFTP\nSTARTUP\n10.1.0.7\n5000\nalice\n/data/f\nupload\n')).toEqual({
      kind: 'request',
      request: { verb: 'GRIDFTP', ...ids, user: 'alice', fileName: '/data/f', direction: 'upload' },
    });
  });

  it('ends a REQUEST of address and port by silence, and an UPDATE never', () => {
    const brief = {
      verb: 'GRIDFTP',
      ...ids,
      action: 'REQUEST',
      user: undefined,
      fileName: undefined,
      direction: undefined,
    };
    expect(parse('GRIDFTP\nREQUEST\n10.1.0.7\n5000', 'SILENCE')).toEqual({ kind: 'request', request: brief });
    expect(parse('GRIDFTP\nREQUEST\n10.1.0.7\n5000\n', 'SILENCE')).toEqual({ kind: 'request', request: brief });
    expect(parse('GRIDFTP\nUPDATE\n10.1.0.7\n5000\n', 'SILENCE')).toEqual(MORE);
    expect(errorOf(parse('GRIDFTP\nUPDATE\n10.1.0.7\n5000\n', 'END'))).toMatch(/^JOB_REQUEST_MALFORMED .*user/);
  });
});

describe('what is refused', () => {
  it.each([
    ['\u0016\u0003\u0001', /no request/],
    ['GET / HTTP/1.1\r\n', /"GET \/ HTTP\/1\.1" is no request/],
    ['SENDING', /no request/],
    ['HTCONDOR\nGRIDFTP\n', /no request/],
    ['GRIDFTP\nABORT\n', /STARTUP/],
    ['SEND\n------\n', /before any job ad/],
  ])('%j at once', (text, message) => {
    const state = parse(text);
    expect(errorOf(state)).toMatch(/^JOB_REQUEST_MALFORMED/);
    expect(errorOf(state)).toMatch(message);
  });

  it.each([
    'SEND\n',
    'REQUEST\n',
    'SEND\n[ A = 1 ]\n',
    'SEND\nA = 1\nB = 2\n',
    'SEND\n[ A = 1 ]\n------\n',
    'HTCONDOR\n',
    '\n',
  ])('%j that ends there', (text) => {
    expect(errorOf(parse(text, 'END'))).toMatch(/^JOB_REQUEST_MALFORMED/);
  });

  it('a line over 1 MiB, before its newline comes, and not one of just that', () => {
    const just = `[${' '.repeat(LONGEST_LINE - 2)}]`;
    expect(parse(`SEND\n${just}`)).toEqual(MORE);
    expect(parse(`SEND\n${just}\n[ A = 1 ]\n`).kind).toBe('request');
    expect(errorOf(parse(`SEND\n${just} `))).toMatch(/^JOB_AD_TOO_LONG/);
    expect(errorOf(parse(`SEND\n${just} \n`))).toMatch(/^JOB_AD_TOO_LONG/);
  });

  it('a request over 4 MiB of short lines', () => {
    const lines = 'Attribute = "value"\n'.repeat(1000);
    const parser = new ClassicParser();
    let state = parser.push(bytes('SEND\n'));
    let sent = 0;
    for (; state.kind === 'more' && sent < 8 * LONGEST_LINE; sent += lines.length) state = parser.push(bytes(lines));
    expect(errorOf(state)).toMatch(/^JOB_AD_TOO_LONG/);
    expect(sent).toBeLessThan(4.1 * LONGEST_LINE);
  });

  it('rubbish of any kind, without a fault', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 5 }), (pieces) => {
        const state = parse(...pieces, 'END');
        expect(state.kind).toBe('error');
      }),
    );
  });
});
