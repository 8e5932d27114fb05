import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jobPage } from './job-routes.ts';
import type { JobView } from './lark-api.ts';
import { jobView } from './testing/fake-lark.ts';

const keys = fc.uniqueArray(fc.string({ minLength: 1, unit: 'grapheme' }), { maxLength: 40 });
const jobs = keys.map((all) => all.map((key, i) => jobView(i % 2 === 0 ? 'alice' : 'bob', '10.1.0.1', { key })));

/** All pages one after another, as a client that follows `next` gets them. */
function allPages(list: readonly JobView[], user: string, limit: number): readonly JobView[] {
  const all: JobView[] = [];
  for (let after: string | undefined; ; ) {
    const page = jobPage(list, { user }, { after, limit });
    all.push(...page.jobs);
    if (page.next === null) return all;
    after = Buffer.from(page.next, 'base64url').toString('utf8');
  }
}

describe('jobPage', () => {
  it('gives on its pages together every matching job once, in the order of the keys, whatever the limit', () => {
    fc.assert(
      fc.property(jobs, fc.integer({ min: 1, max: 7 }), (list, limit) => {
        const expected = list
          .filter((job) => job.user === 'alice')
          .map((job) => job.key)
          .sort();
        expect(allPages(list, 'alice', limit).map((job) => job.key)).toEqual(expected);
      }),
    );
  });

  it('says how many there are on all pages, and that a page that ends the list is the last', () => {
    const list = ['a', 'b'].map((key) => jobView('alice', '10.1.0.1', { key }));
    const page = jobPage(list, {}, { after: undefined, limit: 2 });
    expect([page.total, page.next]).toEqual([2, null]);
  });
});
