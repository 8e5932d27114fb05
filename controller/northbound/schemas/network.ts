// What the API shows of switches, their rules and queues, of endpoint classes, and of why packets fare as they do.

import { count, dpid, flag, list, nullable, object, oneOf, ref, type Schema, text, time } from './schema.ts';

const attributes: Schema = {
  type: 'object',
  description: 'The attributes that the policies in force look at',
  additionalProperties: { type: ['string', 'number', 'boolean', 'null'] },
};
const policyAndPlace = { policy: text('The policy that says so'), place: text('Where it stands: policy.yaml:31:5') };
const chosen = (value: Schema) => nullable(object({ value, ...policyAndPlace }));
const named = nullable(object({ name: text(), ...policyAndPlace }));

const end = object({
  address: text(),
  type: oneOf(['job', 'unregistered', 'zone', 'local']),
  name: nullable(text("The job's key or the zone's name")),
  user: nullable(text()),
  attributes,
});

const rule = {
  table: count(),
  priority: count(),
  match: text('In the notation of ovs-ofctl dump-flows'),
  actions: text(),
  cookie: text(),
};

export const networkSchemas: Readonly<Record<string, Schema>> = {
  Rule: object(
    {
      switch: text(),
      dpid: dpid(),
      ...rule,
      packets: count(),
      bytes: count(),
      policy: nullable(text('The policy behind it; null where there is none')),
      place: nullable(text()),
    },
    { description: 'As the switch itself reported it just now', optional: ['policy', 'place'] },
  ),
  RulePage: object({ rules: list(ref('Rule')), next: nullable(text()), total: count('On all pages together') }),
  Queue: object({
    portNo: count(),
    port: nullable(text()),
    queueId: count(),
    name: nullable(text('In the policy file')),
    packets: count(),
    bytes: count(),
    dropped: count('Packets, for want of room'),
  }),
  Queues: object({ queues: list(ref('Queue')) }),
  PortQueues: object({
    dpid: dpid(),
    port: text(),
    portNo: count(),
    queues: nullable(list(count(), 'Their ids; null where the switch refused or did not answer in time')),
  }),
  Port: object({
    portNo: count(),
    name: text(),
    mac: text(),
    up: flag(),
    role: oneOf(['job', 'edge', 'fabric', 'wan', 'alternate', 'local']),
    held: flag('The switch drops for a while what comes from it, since it asked about too many packets'),
  }),
  Switch: object({
    dpid: dpid(),
    name: text("From the policy file, or the bridge's"),
    version: oneOf(['1.0', '1.3'], 'Of OpenFlow'),
    peer: text(),
    state: text('mending while its rules are put right, then up'),
    pipeline: oneOf(['single-table', 'multi-table']),
    connectedAt: time(),
    ports: list(ref('Port')),
    hosts: count('Learned'),
    rules: count("Of Lark's, as far as Lark knows"),
    room: object({
      share: { type: 'number', minimum: 0, description: 'Of its room for rules in use; 1 is full' },
      leftOut: count('Groups of rules for which there is no room'),
      budget: nullable(count('`rules` of the switch in the policy file')),
    }),
    foreignRules: list(object(rule), "Rules that are not Lark's and come before Lark's, as of when it connected"),
  }),
  Switches: object({ switches: list(ref('Switch')) }),
  ForgottenSwitch: object({ dpid: dpid(), freed: list(text(), 'Addresses that were held back for it alone') }),
  Class: object({
    number: count("By which the switches' rules name it"),
    attributes,
    jobs: count(),
    addresses: list(text(), 'Blocks of the policy file'),
  }),
  Classes: object({ classes: list(ref('Class')) }),
  Explanation: object({
    source: end,
    destination: end,
    verdict: object(
      {
        action: oneOf(['drop', 'forward']),
        reason: text(),
        policy: nullable(text('The policy that decided; null where none did')),
        place: nullable(text()),
        queue: named,
        via: named,
        connections: chosen(oneOf(['replies'])),
        mark: chosen(count('DSCP')),
        vlan: chosen(count('VLAN id')),
        audited: list(object({ reason: text(), ...policyAndPlace }), 'What policies with audit: true would have done'),
      },
      { optional: ['connections', 'mark', 'vlan', 'audited'] },
    ),
    rules: list(ref('Rule')),
    silentSwitches: list(text()),
    withoutRules: list(
      object({ switch: text(), reason: text() }),
      'Without a rule that carries out this verdict, and why',
    ),
  }),
};
