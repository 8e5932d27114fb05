// The ads of the demo's jobs, as a schedd and a startd would write them: whole, with the attributes that Lark has no
// use for and the expressions that refer to the other ad. In long form, and in new syntax on one line, which is how the
// callouts of the original Lark send them.

export interface AdSubject {
  readonly user: string;
  /** As in `group_cms.production`; undefined for a user without a group. */
  readonly accountingGroup: string | undefined;
  readonly cluster: number;
  /** The worker node. */
  readonly machine: string;
  readonly slot: number;
  readonly ipv4: string;
  readonly ipv6: string | undefined;
  readonly mac: string;
  /** The switch's port that leads to the job. */
  readonly externalInterface: string;
}

const SUBMIT_HOST = 'submit01.example.edu';
// Wall-clock seconds of a submission in the past; what matters is only that they are plausible and differ by job.
const FIRST_QDATE = 1_754_300_000;

/** The job's ad in long form, an attribute a line. */
export function jobAd(subject: AdSubject): string {
  const { user, cluster } = subject;
  const qdate = FIRST_QDATE + cluster;
  const group =
    subject.accountingGroup === undefined
      ? []
      : [
          `AccountingGroup = "${subject.accountingGroup}.${user}"`,
          `AcctGroup = "${subject.accountingGroup}"`,
          `AcctGroupUser = "${user}"`,
        ];
  return [
    ...group,
    'Args = "--dataset /store/mc/Run3/1234 --events 5000"',
    `ClusterId = ${cluster}`,
    `Cmd = "/home/${user}/run/analyze.sh"`,
    'CompletionDate = 0',
    'ConcurrencyLimits = "wan_ftp:2"',
    'DiskUsage = 2500',
    `EnteredCurrentStatus = ${qdate + 23}`,
    `Environment = "SCRAM_ARCH=el9_amd64_gcc12 OMP_NUM_THREADS=1"`,
    'ExitBySignal = false',
    `GlobalJobId = "${SUBMIT_HOST}#${cluster}.0#${qdate}"`,
    'HookKeyword = "LARK"',
    'ImageSize = 15',
    'InboundConnectivity = false',
    'IPProtocol = "IPv4"',
    `Iwd = "/home/${user}/run"`,
    `JobCurrentStartDate = ${qdate + 23}`,
    'JobLeaseDuration = 2400',
    'JobPrio = 5',
    `JobStartDate = ${qdate + 23}`,
    'JobStatus = 2',
    'JobUniverse = 5',
    'MemoryUsage = ((ResidentSetSize + 1023) / 1024)',
    'MyType = "Job"',
    'NumJobStarts = 1',
    'OutboundConnectivity = true',
    `Owner = "${user}"`,
    'PeriodicRemove = (JobStatus == 5) && (time() - EnteredCurrentStatus) > 86400',
    'ProcId = 0',
    `QDate = ${qdate}`,
    `RemoteHost = "slot1_${subject.slot}@${subject.machine}"`,
    'RequestBandwidth = 100',
    'RequestCpus = 1',
    'RequestDisk = DiskUsage',
    'RequestMemory = ifthenelse(MemoryUsage =!= undefined, MemoryUsage, (ImageSize + 1023) / 1024)',
    'Requirements = (TARGET.Arch == "X86_64") && (TARGET.OpSys == "LINUX") && (TARGET.Memory >= RequestMemory)',
    'ResidentSetSize = 20480',
    'TransferInput = "input.dat,osdf:///cms/pileup/0001.root"',
    'TransferOutput = undefined',
    `User = "${user}@example.edu"`,
    'WhenToTransferOutput = "ON_EXIT"',
  ].join('\n');
}

/** The slot's ad in long form, with the attributes by which Lark's starter says where the job is. */
export function machineAd(subject: AdSubject): string {
  const { user, machine } = subject;
  const slotName = `slot1_${subject.slot}@${machine}`;
  return [
    'Activity = "Busy"',
    'Arch = "X86_64"',
    'Bandwidth = 100',
    'BridgeInterface = "em1"',
    `ClientMachine = "${SUBMIT_HOST}"`,
    'CondorLoadAvg = 0.98',
    'CondorVersion = "$CondorVersion: 24.0.6 2025-03-10 BuildID: 790000 PackageID: 24.0.6-1 $"',
    'Cpus = 1',
    'CpuBusy = ((LoadAvg - CondorLoadAvg) >= 0.5)',
    'Disk = 30720',
    'DynamicSlot = true',
    'HasFileTransfer = true',
    `LarkExternalInterface = "${subject.externalInterface}"`,
    `LarkInnerAddressIPv4 = "${subject.ipv4}"`,
    ...(subject.ipv6 === undefined ? [] : [`LarkInnerAddressIPv6 = "${subject.ipv6}"`]),
    `LarkInnerMacAddress = "${subject.mac}"`,
    'LarkNetworkType = "bridge"',
    'LoadAvg = 0.99',
    `Machine = "${machine}"`,
    'MachineResources = "Cpus Memory Disk Swap Bandwidth"',
    'Memory = 256',
    'MyType = "Machine"',
    `Name = "${slotName}"`,
    'NetworkType = ifThenElse(TARGET.OutboundConnectivity, ifThenElse(TARGET.InboundConnectivity, "bridge", "NAT"), "null")',
    'OpSys = "LINUX"',
    'OpSysAndVer = "AlmaLinux9"',
    `RemoteOwner = "${user}@example.edu"`,
    'Requirements = (START) && (TARGET.RequestCpus <= MY.Cpus)',
    'ResourceWarmth = {1,2.5,"x",undefined}',
    `SlotID = ${subject.slot}`,
    'SlotType = "Dynamic"',
    'Start = true',
    'State = "Claimed"',
    'TotalCpus = 64.0',
    'UidDomain = "example.edu"',
  ].join('\n');
}

/** A long-form ad on one line: `[ A = 1; B = "x" ]`. */
export function onOneLine(longForm: string): string {
  return `[ ${longForm.split('\n').join('; ')} ]`;
}

/** A SEND of the classic feed; ended by the last line's newline (one line) or by closing one's half (long form). */
export function sendRequest(subject: AdSubject, form: 'one-line' | 'long'): string {
  const [job, machine] = [jobAd(subject), machineAd(subject)];
  return form === 'long' ? `SEND\n${job}\n------\n${machine}\n` : `SEND\n${onOneLine(job)}\n${onOneLine(machine)}\n`;
}
