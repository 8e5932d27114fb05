// The members of a JSON object as they were written. JSON.parse rounds integers beyond 2^53 and drops the backslashes by
// which HTCondor's JSON ads mark expressions ("\/Expr(…)\/"): an ad within a request has to be read from its own text.

/**
 * The text of each member's value, by name; of a name given twice the last, as in JSON.parse. `json` must be the text of
 * one JSON object that JSON.parse has accepted.
 */
export function memberTexts(json: string): ReadonlyMap<string, string> {
  const members = new Map<string, string>();
  // Strings are one token each, so that no bracket or comma within them counts.
  const tokens = /"(?:[^"\\]|\\.)*"|[{}[\]:,]/gs;
  let depth = 0;
  let name: string | undefined;
  let lastString = '';
  let valueStart = 0;
  const close = (end: number) => {
    if (name !== undefined) members.set(name, json.slice(valueStart, end).trim());
    name = undefined;
  };
  for (let token = tokens.exec(json); token !== null; token = tokens.exec(json)) {
    const [text] = token;
    if (text.startsWith('"')) lastString = text;
    else if (text === '{' || text === '[') depth += 1;
    else if (text === ':' && depth === 1) {
      name = JSON.parse(lastString) as string;
      valueStart = tokens.lastIndex;
    } else if (text === ',' && depth === 1) close(token.index);
    else if (text === '}' || text === ']') {
      depth -= 1;
      if (depth === 0) close(token.index);
    }
  }
  return members;
}
