// What is wrong with a file of a Lark's state, as a sentence.

export class StateError extends Error {}
