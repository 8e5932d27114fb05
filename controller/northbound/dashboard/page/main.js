// The page, put together.

import { askForToken } from './access.js';
import { byId } from './dom.js';
import { noteDrop, showDrops } from './drops.js';
import { startEvents } from './events.js';
import { startExplain } from './explain.js';
import { startJobs } from './jobs.js';
import { startPlan } from './plan.js';
import { forgetPolicy } from './policy-text.js';
import { startPool } from './pool.js';
import { startRates } from './rates.js';

const explain = startExplain();
startJobs(explain.from);
startPlan();
byId('token-open', HTMLButtonElement).addEventListener('click', () => {
  const why = 'With it Lark is asked for all that this page shows.';
  void askForToken(why, true).then((isChanged) => isChanged && location.reload());
});

const pool = startPool();
// With the policy file known, so that the drops of before get their lines; and after a question for a token, not several.
await pool.first;
showDrops();
explain.askGiven();
startRates();
startEvents(
  (event, data) => {
    if (event === 'packets.dropped') {
      noteDrop(data);
      return;
    }
    if (event === 'policy.reloaded') forgetPolicy();
    pool.refresh();
  },
  () => pool.refresh(),
);
