// Who made a verdict, and the line of the policy file in force that says so, for those who may read it.

/**
 * @typedef {object} PolicyText
 * @property {string} file its path, as Lark was given it
 * @property {string} loadedAt ISO 8601
 * @property {readonly string[]} lines
 */

/**
 * `isolate-users (policy.yaml:12:5)`: the folder of the file is left out.
 * @param {string} policy
 * @param {string | null | undefined} place
 */
export function originText(policy, place) {
  return place == null ? policy : `${policy} (${place.split('/').at(-1)})`;
}

/**
 * Undefined where the place is not in this file, or `at` is before it was in force.
 * @param {PolicyText | undefined} policy
 * @param {string | null} place
 * @param {string} at ISO 8601
 */
export function lineAt(policy, place, at) {
  const [, file, line] = /^(.*):(\d+):\d+$/s.exec(place ?? '') ?? [];
  if (policy === undefined || file === undefined || at < policy.loadedAt) return undefined;
  if (file !== policy.file) return undefined;
  return policy.lines[Number(line) - 1]?.trim();
}
