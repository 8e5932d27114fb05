// The sample policy for a run beside whatever else listens on this machine: the same text, with ports that the system
// chooses. Pure.

/**
 * The line for the job feed takes the place of the first comment in the `jobs` block, so that what Lark says of lines
 * holds for the file that people read. Throws if the text leaves no such room.
 */
export function onOwnPorts(policyText: string): string {
  if (/^(openflow|http):|^ +listen:/m.test(policyText)) {
    throw new Error(
      'mininet/policy.yaml names its own ports: the demo on the model switch needs it to leave them open',
    );
  }
  const withFeed = policyText.replace(/^jobs:\n {2}#.*\n/m, 'jobs:\n  listen: 127.0.0.1:0\n');
  if (withFeed === policyText) {
    throw new Error('mininet/policy.yaml has no comment below `jobs:` to make room for `listen`');
  }
  return `${withFeed.trimEnd()}\nopenflow: { listen: "127.0.0.1:0" }\nhttp: { listen: "127.0.0.1:0" }\n`;
}
