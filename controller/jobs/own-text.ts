// Texts that outlive the ad they stand in. A part of a string keeps the whole of it in memory, and an ad has thousands of
// characters: what is kept of it must not be cut out of its text.

/** The same text in memory of its own. */
export function ownText(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le');
}

/** Texts that many jobs have, each kept once; met anew when there are too many. */
const texts = new Map<string, string>();
const MOST_TEXTS = 4096;

/** The same text, in the memory that all who ask for it share. */
export function sharedText(text: string): string {
  const known = texts.get(text);
  if (known !== undefined) return known;
  if (texts.size >= MOST_TEXTS) texts.clear();
  const own = ownText(text);
  texts.set(own, own);
  return own;
}
