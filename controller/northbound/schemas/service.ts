// What the API shows of Lark itself, and problem documents (RFC 9457).

import { count, list, object, oneOf, ref, type Schema, text, time } from './schema.ts';

export const serviceSchemas: Readonly<Record<string, Schema>> = {
  Status: object({
    version: text(),
    startedAt: time(),
    uptimeSec: count(),
    policy: ref('Policy'),
    switches: object({ connected: count(), mended: count('Of these'), away: list(text()) }),
    mendsWaiting: count(),
    jobs: object({ port: count(), 'by-address': count(), unenforced: count(), waiting: count() }),
  }),
  Health: object({ status: oneOf(['ok']) }),
  Ready: object({ status: oneOf(['ready']) }),
  Problem: object(
    {
      type: text('urn:lark:problem: and the code in lower case'),
      title: text(),
      status: count('The HTTP status'),
      detail: text('What was wrong this time'),
      instance: text('The path that was asked for'),
      code: text('The stable code: docs/errors.md'),
      remedy: text('What to do'),
      errors: list(object({ parameter: text(), detail: text() }), 'Each wrong parameter or field'),
      reasons: list(text(), 'Of HTTP_NOT_READY'),
      problems: list(ref('FileProblem'), 'Of HTTP_POLICY_REFUSED'),
      requestId: text("In Lark's log where the fault was its own"),
    },
    { description: 'A problem document (RFC 9457)', optional: ['errors', 'reasons', 'problems', 'requestId'] },
  ),
};
