// How long the switches may take to confirm what a request asked for.

/** The longest `confirmTimeout` and `settle` that a file may ask for, twice: another change may have to be over first. */
export const LONGEST_CONFIRMATION_MS = 2 * 6 * 60_000;
