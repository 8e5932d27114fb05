// Deliberate faults, one a mutant: in `file` the text `from`, which stands there once, becomes `to`. Each is a mistake that
// somebody might make, or has made; the proof must notice every one.

const enforcement = 'controller/enforcement';

export const MUTANTS = [
  {
    name: 'a forgotten delete when a job is removed',
    file: `${enforcement}/engine.ts`,
    from: 'managed.onJob(placed, matchesNaming(placed, managed.state), false);\n    const away',
    to: 'managed.onJob(placed, [], false);\n    const away',
  },
  {
    name: 'rules without in_port',
    file: `${enforcement}/decided-match.ts`,
    from: "return { inPort, ethSrc, ethDst, vlan: frame.vlanVid ?? 'none', ethType };",
    to: "return inPort < 0 ? {} : { ethSrc, ethDst, vlan: frame.vlanVid ?? 'none', ethType };",
  },
  {
    name: 'rules without eth_dst',
    file: `${enforcement}/decided-match.ts`,
    from: "return { inPort, ethSrc, ethDst, vlan: frame.vlanVid ?? 'none', ethType };",
    to: "return ethDst < 0 ? {} : { inPort, ethSrc, vlan: frame.vlanVid ?? 'none', ethType };",
  },
  {
    name: 'rules that match tagged packets, too',
    file: `${enforcement}/decided-match.ts`,
    from: "return { inPort, ethSrc, ethDst, vlan: frame.vlanVid ?? 'none', ethType };",
    to: 'return { inPort, ethSrc, ethDst, ethType };',
  },
  {
    name: 'unknown unicast flooded to the ports of jobs',
    file: `${enforcement}/delivery.ts`,
    from: "return portsFor(view, inPort, (role) => role !== 'job').map(",
    to: 'return portsFor(view, inPort, () => true).map(',
  },
  {
    name: 'ARP rules on MACs alone',
    file: `${enforcement}/decided-match.ts`,
    from: 'return { ...link, arpSpa: hostPrefix(source), arpTpa: hostPrefix(destination) };',
    to: 'return link;',
  },
  {
    name: 'rules on two MACs alone, whatever the addresses',
    file: `${enforcement}/decided-match.ts`,
    from: "if (frame.kind === 'ipv4') return match;",
    to: "if (frame.kind === 'ipv4') return link;",
  },
  {
    name: 'drops of broadcasts not deleted when a job comes',
    file: `${enforcement}/managed-switch.ts`,
    from: 'if (isNew) this.#deleteGroupDrops();',
    to: '',
  },
  {
    name: 'a host that moved is not followed',
    file: `${enforcement}/managed-switch.ts`,
    from: "if (kind === 'moved') this.deleteDecided({ match: { ethDst: mac } });",
    to: '',
  },
  {
    name: 'a verdict cached across jobs',
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
    file: `${enforcement}/multi-table/layout.ts`,
    from: 'field(id + 1, CLASS_BITS, DESTINATION_SHIFT)',
    to: 'field((id % 4) + 1, CLASS_BITS, DESTINATION_SHIFT)',
  },
  {
    name: 'any UDP taken for DHCP of an unregistered sender',
    file: `${enforcement}/traffic.ts`,
    from: '? frame.srcPort === 68 && frame.dstPort === 67',
    to: '? frame.dstPort !== 53',
  },
  {
    name: "the multi-table pipeline's verdicts forward by default",
    file: `${enforcement}/multi-table/verdict-rules.ts`,
    from: 'make(Priority.ALL, undefined, table.all)',
    to: 'rule(Table.VERDICT, Priority.ALL, {}, { goto: Table.SWITCHING })',
  },
  {
    name: "a job's address taken from any MAC at its port",
    file: `${enforcement}/multi-table/job-rules.ts`,
    from: 'const own = { ...at, ethSrc: mac };',
    to: 'const own = { ...at };',
  },
  {
    name: "a job's MAC and address taken from any port of its switch",
    file: `${enforcement}/ends.ts`,
    from: 'return placed.location.portNo === inPort;',
    to: 'return true;',
  },
  {
    name: "rules of hosts stay when their port becomes a job's",
    file: `${enforcement}/multi-table/multi-table.ts`,
    from: '...state.hosts.at(location.portNo)',
    to: '...state.hosts.at(-1)',
  },
  {
    name: 'a rule decided on where the sender was before it moved',
    file: `${enforcement}/packet-in.ts`,
    from: ' && frame.ethDst !== frame.ethSrc',
    to: '',
  },
  {
    name: 'the verdict table changed in steps that packets see',
    file: `${enforcement}/multi-table/multi-table.ts`,
    from: 'return group === VERDICTS ? verdictGuard() : undefined;',
    to: 'return group === verdictGuard().toString() ? verdictGuard() : undefined;',
  },
  {
    name: 'IPv6 to jobs that are not free, where OpenFlow 1.0 cannot tell it',
    file: `${enforcement}/decide.ts`,
    from: 'if (placed !== undefined && !view.policy.allowsAll(placed))',
    to: 'if (placed !== undefined && placed.mac === undefined)',
  },
  {
    name: 'a job answered for before its switch has its rules',
    file: `${enforcement}/managed-switch.ts`,
    from: 'return this.connection.barrier(Math.max(1, deadline - performance.now()));',
    to: 'return deadline > 0;',
  },
  {
    name: 'broadcasts of hosts dropped for good, DHCP and routers included',
    file: `${enforcement}/delivery.ts`,
    from: "if (sender.kind !== 'job') return false;",
    to: '',
  },
];
