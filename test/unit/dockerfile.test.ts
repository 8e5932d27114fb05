// The Dockerfile, as far as it can be held to without Docker: that what it copies and runs is there, is let in by
// .dockerignore and is what `npm pack` packs, and that the image runs, stops and is asked how it is as it should be.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string): string => readFileSync(`${ROOT}${path}`, 'utf8');
const manifest = JSON.parse(read('package.json')) as {
  files: string[];
  scripts: Record<string, string>;
  bin: { lark: string };
};

interface Instruction {
  readonly name: string;
  readonly text: string;
}

const instructions = read('Dockerfile')
  .replace(/^#.*\n/gm, '')
  .replace(/\\\n\s*/g, '')
  .split('\n')
  .filter((line) => line !== '')
  .map((line): Instruction => ({ name: line.split(' ')[0]!, text: line.slice(line.indexOf(' ') + 1) }));
const last = instructions.findLastIndex(({ name }) => name === 'FROM');
const [build, image] = [instructions.slice(0, last), instructions.slice(last)];
const textsOf = (stage: Instruction[], name: string) =>
  stage.filter((each) => each.name === name).map(({ text }) => text);
const argumentsOf = (name: string): string[] => JSON.parse(textsOf(image, name)[0]!) as string[];

const ignored = read('.dockerignore')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));
const letIn = (path: string) => ignored.includes(`!${path.split('/')[0]}`);

describe('what is built', () => {
  it('is copied from files that are there and that .dockerignore lets in', () => {
    const copied = textsOf(build, 'COPY').flatMap((text) => text.split(' ').slice(0, -1));
    expect(copied.length).toBeGreaterThan(4);
    expect(copied.filter((path) => !existsSync(`${ROOT}${path}`) || !(path === '.' || letIn(path)))).toEqual([]);
  });

  it('has all that npm pack packs, and what builds it', () => {
    const packed = manifest.files.filter((path) => !path.startsWith('!') && path !== 'dist');
    const built = [
      'controller',
      'policies',
      'protocols',
      'mininet',
      'packaging',
      'tsconfig.json',
      'tsconfig.build.json',
    ];
    expect([...packed, ...built, 'README.md'].filter((path) => !letIn(path))).toEqual([]);
  });

  it('has the manifests of all workspaces before npm ci', () => {
    const before = build.slice(
      0,
      build.findIndex(({ text }) => text.startsWith('npm ci')),
    );
    const { workspaces } = JSON.parse(read('package.json')) as { workspaces: string[] };
    for (const workspace of workspaces) {
      expect(textsOf(before, 'COPY')).toContain(`${workspace}/package.json ${workspace}/`);
    }
  });

  it('runs scripts that are there', () => {
    const lines = textsOf(build, 'RUN').flatMap((text) => text.split(' && '));
    for (const [, name] of lines.map((line) => /^npm run (\S+)/.exec(line) ?? []).filter(([all]) => all)) {
      expect(manifest.scripts).toHaveProperty([name!]);
    }
    const [, script, folder] = lines.map((line) => /^node (\S+) (\S+)$/.exec(line)).find((found) => found !== null)!;
    expect(existsSync(`${ROOT}${script}`)).toBe(true);
    expect(textsOf(image, 'COPY')).toEqual([`--from=build ${folder} ${folder}`]);
  });
});

describe('the image', () => {
  it('runs lark itself as its first process, so that signals reach it', () => {
    expect(argumentsOf('ENTRYPOINT')).toEqual(['node', `/opt/lark/${manifest.bin.lark}`]);
    expect(argumentsOf('CMD')).toEqual(['run', '/etc/lark/policy.yaml']);
    expect(textsOf(image, 'STOPSIGNAL')).toEqual(['SIGTERM']);
  });

  it('runs as a user without rights, to whom the volume for the store belongs', () => {
    const [volume] = textsOf(image, 'VOLUME');
    const user = textsOf(image, 'USER')[0]!;
    expect(user).toBe('node');
    expect(textsOf(image, 'RUN').at(-1)).toContain(`chown ${user}:${user} ${volume}`);
    // A change of a volume after its declaration is lost.
    expect(image.findIndex(({ name }) => name === 'VOLUME')).toBeGreaterThan(
      image.findLastIndex(({ name }) => name === 'RUN'),
    );
    const { 1: store } = /^store:\n {2}path: (\S+)$/m.exec(read('policy.sample.yaml'))!;
    expect(volume).toBe(`/etc/lark/${store}`);
  });

  it('has the ports that the sample listens on', () => {
    expect(textsOf(image, 'EXPOSE')).toEqual(['6653 8080 9620']);
  });

  it.each([
    [200, 0],
    [503, 1],
    [undefined, 1],
  ])('is taken as healthy by what Lark answers: %s makes the check end with %i', async (status, code) => {
    const server = createServer((_, response) => response.writeHead(status!).end());
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    if (status === undefined) server.close();
    const [, json] = /CMD (\[.*\])$/.exec(textsOf(image, 'HEALTHCHECK')[0]!)!;
    const [, ...args] = JSON.parse(json!) as string[];
    const env = { ...process.env, LARK_URL: `http://127.0.0.1:${port}` };
    const [ended] = await once(spawn(process.execPath, args, { env, stdio: 'ignore' }), 'exit');
    server.close();
    expect(ended).toBe(code);
  });
});
