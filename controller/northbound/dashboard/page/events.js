// What Lark tells as it happens, for all parts of the page: one stream.

import { byId } from './dom.js';
import { follow } from './streams.js';

/** Events of before that are shown: the drops among them. */
const OLD_EVENTS = '1000';

/**
 * @param {(event: string, data: Readonly<Record<string, unknown>>) => void} onEvent
 * @param {() => void} onBack what happened meanwhile may have been missed
 */
export function startEvents(onEvent, onBack) {
  const state = byId('connection', HTMLParagraphElement);
  /** @param {string} text @param {string} kind */
  const say = (text, kind) => {
    if (state.textContent !== text) state.textContent = text;
    state.dataset.state = kind;
  };
  void follow('v1/events', {
    query: { last: OLD_EVENTS },
    signal: new AbortController().signal,
    onOpen: () => {
      say('Live', 'live');
      onBack();
    },
    onLost: (error) => say(`Not live: ${error instanceof Error ? error.message : error}`, 'lost'),
    onEvent,
  });
}
