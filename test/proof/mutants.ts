// Deliberate faults, one a mutant: in `file` the text `from`, which stands there once, becomes `to`. Each is a mistake that
// somebody might make, or has made; the proof must notice every one.

export interface Mutant {
  readonly name: string;
  /** From the root of the project. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** What noticed it when it was last looked for, and is tried first: a random sequence, or what once failed, by its name. */
  readonly hint?: number | string;
}

const enforcement = 'controller/enforcement';

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'a forgotten delete when a job is removed',
    hint: 'nothing for an address in no range is lost when its job ends (1, single-table)',
    file: `${enforcement}/engine.ts`,
    from: 'this.switches().filter((managed) => managed.onJob(placed, false));',
    to: 'this.switches();',
  },
  {
    name: 'rules without in_port',
    hint: 31,
    file: `${enforcement}/decided-match.ts`,
    from: "return { inPort, ethSrc, ethDst, vlan: frame.vlanVid ?? 'none', ethType };",
    to: "return inPort < 0 ? {} : { ethSrc, ethDst, vlan: frame.vlanVid ?? 'none', ethType };",
  },
  {
    name: 'rules without eth_dst',
    hint: "nothing for a host leaves by its port once that is a job's (1, single-table)",
    file: `${enforcement}/decided-match.ts`,
    from: "return { inPort, ethSrc, ethDst, vlan: frame.vlanVid ?? 'none', ethType };",
    to: "return ethDst < 0 ? {} : { inPort, ethSrc, vlan: frame.vlanVid ?? 'none', ethType };",
  },
  {
    name: 'rules that match tagged packets, too',
    hint: 27,
    file: `${enforcement}/decided-match.ts`,
    from: "return { inPort, ethSrc, ethDst, vlan: frame.vlanVid ?? 'none', ethType };",
    to: 'return { inPort, ethSrc, ethDst, ethType };',
  },
  {
    name: 'unknown unicast flooded to the ports of jobs',
    hint: 'a host that moves, and writes to itself, is not sent to where it was (1, single-table)',
    file: `${enforcement}/delivery.ts`,
    from: "return portsFor(view, inPort, (role) => role !== 'job').map(",
    to: 'return portsFor(view, inPort, () => true).map(',
  },
  {
    name: 'ARP rules on MACs alone',
    hint: 46,
    file: `${enforcement}/decided-match.ts`,
    from: 'return { ...link, arpSpa: hostPrefix(source), arpTpa: hostPrefix(destination) };',
    to: 'return link;',
  },
  {
    name: 'rules on two MACs alone, whatever the addresses',
    hint: 'who may only answer opens nothing by a frame for everybody either (1, single-table)',
    file: `${enforcement}/decided-match.ts`,
    from: "if (frame.kind === 'ipv4') return match;",
    to: "if (frame.kind === 'ipv4') return link;",
  },
  {
    name: 'drops of what nobody may have not deleted when a job comes',
    hint: "a job's broadcast that nobody heard is heard by the job that comes (1, single-table)",
    file: `${enforcement}/managed-switch.ts`,
    from: `...(isNew ? (['unheard'] as const) : []),
      ...(isNew && this.#isOfAnotherPolicy() ? (['wide'] as const) : []),`,
    to: '',
  },
  {
    name: 'a host that moved is not followed',
    hint: 118,
    file: `${enforcement}/managed-switch.ts`,
    from: "if (kind === 'moved') this.rules.deleteDecided([{ destination: mac }]);",
    to: '',
  },
  {
    name: 'a verdict cached across jobs',
    hint: 1,
    file: `${enforcement}/endpoint-classes.ts`,
    from: "#classOfJob(endpoint: Extract<JudgedEndpoint, { kind: 'job' }>): EndpointClass {",
    to: `#firstOfAddress = new Map<unknown, EndpointClass>();
  #classOfJob(endpoint: Extract<JudgedEndpoint, { kind: 'job' }>): EndpointClass {
    const first = this.#firstOfAddress.get(endpoint.address) ?? this.#makeClass(endpoint);
    this.#firstOfAddress.set(endpoint.address, first);
    if (endpoint.address !== undefined) return first;`,
  },
  {
    name: 'class numbers used again too early',
    hint: 'what is denied stays denied while verdicts are written anew (4, multi-table)',
    file: `${enforcement}/multi-table/layout.ts`,
    from: 'field(id + 1, CLASS_BITS, DESTINATION_SHIFT)',
    to: 'field((id % 4) + 1, CLASS_BITS, DESTINATION_SHIFT)',
  },
  {
    name: 'any UDP taken for DHCP of an unregistered sender',
    hint: 0,
    file: `${enforcement}/traffic.ts`,
    from: '? frame.srcPort === 68 && frame.dstPort === 67',
    to: '? frame.dstPort !== 53',
  },
  {
    name: "the multi-table pipeline's verdicts forward by default",
    hint: 'what is denied stays denied while verdicts are written anew (4, multi-table)',
    file: `${enforcement}/multi-table/verdict-rules.ts`,
    from: '...make(VerdictLevel.ALL, table.all, {}),',
    to: 'rule(Table.VERDICT, VerdictLevel.ALL, {}, { goto: Table.SWITCHING }),',
  },
  {
    name: "a job's address taken from any MAC at its port",
    hint: "nothing of a host is lost when its port becomes a job's, and the job is it (4, multi-table)",
    file: `${enforcement}/multi-table/job-rules.ts`,
    from: 'const own = { ...at, ethSrc: mac };',
    to: 'const own = { ...at };',
  },
  {
    name: "a job's MAC and address taken from any port of its switch",
    hint: 'no host has the address of a job, though it is in no range (1, single-table)',
    file: `${enforcement}/ends.ts`,
    from: 'return placed.location.portNo === inPort;',
    to: 'return true;',
  },
  {
    name: "rules of hosts stay when their port becomes a job's",
    hint: "nothing for a host leaves by its port once that is a job's (4, multi-table)",
    file: `${enforcement}/multi-table/multi-table.ts`,
    from: '...state.hosts.at(location.portNo)',
    to: '...state.hosts.at(-1)',
  },
  {
    name: 'a rule decided on where the sender was before it moved',
    hint: 176,
    file: `${enforcement}/packet-in.ts`,
    from: ' && frame.ethDst !== frame.ethSrc',
    to: '',
  },
  {
    name: 'defaults before their exceptions, and no guard',
    hint: 'a job whose place was known by what was seen is gated there after a restart (4, multi-table)',
    file: `${enforcement}/reconcile/change-order.ts`,
    from: 'b.priority - a.priority;',
    to: 'a.priority - b.priority;',
  },
  {
    name: 'IPv6 to jobs that are not free, where OpenFlow 1.0 cannot tell it',
    hint: 'who may only answer opens nothing by a frame for everybody either (1, single-table)',
    file: `${enforcement}/decide.ts`,
    from: 'if (placed !== undefined && !view.policy.allowsAll(placed))',
    to: 'if (placed !== undefined && placed.mac === undefined)',
  },
  {
    name: 'a job answered for before its switch has its rules',
    hint: "a job's broadcast that nobody heard is heard by the job that comes (1, single-table)",
    file: `${enforcement}/reconcile/reconciler.ts`,
    from: 'return this.#connection.barrier(left());',
    to: 'return left() > 0;',
  },
  {
    name: 'broadcasts of hosts dropped for good, DHCP and routers included',
    hint: 'a DHCP server is heard where its other broadcasts are not (1, single-table)',
    file: `${enforcement}/delivery.ts`,
    from: "if (sender.kind !== 'job') return false;",
    to: '',
  },
  {
    name: 'a job that a restart forgets',
    hint: 'a job whose place was known by what was seen is gated there after a restart (1, single-table)',
    file: `${enforcement}/engine.ts`,
    from: 'for (const { job, location } of jobs) {',
    to: 'for (const { job, location } of jobs.slice(1)) {',
  },
  {
    name: "a former job's port that a restart forgets",
    file: `${enforcement}/engine.ts`,
    from: 'for (const { dpid, portName } of jobPorts) this',
    to: 'for (const { dpid, portName } of jobPorts.slice(0, 0)) this',
  },
  {
    name: 'a port without its gate after a restart',
    file: `${enforcement}/managed-switch.ts`,
    from: 'state.inheritJobPorts(parts.jobPorts);',
    to: '',
  },
  {
    name: 'drops before what asks',
    hint: 'a job that registered without a MAC keeps the one it used when its switch is back (1, single-table)',
    file: `${enforcement}/reconcile/change-order.ts`,
    from: "...those(added, 'asks'),",
    to: '',
  },
  {
    name: 'a drop that comes to light when what asked is deleted',
    hint: 'nothing for an address in no range is lost when its job ends (4, multi-table)',
    file: `${enforcement}/reconcile/change-order.ts`,
    from: "...those(gone, 'drops'),\n    ...those(gone, 'asks'),",
    to: "...those(gone, 'asks'),\n    ...those(gone, 'drops'),",
  },
  {
    name: "marks forgotten in the multi-table pipeline's rules",
    file: `${enforcement}/multi-table/verdict-rules.ts`,
    from: '{ ...body, dscp }',
    to: 'body',
  },
  {
    name: 'marks forgotten in rules for single packets',
    file: `${enforcement}/packet-in.ts`,
    from: '    outputs: fate.outputs,\n    dscp: fate.dscp,',
    to: '    outputs: fate.outputs,',
  },
  {
    name: 'marks forgotten in what the controller sends',
    file: `${enforcement}/packet-in.ts`,
    from: 'outputs: fate.outputs, dscp: fate.dscp, connection',
    to: 'outputs: fate.outputs, connection',
  },
  {
    name: 'any tag taken for the right one',
    file: `${enforcement}/tags.ts`,
    from: 'frame.tagCount === 1 && frame.vlanVid === vlan',
    to: 'frame.tagCount === 1',
  },
  {
    name: 'untagged frames taken into a VLAN',
    file: `${enforcement}/tags.ts`,
    from: 'frame.tagCount === 1 && frame.vlanVid === vlan',
    to: 'frame.tagCount === 0 || frame.vlanVid === vlan',
  },
  {
    name: 'a tagged DHCP answer for an address of the ranges at the port of a job',
    hint: "a DHCP answer with a tag does not leave by a job's port (4, single-table)",
    file: `${enforcement}/decide.ts`,
    from: "if (frame.tagCount > 0 && view.state.roleOf(port) === 'job') return dropped('gate');",
    to: '',
  },
  {
    name: 'a tagged DHCP answer for any other address at the port of a job',
    hint: "a DHCP answer with a tag does not leave by a job's port (4, single-table)",
    file: `${enforcement}/decide.ts`,
    from: "isBootstrapReply(frame) && role !== 'job' && frame.tagCount === 0",
    to: "isBootstrapReply(frame) && role !== 'job'",
  },
  {
    name: "tags left on at jobs' ports",
    file: `${enforcement}/tags.ts`,
    from: 'return isAccess === isTagged ?',
    to: 'return isAccess === isTagged && !isAccess ?',
  },
  {
    name: 'broadcasts heard in other VLANs',
    file: `${enforcement}/delivery.ts`,
    from: 'passesAll(verdict) && vlanOf(verdict) === vlan',
    to: 'passesAll(verdict) && (vlan === undefined || vlanOf(verdict) === vlan)',
  },
  {
    name: "VLANs forgotten in the multi-table pipeline's verdicts",
    file: `${enforcement}/multi-table/verdict-rules.ts`,
    from: "if (verdict.vlan !== undefined) return { key: 'ask', body: toController };",
    to: '',
  },
  {
    name: 'connections opened by frames for everybody',
    hint: 'who may only answer opens nothing by a frame for everybody either (1, single-table)',
    file: `${enforcement}/decide.ts`,
    from: "if (verdict.connections !== undefined && asked === undefined) return dropped('policy', { verdict });",
    to: '',
  },
  {
    name: 'a reload that forgets what was decided for packets',
    hint: 'jobs that another file tells apart are told apart (1, single-table)',
    file: `${enforcement}/managed-switch.ts`,
    from: 'this.rules.deleteStale(this.view);\n  }',
    to: '}',
  },
  {
    name: 'a reload that leaves the rules of jobs whose class has another number',
    hint: 'jobs that another file tells apart are told apart (4, multi-table)',
    file: `${enforcement}/reload.ts`,
    from: '...target.pipeline.groupsOfFile(), ...ofJobs]',
    to: '...target.pipeline.groupsOfFile(), ...ofJobs.slice(0, 0)]',
  },
  {
    name: 'a reload answered for before the switches have confirmed it',
    hint: 'jobs that another file tells apart are told apart (4, multi-table)',
    file: `${enforcement}/engine.ts`,
    from: 'const { silent } = await this.#confirmation({ edge: undefined, told: this.switches(), away: [] });\n    // What these',
    to: 'const silent: string[] = [];\n    // What these',
  },
  {
    name: 'a reload said to be so on a switch that was away',
    hint: 'a switch that was away when a file was put in force is not said to have it (1, single-table)',
    file: `${enforcement}/engine.ts`,
    from: 'const away = this.awaySwitches();',
    to: 'const away: string[] = [];',
  },
  {
    name: 'another policy file without a guard',
    hint: 87,
    file: `${enforcement}/reconcile/change-writer.ts`,
    from: 'if (!isWhole || this.#guard === undefined) {',
    to: 'if (!isWhole || this.#guard === undefined || !this.#isGuarded) {',
  },
  {
    name: 'with registers, delivery by MAC alone',
    hint: "the address of one job and the MAC of another are nobody's, at one port, too (4, registers)",
    file: `${enforcement}/multi-table/addresses.ts`,
    from: 'return { ethDst: mac, reg4: lower(mac), reg5: upper(mac) };',
    to: 'return { ethDst: mac };',
  },
  {
    name: 'with registers, delivery by address alone',
    hint: 'a job that registered without a MAC keeps the one it used when its switch is back (4, registers)',
    file: `${enforcement}/multi-table/addresses.ts`,
    from: 'return { ethDst: mac, reg4: lower(mac), reg5: upper(mac) };',
    to: 'return { reg4: lower(mac), reg5: upper(mac) };',
  },
  {
    name: 'with registers, ARP that claims any MAC',
    hint: "no job claims another's MAC for its address (4, registers)",
    file: `${enforcement}/multi-table/addresses.ts`,
    from: 'return { reg2: lower(mac), reg3: upper(mac) };',
    to: 'return { reg3: upper(mac) };',
  },
  {
    name: 'with registers, an announcement taken for a question',
    hint: "a port that was a job's still is under its new number (4, registers)",
    file: `${enforcement}/multi-table/port-rules.ts`,
    from: 'rule(Table.VERDICT, VerdictLevel.ANNOUNCEMENT, { inPort: portNo, ethType: EtherType.ARP, metadata }, toController),',
    to: '',
  },
  {
    name: 'unknown addresses of jobs dropped where rules of jobs found no room',
    hint: 11,
    file: `${enforcement}/reconcile/room.ts`,
    from: 'return [...this.#leftOut].some((group) => this.#pipeline.rank(group) !== 0);',
    to: 'return false;',
  },
  {
    name: 'no last resort where a rule of the file finds no room',
    hint: 1,
    file: `${enforcement}/reconcile/room.ts`,
    from: 'if (group === lastResort.group) {',
    to: 'if (group === undefined) {',
  },
];
