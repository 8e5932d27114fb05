// The functions that an expression of the policy file may call: those whose value follows from their arguments alone.
// What tells the time, throws dice, asks the machine, or evaluates text and ads that come from elsewhere is not among
// them. The list is of what is allowed, so that a function which the ClassAd language gains is refused until it is read.

/** In lower case, as they are compared; each key's value is the usual spelling. */
export const closedFunctions: ReadonlyMap<string, string> = new Map(
  [
    'ifThenElse isUndefined isError isString isInteger isReal isList isBoolean int real string bool',
    'size member identicalMember sum avg min max floor ceil ceiling round pow quantize',
    'regexp regexpMember regexps replace replaceAll',
    'stringListSize stringListSum stringListAvg stringListMin stringListMax stringListMember stringListIMember',
    'stringListSubsetMatch stringListISubsetMatch stringListsIntersect stringList_regexpMember',
    'strcat join toUpper toLower substr strcmp stricmp split splitUserName splitSlotName',
    'versionCmp versionLE versionLT versionGE versionGT versionEQ version_in_range',
  ]
    .flatMap((line) => line.split(' '))
    .map((name) => [name.toLowerCase(), name]),
);

const REASONS: readonly (readonly [names: RegExp, reason: string])[] = [
  [
    /^(time|currenttime|daytime|abstime|reltime|formattime|splittime|interval|timezoneoffset|get\w+|is(abs|rel)time)$/,
    'a verdict holds until something changes, and time passes without telling',
  ],
  [/^random$/, 'the same two ends must always get the same verdict'],
  [/^(userhome|usermap)$/, 'what it answers depends on the machine that Lark runs on'],
  [/^debug$/, 'it writes to a log as a side effect'],
  [
    /^(eval|unparse|unresolved|evalineachcontext|countmatches|isclassad)$/,
    'it reads attributes that cannot be told beforehand',
  ],
];

/** Why a function that the ClassAd language has is not among those; undefined where it has no such function. */
export function whyNotClosed(key: string): string | undefined {
  return REASONS.find(([names]) => names.test(key))?.[1];
}
