// Attributes that no two jobs share: a policy that reads one makes every job an endpoint class of its own, so that
// verdicts and rules are per job, and the point of classes is lost.

const OF_ONE_JOB =
  /^(GlobalJobId|LarkInnerAddressIPv[46]|Machine\.Lark(InnerAddressIPv[46]|InnerMacAddress|ExternalInterface))$/i;

export function isOfOneJob(attribute: string): boolean {
  return OF_ONE_JOB.test(attribute);
}
